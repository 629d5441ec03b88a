"""Forward processes in continuous time, for laws, solvers and flow maps; plans merge the T steps of a `Schedule`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import optimize

from fewsteps.arrays import Array, number, positive_number, rounding, some
from fewsteps.objects import function
from fewsteps.schedules.levels import Level as Level
from fewsteps.schedules.levels import Levels
from fewsteps.schedules.levels import Rate as Rate


@dataclass(frozen=True, eq=False)
class Diffusion(Levels):
    """The Gaussian forward process x_t = alpha(t) x_0 + sigma(t) eps for 0 <= t <= horizon, t = 0 being data.

    It is the law of the linear SDE dx = f x dt + g dw with f = (log alpha)' and g^2 = (sigma^2)' - 2 f sigma^2.

    Parameters
    ----------
    alpha_of, var_of, d_alpha_of, d_var_of : callables
        alpha(t), sigma(t)^2 and their time derivatives, for arrays of times (NumPy or torch). The variance is given
        because its rate is finite where that of sigma is not. They are trusted to belong together, to be at least 0
        and not to vanish at once; alpha(0) need not be 1.
    horizon : float
        Largest time, > 0.
    name : str
        What figures and messages call it.

    Raises
    ------
    TypeError, ValueError
        If a rate is no function or the horizon no number > 0; when called: if a time lies outside [0, horizon] by more
        than a clock that adds up its steps may miss it.

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
    instead: ClassVar[str] = (
        "a Diffusion is a process in continuous time; plans merge along a Schedule of T steps, "
        "cosine_schedule(T) for trigonometric(), linear_schedule(T) for flow_matching()"
    )

    def __post_init__(self) -> None:
        for name in ("alpha_of", "var_of", "d_alpha_of", "d_var_of"):
            function(getattr(self, name), name)
        object.__setattr__(self, "horizon", positive_number(self.horizon, "horizon"))

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
        if some(alpha == 0):
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
        squared, scale = self.g2(t), abs(self.d_var(t))
        # relative to the larger of the two terms whose difference it is
        if some(squared < -rounding(squared) * (2 * scale + abs(squared))):
            raise ValueError(f"g^2 is negative at t = {t!r}: the signal-to-noise ratio must not increase")
        return abs(squared) ** 0.5

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
        target = number(half_log_snr, "half_log_snr")

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
        t, s = self._time(t), self._time(s, "s")
        if some(t > s):
            raise ValueError(f"t must not exceed s, got t = {t!r}, s = {s!r}")
        alpha_t = self.alpha(t)
        if some(alpha_t == 0):
            raise ValueError(f"alpha vanishes at t = {t!r}: nothing about later times is known from x_t")
        ratio = self.alpha(s) / alpha_t
        var = self.var(s) - ratio**2 * self.var(t)
        if some(var < -rounding(var) * self.var(s)):
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
        if some(var_s == 0):
            raise ValueError(f"sigma vanishes at s = {s!r}: there is no noise to go back from")
        return ratio * var_t / var_s, self.alpha(t) * var / var_s, var * var_t / var_s

    def __repr__(self) -> str:
        return f"Diffusion({self.name}, horizon={self.horizon:g})"
