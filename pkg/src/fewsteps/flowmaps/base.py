"""What all flow maps share: the interface, and the checks of points and times."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from array_api_compat import is_torch_array
from numpy.typing import NDArray

from fewsteps.arrays import Array, as_kind, clock, points
from fewsteps.arrays import column as column
from fewsteps.objects import function

#: A map or a slope: phi(x, r, t) with the shape of x.
TwoTime = Callable[[Any, Any, Any], Array]
#: A velocity field: velocity(x, t) with the shape of x.
Velocity = Callable[[Any, Any], Array]


class FlowMap(ABC):
    """A family of maps from time r to time t: ``phi(x, r, t)`` for `x` of shape (..., d).

    The times are numbers or arrays that broadcast to the shape (...): every row may have its own pair. Answers have the
    dtype of `x`.

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


def numpy_points(x: Any, d: int | None = None) -> tuple[NDArray[np.float64], Array]:
    """`points` for maps that are NumPy only: in float64, and as they came, whose dtype the answer gets back.

    Examples
    --------
    >>> numpy_points([[1.0]], 1)[0].shape
    (1, 1)
    """
    if is_torch_array(x):
        raise TypeError(
            "x must be a NumPy array: only GaussianFlowMap, CanonicalFlowMap and learned maps take torch tensors"
        )
    x = points(x, d)
    return np.asarray(x, dtype=float), x


def shaped(value: Any, x: Array, name: str) -> Array:
    """Return what a map or a velocity gave for the points `x` if it has their shape: nothing is broadcast silently.

    Examples
    --------
    >>> shaped(np.zeros(2), np.zeros((2, 1)), "velocity(x, t)")
    Traceback (most recent call last):
    ...
    ValueError: velocity(x, t) must have the shape of x, (2, 1), got (2,)
    """
    shape = tuple(value.shape) if hasattr(value, "shape") else np.shape(value)
    if shape != tuple(x.shape):
        raise ValueError(f"{name} must have the shape of x, {tuple(x.shape)}, got {shape}")
    return value


def image_of(phi: TwoTime, x: Array, r: Any, t: Any, name: str = "phi") -> Array:
    """A map's or slope's value, of the shape of the points.

    Parameters
    ----------
    phi : callable
    x : array of shape (..., d)
    r, t : numbers or arrays
        With torch of shape (...): one entry a row.
    name : str
        What errors call the map.

    Returns
    -------
    array with the shape of `x`

    Raises
    ------
    ValueError
        If the map returns another shape.
    RuntimeError
        What a torch map raises, with a note on what it was given: networks often want times as columns.

    Examples
    --------
    >>> image_of(lambda x, r, t: x + t - r, np.ones((2, 1)), 1.0, 0.5).ravel()
    array([0.5, 0.5])
    """
    try:
        value = function(phi, name)(x, r, t)
    except RuntimeError as error:
        if is_torch_array(x):
            shape = tuple(x.shape[:-1])
            error.add_note(f"{name} was given r and t of shape {shape}, one entry a row; r[..., None] makes a column")
        raise
    return shaped(value, x, f"{name}(x, r, t)")


def times(value: Any, x: Array, horizon: float, name: str) -> Array:
    """Return times in the kind and dtype of the points `x`, if they lie in [0, horizon] and broadcast to its rows.

    Raises
    ------
    ValueError
        If a time lies outside [0, horizon] by more than rounding, or the shape does not broadcast to ``x.shape[:-1]``.

    Examples
    --------
    >>> times([0.0, 1.0], np.zeros((2, 3)), 1.0, "t")
    array([0., 1.])
    """
    return broadcasting(as_kind(clock(value, horizon, name), x), x, name)


def broadcasting(value: Array, x: Array, name: str) -> Array:
    """Return times if they broadcast to the rows of `x`.

    Raises
    ------
    ValueError
        If they do not.

    Examples
    --------
    >>> broadcasting(np.zeros((2, 1)), np.zeros((2, 5, 3)), "t").shape
    (2, 1)
    """
    rows, shape = tuple(x.shape[:-1]), tuple(value.shape)
    if shape and (
        len(shape) > len(rows) or any(n not in (1, m) for n, m in zip(shape[::-1], rows[::-1], strict=False))
    ):
        raise ValueError(f"{name} must be a number or broadcast to the rows of x, {rows}, got {shape}")
    return value


#: What a process must have.
PROCESS = ("alpha_of", "var_of", "d_alpha_of", "d_var_of", "horizon")
