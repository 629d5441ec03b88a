"""What a passed check leaves behind: a line on the page and a record for the ledger."""

from __future__ import annotations

import html
import re
import sys
from dataclasses import asdict, dataclass, replace
from typing import Any

from fewsteps.evidence.places import anchor_of, caller

#: What to do about a claim that does not hold, for whoever plays with a page.
ADVICE = (
    "Two sides were computed apart and no longer agree. If you changed a number, a sign or a parameter on one side "
    "alone,\n  that is what the check is for: it must fail. Change both sides, best through one variable."
)


class EvidenceError(AssertionError):
    """A claim that does not hold, a control that was not rejected, or a formula that shows something else.

    The first line says what was claimed and what came out; then comes the line of code that claimed it.
    """


@dataclass(frozen=True)
class Record:
    """One passed check, as the ledger reads it from the output's metadata.

    `shown` says how the shown formula is tied to the check: "generated" from the checked sides, "read" back from typed
    TeX, "stated" (tied by a reader alone) or "none". `mistake` names the wrong formula that the check rejected. A
    headline has its claim, the published numbers, those of the page, the verdict, and a note.
    """

    ids: tuple[str, ...]
    kind: str
    against: str | None = None
    error: float | None = None
    tolerance: float | None = None
    control: bool = False
    mistake: str | None = None
    case: str | None = None
    shown: str | None = None
    tex: str | None = None
    printed: str | None = None
    holds: str | None = None
    grade: str | None = None
    claim: str | None = None
    published: str | None = None
    here: str | None = None
    verdict: str | None = None
    note: str | None = None
    anchor: str = ""


def claim_ids(ids: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Return catalogue ids as a tuple; one box may carry several.

    Examples
    --------
    >>> claim_ids("OM-P3.1")
    ('OM-P3.1',)
    """
    names = (ids,) if isinstance(ids, str) else tuple(ids)
    if not names or not all(isinstance(name, str) and re.fullmatch(r"[A-Z]{2}-[\w.-]+", name) for name in names):
        raise ValueError(f"id must be one or more catalogue ids such as 'OM-P3.1', got {ids!r}")
    return names


def mistaken(control: Any, mistake: str) -> str | None:
    """Hold a control to its name: a wrong formula comes with the mistake that makes it, and the other way round.

    Examples
    --------
    >>> mistaken(None, "")
    >>> mistaken(1.0, "lost alpha.")
    'lost alpha'
    """
    if (control is None) != (not mistake.strip()):
        got = f"got control={'None' if control is None else '...'}, mistake={mistake!r}"
        raise ValueError(f"control= and mistake= come together: a wrong formula, and what is wrong with it; {got}")
    return mistake.strip().rstrip(".") or None


def reject(ids: tuple[str, ...], message: str) -> EvidenceError:
    """The error to raise for a check that proves nothing, or shows something else; with the line that made it.

    Examples
    --------
    >>> print(str(reject(("OM-P3.1",), "no check")).splitlines()[0])
    OM-P3.1: no check
    """
    return EvidenceError(f"{', '.join(ids)}: {message}\n  {caller()}")


def missed(ids: tuple[str, ...], message: str) -> EvidenceError:
    """The error to raise for a claim that does not hold; it says what to look for.

    Examples
    --------
    >>> print(str(missed(("OM-P3.1",), "4 is not 5")).splitlines()[-1].strip())
    that is what the check is for: it must fail. Change both sides, best through one variable.
    """
    return EvidenceError(f"{reject(ids, message)}\n  {ADVICE}")


def _sentence(words: str) -> str:
    """Begin with a capital where that is a word, not a symbol."""
    first = words.split()[0]
    return words[0].upper() + words[1:] if len(first) > 1 and first.isalpha() else words


def publish(record: Record, sentence: str, tex: str = "") -> None:
    """Show a check on the page and store its record; `tex` is typeset under the sentence. Outside IPython, print it."""
    record = replace(record, anchor=anchor_of(record.ids[0]))
    case = f"{_sentence(record.case)}:" if record.case else ""
    rejects = f"Rejects: {record.mistake}." if record.mistake else ""
    names = ", ".join(record.ids)
    math = f'<div class="fs-math mathjax_process">\\[{html.escape(tex)}\\]</div>' if tex else ""
    words = " ".join(part for part in (sentence, rejects) if part)
    body = (
        f'<div class="fs-evidence fs-{record.kind}" id="{record.anchor}">'
        f'<span class="fs-kind">{record.kind}</span> <span class="fs-id">{names}</span> '
        f'<span class="fs-case mathjax_process">{html.escape(case)}</span>{math}'
        f'<span class="fs-text mathjax_process">{html.escape(words)}</span></div>'
    )
    plain = " ".join(part for part in (f"{record.kind} {names}:", case, f"${tex}$" if tex else "", words) if part)
    ipython = sys.modules.get("IPython")
    if ipython is None or ipython.get_ipython() is None:
        print(plain)
        return
    ipython.display.display({"text/html": body, "text/plain": plain}, raw=True, metadata={"fewsteps": asdict(record)})
