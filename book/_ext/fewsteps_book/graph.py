"""A graph of boxes with links, drawn as SVG: at the top what is needed first, below each box what needs it.

Edges that a longer way says already are left out. An edge that passes a row goes through a place of its own in it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

WIDE, HIGH, GAP, STEP, NARROW = 230, 58, 22, 88, 26
MOST = 3  # boxes in a row
LINE = 30  # signs in a line of a box

Needs = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Box:
    """What stands in a box: words, where they lead, and a small line of its own below."""

    words: str
    href: str
    below: str = ""


@dataclass
class Row:
    """One row: boxes and passing edges from left to right, and the middle of each."""

    items: list[str] = field(default_factory=list)
    places: dict[str, float] = field(default_factory=dict)


def reachable(name: str, needs: Needs) -> set[str]:
    """Return everything that comes before."""
    found: set[str] = set()
    for other in needs.get(name, ()):
        found |= {other} | reachable(other, needs)
    return found


def reduced(needs: Needs) -> dict[str, list[str]]:
    """Leave out what a longer way says already.

    Examples
    --------
    >>> reduced({"a": [], "b": ["a"], "c": ["a", "b"]})
    {'a': [], 'b': ['a'], 'c': ['b']}
    """
    return {
        name: [one for one in wanted if not any(one in reachable(other, needs) for other in wanted if other != one)]
        for name, wanted in needs.items()
    }


def depths(needs: Needs) -> dict[str, int]:
    """Return the row of every box: below all that it needs, at most a few in a row.

    Examples
    --------
    >>> depths({"a": [], "b": ["a"], "c": ["a"], "d": ["c"]})
    {'a': 0, 'b': 1, 'c': 1, 'd': 2}
    """
    rows: dict[str, int] = {}

    def place(name: str) -> int:
        if name not in rows:
            row = max((place(other) + 1 for other in needs[name]), default=0)
            while list(rows.values()).count(row) >= MOST:
                row += 1
            rows[name] = row
        return rows[name]

    for name in needs:
        place(name)
    return {name: rows[name] for name in needs}


def paths(needs: Needs, rows: Mapping[str, int]) -> list[list[str]]:
    """Return every edge as the items that it passes, from its first box to its last."""
    return [
        [first, *(f"{first}>{name}@{row}" for row in range(rows[first] + 1, rows[name])), name]
        for name, wanted in needs.items()
        for first in wanted
    ]


def width_of(item: str) -> int:
    """Return how much room an item takes in its row."""
    return NARROW if ">" in item else WIDE


def middles(items: Sequence[str]) -> dict[str, float]:
    """Return the middles of the items of a row around zero."""
    widths = [width_of(item) for item in items]
    left = -(sum(widths) + GAP * (len(items) - 1)) / 2
    places = {}
    for item, width in zip(items, widths, strict=True):
        places[item] = left + width / 2
        left += width + GAP
    return places


def arranged(needs: Needs, rows: Mapping[str, int], ways: list[list[str]]) -> list[Row]:
    """Put every row in an order in which each item lies below what it comes from."""
    grid = [Row() for _ in range(max(rows.values()) + 1)]
    above: dict[str, list[str]] = {name: [] for name in needs}
    for name in needs:
        grid[rows[name]].items.append(name)
    for way in ways:
        for before, item in pairwise(way):
            above.setdefault(item, []).append(before)
        for i, item in enumerate(way[1:-1], start=rows[way[0]] + 1):
            grid[i].items.append(item)
    for i, row in enumerate(grid):
        known = grid[i - 1].places if i else {}

        def pull(item: str, known: dict[str, float] = known) -> float:
            over = [known[one] for one in above[item] if one in known]
            return sum(over) / len(over) if over else 0.0

        row.items.sort(key=pull)
        row.places = middles(row.items)
    return grid


def curve(points: Sequence[tuple[float, float, float]]) -> str:
    """Return an edge through points (middle, upper end, lower end) as SVG."""
    x, _, y = points[0]
    steps = [f"M{x:.0f} {y:.0f}"]
    for across, top, bottom in points[1:]:
        half = (y + top) / 2
        steps.append(f"C{x:.0f} {half:.0f} {across:.0f} {half:.0f} {across:.0f} {top:.0f}")
        if bottom != top:
            steps.append(f"V{bottom:.0f}")
        x, y = across, bottom
    return f'<path d="{"".join(steps)}"/>'


def box(what: Box, x: float, y: float) -> str:
    """Return a box with its link."""
    lines = textwrap.wrap(what.words, LINE, max_lines=2, placeholder=" …")
    first = y + (20 if len(lines) == 2 else 27)
    words = "".join(
        f'<tspan x="{x:.0f}" y="{first + 16 * i:.0f}">{escape(line)}</tspan>' for i, line in enumerate(lines)
    )
    below = first + 16 * len(lines) - 1
    small = f'<text class="fs-below" x="{x:.0f}" y="{below:.0f}">{what.below}</text>' if what.below else ""
    frame = f'<rect x="{x - WIDE / 2:.0f}" y="{y:.0f}" width="{WIDE}" height="{HIGH}" rx="6"/>'
    return f'<a href="{escape(what.href)}">{frame}<text>{words}</text>{small}</a>'


def svg(boxes: Mapping[str, Box], needs: Needs, label: str) -> str:
    """Return the graph; `needs` may name boxes that are not there, which are left out."""
    known = reduced({name: [one for one in needs.get(name, ()) if one in boxes] for name in boxes})
    rows = depths(known)
    ways = paths(known, rows)
    grid = arranged(known, rows, ways)
    at = {item: (x, i * STEP, i * STEP + HIGH) for i, row in enumerate(grid) for item, x in row.places.items()}
    reach = max(abs(x) + width_of(item) / 2 for item, (x, *_) in at.items()) + 2
    high = (len(grid) - 1) * STEP + HIGH + 4
    edges = "".join(curve([at[item] for item in way]) for way in ways)
    drawn = "".join(box(what, *at[name][:2]) for name, what in boxes.items())
    view = f'viewBox="{-reach:.0f} -2 {2 * reach:.0f} {high}" style="max-width: {2 * reach:.0f}px"'
    name, lines = f'role="group" aria-label="{escape(label)}"', f'<g class="fs-edges" aria-hidden="true">{edges}</g>'
    return f'<svg class="fs-graph" {name} {view}>{lines}{drawn}</svg>'
