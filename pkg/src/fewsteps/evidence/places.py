"""Where a check stands: the reader's line of code that made it, and the anchor of its mark on the page."""

from __future__ import annotations

import linecache
import re
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

_PACKAGE = str(Path(__file__).resolve().parents[1])
#: How many marks each result has.
_marks: Counter[str] = Counter()
#: Anchors by cell, result and how many of its marks the cell had made before.
_of_cells: dict[tuple[str, str, int], str] = {}
#: The execution that is going on, and the marks that it has made.
_execution: tuple[str, Counter[str]] = ("", Counter())


def caller() -> str:
    """The line outside this package that is being executed: where, and what it says.

    Examples
    --------
    >>> caller().startswith("in line 1 of <doctest")
    True
    """
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    if frame is None:
        return "called by nobody"
    name, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(name, line).strip()
    return f"in line {line} of {_named(name)}" + (f": {text}" if text else "")


def _named(file: str) -> str:
    """A cell by its number, as the notebook shows it; a file by its name."""
    name_of = getattr(getattr(_shell(), "compile", None), "format_code_name", lambda file: None)
    cell = name_of(file)
    return f"cell {cell[1]}" if cell else Path(file).name


def _shell() -> Any:
    """The interactive shell, where there is one."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def anchor_of(name: str) -> str:
    """A new anchor for a mark of a result; a cell that is executed again gets those that it had.

    Anchors count a result's marks in the order in which they are made first. Frontends say which cell they execute
    (JupyterLab and VS Code do); where none is named, every mark is a new one.

    Examples
    --------
    >>> first, second = anchor_of("XX-E1"), anchor_of("XX-E1")
    >>> first, second
    ('ev-xx-e1-1', 'ev-xx-e1-2')
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower())
    cell, execution = _cell_and_execution()
    key = (cell, slug, _turn(execution, slug))
    if not cell or key not in _of_cells:
        _marks[slug] += 1
        _of_cells[key] = f"ev-{slug}-{_marks[slug]}"
    return _of_cells[key]


def _turn(execution: str, slug: str) -> int:
    """How many marks of a result this execution of a cell has made before."""
    global _execution
    if _execution[0] != execution:
        _execution = (execution, Counter())
    _execution[1][slug] += 1
    return _execution[1][slug] - 1


def _cell_and_execution() -> tuple[str, str]:
    """The id of the cell that is executed and that of the request to do so; empty where no frontend says."""
    parent_of = getattr(getattr(_shell(), "kernel", None), "get_parent", lambda channel: None)  # ipykernel's alone
    request = parent_of("shell")
    if not request:
        return "", ""
    return str(request.get("metadata", {}).get("cellId", "")), str(request.get("header", {}).get("msg_id", ""))
