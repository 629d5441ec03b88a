"""Ground floor: validation at the door, and one namespace for NumPy arrays and torch tensors.

Every public function of the package passes its input through these checks, so that bad input is answered with a
sentence that names the argument, says what came and what is allowed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_torch_array
from numpy.typing import NDArray

#: Whatever the closed forms accept: a NumPy array, a torch tensor or a Python number.
Array = Any


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

    Torch tensors and floating-point NumPy arrays keep their dtype; everything else becomes a float64 NumPy array.

    Raises
    ------
    TypeError
        If the entries are not real numbers.
    ValueError
        If an entry is NaN or infinite, or lies below `low`.

    Examples
    --------
    >>> real_array([1, 2], "lam", low=0.0)
    array([1., 2.])
    """
    if isinstance(value, float) and math.isfinite(value) and (value > low if strict else value >= low):
        return np.asarray(value)  # the common case, quickly: noise levels and times
    if not (is_torch_array(value) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")):
        try:
            value = np.asarray(value, dtype=float)
        except (TypeError, ValueError) as error:
            raise TypeError(f"{name} must hold real numbers, got {value!r}") from error
    xp = array_namespace(value)
    if not bool(xp.isfinite(value).all()):
        raise ValueError(f"{name} must be finite, got {value!r}")
    if low > -np.inf and bool(xp.any(value <= low if strict else value < low)):
        raise ValueError(f"{name} must be {'greater than' if strict else 'at least'} {low:g}, got {value!r}")
    return value


def positive_number(value: Any, name: str) -> float:
    """Return `value` as a float if it is one finite number > 0.

    Examples
    --------
    >>> positive_number(6.4, "s")
    6.4
    """
    number = real_array(value, name, low=0.0, strict=True)
    if number.ndim != 0:
        raise ValueError(f"{name} must be one number, got an array of shape {tuple(number.shape)}")
    return float(number)


def variances(lam: Any, name: str = "lam") -> Array:
    """Return data variances as a 1-D array of shape (d,); a single number becomes shape (1,).

    Examples
    --------
    >>> variances(0.5)
    array([0.5])
    """
    lam = real_array(lam, name, low=0.0)
    if lam.ndim > 1:
        raise ValueError(f"{name} must have shape (d,), got {tuple(lam.shape)}")
    return lam.reshape(-1)


def grid_edges(value: Any, name: str = "edges") -> NDArray[np.float64]:
    """Return the edges of G >= 1 cells, increasing, as a float64 NumPy array of shape (G + 1,).

    Examples
    --------
    >>> grid_edges([0, 1, 3])
    array([0., 1., 3.])
    """
    edges = np.asarray(real_array(value, name), dtype=float)
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


def generator(rng: Any, name: str = "rng") -> np.random.Generator:
    """Return `rng` if it is a NumPy Generator: randomness enters the package in no other way.

    Examples
    --------
    >>> generator(np.random.default_rng(0)).integers(10)
    np.int64(8)
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"{name} must be a numpy.random.Generator, e.g. numpy.random.default_rng(0), got {rng!r}")
    return rng


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


def normal_like(x: Array, rng: Any) -> Array:
    """Standard normal numbers in the shape, kind, dtype and device of `x`.

    Parameters
    ----------
    x : array of any shape
    rng : numpy.random.Generator or torch.Generator
        A torch generator serves torch tensors only.

    Examples
    --------
    >>> normal_like(np.zeros(2, dtype=np.float32), np.random.default_rng(0)).dtype
    dtype('float32')
    """
    if is_torch_array(x) and not isinstance(rng, np.random.Generator):
        return array_namespace(x).randn(*x.shape, generator=rng, dtype=x.dtype, device=x.device)
    return like(generator(rng).standard_normal(tuple(x.shape)), x)


@dataclass(frozen=True, eq=False)
class Twofold:
    """Arrays of 32-digit numbers, each the unevaluated sum hi + lo of two float64: for differences that cancel.

    Only what plans need: +, - and * (Dekker's and Knuth's error-free transformations), on arrays or numbers.

    Examples
    --------
    >>> tiny = Twofold.of(np.array([1e-20]))
    >>> ((1 + tiny) - 1).hi
    array([1.e-20])
    """

    hi: Array
    lo: Array
    __array_ufunc__ = None  # let `array * twofold` reach __rmul__

    @classmethod
    def of(cls, value: Any) -> Twofold:
        """Lift a float or an array; a Twofold comes back as it is."""
        return value if isinstance(value, Twofold) else cls(value, 0.0 * value)

    def __add__(self, other: Any) -> Twofold:
        other = Twofold.of(other)
        total = self.hi + other.hi
        part = total - self.hi
        error = (self.hi - (total - part)) + (other.hi - part)
        return _renormalised(total, error + (self.lo + other.lo))

    def __mul__(self, other: Any) -> Twofold:
        other = Twofold.of(other)
        product = self.hi * other.hi
        (a, b), (c, d) = _halves(self.hi), _halves(other.hi)
        error = ((a * c - product) + a * d + b * c) + b * d
        return _renormalised(product, error + (self.hi * other.lo + self.lo * other.hi))

    def __neg__(self) -> Twofold:
        return Twofold(-self.hi, -self.lo)

    def __sub__(self, other: Any) -> Twofold:
        return self + -Twofold.of(other)

    def __rsub__(self, other: Any) -> Twofold:
        return -self + other

    __radd__, __rmul__ = __add__, __mul__


def _renormalised(hi: Array, lo: Array) -> Twofold:
    total = hi + lo
    return Twofold(total, lo - (total - hi))


def _halves(value: Array) -> tuple[Array, Array]:
    """Split into two numbers of 26 bits each (Veltkamp)."""
    high = value * 134217729.0
    high = high - (high - value)
    return high, value - high
