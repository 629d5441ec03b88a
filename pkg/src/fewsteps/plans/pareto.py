"""Exact search for one plan shared by several coordinates: dynamic programming on Pareto fronts.

Where all values of a coordinate lie on one side of its target, a part that is nearer in that coordinate never hurts. So
only parts that are not dominated in this sense are needed for a best plan. A coordinate with values on both sides has
no better and worse parts: two parts can be compared only if they agree in it. Values are kept as excesses over the
product of the operators, as in `fewsteps.plans.search`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import integer_at_least
from fewsteps.plans.problem import MergeProblem
from fewsteps.plans.search import sides
from fewsteps.plans.tree import Plan

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
#: Excesses and their origins, by interval.
Fronts = dict[tuple[int, int], tuple[Floats, Ints]]

#: Candidates that are compared at once.
_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class SharedOptimum:
    """Result of `pareto_plan`.

    Attributes
    ----------
    plan : Plan
        A best plan: the search is exhaustive, or it raises.
    value : array of shape (d,)
        Merged gains.
    loss : float
        Summed squared W2 distance to the target.
    largest_front : int
        Size of the largest front met on the way.
    one_sided : array of bool, shape (d,)
        Coordinates of which the bounds show that all values lie on one side of the target.
    """

    plan: Plan
    value: Floats
    loss: float
    largest_front: int
    one_sided: NDArray[np.bool_]


def pareto_plan(problem: MergeProblem, *, max_front: int = 20_000) -> SharedOptimum:
    """The binary-or-one-shot plan of least summed loss when all d coordinates share it, for any schedule and target.

    Parameters
    ----------
    problem : MergeProblem
    max_front : int
        Give up with an error beyond this many candidates per interval. Fronts grow fast with d, and with a coordinate
        that has values on both sides of its target they are lists of nearly all plans (T <= 10 for the default).

    Raises
    ------
    ValueError
        If an interval has more candidates than `max_front`.

    Notes
    -----
    Source: OM-R-PARETO, a repair of OM-T4.1.

    Examples
    --------
    >>> from fewsteps import cosine_schedule, merge_problem
    >>> print(pareto_plan(merge_problem([1.0, 1.2], cosine_schedule(4), 0.8)).plan)
    (([1..2]|3)|4)
    """
    max_front = integer_at_least(max_front, 1, "max_front")
    _, above, one_sided = sides(problem)
    sign = np.where(above, -1.0, 1.0)
    T, d, tables = problem.T, problem.lam.size, _products(problem)
    fronts: Fronts = {(t, t): (np.zeros((1, d)), np.full((1, 3), -1)) for t in range(T)}
    for length in range(2, T + 1):
        for a in range(T - length + 1):
            b = a + length - 1
            fronts[a, b] = _front(_candidates(problem, tables, fronts, a, b), sign, one_sided)
            if len(fronts[a, b][0]) > max_front:
                raise ValueError(_too_large(max_front, len(fronts[a, b][0]), a, b, one_sided))
    excesses, _ = fronts[0, T - 1]
    losses = np.sum((excesses - problem.offset) ** 2, axis=1)
    best = int(losses.argmin())
    value, largest = problem.A.prod(axis=0) + excesses[best], max(len(front) for front, _ in fronts.values())
    return SharedOptimum(_read(fronts, 0, T - 1, best), value, float(losses[best]), largest, one_sided)


def _too_large(max_front: int, size: int, a: int, b: int, one_sided: NDArray[np.bool_]) -> str:
    text = f"max_front={max_front} exceeded by the interval {a + 1}..{b + 1}: {size} candidates"
    if one_sided.all():
        return text
    both = ", ".join(str(i) for i in np.flatnonzero(~one_sided))
    return f"{text}; values on both sides of the target in coordinates {both}, so hardly any can be dropped"


def _products(problem: MergeProblem) -> tuple[Floats, Floats]:
    """Product of the operators of every interval, and one minus it; by (first, last, coordinate)."""
    T, d = problem.A.shape
    P, W = np.zeros((2, T, T, d))
    for b in range(T):
        P[:b, b], W[:b, b] = P[:b, b - 1] * problem.A[b], W[:b, b - 1] + P[:b, b - 1] * problem.contraction[b]
        P[b, b], W[b, b] = problem.A[b], problem.contraction[b]
    return P, W


def _candidates(
    problem: MergeProblem, tables: tuple[Floats, Floats], fronts: Fronts, a: int, b: int
) -> Iterator[tuple[Floats, Ints]]:
    """Excesses of the interval in batches, with their origins (cut, left row, right row); cut -1 is one-shot."""
    (P, W), g, d = tables, problem.gamma[b], problem.lam.size
    yield (problem.A[b] * g * W[a, b - 1])[None], np.full((1, 3), -1)
    for m in range(a, b if b > a + 1 else a):  # splitting two steps is the one-shot merge once more
        left, right = fronts[a, m][0], fronts[m + 1, b][0]
        V, beside = P[m + 1, b] + right, P[a, m] * right
        rows = max(1, _AT_ONCE // len(right))
        for start in range(0, len(left), rows):
            kept = (1 - g) * left[start : start + rows] + g * W[a, m]
            origins = np.empty((len(kept), len(right), 3), dtype=np.intp)
            origins[..., 0], origins[..., 1] = m, start + np.arange(len(kept))[:, None]
            origins[..., 2] = np.arange(len(right))
            yield (V[None] * kept[:, None] + beside[None]).reshape(-1, d), origins.reshape(-1, 3)


def _front(batches: Iterator[tuple[Floats, Ints]], sign: Floats, one_sided: NDArray[np.bool_]) -> tuple[Floats, Ints]:
    """The candidates that no other dominates."""
    held: list[tuple[Floats, Ints]] = []
    count = 0
    for batch in batches:
        held.append(batch)
        count += len(batch[0])
        if count > _AT_ONCE:
            held = [_reduced(held, sign, one_sided)]
            count = len(held[0][0])
    return _reduced(held, sign, one_sided)


def _reduced(held: list[tuple[Floats, Ints]], sign: Floats, one_sided: NDArray[np.bool_]) -> tuple[Floats, Ints]:
    values, origins = (np.concatenate(parts) for parts in zip(*held, strict=True))
    keep = _non_dominated(sign * values, one_sided)
    return values[keep], origins[keep]


def _non_dominated(cost: Floats, one_sided: NDArray[np.bool_] | None = None) -> Ints:
    """Rows not dominated by another row (smaller is better, equal where not `one_sided`); of equal rows the first."""
    if one_sided is not None and not one_sided.all():
        _, group = np.unique(cost[:, ~one_sided], axis=0, return_inverse=True)
        group = group.reshape(-1)  # NumPy 2.0 gives it a second axis
        order = np.argsort(group, kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
        ranked = cost[:, one_sided]
        return np.concatenate([rows if rows.size == 1 else rows[_non_dominated(ranked[rows])] for rows in groups])
    order = np.lexsort(cost.T[::-1]) if cost.shape[1] else np.arange(len(cost))
    if cost.shape[1] <= 2:
        if cost.shape[1] == 0:
            return order[:1]
        # In the order of the first coordinate, a row survives if it lowers the running minimum of the last.
        last = cost[order, -1]
        before = np.minimum.accumulate(np.concatenate([[np.inf], last[:-1]]))
        return order[last < before]
    kept: list[int] = []
    for row in order:
        if not kept or not np.any(np.all(cost[kept] <= cost[row], axis=1)):
            kept.append(row)
    return np.array(kept)


def _read(fronts: Fronts, a: int, b: int, row: int) -> Plan:
    cut, left, right = (int(i) for i in fronts[a, b][1][row])
    if cut < 0:
        return Plan(a + 1, b + 1)
    return Plan.merge(_read(fronts, a, cut, left), _read(fronts, cut + 1, b, right))
