"""What the built pages must hold, read from their HTML."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

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
