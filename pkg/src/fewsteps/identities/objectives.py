"""Four score-matching objectives, as expectations under a rule.

All run over the noisy x of the rule at its level (alpha, sigma); score models are functions of x alone. The functions
that end in `_values` give the integrand at every outcome, shape (N,).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import floats
from fewsteps.identities.models import ScalarField, VectorField, products, scalars, squared_norm, vectors
from fewsteps.identities.pairs import Estimate
from fewsteps.identities.rules import Rule, expect
from fewsteps.objects import instance


def explicit_score_matching(rule: Rule, s: VectorField, score: VectorField) -> Estimate:
    """1/2 E|s(x) - score(x)|^2: the objective that needs the true score.

    Parameters
    ----------
    rule : Rule
    s, score : callables, (n, d) -> (n, d)
        The model and the truth.

    Notes
    -----
    Source: PD-E3.2.1.

    Examples
    --------
    >>> rule = Rule([[1.0], [-1.0]], [[0.0], [0.0]], [0.5, 0.5], alpha=1.0, sigma=1.0)
    >>> explicit_score_matching(rule, lambda x: -x, lambda x: 0 * x)
    Estimate(value=0.5, error=0.0)
    """
    instance(rule, Rule, "rule")
    return expect(rule, 0.5 * squared_norm(vectors(s, rule.noisy, "s") - vectors(score, rule.noisy, "score")))


def implicit_score_matching(rule: Rule, s: VectorField, div: ScalarField) -> Estimate:
    """E[div s(x) + 1/2 |s(x)|^2]: Hyvarinen's objective, which needs no score.

    Parameters
    ----------
    rule : Rule
    s : callable, (n, d) -> (n, d)
    div : callable, (n, d) -> (n,)
        The divergence of `s`.

    Notes
    -----
    Source: PD-P3.2.1.

    Examples
    --------
    >>> rule = Rule([[1.0], [-1.0]], [[0.0], [0.0]], [0.5, 0.5], alpha=1.0, sigma=1.0)
    >>> implicit_score_matching(rule, lambda x: -x, lambda x: -np.ones(len(x)))
    Estimate(value=-0.5, error=0.0)
    """
    return expect(rule, implicit_values(rule, s, div))


def sliced_score_matching(rule: Rule, s: VectorField, jvp: Callable[..., Any], probes: NDArray[np.float64]) -> Estimate:
    """E[u.J(x)u + 1/2 (u.s(x))^2] over x and probes u: one Jacobian-vector product a probe instead of a trace.

    Parameters
    ----------
    rule : Rule
    s : callable, (n, d) -> (n, d)
    jvp : callable
        ``jvp(x, u)`` = J(x) u for x and u of shape (n, d).
    probes : array of shape (m, d) or (m, N, d)
        m equally weighted probes with mean 0 and covariance I. Shape (m, d) lets all N outcomes share them, as
        `rademacher_cube` does for exact expectations. Random probes belong in shape (m, N, d), fresh for every
        sample: only then is the standard error honest.

    Notes
    -----
    Source: PD-E3.3.1h.

    Examples
    --------
    >>> rule = Rule([[1.0], [-1.0]], [[0.0], [0.0]], [0.5, 0.5], alpha=1.0, sigma=1.0)
    >>> sliced_score_matching(rule, lambda x: -x, lambda x, u: -u, np.array([[1.0], [-1.0]]))
    Estimate(value=-0.5, error=0.0)
    """
    return expect(rule, sliced_values(rule, s, jvp, probes))


def denoising_score_matching(rule: Rule, s: VectorField) -> Estimate:
    """1/2 E|s(x) + eps / sigma|^2: regression on the conditional score -(x - alpha x_0) / sigma^2 = -eps / sigma.

    Parameters
    ----------
    rule : Rule
        With sigma > 0.
    s : callable, (n, d) -> (n, d)

    Notes
    -----
    Source: PD-E3.3.2, PD-E3.3.4.

    Examples
    --------
    >>> rule = Rule([[0.0], [0.0]], [[1.0], [-1.0]], [0.5, 0.5], alpha=1.0, sigma=1.0)
    >>> denoising_score_matching(rule, lambda x: -2 * x)
    Estimate(value=0.5, error=0.0)
    """
    return expect(rule, denoising_values(rule, s))


def positive_noise(rule: Rule) -> float:
    """Sigma of the rule; ValueError if it is 0, for without noise there is no conditional score."""
    if instance(rule, Rule, "rule").sigma == 0:
        raise ValueError("denoising needs noise: the rule's sigma must be positive, got 0")
    return rule.sigma


def implicit_values(rule: Rule, s: VectorField, div: ScalarField) -> NDArray[np.float64]:
    """Integrand of `implicit_score_matching`, shape (N,)."""
    instance(rule, Rule, "rule")
    return scalars(div, rule.noisy, "div") + 0.5 * squared_norm(vectors(s, rule.noisy, "s"))


def denoising_values(rule: Rule, s: VectorField) -> NDArray[np.float64]:
    """Integrand of `denoising_score_matching`, shape (N,)."""
    sigma = positive_noise(rule)
    return 0.5 * squared_norm(vectors(s, rule.noisy, "s") + rule.noise / sigma)


def sliced_values(rule: Rule, s: VectorField, jvp: Callable[..., Any], probes: Any) -> NDArray[np.float64]:
    """Integrand of `sliced_score_matching`, averaged over the probes; shape (N,)."""
    probes = floats(probes, "probes")
    N, d = instance(rule, Rule, "rule").noisy.shape
    if probes.shape[1:] not in ((d,), (N, d)) or len(probes) == 0:
        raise ValueError(f"probes must have shape (m, {d}) or (m, {N}, {d}), got {probes.shape}")
    values, total = vectors(s, rule.noisy, "s"), np.zeros(N)
    for probe in probes:
        u = np.broadcast_to(probe, (N, d))
        slope = (u * products(jvp, rule.noisy, u)).sum(axis=-1)
        total += slope + 0.5 * (u * values).sum(axis=-1) ** 2
    return total / len(probes)
