"""What a paper is known for, beside what the page that tries it has found."""

from __future__ import annotations

from typing import Any

import numpy as np

from fewsteps.evidence.record import Record, claim_ids, publish
from fewsteps.objects import instance


def headline(
    ids: str | list[str] | tuple[str, ...],
    claim: str,
    *,
    published: str,
    here: str,
    reproduced: bool,
    better: bool | None = None,
    note: str = "",
) -> None:
    """Set a published claim beside this page's numbers; the landing page of the part lists all of its lines.

    It checks nothing by itself: the two verdicts are conditions on the numbers that the page has computed, and the
    same numbers stand in the words.

    Parameters
    ----------
    ids
        Catalogue ids of the claim.
    claim
        What is claimed, in a few words.
    published
        The source's numbers, with their label.
    here
        The page's numbers, rounded to what survives on any machine.
    reproduced
        Whether the page's numbers meet the threshold for it.
    better
        Whether they go beyond the source; None where nothing of the kind is tried.
    note
        What the words "reproduced" and "better" leave out.

    Raises
    ------
    TypeError
        If a verdict is no truth value.
    ValueError
        If `claim`, `published` or `here` is empty.

    Examples
    --------
    >>> ratio = 0.0031
    >>> headline(
    ...     "GR-XF3",
    ...     "paths are nearly straight",
    ...     published="0.0034 (Figure 3)",
    ...     here=f"{ratio:.4f}",
    ...     reproduced=0.002 < ratio < 0.005,
    ... )
    headline GR-XF3: Paths are nearly straight. Published: 0.0034 (Figure 3). Here: 0.0031. Reproduced.
    """
    names = claim_ids(ids)
    for name, words in (("claim", claim), ("published", published), ("here", here)):
        if not instance(words, str, name).strip():
            raise ValueError(f"{name} must not be empty")
    verdict = "reproduced" if _verdict(reproduced, "reproduced") else "not reproduced"
    if better is not None:
        verdict += ", and better" if _verdict(better, "better") else ", not better"
    said = ". ".join(
        [f"{claim[0].upper()}{claim[1:]}", f"Published: {published}", f"Here: {here}", verdict.capitalize()]
    )
    record = Record(names, "headline", claim=claim, published=published, here=here, verdict=verdict, note=note or None)
    publish(record, f"{said}{': ' + note if note else ''}.")


def _verdict(value: Any, name: str) -> bool:
    """A truth value, of Python or NumPy."""
    return value.item() if isinstance(value, np.bool_) else instance(value, bool, name)
