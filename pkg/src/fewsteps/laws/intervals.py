"""Uniform laws on intervals, seen through noise: on each axis x_0 is then a normal law truncated to an interval.

Mass, mean and variance of a truncated normal are differences of normal distribution functions over one another, which
cancel where the interval is short, and underflow where it is far away. So the integrals are done by one Gauss rule
over the part of the interval that matters: exact to rounding at every distance and width, alpha = 0 included.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from fewsteps.arrays import Array, like
from fewsteps.laws.parts import greatest, total

#: Beyond this many standard deviations a normal density is below the rounding of its top, e^(-36).
_REACH = math.sqrt(72.0)


@dataclass(frozen=True, eq=False)
class Intervals:
    """What is known of x_0 on an axis given x = alpha x_0 + sigma eps there, interval by interval: arrays of one shape.

    The last axis counts intervals until `merged` takes it away.
    """

    log: Array  # log-density of x, up to a constant that all share
    u: Array  # mean of x_0
    v: Array  # mean of (alpha x_0 - x) / sigma; its variance is that of x_0 times (alpha / sigma)^2
    var: Array  # variance of x_0

    @classmethod
    def of(cls, x: Array, alpha: Array, sigma: Array, centres: Any, side: float) -> Intervals:
        """The intervals of length `side` about `centres` (K,), for x, alpha and sigma that broadcast to (..., 1)."""
        xp = array_namespace(x)
        offset = x - alpha * like(np.asarray(centres), x)
        sign = 1.0 - 2.0 * xp.astype(offset < 0, offset.dtype)  # mirrored, so that the upper edge is the nearer one
        width = alpha * side / sigma + 0.0 * offset
        edge = width / 2 - xp.abs(offset) / sigma
        high = xp.clip(edge, max=_REACH)  # the part that matters ends here ...
        out = xp.clip(-high, min=0.0)
        length = xp.clip(high, min=0.0) + _REACH**2 / (xp.sqrt(_REACH**2 + out * out) + out)
        length = xp.minimum(width, length)  # ... and is that long
        mass, first, second = _sums(high, length)
        span = width + (width == 0)
        part = (length + (width == 0)) / span  # of the whole interval; all of it where alpha = 0
        mean = first / mass
        log = xp.log(part * mass) - high * high / 2 - xp.log(sigma)
        u = like(np.asarray(centres), x) + sign * side * (0.5 - (edge - high) / span - part * mean)
        return cls(log, u, sign * (high - length * mean), (side * part) ** 2 * (second / mass - mean * mean))

    def every_other(self, start: int) -> Intervals:
        """The intervals start, start + 2, ..."""
        return Intervals(*(part[..., start::2] for part in (self.log, self.u, self.v, self.var)))

    def merged(self) -> Intervals:
        """The union of the intervals: log of the summed densities, means and variance under their shares."""
        xp, top = array_namespace(self.log), greatest(self.log)
        share = xp.exp(self.log - top)
        sums = total(share)
        share = share / sums
        u = total(share * self.u)
        var = total(share * (self.var + (self.u - u) ** 2))
        return Intervals(*(part[..., 0] for part in (top + xp.log(sums), u, total(share * self.v), var)))


@dataclass(frozen=True, eq=False)
class Board:
    """The two unions of squares, both indices even and both odd, that make a checkerboard: given x of shape (n, d)."""

    even: Intervals  # (n, d)
    odd: Intervals  # (n, d)

    def log(self) -> Array:
        """Log-density of x, up to the constant of `Intervals`; shape (n,)."""
        xp = array_namespace(self.even.log)
        return xp.logaddexp(xp.sum(self.even.log, axis=-1), xp.sum(self.odd.log, axis=-1))

    def shares(self) -> tuple[Array, Array]:
        """Posterior probabilities of the even and the odd squares; shape (n, 1) each."""
        xp, log = array_namespace(self.even.log), self.log()
        even, odd = (xp.exp(xp.sum(part.log, axis=-1) - log)[:, None] for part in (self.even, self.odd))
        return even, odd

    def means(self) -> tuple[Array, Array]:
        """Posterior means of x_0 and of (alpha x_0 - x) / sigma; shape (n, d) each."""
        even, odd = self.shares()
        return even * self.even.u + odd * self.odd.u, even * self.even.v + odd * self.odd.v

    # ---- what `NoisyBoard` answers; alpha, sigma and their rates are columns of shape (n, 1)

    def denoiser(self, *_: Array) -> Array:
        """Posterior mean of x_0; shape (n, d)."""
        return self.means()[0]

    def score(self, _: Array, sigma: Array) -> Array:
        """Gradient of `log`; shape (n, d)."""
        return self.means()[1] / sigma

    def velocity(self, _: Array, sigma: Array, d_alpha: Array, d_var: Array) -> Array:
        """Velocity of the probability flow; shape (n, d)."""
        u, v = self.means()
        return d_alpha * u - d_var / (2 * sigma) * v

    def posterior_cov(self, *_: Array) -> Array:
        """Covariance of x_0: within the unions, where the axes are independent, plus between; shape (n, d, d)."""
        even, odd = self.shares()
        within, gap = even * self.even.var + odd * self.odd.var, self.even.u - self.odd.u
        identity = like(np.eye(within.shape[-1]), within)
        return within[:, :, None] * identity + (even * odd * gap)[:, :, None] * gap[:, None, :]

    def jacobian(self, alpha: Array, sigma: Array, d_alpha: Array, d_var: Array) -> Array:
        """Jacobian of `velocity`: that of the denoiser is alpha / sigma^2 times the covariance; shape (n, d, d)."""
        cov, var = self.posterior_cov(), sigma * sigma
        gain, rest = (d_alpha - d_var * alpha / (2 * var)) * alpha / var, d_var / (2 * var)
        return gain[..., None] * cov + rest[..., None] * like(np.eye(cov.shape[-1]), cov)

    def rate(self, alpha: Array, sigma: Array, d_alpha: Array, d_var: Array) -> Array:
        """Time derivative of `log`: the mean of that of log p(x | x_0), axis by axis; shape (n,)."""
        xp, (u, v), ratio = array_namespace(sigma), self.means(), alpha / sigma
        var = xp.linalg.diagonal(self.posterior_cov())
        drift, spread = u * v + ratio * var, v * v + ratio**2 * var - 1
        return xp.sum(d_var / (2 * sigma**2) * spread - d_alpha / sigma * drift, axis=-1)


def _sums(high: Array, length: Array) -> tuple[Array, Array, Array]:
    """Integrals of 1, t, t^2 times exp(high^2/2 - v^2/2) over t in [0, 1], where v = high - length t."""
    xp = array_namespace(high)
    way = length[..., None] * like(_NODES, high)
    sums = xp.exp(way * (high[..., None] - way / 2)) @ like(_COLUMNS, high)
    return sums[..., 0], sums[..., 1], sums[..., 2]


def _rule(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gauss-Legendre nodes t on [0, 1], and their weights times 1, t, t^2, all over sqrt(2 pi), as columns."""
    t, w = np.polynomial.legendre.leggauss(n)
    t, w = (t + 1) / 2, w / 2
    return t, np.stack([w, w * t, w * t * t], axis=-1) / math.sqrt(2 * math.pi)


#: 36 nodes integrate a whole normal density, 17 standard deviations wide, to 13 digits.
_NODES, _COLUMNS = _rule(36)
