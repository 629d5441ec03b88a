"""The two layers of a built page: what the line under a box says, what a fold is called, how a chain is set."""

from __future__ import annotations

from dataclasses import replace

import pytest
from docutils import nodes
from docutils.utils import new_document
from fewsteps_book.pages import measure, words_of
from fewsteps_book.parts import fold, formula_of, lines, sides
from fewsteps_book.records import Record
from fewsteps_book.summaries import brief, evidence_line, fold_label

DERIVED = Record("chapters/p/q", ("OM-E1",), "derived", "ev-om-e1-1", mistake="lost alpha", tex="a=b")
CHECKED = Record("chapters/p/q", ("OM-E1",), "verified", "ev-om-e1-2", against="quadrature: adaptive", error=2e-14)
BOUND = Record("chapters/p/q", ("OM-E1",), "bounded", "ev-om-e1-3", against="random plans", mistake="lost alpha")


def test_line_under_a_box_counts_and_links():
    line = evidence_line([DERIVED, CHECKED, BOUND], "OM-E1 · source: Eq. (1).", lambda name: f"led#{name}", "fold-2")
    assert "Checked: 1 derivation, 2 numerical checks; 1 mistake rejected." in line  # the same one twice
    for part in ('href="led#OM-E1"', 'href="#fold-2"', "Eq. (1)."):
        assert part in line


def test_a_box_without_evidence_promises_none():
    line = evidence_line([], "OM-E1 · source: Eq. (1).", lambda name: name, "")
    assert "Checked" not in line
    assert "show" not in line


@pytest.mark.parametrize(
    ("records", "draws", "said"),
    [
        ([DERIVED], False, "sympy, 1 derivation"),
        ([CHECKED], False, "check: quadrature"),
        ([DERIVED, CHECKED, BOUND], True, "sympy, 1 derivation · 2 checks: quadrature and 1 more · drawing"),
        ([], True, "drawing"),
        ([], False, "code"),
    ],
)
def test_a_fold_says_what_is_inside(records, draws, said):
    assert said in fold_label(records, draws=draws, solves=False)


def test_a_long_method_is_cut_between_words():
    words = brief("the mean of forty thousand seeded runs of the sampler on a grid of two hundred and fifty steps")
    assert words.endswith(" …")
    assert len(words) <= 72


@pytest.mark.parametrize(
    ("tex", "parts"),
    [
        ("a=b=c", 3),
        (r"a=b,\quad c=d", 1),
        (r"f(a,b)=c=d", 3),
        (r"a=b\le c=d", 1),
        (r"f(a=b)=c", 2),
        (r"\left\{a=b\right\}=\sum_{k=1}^n c", 2),
        (r"a\le b", 1),
    ],
)
def test_a_chain_is_split_at_its_own_signs_of_equality(tex, parts):
    assert len(sides(tex)) == parts


def test_a_chain_of_three_sides_stands_on_lines_of_its_own():
    assert lines("a=b=c").count("&=") == 2
    assert lines("a=b") == "a=b"
    assert lines(r"\begin{cases}a&=b=c\end{cases}") == r"\begin{cases}a&=b=c\end{cases}"


@pytest.mark.parametrize("case", ["one coordinate", None])
def test_a_formula_in_sight_says_for_which_case_it_was_checked(case):
    record = replace(DERIVED, case=case)
    mark = nodes.raw("", f'<div class="fs-evidence fs-derived" id="{record.anchor}"></div>', format="html")
    formula, *words = formula_of(nodes.container("", mark), {record.anchor: record})
    assert formula.astext() == "a=b"
    assert [node.astext().count("one coordinate") for node in words] == ([1] if case else [])


def test_folds_and_solutions_count_for_nothing():
    document = new_document("page")
    hidden = fold(label="code")
    hidden += nodes.paragraph("", "not one of these")
    solution = nodes.container(classes=["solution"])
    solution += nodes.paragraph("", "nor these")
    document += [nodes.paragraph("", "Three plain words", nodes.math("", "x")), hidden, solution]
    assert words_of(document) == 4
    page = measure(document, "chapters/part/slug", "Title", 3.2)
    assert (page.words, page.part, page.results, page.open_code_cells) == (4, "part", 0, 0)
