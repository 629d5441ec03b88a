"""Algorithm 1 of the source, read line by line: the baseline of the benchmarks and the subject of an erratum.

`optimal_plans` solves the scalar problem exactly for every schedule and target, and far faster. This reading is kept
because Theorem 4.1 of the source is about it (OM-T4.1). It is exact for d = 1 and a target on one side of the values of
all intervals: the surrogate under variance preservation. It is not exact for other schedules and targets, nor for a
plan that d >= 2 coordinates share.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import real_array, same_shape
from fewsteps.plans.tree import Plan


def algorithm1(A: Any, gamma: Any, target: Any, *, as_printed: bool = False) -> tuple[Plan, NDArray[np.float64], int]:
    """Interval DP on the summed squared error, every interval compared with the full target.

    Exact for d = 1 under a variance-preserving schedule with the surrogate target (for lam <= 1 that is the teacher's
    product); elsewhere its plan need not be the best one (`optimal_plan`, `pareto_plan`).

    Parameters
    ----------
    A, gamma : arrays of shape (T, d)
    target : array of shape (d,)
    as_printed : bool
        Keep the printed slip: the error of the one-shot merge is not stored, so the first split always replaces it.

    Returns
    -------
    plan : Plan
    value : array of shape (d,)
        The merged gains.
    splits : int
        Number of splits evaluated, (T^3 - T) / 6.

    Notes
    -----
    Source: OM-A1.

    Examples
    --------
    >>> from fewsteps import cosine_schedule, merge_problem, surrogate_gain
    >>> problem = merge_problem([1.0, 1.2], cosine_schedule(4), 0.8)
    >>> print(algorithm1(problem.A, problem.gamma, surrogate_gain([1.0, 1.2], cosine_schedule(4)))[0])
    ((1|[2..3])|4)
    """
    A, gamma, target = real_array(A, "A"), real_array(gamma, "gamma"), real_array(target, "target")
    same_shape(A, gamma, "A and gamma")
    if A.ndim != 2 or target.shape != A.shape[1:]:
        raise ValueError(f"A must have shape (T, d) and target (d,), got {A.shape} and {target.shape}")
    T, splits, steps = len(A), 0, np.arange(len(A))
    cut = np.full((T, T), -1)  # last step of the left part of [a, b]; -1 merges at one shot
    best = np.zeros((T, T, A.shape[1]), dtype=np.result_type(A, gamma))
    best[steps, steps] = product = A
    for length in range(2, T + 1):  # all intervals of one length at once
        a, b = steps[: T - length + 1], steps[length - 1 :]
        g, product = gamma[b], product[:-1] * A[b]
        direct = (1 - g) * product + g * A[b]
        m, rows = a[:, None] + steps[: length - 1], np.arange(len(a))
        left, right = best[a[:, None], m], best[m + 1, b[:, None]]
        values = (1 - g)[:, None] * left * right + g[:, None] * right
        errors = np.sum((target - values) ** 2, axis=-1)
        splits += errors.size
        first = errors.argmin(axis=1)
        least = np.inf if as_printed else np.sum((target - direct) ** 2, axis=-1)
        improves = errors[rows, first] < least
        best[a, b] = np.where(improves[:, None], values[rows, first], direct)
        cut[a, b] = np.where(improves, m[rows, first], -1)
    return _plan(cut), best[0, -1], splits


def _plan(cut: NDArray[np.intp]) -> Plan:
    """The plan of all steps that a table of cuts stands for; iterative, for combs of any depth."""
    blocks = [(0, len(cut) - 1)]
    for a, b in blocks:  # grows on the way: every part comes after its whole
        if cut[a, b] >= 0:
            blocks += [(a, int(cut[a, b])), (int(cut[a, b]) + 1, b)]
    plans: dict[tuple[int, int], Plan] = {}
    for a, b in reversed(blocks):
        m = int(cut[a, b])
        plans[a, b] = Plan(a + 1, b + 1) if m < 0 else Plan.merge(plans[a, m], plans[m + 1, b])
    return plans[0, len(cut) - 1]
