"""Headlines: what a page says of a published claim, and the table that a part's landing page draws of them."""

import numpy as np
import pytest
from fewsteps_book.headlines import headlines
from fewsteps_book.ledger import Book
from fewsteps_book.records import Record
from fewsteps_book.tour import Part, Stop

from fewsteps.evidence import headline

GIVEN = {"published": "1", "here": "2", "reproduced": True}


@pytest.mark.parametrize(
    ("reproduced", "better", "words"),
    [
        (True, True, "Reproduced, and better."),
        (np.True_, np.False_, "Reproduced, not better."),
        (False, None, "Not reproduced."),
    ],
)
def test_the_verdict_says_what_the_numbers_gave(capsys, reproduced, better, words):
    headline("GR-XF3", "a claim", published="1", here="2", reproduced=reproduced, better=better)
    assert capsys.readouterr().out.strip().endswith(words)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"published": " "}, "published must not be empty"),
        ({"here": ""}, "here must not be empty"),
        ({"reproduced": "yes"}, "reproduced must be a bool"),
        ({"better": 1}, "better must be a bool"),
        ({"claim": ""}, "claim must not be empty"),
    ],
)
def test_what_a_headline_refuses(changes, words):
    with pytest.raises((TypeError, ValueError), match=words):
        headline("GR-XF3", **({"claim": "a claim"} | GIVEN | changes))


def row(doc, claim, **changes):
    return Record(doc, ("GR-XF3",), "headline", "ev-1", claim=claim, **({"verdict": "reproduced"} | changes))


def test_the_table_follows_the_pages_and_keeps_to_its_part():
    stops = tuple(Stop(f"chapters/a/{name}", "", name, ()) for name in ("one", "two"))
    book = Book(
        [],
        [
            row("chapters/a/two", "second <claim>", note="why"),
            row("chapters/a/one", "first claim"),
            row("chapters/b/one", "of another part"),
            Record("chapters/a/one", ("GR-XF3",), "verified", "ev-2"),
        ],
        {"chapters/a/one": "Page one"},
        {},
        [],
        [],
        parts=[Part("chapters/a/index", "1", "A", stops)],
    )
    drawn = headlines(book, lambda doc: f"../{doc}.html", "a")
    assert drawn.index("first claim") < drawn.index("second &lt;claim&gt;")
    assert "another part" not in drawn
    assert '<a href="../chapters/a/one.html#ev-1">Page one</a>' in drawn
    assert "why" in drawn
