"""Residuals of the three characterisations of a flow map, for any map or average velocity.

All take points `x` of shape (..., d) and times that broadcast to the shape (...), and return the shape of `x`. A map is
the flow map of the velocity if and only if it is the identity at t = r, the tangent residual vanishes, and one of the
others does. With torch tensors derivatives are forward-mode and differentiable with respect to parameters, and maps get
their times with one entry a row; with NumPy arrays they come from nine values in a window inside [0, horizon].
"""

from __future__ import annotations

from typing import Any

import numpy as np  # noqa: F401

from fewsteps.arrays import Array
from fewsteps.flowmaps.base import TwoTime, Velocity, as_kind, column, points
from fewsteps.flowmaps.derivatives import rows_of, value_and_rate


def lagrangian_residual(
    phi: TwoTime, velocity: Velocity, x: Any, r: Any, t: Any, *, horizon: float = 1.0, window: float = 0.01
) -> Array:
    """Return d/dt phi(x, r, t) - velocity(phi(x, r, t), t): 0 if the image moves with the flow.

    Parameters
    ----------
    phi, velocity : callables
        ``phi(x, r, t)`` and ``velocity(x, t)`` with the shape of `x`.
    x : array of shape (..., d)
    r, t : numbers or arrays that broadcast to the shape (...)
        Start and end.
    horizon, window : float
        For NumPy: times stay in [0, horizon]; width of the stencil in units of the horizon.

    Returns
    -------
    array with the shape of `x`

    Notes
    -----
    Source: FM-P2.2i, FM-E13.

    Examples
    --------
    >>> def phi(x, r, t):
    ...     return x * np.exp(t - r)
    >>> lagrangian_residual(phi, lambda x, t: x, np.array([2.0]), 1.0, 0.3).round(10) + 0.0
    array([0.])
    """
    x = points(x)
    start = rows_of(r, x)
    image, rate = value_and_rate(lambda time: phi(x, start, time), t, x, horizon, window)
    return rate - velocity(image, t)


def eulerian_residual(
    phi: TwoTime, velocity: Velocity, x: Any, r: Any, t: Any, *, horizon: float = 1.0, window: float = 0.01
) -> Array:
    """Return d/dr phi + grad phi velocity(x, r) at (x, r, t): 0 if the image stays as the start moves with the flow.

    Parameters as in `lagrangian_residual`. The velocity is that at the start.

    Notes
    -----
    Source: FM-P2.2ii, FM-E14 (which prints the velocity at the other time).

    Examples
    --------
    >>> def phi(x, r, t):
    ...     return x * np.exp(t - r)
    >>> eulerian_residual(phi, lambda x, t: x, np.array([2.0]), 1.0, 0.3).round(10) + 0.0
    array([0.])
    """
    x = points(x)
    return _along(phi, velocity(x, r), x, r, t, horizon, window)[1]


def semigroup_residual(phi: TwoTime, x: Any, r: Any, u: Any, t: Any) -> Array:
    """Return phi(phi(x, r, u), u, t) - phi(x, r, t): 0 if two jumps lead where one does.

    Parameters as in `lagrangian_residual`; `u` is the time between the jumps.

    Notes
    -----
    Source: FM-P2.2iii, FM-E15.

    Examples
    --------
    >>> semigroup_residual(lambda x, r, t: x * (1 + t - r), np.array([2.0]), 1.0, 0.5, 0.0)
    array([0.5])
    """
    x = points(x)
    r, u, t = (rows_of(time, x) for time in (r, u, t))
    return phi(phi(x, r, u), u, t) - phi(x, r, t)


def tangent_residual(
    phi: TwoTime, velocity: Velocity, x: Any, t: Any, *, horizon: float = 1.0, window: float = 0.01
) -> Array:
    """Return d/dt phi(x, r, t) at r = t, less velocity(x, t): 0 if the map sets out with the flow.

    Parameters as in `lagrangian_residual`.

    Notes
    -----
    Source: FM-L2.1, FM-R3.2.

    Examples
    --------
    >>> tangent_residual(lambda x, r, t: x * (1 + t - r), lambda x, t: x, np.array([2.0]), 1.0).round(10) + 0.0
    array([0.])
    """
    x = points(x)
    start = rows_of(t, x)
    return value_and_rate(lambda time: phi(x, start, time), t, x, horizon, window)[1] - velocity(x, t)


