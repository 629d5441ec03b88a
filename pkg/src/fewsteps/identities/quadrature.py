"""Quadrature of the joint law of clean data and noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import roots_hermitenorm

from fewsteps.arrays import integer_at_least
from fewsteps.identities.resolution import Resolution
from fewsteps.identities.rules import Rule
from fewsteps.laws import Law, noise_level
from fewsteps.objects import having

#: Nodes and weights.
Nodes = tuple[NDArray[np.float64], NDArray[np.float64]]

#: Joint outcomes that a quadrature rule may hold: beyond this a Monte Carlo rule is the better tool.
MOST_NODES = 2**22


def quadrature_rule(law: Law, alpha: float, sigma: float, n: int = 32, inner: int = 4) -> Rule:
    """Gauss-Hermite quadrature of the joint law of (x_0, eps), component by component; d <= 2.

    In every coordinate of a component's eigenbasis the pair (x_0, eps) is rotated into x and what x leaves open, which
    are independent: `n` nodes go along x, where models and scores are arbitrary functions, and `inner` nodes across,
    where the identities are polynomials of degree 2. A component that is a point has nothing left open: one node.

    Parameters
    ----------
    law : Law
    alpha, sigma : float
    n : int
        Nodes per coordinate of x, at least 1: exact for polynomials in x of degree 2n - 1.
    inner : int
        Nodes per coordinate of x_0 given x, at least 1: exact for polynomials in x_0 of degree 2 inner - 1.

    Returns
    -------
    Rule
        With K n^d inner^d outcomes. Errors of expectations say whether n is large enough; with n = 1 they are infinite,
        and with inner < 4 integrands are taken to be polynomials of degree 2 in x_0.

    Raises
    ------
    TypeError
        If the law is no mixture.
    ValueError
        If d > 2, or if the rule would hold more than `MOST_NODES` outcomes.

    Notes
    -----
    Source: PD-ED.2.2 (quadrature of Gaussian expectations), PD-E3.3.2. A score varies as fast as its mixture has
    narrow necks: modes 6 standard deviations apart leave an error of 1e-4 at n = 32, which n = 128 takes away.

    Examples
    --------
    >>> from fewsteps.identities.rules import expect
    >>> from fewsteps.laws import PointCloud
    >>> rule = quadrature_rule(PointCloud([[-1.0], [1.0]]), alpha=0.6, sigma=0.8)
    >>> rule
    Rule(64 nodes, d=1, alpha=0.6, sigma=0.8)
    >>> round(float(expect(rule, rule.noisy[:, 0] ** 2).value), 12)
    1.0
    """
    alpha, sigma = noise_level(alpha, sigma)
    n, inner = integer_at_least(n, 1, "n"), integer_at_least(inner, 1, "inner")
    K, d = having(law, ("means", "weights", "spectrum", "frames"), "law").means.shape
    inner = inner if np.any(law.spectrum > 0) else 1
    if d > 2:
        raise ValueError(f"quadrature is for d <= 2, got d = {d}: use monte_carlo_rule")
    if K * (n * inner) ** d > MOST_NODES:
        raise ValueError(f"a rule of {K * (n * inner) ** d} nodes is too large (most: {MOST_NODES}); lower n or inner")
    along, across = roots_hermitenorm(n), roots_hermitenorm(inner)
    nodes, weights = _tensor_nodes(along, across, d)
    std = np.sqrt(np.broadcast_to(law.spectrum, (K, d)))[:, None, :]
    angle = np.arctan2(sigma, alpha * std)  # of (alpha std, sigma): the direction in which x moves
    first, second = nodes[..., 0], nodes[..., 1]
    basis = np.swapaxes(np.broadcast_to(law.frames, (K, d, d)), 1, 2)
    clean = law.means[:, None, :] + (std * (np.cos(angle) * first + np.sin(angle) * second)) @ basis
    noise = (np.sin(angle) * first - np.cos(angle) * second) @ basis
    joint = (law.weights[:, None] * weights).ravel()
    varies = bool(sigma > 0 or alpha * std.max() > 0)
    grid = Resolution(K, n, inner, d, _normal(along), _normal(across), varies)
    return Rule(clean.reshape(-1, d), noise.reshape(-1, d), joint / joint.sum(), alpha, sigma, resolution=grid)


def _normal(nodes: Nodes) -> Nodes:
    """The rule for the standard normal law, whose weights sum to 1."""
    return nodes[0], nodes[1] / np.sqrt(2 * np.pi)


def _tensor_nodes(along: Nodes, across: Nodes, d: int) -> Nodes:
    """Standard normal nodes of shape ((n inner)^d, d, 2), along and across, and their weights."""
    (z, w), (y, v) = along, across
    n, inner = z.size, y.size
    plane = np.stack([np.repeat(z, inner), np.tile(y, n)], axis=-1)
    weight = np.outer(w, v).ravel() / (2 * np.pi)
    index = np.indices((n * inner,) * d).reshape(d, -1).T
    return plane[index], weight[index].prod(axis=-1)
