"""The weights of one step: what it takes of the state and of every value of the model that it uses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import Array, number, real_array, same_shape
from fewsteps.objects import having, instance, one_of
from fewsteps.samplers.phi import phi_of
from fewsteps.samplers.places import Place, place_at, plus
from fewsteps.schedules import Diffusion
from fewsteps.solvers.march import step_times

#: Variables in which values of the model may be interpolated.
VARIABLES = ("log-snr", "noise", "time")
FORMS = ("noise", "data")


class Step(NamedTuple):
    """A step's coefficients: x_t = keep x_s + sum of weights times predictions + fresh times standard normals."""

    keep: float
    weights: list[float]
    fresh: float

    def taken(self, x: Array, values: Sequence[Array], normals: Array | None = None) -> Array:
        """The state after the step.

        Parameters
        ----------
        x : array of any shape
        values : sequence of arrays with the shape of `x`
            As many as weights.
        normals : array with the shape of `x`, optional
            Needed where `fresh` is not 0.

        Raises
        ------
        ValueError
            If a shape is not that of `x`, there are more or fewer values than weights, or normals are missing.

        Examples
        --------
        >>> float(Step(0.5, [2.0], 0.0).taken(np.array(4.0), [np.array(1.0)]))
        4.0
        """
        if len(values) != len(self.weights):
            raise ValueError(f"values must be {len(self.weights)}, one a weight, got {len(values)}")
        out = self.keep * x
        for weight, value in zip(self.weights, values, strict=True):
            same_shape(x, value, "x and each of the values")
            out = plus(out, weight, value)
        if not self.fresh:
            return out
        if normals is None:
            raise ValueError(f"normals must be given where fresh = {self.fresh:g}, got None")
        same_shape(x, normals, "x and normals")
        return plus(out, self.fresh, normals)


def step_weights(
    process: Diffusion,
    s: float,
    t: float,
    nodes: Any = None,
    form: str = "noise",
    variable: str = "log-snr",
    simple: bool = False,
    gamma: float = 0.0,
) -> Step:
    r"""Coefficients of the step from time s down to t that is exact for predictions polynomial in a variable.

    The prediction is replaced by the polynomial through its values at the nodes, and the integral is done exactly:

    $$
    x_t = \frac{\alpha_t}{\alpha_s} x_s + \alpha_t \sum_j e_j \int_s^t L_j\,\mathrm d\kappa, \qquad
    x_t = \frac{\sigma_t}{\sigma_s} x_s + \sigma_t \sum_j D_j \int_s^t L_j\,\mathrm d e^{\ell}.
    $$

    Parameters
    ----------
    process : Diffusion
    s, t : float
        Times with t < s.
    nodes : array of shape (n,), optional
        Different times at which the prediction is known, in any order; s alone by default, which is DDIM.
    form : {"noise", "data"}
        Which prediction is integrated.
    variable : {"log-snr", "noise", "time"}
        In what it is a polynomial: half-log-SNR, sigma/alpha, or time. The data form has the first alone.
    simple : bool
        Whether the integrals of the powers are those without the exponential, scaled to the right sum: the usual
        coefficients of DPM-Solver-2 and DPM-Solver++(2M); of order 2 at most.
    gamma : float
        Noise share of the reverse SDE, as in `reverse_sde`: 0 is the flow, 1 the SDE of DPM-Solver++; data form only.

    Returns
    -------
    Step
        ``keep``, ``weights`` (one a node, in the order given) and ``fresh``, the standard deviation of fresh noise.

    Raises
    ------
    ValueError
        If not t < s, nodes repeat, an option is unknown or does not go with another, gamma is negative, or the
        interpolation has no meaning: more than one node where a half-log-SNR is infinite, or alpha(s) = 0 in the
        noise form. Steps to sigma = 0 in the noise form have weights in "noise" and "time".

    Notes
    -----
    Source: Zhang and Chen 2023 (arXiv 2204.13902), Lu et al. 2022 (arXiv 2206.00927 and 2211.01095).

    Examples
    --------
    >>> from fewsteps.schedules import edm
    >>> step = step_weights(edm(), 3.0, 2.0, [3.0, 4.0], variable="noise")  # Adams and Bashforth: -3/2, 1/2
    >>> step.keep, [round(weight, 12) for weight in step.weights]
    (1.0, [-1.5, 0.5])
    """
    having(process, ("at", "alpha", "sigma", "horizon"), "process")
    s, t = step_times(process, s, t, decreasing=True)
    form, variable = one_of(form, FORMS, "form"), one_of(variable, VARIABLES, "variable")
    simple, gamma = instance(simple, bool, "simple"), number(gamma, "gamma", low=0.0)
    at = [s] if nodes is None else [float(node) for node in real_array(nodes, "nodes").reshape(-1)]
    if not at or len(set(at)) < len(at):
        raise ValueError(f"nodes must be different times, at least one, got {nodes!r}")
    if form == "data" and variable != "log-snr":
        raise ValueError(f"variable must be 'log-snr' in the data form, got {variable!r}")
    if simple and (len(at) > 2 or variable != "log-snr"):
        raise ValueError(f"simple must be False for more than two nodes, or in another variable, got {nodes!r}")
    if form == "noise" and gamma:
        raise ValueError(f"gamma must be 0 in the noise form, got {gamma:g}")
    start, end, *known = (place_at(process, time) for time in (s, t, *at))
    if form == "noise" and not start.alpha:
        raise ValueError(f"s must have alpha > 0 in the noise form, got s = {s:g}: take the data form")
    if len(known) > 1 and not _interpolable(start, end, known, variable):
        raise ValueError(f"nodes must be one where a half-log-SNR is infinite, got {nodes!r} for s = {s:g}, t = {t:g}")
    return weights_between(process, start, end, known, form, variable, simple, gamma)


