"""The drawings: HTML of the ledger and of the table of execution times."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from html import escape

from .catalogue import Entry, Source
from .ledger import Book, distinct, measure_of, tightest
from .records import Record

Uri = Callable[[str], str]
COLUMNS = (
    "Id",
    "Result",
    "Derived",
    "Checked",
    "Measured",
    "Against",
    "Mistakes that the checks reject",
)


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
    """Return the result's title, its other names, where the source and the book have it, and its level."""
    doc = f"chapters/{entry.page}"
    page = escape(book.page_title(entry.page))
    place = f'<a href="{escape(uri(doc))}">{page}</a>' if doc in book.titles else page
    others = book.aliases.get(entry.id, [])
    also = f'<br><small class="fs-also">{escape(", ".join(others))}</small>' if others else ""
    return (
        f'{text(entry.title)}{also}<br><small class="fs-meta">{escape(entry.label)} · {place} · {entry.level}</small>'
    )


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
    cases = listed(distinct(record.case for record in evidence))
    case = f'<br><small class="fs-meta">for {cases}</small>' if cases else ""
    cells = [
        cell(0, f"<code>{entry.id}</code>", tag="th"),
        cell(1, result_cell(book, entry, uri), entry.title),
        cell(2, links(derivations, uri, "derivation", entry) + case, str(len(derivations))),
        cell(3, links(checks, uri, "check", entry), str(len(checks))),
        cell(4, measure_of(checks), repr(best.error) if best and best.tolerance else ""),
        cell(5, text(against) if against else ""),
        cell(6, listed(distinct(record.mistake for record in evidence))),
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
    """Return the counts per source: results in the book of results in the source, evidence, errata."""
    rows = []
    for source in {source.key: source for source in book.sources}.values():
        results = sum(row["source"] == source.key for row in book.rows())
        mine = [record for record in book.records if any(name.startswith(f"{source.key}-") for name in record.ids)]
        sums = [
            sum(record.kind == "derived" for record in mine),
            sum(record.verifies for record in mine),
            len(distinct(record.mistake for record in mine)),
            sum(record.kind == "refuted" for record in mine)
            + sum(slip.id.startswith(f"{source.key}-") for slip in book.wording),
        ]
        rows.append([f"{escape(source.title)} ({source.key})", f"{results} of {source.size}", *map(str, sums)])
    head = ("Source", "Results in the book", "Derivations", "Checks", "Mistakes rejected", "Errata")
    return simple_table("Counts per source", head, rows)


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


def ledger(book: Book, uri: Uri, about: str = "") -> str:
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


def times(book: Book, uri: Uri, about: str = "") -> str:
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
