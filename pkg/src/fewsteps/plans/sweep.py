"""The interval search itself, for many scalar problems at once: least or largest excess of every interval of steps.

With X the excess of a block over the product P of its operators, V = P + X and U = 1 - V, a split of [a, b] after m has
the excess ``V[m+1, b] X[a, m] + gamma_b V[m+1, b] U[a, m] + X[m+1, b] P[a, m]``: three products of a number of the left
part and a number of the right part. So for one m all splits of many a and many b are one small matrix product, which
NumPy hands to BLAS; only the minimum over m is left to it. Where the left or the right part is short, the excesses of
the other one are not yet known for all a and b at once, and the splits are tried length by length (`Short`,
`Ends.step`), for all problems together. There are (T^3 - T) / 6 splits a problem, and none is left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: A split must beat the one-shot merge by more than rounding to be preferred: ties go to the simpler plan.
TIE = 8 * np.finfo(float).eps
#: Intervals of up to this many steps are short.
_SHORT = 16
#: All intervals count as short in problems of up to this many steps, or if there are but a few problems.
_ALL_SHORT, _FEW = 128, 4
#: Starts a of one matrix product.
_TILE = 64
#: Numbers in one result of matrix products: it stays in a core's second-level cache with what it is compared to.
_BLOCK = 16384
#: Problems times T^2 solved together, with and without matrix products: tables of about 200 MB.
_TOGETHER, _TOGETHER_SHORT = 64 * 512**2, 16 * 512**2


def together(T: int) -> int:
    """How many problems of T steps one sweep should take, for the sake of memory.

    Examples
    --------
    >>> together(512), together(32)
    (64, 4096)
    """
    return max(1, (_TOGETHER_SHORT if T <= _ALL_SHORT else _TOGETHER) // T**2)


def beats(split: Floats, direct: Floats, sign: Floats | float) -> NDArray[np.bool_]:
    """Whether the split's excess is better than the one-shot merge's by more than rounding."""
    return sign * (direct - split) > TIE * np.abs(direct)


class Short:
    """All intervals of up to `size` steps: tables by (length - 1, start, problem).

    If the problem is longer, `size` idle steps (operator 1, shrinkage 0) are put in front, so that no slice runs over.
    """

    def __init__(self, A: Floats, gamma: Floats, contraction: Floats, sign: Floats) -> None:
        self.T, self.n = A.shape
        self.sign = sign
        self.size = self.T if self.T <= _ALL_SHORT or self.n <= _FEW else min(_SHORT, self.T)
        self.front = 0 if self.size == self.T else self.size
        self.tile = min(_TILE, self.T)

        def idle(row: Floats, fill: float) -> Floats:
            return np.concatenate([np.full((self.front, self.n), fill), row])

        self.A, self.gamma, self.w = idle(A, 1.0), idle(gamma, 0.0), idle(contraction, 0.0)
        self.X, self.U, self.P, self.V, self.W = np.zeros((5, self.size, self.front + self.T, self.n))
        self.P[0] = self.V[0] = self.A
        self.W[0] = self.U[0] = self.w
        for k in range(1, self.size):
            self._fill(k)

    def _fill(self, k: int) -> None:
        """Solve the intervals [a, a + k] of all starts a."""
        n = len(self.A) - k
        self.P[k, :n] = self.P[k - 1, :n] * self.A[k:]
        self.W[k, :n] = self.W[k - 1, :n] + self.P[k - 1, :n] * self.w[k:]
        splits = self.U[:k, :n] * self.gamma[k:]  # by (m - a, a, problem)
        splits += self.X[:k, :n]
        splits *= self._right(self.V, k, n)
        splits += self.P[:k, :n] * self._right(self.X, k, n)
        splits *= self.sign
        split, direct = self.sign * splits.min(axis=0), self.A[k:] * self.gamma[k:] * self.W[k - 1, :n]
        X = self.X[k, :n] = np.where(beats(split, direct, self.sign), split, direct)
        self.U[k, :n], self.V[k, :n] = self.W[k, :n] - X, self.P[k, :n] + X

    def _right(self, table: Floats, k: int, n: int) -> Floats:
        """What `table` holds for the right parts [a + i + 1, a + k], by (i, a, problem)."""
        by_length, by_start, by_problem = table.strides
        strides = (by_start - by_length, by_start, by_problem)
        return np.ndarray((k, n, self.n), float, table, (k - 1) * by_length + by_start, strides)

    def rows(self) -> list[Floats]:
        """Finished tables of the ends b = 0, ..., size - 1, as `Ends.rows` gives them."""
        tables, f = [self.X, self.U, self.P], self.front
        return [
            by_tiles([t[np.arange(b, -1, -1), f + np.arange(b + 1)] for t in tables], self.tile)
            for b in range(self.size)
        ]


def by_tiles(columns: list[Floats], tile: int) -> Floats:
    """Three columns over starts a (a, problem) as an array by (tile of starts, problem, which, start in the tile)."""
    length, n = columns[0].shape
    out = np.zeros((-(-length // tile), n, 3, tile))
    flat = np.zeros((out.shape[0] * tile, n))
    for which, column in enumerate(columns):
        flat[:length] = column
        out[:, :, which] = flat.reshape(-1, tile, n).transpose(0, 2, 1)
    return out


class Ends:
    """All intervals that end in one of the next few steps, b = first, ..., first + width - 1.

    They are solved by length, one end beside the other: tables by (length - 1, which end, problem); V and X once more,
    times the problem's sign, so that every problem asks for the least.
    """

    def __init__(self, short: Short, rows: list[Floats], first: int) -> None:
        self.short, self.left, self.first = short, rows, first
        size, n = short.size, short.n
        J = self.width = min(size, short.T - first)
        self.X, self.U, self.P, self.V, self.Y = np.zeros((5, first + J, J, n))
        at = short.front + first
        for k in range(size):
            ends = slice(at - k, at - k + J)
            for mine, theirs in [(self.X, short.X), (self.U, short.U), (self.P, short.P), (self.V, short.V)]:
                mine[k] = theirs[k, ends]
            self.Y[k] = self.X[k]
        self.V[:size] *= short.sign
        self.Y[:size] *= short.sign
        self.A, self.gamma = short.A[at : at + J], short.gamma[at : at + J]
        starts = slice(at - size + 1, at - size + 1 + J)
        self.W, self.W_before = short.W[size - 1, starts], short.W[size - 2, starts]  # of [a, b] and of [a, b - 1]
        # Right parts within these ends, by (length - 1, which end, problem); none where they would start before.
        self.V_right, self.Y_right = np.zeros((2, J - 1, J, n))
        for d in range(1, J):
            inside = slice(at + 1, at + 1 + J - d)
            self.V_right[d - 1, d:] = short.V[d - 1, inside] * short.sign
            self.Y_right[d - 1, d:] = short.X[d - 1, inside] * short.sign
        self.none = np.where(np.arange(J) < np.arange(1, J)[:, None], np.inf, 0.0)[:, :, None]
        # Best of the splits with two long parts, for two tiles of starts: the present one and the one before.
        self.far = np.full((2, n, J, short.tile), np.inf)
        self.right: dict[int, Floats] = {}
        self.columns = max(1, _BLOCK // (J * short.tile))
        self.product = np.empty((self.columns, J, short.tile))
        self.scratch = np.empty((2, size * J * n))

    def rows(self) -> list[Floats]:
        """Solve, and return the tables of each end: (tile of starts, problem, X or U or P, start in the tile)."""
        first, J, size, tile = self.first, self.width, self.short.size, self.short.tile
        for m in range(first - 1, first + J - 2 - size, -1):
            self._learn(m)
        for k in range(size, first + J):
            lowest = first - k
            if lowest >= 0 and (k == size or lowest % tile == tile - 1):
                self.far[lowest // tile % 2] = np.inf
                self._meet(list(self.right), lowest // tile)
            self.step(k)
            m = first + J - 2 - k  # now all blocks [m + 1, b] are solved
            if size <= m < first:
                self._learn(m)
                self._meet([m], lowest // tile)
        ends = [[table[first + j :: -1, j] for table in (self.X, self.U, self.P)] for j in range(J)]
        return [by_tiles(columns, tile) for columns in ends]

    def _learn(self, m: int) -> None:
        """Collect what the right parts [m + 1, b] bring to a split, by (problem, end, factor of X, U or P)."""
        J, n = self.width, self.short.n
        start = (self.first - m - 1) * J
        ends = slice(start, start + (J - 1) * (J + 1) + 1, J + 1)
        V, Y = self.V.reshape(-1, n)[ends], self.Y.reshape(-1, n)[ends]
        self.right[m] = np.stack([V.T, (V * self.gamma).T, Y.T], axis=2)

    def _meet(self, cuts: list[int], tile: int) -> None:
        """Try the splits after `cuts` for a tile of starts, where the left part is longer than `size`."""
        far, n, width = self.far[tile % 2], self.short.n, self.short.tile
        cuts = [m for m in cuts if m - self.short.size >= tile * width]
        for c in range(0, n, self.columns):
            out = self.product[: min(n - c, self.columns)]
            best = far[c : c + self.columns]
            for m in cuts:
                np.matmul(self.right[m][c : c + self.columns], self.left[m][tile, c : c + self.columns], out=out)
                np.minimum(best, out, out=best)

    def step(self, k: int) -> None:
        """Solve the intervals [b - k, b] of all ends b."""
        short, J, sign = self.short, self.width, self.short.sign
        at = short.front + self.first - k
        starts = slice(at, at + J)
        A, w = short.A[starts], short.w[starts]
        self.W, self.W_before = w + A * self.W, w + A * self.W_before
        P = A * self.P[k - 1]
        longer = slice(k - short.size, k)
        left = [table[:, starts] for table in (short.X, short.U, short.P)]
        split = self._least(left, self.V[longer][::-1], self.Y[longer][::-1])
        if J > 1:
            left = [self._skewed(table, k) for table in (self.X, self.U, self.P)]
            np.minimum(split, self._least(left, self.V_right, self.Y_right, self.none), out=split)
        a = np.arange(self.first - k, self.first - k + J)
        np.minimum(split, self.far[a // short.tile % 2, :, np.arange(J), a % short.tile], out=split)
        split, direct = sign * split, self.A * self.gamma * self.W_before
        X = np.where(beats(split, direct, sign), split, direct)
        self.X[k], self.U[k], self.P[k] = X, self.W - X, P
        self.V[k], self.Y[k] = sign * (P + X), sign * X

    def _least(self, left: list[Floats], V: Floats, Y: Floats, extra: Floats | None = None) -> Floats:
        """Least signed excess over the first axis: V (X + gamma U) + Y P + extra."""
        X, U, P = left
        value, term = (row[: U.size].reshape(U.shape) for row in self.scratch)
        np.multiply(U, self.gamma, out=value)
        value += X
        value *= V
        value += np.multiply(P, Y, out=term)
        if extra is not None:
            value += extra
        return value.min(axis=0)

    def _skewed(self, table: Floats, k: int) -> Floats:
        """What `table` holds for the left parts [b - k, b - d], by (d - 1, which end b, problem)."""
        J = self.width
        by_length, by_end, by_problem = table.strides
        start = (k - 1) * by_length - by_end
        return np.ndarray((J - 1, J, self.short.n), float, table, start, (-by_length - by_end, by_end, by_problem))
