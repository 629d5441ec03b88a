"""TeX of formulas cut into raw tokens, with one spelling for each sign."""

from __future__ import annotations

import re
from typing import NamedTuple

_SPACES = {r"\,", r"\;", r"\:", "\\ ", "~", r"\thinspace"}
_NOTHING = {r"\!", r"\displaystyle", r"\textstyle", r"\limits", r"\nolimits", r"\substack", r"\nonumber", r"\right."}
_SIZES = re.compile(r"\\(left|right|middle|[bB]igg?[lrm]?)$")
SAME = {
    r"\tfrac": r"\frac", r"\dfrac": r"\frac", r"\cfrac": r"\frac", r"\tbinom": r"\binom", r"\dbinom": r"\binom",
    r"\leq": r"\le", r"\leqslant": r"\le", r"\geq": r"\ge", r"\geqslant": r"\ge", r"\neq": r"\ne",
    r"\lt": "<", r"\gt": ">", r"\rightarrow": r"\to", r"\longrightarrow": r"\to", r"\gets": r"\leftarrow",
    r"\lvert": "|", r"\rvert": "|", r"\vert": "|", r"\|": r"\Vert", r"\lVert": r"\Vert", r"\rVert": r"\Vert",
    r"\lbrace": r"\{", r"\rbrace": r"\}", r"\lbrack": "[", r"\rbrack": "]", r"\qquad": r"\quad", r"\times": r"\cdot",
    r"\coloneqq": "=", r"\tr": r"\Tr", r"\trace": r"\Tr", r"\asin": r"\arcsin", r"\acos": r"\arccos",
    r"\atan": r"\arctan", r"\sgn": r"\sign", r"\mathsf{T}": r"\top", r"\mathrm{T}": r"\top", r"\intercal": r"\top",
    r"\bmod": r"\mod", r"\ln": r"\log", r"\bigm|": "|", r"\epsilon": r"\epsilon", r"\ldots": r"\dots",
}  # fmt: skip
_LEXER = re.compile(r"\\(?:begin|end)\{(?:p|b|small)?matrix\}|\\[A-Za-z]+\*?|\\.|<\d>|\S|\s+", re.DOTALL)


class UnreadableError(ValueError):
    """Typed TeX that the grammar does not read; says in one sentence what and where."""


class Token(NamedTuple):
    r"""One token of the canonical stream.

    Parameters
    ----------
    text : str
        Canonical spelling; an accent or a font with its argument, as ``\bar{v}``, is one token.
    start : int
        Where it begins in the typed string.
    spaced : bool
        Whether a thin space stands before it: no bracket after one is an application.
    side : str
        "open" or "close" for a bar that says which it is, "big" for a sized one that does not.
    """

    text: str
    start: int
    spaced: bool = False
    side: str = ""


def lex(tex: str, slots: bool) -> list[Token]:
    r"""Raw tokens: sizes joined to their bracket as its side, spaces as a mark on the next token.

    Parameters
    ----------
    tex : str
    slots : bool
        Whether ``<1>`` is a slot of a template.

    Examples
    --------
    >>> [(token.text, token.spaced) for token in lex(r"\bigl(x\,\leq", False)]
    [('(', False), ('x', False), ('\\le', True)]
    """
    raw: list[Token] = []
    spaced, side = False, ""
    for match in _LEXER.finditer(tex):
        text = match[0]
        if text in _SPACES:
            spaced = True
        elif size := _SIZES.match(text):
            side = {"l": "open", "t": "close", "r": "close"}.get(size[1][-1], "big")
            side = "open" if size[1] == "left" else side
        elif text == "." and side:
            raw += [Token(r"\left.", match.start(), spaced)] if side == "open" else []
            side = ""
        elif not text.isspace() and text not in _NOTHING:
            pieces = [text] if len(text) < 3 or text[0] != "<" or slots else list(text)
            sides = {r"\lvert": "open", r"\rvert": "close"}
            raw += [Token(_plain(piece), match.start(), spaced, side or sides.get(piece, "")) for piece in pieces]
            spaced, side = False, ""
    return raw


def _plain(text: str) -> str:
    if text.startswith((r"\begin", r"\end")):
        return text.split("{")[0] + "{matrix}"
    return SAME.get(text, text)
