"""Exercises that answer: what is read, what is right, what is named (tests/book compares the data with the pages)."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from fractions import Fraction
from itertools import count, cycle
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from docutils import nodes
from fewsteps_book import answers

from fewsteps.exercises import Result, check, hint
from fewsteps.exercises.entries import entries, find, letters_of, read
from fewsteps.exercises.floats import number, value
from fewsteps.exercises.formulas import differs, formula, proven
from fewsteps.exercises.grammar import LONGEST, UnreadableError, parse
from fewsteps.exercises.letters import letter

CASES = json.loads((Path(__file__).with_name("exercise_numbers.json")).read_text(encoding="utf8"))

every = pytest.mark.parametrize(
    "label", [pytest.param(label, id=f"{entry.page}-{label}") for label, entry in entries().items()]
)


# ------------------------------------------------------------------------------------------- answers in the data


@every
def test_a_stored_answer_passes_its_own_check(label: str) -> None:
    entry = find(label)
    answer = called(entry, entry.answer) if entry.kind == "function" else entry.answer
    result = check(label, answer)
    assert result, result
    assert result.right is True
    assert repr(result).startswith("Right")


@every
def test_every_listed_mistake_is_turned_down_and_named(label: str) -> None:
    entry = find(label)
    for mistake in entry.mistakes:
        answer = called(entry, mistake.answer) if entry.kind == "function" else mistake.answer
        result = check(label, answer)
        assert not result
        assert repr(result) == f"Not yet. {mistake.says}"


@every
def test_what_is_said_is_plain_and_closes_its_formulas(label: str) -> None:
    """The book typesets TeX between dollars and nothing else; each text ends as a sentence does."""
    entry = find(label)
    for text in [entry.asks, entry.right, *entry.hints, *entry.options, *(mistake.says for mistake in entry.mistakes)]:
        assert text.count("$") % 2 == 0, text
        assert not re.search(r"\*\*|\{(doc|eq|ref|prf:ref)\}|\]\(", text), text
    for text in [entry.asks, *entry.hints, *(mistake.says for mistake in entry.mistakes)]:
        assert re.search(r"[.?!]$", text), text
    if entry.kind == "choice":
        assert {mistake.answer for mistake in entry.mistakes} == set(letters_of(entry.options)) - {entry.answer}


def called(entry, expression):
    tree = parse(expression)
    return lambda *values: value(tree, dict(zip(entry.letters, map(float, values), strict=True)))


# ------------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize(("text", "meant"), CASES, ids=[f"{place}" for place, _ in enumerate(CASES)])
def test_numbers_are_read_as_in_the_built_book(text: str, meant: float | str) -> None:
    """The same list is read by the script of the built book (tests/book/fields.mjs)."""
    if isinstance(meant, str):
        with pytest.raises(UnreadableError) as problem:
            number(text)
        assert str(problem.value) == meant
    else:
        assert number(text) == pytest.approx(meant, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("text", ["__import__('os').system('x')", "().__class__", "lam.diff", "exec(1)", "a;b", "f'x'"])
def test_nothing_that_is_typed_is_run(text: str) -> None:
    with pytest.raises(UnreadableError):
        formula(text, {"lam": letter("lam", "positive")})


def test_long_texts_and_high_powers_are_refused_at_once() -> None:
    with pytest.raises(UnreadableError, match="longer than"):
        parse("1" * (LONGEST + 1))
    with pytest.raises(UnreadableError, match="exponent is too large"):
        formula("9^9^9^9", {"x": letter("x", "real")})


# ------------------------------------------------------------------------------------------- kinds of answers


@pytest.fixture
def asked(monkeypatch):
    """Take an entry of the test's own instead of the book's."""

    def put(**said):
        keys = {"kind": "number", "asks": "x.", "hints": ["think."], **said}
        text = "\n".join(f"{key} = {toml(each)}" for key, each in keys.items())
        table = read(f"[xx-ex-one]\n{text}", "page")
        monkeypatch.setattr("fewsteps.exercises.entries.entries", lambda: table)
        return lambda answer: check("xx-ex-one", answer)

    return put


def toml(each):
    if isinstance(each, dict):
        return "{" + ", ".join(f"{key} = {toml(part)}" for key, part in each.items()) + "}"
    return "[" + ", ".join(map(toml, each)) + "]" if isinstance(each, list) else json.dumps(each)


@pytest.mark.parametrize(
    "answer",
    [0.25, "1/4", Fraction(1, 4), sp.Rational(1, 4), np.float64(0.25), np.array([0.25]), [0.25], 0.25 + 0j, "2^-2"],
    ids=str,
)
def test_a_number_may_come_in_many_ways(asked, answer) -> None:
    assert asked(answer=0.25, rtol=1e-6)(answer)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (True, "truth value"),
        (float("nan"), "nan is no number"),
        (np.inf, "inf is no number"),
        ([1, 2], r"array of shape \(2,\)"),
        (1j, "is complex"),
        (sp.Symbol("lam") + 1, "put values for lam"),
        (None, "not a NoneType"),
        (abs, "not a"),
        ({"a": 1}, "not a dict"),
        ("two", "I do not know `two`"),
        (-0.25, "the sign is not"),
        (0.26, "close: the number is asked for to 1 %"),
        (3, "^Not yet. The number is asked for to 1 %.$"),
    ],
    ids=str,
)
def test_what_is_no_number_or_a_wrong_one_is_told(asked, answer, said) -> None:
    result = asked(answer=0.25, rtol=1e-2)(answer)
    assert not result
    assert re.search(said, repr(result))


def test_tolerances_hold_to_their_edge(asked) -> None:
    within = asked(answer=100, atol=1)
    assert within(101)
    assert not within(101.01)
    assert "to within 1" in repr(within(103))
    share = asked(answer=-100, rtol=0.01)
    assert share(-99)
    assert not share(-98.99)
    exact = asked(answer=3, atol=0)
    assert exact(3.0)
    assert not exact(3.0000001)


PLAIN = {"kind": "formula", "answer": "(x+1)^2", "symbols": {"x": "real"}}


@pytest.mark.parametrize("answer", ["x^2+2*x+1", "(1+x)*(x+1)", sp.expand((sp.Symbol("x") + 1) ** 2), "1+x*(x+2)"])
def test_a_formula_may_take_any_equal_form(asked, answer) -> None:
    assert repr(asked(**PLAIN)(answer)) == "Right."


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("x^2+1", r"At x = -?[\d.]+ yours gives [\d.]+, and another value is right"),
        ("y+1", "I do not know `y`: use x"),
        (sp.Symbol("y"), "I do not know `y`: use x"),
        ("2x", r"Write `\*` between `2` and `x`"),
        ("log(-1-x^2)", "no finite real value"),
        (2, "yours gives 2"),
        ([1], "not a list"),
        (True, "not a bool"),
        (sp.eye(2), "A formula is asked for"),
        ("sqrt(x, 2)", "`sqrt` takes one value"),
    ],
    ids=str,
)
def test_a_wrong_formula_is_told_where(asked, answer, said) -> None:
    result = asked(**PLAIN)(answer)
    assert not result
    assert re.search(said, repr(result))


def test_what_is_not_proven_says_so(asked, monkeypatch) -> None:
    monkeypatch.setattr("fewsteps.exercises.formulas.LARGEST", 0)
    one = asked(kind="formula", answer="sin(x)^2", symbols={"x": "real"})
    assert repr(one("1-cos(x)^2")) == "Right (compared at 12 seeded points, not proven)."
    assert not proven(sp.sin(sp.Symbol("x")) ** 2, 1 - sp.cos(sp.Symbol("x")) ** 2)


def test_letters_are_known_by_their_greek_names_and_without_underscores(asked) -> None:
    one = asked(kind="formula", answer="gamma_3*lam", symbols={"gamma_3": [0.0, 1.0], "lam": "positive"})
    for answer in ("γ₃·λ", "gamma3*lambda", "γ_3 lam".replace(" ", "*"), sp.Symbol("gamma_3") * sp.Symbol("lambda")):
        assert one(answer)


def test_a_letter_may_be_called_as_a_constant(asked) -> None:
    assert asked(kind="formula", answer="2*e", symbols={"e": "positive"})("e+e")


def test_points_are_seeded_and_inside_their_intervals() -> None:
    each = {"x": letter("x", [1, 3]), "y": letter("y", [0.5, 0.75])}
    first, again = (differs(sp.Symbol("x"), sp.Integer(9), each, "seed") for _ in range(2))
    assert first == again
    assert re.search(r"x = [123], y = 0\.[67567]", first)


CURVE = {"kind": "function", "answer": "sqrt(lam)*T", "symbols": {"lam": [0.1, 5.0], "T": [1, 8]}}


def test_a_function_is_called_with_its_arguments_in_order(asked) -> None:
    one = asked(**CURVE)
    assert one(lambda lam, T: lam**0.5 * T)
    assert one(lambda lam, T: np.array([np.sqrt(lam) * T]))
    assert re.search(r"At lam = [\d.]+, T = \d yours gives", repr(one(lambda lam, T: lam * T)))


def test_the_first_difference_is_named(asked) -> None:
    calls = count(1)
    late = asked(**CURVE)(lambda lam, T: lam**0.5 * T + (next(calls) == 7))
    seen = []
    asked(**CURVE)(lambda lam, T: seen.append((lam, T)) or 0.0)
    lam, T = seen[6]
    assert repr(late).startswith(f"Not yet. At lam = {lam:.4g}, T = {T} yours gives")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("sqrt(lam)*T", "A function of lam, T is asked for"),
        (lambda lam: lam, "Your function stops at lam = .* with TypeError"),
        (lambda lam, T: 1 / 0, "with ZeroDivisionError: division by zero"),
        (lambda lam, T: None, "does not give a number. A number is asked for, not a NoneType"),
        (lambda lam, T: float("nan"), "nan is no number"),
        (lambda lam, T: [lam, T], r"shape \(2,\)"),
    ],
    ids=["text", "arguments", "stops", "nothing", "nan", "pair"],
)
def test_what_is_no_such_function_is_told(asked, answer, said) -> None:
    result = asked(**CURVE)(answer)
    assert not result
    assert re.search(said, repr(result))


CHOICE = {
    "kind": "choice",
    "answer": "b",
    "options": ["one", "two", "three"],
    "mistakes": [{"answer": "a", "says": "No."}],
}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("b", "Right."),
        (" (B)", "Right."),
        ("a", "Not yet. No."),
        ("c", "Not yet."),
        ("d", "Choose one of a, b, c."),
        (2, "Choose"),
    ],
)
def test_a_choice_is_a_letter(asked, answer, said) -> None:
    result = asked(**CHOICE)(answer)
    assert repr(result).startswith(said)
    assert bool(result) == said.startswith("Right")


# ------------------------------------------------------------------------------------------- labels, hints, data


def test_a_label_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(ValueError, match=r"lt-ex-first, lt-ex-steps.*got 'lt-ex-frist'"):
        check("lt-ex-frist", 1)
    with pytest.raises(ValueError, match=r"begins with .*lt-\.\.\. \(linear-teacher\)"):
        hint("nonsense")
    with pytest.raises(TypeError, match="label must be a text"):
        hint(3)


def test_hints_come_one_after_the_other_and_begin_again() -> None:
    given = [repr(hint("mp-ex-read")) for _ in range(4)]
    assert given[0].startswith("Hint 1 of 2: Write the inner merge first")
    assert given[1].startswith("Hint 2 of 2")
    assert given[2].startswith("There are no more hints for mp-ex-read")
    assert given[3] == given[0]
    assert repr(hint("lt-ex-steps/2")).startswith("Hint 1 of 2")


def test_a_notebook_typesets_what_is_said() -> None:
    assert Result("x", True, "Right. $a$")._repr_markdown_() == "Right. $a$"
    assert hint("mp-ex-hurts")._repr_markdown_().startswith("Hint 1")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "essay"}, "kind must be one of"),
        ({"rtol": None}, "needs rtol or atol"),
        ({"atol": 1}, "needs rtol or atol"),
        ({"options": ["a"]}, "a number has no options"),
        ({"tolerance": 1}, "a number has no tolerance"),
        ({"asks": None}, "asks is missing"),
        ({"hints": []}, "hints is missing"),
        ({"answer": None}, "answer is missing"),
        ({"kind": "formula", "rtol": None}, "a formula needs symbols"),
        ({"kind": "formula", "rtol": None, "symbols": {"x": "odd"}}, "x must be one of real, positive, integer"),
        ({"kind": "formula", "rtol": None, "symbols": {"x": [2, 1]}}, "x must have low < high"),
        (
            {"kind": "choice", "rtol": None, "answer": "c", "options": ["x", "y"]},
            "answer must be the letter of an option",
        ),
        ({"mistakes": [{"answer": 1}]}, "a mistake has an answer and what it says"),
    ],
    ids=str,
)
def test_data_that_break_a_rule_are_refused(change, said) -> None:
    keys = {"kind": "number", "asks": "x.", "answer": 2, "rtol": 0.1, "hints": ["h."], **change}
    text = "\n".join(f"{key} = {toml(each)}" for key, each in keys.items() if each is not None)
    with pytest.raises(ValueError, match=r"page\.toml, xx-ex-one: .*" + said):
        read(f"[xx-ex-one]\n{text}", "page")


def test_a_file_that_is_no_toml_is_named() -> None:
    with pytest.raises(ValueError, match=r"page\.toml is not TOML"):
        read("[x", "page")


# ------------------------------------------------------------------------------------------- the built book


def exercise(label: str, *words: nodes.Node) -> tuple[nodes.Element, nodes.Element]:
    """A box as the build has it, with a Hint box below it."""
    first = [
        nodes.Text(""),
        nodes.strong("", "Hand in"),
        nodes.Text(" "),
        nodes.literal("", label),
        nodes.Text(": the number."),
    ]
    box = nodes.admonition("", nodes.paragraph("", "", *first), *words, classes=["exercise"], label=label)
    below = nodes.container("", nodes.paragraph("", "Hint"), design_component="dropdown")
    nodes.container("", box, below)
    return box, below


def decoded(html: str, label: str) -> dict[str, object]:
    """What the page's script makes of a form."""
    data = b64decode(re.search('data-known="([^"]+)"', html)[1])
    return json.loads(bytes(byte ^ key for byte, key in zip(data, cycle(label.encode()), strict=False)))


