"""Score matching for general linear operators, and traces from random probes.

A linear operator L acts on densities; its ratio L p / p plays the score's part. Ratios here are callables
``ratio(law, x, alpha, sigma)`` on x of shape (n, d), with values of shape (n, k).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import floats, integer_at_least
from fewsteps.identities.models import ScalarField, VectorField, features, scalars, squared_norm
from fewsteps.identities.pairs import Estimate, Pair
from fewsteps.identities.rules import Rule, compare
from fewsteps.laws import Law, noise_level
from fewsteps.objects import function, having, instance, one_of

Ratio = Callable[[Law, NDArray[np.float64], float, float], NDArray[np.float64]]


def generalised_fisher(rule: Rule, law: Law, s: VectorField, adjoint_s: ScalarField, ratio: Ratio) -> Pair:
    """1/2 E|s - Lp/p|^2 - 1/2 E|Lp/p|^2 against E[1/2 |s|^2 - L^dagger s], which needs no density.

    Parameters
    ----------
    rule : Rule
        Made for `law`.
    law : Law
    s : callable, (n, d) -> (n, k)
        A model of Lp/p.
    adjoint_s : callable, (n, d) -> (n,)
        L^dagger s, with the adjoint defined by the integral of (L f).g being that of f L^dagger g.
    ratio : callable
        `gradient_ratio`, `laplacian_ratio`, `hessian_ratio`, `denoiser_ratio`, or one's own.

    Notes
    -----
    Source: PD-D3.3.10, PD-E3.3.12. The adjoints are -div s for the gradient, the Laplacian of s for the Laplacian,
    sum_ij d_i d_j s_ij for the Hessian and x.s - sigma^2 div s for the denoiser.

    Examples
    --------
    >>> from fewsteps.identities import quadrature_rule
    >>> from fewsteps.laws import Gaussian
    >>> law = Gaussian([0.0], [1.0])
    >>> rule = quadrature_rule(law, 1.0, 0.0)
    >>> generalised_fisher(rule, law, np.sin, lambda x: -np.cos(x[:, 0]), gradient_ratio).agrees()
    True
    """
    instance(rule, Rule, "rule")
    function(ratio, "ratio")
    model = features(s, rule.noisy, "s")
    truth = features(lambda x: ratio(law, x, rule.alpha, rule.sigma), rule.noisy, "ratio")
    if truth.shape != model.shape:
        raise ValueError(f"s(x) and ratio(x) must have the same shape, got {model.shape} and {truth.shape}")
    left = 0.5 * squared_norm(model - truth) - 0.5 * squared_norm(truth)
    return compare(rule, left, 0.5 * squared_norm(model) - scalars(adjoint_s, rule.noisy, "adjoint_s"))


def gradient_ratio(law: Law, x: Any, alpha: float = 1.0, sigma: float = 0.0) -> NDArray[np.float64]:
    """grad p / p, the score; shape (n, d).

    Examples
    --------
    >>> from fewsteps.laws import Gaussian
    >>> gradient_ratio(Gaussian([0.0], [1.0]), np.array([[2.0]]))
    array([[-2.]])
    """
    return np.asarray(having(law, ("score",), "law").score(floats(x, "x"), alpha, sigma))


def hessian_ratio(law: Law, x: Any, alpha: float = 1.0, sigma: float = 0.0) -> NDArray[np.float64]:
    """Hessian of p over p, which is that of log p plus score score^T, flattened; shape (n, d^2).

    Notes
    -----
    Source: PD-E3.3.12.

    Examples
    --------
    >>> from fewsteps.laws import Gaussian
    >>> hessian_ratio(Gaussian([0.0], [1.0]), np.array([[2.0]]))
    array([[3.]])
    """
    score = gradient_ratio(law, x, alpha, sigma)
    full = (
        np.asarray(having(law, ("hessian",), "law").hessian(floats(x, "x"), alpha, sigma))
        + score[..., :, None] * score[..., None, :]
    )
    return full.reshape(*score.shape[:-1], law.d**2)


def laplacian_ratio(law: Law, x: Any, alpha: float = 1.0, sigma: float = 0.0) -> NDArray[np.float64]:
    """Laplacian of p over p; shape (n, 1).

    Examples
    --------
    >>> from fewsteps.laws import Gaussian
    >>> laplacian_ratio(Gaussian([0.0, 0.0], [1.0, 1.0]), np.array([[2.0, 0.0]]))
    array([[2.]])
    """
    full = hessian_ratio(law, x, alpha, sigma)
    diagonal = full[..., :: law.d + 1]
    return np.asarray(diagonal.sum(axis=-1, keepdims=True), float)


def denoiser_ratio(law: Law, x: Any, alpha: float = 1.0, sigma: float = 0.0) -> NDArray[np.float64]:
    """L p / p for L f = x f + sigma^2 grad f, which is alpha E[x_0 | x]; shape (n, d).

    Notes
    -----
    Source: PD-E3.3.12 (corrected: the source prints x f').

    Examples
    --------
    >>> from fewsteps.laws import Gaussian
    >>> denoiser_ratio(Gaussian([0.0], [1.0]), np.array([[2.0]]), alpha=1.0, sigma=1.0)
    array([[1.]])
    """
    x, (alpha, sigma) = floats(x, "x"), noise_level(alpha, sigma)
    return np.asarray(x + sigma**2 * gradient_ratio(law, x, alpha, sigma))


def rademacher_cube(d: int) -> NDArray[np.float64]:
    """All 2^d vectors of signs, shape (2^d, d): means over them are exact expectations over Rademacher probes.

    Raises
    ------
    ValueError
        If d is not between 1 and 16.

    Examples
    --------
    >>> rademacher_cube(2).tolist()
    [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]
    """
    d = integer_at_least(d, 1, "d")
    if d > 16:
        raise ValueError(f"d must be at most 16, for there are 2^d vectors, got {d}")
    bits = (np.arange(2**d)[:, None] >> np.arange(d)[::-1]) & 1
    return 2 * bits.astype(float) - 1


def hutchinson_trace(A: Any, probes: Any) -> Estimate:
    """Estimate the trace of `A` by the mean of u.Au over random probes u.

    Parameters
    ----------
    A : array of shape (d, d)
    probes : array of shape (m, d)
        m >= 2 independent probes with mean 0 and covariance I.

    Returns
    -------
    Estimate
        With the standard error over the probes.

    Notes
    -----
    Source: PD-E3.3.1h.

    Examples
    --------
    >>> hutchinson_trace([[1.0, 2.0], [2.0, 3.0]], rademacher_cube(2)).value
    4.0
    """
    A, probes = _square(A), floats(probes, "probes")
    if probes.ndim != 2 or probes.shape[1] != len(A) or len(probes) < 2:
        raise ValueError(f"probes must have shape (m, {len(A)}) with m >= 2, got {probes.shape}")
    values = ((probes @ A) * probes).sum(axis=1)
    return Estimate(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))


def hutchinson_variance(A: Any, kind: str = "rademacher") -> float:
    """Variance of u.Au for one probe: 2 |S|_F^2 for Gaussian u, off the diagonal only for Rademacher u.

    Parameters
    ----------
    A : array of shape (d, d)
        Only its symmetric part S matters.
    kind : {"rademacher", "gaussian"}

    Notes
    -----
    Source: PD-E3.3.1h.

    Examples
    --------
    >>> hutchinson_variance([[1.0, 2.0], [2.0, 3.0]]), hutchinson_variance([[1.0, 2.0], [2.0, 3.0]], "gaussian")
    (16.0, 36.0)
    """
    one_of(kind, ("rademacher", "gaussian"), "kind")
    A = _square(A)
    symmetric = (A + A.T) / 2
    lost = np.sum(np.diag(A) ** 2) if kind == "rademacher" else 0.0
    return float(2 * (np.sum(symmetric**2) - lost))


def _square(A: Any) -> NDArray[np.float64]:
    A = floats(A, "A")
    if A.ndim != 2 or A.shape[0] != A.shape[1] or A.size == 0:
        raise ValueError(f"A must have shape (d, d) with d >= 1, got {A.shape}")
    return A
