r"""The linear part that DPM-Solver-v3 takes out of the flow, and how it is estimated from a model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline, make_interp_spline

from fewsteps.arrays import floats
from fewsteps.fields import KINDS
from fewsteps.objects import function, having, one_of
from fewsteps.samplers.places import place_at, turned
from fewsteps.schedules import Diffusion

Floats = NDArray[np.float64]
#: Steps of the difference quotients: in half-log-SNR along the flow, and of a coordinate in units of its noise.
_ALONG, _ACROSS = 1e-4, 1e-4
#: A variance below this share of the mean square is one of rounding.
_CONSTANT = 1e-9
#: Nodes and weights on [-1, 1]: the coefficients are splines, smooth over a step.
PANEL = np.polynomial.legendre.leggauss(16)


@dataclass(frozen=True, eq=False)
class LinearPart:
    r"""What is taken out of the flow along the half-log-SNR: $\dot u = -l\,u - n$ with $\dot n \approx a\,n + b$.

    Here $u = x/\alpha$ and $n = \kappa\varepsilon - l\,u$. Constant coefficients give known methods: (l, a, b) =
    (0, -1, 0) integrates the noise and (1, 0, 0) the data.

    Parameters
    ----------
    ells : array of shape (m,), m >= 2
        Half-log-SNRs, increasing, that hold those of the times of the sampler.
    l, a, b : arrays of shape (m,) or (m, d)
        Coefficients there, for all coordinates or each of its own; between them splines of third degree.

    Raises
    ------
    TypeError
        If an array does not hold real numbers.
    ValueError
        If `ells` do not increase or a shape is wrong.

    Notes
    -----
    Source: PD-E9.7.1, PD-E9.7.9, PD-R9.7.6, where n is multiplied by alpha and a has the rate of log alpha more.

    Examples
    --------
    >>> LinearPart([-5.0, 5.0], [0.0, 0.0], [-1.0, -1.0], [0.0, 0.0]).gain(0.0, 1.0)  # the noise: nothing is linear
    np.float64(1.0)
    """

    ells: Floats
    l: Floats  # noqa: E741 -- the letter of the method
    a: Floats
    b: Floats

    def __post_init__(self) -> None:
        ells = floats(self.ells, "ells")
        if ells.ndim != 1 or ells.size < 2 or not np.all(np.diff(ells) > 0):
            raise ValueError(f"ells must be at least two increasing numbers, got {self.ells!r}")
        object.__setattr__(self, "ells", ells)
        for name in ("l", "a", "b"):
            values = floats(getattr(self, name), name)
            if values.ndim not in (1, 2) or values.shape[0] != ells.size or values.shape != np.shape(self.l):
                raise ValueError(
                    f"{name} must have shape (m,) or (m, d) like l, with m = {ells.size}, got {values.shape}"
                )
            object.__setattr__(self, name, values)

    @cached_property
    def splines(self) -> dict[str, BSpline]:
        """The coefficients as functions of the half-log-SNR."""
        degree = min(3, self.ells.size - 1)
        return {name: make_interp_spline(self.ells, getattr(self, name), k=degree) for name in ("l", "a", "b")}

    @cached_property
    def _sums(self) -> dict[str, BSpline]:
        return {name: self.splines[name].antiderivative() for name in ("l", "a")}

    def within(self, low: float, high: float) -> None:
        """Refuse half-log-SNRs outside `ells`, by more than rounding."""
        slack = 1e-9 * (1 + abs(self.ells).max())
        if low < self.ells[0] - slack or high > self.ells[-1] + slack:
            raise ValueError(
                f"part must hold the half-log-SNRs of times, from {low:g} to {high:g}, got {self.ells[[0, -1]]}"
            )

    def gain(self, start: Any, end: Any) -> Floats:
        """exp of minus the integral of l: what the linear part makes of u."""
        return np.exp(self._sums["l"](start) - self._sums["l"](end))

    def growth(self, start: float, end: Any) -> Floats:
        """exp of the integral of a."""
        return np.exp(self._sums["a"](end) - self._sums["a"](start))

    def drift(self, start: float, end: Floats) -> Floats:
        """The integral of b / growth from the start to each of the ends, shape (k, ...)."""
        nodes, weights = (1 + PANEL[0]) / 2, PANEL[1] / 2
        at = start + nodes[:, None] * (end - start)
        values = self.splines["b"](at) / self.growth(start, at)
        lengths = (end - start).reshape(-1, *(1,) * (values.ndim - 2))
        return np.tensordot(weights, values, axes=(0, 0)) * lengths


def linear_part(model: Any, process: Diffusion, ells: Any, x: Any, predicts: str = "data") -> LinearPart:
    r"""The linear part that is nearest to a model along its flow, by least squares over samples.

    At each level $l$ is the mean of $\kappa\,\partial_{u_i}\varepsilon_i$, for which the Jacobian of the rest $n$ is
    smallest, and then a and b are the line by which $\dot n$ follows n best. Derivatives are central differences, with
    2d + 3 calls of the model at each level, all samples in a batch. Where n is the same for all samples, as for
    independent Gaussian coordinates, a = 0 and b is its rate.

    Parameters
    ----------
    model : callable
        ``model(x, t)`` for NumPy arrays of shape (n, d).
    process : Diffusion
    ells : array of shape (m,), m >= 4
        Increasing half-log-SNRs.
    x : array of shape (m, n, d)
        n >= 2 samples at each of the levels, of the noisy data or of a sampler's states; best the same draws at all
        levels, so that the coefficients are smooth in the level, on which orders above 1 depend.
    predicts : {"data", "noise", "score", "velocity"}

    Returns
    -------
    LinearPart
        With a column for each coordinate.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind or shape.

    Notes
    -----
    Source: PD-E9.7.3, PD-E9.7.8, PD-A9.7; Zheng et al. 2023 (arXiv 2310.13268).

    Examples
    --------
    >>> from fewsteps import Gaussian, flow_matching, solvers
    >>> process, ells = flow_matching(), np.linspace(-2, 2, 5)
    >>> model = solvers.denoiser_of(Gaussian([0.0], [0.25]), process)
    >>> x = np.random.default_rng(0).standard_normal((5, 9, 1))
    >>> linear_part(model, process, ells, x).l[2].round(6)  # sigma^2/(alpha^2 v + sigma^2)
    array([0.8])
    """
    function(model, "model")
    having(process, ("at", "time_at"), "process")
    ells, x, predicts = floats(ells, "ells"), floats(x, "x"), one_of(predicts, KINDS, "predicts")
    if ells.ndim != 1 or ells.size < 4:
        raise ValueError(f"ells must have shape (m,) with m >= 4, got {ells.shape}")
    if x.ndim != 3 or x.shape[0] != ells.size or x.shape[1] < 2:
        raise ValueError(f"x must have shape (m, n, d) with m = {ells.size} and n >= 2, got {x.shape}")

    def pull(u: Floats, ell: float) -> Floats:
        """kappa epsilon: minus the rate of u."""
        place = place_at(process, process.time_at(float(ell)))
        return (
            place.sigma
            / place.alpha
            * turned(model(place.alpha * u, place.t), place.alpha * u, place, predicts, "noise")
        )

    states = [one / place_at(process, process.time_at(float(ell))).alpha for ell, one in zip(ells, x, strict=True)]
    slopes = np.array([_diagonal(pull, u, ell).mean(axis=0) for u, ell in zip(states, ells, strict=True)])
    of_l = make_interp_spline(ells, slopes, k=3)
    lines = [_line(pull, u, ell, of_l) for u, ell in zip(states, ells, strict=True)]
    return LinearPart(ells, slopes, *np.moveaxis(np.array(lines), 1, 0))


def _diagonal(pull: Any, u: Floats, ell: float) -> Floats:
    """The derivative of each coordinate's pull in itself, shape (n, d)."""
    step = _ACROSS * np.exp(-ell)
    out = np.empty_like(u)
    for i in range(u.shape[1]):
        shift = step * np.eye(u.shape[1])[i]
        out[:, i] = (pull(u + shift, ell)[:, i] - pull(u - shift, ell)[:, i]) / (2 * step)
    return out


def _line(pull: Any, u: Floats, ell: float, of_l: BSpline) -> tuple[Floats, Floats]:
    """The a and b with which the rate of n is nearest to a n + b, over the samples, by coordinate."""
    here = pull(u, ell)
    ahead, behind = pull(u - _ALONG * here, ell + _ALONG), pull(u + _ALONG * here, ell - _ALONG)
    rest = here - of_l(ell) * u
    rate = (ahead - behind) / (2 * _ALONG) - of_l(ell, 1) * u + of_l(ell) * here
    spread, together = rest.var(axis=0), ((rest - rest.mean(axis=0)) * rate).mean(axis=0)
    constant = spread <= _CONSTANT * (here**2 + (of_l(ell) * u) ** 2).mean(axis=0)
    a = np.where(constant, 0.0, together / np.where(constant, 1.0, spread))
    return a, rate.mean(axis=0) - a * rest.mean(axis=0)
