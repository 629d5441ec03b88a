"""Paths as they enter the room: of the right shape, and in units in which no square overflows or vanishes."""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

from fewsteps.arrays import real_array
from fewsteps.kinds import Array, some


def states(path: Any, name: str, least: int, low: int) -> Array:
    """Return `path` if it is an array of at least `least` states of points in `low` dimensions or more.

    Examples
    --------
    >>> states([[[0, 1]], [[2, 3]]], "path", 2, 1).shape
    (2, 1, 2)
    """
    path = real_array(path, name)
    if path.ndim != 3 or path.shape[0] < least or path.shape[-1] < low:
        wanted = f"(M + 1, n, d) with M + 1 >= {least} and d >= {low}"
        raise ValueError(f"{name} must have shape {wanted}, got {tuple(path.shape)}")
    return path


def size(v: Array, axes: int | tuple[int, ...]) -> Array:
    """The largest entry along `axes`, by which one divides so that squares stay in range; 1 where all are 0.

    Examples
    --------
    >>> import numpy as np
    >>> size(np.array([[3.0, -4.0], [0.0, 0.0]]), -1)
    array([4., 1.])
    """
    xp = array_namespace(v)
    largest = xp.max(xp.abs(v), axis=axes)
    return xp.where(largest > 0, largest, xp.ones_like(largest))


def norm(v: Array) -> Array:
    """Euclidean norms along the last axis, at any scale.

    Examples
    --------
    >>> import numpy as np
    >>> f"{norm(np.array([3e200, 4e200])):.6g}"
    '5e+200'
    """
    xp, unit = array_namespace(v), size(v, -1)
    return unit * xp.sqrt(xp.sum((v / unit[..., None]) ** 2, axis=-1))


def in_range(value: Array, what: str) -> Array:
    """Return `value` if its dtype can hold it.

    Examples
    --------
    >>> import numpy as np
    >>> in_range(np.array([np.inf]), "the length")
    Traceback (most recent call last):
    ...
    ValueError: the length is beyond the range of float64: take other units
    """
    xp = array_namespace(value)
    if some(~xp.isfinite(value)):
        kind = str(value.dtype).removeprefix("torch.")
        raise ValueError(f"{what} is beyond the range of {kind}: take other units")
    return value
