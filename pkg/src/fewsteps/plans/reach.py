"""What blocks of steps can reach: how parts make a whole, and lists of all excesses of short intervals.

A *block* is an interval merged into one operator. A *row* is an interval as a row of blocks, not yet merged: what
stands to the left of the last block of a k-ary merge. To lay a block beside a row is to merge with shrinkage 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.plans.canonical import count_plans
from fewsteps.plans.problem import MergeProblem
from fewsteps.plans.tree import Plan

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

BLOCK, ROW = 0, 1
#: (BLOCK or ROW, first step, last step), counted from 0.
Key = tuple[int, int, int]

#: Intervals with at most this many plans get lists.
_LISTED = 4000


@dataclass(frozen=True)
class Values:
    """Distinct excesses of one interval, increasing, and where each comes from: cut (or -1), entries of the parts."""

    X: Floats
    cut: Ints
    left: Ints
    right: Ints


class Reach:
    """One scalar problem: the arithmetic of its merges, and lists of reachable excesses, made when asked for.

    Parameters
    ----------
    problem : MergeProblem
        With d = 1.
    kary : bool
        Whether three and more blocks may be merged at once.

    Examples
    --------
    >>> from fewsteps import cosine_schedule, merge_problem
    >>> reach = Reach(merge_problem(0.5, cosine_schedule(4), 0.8), kary=False)
    >>> [reach.values((BLOCK, 0, b)).X.size for b in range(4)]
    [1, 1, 3, 8]
    """

    def __init__(self, problem: MergeProblem, kary: bool) -> None:
        T = self.T = problem.T
        self.kary, self.left_kind = kary, ROW if kary else BLOCK
        self.A, self.gamma, w = problem.A[:, 0], problem.gamma[:, 0], problem.contraction[:, 0]
        self.P, self.W = np.zeros((2, T, T))  # product of the steps a..b, and one minus it
        for b in range(T):
            self.P[:b, b], self.W[:b, b] = self.P[:b, b - 1] * self.A[b], self.W[:b, b - 1] + self.P[:b, b - 1] * w[b]
            self.P[b, b], self.W[b, b] = self.A[b], w[b]
        self.longest = max(n for n in range(1, 16) if count_plans(n, kary=kary) <= _LISTED)
        self._lists: dict[Key, Values] = {}

    def is_listed(self, key: Key) -> bool:
        """Whether the interval is short enough for a list."""
        return key[2] - key[1] < self.longest

    def cuts(self, a: int, b: int) -> range:
        """Last steps of left parts; a binary merge of two steps is the one-shot merge and no split."""
        return range(a, b) if self.kary or b > a + 1 else range(0)

    def direct(self, a: int, b: int) -> float:
        """Excess of the one-shot merge."""
        return float(self.A[b] * self.gamma[b] * self.W[a, b - 1]) if b > a else 0.0

    def affine(self, X: Any, is_left: bool, kind: int, a: int, m: Any, b: int) -> tuple[Any, Any]:
        """Constant and slope of the whole's excess as a function of one part's, given the other part's excess `X`.

        Vectorised over `X` or over `m`; the slope is >= 0.
        """
        g = self.gamma[b] if kind == BLOCK else 0.0
        P, W, P_right = self.P[a, m], self.W[a, m], self.P[m + 1, b]
        if is_left:
            z = (1 - g) * X + g * W
            return P_right * z, np.maximum(z + P, 0.0)
        V = P_right + X
        return V * (g * W) + P * X, np.maximum(V * (1 - g), 0.0)

    def merged(self, left: Any, right: Any, kind: int, a: int, m: Any, b: int) -> Any:
        """Excess of the whole from those of its parts."""
        constant, slope = self.affine(right, False, kind, a, m, b)
        return constant + slope * left

    def values(self, key: Key) -> Values:
        """The list of one interval."""
        if key not in self._lists:
            self._lists[key] = self._make(*key)
        return self._lists[key]

    def _make(self, kind: int, a: int, b: int) -> Values:
        parts: list[tuple[Floats, int, Ints, Ints]] = []
        zero = np.zeros(1, dtype=np.intp)
        if kind == ROW:
            X = self.values((BLOCK, a, b)).X
            parts.append((X, -1, np.arange(X.size), np.zeros_like(X, dtype=np.intp)))
        elif not self.kary or a == b:
            parts.append((np.array([self.direct(a, b)]), -1, zero, zero))
        for m in self.cuts(a, b):
            left, right = self.values((self.left_kind, a, m)).X, self.values((BLOCK, m + 1, b)).X
            constant, slope = self.affine(right, False, kind, a, m, b)
            i, j = np.divmod(np.arange(left.size * right.size), right.size)
            parts.append((constant[j] + slope[j] * left[i], m, i, j))
        X, first = np.unique(np.concatenate([part[0] for part in parts]), return_index=True)
        cut = np.repeat([part[1] for part in parts], [part[0].size for part in parts])[first]
        left_entry, right_entry = (np.concatenate([part[k] for part in parts])[first] for k in (2, 3))
        return Values(X, cut, left_entry, right_entry)

    def plans(self, key: Key, entry: int) -> tuple[Plan, ...]:
        """The blocks of the row, or the one block, behind an entry of a list."""
        kind, a, b = key
        found = self.values(key)
        m, i, j = int(found.cut[entry]), int(found.left[entry]), int(found.right[entry])
        if m >= 0:
            return join(kind, self.plans((self.left_kind, a, m), i), self.plans((BLOCK, m + 1, b), j))
        return self.plans((BLOCK, a, b), i) if kind == ROW else (Plan(a + 1, b + 1),)


def join(kind: int, left: tuple[Plan, ...], right: tuple[Plan, ...]) -> tuple[Plan, ...]:
    """Merge a row of blocks with a block, or lay the block beside it.

    Examples
    --------
    >>> join(BLOCK, (Plan(1, 1), Plan(2, 2)), (Plan(3, 3),)), join(ROW, (Plan(1, 1),), (Plan(2, 3),))
    ((Plan('[1..3]'),), (Plan('1'), Plan('[2..3]')))
    """
    return (Plan.merge(*left, *right),) if kind == BLOCK else (*left, *right)
