"""Faults that somebody could make in a module: each is one small change of its text.

Kinds: an operator or a comparison exchanged; a constant changed; a tolerance loosened a millionfold; a check at the
door removed; a tail left out (the branch of a `where`, a `clip`, a `maximum`); the default of an option changed.
"""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SWAPS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt,),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt,),
    ast.Eq: (ast.NotEq,),
    ast.USub: (ast.UAdd,),
}
#: Functions that treat the far ends of their first argument apart.
LIMITERS = ("clip", "maximum", "minimum", "nan_to_num")
#: A constant up to here is taken for a tolerance.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Fault:
    """One changed module: which, where, of what kind, what, and its text."""

    module: Path
    line: int
    kind: str
    what: str
    text: str

    def __str__(self) -> str:
        return f"{self.module.as_posix()}:{self.line}: {self.kind}: {self.what}"

    @property
    def room(self) -> str:
        """The subpackage, or the module itself where it lies in none."""
        return room_of(self.module)


def room_of(module: Path) -> str:
    """Return the subpackage of a module, or its own name."""
    return module.parts[0] if len(module.parts) > 1 else module.stem


def is_documentation(tree: ast.AST) -> set[int]:
    """Return the nodes that only speak: messages of raised errors, annotations, formatted texts."""
    quiet: set[int] = set()
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.Raise | ast.JoinedStr):
            parts = [node]
        elif isinstance(node, ast.FunctionDef):
            parts = [node.returns, *(arg.annotation for arg in (*node.args.args, *node.args.kwonlyargs))]
        elif isinstance(node, ast.AnnAssign):
            parts = [node.annotation]
        quiet |= {id(inner) for part in parts if part is not None for inner in ast.walk(part)}
    return quiet


def operators(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield exchanged operators and comparisons."""
    if isinstance(node, ast.BinOp | ast.UnaryOp | ast.AugAssign):
        for new in SWAPS.get(type(node.op), ()):
            changed: Any = copy.deepcopy(node)
            changed.op = new()
            yield f"{type(node.op).__name__} -> {new.__name__}", changed
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for new in SWAPS.get(type(node.ops[0]), ()):
            changed = copy.deepcopy(node)
            changed.ops = [new()]
            yield f"{type(node.ops[0]).__name__} -> {new.__name__}", changed


def constants(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield constants off by one."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        value: Any = node.value
        yield f"{value} -> {value + 1}", ast.Constant(value + 1)


def tolerances(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield small numbers, and multiples of the machine's precision, a million times as large."""
    if isinstance(node, ast.Constant) and type(node.value) is float and 0 < node.value <= TOLERANCE:
        yield f"{node.value} -> {node.value * 1e6}", ast.Constant(node.value * 1e6)
    if isinstance(node, ast.Attribute) and node.attr == "eps":
        yield "eps -> 1e6 eps", ast.BinOp(ast.Constant(1e6), ast.Mult(), node)


def doors(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield checks of arguments left out: `if ...: raise ...`, and calls whose value nobody uses."""
    refuses = isinstance(node, ast.If) and not node.orelse and isinstance(node.body[-1], ast.Raise)
    checks = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name)
    if refuses or checks:
        yield "left out", ast.Pass()


def tails(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield both branches of a choice by cases, and arguments without their limits."""
    if isinstance(node, ast.IfExp):
        yield "always the first case", node.body
        yield "always the second case", node.orelse
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
        return
    if node.func.attr == "where" and len(node.args) == 3:
        yield "always the first case", node.args[1]
        yield "always the second case", node.args[2]
    elif node.func.attr in LIMITERS:
        yield "without limit", node.args[0]


def options(node: ast.AST) -> Iterator[tuple[ast.AST, str, ast.AST]]:
    """Yield changed defaults: the default, what is said, the new one."""
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if isinstance(default, ast.Constant):
                value: Any = default.value
                if isinstance(value, bool):
                    yield default, f"{value} by default -> {not value}", ast.Constant(not value)
                elif isinstance(value, int | float):
                    yield default, f"{value} by default -> {2 * value + 1}", ast.Constant(2 * value + 1)


KINDS = {"operator": operators, "constant": constants, "tolerance": tolerances, "door": doors, "tail": tails}


def plant(module: Path, text: str) -> Iterator[Fault]:
    """Yield every fault of one module."""
    tree = ast.parse(text)
    quiet = is_documentation(tree)
    defaults: set[int] = set()

    def fault(node: Any, kind: str, what: str, new: ast.AST) -> Fault:
        segment = " ".join((ast.get_source_segment(text, node) or "").split())[:80]
        return Fault(module, node.lineno, kind, f"{what} in `{segment}`", replaced(text, node, ast.unparse(new)))

    for node in ast.walk(tree):
        for default, what, new in options(node):
            defaults.add(id(default))
            yield fault(default, "option", what, new)
    for node in ast.walk(tree):
        if id(node) not in quiet | defaults and hasattr(node, "lineno"):
            for kind, changes in KINDS.items():
                yield from (fault(node, kind, what, changed) for what, changed in changes(node))


def replaced(text: str, node: Any, new: str) -> str:
    """Return the text with one node's source replaced; parenthesised, so that precedence stays."""
    lines = text.encode().splitlines(keepends=True)
    before = b"".join(lines[: node.lineno - 1]) + lines[node.lineno - 1][: node.col_offset]
    after = lines[node.end_lineno - 1][node.end_col_offset :] + b"".join(lines[node.end_lineno :])
    body = new if isinstance(node, ast.stmt) else f"({new})"
    return (before + body.encode() + after).decode()


def even_sample(faults: Iterable[Fault], size: int, seed: int) -> list[Fault]:
    """Return so many faults, as evenly spread over rooms, and in each over kinds, as there are; the same for a seed."""
    rng = random.Random(seed)
    rooms: dict[str, dict[str, list[Fault]]] = {}
    for fault in faults:
        rooms.setdefault(fault.room, {}).setdefault(fault.kind, []).append(fault)
    queues = []
    for room in sorted(rooms):
        piles = [rooms[room][kind] for kind in sorted(rooms[room])]
        for pile in piles:
            rng.shuffle(pile)
        rng.shuffle(piles)
        turns = max(map(len, piles))
        queues.append([pile[turn] for turn in range(turns) for pile in piles if turn < len(pile)])
    longest = max(map(len, queues), default=0)
    dealt = [queue[turn] for turn in range(longest) for queue in queues if turn < len(queue)]
    return dealt[:size]
