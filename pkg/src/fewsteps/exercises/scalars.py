"""One number: as it is handed in, as the data give it, and when two are the same."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np

from fewsteps.exercises import floats
from fewsteps.exercises.entries import Entry
from fewsteps.exercises.grammar import UnreadableError

#: Within this share of the right number an answer is called close.
CLOSE = 0.05


def scalar(answer: Any) -> float:
    """Return a number that was handed in.

    Parameters
    ----------
    answer : number, str, sympy number or array of one entry
        A text may hold ``+ - * / ^``, brackets, usual functions, `pi` and `e`.

    Returns
    -------
    float

    Raises
    ------
    UnreadableError
        If it is no finite real number; the message says what came.

    Examples
    --------
    >>> scalar("2^-3")
    0.125
    """
    if isinstance(answer, str):
        return floats.number(answer)
    if isinstance(answer, bool | np.bool_):
        raise UnreadableError(f"A number is asked for, and {answer} is a truth value.")
    if getattr(answer, "free_symbols", None):
        raise UnreadableError(
            f"A number is asked for: put values for {', '.join(sorted(map(str, answer.free_symbols)))}."
        )
    return _finite(_single(answer))


def target(answer: float | str) -> float:
    """Return a number of the data, given as a number or as text.

    Parameters
    ----------
    answer : float or str

    Returns
    -------
    float

    Examples
    --------
    >>> target("1/4")
    0.25
    """
    return floats.number(answer) if isinstance(answer, str) else float(answer)


def near(got: float, want: float, entry: Entry, *, default: float = 0.0) -> bool:
    """Say whether a number is right within the tolerance of the exercise.

    Parameters
    ----------
    got, want : float
    entry : Entry
        With its relative or absolute tolerance.
    default : float
        The relative tolerance of an exercise that states none.

    Returns
    -------
    bool

    Examples
    --------
    >>> near(3.14, 3.1416, Entry("x", "page", "number", "pi", 3.1416, (), rtol=1e-3))
    True
    """
    if entry.atol is not None:
        return abs(got - want) <= entry.atol
    return abs(got - want) <= (default if entry.rtol is None else entry.rtol) * abs(want)


def close(got: float, want: float) -> bool:
    """Say whether a wrong number is near the right one.

    Parameters
    ----------
    got, want : float

    Returns
    -------
    bool

    Examples
    --------
    >>> close(122, 123), close(0.1, 123)
    (True, False)
    """
    return abs(got - want) <= CLOSE * abs(want)


def tolerance(entry: Entry) -> str:
    """Return how exactly a number is asked for.

    Parameters
    ----------
    entry : Entry

    Returns
    -------
    str

    Examples
    --------
    >>> tolerance(Entry("x", "page", "number", "pi", 3.1416, (), rtol=1e-2))
    'to 1 %'
    """
    if entry.atol is not None:
        return f"to within {entry.atol:g}" if entry.atol else "exactly"
    return f"to {100 * (entry.rtol or 0):g} %"


def _single(answer: Any) -> Any:
    """What has one entry, without what holds it."""
    if isinstance(answer, numbers.Number) or hasattr(answer, "is_number"):
        return answer
    held = np.asarray(answer.detach() if hasattr(answer, "detach") else answer)
    if held.dtype == object or held.dtype.kind not in "iufc":
        raise UnreadableError(f"A number is asked for, not a {type(answer).__name__}.")
    if held.size != 1:
        raise UnreadableError(f"One number is asked for, not an array of shape {held.shape}.")
    return held.reshape(()).item()


def _finite(answer: Any) -> float:
    try:
        found = complex(answer)
    except (TypeError, ValueError) as error:
        raise UnreadableError(f"A number is asked for, not {answer!r}.") from error
    if found.imag:
        raise UnreadableError(f"A real number is asked for, and {answer} is complex.")
    if not math.isfinite(found.real):
        raise UnreadableError(f"{answer} is no number to compare: something before it went wrong.")
    return found.real
