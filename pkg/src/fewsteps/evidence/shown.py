"""What a page shows of a derivation is what was checked: typed TeX is read back and compared with the checked sides."""

from __future__ import annotations

from typing import Any

import sympy as sp

from fewsteps.evidence.notation import Notation, unfold
from fewsteps.evidence.reading import Name, UnreadableError, read
from fewsteps.evidence.sampling import agree

_TURNED = {"<": ">", "<=": ">="}


class ShownError(ValueError):
    """TeX that says something else than was checked, or cannot be compared with it."""


def compare(tex: str, sides: list[Any], relation: str, where: dict[str, Any]) -> None:
    r"""Hold typed TeX against the checked sides.

    Parameters
    ----------
    tex : str
        The formula as the page shows it.
    sides : list of expressions or matrices, names unfolded
        What was checked, first to last.
    relation : {"=", ">", ">="}
    where : dict
        TeX to sympy object, beside the page's names.

    Raises
    ------
    ShownError
        If it cannot be read, or a part of it has another value than the checked side.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> compare(r"(x+1)^2=x^2+2x+1", [(x + 1) ** 2, x**2 + 2 * x + 1], "=", {})
    >>> compare(r"(x+1)^2=x^2+x+1", [(x + 1) ** 2, x**2 + 2 * x + 1], "=", {})
    Traceback (most recent call last):
    ...
    fewsteps.evidence.shown.ShownError: x^{2} + x + 1 is shown, but \left(x + 1\right)^{2} was checked
    """
    try:
        reading = read(tex, _names(sides, where))
    except UnreadableError as error:
        raise ShownError(f"the shown TeX cannot be read back: {error}") from error
    if not reading.relations:
        raise ShownError(f"the shown TeX states nothing, it has no relation: {tex}")
    members = [_substituted(unfold(member), reading.conditions) for member in reading.members]
    relations = list(reading.relations)
    if any(sign in _TURNED for sign in relations):
        members, relations = members[::-1], [_TURNED.get(sign, sign) for sign in relations[::-1]]
    wanted = [relation] if relation != "=" else []
    found = [sign for sign in relations if sign != "="]
    if found != wanted:
        raise ShownError(f"the shown TeX has the relations {relations}, checked was {relation!r}: {tex}")
    checked = [_substituted(side, reading.conditions) for side in sides]
    turn = relations.index(relation) + 1 if wanted else len(members)
    expanded = next((side for side in checked if _order(side) is not None), None)
    for place, member in enumerate(members):
        if _order(member) is not None and expanded is None:
            raise ShownError(f"{sp.latex(_order(member))} is shown, but no order was checked")
        left = checked[0] if _order(member) is None else expanded
        _match(member, checked[-1] if place >= turn else left)


def _match(member: Any, side: Any) -> None:
    if _order(member) != _order(side):
        raise ShownError(f"{sp.latex(member)} is shown, but {sp.latex(side)} was checked")
    member, side = _main(member), _main(side)
    if getattr(member, "shape", ()) != getattr(side, "shape", ()):
        raise ShownError(f"{sp.latex(member)} is shown, but {sp.latex(side)} was checked")
    try:
        same = agree(member, side)
    except ValueError as error:
        raise ShownError(f"{sp.latex(member)} cannot be compared with {sp.latex(side)}: {error}") from error
    if not same:
        raise ShownError(f"{sp.latex(member)} is shown, but {sp.latex(side)} was checked")


def _order(expression: Any) -> Any:
    return expression.getO() if isinstance(expression, sp.Expr) else None


def _main(expression: Any) -> Any:
    return expression.removeO() if isinstance(expression, sp.Expr) else expression


def _substituted(side: Any, conditions: tuple[tuple[Any, Any], ...]) -> Any:
    for left, right in conditions:
        side = side.subs(unfold(left), unfold(right))
    return side


def _names(sides: list[Any], where: dict[str, Any]) -> list[Name]:
    page = Notation.current or Notation()
    for tex, meaning in where.items():
        plain = isinstance(meaning, sp.Symbol) and sp.latex(meaning) == tex
        page.settle(tex, "symbol" if plain else meaning)
    return page.for_reading(sides, where)
