"""Unadjusted Langevin sampling from a score, and its moments on Gaussian targets."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from array_api_compat import array_namespace

from fewsteps.arrays import Array, as_kind, integer_at_least, normal_like, positive_number, real_array
from fewsteps.solvers.march import Progress, checked_field, march, state


def langevin(
    score: Callable[[Array], Array],
    x: Any,
    step: float,
    n: int,
    rng: Any,
    path: bool = False,
    progress: Progress = None,
) -> Array:
    """Unadjusted Langevin: `n` steps x += step * score(x) + sqrt(2 step) eps.

    Parameters
    ----------
    score : callable
        ``score(x)`` with the shape of `x`.
    x : array of any shape
        The start, one chain per sample.
    step : float
        Step size, > 0.
    n : int
        Number of steps, at least 1.
    rng : numpy.random.Generator, or torch.Generator for a torch `x`
    path : bool
        Whether to return all states.
    progress : callable, optional
        Called as ``progress(done, n)`` after every step.

    Returns
    -------
    array with the shape of `x`, or (n + 1, *x.shape) with `path`

    Raises
    ------
    ValueError
        If `step` is not positive, `n` < 1, or the score's shape is not that of `x`.
    FloatingPointError
        If the chain does not stay finite (an unstable step).

    Notes
    -----
    Source: PD-A3.1.4. Without a Metropolis step the stationary law is biased by O(step), see `stationary_variance`.

    Examples
    --------
    >>> import numpy as np
    >>> langevin(lambda x: -x, np.zeros((4, 2)), 0.1, 5, np.random.default_rng(0), path=True).shape
    (6, 4, 2)
    """
    x, step, n = state(x), positive_number(step, "step"), integer_at_least(n, 1, "n")
    field = checked_field(score, x, "score")
    scale = math.sqrt(2 * step)
    return march(lambda y, _: y + step * field(y) + scale * normal_like(y, rng), x, n, path, progress)


def langevin_moments(var: Any, step: float, n: int, mean0: Any, var0: Any) -> tuple[Array, Array]:
    """Mean and variance after `n` unadjusted Langevin steps for the target N(0, var), per coordinate.

    Parameters
    ----------
    var : array of shape (d,) or a number
        Variances of the target, > 0.
    step : float
        Step size, > 0; unstable ones (step >= 2 var) are allowed.
    n : int
        Number of steps, at least 0.
    mean0, var0 : arrays of shape (d,) or numbers
        Moments of the start.

    Returns
    -------
    mean, var : arrays of the common shape

    Notes
    -----
    Source: PD-A3.1.4. mean = r^n mean0 and variance = r^(2n) var0 + 2 step (1 - r^(2n)) / (1 - r^2), r = 1 - step/var.

    Examples
    --------
    >>> mean, var = langevin_moments(0.5, 0.5, 1, mean0=3.0, var0=7.0)
    >>> float(mean), float(var)
    (0.0, 1.0)
    """
    var = real_array(var, "var", low=0.0, strict=True)
    mean0, var0 = as_kind(real_array(mean0, "mean0"), var), as_kind(real_array(var0, "var0", low=0.0), var)
    step, n = positive_number(step, "step"), integer_at_least(n, 0, "n")
    ratio = 1 - step / var
    lost = (step / var) * (2 - step / var)  # 1 - ratio^2; 0 at the edge of stability, where the sum has n equal terms
    edge = lost == 0
    terms = array_namespace(var).where(edge, n + 0 * var, (1 - ratio ** (2 * n)) / (lost + edge))
    return ratio**n * mean0, ratio ** (2 * n) * var0 + 2 * step * terms


def stationary_variance(var: Any, step: float) -> Array:
    """Variance var / (1 - step / (2 var)) that unadjusted Langevin settles at for the target N(0, var).

    Parameters
    ----------
    var : array of shape (d,) or a number
        Variances of the target, > 0.
    step : float
        0 < step < 2 var.

    Raises
    ------
    ValueError
        If the step is not stable: the variance then grows without bound.

    Notes
    -----
    Source: PD-A3.1.4.

    Examples
    --------
    >>> [round(float(stationary_variance(0.5, step)), 4) for step in (0.05, 0.2, 0.5, 0.9)]
    [0.5263, 0.625, 1.0, 5.0]
    """
    var, step = real_array(var, "var", low=0.0, strict=True), positive_number(step, "step")
    if 0 in var.shape:
        raise ValueError("var must hold at least one variance")
    if step >= 2 * float(var.min()):
        raise ValueError(f"step must be less than 2 var = {2 * float(var.min()):g} to be stable, got {step:g}")
    return var / (1 - step / (2 * var))
