"""Stein's identity, Stein's unbiased risk estimate (SURE) and the Bayes risk."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace

from fewsteps.arrays import Array, positive_number, real_array, same_shape
from fewsteps.identities.models import ScalarField, VectorField, scalars, squared_norm, vectors
from fewsteps.identities.pairs import Pair
from fewsteps.identities.rules import Rule, compare, noisy_score
from fewsteps.laws import Law
from fewsteps.objects import having, instance


def stein(rule: Rule, law: Law, a: VectorField, div_a: ScalarField) -> Pair:
    """E div a(x) against -E a(x).score(x), with the score of the noisy law.

    Parameters
    ----------
    rule : Rule
        Made for `law`.
    law : Law
    a : callable, (n, d) -> (n, d)
    div_a : callable, (n, d) -> (n,)
        The divergence of `a`.

    Notes
    -----
    Source: PD-ED.2.2 (general form). `a` must be weakly differentiable: a step has derivative 0 almost everywhere, and
    the identity fails by the mass of the density on the step.

    Examples
    --------
    >>> from fewsteps.identities import quadrature_rule
    >>> from fewsteps.laws import GaussianMixture
    >>> law = GaussianMixture.on_line([-1.0, 1.0], 1.0)
    >>> stein(quadrature_rule(law, 1.0, 0.0, n=64), law, np.sin, lambda x: np.cos(x[:, 0])).agrees()
    True
    """
    score = noisy_score(rule, law)
    slope = (vectors(a, rule.noisy, "a") * score).sum(axis=1)
    return compare(rule, scalars(div_a, rule.noisy, "div_a"), -slope)


def stein_noise(rule: Rule, a: VectorField, div_a: ScalarField) -> Pair:
    """E[(x - alpha x_0).a(x)] against sigma^2 E div a(x): the same for Gaussian noise, where no score is needed.

    Notes
    -----
    Source: PD-ED.2.2 (vector form of the shifted Gaussian). A law of a single point gives it conditionally on x_0.

    Examples
    --------
    >>> from fewsteps.identities import quadrature_rule
    >>> from fewsteps.laws import PointCloud
    >>> rule = quadrature_rule(PointCloud([[0.0]]), 1.0, 1.0)
    >>> pair = stein_noise(rule, lambda x: x**3, lambda x: 3 * x[:, 0] ** 2)
    >>> round(pair.left.value, 9), round(pair.right.value, 9)
    (3.0, 3.0)
    """
    residual = instance(rule, Rule, "rule").noisy - rule.alpha * rule.clean
    left = (residual * vectors(a, rule.noisy, "a")).sum(axis=1)
    return compare(rule, left, rule.sigma**2 * scalars(div_a, rule.noisy, "div_a"))


def sure_values(x: Any, denoised: Any, div: Any, sigma: float) -> Array:
    """Stein's unbiased risk estimate |D(x) - x|^2 + 2 sigma^2 div D(x) - d sigma^2 of x = x_0 + sigma eps.

    Parameters
    ----------
    x, denoised : arrays of shape (..., d)
        Noisy samples and their denoised values D(x).
    div : array of shape (...)
        Divergence of D at x.
    sigma : float
        Above 0.

    Returns
    -------
    array of shape (...)
        One estimate a sample; a single one may be negative.

    Notes
    -----
    Source: PD-P3.3.7.

    Examples
    --------
    >>> sure_values([[1.0, 2.0]], [[0.5, 1.0]], [1.0], sigma=1.0)
    array([1.25])
    """
    x, denoised, div = real_array(x, "x"), real_array(denoised, "denoised"), real_array(div, "div")
    sigma = positive_number(sigma, "sigma")
    same_shape(x, denoised, "x and denoised")
    if x.ndim == 0 or tuple(div.shape) != tuple(x.shape[:-1]):
        raise ValueError(f"x must have shape (..., d) and div (...), got {tuple(x.shape)} and {tuple(div.shape)}")
    moved = array_namespace(x).sum((denoised - x) ** 2, axis=-1)
    return moved + 2 * sigma**2 * div - x.shape[-1] * sigma**2


def sure(rule: Rule, denoiser: VectorField, div: ScalarField) -> Pair:
    """The risk E|D(x) - x_0|^2 against E SURE, which does not look at x_0.

    Parameters
    ----------
    rule : Rule
        With alpha = 1 and sigma > 0.
    denoiser : callable, (n, d) -> (n, d)
        D, weakly differentiable.
    div : callable, (n, d) -> (n,)
        Its divergence.

    Raises
    ------
    ValueError
        If the rule's alpha is not 1.

    Notes
    -----
    Source: PD-P3.3.7, PD-E3.3.8.

    Examples
    --------
    >>> from fewsteps.identities import quadrature_rule
    >>> from fewsteps.laws import PointCloud
    >>> rule = quadrature_rule(PointCloud([[3.0]]), 1.0, 1.0)
    >>> pair = sure(rule, lambda x: x / 2, lambda x: np.full(len(x), 0.5))
    >>> round(pair.left.value, 9), round(pair.right.value, 9)
    (2.5, 2.5)
    """
    _unit_alpha(rule)
    denoised = vectors(denoiser, rule.noisy, "denoiser")
    estimate = sure_values(rule.noisy, denoised, scalars(div, rule.noisy, "div"), rule.sigma)
    return compare(rule, squared_norm(denoised - rule.clean), estimate)


def sure_as_matching(rule: Rule, s: VectorField, div: ScalarField) -> Pair:
    """E SURE / (2 sigma^4) of the denoiser x + sigma^2 s(x) against E[div s + |s|^2 / 2] + d / (2 sigma^2).

    It holds sample by sample: the gap has no Monte Carlo error.

    Parameters
    ----------
    rule : Rule
        With alpha = 1 and sigma > 0.
    s : callable, (n, d) -> (n, d)
    div : callable, (n, d) -> (n,)
        The divergence of `s`.

    Notes
    -----
    Source: PD-E3.3.9.

    Examples
    --------
    >>> from fewsteps.identities import monte_carlo_rule
    >>> from fewsteps.laws import Gaussian
    >>> rule = monte_carlo_rule(Gaussian([0.0], [1.0]), 1.0, 0.5, 10, np.random.default_rng(0))
    >>> sure_as_matching(rule, np.sin, lambda x: np.cos(x[:, 0])).agrees(errors=0.0)
    True
    """
    _unit_alpha(rule)
    values, trace, variance = vectors(s, rule.noisy, "s"), scalars(div, rule.noisy, "div"), rule.sigma**2
    estimate = sure_values(rule.noisy, rule.noisy + variance * values, rule.d + variance * trace, rule.sigma)
    implicit = trace + 0.5 * squared_norm(values)
    return compare(rule, estimate / (2 * variance**2), implicit + rule.d / (2 * variance))


def bayes_risk(rule: Rule, law: Law) -> Pair:
    """E tr Cov[x_0 | x] against (d sigma^2 - sigma^4 E|score|^2) / alpha^2: the least risk of any denoiser.

    Parameters
    ----------
    rule : Rule
        With alpha > 0; made for `law`.
    law : Law

    Notes
    -----
    Source: PD-E3.3.8.

    Examples
    --------
    >>> from fewsteps.identities import quadrature_rule
    >>> from fewsteps.laws import Gaussian
    >>> law = Gaussian([0.0], [3.0])
    >>> pair = bayes_risk(quadrature_rule(law, 1.0, 1.0), law)
    >>> round(pair.left.value, 12), round(pair.right.value, 12)
    (0.75, 0.75)
    """
    instance(rule, Rule, "rule")
    alpha, variance = positive_number(rule.alpha, "alpha of the rule"), rule.sigma**2
    fisher = squared_norm(noisy_score(rule, law))
    cov = np.asarray(having(law, ("posterior_cov",), "law").posterior_cov(rule.noisy, rule.alpha, rule.sigma))
    left = np.trace(cov, axis1=-2, axis2=-1)
    return compare(rule, left, (rule.d * variance - variance**2 * fisher) / alpha**2)


def _unit_alpha(rule: Rule) -> None:
    if instance(rule, Rule, "rule").alpha != 1:
        raise ValueError(f"SURE is stated for x = x_0 + sigma eps: the rule's alpha must be 1, got {rule.alpha:g}")
