"""Derivatives in time of anything: `torch.func.jvp` for tensors, a polynomial stencil for NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_torch_array
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from fewsteps.arrays import Array, as_kind, clock, floats, points, positive_number, real_array
from fewsteps.flowmaps.base import broadcasting
from fewsteps.objects import function as callable_of

_DEGREE = 8
_NODES = chebyshev.chebpts1(_DEGREE + 1)
_COEFFICIENTS = np.linalg.inv(chebyshev.chebvander(_NODES, _DEGREE))
_SLOPES = chebyshev.chebder(np.eye(_DEGREE + 1))  # coefficients of T_k', one column for each k


def stencil(t: Any, horizon: float = 1.0, window: float = 0.01) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nine times around `t` and the weights that differentiate there: f'(t) = sum_j weight_j f(time_j).

    The derivative is that of the polynomial through nine Chebyshev nodes in a window of the given width, moved where
    it would leave [0, horizon].

    Parameters
    ----------
    t : array of shape (...)
        Times in [0, horizon].
    horizon, window : float
        `window` is the width in units of the horizon.

    Returns
    -------
    times, weights : arrays of shape (..., 9)

    Raises
    ------
    ValueError
        If `window` is larger than 1, or `t` lies outside [0, horizon].

    Examples
    --------
    >>> times, weights = stencil(0.0)
    >>> bool(times.min() > 0), round(float(np.exp(times) @ weights), 9)
    (True, 1.0)
    """
    horizon, width = positive_number(horizon, "horizon"), positive_number(window, "window")
    if width > 1:
        raise ValueError(f"window must be at most 1, the horizon, got {width:g}")
    t = clock(floats(t, "t"), horizon)
    half = width * horizon / 2
    centre = np.clip(t, half, horizon - half)
    basis = chebyshev.chebval((t - centre) / half, _SLOPES)  # T_k' at t, with k first
    return centre[..., None] + half * _NODES, np.moveaxis(basis, 0, -1) @ _COEFFICIENTS / half


def value_and_rate(
    function: Callable[[Any], Array], t: Any, x: Array, horizon: float = 1.0, window: float = 0.01
) -> tuple[Array, Array]:
    """The value of a function of time, with the shape of `x`, and its derivative at `t`.

    Parameters
    ----------
    function : callable
        From times of the shape of `t` to arrays of shape (..., d).
    t : number or array
        Broadcasts to ``x.shape[:-1]``.
    x : array of shape (..., d)
        Says what kind of numbers these are. With torch the derivative is `torch.func.jvp`, exact and differentiable;
        `t` is then handed to the function with one entry a row. With NumPy `t` and the nine times of `stencil` lie in
        [0, horizon].
    horizon, window : float
        As in `stencil`.

    Examples
    --------
    >>> value_and_rate(lambda t: np.array([np.sin(t)]), 0.0, np.zeros(1))[1].round(9)
    array([1.])
    """
    x, function = points(x), callable_of(function, "function")
    if is_torch_array(x):
        return _jvp(function, rows_of(t, x))
    t = broadcasting(clock(floats(t, "t"), positive_number(horizon, "horizon")), x, "t")
    t = float(t) if t.ndim == 0 else t
    where, weights = stencil(t, horizon, window)
    # plain numbers stay plain numbers: a numerical map takes nothing else
    nodes = [float(node) for node in where] if where.ndim == 1 else list(np.moveaxis(where, -1, 0))
    rate = sum(weights[..., j, None] * function(node) for j, node in enumerate(nodes))
    return function(t), np.asarray(rate)


def rows_of(t: Any, x: Array, name: str = "t") -> Any:
    """Times for a torch `x` with one entry a row; for NumPy as they came, checked.

    Examples
    --------
    >>> rows_of(0.5, np.zeros((2, 1)))
    0.5
    """
    checked = broadcasting(real_array(t, name), x, name)
    if not is_torch_array(x):
        return t
    return array_namespace(x).broadcast_to(as_kind(checked, x), tuple(x.shape[:-1])).clone()  # jvp writes duals


def _jvp(function: Callable[[Any], Array], t: Any) -> tuple[Array, Array]:
    import torch  # only where tensors came in

    value, rate = torch.func.jvp(function, (t,), (torch.ones_like(t),))[:2]
    return value, rate
