"""Integrals, sums, products and limits in TeX, with the variables that they bind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import sympy as sp

from fewsteps.evidence.lexing import Token, UnreadableError
from fewsteps.evidence.templates import Name
from fewsteps.evidence.tokens import CLOSERS, OPENERS, closing, split, text_of

if TYPE_CHECKING:
    from fewsteps.evidence.grammar import Parser


def _variable(parser: Parser, tokens: Sequence[Token], **assumptions: bool) -> sp.Symbol:
    """A bound variable: a name of the page that is a symbol, else a new symbol that the parser knows from here on."""
    if not tokens or any(token.text in {"+", "-", "="} for token in tokens):
        raise UnreadableError(f"`{text_of(tokens)}` is no variable")
    try:
        symbol = parser.inner(tokens)
    except UnreadableError:
        if tokens[0].text.isdigit() or tokens[0].text in OPENERS or tokens[0].text.startswith(r"\frac"):
            raise
        symbol = sp.Symbol(text_of(tokens), **(assumptions or {"real": True}))
        parser.lexicon = parser.lexicon.extended(Name(text_of(tokens), lambda: symbol))
    if not isinstance(symbol, sp.Symbol):
        raise UnreadableError(f"`{text_of(tokens)}` stands for {symbol}, which is no variable")
    return symbol


def _bound(parser: Parser, build: Callable[[Any], Any], body: Any) -> Any:
    """An operator with a bound variable, entry by entry on matrices."""
    return body.applyfunc(build) if isinstance(body, sp.MatrixBase) else build(body)


def _scripts(parser: Parser) -> tuple[Sequence[Token], Sequence[Token]]:
    """Lower and upper script of an operator."""
    found: list[Sequence[Token]] = [(), ()]
    for k, mark in enumerate("_^"):
        if parser.peek() == mark:
            parser.i += 1
            found[k] = parser.group()
    return found[0], found[1]


def _integral(parser: Parser) -> Any:
    r"""``\int_a^b f\,dx``, also with the dx in a numerator."""
    parser.i += 1
    lower, upper = _scripts(parser)
    if not lower or not upper:
        raise UnreadableError(f"an integral without ends (in `{text_of(parser.tokens)}`)")
    ends = parser.inner(lower), parser.inner(upper)
    integrand, variable, used = _differential(parser.tokens[parser.i :])
    parser.i += used
    inner = type(parser)(integrand or [Token("1", 0)], parser.lexicon)
    symbol = _variable(inner, variable)
    return _bound(parser, lambda body: sp.Integral(body, (symbol, *ends)), inner.all())


def _differential(tokens: Sequence[Token]) -> tuple[list[Token], list[Token], int]:
    """Integrand, variable, and how many tokens they take."""
    depth = open_integrals = 0
    for i, token in enumerate(tokens):
        if token.text == "d" and i + 1 < len(tokens) and (depth == 0 or _in_numerator(tokens, i)):
            end = i + 2
            if end < len(tokens) and tokens[end].text == "_":
                end = closing(tokens, end + 1) + 1
            if open_integrals == 0:
                return _without(tokens, i, end, depth)
            open_integrals -= 1
        open_integrals += token.text == r"\int"
        depth += (token.text in OPENERS) - (token.text in CLOSERS)
        if depth < 0:
            break
    raise UnreadableError(f"an integral without its dx: `{text_of(tokens)}`")


def _in_numerator(tokens: Sequence[Token], i: int) -> bool:
    r"""Whether a d ends the numerator of a ``\frac`` outside all brackets: ``\frac{r\,dr}{..}``."""
    for k in range(i):
        if tokens[k].text == r"\frac" and tokens[k + 1].text == "{" and k + 1 < i <= closing(tokens, k + 1):
            outside = sum((token.text in OPENERS) - (token.text in CLOSERS) for token in tokens[:k]) == 0
            end = closing(tokens, k + 1)
            return outside and end in {i + 2, i + 6}
    return False


def _without(tokens: Sequence[Token], i: int, end: int, depth: int) -> tuple[list[Token], list[Token], int]:
    variable = list(tokens[i + 1 : end])
    if depth == 0:
        return list(tokens[:i]), variable, end
    stop = closing(tokens, end + 1) + 1
    filler = [Token("1", tokens[i].start)] if tokens[i - 1].text == "{" else []
    return [*tokens[:i], *filler, *tokens[end:stop]], variable, stop


def _sum(parser: Parser) -> Any:
    r"""``\sum_{k=1}^n X``, ``\prod_{k=1}^n X``."""
    build = sp.Sum if parser.peek() == r"\sum" else sp.Product
    parser.i += 1
    lower, upper = _scripts(parser)
    members = split(lower, {"="})[0]
    if len(members) != 2 or not upper:
        raise UnreadableError(f"a sum or product needs its first and last index: `{text_of(parser.tokens)}`")
    end, start = parser.inner(upper), parser.inner(members[1])
    inner = type(parser)(parser.tokens[parser.i :], parser.lexicon)
    symbol = _variable(inner, members[0], integer=True)
    body = inner.product("operator")
    parser.i += inner.i
    return _bound(parser, lambda entry: build(entry, (symbol, start, end)), body)


def _lim(parser: Parser) -> Any:
    r"""``\lim_{h\to0} X``, ``\lim_{t\to1^-} X``."""
    parser.i += 1
    lower, _ = _scripts(parser)
    inner = type(parser)(parser.tokens[parser.i :], parser.lexicon)
    build = approach(inner, lower)
    body = inner.product("operator")
    parser.i += inner.i
    return _bound(parser, build, body)


def approach(parser: Parser, tokens: Sequence[Token]) -> Callable[[Any], Any]:
    r"""The limit that ``h\to0``, ``t\to1^-`` or ``k\downarrow k_0`` asks for, as a function of what it is taken of."""
    members, arrows = split(tokens, {r"\to", r"\downarrow", r"\uparrow"})
    if len(members) != 2:
        raise UnreadableError(f"`{text_of(tokens)}` says no limit such as h\\to0")
    variable = _variable(parser, members[0])
    target, side = members[1], "-" if arrows[0].text == r"\uparrow" else "+"
    if [token.text for token in target[-4:-1]] in (["^", "{", "-"], ["^", "{", "+"]):
        target, side = target[:-4], target[-2].text
    point = parser.inner(target)
    return lambda body: sp.Limit(body, variable, point, "-" if point is sp.oo else side)


BINDERS: dict[str, Callable[[Any], Any]] = {r"\int": _integral, r"\sum": _sum, r"\prod": _sum, r"\lim": _lim}
