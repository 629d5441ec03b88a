"""A schedule from the eigenvalues of the data's covariance: no model, no sampled paths, nothing to choose."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import floats, integer_at_least
from fewsteps.grids.costs import gaussian_costs
from fewsteps.grids.even import Grid, rho
from fewsteps.grids.search import best_schedule
from fewsteps.objects import instance
from fewsteps.schedules import Diffusion


def spectrum(data: Any) -> NDArray[np.float64]:
    """Eigenvalues of the covariance of a batch of data.

    Parameters
    ----------
    data : array of shape (n, ...)
        At least two samples, in the units in which the model sees x_0; all axes but the first are flattened to d.

    Returns
    -------
    array of shape (min(n, d),)
        Decreasing, >= 0, with the factor 1/(n - 1). The other d - n eigenvalues are 0 where n < d.

    Raises
    ------
    TypeError, ValueError
        If there are fewer than two samples or no coordinates, or values are not finite; if an eigenvalue would not be.

    Notes
    -----
    Few samples underestimate the small eigenvalues and overestimate the large ones.

    Examples
    --------
    >>> spectrum([[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]]).round(3)
    array([2.667, 0.667])
    """
    data = floats(data, "data")
    if data.ndim < 2 or len(data) < 2 or data[0].size == 0:
        raise ValueError(f"data must have shape (n, ...) with n >= 2 and something in a sample, got {data.shape}")
    rows = data.reshape(len(data), -1)
    rows = rows / (size := float(np.abs(rows).max()) or 1.0)
    rows = rows - rows.mean(axis=0)
    rows = rows / (spread := float(np.abs(rows).max()) or 1.0)
    small = rows @ rows.T if len(rows) < rows.shape[1] else rows.T @ rows
    values = np.clip(np.linalg.eigvalsh(small)[::-1], 0.0, None) / (len(rows) - 1)
    with np.errstate(over="ignore"):
        values = values * (spread * size) * (spread * size)
    if not np.all(np.isfinite(values)):
        raise ValueError("data must be so small that their variances are finite: give them in other units")
    return values


def spectral(
    process: Diffusion,
    T: int,
    stop: float,
    start: float | None = None,
    jump: bool = False,
    *,
    lam: Any,
    fine: int = 60,
    power: float = 7.0,
) -> Grid:
    """The T steps through a fine grid that a Gaussian with the data's covariance would choose for Euler's rule.

    Of all schedules through the fine grid, the one with the least sum of the errors of its steps, each as large as the
    exact flow leaves it at the end. For Gaussian data and Euler's rule in sigma/alpha (DDIM) the sum bounds the root
    mean square of the error; for other data and rules it is a recommendation.

    Parameters
    ----------
    process, T, stop, start, jump
        As for `rho`, of which the fine grid is made: with a jump the schedule ends at 0, and its last step begins at
        whatever level down to `stop` is best.
    lam : array of shape (d,)
        Eigenvalues of the covariance of the data, in the units of x_0: from `spectrum`, or `laws.power_law`.
    fine : int
        Steps of the fine grid before a jump.
    power : float
        Of the fine grid, which is `rho`.

    Returns
    -------
    array of shape (T + 1,)

    Raises
    ------
    TypeError, ValueError
        As for `rho` and `gaussian_costs`; if the fine grid has fewer than T steps.

    Notes
    -----
    Source: GR-A1 with the costs of GR-R5.1g.

    Examples
    --------
    >>> from fewsteps import edm
    >>> from fewsteps.laws import power_law
    >>> spectral(edm(), 5, 0.002, lam=power_law(3072, total=768.0)).round(3)
    array([8.000e+01, 8.589e+00, 2.515e+00, 6.800e-01, 1.700e-01, 2.000e-03])
    >>> spectral(edm(), 5, 0.002, jump=True, lam=power_law(3072, total=768.0)).round(3)
    array([80.   ,  8.589,  2.515,  0.68 ,  0.17 ,  0.   ])
    """
    T, fine = integer_at_least(T, 1, "T"), integer_at_least(fine, 1, "fine")
    times = rho(process, fine + instance(jump, bool, "jump"), stop, start, jump, power)
    if len(times) <= T:
        raise ValueError(f"fine must be so large that T steps are among its own, got {fine} for T = {T}")
    levels = np.array([math.exp(-float(process.half_log_snr(t))) for t in times])
    return times[best_schedule(gaussian_costs(lam, levels), T).nodes]
