"""The parts of the book, their pages, and what each page needs: read from the table of contents and from the pages.

A page says what it needs in its own paragraph, `**Prerequisites:** ... {doc}`flow-maps` ... **Source:** ...`. The map
of the parts is drawn from these links, so that there is no second list to keep.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from sphinx.environment import BuildEnvironment

NEEDS = re.compile(r"\*\*Prerequisites:\*\*(.*?)(?:\*{0,2}Sources?:|\n\n|\Z)", re.DOTALL)
LINK = re.compile(r"\{doc\}`(?:[^`<]*<)?([^`>]*)>?`")
TITLE = re.compile(r"^# .*\n+((?:.+\n?)+)", re.MULTILINE)
SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z*$])")


@dataclass(frozen=True)
class Stop:
    """One page: where it is, its number and title, the pages that it asks for, its first sentence."""

    doc: str
    number: str
    title: str
    needs: tuple[str, ...] = ()
    promise: str = ""

    @property
    def name(self) -> str:
        """Return number and title."""
        return f"{self.number} {self.title}".strip()


@dataclass(frozen=True)
class Part:
    """One part: its landing page and the pages after it."""

    doc: str
    number: str
    title: str
    stops: tuple[Stop, ...]

    @property
    def name(self) -> str:
        """Return number and title."""
        return f"{self.number} {self.title}".strip()

    @property
    def docs(self) -> tuple[str, ...]:
        """Return the places of the pages."""
        return tuple(stop.doc for stop in self.stops)


def needs_of(text: str, doc: str) -> tuple[str, ...]:
    """Return the pages of the chapters that a page names as its prerequisites.

    Examples
    --------
    >>> needs_of("**Prerequisites:** {doc}`flow-maps`, {doc}`it </chapters/a/b>`. **Source:** {doc}`x`", "chapters/c/d")
    ('chapters/c/flow-maps', 'chapters/a/b')
    """
    found = NEEDS.search(text)
    links = LINK.findall(found[1]) if found else []
    docs = (posixpath.normpath(posixpath.join("/", posixpath.dirname(doc), link))[1:] for link in links)
    return tuple(doc for doc in docs if doc.startswith("chapters/"))


def promise_of(text: str) -> str:
    """Return the first sentence under a page's title.

    Examples
    --------
    >>> promise_of("# Title" + 2 * chr(10) + "One is *enough*. Two are not.")
    'One is *enough*.'
    """
    found = TITLE.search(text)
    return SENTENCE.split(" ".join(found[1].split()))[0] if found else ""


def text_of(root: Path, doc: str) -> str:
    """Return the words of a page: of a notebook its text cells."""
    path = root / f"{doc}.ipynb"
    if not path.exists():
        return (root / f"{doc}.md").read_text(encoding="utf8")
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def number_of(env: BuildEnvironment, doc: str) -> str:
    """Return the number that the table of contents gives to a page, as the sidebar shows it."""
    return ".".join(map(str, env.toc_secnumbers.get(doc, {}).get("", ()) or ()))


def stop_of(env: BuildEnvironment, doc: str) -> Stop:
    """Return a page with what it asks for."""
    text = text_of(Path(env.srcdir), doc)
    return Stop(doc, number_of(env, doc), env.titles[doc].astext(), needs_of(text, doc), promise_of(text))


def parts_of(env: BuildEnvironment) -> list[Part]:
    """Return the parts: the chapters that the root lists, with their pages."""
    root = env.config.root_doc
    return [
        Part(doc, number_of(env, doc), env.titles[doc].astext(), tuple(stop_of(env, page) for page in pages))
        for doc in env.toctree_includes.get(root, [])
        if doc.startswith("chapters/") and (pages := env.toctree_includes.get(doc))
    ]


def stops_by_doc(parts: Iterable[Part]) -> dict[str, Stop]:
    """Return every page of every part under its place."""
    return {stop.doc: stop for part in parts for stop in part.stops}


def between(parts: list[Part]) -> dict[str, dict[str, list[str]]]:
    """Return for every part the earlier parts that it uses, with the pages of theirs that its own pages ask for."""
    home = {doc: part.doc for part in parts for doc in part.docs}
    order = [part.doc for part in parts]
    found: dict[str, dict[str, list[str]]] = {doc: {} for doc in order}
    for part in parts:
        for need in dict.fromkeys(need for stop in part.stops for need in stop.needs):
            if home.get(need) in order[: order.index(part.doc)]:
                found[part.doc].setdefault(home[need], []).append(need)
    return found
