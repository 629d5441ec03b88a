"""The samplers beside those of other libraries: the largest differences, and how the others differ."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import yaml

from .draw import Uri, simple_table
from .ledger import Book


@dataclass(frozen=True)
class Peer:
    """A sampler and its opposite: names and options, the differences, how the other one differs.

    The differences are those in double precision, with the other library's code as it is shipped, and of the other one
    from its rule as rebuilt from our weights, where the rules differ.
    """

    method: str
    options: str
    library: str
    peer: str
    config: str
    difference: float
    shipped: float | None
    rebuilt: float | None
    note: str


@dataclass(frozen=True)
class Agreement:
    """What tools/agreement.py has measured: versions of the libraries, samplers, grids."""

    versions: dict[str, str] = field(default_factory=dict)
    peers: tuple[Peer, ...] = ()
    grids: tuple[dict[str, Any], ...] = ()


def load_agreement(path: Path) -> Agreement:
    """Read what was measured."""
    found = yaml.safe_load(path.read_text(encoding="utf8"))
    return Agreement(found["versions"], tuple(Peer(**row) for row in found["rows"]), tuple(found["grids"]))


def power(value: float | None) -> str:
    """Return a power of ten as HTML.

    Examples
    --------
    >>> power(1e-12), power(0.1), power(10.0), power(None)
    ('10<sup>−12</sup>', '0.1', '10', '')
    """
    if value is None:
        return ""
    if value >= 1e-3:
        return f"{value:g}"
    return f"10<sup>−{f'{value:.0e}'.split('-')[1].lstrip('0')}</sup>"


def call(name: str, options: str) -> str:
    """Return a name with its options as HTML.

    Examples
    --------
    >>> call("dpm++2m", "order=2")
    '<code>dpm++2m</code><br><small class="fs-meta">order=2</small>'
    >>> call("HeunScheduler", "")  # a long name may break where its words do
    '<code>Heun<wbr>Scheduler</code>'
    """
    below = f'<br><small class="fs-meta">{escape(options)}</small>' if options else ""
    return f"<code>{re.sub('(?<=[a-z])(?=[A-Z])', '<wbr>', escape(name))}</code>{below}"


def code(words: str) -> str:
    """Return words as HTML, with what stands between backticks as code.

    Examples
    --------
    >>> code("see `x < 1`")
    'see <code>x &lt; 1</code>'
    """
    parts = (escape(part) for part in words.split("`"))
    return "".join(f"<code>{part}</code>" if k % 2 else part for k, part in enumerate(parts))


def agreement(book: Book, uri: Uri, about: str = "") -> str:
    """Return the table of samplers; of "grids", that of grids."""
    found = book.agreement or Agreement()
    if about == "grids":
        lines = [
            [
                call(grid["grid"], ""),
                call("diffusers", f"{grid['option']}=True"),
                f"at most {power(grid['difference'])}",
            ]
            for grid in found.grids
        ]
        return simple_table("Grids beside those of other libraries", ("Grid", "Library", "Largest difference"), lines)
    rows = []
    for peer in found.peers:
        theirs = f'<small class="fs-meta">{escape(peer.library)}</small><br>{call(peer.peer, peer.config)}'
        if peer.rebuilt is None:
            measured = f"at most {power(peer.difference)}"
        else:
            measured = f"<strong>the rules differ</strong>, here by less than {power(peer.difference)}"
        if peer.shipped is not None and peer.rebuilt is None:
            measured += f'<br><small class="fs-meta">in its own precision {power(peer.shipped)}</small>'
        if peer.rebuilt is not None:
            measured += f'<br><small class="fs-meta">from what is said here of its rule {power(peer.rebuilt)}</small>'
        rows.append([call(peer.method, peer.options), theirs, measured, code(peer.note)])
    versions = ", ".join(f"{name} {version}" for name, version in sorted(found.versions.items()))
    head = ("Method", "Library and class", "Largest difference", "How theirs differs")
    table = simple_table("Samplers beside those of other libraries", head, rows).replace("fs-counts", "fs-agreement")
    return f"<p>Compared with {escape(versions)}.</p>{table}"
