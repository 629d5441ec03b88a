"""Forward processes from (f, g) or from the half-log-SNR, and the usual ladders of noise levels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from array_api_compat import is_torch_array
from numpy.polynomial import Chebyshev

from fewsteps.arrays import Array, integer_at_least, namespace, number, positive_number, real_array, same_shape
from fewsteps.objects import function
from fewsteps.schedules.diffusion import Diffusion, Rate


def from_drift(
    f: Callable[[Any], Any], g2: Callable[[Any], Any], horizon: float, degree: int = 64, name: str = "custom"
) -> Diffusion:
    """The process of the linear SDE dx = f(t) x dt + g(t) dw: alpha = exp(int f), sigma^2 = alpha^2 int g^2/alpha^2.

    Parameters
    ----------
    f, g2 : callables
        f(t) and g(t)^2 >= 0 for NumPy arrays of times, of their shape; smooth on [0, horizon].
    horizon : float
    degree : int
        Of the Chebyshev polynomials that are integrated; 64 gives rounding accuracy for smooth coefficients.

    Raises
    ------
    ValueError
        If a coefficient has another shape or is not finite, g^2 is negative, or the polynomials do not resolve them.
    TypeError
        When called: if times are torch tensors.

    Notes
    -----
    Source: PD-E4.1.4, PD-L4.4.1, GR-E2.

    Examples
    --------
    >>> process = from_drift(lambda t: -0.5 + 0 * t, lambda t: 1 + 0 * t, 2.0)
    >>> abs(process.var(2.0) - (1 - np.exp(-2))) < 1e-14
    np.True_
    """
    horizon, degree = positive_number(horizon, "horizon"), integer_at_least(degree, 2, "degree")

    f, g2 = _checked(f, "f"), _checked(g2, "g2", 0.0)

    def integral(rate: Callable[[Any], Any], what: str) -> Chebyshev:
        series = Chebyshev.interpolate(rate, degree, domain=[0, horizon])
        if np.abs(series.coef[-2:]).max() > 1e-9 * np.abs(series.coef).max():
            raise ValueError(f"{what} is not resolved by degree {degree}: raise it, or shorten the horizon")
        return series.integ(lbnd=0)

    log_alpha = integral(f, "f")
    spread = integral(lambda t: g2(t) * np.exp(-2 * log_alpha(t)), "g2 / alpha^2")

    def alpha(t: Array) -> Array:
        return np.exp(log_alpha(t))

    def var(t: Array) -> Array:
        # near 0 the sum of the series may round to less than nothing
        return alpha(t) ** 2 * np.maximum(spread(t), 0.0)

    return Diffusion(alpha, var, lambda t: f(t) * alpha(t), lambda t: 2 * f(t) * var(t) + g2(t), horizon, name)


def _checked(rate: Callable[[Any], Any], name: str, low: float = -np.inf) -> Callable[[Any], Any]:
    """A coefficient whose values are real, finite, at least `low` and shaped like the times."""
    function(rate, name)

    def values(t: Any) -> Any:
        if is_torch_array(t):
            raise TypeError("t must be a number or a NumPy array for a process made by from_drift, got a torch tensor")
        out = np.asarray(real_array(rate(t), f"{name}(t)", low=low), dtype=float)
        same_shape(np.asarray(t), out, f"t and {name}(t)")
        return out

    return values


def from_half_log_snr(ell: Rate, d_ell: Rate, horizon: float, name: str = "custom") -> Diffusion:
    """The variance-preserving process with a given half-log-SNR: alpha^2 and sigma^2 are sigmoids of +-2 ell.

    Parameters
    ----------
    ell, d_ell : callables
        log(alpha / sigma) and its derivative at arrays of times; finite on [0, horizon].
    horizon : float

    Raises
    ------
    ValueError
        If an end of ell is infinite, or beyond the 350 at which sigma^2 or alpha^2 underflows: such ends need a
        `Diffusion` with alpha and sigma^2 of its own.

    Notes
    -----
    Source: PD-L4.4.1.

    Examples
    --------
    >>> process = from_half_log_snr(lambda t: 3 - 6 * t, lambda t: -6 + 0 * t, 1.0)
    >>> process.at(0.5)._asdict()["alpha"] ** 2
    0.5000000000000001
    """
    horizon = positive_number(horizon, "horizon")
    for end in (0.0, horizon):
        real_array(function(d_ell, "d_ell")(np.asarray(end)), f"d_ell({end:g})")
        if abs(number(function(ell, "ell")(np.asarray(end)), f"ell({end:g})")) > 350:
            raise ValueError(f"ell({end:g}) must lie in [-350, 350], got {ell(np.asarray(end))!r}")

    def share(t: Array, sign: float) -> Array:
        return 1 / (1 + namespace(t).exp(-2 * sign * ell(t)))

    def d_var(t: Array) -> Array:
        return -2 * d_ell(t) * share(t, 1.0) * share(t, -1.0)

    def d_alpha(t: Array) -> Array:
        return d_ell(t) * share(t, 1.0) ** 0.5 * share(t, -1.0)

    return Diffusion(lambda t: share(t, 1.0) ** 0.5, lambda t: share(t, -1.0), d_alpha, d_var, horizon, name)


def geometric_levels(low: float, high: float, L: int) -> Array:
    """L noise levels from `low` to `high` with a constant ratio; shape (L,), increasing.

    Raises
    ------
    ValueError
        If not 0 < low < high.

    Notes
    -----
    Source: PD-D3.4.1, PD-E4.3.1.

    Examples
    --------
    >>> geometric_levels(0.1, 10.0, 3)
    array([ 0.1,  1. , 10. ])
    """
    low, high = _ends(positive_number(low, "low"), high)
    return np.geomspace(low, high, integer_at_least(L, 2, "L"))


def karras_levels(low: float, high: float, T: int, rho: float = 7.0) -> Array:
    """T + 1 noise levels from `low` to `high`, uniform in sigma^(1/rho); increasing.

    Raises
    ------
    ValueError
        If not 0 <= low < high.

    Notes
    -----
    Source: PD-X4.4 (its grid).

    Examples
    --------
    >>> karras_levels(1.0, 9.0, 2, rho=2.0)
    array([1., 4., 9.])
    """
    low, high = _ends(number(low, "low", low=0.0), high)
    rho, T = positive_number(rho, "rho"), integer_at_least(T, 1, "T")
    return np.linspace(low ** (1 / rho), high ** (1 / rho), T + 1) ** rho


def _ends(low: float, high: Any) -> tuple[float, float]:
    high = positive_number(high, "high")
    if high <= low:
        raise ValueError(f"high must exceed low = {low:g}, got {high:g}")
    return low, high
