"""What the search page is given: the places of a page, their words, the names under which people know them."""

from __future__ import annotations

import json

import pytest
from fewsteps_book.plain_tex import plain
from fewsteps_book.search import Entry, anchors, entries, name_places, script
from fewsteps_book.search_text import tidy

PAGE = r"""
<section id="the-map"><span id="fl-top"></span><h1><span class="section-number">20. </span>The map<a class="headerlink"
 href="#the-map">#</a></h1>
<p class="fs-facts">9 minutes to read</p><p>A map <span class="math">\(\Phi_t\)</span> jumps.</p>
<details class="fs-symbols"><summary>symbols here</summary><p>hidden letters</p></details>
<section id="rule"><span id="fl-rule"></span><h2>The rule</h2>
<p>Two jumps (<em>here</em>) are one: <div class="math">\[a=b\]</div> always.</p>
<div class="proof theorem admonition" id="fl-semigroup"><p class="admonition-title"><span class="caption-number">Theorem
 20.1 </span> (Semigroup)</p><section class="theorem-content" id="proof-content">
<p>For <span class="math">\(s\le t\)</span>
 it holds.</p></section></div><p class="fs-checked"><a class="fs-id" href="#">FM-E8</a> · checked. <a class="fs-id"
 href="#">FM-E9</a></p>
<div class="proof admonition" id="proof"><p>Proof. Compose twice.</p></div>
<details class="fs-fold"><summary>code</summary><pre>secret_code()</pre></details>
<section id="deep"><h3>Deeper</h3><p>Third level.</p></section>
</section>
<section id="exercises"><h2>Exercises</h2>
<div class="exercise admonition" id="fl-ex-one"><p class="admonition-title"><span class="caption-number">Exercise 20.1
 </span> (Try it)</p><section id="exercise-content"><p>What lands?</p></section></div>
<details class="sd-dropdown"><summary>Hint</summary><p>the trick</p></details>
<div class="solution admonition" id="fl-sol-one"><p>the answer</p></div></section>
</section>
"""


@pytest.fixture
def found():
    return {entry.anchor: entry for entry in entries("chapters/a/map", PAGE)}


def test_every_place_of_a_page_is_an_entry(found):
    assert {anchor: entry.kind for anchor, entry in found.items()} == {
        "": "page",
        "rule": "section",
        "deep": "section",
        "exercises": "section",
        "fl-semigroup": "box",
        "fl-ex-one": "exercise",
    }


def test_titles_are_whole_and_bare(found):
    assert found[""].title == "20. The map"
    assert found["fl-semigroup"].title == "Theorem 20.1 (Semigroup)"


def test_a_place_holds_its_own_words_only(found):
    assert found[""].text == "A map Φₜ jumps."
    assert found["fl-semigroup"].text == "For s ≤ t it holds."
    assert found["deep"].text == "Third level."
    assert found["rule"].text == "Two jumps (here) are one: … always. Proof. Compose twice."


def test_code_checks_hints_and_answers_stay_out(found):
    words = " ".join(entry.text for entry in found.values())
    for word in ("secret", "trick", "answer", "minutes", "hidden", "checked"):
        assert word not in words


def test_a_box_carries_the_results_that_the_line_under_it_names(found):
    assert found["fl-semigroup"].ids == ("FM-E8", "FM-E9")
    assert found["fl-ex-one"].ids == ()


def test_names_define_the_first_place_and_hint_at_the_others(found):
    method = {"name": "PSD", "others": ["halving"], "at": [["a/map", "fl-rule", "the rule"], ["a/map", "deep", "more"]]}
    name_places(list(found.values()), [method], {"chapters/a/map": anchors(PAGE)})
    assert found["rule"].names == ["PSD", "halving"]
    assert found["deep"].names == []
    assert found["deep"].also == ["PSD, halving: more"]


def test_a_term_gives_its_name_to_the_place_that_it_leads_to(found):
    says = '<dd><p>A jump, see <a href="../chapters/a/map.html#deep">there</a>.</p></dd>'
    terms = entries("book/glossary", f'<dl class="glossary"><dt id="term-hop">hop</dt>{says}</dl>')
    assert [(entry.kind, entry.title, entry.text) for entry in terms] == [("term", "hop", "A jump, see there.")]
    name_places([*found.values(), *terms], [], {})
    assert found["deep"].names == ["hop"]


def test_rows_of_the_ledger_and_objects_of_the_reference_are_found():
    cells = '<th>XX-1</th><td>A result<small class="fs-meta">Eq. 1</small></td><td>9</td>'
    ledger = f'<div class="fs-ledger"><table><tr id="row-x">{cells}</tr></table></div>'
    says = "<dd><p>Merge two steps.</p><p>More.</p></dd>"
    reference = f'<dl class="py function"><dt class="sig" id="fewsteps.merge">fewsteps.merge(a)</dt>{says}</dl>'
    assert entries("book/ledger", ledger)[0] == Entry("book/ledger", "row-x", "result", "A result", ids=("XX-1",))
    assert entries("r", reference)[0] == Entry("r", "fewsteps.merge", "code", "fewsteps.merge", "Merge two steps.")


def test_the_script_is_one_assignment_that_json_can_read(found):
    text = script(list(found.values()))
    assert text.startswith("window.fsSearchIndex = ")
    data = json.loads(text.removeprefix("window.fsSearchIndex = ").rstrip(";\n"))
    assert data["pages"] == [["chapters/a/map", "20. The map"]]
    assert len(data["entries"]) == len(found)


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\bar v_t\le\lambda^2", "v̄ₜ ≤ λ²"),
        (r"\Phi_{t\leftarrow r}(x)", "Φ_(t←r)(x)"),
        (r"\tfrac12", "1/2"),
        (r"\frac{1-\lambda}{1+\lambda}", "(1-λ)/(1+λ)"),
        (r"\frac{n_t'}{2n_t}", "(nₜ')/2nₜ"),
        (r"\sqrt{1-\alpha_t^2}", "√(1-αₜ²)"),
        (r"x_0\sim\mathcal N(0,\lambda)", "x₀ ~ N(0,λ)"),
        (r"\nabla\log p_t(x)", "∇log pₜ(x)"),
        (r"\hat{\mathbf x}^{\top}", "x̂⊤"),
        (r"e^{-\lambda t}", "e^(-λt)"),
    ],
)
def test_formulas_read_as_text(tex, text):
    assert plain(tex) == text


def test_gaps_before_signs_close():
    assert tidy("the map ( Lemma 2 ) , and\n so on .") == "the map (Lemma 2), and so on."
