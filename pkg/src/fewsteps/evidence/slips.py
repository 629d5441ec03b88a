"""Evidence against a printed statement: it must fail where the corrected one holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from fewsteps.evidence.numbers import _error
from fewsteps.evidence.record import Record, claim_ids, publish, reject
from fewsteps.evidence.symbols import is_zero


def refuted(
    id: str | list[str],
    printed: Any,
    correct: Any,
    truth: Any = None,
    *,
    prints: str,
    holds: str,
    rtol: float | None = None,
    atol: float | None = None,
) -> None:
    r"""Record an erratum: `printed` fails and `correct` holds.

    Parameters
    ----------
    id : str or list of str
        Catalogue ids.
    printed, correct : sympy expressions, numbers, arrays or truth values
        Both sides of the erratum.
    truth : as the others, optional
        What they are compared with: by `sympy.simplify` for expressions, within `rtol` or `atol` for numbers. Without
        it both must be truth values (or arrays of them): `correct` all True, `printed` not.
    prints, holds : str
        What the source prints and what is true, in short sentences for the errata page (TeX between ``\( \)`` is fine).

    Raises
    ------
    EvidenceError
        If the printed statement holds after all, or the corrected one does not.

    Examples
    --------
    >>> refuted("OM-R-COMPLEX", 1, 5456, 5456, atol=0, prints="T^2 steps", holds="(T^3 - T)/6 splits")
    refuted OM-R-COMPLEX: As printed: T^2 steps. Correct: (T^3 - T)/6 splits.
    """
    ids = claim_ids(id)
    if not _agrees(correct, truth, rtol, atol):
        raise reject(ids, f"the corrected statement does not hold: {correct} against {truth}")
    if _agrees(printed, truth, rtol, atol):
        raise reject(ids, f"the printed statement holds after all: {printed} against {truth}")
    record = Record(ids, "refuted", control=True, printed=prints, holds=holds)
    publish(record, f"As printed: {prints.rstrip('.')}. Correct: {holds.rstrip('.')}.")


def _agrees(value: Any, truth: Any, rtol: float | None, atol: float | None) -> bool:
    if truth is None:
        return bool(np.all(value))
    if isinstance(truth, sp.Basic | sp.MatrixBase):
        return is_zero(sp.simplify(value - truth))
    tolerance = atol if rtol is None else rtol
    if tolerance is None or (rtol is not None and atol is not None):
        raise ValueError("give exactly one of rtol and atol for numbers")
    return _error(value, truth, relative=rtol is not None, exact=False) <= tolerance
