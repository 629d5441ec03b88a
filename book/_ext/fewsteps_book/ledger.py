"""The ledger: every catalogued result with its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .boxes import Box
from .catalogue import Entry, Source, Wording
from .records import Record

if TYPE_CHECKING:
    from .agreement import Agreement
    from .cite import Edition
    from .errata import Conclusion
    from .methods import Method
    from .pages import Page
    from .places import Place
    from .symbols import Line
    from .tour import Part
    from .ways import Route


@dataclass(frozen=True)
class Book:
    """All that the drawings need.

    First catalogue, evidence, titles and times, boxes, wording, notation; then what leads through the book: measures,
    parts, routes, methods, named places, terms of the glossary, letters of the pages, other libraries.
    """

    sources: list[Source]
    records: list[Record]
    titles: dict[str, str]
    seconds: dict[str, float]
    boxes: list[Box]
    wording: list[Wording]
    notation: list[Line] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    methods: list[Method] = field(default_factory=list)
    aliases: dict[str, list[str]] = field(default_factory=dict)
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    terms: dict[str, str] = field(default_factory=dict)
    own: dict[str, list[Line]] = field(default_factory=dict)
    conclusions: list[Conclusion] = field(default_factory=list)
    citations: dict[str, str] = field(default_factory=dict)
    edition: Edition | None = None
    agreement: Agreement | None = None

    def evidence(self, entry: Entry) -> list[Record]:
        """Return the records that name a result."""
        return [record for record in self.records if entry.id in record.ids]

    def page_title(self, page: str) -> str:
        """Return a page's title, or its name while it is not written."""
        return self.titles.get(f"chapters/{page}", page)

    def rows(self) -> list[dict[str, Any]]:
        """Return the ledger as plain data, one row a result."""
        return [row(source, entry, self.evidence(entry)) for source in self.sources for entry in source.entries]


def tightest(records: list[Record]) -> Record | None:
    """Return the measured agreement with the smallest tolerance.

    A comparison with the page's own derivation ties symbols to numbers; any second method says more and comes first.
    What agrees exactly comes after what was measured: mostly names and counts do.
    """
    measured = [record for record in records if record.kind == "verified" and record.tolerance is not None]
    return min(
        measured,
        key=lambda record: (is_own(record), not record.tolerance, record.tolerance, record.error),
        default=None,
    )


def measure_of(records: list[Record]) -> str:
    """Return what the checks of a result measured: an error in its tolerance, or in a word what else agreed."""
    best = tightest(records)
    if best is not None:
        return f"{number(best.error)} / {number(best.tolerance)}" if best.tolerance else "exact"
    rates = distinct(record.observed for record in records if record.kind == "order")
    if rates:
        return f"order {', '.join(rates)}"
    return "inequality" if any(record.kind == "bounded" for record in records) else ""


def number(value: float | None) -> str:
    """Return a number with two digits."""
    return "0" if value == 0 else "" if value is None else f"{value:.1e}"


def is_own(record: Record) -> bool:
    """Whether a check compares with what the page itself derived."""
    return "derived" in (record.against or "") or "derivation" in (record.against or "")


def distinct(words: Iterable[str | None]) -> list[str]:
    """Return the words that are there, each once, in their order."""
    return list(dict.fromkeys(word for word in words if word))


def address(record: Record) -> str:
    """Return where a record stands, from the book's root."""
    return f"{record.doc}.html#{record.anchor}"


def row(source: Source, entry: Entry, evidence: list[Record]) -> dict[str, Any]:
    """Return one row: what is claimed, what supports it, how closely it was measured."""
    derivations = [record for record in evidence if record.kind == "derived"]
    checks = [record for record in evidence if record.verifies]
    best = tightest(checks)
    return {
        "id": entry.id,
        "source": source.key,
        "label": entry.label,
        "title": entry.title,
        "level": entry.level,
        "page": entry.page,
        "derived": bool(derivations),
        "verified": bool(checks),
        "refuted": any(record.kind == "refuted" for record in evidence),
        "against": best.against if best else next((check.against for check in checks if check.against), None),
        "measured": measure_of(checks),
        "error": best.error if best else None,
        "tolerance": best.tolerance if best else None,
        "cases": distinct(record.case for record in evidence),
        "rejects": distinct(record.mistake for record in evidence),
        "derivations": [address(record) for record in derivations],
        "shown": [{"by": record.shown, "tex": record.tex, "case": record.case} for record in derivations],
        "checks": [
            {
                "kind": check.kind,
                "at": address(check),
                "against": check.against,
                "error": check.error,
                "tolerance": check.tolerance,
                "rejects": check.mistake,
                "case": check.case,
            }
            for check in checks
        ],
    }


def problems(book: Book) -> Iterator[str]:
    """Yield what is wrong in the parts that are declared complete."""
    entries = {entry.id: entry for source in book.sources for entry in source.entries}
    for source in book.sources:
        if source.complete:
            yield from missing(book, source)
    complete = [source for source in book.sources if source.complete]
    for record in book.records:
        yield from misplaced(record, entries, complete)


def missing(book: Book, source: Source) -> Iterator[str]:
    """Yield the results of a source that lack a derivation or a check on the page they are catalogued for."""
    for entry in source.entries:
        own = [record for record in book.evidence(entry) if record.page == entry.page]
        kinds = {"verified" if record.verifies else record.kind for record in own}
        lacking = [kind for kind in ("derived", "verified") if kind not in kinds]
        if lacking:
            yield f"{entry.id} is catalogued but on {entry.page} not {' and not '.join(lacking)}"


def misplaced(record: Record, entries: dict[str, Entry], complete: list[Source]) -> Iterator[str]:
    """Yield the ids of a record that nobody catalogued."""
    parts, keys = {source.part for source in complete}, {source.key for source in complete}
    for name in record.ids:
        if record.page.split("/")[0] not in parts and name.split("-")[0] not in keys:
            continue
        if name not in entries:
            yield f"{record.page}: {record.kind}({name!r}) names no catalogued result"
