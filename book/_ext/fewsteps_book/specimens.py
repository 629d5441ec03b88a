"""Specimens for "How to read this book": a box with its line, a mark, an explorer, as some page was built with them.

The page that explains them waits until all pages are written; what it then shows is what the reader will meet.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx
from sphinx.util import logging

from .draw import Uri
from .ledger import Book
from .previews import bodies

LOGGER = logging.getLogger(__name__)
PLACE = re.compile(r'<div class="fs-specimen" data-of="([^" ]+) ([^"]+)"></div>')
STATE, VIEW = (
    re.compile(rf'(<script type="application/vnd\.jupyter\.widget-{kind}\+json">)(.*?)(</script>)', re.DOTALL)
    for kind in ("state", "view")
)


def specimen(book: Book, uri: Uri, about: str = "") -> str:
    """Return the place of a specimen: "box", "mark" or "explorer", then the page and, for a box, its label."""
    return f'<div class="fs-specimen" data-of="{about}"></div>'


def box(html: str, label: str) -> Iterator[str]:
    """Yield a box and the line under it."""
    soup = BeautifulSoup(html, "html.parser")
    found = soup.find(id=label)
    line = found.find_next("p", class_="fs-checked") if isinstance(found, Tag) else None
    yield from map(str, filter(None, (found, line)))


def mark(html: str, wanted: str) -> Iterator[str]:
    """Yield the first mark of a kind and a result, as "verified:OM-E7", that names a mistake."""
    kind, _, name = wanted.partition(":")
    marks = BeautifulSoup(html, "html.parser").select(f".fs-evidence.fs-{kind}")
    yield from map(str, [each for each in marks if name in each.get_text() and "Rejects" in each.get_text()][:1])


def explorer(html: str, _which: str) -> Iterator[str]:
    """Yield the first explorer of a page with the part of the page's state that it needs."""
    view, state = VIEW.search(html), STATE.search(html)
    if view is None or state is None:
        return
    data = json.loads(state[2])
    wanted = needed(data["state"], json.loads(view[2])["model_id"])
    data["state"] = {name: model for name, model in data["state"].items() if name in wanted}
    yield from (state[1], json.dumps(data).replace("</", "<\\/"), state[3], view[0])


def needed(models: dict[str, Any], name: str) -> set[str]:
    """Return a model and all models that it names."""
    found, waiting = set(), [name]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [other for other in re.findall(r"IPY_MODEL_(\w+)", json.dumps(models[name])) if other in models]
    return found


def moved(html: str, source: str, target: str) -> str:
    """Return a piece of one page for another: links lead where they did, ids stay behind."""
    soup = BeautifulSoup(html, "html.parser")
    for node in soup.find_all(True):
        node.attrs.pop("id", None)
    for link in soup.find_all("a", href=True):
        href = str(link["href"])
        if not re.match(r"[a-z]+:", href):
            here = source + href if href.startswith("#") else posixpath.join(posixpath.dirname(source), href)
            link["href"] = posixpath.relpath(here, posixpath.dirname(target))
    return str(soup)


def taken(kind: str, which: str, outdir: Path, target: str) -> str:
    """Return a specimen; `which` is a page, and after a # what to take of it."""
    doc, _, name = which.partition("#")
    html = (outdir / f"{doc}.html").read_text(encoding="utf8") if kind == "explorer" else bodies.get(doc, "")
    found = "".join({"box": box, "mark": mark, "explorer": explorer}[kind](html, name))
    if not found:
        LOGGER.warning("no %s %s for %s", kind, which, target, type="fewsteps", subtype="specimen")
    return found if kind == "explorer" else moved(found, f"{doc}.html", f"{target}.html")


def put_specimens(app: Sphinx, error: Exception | None) -> None:
    """Write the specimens into the pages that ask for them."""
    if error is not None or app.builder.format != "html":
        return
    outdir = Path(app.outdir)
    for doc in [doc for doc, body in bodies.items() if PLACE.search(body)]:
        path = outdir / f"{doc}.html"
        pieces = PLACE.split(path.read_text(encoding="utf8"))  # text, kind, which, text, kind, which, ..., text
        for i in range(1, len(pieces), 3):
            pieces[i] = f'<div class="fs-specimen">{taken(pieces[i], pieces[i + 1], outdir, doc)}</div>'
            pieces[i + 1] = ""
        path.write_text("".join(pieces), encoding="utf8")


def add_widgets(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    """Load what an explorer needs on a page that shows one as a specimen."""
    if 'data-of="explorer ' in context.get("body", ""):
        for name, options in app.config.nb_ipywidgets_js.items():
            app.add_js_file(name, **options)
