"""Ways through the book: the map of the parts, the pages of a part, and routes for readers who want one thing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import yaml

from .draw import Uri, text
from .graph import Box, svg
from .ledger import Book
from .symbols import without_links
from .tour import Part, Stop, between, stops_by_doc


@dataclass(frozen=True)
class Leg:
    """A stretch of a route: what it is about, and its pages."""

    about: str
    pages: tuple[str, ...]


@dataclass(frozen=True)
class Route:
    """A route: what a reader might say, where it leads, its stretches."""

    id: str
    title: str
    says: str
    legs: tuple[Leg, ...]

    @property
    def docs(self) -> list[str]:
        """Return the places of all pages in order."""
        return [doc for leg in self.legs for doc in leg.pages]


def load_routes(path: Path) -> list[Route]:
    """Read the routes."""
    return [route_of(entry) for entry in yaml.safe_load(path.read_text(encoding="utf8"))["routes"]]


def route_of(entry: dict[str, object]) -> Route:
    """Return one route; one without weeks is a single stretch."""
    weeks = entry.get("weeks") or [{"about": "", "pages": entry["pages"]}]
    legs = tuple(Leg(week["about"], tuple(f"chapters/{page}" for page in week["pages"])) for week in weeks)  # type: ignore[attr-defined]
    return Route(str(entry["id"]), str(entry["title"]), str(entry["says"]), legs)


def lost(routes: Iterable[Route], parts: Iterable[Part]) -> Iterator[str]:
    """Yield what is wrong with the routes: pages that the book does not have, pages before what they need."""
    stops = stops_by_doc(parts)
    for route in routes:
        for i, doc in enumerate(route.docs):
            if doc not in stops:
                yield f"book/routes.yml: {route.id}: there is no page {doc}"
                continue
            late = [need for need in stops[doc].needs if need in route.docs[i:]]
            if late:
                yield f"book/routes.yml: {route.id}: {doc} stands before {', '.join(late)}, which it needs"


def minutes(docs: Iterable[str], tag: str = "span") -> str:
    """Return a place for the minutes of some pages, which are known when all pages are written (see `finish`)."""
    return f'<{tag} class="fs-minutes" data-of="{" ".join(docs)}"></{tag}>'


def anchor(uri: Uri, stop: Stop, words: str = "") -> str:
    """Return a link to a page."""
    return f'<a class="reference internal" href="{escape(uri(stop.doc))}">{escape(words or stop.name)}</a>'


def numbers(docs: Sequence[str], stops: dict[str, Stop], uri: Uri) -> str:
    """Return pages by their numbers, each a link that says the whole name."""
    found = [stops[doc] for doc in docs if doc in stops]
    return ", ".join(
        f'<a href="{escape(uri(stop.doc))}" aria-label="{escape(stop.name)}">{stop.number}</a>' for stop in found
    )


def stop_line(stop: Stop, stops: dict[str, Stop], uri: Uri, *, full: bool = True) -> str:
    """Return one page of a list: name, minutes, what it needs, and what it promises."""
    needs = numbers(stop.needs, stops, uri)
    about = f"<br>{text(without_links(stop.promise))}" if full else ""
    after = f" · needs {needs}" if needs and full else ""
    return f'<li>{anchor(uri, stop)} <span class="fs-meta">{minutes([stop.doc])}{after}</span>{about}</li>'


def part_map(part: Part, uri: Uri) -> str:
    """Return the graph of a part's pages."""
    boxes = {stop.doc: Box(stop.name, uri(stop.doc), minutes([stop.doc], "tspan")) for stop in part.stops}
    needs = {stop.doc: stop.needs for stop in part.stops}
    return svg(boxes, needs, f"The pages of {part.title}: each below those that it needs")


def outside(part: Part, stops: dict[str, Stop], uri: Uri) -> str:
    """Return what the pages of a part need from other parts, in a sentence."""
    wanted = dict.fromkeys(
        need for stop in part.stops for need in stop.needs if need not in part.docs and need in stops
    )
    if not wanted:
        return ""
    links = ", ".join(anchor(uri, stops[need]) for need in wanted)
    return f"<p>From other parts it uses {links}.</p>"


