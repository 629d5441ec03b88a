r"""Third floor: what a network may predict, and the conversions between the predictions.

Every prediction is a combination of the posterior means $D$ of $x_0$ and $e$ of $\varepsilon$, and these two are tied
to the point $x$ (PD-L3.3.2, PD-E3.4.2):

$$
c_1 D + c_2 e, \qquad \alpha D + \sigma e = x; \qquad
\text{data } (1, 0), \quad \text{noise } (0, 1), \quad \text{score } (0, -1/\sigma), \quad
\text{velocity } (\alpha', \sigma').
$$

Two equations, two unknowns: any prediction gives all others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fewsteps.arrays import Array, column, number, real_array, same_shape, some
from fewsteps.laws.checks import is_number, levels_per_point, noise_level

#: Rates of alpha and of sigma^2.
Rates = tuple[Any, Any]


def _velocity(sigma: Any, rates: Rates | None) -> tuple[Any, Any]:
    if rates is None:
        raise ValueError("velocity needs d_alpha and d_var, the rates of alpha and of sigma^2")
    return rates[0], _over(rates[1] / 2, sigma, "velocity")


def _over(value: Any, sigma: Any, kind: str) -> Any:
    if _any_zero(sigma):
        raise ValueError(f"{kind} cannot be converted at sigma = 0")
    return value / sigma


def _any_zero(value: Any) -> bool:
    return value == 0 if isinstance(value, float) else some(value == 0)


#: Coefficients (c_1, c_2) of the posterior means of x_0 and eps in each prediction.
KINDS: dict[str, Callable[[Any, Rates | None], tuple[Any, Any]]] = {
    "data": lambda sigma, rates: (1.0, 0.0),
    "noise": lambda sigma, rates: (0.0, 1.0),
    "score": lambda sigma, rates: (0.0, _over(-1.0, sigma, "score")),
    "velocity": _velocity,
}


def _checked_kinds(source: str, target: str) -> None:
    for kind, name in ((source, "source"), (target, "target")):
        if not (isinstance(kind, str) and kind in KINDS):
            raise ValueError(f"{name}: kind must be one of {', '.join(KINDS)}, got {kind!r}")


def convert(
    value: Any,
    x: Any,
    alpha: Any,
    sigma: Any,
    source: str,
    target: str,
    d_alpha: Any = None,
    d_var: Any = None,
) -> Array:
    """Turn one prediction at `x` into another.

    Parameters
    ----------
    value, x : arrays of shape (..., d)
        The prediction, and the noisy points that it is for.
    alpha, sigma : number or array of shape (...)
        Noise level, of all points or of each.
    source, target : {"data", "noise", "score", "velocity"}
        What `value` is, and what is wanted.
    d_alpha, d_var : number or array of shape (...), optional
        Rates of alpha and sigma^2; only velocities need them.

    Returns
    -------
    array of shape (..., d)

    Raises
    ------
    ValueError
        For an unknown kind, or where the source does not determine the target (noise and score know nothing about
        the data at alpha = 0, nor data about noise at sigma = 0). A prediction always determines itself.

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
    alpha, sigma, rates = _level(x, alpha, sigma, d_alpha, d_var)
    _checked_kinds(source, target)
    if source == target:
        return value
    have, want = (tuple(map(column, KINDS[kind](sigma, rates))) for kind in (source, target))
    if source != "velocity" != target and source != "data" != target:  # both speak of the noise alone
        return value * (want[1] / have[1])
    alpha, sigma = column(alpha), column(sigma)
    determinant = have[0] * sigma - have[1] * alpha
    if _any_zero(determinant):
        raise ValueError(_undetermined(source, target, alpha, sigma))
    data, noise = (sigma * value - have[1] * x) / determinant, (have[0] * x - alpha * value) / determinant
    return want[0] * data + want[1] * noise


def _level(x: Array, alpha: Any, sigma: Any, d_alpha: Any, d_var: Any) -> tuple[Any, Any, Rates | None]:
    """Level and rates: floats, or a number for every point in the kind of `x`."""
    rates = (d_alpha, d_var)
    known = d_alpha is not None and d_var is not None
    if all(map(is_number, (alpha, sigma, *rates))):
        return *noise_level(alpha, sigma), (number(d_alpha, "d_alpha"), number(d_var, "d_var")) if known else None
    alpha, sigma, *columns = levels_per_point(x, alpha, sigma, *(rates if known else ()))
    return alpha, sigma, (columns[0], columns[1]) if known else None


def _undetermined(source: str, target: str, alpha: Any, sigma: Any) -> str:
    level = f" = {alpha:g}, sigma = {sigma:g}" if isinstance(alpha, float) else f", sigma = {alpha!r}, {sigma!r}"
    return f"{source} does not determine {target} at alpha{level}"


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

    Parameters
    ----------
    alpha, sigma, d_alpha, d_var : float
    source, target : {"data", "noise", "score", "velocity"}

    Raises
    ------
    ValueError
        As for `convert`.

    Notes
    -----
    Source: GR-E27, PD-E4.4.7, PD-D3.4.1.

    Examples
    --------
    >>> error_scale(0.6, 0.8, "noise", "score")
    -1.25
    """
    alpha, sigma = noise_level(alpha, sigma)
    _checked_kinds(source, target)
    if source == target:
        return 1.0
    known = d_alpha is not None and d_var is not None
    rates = (number(d_alpha, "d_alpha"), number(d_var, "d_var")) if known else None
    have, want = (KINDS[kind](sigma, rates) for kind in (source, target))
    # an error moves (D, e) along (sigma, -alpha), which leaves alpha D + sigma e = x alone
    moved = have[0] * sigma - have[1] * alpha
    if moved == 0:
        raise ValueError(_undetermined(source, target, alpha, sigma))
    return (want[0] * sigma - want[1] * alpha) / moved
