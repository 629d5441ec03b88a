"""Finite volumes for the one-dimensional Fokker-Planck equation: p_t = -(drift p)_x + D p_xx with no-flux ends.

Fluxes are Scharfetter and Gummel's (exponential fitting): mass is conserved, densities stay positive in continuous
time, and the stationary law of drift = D (log p)' is p itself at the cells' centres.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigvalsh_tridiagonal, solve_banded
from scipy.sparse import csr_array, diags_array
from scipy.special import exprel

from fewsteps.arrays import floats, positive_number
from fewsteps.objects import function
from fewsteps.solvers.march import Progress, time_grid

Floats = NDArray[np.float64]
#: Gauss's rule of three points, made once: its nodes are eigenvalues.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(3)


def generator(drift: Any, diffusion_coefficient: float, edges: Any) -> csr_array:
    """Matrix L of the semi-discrete equation d density/dt = L density on the cells between `edges`.

    Parameters
    ----------
    drift : array of shape (n - 1,) or callable
        Mean drift between the centres of neighbouring cells; for drift = D (log p)' it is
        ``D * diff(log p) / diff(centres)``, and p is stationary to rounding. A callable ``drift(x)`` of a 1-D array is
        averaged by three Gauss points.
    diffusion_coefficient : float
        D = g^2/2 > 0.
    edges : array of shape (n + 1,)
        Boundaries of the n >= 2 cells, strictly increasing; they need not be equally spaced.

    Returns
    -------
    scipy.sparse.csr_array of shape (n, n)
        Tridiagonal; acts on cell averages, and ``diff(edges) @ L`` is zero: mass is conserved.

    Raises
    ------
    ValueError
        If a shape is wrong, the edges do not increase, or the coefficient is not positive.

    Notes
    -----
    Source: PD-T4.1.1c, PD-E3.1.6b.

    Examples
    --------
    >>> edges = np.linspace(-6.0, 6.0, 121)
    >>> L = generator(lambda x: -x, 1.0, edges)
    >>> x = (edges[1:] + edges[:-1]) / 2
    >>> bool(np.abs(L @ np.exp(-(x**2) / 2)).max() < 1e-12)
    True
    """
    edges = _checked_edges(edges)
    if callable(drift):
        values = _mean_drift(drift, edges)
    else:
        values = floats(drift, "drift")
        if values.shape != (edges.size - 2,):
            raise ValueError(f"drift must have shape {(edges.size - 2,)}, one entry an inner edge, got {values.shape}")
    upper, main, lower = _bands(values, positive_number(diffusion_coefficient, "diffusion_coefficient"), edges)
    return csr_array(diags_array([upper, main, lower], offsets=[1, 0, -1]))


def _checked_edges(edges: Any) -> Floats:
    edges = floats(edges, "edges")
    if edges.ndim != 1 or edges.size < 3 or np.any(np.diff(edges) <= 0):
        raise ValueError(f"edges must be strictly increasing, of shape (n + 1,) with n >= 2, got shape {edges.shape}")
    return edges


def _centres(edges: Floats) -> Floats:
    return (edges[1:] + edges[:-1]) / 2


def _gauss_points(edges: Floats) -> tuple[Floats, Floats]:
    """Three points between each two neighbouring centres, flat, and their weights."""
    centres = _centres(edges)
    middle, half = _centres(centres), np.diff(centres) / 2
    return (middle[:, None] + half[:, None] * _NODES).ravel(), _WEIGHTS / 2


def _mean_drift(drift: Callable[[Floats], Any], edges: Floats) -> Floats:
    points, weights = _gauss_points(edges)
    values = floats(drift(points), "drift")
    if values.shape != points.shape:
        raise ValueError(f"drift must return the shape of its argument, {points.shape}, got {values.shape}")
    return values.reshape(-1, 3) @ weights


def _rates(peclet: Floats, spacing: Floats) -> tuple[Floats, Floats]:
    """Bernoulli weights B(-P) / h and B(P) / h, B(z) = z / (e^z - 1): flux = D (right * p_i - left * p_{i+1})."""
    return 1 / exprel(-peclet) / spacing, 1 / exprel(peclet) / spacing


def _bands(drift: Floats, D: float, edges: Floats) -> tuple[Floats, Floats, Floats]:
    """Upper, main and lower diagonal of the generator."""
    spacing, width = np.diff(_centres(edges)), np.diff(edges)
    right, left = (D * rate for rate in _rates(drift * spacing / D, spacing))
    main = -(np.append(right, 0.0) + np.append(0.0, left)) / width
    return left / width[:-1], main, right / width[1:]


def evolve(
    density: Any,
    drift: Callable[[Floats, float], Any],
    half_g2: Callable[[float], float],
    edges: Any,
    times: Any,
    progress: Progress = None,
) -> Floats:
    """Solve the Fokker-Planck equation of dx = drift(x, t) dt + g(t) dw from times[0] to times[-1].

    Crank-Nicolson with the generator half-way through each step: second order in the steps and in the cells. On a
    decreasing clock the equation is that of the reverse-time process, with the drift as `reverse_sde` writes it.

    Parameters
    ----------
    density : array of shape (n,)
        Cell averages at times[0].
    drift : callable
        ``drift(x, t)`` for a 1-D array x, of its shape; never called at an end of `times`.
    half_g2 : callable
        ``half_g2(t)`` = g(t)^2 / 2 > 0.
    edges : array of shape (n + 1,)
        Strictly increasing.
    times : array of shape (N + 1,)
        Strictly increasing or strictly decreasing.
    progress : callable, optional
        Called as ``progress(done, N)`` after every step.

    Returns
    -------
    array of shape (n,)
        Cell averages at times[-1]; their mass ``diff(edges) @ density`` is that of the start.

    Raises
    ------
    ValueError
        If a shape is wrong, edges or times are not strictly monotone, or ``half_g2`` is not positive.

    Notes
    -----
    Source: PD-T4.1.1c. Steps much larger than the squared cell width over D may leave small oscillations near jumps.

    Examples
    --------
    Brownian motion from N(0, 1) has variance 2 at time 1.

    >>> edges = np.linspace(-8.0, 8.0, 161)
    >>> x = (edges[1:] + edges[:-1]) / 2
    >>> start = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    >>> end = evolve(start, lambda x, t: 0 * x, lambda t: 0.5, edges, np.linspace(0.0, 1.0, 11))
    >>> float((0.1 * end @ x**2).round(3))
    2.0
    """
    edges, grid = _checked_edges(edges), time_grid(times)
    density = np.array(floats(density, "density"))
    if density.shape != (edges.size - 1,):
        raise ValueError(f"density must have shape {(edges.size - 1,)}, one entry a cell, got {density.shape}")
    function(drift, "drift"), function(half_g2, "half_g2")
    clock = 1.0 if grid[-1] > grid[0] else -1.0
    for k, (t, s) in enumerate(pairwise(grid)):
        density = _crank_nicolson(density, _bands_at((t + s) / 2, clock, drift, half_g2, edges), abs(s - t))
        if progress is not None:
            progress(k + 1, len(grid) - 1)
    return density


def _bands_at(
    t: float, clock: float, drift: Callable[[Floats, float], Any], half_g2: Callable[[float], float], edges: Floats
) -> tuple[Floats, Floats, Floats]:
    values = clock * _mean_drift(lambda x: drift(x, t), edges)
    return _bands(values, positive_number(half_g2(t), "half_g2(t)"), edges)


def _crank_nicolson(density: Floats, bands: tuple[Floats, Floats, Floats], h: float) -> Floats:
    upper, main, lower = (h / 2 * band for band in bands)
    explicit = (1 + main) * density
    explicit[:-1] += upper * density[1:]
    explicit[1:] += lower * density[:-1]
    implicit = np.stack([np.append(0.0, -upper), 1 - main, np.append(-lower, 0.0)])
    return solve_banded((1, 1), implicit, explicit)


def spectral_gap(log_density: Callable[[Floats], Any], edges: Any) -> float:
    """Smallest nonzero eigenvalue of minus the Langevin generator dx = (log p)' dt + sqrt(2) dw on the cells.

    It is the rate at which Langevin dynamics forgets its start: e^{-2 gap t} in chi-square divergence.

    Parameters
    ----------
    log_density : callable
        ``log_density(x)`` for a 1-D array x, of its shape, up to a constant.
    edges : array of shape (n + 1,)
        Boundaries of n >= 2 cells that hold all but a negligible part of the law.

    Raises
    ------
    ValueError
        If a shape is wrong or the edges do not increase.

    Notes
    -----
    Source: PD-E3.1.6b. Symmetrised with the square root of p the generator is -B B^T with bidiagonal B. The gap is the
    smallest eigenvalue of B^T B, which lacks the eigenvalue 0; only ratios of p enter, so no tail underflows. Rounding
    is about 1e-16 times the inverse squared cell width.

    Examples
    --------
    >>> round(spectral_gap(lambda x: -(x**2) / 2, np.linspace(-8.0, 8.0, 401)), 3)
    1.0
    """
    edges = _checked_edges(edges)
    centres, width = _centres(edges), np.diff(edges)
    log_p = floats(function(log_density, "log_density")(centres), "log_density")
    if log_p.shape != centres.shape:
        raise ValueError(f"log_density must return the shape of its argument, {centres.shape}, got {log_p.shape}")
    right, left = _rates(np.diff(log_p), np.diff(centres))
    out, into = right / width[:-1], left / width[1:]  # squares of B's two diagonals
    # Neighbouring faces share one cell: it lies right of the first and left of the second.
    shared = -np.sqrt(into[:-1] * out[1:])
    return float(eigvalsh_tridiagonal(out + into, shared, select="i", select_range=(0, 0))[0])
