"""What is asked of a law's components, written once for one noise level and for one level a row."""

from __future__ import annotations

from abc import ABC, abstractmethod

from fewsteps.arrays import Array


class Answers(ABC):
    """Answers at rows `x` of shape (n, d) in terms of means under the responsibilities.

    There u_k = C_k^{-1} (x - alpha mu_k), and a, b and the rates are numbers or broadcast against (n, K, d).
    """

    alpha: Array | float

    @property
    @abstractmethod
    def lam(self) -> Array:
        """Variances of x_0 in the components' bases; shape (K or 1, d)."""

    @abstractmethod
    def mean_of(self, x: Array, a: Array | float, b: Array) -> Array:
        """Mean of a mu_k + b_k u_k (b diagonal in the components' bases); shape (n, d)."""

    @abstractmethod
    def derivative_of(self, x: Array, a: Array | float, b: Array) -> Array:
        """Jacobian of `mean_of`; shape (n, d, d)."""

    @abstractmethod
    def trace_of(self, x: Array, a: Array | float, b: Array) -> Array:
        """Its trace; shape (n,)."""

    def score(self, x: Array) -> Array:
        """Gradient of the log-density."""
        return self.mean_of(x, 0.0, -1.0 + 0 * self.lam)

    def hessian(self, x: Array) -> Array:
        """Hessian of the log-density."""
        return self.derivative_of(x, 0.0, -1.0 + 0 * self.lam)

    def denoiser(self, x: Array) -> Array:
        """Posterior mean of x_0."""
        return self.mean_of(x, 1.0, self.alpha * self.lam)

    def velocity(self, x: Array, d_alpha: Array | float, d_var: Array | float) -> Array:
        """Velocity of the probability flow."""
        return self.mean_of(x, d_alpha, self._motion(d_alpha, d_var))

    def jacobian(self, x: Array, d_alpha: Array | float, d_var: Array | float) -> Array:
        """Jacobian of the velocity."""
        return self.derivative_of(x, d_alpha, self._motion(d_alpha, d_var))

    def divergence(self, x: Array, d_alpha: Array | float, d_var: Array | float) -> Array:
        """Divergence of the velocity."""
        return self.trace_of(x, d_alpha, self._motion(d_alpha, d_var))

    def _motion(self, d_alpha: Array | float, d_var: Array | float) -> Array:
        """The b of the velocity: half the rate of C_k."""
        return d_alpha * self.alpha * self.lam + d_var / 2
