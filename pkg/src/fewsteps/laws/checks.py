"""What a law checks at the door."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import real_array


def noise_level(alpha: Any, sigma: Any) -> tuple[float, float]:
    """Return (alpha, sigma) as floats if both are finite, non-negative and not both zero.

    Examples
    --------
    >>> noise_level(1, 0)
    (1.0, 0.0)
    """
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
