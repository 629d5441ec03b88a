"""The first mention of a word of the glossary on a page leads to the glossary; pointing at it shows what it means.

Plain paragraphs only: titles, boxes, folds, links and formulas stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

#: Words of the glossary that pages use in their everyday sense as well.
EVERYDAY = {"base", "diagonal"}


def pattern(term: str) -> re.Pattern[str]:
    """Return what finds a term or its plural; an abbreviation is found as it is written.

    Examples
    --------
    >>> pattern("flow map").search("Two Flow maps")[0], pattern("SURE").search("Are you sure?")
    ('Flow maps', None)
    """
    every = 0 if term.isupper() else re.IGNORECASE
    return re.compile(rf"(?<![\w-]){re.escape(term)}(?:e?s)?(?![\w-])", every)


def plain(node: nodes.Text) -> bool:
    """Whether a text stands in a paragraph of the page itself: outside links, words set apart, boxes and folds."""
    paragraph = node.parent
    if not isinstance(paragraph, nodes.paragraph) or "fs-before" in paragraph["classes"]:
        return False
    up = paragraph.parent
    while type(up) is nodes.section:
        up = up.parent
    return isinstance(up, nodes.document)


def link(words: str, address: str) -> nodes.reference:
    """Return words as a link to their line of the glossary."""
    return nodes.reference("", words, refuri=address, internal=True, classes=["fs-term"])


def link_first(texts: Iterable[nodes.Text], terms: dict[str, str], address: str) -> int:
    """Link the first mention of every term in some texts, at most one a text; return how many were linked."""
    waiting = {term: pattern(term) for term in sorted(terms, key=len, reverse=True)}
    made = 0
    for node in texts:
        found = ((wanted.search(node.astext()), term) for term, wanted in waiting.items())
        match, term = next(((match, term) for match, term in found if match), (None, ""))
        if match is None:
            continue
        before, after = node.astext()[: match.start()], node.astext()[match.end() :]
        parent, place = node.parent, node.parent.index(node)
        parent[place : place + 1] = [
            nodes.Text(before),
            link(match[0], f"{address}#{terms[term]}"),
            nodes.Text(after),
        ]
        del waiting[term]
        made += 1
    return made


class FirstWords(SphinxPostTransform):
    """Link the words of the glossary on the pages of the chapters."""

    default_priority = 160  # after the folds
    formats = ("html",)

    def run(self, **_: Any) -> None:
        """Link the first mentions."""
        doc = self.env.docname
        if not doc.startswith("chapters/") or doc.endswith("/index"):
            return
        from . import book_of  # the package's own module needs this one

        terms = {
            term: anchor for term, anchor in book_of(self.app).terms.items() if "," not in term and term not in EVERYDAY
        }
        address = self.app.builder.get_relative_uri(doc, "book/glossary")
        link_first([node for node in self.document.findall(nodes.Text) if plain(node)], terms, address)
