"""Tweedie's formula beyond Gaussian noise: natural exponential families with finitely many parameters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import floats, integer_at_least, probabilities, same_shape
from fewsteps.identities.pairs import Pair, pointwise

Numbers = NDArray[Any]


def natural_tweedie(eta: Any, weights: Any, psi: Any, x: Any, order: int) -> Pair:
    """Posterior cumulants of eta against derivatives of the log-normaliser lambda, at every `x`.

    For observations of density exp(eta x - psi(eta)) q_0(x) and a prior on finitely many eta, lambda(x) =
    log p(x) - log q_0(x). The left side comes from the posterior's moments, the right one from Cauchy's integral of
    lambda on a circle about x, where no derivative is taken.

    Parameters
    ----------
    eta, weights, psi : arrays of shape (J,)
        Natural parameters, their prior probabilities (positive, summing to 1) and log-normalisers psi(eta).
    x : array of shape (n,)
    order : int
        From 1 to 4.

    Returns
    -------
    Pair
        Of arrays of shape (n,).

    Raises
    ------
    ValueError
        If the shapes disagree, the weights are no probability, or the order is off.

    Notes
    -----
    Source: PD-E3.3.H. Gaussian noise is eta = alpha x_0 / sigma^2, psi = sigma^2 eta^2 / 2; an exponential waiting time
    of rate r is eta = -r, psi = -log r, q_0 = 1, so that E[r | x] = -(log p)'(x).

    Examples
    --------
    >>> rates = np.array([1.0, 3.0])
    >>> pair = natural_tweedie(-rates, [0.5, 0.5], -np.log(rates), [0.0, 1.0], order=1)
    >>> pair.left.value.round(9), pair.right.value.round(9)
    (array([-2.5       , -1.57753081]), array([-2.5       , -1.57753081]))
    """
    order = integer_at_least(order, 1, "order")
    if order > 4:
        raise ValueError(f"order must be at most 4, got {order}")
    eta, psi, x = floats(eta, "eta"), floats(psi, "psi"), floats(x, "x")
    if eta.ndim != 1 or eta.size == 0 or x.ndim != 1:
        raise ValueError(f"eta and x must have shapes (J,) with J >= 1 and (n,), got {eta.shape} and {x.shape}")
    weights = probabilities(weights, eta.size)
    same_shape(eta, psi, "eta and psi")
    logits = np.log(weights) - psi
    return pointwise(_cumulant(eta, logits, x, order), _cauchy(eta, logits, x, order))


def _cumulant(eta: Numbers, logits: Numbers, x: Numbers, order: int) -> Numbers:
    """Cumulant of the posterior proportional to exp(eta x + logits); shape (n,)."""
    posterior = np.exp(x[:, None] * eta + logits - _log_normaliser(eta, logits, x)[:, None])
    mean = posterior @ eta
    moment = (posterior * (eta - mean[:, None]) ** order).sum(axis=1)
    if order == 4:
        moment = moment - 3 * (posterior * (eta - mean[:, None]) ** 2).sum(axis=1) ** 2
    return mean if order == 1 else moment


def _cauchy(eta: Numbers, logits: Numbers, x: Numbers, order: int, points: int = 64) -> Numbers:
    """Derivative of lambda as order! / (2 pi i) times its integral over a circle that encloses no zero of p.

    Centred, exp(eta z) has a positive real part where |Im z| times half the range of eta is below pi / 2.
    """
    spread = float(np.ptp(eta)) / 2
    radius = 1 / spread if spread else 1.0  # one eta alone: lambda is linear, and any circle will do
    circle = radius * np.exp(2j * np.pi * np.arange(points) / points)
    centre = (eta.max() + eta.min()) / 2
    values = _log_normaliser(eta - centre, logits, (x[:, None] + circle).ravel()).reshape(len(x), points)
    derivative = math.factorial(order) * (values / circle**order).mean(axis=1).real
    return derivative + centre if order == 1 else derivative


def _log_normaliser(eta: Numbers, logits: Numbers, z: Numbers) -> Numbers:
    """lambda at real or complex z of shape (n,)."""
    exponent = z[:, None] * eta + logits
    peak = exponent.real.max(axis=1)
    return peak + np.log(np.exp(exponent - peak[:, None]).sum(axis=1))
