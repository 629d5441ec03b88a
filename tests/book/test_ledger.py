"""The ledger of the built book: complete, consistent, and no looser than it has to be."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
EXPECTED = {"OM": 56, "PD": 182, "QA": 70, "GR": 75, "FM": 55}
ROUNDING = 1e-12  # a tolerance of this size is as tight as double precision lets a computation be held to
SLACK = 100.0  # a tolerance is at most so many times what was achieved where it was written
ELSEWHERE = 4.0  # and so much of an error of rounding or integration may be missing on another processor


def ledger() -> list[dict[str, Any]]:
    return json.loads((HTML / "ledger.json").read_text(encoding="utf8")) if (HTML / "ledger.json").exists() else []


def catalogues() -> list[dict[str, Any]]:
    return [yaml.safe_load(path.read_text(encoding="utf8")) for path in sorted((ROOT / "book/catalogue").glob("*.yml"))]


COMPLETE = {catalogue["source"]["key"] for catalogue in catalogues() if catalogue["complete"]}
ROWS = ledger()
FINISHED = [row for row in ROWS if row["source"] in COMPLETE]


def measured() -> list[tuple[str, dict[str, Any]]]:
    checks = [(row["id"], check) for row in ROWS for check in row["checks"]]
    return [(name, check) for name, check in checks if check["error"] is not None and check["tolerance"] is not None]


def test_the_book_has_a_ledger() -> None:
    assert ROWS, "_build/html/ledger.json is missing: run `make book`"


@pytest.mark.parametrize(("source", "count"), EXPECTED.items())
def test_every_result_of_the_source_is_listed_once(source: str, count: int) -> None:
    ids = [row["id"] for row in ROWS if row["source"] == source]
    assert len(ids) == len(set(ids)) == count


@pytest.mark.parametrize("source", EXPECTED)
def test_every_result_is_derived_and_verified(source: str) -> None:
    if source not in COMPLETE:
        pytest.skip(f"{source} is not declared complete in book/catalogue yet")
    assert [row["id"] for row in FINISHED if not (row["derived"] and row["verified"])] == []


def test_every_measured_error_is_within_its_tolerance() -> None:
    assert [(name, check) for name, check in measured() if not check["error"] <= check["tolerance"]] == []


def test_no_tolerance_is_looser_than_it_has_to_be() -> None:
    exact = [(name, check) for name, check in measured() if check["kind"] == "verified"]
    loose = [
        f"{name} at {check['at']}: error {check['error']:.1e}, tolerance {check['tolerance']:.1e}"
        for name, check in exact
        if check["tolerance"] > max(ROUNDING, SLACK * ELSEWHERE * max(check["error"], 1e-15))
    ]
    assert loose == [], "bring these tolerances closer to what is achieved"


def test_what_is_shown_is_tied_to_what_was_checked() -> None:
    """Formulas that only readers hold against their check stay few, and say which case was checked."""
    shown = [line for row in ROWS for line in row["shown"]]
    assert {line["by"] for line in shown} <= {"generated", "read", "stated", "none"}
    assert [line for line in shown if line["by"] == "stated" and not line["case"]] == []
    assert sum(line["by"] == "stated" for line in shown) <= 0.1 * len(shown)


def test_the_errata_page_groups_weighs_and_counts() -> None:
    """A section a source; in it what changes a conclusion first; the table's grades add up to the entries."""
    html = (HTML / "book" / "errata.html").read_text(encoding="utf8")
    assert "automatic text conversions" in " ".join(html.split())
    sections = html.split('id="errata-')[1:]
    assert [section.split('"')[0].upper() for section in sections] == ["PD", "FM", "QA", "OM", "GR"]
    for section in sections:
        weights = re.findall(r'data-weight="(\w+)"', section)
        assert weights == sorted(weights)  # "changes" before "other"
    table = html.split('class="table fs-counts"')[1].split("</table>")[0]
    numbers = [int(number) for number in re.findall(r"<td>(\d+)</td>", table)]
    assert sum(number for i, number in enumerate(numbers) if i % 4) == html.count('<article class="fs-erratum"') > 0


def test_the_ledger_counts_a_source_once() -> None:
    html = (HTML / "book" / "ledger.html").read_text(encoding="utf8")
    counted = html.split('class="table fs-counts"')[1].split("</table>")[0]
    assert "182 of 468" in counted
    assert counted.count("(PD)") == 1


def test_every_link_leads_to_its_evidence() -> None:
    pages: dict[str, str] = {}
    for row in ROWS:
        for address in [*row["derivations"], *(check["at"] for check in row["checks"])]:
            page, anchor = address.split("#")
            html = pages.setdefault(page, (HTML / page).read_text(encoding="utf8"))
            assert f'id="{anchor}"' in html, f"{row['id']}: {address}"
