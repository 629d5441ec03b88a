"""The components of a law at one noise level, in the kind of the points."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fewsteps.arrays import Array, like, namespace
from fewsteps.laws.answers import Answers
from fewsteps.laws.parts import Parts, greatest, outer, softmax, total


@dataclass(frozen=True, eq=False)
class Components(Answers):
    """K Gaussians N(alpha mu_k, C_k), each in its own eigenbasis; methods take rows of shape (n, d).

    With one shared covariance all components live in one basis, and means under the responsibilities are products of
    (n, K) and (K, d) matrices; otherwise rows are expanded to (n, K, d), which the caller keeps small by passing few.
    """

    parts: Parts
    alpha: float
    sigma: float

    @classmethod
    def of(cls, means: Any, weights: Any, spectrum: Any, frames: Any, alpha: float, sigma: float, x: Array) -> Any:
        """The components in the kind and dtype of `x`."""
        return cls(Parts.of(means, weights, spectrum, frames, x), alpha, sigma)

    @property
    def lam(self) -> Array:
        """Variances of x_0 in the bases; shape (K or 1, d)."""
        return self.parts.lam

    @property
    def smallest(self) -> float:
        """Least variance of any component, in float64."""
        return self.alpha**2 * self.parts.least + self.sigma**2

    @cached_property
    def var(self) -> Array:
        """Variances alpha^2 lam + sigma^2, with 1 where both vanish: there x = alpha mu and nothing is divided."""
        var = self.alpha**2 * self.lam + self.sigma**2
        return var + (var == 0)

    @property
    def width(self) -> int:
        """Numbers a row needs where only means are asked for; where the work is one product, blocks are longer."""
        return max(self.parts.mu.shape) if self.parts.shared else 1 + self.parts.wide // 8

    # ---- where the points are, seen from the components

    def _turned(self, x: Array) -> Array:
        """Rows in the shared basis."""
        return x if self.parts.basis is None else x @ self.parts.basis[0]

    def _whitened(self, x: Array) -> Array:
        """Rows less the components' means, in units of their standard deviations; shape (n, K, d)."""
        xp = namespace(x)
        scale = 1 / xp.sqrt(self.var)
        if self.parts.shared:
            return (self._turned(x)[:, None, :] - self.alpha * self.parts.mu) * scale
        z = x @ self._columns(self.parts.basis * scale[:, None, :])
        return z.reshape(-1, *self.parts.mu.shape) - self.alpha * self.parts.mu * scale

    @staticmethod
    def _columns(matrices: Array) -> Array:
        """Matrices of shape (K, d, d) side by side: shape (d, K d)."""
        return namespace(matrices).permute_dims(matrices, (1, 0, 2)).reshape(matrices.shape[1], -1)

    @cached_property
    def _expansion(self) -> tuple[Array, Array] | None:
        """Factor (d, K) and offset (K,) of `_expanded`; None where it would lose digits."""
        xp, centre, scale = namespace(self.parts.mu), self.alpha * self.parts.centre, 1 / self.var[0]
        c = self.alpha * self.parts.mu - centre
        scaled, squares = c * scale, xp.sum(c * c * scale, axis=-1)
        lost = bool(xp.max(squares) > self.parts.far)
        return None if lost else (scaled.T, self.parts.log_weights - scaled @ centre - squares / 2)

    def _expanded(self, y: Array) -> Array | None:
        """Log of weight times density by multiplying out |y - alpha mu_k|^2, less what all components share.

        One product; None where the means, in standard deviations, are so far apart that the difference of their
        squares would lose more than 0.3 of the digits. Points further out lose no more than their rounding does.
        """
        return None if self._expansion is None else y @ self._expansion[0] + self._expansion[1]

    def log_joint(self, x: Array) -> Array:
        """Log of weight times density of every component, less what all components share; shape (n, K)."""
        if self.parts.shared and (joint := self._expanded(self._turned(x))) is not None:
            return joint
        return self._log_joint(self._whitened(x))

    def _log_joint(self, z: Array) -> Array:
        """The same from whitened rows, up to a constant."""
        xp = namespace(z)
        return self.parts.log_weights - (total(z * z)[..., 0] + xp.sum(xp.log(self.var), axis=-1)) / 2

    def log_density(self, x: Array) -> Array:
        """Log-density of the mixture; shape (n,)."""
        xp = namespace(x)
        joint = self._log_joint(self._whitened(x))
        top = greatest(joint)
        return (top + xp.log(total(xp.exp(joint - top))))[:, 0] - x.shape[-1] * math.log(2 * math.pi) / 2

    def responsibilities(self, x: Array) -> Array:
        """Posterior probabilities of the components; shape (n, K)."""
        return softmax(self.log_joint(x))

    # ---- means under the responsibilities of w_k = a mu_k + B_k u_k, and their derivatives

    def mean_of(self, x: Array, a: float, b: Array) -> Array:
        """Mean of a mu_k + b_k u_k (b diagonal in the components' bases); shape (n, d)."""
        if not self.parts.shared:
            return self._mean_of(x, a, b)
        y = self._turned(x)
        joint = self._expanded(y)
        mean = softmax(self._log_joint(self._whitened(x)) if joint is None else joint) @ self.parts.mu
        out = y - self.alpha * mean
        out *= b[0] / self.var[0]
        out = out + a * mean if a else out
        return out if self.parts.basis is None else out @ self.parts.basis[0].T

    def _mean_of(self, x: Array, a: float, b: Array) -> Array:
        """`mean_of` for covariances of their own: two products of (n, d) and (d, K d) matrices."""
        xp, z = namespace(x), self._whitened(x)
        r = softmax(self._log_joint(z))
        back = self._columns(self.parts.basis * (b / xp.sqrt(self.var))[:, None, :])
        out = (z * r[:, :, None]).reshape(-1, self.parts.wide) @ back.T
        return out + a * (r @ self.parts.means) if a else out

    def _matrices(self, r: Array, diagonal: Array) -> Array:
        """Sum over k of r_k U_k diag U_k^T; shape (n, d, d)."""
        xp = namespace(r)
        frames = like(np.eye(self.parts.mu.shape[1])[None], r) if self.parts.basis is None else self.parts.basis
        full = (frames * diagonal[:, None, :]) @ xp.permute_dims(frames, (0, 2, 1))
        r = xp.sum(r, axis=-1, keepdims=True) if self.parts.shared else r
        return (r @ full.reshape(len(full), -1)).reshape(len(r), *full.shape[1:])

    def _centred(self, x: Array, a: float, b: Array) -> tuple[Array, Array, Array]:
        """Responsibilities, and w_k and u_k less their means, in common coordinates; (n, K, 1) and (n, K, d)."""
        xp, z = namespace(x), self._whitened(x)
        share, u = softmax(self._log_joint(z))[:, :, None], z / xp.sqrt(self.var)

        def centred(w: Array) -> Array:
            if self.parts.basis is not None:
                w = xp.permute_dims(
                    xp.permute_dims(w, (1, 0, 2)) @ xp.permute_dims(self.parts.basis, (0, 2, 1)), (1, 0, 2)
                )
            return w - xp.sum(share * w, axis=1)[:, None, :]

        return share, centred(a * self.parts.mu + b * u), centred(u)

    def derivative_of(self, x: Array, a: float, b: Array) -> Array:
        """Jacobian of `mean_of`; shape (n, d, d). The responsibilities contribute minus Cov(w, u)."""
        share, w, u = self._centred(x, a, b)
        return self._matrices(share[:, :, 0], b / self.var) - outer(share * w, u)

    def trace_of(self, x: Array, a: float, b: Array) -> Array:
        """Trace of `derivative_of`, without the matrices; shape (n,)."""
        xp = namespace(x)
        share, w, u = self._centred(x, a, b)
        return total(share[:, :, 0] * (xp.sum(b / self.var, axis=-1) - total(w * u)[..., 0]))[:, 0]

    def posterior_cov(self, x: Array) -> Array:
        """Covariance of x_0 given x: within components plus between their posterior means; shape (n, d, d)."""
        share, m, _ = self._centred(x, 1.0, self.alpha * self.lam)
        return self._matrices(share[:, :, 0], self.lam * self.sigma**2 / self.var) + outer(share * m, m)

    def time_derivative(self, x: Array, d_alpha: float, d_var: float) -> Array:
        """Time derivative of the log-density from the rates of the components' means and variances; shape (n,)."""
        xp, z = namespace(x), self._whitened(x)
        rate = 2 * self.alpha * d_alpha * self.lam + d_var
        own = z / xp.sqrt(self.var) * d_alpha * self.parts.mu + (z * z - 1) / self.var * rate / 2
        return total(softmax(self._log_joint(z)) * total(own)[..., 0])[:, 0]
