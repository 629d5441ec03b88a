"""Identities between the score-matching objectives: they are one objective up to constants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import floats, same_shape
from fewsteps.identities.models import ScalarField, VectorField, features, scalars, squared_norm, vectors
from fewsteps.identities.objectives import denoising_values, implicit_values, positive_noise, sliced_values
from fewsteps.identities.pairs import Pair
from fewsteps.identities.rules import Rule, compare, noisy_score
from fewsteps.laws import Law
from fewsteps.objects import having, instance


def hyvarinen(rule: Rule, law: Law, s: VectorField, div: ScalarField) -> Pair:
    """Explicit score matching against Hyvarinen's objective plus 1/2 E|score|^2.

    The law must be the one that the rule was made for; so too in the other identities. Under another one the sides
    disagree.

    Parameters
    ----------
    rule : Rule
    law : Law
    s : callable, (n, d) -> (n, d)
    div : callable, (n, d) -> (n,)
        The divergence of `s`, trusted.

    Notes
    -----
    Source: PD-P3.2.1. The density times `s` must decay, or a boundary term remains.

    Examples
    --------
    >>> from fewsteps.identities import quadrature_rule
    >>> from fewsteps.laws import Gaussian
    >>> law = Gaussian([0.0], [1.0])
    >>> pair = hyvarinen(quadrature_rule(law, 1.0, 0.5), law, lambda x: -2 * x, lambda x: -2 * np.ones(len(x)))
    >>> round(pair.left.value, 12), pair.agrees()
    (0.9, True)
    """
    score = noisy_score(rule, law)
    left = 0.5 * squared_norm(vectors(s, rule.noisy, "s") - score)
    return compare(rule, left, implicit_values(rule, s, div) + 0.5 * squared_norm(score))


def sliced(rule: Rule, law: Law, s: VectorField, jvp: Callable[..., Any], probes: NDArray[np.float64]) -> Pair:
    """Explicit score matching against the sliced objective plus 1/2 E|score|^2; arguments as for those two.

    Notes
    -----
    Source: PD-E3.3.1h.

    Examples
    --------
    >>> from fewsteps.identities import quadrature_rule, rademacher_cube
    >>> from fewsteps.laws import Gaussian
    >>> law = Gaussian([0.0, 0.0], [1.0, 1.0])
    >>> rule = quadrature_rule(law, 1.0, 0.5, n=8)
    >>> sliced(rule, law, lambda x: -2 * x, lambda x, u: -2 * u, rademacher_cube(2)).agrees()
    True
    """
    score = noisy_score(rule, law)
    left = 0.5 * squared_norm(vectors(s, rule.noisy, "s") - score)
    return compare(rule, left, sliced_values(rule, s, jvp, probes) + 0.5 * squared_norm(score))


def vincent(rule: Rule, law: Law, s: VectorField) -> Pair:
    """Explicit score matching against denoising score matching plus C = -1/2 E tr Cov[-eps / sigma | x].

    Parameters
    ----------
    rule : Rule
        With sigma > 0.
    law : Law
    s : callable, (n, d) -> (n, d)

    Notes
    -----
    Source: PD-T3.3.1. C does not depend on `s`, so both objectives have one minimiser and the same gradients.

    Examples
    --------
    >>> from fewsteps.identities import quadrature_rule
    >>> from fewsteps.laws import PointCloud
    >>> law = PointCloud([[-1.0], [1.0]])
    >>> vincent(quadrature_rule(law, 1.0, 1.0, n=64), law, np.tanh).agrees()
    True
    """
    score = noisy_score(rule, law)
    left = 0.5 * squared_norm(vectors(s, rule.noisy, "s") - score)
    return compare(rule, left, denoising_values(rule, s) - 0.5 * _conditional_spread(rule, law))


def denoising_constant(rule: Rule, law: Law) -> Pair:
    """C of `vincent` in its two forms: -1/2 E tr Cov[-eps / sigma | x] and 1/2 E|score|^2 - 1/2 E|eps / sigma|^2.

    Notes
    -----
    Source: PD-T3.3.1. For data N(0, lam I) both are -(d/2) lam / (sigma^2 (lam + sigma^2)) at alpha = 1.

    Examples
    --------
    >>> from fewsteps.identities import quadrature_rule
    >>> from fewsteps.laws import Gaussian
    >>> law = Gaussian([0.0], [3.0])
    >>> pair = denoising_constant(quadrature_rule(law, 1.0, 1.0), law)
    >>> round(pair.left.value, 12), round(pair.right.value, 12)
    (-0.375, -0.375)
    """
    sigma = positive_noise(rule)
    right = squared_norm(noisy_score(rule, law)) - squared_norm(rule.noise) / sigma**2
    return compare(rule, -0.5 * _conditional_spread(rule, law), 0.5 * right)


def regression_pythagoras(
    rule: Rule, predict: VectorField, target: Any, conditional_mean: VectorField, conditional_trace: ScalarField
) -> Pair:
    """E|predict(x) - Y|^2 against E|predict(x) - E[Y|x]|^2 + E tr Cov[Y|x].

    Parameters
    ----------
    rule : Rule
    predict : callable, (n, d) -> (n, k)
    target : array of shape (N, k)
        Y at the rule's outcomes, for instance ``rule.clean``, ``rule.noise`` or ``-rule.noise / rule.sigma``.
    conditional_mean : callable, (n, d) -> (n, k)
        E[Y | x].
    conditional_trace : callable, (n, d) -> (n,)
        The trace of Cov[Y | x].

    Notes
    -----
    Source: PD-R3.3.1. Regression on Y and on E[Y|x] differ by a floor that no prediction moves.

    Examples
    --------
    >>> from fewsteps.identities import quadrature_rule
    >>> from fewsteps.laws import Gaussian
    >>> rule = quadrature_rule(Gaussian([0.0], [1.0]), 0.6, 0.8)
    >>> mean, trace = lambda x: 0.6 * x, lambda x: np.full(len(x), 0.64)
    >>> regression_pythagoras(rule, np.tanh, rule.clean, mean, trace).agrees()
    True
    """
    instance(rule, Rule, "rule")
    target = floats(target, "target")
    guess = features(predict, rule.noisy, "predict")
    mean = features(conditional_mean, rule.noisy, "conditional_mean")
    same_shape(guess, target, "predict(x) and target")
    same_shape(guess, mean, "predict(x) and conditional_mean(x)")
    floor = scalars(conditional_trace, rule.noisy, "conditional_trace")
    return compare(rule, squared_norm(guess - target), squared_norm(guess - mean) + floor)


def _conditional_spread(rule: Rule, law: Law) -> NDArray[np.float64]:
    """Trace of Cov[-eps / sigma | x] = alpha^2 / sigma^4 Cov[x_0 | x] at every outcome."""
    cov = having(law, ("posterior_cov",), "law").posterior_cov(rule.noisy, rule.alpha, rule.sigma)
    return rule.alpha**2 / positive_noise(rule) ** 4 * np.trace(cov, axis1=-2, axis2=-1)
