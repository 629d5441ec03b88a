"""Grids whose steps carry equal shares of an integral: of a rate known in closed form, or of any rate on a mesh."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import cumulative_trapezoid

from fewsteps.arrays import floats, integer_at_least
from fewsteps.objects import function, having

Grid = NDArray[np.float64]


def balanced_grid(profile: Any, T: int) -> Grid:
    """T steps that all have the same exponent: equal integrals of a profile's bound.

    Parameters
    ----------
    profile : Steepness
        Or whatever has ``total(s, t)``, increasing in t, and ``process.horizon``.
    T : int
        Number of steps.

    Returns
    -------
    array of shape (T + 1,)
        Decreasing, from the horizon to 0.

    Raises
    ------
    ValueError
        If T < 1, or the bound is 0 at all times, so that every grid is balanced.

    Notes
    -----
    Source: QA-E23, QA-E5.3a, with the index of (24) put right. The integral is inverted by bisection in log t, to
    rounding however close to 0 the times crowd.

    Examples
    --------
    For lam = 1 the grid is uniform in alpha^2, whatever the distance of the components:

    >>> from fewsteps import GaussianMixture, ornstein_uhlenbeck
    >>> from fewsteps.stability import Steepness
    >>> process = ornstein_uhlenbeck(5.0, 1.0)
    >>> grid = balanced_grid(Steepness(GaussianMixture.on_line([-3.0, 3.0], 1.0), process), 4)
    >>> grid.round(4), (process.alpha(grid) ** 2).round(3)
    (array([1.    , 0.1386, 0.0693, 0.0288, 0.    ]), array([0.  , 0.25, 0.5 , 0.75, 1.  ]))
    """
    T = integer_at_least(T, 1, "T")
    horizon = having(profile, ("total", "process"), "profile").process.horizon
    whole = float(profile.total(0.0, horizon))
    if not whole > 0:
        raise ValueError(f"profile must have a positive total, got {whole:g}: every grid is balanced")
    goals = whole * np.arange(T - 1, 0, -1) / T
    low, high = np.full(T - 1, np.log(horizon) - 600.0), np.full(T - 1, np.log(horizon))
    for _ in range(64):
        middle = (low + high) / 2
        beyond = np.asarray(profile.total(np.zeros(T - 1), np.exp(middle))) > goals
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    return np.array([horizon, *np.exp((low + high) / 2), 0.0])


def accumulated_grid(rate: Callable[[Any], Any], T: int, mesh: Any) -> Grid:
    """T steps with equal integrals of any rate, by the trapezoidal rule on a mesh and linear inversion.

    Parameters
    ----------
    rate : callable
        ``rate(t) >= 0`` for an array of times.
    T : int
        Number of steps.
    mesh : array of shape (M + 1,)
        Increasing times; the grid runs from the last to the first. It must resolve the rate.

    Returns
    -------
    array of shape (T + 1,)
        Decreasing.

    Raises
    ------
    ValueError
        If T < 1; if the mesh does not increase, or the rate is negative, not finite, or 0 throughout.

    Notes
    -----
    Source: QA-A1.

    Examples
    --------
    >>> accumulated_grid(lambda t: 2 * t, 2, np.linspace(0, 1, 1001)).round(4)
    array([1.    , 0.7071, 0.    ])
    """
    T, mesh = integer_at_least(T, 1, "T"), floats(mesh, "mesh")
    if mesh.ndim != 1 or len(mesh) < 2 or np.any(np.diff(mesh) <= 0):
        raise ValueError(f"mesh must hold two increasing times or more, got {mesh!r}")
    values = floats(function(rate, "rate")(mesh), "rate(mesh)", low=0.0)
    if values.shape != mesh.shape:
        raise ValueError(f"rate(mesh) must have the shape of mesh, {mesh.shape}, got {values.shape}")
    sums = cumulative_trapezoid(values, mesh, initial=0.0)
    if sums[-1] <= 0:
        raise ValueError("rate must be positive somewhere: every grid is balanced")
    found = np.interp(sums[-1] * np.arange(T, -1, -1) / T, sums, mesh)
    return np.array([mesh[-1], *found[1:-1], mesh[0]])
