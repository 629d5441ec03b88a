"""Optimal plans when three and more blocks may be merged at once: the merge rule allows it, the published DP not."""

from __future__ import annotations

import numpy as np

from fewsteps.plans.problem import MergeProblem
from fewsteps.plans.search import Optimum
from fewsteps.plans.tree import Plan


def optimal_kary_plan(problem: MergeProblem) -> Optimum:
    """The best plan of a scalar problem among all k-ary plans, in O(T^3).

    Besides the best merged excess X of an interval, the search keeps the best excess Y of an *unmerged row* of blocks:
    a k-ary merge is then a binary one whose left part is a row.

    Parameters
    ----------
    problem : MergeProblem
        With d = 1; the same targets as `optimal_plan`.

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
    maximise = bool(problem.maximise[0])
    if problem.target == "teacher" and maximise:
        raise ValueError("target='teacher' needs lam <= 1; use best_by_enumeration")
    A, gamma, w, T = problem.A[:, 0], problem.gamma[:, 0], problem.contraction[:, 0], problem.T
    pick = np.argmax if maximise else np.argmin
    X, Y, P, W = (np.zeros((T, T)) for _ in range(4))  # merged, row of blocks, product, one minus product
    rows: dict[tuple[int, int], tuple[Plan, ...]] = {(t, t): (Plan(t + 1, t + 1),) for t in range(T)}
    merged = {key: row[0] for key, row in rows.items()}
    for b in range(T):
        P[b, b], W[b, b] = A[b], w[b]
        for a in range(b - 1, -1, -1):
            P[a, b], W[a, b] = P[a, b - 1] * A[b], W[a, b - 1] + P[a, b - 1] * w[b]
            m = np.arange(a, b)
            V = P[m + 1, b] + X[m + 1, b]
            merges = V * ((1 - gamma[b]) * Y[a, m] + gamma[b] * W[a, m]) + P[a, m] * X[m + 1, b]
            lays = V * Y[a, m] + P[a, m] * X[m + 1, b]
            i, j = int(pick(merges)), int(pick(lays))
            X[a, b] = merges[i]
            merged[a, b] = Plan.merge(*rows[a, a + i], merged[a + i + 1, b])
            row_is_better = lays[j] > X[a, b] if maximise else lays[j] < X[a, b]
            Y[a, b] = lays[j] if row_is_better else X[a, b]
            rows[a, b] = (*rows[a, a + j], merged[a + j + 1, b]) if row_is_better else (merged[a, b],)
    excess = float(X[0, -1])
    loss = float((excess - problem.offset[0]) ** 2)
    return Optimum(merged[0, T - 1], float(P[0, -1] + excess), excess, loss, (T**3 - T) // 6)
