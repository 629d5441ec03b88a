"""The cheapest T steps through a fine grid, for every T at once, by dynamic programming."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import floats, integer_at_least, positive_number


@dataclass(frozen=True, eq=False)
class BestSchedule:
    """T steps through a fine grid, and what they cost.

    Parameters
    ----------
    nodes : array of shape (T + 1,)
        Indices of the fine grid, increasing, the first and the last one among them.
    cost : float
        The weighted sum of the steps' costs.
    """

    nodes: NDArray[np.intp]
    cost: float


def best_schedule(costs: Any, T: int, weight: float = 1.0) -> BestSchedule:
    """The T steps from the first to the last node of a fine grid that cost least.

    Parameters
    ----------
    costs : array of shape (M + 1, M + 1)
        ``costs[j, k]`` is the cost of one step from node j to node k > j, of any sign. All entries are finite; what
        those on and below the diagonal are plays no part.
    T : int
        Number of steps, 1 to M.
    weight : float
        Each step's cost counts `weight` times as much as if it were one step earlier; positive. GITS has 1.15.

    Returns
    -------
    BestSchedule
        Among equal ones the one whose first nodes come first.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind, costs are not square with at least two nodes or not finite, T is more than M,
        or what T steps cost overflows.

    Notes
    -----
    Source: GR-A1. Time O(T M^2), space O(T M).

    Examples
    --------
    >>> costs = np.array([[0, 1, 4, 9], [0, 0, 1, 4], [0, 0, 0, 1], [0, 0, 0, 0]])  # squares of the lengths
    >>> best_schedule(costs, 2)
    BestSchedule(nodes=array([0, 1, 3]), cost=5.0)
    >>> best_schedule(costs, 2, weight=1.2).nodes
    array([0, 2, 3])
    """
    values, following = _table(costs, T, weight)
    return _traced(values[-1], following)


def best_schedules(costs: Any, T: int, weight: float = 1.0) -> list[BestSchedule]:
    """`best_schedule` for 1, 2, ..., T steps, from one table.

    Parameters
    ----------
    costs, T, weight
        As for `best_schedule`.

    Returns
    -------
    list of T BestSchedule

    Raises
    ------
    TypeError, ValueError
        As for `best_schedule`.

    Notes
    -----
    Source: GR-A1.

    Examples
    --------
    >>> costs = np.array([[0, 1, 4, 9], [0, 0, 1, 4], [0, 0, 0, 1], [0, 0, 0, 0]])
    >>> [best.cost for best in best_schedules(costs, 3)]
    [9.0, 5.0, 3.0]
    """
    values, following = _table(costs, T, weight)
    return [_traced(value, following[:k]) for k, value in enumerate(values)]


def _table(costs: Any, T: int, weight: float) -> tuple[list[NDArray[np.float64]], list[NDArray[np.intp]]]:
    """Least costs from every inner node to the last one in 1, ..., T steps, and the node that comes next."""
    costs, weight = floats(costs, "costs"), positive_number(weight, "weight")
    if costs.ndim != 2 or costs.shape[0] != costs.shape[1] or len(costs) < 2:
        raise ValueError(f"costs must have shape (M + 1, M + 1) with M >= 1, got {costs.shape}")
    M, T = len(costs) - 1, integer_at_least(T, 1, "T")
    if T > M:
        raise ValueError(f"T must be at most {M}, the number of steps of the fine grid, got {T}")
    inner = costs[:M, :M] + _forbidden(M)
    values, following = [costs[:M, M]], []
    ahead = inner + 0.0
    for _ in range(T - 1):
        with np.errstate(over="ignore"):  # told below, in words
            np.add(inner, weight * values[-1], out=ahead)
        nearest = ahead.argmin(axis=1)
        following.append(nearest)
        values.append(ahead[_rows(M), nearest])
    if not all(np.isfinite(value[0]) for value in values):
        raise ValueError(
            f"costs must be so small that those of T steps add up to a finite number, with weight {weight:g}"
        )
    return values, following


@lru_cache(maxsize=8)
def _forbidden(M: int) -> NDArray[np.float64]:
    """Infinity where a step would not go down."""
    return np.where(np.tri(M, dtype=bool), np.inf, 0.0)


@lru_cache(maxsize=8)
def _rows(M: int) -> NDArray[np.intp]:
    return np.arange(M)


def _traced(value: NDArray[np.float64], following: list[NDArray[np.intp]]) -> BestSchedule:
    nodes = [0]
    for nearest in reversed(following):
        nodes.append(int(nearest[nodes[-1]]))
    return BestSchedule(np.array([*nodes, len(value)]), float(value[0]))
