"""The flow map on the line, to rounding: quantiles go to quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from fewsteps.arrays import Array, like
from fewsteps.flowmaps.base import PROCESS, FlowMap, numpy_points, times
from fewsteps.flowmaps.slopes import NODES, WEIGHTS
from fewsteps.laws import Law
from fewsteps.objects import having
from fewsteps.schedules import Diffusion

Floats = NDArray[np.float64]


class Level(NamedTuple):
    """Means and standard deviations of the components; shape (..., K)."""

    mean: Floats
    std: Floats


@dataclass(frozen=True, eq=False)
class LineFlowMap(FlowMap):
    """Flow map F_t^{-1} o F_r of a law on the line under x_t = alpha_t x_0 + sigma_t eps: paths cannot cross.

    NumPy only. Both tails, and the gaps between components, keep their digits: the equation F_t(y) = F_r(x) is solved
    with every component's difference taken in its own smaller tail.

    Parameters
    ----------
    law : Gaussian, GaussianMixture or PointCloud with d = 1
    process : Diffusion

    Raises
    ------
    ValueError
        If d is not 1; when called: if a time lies outside [0, horizon], or the law has no density there.

    Notes
    -----
    Source: FM-EM.

    Examples
    --------
    >>> from fewsteps import GaussianMixture, flow_matching
    >>> phi = LineFlowMap(GaussianMixture.on_line([-2.0, 2.0], 0.5), flow_matching())
    >>> phi(np.array([[0.0], [1.0]]), 1.0, 0.0).round(6).ravel()
    array([0.      , 2.237616])
    """

    law: Law
    process: Diffusion

    def __post_init__(self) -> None:
        having(self.process, PROCESS, "process")
        if having(self.law, ("means", "weights", "spectrum", "frames"), "law").d != 1:
            raise ValueError(f"law must have d = 1, got {self.law.d}")

    def __call__(self, x: Any, r: Any, t: Any) -> Floats:
        """Where the points `x` of shape (..., 1) at time r are at time t; same shape.

        Notes
        -----
        Source: FM-EM, FM-D4.
        """
        x, r, t, given = self._checked(x, r, t)
        return like(self._map(x, self._level(r, "r"), self._level(t, "t")), given)

    def slope(self, x: Any, r: Any, t: Any) -> Floats:
        """Average velocity (phi(x, r, t) - x)/(t - r); the velocity where t = r.

        Notes
        -----
        Source: FM-E6. For gaps below a thousandth of the horizon it is the mean velocity along the path, by quadrature.
        """
        x, r, t, given = self._checked(x, r, t)
        gap = (t - r)[..., None]
        small = np.abs(gap) < self.process.horizon / 1024
        with np.errstate(divide="ignore", invalid="ignore"):
            quotient = (self(x, r, t) - x) / gap
        if not small.any():
            return like(quotient, given)
        path = [r + node * (t - r) for node in NODES]
        mean = sum(weight * self.velocity(self(x, r, u), u) for weight, u in zip(WEIGHTS, path, strict=True))
        return like(np.where(small, mean, quotient), given)

    def velocity(self, x: Any, t: Any) -> Floats:
        """Velocity of the probability flow at `x` of shape (..., 1), same shape; every row may have its own time.

        Notes
        -----
        Source: FM-D2.
        """
        x, _, t, given = self._checked(x, t, t, "t")
        level, p, lam = self._level(t, "t"), self.process, self.law.spectrum[:, 0]
        d_alpha = p.d_alpha_of(t)[..., None]
        half = p.alpha_of(t)[..., None] * d_alpha * lam + p.d_var_of(t)[..., None] / 2
        z = (x - level.mean) / level.std
        share = special.softmax(np.log(self.law.weights) - z * z / 2 - np.log(level.std), axis=-1)
        mean = np.sum(share * (d_alpha * self.law.means[:, 0] + half * z / level.std), axis=-1, keepdims=True)
        return like(mean, given)

    def jacobian(self, x: Any, r: Any, t: Any) -> Floats:
        """Derivative p_r(x)/p_t(phi(x, r, t)) at `x` of shape (..., 1); shape (..., 1, 1).

        Notes
        -----
        Source: FM-EM.
        """
        x, r, t, given = self._checked(x, r, t)
        start, end = self._level(r, "r"), self._level(t, "t")
        log = self._log_density(x, start) - self._log_density(self._map(x, start, end), end)
        return like(np.exp(log), given)[..., None]

    def _checked(self, x: Any, r: Any, t: Any, first: str = "r") -> tuple[Floats, Floats, Floats, Array]:
        """Points and times in float64, and the points as they came."""
        x, given = numpy_points(x, 1)
        r, t = (times(value, x, self.process.horizon, name) for value, name in ((r, first), (t, "t")))
        return x, r, t, given

    def _level(self, t: Floats, name: str) -> Level:
        alpha = self.process.alpha_of(t)[..., None]
        var = alpha**2 * self.law.spectrum[:, 0] + self.process.var_of(t)[..., None] + np.zeros(self.law.K)
        if var.min() <= 0:
            raise ValueError(f"{name} must not be a time at which the law has no density, got {t!r}")
        return Level(alpha * self.law.means[:, 0], np.sqrt(var))

    def _log_density(self, x: Floats, level: Level) -> Floats:
        """Log-density at `x` of shape (..., 1), same shape, without its constant."""
        z = (x - level.mean) / level.std
        return special.logsumexp(np.log(self.law.weights) - z * z / 2 - np.log(level.std), axis=-1, keepdims=True)

    def _map(self, x: Floats, start: Level, end: Level) -> Floats:
        z = (x - start.mean) / start.std
        if self.law.K == 1:
            return end.mean + end.std * z
        log_weights = np.log(self.law.weights)
        normal = _normal(z, log_weights)
        candidates = end.mean + end.std * normal
        slack = 1e-9 * (np.abs(candidates).max(axis=-1, keepdims=True) + end.std.max(axis=-1, keepdims=True))
        low, high = candidates.min(axis=-1, keepdims=True) - slack, candidates.max(axis=-1, keepdims=True) + slack
        return _solve(z, end, log_weights, low, high)


def _normal(z: Floats, log_weights: Floats) -> Floats:
    """The standard normal quantile of the mixture's distribution function; shape (..., 1)."""
    below, above = (special.logsumexp(log_weights + special.log_ndtr(s * z), axis=-1, keepdims=True) for s in (1, -1))
    # scipy's inverse is NaN at log(1) = 0: each tail is used only where it is the smaller one
    low, high = np.minimum(below, -0.5), np.minimum(above, -0.5)
    return np.where(below < above, special.ndtri_exp(low), -special.ndtri_exp(high))


