"""Formulas: a tree or an expression in a page's own letters, and when two of them are the same.

Two formulas are compared at seeded points first, with thirty digits, which turns down what is wrong
at once; what agrees there is then proven by `sympy.simplify` of the difference where that is small enough.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import sympy as sp

from fewsteps.exercises.floats import unknown
from fewsteps.exercises.grammar import Tree, UnreadableError, parse, spelled
from fewsteps.exercises.letters import Letter

POINTS = 12
DIGITS = 30
#: Above this many operations a difference is not simplified: that could take minutes.
LARGEST = 400
#: No exercise needs a higher power.
HIGHEST = 200
_CONSTANTS = {"pi": sp.pi, "e": sp.E}
_CALLS: dict[str, Callable[..., Any]] = {
    **{name: getattr(sp, name) for name in ("sqrt", "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "erf")},
    **{
        name: getattr(sp, name)
        for name in ("sinh", "cosh", "tanh", "factorial", "binomial", "floor", "ceiling", "sign")
    },
    "ln": sp.log,
    "abs": sp.Abs,
    "min": sp.Min,
    "max": sp.Max,
    "Phi": lambda x: (1 + sp.erf(x / sp.sqrt(2))) / 2,
}
_SIGNS: dict[str, Callable[..., Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: -a if b is None else a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": lambda a, b: _power(a, b),
}


def formula(answer: Any, letters: Mapping[str, Letter]) -> Any:
    """Return what a reader handed in as a sympy expression in the letters of the exercise.

    Parameters
    ----------
    answer : str, number or sympy expression
        Typed letters may be Greek, and their underscores may be missing; a sympy expression's letters count by name.
    letters : mapping of str to Letter
        The letters that the answer may hold.

    Returns
    -------
    sympy expression

    Raises
    ------
    UnreadableError
        If it is neither, cannot be read, or holds other letters.

    Examples
    --------
    >>> from fewsteps.exercises.letters import letter
    >>> formula("γ(1-p_1)".replace("(", "*("), {name: letter(name, "positive") for name in ("gamma", "p_1")})
    gamma*(1 - p_1)
    """
    known = {_key(name): symbol(each) for name, each in letters.items()}
    if isinstance(answer, str):
        return _expression(parse(answer), known, letters)
    if isinstance(answer, bool) or not isinstance(answer, sp.Expr | int | float):
        raise UnreadableError(f"A formula is asked for, as text or as a sympy expression, not {_kind(answer)}.")
    found = sp.sympify(answer)
    return found.xreplace({each: _letter(each.name, known, letters) for each in found.free_symbols})


def symbol(letter: Letter) -> sp.Symbol:
    """Return the sympy symbol of a letter.

    Parameters
    ----------
    letter : Letter

    Returns
    -------
    sympy symbol

    Examples
    --------
    >>> from fewsteps.exercises.letters import letter
    >>> symbol(letter("T", "integer")).is_integer
    True
    """
    return sp.Symbol(letter.name, real=True, **letter.assumptions)


def points(letters: Mapping[str, Letter], seed: str) -> Iterator[dict[str, Any]]:
    """Yield the points at which formulas are compared, the same for the same seed.

    Parameters
    ----------
    letters : mapping of str to Letter
    seed : str

    Yields
    ------
    dict of str to sympy numbers

    Examples
    --------
    >>> from fewsteps.exercises.letters import letter
    >>> len(list(points({"T": letter("T", [1, 9])}, "seed")))
    12
    """
    source = random.Random(seed)
    for _ in range(POINTS):
        drawn = {name: sp.Rational(*letter.draw(source).as_integer_ratio()) for name, letter in letters.items()}
        yield {name: value if letters[name].whole else sp.Float(value, DIGITS) for name, value in drawn.items()}


def differs(mine: Any, right: Any, letters: Mapping[str, Letter], seed: str) -> str | None:
    """Return where two formulas differ, in words, or None where they agree at all seeded points.

    Parameters
    ----------
    mine, right : sympy expressions
        What was handed in, and what it is compared with.
    letters : mapping of str to Letter
    seed : str

    Returns
    -------
    str or None

    Examples
    --------
    >>> from fewsteps.exercises.letters import letter
    >>> x = letter("x", [1, 3])
    >>> differs(symbol(x) ** 2, symbol(x) ** 2, {"x": x}, "seed")
    >>> differs(2 * symbol(x), symbol(x) ** 2, {"x": x}, "seed")
    'At x = 1 yours gives 2, and another value is right.'
    """
    for point in points(letters, seed):
        got, want = (_number(each, point, letters) for each in (mine, right))
        where = ", ".join(f"{name} = {float(value):.4g}" for name, value in point.items())
        if got is None:
            return f"At {where} yours has no finite real value."
        if want is not None and abs(got - want) > sp.Float("1e-12") * max(1, abs(want)):
            return f"At {where} yours gives {float(got):.6g}, and another value is right."
    return None


def proven(mine: Any, right: Any) -> bool:
    """Say whether sympy proves two formulas equal.

    Parameters
    ----------
    mine, right : sympy expressions

    Returns
    -------
    bool
        False where the difference is too large to be simplified, or sympy does not find zero.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> proven((x + 1) ** 2, x**2 + 2 * x + 1)
    True
    """
    difference = mine - right
    if sp.expand(difference) == 0:
        return True
    return bool(sp.count_ops(difference) <= LARGEST and sp.simplify(difference) == 0)


def _key(name: str) -> str:
    return spelled(name).replace("_", "")


def _kind(answer: Any) -> str:
    return f"a {type(answer).__name__}"


def _letter(name: str, known: Mapping[str, sp.Symbol], letters: Mapping[str, Letter]) -> sp.Symbol:
    if _key(name) in known:
        return known[_key(name)]
    raise UnreadableError(f"I do not know `{name}`: {unknown(letters)}.")


def _expression(tree: Tree, known: Mapping[str, sp.Symbol], letters: Mapping[str, Letter]) -> Any:
    if tree[0] == "number":
        return sp.Rational(tree[1])
    if tree[0] == "name":
        return _CONSTANTS[tree[1]] if tree[1] in _CONSTANTS.keys() - known.keys() else _letter(tree[1], known, letters)
    operator, *parts = tree[1:] if tree[0] == "call" else tree
    values = [_expression(part, known, letters) for part in parts]
    return _CALLS[operator](*values) if operator in _CALLS else _SIGNS[operator](*values, *[None] * (2 - len(values)))


def _power(base: Any, exponent: Any) -> Any:
    """A power, unless exact arithmetic would take for ever: 9^9^9 has 370 million digits."""
    if exponent.is_number and abs(sp.N(exponent)) > HIGHEST:
        raise UnreadableError("The exponent is too large.")
    return base**exponent


def _number(expression: Any, point: Mapping[str, Any], letters: Mapping[str, Letter]) -> Any:
    """The value at a point, or None where there is no finite real one."""
    value = expression.xreplace({symbol(letters[name]): each for name, each in point.items()})
    value = sp.N(value, DIGITS, maxn=200)
    return value if value.is_Number and value.is_finite and value.is_real else None
