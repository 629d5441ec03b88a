r"""Functions, roots, bars and matrices in TeX: ``\log x``, ``\sqrt n``, ``|x|``, ``\det A``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sympy as sp

from fewsteps.evidence.arithmetic import norm
from fewsteps.evidence.lexing import UnreadableError
from fewsteps.evidence.tokens import CLOSERS, OPENERS, split, text_of

if TYPE_CHECKING:
    from fewsteps.evidence.grammar import Parser

_SAME_NAME = (
    *("exp", "log", "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "sech", "csch"),
    *("asinh", "acosh", "atanh", "erf", "erfc", "erfi", "sign", "re", "im"),
)
_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    **{rf"\{name}": getattr(sp, name) for name in _SAME_NAME},
    r"\arctan": sp.atan,
    r"\arcsin": sp.asin,
    r"\arccos": sp.acos,
    r"\Gamma": sp.gamma,
}
_OF_MATRICES: dict[str, Callable[[Any], Any]] = {r"\det": sp.Matrix.det, r"\Tr": sp.Matrix.trace}


def _function(parser: Parser) -> Any:
    """A function name, its power perhaps, and its argument."""
    text = parser.peek()
    parser.i += 1
    exponent = sp.Integer(1)
    if parser.peek() == "^":
        parser.i += 1
        exponent = parser.inner(parser.group())
        if exponent.is_negative is True:
            raise UnreadableError(f"`{text}^{exponent}` may be an inverse or a power: write which")
    if parser.peek() in {"_", "'", ""}:
        raise UnreadableError(f"`{text}` lacks its argument (in `{text_of(parser.tokens)}`)")
    return _applied(text, parser.operand()) ** exponent


def _applied(text: str, argument: Any) -> Any:
    matrix = isinstance(argument, sp.MatrixBase)
    if text == r"\exp" and matrix:
        return argument.exp()
    if matrix != (text in _OF_MATRICES):
        raise UnreadableError(f"`{text}` is not read of {argument}")
    return (_OF_MATRICES if matrix else _FUNCTIONS)[text](argument)


def _root(parser: Parser) -> Any:
    parser.i += 1
    degree = parser.inner(parser.group()) if parser.peek() == "[" else 2
    return sp.root(parser.inner(parser.group()), degree)


def _binomial(parser: Parser) -> Any:
    parser.i += 1
    return sp.binomial(parser.inner(parser.group()), parser.inner(parser.group()))


def _matrix(parser: Parser) -> Any:
    rows = [split(row, {"&"})[0] for row in split(parser.group(), {"\\\\"})[0] if row]
    return sp.Matrix([[parser.inner(entry) for entry in row] for row in rows])


def _list(parser: Parser) -> Any:
    """What takes its arguments in brackets: O, the greatest, the least."""
    text = parser.peek()
    parser.i += 1
    if parser.peek() not in {"(", r"\{"}:
        raise UnreadableError(f"`{text}` needs brackets (in `{text_of(parser.tokens)}`)")
    arguments = [parser.inner(piece) for piece in split(parser.group(), {","})[0]]
    return {"O": _order, r"\max": sp.Max, r"\min": sp.Min}[text](*arguments)


def _order(*arguments: Any) -> sp.Expr:
    """O(h^2) is meant for small h, O(1/T) for large T."""
    (size,) = arguments
    free = size.free_symbols
    if len(free) == 1:
        (variable,) = free
        if sp.limit(size, variable, sp.oo) == 0:
            return sp.O(size, (variable, sp.oo))
    return sp.O(size)


def _absolute(parser: Parser) -> Any:
    """What stands between two bars."""
    parser.i += 1
    depth, start = 0, parser.i
    for k in range(start, len(parser.tokens)):
        token = parser.tokens[k]
        depth += (token.text in OPENERS) - (token.text in CLOSERS)
        if depth < 0:
            break
        if token.text == "|" and depth == 0 and token.side != "open":
            parser.i = k + 1
            return norm(parser.inner(parser.tokens[start:k]))
    raise UnreadableError(f"a bar is never closed: `|{text_of(parser.tokens[start:])}`")


NAMES = frozenset([*_FUNCTIONS, *_OF_MATRICES])
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(NAMES, _function),
    **dict.fromkeys(("O", r"\max", r"\min"), _list),
    r"\sqrt": _root,
    r"\binom": _binomial,
    r"\begin{matrix}": _matrix,
    "|": _absolute,
}
