"""The list of a page's letters: what counts as a symbol, what a row explains, which rows a page shows."""

from __future__ import annotations

import pytest
from docutils import nodes
from docutils.utils import new_document
from fewsteps_book.symbols import (
    common,
    heads,
    notation_rows,
    own_rows,
    put_symbols,
    rows_of,
    said,
    symbols,
    undeclared,
)

NOTATION = """## Symbols

| Symbol | Meaning | In the package |
|---|---|---|
| $t$ | diffusion time | `t` |
| $\\alpha_t,\\ \\sigma_t$ | coefficients of signal and of noise | `alpha` |
| $v(x, t)$ | velocity | |

## Clashes
"""


def page(*formulas: str) -> nodes.document:
    """Return a page with these formulas and, first, the cell of its own letters."""
    document = new_document("page")
    document += nodes.paragraph("", "Symbols here")
    document += [nodes.paragraph("", "", nodes.math("", tex)) for tex in formulas]
    return document


@pytest.mark.parametrize(
    ("tex", "found"),
    [
        (r"\bar v_t", [r"\bar v_", "t"]),
        (r"x_0+x_t", ["x_0", "x_", "t"]),
        (r"V_{\rm BOOT}", ["V_"]),
        (r"\log\mathcal L", [r"\mathcal L"]),
        (r"\text{rest}\ \mathbf{1}", []),
        (r"x_1, \dots, \dot x", ["x_1", r"\dot x"]),
        (r"e^{-n_t/d}", ["n_", "t", "d", "e"]),
    ],
)
def test_symbols_are_letters_with_accent_and_index(tex, found):
    assert list(symbols(tex)) == found


def test_rows_are_read_from_both_tables():
    assert [heads(row) for row, _ in notation_rows(NOTATION)] == [["t"], [r"\alpha_", r"\sigma_"], ["v"]]
    assert notation_rows(NOTATION)[2] == ("$v(x, t)$", "velocity"), "an empty last column says nothing"
    assert own_rows("**Symbols here**:\n\n- $h,\\ u_*$: step\n  of time.\n- words\n") == [
        ("$h,\\ u_*$", "step of time.")
    ]
    assert said(r"$h,\ u_*$") == {"h", "u_*"}


def test_a_page_s_own_meaning_stands_in_place_of_the_common_one():
    document = page("v+t+h")
    put_symbols([document.children[0]], document, [("$v$", "a variance.")], notation_rows(NOTATION))
    listed = document.children[0].astext()
    assert "a variance." in listed
    assert "velocity" not in listed
    assert "diffusion time" in listed
    assert "coefficients" not in listed, "not used on the page"


def test_a_letter_that_nothing_explains_is_found():
    assert undeclared(page(r"\kappa v"), [], notation_rows(NOTATION)) == [r"\kappa"]
    assert undeclared(page(r"\kappa v"), [(r"$\kappa$", "a share.")], notation_rows(NOTATION)) == []


def test_a_row_shows_where_its_index_and_its_part_are():
    rows = [("$x_1$", "the far end"), (r"$\alpha_{s\vert t}$", "a transition"), (r"$\alpha_t$", "signal")]
    assert common(page(r"x_0+\alpha_s"), [], rows) == [(r"$\alpha_t$", "signal")]
    assert common(page(r"x_1+\alpha_{s \mid t}"), [], rows) == rows
    assert common(page(r"\alpha_t"), [(r"$\alpha_t$", "here a factor")], rows) == []
    assert rows_of("flowmaps", [("$s$", "*Flow maps*: a time"), ("$s$", "*Merging*: training time")]) == [
        ("$s$", "a time")
    ]
    rows = [(r"$p_t(x)$", "density"), (r"$\varepsilon$", "noise"), (r"$\varepsilon(x, t)$", "mean of the noise")]
    assert common(page(r"p_j+\varepsilon"), [(r"$p_j$", "shares")], rows) == rows[1:2]
    assert common(page(r"p_t+\varepsilon(x, s)"), [(r"$p_j$", "shares")], rows) == rows
