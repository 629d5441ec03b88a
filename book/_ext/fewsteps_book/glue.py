"""A formula in a sentence keeps the bracket before it and the comma after it on its line."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

OPENING, CLOSING = re.compile(r"[(\[“‘]+$"), re.compile(r"^[)\].,;:!?’”]+")


def split(parent: nodes.Element, place: int, pattern: re.Pattern[str], *, at_end: bool) -> str:
    """Take the signs that the pattern finds off a text; return them.

    The text is found by its place: texts are equal where their words are, and a sentence may have the same twice.
    """
    node = parent[place] if 0 <= place < len(parent) else None
    found = pattern.search(node.astext()) if isinstance(node, nodes.Text) else None
    if node is None or found is None:
        return ""
    words = node.astext()
    parent[place] = nodes.Text(words[: found.start()] if at_end else words[found.end() :])
    return found[0]


def glue(_app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Hold formulas and the signs that touch them together."""
    for formula in list(doctree.findall(nodes.math)):
        parent = formula.parent
        place = parent.index(formula)
        before = split(parent, place - 1, OPENING, at_end=True)
        after = split(parent, place + 1, CLOSING, at_end=False)
        if before or after:
            kept = nodes.inline("", "", classes=["fs-glue"])
            formula.replace_self(kept)
            kept += [nodes.Text(before), formula, nodes.Text(after)]
