"""How steep the flow is where its points are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import clock, integer_at_least
from fewsteps.objects import having
from fewsteps.schedules import Diffusion


def typical_steepness(
    law: Any, process: Diffusion, times: Any, rng: np.random.Generator, samples: int = 256
) -> NDArray[np.float64]:
    """Mean spectral norm of the velocity's Jacobian at samples of the law at every time.

    Parameters
    ----------
    law : GaussianMixture, PointCloud or Gaussian
    process : Diffusion
    times : array of shape (M,)
        In [0, horizon], where the law has a density.
    rng : Generator
    samples : int
        At every time.

    Returns
    -------
    array of shape (M,)

    Raises
    ------
    ValueError
        If a time lies outside [0, horizon], or there are no samples.

    Notes
    -----
    Source: QA-X6.4, in place of the largest norm. Two modes part at points that few samples visit.

    Examples
    --------
    >>> from fewsteps import GaussianMixture, ornstein_uhlenbeck
    >>> law, rng = GaussianMixture.on_line([-5.0, 5.0], 1.0), np.random.default_rng(0)
    >>> typical_steepness(law, ornstein_uhlenbeck(1.0, 2.0), [0.0, 1.0], rng) < [0.01, 2.0]
    array([ True,  True])
    """
    having(law, ("jacobian", "noised", "sample"), "law")
    having(process, ("at", "horizon"), "process")
    times, samples = np.atleast_1d(clock(times, process.horizon, "times")), integer_at_least(samples, 1, "samples")
    if times.ndim != 1:
        raise ValueError(f"times must have shape (M,), got {times.shape}")
    found = []
    for t in times:
        level = process.at(float(t))
        x = law.noised(level.alpha, level.sigma).sample(samples, rng)
        found.append(np.abs(np.linalg.eigvalsh(law.jacobian(x, *level))).max(axis=-1).mean())
    return np.array(found)
