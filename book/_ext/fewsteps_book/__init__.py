"""The book's own Sphinx extension: the ledger of results, the errata and the table of execution times.

Pages leave evidence records in the metadata of their outputs (`fewsteps.evidence`); `book/catalogue/*.yml` says which
results each page owes. This extension compares the two, warns where they differ, and draws `{ledger}`, `{errata}`
and `{times}`.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from . import draw
from .boxes import boxes_of
from .catalogue import load_sources, load_wording
from .folds import Folds
from .ledger import Book, problems
from .pages import as_json
from .parts import depart_fold, fold, visit_fold
from .pictures import shrink
from .previews import gather, write_previews
from .records import collect
from .symbols import notation_rows

LOGGER = logging.getLogger(__name__)


class drawing(nodes.General, nodes.Element):  # noqa: N801 (docutils names its nodes so)
    """A place that is filled once every page has been read."""


class Drawing(SphinxDirective):
    """Leave a place for the drawing of the directive's own name."""

    def run(self) -> list[nodes.Node]:
        """Return the placeholder."""
        self.env.note_reread()
        return [drawing(kind=self.name)]


@lru_cache(maxsize=1)
def book_of(app: Sphinx) -> Book:
    """Read the catalogue and the executed notebooks, once a build."""
    root = Path(app.srcdir)
    sources, records = load_sources(root / "book" / "catalogue"), collect(app)
    times = Path(app.outdir).parent / "times.json"
    seconds = json.loads(times.read_text()) if times.exists() else {}
    titles = {doc: node.astext() for doc, node in app.env.titles.items()}
    pages = sorted({record.doc for record in records})
    return Book(
        sources,
        records,
        titles,
        {name: entry["seconds"] for name, entry in seconds.items()},
        [box for doc in pages for box in boxes_of(root / f"{doc}.ipynb", doc, records)],
        load_wording(root / "book" / "wording.yml"),
        notation_rows((root / "book" / "notation.md").read_text(encoding="utf8")),
    )


def check(app: Sphinx, _env: BuildEnvironment) -> None:
    """Warn where catalogue and evidence differ; with -W that ends the build."""
    for problem in problems(book_of(app)):
        LOGGER.warning(problem, type="fewsteps", subtype="ledger")


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the drawings in their places."""
    for place in list(doctree.findall(drawing)):
        html = draw.DRAWINGS[place["kind"]](book_of(app), lambda doc: app.builder.get_relative_uri(docname, doc))
        place.replace_self(nodes.raw("", html, format="html"))
        # MathJax is loaded on pages known to hold formulas; raw HTML does not count by itself.
        app.env.get_domain("math").data["has_equations"][docname] = True


def add_script(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.document) -> None:
    """Load the table's script on the page that needs it."""
    if 'class="fs-ledger' in context.get("body", ""):
        app.add_js_file("ledger.js")


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
        for path in sorted((Path(app.outdir) / "_images").glob("*.png")):
            shrink(path)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    for name in draw.DRAWINGS:
        app.add_directive(name, Drawing)
    app.add_node(drawing)
    app.add_node(fold, html=(visit_fold, depart_fold))
    app.add_post_transform(Folds)
    app.connect("env-check-consistency", check)
    app.connect("doctree-resolved", fill)
    app.connect("html-page-context", add_script)
    app.connect("html-page-context", gather)
    app.connect("build-finished", write_json)
    app.connect("build-finished", write_previews)
    app.connect("build-finished", shrink_pictures)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
