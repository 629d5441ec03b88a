"""Algebraic evidence: an identity or inequality that a computer algebra system confirms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from fewsteps.evidence.record import Record, claim_ids, publish, reject

_RELATIONS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "=": (lambda difference: is_zero(difference), "="),
    ">": (lambda difference: difference.is_positive is True, ">"),
    ">=": (lambda difference: difference.is_nonnegative is True, r"\ge"),
}


def is_zero(expression: Any) -> bool:
    """Whether a sympy expression or matrix is identically 0 as it stands.

    Examples
    --------
    >>> is_zero(sp.zeros(2, 2)), is_zero(sp.Symbol("x"))
    (True, False)
    """
    if isinstance(expression, sp.MatrixBase):
        return all(is_zero(entry) for entry in expression)
    return sp.sympify(expression) == 0


def derived(
    id: str | list[str],
    lhs: Any,
    rhs: Any = 0,
    *,
    relation: str = "=",
    normal_form: Callable[[Any], Any] = sp.simplify,
    control: Any = None,
    case: str | None = None,
    note: str = "",
    show: Any = None,
) -> None:
    """Claim an algebraic identity or inequality, and show it.

    Parameters
    ----------
    id : str or list of str
        Catalogue ids.
    lhs, rhs : sympy expression, matrix or number
    relation : {"=", ">", ">="}
        For the inequalities the normal form of ``lhs - rhs`` must have that sign by the assumptions on its symbols.
    normal_form : callable
        What brings ``lhs - rhs`` to 0 (or to a form whose sign is evident): simplify, factor, expand, ...
    control : sympy expression, optional
        A wrong right-hand side that the same check must reject.
    case : str, optional
        The special case that was checked, where the general statement is proved in prose.
    note : str
        One sentence on what this says.
    show : str, sympy expression or False, optional
        TeX to show instead of the relation; False shows none.

    Raises
    ------
    EvidenceError
        If the relation does not come out, or the control does.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> derived("OM-E3", (x + 1) ** 2, x**2 + 2 * x + 1, control=x**2 + 1)
    derived OM-E3: Confirmed by algebra.
    """
    ids = claim_ids(id)
    if relation not in _RELATIONS:
        raise ValueError(f"relation must be one of {sorted(_RELATIONS)}, got {relation!r}")
    holds, symbol = _RELATIONS[relation]
    lhs, rhs = (side if isinstance(side, sp.MatrixBase) else sp.sympify(side) for side in (lhs, rhs))
    rhs = sp.zeros(*lhs.shape) if isinstance(lhs, sp.MatrixBase) and rhs == 0 else rhs
    difference = normal_form(lhs - rhs)
    if not holds(difference):
        raise reject(ids, f"lhs - rhs does not come out {relation} 0 but as {difference}")
    if control is not None and holds(normal_form(lhs - control)):
        raise reject(ids, f"the control {control} passes as well, so this check proves nothing")
    tex = f"{sp.latex(lhs)} {symbol} {sp.latex(rhs)}" if show is None else show
    tex = "" if tex is False else tex if isinstance(tex, str) else sp.latex(tex)
    record = Record(ids, "derived", control=control is not None, case=case)
    publish(record, note or "Confirmed by algebra.", tex)
