"""Least or largest excess of every interval of steps, and the plans that reach it.

A merge is nondecreasing in the values of its parts (OM-E53: operators are >= 0, shrinkages in [0, 1]), for every
schedule. So dynamic programming over intervals finds the least and the largest value of every interval exactly; which
of the two is the best, if any, is another question (`fewsteps.plans.search`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewsteps.plans.problem import MergeProblem
from fewsteps.plans.reach import BLOCK, Key
from fewsteps.plans.sweep import Ends, Short, beats
from fewsteps.plans.tree import Plan

Floats = NDArray[np.float64]


class Intervals:
    """The interval search for all d coordinates of a problem at once, each a scalar problem of its own.

    Parameters
    ----------
    problem : MergeProblem
    largest : array of bool, shape (d,)
        Whether a coordinate asks for the largest excess; else for the least.

    Attributes
    ----------
    excess : array of shape (d,)
        Extreme excess of the plans of all T steps.

    Notes
    -----
    Source: OM-A1. Time O(T^3) in (T^3 - T) / 6 splits, memory O(T^2), for each coordinate.

    Examples
    --------
    >>> from fewsteps import cosine_schedule, merge_problem
    >>> both = Intervals(merge_problem([0.5, 0.5], cosine_schedule(4), 0.8), np.array([False, True]))
    >>> [str(both.column(i).plan()) for i in range(2)]
    ['(1|(2|[3..4]))', '(([1..2]|3)|4)']
    """

    def __init__(self, problem: MergeProblem, largest: NDArray[np.bool_]) -> None:
        self.problem, self.sign = problem, np.where(largest, -1.0, 1.0)
        short = Short(problem.A, problem.gamma, problem.contraction, self.sign)
        self.rows = short.rows()
        for first in range(short.size, problem.T, short.size):
            self.rows += Ends(short, self.rows, first).rows()
        self.excess: Floats = self.rows[-1][0, :, 0, 0].copy()

    def column(self, i: int) -> Extremes:
        """All intervals of coordinate `i`."""
        T = self.problem.T
        tables = np.zeros((T, 3, T))
        for b, row in enumerate(self.rows):
            tables[b, :, : b + 1] = row[:, i].transpose(1, 0, 2).reshape(3, -1)[:, : b + 1]
        return Extremes(tables, self.problem.A[:, i], self.problem.gamma[:, i], float(self.sign[i]))


class Extremes:
    """Extreme excess of every interval of one scalar problem.

    Attributes
    ----------
    excess : dict
        ``excess[BLOCK][a, b]`` belongs to the steps a + 1, ..., b + 1; zero where a >= b.
    """

    def __init__(self, tables: Floats, A: Floats, gamma: Floats, sign: float) -> None:
        self._tables, self._A, self._gamma, self._sign = tables, A, gamma, sign  # X, U, P by (b, which, a)
        self.excess: dict[int, Floats] = {BLOCK: tables[:, 0].T}

    def plans(self, key: Key) -> tuple[Plan, ...]:
        """The plan of a block, alone in a tuple."""
        return (self.plan(*key[1:]),)

    def plan(self, a: int = 0, b: int = -1) -> Plan:
        """The plan of the steps a + 1, ..., b + 1 with that excess; of equals the one-shot merge, the earliest cut."""
        done: list[Plan] = []
        stack: list[tuple[int, int, bool]] = [(a, b % len(self._A), False)]
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
        """Last step of the left part, or None for the one-shot merge."""
        if b - a < 2:
            return None
        X, U, P = self._tables[a:b, :, a].T
        Y, _, right = self._tables[b, :, a + 1 : b + 1]
        value = self._sign * ((U * self._gamma[b] + X) * (right + Y) + P * Y)
        best = int(value.argmin())
        direct = self._A[b] * self._gamma[b] * (U[-1] + X[-1])
        return a + best if beats(self._sign * value[best], direct, self._sign) else None
