"""Grids that are uniform in a function of the time: time, its root, half-log-SNR, a root of the noise, VP time."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import clock, integer_at_least, number, positive_number
from fewsteps.objects import having, instance
from fewsteps.schedules import Diffusion

Grid = NDArray[np.float64]
#: Of the horizon: how well a time is known that has a given half-log-SNR, with a margin.
_APART = 1e-13


def uniform(process: Diffusion, T: int, stop: float = 0.0, start: float | None = None, jump: bool = False) -> Grid:
    """T steps of equal length in time.

    Parameters
    ----------
    process : Diffusion
    T : int
        Number of steps, the jump among them.
    stop : float
        Last time before the jump, in [0, start).
    start : float, optional
        First time; the horizon by default.
    jump : bool
        Whether the last step leads from `stop` to 0; then stop > 0 and T >= 2.

    Returns
    -------
    array of shape (T + 1,)
        Decreasing.

    Raises
    ------
    TypeError
        If an argument is not of its kind.
    ValueError
        If T is too small, or not 0 <= stop < start <= horizon, with stop > 0 for a jump; if two times are so close
        that they would be told apart by rounding alone.

    Notes
    -----
    Source: Song et al. 2021 (probability flow, score-based models).

    Examples
    --------
    >>> from fewsteps import flow_matching
    >>> uniform(flow_matching(), 4)
    array([1.  , 0.75, 0.5 , 0.25, 0.  ])
    """
    return _grid(process, T, stop, start, jump, lambda t: t, lambda value: value)


def quadratic(process: Diffusion, T: int, stop: float = 0.0, start: float | None = None, jump: bool = False) -> Grid:
    """T steps of equal length in the root of time: short ones near the data.

    Parameters
    ----------
    process, T, stop, start, jump
        As for `uniform`.

    Returns
    -------
    array of shape (T + 1,)

    Raises
    ------
    TypeError, ValueError
        As for `uniform`.

    Notes
    -----
    Source: Song, Meng and Ermon 2021, appendix D.

    Examples
    --------
    >>> from fewsteps import flow_matching
    >>> quadratic(flow_matching(), 4)
    array([1.    , 0.5625, 0.25  , 0.0625, 0.    ])
    """
    return _grid(process, T, stop, start, jump, math.sqrt, lambda value: value**2)


def log_snr(process: Diffusion, T: int, stop: float, start: float | None = None, jump: bool = False) -> Grid:
    """T steps of equal length in half-log-SNR: equal ratios of sigma / alpha.

    Parameters
    ----------
    process, T, stop, start, jump
        As for `uniform`; the half-log-SNR must be finite at both, so that there is noise at stop and signal at start.

    Returns
    -------
    array of shape (T + 1,)

    Raises
    ------
    TypeError, ValueError
        As for `uniform`; if the half-log-SNR is infinite at `start` or `stop`.

    Notes
    -----
    Source: Lu et al. 2022 (arXiv 2206.00927).

    Examples
    --------
    >>> from fewsteps import edm
    >>> log_snr(edm(), 4, stop=0.5, start=4.0, jump=True).round(12)
    array([4. , 2. , 1. , 0.5, 0. ])
    """
    ell = _half_log_snr(process)

    def finite(t: float) -> float:
        if math.isinf(ell(t)):
            end = "stop" if ell(t) > 0 else "start"
            raise ValueError(f"{end} must have a finite half-log-SNR, got {t:g}")
        return ell(t)

    return _grid(process, T, stop, start, jump, finite, process.time_at)


def rho(
    process: Diffusion, T: int, stop: float, start: float | None = None, jump: bool = False, power: float = 7.0
) -> Grid:
    """T steps of equal length in a root of the noise-to-signal ratio sigma / alpha: the grid of EDM.

    Parameters
    ----------
    process, T, stop, start, jump
        As for `uniform`; there must be signal at start, and stop may be 0.
    power : float
        rho > 0: 1 is uniform in sigma / alpha, and large powers near `log_snr`.

    Returns
    -------
    array of shape (T + 1,)

    Raises
    ------
    TypeError, ValueError
        As for `uniform`; if alpha = 0 at `start`, or power is less than 0.01.

    Notes
    -----
    Source: Karras et al. 2022 (arXiv 2206.00364), equation (5). There T counts levels, which is here with a jump.

    Examples
    --------
    >>> from fewsteps import edm
    >>> rho(edm(), 3, 1.0, 9.0, power=2.0).round(12)
    array([9.        , 5.44444444, 2.77777778, 1.        ])
    """
    ell, power = _half_log_snr(process), positive_number(power, "power")
    if power < 0.01:
        raise ValueError(f"power must be at least 0.01, got {power:g}")
    top = ell(_first(process, start))
    if top == -math.inf:
        raise ValueError("start must have alpha > 0, got a time with alpha = 0")

    def root(t: float) -> float:  # against that of the start, less 1: for large powers all roots are near 1
        return math.expm1((top - ell(t)) / power)

    return _grid(process, T, stop, start, jump, root, lambda value: process.time_at(top - power * math.log1p(value)))


def vp_uniform(
    process: Diffusion, T: int, stop: float, start: float | None = None, jump: bool = False, cut: float = 1e-3
) -> Grid:
    r"""T steps of equal length in the time of the VP process with linear rate that has the same noise at both ends.

    That process has $\log(1 + \kappa^2) = \beta_d u^2/2 + \beta_0 u$ for $\kappa = \sigma/\alpha$ at its time u, from
    u = 1 at the start down to u = cut at `stop`, which determines both coefficients.

    Parameters
    ----------
    process, T, stop, start, jump
        As for `uniform`; there must be signal at start, and noise at stop.
    cut : float
        VP time of the level at `stop`, in (0, 1).

    Returns
    -------
    array of shape (T + 1,)

    Raises
    ------
    TypeError, ValueError
        As for `uniform`; if sigma/alpha is 0 at stop or infinite at start, cut is not between 0 and 1, or the noise
        does not grow in u on [cut, 1] with these coefficients.

    Notes
    -----
    Source: GR-E5.2s; Song et al. 2021 for the process. Published lists of levels for 80 and 0.002 have cut = 0.001.

    Examples
    --------
    >>> from fewsteps import edm
    >>> vp_uniform(edm(), 3, 0.002).round(3)
    array([8.000e+01, 6.950e+00, 1.287e+00, 2.000e-03])
    """
    ell, cut = _half_log_snr(process), positive_number(cut, "cut")
    if not cut < 1:
        raise ValueError(f"cut must be less than 1, got {cut:g}")

    def grown(t: float) -> float:
        if math.isinf(ell(t)):
            raise ValueError(f"{'stop' if ell(t) > 0 else 'start'} must have a finite half-log-SNR, got {t:g}")
        return float(np.logaddexp(0.0, -2 * ell(t)))

    top, low = grown(_first(process, start)), grown(number(clock(stop, process.horizon, "stop"), "stop"))
    slope = (top - low / cut) / (1 - cut)  # of log(1 + kappa^2)/u, which is linear in u
    if not min(low / cut + slope * cut, top + slope) > 0:
        raise ValueError(f"cut must be such that the noise grows from it to 1, got {cut:g}")

    def back(u: float) -> float:
        value = u * (low / cut * (1 - u) + top * (u - cut)) / (1 - cut)
        return process.time_at(-math.log(math.expm1(value)) / 2)

    begin = _first(process, start)
    return _grid(process, T, stop, start, jump, lambda t: 1.0 if t == begin else cut, back)


def _half_log_snr(process: Diffusion) -> Callable[[float], float]:
    having(process, ("half_log_snr", "time_at", "horizon"), "process")
    return lambda t: float(process.half_log_snr(t))


def _first(process: Diffusion, start: float | None) -> float:
    horizon = float(having(process, ("horizon",), "process").horizon)
    return horizon if start is None else number(clock(start, horizon, "start"), "start")


def _grid(
    process: Diffusion,
    T: int,
    stop: float,
    start: float | None,
    jump: bool,
    forth: Callable[[float], float],
    back: Callable[[float], float],
) -> Grid:
    """Equal steps of a function of the time; both ends are as given, to the bit."""
    first, horizon = _first(process, start), process.horizon
    last = number(clock(stop, horizon, "stop"), "stop")
    jump = instance(jump, bool, "jump")
    steps = integer_at_least(T, 1 + jump, "T") - jump
    if not last < first:
        raise ValueError(f"stop must be less than start = {first:g}, got {last:g}")
    if jump and last == 0:
        raise ValueError("stop must be greater than 0 for a jump to 0, got 0")
    inner = np.linspace(forth(first), forth(last), steps + 1)[1:-1]
    times = np.array([first, *map(back, map(float, inner)), last, *([0.0] if jump else [])])
    if not np.all(times[:-1] - times[1:] > _APART * horizon):
        raise ValueError(f"T must be so small that times differ by more than rounding, got {T} down to {last:g}")
    return times
