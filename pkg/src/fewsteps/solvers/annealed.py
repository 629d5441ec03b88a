"""Annealed Langevin sampling: down a ladder of noise levels, and its moments on Gaussian data."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import Array, floats, integer_at_least, positive_number, variances
from fewsteps.objects import function
from fewsteps.solvers.langevin import langevin, langevin_moments
from fewsteps.solvers.march import Field, Progress, march, state


def annealed_langevin(
    score: Field,
    levels: Any,
    x: Any,
    step: float,
    n: int,
    rng: Any,
    last: int = 0,
    path: bool = False,
    progress: Progress = None,
) -> Array:
    """Langevin at every noise level from the largest down to ``levels[last]``, `n` steps each.

    The step at level l is ``step * levels[l]**2 / levels[0]**2``.

    Parameters
    ----------
    score : callable
        ``score(x, sigma)``, the score of the data plus N(0, sigma^2), with the shape of `x`.
    levels : array of shape (L,)
        Noise levels, > 0 and strictly increasing.
    x : array of any shape
        The start, for the largest level.
    step : float
        Step size at ``levels[0]``, > 0.
    n : int
        Steps per level, at least 1.
    rng : numpy.random.Generator, or torch.Generator for a torch `x`
    last : int
        Index of the last level that is sampled; the source's loop stops at 1 and never samples ``levels[0]``.
    path : bool
        Whether to return the states after every level.
    progress : callable, optional
        Called as ``progress(done, L - last)`` after every level.

    Returns
    -------
    array with the shape of `x`, or (L - last, *x.shape) with `path`

    Raises
    ------
    ValueError
        If the levels are not positive and strictly increasing, or `last` is not an index of them.
    FloatingPointError
        If the chain does not stay finite.

    Notes
    -----
    Source: PD-A3.4.1.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = annealed_langevin(lambda x, sigma: -x / (1 + sigma**2), [0.1, 1.0], np.ones((3, 2)), 0.001, 10, rng)
    >>> x.shape
    (3, 2)
    """
    x, plan = state(x), _annealing(levels, step, last)
    n = integer_at_least(n, 1, "n")
    function(score, "score")

    def anneal(y: Array, k: int) -> Array:
        sigma, size = plan[k]
        return langevin(lambda z: score(z, sigma), y, size, n, rng)

    states = march(anneal, x, len(plan), path, progress)
    return states[1:] if path else states


def _annealing(levels: Any, step: float, last: int) -> list[tuple[float, float]]:
    """Noise level and step size of every stage, the largest first."""
    sigma = floats(levels, "levels", low=0.0, strict=True)
    if sigma.ndim != 1 or sigma.size == 0 or np.any(np.diff(sigma) <= 0):
        raise ValueError(f"levels must be strictly increasing, of shape (L,) with L >= 1, got {levels!r}")
    if integer_at_least(last, 0, "last") >= sigma.size:
        raise ValueError(f"last must be less than L = {sigma.size}, got {last}")
    steps = positive_number(step, "step") * (sigma / sigma[0]) ** 2
    return list(zip(sigma[last:].tolist(), steps[last:].tolist(), strict=True))[::-1]


def annealed_moments(
    lam: Any, levels: Any, step: float, n: int, mean0: Any, var0: Any, last: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and variance after every level of `annealed_langevin` for data N(0, lam) with the exact score.

    Parameters
    ----------
    lam : array of shape (d,) or a number
        Data variances, >= 0.
    levels, step, n, last
        As for `annealed_langevin`.
    mean0, var0 : arrays of shape (d,) or numbers
        Moments of the start.

    Returns
    -------
    mean, var : arrays of shape (L - last, d)

    Notes
    -----
    Source: PD-A3.4.1. Where sigma^2 >> lam a level inflates the variance by 1 / (1 - step / (2 sigma_1^2)), whichever
    level it is: the reason for steps proportional to sigma^2.

    Examples
    --------
    >>> import numpy as np
    >>> levels = np.geomspace(0.05, 10.0, 10)
    >>> _, var = annealed_moments(0.0025, levels, 0.2 * 0.05**2, 200, 0.0, 100.0)
    >>> var[-2:].ravel().round(5)  # below levels[1], and after levels[0]
    array([0.01149, 0.00526])
    """
    lam = variances(floats(lam, "lam", low=0.0))
    integer_at_least(n, 1, "n")
    moments = [(mean0, var0)]
    for sigma, size in _annealing(levels, step, last):
        moments.append(langevin_moments(lam + sigma**2, size, n, *moments[-1]))
    mean, var = zip(*moments[1:], strict=True)
    return np.stack(mean), np.stack(var)
