"""Optimal plans of scalar problems: an exact interval DP, vectorised over all intervals of one length.

For one coordinate every reachable value lies on one side of the target (OM-E56) and a merge is monotone in its parts
(OM-E53), so the best plan has the smallest value where lam <= 1 and the largest where lam > 1. The search runs on the
*excess* of a value over the product of its operators: differences of 1e-16 between values are then ordinary numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from fewsteps.arrays import integer_at_least
from fewsteps.plans.problem import MergeProblem
from fewsteps.plans.tree import Plan

Floats = NDArray[np.float64]

# A split must beat the one-shot merge by more than rounding to be preferred: ties go to the simpler plan.
_TIE = 8 * np.finfo(float).eps
# Splits handled at once: seven arrays of this many float64 stay in a core's second-level cache.
_BLOCK = 65536


@dataclass(frozen=True)
class Optimum:
    """Result of a search.

    Attributes
    ----------
    plan : Plan
        The best plan; among equals the one with the fewest merges, then the earliest cut.
    value, excess : float
        Its merged gain, and that gain minus the teacher's product (without cancellation).
    loss : float
        Its squared W2 distance to the target.
    splits : int
        Number of splits that were evaluated.
    """

    plan: Plan
    value: float
    excess: float
    loss: float
    splits: int


def optimal_plan(problem: MergeProblem) -> Optimum:
    """The best binary-or-one-shot plan of a scalar problem, by dynamic programming over intervals.

    Parameters
    ----------
    problem : MergeProblem
        With d = 1 and a target that bounds all values on one side: "surrogate", or any with lam <= 1, or "data".

    Raises
    ------
    ValueError
        If d > 1 (see `optimal_plans` for sweeps, `pareto_plan` for a shared plan) or the target is the teacher's
        product with lam > 1, where the search on values is not exact (see `best_by_enumeration`).

    Notes
    -----
    Source: OM-A1, OM-T4.1. Time O(T^3) in (T^3 - T) / 6 splits, memory O(T^2).

    Examples
    --------
    >>> from fewsteps import cosine_schedule, merge_problem
    >>> print(optimal_plan(merge_problem(2.0, cosine_schedule(32), 6.4)).plan)
    (1|[2..32])
    """
    if problem.lam.size != 1:
        raise ValueError(f"problem must have d = 1, got {problem.lam.size}; use optimal_plans or pareto_plan")
    return optimal_plans(problem)[0]


def optimal_plans(problem: MergeProblem, *, workers: int = 1) -> list[Optimum]:
    """One optimal plan per coordinate, each coordinate a scalar problem of its own: a sweep over variances.

    Parameters
    ----------
    problem : MergeProblem
    workers : int
        Processes; worth their start-up from about T = 256 on.

    Examples
    --------
    >>> from fewsteps import cosine_schedule, merge_problem, classify_plan
    >>> sweep = merge_problem([0.5, 1.02, 3.0], cosine_schedule(8), 1.6)
    >>> [classify_plan(best.plan) for best in optimal_plans(sweep)]
    ['boot', 'consistency', 'vanilla']
    """
    if problem.target == "teacher" and bool(problem.maximise.any()):
        raise ValueError("target='teacher' needs lam <= 1: above, values lie on both sides; use best_by_enumeration")
    columns = [problem[i] for i in range(problem.lam.size)]
    if integer_at_least(workers, 1, "workers") == 1:
        return [_solve(column) for column in columns]
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(_solve, columns))


def _solve(problem: MergeProblem) -> Optimum:
    tables = _Tables(problem)
    splits = sum(tables.fill(length) for length in range(2, problem.T + 1))
    plan = tables.plan()
    excess = float(tables.X[0, -1])
    loss = float((excess - problem.offset[0]) ** 2)
    return Optimum(plan, float(tables.P[0, -1] + excess), excess, loss, splits)


class _Tables:
    """Excess X, product P and U = 1 - V of every interval [a, b] by (a, b); value V and X once more by (b, a).

    The second layout makes the right-hand blocks [m + 1, b] of all splits contiguous as well.
    """

    def __init__(self, problem: MergeProblem) -> None:
        T = self.T = problem.T
        self.best = np.max if bool(problem.maximise[0]) else np.min
        self.A, self.gamma, contraction = problem.A[:, 0], problem.gamma[:, 0], problem.contraction[:, 0]
        self.X, self.P, self.W = (np.zeros((T, T)) for _ in range(3))
        for b in range(T):
            self.W[:b, b] = self.W[:b, b - 1] + self.P[:b, b - 1] * contraction[b]
            self.P[:b, b] = self.P[:b, b - 1] * self.A[b]
            self.W[b, b], self.P[b, b] = contraction[b], self.A[b]
        self.U, self.X_right, self.V_right = np.diag(contraction), np.zeros((T, T)), np.diag(self.A)
        self.scratch = np.empty((2, max(_BLOCK, T)))

    def fill(self, length: int) -> int:
        """Solve all intervals of one length; returns the number of splits tried."""
        n, k = self.T - length + 1, length - 1
        rows_at_once = max(1, _BLOCK // k)
        split = np.concatenate([self._splits(a, min(rows_at_once, n - a), k) for a in range(0, n, rows_at_once)])
        a = np.arange(n)
        direct = self._direct(a, a + k)
        X = np.where(self._beats(split, direct), split, direct)
        self.X[a, a + k] = self.X_right[a + k, a] = X
        self.U[a, a + k] = self.W[a, a + k] - X
        self.V_right[a + k, a] = self.P[a, a + k] + X
        return n * k

    def _splits(self, a: int, n: int, k: int) -> Floats:
        """Best split excess of the intervals [a, a + k], ..., [a + n - 1, a + n - 1 + k]."""
        left = [_slab(table, (n, k), a, a) for table in (self.X, self.P, self.U)]
        right = [_slab(table, (n, k), a + k, a + 1) for table in (self.V_right, self.X_right)]
        value, term = (row[: n * k].reshape(n, k) for row in self.scratch)
        return self.best(_split_excess(left, right, self.gamma[a + k : a + k + n, None], value, term), axis=1)

    def _direct(self, a: NDArray[np.intp], b: NDArray[np.intp]) -> Floats:
        return self.A[b] * self.gamma[b] * self.W[a, b - 1]

    def _beats(self, split: Floats, direct: Floats) -> NDArray[np.bool_]:
        gain = direct - split if self.best is np.min else split - direct
        return gain > _TIE * np.maximum(np.abs(direct), np.abs(split))

    def plan(self) -> Plan:
        """Read the best plan off the finished tables, trying again only the splits of the intervals it visits."""
        done: list[Plan] = []
        stack: list[tuple[int, int, bool]] = [(0, self.T - 1, False)]
        while stack:
            a, b, ready = stack.pop()
            if ready:
                noisy, clean = done.pop(), done.pop()
                done.append(Plan.merge(clean, noisy))
                continue
            m = self._cut(a, b)
            if m is None:
                done.append(Plan(a + 1, b + 1))
            else:
                stack += [(a, b, True), (m + 1, b, False), (a, m, False)]
        return done[0]

    def _cut(self, a: int, b: int) -> int | None:
        if b - a < 2:
            return None
        left = [table[a, a:b] for table in (self.X, self.P, self.U)]
        right = [table[b, a + 1 : b + 1] for table in (self.V_right, self.X_right)]
        value = _split_excess(left, right, self.gamma[b], np.empty(b - a), np.empty(b - a))
        best = self.best(value)
        direct = self._direct(np.array([a]), np.array([b]))
        return a + int(np.argmax(value == best)) if self._beats(np.array([best]), direct)[0] else None


def _slab(table: Floats, shape: tuple[int, int], row: int, column: int) -> Floats:
    """View of `table` whose row i starts at (row + i, column + i): one row per interval, one column per split."""
    down, across = table.strides
    return as_strided(table[row:, column:], shape, (down + across, across), writeable=False)


def _split_excess(left: list[Floats], right: list[Floats], gamma: Floats | float, out: Floats, term: Floats) -> Floats:
    """V_right (X_left + gamma (1 - V_left)) + P_left X_right, written into `out`."""
    (X, P, U), (V, Y) = left, right
    np.multiply(U, gamma, out=out)
    out += X
    out *= V
    out += np.multiply(P, Y, out=term)
    return out


def best_by_enumeration(problem: MergeProblem, plans: Iterator[Plan]) -> tuple[Plan, Floats]:
    """The plan of least summed loss among `plans`, tried one by one, and the losses of all; any target, any d.

    Examples
    --------
    >>> from fewsteps import cosine_schedule, merge_problem, enumerate_plans
    >>> problem = merge_problem(1.65, cosine_schedule(4), 0.2, target="teacher")
    >>> print(best_by_enumeration(problem, enumerate_plans(4))[0])
    (([1..2]|3)|4)
    """
    candidates = list(plans)
    losses = np.array([problem.loss(plan).sum() for plan in candidates])
    return candidates[int(losses.argmin())], losses
