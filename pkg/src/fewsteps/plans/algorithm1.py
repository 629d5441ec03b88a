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
    T, splits = len(A), 0
    best = {(t, t): (A[t - 1], Plan(t, t)) for t in range(1, T + 1)}
    for length in range(2, T + 1):
        for a in range(1, T - length + 2):
            b = a + length - 1
            g = gamma[b - 1]
            value = (1 - g) * np.prod(A[a - 1 : b], axis=0) + g * A[b - 1]
            best[a, b] = value, Plan(a, b)
            least = np.inf if as_printed else np.sum((target - value) ** 2)
            for m in range(a, b):
                (left, left_plan), (right, right_plan) = best[a, m], best[m + 1, b]
                value = (1 - g) * left * right + g * right
                error = np.sum((target - value) ** 2)
                splits += 1
                if error < least:
                    least = error
                    best[a, b] = value, Plan.merge(left_plan, right_plan)
    value, plan = best[1, T]
    return plan, value, splits
