r"""What a step of Euler's rule costs between any two levels of a fine grid.

From $\sigma_j$ down to $\sigma_k$ Euler's rule leads from a point of a path to $x_j + (\sigma_k - \sigma_j)\,v_j$. A
mode of Gaussian data with variance $\lambda$ is multiplied by $E = (\lambda + \sigma_j\sigma_k)/n_j$ where the flow
multiplies it by $F = \sqrt{n_k/n_j} \ge E$, with $n_j = \lambda + \sigma_j^2$. The error of size

$$
\sqrt{n_j}\,(F - E) = \frac{\lambda (\sigma_j - \sigma_k)^2}{\sqrt{n_j}\,(\sqrt{n_j n_k} + \lambda + \sigma_j\sigma_k)}
$$

is carried by the flow from $\sigma_k$ to the end with the factor $\sqrt{n_M/n_k}$.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import floats, rounding, same_shape
from fewsteps.objects import instance, one_of

Costs = NDArray[np.float64]
#: How `euler_costs` measures an error.
METRICS = ("l2", "l1", "deviation")


def euler_costs(path: Any, slopes: Any, levels: Any, metric: str = "l2") -> Costs:
    """Errors of single steps of Euler's rule from every level of a fine grid to every lower one, on given paths.

    Parameters
    ----------
    path : array of shape (M + 1, n, d)
        States of n paths of the flow at the levels.
    slopes : array of shape (M + 1, n, d) or (M, n, d)
        dx/dsigma there, the noise prediction; at the last level any finite numbers will do.
    levels : array of shape (M + 1,)
        Strictly decreasing levels of sigma / alpha; the path is that of x / alpha.
    metric : {"l2", "l1", "deviation"}
        Mean over the paths of the Euclidean or the sum norm of the error; or by how much the step's end is further from
        the chord of the path than the path is, which is negative where it is nearer.

    Returns
    -------
    array of shape (M + 1, M + 1)
        ``costs[j, k]`` for k > j, and 0 elsewhere.

    Raises
    ------
    ValueError
        If shapes do not fit, levels do not decrease, `metric` is unknown, or a path ends where it begins and the
        deviation from its chord is asked for.

    Notes
    -----
    Source: GR-E5.1. The text describes "l2"; the released code has "deviation" by default.

    Examples
    --------
    >>> levels = np.array([3.0, 1.0, 0.0])
    >>> path = np.sqrt(1 + levels**2)[:, None, None] * np.ones((1, 1, 2))  # of standard normal data
    >>> euler_costs(path, path * (levels / (1 + levels**2))[:, None, None], levels).round(3)
    array([[0.   , 0.211, 0.967],
           [0.   , 0.   , 0.414],
           [0.   , 0.   , 0.   ]])
    """
    levels, path, slopes = _decreasing(levels), floats(path, "path"), np.atleast_1d(floats(slopes, "slopes"))
    M, metric = len(levels) - 1, one_of(metric, METRICS, "metric")
    if path.ndim != 3 or len(path) != M + 1 or path.size == 0:
        raise ValueError(f"path must have shape ({M + 1}, n, d) with n, d >= 1, got {path.shape}")
    if len(slopes) not in (M, M + 1):
        raise ValueError(f"slopes must have the shape of path, got {slopes.shape}")
    same_shape(path[:M], slopes[:M], "path and slopes")
    scale = _power_of_two(max(np.abs(path).max(), np.abs(slopes).max() * levels[0]) or 1.0)
    path, slopes = path / scale, slopes / scale
    costs, far = np.zeros((M + 1, M + 1)), _Chord.of(path).distance if metric == "deviation" else None
    own = None if far is None else far(path)
    for j in range(M):
        ends = path[j] + (levels[j + 1 :] - levels[j])[:, None, None] * slopes[j]
        if far is not None and own is not None:
            found = far(ends) - own[j + 1 :]
        else:
            found = np.linalg.norm(ends - path[j + 1 :], ord=2 if metric == "l2" else 1, axis=-1)
        costs[j, j + 1 :] = found.mean(axis=1)
    with np.errstate(over="ignore"):
        return _finite(costs * scale)


class _Chord:
    """The chords of some paths."""

    def __init__(self, end: Costs, directions: Costs) -> None:
        self.end, self.directions = end, directions

    @classmethod
    def of(cls, path: Costs) -> _Chord:
        chords = path[-1] - path[0]
        lengths = np.linalg.norm(chords, axis=-1, keepdims=True)
        if not np.all(lengths > rounding(path, 2) * np.abs(path).max(axis=(0, 2))[:, None]):
            raise ValueError("path must not end where it begins for the metric 'deviation'")
        return cls(path[-1], chords / lengths)

    def distance(self, points: Costs) -> Costs:
        """Perpendicular distances (m, n) of points (m, n, d)."""
        ahead = self.end - points
        return np.linalg.norm(ahead - np.sum(ahead * self.directions, -1, keepdims=True) * self.directions, axis=-1)


def gaussian_costs(lam: Any, levels: Any, propagate: bool = True) -> Costs:
    """Root mean squares of the errors of single Euler steps on the flow of Gaussian data, in closed form.

    Parameters
    ----------
    lam : array of shape (d,)
        Variances of the data along their principal axes, >= 0; zeros cost nothing.
    levels : array of shape (M + 1,)
        Strictly decreasing levels of sigma / alpha, >= 0.
    propagate : bool
        Whether each error is what the exact flow makes of it at the last level. The sum over the steps then bounds the
        root mean square of the end's error from above.

    Returns
    -------
    array of shape (M + 1, M + 1)
        ``costs[j, k]`` for k > j, and 0 elsewhere.

    Raises
    ------
    TypeError, ValueError
        If lam is negative, not finite or empty, or levels do not decrease.

    Notes
    -----
    Source: GR-E5.1, GR-R5.1g.

    Examples
    --------
    >>> gaussian_costs([1.0, 1.0], [3.0, 1.0, 0.0]).round(3)
    array([[0.   , 0.149, 0.967],
           [0.   , 0.   , 0.414],
           [0.   , 0.   , 0.   ]])
    """
    lam, levels = floats(lam, "lam", low=0.0), _decreasing(levels)
    if lam.ndim != 1 or lam.size == 0:
        raise ValueError(f"lam must have shape (d,) with d >= 1, got {lam.shape}")
    propagate, own = instance(propagate, bool, "propagate"), np.sqrt(lam)
    scale = _power_of_two(max(levels[0], own.max()))
    own, counts = np.unique(own[own > 0] / scale, return_counts=True)
    levels, most = levels / scale, own.max(initial=0.0)
    roots = np.hypot(own, levels[:, None])
    costs, lam, weights = np.zeros((len(levels),) * 2), own**2, np.sqrt(counts) * (own / most)
    carried = roots[-1] / roots
    for j, level in enumerate(levels[:-1]):
        below, lower = roots[j + 1 :], levels[j + 1 :]
        parts = roots[j] * below
        parts += lam
        parts += (level * lower)[:, None]
        np.divide(weights * (own / roots[j]), parts, out=parts)
        if propagate:
            parts *= carried[j + 1 :]
        costs[j, j + 1 :] = (level - lower) ** 2 * np.sqrt(np.einsum("kd,kd->k", parts, parts))
    with np.errstate(over="ignore"):
        return _finite(costs * most * scale)


def _finite(costs: Costs) -> Costs:
    if not np.all(np.isfinite(costs)):
        raise ValueError("levels and data must be so small that the costs are finite: give them in other units")
    return costs


def _power_of_two(value: float) -> float:
    """Near the value, so that a division by it loses no digit."""
    return float(np.ldexp(1.0, np.frexp(value)[1]))


def _decreasing(levels: Any) -> Costs:
    levels = floats(levels, "levels", low=0.0)
    if levels.ndim != 1 or len(levels) < 2 or not np.all(levels[:-1] > levels[1:]):
        raise ValueError("levels must decrease strictly, at least two of them")
    return levels
