"""Noise levels along a clock: signal, noise, their ratio, and the rates of all three."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from fewsteps.arrays import Array, clock, namespace

Rate = Callable[[Array], Array]


class Level(NamedTuple):
    """Noise level and its rates: alpha, sigma, d alpha/dt, d sigma^2/dt; numbers, or arrays with one entry a time."""

    alpha: Any
    sigma: Any
    d_alpha: Any
    d_var: Any


class Levels:
    """What a `Diffusion` says of its noise levels; times are numbers or arrays, and answers have their shape."""

    alpha_of: Rate
    var_of: Rate
    d_alpha_of: Rate
    d_var_of: Rate
    horizon: float
    name: str

    def _time(self, t: Any, name: str = "t") -> Array:
        if type(t) is float and 0 <= t <= self.horizon:
            return np.asarray(t)  # the common case, quickly: solvers ask once a step
        return clock(t, self.horizon, name)

    def alpha(self, t: Any) -> Array:
        """Signal coefficient at `t` of any shape, same shape."""
        return self.alpha_of(self._time(t))

    def var(self, t: Any) -> Array:
        """Noise variance sigma(t)^2 at `t` of any shape, same shape."""
        return self.var_of(self._time(t))

    def sigma(self, t: Any) -> Array:
        """Noise coefficient at `t` of any shape, same shape."""
        return self.var(t) ** 0.5

    def d_alpha(self, t: Any) -> Array:
        """Time derivative of alpha."""
        return self.d_alpha_of(self._time(t))

    def d_var(self, t: Any) -> Array:
        """Time derivative of sigma^2."""
        return self.d_var_of(self._time(t))

    def at(self, t: Any) -> Level:
        """Everything a law wants to know at one time, or at one time a point: `law.velocity(x, *process.at(t))`.

        Parameters
        ----------
        t : number or array of shape (...)

        Returns
        -------
        Level
            Of floats for one time, else of arrays of shape (...).

        Examples
        --------
        >>> from fewsteps import edm
        >>> edm().at([1.0, 2.0]).sigma
        array([1., 2.])
        """
        t = self._time(t)
        if t.ndim:
            return Level(self.alpha_of(t), self.var_of(t) ** 0.5, self.d_alpha_of(t), self.d_var_of(t))
        var = float(self.var_of(t))
        if not var >= 0:
            raise ValueError(f"the variance of {self.name} must be at least 0, got {var:g} at t = {float(t):g}")
        return Level(float(self.alpha_of(t)), var**0.5, float(self.d_alpha_of(t)), float(self.d_var_of(t)))

    def snr(self, t: Any) -> Array:
        """Signal-to-noise ratio alpha^2 / sigma^2, infinite at sigma = 0."""
        with np.errstate(divide="ignore"):
            return self.alpha(t) ** 2 / self.var(t)

    def half_log_snr(self, t: Any) -> Array:
        """log(alpha / sigma): + infinity at clean data, - infinity at pure noise."""
        alpha, var = self.alpha(t), self.var(t)
        with np.errstate(divide="ignore"):
            return namespace(alpha).log(alpha) - namespace(var).log(var) / 2

    def d_half_log_snr(self, t: Any) -> Array:
        """Time derivative of `half_log_snr`, - infinity at both of its infinite ends; g^2 = -2 sigma^2 times it.

        Examples
        --------
        >>> from fewsteps import flow_matching
        >>> flow_matching().d_half_log_snr([0.0, 0.5, 1.0])
        array([-inf,  -4., -inf])
        """
        t = self._time(t)
        alpha, var = self.alpha_of(t), self.var_of(t)
        end = (alpha == 0) | (var == 0)
        rate = self.d_alpha_of(t) / (alpha + end) - self.d_var_of(t) / (2 * (var + end))
        return namespace(rate).where(end, -np.inf + 0 * rate, rate)[()]
