"""The book's own Sphinx extension: the ledger of results, the errata, the ways through the book, the indices.

Pages leave evidence records in the metadata of their outputs (`fewsteps.evidence`); `book/catalogue/*.yml` says which
results each page owes. This extension compares the two, warns where they differ, and draws what `DRAWINGS` names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from . import agreement, answers, cite, draw, errata, headlines, indices, methods, ways
from .boxes import boxes_of
from .catalogue import load_sources, load_wording, set_apart
from .draw import Uri
from .finish import finish_pages
from .folds import Folds
from .glue import glue
from .ledger import Book, problems
from .pages import as_json
from .parts import depart_fold, fold, visit_fold
from .pictures import shrink_all
from .places import places, unknown
from .previews import gather, write_previews
from .records import collect
from .reference import register
from .search import leave_index, use_template, write_index
from .specimens import add_widgets, put_specimens, specimen
from .symbols import declared_rows, notation_rows
from .tokens import lighten
from .tour import parts_of, text_of
from .words import FirstWords

LOGGER = logging.getLogger(__name__)
#: What the directives of these names draw, from the book, a way to make links, and the directive's own words.
DRAWINGS: dict[str, Callable[[Book, Uri, str], str]] = {
    "ledger": draw.ledger,
    "times": draw.times,
    "errata": errata.errata,
    "agreement": agreement.agreement,
    "headlines": headlines.headlines,
    "cite-this": cite.cite,
    "part": ways.part,
    "parts": ways.parts_map,
    "route-cards": ways.cards,
    "routes": ways.routes,
    "methods": methods.methods,
    "sources": methods.sources,
    "names": indices.terms,
    "symbols": indices.symbols,
    "results": indices.results,
    "specimen": specimen,
}


class drawing(nodes.General, nodes.Element):  # noqa: N801 (docutils names its nodes so)
    """A place that is filled once every page has been read."""


class Drawing(SphinxDirective):
    """Leave a place for the drawing of the directive's own name."""

    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return the placeholder."""
        self.env.note_reread()
        return [drawing(kind=self.name, about=" ".join(self.arguments))]


@lru_cache(maxsize=1)
def book_of(app: Sphinx) -> Book:
    """Read the catalogue and the executed notebooks, once a build."""
    root = Path(app.srcdir)
    sources = set_apart(load_sources(root / "book" / "catalogue"), app.env.found_docs)
    records = collect(app)
    times = Path(app.outdir).parent / "times.json"
    seconds = json.loads(times.read_text()) if times.exists() else {}
    titles = {doc: node.astext() for doc, node in app.env.titles.items()}
    pages = sorted({record.doc for record in records})
    boxes = [box for doc in pages for box in boxes_of(root / f"{doc}.ipynb", doc, records)]
    parts = parts_of(app.env)
    known = methods.load_methods(root / "book" / "methods.yml")
    docs = [doc for part in parts for doc in part.docs]
    return Book(
        sources,
        records,
        titles,
        {name: entry["seconds"] for name, entry in seconds.items()},
        boxes,
        load_wording(root / "book" / "wording.yml"),
        notation_rows((root / "book" / "notation.md").read_text(encoding="utf8")),
        parts=parts,
        routes=ways.load_routes(root / "book" / "routes.yml"),
        methods=known,
        aliases=methods.aliases(known, boxes),
        places=places(app.env, {doc: text_of(root, doc) for doc in docs}),
        terms=terms_of(app.env),
        own={doc: declared_rows(root / f"{doc}.ipynb") for doc in docs},
        conclusions=errata.load_conclusions(root / "book" / "conclusions.yml"),
        citations=methods.load_citations(root / "book" / "references.bib"),
        edition=cite.load_edition(root),
        agreement=agreement.load_agreement(root / "book" / "agreement.yml"),
    )


def terms_of(env: BuildEnvironment) -> dict[str, str]:
    """Return the terms of the glossary with their anchors."""
    objects = env.get_domain("std").get_objects()
    return {name: anchor for _, name, kind, doc, anchor, _ in objects if kind == "term" and doc == "book/glossary"}


def amiss(app: Sphinx) -> Iterator[str]:
    """Yield what is wrong in the catalogue and in the lists that lead through the book."""
    book = book_of(app)
    yield from problems(book)
    yield from ways.lost(book.routes, book.parts)
    yield from errata.unfit(book.conclusions, book.records)
    wanted = [(spot.doc, spot.anchor) for method in book.methods for spot in method.at]
    yield from (f"book/methods.yml: no place {anchor} on {doc}" for doc, anchor in unknown(app.env, wanted))
    unnamed = [spot for spot in wanted if spot not in book.places]
    yield from (f"book/methods.yml: {anchor} on {doc} is no box and no section's own anchor" for doc, anchor in unnamed)
    papers = sorted({method.paper for method in book.methods} - set(book.citations))
    yield from (f"book/methods.yml: {paper} is not in references.bib" for paper in papers)
    known = {entry.id for source in book.sources for entry in source.entries}
    yield from (f"book/methods.yml: no result {name}" for name in sorted(set(book.aliases) - known))


def check(app: Sphinx, _env: BuildEnvironment) -> None:
    """Warn where catalogue and evidence differ; with -W that ends the build."""
    for problem in amiss(app):
        LOGGER.warning(problem, type="fewsteps", subtype="ledger")


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the drawings in their places."""
    for place in list(doctree.findall(drawing)):
        make = DRAWINGS[place["kind"]]
        html = make(book_of(app), lambda doc: app.builder.get_relative_uri(docname, doc), place["about"])
        place.replace_self(nodes.raw("", html, format="html"))
        # MathJax is loaded on pages known to hold formulas; raw HTML does not count by itself.
        app.env.get_domain("math").data["has_equations"][docname] = True


