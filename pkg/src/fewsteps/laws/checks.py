"""What a law checks at the door."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_torch_array
from numpy.typing import NDArray

from fewsteps.arrays import Array, as_kind, number, real_array, some
from fewsteps.kinds import fits


def noise_level(alpha: Any, sigma: Any) -> tuple[float, float]:
    """Return (alpha, sigma) as floats if both are finite, non-negative and not both zero.

    Examples
    --------
    >>> noise_level(1, 0)
    (1.0, 0.0)
    """
    if type(alpha) is type(sigma) is float and 0 <= alpha < math.inf and 0 <= sigma < math.inf and alpha + sigma > 0:
        return alpha, sigma  # the common case, quickly
    level = number(alpha, "alpha", low=0.0), number(sigma, "sigma", low=0.0)
    if level == (0.0, 0.0):
        raise ValueError("alpha and sigma must not both be zero")
    return level


def is_number(value: Any) -> bool:
    """Whether a level is one number for all points; tensors are taken point by point, and keep their gradients.

    Examples
    --------
    >>> is_number(1.0), is_number([1.0, 2.0])
    (True, False)
    """
    return isinstance(value, float | int) or (not is_torch_array(value) and np.ndim(value) == 0)


def rates(values: tuple[Any, ...]) -> tuple[float, ...]:
    """The rates of alpha and of sigma^2 as floats, if they are finite numbers.

    Examples
    --------
    >>> rates((1, 2.0))
    (1.0, 2.0)
    """
    return tuple(
        value if type(value) is float and math.isfinite(value) else number(value, name)
        for value, name in zip(values, RATES, strict=True)
    )


#: What errors call the rates.
RATES = ("d_alpha", "d_var")


def frozen(value: Any) -> NDArray[np.float64]:
    """A float64 copy that cannot be written to."""
    out = np.array(value, dtype=float)
    out.flags.writeable = False
    return out


def spectral(
    cov: NDArray[np.float64], name: str = "cov", eps: float = 2.0**-52
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Eigenvalues (clipped at zero) and eigenvectors of a covariance of shape (d, d).

    Parameters
    ----------
    cov : array of shape (d, d)
    name : str
        What errors call it.
    eps : float
        Rounding unit of the dtype in which it was given.

    Raises
    ------
    ValueError
        If it is not symmetric, or has an eigenvalue below zero, by more than rounding of its largest entry.

    Examples
    --------
    >>> spectral(np.array([[-1e-13]]))
    Traceback (most recent call last):
    ...
    ValueError: cov must be positive semi-definite, got the eigenvalue -1e-13
    """
    slack = 4096 * eps * float(np.abs(cov).max())
    if np.abs(cov - cov.T).max() > slack:
        raise ValueError(f"{name} must be symmetric")
    lam, basis = np.linalg.eigh((cov + cov.T) / 2)
    if lam[0] < -slack:
        raise ValueError(f"{name} must be positive semi-definite, got the eigenvalue {lam[0]:g}")
    return np.maximum(lam, 0.0), basis


def levels_per_point(x: Array, alpha: Any, sigma: Any, *motion: Any) -> list[Array]:
    """A noise level and its rates, checked, in the kind of x of shape (..., d): one number a point, shape (...).

    Raises
    ------
    ValueError
        If one is neither a number nor of shape (...), or alpha and sigma are negative or both zero somewhere.

    Examples
    --------
    >>> levels_per_point(np.zeros((2, 1)), 1.0, [0.5, 0.0])
    [array([1., 1.]), array([0.5, 0. ])]
    """
    levels = {"alpha": real_array(alpha, "alpha", low=0.0), "sigma": real_array(sigma, "sigma", low=0.0)}
    levels |= {name: real_array(rate, name) for name, rate in zip(RATES, motion, strict=False)}
    columns = [_per_point(value, name, x) for name, value in levels.items()]
    if is_number(alpha) and is_number(sigma):
        noise_level(alpha, sigma)
    elif some((columns[0] == 0) & (columns[1] == 0)):
        raise ValueError("alpha and sigma must not both be zero")
    return columns


def _per_point(value: Array, name: str, x: Array) -> Array:
    return as_kind(fits(value, x, name), x) + 0 * x[..., 0]


def beside(x: Array, *columns: Array) -> Array:
    """Points of shape (..., d) with k columns of shape (...) set beside them: shape (..., d + k).

    Examples
    --------
    >>> beside(np.zeros((2, 1)), np.ones(2))
    array([[0., 1.],
           [0., 1.]])
    """
    return array_namespace(x).concat([x, *(column[..., None] for column in columns)], axis=-1)
