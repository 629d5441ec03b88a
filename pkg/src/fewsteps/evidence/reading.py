"""Typed TeX read back: what a displayed formula says, as expressions to compare with the checked ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from fewsteps.evidence.binders import approach
from fewsteps.evidence.calculus import equalities
from fewsteps.evidence.grammar import Parser
from fewsteps.evidence.lexing import Token, UnreadableError
from fewsteps.evidence.templates import Lexicon, Name
from fewsteps.evidence.tokens import split, text_of, tokenise

__all__ = ["Name", "Reading", "UnreadableError", "read"]

_RELATIONS = {"=": "=", "<": "<", ">": ">", r"\le": "<=", r"\ge": ">=", r"\ne": "!=", r"\to": "->"}
_JOINS = {
    *(r"\Rightarrow", r"\Longrightarrow", r"\implies", r"\iff", r"\Leftarrow", r"\Leftrightarrow"),
    *(r"\Longleftrightarrow", r"\Longleftarrow"),
}
_VAGUE = {
    *(r"\propto", r"\approx", r"\sim", r"\simeq", r"\cong", r"\equiv", r"\pm", r"\mp", r"\ll", r"\gg"),
    *(r"\lesssim", r"\gtrsim", r"\in"),
}
_AT = re.compile(r"\\text\{\s*(at|for|where|with|if|when)\s*\}")


@dataclass(frozen=True)
class Reading:
    r"""What a typed formula says.

    Parameters
    ----------
    members : tuple of sympy expressions or matrices
        The n + 1 sides, with the conditions substituted.
    relations : tuple of str
        The n signs between them, of "=", "<", ">", "<=", ">=", "!=", "->".
    conditions : tuple of pairs
        What a leading ``(k=\tfrac12):`` or a trailing ``\quad(\lambda=1)`` fixes.
    """

    members: tuple[Any, ...]
    relations: tuple[str, ...]
    conditions: tuple[tuple[Any, Any], ...] = ()


def read(tex: str, names: Sequence[Name]) -> Reading:
    r"""Read one typed statement.

    Parameters
    ----------
    tex : str
        A chain of expressions and relations, with values before a colon or after a ``\quad`` perhaps.
    names : sequence of Name
        All that the formula may mention beside numbers, e, \pi and the usual functions.

    Returns
    -------
    Reading

    Raises
    ------
    UnreadableError
        If a name is unknown, or the grammar does not cover the string.

    Examples
    --------
    >>> t, r = sp.symbols("t r")
    >>> names = [Name("t", lambda: t), Name("r", lambda: r), Name(r"\alpha_<1>", sp.Function("alpha"))]
    >>> read(r"\tfrac{1}{2}\alpha_t'\ge t-r\quad(r=1)", names)
    Reading(members=(Derivative(alpha(t), t)/2, t - 1), relations=('>=',), conditions=((r, 1),))
    """
    try:
        return _read(tokenise(tex), Lexicon.of(names))
    except UnreadableError:
        raise
    except (NotImplementedError, TypeError, ValueError, AttributeError) as refusal:
        raise UnreadableError(f"sympy refuses what `{tex}` says: {refusal}") from refusal


def _read(tokens: list[Token], lexicon: Lexicon) -> Reading:
    _refuse(tokens, lexicon)
    conditions, tokens = _leading(tokens, lexicon)
    tokens, trailing, limit = _trailing(tokens, lexicon)
    conditions += trailing
    pieces, signs = split(tokens, set(_RELATIONS))
    members = [_member(piece, lexicon) for piece in pieces]
    relations = [_RELATIONS[sign.text] for sign in signs]
    if limit is not None:
        if relations != ["->"]:
            raise UnreadableError("a limit after the statement needs one \\to in it")
        build = approach(Parser((), lexicon), limit)
        first = members[0]
        members[0] = first.applyfunc(build) if isinstance(first, sp.MatrixBase) else build(first)
        relations = ["="]
    members = [member.subs(conditions) if conditions else member for member in members]
    return Reading(tuple(members), tuple(relations), tuple(conditions))


def _refuse(tokens: Sequence[Token], lexicon: Lexicon) -> None:
    """Arrows of logic and vague relations."""
    for token in tokens:
        if token.text in _JOINS and not lexicon.covers(token.text):
            raise UnreadableError(f"two statements in one string (joined by {token.text}): split them")
        if token.text in _VAGUE and not lexicon.covers(token.text):
            raise UnreadableError(f"`{token.text}` says nothing that values can confirm")


def _member(tokens: Sequence[Token], lexicon: Lexicon) -> Any:
    if not tokens:
        raise UnreadableError("one side of a relation is empty")
    if len(split(tokens, {","})[0]) > 1:
        raise UnreadableError(f"two statements in one string (`{text_of(tokens)}`): split them")
    return Parser(tokens, lexicon).all()


def _is_label(tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether only words stand there, perhaps in brackets, that no name covers."""
    inner = [token for token in tokens if token.text not in {"(", ")", ".", ",", ":", r"\quad"}]
    return all(token.text.startswith(r"\text{") and not lexicon.covers(token.text) for token in inner)


