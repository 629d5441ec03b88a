"""The value of a tree in floating point."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from fewsteps.exercises.grammar import Tree, UnreadableError, parse

CONSTANTS = {"pi": math.pi, "e": math.e}
_ONE: dict[str, Callable[[float], float]] = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "ln": math.log,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "abs": abs,
    "erf": math.erf,
    "Phi": lambda x: math.erfc(-x / math.sqrt(2)) / 2,
    "factorial": lambda x: math.gamma(x + 1),
    "floor": math.floor,
    "ceiling": math.ceil,
    "sign": lambda x: math.copysign(1.0, x) if x else 0.0,
}
_TWO: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": math.pow,
    "min": min,
    "max": max,
    "binomial": lambda n, k: math.gamma(n + 1) / (math.gamma(k + 1) * math.gamma(n - k + 1)),
}


def number(text: str) -> float:
    """Return the value of a text without letters of its own.

    Parameters
    ----------
    text : str
        For example ``1/3``, ``2^-3``, ``sqrt(2)`` or ``15*pi/32``.

    Returns
    -------
    float

    Raises
    ------
    UnreadableError
        If the text cannot be read, or has no finite real value.

    Examples
    --------
    >>> number("1/4 + 2^-2")
    0.5
    """
    return value(parse(text), {})


def value(tree: Tree, names: Mapping[str, float]) -> float:
    """Return the value of a tree.

    Parameters
    ----------
    tree : tuple
        What `fewsteps.exercises.grammar.parse` returns.
    names : mapping of str to float
        The values of its letters; `pi` and `e` are known.

    Returns
    -------
    float

    Raises
    ------
    UnreadableError
        If a name is unknown, or there is no finite real value.

    Examples
    --------
    >>> value(("*", ("name", "T"), ("number", "2")), {"T": 4.0})
    8.0
    """
    if tree[0] == "number":
        return _finite(float(tree[1]))
    if tree[0] == "name":
        return _named(tree[1], names)
    operator, *parts = tree[1:] if tree[0] == "call" else tree
    return _apply(operator, [value(part, names) for part in parts])


def _named(name: str, names: Mapping[str, float]) -> float:
    if name in names or name in CONSTANTS:
        return names[name] if name in names else CONSTANTS[name]
    raise UnreadableError(f"I do not know `{name}`: {unknown(names)}.")


def unknown(names: Mapping[str, object]) -> str:
    """Return what a reader may use instead of a name that is not known.

    Parameters
    ----------
    names : mapping of str
        The known names.

    Returns
    -------
    str

    Examples
    --------
    >>> unknown({}), unknown({"lam": 1, "T": 2})
    ('a number is asked for', 'use lam, T')
    """
    return f"use {', '.join(names)}" if names else "a number is asked for"


def _apply(operator: str, values: list[float]) -> float:
    if operator == "-" and len(values) == 1:
        return -values[0]
    table: Mapping[str, Callable[..., float]] = _ONE if operator in _ONE else _TWO
    try:
        return _finite(float(table[operator](*values)))
    except (ArithmeticError, ValueError) as error:
        raise UnreadableError("The answer has no finite real value.") from error


def _finite(result: float) -> float:
    if math.isfinite(result):
        return result
    raise UnreadableError("The answer has no finite real value.")
