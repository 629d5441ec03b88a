"""Ground floor: numbers of 32 digits, for differences that cancel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fewsteps.kinds import Array


@dataclass(frozen=True, eq=False)
class Twofold:
    """Arrays of 32-digit numbers, each the unevaluated sum hi + lo of two float64: for differences that cancel.

    Only what plans need: +, - and * (Dekker's and Knuth's error-free transformations), on arrays or numbers.

    Examples
    --------
    >>> import numpy as np
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