def test_a_number_becomes_a_form_below_its_words() -> None:
    box, _ = exercise("lt-ex-first")
    [(paragraph, label)] = list(answers.handed(box))
    answers.without_label(paragraph, label)
    answers.place_form(paragraph, find("lt-ex-first"))
    assert paragraph.astext() == "Hand in the number."
    html = box.children[1].astext()
    assert f'data-asks="{paragraph["ids"][0]}"' in html
    known = decoded(html, "lt-ex-first")
    assert known["answer"] == pytest.approx(np.sin(15 * np.pi / 32))
    assert known["said"]["right"].startswith("Right. $v_T")
    assert [says for _, says in known["mistakes"]] == [each.says for each in find("lt-ex-first").mistakes]


def test_a_choice_has_its_form_below_the_options() -> None:
    box, _ = exercise("lt-ex-singular", nodes.bullet_list())
    [(paragraph, label)] = list(answers.handed(box))
    answers.place_form(paragraph, find(label.astext()))
    assert "fs-options" in box.children[1]["classes"]
    assert decoded(box.children[2].astext(), "lt-ex-singular")["answer"] == "b"


def test_a_formula_shows_the_line_to_type_and_not_the_answer() -> None:
    html = answers.form(find("lt-ex-angles"))
    assert 'check("lt-ex-angles", "...")' in html
    assert "cos" not in html


def test_hints_after_the_first_lie_in_each_other() -> None:
    html = answers.further(("one $x$", "two `a<b`"))
    assert html.count("<details") == 2
    assert html.index("one $x$") < html.rindex("<summary>") < html.index("two <code>a&lt;b</code>")
    assert html.endswith("</p></details></details>")


def test_only_the_hint_box_of_the_same_exercise_is_taken() -> None:
    box, below = exercise("lt-ex-first")
    assert answers.hint_box(box) is below
    other = nodes.admonition("", classes=["exercise"], label="lt-ex-steps")
    box.parent.insert(1, other)
    assert answers.hint_box(box) is None


@pytest.mark.parametrize("words", ["Hand out", ""])
def test_other_paragraphs_stay_as_they_are(words) -> None:
    box = nodes.admonition(
        "", nodes.paragraph("", "", nodes.strong("", words), nodes.Text(" "), nodes.literal("", "x"))
    )
    assert list(answers.handed(box)) == []
