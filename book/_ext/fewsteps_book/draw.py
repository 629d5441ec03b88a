"""The drawings: HTML of the ledger, the errata and the table of execution times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from .catalogue import Entry, Source
from .ledger import Book, tightest
from .records import Record

Uri = Callable[[str], str]
COLUMNS = ("Id", "Result", "In the source", "Derivation", "Check", "Error / tolerance", "Second method")


def text(words: str | None) -> str:
    r"""Return words as HTML; formulas between \( \) or $ $ are typeset by MathJax."""
    words = words or ""
    kind = ' class="mathjax_process"' if "$" in words or "\\(" in words else ""
    return f"<span{kind}>{escape(words)}</span>"


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


def result_cell(book: Book, entry: Entry, case: str | None, uri: Uri) -> str:
    """Return the result's title, its page and level, and the machine-checked case where the proof is prose."""
    doc = f"chapters/{entry.page}"
    page = escape(book.page_title(entry.page))
    place = f'<a href="{escape(uri(doc))}">{page}</a>' if doc in book.titles else page
    note = f'<br><small class="fs-meta">Machine-checked: {text(case)}</small>' if case else ""
    return f'{text(entry.title)}<br><small class="fs-meta">{place} · {entry.level}</small>{note}'


def ledger_row(book: Book, source: Source, entry: Entry, uri: Uri) -> str:
    """Return one row of the ledger."""
    evidence = book.evidence(entry)
    derivations = [record for record in evidence if record.kind == "derived"]
    checks = [record for record in evidence if record.verifies]
    best = tightest(checks)
    case = next((record.case for record in evidence if record.case), None)
    against = best.against if best else next((check.against for check in checks if check.against), None)
    measured = f"{number(best.error)} / {number(best.tolerance)}" if best else ""
    cells = [
        cell(0, f"<code>{entry.id}</code>", tag="th"),
        cell(1, result_cell(book, entry, case, uri), entry.title),
        cell(2, escape(entry.label)),
        cell(3, links(derivations, uri, "derivation", entry), str(len(derivations))),
        cell(4, links(checks, uri, "check", entry), str(len(checks))),
        cell(5, measured, repr(best.error) if best else ""),
        cell(6, text(against) if against else ""),
    ]
    data = f'data-level="{entry.level}" data-page="{escape(entry.page)}" data-source="{source.key}"'
    return f'<tr role="row" {data}>{"".join(cells)}</tr>'


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
    """Return the counts per source."""
    rows = []
    for source in book.sources:
        mine = [row for row in book.rows() if row["source"] == source.key]
        sums = [sum(row[kind] for row in mine) for kind in ("derived", "verified", "refuted")]
        state = "complete" if source.complete else "being written"
        rows.append([f"{escape(source.title)} ({source.key})", str(len(mine)), *map(str, sums), state])
    return simple_table("Counts per source", ("Source", "Results", "Derived", "Verified", "Errata", "State"), rows)


def ledger(book: Book, uri: Uri) -> str:
    """Return the counts and the table of all results."""
    head = "".join(f'<th role="columnheader" scope="col">{name}</th>' for name in COLUMNS)
    rows = "".join(ledger_row(book, source, entry, uri) for source in book.sources for entry in source.entries)
    pages = {entry.page: book.page_title(entry.page) for source in book.sources for entry in source.entries}
    options = "".join(f'<option value="{escape(page)}">{escape(title)}</option>' for page, title in pages.items())
    return (
        f'{counts(book)}<div class="fs-ledger"><template class="fs-pages">{options}</template>'
        f'<table class="table" role="table" aria-label="Every result with its evidence">'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead><tbody role="rowgroup">{rows}</tbody></table></div>'
    )


def erratum(book: Book, record: Record, uri: Uri) -> str:
    """Return one slip: what is printed, what holds, where both are tried."""
    entries = {entry.id: entry for source in book.sources for entry in source.entries}
    known = [entries[name] for name in record.ids if name in entries]
    label = "; ".join(entry.label for entry in known)
    name = ", ".join(record.ids)
    title = record.title or "; ".join(entry.title for entry in known) or name
    there = link(record, uri, f"The check of {escape(name)} that tries both")
    return (
        f'<article class="fs-erratum" aria-label="Erratum {escape(name)}"><p class="fs-erratum-title">'
        f'<code>{escape(name)}</code> {text(title)}<br><small class="fs-meta">{escape(label)}</small></p>'
        f"<dl><dt>Printed</dt><dd>{text(record.printed)}</dd><dt>Holds</dt><dd>{text(record.holds)}</dd></dl>"
        f"<p>{there}</p></article>"
    )


def errata(book: Book, uri: Uri) -> str:
    """Return every slip found in a source."""
    found = [record for record in book.records if record.kind == "refuted"]
    return "".join(erratum(book, record, uri) for record in found) or "<p>None has been recorded yet.</p>"


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
