"""The Gaussian law, with any covariance."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import floats, real_array, rounding
from fewsteps.laws.checks import frozen, noise_level, spectral
from fewsteps.laws.flow import FlowingLaw


@dataclass(frozen=True, eq=False)
class Gaussian(FlowingLaw):
    """The law N(mean, cov) of x_0, with any covariance.

    Parameters
    ----------
    mean : array of shape (d,)
    cov : array of shape (d, d)
        Symmetric, positive semi-definite. A 1-D array of shape (d,) stands for its diagonal.

    Raises
    ------
    ValueError
        If the shapes disagree, `cov` is not symmetric, or it has a negative eigenvalue.

    Notes
    -----
    Source: OM-D3.1, OM-P3.1, OM-E29, PD-LD.2.1.

    Examples
    --------
    >>> law = Gaussian([0.0, 0.0], [2.0, 0.5])
    >>> law.denoiser(np.array([1.0, 1.0]), alpha=0.6, sigma=0.8).round(4)
    array([0.8824, 0.3659])
    """

    mean: NDArray[np.float64]
    cov: NDArray[np.float64]
    lam: NDArray[np.float64] = field(init=False, repr=False)
    basis: NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        mean, given = frozen(floats(self.mean, "mean")), real_array(self.cov, "cov")
        cov = frozen(floats(given, "cov"))
        cov = frozen(np.diag(cov)) if cov.ndim == 1 else cov
        if mean.ndim != 1 or mean.size == 0 or cov.shape != (mean.size, mean.size):
            raise ValueError(f"mean must have shape (d,) with d >= 1 and cov (d, d), got {mean.shape} and {cov.shape}")
        lam, basis = map(frozen, spectral(cov, "cov", rounding(given, 1)))
        parts = {"mean": mean, "cov": cov, "lam": lam, "basis": basis}
        shared = {"means": mean[None], "weights": frozen([1.0]), "spectrum": lam[None], "frames": basis[None]}
        for name, value in (parts | shared).items():
            object.__setattr__(self, name, value)

    def affine_denoiser(self, alpha: float, sigma: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Gain K of shape (d, d) and offset of shape (d,) with `denoiser(x) = K x + offset`.

        Notes
        -----
        Source: OM-E29.

        Examples
        --------
        >>> K, offset = Gaussian([1.0], [1.0]).affine_denoiser(alpha=0.6, sigma=0.8)
        >>> K.round(12), offset.round(12)
        (array([[0.6]]), array([0.64]))
        """
        alpha, sigma = noise_level(alpha, sigma)
        variance = alpha**2 * self.lam + sigma**2
        gain = (self.basis * (alpha * self.lam / (variance + (variance == 0)))) @ self.basis.T
        return gain, self.mean - alpha * gain @ self.mean
