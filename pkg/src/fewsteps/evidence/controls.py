"""A control is a mistake that somebody could make: what the package refuses because it fails by construction."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.evidence.record import reject

Floats = NDArray[np.float64]
_SAME = 1e-9


def finite(value: Any, name: str) -> Floats:
    """Return real numbers as an array; none at all, or a number that is none, is an error."""
    numbers = np.asarray(value.detach() if hasattr(value, "detach") else value)
    if np.iscomplexobj(numbers):
        raise TypeError(f"{name} must be real, got complex numbers: compare real and imaginary parts")
    numbers = numbers.astype(float)
    if numbers.size == 0:
        raise ValueError(f"{name} is empty: a check of nothing proves nothing")
    if not np.all(np.isfinite(numbers)):
        raise ValueError(f"{name} must be finite, got {value!r}")
    return numbers


def is_shift(control: Floats, claim: Floats) -> bool:
    """Whether two arrays differ by one constant, which no single number can show.

    Examples
    --------
    >>> x = np.linspace(0, 1, 5)
    >>> is_shift(x + 0.1, x), is_shift(x**2, x)
    (True, False)
    """
    gap = np.asarray(control - claim)
    return bool(gap.size > 1 and np.ptp(gap) <= _SAME * max(float(np.abs(gap).max()), 1e-300))


def is_multiple(control: Floats, claim: Floats) -> bool:
    """Whether one array is a multiple of the other, which no single number can show.

    Examples
    --------
    >>> x = np.linspace(0, 1, 5)
    >>> is_multiple(2 * x, x), is_multiple(x**2, x)
    (True, False)
    """
    control, claim = np.broadcast_arrays(control, claim)
    scale = float(np.sum(claim**2))
    if control.size < 2 or scale == 0 or not control.any():
        return False
    factor = float(np.sum(control * claim)) / scale
    return bool(np.abs(control - factor * claim).max() <= _SAME * np.abs(control).max(initial=1e-300))


def wrong_left(ids: tuple[str, ...], control: Any, lhs: Floats, rhs: Floats, atol: float) -> None:
    """Hold a wrong left side of a bound to account: it breaks the bound, and not by construction."""
    wrong = finite(control, "control")
    if float(np.max(wrong - rhs)) <= atol:
        raise reject(ids, "the control satisfies the bound as well, so this check proves nothing")
    if is_shift(wrong, rhs):
        raise reject(ids, "the control is the bound plus a constant: it fails by construction")
    if is_multiple(wrong, lhs):
        raise reject(ids, "the control is a multiple of the left side: it fails by construction")


def wrong_right(ids: tuple[str, ...], control: Any, lhs: Floats, atol: float) -> None:
    """Hold a bound that is too sharp to account: the left side breaks it, and not by construction."""
    wrong = finite(control, "control_rhs")
    if float(np.max(lhs - wrong)) <= atol:
        raise reject(ids, "the left side satisfies the sharper bound as well, so this check proves nothing")
    if is_shift(lhs, wrong):
        raise reject(ids, "the sharper bound is the left side minus a constant: it fails by construction")


def wrong_errors(ids: tuple[str, ...], control: Floats, steps: Floats, errors: Floats) -> None:
    """Hold the errors of another method to account: they are measured, not made of the claim."""
    if control.shape != errors.shape:
        raise ValueError(f"control must have the shape of errors, {errors.shape}, got {control.shape}")
    if is_multiple(control, errors) or np.array_equal(np.sort(control), np.sort(errors)):
        raise reject(ids, "the control is made of the claimed errors: it is no other method")
    logs = np.log(steps)
    fit = np.polyval(np.polyfit(logs, np.log(control), 1), logs)
    if float(np.abs(fit - np.log(control)).max()) <= _SAME:
        raise reject(ids, "the control is a pure power of the steps: it was not measured")
