"""The flow map of a round mixture, without stiffness however narrow its components."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from fewsteps.arrays import Array, like, points, some
from fewsteps.flowmaps.base import PROCESS, FlowMap, column, times
from fewsteps.flowmaps.marching import Cloud, march
from fewsteps.flowmaps.slopes import divided_difference
from fewsteps.laws import Law
from fewsteps.laws.checks import frozen
from fewsteps.objects import having
from fewsteps.schedules import Diffusion

Floats = NDArray[np.float64]


class Ends(NamedTuple):
    """Signal and standard deviation at both ends of the way; by t - r divided differences of them and of u."""

    alpha: Array
    alpha_end: Array
    std: Array
    end: Array
    d_alpha: Array
    d_std: Array
    d_u: Array


@dataclass(frozen=True, eq=False)
class CanonicalFlowMap(FlowMap):
    """Flow map of a law with round components, sum_k pi_k N(mu_k, lam I), under x_t = alpha_t x_0 + sigma_t eps.

    With n_t = alpha_t^2 lam + sigma_t^2 and the posterior weights r_k of the components, the flow of y = x/sqrt(n_t)
    over u = alpha_t/sqrt(n_t) is dy/du = sum_k r_k mu_k: no coefficient grows as lam falls. It is integrated by DOP853
    in the span of the centres, with steps of each point's own, and in closed form where one weight is 1 to rounding.
    NumPy and torch, with gradients through the points.

    Parameters
    ----------
    law : GaussianMixture, PointCloud or Gaussian
        All components with one covariance, a multiple of the identity.
    process : Diffusion

    Attributes
    ----------
    lam : float
        Variance of the components in every direction.

    Raises
    ------
    ValueError
        If the components are not round or not alike; when called: if a time lies outside [0, horizon], or is one at
        which the law has no density.
    FloatingPointError
        When called: if a point stays between centres for more than 100,000 steps.

    Notes
    -----
    Source: QA-E3.2b, FM-D4. A point's displacement errs by about 1e-13 of its size in units of sqrt(n_t), times the
    factor by which the flow magnifies what is between two centres.

    Examples
    --------
    Components that a solver in t would need ten million steps for:

    >>> from fewsteps import GaussianMixture, ornstein_uhlenbeck
    >>> law = GaussianMixture([[-5.0, 0.0], [5.0, 2.0], [0.0, -5.0]], 1e-8 * np.eye(2))
    >>> phi = CanonicalFlowMap(law, ornstein_uhlenbeck(5.0, 1.0))
    >>> phi(np.array([[0.3, -0.4], [-1.0, 0.5]]), 1.0, 0.0).round(3) + 0.0
    array([[ 0., -5.],
           [-5.,  0.]])
    """

    law: Law
    process: Diffusion
    lam: float = field(init=False)
    centre: Floats = field(init=False, repr=False)
    basis: Floats = field(init=False, repr=False)
    inner: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        having(self.process, PROCESS, "process")
        spectrum = having(self.law, ("means", "weights", "spectrum", "frames"), "law").spectrum
        if np.ptp(spectrum) > 1e-12 * np.max(spectrum):
            raise ValueError(f"law must have round components of one variance, got {np.unique(spectrum)[:5]!r}")
        centre = self.law.weights @ self.law.means
        apart = self.law.means - centre
        _, sizes, rows = np.linalg.svd(apart, full_matrices=False)
        basis = rows[sizes > 1e-14 * max(sizes.max(initial=0.0), np.abs(centre).max())].T
        parts = {"centre": centre, "basis": basis, "inner": apart @ basis}
        object.__setattr__(self, "lam", float(np.mean(spectrum)))
        for name, value in parts.items():
            object.__setattr__(self, name, frozen(value))

    @property
    def d(self) -> int:
        """Dimension."""
        return self.law.d

    def __call__(self, x: Any, r: Any, t: Any) -> Array:
        """Where the points `x` of shape (..., d) at time r are at time t; same shape."""
        x, r, t = self._checked(x, r, t)
        ends = self._ends(r, t)
        mean, _ = self._marched(x, ends, t - r)
        gain, pull = ends.end / ends.std, ends.end * ends.d_u * (t - r)
        moved = column(ends.alpha_end) * like(self.centre, x) + column(gain) * self._away(x, ends) + column(pull) * mean
        return array_namespace(x).where(column(r == t), x, moved)

    def slope(self, x: Any, r: Any, t: Any) -> Array:
        """Average velocity (phi(x, r, t) - x)/(t - r), to rounding for every gap; the velocity where t = r.

        Notes
        -----
        Source: FM-E6.
        """
        return self._slope(*self._checked(x, r, t))

    def _slope(self, x: Array, r: Array, t: Array) -> Array:
        ends = self._ends(r, t)
        mean, _ = self._marched(x, ends, t - r)
        grown = column(ends.d_std / ends.std) * self._away(x, ends)
        return column(ends.d_alpha) * like(self.centre, x) + grown + column(ends.end * ends.d_u) * mean

    def velocity(self, x: Any, t: Any) -> Array:
        """Velocity of the probability flow at `x` of shape (..., d), same shape.

        Notes
        -----
        Source: QA-E8, FM-D2.
        """
        x, t, _ = self._checked(x, t, t, "t")
        self._std(t, "t")
        return self._slope(x, t, t)

    def jacobian(self, x: Any, r: Any, t: Any) -> Array:
        """Jacobian of the map at `x` of shape (..., d), by the variational equation; shape (..., d, d).

        Notes
        -----
        Source: QA-P2b, QA-E3.2c.
        """
        x, r, t = self._checked(x, r, t)
        ends, basis = self._ends(r, t), like(self.basis, x)
        _, turn = self._marched(x, ends, t - r, turn=True)
        xp, way = array_namespace(x), (t - r) * ends.d_u
        eye = xp.eye(self.d, dtype=x.dtype, device=x.device)
        return (ends.end / ends.std)[..., None, None] * (eye + way[..., None, None] * (basis @ turn @ basis.T))

    def _checked(self, x: Any, r: Any, t: Any, first: str = "r") -> tuple[Array, Array, Array]:
        """Points, and a pair of times for each."""
        x = points(x, self.d)
        r, t = (times(value, x, self.process.horizon, name) for value, name in ((r, first), (t, "t")))
        return x, r + 0 * x[..., 0], t + 0 * x[..., 0]

    def _ends(self, r: Array, t: Array) -> Ends:
        p = self.process
        alpha, alpha_end, std, end = p.alpha_of(r), p.alpha_of(t), self._std(r, "r"), self._std(t, "t")
        d_alpha = divided_difference(p.alpha_of, p.d_alpha_of, r, t, p.horizon)
        d_var = divided_difference(p.var_of, p.d_var_of, r, t, p.horizon)
        d_std = (self.lam * (alpha + alpha_end) * d_alpha + d_var) / (std + end)
        return Ends(alpha, alpha_end, std, end, d_alpha, d_std, (d_alpha * std - alpha * d_std) / (std * end))

    def _away(self, x: Array, ends: Ends) -> Array:
        return x - column(ends.alpha) * like(self.centre, x)

    def _marched(self, x: Array, ends: Ends, gap: Array, turn: bool = False) -> tuple[Array, Any]:
        """The mean over the way of the posterior mean of the centres, and of the rate of the derivative."""
        xp, basis = array_namespace(x), like(self.basis, x)
        cloud = Cloud(like(self.inner, x), like(np.log(self.law.weights), x))
        inside = (self._away(x, ends) @ basis) / column(ends.std)
        u, way = (xp.reshape(part, (-1,)) for part in (ends.alpha / ends.std, gap * ends.d_u))
        k = basis.shape[1]
        mean, turned = march(cloud, xp.reshape(inside, (u.shape[0], k)), u, way, turn=turn)
        return xp.reshape(mean, inside.shape) @ basis.T, None if turned is None else xp.reshape(
            turned, (*inside.shape, k)
        )

    def _std(self, t: Array, name: str) -> Array:
        var = self.process.alpha_of(t) ** 2 * self.lam + self.process.var_of(t)
        if some(var <= 0):
            raise ValueError(f"{name} must not be a time at which the law has no density, got {t!r}")
        return var**0.5