def add_script(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.document) -> None:
    """Load the scripts of tables and lists, and the ledger's style, on the pages that need them."""
    for sign, script in (('class="fs-ledger', "ledger.js"), ('class="fs-filtered', "filter.js")):
        if sign in context.get("body", ""):
            app.add_js_file(script)
            if script == "ledger.js":
                app.add_css_file("ledger.css")


def write_json(app: Sphinx, error: Exception | None) -> None:
    """Write the ledger and the measures of the pages for programs, beside the pages."""
    if error is None and app.builder.format == "html":
        book = book_of(app)
        for name, rows in (("ledger", book.rows()), ("pages", as_json(book.pages, list(app.config.external_site_map)))):
            text = json.dumps(rows, indent=1, ensure_ascii=False)
            (Path(app.outdir) / f"{name}.json").write_text(text + "\n", encoding="utf8")


def shrink_pictures(app: Sphinx, error: Exception | None) -> None:
    """Make the figures of the pages lighter on the wire."""
    if error is None and app.builder.format == "html":
        shrink_all(sorted((Path(app.outdir) / "_images").glob("*.png")))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    for name in DRAWINGS:
        app.add_directive(name, Drawing)
    app.add_node(drawing)
    app.add_node(fold, html=(visit_fold, depart_fold))
    app.add_post_transform(Folds)
    app.add_post_transform(FirstWords)
    answers.setup(app)
    register(app, book_of)
    app.connect("env-check-consistency", check)
    app.connect("doctree-resolved", fill)
    app.connect("doctree-resolved", glue)
    app.connect("html-page-context", add_script)
    app.connect("html-page-context", lighten, priority=450)  # links in code are set, the previews not gathered yet
    app.connect("html-page-context", gather)
    app.connect("html-page-context", add_widgets)
    app.connect("build-finished", write_json)
    app.connect("build-finished", finish_pages)
    app.connect("build-finished", put_specimens)
    app.connect("build-finished", write_previews)
    app.connect("config-inited", use_template)
    app.connect("builder-inited", leave_index)
    app.connect("build-finished", write_index)
    app.connect("build-finished", shrink_pictures)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
