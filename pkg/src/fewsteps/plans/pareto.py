"""Exact search for one plan shared by several coordinates: dynamic programming on Pareto fronts.

Replacing a part of a plan by one that is at least as good in every coordinate (smaller where lam <= 1, larger where
lam > 1) never hurts, so only non-dominated parts can belong to some best plan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewsteps.plans.problem import MergeProblem
from fewsteps.plans.tree import Plan

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SharedOptimum:
    """Result of `pareto_plan`.

    Attributes
    ----------
    plan : Plan
    value : array of shape (d,)
        Merged gains.
    loss : float
        Summed squared W2 distance to the target.
    largest_front : int
        Size of the largest front met on the way.
    """

    plan: Plan
    value: Floats
    loss: float
    largest_front: int


def pareto_plan(problem: MergeProblem, *, max_front: int = 20_000) -> SharedOptimum:
    """The binary-or-one-shot plan of least summed loss when all d coordinates share it.

    Parameters
    ----------
    problem : MergeProblem
        With the surrogate or data target.
    max_front : int
        Give up with an error beyond this many candidates per interval; fronts grow fast with d.

    Notes
    -----
    Source: OM-R-PARETO, a repair of OM-T4.1.

    Examples
    --------
    >>> from fewsteps import cosine_schedule, merge_problem
    >>> print(pareto_plan(merge_problem([1.0, 1.2], cosine_schedule(4), 0.8)).plan)
    (([1..2]|3)|4)
    """
    if problem.target == "teacher" and bool(problem.maximise.any()):
        raise ValueError("target='teacher' needs lam <= 1 for the exchange argument; use best_by_enumeration")
    sign = np.where(problem.maximise, -1.0, 1.0)
    A, gamma, T = problem.A, problem.gamma, problem.T
    fronts = {(t, t): (A[t : t + 1], [(-1, 0, 0)]) for t in range(T)}
    for length in range(2, T + 1):
        for a in range(T - length + 1):
            b = a + length - 1
            values, origins = _candidates(A, gamma[b], fronts, a, b)
            keep = _non_dominated(sign * values)
            if keep.size > max_front:
                raise ValueError(
                    f"max_front={max_front} exceeded by the interval {a + 1}..{b + 1}: {keep.size} candidates"
                )
            fronts[a, b] = values[keep], [origins(int(i)) for i in keep]
    values, _ = fronts[0, T - 1]
    losses = np.sum((values - A.prod(axis=0) - problem.offset) ** 2, axis=1)
    best = int(losses.argmin())
    largest = max(len(values) for values, _ in fronts.values())
    return SharedOptimum(_read(fronts, 0, T - 1, best), values[best], float(losses[best]), largest)


def _candidates(A: Floats, g: Floats, fronts: dict, a: int, b: int) -> tuple:
    """All values of the interval, and a function from a row to its (cut, left row, right row); cut -1 is one-shot."""
    blocks, cuts, widths = [((1 - g) * A[a : b + 1].prod(axis=0) + g * A[b])[None]], [-1], [1]
    for m in range(a, b if b > a + 1 else a):  # splitting two steps is the one-shot merge once more
        left, right = fronts[a, m][0], fronts[m + 1, b][0]
        blocks.append((right[None] * ((1 - g) * left[:, None] + g)).reshape(-1, A.shape[1]))
        cuts.append(m)
        widths.append(len(right))
    starts = np.cumsum([0, *map(len, blocks)])

    def origin(row: int) -> tuple[int, int, int]:
        k = int(np.searchsorted(starts, row, side="right")) - 1
        return cuts[k], *divmod(row - int(starts[k]), widths[k])

    return np.concatenate(blocks), origin


def _non_dominated(cost: Floats) -> NDArray[np.intp]:
    """Rows not dominated by another row (smaller is better); of equal rows the first stays."""
    order = np.lexsort(cost.T[::-1])
    if cost.shape[1] <= 2:
        # In the order of the first coordinate, a row survives if it lowers the running minimum of the last.
        last = cost[order, -1]
        before = np.minimum.accumulate(np.concatenate([[np.inf], last[:-1]]))
        return order[last < before]
    kept: list[int] = []
    for row in order:
        if not kept or not np.any(np.all(cost[kept] <= cost[row], axis=1)):
            kept.append(row)
    return np.array(kept)


def _read(fronts: dict, a: int, b: int, row: int) -> Plan:
    cut, left, right = fronts[a, b][1][row]
    if cut < 0:
        return Plan(a + 1, b + 1)
    return Plan.merge(_read(fronts, a, cut, left), _read(fronts, cut + 1, b, right))
