"""Branch and bound: the plan nearest to a target that has plans on both sides.

Here the parts of a best plan need not have extreme values. But given one part of a merge, the excess of the whole is an
increasing affine function ``c + w X`` of the excess X of the other part, and X lies between two known numbers. So the
search goes from the whole downwards. At each cut it tries all reachable values of the shorter part
(`fewsteps.plans.reach`), asks the longer one for the value that hits the target, and drops questions whose bounds
cannot do better than the best plan so far. Questions to short intervals are answered by their lists, at once.

What is not tried, because the budget is spent or both parts are too long for lists, enters the certificate: no plan is
nearer than ``distance - gap``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewsteps.plans.reach import BLOCK, ROW, Key, Reach, join
from fewsteps.plans.sweep import TIE
from fewsteps.plans.tree import Plan

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
#: Least and largest excess of every interval: tables by (a, b), for blocks and for rows.
Bounds = tuple[dict[int, Floats], dict[int, Floats]]

#: What the bookkeeping of one cut costs, counted in questions.
_CUT = 100


@dataclass
class _Questions:
    """Which X makes c + w X vanish? `origin` is the number under which the log knows the question."""

    c: Floats
    w: Floats
    origin: Ints

    def __getitem__(self, rows: NDArray[np.bool_] | slice) -> _Questions:
        return _Questions(self.c[rows], self.w[rows], self.origin[rows])

    def least(self, low: float, high: float) -> Floats:
        """Least distance abs(c + w X) for X in [low, high]."""
        return np.maximum(np.maximum(self.c + self.w * low, -(self.c + self.w * high)), 0.0)


@dataclass(frozen=True)
class _Step:
    """How a batch of questions arose: from which interval, cut and listed part, from which questions and entries."""

    key: Key
    cut: int
    listed: Key
    origin: Ints
    entry: Ints


class Nearest:
    """Search for the plan whose excess is nearest to a target.

    Parameters
    ----------
    reach : Reach
    bounds : Bounds
    target : float
    rounding : float
        Up to which excesses are known; what lies nearer than twice this cannot be told apart.
    max_nodes : int
        Number of questions after which the search stops.

    Attributes
    ----------
    plan : Plan
        The best plan so far.
    distance : float
    nodes : int
        Number of questions asked.
    """

    def __init__(self, reach: Reach, bounds: Bounds, target: float, rounding: float, max_nodes: int) -> None:
        self.reach, self.target, self.rounding, self.max_nodes = reach, target, rounding, max_nodes
        self.low, self.high = bounds
        self.plan, self.distance, self.nodes = Plan(1, reach.T), np.inf, 0
        self._untried = np.inf  # least distance of what was left out
        self._log: list[_Step] = []
        self._starts: list[int] = []
        self._logged = 0
        self._pending: dict[Key, list[_Questions]] = {}

    def offer(self, plan: Plan, excess: float) -> None:
        """Take a plan that is known already, if it is better than the present one."""
        if abs(excess - self.target) < self.distance * (1 - TIE):
            self.distance, self.plan = abs(excess - self.target), plan

    def run(self) -> float:
        """Search, longest intervals first; returns how much nearer another plan might be, 0 if none is."""
        root = (BLOCK, 0, self.reach.T - 1)
        one = np.zeros(1, dtype=np.intp)
        self._put(root, np.array([-self.target]), np.ones(1), _Step(root, -1, root, one - 1, one))
        while self._pending and self.distance > 2 * self.rounding:
            key = max(self._pending, key=lambda key: (key[2] - key[1], key[0]))
            c, w, origin = (
                np.concatenate(rows)
                for rows in zip(*((q.c, q.w, q.origin) for q in self._pending.pop(key)), strict=True)
            )
            self._ask(key, self._promising(key, _Questions(c, w, origin)))
        gap = self.distance - max(0.0, self._untried - self.rounding)
        return gap if min(gap, self.distance) > 2 * self.rounding else 0.0

    def _promising(self, key: Key, questions: _Questions) -> _Questions:
        kind, a, b = key
        least = questions.least(self.low[kind][a, b], self.high[kind][a, b])
        return questions[least < self.distance + self.rounding]

    def _ask(self, key: Key, questions: _Questions) -> None:
        """Hand the questions to an interval on to its parts."""
        kind, a, b = key
        if kind == ROW:
            block = (BLOCK, a, b)
            step = _Step(key, -1, block, questions.origin, questions.origin)
            self._put(block, questions.c, questions.w, step)
        elif not self.reach.kary and questions.c.size:
            distances = np.abs(questions.c + questions.w * self.reach.direct(a, b))
            self._improve(
                distances, lambda i: self._trace((Plan(a + 1, b + 1),), *self._find(int(questions.origin[i])))
            )
        cuts = sorted(self.reach.cuts(a, b), key=lambda m: max(m - a + 1, b - m))
        for done, m in enumerate(cuts):
            tasks = len(cuts) - done + sum(b - a for _, a, b in self._pending)
            self._split(key, m, questions, (self.max_nodes - self.nodes) // tasks)

    def _split(self, key: Key, m: int, questions: _Questions, share: int) -> None:
        """Ask the longer part once for each question and each value of the shorter part, at most `share` times."""
        kind, a, b = key
        left = self.reach.left_kind
        parts = (left, a, m), (BLOCK, m + 1, b)
        is_left = m - a < b - m - 1
        short, long = parts if is_left else parts[::-1]
        bottom, top = (
            self.reach.merged(table[left][a, m], table[BLOCK][m + 1, b], kind, a, m, b)
            for table in (self.low, self.high)
        )
        least = questions.least(bottom, top)
        possible = least < self.distance + self.rounding
        questions, least = questions[possible], least[possible]
        X = self.reach.values(short).X if self.reach.is_listed(short) else np.empty(0)
        rows = max(0, share) // X.size if X.size else 0
        if rows < least.size:
            self._untried = min(self._untried, float(least[rows:].min()))
            questions = questions[slice(rows)]
        self.nodes += _CUT + questions.c.size * X.size
        if questions.c.size:
            constant, slope = self.reach.affine(X, is_left, kind, a, m, b)
            c = (questions.c[:, None] + questions.w[:, None] * constant).ravel()
            w = (questions.w[:, None] * slope).ravel()
            origin, entry = np.divmod(np.arange(c.size), X.size)
            self._put(long, c, w, _Step(key, m, short, questions.origin[origin], entry))

    def _put(self, key: Key, c: Floats, w: Floats, step: _Step) -> None:
        """Answer new questions from the list of their interval, or keep the promising ones for later."""
        if self.reach.is_listed(key):
            X = self.reach.values(key).X
            wanted = np.divide(-c, w, out=np.zeros_like(c), where=w > 0)
            above = np.searchsorted(X, wanted)
            entry = np.stack([np.maximum(above - 1, 0), np.minimum(above, X.size - 1)])
            distances = np.abs(c + w * X[entry])
            side = np.argmin(distances, axis=0), np.arange(c.size)
            nearer = entry[side]
            self._improve(distances[side], lambda i: self._trace(self.reach.plans(key, int(nearer[i])), step, i))
            return
        rows = self._promising(key, _Questions(c, w, np.arange(c.size))).origin
        if rows.size:
            self._log.append(_Step(step.key, step.cut, step.listed, step.origin[rows], step.entry[rows]))
            self._starts.append(self._logged)
            numbers = self._logged + np.arange(rows.size)
            self._logged += rows.size
            self._pending.setdefault(key, []).append(_Questions(c[rows], w[rows], numbers))

    def _improve(self, distances: Floats, plan: Callable[[int], Plan]) -> None:
        i = int(distances.argmin())
        if distances[i] < self.distance * (1 - TIE):
            self.distance, self.plan = float(distances[i]), plan(i)

    def _find(self, number: int) -> tuple[_Step, int]:
        k = bisect_right(self._starts, number) - 1
        return self._log[k], number - self._starts[k]

    def _trace(self, blocks: tuple[Plan, ...], step: _Step, row: int) -> Plan:
        """The whole plan, from the answer to a question: its blocks and the listed parts met on the way up."""
        while True:
            kind, a, _ = step.key
            if step.cut >= 0:
                other = self.reach.plans(step.listed, int(step.entry[row]))
                blocks = join(kind, other, blocks) if step.listed[1] == a else join(kind, blocks, other)
            number = int(step.origin[row])
            if number < 0:
                return blocks[0]
            step, row = self._find(number)
