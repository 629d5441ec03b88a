"""Gauss-Legendre quadrature on the triangle 0 <= t <= r <= horizon and on its sides."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import floats, integer_at_least

Floats = NDArray[np.float64]


def panels(nodes: int, breaks: Any = (), length: float = 1.0) -> tuple[Floats, Floats]:
    """Nodes and weights of the composite rule on [0, length] with panels that end at `breaks`; shape (P nodes,).

    Raises
    ------
    ValueError
        If a break does not lie inside (0, length).

    Examples
    --------
    >>> where, weights = panels(2, breaks=[0.5])
    >>> where.size, round(float(weights @ abs(where - 0.5)), 12)
    (4, 0.25)
    """
    ends = _ends(breaks, length)
    z, w = np.polynomial.legendre.leggauss(integer_at_least(nodes, 1, "nodes"))
    widths = np.diff(ends)[:, None]
    return (ends[:-1, None] + widths * (z + 1) / 2).ravel(), (widths * w / 2).ravel()


def triangle(nodes: int, breaks: Any = (), gaps: Any = (), length: float = 1.0) -> tuple[Floats, Floats, Floats]:
    """Nodes r, t and weights for integrals dr dt over 0 <= t <= r <= length.

    Parameters
    ----------
    nodes : int
        Of the rule in one direction, on one panel.
    breaks : array of shape (P,)
        Times at which the integrand has kinks in r or in t.
    gaps : array of shape (P,)
        Gaps r - t at which panels end, for layers along the diagonal; one of the two lists only.

    Returns
    -------
    r, t, weights : arrays of one shape (N,)

    Raises
    ------
    ValueError
        If both lists are given, or an entry lies outside (0, length).

    Examples
    --------
    >>> r, t, weights = triangle(4)
    >>> round(float(weights.sum()), 12), round(float(weights @ (r - t)), 12)
    (0.5, 0.166666666667)
    """
    if len(breaks) and len(gaps):
        raise ValueError("breaks and gaps must not both be given")
    if len(gaps):
        tau, weight = panels(nodes, gaps, length)
        u, w = panels(nodes)
        t = (length - tau)[:, None] * u
        return (t + tau[:, None]).ravel(), t.ravel(), (((length - tau) * weight)[:, None] * w).ravel()
    blocks = [_block(nodes, low, high) for low, high in _pairs(_ends(breaks, length))]
    r, t, weights = (np.concatenate(part) for part in zip(*blocks, strict=True))
    return r, t, weights


def between(tau: Floats, nodes: int, gaps: Any = ()) -> tuple[Floats, Floats]:
    """Nodes and weights in kappa on [0, 1] for every gap `tau` of shape (N,); shape (N, M).

    With `gaps` the panels end where kappa tau or (1 - kappa) tau is one of them: the layers of a triangle's `gaps`
    that the two jumps of a semigroup residual meet.

    Examples
    --------
    >>> kappa, weights = between(np.array([1.0, 0.1]), 3, gaps=[0.2])
    >>> kappa.shape, weights.sum(axis=1).round(12)
    ((2, 12), array([1., 1.]))
    """
    inner = np.asarray(sorted(gaps), dtype=float)
    left = np.minimum(inner / tau[:, None], 0.5) if inner.size else np.zeros((tau.size, 0))
    middle = [np.full((tau.size, 1), 0.5)] if inner.size else []
    ends = [np.zeros((tau.size, 1)), left, *middle, 1 - left[:, ::-1], np.ones((tau.size, 1))]
    edges = np.concatenate(ends, axis=1)
    z, w = np.polynomial.legendre.leggauss(nodes)
    widths = np.diff(edges, axis=1)[:, :, None]
    kappa, weights = edges[:, :-1, None] + widths * (z + 1) / 2, widths * w / 2
    return kappa.reshape(tau.size, -1), weights.reshape(tau.size, -1)


def inside(values: Any, length: float, name: str) -> Floats:
    """Return times or gaps as an array of shape (P,) if they lie strictly between 0 and `length`.

    Examples
    --------
    >>> inside([0.5], 1.0, "breaks")
    array([0.5])
    """
    inner = floats(values, name)
    if inner.ndim != 1 or np.any(inner <= 0) or np.any(inner >= length):
        raise ValueError(f"{name} must lie strictly between 0 and {length:g}, got {values!r}")
    return inner


def _ends(breaks: Any, length: float) -> Floats:
    """Ends of the panels."""
    return np.concatenate([[0.0], np.unique(inside(breaks, length, "breaks")), [length]])


def _pairs(ends: Floats) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Pairs of panels (for t, for r) on or below the diagonal."""
    steps = list(pairwise(ends.tolist()))
    return [(steps[i], steps[j]) for j in range(len(steps)) for i in range(j + 1)]


def _block(nodes: int, low: tuple[float, float], high: tuple[float, float]) -> tuple[Floats, Floats, Floats]:
    """The rule on one rectangle, or on the triangle that a diagonal square has below it."""
    u, w = panels(nodes)
    r, weight = (high[0] + (high[1] - high[0]) * u)[:, None], ((high[1] - high[0]) * w)[:, None]
    width = r - low[0] if low == high else low[1] - low[0] + 0 * r
    return (r + 0 * u).ravel(), (low[0] + width * u).ravel(), (weight * width * w).ravel()
