"""Laws on the line: distribution functions and quantiles."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from fewsteps.arrays import floats
from fewsteps.laws.base import Law
from fewsteps.laws.checks import noise_level
from fewsteps.objects import instance


def cdf(law: Law, x: Any, alpha: float = 1.0, sigma: float = 0.0) -> NDArray[np.float64]:
    """Distribution function of alpha x_0 + sigma eps for a law with d = 1.

    Parameters
    ----------
    law : Law
        With d = 1.
    x : array of shape (...)
        Plain numbers, without the axis of length d.

    Returns
    -------
    array of shape (...)

    Raises
    ------
    ValueError
        If d is not 1, or the law has no density at this level.

    Examples
    --------
    >>> from fewsteps import GaussianMixture
    >>> float(cdf(GaussianMixture.on_line([-1.0, 1.0], 0.5), 0.0))
    0.5
    """
    x, (mean, std) = floats(x, "x"), _line(law, alpha, sigma)
    return np.asarray(special.ndtr((x[..., None] - mean) / std) @ law.weights)


def quantile(law: Law, q: Any, alpha: float = 1.0, sigma: float = 0.0) -> NDArray[np.float64]:
    """Inverse of `cdf`, to rounding: the x of shape (...) where it takes the values `q` in (0, 1).

    Newton's method, safeguarded by a bracket: the quantiles of the mixture lie between those of its components.

    Raises
    ------
    ValueError
        If q lies outside (0, 1), d is not 1, or the law has no density at this level.

    Examples
    --------
    >>> from fewsteps import GaussianMixture
    >>> law = GaussianMixture.on_line([-1.0, 1.0], 0.5)
    >>> abs(quantile(law, cdf(law, np.array([-2.0, 0.1, 1.5]))) - [-2.0, 0.1, 1.5]).max() < 1e-14
    np.True_
    """
    q, (mean, std) = floats(q, "q"), _line(law, alpha, sigma)
    if np.any(q <= 0) or np.any(q >= 1):
        raise ValueError(f"q must lie strictly between 0 and 1, got {q!r}")
    shape, q = q.shape, q.reshape(-1)
    of_components = mean + std * special.ndtri(q)[:, None]
    low, high = of_components.min(axis=-1), of_components.max(axis=-1)
    # above the median the upper tail keeps the digits that 1 - q loses
    x, side, tail = (low + high) / 2, np.where(q < 0.5, 1.0, -1.0), np.minimum(q, 1 - q)
    moving = np.arange(q.size)
    for _ in range(100):
        old, left, right = x[moving], low[moving], high[moving]
        z = (old[:, None] - mean) / std
        excess = side[moving] * (special.ndtr(side[moving, None] * z) @ law.weights - tail[moving])
        left, right = np.where(excess < 0, old, left), np.where(excess > 0, old, right)
        density = np.exp(-z * z / 2) @ (law.weights / (std * np.sqrt(2 * np.pi)))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            new = old - excess / density
        new = np.where((new > left) & (new < right), new, (left + right) / 2)
        new = np.where(excess == 0, old, new)
        x[moving], low[moving], high[moving] = new, left, right
        moving = moving[np.abs(new - old) > 2e-16 * (std.min() + np.abs(old))]
        if not moving.size:
            break
    return x.reshape(shape)


def _line(law: Law, alpha: float, sigma: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means and standard deviations of the components, shape (K,)."""
    if instance(law, Law, "law").d != 1:
        raise ValueError(f"law must have d = 1, got {law.d}")
    alpha, sigma = noise_level(alpha, sigma)
    std = np.sqrt(alpha**2 * law.spectrum[:, 0] + sigma**2) * np.ones(law.K)
    if std.min() <= 0:
        raise law.no_density(std)
    return alpha * law.means[:, 0], std
