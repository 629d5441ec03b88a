"""The rules of the ledger: what counts as evidence, what is missing, which check a row shows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fewsteps_book.catalogue import Entry, Source, set_apart
from fewsteps_book.draw import ledger
from fewsteps_book.ledger import Book, problems
from fewsteps_book.records import Record

ENTRIES = (Entry("XX-1", "Eq. (1)", "One < two", "core", "part/page"),)


def book(*records: Record, complete: bool = True) -> Book:
    source = Source("XX", "x", "A source", "key", 1, "part", complete, ENTRIES)
    return Book([source], list(records), {"chapters/part/page": "Page"}, {}, [], [])


def record(kind: str, name: str = "XX-1", doc: str = "chapters/part/page", **rest: object) -> Record:
    return Record(doc, (name,), kind, f"ev-{kind}", **rest)  # type: ignore[arg-type]


def test_a_result_with_derivation_and_check_has_no_problem() -> None:
    assert list(problems(book(record("derived"), record("verified")))) == []


@pytest.mark.parametrize("kind", ["bounded", "order"])
def test_bounds_and_orders_count_as_checks(kind: str) -> None:
    assert list(problems(book(record("derived"), record(kind)))) == []


@pytest.mark.parametrize(("kind", "lacking"), [("derived", "verified"), ("verified", "derived")])
def test_missing_evidence_is_a_problem_in_a_complete_part_only(kind: str, lacking: str) -> None:
    assert list(problems(book(record(kind)))) == [f"XX-1 is catalogued but on part/page not {lacking}"]
    assert list(problems(book(record(kind), complete=False))) == []


def test_a_refutation_is_no_evidence_for_the_result() -> None:
    assert len(list(problems(book(record("refuted"))))) == 1


def test_unknown_ids_are_problems() -> None:
    found = list(problems(book(record("derived"), record("verified"), record("verified", "XX-9"))))
    assert found == ["part/page: verified('XX-9') names no catalogued result"]


def test_a_results_own_page_must_hold_its_evidence() -> None:
    elsewhere = record("verified", doc="chapters/part/other")
    assert list(problems(book(record("derived"), elsewhere))) == ["XX-1 is catalogued but on part/page not verified"]
    assert list(problems(book(record("derived"), record("verified"), elsewhere))) == []


def test_the_row_shows_the_tightest_check() -> None:
    loose = record("verified", error=1e-3, tolerance=1e-2, against="sampling")
    tight = record("verified", error=2e-15, tolerance=1e-13, against="quadrature")
    row = book(record("derived"), loose, tight).rows()[0]
    assert (row["error"], row["tolerance"], row["against"]) == (2e-15, 1e-13, "quadrature")
    assert row["derived"]
    assert row["verified"]
    assert len(row["checks"]) == 2


def test_a_second_method_comes_before_the_pages_own_derivation() -> None:
    own = record("verified", error=0.0, tolerance=1e-15, against="the derived expression")
    other = record("verified", error=1e-6, tolerance=1e-5, against="quadrature")
    assert book(record("derived"), own, other).rows()[0]["against"] == "quadrature"
    assert book(record("derived"), own).rows()[0]["against"] == "the derived expression"


def test_the_drawn_ledger_escapes_and_links() -> None:
    html = ledger(book(record("derived"), record("verified", error=0.0, tolerance=1e-12)), lambda doc: f"../{doc}.html")
    assert "One &lt; two" in html
    assert 'href="../chapters/part/page.html#ev-derived"' in html
    assert "0 / 1.0e-12" in html


def test_a_row_says_what_was_measured() -> None:
    close, exact = record("verified", error=0.0, tolerance=1e-12), record("verified", error=0.0, tolerance=0.0)
    bound, rate = record("bounded", error=0.0, tolerance=0.0), record("order", error=0.01, tolerance=0.1, observed="3")
    said = [
        book(record("derived"), *checks).rows()[0]["measured"]
        for checks in ([close, exact], [exact, bound], [bound, rate], [bound])
    ]
    assert said == ["0 / 1.0e-12", "exact", "order 3", "inequality"]


def test_a_row_carries_the_names_under_which_people_know_its_result() -> None:
    known = replace(book(record("derived"), record("verified")), aliases={"XX-1": ["MeanFlow", "mean flow"]})
    assert "MeanFlow, mean flow" in ledger(known, lambda doc: f"../{doc}.html")


def test_the_row_names_the_mistakes_that_are_rejected_and_the_cases() -> None:
    checks = [record("verified", mistake="lost alpha", case="d = 1"), record("bounded", mistake="lost alpha")]
    row = book(record("derived", case="d = 2"), *checks).rows()[0]
    assert (row["rejects"], row["cases"]) == (["lost alpha"], ["d = 2", "d = 1"])


def test_results_of_unwritten_pages_are_planned_and_nothing_else() -> None:
    entries = tuple(Entry(f"XX-{k}", "", "", "core", page) for k, page in enumerate(("part/there", "part/missing")))
    source = Source("XX", "x", "X", "x2026", 2, "part", False, entries)
    (apart,) = set_apart([source], {"chapters/part/there"})
    assert [one.id for one in apart.entries] == ["XX-0"]
    assert [one.id for one in apart.planned] == ["XX-1"]
    whole = replace(source, complete=True)
    assert set_apart([whole], set()) == [whole]
