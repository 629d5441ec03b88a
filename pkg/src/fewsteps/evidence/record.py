"""What a passed check leaves behind: a line on the page and a record for the ledger."""

from __future__ import annotations

import html
import re
import sys
from collections import Counter
from dataclasses import asdict, dataclass, replace

_anchors: Counter[str] = Counter()


class EvidenceError(AssertionError):
    """A claim that does not hold, or a control that was not rejected."""


@dataclass(frozen=True)
class Record:
    """One passed check, as the ledger reads it from the output's metadata."""

    ids: tuple[str, ...]
    kind: str
    against: str | None = None
    error: float | None = None
    tolerance: float | None = None
    control: bool = False
    case: str | None = None
    printed: str | None = None
    holds: str | None = None
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


def reject(ids: tuple[str, ...], message: str) -> EvidenceError:
    """The error to raise for a failed claim."""
    return EvidenceError(f"{', '.join(ids)}: {message}")


def publish(record: Record, sentence: str, tex: str = "") -> None:
    """Show a check on the page and store its record; `tex` is typeset under the sentence. Outside IPython, print it."""
    slug = re.sub(r"[^a-z0-9]+", "-", record.ids[0].lower())
    _anchors[slug] += 1
    record = replace(record, anchor=f"ev-{slug}-{_anchors[slug]}")
    case = f" Machine-checked case: {record.case}." if record.case else ""
    names = ", ".join(record.ids)
    math = f'<div class="fs-math mathjax_process">\\[{html.escape(tex)}\\]</div>' if tex else ""
    body = (
        f'<div class="fs-evidence fs-{record.kind}" id="{record.anchor}">'
        f'<span class="fs-kind">{record.kind}</span> <span class="fs-id">{names}</span> '
        f'<span class="fs-text mathjax_process">{html.escape(sentence + case)}</span>{math}</div>'
    )
    plain = f"{record.kind} {names}: {sentence}{case}"
    ipython = sys.modules.get("IPython")
    if ipython is None or ipython.get_ipython() is None:
        print(plain)
        return
    ipython.display.display({"text/html": body, "text/plain": plain}, raw=True, metadata={"fewsteps": asdict(record)})
