"""The stored table of agreement with other libraries: complete, true, of the pinned versions."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest
import yaml
from fewsteps_book import agreement as page
from fewsteps_book.ledger import Book

from fewsteps import samplers

ROOT = Path(__file__).resolve().parents[2]
STORED = yaml.safe_load((ROOT / "book/agreement.yml").read_text(encoding="utf8"))
#: Without an opposite: steps taken together.
ALONE = {"paradigms"}
#: Of functions that are compared under the name of another order.
OTHER_NAMES = {"deis-rho2", "deis-rho3", "dpm-1"}


def test_the_versions_are_the_pinned_ones():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf8")
    pins = dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, flags=re.MULTILINE))
    assert STORED["versions"] == {name: pins[name] for name in ("azula", "diffusers")}


def test_every_row_is_there_and_holds():
    for name in ("torch", "azula", "diffusers"):
        pytest.importorskip(name)
    import agreement

    assert doctest.testmod(agreement).failed == 0
    names = [(pair.method, agreement.words(pair.options), pair.peer, pair.note) for pair in agreement.PAIRS]
    assert names == [(row["method"], row["options"], row["peer"], row["note"]) for row in STORED["rows"]]
    for pair, row in zip(agreement.PAIRS, STORED["rows"], strict=True):
        for name, value in agreement.measured(pair).items():
            assert (value is None) == (row[name] is None)
            assert value is None or value <= row[name], (pair.key, name, "worse than stored: see why")
    assert list(agreement.SPACINGS) == [row["option"] for row in STORED["grids"]]
    assert all(agreement.spacing(row["option"]) <= row["difference"] for row in STORED["grids"])


def test_what_is_stored_is_agreement():
    for row in STORED["rows"]:
        tight = row["difference"] if row["rebuilt"] is None else row["rebuilt"]
        assert tight <= 1e-9
        assert row["rebuilt"] is None or row["note"]
    assert all(grid["difference"] <= 1e-9 for grid in STORED["grids"])


def test_every_method_is_compared_or_has_no_opposite():
    compared = {row["method"] for row in STORED["rows"]}
    assert set(samplers.METHODS) - compared == ALONE | OTHER_NAMES


def test_the_page_has_a_row_a_pair():
    book = Book([], [], {}, {}, [], [], agreement=page.load_agreement(ROOT / "book/agreement.yml"))
    html = page.agreement(book, str)
    assert html.count("<tr>") == len(STORED["rows"]) + 1
    assert 'class="fs-scroll"' in html
    assert "diffusers " + STORED["versions"]["diffusers"] in html
    assert page.agreement(book, str, "grids").count("<tr>") == len(STORED["grids"]) + 1


def test_the_examples_of_the_docstrings_run():
    assert doctest.testmod(page).failed == 0
