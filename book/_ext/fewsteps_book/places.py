"""Places that the book names: boxes, exercises and sections of the pages, with their numbers and titles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from docutils import nodes
from sphinx.environment import BuildEnvironment

BOX = re.compile(r"^(?:`{3,}|:{3,})\{(?:prf:)?(\w+)\} *([^\n]*)\n((?::\w+:[^\n]*\n)+)", re.MULTILINE)
LABEL = re.compile(r"^:label: *(\S+)", re.MULTILINE)
KINDS = ("definition", "lemma", "proposition", "theorem", "corollary", "remark", "algorithm", "exercise")


@dataclass(frozen=True)
class Place:
    """A place on a page: its anchor, what it is (a kind of box, or "section"), its number, its title."""

    doc: str
    anchor: str
    kind: str
    number: str
    title: str

    @property
    def name(self) -> str:
        """Return what it is called in a sentence, as "Theorem 1.2.3" or the section's title."""
        return f"{self.kind.capitalize()} {self.number}" if self.number else f"“{self.title}”"


def numbers_of(env: BuildEnvironment, doc: str, kind: str) -> dict[str, str]:
    """Return the numbers of a page's boxes of one kind, as the pages show them."""
    found = env.toc_fignumbers.get(doc, {}).get(kind, {})
    return {anchor: ".".join(map(str, number)) for anchor, number in found.items()}


def boxes(env: BuildEnvironment, doc: str, text: str) -> Iterator[Place]:
    """Yield the boxes and exercises of a page in its order."""
    for kind, title, options in BOX.findall(text):
        label = LABEL.search(options)
        if kind in KINDS and label:
            yield Place(doc, label[1], kind, numbers_of(env, doc, kind).get(label[1], ""), title.strip())


def sections(env: BuildEnvironment, doc: str) -> Iterator[Place]:
    """Yield the sections of a page."""
    for link in env.tocs[doc].findall(nodes.reference):
        anchor = link.get("anchorname", "").removeprefix("#")
        if anchor:
            yield Place(doc, anchor, "section", "", link.astext())


def places(env: BuildEnvironment, texts: dict[str, str]) -> dict[tuple[str, str], Place]:
    """Return every named place of some pages under its page and anchor; a box comes before a section of its name."""
    found = {}
    for doc, text in texts.items():
        for place in (*sections(env, doc), *boxes(env, doc, text)):
            found[doc, place.anchor] = place
    return found


def unknown(env: BuildEnvironment, wanted: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the places that no page has."""
    anchors: dict[str, set[str]] = {}
    for doc, anchor in wanted:
        if doc not in env.found_docs:
            yield doc, anchor
            continue
        if doc not in anchors:
            elements = env.get_doctree(doc).findall(nodes.Element)
            anchors[doc] = {name for element in elements for name in element.get("ids", [])}
        if anchor not in anchors[doc]:
            yield doc, anchor
