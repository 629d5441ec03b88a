"""Algebraic evidence: an identity or inequality that a computer algebra system confirms."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import sympy as sp

from fewsteps.evidence.notation import Notation, cases_of, unfold
from fewsteps.evidence.printing import chain_of, tex_of
from fewsteps.evidence.record import Record, claim_ids, missed, mistaken, publish, reject
from fewsteps.evidence.sampling import agree, sample
from fewsteps.evidence.shown import ShownError, compare

Form = Callable[[Any], Any]
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
    normal_form: Form = sp.simplify,
    control: Any = None,
    mistake: str = "",
    case: str | None = None,
    note: str = "",
    show: Any = None,
    where: dict[str, Any] | None = None,
    stated: str = "",
) -> None:
    r"""Claim an algebraic identity or inequality, and show it.

    Parameters
    ----------
    id : str or list of str
        Catalogue ids.
    lhs, rhs : sympy expression, matrix or number
        Or one list of them in place of `lhs`: a chain of equations of which each link is checked. A right side may end
        in ``sp.O(h**p)``. Names of the page's `Notation` are shown as names and checked as what they mean.
    relation : {"=", ">", ">="}
        For the inequalities the normal form of ``lhs - rhs`` must have that sign by the assumptions on its symbols.
    normal_form : callable
        What brings ``lhs - rhs`` to 0 (or to a form whose sign is evident): simplify, factor, expand, ...
    control : sympy expression, optional
        A wrong right-hand side that somebody might write; the same check must reject it. It comes with `mistake`.
    mistake : str
        What is wrong with the control, in words: "lost alpha".
    case : str, optional
        The special case that was checked, where less than the shown statement was; the rest is proved in prose.
    note : str
        One sentence on what this says.
    show : str or False, optional
        TeX to show instead of the sides. It is read back and compared with them at random points. False shows none.
    where : dict, optional
        TeX to sympy object, for further names in `show`; they too have one meaning on the whole page.
    stated : str
        Why `show` can be neither rendered nor read back; then `case` must say what was checked. The ledger counts it.

    Raises
    ------
    EvidenceError
        If the relation does not come out, the control does, or the shown formula is not the checked one.

    Examples
    --------
    >>> x, k = sp.symbols("x k", positive=True)
    >>> derived("OM-E3", (x + k) ** 2, x**2 + 2 * k * x + k**2, control=x**2 + k**2, mistake="lost the mixed term")
    derived OM-E3: $\left(k + x\right)^{2} = k^{2} + 2 k x + x^{2}$ Rejects: lost the mixed term.
    >>> derived("OM-E3", (x + k) ** 2, x**2 + 2 * k * x + k**2, show=r"(x+k)^2=x^2+kx+k^2")
    Traceback (most recent call last):
    ...
    fewsteps.evidence.record.EvidenceError: OM-E3: k^{2} + k x + x^{2} is shown, but \left(k + x\right)^{2} was checked
      in line 1 of <doctest ...
    """
    ids, wrong = claim_ids(id), mistaken(control, mistake)
    if relation not in _RELATIONS:
        raise ValueError(f"relation must be one of {sorted(_RELATIONS)}, got {relation!r}")
    sides = _sides(lhs, rhs, relation)
    checked = [unfold(side) for side in sides]
    for k, (left, right) in enumerate(pairwise(checked), 1):
        difference = _difference(left, right, relation, normal_form)
        if not _RELATIONS[relation][0](difference):
            what = "lhs - rhs" if len(checked) == 2 else f"side {k} - side {k + 1} of the chain"
            raise missed(ids, f"{what} does not come out {relation} 0 but as {difference}")
    if control is not None:
        _reject_control(ids, checked, unfold(_sympified(control)), relation, normal_form)
    tex, how = _tex(ids, sides, checked, relation, show, where or {}, stated, case)
    special = "; ".join(dict.fromkeys([*([case] if case else []), *cases_of(*sides)])) or None
    record = Record(ids, "derived", control=wrong is not None, mistake=wrong, case=special, shown=how, tex=tex)
    publish(record, note, tex)


def _sides(lhs: Any, rhs: Any, relation: str) -> list[Any]:
    if isinstance(lhs, list | tuple):
        if len(lhs) < 2 or relation != "=":
            raise ValueError("a chain has at least two sides and the relation '='")
        sides = list(lhs)
    else:
        sides = [lhs, rhs]
    sides = [_sympified(side) for side in sides]
    shape = next((side.shape for side in sides if isinstance(side, sp.MatrixBase)), None)
    return [sp.zeros(*shape) if shape and not isinstance(side, sp.MatrixBase) and side == 0 else side for side in sides]


def _sympified(side: Any) -> Any:
    return side if isinstance(side, sp.MatrixBase) else sp.sympify(side)


def _difference(left: Any, right: Any, relation: str, normal_form: Form) -> Any:
    order = right.getO() if isinstance(right, sp.Expr) else None
    if order is not None:
        return _remainder(left - right.removeO(), order)
    if relation == "=" and normal_form is sp.simplify and is_zero(expanded := sp.expand(left - right)):
        return expanded  # most claims need no more, and it is quicker by far
    difference = normal_form(left - right)
    if relation == "=" and not is_zero(difference):
        evaluated = (left - right).doit()
        if evaluated != left - right:
            return normal_form(evaluated)
    return difference


def _remainder(difference: Any, order: sp.Order) -> Any:
    """What an expansion leaves below the claimed order: 0 if the claim holds. At infinity it is one in 1/T."""
    (variable,), (point,) = order.variables, order.point
    leading = order.expr
    if point == sp.oo:
        difference, leading = (part.subs(variable, 1 / variable) for part in (difference, leading))
    power = sp.degree(sp.expand(leading), variable)
    return sp.simplify(sp.series(difference, variable, 0, power).removeO())


def _reject_control(ids: tuple[str, ...], checked: list[Any], control: Any, relation: str, normal_form: Form) -> None:
    if relation == "=":
        if not _told_apart(checked[0], control) and is_zero(_difference(checked[0], control, relation, normal_form)):
            raise reject(ids, f"the control {control} passes as well, so this check proves nothing")
        return
    lhs, rhs = checked
    numbers = control.is_number and lhs.is_number  # one number is a multiple of any other
    if not numbers and any(_multiple(control - shift, claim) for shift, claim in ((0, lhs), (rhs, lhs - rhs))):
        raise reject(ids, f"the control {control} is a multiple of the claim: it fails by construction")
    values = [complex(value[0]).real for value in sample([lhs - control], points=12)]
    if all(value > 0 if relation == ">" else value >= 0 for value in values):
        raise reject(ids, f"the control {control} satisfies the relation as well, so this check proves nothing")


def _told_apart(left: Any, right: Any) -> bool:
    """Whether random points tell two sides apart: quicker by far than a normal form that does not vanish."""
    try:
        return not agree(left, right)
    except (ValueError, TypeError, NotImplementedError):  # no values to be had: the normal form decides
        return False


def _multiple(control: Any, claim: Any) -> bool:
    return claim != 0 and control != 0 and bool(sp.simplify(control / claim).is_number)


def _tex(
    ids: tuple[str, ...],
    sides: list[Any],
    checked: list[Any],
    relation: str,
    show: Any,
    where: dict[str, Any],
    stated: str,
    case: str | None,
) -> tuple[str, str]:
    """The TeX to show, and how it is tied to the check: generated, read, stated or none."""
    if show is False:
        return "", "none"
    page = Notation.current or Notation()
    page.meet(*checked)
    if show is None:
        page.meet(*sides)
        if any(tex_of(left) == tex_of(right) for left, right in pairwise(sides)):
            raise reject(ids, f"{tex_of(sides[0])} would be shown on both sides: give one its name, or show= TeX")
        return chain_of(sides, [_RELATIONS[relation][1]] * (len(sides) - 1)), "generated"
    if not isinstance(show, str):
        raise TypeError(
            f"show must be TeX or False, got {type(show).__name__}: an expression is shown by passing it as a side"
        )
    if stated:
        if not case:
            raise ValueError("stated TeX needs case=: what of it was checked?")
        return show, "stated"
    try:
        compare(show, checked, relation, where)
    except ShownError as error:
        raise reject(ids, str(error)) from error
    return show, "read"
