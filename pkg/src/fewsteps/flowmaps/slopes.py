"""From maps to average velocities and back, and differences that keep their digits near the diagonal t = r."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_torch_array

from fewsteps.arrays import Array, as_kind, points, positive_number, real_array, some
from fewsteps.flowmaps.base import TwoTime, Velocity, broadcasting, column, shaped
from fewsteps.flowmaps.derivatives import value_and_rate
from fewsteps.objects import function
from fewsteps.schedules.diffusion import Rate

#: Nodes and weights of Gauss-Legendre quadrature on [0, 1].
NODES, WEIGHTS = ((np.polynomial.legendre.leggauss(8)[i] + 1 - i) / 2 for i in (0, 1))


def divided_difference(f: Rate, rate: Rate, r: Array, t: Array, scale: float) -> Array:
    """The quotient (f(t) - f(r))/(t - r), accurate for every gap, and f'(t) where t = r.

    Where the gap is small it is the mean of f' over the interval by Gauss-Legendre quadrature: nothing cancels, and
    torch differentiates it as it stands.

    Parameters
    ----------
    f, rate : callables
        A function and its derivative.
    r, t : arrays of one kind that broadcast
    scale : float
        Length over which f varies; the quadrature takes over below scale/16.

    Examples
    --------
    >>> r = np.array(1.0)
    >>> float(divided_difference(np.exp, np.exp, r, r + 1e-13, 1.0)) - np.e < 1e-12
    True
    """
    xp = array_namespace(r, t)
    gap = t - r
    small = abs(gap) < scale / 16
    mean = sum(float(w) * rate(r + float(node) * gap) for node, w in zip(NODES, WEIGHTS, strict=True))
    # the quotient is evaluated in every row: keep it finite where it is not used
    return xp.where(small, mean, (f(t) - f(r)) / xp.where(small, xp.ones_like(gap), gap))


def map_of(slope: TwoTime) -> TwoTime:
    """The map phi(x, r, t) = x + (t - r) slope(x, r, t), which is the identity at t = r.

    Parameters
    ----------
    slope : callable
        Average velocity ``slope(x, r, t)`` with the shape of `x`.

    Notes
    -----
    Source: FM-E6.

    Examples
    --------
    >>> map_of(lambda x, r, t: -x)(np.array([2.0]), 1.0, 0.5)
    array([3.])
    """
    function(slope, "slope")

    def phi(x: Any, r: Any, t: Any) -> Array:
        x = points(x)
        gap = _checked(t, x, "t") - _checked(r, x, "r")
        return x + column(gap) * shaped(slope(x, r, t), x, "slope(x, r, t)")

    return phi


def slope_of(phi: TwoTime, horizon: float = 1.0) -> TwoTime:
    """The average velocity (phi(x, r, t) - x)/(t - r) of a map.

    A `FlowMap` brings its own, accurate one. Other maps are trusted to be the identity at t = r. Their quotient loses
    digits as t -> r; in rows with |t - r| < 1e-6 horizon it is replaced by the derivative of phi in t half-way.

    Notes
    -----
    Source: FM-E6.

    Examples
    --------
    >>> slope = slope_of(lambda x, r, t: x * np.exp(t - r)[..., None])
    >>> slope(np.ones((2, 1)), np.array([0.5, 0.5]), np.array([0.5, 1.5])).round(9).ravel()
    array([1.        , 1.71828183])
    """
    horizon = positive_number(horizon, "horizon")
    own = getattr(function(phi, "phi"), "slope", None)
    return own if callable(own) else lambda x, r, t: _quotient(phi, x, r, t, horizon)


def _quotient(phi: TwoTime, x: Any, r: Any, t: Any, horizon: float) -> Array:
    x = points(x)
    xp = array_namespace(x)
    start, end = _checked(r, x, "r"), _checked(t, x, "t")
    gap = end - start
    near = abs(gap) < 1e-6 * horizon
    safe = xp.where(near, xp.ones_like(gap), gap)
    quotient = (shaped(phi(x, r, t), x, "phi(x, r, t)") - x) / column(safe)
    if not some(near, hidden=True):
        return quotient
    middle = start + gap / 2
    middle = middle if middle.ndim or is_torch_array(middle) else float(middle)
    tangent = value_and_rate(lambda time: phi(x, r, time), middle, x, horizon)[1]
    return xp.where(near[..., None] if near.ndim else near, tangent, quotient)


def _checked(time: Any, x: Array, name: str) -> Array:
    return as_kind(broadcasting(real_array(time, name), x, name), x)


def euler_map(velocity: Velocity) -> TwoTime:
    """One Euler step as a map: phi(x, r, t) = x + (t - r) velocity(x, r). Tangent to the flow, but no flow map.

    Notes
    -----
    Source: FM-P2.2i (the wrong map of its check), FM-E3s.

    Examples
    --------
    >>> euler_map(lambda x, t: -x)(np.array([2.0]), 1.0, 0.5)
    array([3.])
    """
    function(velocity, "velocity")
    return map_of(lambda x, r, t: shaped(velocity(x, r), x, "velocity(x, t)"))
