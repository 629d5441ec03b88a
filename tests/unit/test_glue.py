"""Formulas and the signs that touch them."""

from __future__ import annotations

import pytest
from docutils import nodes
from fewsteps_book.glue import glue


@pytest.mark.parametrize(
    ("before", "after", "held"),
    [
        ("at the end (", ").", ["(", ")."]),
        ("it is ", ", so", ["", ","]),
        ("it is ", " or more", None),
        ("(a word) ", "", None),
    ],
)
def test_a_formula_keeps_its_bracket_and_its_comma(before: str, after: str, held: list[str] | None) -> None:
    words = nodes.paragraph("", "", nodes.Text(before), nodes.math("", "t=T"), nodes.Text(after))
    said = words.astext()
    glue(None, nodes.container("", words), "page")  # type: ignore[arg-type]
    kept = [node for node in words.findall(nodes.inline) if "fs-glue" in node["classes"]]
    assert words.astext() == said
    assert bool(kept) == (held is not None)
    if held:
        assert [kept[0][0].astext(), kept[0][2].astext()] == held


def test_equal_texts_of_a_sentence_stay_where_they_are() -> None:
    """Of three equal texts only the last follows a formula, and only it loses its comma."""
    texts = [nodes.Text(", "), nodes.strong("", "b"), nodes.Text(", "), nodes.math("", "y"), nodes.Text(", ")]
    words = nodes.paragraph("", "", nodes.strong("", "a"), *texts)
    glue(None, nodes.container("", words), "page")  # type: ignore[arg-type]
    assert words.astext() == "a, b, y, "
    assert [node.astext() for node in words.findall(nodes.inline)] == ["y,"]
