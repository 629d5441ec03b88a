"""The ways through the book: prerequisites read from pages, maps, routes, methods, minutes, citations."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest
import yaml
from docutils import nodes
from docutils.utils import new_document
from fewsteps_book import cite, finish, graph, indices, methods, previews, specimens, tour, ways, words
from fewsteps_book.boxes import Box as Stated
from fewsteps_book.graph import Box, reduced, svg
from fewsteps_book.ledger import Book
from fewsteps_book.places import BOX, Place
from fewsteps_book.tour import Part, Stop, between, needs_of, promise_of

ROOT = Path(__file__).resolve().parents[2]


def part(name: str, *stops: Stop) -> Part:
    return Part(f"chapters/{name}/index", "1", name, stops)


def stop(doc: str, *needs: str) -> Stop:
    return Stop(f"chapters/{doc}", "1.1", doc, tuple(f"chapters/{need}" for need in needs), "A promise.")


def uri(doc: str) -> str:
    return f"../{doc}.html"


@pytest.mark.parametrize(
    "module", [cite, finish, graph, indices, methods, tour, words], ids=lambda module: module.__name__
)
def test_the_examples_of_the_docstrings_run(module) -> None:
    found = doctest.testmod(module)
    assert found.failed == 0


def test_prerequisites_end_where_the_sources_begin() -> None:
    text = (
        "**Prerequisites:** the gains of {doc}`the teacher <one>`, {doc}`/chapters/b/two`.\n**Sources:** {doc}`three`."
    )
    assert needs_of(text, "chapters/a/page") == ("chapters/a/one", "chapters/b/two")
    assert needs_of("No such paragraph. {doc}`one`", "chapters/a/page") == ()


def test_pages_outside_the_chapters_are_no_prerequisites() -> None:
    assert needs_of("**Prerequisites:** {doc}`/book/notation`.", "chapters/a/page") == ()


def test_a_promise_is_one_sentence_of_the_first_paragraph() -> None:
    assert promise_of("(x)=\n# Title\n\nIs it so?\nIt is.\n\nMore.") == "Is it so?"
    assert promise_of("no title") == ""


def test_an_edge_that_a_longer_way_says_is_left_out() -> None:
    assert reduced({"a": [], "b": ["a"], "c": ["b"], "d": ["a", "b", "c"]})["d"] == ["c"]


def test_every_box_stands_below_what_it_needs_and_rows_stay_narrow() -> None:
    needs = {name: ["root"] if name != "root" else [] for name in ("root", *"abcde")}
    rows = graph.depths(needs)
    assert all(rows[name] > rows["root"] for name in "abcde")
    assert max(list(rows.values()).count(row) for row in rows.values()) <= graph.MOST


def test_the_boxes_of_a_graph_do_not_overlap() -> None:
    names = "abcdefgh"
    needs = {name: list(names[max(i - 3, 0) : i : 2]) for i, name in enumerate(names)}
    drawn = svg({name: Box(f"Page {name}", f"{name}.html") for name in names}, needs, "a map")
    frames = [tuple(map(float, found)) for found in re.findall(r'<rect x="([-\d.]+)" y="([-\d.]+)"', drawn)]
    assert len(frames) == len(names)
    for i, (x, y) in enumerate(frames):
        for other_x, other_y in frames[:i]:
            assert abs(x - other_x) >= graph.WIDE or abs(y - other_y) >= graph.HIGH


def test_a_graph_escapes_its_words_and_names_itself() -> None:
    drawn = svg({"a": Box("One < two", "a.html?x&y")}, {}, 'The "map"')
    assert "One &lt; two" in drawn
    assert 'aria-label="The &quot;map&quot;"' in drawn
    assert 'href="a.html?x&amp;y"' in drawn


def test_parts_depend_on_parts_before_them_only() -> None:
    first, second = part("a", stop("a/one", "b/two")), part("b", stop("b/two", "a/one"))
    assert between([first, second]) == {first.doc: {}, second.doc: {first.doc: ["chapters/a/one"]}}


def test_a_part_that_uses_one_page_of_another_is_not_drawn_below_it() -> None:
    first = part("a", stop("a/one"), stop("a/two"))
    loose, tied = part("b", stop("b/x", "a/one")), part("c", stop("c/y", "a/one", "a/two"))
    html = ways.parts_map(Book([], [], {}, {}, [], [], parts=[first, loose, tied]), uri)
    assert html.count("<path") == 1
    assert "is used in <em>b</em> as well" in html


def test_a_route_names_pages_that_exist_and_in_order() -> None:
    parts = [part("a", stop("a/one"), stop("a/two", "a/one"))]
    good, late, lost = (
        ways.Route(name, name, "", (ways.Leg("", tuple(f"chapters/a/{page}" for page in pages)),))
        for name, pages in (("good", ["one", "two"]), ("late", ["two", "one"]), ("lost", ["three"]))
    )
    assert list(ways.lost([good], parts)) == []
    assert "stands before chapters/a/one" in next(ways.lost([late], parts))
    assert "no page chapters/a/three" in next(ways.lost([lost], parts))


def test_a_parts_page_links_its_pages_and_leaves_room_for_minutes() -> None:
    here = part("a", stop("a/one"), stop("a/two", "a/one", "b/other"))
    book = Book([], [], {}, {}, [], [], parts=[here, part("b", stop("b/other"))])
    html = finish.with_minutes(ways.part(book, uri, "a"), {"chapters/a/one": 50, "chapters/a/two": 40})
    assert "2 pages" in html
    assert "1½ hours" in html
    assert html.count('href="../chapters/a/two.html"') == 2  # map and list
    assert "From other parts it uses" in html


def test_minutes_of_pages_that_were_not_measured_count_nothing() -> None:
    assert finish.with_minutes(ways.minutes(["a", "b"]), {"a": 12}) == '<span class="fs-minutes">12 min</span>'


def test_a_name_of_a_method_goes_to_the_results_of_its_boxes() -> None:
    spots = (methods.Spot("p", "box", "it"), methods.Spot("p", "section", "its letters"))
    found = methods.aliases(
        [methods.Method("MeanFlow", ("mean flow",), "key", spots, ("XX-3",))],
        [Stated("p", "box", ("XX-1", "XX-2"), ())],
    )
    assert found == {name: ["MeanFlow", "mean flow"] for name in ("XX-1", "XX-2", "XX-3")}


def test_a_method_stands_once(tmp_path: Path) -> None:
    entry = {"name": "DDIM", "paper": "key", "at": [["a/b", "c", "it"]]}
    (tmp_path / "methods.yml").write_text(yaml.safe_dump([entry, entry]))
    with pytest.raises(ValueError, match="more than once"):
        methods.load_methods(tmp_path / "methods.yml")


def test_the_bibliography_is_read_without_tex() -> None:
    citations = methods.load_citations(ROOT / "book/references.bib")
    assert citations["hyvarinen2005score"] == "Hyvärinen 2005"
    assert citations["lipman2023flow"] == "Lipman et al. 2023"
    assert (citations["song2021ddim"], citations["song2021sde"]) == ("Song et al. 2021a", "Song et al. 2021b")
    assert len(set(citations.values())) == len(citations)
    assert not [words for words in citations.values() if "\\" in words or "{" in words]


def test_boxes_are_found_with_title_and_options() -> None:
    text = ":::{prf:theorem} One shot\n:label: a-b\n\nIt holds.\n:::\n\n"
    text += "```{exercise} Two (5 minutes)\n:label: a-ex\n\nDo.\n```"
    assert [found[:2] for found in BOX.findall(text)] == [("theorem", "One shot"), ("exercise", "Two (5 minutes)")]


def test_the_index_sorts_without_articles_and_joins_what_has_one_name() -> None:
    places = {
        ("p", "one"): Place("p", "one", "theorem", "1.1.1", "The probability flow"),
        ("p", "two"): Place("p", "two", "lemma", "1.1.2", "A jump"),
    }
    book = Book([], [], {}, {}, [], [], places=places, terms={"probability flow": "term-probability-flow"})
    html = indices.terms(book, uri)
    assert html.index("A jump") < html.index("probability flow")
    assert html.count("<li") == 2
    assert "#term-probability-flow" in html
    assert "Theorem 1.1.1" in html


def test_the_index_of_symbols_goes_by_letters() -> None:
    here = part("a", stop("a/one"))
    book = Book([], [], {}, {}, [], [], [("$v$", "velocity")], parts=[here], own={"chapters/a/one": [("$h$", "step")]})
    html = indices.symbols(book, uri)
    assert html.index("step") < html.index("velocity")
    assert "every page" in html


def test_the_edition_is_read_from_the_citation_file(tmp_path: Path) -> None:
    (tmp_path / "CITATION.cff").write_text(
        'title: "A book: on things"\nauthors: [{name: The authors}]\nversion: 1.2.0\nrepository-code: https://x.invalid/y\n'
    )
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## Unreleased\n\n## 1.2.0 (2026-05-04)\n\n## 1.1.0 (2025-01-01)\n"
    )
    edition = cite.load_edition(tmp_path)
    assert edition.said == "Version 1.2.0, 2026-05-04"
    assert edition.bibtex.startswith("@misc{abook2026,")
    assert "author  = {{The authors}}" in edition.bibtex


def test_an_edition_without_a_date_says_none(tmp_path: Path) -> None:
    (tmp_path / "CITATION.cff").write_text(
        "title: A\nauthors: [{name: B}]\nversion: 0.1.0\nrepository-code: https://x.invalid\n"
    )
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n")
    edition = cite.load_edition(tmp_path)
    assert edition.said == "Version 0.1.0"
    assert "year" not in edition.bibtex


def test_the_books_own_citation_has_what_a_citation_needs() -> None:
    edition = cite.load_edition(ROOT)
    assert edition.authors
    assert edition.url.startswith("https://")


def paragraphs(*texts: str) -> nodes.document:
    document = new_document("page")
    section = nodes.section()
    section += [nodes.paragraph("", text) for text in texts]
    document += section
    return document


def test_the_first_mention_of_a_word_leads_to_the_glossary() -> None:
    document = paragraphs("Two flow maps, a map.", "A flow map again; its slope.", "JVP, not jvp.")
    terms = {"flow map": "term-flow-map", "slope": "term-slope", "JVP": "term-JVP"}
    texts = [node for node in document.findall(nodes.Text) if words.plain(node)]
    assert words.link_first(texts, terms, "../g.html") == 3
    links = [(link.astext(), link["refuri"]) for link in document.findall(nodes.reference)]
    assert links == [
        ("flow maps", "../g.html#term-flow-map"),
        ("slope", "../g.html#term-slope"),
        ("JVP", "../g.html#term-JVP"),
    ]
    assert document.astext() == "Two flow maps, a map.\n\nA flow map again; its slope.\n\nJVP, not jvp."


def test_links_boxes_and_words_set_apart_are_left_alone() -> None:
    document = paragraphs("flow")
    section = document[0]
    section += nodes.paragraph("", "", nodes.emphasis("", "score"))
    section += nodes.title("", "velocity")
    box = nodes.admonition("", nodes.section("", nodes.paragraph("", "gain")))
    section += box
    assert [node.astext() for node in document.findall(nodes.Text) if words.plain(node)] == ["flow"]


def test_pointing_at_a_word_of_the_glossary_shows_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    body = '<dl class="glossary"><dt id="term-gain">gain</dt><dd><p>A number.</p></dd></dl>'
    monkeypatch.setattr(previews, "bodies", {"book/glossary": body})
    shown = dict(previews.previews({"book/glossary.html#term-gain"}))["book/glossary.html#term-gain"]
    assert "gain" in shown
    assert "A number." in shown


def test_the_meanings_of_the_index_of_symbols_are_plain_text() -> None:
    line = indices.symbol_line(("$B$", r"bend, $\partial_t\bar v-\nabla\bar v$"), ["here"])
    assert "bend, ∂ₜv̄-∇v̄" in line
    assert "$B$" in line


def test_a_specimens_links_lead_where_they_did() -> None:
    piece = '<p id="x"><a href="#fold-1">show</a><a href="../../book/ledger.html#row-a">A</a><a href="https://x.y/">B</a></p>'
    moved = specimens.moved(piece, "chapters/a/b.html", "book/how.html")
    assert re.findall(r'href="([^"]*)"', moved) == ["../chapters/a/b.html#fold-1", "ledger.html#row-a", "https://x.y/"]
    assert "id=" not in moved
