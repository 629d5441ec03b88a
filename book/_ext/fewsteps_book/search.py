"""What the search page knows: every section, box, exercise, term and result of the built pages, as one script.

A page opened from the disk may not fetch, but it may load a script. `search-index.js` holds the words, and
`book/_static/search.js` ranks them. Code, checks, solutions and hints stay out; formulas become plain text.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx
from sphinx.config import Config

from .previews import bodies
from .search_text import read, text_of, tidy

TEMPLATES = Path("book/_templates")
METHODS = Path("book/methods.yml")
HEADINGS = ("h1", "h2", "h3", "h4")
BOXES = {"proof": "box", "exercise": "exercise"}
LISTS = {"glossary": "term", "py": "code"}


@dataclass
class Entry:
    """One place of the book that can be found: where and what it is, its words and names, where a term leads to."""

    page: str
    anchor: str
    kind: str
    title: str
    text: str = ""
    ids: tuple[str, ...] = ()
    names: list[str] = field(default_factory=list)
    also: list[str] = field(default_factory=list)
    leads: str = ""


def classed(name: str) -> Callable[[Tag], bool]:
    """Return a test for a class."""
    return lambda node: name in node.get_attribute_list("class")


def ids_after(box: Tag) -> tuple[str, ...]:
    """Return the results that a box states: the line under it names them."""
    line = box.find_next_sibling()
    if not isinstance(line, Tag) or not classed("fs-checked")(line):
        return ()
    return tuple(link.get_text() for link in line.find_all(classed("fs-id")))


def box_of(page: str, box: Tag, kind: str) -> Entry:
    """Return a box or an exercise as an entry."""
    title, ids = box.find(class_="admonition-title"), ids_after(box)
    name = tidy(title.extract().get_text()) if isinstance(title, Tag) else kind
    return Entry(page, str(box.get("id", "")), kind, name, text_of(box), ids)


def take_boxes(page: str, soup: BeautifulSoup) -> list[Entry]:
    """Take the boxes and exercises, and the lines under them, out of a page."""
    found = []
    for name, kind in BOXES.items():
        for box in soup.find_all("div", class_=name):
            if box.find(class_="caption-number"):  # a proof has none: its words are the section's
                found.append(box_of(page, box, kind))
                box.extract()
    for node in soup.find_all(class_="fs-checked"):
        node.extract()
    return found


def said_of(term: Tag) -> Tag | None:
    """Return what a list says of a term."""
    says = term.find_next_sibling("dd")
    return says if isinstance(says, Tag) else None


def lead(page: str, says: Tag | None) -> str:
    """Return the address, from the book's root, of the first place that an explanation refers to."""
    link = says.find("a", href=re.compile("#")) if says else None
    return (
        posixpath.normpath(posixpath.join(posixpath.dirname(page), str(link["href"]))) if isinstance(link, Tag) else ""
    )


def take_lists(page: str, soup: BeautifulSoup) -> list[Entry]:
    """Take the terms of glossaries and the objects of references out of a page."""
    found = []
    for name, kind in LISTS.items():
        lists = soup.find_all("dl", class_=name)
        for term in [term for each in lists for term in each.find_all("dt", id=True)]:
            says = said_of(term)
            part = says.p if says and kind == "code" else says
            title = str(term["id"]) if kind == "code" else text_of(term)
            leads = lead(page, says) if kind == "term" else ""
            found.append(Entry(page, str(term["id"]), kind, title, text_of(part) if part else "", leads=leads))
        for node in lists:
            node.extract()
    return found


def take_rows(page: str, soup: BeautifulSoup) -> list[Entry]:
    """Take the rows of the ledger out of a page."""
    table, found = soup.find(class_="fs-ledger"), []
    if isinstance(table, Tag):
        for row in table.find_all("tr", id=True):
            name, says = row.find_all(["th", "td"])[:2]
            title = says.find("span") or says
            found.append(Entry(page, str(row["id"]), "result", text_of(title), ids=(text_of(name),)))
        table.extract()
    return found


