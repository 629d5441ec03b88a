"""The rooms of the package: which module of a room has which public names, and where the reference documents them."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FLOOR = re.compile(r"^(?P<floor>\w+) floor: ")
FENCE = re.compile(r"^```\{room\} (?P<room>\w+)\n```$", re.MULTILINE)
FLOORS = ("Ground", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh")


@dataclass(frozen=True)
class Module:
    """A module of a room: its full name, and the public names that it has."""

    name: str
    names: tuple[str, ...]

    @property
    def short(self) -> str:
        """The name within the package."""
        return self.name.removeprefix("fewsteps.")

    @property
    def anchor(self) -> str:
        """The label of its section."""
        return "ref-" + self.short.replace(".", "-")

    @property
    def says(self) -> str:
        """What it is for: its docstring without the floor."""
        return capital(FLOOR.sub("", docstring(self.name)))

    @property
    def line(self) -> str:
        """What it is for in one line."""
        return " ".join(self.says.split("\n\n")[0].split())


@dataclass(frozen=True)
class Room:
    """A sub-package, or a module that stands by itself."""

    name: str
    floor: int
    says: str
    modules: tuple[Module, ...]

    @property
    def module(self) -> str:
        """Its full name."""
        return f"fewsteps.{self.name}"

    def full(self, module: Module, name: str) -> str:
        """Return the name under which something is documented: where people import it from."""
        value = getattr(import_module(module.name), name)
        return f"{self.module if documents(value) else module.name}.{name}"


def documents(value: Any) -> bool:
    """Whether something carries its own documentation, as functions and classes do, and constants do not."""
    return inspect.isroutine(value) or inspect.isclass(value)


def docstring(module: str) -> str:
    """Return a module's docstring."""
    return inspect.getdoc(import_module(module)) or ""


def capital(words: str) -> str:
    """Return words with their first letter as a capital."""
    return words[:1].upper() + words[1:]


def stub_of(room: str) -> Path | None:
    """Return the stub of a sub-package; a module that stands by itself has none."""
    spec = find_spec(f"fewsteps.{room}")
    if spec is None or spec.origin is None:
        raise ValueError(f"there is no room {room!r} in fewsteps")
    stub = Path(spec.origin).with_suffix(".pyi")
    return stub if stub.exists() else None


def modules_of(room: str) -> Iterator[Module]:
    """Yield the modules of a room that have public names, in the order of its stub."""
    stub = stub_of(room)
    if stub is None:
        own = vars(import_module(f"fewsteps.{room}")).items()
        names = [name for name, value in own if documents(value) and value.__module__ == f"fewsteps.{room}"]
        yield Module(f"fewsteps.{room}", tuple(name for name in names if not name.startswith("_")))
        return
    for node in ast.parse(stub.read_text(encoding="utf8")).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            yield Module(f"fewsteps.{room}.{node.module}", tuple(alias.name for alias in node.names))


@cache
def room_of(name: str) -> Room:
    """Return a room by its name.

    Examples
    --------
    >>> room_of("plans").floor
    5
    """
    says = docstring(f"fewsteps.{name}")
    match = FLOOR.match(says)
    if match is None:
        raise ValueError(f'fewsteps.{name}: its docstring must begin with its floor, as in "Fifth floor: ..."')
    return Room(name, FLOORS.index(match["floor"]), capital(says[match.end() :]), tuple(modules_of(name)))


def pages(folder: Path) -> dict[str, str]:
    """Return the page of every room, by the rooms' names: the pages say which rooms they hold."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.md")):
        for match in FENCE.finditer(path.read_text(encoding="utf8")):
            if match["room"] in found:
                raise ValueError(f"{path.name}: {match['room']} is on {found[match['room']]} already")
            found[match["room"]] = path.stem
    return found


@cache
def names(folder: Path) -> dict[str, str]:
    """Return the documented full name of every dotted name that people may write, from `fewsteps.Plan` to `plans.Plan`.

    Names without a dot, as docstrings have them, are there where one room has them and they are no everyday words.
    """
    found: dict[str, str] = {}
    bare: dict[str, set[str]] = {}
    for room in map(room_of, pages(folder)):
        for module in room.modules:
            for name in module.names:
                full = room.full(module, name)
                found |= dict.fromkeys(ways(room, module, name), full)
                bare.setdefault(name, set()).add(full)
    alone = {name: min(full) for name, full in bare.items() if (len(full) == 1 and not name.islower()) or "_" in name}
    return alone | found


def ways(room: Room, module: Module, name: str) -> Iterator[str]:
    """Yield how a name of the package may be written."""
    import fewsteps

    for start in ("", "fewsteps.", "fs."):
        yield f"{start}{room.name}.{name}"
        yield f"{start}{module.short}.{name}"
    if name in fewsteps.__all__ and getattr(fewsteps, name) is getattr(import_module(module.name), name):
        yield from (f"fewsteps.{name}", f"fs.{name}")
