"""Sixth floor: the only way a page claims that something holds.

`derived` is for algebra, `verified` for numbers, `bounded` for inequalities, `order` for convergence rates, `refuted`
for slips in a source. Each raises `EvidenceError` when the claim fails, and most take a `control`: a deliberately wrong
variant that the same check must reject, so that no check is one that cannot fail. What is displayed is stable from run
to run (thresholds, not raw floats); the measured numbers travel in the output's metadata, where the ledger finds them.
"""

from fewsteps.evidence.numbers import bounded, order, verified
from fewsteps.evidence.record import EvidenceError
from fewsteps.evidence.slips import refuted
from fewsteps.evidence.symbols import derived

__all__ = ["EvidenceError", "bounded", "derived", "order", "refuted", "verified"]
