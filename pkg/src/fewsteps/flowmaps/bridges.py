"""Velocities between two mixtures: the path alpha x_0 + sigma x_1 + s z with both ends free.

Given which component either end comes from, the path is Gaussian and its velocity affine; the marginal velocity is the
mean over the pairs of components under their responsibilities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import Array, like, number, points
from fewsteps.flowmaps.base import PROCESS
from fewsteps.laws import GaussianMixture
from fewsteps.laws.base import Law
from fewsteps.objects import having
from fewsteps.schedules import Diffusion

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MixtureBridge:
    """The path x_t = alpha_t x_0 + sigma_t x_1 + spread z, with x_0, x_1 and the standard normal z independent.

    Parameters
    ----------
    data, base : Law
        Laws of x_0 and x_1: Gaussians, mixtures or points, of one dimension d.
    process : Diffusion
        Its alpha and sigma are the weights of the two ends.
    spread : float
        Standard deviation s of the noise that is added at all times; at least 0.

    Notes
    -----
    Source: PD-E5.3.2a.

    Examples
    --------
    >>> from fewsteps import Gaussian, flow_matching
    >>> bridge = MixtureBridge(Gaussian([0.0], [4.0]), Gaussian([1.0], [1.0]), flow_matching())
    >>> bridge.velocity(np.array([2.0]), 1.0)
    array([2.])
    """

    data: Law
    base: Law
    process: Diffusion
    spread: float = 0.0

    def __post_init__(self) -> None:
        for name in ("data", "base"):
            having(getattr(self, name), ("means", "weights", "spectrum", "frames"), name)
        having(self.process, ("at", *PROCESS), "process")
        if self.data.d != self.base.d:
            raise ValueError(f"data and base must have one dimension, got {self.data.d} and {self.base.d}")
        object.__setattr__(self, "spread", number(self.spread, "spread", low=0.0))

    def law(self, t: float) -> GaussianMixture:
        """The law of x_t: one component for every pair of components of the ends.

        Examples
        --------
        >>> from fewsteps import Gaussian, flow_matching
        >>> bridge = MixtureBridge(Gaussian([0.0], [4.0]), Gaussian([1.0], [1.0]), flow_matching(), spread=0.5)
        >>> bridge.law(0.5).covs.ravel()
        array([1.5])
        """
        alpha, sigma, _, _ = self.process.at(number(t, "t"))
        covs = self._covs(alpha**2, sigma**2) + self.spread**2 * np.eye(self.data.d)
        return GaussianMixture(self._means(alpha, sigma), covs, np.outer(self.data.weights, self.base.weights).ravel())

    def velocity(self, x: Any, t: float) -> Array:
        """E[alpha' x_0 + sigma' x_1 | x_t = x] at `x` of shape (..., d), NumPy or torch; same shape.

        Parameters
        ----------
        x : array of shape (..., d)
        t : float
            A time at which x_t has a density.

        Raises
        ------
        ValueError
            If x has another last dimension, x_t has no density, or sigma' is infinite and the base is not centred.

        Notes
        -----
        Source: PD-E5.3.2a, PD-P5.3.1, PD-P5.2.3.
        """
        x, t = points(x, self.data.d), number(t, "t")
        law, (alpha, _, d_alpha, d_var) = self.law(t), self.process.at(t)
        share = law.responsibilities(x)
        rates = self._means(d_alpha, self._d_sigma(t))
        gains = self._covs(alpha * d_alpha, d_var / 2) @ np.linalg.inv(law.covs)  # half the rate of the covariance
        offsets = rates - (gains @ law.means[:, :, None])[:, :, 0]
        d = self.data.d
        turn = (share @ like(gains.reshape(-1, d * d), share)).reshape((*share.shape[:-1], d, d))
        return share @ like(offsets, share) + (turn @ x[..., None])[..., 0]

    def _means(self, first: float, second: float) -> Floats:
        """first mu_j + second nu_k for all pairs; shape (pairs, d)."""
        return (first * self.data.means[:, None] + second * self.base.means).reshape(-1, self.data.d)

    def _covs(self, first: float, second: float) -> Floats:
        """first Sigma_j + second T_k for all pairs; shape (pairs, d, d)."""
        return (first * _covariances(self.data)[:, None] + second * _covariances(self.base)).reshape(
            -1, self.data.d, self.data.d
        )

    def _d_sigma(self, t: float) -> float:
        """Rate of sigma, at sigma = 0 its limit from above; 0 where nothing depends on it."""
        if not self.base.means.any():
            return 0.0
        if self.process.sigma(t) > 0:
            return float(self.process.d_var(t) / (2 * self.process.sigma(t)))
        first = 1e-9 * self.process.horizon
        near, far = (self.process.d_var(h) / (2 * self.process.sigma(h)) for h in (first, 4 * first))
        if abs(near - far) > 1e-3 * abs(far):
            raise ValueError(f"sigma' is infinite at t = {t:g} and the base is not centred; stop earlier")
        return float(near)


def _covariances(law: Law) -> Floats:
    """One covariance for every component; shape (K, d, d)."""
    covs = (law.frames * law.spectrum[:, None]) @ np.swapaxes(law.frames, 1, 2)
    return np.broadcast_to(covs, (law.K, law.d, law.d))
