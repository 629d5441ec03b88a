"""What all flow maps share: the interface, and the checks of points and times."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_torch_array

from fewsteps.arrays import Array, real_array

#: A map or a slope: phi(x, r, t) with the shape of x.
TwoTime = Callable[[Any, Any, Any], Array]
#: A velocity field: velocity(x, t) with the shape of x.
Velocity = Callable[[Any, Any], Array]


class FlowMap(ABC):
    """A family of maps from time r to time t: ``phi(x, r, t)`` for `x` of shape (..., d).

    The times are numbers or arrays that broadcast to the shape (...): every row may have its own pair.

    Notes
    -----
    Source: FM-D4 (there s = 1 - r is the start and t -> 1 - t).
    """

    @abstractmethod
    def __call__(self, x: Any, r: Any, t: Any) -> Array:
        """Where the points `x` of shape (..., d) at time r are at time t; same shape."""

    @abstractmethod
    def slope(self, x: Any, r: Any, t: Any) -> Array:
        """Average velocity (phi(x, r, t) - x)/(t - r), and the velocity where t = r; the shape of `x`."""

    @abstractmethod
    def velocity(self, x: Any, t: Any) -> Array:
        """Velocity of the flow at `x` of shape (..., d), same shape."""

    @abstractmethod
    def jacobian(self, x: Any, r: Any, t: Any) -> Array:
        """Jacobian of ``phi(., r, t)`` at `x` of shape (..., d); shape (..., d, d)."""


def points(x: Any, d: int | None = None) -> Array:
    """Return `x` as a finite array of shape (..., d); whatever is not floating becomes float64.

    Raises
    ------
    ValueError
        If an entry is not finite, or `x` has no axis or another last one.

    Examples
    --------
    >>> points([1, 2], 2)
    array([1., 2.])
    """
    x = real_array(x, "x")
    if x.ndim == 0 or (d is not None and x.shape[-1] != d):
        raise ValueError(f"x must have shape (..., {'d' if d is None else d}), got {tuple(x.shape)}")
    return x


def numpy_points(x: Any, d: int | None = None) -> Array:
    """`points` for maps that are NumPy only.

    Examples
    --------
    >>> numpy_points([[1.0]], 1).shape
    (1, 1)
    """
    if is_torch_array(x):
        raise TypeError("x must be a NumPy array: only GaussianFlowMap and learned maps take torch tensors")
    return np.asarray(points(x, d), dtype=float)


def times(value: Any, x: Array, horizon: float, name: str) -> Array:
    """Return times in the kind and dtype of the points `x`, if they lie in [0, horizon] and broadcast to its rows.

    Raises
    ------
    ValueError
        If a time lies outside [0, horizon], or the shape does not broadcast to ``x.shape[:-1]``.

    Examples
    --------
    >>> times([0.0, 1.0], np.zeros((2, 3)), 1.0, "t")
    array([0., 1.])
    """
    value = as_kind(real_array(value, name, low=0.0), x)
    if bool((value > horizon * (1 + 1e-12)).any()):
        raise ValueError(f"{name} must be at most the horizon {horizon:g}, got {value!r}")
    rows, shape = tuple(x.shape[:-1]), tuple(value.shape)
    if shape and (
        len(shape) > len(rows) or any(n not in (1, m) for n, m in zip(shape[::-1], rows[::-1], strict=False))
    ):
        raise ValueError(f"{name} must be a number or broadcast to the rows of x, {rows}, got {shape}")
    return value


def as_kind(value: Any, reference: Array) -> Array:
    """Return `value` in the namespace, dtype and device of `reference`.

    Examples
    --------
    >>> as_kind([1, 2], np.zeros(1)).dtype
    dtype('float64')
    """
    if not is_torch_array(reference):
        return np.asarray(value, dtype=float)
    xp = array_namespace(reference)
    if is_torch_array(value):
        return xp.astype(value, reference.dtype, copy=False)
    return xp.asarray(np.array(value, dtype=float), dtype=reference.dtype, device=reference.device)


def column(value: Any) -> Any:
    """Times with an axis of length 1 added, so that they multiply rows; a number stays as it is.

    Examples
    --------
    >>> column(np.ones(3)).shape, column(0.5)
    ((3, 1), 0.5)
    """
    return value[..., None] if getattr(value, "ndim", 0) else value
