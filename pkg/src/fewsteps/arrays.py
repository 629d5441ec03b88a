"""Ground floor: validation at the door.

Every public function of the package passes its input through these checks, so that bad input is answered with a
sentence that names the argument, says what came and what is allowed. Numbers are real: complex ones, booleans, strings
and None are refused, and so is half precision, whose three digits no closed form can give back.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from array_api_compat import is_torch_array
from numpy.typing import NDArray

from fewsteps.kinds import Array, namespace, rounding, some
from fewsteps.kinds import as_kind as as_kind
from fewsteps.kinds import column as column
from fewsteps.kinds import like as like
from fewsteps.objects import generator as generator
from fewsteps.objects import normal_like as normal_like
from fewsteps.twofold import Twofold as Twofold


def integer_at_least(value: Any, low: int, name: str) -> int:
    """Return `value` as an int if it is an integer >= `low`.

    Raises
    ------
    TypeError
        If `value` is not an integer (booleans and floats are not).
    ValueError
        If it is smaller than `low`.

    Examples
    --------
    >>> integer_at_least(8, 1, "T")
    8
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if value < low:
        raise ValueError(f"{name} must be at least {low}, got {value}")
    return int(value)


def real_array(value: Any, name: str, *, low: float = -np.inf, strict: bool = False) -> Array:
    """Return `value` as a finite real array with entries >= `low` (or > `low` if `strict`).

    Floating-point NumPy arrays and torch tensors keep their dtype; numbers, lists and integers become float64.

    Raises
    ------
    TypeError
        If the entries are not real numbers, or are half-precision ones, or integers in a torch tensor.
    ValueError
        If an entry is NaN or infinite, or lies below `low`.

    Examples
    --------
    >>> real_array([1, 2], "lam", low=0.0)
    array([1., 2.])
    """
    if isinstance(value, float) and math.isfinite(value) and (value > low if strict else value >= low):
        return np.asarray(value, dtype=float)  # the common case, quickly: noise levels and times
    if not (type(value) is np.ndarray and value.dtype.char in "df"):
        value = _tensor(value, name) if is_torch_array(value) else _floats(value, name)
    xp = namespace(value)
    if some(~xp.isfinite(value)):
        raise ValueError(f"{name} must be finite, got {value!r}")
    if low > -np.inf and some(value <= low if strict else value < low):
        raise ValueError(f"{name} must be {'greater than' if strict else 'at least'} {low:g}, got {value!r}")
    return value


def _tensor(value: Array, name: str) -> Array:
    if not value.dtype.is_floating_point:
        raise TypeError(f"{name} must hold floating-point numbers, got {value.dtype}: convert it, with .double() say")
    if value.dtype.itemsize < 4:
        raise TypeError(f"{name} must be float32 or float64, got {value.dtype}: convert it with .float()")
    return value


