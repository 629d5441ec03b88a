"""Gaussian mixtures and finite data sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import floats, probabilities, real_array, rounding
from fewsteps.laws.checks import frozen, noise_level, spectral
from fewsteps.laws.flow import FlowingLaw


@dataclass(frozen=True, eq=False)
class GaussianMixture(FlowingLaw):
    """The mixture of Gaussians sum_k w_k N(mu_k, Sigma_k) as the law of x_0.

    Parameters
    ----------
    means : array of shape (K, d)
    covs : number, array of shape (d, d) or of shape (K, d, d)
        One variance for all coordinates of all components, one covariance for all components, or one each. Positive
        semi-definite. Shared covariances are faster: sums over components are then matrix products.
    weights : array of shape (K,), optional
        Positive, summing to 1; equal by default.

    Raises
    ------
    ValueError
        If shapes disagree, a covariance is not symmetric positive semi-definite, or the weights are not a
        probability with positive entries.

    Notes
    -----
    Source: QA-D3.1, PD-E4.1.6G4.

    Examples
    --------
    >>> law = GaussianMixture([[-1.0], [1.0]], 0.01)
    >>> law.denoiser(np.array([0.3]), alpha=1.0, sigma=0.2).round(3)
    array([0.86])
    """

    means: NDArray[np.float64]
    covs: Any
    weights: Any = None

    def __post_init__(self) -> None:
        means, weights = _means_and_weights(self.means, self.weights, "means")
        given = real_array(self.covs, "covs")
        covs, eps = floats(given, "covs"), rounding(given, 1)
        K, d = means.shape
        if covs.shape not in ((), (d, d), (K, d, d)):
            raise ValueError(f"covs must be a number or have shape ({d}, {d}) or ({K}, {d}, {d}), got {covs.shape}")
        if covs.ndim == 0:
            pairs = [(np.full(d, float(real_array(covs, "covs", low=0.0))), np.eye(d))]
        else:
            pairs = [spectral(cov, "covs", eps) for cov in (covs[None] if covs.ndim == 2 else covs)]
        spectrum, frames = (frozen(np.stack(part)) for part in zip(*pairs, strict=True))
        parts = {"means": means, "covs": frozen(covs), "weights": weights, "spectrum": spectrum, "frames": frames}
        for name, value in parts.items():
            object.__setattr__(self, name, value)

    @classmethod
    def on_line(cls, means: Any, stds: Any, weights: Any = None) -> GaussianMixture:
        """The one-dimensional mixture with `means` and `stds` of shape (K,); a single std is shared.

        Examples
        --------
        >>> GaussianMixture.on_line([-2.0, 2.0], 0.5).moments()[1]
        array([[4.25]])
        """
        means, stds = (
            np.asarray(real_array(means, "means"), float),
            np.asarray(real_array(stds, "stds", low=0.0), float),
        )
        if means.ndim != 1 or stds.shape not in ((), means.shape):
            raise ValueError(f"means must have shape (K,) and stds () or (K,), got {means.shape} and {stds.shape}")
        return cls(means[:, None], stds**2 if stds.ndim == 0 else stds[:, None, None] ** 2, weights)

    def noised(self, alpha: float, sigma: float) -> GaussianMixture:
        """The law of alpha x_0 + sigma eps, again a mixture.

        Notes
        -----
        Source: QA-D3.1.

        Examples
        --------
        >>> round(float(GaussianMixture([[-1.0], [1.0]], 0.01).noised(0.6, 0.8).covs), 12)
        0.6436
        """
        alpha, sigma = noise_level(alpha, sigma)
        covs = alpha**2 * self.covs + (sigma**2 if self.covs.ndim == 0 else sigma**2 * np.eye(self.d))
        return GaussianMixture(alpha * self.means, covs, self.weights)


@dataclass(frozen=True, eq=False)
class PointCloud(FlowingLaw):
    """A finite data set as the law of x_0: a mixture of points.

    Parameters
    ----------
    points : array of shape (n, d)
    weights : array of shape (n,), optional
        Positive, summing to 1; equal by default.

    Notes
    -----
    Source: GR-L3, PD-E4.1.6G4. There is no density at sigma = 0; above, distances are taken so that even at
    sigma = 1e-6 the softmax keeps its digits.

    Examples
    --------
    >>> PointCloud([[0.0, 0.0], [1.0, 0.0]]).denoiser(np.array([0.9, 0.2]), alpha=1.0, sigma=0.1).round(6)
    array([1., 0.])
    """

    points: NDArray[np.float64]
    weights: Any = None

    def __post_init__(self) -> None:
        points, weights = _means_and_weights(self.points, self.weights, "points")
        d = points.shape[1]
        parts = {"points": points, "means": points, "weights": weights}
        for name, value in (parts | {"spectrum": frozen(np.zeros((1, d))), "frames": frozen(np.eye(d)[None])}).items():
            object.__setattr__(self, name, value)

    def noised(self, alpha: float, sigma: float) -> GaussianMixture:
        """The law of alpha x_0 + sigma eps: a mixture of equal balls, the kernel density estimate of the data.

        Examples
        --------
        >>> PointCloud([[-1.0], [1.0]]).noised(0.6, 0.5).means.ravel()
        array([-0.6,  0.6])
        """
        alpha, sigma = noise_level(alpha, sigma)
        return GaussianMixture(alpha * self.points, sigma**2, self.weights)


def _means_and_weights(means: Any, weights: Any, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    means = frozen(floats(means, name))
    if means.ndim != 2 or 0 in means.shape:
        raise ValueError(f"{name} must have shape (K, d) with K, d >= 1, got {means.shape}")
    if weights is None:
        return means, frozen(np.full(len(means), 1 / len(means)))
    weights = probabilities(weights, len(means))
    return means, frozen(weights / weights.sum())
