"""What all laws share: every closed form at every noise level, written once for a mixture of Gaussians.

A Gaussian is a mixture of one, a finite data set a mixture of points. In the eigenbasis of its covariance a component
is diagonal; there u_k = C_k^{-1} (x - alpha mu_k), with C_k = alpha^2 Sigma_k + sigma^2 I, carries everything: the
score is minus its mean under the responsibilities, and denoiser and velocity are means of a mu_k + B_k u_k.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from array_api_compat import is_torch_array
from numpy.typing import NDArray

from fewsteps.arrays import Array, generator, integer_at_least, real_array
from fewsteps.laws.checks import noise_level
from fewsteps.laws.components import Components, Parts, blocked

Floats = NDArray[np.float64]


class Law:
    """A law of x_0 that is a mixture of (possibly degenerate) Gaussians; see `GaussianMixture` for the notation.

    Attributes
    ----------
    means : array of shape (K, d)
    weights : array of shape (K,)
    spectrum : array of shape (K, d) or (1, d)
        Eigenvalues of the components' covariances; one row if all share one covariance.
    frames : array of shape (K, d, d) or (1, d, d)
        Their eigenvectors, as columns.
    """

    means: Floats
    weights: Floats
    spectrum: Floats
    frames: Floats

    @property
    def d(self) -> int:
        """Dimension."""
        return self.means.shape[1]

    @property
    def K(self) -> int:
        """Number of components."""
        return self.weights.size

    @cached_property
    def _latest(self) -> dict[Any, Components]:
        return {}

    def _level(self, x: Array, alpha: float, sigma: float) -> Components:
        """The components at a noise level. For NumPy the latest ones are kept: a simulation asks hundreds of times.

        Tensors are not kept: one that is made inside `torch.func.jvp` or `inference_mode` must not outlive it.
        """
        latest = None if is_torch_array(x) else self._latest.get(x.dtype)
        if latest is not None and latest.alpha == alpha and latest.sigma == sigma:
            return latest
        parts = latest.parts if latest else Parts.of(self.means, self.weights, self.spectrum, self.frames, x)
        level = Components(parts, alpha, sigma)
        if not is_torch_array(x):
            self._latest[x.dtype] = level
        return level

    def _at(self, x: Any, alpha: Any, sigma: Any, *, dense: bool = True) -> tuple[Array, Components]:
        """The checked points and the components at this noise level; `dense` asks for a density."""
        x = real_array(x, "x")
        if x.ndim == 0 or x.shape[-1] != self.d:
            raise ValueError(f"x must have shape (..., {self.d}), got {tuple(x.shape)}")
        level = self._level(x, *noise_level(alpha, sigma))
        if (dense or self.K > 1) and level.smallest <= 0:
            raise ValueError("sigma must be positive for a singular cov: the law has no density there")
        return x, level

    def log_prob(self, x: Any, alpha: float = 1.0, sigma: float = 0.0) -> Array:
        """Log-density of alpha x_0 + sigma eps.

        Parameters
        ----------
        x : array of shape (..., d)
        alpha, sigma : float
            Noise level.

        Returns
        -------
        array of shape (...)

        Raises
        ------
        ValueError
            If x has another last dimension, or the law has no density at this level.

        Notes
        -----
        Source: QA-D3.1, PD-E4.1.6G4.

        Examples
        --------
        >>> from fewsteps import Gaussian
        >>> round(float(Gaussian([0.0], [1.0]).log_prob(np.array([0.0]))), 6)
        -0.918939
        """
        x, level = self._at(x, alpha, sigma)
        return blocked(level.log_density, x, level.wide)

    def responsibilities(self, x: Any, alpha: float = 1.0, sigma: float = 0.0) -> Array:
        """Posterior probability of every component given alpha x_0 + sigma eps = x; shape (..., K).

        Notes
        -----
        Source: QA-P1, GR-L3 (for data points these are softmax attention weights).

        Examples
        --------
        >>> from fewsteps import PointCloud
        >>> PointCloud([[-1.0], [1.0]]).responsibilities(np.array([0.0]), 1.0, 0.5)
        array([0.5, 0.5])
        """
        x, level = self._at(x, alpha, sigma)
        return blocked(level.responsibilities, x, level.width)

    def score(self, x: Any, alpha: float = 1.0, sigma: float = 0.0) -> Array:
        """Gradient of `log_prob` at `x` of shape (..., d), same shape.

        Notes
        -----
        Source: QA-P1, PD-E4.1.6G4, PD-LD.2.1.

        Examples
        --------
        >>> from fewsteps import Gaussian
        >>> Gaussian([1.0], [4.0]).score(np.array([3.0]))
        array([-0.5])
        """
        x, level = self._at(x, alpha, sigma)
        return blocked(lambda rows: level.mean_of(rows, 0.0, -1.0 + 0 * level.lam), x, level.width)

    def denoiser(self, x: Any, alpha: float, sigma: float) -> Array:
        """Posterior mean E[x_0 | alpha x_0 + sigma eps = x] at `x` of shape (..., d), same shape.

        For a single Gaussian, where both the data variance and sigma vanish, the coordinate is certain and the mean is
        returned.

        Notes
        -----
        Source: OM-P3.1, OM-E29, QA-R1, GR-L3.

        Examples
        --------
        >>> from fewsteps import Gaussian
        >>> Gaussian([0.0], [1.0]).denoiser(np.array([2.0]), alpha=0.6, sigma=0.8)
        array([1.2])
        """
        x, level = self._at(x, alpha, sigma, dense=False)
        return blocked(lambda rows: level.mean_of(rows, 1.0, level.alpha * level.lam), x, level.width)

    def hessian(self, x: Any, alpha: float = 1.0, sigma: float = 0.0) -> Array:
        """Hessian of `log_prob` at `x` of shape (..., d); shape (..., d, d).

        Notes
        -----
        Source: QA-P1, PD-E4.1.6G4, PD-E3.3.H2.

        Examples
        --------
        >>> from fewsteps import Gaussian
        >>> Gaussian([1.0], [4.0]).hessian(np.array([3.0]))
        array([[-0.25]])
        """
        x, level = self._at(x, alpha, sigma)
        return blocked(lambda rows: level.derivative_of(rows, 0.0, -1.0 + 0 * level.lam), x, level.wide)

    def posterior_cov(self, x: Any, alpha: float, sigma: float) -> Array:
        """Covariance of x_0 given alpha x_0 + sigma eps = x of shape (..., d); shape (..., d, d).

        Notes
        -----
        Source: PD-E3.3.H2, OM-E29.

        Examples
        --------
        >>> from fewsteps import Gaussian
        >>> Gaussian([0.0], [1.0]).posterior_cov(np.array([2.0]), alpha=0.6, sigma=0.8).round(12)
        array([[0.64]])
        """
        x, level = self._at(x, alpha, sigma, dense=False)
        return blocked(level.posterior_cov, x, level.wide)

    def moments(self) -> tuple[Floats, Floats]:
        """Mean of shape (d,) and covariance of shape (d, d) of x_0.

        Examples
        --------
        >>> from fewsteps import PointCloud
        >>> PointCloud([[-1.0], [3.0]]).moments()
        (array([1.]), array([[4.]]))
        """
        mean = self.weights @ self.means
        offset = self.means - mean
        return mean, self.mean_cov() + (self.weights * offset.T) @ offset

    def mean_cov(self) -> Floats:
        """Covariance of a component, averaged over the components; shape (d, d)."""
        weights = self.weights if len(self.spectrum) > 1 else np.ones(1)
        covs = (self.frames * self.spectrum[:, None]) @ np.swapaxes(self.frames, 1, 2)
        return np.einsum("k,kij->ij", weights, covs)

    def sample(self, n: int, rng: np.random.Generator, alpha: float = 1.0, sigma: float = 0.0) -> Floats:
        """Draw `n` samples of alpha x_0 + sigma eps; shape (n, d), NumPy.

        Examples
        --------
        >>> from fewsteps import Gaussian
        >>> Gaussian([0.0, 1.0], [1.0, 0.0]).sample(3, np.random.default_rng(0))[:, 1]
        array([1., 1., 1.])
        """
        n, rng, (alpha, sigma) = integer_at_least(n, 1, "n"), generator(rng), noise_level(alpha, sigma)
        which = rng.choice(self.K, n, p=self.weights) if self.K > 1 else np.zeros(n, dtype=int)
        within, noise = rng.standard_normal((2, n, self.d))
        if len(self.spectrum) == 1:
            spread = (within * np.sqrt(self.spectrum[0])) @ self.frames[0].T
        else:
            spread = np.empty_like(within)
            for k in range(self.K):
                rows = which == k
                spread[rows] = (within[rows] * np.sqrt(self.spectrum[k])) @ self.frames[k].T
        return alpha * (self.means[which] + spread) + sigma * noise
