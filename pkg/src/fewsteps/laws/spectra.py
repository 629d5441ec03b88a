r"""Eigenvalues of covariances that stand for kinds of data: $\lambda_i \propto i^{-a}$, $a = 1$ for natural images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import integer_at_least, number, positive_number


def power_law(d: int, exponent: float = 1.0, total: float | None = None) -> NDArray[np.float64]:
    """Eigenvalues proportional to i^(-exponent), with a given sum.

    Parameters
    ----------
    d : int
        Number of eigenvalues, at least 1.
    exponent : float
        At least 0; 0 makes all equal, and 1 is near the covariance of natural images.
    total : float, optional
        Sum of the eigenvalues, the total variance; by default d, a variance of 1 a coordinate.

    Returns
    -------
    array of shape (d,)
        Decreasing, or all equal.

    Raises
    ------
    TypeError, ValueError
        If d is not an integer of at least 1, exponent is negative or the last eigenvalue underflows or overflows, or
        total is not positive.

    Notes
    -----
    Source: GR-XT9 (the spectrum that predicts its schedules).

    Examples
    --------
    >>> power_law(4, total=25.0)
    array([12.,  6.,  4.,  3.])
    """
    d, exponent = integer_at_least(d, 1, "d"), number(exponent, "exponent", low=0.0)
    shape = np.arange(1.0, d + 1.0) ** -exponent
    tiny = np.finfo(float).tiny
    if not shape[-1] >= tiny:
        raise ValueError(f"exponent must be so small that {d}^-exponent is a float, got {exponent:g}")
    found = shape / shape.sum() * (d if total is None else positive_number(total, "total"))
    if not found[-1] >= tiny:
        raise ValueError(f"total must be so large that the last eigenvalue is a float, got {total!r}")
    return found
