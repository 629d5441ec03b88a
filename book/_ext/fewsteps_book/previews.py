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

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from sphinx.application import Sphinx

SCRIPT = re.compile(r"<script\b.*?</script>|<img\b[^>]*>", re.DOTALL)
LINK = re.compile(r'<a class="reference internal" href="([^"]+)"')
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


def previews(addresses: set[str]) -> Iterator[tuple[str, str]]:
    """Yield what stands at each address: a box, or the opening of a page."""
    for page, places in groupby(sorted(addresses), key=lambda address: address.split(".html")[0]):
        if page not in bodies:
            continue
        names = {name: address for address in places for name in [address.partition("#")[2]]}
        soup = BeautifulSoup(bodies[page][: None if any(names) else OPENING], "html.parser")
        named = {tag["id"]: tag for tag in soup.find_all(id=True)} if any(names) else {}
        for name, address in names.items():
            if name:
                box = named.get(name)
                if isinstance(box, Tag) and set(box.get_attribute_list("class")) & set(BOXES):
                    yield address, str(box)
                elif isinstance(box, Tag) and box.name == "dt":  # a term of the glossary
                    yield address, f"<dl>{box}{box.find_next_sibling('dd')}</dl>"
            elif soup.h1 and (opening := soup.select_one("section > p:not(.fs-facts)")):
                yield address, f"{soup.h1}{opening}"


def write_previews(app: Sphinx, error: Exception | None) -> None:
    """Write what some page refers to."""
    if error is None and app.builder.format == "html":
        text = json.dumps(dict(previews(asked())), ensure_ascii=False)
        (Path(app.outdir) / "_static" / "previews.js").write_text(f"window.fsPreviews = {text};\n", encoding="utf8")
