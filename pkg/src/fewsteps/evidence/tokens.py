"""TeX of formulas as a canonical stream of tokens, so that two spellings of one formula are one stream."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fewsteps.evidence.lexing import SAME, Token, UnreadableError, lex

OPENERS = {"(": ")", "[": "]", r"\{": r"\}", "{": "}", r"\begin{matrix}": r"\end{matrix}", r"\langle": r"\rangle"}
CLOSERS = set(OPENERS.values())
_ACCENTS = {
    *(r"\hat", r"\bar", r"\tilde", r"\check", r"\vec", r"\widehat", r"\widetilde", r"\overline", r"\underline"),
    *(r"\mathring", r"\breve", r"\mathbb", r"\mathcal", r"\mathbf", r"\mathsf", r"\mathfrak", r"\boldsymbol"),
    *(r"\bm", r"\mathscr"),
}
_WORDS = {r"\operatorname", r"\mathrm", r"\operatorname*", r"\mathop", r"\rm"}
_TEXTS = {r"\text", r"\textrm", r"\mbox", r"\textit"}
_ONE_ARGUMENT = {r"\sqrt", r"\dot", r"\ddot"}
_FUNCTION_WORDS = {
    *("exp", "log", "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "sech", "csch"),
    *("asin", "acos", "atan", "arcsin", "arccos", "arctan", "asinh", "acosh", "atanh", "erf", "erfc", "erfi"),
    *("sign", "sgn", "re", "im", "max", "min", "det", "tr", "Tr", "trace"),
}


def tokenise(tex: str, *, slots: bool = False) -> list[Token]:
    r"""Canonical tokens of a formula.

    Parameters
    ----------
    tex : str
    slots : bool
        Whether ``<1>`` is a slot of a template (else less than, 1, greater than).

    Returns
    -------
    list of Token

    Examples
    --------
    >>> [token.text for token in tokenise(r"\tfrac12\,x'_0")]
    ['\\frac', '{', '1', '}', '{', '2', '}', 'x', '_', '{', '0', '}', "'"]
    >>> tokenise(r"\mathrm d\bar v^{\prime}")[1].text, len(tokenise(r"\mathrm d\bar v^{\prime}"))
    ('\\bar{v}', 3)
    """
    stream = _Stream(tex, lex(tex, slots))
    tokens = stream.run(None)
    if stream.position < len(stream.raw):
        raise UnreadableError(
            f"a brace closes that was not opened: `{excerpt(tex, stream.raw[stream.position].start)}`"
        )
    return _join_relations(tokens)


def excerpt(tex: str, start: int, length: int = 40) -> str:
    """The piece of a string that a message shows."""
    return tex[start : start + length] + ("..." if len(tex) > start + length else "")


def text_of(tokens: Sequence[Token]) -> str:
    """Canonical spelling of several tokens, for messages and for one-token accents."""
    out = ""
    for token in tokens:
        out += (" " if re.search(r"\\[A-Za-z]+$", out) and token.text[:1].isalpha() else "") + token.text
    return out


def closing(tokens: Sequence[Token], opening: int) -> int:
    """Position of the bracket that closes the one at ``opening``.

    Raises
    ------
    UnreadableError
        If none does, or one of another kind.
    """
    stack = []
    for i in range(opening, len(tokens)):
        if tokens[i].text in OPENERS:
            stack.append(OPENERS[tokens[i].text])
        elif tokens[i].text in CLOSERS:
            if stack.pop() != tokens[i].text:
                raise UnreadableError(
                    f"a bracket is closed by one of another kind: `{text_of(tokens[opening : i + 1])}`"
                )
            if not stack:
                return i
    raise UnreadableError(f"a bracket is never closed: `{text_of(tokens[opening:])}`")


def head(tokens: Sequence[Token], end: int) -> int:
    """Where the identifier begins that stands, with its scripts, before a position."""
    start = end - 1
    while start > 0 and tokens[start].text in {"'", "}"}:
        if tokens[start].text == "}":
            depth = 1
            while depth:
                start -= 1
                depth += (tokens[start].text == "}") - (tokens[start].text == "{")
        start -= 1
        start -= tokens[start].text in {"_", "^"}
    return max(start, 0)


def split(tokens: Sequence[Token], separators: set[str]) -> tuple[list[list[Token]], list[Token]]:
    """Pieces between separators outside all brackets, and the separators."""
    pieces: list[list[Token]] = [[]]
    found = []
    depth = 0
    for token in tokens:
        depth += (token.text in OPENERS) - (token.text in CLOSERS)
        if depth == 0 and token.text in separators:
            found.append(token)
            pieces.append([])
        else:
            pieces[-1].append(token)
    return pieces, found


def _join_relations(tokens: list[Token]) -> list[Token]:
    """``:=`` as an equality."""
    out: list[Token] = []
    for token in tokens:
        if token.text == "=" and out and out[-1].text == ":":
            out.pop()
        out.append(token)
    return out


class _Stream:
    """Second pass: arguments in braces, scripts in one order, an accent with its argument as one token."""

    def __init__(self, tex: str, raw: list[Token]) -> None:
        self.tex, self.raw, self.position = tex, raw, 0

    def run(self, end: str | None) -> list[Token]:
        """Everything up to the closing brace ``end`` (or to the end of the string)."""
        out: list[Token] = []
        while self.position < len(self.raw):
            if self.raw[self.position].text == "}":
                break
            out += self.scripts() if self.raw[self.position].text in {"_", "^", "'", r"\prime"} else self.item()
        if end is not None:
            if self.position >= len(self.raw):
                raise UnreadableError(f"a brace is never closed in `{self.tex}`")
            self.position += 1
        return out

    def item(self) -> list[Token]:
        """Next command with its arguments, group without its braces, or single token."""
        token = self.raw[self.position]
        self.position += 1
        if token.text == "{":
            inner = self.run("}")
            return [inner[0]._replace(spaced=token.spaced or inner[0].spaced), *inner[1:]] if inner else []
        if token.text in _TEXTS | _WORDS:
            return self.word(token)
        if token.text in _ACCENTS:
            text = f"{token.text}{{{text_of(self.argument())}}}"
            return [token._replace(text=SAME.get(text, text))]
        if token.text in {r"\frac", r"\binom"}:
            return [token, *self.braced(), *self.braced()]
        if token.text in _ONE_ARGUMENT:
            return [token, *self.degree(), *self.braced()]
        return [token]

    def degree(self) -> list[Token]:
        """The optional ``[3]`` of a root."""
        if self.position < len(self.raw) and self.raw[self.position].text == "[":
            end = closing(self.raw, self.position)
            inner, self.position = self.raw[self.position : end + 1], end + 1
            return inner
        return []

    def word(self, token: Token) -> list[Token]:
        """An upright word: its letters as typed, a function's name where it is one, the d of a differential."""
        start = self.position
        self.argument()
        first, last = self.raw[start], self.raw[self.position - 1]
        inner = self.tex[first.start : last.start + 1].strip()
        inner = inner[1:-1] if first.text == "{" else inner
        if token.text in _TEXTS:
            return [token._replace(text=rf"\text{{{inner}}}")]
        inner = re.sub(r"\\[,;:! ]|\s", "", inner)
        text = f"\\{inner}" if inner in _FUNCTION_WORDS else "d" if inner == "d" else rf"\mathrm{{{inner}}}"
        return [token._replace(text=SAME.get(text, text))]

    def argument(self) -> list[Token]:
        """One TeX argument without braces."""
        if self.position >= len(self.raw) or self.raw[self.position].text == "}":
            raise UnreadableError(f"a command or script at the end of a group lacks its argument in `{self.tex}`")
        return self.item()

    def braced(self) -> list[Token]:
        start = self.raw[min(self.position, len(self.raw) - 1)].start
        return [Token("{", start), *self.argument(), Token("}", start)]

    def scripts(self) -> list[Token]:
        """A run of subscript, primes and superscript, in that order."""
        sub: list[Token] = []
        sup: list[Token] = []
        primes: list[Token] = []
        while self.position < len(self.raw) and (token := self.raw[self.position]).text in {"_", "^", "'", r"\prime"}:
            self.position += 1
            if token.text in {"'", r"\prime"}:
                primes.append(token._replace(text="'"))
                continue
            group = self.braced()
            if token.text == "^":
                extra, group = _primes(group)
                primes += extra
            if (sub if token.text == "_" else sup) and len(group) > 2:
                raise UnreadableError(f"two scripts of one kind follow each other: `{excerpt(self.tex, token.start)}`")
            if len(group) > 2 and token.text == "_":
                sub = [token, *group]
            elif len(group) > 2:
                sup = [token, *group]
        return sub + primes + sup


def _primes(group: list[Token]) -> tuple[list[Token], list[Token]]:
    r"""Primes that open a superscript (``^{\prime\prime}``, ``^{(4)}``), and what is left of it."""
    inner = [token._replace(text="'") if token.text == r"\prime" else token for token in group[1:-1]]
    number = text_of(inner)
    if re.fullmatch(r"\(\d\)", number):
        return [inner[0]._replace(text="'")] * int(number[1]), []
    count = next((i for i, token in enumerate(inner) if token.text != "'"), len(inner))
    return inner[:count], [group[0], *inner[count:], group[-1]]
