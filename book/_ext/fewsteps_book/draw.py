"""The drawings: HTML of the ledger, the errata and the table of execution times."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from html import escape

from .catalogue import Entry, Source
from .ledger import Book, distinct, tightest
from .records import Record

Uri = Callable[[str], str]
COLUMNS = (
    "Id",
    "Result",
    "Derivation",
    "Check",
    "Error / tolerance",
    "Second method",
    "Checked case, where it is less than the whole",
    "Mistakes that the checks reject",
)
GRADES = {
    "error": ("Errors", "The claim is false."),
    "gap": ("Gaps", "A hypothesis or a step is missing."),
    "wording": ("Wording", "No claim is false, but a reader would be misled."),
}


def text(words: str | None) -> str:
    r"""Return words as HTML; formulas between \( \) or $ $ are typeset by MathJax."""
    words = words or ""
    kind = ' class="mathjax_process"' if "$" in words or "\\(" in words else ""
    return f"<span{kind}>{escape(words)}</span>"


def row_name(name: str) -> str:
    """Return the anchor of a result's row in the ledger.

    Examples
    --------
    >>> row_name("OM-P3.1")
    'row-om-p3-1'
    """
    return "row-" + re.sub(r"[^a-z0-9]+", "-", name.lower())


def number(value: float | None) -> str:
    """Return a number with two digits."""
    return "0" if value == 0 else "" if value is None else f"{value:.1e}"


def link(record: Record, uri: Uri, words: str, label: str = "") -> str:
    """Return a link to where a record stands, with a name that makes sense by itself."""
    name = f' aria-label="{escape(label)}"' if label else ""
    return f'<a href="{escape(uri(record.doc))}#{escape(record.anchor)}"{name}>{words}</a>'


def links(records: Sequence[Record], uri: Uri, words: str, entry: Entry) -> str:
    """Return numbered links: one word for the first, numbers for the rest."""
    names = [words, *map(str, range(2, len(records) + 1))]
    found = (
        link(record, uri, name, f"{name} ({words} of {entry.id})" if name != words else f"{words} of {entry.id}")
        for record, name in zip(records, names, strict=False)
    )
    return ", ".join(found) or '<span class="fs-none">none yet</span>'


def cell(column: int, html: str, sort: str = "", tag: str = "td") -> str:
    """Return one cell; it carries its column's name for narrow screens."""
    role = "rowheader" if tag == "th" else "cell"
    scope = ' scope="row"' if tag == "th" else ""
    order = f' data-sort="{escape(sort)}"' if sort else ""
    return f'<{tag} role="{role}"{scope} data-label="{COLUMNS[column]}"{order}>{html}</{tag}>'


def result_cell(book: Book, entry: Entry, uri: Uri) -> str:
    """Return the result's title, where the source and the book have it, and its level."""
    doc = f"chapters/{entry.page}"
    page = escape(book.page_title(entry.page))
    place = f'<a href="{escape(uri(doc))}">{page}</a>' if doc in book.titles else page
    return f'{text(entry.title)}<br><small class="fs-meta">{escape(entry.label)} · {place} · {entry.level}</small>'


def listed(words: Sequence[str]) -> str:
    """Return some phrases as HTML."""
    return "; ".join(map(text, words))


def ledger_row(book: Book, source: Source, entry: Entry, uri: Uri) -> str:
    """Return one row of the ledger."""
    evidence = book.evidence(entry)
    derivations = [record for record in evidence if record.kind == "derived"]
    checks = [record for record in evidence if record.verifies]
    best = tightest(checks)
    against = best.against if best else next((check.against for check in checks if check.against), None)
    measured = f"{number(best.error)} / {number(best.tolerance)}" if best else ""
    cells = [
        cell(0, f"<code>{entry.id}</code>", tag="th"),
        cell(1, result_cell(book, entry, uri), entry.title),
        cell(2, links(derivations, uri, "derivation", entry), str(len(derivations))),
        cell(3, links(checks, uri, "check", entry), str(len(checks))),
        cell(4, measured, repr(best.error) if best else ""),
        cell(5, text(against) if against else ""),
        cell(6, listed(distinct(record.case for record in evidence))),
        cell(7, listed(distinct(record.mistake for record in evidence))),
    ]
    data = f'data-level="{entry.level}" data-page="{escape(entry.page)}" data-source="{source.key}"'
    return f'<tr role="row" id="{row_name(entry.id)}" {data}>{"".join(cells)}</tr>'


