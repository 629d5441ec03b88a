"""Numerical evidence: agreement of two methods, inequalities on samples, orders of convergence."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.evidence.record import Record, claim_ids, publish, reject

Floats = NDArray[np.float64]


def verified(
    id: str | list[str],
    got: Any,
    want: Any,
    *,
    against: str,
    rtol: float | None = None,
    atol: float | None = None,
    control: Any = None,
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
        A wrong answer that the same check must reject.
    case : str, optional
        The special case that was checked, where the general statement is proved in prose.
    note : str
        One sentence on what this says.

    Raises
    ------
    EvidenceError
        If the error exceeds the tolerance, a number is not finite, or the control passes.

    Examples
    --------
    >>> verified("OM-E3", 0.1 + 0.2, 0.3, rtol=1e-15, against="decimal arithmetic", control=0.31)
    verified OM-E3: Agrees with decimal arithmetic: relative error at most 1e-15.
    """
    ids = claim_ids(id)
    if rtol is not None and atol is not None:
        raise ValueError("give rtol or atol, not both: the ledger shows one error beside one tolerance")
    tolerance = rtol if rtol is not None else atol if atol is not None else 0.0
    error = _error(got, want, relative=rtol is not None, exact=rtol is None and atol is None)
    if not error <= tolerance:
        raise reject(ids, f"error {error:.3g} against {against} exceeds the tolerance {tolerance:g}")
    if control is not None:
        slack = _error(control, want, relative=rtol is not None, exact=rtol is None and atol is None)
        if slack <= tolerance:
            raise reject(ids, f"the control passes as well (error {slack:.3g}), so this check proves nothing")
    kind = "exactly" if rtol is None and atol is None else f"{'relative' if rtol is not None else 'absolute'} error"
    reach = kind if kind == "exactly" else f"{kind} at most {tolerance:g}"
    record = Record(ids, "verified", against, error, tolerance, control is not None, case)
    publish(record, f"{note + ' ' if note else ''}Agrees with {against}: {reach}.")


def bounded(
    id: str | list[str],
    lhs: Any,
    rhs: Any,
    *,
    against: str,
    atol: float = 0.0,
    control: Any = None,
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
        A wrong left-hand side that must break the bound somewhere.
    case, note : str
        As for `verified`.

    Examples
    --------
    >>> x = np.linspace(0, 1, 11)
    >>> bounded("OM-E56", x**2, x, against="11 points", control=x + 0.1)
    bounded OM-E56: Holds at all of 11 points.
    """
    ids = claim_ids(id)
    worst = float(np.max(_numbers(lhs) - _numbers(rhs)))
    if not worst <= atol:
        raise reject(ids, f"the bound is broken by {worst:.3g} (allowance {atol:g}) over {against}")
    if control is not None and float(np.max(_numbers(control) - _numbers(rhs))) <= atol:
        raise reject(ids, "the control satisfies the bound as well, so this check proves nothing")
    record = Record(ids, "bounded", against, max(worst, 0.0), atol, control is not None, case)
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
    note: str = "",
) -> None:
    """Claim that errors shrink like steps^p.

    Parameters
    ----------
    id : str or list of str
    steps, errors : arrays of shape (n,)
        Step sizes (or any small parameter) and the errors met there, > 0.
    p : float
        Claimed order.
    tol : float
        Allowed distance between `p` and the least-squares slope of log(errors) on log(steps).
    against : str
        What the errors are measured against.
    control : array of shape (n,), optional
        Errors of a wrong variant, which must miss the order.
    note : str

    Examples
    --------
    >>> h = np.array([0.1, 0.05, 0.025])
    >>> order("OM-E12", h, 3 * h**2, 2, tol=1e-9, against="an exact quadratic", control=h)
    order OM-E12: Observed order 2 within 1e-09, against an exact quadratic.
    """
    ids = claim_ids(id)
    error = abs(_slope(steps, errors) - p)
    if not error <= tol:
        raise reject(ids, f"observed order {_slope(steps, errors):.3f}, claimed {p} within {tol:g}")
    if control is not None and abs(_slope(steps, control) - p) <= tol:
        raise reject(ids, "the control shows the same order, so this check proves nothing")
    record = Record(ids, "order", against, error, tol, control is not None)
    publish(record, f"{note + ' ' if note else ''}Observed order {p:g} within {tol:g}, against {against}.")


def _slope(steps: Any, errors: Any) -> float:
    return float(np.polyfit(np.log(_numbers(steps)), np.log(_numbers(errors)), 1)[0])


def _numbers(value: Any) -> Floats:
    numbers = np.asarray(value.detach() if hasattr(value, "detach") else value, dtype=float)
    if not np.all(np.isfinite(numbers)):
        raise ValueError(f"numbers must be finite, got {value!r}")
    return numbers


def _error(got: Any, want: Any, *, relative: bool, exact: bool) -> float:
    if exact:
        same = np.array_equal(got, want) if isinstance(want, np.ndarray) else got == want
        return 0.0 if same else float("inf")
    got, want = _numbers(got), _numbers(want)
    if got.shape != want.shape:
        raise ValueError(f"got and want must have one shape, got {got.shape} and {want.shape}")
    difference = np.abs(got - want)
    if relative:
        zero = want == 0
        difference = np.where(
            zero, np.where(difference == 0, 0.0, np.inf), difference / np.where(zero, 1.0, np.abs(want))
        )
    return float(difference.max(initial=0.0))
