"""Derivatives and substitutions in TeX as unevaluated sympy objects."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import sympy as sp

from fewsteps.evidence.lexing import Token, UnreadableError
from fewsteps.evidence.tokens import closing, split, text_of

if TYPE_CHECKING:
    from fewsteps.evidence.grammar import Parser


def differentiated(value: Any, variables: Sequence[tuple[sp.Symbol, int]]) -> Any:
    """Unevaluated derivative; refuses a lone symbol that does not depend on the variable."""
    if isinstance(value, sp.MatrixBase):
        return value.applyfunc(lambda entry: differentiated(entry, variables))
    if isinstance(value, sp.Symbol) and value not in {variable for variable, _ in variables}:
        names = ", ".join(str(variable) for variable, _ in variables)
        raise UnreadableError(f"a derivative of `{value}` in {names}, which it does not depend on")
    return sp.Derivative(value, *variables) if value.free_symbols else sp.Integer(0)


def evaluated(parser: Parser, value: Any) -> Any:
    r"""Substitution that a bar or bracket asks for: ``|_{t=r}``, ``|_{p=q=0}``, ``|_{x=0}^{1}``."""
    parser.i += parser.peek() == "|"
    parser.i += 1
    what = parser.group()
    pairs = equalities(parser, what)
    if parser.peek() == "^" and len(pairs) == 1:
        parser.i += 1
        upper = parser.inner(parser.group())
        return substituted(value, [(pairs[0][0], upper)]) - substituted(value, pairs)
    return substituted(value, pairs)


def equalities(parser: Parser, tokens: Sequence[Token]) -> list[tuple[Any, Any]]:
    """Pairs of what is replaced and by what, from ``p=q=0, x=1``."""
    pairs = []
    for piece in split(tokens, {",", "\\\\", r"\quad"})[0]:
        members = split(piece, {"="})[0]
        if len(members) < 2 or not all(members):
            raise UnreadableError(f"`{text_of(tokens)}` is no list of values such as t=r")
        *left, right = [parser.inner(member) for member in members]
        pairs += [(variable, right) for variable in left]
    return pairs


def substituted(value: Any, pairs: Sequence[tuple[Any, Any]]) -> Any:
    """Unevaluated substitution."""
    if isinstance(value, sp.MatrixBase):
        return value.applyfunc(lambda entry: substituted(entry, pairs))
    variables, points = zip(*pairs, strict=True)
    if not all(isinstance(variable, sp.Symbol) for variable in variables):
        raise UnreadableError(f"a value can be put in for a symbol only, not for {', '.join(map(str, variables))}")
    return sp.Subs(value, variables, points)


def _partial(parser: Parser) -> Any:
    r"""``\partial_x X``, ``\partial_t^2 X``."""
    parser.i += 1
    if parser.peek() != "_":
        raise UnreadableError(f"`\\partial` lacks its variable (in `{text_of(parser.tokens)}`)")
    parser.i += 1
    variables = [(_known(parser, parser.group()), 1)]
    if parser.peek() == "^":
        parser.i += 1
        variables = [(variables[0][0], _order(parser, parser.group()))]
    operand = parser.factor() if parser.peek() in {"(", "["} else parser.product("partial")
    return differentiated(operand, variables)


def _known(parser: Parser, tokens: Sequence[Token]) -> sp.Symbol:
    symbol = parser.inner(tokens)
    if not isinstance(symbol, sp.Symbol):
        raise UnreadableError(f"a derivative in `{text_of(tokens)}`, which is no symbol")
    return symbol


def _order(parser: Parser, tokens: Sequence[Token]) -> int:
    order = parser.inner(tokens)
    if not order.is_Integer:
        raise UnreadableError(f"a derivative of order `{text_of(tokens)}`")
    return int(order)


def _fraction(parser: Parser) -> Any:
    r"""A fraction, or a derivative: ``\frac{d}{dt}X``, ``\frac{dX}{dt}``, ``\frac{\partial^2}{\partial x^2}X``."""
    parser.i += 1
    above, below = parser.group(), parser.group()
    mark = below[0].text if below else ""
    if mark in {"d", r"\partial"} and len(below) > 1 and above and above[0].text == mark:
        return _leibniz(parser, above, below, mark)
    divisor = parser.inner(below)
    if isinstance(divisor, sp.MatrixBase):
        raise UnreadableError("a division by a matrix")
    value = parser.inner(above)
    return value / divisor


def differentiates(tokens: Sequence[Token]) -> bool:
    r"""Whether a bare operator begins here: ``\frac{d}{dt}``, ``\frac{\partial^2}{\partial x^2}``."""
    text = text_of(tokens[:12])
    return re.match(r"\\frac\{(d|\\partial)(\^\{\d\})?\}\{\1", text) is not None


def _leibniz(parser: Parser, above: Sequence[Token], below: Sequence[Token], mark: str) -> Any:
    rest = list(above[1:])
    if rest and rest[0].text == "^":
        rest = rest[closing(rest, 1) + 1 :]
    pieces = split(below[1:], {mark})[0]
    value = type(parser)(rest, parser.lexicon).product("operator") if rest else parser.product("operator")
    if len(pieces) == 1 and pieces[0][-1].text != "}" and len(pieces[0]) > 1 and "_" not in text_of(pieces[0]):
        return _ratio(parser, value, pieces[0])
    variables = []
    for piece in pieces:
        raised = next((k for k, token in enumerate(piece) if token.text == "^"), len(piece))
        order = _order(parser, piece[raised + 2 : -1]) if raised < len(piece) else 1
        variables.append((_known(parser, piece[:raised]), order))
    return differentiated(value, variables)


def _ratio(parser: Parser, value: Any, below: Sequence[Token]) -> Any:
    r"""``\frac{df}{d\log k}``: both derivatives in the one variable."""
    divisor = parser.inner(below)
    if len(divisor.free_symbols) != 1:
        raise UnreadableError(f"a derivative in `{text_of(below)}`, which has no one variable")
    (variable,) = divisor.free_symbols
    return differentiated(value, [(variable, 1)]) / differentiated(divisor, [(variable, 1)])


def _dot(parser: Parser) -> Any:
    r"""``\dot x_t``: derivative in t of what stands under the dot with its subscript."""
    order = 1 if parser.peek() == r"\dot" else 2
    parser.i += 1
    under = list(parser.group())
    time = parser.lexicon.symbol("t")
    inner = type(parser)([*under, *parser.tokens[parser.i :]], parser.lexicon)
    value = inner.primary()
    if time is None or inner.i < len(under):
        raise UnreadableError(f"no name for the dotted `{text_of(under)}`")
    parser.i += inner.i - len(under)
    return differentiated(value, [(time, order)])


def _left(parser: Parser) -> Any:
    r"""``\left. X \right|_{t=r}``."""
    parser.i += 1
    depth = 1
    for k in range(parser.i, len(parser.tokens)):
        depth += parser.tokens[k].text == r"\left." or (parser.tokens[k].text, parser.tokens[k].side) == ("|", "open")
        depth -= (parser.tokens[k].text, parser.tokens[k].side) == ("|", "close")
        if depth == 0:
            value = parser.inner(parser.tokens[parser.i : k])
            parser.i = k
            return evaluated(parser, value)
    raise UnreadableError("a \\left. has no \\right|")


OPERATORS: dict[str, Callable[[Any], Any]] = {
    r"\partial": _partial, r"\frac": _fraction, r"\dot": _dot, r"\ddot": _dot, r"\left.": _left,
}  # fmt: skip
