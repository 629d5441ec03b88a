"""What a reference to another page shows before it is followed: boxes, formulas, exercises, openings of pages.

A page opened from the disk may not fetch another, but it may load a script: the build writes what is referred to into
`previews.js`, which `book/_static/hover.js` loads when a reader first points at such a reference.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, SoupStrainer
from docutils import nodes
from sphinx.application import Sphinx

from .search_text import CODE

SCRIPT = re.compile(r"<script\b.*?</script>|<img\b[^>]*>", re.DOTALL)
LINK = re.compile(r'<a class="reference internal" href="([^"]+)"')
DEFINED = re.compile(r"<dt\b[^>]*\bid=")
BOXES = ("proof", "exercise", "math", "citation")
OPENING = 10_000  # signs of a page that hold its title and its first sentences
#: The pages' bodies, which wait for the end of the build.
bodies: dict[str, str] = {}


def gather(_app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None) -> None:
    """Keep what a page holds."""
    bodies[page] = SCRIPT.sub("", context.get("body", ""))


def asked() -> set[str]:
    """Return the places of other pages that some page refers to, as addresses from the book's root."""
    return {
        address
        for page, body in bodies.items()
        for link in LINK.findall(body)
        if (address := posixpath.normpath(posixpath.join(posixpath.dirname(page), link))).split("#")[0]
        != f"{page}.html"
    }


def opening(body: str) -> str:
    """Return the title of a page and its first sentences."""
    soup = BeautifulSoup(body[:OPENING], "html.parser")
    first = soup.select_one("section > p:not(.fs-facts)")
    return f"{soup.h1}{first}" if soup.h1 and first else ""


def places_of(body: str, names: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the boxes and terms of these names; of a long page only they are read."""
    terms = DEFINED.search(body)
    only = None if terms else SoupStrainer(id=names.__contains__)
    soup = BeautifulSoup(CODE.sub("", body), "html.parser", parse_only=only)
    for box in soup.find_all(id=names.__contains__):
        if set(box.get_attribute_list("class")) & set(BOXES):
            yield str(box["id"]), str(box)
        elif box.name == "dt":  # a term of the glossary
            yield str(box["id"]), f"<dl>{box}{box.find_next_sibling('dd')}</dl>"


def previews(addresses: set[str]) -> Iterator[tuple[str, str]]:
    """Yield what stands at each address: a box, or the opening of a page."""
    for page, places in groupby(sorted(addresses), key=lambda address: address.split(".html")[0]):
        names = {address.partition("#")[2] for address in places}
        if page not in bodies:
            continue
        if "" in names and (first := opening(bodies[page])):
            yield f"{page}.html", first
        if names - {""}:
            yield from ((f"{page}.html#{name}", text) for name, text in places_of(bodies[page], names - {""}))


def write_previews(app: Sphinx, error: Exception | None) -> None:
    """Write what some page refers to."""
    if error is None and app.builder.format == "html":
        text = json.dumps(dict(previews(asked())), ensure_ascii=False)
        (Path(app.outdir) / "_static" / "previews.js").write_text(f"window.fsPreviews = {text};\n", encoding="utf8")
