"""What a page asks of its reader: words, minutes, results, open code, seconds."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field

from docutils import nodes

from .parts import fold, is_box

#: How a reader spends time: words a minute; minutes a displayed formula, a picture, an explorer, an open code cell, and
#: a result, at which readers halt.
WORDS_A_MINUTE, FORMULA, PICTURE, EXPLORER, CODE, RESULT = 200, 0.25, 0.5, 1.5, 0.5, 1.0
WORD = re.compile(r"\w[\w’'-]*")
WIDGET = "application/vnd.jupyter.widget-view"


@dataclass(frozen=True)
class Page:
    """The measures of one page, in its reading layer: what folds does not count."""

    slug: str
    part: str
    title: str
    words: int
    formulas: int
    pictures: int
    explorers: int
    results: int
    open_code_cells: int
    open_code_lines: int
    minutes: int
    seconds: float | None
    undeclared: list[str] = field(default_factory=list)


def folded(node: nodes.Node) -> bool:
    """Whether a node lies in a fold, in a closed box or in a solution."""
    while node is not None:
        if isinstance(node, fold) or (isinstance(node, nodes.Element) and closes(node)):
            return True
        node = node.parent
    return False


def closes(node: nodes.Element) -> bool:
    """Whether a node is shown closed: a dropdown, a solution."""
    dropdown = node.get("design_component") == "dropdown" and not node.get("opened")
    return bool(dropdown or {"dropdown", "solution", "fs-twin"} & set(node.get("classes", [])))


def words_of(document: nodes.document) -> int:
    """Count the words in sight; a formula in a sentence is one."""
    count = 0
    for node in document.findall(nodes.Text):
        parent = node.parent
        if isinstance(parent, nodes.raw | nodes.literal_block | nodes.math | nodes.math_block) or folded(parent):
            continue
        count += len(WORD.findall(node.astext()))
    return count + sum(not folded(formula) for formula in document.findall(nodes.math))


def measure(document: nodes.document, doc: str, title: str, seconds: float | None) -> Page:
    """Return the measures of a page whose folds are made."""
    seen = [node for node in document.findall(nodes.Element) if not folded(node)]
    raws = [node for node in seen if isinstance(node, nodes.raw)]
    listings = [node for node in seen if isinstance(node, nodes.literal_block) and node.get("language") == "ipython3"]
    words = words_of(document)
    formulas = sum(isinstance(node, nodes.math_block) for node in seen)
    pictures = sum(isinstance(node, nodes.image) for node in seen)
    explorers = sum(WIDGET in raw.astext() for raw in raws)
    results = sum(is_box(node) for node in seen)
    looked_at = PICTURE * pictures + EXPLORER * explorers + CODE * len(listings)
    minutes = words / WORDS_A_MINUTE + FORMULA * formulas + RESULT * results + looked_at
    return Page(
        doc,
        doc.split("/")[1],
        title,
        words,
        formulas,
        pictures,
        explorers,
        results,
        len(listings),
        sum(len(node.astext().splitlines()) for node in listings),
        max(1, round(minutes)),
        seconds,
    )


def facts(page: Page) -> nodes.raw:
    """Return the line under the title."""
    said = f"{page.minutes} minutes to read"
    if page.seconds is not None:
        said += f" · {page.seconds:.0f} s to run"
    return nodes.raw("", f'<p class="fs-facts">{said}</p>', format="html")


def put_facts(document: nodes.document, page: Page) -> None:
    """Put the line under the page's title."""
    title = next(document.findall(nodes.title))
    title.parent.insert(title.parent.index(title) + 1, facts(page))


def as_json(pages: list[Page], order: list[str]) -> list[dict[str, object]]:
    """Return the pages as plain data, in the book's order."""
    return [asdict(page) for page in sorted(pages, key=lambda page: order.index(page.slug))]
