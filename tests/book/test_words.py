"""What the pages say against what the package and its data say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest

import fewsteps as fs
from fewsteps.exercises.entries import entries, find, letters_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = {path.stem: path for path in sorted(ROOT.glob("chapters/**/*.ipynb"))}
BOX = re.compile(r"^(:{3,}|`{3,})\{exercise\}[^\n]*\n:label: (\S+)\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
HINT = re.compile(r"^(:{3,}|`{3,})\{dropdown\} Hint\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
HANDED = re.compile(r"\*\*Hand in\*\* `([^`]+)`: (.*?)(?=\n\n|\Z)(?:\n\n((?:- .*(?:\n|\Z))+))?", re.DOTALL)

pages = pytest.mark.parametrize("slug", PAGES)


def words(text: str) -> str:
    return " ".join(text.split())


def boxes(slug: str) -> dict[str, tuple[str, str]]:
    """The text of each exercise of a page, and that of its hint."""
    cells = nbformat.read(PAGES[slug], as_version=4).cells
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    found = list(BOX.finditer(text))
    ends = [*[match.start() for match in found[1:]], len(text)]
    hints = [HINT.search(text, match.end(), end) for match, end in zip(found, ends, strict=True)]
    return {match[2]: (match[3], words(said[2]) if said else "") for match, said in zip(found, hints, strict=True)}


def test_every_page_has_answers() -> None:
    assert {entry.page for entry in entries().values()} == PAGES.keys()


@pages
def test_every_exercise_has_an_entry_and_every_entry_an_exercise(slug: str) -> None:
    labels = {label.split("/")[0] for label, entry in entries().items() if entry.page == slug}
    assert boxes(slug).keys() == labels
    assert labels


@pages
def test_the_page_says_what_the_data_say(slug: str) -> None:
    """What to hand in, the options, and the first hint; parts follow in their order."""
    for label, (box, first) in boxes(slug).items():
        asked = [entry for name, entry in entries().items() if name.split("/")[0] == label]
        handed = HANDED.findall(box)
        assert [(name, words(text)) for name, text, _ in handed] == [(entry.label, entry.asks) for entry in asked]
        for entry, (_, _, options) in zip(asked, handed, strict=True):
            listed = zip(letters_of(entry.options), entry.options, strict=True)
            assert options.strip().splitlines() == [f"- ({sign}) {option}" for sign, option in listed]
        assert first == words(find(label).hints[0])


def test_what_the_landing_page_says_of_more_training_is_so() -> None:
    notebook = json.loads((ROOT / "book/index.ipynb").read_text(encoding="utf8"))
    text = "".join(line for cell in notebook["cells"] for line in cell["source"])
    assert r"16 steps at $\lambda=1.1$, going from $s=0.2$ to $6.4$ makes the best loss twenty times *worse*" in text
    short, long = (fs.optimal_plan(fs.merge_problem(1.1, fs.cosine_schedule(16), s)).loss for s in (0.2, 6.4))
    assert long / short == pytest.approx(20, abs=1)
