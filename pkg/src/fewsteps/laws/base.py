"""What all laws share: every closed form at every noise level, written once for a mixture of Gaussians.

A Gaussian is a mixture of one, a finite data set a mixture of points. In the eigenbasis of its covariance a component
is diagonal; there u_k = C_k^{-1} (x - alpha mu_k), with C_k = alpha^2 Sigma_k + sigma^2 I, carries everything: the
score is minus its mean under the responsibilities, and denoiser and velocity are means of a mu_k + B_k u_k.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import Array, generator, integer_at_least
from fewsteps.laws.checks import noise_level
from fewsteps.laws.levelled import Levelled

Floats = NDArray[np.float64]


class Law(Levelled):
    """A law of x_0 that is a mixture of (possibly degenerate) Gaussians; see `GaussianMixture` for the notation.

    Methods of points take `x` of shape (..., d), NumPy or torch, in float32 or float64, and keep its kind and dtype.
    The levels alpha and sigma, and their rates, are numbers or arrays of shape (...) that give every point its own, as
    in training; gradients reach levels that are tensors. `torch.func.vmap` maps over `x` and over such tensors; values
    that it hides are not checked.

    Attributes
    ----------
    means : array of shape (K, d)
    weights : array of shape (K,)
    spectrum : array of shape (K, d) or (1, d)
        Eigenvalues of the components' covariances; one row if all share one covariance.
    frames : array of shape (K, d, d) or (1, d, d)
        Their eigenvectors, as columns.
    """

    def log_prob(self, x: Any, alpha: Any = 1.0, sigma: Any = 0.0) -> Array:
        """Log-density of alpha x_0 + sigma eps.

        Parameters
        ----------
        x : array of shape (..., d)
        alpha, sigma : number or array of shape (...)
            Noise level, of all points or of each.

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
        return self._answer("log_density", x, alpha, sigma)

    def responsibilities(self, x: Any, alpha: Any = 1.0, sigma: Any = 0.0) -> Array:
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
        return self._answer("responsibilities", x, alpha, sigma, wide=False)

    def score(self, x: Any, alpha: Any = 1.0, sigma: Any = 0.0) -> Array:
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
        return self._answer("score", x, alpha, sigma, wide=False)

    def denoiser(self, x: Any, alpha: Any, sigma: Any) -> Array:
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
        return self._answer("denoiser", x, alpha, sigma, wide=False, dense=False)

    def hessian(self, x: Any, alpha: Any = 1.0, sigma: Any = 0.0) -> Array:
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
        return self._answer("hessian", x, alpha, sigma)

    def posterior_cov(self, x: Any, alpha: Any, sigma: Any) -> Array:
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
        return self._answer("posterior_cov", x, alpha, sigma, dense=False)

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
