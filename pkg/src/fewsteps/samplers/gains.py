"""What a sampler without noise does to Gaussian data: one factor a mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import Array, real_array
from fewsteps.objects import function, having, instance
from fewsteps.samplers.registry import METHODS, sample
from fewsteps.schedules import Diffusion


def mode_gains(
    method: str | Callable[..., Array], lam: Any, process: Diffusion, times: Any, **options: Any
) -> NDArray[np.float64]:
    """Factors by which a sampler multiplies the modes of centred Gaussian data, given the exact model.

    The denoiser of Gaussian data is linear, with one number for each eigenvalue of their covariance, so every step of
    every sampler without noise and without clipping is too. The flow multiplies by sqrt(n_t / n_s) with
    n = alpha^2 lam + sigma^2; samples have the variance gain^2 n_s.

    Parameters
    ----------
    method : str or callable
        One of `METHODS`, or a sampler with their signature, such as `ipndm`.
    lam : array of shape (d,)
        Variances of the data along their principal axes, >= 0.
    process : Diffusion
    times : array of shape (N + 1,)
        As for `sample`.
    **options
        Of the method.

    Returns
    -------
    array of shape (d,)

    Raises
    ------
    TypeError, ValueError, FloatingPointError
        As for `sample`; if the method adds noise or clips, which is not linear, or is found not to be linear; if
        `predicts` is given, or the method's answer is not finite or has another shape.

    Notes
    -----
    Source: GR-XG1.

    Examples
    --------
    >>> from fewsteps.schedules import edm
    >>> mode_gains("ddim", [0.0, 1.0], edm(), [2.0, 1.0, 0.0])  # the flow: 0 and 1 / sqrt(5)
    array([0. , 0.3])
    """
    lam = real_array(lam, "lam", low=0.0).astype(float)
    if lam.ndim != 1:
        raise ValueError(f"lam must have shape (d,), got {lam.shape}")
    having(process, ("at", "alpha", "sigma", "horizon"), "process")
    for name in ("predicts", "clip", "noise", "path"):
        if name in options:
            raise ValueError(f"{name} must be left out, got {options[name]!r}")
    quiet = not isinstance(method, str) or method not in METHODS or not METHODS[method].noisy
    if not quiet or any(np.any(np.asarray(options.get(name, 0.0)) != 0) for name in ("eta", "gamma")):
        raise ValueError(f"method must add no noise, got {method!r} with {options!r}")

    def denoiser(x: Array, t: float) -> Array:
        alpha, sigma = (float(part) for part in (process.alpha(t), process.sigma(t)))
        return alpha * lam / (alpha**2 * lam + sigma**2) * x

    def sampled(size: float) -> NDArray[np.float64]:
        start = np.full(lam.shape, size)
        if isinstance(method, str):
            return instance(sample(method, denoiser, process, start, times, **options), np.ndarray, "gains")
        return instance(function(method, "method")(denoiser, process, start, times, **options), np.ndarray, "gains")

    gains, twice = sampled(1.0), sampled(2.0)
    if gains.shape != lam.shape or not np.all(np.isfinite(gains)):
        raise ValueError(f"method must give one finite number for each of {len(lam)} modes, got {gains!r}")
    if not np.allclose(twice, 2 * gains, rtol=1e-9, atol=1e-9 * float(np.abs(gains).max(initial=0.0))):
        raise ValueError(f"method must be linear in the states, but {method!r} is not")
    return gains
