"""The errata: every slip found in a source, by source, those first that change what the source concludes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import yaml

from .draw import Uri, link, simple_table, text
from .ledger import Book
from .records import Record

GRADES = {
    "error": ("Errors", "The claim is false."),
    "gap": ("Gaps", "A hypothesis or a step is missing."),
    "wording": ("Wording", "No claim is false, but a reader would be misled."),
}


@dataclass(frozen=True)
class Conclusion:
    """What becomes of a source's conclusion: the result, words of the quoted sentence, the change."""

    id: str
    has: str
    changes: str

    def fits(self, record: Record) -> bool:
        """Whether a record is the one that is meant."""
        return self.id in record.ids and self.has in (record.printed or "")


@dataclass(frozen=True)
class Slip:
    """One slip: results, grade, the source's sentence, what holds, what it changes, the check that tries both."""

    ids: tuple[str, ...]
    grade: str
    source: str
    holds: str
    changes: str = ""
    record: Record | None = None

    @property
    def key(self) -> str:
        """Return the source."""
        return self.ids[0].split("-")[0]

    @property
    def rank(self) -> tuple[bool, int]:
        """Return the place in the order: what changes a conclusion, then by grade."""
        return (not self.changes, list(GRADES).index(self.grade))


def load_conclusions(path: Path) -> list[Conclusion]:
    """Read which slips change a conclusion."""
    return [Conclusion(**entry) for entry in yaml.safe_load(path.read_text(encoding="utf8"))]


def unfit(conclusions: Iterable[Conclusion], records: Sequence[Record]) -> Iterator[str]:
    """Yield the conclusions that do not belong to exactly one erratum."""
    tried = [record for record in records if record.kind == "refuted"]
    for each in conclusions:
        count = sum(each.fits(record) for record in tried)
        if count != 1:
            yield f"book/conclusions.yml: {each.id} with {each.has!r} fits {count} errata"


def slips(book: Book) -> list[Slip]:
    """Return all slips, those of a source together, the weightiest first."""
    found = []
    for record in (record for record in book.records if record.kind == "refuted"):
        changes = next((each.changes for each in book.conclusions if each.fits(record)), "")
        found.append(
            Slip(record.ids, record.grade or "error", record.printed or "", record.holds or "", changes, record)
        )
    found += [Slip((entry.id,), "wording", entry.source, entry.holds) for entry in book.wording]
    order = list(dict.fromkeys(source.key for source in book.sources))
    return sorted(found, key=lambda slip: (order.index(slip.key), *slip.rank))


def article(book: Book, slip: Slip, uri: Uri) -> str:
    """Return one slip: grade, what the source says, what holds, what it changes, where both are tried."""
    entries = {entry.id: entry for source in book.sources for entry in source.entries}
    known = [entries[name] for name in slip.ids if name in entries]
    name = ", ".join(slip.ids)
    label, title = ("; ".join(getattr(entry, field) for entry in known) for field in ("label", "title"))
    grade = GRADES[slip.grade][0].rstrip("s").lower()
    changes = f"<dt>So</dt><dd>{text(slip.changes)}</dd>" if slip.changes else ""
    weight = " · changes a conclusion" if slip.changes else ""
    there = f"<p>{link(slip.record, uri, f'The check of {escape(name)} that tries both')}</p>" if slip.record else ""
    weighs = "changes" if slip.changes else "other"
    data = f'data-filter data-grade="{slip.grade}" data-source="{slip.key}" data-weight="{weighs}"'
    return (
        f'<article class="fs-erratum" aria-label="Erratum {escape(name)}" {data}><p class="fs-erratum-title">'
        f'<span class="fs-grade fs-grade-{slip.grade}">{grade}{weight}</span> {text(title or name)}<br>'
        f'<small class="fs-meta">{escape(name)} · {escape(label)}</small></p>'
        f"<dl><dt>The source</dt><dd>{text(slip.source)}</dd><dt>Holds</dt><dd>{text(slip.holds)}</dd>{changes}</dl>"
        f"{there}</article>"
    )


def counts(found: Sequence[Slip], titles: dict[str, str]) -> str:
    """Return the table of counts, a source a row."""
    rows = []
    for key, title in titles.items():
        mine = [slip for slip in found if slip.key == key]
        numbers = [sum(bool(slip.changes) for slip in mine)]
        numbers += [sum(slip.grade == grade for slip in mine) for grade in GRADES]
        rows.append([f'<a href="#errata-{key.lower()}">{escape(title)}</a> ({key})', *map(str, numbers)])
    head = ("Source", "Change a conclusion", *(name for name, _ in GRADES.values()))
    return simple_table("Errata per source", head, rows)


def errata(book: Book, uri: Uri, about: str = "") -> str:
    """Return every slip found in a source: a section a source, the weightiest first."""
    found = slips(book)
    titles = {source.key: source.title for source in book.sources}
    sections = []
    for key, title in titles.items():
        articles = "".join(article(book, slip, uri) for slip in found if slip.key == key)
        if articles:
            sections.append(f'<section id="errata-{key.lower()}"><h2>{escape(title)} ({key})</h2>{articles}</section>')
    grades = "".join(f"<dt>{name}</dt><dd>{meaning}</dd>" for name, meaning in GRADES.values())
    return (
        f'{counts(found, titles)}<dl class="fs-grades">{grades}</dl>'
        f'<div class="fs-filtered" data-what="errata">{"".join(sections)}</div>'
    )