def _interpolable(s: Place, t: Place, nodes: list[Place], variable: str) -> bool:
    if variable == "time":
        return True
    if variable == "noise":
        return all(node.alpha for node in nodes)
    return all(math.isfinite(place.ell) for place in (s, t, *nodes))


def weights_between(
    process: Diffusion,
    s: Place,
    t: Place,
    nodes: Sequence[Place],
    form: str = "noise",
    variable: str = "log-snr",
    simple: bool = False,
    gamma: float = 0.0,
) -> Step:
    """`step_weights` for places, unchecked.

    Examples
    --------
    >>> from fewsteps.schedules import flow_matching
    >>> s, t = (place_at(flow_matching(), time) for time in (1.0, 0.0))
    >>> weights_between(flow_matching(), s, t, [s], "data")
    Step(keep=0.0, weights=[1.0], fresh=0.0)
    """
    h, share, fresh = t.ell - s.ell, 1 + gamma**2, 0.0
    if form == "noise":
        keep = t.alpha / s.alpha
        total, z = t.sigma - keep * s.sigma, h
    else:
        keep, z = t.sigma / s.sigma, -share * h
        total = -t.alpha * math.expm1(z)
        if gamma:
            keep, fresh = keep * math.exp(-(gamma**2) * h), t.sigma * math.sqrt(-math.expm1(-2 * gamma**2 * h))
    if len(nodes) == 1:
        return Step(keep, [total], fresh)
    start, end, *known = (_coordinate(place, variable) for place in (s, t, *nodes))
    parts = [(one - start) / (end - start) for one in known]
    if simple or variable == "noise":
        means = 1 / np.arange(1.0, len(nodes) + 1)
    elif variable == "time":
        means = _means_in_time(process, s, t, len(nodes))
    else:
        means = np.array([math.factorial(k) * phi_of(k + 1, z) for k in range(len(nodes))]) / phi_of(1, z)
    if len(nodes) == 2:
        (u, v), mean = parts, float(means[1])
        return Step(keep, [total * (v - mean) / (v - u), total * (mean - u) / (v - u)], fresh)
    powers = np.array(parts) ** np.arange(len(nodes))[:, None]
    return Step(keep, [float(weight) for weight in total * np.linalg.solve(powers, means)], fresh)


def _coordinate(place: Place, variable: str) -> float:
    if variable == "time":
        return place.t
    return place.ell if variable == "log-snr" else place.sigma / place.alpha


def _means_in_time(process: Diffusion, s: Place, t: Place, n: int) -> NDArray[np.float64]:
    """Means of the powers of u = (s - time)/(s - t), of which d(sigma/alpha) is the measure.

    By parts, so that no rate is needed, and in v with u = 1 - v^2, where roots of time at its end 0 are smooth.
    """
    v, rule = _GAUSS
    times = t.t + (s.t - t.t) * v**2
    ahead = t.sigma / t.alpha - process.sigma(times) / process.alpha(times)
    means = [np.sum(2 * v * rule * k * (1 - v**2) ** (k - 1) * ahead) for k in range(1, n)]
    return np.array([1.0, *(np.array(means) / (t.sigma / t.alpha - s.sigma / s.alpha))])


def _graded() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights on [0, 1], in panels that shrink towards 1, where sigma/alpha is nearly singular."""
    nodes, weights = np.polynomial.legendre.leggauss(16)
    ends = [0.0, *(1 - 4.0**-k for k in range(1, 21)), 1.0]
    panels = [((a + b) / 2 + (b - a) / 2 * nodes, (b - a) / 2 * weights) for a, b in pairwise(ends)]
    return np.concatenate([v for v, _ in panels]), np.concatenate([w for _, w in panels])


_GAUSS = _graded()
