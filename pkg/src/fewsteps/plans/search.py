"""Optimal plans of scalar problems, for every schedule and every target.

Least and largest value of all plans come from a dynamic programme over intervals (`fewsteps.plans.intervals`). If both
lie on one side of the target, the nearer of them is the best value, and one of the two programmes is enough. Under
variance preservation this is so for the surrogate target and, where lam <= 1, for the teacher's product (OM-E56); off
it, and for other targets, it is found out, not assumed. Otherwise branch and bound looks for the plan nearest to the
target (`fewsteps.plans.branch`).

The search runs on the *excess* of a value over the product of its operators: differences of 1e-16 between values are
then ordinary numbers. Two distances that differ by less than rounding are a tie.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import integer_at_least
from fewsteps.plans.branch import Nearest
from fewsteps.plans.canonical import vanilla_plan
from fewsteps.plans.dive import Bound, dive
from fewsteps.plans.intervals import Intervals
from fewsteps.plans.problem import MergeProblem
from fewsteps.plans.reach import BLOCK, Reach
from fewsteps.plans.sweep import together
from fewsteps.plans.tree import Plan

Floats = NDArray[np.float64]

#: Default work of one branch and bound, a second or so.
MAX_NODES = 1_000_000


@dataclass(frozen=True)
class Optimum:
    """Result of a search.

    Attributes
    ----------
    plan : Plan
        The best plan that was found. Among equals on one side of the target it has the earliest cuts, and one-shot
        merges wherever a split is not better by more than rounding.
    value, excess : float
        Its merged gain, and that gain minus the teacher's product (without cancellation).
    loss : float
        Its squared W2 distance to the target.
    splits : int
        Number of splits and, in a branch and bound, of questions that were evaluated.
    method : {"one-sided", "branch and bound"}
        Whether the bounds showed all plans to lie on one side of the target, so that an extreme value is the best.
    gap : float
        No plan is nearer to the target than ``abs(excess - offset) - gap``, up to the rounding of excesses.
    """

    plan: Plan
    value: float
    excess: float
    loss: float
    splits: int
    method: str
    gap: float

    @property
    def exact(self) -> bool:
        """Whether the plan is proved to be a best one: no gap is left."""
        return self.gap == 0.0


def optimal_plan(problem: MergeProblem, *, max_nodes: int = MAX_NODES) -> Optimum:
    """The best binary-or-one-shot plan of a scalar problem, for any schedule and target.

    Parameters
    ----------
    problem : MergeProblem
        With d = 1.
    max_nodes : int
        Work of the branch and bound, if values lie on both sides of the target: about 0.1 microseconds each. Up to
        T = 15 or so the default proves the optimum; beyond, look at `gap` of the result.

    Raises
    ------
    ValueError
        If d > 1 (see `optimal_plans` for sweeps, `pareto_plan` for a shared plan).

    Notes
    -----
    Source: OM-A1, OM-T4.1. On one side of the target: time O(T^3) in (T^3 - T) / 6 splits, memory O(T^2).

    Examples
    --------
    >>> from fewsteps import cosine_schedule, linear_schedule, merge_problem
    >>> print(optimal_plan(merge_problem(2.0, cosine_schedule(32), 6.4)).plan)
    (1|[2..32])
    >>> best = optimal_plan(merge_problem(0.7, linear_schedule(4), 1.6))
    >>> str(best.plan), best.method, best.exact, f"{best.loss:.3e}"
    ('([1..3]|4)', 'branch and bound', True, '4.954e-06')
    """
    if problem.lam.size != 1:
        many = "use pareto_plan for one plan that all of them share, optimal_plans for a plan each"
        raise ValueError(f"problem must have d = 1, one variance, got {problem.lam.size}: {many}")
    return optimal_plans(problem, max_nodes=max_nodes)[0]


def optimal_plans(problem: MergeProblem, *, workers: int = 1, max_nodes: int = MAX_NODES) -> list[Optimum]:
    """One optimal plan per coordinate, each coordinate a scalar problem of its own: a sweep over variances.

    Parameters
    ----------
    problem : MergeProblem
    workers : int
        Processes; worth their start-up from about T = 256 on.
    max_nodes : int
        As in `optimal_plan`, for each coordinate.

    Notes
    -----
    All coordinates go through one programme together, which is far faster than one after the other.

    Examples
    --------
    >>> from fewsteps import cosine_schedule, merge_problem, classify_plan
    >>> sweep = merge_problem([0.5, 1.02, 3.0], cosine_schedule(8), 1.6)
    >>> [classify_plan(best.plan) for best in optimal_plans(sweep)]
    ['boot', 'consistency', 'vanilla']
    """
    workers, max_nodes = integer_at_least(workers, 1, "workers"), integer_at_least(max_nodes, 0, "max_nodes")
    d = problem.lam.size
    size = max(1, min(together(problem.T), -(-d // workers)))
    batches = [problem[start : start + size] for start in range(0, d, size)]
    solve = partial(_solve, max_nodes=max_nodes)
    if workers == 1:
        return [best for batch in batches for best in solve(batch)]
    with ProcessPoolExecutor(workers) as pool:
        return [best for found in pool.map(solve, batches) for best in found]


def sides(problem: MergeProblem) -> tuple[Intervals, NDArray[np.bool_], NDArray[np.bool_]]:
    """Bounds on one side, whether they are the largest values, and whether all values lie on one side of the target.

    The one-shot merge is a plan: if its value is below the target, only "all values below" can be true.
    """
    above = problem.excess(vanilla_plan(problem.T)) < problem.offset
    bound = Intervals(problem, above)
    return bound, above, np.where(above, bound.excess <= problem.offset, bound.excess >= problem.offset)


def _solve(problem: MergeProblem, max_nodes: int) -> list[Optimum]:
    """All coordinates of a problem."""
    bound, above, is_one_sided = sides(problem)
    found = {
        int(i): one_sided(problem[int(i)], bound.column(int(i)).plan(), float(bound.excess[i]))
        for i in np.flatnonzero(is_one_sided)
    }
    rest = np.flatnonzero(~is_one_sided)
    if rest.size:
        hard = problem[rest]
        other = Intervals(hard, ~above[rest])
        terms = Intervals(replace(hard, contraction=np.abs(hard.contraction)), np.ones(rest.size, dtype=bool))
        for k, i in enumerate(rest.tolist()):
            least, largest = (other.column(k), bound.column(i))[:: 1 if above[i] else -1]
            reach = Reach(problem[i], kary=False)
            found[i] = two_sided(problem[i], reach, least, largest, float(terms.excess[k]), max_nodes)
    return [found[i] for i in range(problem.lam.size)]


def one_sided(problem: MergeProblem, plan: Plan, excess: float) -> Optimum:
    """The result where an extreme value is the best."""
    return _optimum(problem, plan, excess, (problem.T**3 - problem.T) // 6, "one-sided", 0.0)


def two_sided(
    problem: MergeProblem, reach: Reach, least: Bound, largest: Bound, terms: float, max_nodes: int
) -> Optimum:
    """The result of branch and bound; `terms` bounds the sum of the absolute values of which an excess is the sum."""
    T, target = problem.T, float(problem.offset[0])
    rounding = 16 * T * np.finfo(float).eps * terms
    search = Nearest(reach, (least.excess, largest.excess), target, rounding, max_nodes)
    search.offer(vanilla_plan(T), reach.direct(0, T - 1))
    for bound in (least, largest):
        search.offer(bound.plans((BLOCK, 0, T - 1))[0], float(bound.excess[BLOCK][0, -1]))
    if not reach.is_listed((BLOCK, 0, T // 2)):
        plan = dive(reach, least, largest, target)
        search.offer(plan, float(problem.excess(plan)[0]))
    gap = search.run()
    excess, splits = float(problem.excess(search.plan)[0]), (T**3 - T) // 3 + search.nodes
    return _optimum(problem, search.plan, excess, splits, "branch and bound", gap)


def _optimum(problem: MergeProblem, plan: Plan, excess: float, splits: int, method: str, gap: float) -> Optimum:
    value = float(problem.A[:, 0].prod() + excess)
    return Optimum(plan, value, excess, float((excess - problem.offset[0]) ** 2), splits, method, gap)


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
