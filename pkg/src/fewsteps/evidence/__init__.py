"""Sixth floor: the only way a page claims that something holds.

`derived` is for algebra, `verified` for numbers, `bounded` for inequalities, `order` for convergence rates, `refuted`
for slips in a source. Each raises `EvidenceError` when the claim fails. Most take a `control`: the wrong formula that a
named `mistake` would give and that the same check must reject, so that no check is one that cannot fail. What `derived`
shows is rendered from what it checks, or read back and compared with it, in the names of the page's `Notation`. What is
displayed is stable from run to run (thresholds, not raw floats); the measured numbers travel in the output's metadata,
where the ledger finds them. `headline` sets what a paper is known for beside what the page has found.
"""

from fewsteps.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