def _floats(value: Any, name: str) -> NDArray[np.floating[Any]]:
    """A NumPy array of floats from whatever is not yet one."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} must be an array without a mask, got {value!r}")
    try:
        array = np.asarray(value)
        kind = array.dtype.kind
        if kind == "O" and not any(isinstance(one, _NO_NUMBERS) for one in array.flat):
            array, kind = array.astype(float), "f"
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(f"{name} must hold real numbers, got {value!r}") from error
    if kind not in "fiu":
        raise TypeError(f"{name} must hold real numbers, got {value!r}")
    if isinstance(value, np.ndarray) and kind == "f":
        if array.dtype.itemsize < 4:
            raise TypeError(f"{name} must be float32 or float64, got {array.dtype}: convert it with .astype(float)")
        return array
    return array.astype(float)


#: What float() would turn into a number, or an array of objects would hide.
_NO_NUMBERS = (str, bytes, bool, np.bool_, type(None))


def floats(value: Any, name: str, *, low: float = -np.inf, strict: bool = False) -> NDArray[np.float64]:
    """`real_array` for what is NumPy alone: a float64 array, also of a tensor that carries no gradient.

    Raises
    ------
    TypeError
        If a tensor requires a gradient, which would be lost.

    Examples
    --------
    >>> floats([1, 2], "edges")
    array([1., 2.])
    """
    value = real_array(value, name, low=low, strict=strict)
    if is_torch_array(value):
        if value.requires_grad:
            raise TypeError(f"{name} must be a NumPy array, for no gradient passes through here: call .detach() first")
        value = value.cpu().numpy()
    return np.asarray(value, dtype=float)


def number(value: Any, name: str, *, low: float = -np.inf, strict: bool = False) -> float:
    """Return `value` as a float if it is one finite number.

    Raises
    ------
    ValueError
        If it is an array with an axis, or out of range.

    Examples
    --------
    >>> number(3, "gamma", low=0.0)
    3.0
    """
    value = real_array(value, name, low=low, strict=strict)
    if value.ndim != 0:
        raise ValueError(f"{name} must be one number, got an array of shape {tuple(value.shape)}")
    return float(value)


def positive_number(value: Any, name: str) -> float:
    """Return `value` as a float if it is one finite number > 0.

    Examples
    --------
    >>> positive_number(6.4, "s")
    6.4
    """
    return number(value, name, low=0.0, strict=True)


def variances(lam: Any, name: str = "lam") -> Array:
    """Return data variances as a 1-D array of shape (d,); a single number becomes shape (1,).

    Examples
    --------
    >>> variances(0.5)
    array([0.5])
    """
    lam = real_array(lam, name, low=0.0)
    if lam.ndim > 1 or 0 in lam.shape:
        raise ValueError(f"{name} must have shape (d,) with d >= 1, got {tuple(lam.shape)}")
    return lam.reshape(-1)


def points(x: Any, d: int | None = None, name: str = "x") -> Array:
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
    x = real_array(x, name)
    if x.ndim == 0 or (d is not None and x.shape[-1] != d):
        raise ValueError(f"{name} must have shape (..., {'d' if d is None else d}), got {tuple(x.shape)}")
    return x


def probabilities(weights: Any, n: int, name: str = "weights") -> NDArray[np.float64]:
    """Return n positive weights that sum to 1, to rounding in their own dtype, as float64; they are not rescaled.

    Examples
    --------
    >>> probabilities(np.full(3, 1 / 3, dtype=np.float32), 3).dtype
    dtype('float64')
    """
    weights = real_array(weights, name, low=0.0, strict=True)
    slack = max(1e-9, rounding(weights, 256))
    weights = floats(weights, name)
    if weights.shape != (n,) or abs(weights.sum() - 1) > slack:
        raise ValueError(f"{name} must have shape ({n},) and sum to 1, got {weights!r}")
    return weights


def clock(t: Any, horizon: float, name: str = "t") -> Array:
    """Return times as an array inside [0, horizon]; those that rounding alone has put outside are moved to the end.

    A clock that adds up its steps misses its ends by roundings; 1024 of them, in the dtype of `t`, are forgiven.

    Raises
    ------
    ValueError
        If a time lies further outside.

    Examples
    --------
    >>> clock([-1e-16, 0.5, 1 + 1e-15], 1.0)
    array([0. , 0.5, 1. ])
    """
    t = real_array(t, name)
    if not some((t < 0) | (t > horizon)):
        return t
    slack = rounding(t) * horizon
    if some(t < -slack):
        raise ValueError(f"{name} must be at least 0, got {t!r}")
    if some(t > horizon + slack):
        raise ValueError(f"{name} must be at most the horizon {horizon:g}, got {t!r}")
    return namespace(t).clip(t, 0.0, horizon)


def grid_edges(value: Any, name: str = "edges") -> NDArray[np.float64]:
    """Return the edges of G >= 1 cells, increasing, as a float64 NumPy array of shape (G + 1,).

    Examples
    --------
    >>> grid_edges([0, 1, 3])
    array([0., 1., 3.])
    """
    edges = floats(value, name)
    if edges.ndim != 1 or edges.size < 2 or np.any(np.diff(edges) <= 0):
        raise ValueError(f"{name} must have shape (G + 1,) with G >= 1 and increase, got {edges!r}")
    return edges


def same_shape(first: Array, second: Array, names: str) -> None:
    """Raise ValueError unless both arrays have one shape; nothing is broadcast silently.

    Examples
    --------
    >>> same_shape(np.zeros(2), np.ones(3), "a and b")
    Traceback (most recent call last):
    ...
    ValueError: a and b must have the same shape, got (2,) and (3,)
    """
    if tuple(first.shape) != tuple(second.shape):
        raise ValueError(f"{names} must have the same shape, got {tuple(first.shape)} and {tuple(second.shape)}")
