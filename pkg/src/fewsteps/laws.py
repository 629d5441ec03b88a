"""Second floor: data distributions with closed forms at every noise level.

A law describes x_0; its methods answer for x = alpha x_0 + sigma eps at any (alpha, sigma), so that a page can walk
along any schedule. NumPy arrays and torch tensors are both accepted and keep their kind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from fewsteps.arrays import Array, generator, integer_at_least, like, real_array


@dataclass(frozen=True, eq=False)
class Gaussian:
    """The law N(mean, cov) of x_0, with any covariance.

    Parameters
    ----------
    mean : array of shape (d,)
    cov : array of shape (d, d)
        Symmetric, positive semi-definite. A 1-D array of shape (d,) stands for its diagonal.

    Raises
    ------
    ValueError
        If the shapes disagree, `cov` is not symmetric, or it has a negative eigenvalue.

    Notes
    -----
    Source: OM-D3.1, OM-P3.1, OM-E29.

    Examples
    --------
    >>> law = Gaussian([0.0, 0.0], [2.0, 0.5])
    >>> law.denoiser(np.array([1.0, 1.0]), alpha=0.6, sigma=0.8).round(4)
    array([0.8824, 0.3659])
    """

    mean: NDArray[np.float64]
    cov: NDArray[np.float64]
    lam: NDArray[np.float64] = field(init=False, repr=False)
    basis: NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        mean = np.array(real_array(self.mean, "mean"), dtype=float)
        cov = np.array(real_array(self.cov, "cov"), dtype=float)
        cov = np.diag(cov) if cov.ndim == 1 else cov
        if mean.ndim != 1 or cov.shape != (mean.size, mean.size):
            raise ValueError(f"mean must have shape (d,) and cov (d, d), got {mean.shape} and {cov.shape}")
        scale = max(1.0, float(np.abs(cov).max()))
        if np.abs(cov - cov.T).max() > 1e-12 * scale:
            raise ValueError("cov must be symmetric")
        lam, basis = np.linalg.eigh((cov + cov.T) / 2)
        if lam[0] < -1e-12 * scale:
            raise ValueError(f"cov must be positive semi-definite, got the eigenvalue {lam[0]:g}")
        for name, value in (("mean", mean), ("cov", cov), ("lam", np.maximum(lam, 0.0)), ("basis", basis)):
            value.flags.writeable = False
            object.__setattr__(self, name, value)

    @property
    def d(self) -> int:
        """Dimension."""
        return self.mean.size

    def _rotated(self, x: Any, alpha: float, sigma: float) -> tuple[Array, Array, Array, Array]:
        """x checked, its centred coordinates in the eigenbasis, their variances, and the basis."""
        x = real_array(x, "x")
        if x.ndim == 0 or x.shape[-1] != self.d:
            raise ValueError(f"x must have shape (..., {self.d}), got {tuple(x.shape)}")
        alpha, sigma = noise_level(alpha, sigma)
        basis = like(self.basis, x)
        return x, (x - alpha * like(self.mean, x)) @ basis, like(alpha**2 * self.lam + sigma**2, x), basis

    def _positive(self, variance: Array) -> None:
        if float(variance.min()) <= 0:
            raise ValueError("sigma must be positive for a singular cov: the law has no density there")

    def log_prob(self, x: Any, alpha: float = 1.0, sigma: float = 0.0) -> Array:
        """Log-density of alpha x_0 + sigma eps at `x` of shape (..., d); returns shape (...).

        Examples
        --------
        >>> float(Gaussian([0.0], [1.0]).log_prob(np.array([0.0]))) == -0.5 * math.log(2 * math.pi)
        True
        """
        x, y, variance, _ = self._rotated(x, alpha, sigma)
        self._positive(variance)
        xp = array_namespace(x)
        return -0.5 * (xp.sum(y * y / variance, axis=-1) + xp.sum(xp.log(variance)) + self.d * math.log(2 * math.pi))

    def score(self, x: Any, alpha: float = 1.0, sigma: float = 0.0) -> Array:
        """Gradient of `log_prob` at `x` of shape (..., d), same shape.

        Examples
        --------
        >>> Gaussian([1.0], [4.0]).score(np.array([3.0]))
        array([-0.5])
        """
        _, y, variance, basis = self._rotated(x, alpha, sigma)
        self._positive(variance)
        return -(y / variance) @ basis.T

    def denoiser(self, x: Any, alpha: float, sigma: float) -> Array:
        """Posterior mean E[x_0 | alpha x_0 + sigma eps = x] at `x` of shape (..., d), same shape.

        Where both the data variance and sigma vanish, the coordinate is certain and the mean is returned.

        Notes
        -----
        Source: OM-P3.1, OM-E29.

        Examples
        --------
        >>> Gaussian([0.0], [1.0]).denoiser(np.array([2.0]), alpha=0.6, sigma=0.8)
        array([1.2])
        """
        x, y, variance, basis = self._rotated(x, alpha, sigma)
        lam = like(self.lam, x)
        safe = variance + (variance == 0)
        return like(self.mean, x) + (y * (alpha * lam / safe)) @ basis.T

    def affine_denoiser(self, alpha: float, sigma: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Gain K of shape (d, d) and offset of shape (d,) with `denoiser(x) = K x + offset`.

        Notes
        -----
        Source: OM-E29.

        Examples
        --------
        >>> K, offset = Gaussian([1.0], [1.0]).affine_denoiser(alpha=0.6, sigma=0.8)
        >>> K.round(12), offset.round(12)
        (array([[0.6]]), array([0.64]))
        """
        alpha, sigma = noise_level(alpha, sigma)
        variance = alpha**2 * self.lam + sigma**2
        gain = (self.basis * (alpha * self.lam / (variance + (variance == 0)))) @ self.basis.T
        return gain, self.mean - alpha * gain @ self.mean

    def posterior_cov(self, alpha: float, sigma: float) -> NDArray[np.float64]:
        """Covariance of x_0 given alpha x_0 + sigma eps; shape (d, d), the same for every observation.

        Examples
        --------
        >>> Gaussian([0.0], [1.0]).posterior_cov(alpha=0.6, sigma=0.8).round(12)
        array([[0.64]])
        """
        alpha, sigma = noise_level(alpha, sigma)
        variance = alpha**2 * self.lam + sigma**2
        return (self.basis * (self.lam * sigma**2 / (variance + (variance == 0)))) @ self.basis.T

    def sample(self, n: int, rng: np.random.Generator, alpha: float = 1.0, sigma: float = 0.0) -> NDArray[np.float64]:
        """Draw `n` samples of alpha x_0 + sigma eps; shape (n, d).

        Examples
        --------
        >>> Gaussian([0.0, 1.0], [1.0, 0.0]).sample(3, np.random.default_rng(0))[:, 1]
        array([1., 1., 1.])
        """
        n = integer_at_least(n, 1, "n")
        alpha, sigma = noise_level(alpha, sigma)
        noise = generator(rng).standard_normal((2, n, self.d))
        clean = self.mean + (noise[0] * np.sqrt(self.lam)) @ self.basis.T
        return alpha * clean + sigma * noise[1]


def noise_level(alpha: Any, sigma: Any) -> tuple[float, float]:
    """Return (alpha, sigma) as floats if both are finite, non-negative and not both zero.

    Examples
    --------
    >>> noise_level(1, 0)
    (1.0, 0.0)
    """
    level = float(real_array(alpha, "alpha", low=0.0)), float(real_array(sigma, "sigma", low=0.0))
    if level == (0.0, 0.0):
        raise ValueError("alpha and sigma must not both be zero")
    return level
