"""Optimal plans when three and more blocks may be merged at once: the merge rule allows it, the published DP not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import integer_at_least
from fewsteps.plans.problem import MergeProblem
from fewsteps.plans.reach import BLOCK, ROW, Key, Reach, join
from fewsteps.plans.search import MAX_NODES, Optimum, one_sided, two_sided
from fewsteps.plans.tree import Plan

Floats = NDArray[np.float64]


class RowExtremes:
    """Least or largest excess of every interval, as a block and as a row of blocks, among all k-ary plans.

    A k-ary merge is a binary one whose left part is a row, and a row is a block or a row with a block laid beside it.
    """

    def __init__(self, reach: Reach, largest: bool) -> None:
        T, P, W = reach.T, reach.P, reach.W
        pick = np.argmax if largest else np.argmin
        X, Y = np.zeros((2, T, T))
        self.excess: dict[int, Floats] = {BLOCK: X, ROW: Y}
        self._cut = {kind: np.full((T, T), -1) for kind in (BLOCK, ROW)}
        for b in range(T):
            g = reach.gamma[b]
            for a in range(b - 1, -1, -1):
                V, beside = P[a + 1 : b + 1, b] + X[a + 1 : b + 1, b], P[a, a:b] * X[a + 1 : b + 1, b]
                merged, laid = V * ((1 - g) * Y[a, a:b] + g * W[a, a:b]) + beside, V * Y[a, a:b] + beside
                i, j = int(pick(merged)), int(pick(laid))
                X[a, b], self._cut[BLOCK][a, b] = merged[i], a + i
                row_is_better = laid[j] > X[a, b] if largest else laid[j] < X[a, b]
                Y[a, b], self._cut[ROW][a, b] = (laid[j], a + j) if row_is_better else (X[a, b], -1)

    def plans(self, key: Key) -> tuple[Plan, ...]:
        """The blocks of an interval's row, or its one block."""
        done: list[tuple[Plan, ...]] = []
        stack: list[tuple[Key, bool]] = [(key, False)]
        while stack:
            (kind, a, b), ready = stack.pop()
            m = int(self._cut[kind][a, b])
            if ready:
                right, left = done.pop(), done.pop()
                done.append(join(kind, left, right))
            elif a == b:
                done.append((Plan(a + 1, b + 1),))
            elif m < 0:
                stack.append(((BLOCK, a, b), False))
            else:
                stack += [((kind, a, b), True), ((BLOCK, m + 1, b), False), ((ROW, a, m), False)]
        return done[0]


def optimal_kary_plan(problem: MergeProblem, *, max_nodes: int = MAX_NODES) -> Optimum:
    """The best plan of a scalar problem among all k-ary plans; O(T^3) if all values lie on one side of the target.

    Besides the extreme excess of a merged interval the search keeps that of an *unmerged row* of blocks: a k-ary merge
    is a binary one whose left part is a row.

    Parameters
    ----------
    problem : MergeProblem
        With d = 1; any schedule, any target.
    max_nodes : int
        Work of the branch and bound, as in `optimal_plan`.

    Notes
    -----
    Source: OM-R-KARY.

    Examples
    --------
    >>> from fewsteps import cosine_schedule, merge_problem
    >>> print(optimal_kary_plan(merge_problem(1.7, cosine_schedule(4), 0.2)).plan)
    ([1..2]|3|4)
    """
    if problem.lam.size != 1:
        raise ValueError(f"problem must have d = 1, got {problem.lam.size}")
    integer_at_least(max_nodes, 0, "max_nodes")
    reach, target = Reach(problem, kary=True), float(problem.offset[0])
    above = reach.direct(0, problem.T - 1) < target
    extremes = RowExtremes(reach, above)
    excess = float(extremes.excess[BLOCK][0, -1])
    if (excess <= target) if above else (excess >= target):
        return one_sided(problem, extremes.plans((BLOCK, 0, problem.T - 1))[0], excess)
    other = RowExtremes(reach, not above)
    terms = RowExtremes(Reach(replace(problem, contraction=np.abs(problem.contraction)), kary=True), largest=True)
    least, largest = (other, extremes) if above else (extremes, other)
    return two_sided(problem, reach, least, largest, float(terms.excess[BLOCK][0, -1]), max_nodes)