def simple_table(label: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a small table; the first cell of a row is its header."""
    top = "".join(f'<th scope="col">{name}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{value}</td>" for value in rest)}</tr>'
        for first, *rest in rows
    )
    frame = f'<div class="fs-scroll" role="region" aria-label="{label}" tabindex="0">'
    return f'{frame}<table class="table fs-counts"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def counts(book: Book) -> str:
    """Return the counts per source: results in the book of results in the source, and their evidence."""
    rows = []
    for key in dict.fromkeys(source.key for source in book.sources):
        source = next(source for source in book.sources if source.key == key)
        mine = [row for row in book.rows() if row["source"] == key]
        sums = [sum(row[kind] for row in mine) for kind in ("derived", "verified", "refuted")]
        rows.append([f"{escape(source.title)} ({key})", f"{len(mine)} of {source.size}", *map(str, sums)])
    return simple_table("Counts per source", ("Source", "Results in the book", "Derived", "Verified", "Errata"), rows)


def ties(book: Book) -> str:
    """Return how the shown formulas are tied to what was checked."""
    shown = [record.shown for record in book.records if record.kind == "derived"]
    tied = sum(line.tied for box in book.boxes for line in box.lines)
    rows = [
        ["Rendered from the checked sides", str(shown.count("generated"))],
        ["Typed, read back and compared with the checked sides at random points", str(shown.count("read"))],
        ["Typed, and held against the check by readers alone", str(shown.count("stated"))],
        ["Checked without a formula of its own", str(shown.count("none"))],
        ["Displayed lines in boxes", str(sum(len(box.lines) for box in book.boxes))],
        ["of these, letter for letter what a derivation of the same result shows", str(tied)],
    ]
    return simple_table("How what is shown is tied to what was checked", ("Derivations", "Number"), rows)


def ledger(book: Book, uri: Uri) -> str:
    """Return the counts and the table of all results."""
    head = "".join(f'<th role="columnheader" scope="col">{name}</th>' for name in COLUMNS)
    rows = "".join(ledger_row(book, source, entry, uri) for source in book.sources for entry in source.entries)
    pages = {entry.page: book.page_title(entry.page) for source in book.sources for entry in source.entries}
    options = "".join(f'<option value="{escape(page)}">{escape(title)}</option>' for page, title in pages.items())
    return (
        f'{counts(book)}{ties(book)}<div class="fs-ledger"><template class="fs-pages">{options}</template>'
        f'<table class="table" role="table" aria-label="Every result with its evidence">'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead><tbody role="rowgroup">{rows}</tbody></table></div>'
    )


def slip(book: Book, ids: Sequence[str], source: str | None, holds: str | None, there: str) -> str:
    """Return one slip: what the source says, what holds, where both are tried."""
    entries = {entry.id: entry for source in book.sources for entry in source.entries}
    known = [entries[name] for name in ids if name in entries]
    name = ", ".join(ids)
    label, title = ("; ".join(getattr(entry, field) for entry in known) for field in ("label", "title"))
    return (
        f'<article class="fs-erratum" aria-label="Erratum {escape(name)}"><p class="fs-erratum-title">'
        f'<code>{escape(name)}</code> {text(title or name)}<br><small class="fs-meta">{escape(label)}</small></p>'
        f"<dl><dt>The source</dt><dd>{text(source)}</dd><dt>Holds</dt><dd>{text(holds)}</dd></dl>{there}</article>"
    )


def slips(book: Book, grade: str, uri: Uri) -> list[str]:
    """Return all slips of one grade."""
    if grade == "wording":
        return [slip(book, [entry.id], entry.source, entry.holds, "") for entry in book.wording]
    found = [record for record in book.records if record.kind == "refuted" and record.grade == grade]
    names = [f"The check of {escape(', '.join(record.ids))} that tries both" for record in found]
    return [
        slip(book, record.ids, record.printed, record.holds, f"<p>{link(record, uri, name)}</p>")
        for record, name in zip(found, names, strict=True)
    ]


def errata(book: Book, uri: Uri) -> str:
    """Return every slip found in a source, by grade, with their counts."""
    found = {grade: slips(book, grade, uri) for grade in GRADES}
    rows = [[GRADES[grade][0], GRADES[grade][1], str(len(articles))] for grade, articles in found.items()]
    table = simple_table("Counts by grade", ("Grade", "What it means", "Number"), rows)
    sections = (
        f'<section id="{grade}s"><h2>{GRADES[grade][0]}</h2>{"".join(articles) or "<p>None.</p>"}</section>'
        for grade, articles in found.items()
    )
    return table + "".join(sections)


def times(book: Book, uri: Uri) -> str:
    """Return the seconds that every page took to execute."""
    docs = [doc for doc in book.titles if f"{doc}.ipynb" in book.seconds]
    rows = [
        [f'<a href="{escape(uri(doc))}">{escape(book.titles[doc])}</a>', f"{book.seconds[f'{doc}.ipynb']:.1f}"]
        for doc in docs
    ]
    if not rows:
        return "<p>No times have been recorded.</p>"
    rows.append(["All pages", f"{sum(book.seconds[f'{doc}.ipynb'] for doc in docs):.1f}"])
    return simple_table("Execution times", ("Page", "Seconds"), rows)


DRAWINGS: dict[str, Callable[[Book, Uri], str]] = {"ledger": ledger, "errata": errata, "times": times}
