"""The components of a law where every row has a noise level of its own, as people train."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from fewsteps.arrays import Array, like, namespace
from fewsteps.laws.answers import Answers
from fewsteps.laws.parts import Parts, greatest, outer, softmax, total


class Rows(Answers):
    """K Gaussians N(alpha mu_k, C_k) with alpha and sigma of shape (n, 1, 1): the same answers as `Components`.

    Nothing is shared between rows, so they are expanded to (n, K, d) whatever is asked.
    """

    def __init__(self, parts: Parts, alpha: Array, sigma: Array) -> None:
        self.parts, self.alpha, self.sigma = parts, alpha, sigma

    @staticmethod
    def answer(parts: Parts, what: str, rows: Array) -> Array:
        """Answer a question for rows of x, alpha, sigma and whatever rates it takes."""
        d = parts.mu.shape[1]
        alpha, sigma, *rates = (rows[:, k, None, None] for k in range(d, rows.shape[1]))
        return getattr(Rows(parts, alpha, sigma), what)(rows[:, :d], *rates)

    @property
    def lam(self) -> Array:
        """Variances of x_0 in the bases; shape (K or 1, d)."""
        return self.parts.lam

    @cached_property
    def var(self) -> Array:
        """Variances alpha^2 lam + sigma^2, with 1 where both vanish; shape (n, K or 1, d)."""
        var = self.alpha**2 * self.lam + self.sigma**2
        return var + (var == 0)

    def _whitened(self, x: Array) -> Array:
        """Rows less the components' means, in their bases and in standard deviations; shape (n, K, d)."""
        xp, y, basis = namespace(x), x[:, None, :], self.parts.basis
        if basis is not None:
            y = xp.permute_dims(x @ basis, (1, 0, 2))
        return (y - self.alpha * self.parts.mu) / xp.sqrt(self.var)

    def _back(self, w: Array) -> Array:
        """From the bases to common coordinates; shape (n, K, d)."""
        xp, basis = namespace(w), self.parts.basis
        if basis is None:
            return w
        return xp.permute_dims(xp.permute_dims(w, (1, 0, 2)) @ xp.permute_dims(basis, (0, 2, 1)), (1, 0, 2))

    def _log_joint(self, z: Array) -> Array:
        """Log of weight times density, up to a constant; shape (n, K)."""
        xp = namespace(z)
        return self.parts.log_weights - (total(z * z) + total(xp.log(self.var)))[..., 0] / 2

    def log_density(self, x: Array) -> Array:
        """Log-density of the mixture; shape (n,)."""
        xp, joint = namespace(x), self._log_joint(self._whitened(x))
        top = greatest(joint)
        return (top + xp.log(total(xp.exp(joint - top))))[:, 0] - x.shape[-1] * math.log(2 * math.pi) / 2

    def responsibilities(self, x: Array) -> Array:
        """Posterior probabilities of the components; shape (n, K)."""
        return softmax(self._log_joint(self._whitened(x)))

    def mean_of(self, x: Array, a: Array | float, b: Array) -> Array:
        """Mean of a mu_k + b_k u_k; shape (n, d)."""
        xp, z = namespace(x), self._whitened(x)
        share = softmax(self._log_joint(z))[:, :, None]
        return xp.sum(share * self._back(a * self.parts.mu + b * z / xp.sqrt(self.var)), axis=1)

    def _centred(self, x: Array, a: Array | float, b: Array) -> tuple[Array, Array, Array]:
        """Responsibilities, and w_k and u_k less their means; (n, K, 1) and (n, K, d)."""
        xp, z = namespace(x), self._whitened(x)
        share, u = softmax(self._log_joint(z))[:, :, None], z / xp.sqrt(self.var)
        w, u = self._back(a * self.parts.mu + b * u), self._back(u)
        return share, w - xp.sum(share * w, axis=1)[:, None, :], u - xp.sum(share * u, axis=1)[:, None, :]

    def _matrices(self, share: Array, diagonal: Array) -> Array:
        """Sum over k of r_k U_k diag U_k^T; shape (n, d, d)."""
        xp, basis = namespace(share), self.parts.basis
        frames = like(np.eye(self.parts.mu.shape[1])[None], share) if basis is None else basis
        full = (frames * diagonal[..., None, :]) @ xp.permute_dims(frames, (0, 2, 1))
        return xp.sum(share[..., None] * full, axis=1)

    def derivative_of(self, x: Array, a: Array | float, b: Array) -> Array:
        """Jacobian of `mean_of`; shape (n, d, d)."""
        share, w, u = self._centred(x, a, b)
        return self._matrices(share, b / self.var) - outer(share * w, u)

    def trace_of(self, x: Array, a: Array | float, b: Array) -> Array:
        """Trace of `derivative_of`; shape (n,)."""
        share, w, u = self._centred(x, a, b)
        return total(share[:, :, 0] * (total(b / self.var) - total(w * u))[..., 0])[:, 0]

    def posterior_cov(self, x: Array) -> Array:
        """Covariance of x_0 given x; shape (n, d, d)."""
        share, m, _ = self._centred(x, 1.0, self.alpha * self.lam)
        return self._matrices(share, self.lam * self.sigma**2 / self.var) + outer(share * m, m)

    def time_derivative(self, x: Array, d_alpha: Array, d_var: Array) -> Array:
        """Time derivative of the log-density; shape (n,)."""
        xp, z = namespace(x), self._whitened(x)
        rate = 2 * self.alpha * d_alpha * self.lam + d_var
        own = z / xp.sqrt(self.var) * d_alpha * self.parts.mu + (z * z - 1) / self.var * rate / 2
        return total(softmax(self._log_joint(z)) * total(own)[..., 0])[:, 0]
