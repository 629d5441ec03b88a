"""What a law checks at the door."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_torch_array
from numpy.typing import NDArray

from fewsteps.arrays import Array, real_array


def noise_level(alpha: Any, sigma: Any) -> tuple[float, float]:
    """Return (alpha, sigma) as floats if both are finite, non-negative and not both zero.

    Examples
    --------
    >>> noise_level(1, 0)
    (1.0, 0.0)
    """
    if type(alpha) is type(sigma) is float and 0 <= alpha < math.inf and 0 <= sigma < math.inf and alpha + sigma > 0:
        return alpha, sigma  # the common case, quickly
    level = float(real_array(alpha, "alpha", low=0.0)), float(real_array(sigma, "sigma", low=0.0))
    if level == (0.0, 0.0):
        raise ValueError("alpha and sigma must not both be zero")
    return level


def frozen(value: Any) -> NDArray[np.float64]:
    """A float64 copy that cannot be written to."""
    out = np.array(value, dtype=float)
    out.flags.writeable = False
    return out


def spectral(cov: NDArray[np.float64], name: str = "cov") -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Eigenvalues (clipped at zero) and eigenvectors of a covariance of shape (d, d).

    Raises
    ------
    ValueError
        If it is not symmetric, or has an eigenvalue below zero by more than rounding.
    """
    scale = max(1.0, float(np.abs(cov).max()))
    if np.abs(cov - cov.T).max() > 1e-12 * scale:
        raise ValueError(f"{name} must be symmetric")
    lam, basis = np.linalg.eigh((cov + cov.T) / 2)
    if lam[0] < -1e-12 * scale:
        raise ValueError(f"{name} must be positive semi-definite, got the eigenvalue {lam[0]:g}")
    return np.maximum(lam, 0.0), basis


def levels_per_point(x: Array, alpha: Any, sigma: Any, *rates: Any) -> list[Array]:
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
    levels |= {name: real_array(rate, name) for name, rate in zip(("d_alpha", "d_var"), rates, strict=False)}
    columns = [_per_point(value, name, x) for name, value in levels.items()]
    if bool(((columns[0] == 0) & (columns[1] == 0)).any()):
        raise ValueError("alpha and sigma must not both be zero")
    return columns


def _per_point(value: Array, name: str, x: Array) -> Array:
    if tuple(value.shape) not in ((), tuple(x.shape[:-1])):
        raise ValueError(f"{name} must be one number or have shape {tuple(x.shape[:-1])}, got {tuple(value.shape)}")
    if is_torch_array(x):
        xp = array_namespace(x)
        value = xp.asarray(value if is_torch_array(value) else value.copy(), dtype=x.dtype, device=x.device)
    else:
        value = np.asarray(value, dtype=x.dtype)
    return value + 0 * x[..., 0]


def beside(x: Array, *columns: Array) -> Array:
    """Points of shape (..., d) with k columns of shape (...) set beside them: shape (..., d + k).

    Examples
    --------
    >>> beside(np.zeros((2, 1)), np.ones(2))
    array([[0., 1.],
           [0., 1.]])
    """
    return array_namespace(x).concat([x, *(column[..., None] for column in columns)], axis=-1)
