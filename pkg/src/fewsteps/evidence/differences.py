"""How far two answers are apart, and where: what a failed comparison says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.evidence.controls import finite

Floats = NDArray[np.float64]


def error_and_place(got: Any, want: Any, kind: str, tolerance: float = 0.0) -> tuple[float, str]:
    """The largest error, and where it is met in words.

    Parameters
    ----------
    got, want : numbers or arrays of one shape; for "exact" any objects that compare equal
    kind : {"relative", "absolute", "exact"}
    tolerance : float
        What the words count the entries beyond.

    Returns
    -------
    error : float
        For "exact" 0 or infinity.
    place : str

    Raises
    ------
    ValueError
        If numbers are none, not finite, or of two shapes.

    Examples
    --------
    >>> error_and_place([1.0, 2.0], [1.0, 2.5], "absolute")
    (0.5, 'entry 1: got 2, want 2.5')
    >>> error_and_place(["boot", "hybrid"], ["boot", "vanilla"], "exact")
    (inf, "entry 1: got 'hybrid', want 'vanilla'")
    """
    if kind == "exact":
        same = np.array_equal(got, want) if isinstance(want, np.ndarray) else got == want
        return (0.0, "") if same else (float("inf"), first_difference(got, want))
    got, want = finite(got, "got"), finite(want, "want")
    if got.shape != want.shape:
        raise ValueError(f"got and want must have one shape, got {got.shape} and {want.shape}")
    errors = _errors(got, want, kind)
    place = np.unravel_index(int(np.argmax(errors)), errors.shape)
    beyond = int(np.count_nonzero(errors > tolerance))
    count = f" ({beyond} of {errors.size} entries are beyond it)" if beyond > 1 else ""
    advice = "; beside 0 every error is infinite: give atol=" if np.isinf(errors[place]) else ""
    return float(errors[place]), f"{at(place)}: {_apart(float(got[place]), float(want[place]))}{count}{advice}"


def _errors(got: Floats, want: Floats, kind: str) -> Floats:
    """Absolute errors, or errors over what is wanted, where 0 is met by 0 alone."""
    difference = np.abs(got - want)
    if kind == "absolute":
        return difference
    zero = want == 0
    over = difference / np.where(zero, 1.0, np.abs(want))
    return np.where(zero, np.where(difference == 0, 0.0, np.inf), over)


def _apart(got: float, want: float) -> str:
    """Two numbers with as many digits as tell them apart, six at least."""
    texts = (f"got {got:.{n}g}, want {want:.{n}g}" for n in range(6, 18) if f"{got:.{n}g}" != f"{want:.{n}g}")
    return next(texts, f"got and want {got:.6g}")


def miss(kind: str, error: float, place: str, tolerance: float, against: str) -> str:
    """What a comparison that fails says.

    Examples
    --------
    >>> miss("relative", 0.5, "the number: got 2, want 4", 0.1, "a table")
    'relative error 0.5 against a table exceeds the tolerance 0.1, at the number: got 2, want 4'
    """
    if kind == "exact":
        return f"differs from {against}: {place}"
    return f"{kind} error {error:.3g} against {against} exceeds the tolerance {tolerance:g}, at {place}"


def first_difference(got: Any, want: Any) -> str:
    """Which entry of two objects differs first, and how; words are quoted.

    Examples
    --------
    >>> first_difference({"T": 4, "s": 1}, {"T": 4, "s": 2})
    "entry 's': got 1, want 2"
    >>> first_difference([1, 2], [1, 2, 3])
    'the lengths are 2 and 3: got [1, 2], want [1, 2, 3]'
    """
    whole = f"got {got!r}, want {want!r}"
    if isinstance(got, Mapping) and isinstance(want, Mapping):
        return _of_mappings(got, want, whole)
    if not (_is_row(got) and _is_row(want)):
        return whole
    if len(got) != len(want):
        return f"the lengths are {len(got)} and {len(want)}: {whole}"
    return next((_entry(str(i), a, b) for i, (a, b) in enumerate(zip(got, want, strict=True)) if _differ(a, b)), whole)


def _of_mappings(got: Mapping[Any, Any], want: Mapping[Any, Any], whole: str) -> str:
    if got.keys() != want.keys():
        return f"got the entries {list(got)}, want {list(want)}"
    return next((_entry(repr(key), got[key], want[key]) for key in want if _differ(got[key], want[key])), whole)


def _entry(name: str, got: Any, want: Any) -> str:
    """An entry that differs; inside it, the place where it does."""
    if _is_row(got) and _is_row(want) and len(got) == len(want):
        return f"in entry {name}, {first_difference(got, want)}"
    return f"entry {name}: got {_plain(got)!r}, want {_plain(want)!r}"


def _is_row(value: Any) -> bool:
    return isinstance(value, Sequence | np.ndarray) and not isinstance(value, str | bytes) and np.ndim(value) != 0


def _differ(got: Any, want: Any) -> bool:
    return not np.array_equal(got, want)


def _plain(value: Any) -> Any:
    """A number or word of NumPy as Python's: np.str_('a') reads worse than 'a'."""
    return value.item() if isinstance(value, np.generic) else value


def at(place: tuple[Any, ...]) -> str:
    """The words for an index.

    Examples
    --------
    >>> at((1, 2)), at(())
    ('entry 1, 2', 'the number')
    """
    return f"entry {', '.join(str(int(i)) for i in place)}" if place else "the number"
