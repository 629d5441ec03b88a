"""Evidence against a printed statement: it must fail where the corrected one holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from fewsteps.evidence.differences import error_and_place
from fewsteps.evidence.notation import unfold
from fewsteps.evidence.record import Record, claim_ids, missed, publish, reject
from fewsteps.evidence.symbols import is_zero

GRADES = ("error", "gap")


def refuted(
    id: str | list[str],
    printed: Any,
    correct: Any,
    truth: Any = None,
    *,
    source: str,
    holds: str,
    grade: str,
    rtol: float | None = None,
    atol: float | None = None,
) -> None:
    r"""Record an erratum: `printed` fails and `correct` holds.

    Parameters
    ----------
    id : str or list of str
        Catalogue ids.
    printed, correct : sympy expressions, numbers, arrays or truth values
        Both sides of the erratum, inside the domain that the source names.
    truth : as the others, optional
        What they are compared with: by `sympy.simplify` for expressions, within `rtol` or `atol` for numbers. Without
        it both must be truth values (or arrays of them): `correct` all True, `printed` not.
    source : str
        The source's sentence with its conditions (TeX between ``\( \)`` is fine).
    holds : str
        What is true, in a short sentence.
    grade : {"error", "gap"}
        The claim is false, or a hypothesis or step is missing. Slips of wording stand in ``book/wording.yml``.

    Raises
    ------
    EvidenceError
        If the printed statement holds after all, or the corrected one does not.

    Examples
    --------
    >>> splits = sum((length - 1) * (12 - length + 1) for length in range(2, 13))
    >>> refuted(
    ...     "OM-R-COMPLEX", 12**2, (12**3 - 12) // 6, splits, atol=0, grade="error",
    ...     source="The search tries T^2 splits", holds="it tries (T^3 - T)/6 splits",
    ... )  # fmt: skip
    refuted OM-R-COMPLEX: Error. The source: The search tries T^2 splits. Correct: it tries (T^3 - T)/6 splits.
    """
    ids = claim_ids(id)
    if grade not in GRADES:
        raise ValueError(f"grade must be one of {GRADES} (wording goes to book/wording.yml), got {grade!r}")
    if not _agrees(correct, truth, rtol, atol):
        raise missed(ids, f"the corrected statement does not hold: {correct} against {truth}")
    if _agrees(printed, truth, rtol, atol):
        raise reject(ids, f"the printed statement holds after all: {printed} against {truth}")
    record = Record(ids, "refuted", control=True, printed=source, holds=holds, grade=grade)
    word = grade.capitalize()
    publish(record, f"{word}. The source: {source.rstrip('.')}. Correct: {holds.rstrip('.')}.")


def _agrees(value: Any, truth: Any, rtol: float | None, atol: float | None) -> bool:
    if truth is None:
        return bool(np.all(value))
    if isinstance(truth, sp.Basic | sp.MatrixBase):
        return is_zero(sp.simplify(unfold(value) - unfold(truth)))
    tolerance = atol if rtol is None else rtol
    if tolerance is None or (rtol is not None and atol is not None):
        raise ValueError("give exactly one of rtol and atol for numbers")
    return error_and_place(value, truth, "relative" if rtol is not None else "absolute")[0] <= tolerance
