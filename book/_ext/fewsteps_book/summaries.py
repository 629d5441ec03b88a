"""What is said of checks in one line: the label of a fold, and the line under a box."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from .boxes import RESULT
from .draw import text
from .ledger import distinct
from .records import Record

# A fold's label names this much of a second method.
LABEL = 70


def counted(number_of: int, word: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "derivation"), counted(3, "derivation")
    ('1 derivation', '3 derivations')
    """
    return f"{number_of} {word}{'' if number_of == 1 else 's'}"


def some(words: Sequence[str], most: int) -> str:
    """Return the first words of a list, and how many are left out.

    Examples
    --------
    >>> some(["lost alpha", "a sign", "time turned"], 2)
    'lost alpha, a sign and 1 more'
    """
    rest = len(words) - most
    return ", ".join(words[:most]) + (f" and {rest} more" if rest > 0 else "")


def brief(words: str) -> str:
    """Return a phrase without its details, at most a line long."""
    first = words.split(": ")[0].split("; ")[0]
    if len(first) <= LABEL or "$" in first or "\\" in first:
        return first
    return first[: first.rfind(" ", 0, LABEL)].rstrip(",;:") + " …"


def fold_label(records: Iterable[Record], *, draws: bool, solves: bool) -> str:
    """Return what is inside a fold, as HTML: derivations, checks and their second methods, a drawing."""
    records = list(records)
    derived = sum(record.kind == "derived" for record in records)
    checks = [record for record in records if record.verifies]
    methods = [brief(words) for words in distinct(record.against for record in checks)]
    said = []
    if derived:
        said.append(f"sympy, {counted(derived, 'derivation')}")
    if checks:
        number_of = "check" if len(checks) == 1 else f"{len(checks)} checks"
        said.append(f"{number_of}: {some(methods, 1)}" if methods else number_of)
    if any(record.kind == "refuted" for record in records):
        said.append("the source’s claim tried")
    if draws:
        said.append("drawing")
    words = " · ".join(said) or "code"
    return text(f"{'solution: ' if solves else ''}{words}")


def id_link(name: str, row: Callable[[str], str]) -> str:
    """Return a result's id as a link to its row in the ledger."""
    return f'<a class="fs-id" href="{escape(row(name))}" title="{name} in the ledger">{name}</a>'


def evidence_line(records: Sequence[Record], said: str, row: Callable[[str], str], fold: str) -> str:
    """Return the line under a box: its ids and where the source has it, what was checked, how much was turned down.

    Numbers only: the methods, their errors and the mistakes are one click away, where the checks are.
    """
    ids = list(dict.fromkeys(RESULT.findall(said)))
    origin = RESULT.sub(lambda match: id_link(match[0], row), escape(said.replace("source: ", "").strip().rstrip(".")))
    derived = sum(record.kind == "derived" for record in records)
    checks = sum(record.verifies for record in records)
    mistakes = len(distinct(record.mistake for record in records))
    counts = [counted(derived, "derivation")] if derived else []
    counts += [counted(checks, "numerical check")] if checks else []
    turned_down = f"; {counted(mistakes, 'mistake')} rejected" if mistakes else ""
    checked = f" Checked: {', '.join(counts)}{turned_down}." if counts else ""
    label = escape(f"show the checks of {', '.join(ids)}")
    show = f' <a class="fs-open" href="#{fold}" aria-label="{label}">show</a>' if fold and checked else ""
    return f'<p class="fs-checked">{origin}.{checked}{show}</p>'
