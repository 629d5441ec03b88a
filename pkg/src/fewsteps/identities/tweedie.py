"""Tweedie's formula to fourth order: derivatives of the noisy log-density are cumulants of the posterior.

Along a direction u, at x = alpha x_0 + sigma eps and for every order k,

    alpha^k kappa_k(u.x_0 | x) = sigma^{2k} d_u^k log p(x) + (u.x if k = 1, sigma^2 |u|^2 if k = 2).

The left side comes from the posterior as a mixture, the right one from the density alone. Points may be NumPy arrays or
torch tensors, of shape (..., d).
"""

from __future__ import annotations

import math
from typing import Any

from array_api_compat import array_namespace

from fewsteps.arrays import Array, as_kind, integer_at_least, like, real_array
from fewsteps.identities.pairs import Pair, pointwise
from fewsteps.laws import Law, noise_level
from fewsteps.objects import instance

#: The highest order that is written out.
HIGHEST = 4


def tweedie(law: Law, x: Any, direction: Any, alpha: float, sigma: float, order: int) -> Pair:
    """alpha^k kappa_k(u.x_0 | x) against sigma^{2k} d_u^k log p(x), plus u.x for k = 1 and sigma^2 |u|^2 for k = 2.

    Parameters
    ----------
    law : Law
    x : array of shape (..., d)
    direction : array of shape (d,)
        u, of any length.
    alpha, sigma : float
    order : int
        k, from 1 to 4.

    Returns
    -------
    Pair
        Of arrays of shape (...).

    Raises
    ------
    ValueError
        If the order or a shape is off, or the law has no density at this level.

    Notes
    -----
    Source: PD-L3.3.2 (order 1), PD-E3.3.H2.

    Examples
    --------
    >>> from fewsteps.laws import PointCloud
    >>> pair = tweedie(PointCloud([[-1.0], [1.0]]), [[0.5]], [1.0], alpha=1.0, sigma=1.0, order=1)
    >>> pair.left.value.round(9), pair.right.value.round(9)  # tanh(1/2)
    (array([0.46211716]), array([0.46211716]))
    """
    order = _order(order)
    x, u = _checked(law, x, direction)
    xp, (alpha, sigma) = array_namespace(x), noise_level(alpha, sigma)
    left = alpha**order * posterior_cumulants(law, x, u, alpha, sigma, order)[-1]
    right = sigma ** (2 * order) * log_density_derivatives(law, x, u, alpha, sigma, order)[-1]
    if order == 1:
        right = right + x @ u
    if order == 2:
        right = right + sigma**2 * xp.sum(u * u)
    return pointwise(left, right)


def posterior_cumulants(law: Law, x: Any, direction: Any, alpha: float, sigma: float, order: int = HIGHEST) -> Array:
    """Cumulants kappa_1, ..., kappa_order of u.x_0 given alpha x_0 + sigma eps = x; shape (order, ...).

    The posterior is a mixture of the components' Gaussian posteriors; central moments are taken about its mean.
    Arguments as for `tweedie`.

    Notes
    -----
    Source: PD-E3.3.H2. The fourth cumulant is not the fourth central moment.

    Examples
    --------
    >>> from fewsteps.laws import PointCloud
    >>> posterior_cumulants(PointCloud([[-1.0], [1.0]]), [0.0], [1.0], alpha=1.0, sigma=1.0)
    array([ 0.,  1.,  0., -2.])
    """
    order = _order(order)
    x, u = _checked(law, x, direction)
    xp, (alpha, sigma) = array_namespace(x), noise_level(alpha, sigma)
    weight = law.responsibilities(x, alpha, sigma)
    offset, v, var, lam = _along(law, x, u, alpha, sigma)
    centre = like(law.means, x) @ u + xp.sum(v * (alpha * lam / var) * offset, axis=-1)
    spread = xp.sum(v * v * lam * sigma**2 / var, axis=-1)
    mean = xp.sum(weight * centre, axis=-1)
    shift = centre - mean[..., None]
    second = xp.sum(weight * (spread + shift**2), axis=-1)
    third = xp.sum(weight * (3 * spread * shift + shift**3), axis=-1)
    fourth = xp.sum(weight * (3 * spread**2 + 6 * spread * shift**2 + shift**4), axis=-1)
    return xp.stack([mean, second, third, fourth - 3 * second**2][:order])


def log_density_derivatives(
    law: Law, x: Any, direction: Any, alpha: float, sigma: float, order: int = HIGHEST
) -> Array:
    """Derivatives d_u^k log p(x) of the noisy log-density for k = 1, ..., order; shape (order, ...).

    Along u a component is exp(b tau - a tau^2 / 2) times its value, the generating function of Hermite polynomials.
    They are taken after the slope of log p has been removed, so that nothing cancels in the tails. Arguments as for
    `tweedie`.

    Notes
    -----
    Source: PD-E3.3.H2.

    Examples
    --------
    >>> from fewsteps.laws import Gaussian
    >>> log_density_derivatives(Gaussian([0.0], [1.0]), [3.0], [1.0], alpha=1.0, sigma=1.0).round(9) + 0
    array([-1.5, -0.5,  0. ,  0. ])
    """
    order = _order(order)
    x, u = _checked(law, x, direction)
    xp, (alpha, sigma) = array_namespace(x), noise_level(alpha, sigma)
    offset, v, var, _ = _along(law, x, u, alpha, sigma)
    log_part = -0.5 * xp.sum(offset**2 / var + xp.log(2 * math.pi * var), axis=-1) + xp.log(like(law.weights, x))
    share = xp.exp(log_part - law.log_prob(x, alpha, sigma)[..., None])
    slope, curvature = -xp.sum(v * offset / var, axis=-1), xp.sum(v * v / var, axis=-1)
    first = xp.sum(share * slope, axis=-1)
    hermite = _hermite(slope - first[..., None], curvature)
    second, third, fourth = (xp.sum(share * value, axis=-1) for value in hermite)
    return xp.stack([first, second, third, fourth - 3 * second**2][:order])


def _hermite(b: Array, a: Array) -> tuple[Array, Array, Array]:
    """Second to fourth derivative of exp(b tau - a tau^2 / 2) at tau = 0."""
    return b**2 - a, b**3 - 3 * a * b, b**4 - 6 * a * b**2 + 3 * a**2


def _along(law: Law, x: Array, u: Array, alpha: float, sigma: float) -> tuple[Array, Array, Array, Array]:
    """In every component's eigenbasis: x - alpha mu (..., K, d), u, the noisy variances and lam (K or 1, d)."""
    frames, lam = like(law.frames, x), like(law.spectrum, x)
    offset = (x[..., None, :] - alpha * like(law.means, x))[..., None, :] @ frames
    return offset[..., 0, :], u @ frames, alpha**2 * lam + sigma**2, lam


def _order(order: int) -> int:
    order = integer_at_least(order, 1, "order")
    if order > HIGHEST:
        raise ValueError(f"order must be at most {HIGHEST}, got {order}")
    return order


def _checked(law: Law, x: Any, direction: Any) -> tuple[Array, Array]:
    x, u = real_array(x, "x"), real_array(direction, "direction")
    instance(law, Law, "law")
    if x.ndim == 0 or x.shape[-1] != law.d or tuple(u.shape) != (law.d,):
        shapes = f"got {tuple(x.shape)} and {tuple(u.shape)}"
        raise ValueError(f"x must have shape (..., {law.d}) and direction ({law.d},), {shapes}")
    return x, as_kind(u, x)
