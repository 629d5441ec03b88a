"""The printed form of a merge plan: writing it and reading it back.

Steps are numbered 1, ..., T from data to noise.

    plan  = step | "[" first ".." last "]" | "(" plan "|" plan { "|" plan } ")"

``7`` is a single step, left as it is; ``[3..7]`` merges the single steps 3 to 7 in one shot; ``(L|R)`` merges what its
parts have become, cleanest first. ``(1|2)`` and ``[1..2]`` are the same merge and print as the latter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_TOKEN = re.compile(r"\[(\d+)\.\.(\d+)\]|(\d+)|[(|)]")


def read(text: str, leaf: Callable[[int, int], Any], merge: Callable[..., Any]) -> Any:
    """Build a plan from its printed form, with `leaf(first, last)` and `merge(*parts)`.

    Raises
    ------
    ValueError
        With the offending position, if `text` is not a plan.

    Examples
    --------
    >>> read("(1|[2..3])", lambda a, b: b - a + 1, lambda *parts: sum(parts))
    3
    """
    open_parts: list[list[Any]] = [[]]
    position, expects_plan = 0, True
    while position < len(text):
        token = _TOKEN.match(text, position)
        opens = token is not None and token.group() not in "|)"
        if token is None or opens != expects_plan or (not opens and len(open_parts) == 1):
            raise ValueError(f"plan is malformed at position {position} of {text!r}")
        if token.group() == "(":
            open_parts.append([])
        elif token.group() == "|":
            expects_plan = True
        else:
            expects_plan = False
            first = token.group(1) or token.group(3)
            plan = leaf(int(first), int(token.group(2) or first)) if first else merge(*open_parts.pop())
            open_parts[-1].append(plan)
        position = token.end()
    if expects_plan or len(open_parts) > 1:
        raise ValueError(f"plan ends too early: {text!r}")
    return open_parts[0][0]


def write(plan: Any) -> str:
    """Return the printed form of anything with `start`, `stop` and `parts`; iterative, for combs of any depth."""
    pieces: list[str] = []
    stack: list[Any] = [plan]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            pieces.append(item)
        elif item.parts:
            between: list[Any] = [")"]
            for part in reversed(item.parts):
                between += [part, "|"]
            stack += [*between[:-1], "("]
        else:
            pieces.append(str(item.start) if item.start == item.stop else f"[{item.start}..{item.stop}]")
    return "".join(pieces)
