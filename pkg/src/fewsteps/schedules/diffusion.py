"""Forward processes in continuous time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from array_api_compat import array_namespace
from scipy import optimize

from fewsteps.arrays import Array, real_array

Rate = Callable[[Array], Array]


class Level(NamedTuple):
    """Noise level and its rates at one time: alpha, sigma, d alpha/dt, d sigma^2/dt."""

    alpha: float
    sigma: float
    d_alpha: float
    d_var: float


@dataclass(frozen=True, eq=False)
class Diffusion:
    """The Gaussian forward process x_t = alpha(t) x_0 + sigma(t) eps for 0 <= t <= horizon, t = 0 being data.

    It is the law of the linear SDE dx = f x dt + g dw with f = (log alpha)' and g^2 = (sigma^2)' - 2 f sigma^2.

    Parameters
    ----------
    alpha, var, d_alpha, d_var : callables
        alpha(t), sigma(t)^2 and their time derivatives, for arrays of times (NumPy or torch). The variance is given
        because its rate is finite where that of sigma is not.
    horizon : float
        Largest time.
    name : str
        What figures and messages call it.

    Notes
    -----
    Source: GR-E2, PD-D4.4.1, PD-L4.4.1, QA-E1. Made by `vp_linear`, `ve`, `flow_matching`, ...

    Examples
    --------
    >>> from fewsteps import flow_matching
    >>> process = flow_matching()
    >>> process.at(0.25)
    Level(alpha=0.75, sigma=0.25, d_alpha=-1.0, d_var=0.5)
    >>> float(process.g2(0.5))
    2.0
    """

    alpha_of: Rate
    var_of: Rate
    d_alpha_of: Rate
    d_var_of: Rate
    horizon: float
    name: str = "custom"

    def _time(self, t: Any) -> Array:
        if type(t) is float and 0 <= t <= self.horizon:
            return np.asarray(t)  # the common case, quickly: solvers ask once a step
        t = real_array(t, "t", low=0.0)
        if bool((t > self.horizon * (1 + 1e-12)).any()):
            raise ValueError(f"t must be at most the horizon {self.horizon:g}, got {t!r}")
        return t

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

    def at(self, t: float) -> Level:
        """Everything a law wants to know at one time: `law.velocity(x, *process.at(t))`."""
        t = self._time(t)
        var = float(self.var_of(t))
        return Level(float(self.alpha_of(t)), var**0.5, float(self.d_alpha_of(t)), float(self.d_var_of(t)))

    def f(self, t: Any) -> Array:
        """Drift coefficient f = (log alpha)' of the linear SDE.

        Raises
        ------
        ValueError
            Where alpha = 0: no linear SDE with finite coefficients gets there.

        Notes
        -----
        Source: PD-L4.4.1, PD-R4.4.1.

        Examples
        --------
        >>> from fewsteps import flow_matching
        >>> float(flow_matching().f(0.5))
        -2.0
        """
        return self._f(self._time(t))

    def _f(self, t: Array) -> Array:
        alpha = self.alpha_of(t)
        if bool((alpha == 0).any()):
            raise ValueError(f"f is infinite at t = {t!r}, where alpha = 0; stop earlier or use velocities")
        return self.d_alpha_of(t) / alpha

    def g2(self, t: Any) -> Array:
        """Squared noise coefficient g^2 = (sigma^2)' - 2 f sigma^2 of the linear SDE.

        Notes
        -----
        Source: PD-L4.4.1.
        """
        t = self._time(t)
        return self.d_var_of(t) - 2 * self._f(t) * self.var_of(t)

    def g(self, t: Any) -> Array:
        """Noise coefficient of the linear SDE; ValueError where g^2 < 0, that is where noise would have to shrink."""
        squared = self.g2(t)
        if bool((squared < -1e-12).any()):
            raise ValueError(f"g^2 is negative at t = {t!r}: the signal-to-noise ratio must not increase")
        return abs(squared) ** 0.5

    def snr(self, t: Any) -> Array:
        """Signal-to-noise ratio alpha^2 / sigma^2, infinite at sigma = 0."""
        with np.errstate(divide="ignore"):
            return self.alpha(t) ** 2 / self.var(t)

    def half_log_snr(self, t: Any) -> Array:
        """log(alpha / sigma): + infinity at clean data, - infinity at pure noise."""
        alpha, var = self.alpha(t), self.var(t)
        with np.errstate(divide="ignore"):
            return array_namespace(alpha).log(alpha) - array_namespace(var).log(var) / 2

    def d_half_log_snr(self, t: Any) -> Array:
        """Time derivative of `half_log_snr`; g^2 = -2 sigma^2 times it."""
        return self.f(t) - self.d_var(t) / (2 * self.var(t))

    def time_at(self, half_log_snr: float) -> float:
        """The time at which `half_log_snr` takes a value: the way from one process to another at equal SNR.

        Notes
        -----
        Source: PD-D4.4.1.

        Examples
        --------
        >>> from fewsteps import edm, flow_matching
        >>> round(flow_matching().time_at(edm().half_log_snr(3.0)), 12)
        0.75
        """
        target = float(real_array(half_log_snr, "half_log_snr"))

        def excess(t: float) -> float:
            # a bounded, increasing function of the half-log-SNR, so that infinite ends bracket
            return float(np.tanh((self.half_log_snr(t) - target) / 2))

        if excess(0.0) < 0 or excess(self.horizon) > 0:
            raise ValueError(f"half_log_snr = {target:g} is not reached by {self.name} on [0, {self.horizon:g}]")
        return float(optimize.brentq(excess, 0.0, self.horizon, xtol=1e-15 * self.horizon, rtol=1e-15))

    def transition(self, t: Any, s: Any) -> tuple[Array, Array]:
        """Coefficient and variance of x_s given x_t, for t <= s.

        Returns
        -------
        alpha_{s|t} = alpha_s / alpha_t and sigma_s^2 - alpha_{s|t}^2 sigma_t^2.

        Raises
        ------
        ValueError
            If t > s, alpha_t = 0, or the variance would be negative.

        Notes
        -----
        Source: PD-E4.4.5.

        Examples
        --------
        >>> from fewsteps import edm
        >>> edm().transition(1.0, 2.0)
        (np.float64(1.0), np.float64(3.0))
        """
        t, s = self._time(t), self._time(s)
        if bool((t > s).any()):
            raise ValueError(f"t must not exceed s, got t = {t!r}, s = {s!r}")
        alpha_t = self.alpha(t)
        if bool((alpha_t == 0).any()):
            raise ValueError(f"alpha vanishes at t = {t!r}: nothing about later times is known from x_t")
        ratio = self.alpha(s) / alpha_t
        var = self.var(s) - ratio**2 * self.var(t)
        if bool((var < -1e-12 * self.var(s)).any()):
            raise ValueError("the signal-to-noise ratio must not increase between t and s")
        return ratio, (var + abs(var)) / 2

    def bridge(self, t: Any, s: Any) -> tuple[Array, Array, Array]:
        """Weights of x_s and of x_0, and variance, of x_t given both, for t <= s with sigma_s > 0.

        Notes
        -----
        Source: PD-L4.4.2.

        Examples
        --------
        >>> from fewsteps import edm
        >>> tuple(round(float(part), 12) for part in edm().bridge(1.0, 2.0))
        (0.25, 0.75, 0.75)
        """
        ratio, var = self.transition(t, s)
        var_t, var_s = self.var(t), self.var(s)
        if bool((var_s == 0).any()):
            raise ValueError(f"sigma vanishes at s = {s!r}: there is no noise to go back from")
        return ratio * var_t / var_s, self.alpha(t) * var / var_s, var * var_t / var_s

    def __repr__(self) -> str:
        return f"Diffusion({self.name}, horizon={self.horizon:g})"
