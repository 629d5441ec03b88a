"""Evidence records, as the executed notebooks hold them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from jupyter_cache import get_cache
from sphinx.application import Sphinx

# An inequality and a convergence order are numerical checks too.
VERIFYING = ("verified", "bounded", "order")
OBSERVED = re.compile(r"Observed order (\S+)")


@dataclass(frozen=True)
class Record:
    """What one call of `derived`, `verified`, `bounded`, `order`, `refuted` or `headline` left behind."""

    doc: str
    ids: tuple[str, ...]
    kind: str
    anchor: str
    title: str | None = None
    against: str | None = None
    error: float | None = None
    tolerance: float | None = None
    control: bool = False
    mistake: str | None = None
    case: str | None = None
    shown: str | None = None
    tex: str | None = None
    printed: str | None = None
    holds: str | None = None
    grade: str | None = None
    claim: str | None = None
    published: str | None = None
    here: str | None = None
    verdict: str | None = None
    note: str | None = None
    observed: str | None = None

    @property
    def page(self) -> str:
        """Return the page as the catalogue names it."""
        return self.doc.removeprefix("chapters/")

    @property
    def verifies(self) -> bool:
        """Say whether this is a numerical check."""
        return self.kind in VERIFYING


def records_of(doc: str, notebook: Any) -> Iterator[Record]:
    """Yield the records of one executed notebook, in its order."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("metadata", {}).get("fewsteps")
            if data:
                known = {key: value for key, value in data.items() if key in Record.__dataclass_fields__}
                observed = OBSERVED.search(output["data"].get("text/plain", ""))
                known |= {"doc": doc, "ids": tuple(data["ids"]), "observed": observed[1] if observed else None}
                yield Record(**known)


def collect(app: Sphinx) -> list[Record]:
    """Return the records of every notebook of the book, from the cache of executed notebooks."""
    cache = get_cache(app.config.nb_execution_cache_path or str(Path(app.outdir).parent / ".jupyter_cache"))
    found: list[Record] = []
    for doc in app.config.external_site_map or app.env.found_docs:
        path = Path(app.srcdir) / f"{doc}.ipynb"
        if not path.exists():
            continue
        try:
            record = cache.match_cache_notebook(nbformat.read(path, as_version=4))
        except KeyError:
            continue
        found += records_of(doc, cache.get_cache_bundle(record.pk).nb)
    return found
