"""The tools behind the Makefile, and the rules of the ledger."""

from __future__ import annotations

from pathlib import Path

import nbformat
import normalise
import pytest
import stage
from fewsteps_book.catalogue import Entry, Source
from fewsteps_book.draw import ledger
from fewsteps_book.ledger import Book, problems
from fewsteps_book.records import Record

ENTRIES = (Entry("XX-1", "Eq. (1)", "One < two", "core", "part/page"),)


def book(*records: Record, complete: bool = True) -> Book:
    source = Source("XX", "x", "A source", "key", "part", complete, ENTRIES)
    return Book([source], list(records), {"chapters/part/page": "Page"}, {})


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


def test_a_stage_runs_once_and_again_after_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "ROOT", tmp_path)
    monkeypatch.setattr(stage, "STAMPS", tmp_path / "stamps")
    monkeypatch.setattr(stage.digest, "__defaults__", (tmp_path,))
    (tmp_path / "in.txt").write_text("one")
    command = ["sh", "-c", "echo run >> out.txt"]
    for expected in (1, 1):
        assert stage.run_stage("s", command, ["*.in", "in.txt"], ["out.txt"]) == 0
        assert (tmp_path / "out.txt").read_text().count("run") == expected
    (tmp_path / "in.txt").write_text("two")
    assert stage.run_stage("s", command, ["in.txt"], ["out.txt"]) == 0
    assert (tmp_path / "out.txt").read_text().count("run") == 2


def test_a_red_stage_is_never_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "STAMPS", tmp_path)
    assert [stage.run_stage("s", ["false"], [], []) for _ in range(2)] == [1, 1]


def sample() -> nbformat.NotebookNode:
    stream = [nbformat.v4.new_output("stream", name="stdout", text=text) for text in ("a\n", "b\n")]
    data = {"image/png": "x", "text/plain": "<Figure>", "text/html": "<b>y</b>"}
    figure = nbformat.v4.new_output("display_data", data=data, metadata={"fewsteps": {}})
    cell = nbformat.v4.new_code_cell("1 + 1", id="one", outputs=[*stream, figure], execution_count=7)
    cell.metadata = nbformat.from_dict({"tags": ["hide-input"], "scrolled": True})
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title", id="title"), cell])


def test_normalising_keeps_text_and_drops_the_rest() -> None:
    notebook = normalise.normalise(sample(), has_setup=True)
    assert [cell.id for cell in notebook.cells] == ["title", "setup", "one"]
    cell = notebook.cells[2]
    assert cell.metadata == {"tags": ["hide-input"]}
    assert cell.execution_count == 2
    assert cell.outputs[0].text == "a\nb\n"
    assert set(cell.outputs[1].data) == {"text/plain", "text/html"}
    assert cell.outputs[1].metadata == {}


def test_normalising_twice_changes_nothing() -> None:
    once = nbformat.writes(normalise.normalise(sample(), has_setup=True))
    assert nbformat.writes(normalise.normalise(nbformat.reads(once, 4), has_setup=True)) == once


def test_the_setup_cell_is_brought_back_to_the_front() -> None:
    notebook = normalise.normalise(sample(), has_setup=True)
    notebook.cells = [notebook.cells[0], notebook.cells[2], notebook.cells[1]]
    assert [cell.id for cell in normalise.normalise(notebook, has_setup=True).cells] == ["title", "setup", "one"]
