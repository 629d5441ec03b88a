"""The text of the reference's pages: rooms, their modules, an entry for every public name; the house by floors."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from .docstrings import as_rst
from .rooms import FLOORS, Module, Room, names, pages, room_of


def eval_rst(text: str) -> str:
    """Return reStructuredText as a block of a MyST page."""
    return f"````{{eval-rst}}\n{text.rstrip()}\n````\n"


def entry(room: Room, module: Module, name: str) -> str:
    """Return the directive that documents a name."""
    value, full = getattr(import_module(module.name), name), room.full(module, name)
    if inspect.isclass(value):
        return f".. autoclass:: {full}\n   :members:\n{inherited(value, room)}"
    kind = "function" if inspect.isroutine(value) else "data"
    return f".. auto{kind}:: {full}\n" + ("   :no-value:\n" if kind == "data" else "")


def inherited(value: type, room: Room) -> str:
    """Return the option that takes in what comes from bases which have no entry of their own."""
    public = {name for module in room.modules for name in module.names}
    own = [base for base in value.__mro__[1:] if base.__module__.startswith("fewsteps.")]
    hidden = [base for base in own if base.__name__ not in public]
    if not hidden or hidden[0] is not value.__mro__[1]:
        return ""
    rest = (base for base in value.__mro__[1:] if base not in hidden)
    return f"   :inherited-members: {next(rest).__name__}\n"


def section(room: Room, module: Module, find: Callable[[str], str | None]) -> str:
    """Return the section of one module: what it is for, then its names."""
    entries = "\n".join(entry(room, module, name) for name in module.names)
    if module.name == room.module:
        return eval_rst(entries)
    head = f"({module.anchor})=\n## {module.short}\n\n"
    return head + eval_rst(as_rst(module.says, find) + "\n\n" + entries)


def room_text(folder: Path, match: re.Match[str]) -> str:
    """Return what a page has in place of the name of a room."""
    room = room_of(match["room"])
    own = {module.short.rpartition(".")[2]: module.anchor for module in room.modules if module.name != room.module}
    find = (names(folder) | own).get
    module = f".. py:module:: {room.module}\n\n"
    parts = [eval_rst(module + as_rst(room.says, find)), *(section(room, module, find) for module in room.modules)]
    return f"(ref-{room.name})=\n\n" + "\n".join(parts)


def floors_text(folder: Path) -> str:
    """Return the rooms by floor, from the ground up, with one line a module."""
    where = pages(folder)
    rooms = sorted(map(room_of, where), key=lambda room: room.floor)
    lines: list[str] = []
    for floor in dict.fromkeys(room.floor for room in rooms):
        lines += [f"## {FLOORS[floor]} floor", ""]
        for room in (room for room in rooms if room.floor == floor):
            lines += [f"{{ref}}`{room.name} <ref-{room.name}>`", f": {first_line(room.says)}", ""]
            lines += [f"  - {one_line(module)}" for module in room.modules if module.name != room.module]
            lines.append("")
    return "\n".join(lines)


def first_line(says: str) -> str:
    """Return the first paragraph of a docstring."""
    return " ".join(says.split("\n\n")[0].split())


def one_line(module: Module) -> str:
    """Return a module's entry in the index."""
    return f"{{ref}}`{module.short.rpartition('.')[2]} <{module.anchor}>`: {module.line}"
