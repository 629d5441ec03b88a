"""The errata: one section a source, what changes a conclusion first, every conclusion tied to one erratum."""

from __future__ import annotations

from fewsteps_book.catalogue import Entry, Source, Wording
from fewsteps_book.errata import Conclusion, errata, slips, unfit
from fewsteps_book.ledger import Book
from fewsteps_book.records import Record

ENTRIES = (Entry("XX-1", "Eq. (1)", "One < two", "core", "part/page"),)
SOURCE = Source("XX", "x", "A source", "key", 1, "part", True, ENTRIES)
CONCLUSION = Conclusion("XX-1", "always", "Sometimes it does not.")


def refuted(printed: str, grade: str = "error") -> Record:
    return Record("chapters/part/page", ("XX-1",), "refuted", "ev-1", printed=printed, holds="less", grade=grade)


def book(*records: Record) -> Book:
    wording = [Wording("XX-1", "a word", "another")]
    return Book([SOURCE], list(records), {}, {}, [], wording, conclusions=[CONCLUSION])


def test_what_changes_a_conclusion_comes_first_then_the_grades() -> None:
    found = slips(book(refuted("a step", "gap"), refuted("a sign"), refuted("it always holds", "gap")))
    assert [slip.source for slip in found] == ["it always holds", "a sign", "a step", "a word"]
    assert [bool(slip.changes) for slip in found] == [True, False, False, False]


def test_the_page_counts_by_source_and_says_what_changes() -> None:
    html = errata(book(refuted("it always holds")), lambda doc: f"../{doc}.html")
    assert 'id="errata-xx"' in html
    assert "Sometimes it does not." in html
    assert html.count("data-filter") == 2
    assert 'href="../chapters/part/page.html#ev-1"' in html
    assert "One &lt; two" in html


def test_a_conclusion_belongs_to_exactly_one_erratum() -> None:
    assert list(unfit([CONCLUSION], [refuted("it always holds")])) == []
    assert "fits 0 errata" in next(unfit([CONCLUSION], [refuted("it holds")]))
    assert "fits 2 errata" in next(unfit([CONCLUSION], [refuted("always"), refuted("always so")]))
