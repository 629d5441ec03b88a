"""The equations that move the marginals of a diffusion, point by point and divided by the density.

Every left side is the law's own time derivative of log p_t, computed component by component; every right side is
assembled from spatial derivatives. Points may be NumPy arrays or torch tensors, of shape (..., d).
"""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

from fewsteps.arrays import Array, column, number, real_array
from fewsteps.identities.pairs import Pair, pointwise
from fewsteps.kinds import fits, per_row
from fewsteps.laws.flow import FlowingLaw
from fewsteps.objects import having
from fewsteps.schedules import Diffusion, Level


def continuity(law: FlowingLaw, diffusion: Diffusion, x: Any, t: Any) -> Pair:
    """d/dt log p_t against -div v - v.score for the velocity v of the probability flow.

    Parameters
    ----------
    law : Law
        Of x_0.
    diffusion : Diffusion
    x : array of shape (..., d)
    t : number or array of shape (...)
        A time at which the noisy law has a density, of all points or of each.

    Returns
    -------
    Pair
        Of arrays of shape (...), in units of 1 / time.

    Raises
    ------
    ValueError
        If the time or the shape is off, or the law has no density at t.

    Notes
    -----
    Source: QA-E8, PD-T4.1.1a.

    Examples
    --------
    >>> from fewsteps.laws import PointCloud
    >>> from fewsteps.schedules import flow_matching
    >>> continuity(PointCloud([[-1.0], [1.0]]), flow_matching(), [[0.3]], t=0.5).agrees()
    True
    """
    x, level = _at(law, ("score", "velocity", "divergence", "time_derivative"), diffusion, x, t)
    score = law.score(x, *level[:2])
    flux = law.divergence(x, *level) + _dot(law.velocity(x, *level), score)
    return pointwise(law.time_derivative(x, *level), -flux)


def fokker_planck(law: FlowingLaw, diffusion: Diffusion, x: Any, t: Any) -> Pair:
    """d/dt log p_t against [-div(f x p_t) + g^2/2 Laplacian p_t] / p_t; arguments as for `continuity`.

    Raises
    ------
    ValueError
        Moreover where alpha = 0: the drift f = alpha'/alpha is infinite there; `continuity` still holds.

    Notes
    -----
    Source: PD-T4.1.1a.

    Examples
    --------
    >>> from fewsteps.laws import PointCloud
    >>> from fewsteps.schedules import vp_linear
    >>> fokker_planck(PointCloud([[-1.0], [1.0]]), vp_linear(), [[0.3]], t=0.5).agrees()
    True
    """
    x, level = _at(law, ("score", "hessian", "time_derivative"), diffusion, x, t)
    f, g2 = per_row(diffusion.f(t), x), per_row(diffusion.g2(t), x)
    score, trace = law.score(x, *level[:2]), _hessian_trace(law, x, *level[:2])
    outflow = f * (law.d + _dot(x, score))
    return pointwise(law.time_derivative(x, *level), g2 / 2 * (trace + _dot(score, score)) - outflow)


def reverse_fokker_planck(law: FlowingLaw, diffusion: Diffusion, x: Any, t: Any, gamma: float = 1.0) -> Pair:
    """-d/dt log p_t against the Fokker-Planck equation of the reverse process, on the clock from noise to data.

    The process is dx = b dt + gamma g dw with t decreasing and b = f x - (1 + gamma^2)/2 g^2 score; on the reversed
    clock its density rho grows by div(b rho) + gamma^2 g^2/2 Laplacian rho.

    Parameters
    ----------
    law, diffusion, x, t
        As for `fokker_planck`.
    gamma : float
        At least 0: 0 is the probability flow, 1 the reverse SDE.

    Notes
    -----
    Source: PD-T4.1.1c, PD-E4.1.9g (corrected: the source drops the drift's sign).

    Examples
    --------
    >>> from fewsteps.laws import PointCloud
    >>> from fewsteps.schedules import edm
    >>> reverse_fokker_planck(PointCloud([[-1.0], [1.0]]), edm(), [[0.3]], t=0.5, gamma=2.0).agrees()
    True
    """
    x, level = _at(law, ("score", "hessian", "time_derivative"), diffusion, x, t)
    gamma = number(gamma, "gamma", low=0.0)
    f, g2 = per_row(diffusion.f(t), x), per_row(diffusion.g2(t), x)
    score, trace = law.score(x, *level[:2]), _hessian_trace(law, x, *level[:2])
    pull = (1 + gamma**2) / 2 * g2
    drift, drift_divergence = column(f) * x - column(pull) * score, f * law.d - pull * trace
    spread = gamma**2 * g2 / 2 * (trace + _dot(score, score))
    return pointwise(-law.time_derivative(x, *level), drift_divergence + _dot(drift, score) + spread)


def _at(law: FlowingLaw, methods: tuple[str, ...], diffusion: Diffusion, x: Any, t: Any) -> tuple[Array, Level]:
    having(law, methods, "law")
    x = real_array(x, "x")
    return x, having(diffusion, ("at",), "diffusion").at(fits(t, x, "t"))


def _dot(left: Array, right: Array) -> Array:
    return array_namespace(left).sum(left * right, axis=-1)


def _hessian_trace(law: FlowingLaw, x: Array, alpha: Any, sigma: Any) -> Array:
    return array_namespace(x).linalg.trace(law.hessian(x, alpha, sigma))
