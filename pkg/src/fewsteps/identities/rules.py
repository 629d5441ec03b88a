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

from fewsteps.arrays import floats, generator, integer_at_least, real_array, rounding, same_shape
from fewsteps.identities.pairs import Estimate, Pair
from fewsteps.identities.resolution import Resolution
from fewsteps.laws import Law, noise_level
from fewsteps.objects import having, instance


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
    resolution : Resolution, optional
        The grid of a quadrature rule, from which expectations have error estimates. Without one, and without samples,
        expectations are sums and their error is 0.

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
    resolution: Resolution | None = field(default=None, repr=False)
    noisy: NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        clean, noise = (floats(getattr(self, name), name) for name in ("clean", "noise"))
        given = real_array(self.weights, "weights", low=0.0)
        weights, slack = floats(given, "weights"), max(1e-9, rounding(given, 256))
        same_shape(clean, noise, "clean and noise")
        if clean.ndim != 2 or weights.shape != clean.shape[:1]:
            raise ValueError(f"clean must have shape (N, d) and weights (N,), got {clean.shape} and {weights.shape}")
        if abs(weights.sum() - 1) > slack:
            raise ValueError(f"weights must sum to 1, got {weights.sum():g}")
        weights = weights if slack == 1e-9 else weights / weights.sum()
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


def monte_carlo_rule(law: Law, alpha: float, sigma: float, n: int, rng: np.random.Generator) -> Rule:
    """`n` independent draws of (x_0, eps), any dimension; n at least 2. Any law with `sample` will do.

    Raises
    ------
    TypeError
        If the law has no `sample`, or `rng` is no generator.

    Examples
    --------
    >>> from fewsteps.laws import PointCloud
    >>> monte_carlo_rule(PointCloud([[-1.0], [1.0]]), 0.6, 0.8, 100, np.random.default_rng(0))
    Rule(100 samples, d=1, alpha=0.6, sigma=0.8)
    """
    n = integer_at_least(n, 2, "n")
    clean = having(law, ("sample",), "law").sample(n, generator(rng))
    return Rule(clean, rng.standard_normal(clean.shape), np.full(n, 1 / n), alpha, sigma, sampled=True)


def expect(rule: Rule, values: Any) -> Estimate:
    """Expectation of `values`, one number for every outcome of the rule.

    Parameters
    ----------
    rule : Rule
    values : array of shape (N,)

    Returns
    -------
    Estimate
        The weighted sum; its standard error if the rule is sampled, what the nodes miss if it is a quadrature (an upper
        estimate), else 0.

    Examples
    --------
    >>> rule = Rule([[1.0], [3.0]], [[0.0], [0.0]], [0.5, 0.5], alpha=1.0, sigma=1.0, sampled=True)
    >>> expect(rule, rule.clean[:, 0])
    Estimate(value=2.0, error=1.0)
    """
    instance(rule, Rule, "rule")
    return _expect(rule, values, "values")


def _expect(rule: Rule, values: Any, name: str) -> Estimate:
    values = floats(values, name)
    same_shape(values, rule.weights, f"{name} and weights")
    error = 0.0
    if rule.sampled:
        error = values.std(ddof=1) / np.sqrt(len(values))
    elif rule.resolution is not None:
        error = rule.resolution.error(rule.weights * values)
    return Estimate(float(rule.weights @ values), float(error))


def noisy_score(rule: Rule, law: Law) -> NDArray[np.float64]:
    """Score of the noisy law at every outcome of the rule; shape (N, d)."""
    instance(rule, Rule, "rule")
    return np.asarray(having(law, ("score",), "law").score(rule.noisy, rule.alpha, rule.sigma))


def compare(rule: Rule, left: Any, right: Any) -> Pair:
    """Pair of two expectations under one rule, with the standard error of their difference if the rule is sampled.

    Parameters
    ----------
    rule : Rule
    left, right : arrays of shape (N,)

    Examples
    --------
    >>> rule = Rule([[1.0], [3.0]], [[0.0], [0.0]], [0.5, 0.5], alpha=1.0, sigma=1.0, sampled=True)
    >>> pair = compare(rule, rule.clean[:, 0], rule.noisy[:, 0])
    >>> pair.left.error, pair.error
    (1.0, 0.0)
    """
    instance(rule, Rule, "rule")
    first, second = _expect(rule, left, "left"), _expect(rule, right, "right")
    gap = floats(left, "left") - floats(right, "right")
    return Pair(first, second, _expect(rule, gap, "gap").error if rule.sampled else 0.0)
