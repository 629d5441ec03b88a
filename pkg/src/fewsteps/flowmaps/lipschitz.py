"""Lipschitz constants: sizes of a Jacobian, and their supremum over all times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

Floats = NDArray[np.float64]


def spectral_norm(jacobian: Floats) -> Floats:
    """Largest singular values of matrices of shape (..., d, d): Lipschitz constants of linear maps; shape (...).

    Examples
    --------
    >>> float(spectral_norm(np.diag([1.0, -3.0])))
    3.0
    """
    return np.asarray(np.linalg.norm(jacobian, 2, axis=(-2, -1)))


def top_eigenvalue(jacobian: Floats) -> Floats:
    """Largest eigenvalues of the symmetric parts of matrices of shape (..., d, d): one-sided constants; shape (...).

    Notes
    -----
    Source: FM-DC.1.

    Examples
    --------
    >>> float(top_eigenvalue(np.diag([1.0, -3.0])))
    1.0
    """
    values = np.linalg.eigvalsh((jacobian + np.swapaxes(jacobian, -1, -2)) / 2)
    return np.asarray(values[..., -1], dtype=float)


def largest_over_time(function: Callable[[Any], Floats], horizon: float) -> float:
    """The supremum of a continuous function of time on [0, horizon]: a grid, dense at both ends, then a search.

    Examples
    --------
    >>> round(largest_over_time(lambda t: t * np.exp(-50 * t), 1.0) * 50 * np.e, 12)
    1.0
    """
    ends = np.geomspace(1e-9, 0.1, 400)
    grid = horizon * np.unique(np.concatenate([np.linspace(0, 1, 1001), ends, 1 - ends]))
    values = function(grid)
    k = int(values.argmax())
    around = (grid[max(k - 1, 0)], grid[min(k + 1, grid.size - 1)])
    found = optimize.minimize_scalar(
        lambda t: -function(t), bounds=around, method="bounded", options={"xatol": 1e-12 * horizon}
    )
    return max(float(values[k]), -float(found.fun))
