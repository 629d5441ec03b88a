"""How well Gauss-Hermite nodes resolve an integrand: the error of a quadrature rule, from its own nodes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Coefficients of the highest degrees that speak for all that follow.
_LAST = 6
#: Nodes below which the fall of the coefficients cannot be told from their start.
_FEW = 24


@dataclass(frozen=True, eq=False)
class Resolution:
    """The grid of a quadrature rule: K components, n nodes along each of d axes of x, `inner` across each.

    The values of an integrand have Hermite coefficients up to degree n - 1. Gauss's rule errs by the coefficients from
    degree 2n on, which are extrapolated from those just below n and just below n/2: if c and b are their sizes and all
    fall like exp(-sqrt(degree)) or faster, c (c/b)^1.5. Ten times that is the estimate, or c itself if it is less: too
    large rather than too small; with fewer than 24 nodes it is c. Across, integrands are polynomials of degree 2 in the
    identities, and coefficients from degree 3 on count. Rounding is added.
    """

    components: int
    n: int
    inner: int
    d: int
    along: tuple[Floats, Floats]  # nodes and weights of the standard normal
    across: tuple[Floats, Floats]
    varies: bool  # whether x does at all

    def error(self, terms: Floats) -> float:
        """Error of the sum of `terms`, weights times values, of shape (N,)."""
        if not self.varies:
            return 0.0
        if self.n == 1:
            return math.inf
        cells = terms.reshape(self.components, *(self.n, self.inner) * self.d)
        total = 4 * float(np.finfo(float).eps * np.abs(terms).sum())
        for axis in range(1, 2 * self.d, 2):
            total += sum(_missed(_marginal(cells, axis + k), table) for k, table in enumerate(self._tables) if table)
        return total

    @cached_property
    def _tables(self) -> tuple[Table | None, Table | None]:
        """Along and across; None where no degree is left to look at."""
        return _table(*self.along, max(1, self.n - _LAST)), _table(*self.across, max(3, self.inner - _LAST))


def _marginal(cells: Floats, axis: int) -> Floats:
    """Terms summed over all axes but that of the components and one more; shape (K, n)."""
    return cells.sum(axis=tuple(other for other in range(1, cells.ndim) if other != axis))


class Table(NamedTuple):
    """Columns that take terms to coefficients: `last` of the highest degrees, then those of middle ones."""

    columns: Floats
    last: int


def _table(nodes: Floats, weights: Floats, first: int) -> Table | None:
    roots, n = np.sqrt(weights), len(nodes)
    if first >= n:
        return None
    inverse = np.divide(1.0, roots, out=np.zeros_like(roots), where=roots > 0)
    half = range(max(1, n // 2 - _LAST), max(2, n // 2))
    rows = np.concatenate([_hermite(nodes, roots, some) for some in (range(first, n), half)])
    return Table((rows * inverse).T, n - first)


def _missed(terms: Floats, table: Table) -> float:
    """What the coefficients of some degrees say about those that the nodes do not see, summed over the components."""
    squares = (terms @ table.columns) ** 2
    last, middle = squares[:, : table.last].sum(axis=1), squares[:, table.last :].sum(axis=1)
    size = np.sqrt(last)
    if len(table.columns) < _FEW:
        return float(size.sum())
    return float((size * np.minimum(1.0, 10 * (last / (middle + (middle == 0))) ** 0.75)).sum())


def _hermite(nodes: Floats, roots: Floats, degrees: range) -> Floats:
    """Orthonormal Hermite polynomials times the roots of the weights; shape (degrees, n)."""
    rows, before, now = [], np.zeros_like(nodes), roots
    for j in range(degrees.stop):
        if j in degrees:
            rows.append(now)
        before, now = now, (nodes * now - math.sqrt(j) * before) / math.sqrt(j + 1)
    return np.array(rows)
