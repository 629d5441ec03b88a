"""The boxes of the pages: which displayed line is, letter for letter, what a derivation of the same result shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from .records import Record

BOX = re.compile(
    r"^(?P<fence>:{3,})\{prf:(?P<kind>definition|lemma|proposition|theorem|corollary|remark|algorithm)\}(?P<title>[^\n]*)\n"
    r"(?P<body>.*?)^(?P=fence)\s*$",
    re.MULTILINE | re.DOTALL,
)
DISPLAY = re.compile(r"\$\$(.*?)\$\$", re.DOTALL)
RESULT = re.compile(r"\b(?:OM|FM|GR|QA|PD)-[\w.-]*\w")
SIZES = r"\\(?:left|right|[bB]ig{1,2}[lrm]?)(?![a-zA-Z])"


@dataclass(frozen=True)
class Line:
    """One displayed line of a box."""

    tex: str
    tied: bool


@dataclass(frozen=True)
class Box:
    """One box: the page, the ids it carries, its displayed lines."""

    doc: str
    label: str
    ids: tuple[str, ...]
    lines: tuple[Line, ...]


def plain(tex: str) -> str:
    r"""Return TeX without what changes the look alone: spacing, sizes of brackets, braces around one token.

    Examples
    --------
    >>> plain(r"\bigl(\tfrac12\,x_{0}\bigr)") == plain(r"\left(\frac{1}{2} x_0\right)")
    True
    """
    tex = re.sub(r"\\[td]frac(?![a-zA-Z])", r"\\frac", re.sub(SIZES, "", tex))
    tex = re.sub(r"\\[,;:!]|\\q?quad(?![a-zA-Z])|~", " ", tex)
    tex = re.sub(r"\\mathrm\s*\{?d\}?(?![a-zA-Z])", "d", tex)
    tex = re.sub(r"\s+", " ", tex)
    tex = re.sub(r"(?<![a-zA-Z]) | (?![a-zA-Z])", "", tex)
    tex = re.sub(r"\{(\\[a-zA-Z]+|[^\\{}])\}", r"\1 ", tex)
    tex = re.sub(r"\\frac ?(\w) ?(\w)", r"\\frac\1\2", tex)
    return tex.replace(" ", "").rstrip(".,;")


def displayed(body: str) -> Iterator[str]:
    """Yield the displayed lines of a box; a line that goes on with "=" repeats the left side of the one before."""
    for display in DISPLAY.findall(body):
        inner = re.sub(r"\\(?:begin|end)\{(?:aligned|gathered|split)\}", "", display)
        whole = re.search(r"\\begin\{(?:cases|[bp]matrix|array)\}", inner)
        left = ""
        for row in [inner] if whole else re.split(r"\\\\(?:\[[^\]]*\])?", inner):
            line = row.replace("&", "").strip()
            if not line.strip(".,; "):
                continue
            line = left + line if line.startswith("=") else line
            left = line.split("=")[0]
            yield line


def boxes_in(text: str, doc: str, shown: dict[str, set[str]]) -> Iterator[Box]:
    """Yield the boxes of a piece of text; `shown` holds the plain TeX that each result's derivations show."""
    for match in BOX.finditer(text):
        body = match["body"]
        ids = tuple(dict.fromkeys(RESULT.findall(body)))
        if not ids:
            continue
        label = re.search(r"^:label:\s*(\S+)", body, re.MULTILINE)
        known = set().union(*(shown.get(name, set()) for name in ids))
        lines = tuple(Line(tex, plain(tex) in known) for tex in displayed(body))
        yield Box(doc, label[1] if label else "", ids, lines)


def boxes_of(path: Path, doc: str, records: Iterable[Record]) -> list[Box]:
    """Return the boxes of a page that carry results of the catalogue."""
    shown: dict[str, set[str]] = {}
    for record in records:
        if record.doc == doc and record.kind == "derived" and record.tex:
            for name in record.ids:
                shown.setdefault(name, set()).add(plain(record.tex))
    cells = nbformat.read(path, as_version=4).cells
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return list(boxes_in(text, doc, shown))