def slope_lagrangian_residual(
    slope: TwoTime, velocity: Velocity, x: Any, r: Any, t: Any, *, horizon: float = 1.0, window: float = 0.01
) -> Array:
    """Return slope + (t - r) d/dt slope - velocity(x + (t - r) slope, t): `lagrangian_residual` written for the slope.

    Parameters as in `lagrangian_residual`, with ``slope(x, r, t)`` for the map.

    Notes
    -----
    Source: FM-E8v.

    Examples
    --------
    >>> slope_lagrangian_residual(lambda x, r, t: x, lambda x, t: x, np.array([2.0]), 1.0, 0.5).round(10) + 0.0
    array([1.])
    """
    x = points(x)
    start, gap = rows_of(r, x), _gap(x, r, t)
    value, rate = value_and_rate(lambda time: slope(x, start, time), t, x, horizon, window)
    return value + gap * rate - velocity(x + gap * value, t)


def slope_eulerian_residual(
    slope: TwoTime, velocity: Velocity, x: Any, r: Any, t: Any, *, horizon: float = 1.0, window: float = 0.01
) -> Array:
    """Return velocity(x, r) - slope + (t - r)(d/dr slope + grad slope velocity(x, r)), at (x, r, t).

    It is `eulerian_residual` written for the slope, the identity of mean flows. Parameters as in
    `slope_lagrangian_residual`.

    Notes
    -----
    Source: FM-E8v.

    Examples
    --------
    >>> slope_eulerian_residual(lambda x, r, t: x, lambda x, t: x, np.array([2.0]), 1.0, 0.5).round(10) + 0.0
    array([-1.])
    """
    x = points(x)
    moving = velocity(x, r)
    value, rate = _along(slope, moving, x, r, t, horizon, window)
    return moving - value + _gap(x, r, t) * rate


def slope_semigroup_residual(slope: TwoTime, x: Any, r: Any, t: Any, kappa: Any) -> Array:
    """Return slope(x, r, t) - (1 - kappa) slope(x, r, u) - kappa slope(phi(x, r, u), u, t).

    The time between is u = kappa r + (1 - kappa) t, with `kappa` in [0, 1], a number or one a row; other parameters as
    in `slope_lagrangian_residual`. It is minus `semigroup_residual` over t - r: a slope is the weighted mean of the
    slopes of its parts.

    Notes
    -----
    Source: FM-E63, FM-E22, FM-E23.

    Examples
    --------
    >>> slope_semigroup_residual(lambda x, r, t: x, np.array([2.0]), 1.0, 0.0, 0.5)
    array([0.5])
    """
    x = points(x)
    weight = as_kind(kappa, x)
    between = as_kind(r, x) * weight + (1 - weight) * as_kind(t, x)
    r, u, t = (rows_of(time if getattr(time, "ndim", 0) else float(time), x) for time in (r, between, t))
    first = slope(x, r, u)
    second = slope(x + _gap(x, r, u) * first, u, t)
    return slope(x, r, t) - column(1 - weight) * first - column(weight) * second


def _along(
    function: TwoTime, moving: Array, x: Array, r: Any, t: Any, horizon: float, window: float
) -> tuple[Array, Array]:
    """The value and its derivative as r and x move together, x with the velocity `moving`."""
    end, start = rows_of(t, x), as_kind(r, x)

    def moved(time: Any) -> Array:
        return function(x + column(as_kind(time, x) - start) * moving, time, end)

    return value_and_rate(moved, r, x, horizon, window)


def _gap(x: Array, r: Any, t: Any) -> Any:
    return column(as_kind(t, x) - as_kind(r, x))
