"""Ground floor: one namespace for NumPy arrays and torch tensors."""

from __future__ import annotations

from typing import Any

import array_api_compat.numpy
import numpy as np
from array_api_compat import array_namespace, is_torch_array
from numpy.typing import NDArray

#: Whatever the closed forms accept: a NumPy array, a torch tensor or a Python number.
Array = Any


def namespace(x: Array) -> Any:
    """The array namespace of `x`, found quickly for plain NumPy arrays.

    Examples
    --------
    >>> float(namespace(np.zeros(1)).exp(np.zeros(1))[0])
    1.0
    """
    return array_api_compat.numpy if type(x) is np.ndarray else array_namespace(x)


def some(condition: Any, hidden: bool = False) -> bool:
    """Whether any entry of a boolean array holds; `hidden` inside `torch.func.vmap`, where no value can be looked at.

    Examples
    --------
    >>> some(np.array([False, True]))
    True
    """
    if not is_torch_array(condition):
        return bool(condition.any())
    try:
        return bool(condition.any())
    except RuntimeError:
        return hidden


def rounding(x: Array, steps: int = 1024) -> float:
    """What so many roundings of numbers of order 1 add up to in the dtype of `x`.

    Examples
    --------
    >>> rounding(np.zeros(1)) < 3e-13, rounding(np.zeros(1, dtype=np.float32)) < 2e-4
    (True, True)
    """
    return steps * float(namespace(x).finfo(x.dtype).eps)


def like(value: NDArray[np.float64], reference: Array) -> Array:
    """Return the NumPy array `value` in the namespace, dtype and device of `reference`.

    Examples
    --------
    >>> like(np.arange(2.0), np.zeros(1, dtype=np.float32))
    array([0., 1.], dtype=float32)
    """
    if is_torch_array(reference):
        xp = array_namespace(reference)
        return xp.asarray(value.copy(), dtype=reference.dtype, device=reference.device)
    return value.astype(reference.dtype, copy=False)


def as_kind(value: Any, reference: Array) -> Array:
    """Return a number, NumPy array or tensor in the namespace, dtype and device of `reference`.

    Examples
    --------
    >>> as_kind([1, 2], np.zeros(1, dtype=np.float32)).dtype
    dtype('float32')
    """
    if not is_torch_array(reference):
        value = value.detach().cpu() if is_torch_array(value) else value
        return np.asarray(value).astype(reference.dtype, copy=False)
    xp = array_namespace(reference)
    if is_torch_array(value):
        return value.to(device=reference.device, dtype=reference.dtype)
    return xp.asarray(np.array(value, dtype=float), dtype=reference.dtype, device=reference.device)


def column(value: Any) -> Any:
    """One number a row with an axis of length 1 added, so that it multiplies rows; a number stays as it is.

    Examples
    --------
    >>> column(np.ones(3)).shape, column(0.5)
    ((3, 1), 0.5)
    """
    return value[..., None] if getattr(value, "ndim", 0) else value


def per_row(value: Array, x: Array) -> Any:
    """A coefficient at one time as a float, at one time a row as numbers in the kind of the points `x`.

    Examples
    --------
    >>> per_row(np.array(0.5), np.zeros((2, 1))), per_row(np.array([1, 2]), np.zeros((2, 1)))
    (0.5, array([1., 2.]))
    """
    return as_kind(value, x) if value.ndim else float(value)


def fits(value: Any, x: Array, name: str) -> Any:
    """Return `value` if it is one number, or holds one for each of the points `x` of shape (..., d).

    Examples
    --------
    >>> fits(np.ones(3), np.zeros((2, 1)), "t")
    Traceback (most recent call last):
    ...
    ValueError: t must be one number or have shape (2,), got (3,)
    """
    shape = np.shape(value) if not hasattr(value, "shape") else tuple(value.shape)
    if shape and shape != tuple(x.shape[:-1]):
        raise ValueError(f"{name} must be one number or have shape {tuple(x.shape[:-1])}, got {shape}")
    return value