def take_sections(page: str, soup: BeautifulSoup) -> Iterator[Entry]:
    """Take the sections out of a page, the innermost first."""
    for section in reversed(soup.find_all("section", id=True)):
        heading = section.find(HEADINGS, recursive=False)
        if not isinstance(heading, Tag):
            continue
        title = tidy(heading.extract().get_text())
        kind = "page" if heading.name == "h1" else "section"
        yield Entry(page, "" if kind == "page" else str(section["id"]), kind, title, text_of(section))
        section.extract()


TAKERS = (take_boxes, take_lists, take_rows, take_sections)


def entries(page: str, html: str) -> list[Entry]:
    """Return what can be found on a page, in an order that does not matter.

    Parameters
    ----------
    page : str
        The page's address without its ending.
    html : str
        Its body.

    Returns
    -------
    list of Entry
        The page itself, its sections without their parts, its boxes, exercises, terms and rows.
    """
    soup = read(html)
    return [take for taker in TAKERS for take in taker(page, soup)]


def anchors(html: str) -> dict[str, str]:
    """Return for every label that stands before a heading the section's own anchor."""
    found = re.findall(r'<section[^>]* id="([^"]+)">\s*((?:<span id="[^"]+"></span>)+)<h', html)
    return {label: section for section, labels in found for label in re.findall(r'id="([^"]+)"', labels)}


def load_methods(path: Path) -> list[Mapping[str, Any]]:
    """Read the methods' names and places, if there are any."""
    return yaml.safe_load(path.read_text(encoding="utf8")) if path.exists() else []


def name_places(found: list[Entry], methods: Iterable[Mapping[str, Any]], labels: Mapping[str, dict[str, str]]) -> None:
    """Give places their names: the first place of a method, and the one that a term leads to, define it."""
    places = {(entry.page, entry.anchor): entry for entry in found}

    def at(page: str, anchor: str) -> Entry:
        return places.get((page, labels.get(page, {}).get(anchor, anchor)), Entry("", "", "", ""))

    for term in found:
        page, _, anchor = term.leads.partition(".html#")
        at(page, anchor).names.extend(term.title.split(", "))
    for method in methods:
        names = [method["name"], *method.get("others", ())]
        for rank, (page, anchor, *says) in enumerate(method["at"]):
            entry = at(f"chapters/{page}", anchor)
            entry.names.extend([] if rank else names)
            entry.also.append(": ".join([", ".join(names), *says]))


def row(entry: Entry, pages: list[str]) -> list[Any]:
    """Return an entry as a row of the script."""
    words = [entry.title, entry.text, list(entry.ids), entry.names, entry.also]
    return [pages.index(entry.page), entry.anchor, entry.kind, *words]


def script(found: list[Entry]) -> str:
    """Return the entries as a script: pages once, then one row an entry."""
    titles = {entry.page: entry.title for entry in found if entry.kind == "page"}
    pages = sorted(titles)
    rows = [row(entry, pages) for entry in found if entry.page in titles]
    data = {"pages": [[page, titles[page]] for page in pages], "entries": rows}
    return f"window.fsSearchIndex = {json.dumps(data, ensure_ascii=False, separators=(',', ':'))};\n"


def write_index(app: Sphinx, error: Exception | None) -> None:
    """Write the script that the search page loads."""
    if error is None and app.builder.format == "html":
        pages = {page: html for page, html in sorted(bodies.items()) if page in app.env.all_docs}
        found = [entry for page, html in pages.items() for entry in entries(page, html)]
        labels = {page: anchors(html) for page, html in pages.items()}
        name_places(found, load_methods(Path(app.srcdir) / METHODS), labels)
        (Path(app.outdir) / "_static" / "search-index.js").write_text(script(found), encoding="utf8")


def leave_index(app: Sphinx) -> None:
    """Keep Sphinx from indexing the pages for its own search, which the book does not use; its stemmer is."""
    if app.builder.format == "html":
        app.builder.index_page = lambda *_args: None  # type: ignore[attr-defined]
        app.builder.dump_search_index = lambda: None  # type: ignore[attr-defined]


def use_template(app: Sphinx, config: Config) -> None:
    """Let the book's own search page take the place of the theme's."""
    config.templates_path = [*config.templates_path, str(Path(app.srcdir) / TEMPLATES)]
