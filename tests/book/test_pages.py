"""What the built pages must hold, read from their HTML."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from fewsteps_book.tokens import PLAIN

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(ROOT.glob("chapters/**/*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_figure_is_there_with_its_description(path: Path) -> None:
    """A cell that promises a figure has an image, a caption and an alternative text in the page."""
    html = (ROOT / "_build" / "html" / path.relative_to(ROOT).with_suffix(".html")).read_text(encoding="utf8")
    promised = [cell.metadata.get("mystnb", {}) for cell in nbformat.read(path, as_version=4).cells]
    figures = [meta["figure"]["name"] for meta in promised if "figure" in meta]
    assert all("alt" in meta.get("image", {}) for meta in promised if "figure" in meta)
    assert figures
    for name in figures:
        figure = re.search(rf'<figure[^>]*id="{name}".*?</figure>', html, flags=re.DOTALL)
        assert figure, f"{name} did not come out of its cell"
        assert "<img" in figure.group()
        assert "<figcaption" in figure.group()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_are_short_and_pages_complete(path: Path) -> None:
    """Code cells fit on a screen; every page has exercises, their solutions and a summary."""
    cells = nbformat.read(path, as_version=4).cells
    assert [c.id for c in cells if c.cell_type == "code" and len(c.source.splitlines()) > 25] == []
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert 3 <= text.count("{exercise}") <= 6
    assert text.count("{exercise}") == text.count("{solution}")
    assert "## What to remember" in text


#: What a page may ask of its reader, in its reading layer.
LIMITS = {"words": 2500, "results": 12, "open_code_cells": 4, "minutes": 30}


@pytest.mark.parametrize("slug", [path.relative_to(ROOT).with_suffix("").as_posix() for path in NOTEBOOKS])
def test_a_page_stays_within_its_limits(slug: str) -> None:
    """Words, boxes, open code and minutes of the reading layer (tests/book/browser.mjs counts the screens)."""
    pages = {page["slug"]: page for page in json.loads((ROOT / "_build/html/pages.json").read_text(encoding="utf8"))}
    page = pages[slug]
    over = {name: page[name] for name, most in LIMITS.items() if page[name] > most}
    assert over == {}
    assert page["open_code_lines"] <= 15 * page["open_code_cells"]


@pytest.mark.parametrize("slug", [path.relative_to(ROOT).with_suffix("").as_posix() for path in NOTEBOOKS])
def test_every_letter_in_sight_is_explained(slug: str) -> None:
    """By the page's own list of symbols, or by the notation page."""
    pages = {page["slug"]: page for page in json.loads((ROOT / "_build/html/pages.json").read_text(encoding="utf8"))}
    assert pages[slug]["undeclared"] == []
    assert '<details class="fs-symbols">' in (ROOT / f"_build/html/{slug}.html").read_text(encoding="utf8")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_page_opens_with_a_promise_and_answers_its_pictures(path: Path) -> None:
    """A short promise comes first; after every explorer stands what its reader should have seen."""
    cells = nbformat.read(path, as_version=4).cells
    opening = cells[0].source.split("\n\n")
    promise = next(part for part in opening if not part.lstrip().startswith(("(", "#")))
    assert len(re.sub(r"\$[^$]+\$", "M", promise).split()) <= 70
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert text.count("**What you should have seen.**") >= sum("explorer(" in source for source in code) > 0


def test_no_mark_is_lost_in_the_folds() -> None:
    """Every record of the notebooks is on its page, inside a fold."""
    ledger = json.loads((ROOT / "_build/html/ledger.json").read_text(encoding="utf8"))
    assert ledger
    for path in NOTEBOOKS:
        html = (ROOT / "_build" / "html" / path.relative_to(ROOT).with_suffix(".html")).read_text(encoding="utf8")
        outputs = [out for cell in nbformat.read(path, as_version=4).cells for out in cell.get("outputs", [])]
        marks = sum("fs-evidence" in out.get("data", {}).get("text/html", "") for out in outputs)
        assert html.count('class="fs-evidence ') == marks
        first = html.find('class="fs-evidence ')
        assert html.rfind('<details class="fs-fold"', 0, first) > html.rfind("</details>", 0, first)


def test_tokens_without_an_element_have_the_colour_of_text() -> None:
    """The build takes the elements of plain tokens away; no style sheet may have told them from their surroundings."""
    styles = (ROOT / "_build/html/_static/pygments.css").read_text(encoding="utf8")
    for theme in ("light", "dark"):
        ground = re.search(rf'data-theme="{theme}"\] \.highlight \{{[^}}]*[; ](color: #\w+)', styles)
        assert ground
        for name in PLAIN:
            rules = re.findall(rf'data-theme="{theme}"\] \.highlight \.{name} \{{ *([^}}]*?) *\}}', styles)
            assert rules == [ground[1]], f"{theme}: .{name}"
    own = [path.read_text(encoding="utf8") for path in (ROOT / "book/_static").glob("*.css")]
    assert not re.search(rf"\.highlight \.(?:{'|'.join(PLAIN)})\b", "".join(own))


def test_no_style_asks_the_whole_page_what_it_holds() -> None:
    """A browser answers `:has` anew after each change below: among 30,000 elements that takes longer than a frame."""
    large = r"(?:html|body|article|main|\.bd-[\w-]+)"
    for path in sorted((ROOT / "book/_static").glob("*.css")):
        assert re.findall(rf"{large}(?:\[[^\]]*\])?:has\(", path.read_text(encoding="utf8")) == [], path.name


@pytest.mark.parametrize("slug", [path.relative_to(ROOT).with_suffix("").as_posix() for path in NOTEBOOKS])
def test_a_second_reading_is_one_click_away(slug: str) -> None:
    """Its fold lies in no other, and in no box."""
    page = BeautifulSoup((ROOT / "_build/html" / f"{slug}.html").read_text(encoding="utf8"), "html.parser")
    assert page.select("details details.fs-second, div.proof details.fs-second") == []


@pytest.mark.parametrize("path", [ROOT / "book" / "index.ipynb", *NOTEBOOKS], ids=lambda path: path.stem)
def test_no_two_settings_to_try_are_the_same(path: Path) -> None:
    """Of an explorer (tests/book/browser.mjs presses them)."""
    html = (ROOT / "_build/html" / path.relative_to(ROOT).with_suffix(".html")).read_text(encoding="utf8")
    states = re.findall(
        r'<script type="application/vnd.jupyter.widget-state\+json">(.*?)</script>', html, flags=re.DOTALL
    )
    specs = [
        model["state"]["spec"]
        for text in states
        for model in json.loads(text)["state"].values()
        if "spec" in model["state"]
    ]
    assert specs
    for spec in specs:
        settings = [setting["index"] for setting in spec["settings"]]
        assert all(settings.count(setting) == 1 for setting in settings)
