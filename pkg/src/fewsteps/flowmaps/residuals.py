"""Residuals of the three characterisations of a flow map, for any map or average velocity.

All take points `x` of shape (..., d) and times that broadcast to the shape (...), and return the shape of `x`. A map is
the flow map of the velocity if and only if it is the identity at t = r, the tangent residual vanishes, and one of the
others does. With torch tensors derivatives are forward-mode and differentiable with respect to parameters; with NumPy
arrays they come from nine values in a window inside [0, horizon], in float64, to the error of a polynomial of degree 8.

What the callables receive: with torch, maps and slopes get r and t as tensors of shape (...), one entry a row, also
where numbers were given. A network that wants columns takes ``r[..., None]``, as in the example of
`lagrangian_residual`; a note to the error that such a map raises says so. With NumPy they get times as they came, or
plain numbers and arrays of their shape from the stencil. Velocities get the times as they came: the exact fields of
laws take numbers and one time a row alike.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import is_torch_array

from fewsteps.arrays import Array, as_kind, points, real_array, some
from fewsteps.flowmaps.base import TwoTime, Velocity, broadcasting, column, image_of, shaped
from fewsteps.flowmaps.derivatives import rows_of, value_and_rate
from fewsteps.objects import function


def lagrangian_residual(
    phi: TwoTime, velocity: Velocity, x: Any, r: Any, t: Any, *, horizon: float = 1.0, window: float = 0.01
) -> Array:
    """Return d/dt phi(x, r, t) - velocity(phi(x, r, t), t): 0 if the image moves with the flow.

    Parameters
    ----------
    phi, velocity : callables
        ``phi(x, r, t)`` and ``velocity(x, t)`` with the shape of `x`; what they receive is said above.
    x : array of shape (..., d)
    r, t : numbers or arrays that broadcast to the shape (...)
        Start and end.
    horizon, window : float
        For NumPy: times stay in [0, horizon]; width of the stencil in units of the horizon.

    Returns
    -------
    array with the shape of `x`

    Raises
    ------
    ValueError
        If a callable returns another shape, times do not broadcast to the rows of `x`, or (NumPy) leave [0, horizon].

    Notes
    -----
    Source: FM-P2.2i, FM-E13.

    Examples
    --------
    >>> def phi(x, r, t):
    ...     return x * np.exp(t - r)
    >>> lagrangian_residual(phi, lambda x, t: x, np.array([2.0]), 1.0, 0.3).round(10) + 0.0
    array([0.])

    A network of columns, against the exact velocity of a law:

    >>> import torch
    >>> from fewsteps import Gaussian, flow_matching
    >>> from fewsteps.solvers import velocity_of
    >>> net = torch.nn.Linear(3, 1)
    >>> def learned(x, r, t):
    ...     return x + (t - r)[..., None] * net(torch.stack([x[..., 0], r, t], dim=-1))
    >>> exact = velocity_of(Gaussian([0.0], [4.0]), flow_matching())
    >>> lagrangian_residual(learned, exact, torch.ones(6, 1), torch.full((6,), 0.9), torch.full((6,), 0.2)).shape
    torch.Size([6, 1])
    """
    x = _points(x)
    start = rows_of(r, x, "r")
    image, rate = value_and_rate(lambda time: image_of(phi, x, start, time), t, x, horizon, window)
    return rate - _motion(velocity, image, t)


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
    x = _points(x)
    return _along(phi, "phi", _motion(velocity, x, r, "r"), x, r, t, horizon, window)[1]


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
    x = _points(x)
    r, u, t = rows_of(r, x, "r"), rows_of(u, x, "u"), rows_of(t, x, "t")
    return image_of(phi, image_of(phi, x, r, u), u, t) - image_of(phi, x, r, t)


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
    x = _points(x)
    start = rows_of(t, x)
    rate = value_and_rate(lambda time: image_of(phi, x, start, time), t, x, horizon, window)[1]
    return rate - _motion(velocity, x, t)


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
    x = _points(x)
    start, gap = rows_of(r, x, "r"), _gap(x, r, t)
    value, rate = value_and_rate(lambda time: image_of(slope, x, start, time, "slope"), t, x, horizon, window)
    return value + gap * rate - _motion(velocity, x + gap * value, t)


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
    x = _points(x)
    moving = _motion(velocity, x, r, "r")
    value, rate = _along(slope, "slope", moving, x, r, t, horizon, window)
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
    x = _points(x)
    weight = _checked(kappa, x, "kappa")
    if some((weight < 0) | (weight > 1)):
        raise ValueError(f"kappa must lie in [0, 1], got {kappa!r}")
    between = _checked(r, x, "r") * weight + (1 - weight) * _checked(t, x, "t")
    r, u, t = (rows_of(time if getattr(time, "ndim", 0) else float(time), x) for time in (r, between, t))
    first = image_of(slope, x, r, u, "slope")
    second = image_of(slope, x + _gap(x, r, u) * first, u, t, "slope")
    return image_of(slope, x, r, t, "slope") - column(1 - weight) * first - column(weight) * second


def _points(x: Any) -> Array:
    """Tensors as they are; NumPy in float64, for differences over a short window lose digits."""
    x = points(x)
    return x if is_torch_array(x) else np.asarray(x, dtype=float)


def _motion(velocity: Velocity, x: Array, t: Any, name: str = "t") -> Array:
    """The velocity's value, of the shape of the points and in their kind."""
    _checked(t, x, name)
    return as_kind(shaped(function(velocity, "velocity")(x, t), x, "velocity(x, t)"), x)


def _along(
    phi: TwoTime, name: str, moving: Array, x: Array, r: Any, t: Any, horizon: float, window: float
) -> tuple[Array, Array]:
    """The value and its derivative as r and x move together, x with the velocity `moving`."""
    end, start = rows_of(t, x), _checked(r, x, "r")

    def moved(time: Any) -> Array:
        return image_of(phi, x + column(as_kind(time, x) - start) * moving, time, end, name)

    return value_and_rate(moved, r, x, horizon, window)


def _gap(x: Array, r: Any, t: Any) -> Any:
    return column(_checked(t, x, "t") - _checked(r, x, "r"))


def _checked(time: Any, x: Array, name: str) -> Array:
    return as_kind(broadcasting(real_array(time, name), x, name), x)
