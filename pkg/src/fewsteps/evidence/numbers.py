"""Numerical evidence: agreement of two methods, inequalities on samples, orders of convergence."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.evidence.controls import finite, wrong_errors, wrong_left, wrong_right
from fewsteps.evidence.differences import at, error_and_place, miss
from fewsteps.evidence.record import Record, claim_ids, missed, mistaken, publish, reject

Floats = NDArray[np.float64]
_LEAST_STEPS = 4


def verified(
    id: str | list[str],
    got: Any,
    want: Any,
    *,
    against: str,
    rtol: float | None = None,
    atol: float | None = None,
    control: Any = None,
    mistake: str = "",
    case: str | None = None,
    note: str = "",
) -> None:
    """Claim that two methods agree.

    Parameters
    ----------
    id : str or list of str
        Catalogue ids.
    got, want : numbers or arrays of one shape, or with no tolerance any objects that compare equal
        The package's answer and the second method's.
    against : str
        What the second method is, e.g. "adaptive quadrature".
    rtol, atol : float, optional
        Largest relative or absolute error; exactly one of them, or none for exact equality.
    control : as `got`, optional
        An answer that a mistake would give; the same check must reject it. It comes with `mistake`.
    mistake : str
        What is wrong with the control, in words: "sigma for its square".
    case : str, optional
        The special case that was checked, where the general statement is proved in prose.
    note : str
        One sentence on what this says.

    Raises
    ------
    EvidenceError
        If the error exceeds the tolerance or the control passes.
    ValueError
        If the arrays are empty, of two shapes, or hold a number that is not finite.

    Examples
    --------
    >>> area, exact = sum(np.sin(np.pi * (np.arange(100) + 0.5) / 100)) * np.pi / 100, 2.0
    >>> verified("OM-E3", area, exact, rtol=1e-3, against="the antiderivative", control=area / np.pi, mistake="lost pi")
    verified OM-E3: Agrees with the antiderivative: relative error at most 0.001. Rejects: lost pi.
    """
    ids, wrong = claim_ids(id), mistaken(control, mistake)
    if rtol is not None and atol is not None:
        raise ValueError("give rtol or atol, not both: the ledger shows one error beside one tolerance")
    tolerance = rtol if rtol is not None else atol if atol is not None else 0.0
    kind = "relative" if rtol is not None else "absolute" if atol is not None else "exact"
    error, place = error_and_place(got, want, kind, tolerance)
    if not error <= tolerance:
        raise missed(ids, miss(kind, error, place, tolerance, against))
    if control is not None:
        slack, _ = error_and_place(control, want, kind)
        if slack <= tolerance:
            told = f"the control passes as well ({kind} error {slack:.3g}, tolerance {tolerance:g})"
            raise reject(ids, f"{told}, so this check proves nothing: it would not notice {wrong!r}")
    reach = "exactly" if kind == "exact" else f"{kind} error at most {tolerance:g}"
    record = Record(ids, "verified", against, error, tolerance, control is not None, wrong, case)
    publish(record, f"{note + ' ' if note else ''}Agrees with {against}: {reach}.")


def bounded(
    id: str | list[str],
    lhs: Any,
    rhs: Any,
    *,
    against: str,
    atol: float = 0.0,
    control: Any = None,
    control_rhs: Any = None,
    mistake: str = "",
    case: str | None = None,
    note: str = "",
) -> None:
    """Claim lhs <= rhs (up to rounding `atol`) at every one of the given points.

    Parameters
    ----------
    id : str or list of str
    lhs, rhs : arrays that broadcast
    against : str
        Where the inequality was tried, e.g. "10,000 random triples".
    atol : float
        Rounding allowance.
    control : array, optional
        A left-hand side that a mistake would give and that breaks the bound: not the bound plus a constant, not a
        multiple of `lhs`.
    control_rhs : array, optional
        A sharper bound that somebody might claim and that `lhs` breaks: not `lhs` minus a constant.
    mistake : str
        What is wrong with the control, in words: "the constant without its factor 2".
    case, note : str
        As for `verified`.

    Examples
    --------
    >>> x = np.linspace(0, 3, 11)
    >>> told = "the parabola instead of the tangent"
    >>> bounded("OM-E56", 1 - x, np.exp(-x), against="11 points", control_rhs=1 - x - x**2 / 9, mistake=told)
    bounded OM-E56: Holds at all of 11 points. Rejects: the parabola instead of the tangent.
    """
    ids = claim_ids(id)
    if control is not None and control_rhs is not None:
        raise ValueError("give control or control_rhs, not both: one claim, one mistake")
    wrong = mistaken(control if control_rhs is None else control_rhs, mistake)
    left, right = finite(lhs, "lhs"), finite(rhs, "rhs")
    worst = float(np.max(left - right))
    if not worst <= atol:
        told = f"the bound is broken by {worst:.3g} at {_worst(left, right)}"
        raise missed(ids, f"{told} (allowance {atol:g}), over {against}")
    if control is not None:
        wrong_left(ids, control, left, right, atol)
    if control_rhs is not None:
        wrong_right(ids, control_rhs, left, atol)
    record = Record(ids, "bounded", against, max(worst, 0.0), atol, wrong is not None, wrong, case)
    publish(record, f"{note + ' ' if note else ''}Holds at all of {against}.")


def order(
    id: str | list[str],
    steps: Any,
    errors: Any,
    p: float,
    *,
    tol: float,
    against: str,
    control: Any = None,
    mistake: str = "",
    case: str | None = None,
    note: str = "",
) -> None:
    """Claim that errors shrink like steps^p.

    Parameters
    ----------
    id : str or list of str
    steps, errors : arrays of shape (n,), n >= 4
        Step sizes (or any small parameter) and the errors met there, > 0.
    p : float
        Claimed order.
    tol : float
        Allowed distance between `p` and the least-squares slope of log(errors) on log(steps).
    against : str
        What the errors are measured against.
    control : array of shape (n,), optional
        Errors measured with another method, which must miss the order: no multiple or permutation of `errors`, no
        pure power of `steps`.
    mistake : str
        What the other method is, in words: "the explicit Euler step".
    case, note : str
        As for `verified`.

    Examples
    --------
    >>> h = np.array([0.2, 0.1, 0.05, 0.025])
    >>> midpoint, euler = abs(h + h**2 / 2 - np.expm1(h)), abs(h - np.expm1(h))
    >>> told = "Euler's step"
    >>> order("OM-E12", h, midpoint, 3, tol=0.03, against="the exponential", control=euler, mistake=told)
    order OM-E12: Observed order 3 within 0.03, against the exponential. Rejects: Euler's step.
    """
    ids, wrong = claim_ids(id), mistaken(control, mistake)
    sizes, met = _positive(steps, "steps"), _positive(errors, "errors")
    if sizes.ndim != 1 or sizes.shape != met.shape or np.unique(sizes).size < _LEAST_STEPS:
        raise ValueError(
            f"an order needs errors at {_LEAST_STEPS} different steps or more, got {sizes.shape} and {met.shape}"
        )
    error = abs(_slope(sizes, met) - p)
    if not error <= tol:
        raise missed(ids, f"observed order {_slope(sizes, met):.3f}, claimed {p} within {tol:g}, against {against}")
    if control is not None:
        other = _positive(control, "control")
        wrong_errors(ids, other, sizes, met)
        if abs(_slope(sizes, other) - p) <= tol:
            raise reject(ids, "the control shows the same order, so this check proves nothing")
    record = Record(ids, "order", against, error, tol, wrong is not None, wrong, case)
    publish(record, f"{note + ' ' if note else ''}Observed order {p:g} within {tol:g}, against {against}.")


def _worst(left: Floats, right: Floats) -> str:
    """Where a bound is broken most, and by what."""
    place = np.unravel_index(int(np.argmax(left - right)), np.broadcast_shapes(left.shape, right.shape))
    low, high = (part[place] for part in np.broadcast_arrays(left, right))
    return f"{at(place)}: {low:.6g} is not at most {high:.6g}"


def _slope(steps: Floats, errors: Floats) -> float:
    return float(np.polyfit(np.log(steps), np.log(errors), 1)[0])


def _positive(value: Any, name: str) -> Floats:
    numbers = finite(value, name)
    if not np.all(numbers > 0):
        raise ValueError(f"{name} must be positive for a slope of logarithms, got {value!r}")
    return numbers
