r"""Names of a page as templates of tokens, and where they stand in a formula."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sympy as sp

from fewsteps.evidence.lexing import Token, UnreadableError
from fewsteps.evidence.tokens import CLOSERS, OPENERS, tokenise


@dataclass(frozen=True)
class Name:
    r"""TeX that stands for an object.

    Parameters
    ----------
    tex : str
        Template with slots ``<1>``, ``<2>``, ... or none: ``\Phi_{<1>\leftarrow <2>}(<3>)``, ``n_t``.
        A slot at the very end takes what a function name would take: ``\mathbb E<1>``.
    build : callable
        Called with the slots' expressions, in the order of their numbers.
    prime : sympy Symbol, optional
        The variable of ``x'``, for a name without slots. A name with one slot is primed in its slot.
    """

    tex: str
    build: Callable[..., Any]
    prime: sp.Symbol | None = None


class Match(NamedTuple):
    """A name found in a formula: where it ends, and which tokens fill its slots (an open last slot is not filled)."""

    name: Name
    end: int
    slots: dict[int, Sequence[Token]]
    primes: int
    power: Sequence[Token]
    open_slot: int | None


_Found = tuple[int, dict[int, Sequence[Token]], int, Sequence[Token]]


@dataclass
class Lexicon:
    """All names that a formula may mention, by their first token.

    Examples
    --------
    >>> t = sp.Symbol("t")
    >>> lexicon = Lexicon.of([Name("x", lambda: t), Name("x_<1>", lambda s: s)])
    >>> [match.name.tex for match in lexicon.matches(tokenise("x_0+x"), 0)]
    ['x_<1>']
    >>> lexicon.matches(tokenise("x_0'''+x"), 9)[0].name.tex, lexicon.matches(tokenise("y"), 0)
    ('x', [])
    """

    entries: dict[str, list[tuple[Name, list[Token]]]]
    variables: list[sp.Symbol] = field(default_factory=list)

    @classmethod
    def of(cls, names: Iterable[Name]) -> Lexicon:
        """Names sorted by the token that they begin with."""
        entries: dict[str, list[tuple[Name, list[Token]]]] = {}
        for name in names:
            template = tokenise(name.tex, slots=True)
            if not template or _slot(template[0]):
                raise ValueError(f"the name {name.tex!r} must begin with something other than a slot")
            entries.setdefault(template[0].text, []).append((name, template))
        return cls(entries)

    def extended(self, name: Name) -> Lexicon:
        """With one more name, which hides others of the same spelling."""
        (first, fresh), *_ = Lexicon.of([name]).entries.items()
        spelling = [token.text for token in fresh[0][1]]
        kept = [pair for pair in self.entries.get(first, []) if [token.text for token in pair[1]] != spelling]
        return Lexicon({**self.entries, first: kept + fresh}, self.variables)

    def matches(self, tokens: Sequence[Token], start: int) -> list[Match]:
        """Names that stand at a position: the longest first, of equally long ones the one with fewest slots."""
        found = []
        for name, template in self.entries.get(tokens[start].text, []):
            match = _match(name, template, tokens, start)
            if match is not None:
                found.append(match)
        return sorted(found, key=lambda match: (-match.end, len(match.slots)))

    def covers(self, text: str) -> bool:
        """Whether a token occurs in any template."""
        return any(token.text == text for pairs in self.entries.values() for _, template in pairs for token in template)

    def symbol(self, text: str) -> sp.Symbol | None:
        """The sympy symbol of a one-token name, if it is one."""
        match = next(iter(self.matches(tokenise(text), 0)), None)
        built = match.name.build() if match is not None and not match.slots and match.open_slot is None else None
        return built if isinstance(built, sp.Symbol) else None


def _slot(token: Token) -> int | None:
    found = re.fullmatch(r"<(\d)>", token.text)
    return int(found[1]) if found else None


def _match(name: Name, template: Sequence[Token], tokens: Sequence[Token], start: int) -> Match | None:
    last = _slot(template[-1])
    body = template if last is None else template[:-1]
    slots = len({token.text for token in template if _slot(token)})
    for end, filled, primes, power in _spans(body, 0, tokens, start, slots == 1):
        if last is None and not primes and (name.prime is not None or (slots == 1 and template[-1].text == "}")):
            primes = next((k for k, token in enumerate(tokens[end:]) if token.text != "'"), len(tokens) - end)
            end += primes
        if end < len(tokens) and tokens[end].text in ({"_", "'"} if last is None else {"_", "'", "^"}):
            continue
        return Match(name, end, filled, primes, power, last)
    return None


def _spans(template: Sequence[Token], j: int, tokens: Sequence[Token], i: int, primed: bool) -> Iterator[_Found]:
    """Ways in which the rest of a template fits the tokens from a position on."""
    if j == len(template):
        yield i, {}, 0, ()
        return
    slot = _slot(template[j])
    if slot is not None:
        for end in _ends(template[j + 1].text, tokens, i):
            for stop, filled, primes, power in _spans(template, j + 1, tokens, end, primed):
                if _same(filled.get(slot, tokens[i:end]), tokens[i:end]):
                    yield stop, {slot: tokens[i:end], **filled}, primes, power
        return
    primes, power = 0, tokens[i:i]
    if template[j].text == "(" and j and not any(_slot(token) for token in template[:j]):
        i, primes, power = _between(tokens, i, primed)
    if i >= len(tokens) or tokens[i].text != template[j].text:
        return
    if tokens[i].text in {"(", "["} and tokens[i].spaced and not template[j].spaced and j:
        return
    for stop, filled, later, more in _spans(template, j + 1, tokens, i + 1, primed):
        yield stop, filled, primes + later, power or more


def _same(first: Sequence[Token], second: Sequence[Token]) -> bool:
    """Whether a slot that stands twice is filled alike."""
    return [token.text for token in first] == [token.text for token in second]


def _between(tokens: Sequence[Token], i: int, primed: bool) -> tuple[int, int, Sequence[Token]]:
    """Primes and a whole power between a function's name and its bracket: ``f''(x)``, ``f^2(x)``."""
    primes = 0
    while primed and i < len(tokens) and tokens[i].text == "'":
        i, primes = i + 1, primes + 1
    if [token.text for token in tokens[i : i + 2]] == ["^", "{"]:
        end = next(k for k in range(i, len(tokens)) if tokens[k].text == "}")
        power = tokens[i + 2 : end]
        if all(token.text.isdigit() for token in power):
            return end + 1, primes, power
    return i, primes, ()


