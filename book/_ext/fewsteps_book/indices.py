"""The indices: names and terms, symbols, and results with their titles; all drawn from the pages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby

from .draw import Uri, text
from .ledger import Book
from .places import Place
from .plain_tex import plain
from .symbols import Line, heads, letter, without_links
from .tour import Stop

FORMULA, COMMAND = re.compile(r"\$([^$]+)\$"), re.compile(r"(\\[A-Za-z]+)(?=\\)")
ARTICLE = re.compile(r"^(?:the|a|an)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Name:
    """An entry of the index of names: the words, where they lead, and what is there."""

    words: str
    doc: str
    anchor: str
    what: str


def sorting(words: str) -> str:
    """Return what words are sorted by: no article, no accents, no formulas' signs.

    Examples
    --------
    >>> sorting("The Émigré"), sorting("A plan"), sorting("ζ-family")
    ('emigre', 'plan', 'zeta-family')
    """
    bare = words.replace("ζ", "zeta")
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", bare) if not unicodedata.combining(sign))
    return ARTICLE.sub("", re.sub(r"[^\w\s-]", "", bare)).lower().strip()


def names(book: Book) -> Iterator[Name]:
    """Yield all names: terms of the glossary, methods with their other names, titles of boxes."""
    for term, anchor in book.terms.items():
        yield Name(term, "book/glossary", anchor, "glossary")
    for method in book.methods:
        for words in method.names:
            for spot in method.at[:1] if words != method.name else method.at:
                place = book.places.get((spot.doc, spot.anchor))
                yield Name(words, spot.doc, spot.anchor, place.name if place else book.titles.get(spot.doc, spot.doc))
    for place in book.places.values():
        if place.number and place.title and place.kind != "exercise":
            yield Name(place.title, place.doc, place.anchor, place.name)


def entry(words: str, found: Iterable[Name], uri: Uri) -> str:
    """Return one entry: the words, and every place once."""
    once = {(name.doc, name.anchor): name for name in found}
    links = ", ".join(
        f'<a class="reference internal" href="{escape(uri(name.doc))}#{escape(name.anchor)}">{escape(name.what)}</a>'
        for name in once.values()
    )
    return f"<li data-filter>{text(words)}: {links}</li>"


def terms(book: Book, uri: Uri, about: str = "") -> str:
    """Return the index of names and terms, by letter."""
    ordered = sorted(names(book), key=lambda name: (sorting(name.words), name.what != "glossary"))
    letters = [
        (initial, "".join(entries(group, uri)))
        for initial, group in groupby(ordered, key=lambda name: sorting(name.words)[:1].upper())
    ]
    jumps = " ".join(f'<a href="#names-{initial.lower()}">{initial}</a>' for initial, _ in letters)
    sections = "".join(
        f'<section id="names-{initial.lower()}"><h2>{initial}</h2><ul class="fs-names">{lines}</ul></section>'
        for initial, lines in letters
    )
    return f'<p class="fs-letters">{jumps}</p><div class="fs-filtered" data-what="names">{sections}</div>'


def entries(group: Iterable[Name], uri: Uri) -> Iterator[str]:
    """Yield the entries of a letter; the same words stand once."""
    for _, same in groupby(group, key=lambda name: sorting(name.words)):
        found = list(same)
        yield entry(found[0].words, found, uri)


def key_of(symbol: str) -> tuple[str, str]:
    r"""Return what a symbol is sorted by: its letter, then the symbol.

    Examples
    --------
    >>> sorted(["$v_t$", r"$\alpha_t$", "$A_t$"], key=key_of)
    ['$A_t$', '$\\alpha_t$', '$v_t$']
    """
    head = next(iter(heads(symbol)), symbol)
    bare = letter(head).replace("\\", "").replace("math", "")
    return (re.sub(r"^(?:cal|bb|bf|frak) ?", "", bare).lower(), symbol)


def symbol_line(row: Line, places: Iterable[str]) -> str:
    """Return one line of the index of symbols; only the symbol is typeset, for there are hundreds of lines."""
    symbol, meaning = row
    words = FORMULA.sub(lambda formula: plain(COMMAND.sub(r"\1 ", formula[1])), without_links(meaning))
    cells = f"<td>{escape(words)}</td><td>{', '.join(places)}</td>"
    return f'<tr data-filter><th scope="row">{text(symbol)}</th>{cells}</tr>'


def gathered(book: Book, uri: Uri) -> dict[Line, list[str]]:
    """Return every symbol and meaning with links to where it holds."""
    rows: dict[Line, list[str]] = {}
    for row in book.notation:
        rows.setdefault(row, []).append(f'<a href="{escape(uri("book/notation"))}">every page</a>')
    for stop in (stop for part in book.parts for stop in part.stops):
        for symbol, meaning in book.own.get(stop.doc, []):
            rows.setdefault((symbol, meaning.removeprefix("here ")), []).append(heading(stop, uri))
    return rows


def symbols(book: Book, uri: Uri, about: str = "") -> str:
    """Return the index of symbols: those of the notation page, and those that single pages declare."""
    ordered = sorted(gathered(book, uri).items(), key=lambda found: key_of(found[0][0]))
    lines = "".join(symbol_line(row, places) for row, places in ordered)
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Symbol", "Meaning", "Where"))
    return (
        '<div class="fs-filtered" data-what="symbols"><div class="fs-scroll"><table class="table fs-symbol-index">'
        f"<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div></div>"
    )


def result_line(place: Place, uri: Uri) -> str:
    """Return one box or exercise of the index of results."""
    link = f'<a class="reference internal" href="{escape(uri(place.doc))}#{escape(place.anchor)}">{place.name}</a>'
    return f'<li data-filter data-kind="{place.kind}">{link} <span>{text(place.title)}</span></li>'


def results(book: Book, uri: Uri, about: str = "") -> str:
    """Return every box and exercise with its title, page by page."""
    sections = []
    for stop in (stop for part in book.parts for stop in part.stops):
        mine = [place for place in book.places.values() if place.doc == stop.doc and place.number]
        lines = "".join(result_line(place, uri) for place in mine)
        sections.append(f"<section><h2>{heading(stop, uri)}</h2><ul class='fs-results'>{lines}</ul></section>")
    return f'<div class="fs-filtered" data-what="results">{"".join(sections)}</div>'


def heading(stop: Stop, uri: Uri) -> str:
    """Return a page's name as a link."""
    return f'<a href="{escape(uri(stop.doc))}">{escape(stop.name)}</a>'
