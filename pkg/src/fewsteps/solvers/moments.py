"""Exact output mean and variance of discretised samplers on Gaussian data.

With the exact score of N(mean, diag(lam)) every step of every sampler is affine, coordinate by coordinate, so mean and
variance obey recursions: the discretisation error in closed form, no samples drawn. Other covariances are diagonal in
the basis of their eigenvectors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from array_api_compat import array_namespace

from fewsteps.arrays import Array, as_kind, real_array, same_shape, variances
from fewsteps.objects import having, one_of
from fewsteps.schedules import Diffusion
from fewsteps.solvers.ancestral import ancestral_weights
from fewsteps.solvers.dynamics import noise_share
from fewsteps.solvers.march import march, time_grid
from fewsteps.solvers.ode import solve_ode

_FLOWS = ("euler", "heun", "rk4")
_SAMPLERS = ("euler-maruyama", "ancestral")


def sampler_moments(
    lam: Any,
    diffusion: Diffusion,
    times: Any,
    method: str,
    mean: Any = 0.0,
    start: tuple[Any, Any] | None = None,
    gamma: Any = 1.0,
    eta: float = 1.0,
    path: bool = False,
) -> tuple[Array, Array]:
    """Mean and variance of a sampler's output per coordinate, for data N(mean, lam) and the exact score.

    Parameters
    ----------
    lam : array of shape (d,) or a number
        Data variances, >= 0.
    diffusion : Diffusion
    times : array of shape (N + 1,)
        Strictly decreasing; for the ODE methods also strictly increasing.
    method : {"euler", "heun", "rk4", "euler-maruyama", "ancestral"}
        The probability flow with `solve_ode`, the reverse SDE with `solve_sde`, or `ancestral_sampler`.
    mean : array of shape (d,) or a number
        The data's mean.
    start : (mean, var), optional
        Moments at times[0], numbers or arrays of shape (d,); by default the exact ones, without prior mismatch.
    gamma : number >= 0 or function of t
        Noise of the reverse SDE, for "euler-maruyama".
    eta : float
        Noise of the ancestral sampler, in [0, 1], for "ancestral".
    path : bool
        Whether to return the moments at all times.

    Returns
    -------
    mean, var : arrays of shape (d,), or (N + 1, d) with `path`

    Raises
    ------
    ValueError
        If `method` is unknown, `times` are not monotone as asked, a shape is wrong, or the velocity is singular at a
        time where it is needed (alpha^2 lam + sigma^2 = 0).
    FloatingPointError
        If the moments do not stay finite.

    Notes
    -----
    Source: PD-E4.1.6G2, PD-E4.1.6G3, PD-A4.2.4, PD-A4.4.8.

    Examples
    --------
    Euler's probability flow reproduces unit variance exactly; Euler-Maruyama does not.

    >>> import numpy as np
    >>> from fewsteps.schedules import vp_linear
    >>> vp, times = vp_linear(0.1, 20.0), np.linspace(1.0, 0.0, 51)
    >>> sampler_moments(1.0, vp, times, "euler", start=(0.0, 1.0))[1].round(3)
    array([1.])
    >>> sampler_moments(1.0, vp, times, "euler-maruyama", start=(0.0, 1.0))[1].round(3)
    array([1.029])
    """
    one_of(method, _FLOWS + _SAMPLERS, "method")
    grid = time_grid(times, decreasing=method in _SAMPLERS)
    data = _Data(lam, mean, diffusion)
    first = data.marginal(grid[0]) if start is None else _moments(start, data.lam)
    if method in _FLOWS:
        return _flow(data, grid, method, first, path)
    if method == "ancestral":
        return _recursion(lambda k: data.ancestral(grid[k], grid[k + 1], eta), grid, first, path)
    share = noise_share(gamma)
    return _recursion(lambda k: data.reverse(grid[k], grid[k + 1], share(grid[k])), grid, first, path)


class _Data:
    """Gaussian data under a diffusion: moments, and the affine steps with the exact score."""

    def __init__(self, lam: Any, mean: Any, diffusion: Diffusion) -> None:
        self.lam, self.diffusion = variances(lam), having(diffusion, ("at", "g", "bridge"), "diffusion")
        self.mean = _coordinates(mean, self.lam, "mean")

    def marginal(self, t: float) -> tuple[Array, Array]:
        alpha, sigma = self.diffusion.at(t)[:2]
        return alpha * self.mean, alpha**2 * self.lam + sigma**2

    def flow(self, t: float) -> tuple[Array, Array, Array, Array]:
        """Mean and variance at t, the mean's velocity, and the slope of the probability flow about the mean."""
        alpha, sigma, d_alpha, d_var = self.diffusion.at(t)
        variance = alpha**2 * self.lam + sigma**2
        if float(variance.min()) <= 0:
            raise ValueError(f"times must avoid t = {t:g}: alpha^2 lam + sigma^2 is 0 there and the score is singular")
        return alpha * self.mean, variance, d_alpha * self.mean, (alpha * d_alpha * self.lam + d_var / 2) / variance

    def reverse(self, t: float, s: float, share: float) -> tuple[Array, Array, float]:
        """Gain, offset and noise variance of one Euler-Maruyama step from t to s."""
        mean, variance, drift, slope = self.flow(t)
        g2 = (share * float(self.diffusion.g(t))) ** 2 if share else 0.0
        gain = 1 + (s - t) * (slope + g2 / 2 / variance)
        return gain, (1 - gain) * mean + (s - t) * drift, g2 * abs(s - t)

    def ancestral(self, s: float, t: float, eta: float) -> tuple[Array, Array, float]:
        """Gain, offset and noise variance of one ancestral step from s to t."""
        keep, clean, noise = ancestral_weights(self.diffusion, s, t, eta)
        alpha = float(self.diffusion.alpha(s))
        denoise = alpha * self.lam / self.marginal(s)[1]
        return keep + clean * denoise, clean * (self.mean - alpha * denoise * self.mean), noise**2


