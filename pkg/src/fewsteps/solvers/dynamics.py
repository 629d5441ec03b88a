"""The equations a diffusion defines: forward and reverse SDE, probability flow, and the exact fields of a law.

All of them are functions of (x, t) for `solve_ode` and `solve_sde`; reverse equations are written for decreasing t.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fewsteps.arrays import Array, real_array
from fewsteps.schedules import Diffusion
from fewsteps.solvers.march import Field

#: The noise amplitude g(t) of an SDE.
Noise = Callable[[float], float]


def forward_sde(diffusion: Diffusion) -> tuple[Field, Noise]:
    """Drift f(t) x and noise g(t) of the forward SDE dx = f x dt + g dw, for increasing t.

    Notes
    -----
    Source: PD-E4.1.2.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps.schedules import ornstein_uhlenbeck
    >>> drift, noise = forward_sde(ornstein_uhlenbeck(beta=0.5, horizon=1.0))
    >>> drift(np.array([2.0]), 0.25).round(12), round(noise(0.25), 12)
    (array([-1.]), 1.0)
    """
    return lambda x, t: float(diffusion.f(t)) * x, lambda t: float(diffusion.g(t))


def reverse_sde(score: Field, diffusion: Diffusion, gamma: Any = 1.0) -> tuple[Field, Noise]:
    """Drift f x - (1 + gamma^2)/2 g^2 score and noise gamma g of the reverse processes, for decreasing t.

    Started from the marginal p_T, all members have the marginals p_t: gamma = 1 is Anderson's reverse SDE, gamma = 0
    the probability flow.

    Parameters
    ----------
    score : callable
        ``score(x, t)`` with the shape of `x`.
    diffusion : Diffusion
    gamma : number >= 0 or function of t

    Raises
    ------
    ValueError
        If `gamma` is negative.

    Notes
    -----
    Source: PD-T4.1.6, PD-E4.1.9g, PD-T4.1.1c, PD-E4.1.6G2, PD-A4.2.4.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps.schedules import ornstein_uhlenbeck
    >>> drift, noise = reverse_sde(lambda x, t: -x, ornstein_uhlenbeck(beta=0.5, horizon=1.0), gamma=2.0)
    >>> drift(np.array([2.0]), 0.25).round(12), round(noise(0.25), 12)
    (array([4.]), 2.0)
    """
    share = noise_share(gamma)

    def drift(x: Array, t: float) -> Array:
        weight = (1 + share(t) ** 2) / 2 * float(diffusion.g2(t))
        return float(diffusion.f(t)) * x - weight * score(x, t)

    return drift, lambda t: share(t) * float(diffusion.g(t))


def noise_share(gamma: Any) -> Callable[[float], float]:
    """Return gamma, a number >= 0 or a function of t, as a function of t.

    Examples
    --------
    >>> noise_share(2)(0.3)
    2.0
    """
    if callable(gamma):
        return lambda t: float(gamma(t))
    number = real_array(gamma, "gamma", low=0.0)
    if number.ndim:
        raise ValueError(f"gamma must be one number or a function of t, got shape {tuple(number.shape)}")
    return lambda t: float(number)


def probability_flow(score: Field, diffusion: Diffusion) -> Field:
    """Velocity f x - g^2/2 score of the probability-flow ODE, for t in either direction.

    It carries the marginals p_t along. It is not the reverse SDE without its noise: that drift has g^2, not g^2/2.

    Parameters
    ----------
    score : callable
        ``score(x, t)`` with the shape of `x`.
    diffusion : Diffusion

    Notes
    -----
    Source: PD-E4.1.7, PD-E4.1.6G3.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps.schedules import ornstein_uhlenbeck
    >>> velocity = probability_flow(lambda x, t: -x / 2, ornstein_uhlenbeck(beta=0.5, horizon=1.0))
    >>> velocity(np.array([2.0]), 0.25).round(12)
    array([-0.5])
    """
    return reverse_sde(score, diffusion, gamma=0.0)[0]


def score_of(law: Any, diffusion: Diffusion) -> Field:
    """The exact score(x, t) of `law` under `diffusion`.

    Notes
    -----
    Source: PD-E4.1.7.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps import Gaussian
    >>> from fewsteps.schedules import flow_matching
    >>> score_of(Gaussian([0.0], [[1.0]]), flow_matching())(np.array([1.0]), 0.5)
    array([-2.])
    """
    return lambda x, t: law.score(x, *diffusion.at(t)[:2])


def denoiser_of(law: Any, diffusion: Diffusion) -> Field:
    """The exact denoiser(x, t) = E[x_0 | x_t = x] of `law` under `diffusion`.

    Notes
    -----
    Source: PD-A4.4.8.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps import Gaussian
    >>> from fewsteps.schedules import flow_matching
    >>> denoiser_of(Gaussian([3.0], [[1.0]]), flow_matching())(np.array([1.0]), 1.0)
    array([3.])
    """
    return lambda x, t: law.denoiser(x, *diffusion.at(t)[:2])


def velocity_of(law: Any, diffusion: Diffusion) -> Field:
    """The exact probability-flow velocity(x, t) of `law`, from alpha' and (sigma^2)': finite where f and g are not.

    Notes
    -----
    Source: PD-E4.1.7.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps import Gaussian
    >>> from fewsteps.schedules import flow_matching
    >>> velocity_of(Gaussian([3.0], [[1.0]]), flow_matching())(np.array([1.0]), 1.0)
    array([-2.])
    """
    return lambda x, t: law.velocity(x, *diffusion.at(t))


def divergence_of(law: Any, diffusion: Diffusion) -> Field:
    """The exact divergence(x, t) of `velocity_of`; shape (...) for x of shape (..., d).

    Notes
    -----
    Source: PD-E4.2.7.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps import Gaussian
    >>> from fewsteps.schedules import flow_matching
    >>> float(divergence_of(Gaussian([3.0], [[1.0]]), flow_matching())(np.array([1.0]), 1.0))
    1.0
    """
    return lambda x, t: law.divergence(x, *diffusion.at(t))
