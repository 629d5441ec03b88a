"""Whether an answer is right, or what is wrong with it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fewsteps.exercises.entries import Entry, Mistake, find, letters_of
from fewsteps.exercises.floats import value
from fewsteps.exercises.grammar import UnreadableError, parse
from fewsteps.exercises.scalars import close, near, scalar, target, tolerance

#: At how many seeded places a function is called.
CALLS = 20
RTOL = 1e-9


@dataclass(frozen=True, repr=False)
class Result:
    """What is said of an answer: true where it is right; shown, it is one sentence or two."""

    label: str
    right: bool
    says: str

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return self.says

    def _repr_markdown_(self) -> str:
        """Let a notebook typeset the formulas."""
        return self.says


def check(label: str, answer: Any) -> Result:
    """Say whether an answer to an exercise is right, or what is wrong with it.

    Parameters
    ----------
    label : str
        As it stands in the exercise, for example ``"lt-ex-first"``; ``"lt-ex-steps/2"`` for a second thing to hand in.
    answer : number, str, sympy expression or function
        A number (a text such as ``"1/3"`` or ``"sqrt(2)"`` counts), a formula as text or as a sympy expression, a
        function of the arguments that the exercise names, or the letter of an option.

    Returns
    -------
    Result
        True where the answer is right; shown, it says what is wrong.

    Raises
    ------
    TypeError, ValueError
        If there is no such exercise; the message lists those of the page.

    Examples
    --------
    >>> import math
    >>> check("lt-ex-first", math.sin(15 * math.pi / 32))
    Right. $v_T=(0,1)$, so the data fall out.
    >>> bool(check("lt-ex-first", "cos(15*pi/32)"))
    False
    """
    entry = find(label)
    try:
        right, says = _KINDS[entry.kind](entry, answer)
    except UnreadableError as problem:
        right, says = False, str(problem)
    return Result(label, right, says)


def said(entry: Entry) -> dict[str, str]:
    """Return the sentences about a number: right, of the other sign, close, or wrong.

    Parameters
    ----------
    entry : Entry
        Of a number.

    Returns
    -------
    dict of str to str
        Keys "right", "sign", "close" and "wrong".

    Examples
    --------
    >>> said(find("lt-ex-steps"))["wrong"]
    'Not yet. The number is asked for exactly.'
    """
    asked = f"the number is asked for {tolerance(entry)}."
    return {
        "right": f"Right. {entry.right}".strip(),
        "sign": "Not yet. The size is right, the sign is not.",
        "close": f"Not yet, but close: {asked}",
        "wrong": f"Not yet. {asked[0].upper()}{asked[1:]}",
    }


def _number(entry: Entry, answer: Any) -> tuple[bool, str]:
    got, want, words = scalar(answer), target(entry.answer), said(entry)
    if near(got, want, entry):
        return True, words["right"]
    for mistake in entry.mistakes:
        if near(got, target(mistake.answer), entry):
            return False, f"Not yet. {mistake.says}"
    if near(-got, want, entry):
        return False, words["sign"]
    return False, words["close" if close(got, want) else "wrong"]


def _choice(entry: Entry, answer: Any) -> tuple[bool, str]:
    letters = letters_of(entry.options)
    chosen = answer.strip().strip("()").lower() if isinstance(answer, str) else answer
    if chosen not in letters:
        raise UnreadableError(f"Choose one of {', '.join(letters)}.")
    if chosen == entry.answer:
        return True, f"Right. {entry.right}".strip()
    return False, _named(entry, lambda mistake: mistake.answer == chosen) or "Not yet."


def _formula(entry: Entry, answer: Any) -> tuple[bool, str]:
    from fewsteps.exercises.formulas import POINTS, differs, formula, proven

    letters = entry.letters or {}
    mine, right = formula(answer, letters), formula(entry.answer, letters)
    where = differs(mine, right, letters, entry.label)
    if where is None:
        note = "" if proven(mine, right) else f" (compared at {POINTS} seeded points, not proven)"
        return True, f"Right{note}. {entry.right}".strip()
    same = lambda mistake: differs(mine, formula(mistake.answer, letters), letters, entry.label) is None  # noqa: E731
    return False, _named(entry, same) or f"Not yet. {where}"


def _function(entry: Entry, answer: Any) -> tuple[bool, str]:
    if not callable(answer):
        raise UnreadableError(f"A function of {', '.join(entry.letters or {})} is asked for, made with def or lambda.")
    places = list(_places(entry))
    got = [_called(answer, place) for place in places]
    first = _first(entry, entry.answer, places, got)
    if first is None:
        return True, f"Right. {entry.right}".strip()
    where = f"At {_shown(places[first])} yours gives {got[first]:.6g}, and another value is right."
    return False, _named(entry, lambda each: _first(entry, each.answer, places, got) is None) or f"Not yet. {where}"


def _places(entry: Entry) -> list[dict[str, float | int]]:
    source, letters = random.Random(entry.label), (entry.letters or {}).items()
    draw = lambda each: int(each.draw(source)) if each.whole else float(each.draw(source))  # noqa: E731
    return [{name: draw(each) for name, each in letters} for _ in range(CALLS)]


def _called(function: Callable[..., Any], place: Mapping[str, float | int]) -> float:
    try:
        result = function(*place.values())
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
        raise UnreadableError(f"Your function stops at {_shown(place)} with {problem}") from error
    try:
        return scalar(result)
    except UnreadableError as error:
        raise UnreadableError(f"At {_shown(place)} your function does not give a number. {error}") from error


def _first(entry: Entry, right: str, places: list[dict[str, float | int]], got: list[float]) -> int | None:
    """The first place at which the values differ from those of an expression."""
    tree = parse(right)
    for number, (place, mine) in enumerate(zip(places, got, strict=True)):
        want = value(tree, {name: float(each) for name, each in place.items()})
        if not near(mine, want, entry, default=RTOL):
            return number
    return None


def _shown(place: Mapping[str, float | int]) -> str:
    return ", ".join(f"{name} = {each:.4g}" for name, each in place.items())


def _named(entry: Entry, same: Callable[[Mistake], bool]) -> str:
    """What is said about a mistake that somebody would make, if it is one of those."""
    return next((f"Not yet. {mistake.says}" for mistake in entry.mistakes if same(mistake)), "")


_KINDS: dict[str, Callable[[Entry, Any], tuple[bool, str]]] = {
    "number": _number,
    "formula": _formula,
    "function": _function,
    "choice": _choice,
}
