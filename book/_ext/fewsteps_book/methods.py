"""Find your method: names that people know, and where the book has what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import yaml
from pybtex.database import parse_file  # type: ignore[import-untyped]
from pybtex.richtext import Text  # type: ignore[import-untyped]

from .boxes import Box
from .draw import Uri
from .ledger import Book
from .places import Place


@dataclass(frozen=True)
class Spot:
    """Where a method is found: page, anchor, and what one finds there."""

    doc: str
    anchor: str
    says: str


@dataclass(frozen=True)
class Method:
    """A method or paper: its name, its other names, its paper, its places, further results of the catalogue."""

    name: str
    others: tuple[str, ...]
    paper: str
    at: tuple[Spot, ...]
    ids: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return all names."""
        return (self.name, *self.others)


def load_methods(path: Path) -> list[Method]:
    """Read the methods; a name may stand once only."""
    entries = yaml.safe_load(path.read_text(encoding="utf8"))
    found = [
        Method(
            entry["name"],
            tuple(entry.get("others", ())),
            entry["paper"],
            tuple(Spot(f"chapters/{page}", anchor, says) for page, anchor, says in entry["at"]),
            tuple(entry.get("ids", ())),
        )
        for entry in entries
    ]
    names = [method.name for method in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{path.name}: named more than once: {twice}")
    return found


def aliases(methods: Iterable[Method], boxes: Iterable[Box]) -> dict[str, list[str]]:
    """Return for every result of the catalogue the names under which people know it.

    A method's names go to the results that the boxes of its places state.

    Examples
    --------
    >>> box = Box("chapters/a/b", "xx-one", ("XX-1",), ())
    >>> aliases([Method("DDIM", ("sampler",), "key", (Spot("chapters/a/b", "xx-one", "the step"),))], [box])
    {'XX-1': ['DDIM', 'sampler']}
    """
    stated = {(box.doc, box.label): box.ids for box in boxes}
    found: dict[str, list[str]] = {}
    for method in methods:
        ids = [name for spot in method.at for name in stated.get((spot.doc, spot.anchor), ())]
        for name in dict.fromkeys([*ids, *method.ids]):
            mine = found.setdefault(name, [])
            mine += [each for each in method.names if each not in mine]
    return found


def load_citations(path: Path) -> dict[str, str]:
    """Read the bibliography: authors and year of every paper, in short."""
    return told_apart({key: short(entry) for key, entry in parse_file(str(path), bib_format="bibtex").entries.items()})


def told_apart(papers: Mapping[str, str]) -> dict[str, str]:
    """Give papers of the same authors and year a letter each.

    Examples
    --------
    >>> told_apart({"x": "Song et al. 2021", "y": "Ho et al. 2020", "z": "Song et al. 2021"})
    {'x': 'Song et al. 2021a', 'y': 'Ho et al. 2020', 'z': 'Song et al. 2021b'}
    """
    same: dict[str, list[str]] = {}
    for key, words in papers.items():
        same.setdefault(words, []).append(key)
    return {
        key: words + ("abcdefgh"[same[words].index(key)] if len(same[words]) > 1 else "")
        for key, words in papers.items()
    }


def short(entry: Any) -> str:
    """Return authors and year of a paper."""
    names = [plain(" ".join(person.last_names)) for person in entry.persons["author"]]
    who = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
    return f"{who} {entry.fields['year']}"


def plain(words: str) -> str:
    """Return words of a bibliography without the marks of TeX that it uses."""
    return str(Text.from_latex(words))


def spot_line(spot: Spot, places: Mapping[tuple[str, str], Place], titles: Mapping[str, str], uri: Uri) -> str:
    """Return one place: the link, the page, what is found there."""
    place = places.get((spot.doc, spot.anchor))
    name = place.name if place else spot.anchor
    page = escape(titles.get(spot.doc, spot.doc))
    link = f'<a class="reference internal" href="{escape(uri(spot.doc))}#{escape(spot.anchor)}">{escape(name)}</a>'
    return f'<li>{escape(spot.says)}: {link} <span class="fs-meta">{page}</span></li>'


def methods(book: Book, uri: Uri, about: str = "") -> str:
    """Return the table of methods; what it says of a place is a link to it."""
    rows = []
    for method in sorted(book.methods, key=lambda method: method.name.lower()):
        lines = "".join(spot_line(spot, book.places, book.titles, uri) for spot in method.at)
        others = f'<br><span class="fs-meta">{escape(", ".join(method.others))}</span>' if method.others else ""
        paper = escape(book.citations.get(method.paper, method.paper))
        rows.append(
            f'<tr data-filter><th scope="row">{escape(method.name)}{others}</th><td>{paper}</td>'
            f"<td><ul>{lines}</ul></td></tr>"
        )
    return (
        '<div class="fs-filtered" data-what="methods"><table class="table fs-methods"><thead><tr>'
        '<th scope="col">Method, and its other names</th><th scope="col">Paper</th>'
        f'<th scope="col">What you find, and where</th></tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def sources(book: Book, uri: Uri, about: str = "") -> str:
    """Return the sources that the book goes through result by result."""
    found = {source.key: source for source in book.sources}
    lines = []
    for source in found.values():
        paper = book.citations.get(source.bib, source.bib)
        lines.append(
            f'<li><cite>{escape(source.title)}</cite> <span class="fs-meta">{escape(paper)} · {source.key}</span></li>'
        )
    return f'<ul class="fs-sources">{"".join(lines)}</ul>'