def part(book: Book, uri: Uri, about: str = "") -> str:
    """Return a part's landing page: hours, map, pages."""
    here = next(each for each in book.parts if each.doc == f"chapters/{about}/index")
    stops = stops_by_doc(book.parts)
    lines = "".join(stop_line(stop, stops, uri) for stop in here.stops)
    return (
        f'<p class="fs-facts">{len(here.stops)} pages · {minutes(here.docs)} to read, exercises apart</p>'
        f"<h2>The pages, and what needs what</h2>{outside(here, stops, uri)}"
        f'<div class="fs-map">{part_map(here, uri)}</div><ul class="fs-stops">{lines}</ul>'
    )


def parts_map(book: Book, uri: Uri, about: str = "") -> str:
    """Return the map of the parts: as a graph, and as a list for narrow screens.

    A part that uses a single page of another is not drawn below it; a sentence names the page.
    """
    used = between(book.parts)
    needs = {doc: [other for other, pages in others.items() if len(pages) > 1] for doc, others in used.items()}
    boxes = {
        each.doc: Box(each.name, uri(each.doc), f"{len(each.stops)} pages · {minutes(each.docs, 'tspan')}")
        for each in book.parts
    }
    lines = "".join(
        f'<li><a href="{escape(uri(each.doc))}">{escape(each.name)}</a> '
        f'<span class="fs-meta">{len(each.stops)} pages · {minutes(each.docs)}</span></li>'
        for each in book.parts
    )
    graph = svg(boxes, needs, "The parts of the book: each below those that it builds on")
    return f'<div class="fs-map">{graph}</div><ul class="fs-stops fs-narrow">{lines}</ul>{single(book, used, uri)}'


def single(book: Book, used: dict[str, dict[str, list[str]]], uri: Uri) -> str:
    """Return the pages of which other parts use just the one, in a sentence each."""
    stops, titles = stops_by_doc(book.parts), {each.doc: each.title for each in book.parts}
    users: dict[str, list[str]] = {}
    for doc, others in used.items():
        for pages in others.values():
            if len(pages) == 1:
                users.setdefault(pages[0], []).append(titles[doc])
    said = (
        f"{anchor(uri, stops[page])} is used in {' and '.join(f'<em>{escape(name)}</em>' for name in names)} as well."
        for page, names in users.items()
    )
    return "".join(f"<p>{words}</p>" for words in said)


def cards(book: Book, uri: Uri, about: str = "") -> str:
    """Return the routes as cards."""
    found = "".join(
        f'<li><a href="{escape(uri("book/routes"))}#route-{route.id}">{escape(route.title)}</a>'
        f'<span class="fs-meta">{len(route.docs)} pages · {minutes(route.docs)}</span></li>'
        for route in book.routes
    )
    return f'<ul class="fs-cards">{found}</ul>'


def leg(book: Book, part_of: Leg, uri: Uri, number: int) -> str:
    """Return a stretch of a route as a list."""
    stops = stops_by_doc(book.parts)
    about = (
        f"<h3>Week {number}: {escape(part_of.about)} <small>{minutes(part_of.pages)}</small></h3>"
        if part_of.about
        else ""
    )
    lines = "".join(stop_line(stops[doc], stops, uri, full=not part_of.about) for doc in part_of.pages if doc in stops)
    return f'{about}<ol class="fs-stops">{lines}</ol>'


def routes(book: Book, uri: Uri, about: str = "") -> str:
    """Return every route with its pages."""
    found = []
    for route in book.routes:
        legs = "".join(leg(book, each, uri, i) for i, each in enumerate(route.legs, start=1))
        found.append(
            f'<section id="route-{route.id}"><h2>{escape(route.title)}</h2>'
            f'<p class="fs-facts">{len(route.docs)} pages · {minutes(route.docs)}</p>'
            f"<p>{escape(route.says)}</p>{legs}</section>"
        )
    return "".join(found)
