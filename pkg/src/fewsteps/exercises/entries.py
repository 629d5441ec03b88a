"""What each exercise asks for: one file of `data` a page, one entry a label, read when first asked for."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from fewsteps.exercises.letters import Letter, letter

KINDS = ("number", "formula", "function", "choice")
_KEYS = {"kind", "asks", "answer", "rtol", "atol", "symbols", "options", "hints", "mistakes", "right"}
#: Which keys a kind has beside those that all have.
_ONLY = {
    "number": {"rtol", "atol"},
    "formula": {"symbols"},
    "function": {"symbols", "rtol", "atol"},
    "choice": {"options"},
}
_COMMON = _KEYS - {"rtol", "atol", "symbols", "options"}


@dataclass(frozen=True)
class Mistake:
    """An answer that somebody would give, and what is wrong with it."""

    answer: Any
    says: str


@dataclass(frozen=True)
class Entry:
    """What an exercise asks for, and what may be said about answers."""

    label: str
    page: str
    kind: str
    asks: str
    answer: Any
    hints: tuple[str, ...]
    mistakes: tuple[Mistake, ...] = ()
    right: str = ""
    rtol: float | None = None
    atol: float | None = None
    letters: Mapping[str, Letter] | None = None
    options: tuple[str, ...] = ()


@cache
def entries() -> dict[str, Entry]:
    """Return all entries of all pages, by label.

    Returns
    -------
    dict of str to Entry

    Raises
    ------
    ValueError
        If a file of the data breaks a rule; the message names file, label and key.

    Examples
    --------
    >>> entries()["lt-ex-first"].kind
    'number'
    """
    found: dict[str, Entry] = {}
    for file in sorted(files("fewsteps.exercises").joinpath("data").iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            found |= read(file.read_text(encoding="utf8"), file.name.removesuffix(".toml"))
    return found


def read(text: str, page: str) -> dict[str, Entry]:
    """Return the entries of one page.

    Parameters
    ----------
    text : str
        What the page's file holds.
    page : str
        The page's slug.

    Returns
    -------
    dict of str to Entry
        A further part, `label/2`, has the hints of its label unless it has its own.

    Raises
    ------
    ValueError
        If an entry breaks a rule; the message names file, label and key.

    Examples
    --------
    >>> lines = ["[xx-ex-one]", 'kind = "number"', 'asks = "two"', "answer = 2", "atol = 0", 'hints = ["one and one"]']
    >>> read(chr(10).join(lines), "page")["xx-ex-one"].answer
    2
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{page}.toml is not TOML: {error}") from error
    return {label: _entry(label, {**_inherited(label, raw), **said}, page) for label, said in raw.items()}


def find(label: str) -> Entry:
    """Return the entry of a label.

    Parameters
    ----------
    label : str
        As it stands in the exercise.

    Returns
    -------
    Entry

    Raises
    ------
    TypeError
        If `label` is no text.
    ValueError
        If there is none; the message lists the labels of the page that was meant.

    Examples
    --------
    >>> find("lt-ex-first").page
    'linear-teacher'
    """
    if not isinstance(label, str):
        raise TypeError(f"label must be a text such as 'lt-ex-first', got {label!r}")
    if label in entries():
        return entries()[label]
    alike = [name for name in entries() if name.split("-")[0] == label.split("-")[0]]
    if alike:
        raise ValueError(f"label must be one of this page's exercises, {', '.join(alike)}; got {label!r}")
    pages = dict.fromkeys(f"{name.split('-')[0]}-... ({entry.page})" for name, entry in entries().items())
    raise ValueError(f"label must be that of an exercise, and begins with {', '.join(pages)}; got {label!r}")


def _inherited(label: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    whole, _, part = label.partition("/")
    return {"hints": raw.get(whole, {}).get("hints", [])} if part else {}


def _entry(label: str, said: Mapping[str, Any], page: str) -> Entry:
    where = f"{page}.toml, {label}"
    _check(said, where)
    try:
        letters = {name: letter(name, each) for name, each in said.get("symbols", {}).items()}
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    rest = {key: said[key] for key in ("kind", "asks", "answer", "right", "rtol", "atol") if key in said}
    mistakes = tuple(Mistake(**each) for each in said.get("mistakes", []))
    return Entry(label, page, hints=tuple(said["hints"]), mistakes=mistakes, letters=letters,
                 options=tuple(said.get("options", [])), **rest)  # fmt: skip


def _check(said: Mapping[str, Any], where: str) -> None:
    for problem in _problems(said):
        raise ValueError(f"{where}: {problem}")


def _problems(said: Mapping[str, Any]) -> list[str]:
    kind = said.get("kind")
    if kind not in KINDS:
        return [f"kind must be one of {', '.join(KINDS)}, got {kind!r}"]
    found = [f"{key} is missing" for key in ("asks", "answer", "hints") if said.get(key) in (None, "", [])]
    found += [f"a {kind} has no {key}" for key in sorted(said.keys() - _COMMON - _ONLY[kind])]
    if kind == "number" and ("rtol" in said) == ("atol" in said):
        found.append("a number needs rtol or atol, and not both")
    if kind in ("formula", "function") and not said.get("symbols"):
        found.append(f"a {kind} needs symbols")
    if kind == "choice" and said.get("answer") not in letters_of(said.get("options", [])):
        found.append(f"answer must be the letter of an option, got {said.get('answer')!r}")
    wrong = [each for each in said.get("mistakes", []) if set(each) != {"answer", "says"}]
    return found + [f"a mistake has an answer and what it says, got {each!r}" for each in wrong]


def letters_of(options: list[str] | tuple[str, ...]) -> list[str]:
    """Return the letters of the options of a choice.

    Parameters
    ----------
    options : list of str

    Returns
    -------
    list of str

    Examples
    --------
    >>> letters_of(["yes", "no"])
    ['a', 'b']
    """
    return [chr(ord("a") + place) for place in range(len(options))]
