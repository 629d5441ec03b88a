"""Expressions in TeX as sympy expressions: sums, products, powers, functions and brackets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from fewsteps.evidence.arithmetic import inverse, plus, raised, times, transposed
from fewsteps.evidence.binders import BINDERS
from fewsteps.evidence.calculus import OPERATORS, differentiated, differentiates, evaluated
from fewsteps.evidence.functions import FUNCTIONS, NAMES
from fewsteps.evidence.lexing import Token, UnreadableError
from fewsteps.evidence.templates import Lexicon, Match, primed
from fewsteps.evidence.tokens import OPENERS, closing, head, split, text_of

_HANDLERS = {**OPERATORS, **BINDERS, **FUNCTIONS}
_CONSTANTS = {"e": sp.E, r"\pi": sp.pi, r"\infty": sp.oo}
_ENDS = {"+", "-", "/", r"\cdot", "*", ",", ";", ":", ".", "&", "\\\\", r"\quad", "_", "^", "'", "!", *OPENERS.values()}
_ENDS |= {r"\mid", r"\leftarrow", r"\to", "=", "<", ">", r"\le", r"\ge", r"\ne", r"\circ"}


class Parser:
    """One pass over one range of tokens."""

    def __init__(self, tokens: Sequence[Token], lexicon: Lexicon) -> None:
        self.tokens, self.lexicon, self.i = tokens, lexicon, 0

    def all(self) -> Any:
        """The expression that the whole range spells."""
        if not self.tokens:
            raise UnreadableError("an expression is empty")
        value = self.sum()
        if self.i < len(self.tokens):
            raise UnreadableError(
                f"cannot go on at `{text_of(self.tokens[self.i :])}` after `{text_of(self.tokens[: self.i])}`"
            )
        return value

    def inner(self, tokens: Sequence[Token]) -> Any:
        """The expression in a bracket or argument."""
        return Parser(tokens, self.lexicon).all()

    def peek(self, ahead: int = 0) -> str:
        """Text of the next token, or nothing."""
        return self.tokens[self.i + ahead].text if self.i + ahead < len(self.tokens) else ""

    def group(self) -> Sequence[Token]:
        """The tokens of the bracket that opens here; goes past it."""
        if self.peek() not in OPENERS:
            raise UnreadableError(f"an argument is missing before `{text_of(self.tokens[self.i :])}`")
        end = closing(self.tokens, self.i)
        content, self.i = self.tokens[self.i + 1 : end], end + 1
        return content

    def sum(self) -> Any:
        """Terms with their signs."""
        sign = self.sign()
        total = times(sign, self.product("term")) if sign is not None else self.product("term")
        while self.peek() in {"+", "-"}:
            sign = self.sign()
            total = plus(total, times(sign, self.product("term")))
        return total

    def sign(self) -> Any:
        """A sign before a term, if there is one."""
        if self.peek() not in {"+", "-"}:
            return None
        self.i += 1
        return sp.Integer(1 if self.tokens[self.i - 1].text == "+" else -1)

    def product(self, scope: str) -> Any:
        r"""Factors side by side.

        A function (scope "function") takes no ``\cdot``, no ``/`` and no second function name; ``\partial_x``
        (scope "partial") stops at a thin space as well; an operator such as ``\frac{d}{dt}`` takes a whole term.
        """
        value = self.factor()
        while self.i < len(self.tokens):
            text = self.peek()
            if text in {r"\cdot", "*", "/"} and scope not in {"function", "partial"}:
                self.i += 1
                value = self.quotient(value) if text == "/" else times(value, self.factor())
            elif self.at_bar():
                if scope != "term":
                    break
                value = evaluated(self, value)
            elif not self.starts_factor() or self.ends(scope, value):
                break
            else:
                self.refuse_two_numbers()
                value = times(value, self.factor())
        return value

    def ends(self, scope: str, value: Any) -> bool:
        """Whether a further factor is outside the scope, after a value that is inside."""
        if scope == "partial" and self.tokens[self.i].spaced:
            return True
        if scope == "function" and self.peek() in {*NAMES, r"\nabla"}:
            return True
        another = self.peek() in {r"\partial", r"\left."} or differentiates(self.tokens[self.i :])
        return scope != "term" and another and not value.is_number

    def quotient(self, value: Any) -> Any:
        """Division by the next factor; what follows it without a thin space could be meant below the line."""
        divisor = self.factor()
        if self.starts_factor() and not self.tokens[self.i].spaced and not self.at_bar():
            raise UnreadableError(
                f"is `{text_of(self.tokens[self.i :])}` below the slash or not? Write \\frac or brackets"
            )
        return times(value, inverse(divisor))

    def refuse_two_numbers(self) -> None:
        """Digits that a space parts are neither one number nor a product."""
        if self.peek().isdigit() and self.tokens[self.i - 1].text.isdigit():
            raise UnreadableError(f"two numbers side by side: `{text_of(self.tokens[self.i - 1 :])}`")

    def starts_factor(self) -> bool:
        """Whether a factor begins here."""
        text = self.peek()
        return bool(text) and text not in _ENDS and not (text == "|" and self.tokens[self.i].side == "close")

    def at_bar(self) -> bool:
        """Whether a bar begins a substitution here: ``|_{t=r}``."""
        if self.peek() != "|" or self.peek(1) != "_":
            return False
        end = closing(self.tokens, self.i + 2)
        return any(token.text == "=" for token in self.tokens[self.i : end])

    def factor(self) -> Any:
        """A primary with its primes, power, transposition or factorial."""
        mark = len(self.lexicon.variables)
        start = self.i
        value = self.primary()
        while self.peek() in {"'", "^", "!"}:
            if self.peek() == "'":
                value = self.prime(value, mark, start)
            elif self.peek() == "!":
                self.i += 1
                value = sp.factorial(value)
            else:
                self.i += 1
                value = self.power(value, self.group())
        if self.peek() == "_":
            raise UnreadableError(f"no name for `{text_of(self.tokens[start : closing(self.tokens, self.i + 1) + 1])}`")
        return value

    def power(self, value: Any, exponent: Sequence[Token]) -> Any:
        """A power, inverse or transpose."""
        text = text_of(exponent)
        of_matrix = isinstance(value, sp.MatrixBase) or not value.is_commutative
        if text == r"\top" or (text == "T" and of_matrix and not self.lexicon.matches(exponent, 0)):
            return transposed(value)
        return raised(value, self.inner(exponent))

    def prime(self, value: Any, mark: int, start: int) -> Any:
        """Derivative of a bracket in the one variable that the names in it have."""
        what = text_of(self.tokens[start : self.i])
        candidates = set(self.lexicon.variables[mark:])
        if len(candidates) != 1:
            found = ", ".join(sorted(map(str, candidates))) or "none"
            raise UnreadableError(f"the prime on `{what}` has no one variable: {found}")
        order = 0
        while self.peek() == "'":
            self.i, order = self.i + 1, order + 1
        return differentiated(value, [(candidates.pop(), order)])

    def primary(self) -> Any:
        """A name, number, bracket, function or operator with what it takes."""
        if self.i >= len(self.tokens):
            raise UnreadableError(f"something is missing after `{text_of(self.tokens)}`")
        text = self.peek()
        refusals = []
        for match in self.lexicon.matches(self.tokens, self.i):
            try:
                return self.named(match)
            except UnreadableError as refusal:
                refusals.append(refusal)
        if refusals:
            raise refusals[0]
        if text.isdigit():
            return self.number()
        if text in _HANDLERS:
            return _HANDLERS[text](self)
        if text in {"(", "[", r"\{"}:
            return self.bracket()
        if text in _CONSTANTS and self.peek(1) not in {"_", "'"}:
            self.i += 1
            return _CONSTANTS[text]
        raise UnreadableError(f"no name for `{self.unknown()}` (in `{text_of(self.tokens)}`)")

    def unknown(self) -> str:
        """The identifier at which no name fits, with its scripts."""
        end = self.i + 1
        while end < len(self.tokens) and self.tokens[end].text in {"_", "'"}:
            end = closing(self.tokens, end + 1) + 1 if self.tokens[end].text == "_" else end + 1
        return text_of(self.tokens[self.i : end])

    def named(self, match: Match) -> Any:
        """The object that a name stands for."""
        self_i, mark = self.i, len(self.lexicon.variables)
        try:
            slots = {slot: self.inner(tokens) for slot, tokens in match.slots.items()}
            del self.lexicon.variables[mark:]
            self.i = match.end
            if match.open_slot is not None:
                slots[match.open_slot] = self.operand()
        except UnreadableError:
            self.i = self_i
            del self.lexicon.variables[mark:]
            raise
        arguments = [slots[slot] for slot in sorted(slots)]
        variable = match.name.prime if not slots else arguments[0] if len(slots) == 1 else None
        self.lexicon.variables += [variable] if isinstance(variable, sp.Symbol) else []
        if match.primes and slots:
            value = primed(match.name.build, arguments[0], match.primes)
        else:
            value = match.name.build(*arguments)
            value = differentiated(value, [(variable, match.primes)]) if match.primes else value
        return self.power(value, match.power) if match.power else value

    def number(self) -> Any:
        """Digits, with a decimal point perhaps."""
        start = self.i
        self.i += 1
        while self.i < len(self.tokens) and not self.tokens[self.i].spaced and self.continues_number():
            self.i += 1
        return sp.Rational(text_of(self.tokens[start : self.i]))

    def continues_number(self) -> bool:
        """Whether the next token belongs to the number before it."""
        return self.peek().isdigit() or (self.peek() == "." and self.peek(1).isdigit())

    def bracket(self) -> Any:
        """A bracket; with commas a row, which only a transposition may follow; ``[..]_{h=0}`` is a substitution."""
        start, content = self.i, self.group()
        pieces, commas = split(content, {",", ";"})
        if commas and [self.peek(k) for k in range(3)] != ["^", "{", r"\top"]:
            raise UnreadableError(f"no name fits `{text_of(self.tokens[head(self.tokens, start) : self.i])}`")
        if commas:
            return sp.Matrix([[self.inner(piece) for piece in pieces]])
        value = self.inner(content)
        return evaluated(self, value) if self.peek() == "_" else value

    def operand(self) -> Any:
        """What a function name takes: the bracket that follows, or the factors that follow."""
        return self.bracket() if self.peek() in {"(", "["} else self.product("function")