def _flow(data: _Data, grid: list[float], method: str, first: tuple[Array, Array], path: bool) -> tuple[Array, Array]:
    """Solve for the rows (mean, standard deviation): the flow is affine, and so is each of these methods' steps."""
    xp = array_namespace(data.lam)

    def velocity(z: Array, t: float) -> Array:
        mean, _, drift, slope = data.flow(t)
        return xp.stack([slope * (z[0] - mean) + drift, slope * z[1]])

    z = solve_ode(velocity, xp.stack([first[0], xp.sqrt(first[1])]), grid, method, path=path)
    return z[..., 0, :], z[..., 1, :] ** 2


def _recursion(
    affine: Callable[[int], tuple[Array, Array, float]], grid: list[float], first: tuple[Array, Array], path: bool
) -> tuple[Array, Array]:
    xp = array_namespace(first[0])

    def step(z: Array, k: int) -> Array:
        gain, offset, noise = affine(k)
        return xp.stack([gain * z[0] + offset, gain**2 * z[1] + noise])

    z = march(step, xp.stack(list(first)), len(grid) - 1, path, None)
    return z[..., 0, :], z[..., 1, :]


def _moments(start: tuple[Any, Any], lam: Array) -> tuple[Array, Array]:
    if not isinstance(start, tuple | list) or len(start) != 2:
        raise ValueError(f"start must be a pair (mean, var), got {start!r}")
    real_array(start[1], "the variance in start", low=0.0)
    return _coordinates(start[0], lam, "the mean in start"), _coordinates(start[1], lam, "the variance in start")


def _coordinates(value: Any, lam: Array, name: str) -> Array:
    """A number or an array of shape (d,) in the kind of `lam`, one entry a coordinate."""
    value = as_kind(real_array(value, name), lam)
    if value.ndim == 0:
        return value + 0 * lam
    same_shape(lam, value, f"lam and {name}")
    return value
