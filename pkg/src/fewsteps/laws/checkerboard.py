"""The checkerboard: a law with sharp edges and holes whose noisy densities are nevertheless known exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import generator, grid_edges, integer_at_least, positive_number
from fewsteps.laws.board import NoisyBoard
from fewsteps.laws.checks import noise_level

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Checkerboard(NoisyBoard):
    """The uniform law of x_0 on every other square of a board on [-width/2, width/2]^2, so d = 2.

    Column i covers -width/2 + i side <= x_1 < -width/2 + (i + 1) side, with side = width / cells and i = 0, ...,
    cells - 1; row j likewise for x_2. The squares with even i + j are filled: the one at the lower left is.

    In all methods but `moments`, `masses`, `indicator` and `sample`, the levels alpha and sigma and their rates may be
    numbers or arrays of shape (...) that give every point of shape (..., 2) its own.

    Parameters
    ----------
    cells : int, >= 2
        Squares along a side.
    width : float, > 0
        Side of the board.

    Raises
    ------
    TypeError, ValueError
        If `cells` is not an integer >= 2 or `width` not a number > 0.

    Notes
    -----
    Both indices are even or both are odd on a filled square, so the noisy density is the sum of two products, one for
    each case, of sums over the intervals of an axis. No source states these forms: they follow from truncated normal
    laws. Without noise there is a density but no score, and what is not `log_prob` asks for sigma > 0.

    Examples
    --------
    >>> Checkerboard().denoiser(np.array([0.4, 0.6]), alpha=1.0, sigma=0.05).round(3)
    array([0.4, 0.6])
    """

    cells: int = 4
    width: float = 4.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "cells", integer_at_least(self.cells, 2, "cells"))
        object.__setattr__(self, "width", positive_number(self.width, "width"))

    def masses(self, edges: Any) -> Floats:
        """Exact probabilities of the cells of a grid, [edges_a, edges_{a+1}] x [edges_b, edges_{b+1}].

        Parameters
        ----------
        edges : array of shape (G + 1,)
            Increasing; the same for both axes. They need not meet the squares.

        Returns
        -------
        array of shape (G, G)
            The first index belongs to x_1. What lies outside the grid is missing from the sum.

        Raises
        ------
        ValueError
            If the edges do not increase.

        Examples
        --------
        >>> Checkerboard(2).masses([-2.0, 0.0, 1.0])
        array([[0.5  , 0.   ],
               [0.   , 0.125]])
        """
        edges = grid_edges(edges)
        low, high = (self.centres + shift for shift in (-self.side / 2, self.side / 2))
        overlap = np.minimum(edges[1:, None], high) - np.maximum(edges[:-1, None], low)
        parts = [np.maximum(overlap, 0)[:, start::2].sum(axis=1) / self.side for start in (0, 1)]
        return (np.outer(parts[0], parts[0]) + np.outer(parts[1], parts[1])) / self.filled

    def moments(self) -> tuple[Floats, Floats]:
        """Mean of shape (2,) and covariance of shape (2, 2) of x_0.

        Examples
        --------
        >>> Checkerboard(2).moments()[1].round(4)
        array([[1.3333, 1.    ],
               [1.    , 1.3333]])
        """
        centres = self.centres[self._squares()]
        mean = centres.mean(axis=0)
        return mean, (centres - mean).T @ (centres - mean) / self.filled + np.eye(2) * self.side**2 / 12

    def sample(self, n: int, rng: np.random.Generator, alpha: float = 1.0, sigma: float = 0.0) -> Floats:
        """Draw `n` samples of alpha x_0 + sigma eps; shape (n, 2), NumPy.

        Examples
        --------
        >>> law = Checkerboard()
        >>> law.indicator(law.sample(1000, np.random.default_rng(0))).all()
        np.True_
        """
        n, rng, (alpha, sigma) = integer_at_least(n, 1, "n"), generator(rng), noise_level(alpha, sigma)
        squares = self._squares()[rng.integers(self.filled, size=n)]
        x = (squares + rng.random((n, 2)) - self.cells / 2) * self.side
        return alpha * x + sigma * rng.standard_normal((n, 2))

    def _squares(self) -> NDArray[np.intp]:
        """Indices (i, j) of the filled squares; shape (filled, 2)."""
        return np.argwhere(np.add.outer(np.arange(self.cells), np.arange(self.cells)) % 2 == 0)
