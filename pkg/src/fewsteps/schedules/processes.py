"""The forward processes of the literature."""

from __future__ import annotations

import numpy as np
from array_api_compat import array_namespace

from fewsteps.arrays import Array, positive_number
from fewsteps.schedules.diffusion import Diffusion, Rate


def _exponential(total: Rate, rate: Rate, horizon: float, name: str) -> Diffusion:
    """The variance-preserving process with alpha = exp(-B/2), from B(t) and its rate beta(t)."""

    def alpha(t: Array) -> Array:
        return array_namespace(t).exp(-total(t) / 2)

    def var(t: Array) -> Array:
        return -array_namespace(t).expm1(-total(t))

    return Diffusion(alpha, var, lambda t: -rate(t) / 2 * alpha(t), lambda t: rate(t) * alpha(t) ** 2, horizon, name)


def vp_linear(beta_min: float = 0.1, beta_max: float = 20.0) -> Diffusion:
    """Variance-preserving process dx = -beta/2 x dt + sqrt(beta) dw on [0, 1] with beta linear in t.

    Parameters
    ----------
    beta_min, beta_max : float
        beta at t = 0 and at t = 1; beta_max >= beta_min > 0.

    Notes
    -----
    Source: PD-E4.3.2, GR-E24.

    Examples
    --------
    >>> round(float(vp_linear().alpha(1.0)), 8)
    0.00657159
    """
    low, high = positive_number(beta_min, "beta_min"), positive_number(beta_max, "beta_max")
    if high < low:
        raise ValueError(f"beta_max must be at least beta_min = {low:g}, got {high:g}")
    slope = high - low
    return _exponential(lambda t: low * t + slope / 2 * t * t, lambda t: low + slope * t, 1.0, "VP, linear beta")


def sub_vp(beta_min: float = 0.1, beta_max: float = 20.0) -> Diffusion:
    """Sub-VP process: the drift of `vp_linear` with g^2 = beta (1 - exp(-2 B)), so sigma = 1 - exp(-B).

    Notes
    -----
    Source: PD-R4.3sub.

    Examples
    --------
    >>> bool(sub_vp().var(0.2) < vp_linear().var(0.2))
    True
    """
    vp = vp_linear(beta_min, beta_max)

    def d_var(t: Array) -> Array:
        return 2 * vp.var_of(t) * vp.d_var_of(t)

    return Diffusion(vp.alpha_of, lambda t: vp.var_of(t) ** 2, vp.d_alpha_of, d_var, 1.0, "sub-VP")


def ornstein_uhlenbeck(beta: float = 1.0, horizon: float = 3.0) -> Diffusion:
    """Ornstein-Uhlenbeck process dx = -beta x dt + sqrt(2 beta) dw: alpha = exp(-beta t), variance preserving.

    Notes
    -----
    Source: QA-E1. In the convention of `vp_linear` its rate is 2 beta.

    Examples
    --------
    >>> float(ornstein_uhlenbeck().g2(1.0))
    2.0
    """
    rate = 2 * positive_number(beta, "beta")
    total = positive_number(horizon, "horizon")
    return _exponential(lambda t: rate * t, lambda t: rate + 0 * t, total, "Ornstein-Uhlenbeck")


def trigonometric() -> Diffusion:
    """alpha = cos t, sigma = sin t on [0, pi/2]; on a uniform grid this is the cosine schedule of `cosine_schedule`.

    Both ends are exact: the cosine is taken as sin(pi/2 - t).

    Examples
    --------
    >>> float(trigonometric().alpha(np.pi / 2))
    0.0
    """
    quarter = np.pi / 2

    def sin(t: Array) -> Array:
        return array_namespace(t).sin(t)

    def cos(t: Array) -> Array:
        return sin(quarter - t)

    return Diffusion(
        cos, lambda t: sin(t) ** 2, lambda t: -sin(t), lambda t: 2 * sin(t) * cos(t), quarter, "trigonometric"
    )


def vp_cosine(offset: float = 0.008) -> Diffusion:
    """Variance-preserving process on [0, 1] with alpha = cos(pi/2 (t + offset)/(1 + offset)) / cos(...at 0).

    Parameters
    ----------
    offset : float
        Keeps beta from vanishing at t = 0.

    Notes
    -----
    Source: PD-D4.4.1 (an instance). alpha^2 is the product of DDPM factors of the cosine schedule of improved DDPM.

    Examples
    --------
    >>> float(vp_cosine().var(0.0)), round(float(vp_cosine().alpha(1.0)), 12)
    (0.0, 0.0)
    """
    offset = positive_number(offset, "offset")
    speed = np.pi / 2 / (1 + offset)
    start = np.sin(speed)  # cosine of the starting angle speed * offset

    def alpha(t: Array) -> Array:
        return array_namespace(t).sin(speed * (1 - t)) / start

    def slope(t: Array) -> Array:
        return -speed * array_namespace(t).cos(speed * (1 - t)) / start

    def var(t: Array) -> Array:
        # sin^2 of the angle less sin^2 of its start, as a product that keeps its digits near t = 0
        xp = array_namespace(t)
        return xp.sin(speed * t) * xp.sin(speed * (t + 2 * offset)) / start**2

    return Diffusion(alpha, var, slope, lambda t: -2 * alpha(t) * slope(t), 1.0, "VP, cosine")


def ve(sigma_min: float = 0.01, sigma_max: float = 50.0) -> Diffusion:
    """Variance-exploding process dx = sqrt(d s^2/dt) dw on [0, 1] with s(t) = sigma_min (sigma_max/sigma_min)^t.

    The noise variance is s(t)^2 - s(0)^2: it starts at exactly zero.

    Notes
    -----
    Source: PD-E4.3.1, PD-X4.1.

    Examples
    --------
    >>> float(ve(1.0, 2.0).var(1.0))
    3.0
    """
    low, high = positive_number(sigma_min, "sigma_min"), positive_number(sigma_max, "sigma_max")
    if high <= low:
        raise ValueError(f"sigma_max must exceed sigma_min = {low:g}, got {high:g}")
    log_ratio = 2 * np.log(high / low)

    def var(t: Array) -> Array:
        return low**2 * array_namespace(t).expm1(log_ratio * t)

    return Diffusion(
        lambda t: 1 + 0 * t, var, lambda t: 0 * t, lambda t: log_ratio * (var(t) + low**2), 1.0, "VE, geometric"
    )


def edm(horizon: float = 80.0) -> Diffusion:
    """The process x_t = x_0 + t eps of EDM: time is the noise level itself, dx = sqrt(2 t) dw.

    Notes
    -----
    Source: PD-X4.4, GR-E24.

    Examples
    --------
    >>> edm().at(2.0)
    Level(alpha=1.0, sigma=2.0, d_alpha=0.0, d_var=4.0)
    """
    horizon = positive_number(horizon, "horizon")
    return Diffusion(lambda t: 1 + 0 * t, lambda t: t * t, lambda t: 0 * t, lambda t: 2 * t, horizon, "EDM")


def flow_matching() -> Diffusion:
    """The straight line x_t = (1 - t) x_0 + t eps on [0, 1] (rectified flow); f and g are infinite at t = 1.

    Notes
    -----
    Source: GR-E24, PD-D4.4.1, PD-R4.4.1.

    Examples
    --------
    >>> flow_matching().transition(0.5, 1.0)
    (np.float64(0.0), np.float64(1.0))
    """
    return Diffusion(lambda t: 1 - t, lambda t: t * t, lambda t: -1 + 0 * t, lambda t: 2 * t, 1.0, "flow matching")
