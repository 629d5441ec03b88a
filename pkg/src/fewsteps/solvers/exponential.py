"""One probability-flow step with a frozen score: the plain rule, and the rule after variation of constants."""

from __future__ import annotations

from typing import Any

from fewsteps.arrays import Array, as_kind, same_shape
from fewsteps.schedules import Diffusion
from fewsteps.solvers.march import state, step_times


def direct_step(x: Any, score: Any, diffusion: Diffusion, s: float, t: float) -> Array:
    """Euler's step from time s to t for dx/dt = f x - g^2/2 score: both terms frozen at s.

    Parameters
    ----------
    x, score : array of shape (..., d)
        The state and the score at (x, s).
    diffusion : Diffusion
    s, t : float
        Two different times, in either order.

    Returns
    -------
    array with the shape of `x`

    Raises
    ------
    ValueError
        If the shapes differ or s = t.

    Notes
    -----
    Source: GR-E29 (first form), GR-E46.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps.schedules import ornstein_uhlenbeck
    >>> direct_step(np.ones(1), np.zeros(1), ornstein_uhlenbeck(beta=1.0, horizon=1.0), 0.5, 0.25).round(12)
    array([1.25])
    """
    x, score, s, t = _checked(x, score, diffusion, s, t)
    return x + (t - s) * (float(diffusion.f(s)) * x - float(diffusion.g2(s)) / 2 * score)


def exponential_step(x: Any, score: Any, diffusion: Diffusion, s: float, t: float, variable: str = "time") -> Array:
    """One step from time s to t after variation of constants: the linear term is exact, the score is frozen at s.

    In the coordinate x / alpha the step is Euler's: in the time t, or in the noise-to-signal ratio sigma / alpha,
    which makes it DDIM's.

    Parameters
    ----------
    x, score : array of shape (..., d)
        The state and the score at (x, s).
    diffusion : Diffusion
    s, t : float
        Two different times, in either order; alpha must not vanish at s.
    variable : {"time", "noise"}
        The variable of integration.

    Returns
    -------
    array with the shape of `x`

    Raises
    ------
    ValueError
        If the shapes differ, s = t, alpha(s) = 0, or `variable` is unknown.

    Notes
    -----
    Source: GR-E29 (second form), GR-E46.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps.schedules import ornstein_uhlenbeck
    >>> ou = ornstein_uhlenbeck(beta=1.0, horizon=1.0)
    >>> exponential_step(np.ones(1), np.zeros(1), ou, 0.5, 0.25).round(6)  # exp(0.25)
    array([1.284025])
    """
    if variable not in ("time", "noise"):
        raise ValueError(f"variable must be 'time' or 'noise', got {variable!r}")
    x, score, s, t = _checked(x, score, diffusion, s, t)
    alpha_s, alpha_t = float(diffusion.alpha(s)), float(diffusion.alpha(t))
    if alpha_s == 0:
        raise ValueError(f"alpha must not vanish at s = {s:g}: take a denoiser's step (ancestral_step) there")
    if variable == "time":
        return (alpha_t / alpha_s) * (x - (t - s) * float(diffusion.g2(s)) / 2 * score)
    sigma_s, sigma_t = float(diffusion.sigma(s)), float(diffusion.sigma(t))
    return (alpha_t / alpha_s) * x - (sigma_t - alpha_t / alpha_s * sigma_s) * sigma_s * score


def _checked(x: Any, score: Any, diffusion: Diffusion, s: Any, t: Any) -> tuple[Array, Array, float, float]:
    s, t = step_times(diffusion, s, t)
    x = state(x)
    score = as_kind(state(score, "score"), x)
    same_shape(x, score, "x and score")
    return x, score, s, t