def _ends(literal: str, tokens: Sequence[Token], start: int) -> Iterator[int]:
    """Positions outside all brackets where a slot may end because the template goes on with a literal."""
    depth = 0
    for i in range(start, len(tokens)):
        text = tokens[i].text
        if depth == 0 and text == literal and i > start:
            yield i
        if depth == 0 and text in {",", ";"}:
            return
        depth += (text in OPENERS) - (text in CLOSERS)
        if depth < 0:
            return


def primed(build: Callable[..., Any], expression: Any, order: int) -> Any:
    """Derivative of a one-slot name in its slot, at the slot's expression.

    Examples
    --------
    >>> f, t = sp.Function("f"), sp.Symbol("t")
    >>> primed(f, t, 1), primed(lambda s: s**2, sp.sin(t), 1).doit()
    (Derivative(f(t), t), 2*sin(t))
    """
    slot = sp.Dummy("s", positive=True) if expression.is_positive else sp.Dummy("s", real=True)
    built = build(slot)
    if isinstance(built, sp.MatrixBase):
        raise UnreadableError("a prime on a matrix in a slot is not read")
    if isinstance(expression, sp.Symbol) and expression not in built.free_symbols:
        return sp.Derivative(build(expression), (expression, order))
    return sp.Subs(sp.Derivative(built, (slot, order)), slot, expression)
