"""The equations a diffusion defines: forward and reverse SDE, probability flow, and the exact fields of a law.

All of them are functions of (x, t) for `solve_ode` and `solve_sde`; reverse equations are written for decreasing t. The
time is one number, or one for each of the points `x` of shape (..., d): then an array or tensor of shape (...), as in
training and in the residuals of learned flow maps. The noise amplitudes are for solvers, at one time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fewsteps.arrays import Array, as_kind, column, number, points, real_array
from fewsteps.kinds import fits
from fewsteps.objects import function, having
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
    having(diffusion, ("f", "g"), "diffusion")

    def drift(x: Array, t: Any) -> Array:
        x = real_array(x, "x")
        return _coefficient(diffusion.f, x, t) * x

    return drift, lambda t: number(diffusion.g(t), "g(t)")


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
        If `gamma` is negative; when called: where alpha = 0, for f is infinite there.

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
    function(score, "score")
    having(diffusion, ("f", "g", "g2"), "diffusion")

    def drift(x: Array, t: Any) -> Array:
        x = real_array(x, "x")
        weight = (1 + share(t) ** 2) / 2 * _coefficient(diffusion.g2, x, t)
        return _coefficient(diffusion.f, x, t) * x - weight * score(x, t)

    return drift, lambda t: share(t) * number(diffusion.g(t), "g(t)")


def _coefficient(rate: Callable[[Any], Array], x: Array, t: Any) -> Any:
    """A rate as a float, or as a column with one entry a point."""
    value = rate(t if isinstance(t, float) else fits(t, points(x), "t"))
    return float(value) if not value.ndim else column(as_kind(value, points(x)))


def noise_share(gamma: Any) -> Callable[[float], float]:
    """Return gamma, a number >= 0 or a function of t, as a function of t.

    Examples
    --------
    >>> noise_share(2)(0.3)
    2.0
    """
    if callable(gamma):
        return lambda t: number(gamma(t), "gamma(t)", low=0.0)
    value = real_array(gamma, "gamma", low=0.0)
    if value.ndim:
        raise ValueError(f"gamma must be one number or a function of t, got shape {tuple(value.shape)}")
    return lambda t: float(value)


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
    return _field(law, "score", diffusion, 2)


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
    return _field(law, "denoiser", diffusion, 2)


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
    return _field(law, "velocity", diffusion, 4)


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
    return _field(law, "divergence", diffusion, 4)


def _field(law: Any, name: str, diffusion: Diffusion, parts: int) -> Field:
    """What a law answers at points and times, from the first parts of the level at a time."""
    answer, at = getattr(having(law, (name,), "law"), name), having(diffusion, ("at",), "diffusion").at

    def field(x: Array, t: Any) -> Array:
        return answer(x, *at(t if isinstance(t, float) else fits(t, points(x), "t"))[:parts])

    return field
