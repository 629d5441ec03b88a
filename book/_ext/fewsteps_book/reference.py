"""The package reference: one page a room, written by the build from the package itself.

A page of `book/reference` holds a line such as ```` ```{room} plans ```` and gets the room's own words there, its
modules and all their public names; the index page holds ```` ```{floors} ```` and gets the house. Where a docstring
names results of the catalogue, a line says where the book states and checks them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import partial
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.parsers.rst.states import Inliner
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from .boxes import RESULT
from .docstrings import as_rst
from .draw import row_name
from .entries import floors_text, room_text
from .ledger import Book
from .previews import bodies
from .rooms import FENCE, capital, names
from .uses import link_code, link_words

LOGGER = logging.getLogger(__name__)
INDEX = re.compile(r"^```\{floors\}\n```$", re.MULTILINE)


class row_link(nodes.Inline, nodes.TextElement):  # noqa: N801 (docutils names its nodes so)
    """An id of a result, to be linked to its row in the ledger."""


class stated(nodes.General, nodes.Element):  # noqa: N801
    """A place for the pages that state and check some results."""


class Stated(Directive):
    """Leave a place for the pages of the results that are named."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return the placeholder."""
        return [stated(ids=self.arguments[0].split())]


def row_role(
    _name: str, _raw: str, text: str, _line: int, _inliner: Inliner, *_: Any
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Leave a place for a link to a row of the ledger."""
    return [row_link(text, text)], []


def fill_page(app: Sphinx, docname: str, source: list[str]) -> None:
    """Write the package's own words into a page of the reference, before it is read."""
    if docname.startswith("book/reference/"):
        folder = folder_of(app)
        text = FENCE.sub(partial(room_text, folder), source[0])
        source[0] = INDEX.sub(lambda _: floors_text(folder), text)


def translate(app: Sphinx, what: str, _name: str, value: Any, _options: Any, lines: list[str]) -> None:
    """Turn a docstring into reStructuredText, before napoleon reads its sections."""
    if what == "module":
        return
    text = "\n".join(lines)
    ids = " ".join(dict.fromkeys(RESULT.findall(text)))
    own = parameters(value)
    known = {name: full for name, full in names(folder_of(app)).items() if name not in own}
    lines[:] = as_rst(text, known.get).split("\n") + (["", f".. fs-stated:: {ids}", ""] if ids else [])


def parameters(value: Any) -> set[str]:
    """Return the names of a function's or class's parameters: in its docstring they mean these."""
    try:
        return set(inspect.signature(value).parameters)
    except (TypeError, ValueError):
        return set()


def folder_of(app: Sphinx) -> Path:
    """Return where the pages of the reference lie."""
    return Path(app.srcdir) / "book" / "reference"


def reach(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Element) -> nodes.Node | None:
    """Send the types of a signature to where they are documented; those of other libraries have no page here."""
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    full = names(folder_of(app)).get(target)
    if full and full != target:
        domain = env.get_domain("py")
        return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", full, node, content)
    return content if not target.startswith("fewsteps.") or exists(target) else None


def exists(name: str) -> bool:
    """Whether a dotted name of the package leads to something."""
    module, _, attribute = name.rpartition(".")
    try:
        return hasattr(import_module(module), attribute)
    except ModuleNotFoundError:
        return False


def places(book: Book, ids: list[str], uri: Callable[[str], str]) -> str:
    """Return where some results are stated and checked, as HTML."""
    entries = [entry for source in book.sources for entry in source.entries if entry.id in ids]
    said = {f"chapters/{entry.page}": "" for entry in entries if f"chapters/{entry.page}" in book.titles}
    checks: dict[str, str] = {}
    for record in (record for one in entries for record in book.evidence(one) if record.verifies):
        checks.setdefault(record.doc, f"#{record.anchor}")
    if set(said) == set(checks):
        parts = [("stated and checked on", checks)]
    else:
        parts = [(word, found) for word, found in (("stated on", said), ("checked on", checks)) if found]
    text = "; ".join(f"{word} {listed(book, found, uri)}" for word, found in parts)
    return f'<p class="fs-stated">{capital(text)}.</p>' if said or checks else ""


def listed(book: Book, found: dict[str, str], uri: Callable[[str], str]) -> str:
    """Return some pages as links."""
    return ", ".join(
        f'<a class="reference internal" href="{escape(uri(doc) + anchor)}">{escape(book.titles.get(doc, doc))}</a>'
        for doc, anchor in found.items()
    )


def resolve(book_of: Callable[[Sphinx], Book], app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Fill the places that docstrings left for the ledger, and link the first uses of names on the pages."""
    uri = partial(app.builder.get_relative_uri, docname)
    known = {entry.id for source in book_of(app).sources for entry in source.entries}
    planned = {entry.id for source in book_of(app).sources for entry in source.planned}
    for link in list(doctree.findall(row_link)):
        name = link.astext()
        link.replace_self(nodes.literal("", name) if name in planned else row(name, known, uri, docname))
    for place in list(doctree.findall(stated)):
        place.replace_self(nodes.raw("", places(book_of(app), place["ids"], uri), format="html"))
    if docname.startswith("chapters/"):
        link_words(doctree, names(folder_of(app)), targets(app, uri))


def row(name: str, known: set[str], uri: Callable[[str], str], docname: str) -> nodes.Node:
    """Return a link to a row of the ledger."""
    if name not in known:
        LOGGER.warning("%s names the result %s, which nobody catalogued", docname, name, type="fewsteps")
        return nodes.literal("", name)
    return nodes.reference("", name, internal=True, refuri=f"{uri('book/ledger')}#{row_name(name)}", classes=["fs-id"])


def targets(app: Sphinx, uri: Callable[[str], str]) -> dict[str, str]:
    """Return the addresses of everything that the reference documents."""
    objects = app.env.get_domain("py").objects  # type: ignore[attr-defined]
    return {name: f"{uri(entry.docname)}#{entry.node_id}" for name, entry in objects.items()}


def link_page(app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None) -> None:
    """Link the names in the open code of a page, and give pages with code of the package its style."""
    if page.startswith("chapters/") and "body" in context:
        uri = partial(app.builder.get_relative_uri, page)
        context["body"] = link_code(context["body"], names(folder_of(app)), targets(app, uri))


def forget(_app: Sphinx, _error: Exception | None) -> None:
    """Take the package's code and its reference out of what is looked through for previews: hundreds of names."""
    for page in [page for page in bodies if page.startswith(("_modules/", "book/reference/"))]:
        del bodies[page]


def register(app: Sphinx, book_of: Callable[[Sphinx], Book]) -> None:
    """Register with Sphinx; `book_of` gives the catalogue with its evidence."""
    for name in ("autodoc", "napoleon", "viewcode"):
        app.setup_extension(f"sphinx.ext.{name}")
    app.add_node(row_link)
    app.add_node(stated)
    app.add_role("fs-row", row_role)
    app.add_directive("fs-stated", Stated)
    app.connect("source-read", fill_page)
    app.connect("autodoc-process-docstring", translate, priority=100)  # before napoleon
    app.connect("missing-reference", reach)
    app.connect("doctree-resolved", partial(resolve, book_of))
    app.connect("html-page-context", link_page, priority=400)  # before the previews are gathered
    app.connect("build-finished", forget, priority=400)  # and before they are written
    app.add_css_file("reference.css")
