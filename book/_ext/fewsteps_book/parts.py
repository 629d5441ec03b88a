"""What a built page is made of: cells, their outputs, marks, boxes, folds."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes

from .draw import text
from .records import Record

ANCHOR = re.compile(r'id="(ev-[\w-]+)"')
OPENING, CLOSING = {"{", "(", "[", r"\{", r"\begin", r"\left"}, {"}", ")", "]", r"\}", r"\end", r"\right"}
#: What stands between two statements, so that the signs of equality around it make no chain.
APART = {",", ";", r"\quad", r"\qquad", r"\text", r"\Rightarrow", r"\iff", r"\Longleftrightarrow"}
APART |= {r"\le", r"\ge", r"\approx"}
MARK = 'class="fs-evidence'
IN_SIGHT = ("fs-table", "application/vnd.jupyter.widget-view")


class fold(nodes.General, nodes.Element):  # noqa: N801 (docutils names its nodes so)
    """Code, marks and words about them, one click away."""


def visit_fold(self: Any, node: fold) -> None:
    """Open the fold; its summary says what is inside."""
    name = f' id="{node["name"]}"' if node.get("name") else ""
    self.body.append(f'<details class="{node.get("kind", "fs-fold")}"{name}><summary>{node["label"]}</summary>\n')


def depart_fold(self: Any, _node: fold) -> None:
    """Close the fold."""
    self.body.append("</details>\n")


def is_code(node: nodes.Node) -> bool:
    """Whether this is a code cell."""
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def tags_of(node: nodes.Node, cells: list[Any]) -> list[str]:
    """Return the tags of the cell that a node comes from: myst-nb gives every cell ten thousand lines."""
    index = node["cell_index"] if is_code(node) else (node.line or 0) // 10000 - 1
    return cells[index].metadata.get("tags", []) if 0 <= index < len(cells) else []


def anchors(node: nodes.Node) -> list[str]:
    """Return the anchors of the marks inside a node."""
    return [name for raw in node.findall(nodes.raw) for name in ANCHOR.findall(raw.astext()) if MARK in raw.astext()]


def in_sight(output: nodes.Node) -> bool:
    """Whether an output belongs to what a reader sees: pictures, tables and explorers."""
    raws = [raw.astext() for raw in output.findall(nodes.raw)]
    return any(output.findall(nodes.image)) or any(sign in raw for raw in raws for sign in IN_SIGHT)


def formula_of(output: nodes.Node, records: dict[str, Record]) -> list[nodes.Node]:
    """Return what a derivation shows as a displayed formula of the text, and the case if less than that was checked."""
    for record in (records[name] for name in anchors(output) if name in records):
        if record.kind == "derived" and record.tex:
            formula = nodes.math_block("", lines(record.tex), nowrap=False, number=None, label=None)
            case = f'<p class="fs-shown-case">Checked for {text(record.case)}.</p>' if record.case else ""
            return [formula, nodes.raw("", case, format="html")] if case else [formula]
    return []


def sides(tex: str) -> list[str]:
    r"""Split a chain at its signs of equality, those inside brackets and environments left alone.

    Several statements in one line (set apart by a comma, a space, words, an arrow) are no chain and stay whole.

    Examples
    --------
    >>> sides(r"a = \sum_{k=1}^n b_k = (c = d)")
    ['a ', ' \\sum_{k=1}^n b_k ', ' (c = d)']
    >>> sides(r"a = b,\quad c = d")
    ['a = b,\\quad c = d']
    """
    found, depth = [""], 0
    for sign in re.split(r"(\\[a-zA-Z]+|\\.|[{}()\[\]=,;])", tex):
        depth += (sign in OPENING) - (sign in CLOSING)
        if not depth and sign in APART:
            return [tex]
        if sign == "=" and not depth:
            found.append("")
        else:
            found[-1] += sign
    return found


def lines(tex: str) -> str:
    """Set a chain of three sides or more on lines of its own, one a step."""
    first, *rest = sides(tex)
    if len(rest) < 2 or "&" in tex:
        return tex
    steps = r" \\ ".join(f"&={side}" for side in rest)
    return rf"\begin{{aligned}} {first} {steps} \end{{aligned}}"


def is_box(node: nodes.Node) -> bool:
    """Whether this is a numbered box of results."""
    kinds = ("theorem", "lemma", "proposition", "corollary", "definition", "remark", "algorithm")
    return isinstance(node, nodes.Element) and node.get("realtype", node.get("type")) in kinds
