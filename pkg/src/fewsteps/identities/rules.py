"""Expectations over (x_0, eps, x), exact or sampled.

A rule is a weighted list of N joint outcomes: clean x_0, noise eps and noisy x = alpha x_0 + sigma eps, each of shape
(N, d). Every identity is evaluated under whichever rule it is handed: quadrature, where both sides must agree to
rounding, or Monte Carlo, where their difference must lie within its own standard error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import roots_hermitenorm

from fewsteps.arrays import generator, integer_at_least, real_array, same_shape
from fewsteps.identities.pairs import Estimate, Pair
from fewsteps.laws import Law, noise_level

#: Joint outcomes that a quadrature rule may hold: beyond this a Monte Carlo rule is the better tool.
MOST_NODES = 2**22


@dataclass(frozen=True, eq=False)
class Rule:
    """N weighted joint outcomes of (x_0, eps) and the noisy x = alpha x_0 + sigma eps that they give.

    Parameters
    ----------
    clean, noise : arrays of shape (N, d)
        x_0 and eps.
    weights : array of shape (N,)
        At least 0, summing to 1.
    alpha, sigma : float
    sampled : bool
        Whether the outcomes are independent draws, so that expectations have standard errors.

    Attributes
    ----------
    noisy : array of shape (N, d)

    Raises
    ------
    ValueError
        If the shapes disagree, the weights do not sum to 1, or samples are fewer than 2.

    Notes
    -----
    Source: PD-E3.3.2 (the joint law of clean and noisy data).

    Examples
    --------
    >>> Rule([[1.0], [-1.0]], [[0.5], [0.5]], [0.5, 0.5], alpha=0.6, sigma=0.8).noisy.ravel()
    array([ 1. , -0.2])
    """

    clean: NDArray[np.float64]
    noise: NDArray[np.float64]
    weights: NDArray[np.float64]
    alpha: float
    sigma: float
    sampled: bool = False
    noisy: NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        clean, noise = (np.asarray(real_array(getattr(self, name), name), float) for name in ("clean", "noise"))
        weights = np.asarray(real_array(self.weights, "weights", low=0.0), float)
        same_shape(clean, noise, "clean and noise")
        if clean.ndim != 2 or weights.shape != clean.shape[:1]:
            raise ValueError(f"clean must have shape (N, d) and weights (N,), got {clean.shape} and {weights.shape}")
        if abs(weights.sum() - 1) > 1e-9:
            raise ValueError(f"weights must sum to 1, got {weights.sum():g}")
        if self.sampled and len(weights) < 2:
            raise ValueError("a sampled rule needs at least 2 samples for its standard errors")
        alpha, sigma = noise_level(self.alpha, self.sigma)
        values = (clean, noise, weights, alpha, sigma, alpha * clean + sigma * noise)
        for name, value in zip(("clean", "noise", "weights", "alpha", "sigma", "noisy"), values, strict=True):
            object.__setattr__(self, name, value)

    @property
    def d(self) -> int:
        """Dimension."""
        return self.clean.shape[1]

    def __repr__(self) -> str:
        kind = "samples" if self.sampled else "nodes"
        return f"Rule({len(self.weights)} {kind}, d={self.d}, alpha={self.alpha:g}, sigma={self.sigma:g})"


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
        With K n^d inner^d outcomes.

    Raises
    ------
    ValueError
        If d > 2, or if the rule would hold more than `MOST_NODES` outcomes.

    Notes
    -----
    Source: PD-ED.2.2 (quadrature of Gaussian expectations), PD-E3.3.2.

    Examples
    --------
    >>> from fewsteps.laws import PointCloud
    >>> rule = quadrature_rule(PointCloud([[-1.0], [1.0]]), alpha=0.6, sigma=0.8)
    >>> rule
    Rule(64 nodes, d=1, alpha=0.6, sigma=0.8)
    >>> round(float(expect(rule, rule.noisy[:, 0] ** 2).value), 12)
    1.0
    """
    alpha, sigma = noise_level(alpha, sigma)
    n, inner = integer_at_least(n, 1, "n"), integer_at_least(inner, 1, "inner")
    K, d = law.means.shape
    inner = inner if np.any(law.spectrum > 0) else 1
    if d > 2:
        raise ValueError(f"quadrature is for d <= 2, got d = {d}: use monte_carlo_rule")
    if K * (n * inner) ** d > MOST_NODES:
        raise ValueError(f"a rule of {K * (n * inner) ** d} nodes is too large (most: {MOST_NODES}); lower n or inner")
    nodes, weights = _tensor_nodes(n, inner, d)
    std = np.sqrt(np.broadcast_to(law.spectrum, (K, d)))[:, None, :]
    angle = np.arctan2(sigma, alpha * std)  # of (alpha std, sigma): the direction in which x moves
    along, across = nodes[..., 0], nodes[..., 1]
    basis = np.swapaxes(np.broadcast_to(law.frames, (K, d, d)), 1, 2)
    clean = law.means[:, None, :] + (std * (np.cos(angle) * along + np.sin(angle) * across)) @ basis
    noise = (np.sin(angle) * along - np.cos(angle) * across) @ basis
    joint = (law.weights[:, None] * weights).ravel()
    return Rule(clean.reshape(-1, d), noise.reshape(-1, d), joint / joint.sum(), alpha, sigma)


