"""The phi functions of exponential integrators, with all their digits near zero."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import floats, integer_at_least

#: Below this size the series is summed; above, the recursion loses at most a few digits of the last places.
_NEAR = 2.0
_TERMS = 30


def phi(m: int, z: Any) -> NDArray[np.float64]:
    r"""The function phi_m(z), the integral of exp((1 - u) z) u^(m-1)/(m-1)! over u from 0 to 1; phi_0 = exp.

    They are the weights of exponential integrators. The recursion phi_(m+1)(z) = (phi_m(z) - 1/m!)/z cancels near
    zero, where the power series takes its place.

    Parameters
    ----------
    m : int
        From 0 to 8; methods of higher order are not in use, and the recursion would lose digits.
    z : array of shape (...)
        Without a unit: a step of the half-log-SNR, positive for predictions of the noise, negative for the data's.

    Returns
    -------
    array of shape (...)
        NumPy, float64.

    Raises
    ------
    TypeError
        If `m` is no integer or `z` does not hold real numbers.
    ValueError
        If `m` is negative or more than 8, or an entry of `z` is not finite or so large that exp(z) overflows.

    Notes
    -----
    Source: Hochbruck and Ostermann, Exponential integrators, Acta Numerica 19 (2010), section 2.

    Examples
    --------
    >>> phi(1, [0.0, 1e-9, 1.0]) - [1.0, 1.0 + 5e-10, np.e - 1]
    array([0., 0., 0.])
    """
    m, z = integer_at_least(m, 0, "m"), floats(z, "z")
    if m > 8:
        raise ValueError(f"m must be at most 8, got {m}")
    if np.any(z > 709):
        raise ValueError(f"z must be at most 709, got {z!r}: exp(z) overflows")
    return np.array([phi_of(m, float(one)) for one in z.flat]).reshape(z.shape)


def phi_of(m: int, z: float) -> float:
    """`phi` of one number, unchecked.

    Examples
    --------
    >>> phi_of(3, 0.0) == 1 / 6
    True
    """
    if abs(z) < _NEAR:
        value = 0.0
        for k in reversed(range(m, m + _TERMS)):
            value = value * z + 1 / math.factorial(k)
        return value
    value = math.exp(z)
    for k in range(m):
        value = (value - 1 / math.factorial(k)) / z
    return value
