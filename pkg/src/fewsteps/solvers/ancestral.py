"""Ancestral (DDPM) and DDIM sampling on any schedule, from a denoiser."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from fewsteps.arrays import Array, as_kind, normal_like, number, same_shape
from fewsteps.objects import having
from fewsteps.schedules import Diffusion
from fewsteps.solvers.march import Field, Progress, checked_field, march, state, step_times, time_grid


def ancestral_weights(diffusion: Diffusion, s: float, t: float, eta: float = 1.0) -> tuple[float, float, float]:
    """Weights of x_s, of the denoised sample and of fresh noise in a step from time s down to t.

    Parameters
    ----------
    diffusion : Diffusion
    s, t : float
        Times with t < s.
    eta : float
        Share of the bridge's noise, in [0, 1]: 1 is ancestral sampling, 0 is DDIM.

    Raises
    ------
    ValueError
        If not t < s, or `eta` is outside [0, 1].

    Notes
    -----
    Source: PD-A4.4.8, PD-L4.4.2. For every `eta` the step maps p(x_s | x_0) to p(x_t | x_0) if fed the true x_0.

    Examples
    --------
    >>> from fewsteps.schedules import flow_matching
    >>> ancestral_weights(flow_matching(), 1.0, 0.5)
    (0.0, 0.5, 0.5)
    >>> ancestral_weights(flow_matching(), 1.0, 0.5, eta=0.0)
    (0.5, 0.5, 0.0)
    """
    s, t = step_times(diffusion, s, t, decreasing=True)
    eta = number(eta, "eta", low=0.0)
    if eta > 1:
        raise ValueError(f"eta must be at most 1, got {eta:g}")
    keep, _, variance = (float(weight) for weight in diffusion.bridge(t, s))
    # What is not drawn afresh is kept from x_s: keep^2 sigma_s^2 + eta^2 variance = sigma_t^2, without cancellation.
    keep = math.sqrt(keep**2 + (1 - eta**2) * variance / float(diffusion.sigma(s)) ** 2)
    return keep, float(diffusion.alpha(t)) - float(diffusion.alpha(s)) * keep, eta * math.sqrt(variance)


def ancestral_step(
    x: Any, denoised: Any, diffusion: Diffusion, s: float, t: float, noise: Any = None, eta: float = 1.0
) -> Array:
    """One step from x_s to x_t, with the denoised sample in the place of x_0 in the bridge p(x_t | x_s, x_0).

    Parameters
    ----------
    x, denoised : array of shape (..., d)
        The sample x_s and the estimate of x_0 there.
    diffusion : Diffusion
    s, t : float
        Times with t < s; alpha(s) may be 0, and where sigma(t) is 0 the step lands on alpha(t) times `denoised`.
    noise : array with the shape of `x`
        Standard normals; needed unless the step is free of noise (eta = 0 or sigma(t) = 0).
    eta : float
        In [0, 1]: 1 is ancestral sampling (DDPM), 0 is DDIM.

    Returns
    -------
    array with the shape of `x`

    Raises
    ------
    ValueError
        If the shapes differ, not t < s, `eta` is outside [0, 1], or noise is needed and not given.

    Notes
    -----
    Source: PD-A4.4.8, PD-L4.4.2.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps.schedules import flow_matching
    >>> ancestral_step(np.ones(2), np.array([3.0, 5.0]), flow_matching(), 0.5, 0.0)
    array([3., 5.])
    """
    x = state(x)
    denoised = as_kind(state(denoised, "denoised"), x)
    same_shape(x, denoised, "x and denoised")
    weights = ancestral_weights(diffusion, s, t, eta)
    if noise is None and weights[2] > 0:
        raise ValueError("noise must be given for eta > 0 and sigma(t) > 0, got None")
    if noise is not None:
        noise = as_kind(state(noise, "noise"), x)
        same_shape(x, noise, "x and noise")
    return _combined(x, denoised, noise, weights)


def _combined(x: Array, denoised: Array, noise: Array | None, weights: tuple[float, float, float]) -> Array:
    mean = weights[0] * x + weights[1] * denoised
    return mean if noise is None else mean + weights[2] * noise


def ancestral_sampler(
    denoiser: Field,
    diffusion: Diffusion,
    x: Any,
    times: Any,
    rng: Any = None,
    eta: float = 1.0,
    path: bool = False,
    progress: Progress = None,
) -> Array:
    """Ancestral steps (eta = 1, DDPM) or DDIM steps (eta = 0) down the grid `times`.

    Parameters
    ----------
    denoiser : callable
        ``denoiser(x, t)``, an estimate of x_0 with the shape of `x`; never called at times[-1].
    diffusion : Diffusion
    x : array of shape (..., d)
        The state at times[0].
    times : array of shape (N + 1,)
        Strictly decreasing.
    rng : numpy.random.Generator, or torch.Generator for a torch `x`
        Not needed for eta = 0.
    eta : float
        In [0, 1].
    path : bool
        Whether to return the states at all times.
    progress : callable, optional
        Called as ``progress(done, N)`` after every step.

    Returns
    -------
    array with the shape of `x`, or (N + 1, *x.shape) with `path`

    Raises
    ------
    TypeError
        If eta > 0 and no random generator is given.
    ValueError
        If `times` are not strictly decreasing, `eta` is outside [0, 1], or the denoiser's shape is not that of `x`.
    FloatingPointError
        If the sample does not stay finite.

    Notes
    -----
    Source: PD-A4.4.8, PD-A4.2.4.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps.schedules import flow_matching
    >>> ancestral_sampler(lambda x, t: 3 + 0 * x, flow_matching(), np.ones(2), [1.0, 0.5, 0.0], eta=0.0)
    array([3., 3.])
    """
    x, grid = state(x), time_grid(times, decreasing=True)
    field = checked_field(denoiser, x, "denoiser")
    having(diffusion, ("bridge", "alpha", "sigma", "horizon"), "diffusion")
    steps = [ancestral_weights(diffusion, s, t, eta) for s, t in pairwise(grid)]
    if rng is None and any(weights[2] > 0 for weights in steps):
        raise TypeError("rng must be a random generator where eta > 0, got None")

    def step(y: Array, k: int) -> Array:
        noise = normal_like(y, rng) if steps[k][2] > 0 else None
        return _combined(y, field(y, grid[k]), noise, steps[k])

    return march(step, x, len(steps), path, progress)