def _leading(tokens: list[Token], lexicon: Lexicon) -> tuple[list[tuple[Any, Any]], list[Token]]:
    """Values or a label before a colon; a label alone."""
    pieces, colons = split(tokens, {":"})
    if colons and len(pieces) > 1:
        before, rest = pieces[0], tokens[len(pieces[0]) + 1 :]
        conditions = [] if _is_label(before, lexicon) else _values(before, lexicon)
        return conditions, _strip(rest)
    label = len(tokens) > 1 and _is_label(tokens[:1], lexicon)
    if label and (tokens[0].text.rstrip(" }").endswith(":") or tokens[1].text == r"\quad"):
        tokens = tokens[1:]
    return [], _strip(tokens)


def _strip(tokens: list[Token]) -> list[Token]:
    """Without space before and punctuation after."""
    start, end = 0, len(tokens)
    while start < end and tokens[start].text == r"\quad":
        start += 1
    while end > start and tokens[end - 1].text in {r"\quad", ".", ",", ";"}:
        end -= 1
    return tokens[start:end]


def _trailing(
    tokens: list[Token], lexicon: Lexicon
) -> tuple[list[Token], list[tuple[Any, Any]], Sequence[Token] | None]:
    """The statement alone, the values after it, and the limit after it."""
    chunks = _joined(split(tokens, {r"\quad"})[0])
    statement, words = _words(chunks[0], lexicon)
    conditions: list[tuple[Any, Any]] = []
    limit: Sequence[Token] | None = None
    for chunk in [chunk for chunk in [words, *chunks[1:]] if chunk]:
        arrows = split(_unwrapped(chunk), {r"\to"})[0]
        if _is_label(chunk, lexicon):
            continue
        if chunk[0].text == "(" and len(arrows) == 2 and limit is None:
            limit = _unwrapped(chunk)
        elif chunk[0].text.startswith(r"\text{") and not any(token.text in _RELATIONS for token in chunk):
            continue
        elif chunk[0].text == "(" or _AT.fullmatch(chunk[0].text):
            conditions += _values(chunk, lexicon)
        else:
            raise UnreadableError(f"two statements in one string (the second is `{text_of(chunk)}`): split them")
    return _strip(statement), conditions, limit


def _joined(chunks: list[list[Token]]) -> list[list[Token]]:
    r"""Chunks, with ``\text{for}`` and the like joined to the values that come after more space."""
    out = chunks[:1]
    for chunk in chunks[1:]:
        if len(out[-1]) == 1 and _AT.fullmatch(out[-1][0].text):
            out[-1] = out[-1] + chunk
        else:
            out.append(chunk)
    return out


def _words(tokens: list[Token], lexicon: Lexicon) -> tuple[list[Token], list[Token]]:
    """The statement, and what follows from the first words on that come after a complete expression."""
    depth = 0
    for i, token in enumerate(tokens):
        depth += (token.text in {"(", "[", "{"}) - (token.text in {")", "]", "}"})
        before = tokens[i - 1].text if i else "="
        complete = before not in {"+", "-", "/", r"\cdot", "_", "^", *_RELATIONS}
        if depth == 0 and complete and token.text.startswith(r"\text{") and not lexicon.covers(token.text):
            return tokens[:i], tokens[i:]
    return tokens, []


def _unwrapped(tokens: Sequence[Token]) -> Sequence[Token]:
    """Without the brackets around, or the word before."""
    if _AT.fullmatch(tokens[0].text):
        tokens = tokens[1:]
    return tokens[1:-1] if tokens and tokens[0].text == "(" and tokens[-1].text == ")" else tokens


def _values(tokens: Sequence[Token], lexicon: Lexicon) -> list[tuple[Any, Any]]:
    r"""Conditions such as ``(\lambda=1,\ m=0)``; inequalities only narrow the claim and are dropped."""
    tokens = _unwrapped(_strip(list(tokens)))
    if any(token.text.startswith(r"\text{") for token in tokens):
        raise UnreadableError(f"words among the conditions `{text_of(tokens)}`")
    pieces = split(tokens, {",", r"\quad"})[0]
    equations = [
        piece for piece in pieces if not any(token.text in {"<", ">", r"\le", r"\ge", r"\ne"} for token in piece)
    ]
    return [pair for piece in equations for pair in equalities(Parser((), lexicon), piece)]
