"""What a reader types, as a tree: numbers, names, ``+ - * / ^``, brackets and functions.

The text is never handed to Python: it is cut into tokens and read by the few rules below, which
``book/_static/exercises.js`` repeats for the fields of the built book. Both are tested on one list of cases.
"""

from __future__ import annotations

import re
from typing import Any

#: A number, a name, an operator with its two sides, a negation, or a function with its arguments.
Tree = tuple[Any, ...]

LONGEST = 300
_USUAL = ("sqrt", "exp", "log", "ln", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "abs")
#: How many values each function takes.
FUNCTIONS = dict.fromkeys((*_USUAL, "erf", "Phi", "factorial", "floor", "ceiling", "sign"), 1)
FUNCTIONS |= {"min": 2, "max": 2, "binomial": 2}
_TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([^\W\d]\w*)|(\*\*|[-+*/^(),])|(\S))")
_SIGNS = {"−": "-", "–": "-", "×": "*", "·": "*", "⋅": "*", "²": "^2", "³": "^3", "√": "sqrt ", "[": "(", "]": ")"}
_SUBSCRIPT = re.compile("_?([₀-₉]+)")
_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_NAMES = {
    **{"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon", "ζ": "zeta", "η": "eta"},
    **{"θ": "theta", "ϑ": "theta", "ι": "iota", "κ": "kappa", "λ": "lam", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi"},
    **{"ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi"},
    **{"ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Σ": "Sigma", "Φ": "Phi", "Ω": "Omega"},
}
_REFUSED = {
    "=": "Give one side only, without `=`.",
    "%": "Write a share instead of per cent: 0.01 for 1 %.",
    "{": "Write round brackets instead of braces.",
    "\\": "Write plain text instead of TeX: sqrt(2), not \\sqrt 2.",
    "|": "Write `abs(...)` instead of bars.",
}


class UnreadableError(ValueError):
    """An answer that cannot be read; the message tells the reader why."""


def parse(text: str) -> Tree:
    """Return what a text says.

    Parameters
    ----------
    text : str
        At most 300 signs: numbers, names, ``+ - * / ^ **``, brackets and functions such as ``sqrt(2)``.

    Returns
    -------
    tuple
        ``("number", text)``, ``("name", name)``, ``("-", tree)``, ``(operator, left, right)`` or
        ``("call", function, tree, ...)``.

    Raises
    ------
    UnreadableError
        If the text does not follow the rules; the message says where it stops being read, and what to write.

    Examples
    --------
    >>> parse("2^-λ")
    ('^', ('number', '2'), ('-', ('name', 'lam')))
    """
    tokens = [*tokens_of(text), ("end", "")]
    tree, place = _sum(tokens, 0)
    if tokens[place][0] != "end":
        raise _after(tokens[place - 1], tokens[place])
    return tree


def tokens_of(text: str) -> list[tuple[str, str]]:
    """Return the tokens of a text, as pairs of kind and text.

    Parameters
    ----------
    text : str
        As a reader typed it, with Greek letters, subscripts and typographic signs perhaps.

    Returns
    -------
    list of pairs
        Kinds are "number", "name" and "sign".

    Raises
    ------
    UnreadableError
        If the text is empty, too long, or holds a sign that no rule knows.

    Examples
    --------
    >>> tokens_of("γ₃·2e-3")
    [('name', 'gamma_3'), ('sign', '*'), ('number', '2e-3')]
    """
    if not text.strip():
        raise UnreadableError("There is nothing to read.")
    if len(text) > LONGEST:
        raise UnreadableError(f"The answer is longer than {LONGEST} signs.")
    return [_token(*found) for found in _TOKEN.findall(_plain(text.strip()))]


def spelled(name: str) -> str:
    """Return a name with Greek letters spelled: `λ` and `lambda` are `lam`.

    Parameters
    ----------
    name : str
        A name of a formula.

    Returns
    -------
    str

    Examples
    --------
    >>> spelled("σ_t"), spelled("lambda")
    ('sigma_t', 'lam')
    """
    return "lam" if name == "lambda" else "".join(_NAMES.get(letter, letter) for letter in name)


def _plain(text: str) -> str:
    for sign, meant in _SIGNS.items():
        text = text.replace(sign, meant)
    return _SUBSCRIPT.sub(lambda found: "_" + found[1].translate(_DIGITS), text)


def _token(number: str, name: str, sign: str, other: str) -> tuple[str, str]:
    if other:
        raise UnreadableError(_REFUSED.get(other, f"I cannot read `{other}`."))
    if number:
        return "number", number
    return ("name", spelled(name)) if name else ("sign", "^" if sign == "**" else sign)


def _sum(tokens: list[tuple[str, str]], place: int) -> tuple[Tree, int]:
    return _row(tokens, place, "+-", _product)


def _product(tokens: list[tuple[str, str]], place: int) -> tuple[Tree, int]:
    return _row(tokens, place, "*/", _signed)


def _row(tokens: list[tuple[str, str]], place: int, signs: str, part: Any) -> tuple[Tree, int]:
    left, place = part(tokens, place)
    while tokens[place][0] == "sign" and tokens[place][1] in signs:
        right, after = part(tokens, place + 1)
        left, place = (tokens[place][1], left, right), after
    return left, place


def _signed(tokens: list[tuple[str, str]], place: int) -> tuple[Tree, int]:
    """A sign binds less than a power: -2^2 is -4."""
    if tokens[place] == ("sign", "-"):
        inner, after = _signed(tokens, place + 1)
        return ("-", inner), after
    return _signed(tokens, place + 1) if tokens[place] == ("sign", "+") else _power(tokens, place)


def _power(tokens: list[tuple[str, str]], place: int) -> tuple[Tree, int]:
    base, place = _atom(tokens, place)
    if tokens[place] != ("sign", "^"):
        return base, place
    exponent, after = _signed(tokens, place + 1)
    return ("^", base, exponent), after


def _atom(tokens: list[tuple[str, str]], place: int) -> tuple[Tree, int]:
    kind, text = tokens[place]
    if kind == "end":
        raise UnreadableError("The answer ends too early.")
    if kind == "name" and text in FUNCTIONS and tokens[place + 1] == ("sign", "("):
        return _call(tokens, place)
    if kind in ("number", "name"):
        return (kind, text), place + 1
    if text != "(":
        raise UnreadableError(f"`{text}` stands where a number or a name is expected.")
    inner, place = _sum(tokens, place + 1)
    return inner, _closed(tokens, place)


def _call(tokens: list[tuple[str, str]], place: int) -> tuple[Tree, int]:
    arguments: list[Tree] = []
    after = place + 1
    while not arguments or tokens[after] == ("sign", ","):
        argument, after = _sum(tokens, after + 1)
        arguments.append(argument)
    name, after = tokens[place][1], _closed(tokens, after)
    if len(arguments) != FUNCTIONS[name]:
        raise UnreadableError(f"`{name}` takes {('one value', 'two values')[FUNCTIONS[name] - 1]}.")
    return ("call", name, *arguments), after


def _closed(tokens: list[tuple[str, str]], place: int) -> int:
    if tokens[place] == ("sign", ")"):
        return place + 1
    raise (
        UnreadableError("A bracket is not closed.")
        if tokens[place][0] == "end"
        else _after(tokens[place - 1], tokens[place])
    )


def _after(before: tuple[str, str], token: tuple[str, str]) -> UnreadableError:
    """Why a token cannot follow the one before it."""
    if token[1] == ")":
        return UnreadableError("A bracket is closed that was not opened.")
    if token[1] == ",":
        return UnreadableError("Write a decimal point instead of a comma.")
    if before[0] == "name" and before[1] in FUNCTIONS:
        return UnreadableError(f"Write `{before[1]}(...)`, with brackets.")
    return UnreadableError(f"Write `*` between `{before[1]}` and `{token[1]}`.")