def _solve(z: Floats, end: Level, log_weights: Floats, low: Floats, high: Floats) -> Floats:
    """The y with sum_k w_k (N(y_k) - N(z_k)) = 0, y_k = (y - mean_k)/std_k, by Newton's method in a bracket."""
    tails = log_weights + special.log_ndtr(-np.abs(z))
    log_factor = log_weights - tails.max(axis=-1, keepdims=True)  # tails are compared in units of the largest
    sign = np.where(z > 0, -1.0, 1.0)  # with the smaller tail of z nothing is subtracted from one
    goal = np.exp(log_factor + special.log_ndtr(sign * z))
    parts = [np.broadcast_to(part, z.shape).reshape(-1, z.shape[-1]) for part in (*end, log_factor, sign, goal)]
    low, high = low.reshape(-1, 1), high.reshape(-1, 1)
    found = (low + high) / 2
    step, rows = high - low, np.arange(len(found))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for _ in range(200):
            y = found[rows]
            excess, newton = _newton(y, *parts)
            low, high = np.where(excess < 0, y, low), np.where(excess > 0, y, high)
            # a step that leaves the bracket or does not halve the last one is replaced by bisection
            good = (y + newton > low) & (y + newton < high) & (2 * np.abs(newton) < np.abs(step))
            step = np.where(excess == 0, 0.0, np.where(good, newton, (low + high) / 2 - y))
            found[rows] = y + step
            # Newton's method squares the error: after a step of 1e-9 standard deviations it is below rounding
            enough = np.where(good, 1e-9, 1e-16) * parts[1].min(axis=-1, keepdims=True) + 2.3e-16 * np.abs(y)
            open_ = (np.abs(step) > enough)[:, 0]
            if not open_.any():
                break
            rows, step, low, high, *parts = (part[open_] for part in (rows, step, low, high, *parts))
    return found.reshape(*z.shape[:-1], 1)


def _newton(
    y: Floats, mean: Floats, std: Floats, log_factor: Floats, sign: Floats, goal: Floats
) -> tuple[Floats, Floats]:
    """The excess of the distribution function at y over the goal, and Newton's step; shape (n, 1) each."""
    k = (y - mean) / std
    difference = sign * (np.exp(log_factor + special.log_ndtr(sign * k)) - goal)
    excess = np.sum(difference, axis=-1, keepdims=True)
    density = np.sum(np.exp(log_factor - k * k / 2) / std, axis=-1, keepdims=True) / np.sqrt(2 * np.pi)
    return excess, -excess / density
