"""Third floor: what a network may predict, and the conversions between the predictions.

Every prediction is a combination c_1 D + c_2 e of the posterior means D of x_0 and e of eps, and alpha D + sigma e = x.
Two equations, two unknowns: any prediction gives all others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fewsteps.arrays import Array, real_array, same_shape
from fewsteps.laws import noise_level

Rates = tuple[float, float]


def _velocity(sigma: float, rates: Rates | None) -> tuple[float, float]:
    if rates is None:
        raise ValueError("velocity needs d_alpha and d_var, the rates of alpha and of sigma^2")
    return rates[0], _over(rates[1] / 2, sigma, "velocity")


def _over(value: float, sigma: float, kind: str) -> float:
    if sigma == 0:
        raise ValueError(f"{kind} cannot be converted at sigma = 0")
    return value / sigma


#: Coefficients (c_1, c_2) of the posterior means of x_0 and eps in each prediction.
KINDS: dict[str, Callable[[float, Rates | None], tuple[float, float]]] = {
    "data": lambda sigma, rates: (1.0, 0.0),
    "noise": lambda sigma, rates: (0.0, 1.0),
    "score": lambda sigma, rates: (0.0, _over(-1.0, sigma, "score")),
    "velocity": _velocity,
}


def _coefficients(kind: str, sigma: float, d_alpha: float | None, d_var: float | None) -> tuple[float, float]:
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    rates = None if d_alpha is None or d_var is None else (float(d_alpha), float(d_var))
    return KINDS[kind](sigma, rates)


def convert(
    value: Any,
    x: Any,
    alpha: float,
    sigma: float,
    source: str,
    target: str,
    d_alpha: float | None = None,
    d_var: float | None = None,
) -> Array:
    """Turn one prediction at `x` into another.

    Parameters
    ----------
    value, x : arrays of shape (..., d)
        The prediction, and the noisy points that it is for.
    alpha, sigma : float
        Noise level.
    source, target : {"data", "noise", "score", "velocity"}
        What `value` is, and what is wanted.
    d_alpha, d_var : float
        Rates of alpha and sigma^2; only velocities need them.

    Returns
    -------
    array of shape (..., d)

    Raises
    ------
    ValueError
        For an unknown kind, or where the source does not determine the target (noise and score know nothing about
        the data at alpha = 0, nor data about noise at sigma = 0).

    Notes
    -----
    Source: PD-E3.4.2, PD-L3.3.2, GR-L1, GR-E10.

    Examples
    --------
    >>> import numpy as np
    >>> convert(np.array([0.5]), np.array([1.0]), 0.6, 0.8, "data", "noise")
    array([0.875])
    """
    value, x = real_array(value, "value"), real_array(x, "x")
    same_shape(value, x, "value and x")
    alpha, sigma = noise_level(alpha, sigma)
    have, want = (_coefficients(kind, sigma, d_alpha, d_var) for kind in (source, target))
    if have[0] == want[0] == 0:  # both speak of the noise alone
        return value * (want[1] / have[1])
    determinant = have[0] * sigma - have[1] * alpha
    if determinant == 0:
        raise ValueError(f"{source} does not determine {target} at alpha = {alpha:g}, sigma = {sigma:g}")
    data, noise = (sigma * value - have[1] * x) / determinant, (have[0] * x - alpha * value) / determinant
    return want[0] * data + want[1] * noise


def error_scale(
    alpha: float,
    sigma: float,
    source: str,
    target: str,
    d_alpha: float | None = None,
    d_var: float | None = None,
) -> float:
    """Factor k with (error of the target prediction) = k (error of the source prediction).

    Squared, it is the ratio of the losses: the kinds of prediction differ by a weight.

    Notes
    -----
    Source: GR-E27, PD-E4.4.7, PD-D3.4.1.

    Examples
    --------
    >>> error_scale(0.6, 0.8, "noise", "score")
    -1.25
    """
    alpha, sigma = noise_level(alpha, sigma)
    have, want = (_coefficients(kind, sigma, d_alpha, d_var) for kind in (source, target))
    # an error moves (D, e) along (sigma, -alpha), which leaves alpha D + sigma e = x alone
    moved = have[0] * sigma - have[1] * alpha
    if moved == 0:
        raise ValueError(f"{source} does not determine {target} at alpha = {alpha:g}, sigma = {sigma:g}")
    return (want[0] * sigma - want[1] * alpha) / moved
