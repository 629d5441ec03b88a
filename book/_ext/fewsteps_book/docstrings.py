"""From the docstrings of the package to reStructuredText.

The docstrings are written to be read as they stand: names and code between single or double backticks, formulas between
dollars, everything else plain. Here backticks become links or code, formulas become mathematics, ids of results become
links to the ledger, and the signs that reStructuredText would take for markup are escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from .boxes import RESULT

Find = Callable[[str], str | None]
"""From a name as a docstring has it to the full name of what the reference documents, or to a label of its sections."""

PIECE = re.compile(r"(?P<code>``.+?``)|`(?P<name>[^`]+)`|\$(?P<math>[^$]+)\$", re.DOTALL)
SIGNS = re.compile(r"([\\*|])|(?<=\w)_(?!\w)")
DISPLAY = re.compile(r"^\$\$\n(.*?)\n\$\$$", re.MULTILINE | re.DOTALL)
RULE = re.compile(r"^\s*-{3,}\s*$")


def role(name: str, content: str) -> str:
    r"""Return a role that may stand beside letters and brackets.

    Examples
    --------
    >>> role("math", "x_0")
    ':math:`x_0`'
    """
    return f":{name}:`{content}`"


def plain(words: str) -> str:
    r"""Return words with ids of results as links to the ledger and with no markup.

    Examples
    --------
    >>> plain("|x|_F^2 (OM-E19)")
    '\\|x\\|_F^2 (:fs-row:`OM-E19`)'
    """
    parts, place = [], 0
    for match in RESULT.finditer(words):
        parts += [SIGNS.sub(escaped, words[place : match.start()]), role("fs-row", match[0])]
        place = match.end()
    return "".join([*parts, SIGNS.sub(escaped, words[place:])])


def escaped(match: re.Match[str]) -> str:
    """Return a sign that means nothing to reStructuredText."""
    return f"\\{match[0]}"


def piece(match: re.Match[str], find: Find) -> str:
    """Return code, a link or a formula."""
    if match["code"]:
        return match["code"]
    if match["math"]:
        return role("math", " ".join(match["math"].split()))
    target = find(match["name"])
    if not target:
        return f"``{match['name']}``"
    return role("ref" if target.startswith("ref-") else "py:obj", f"{match['name']} <{target}>")


def paragraph(words: str, find: Find) -> str:
    r"""Return words in which backticks, dollars and ids mean what they mean in a docstring.

    Examples
    --------
    >>> paragraph("`step` is |$x_t$|, see `x`", {"step": "fewsteps.step"}.get)
    ':py:obj:`step <fewsteps.step>` is \\|:math:`x_t`\\|, see ``x``'
    """
    parts, place = [], 0
    for match in PIECE.finditer(words):
        before = plain(words[place : match.start()])
        # A role must not touch a letter: an empty escape parts them.
        parts += [before, "\\ " if before[-1:].isalnum() else "", piece(match, find)]
        place = match.end()
        if words[place : place + 1].isalnum():
            parts.append("\\ ")
    return "".join([*parts, plain(words[place:])])


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield the text in runs of prose, examples, indented code and headings, with what each is."""
    kind, run, code = "prose", list[str](), False
    for line in text.split("\n"):
        if not line.strip():
            new = "code" if code else "prose"
        elif line.lstrip().startswith(">>>") or (kind == "example" and run):
            new, code = "example", False
        elif code and line.startswith(" "):
            new = "code"
        else:
            new, code = ("rule" if RULE.match(line) else "prose"), False
        if new != kind:
            yield kind, "\n".join(run)
            kind, run = new, []
        run.append(line)
        code = code or (kind == "prose" and line.endswith("::"))
    yield kind, "\n".join(run)


def as_rst(text: str, find: Find) -> str:
    r"""Return a docstring as reStructuredText (in NumPy's sections, which napoleon then reads).

    Examples
    --------
    >>> as_rst("Half of $x$.\n\n>>> 'a_' * 2\n'a_a_'\n\nThat is 2*x.", lambda name: None)
    "Half of :math:`x`.\n\n>>> 'a_' * 2\n'a_a_'\n\nThat is 2\\*x."
    """
    text = DISPLAY.sub(display, text)
    return "\n".join(paragraph(run, find) if kind == "prose" else run for kind, run in blocks(text) if run or kind)


def display(match: re.Match[str]) -> str:
    """Return a displayed formula as indented code under a directive."""
    lines = "\n".join(f"   {line}" for line in match[1].split("\n"))
    return f".. math::\n\n{lines}\n"