def _tensor_nodes(n: int, inner: int, d: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Standard normal nodes of shape ((n inner)^d, d, 2), along and across, and their weights."""
    (z, w), (y, v) = roots_hermitenorm(n), roots_hermitenorm(inner)
    plane = np.stack([np.repeat(z, inner), np.tile(y, n)], axis=-1)
    weight = np.outer(w, v).ravel() / (2 * np.pi)
    index = np.indices((n * inner,) * d).reshape(d, -1).T
    return plane[index], weight[index].prod(axis=-1)


def monte_carlo_rule(law: Law, alpha: float, sigma: float, n: int, rng: np.random.Generator) -> Rule:
    """`n` independent draws of (x_0, eps), any dimension; n at least 2.

    Examples
    --------
    >>> from fewsteps.laws import PointCloud
    >>> monte_carlo_rule(PointCloud([[-1.0], [1.0]]), 0.6, 0.8, 100, np.random.default_rng(0))
    Rule(100 samples, d=1, alpha=0.6, sigma=0.8)
    """
    n = integer_at_least(n, 2, "n")
    clean = law.sample(n, generator(rng))
    return Rule(clean, rng.standard_normal(clean.shape), np.full(n, 1 / n), alpha, sigma, sampled=True)


def expect(rule: Rule, values: Any) -> Estimate:
    """Expectation of `values`, one number for every outcome of the rule.

    Parameters
    ----------
    values : array of shape (N,)

    Returns
    -------
    Estimate
        The weighted sum; its standard error if the rule is sampled, else 0.

    Examples
    --------
    >>> rule = Rule([[1.0], [3.0]], [[0.0], [0.0]], [0.5, 0.5], alpha=1.0, sigma=1.0, sampled=True)
    >>> expect(rule, rule.clean[:, 0])
    Estimate(value=2.0, error=1.0)
    """
    values = np.asarray(real_array(values, "values"), float)
    same_shape(values, rule.weights, "values and weights")
    error = values.std(ddof=1) / np.sqrt(len(values)) if rule.sampled else 0.0
    return Estimate(float(rule.weights @ values), float(error))


def noisy_score(rule: Rule, law: Law) -> NDArray[np.float64]:
    """Score of the noisy law at every outcome of the rule; shape (N, d)."""
    return np.asarray(law.score(rule.noisy, rule.alpha, rule.sigma))


def compare(rule: Rule, left: Any, right: Any) -> Pair:
    """Pair of two expectations under one rule, with the standard error of their difference.

    Parameters
    ----------
    left, right : arrays of shape (N,)

    Examples
    --------
    >>> rule = Rule([[1.0], [3.0]], [[0.0], [0.0]], [0.5, 0.5], alpha=1.0, sigma=1.0, sampled=True)
    >>> pair = compare(rule, rule.clean[:, 0], rule.noisy[:, 0])
    >>> pair.left.error, pair.error
    (1.0, 0.0)
    """
    first, second = expect(rule, left), expect(rule, right)
    return Pair(first, second, expect(rule, np.asarray(left) - np.asarray(right)).error)
