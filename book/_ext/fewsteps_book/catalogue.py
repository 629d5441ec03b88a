"""The catalogue: which results the book owes, and on which page."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

LEVELS = ("core", "supporting", "optional")


@dataclass(frozen=True)
class Entry:
    """One result: its id, where the source has it, what it says, how much it matters, its page."""

    id: str
    label: str
    title: str
    level: str
    page: str


@dataclass(frozen=True)
class Source:
    """One source with its results; how many the source has in all; whether its part of the book is complete.

    Planned are the results whose pages are not written: their ids are known, and nothing else of them is shown.
    """

    key: str
    name: str
    title: str
    bib: str
    size: int
    part: str
    complete: bool
    entries: tuple[Entry, ...]
    planned: tuple[Entry, ...] = ()


def set_apart(sources: list[Source], docs: Container[str]) -> list[Source]:
    """Set the results apart whose pages are not among the documents, in parts that are not complete."""
    return [
        source
        if source.complete
        else replace(
            source,
            entries=tuple(entry for entry in source.entries if f"chapters/{entry.page}" in docs),
            planned=tuple(entry for entry in source.entries if f"chapters/{entry.page}" not in docs),
        )
        for source in sources
    ]


def load_source(path: Path) -> Source:
    """Read and check one catalogue file."""
    data = yaml.safe_load(path.read_text(encoding="utf8"))
    entries = tuple(Entry(**{key: str(value) for key, value in result.items()}) for result in data["results"])
    bad = [entry.id for entry in entries if entry.level not in LEVELS]
    if bad:
        raise ValueError(f"{path.name}: level must be one of {LEVELS}: {bad}")
    return Source(**data["source"], part=data["part"], complete=bool(data["complete"]), entries=entries)


def load_sources(folder: Path) -> list[Source]:
    """Read every catalogue file; an id may stand in one place only."""
    sources = [load_source(path) for path in sorted(folder.glob("*.yml"))]
    ids = [entry.id for source in sources for entry in source.entries]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise ValueError(f"catalogued more than once: {twice}")
    sizes = {(source.key, source.size) for source in sources}
    if len(sizes) > len({key for key, _ in sizes}):
        raise ValueError(f"one source, two sizes: {sorted(sizes)}")
    return sources


@dataclass(frozen=True)
class Wording:
    """A slip of wording in a source: what it says, what is meant."""

    id: str
    source: str
    holds: str


def load_wording(path: Path) -> list[Wording]:
    """Read the slips of wording, which need a reader and no check."""
    return [Wording(**entry) for entry in yaml.safe_load(path.read_text(encoding="utf8")) or []]
