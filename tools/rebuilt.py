"""Rules of other libraries that differ from ours, built from our own weights: what the difference is, in a few lines.

The weights of a step are moments: of the powers of u, the part of the step in half-log-SNR, against the integral's
measure. A rule that differs in one of them has another moment in its place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from peers import LAW, PROCESS, start, times_of

from fewsteps import samplers, solvers

#: Weights of a step from s to t through nodes; the last argument says whether the step is a correction.
Weights = Callable[[float, float, Sequence[float], bool], samplers.Step]


def ell(t: float) -> float:
    """Half-log-SNR of the common process."""
    return float(PROCESS.half_log_snr(t))


def with_moment(
    k: int, value: Callable[[float, float, float], float], form: str = "data", gamma: float = 0.0
) -> Weights:
    """The exact weights but for one moment, which is `value` of the exact one, of h and of the factor at the end."""

    def weights(s: float, t: float, nodes: Sequence[float], corrects: bool) -> samplers.Step:
        exact = samplers.step_weights(PROCESS, s, t, nodes, form, gamma=gamma)
        h = ell(t) - ell(s)
        powers = np.array([(ell(node) - ell(s)) / h for node in nodes]) ** np.arange(len(nodes))[:, None]
        moments = powers @ exact.weights
        moments[k] = value(float(moments[k]), h, float(PROCESS.alpha(t)))
        return exact._replace(weights=np.linalg.solve(powers, moments).tolist())

    return weights


def by_number(
    two: Weights | None = None, three: Weights | None = None, form: str = "data", gamma: float = 0.0
) -> Weights:
    """Weights by the number of values: for two those of the papers, or given; for three the exact ones, or given."""

    def weights(s: float, t: float, nodes: Sequence[float], corrects: bool) -> samplers.Step:
        own = two if len(nodes) == 2 else three if len(nodes) == 3 else None
        # A correction with the value at the end and two before is exact there.
        if own is not None and (len(nodes) == 2 or not corrects):
            return own(s, t, nodes, corrects)
        return samplers.step_weights(PROCESS, s, t, nodes, form, simple=len(nodes) == 2, gamma=gamma)

    return weights


def multistep(
    levels: Sequence[float],
    order: int,
    weights: Weights,
    form: str = "data",
    corrects: bool = False,
    noise: torch.Tensor | None = None,
    last_order: int = 1,
) -> torch.Tensor:
    """A multistep method with the weights of somebody else; orders as for `last_order` of ours."""
    model, times, x = _model(form), [float(t) for t in times_of(levels)], start(levels[0])
    nodes: list[float] = []
    values: list[Any] = []
    before: tuple[Any, int] | None = None
    for k, (s, t) in enumerate(pairwise(times)):
        value = model(x, s)
        if corrects and before is not None:
            y, n = before
            x = weights(nodes[0], s, [s, *nodes[:n]], True).taken(y, [value, *values[:n]])
        nodes, values = [s, *nodes], [value, *values]
        n = min(order, k + 1, last_order + len(times) - 2 - k)
        before = (x, n)
        rule = weights(s, t, nodes[:n], False)
        x = rule.taken(x, values[:n], None if noise is None or not rule.fresh else noise[k])
    return torch.as_tensor(x)


def third(levels: Sequence[float], form: str, kind: str) -> torch.Tensor:
    """The single-step method of order 3 of diffusers, through levels that lie at thirds.

    With "midpoint" the way to its second place has the weights of the midpoint, with "heun" the end uses all three
    values. In DPM-Solver-3 the way to the second place is exact, and the end uses the first and the last value.
    """
    model, times, x = _model(form), [float(t) for t in times_of(levels)], start(levels[0])
    for k in range(0, len(times) - 1, 3):
        s, inner, other, t = times[k : k + 4]
        first = model(x, s)
        y = samplers.step_weights(PROCESS, s, inner, [s], form).taken(x, [first])
        second = model(y, inner)
        y = samplers.step_weights(PROCESS, s, other, [s, inner], form, simple=kind == "midpoint").taken(
            x, [first, second]
        )
        values = [first, second, model(y, other)]
        places = [s, inner, other]
        if kind == "midpoint":
            del places[1], values[1]
        x = samplers.step_weights(PROCESS, s, t, places, form).taken(x, values)
    return x


def _model(form: str) -> Callable[[Any, float], Any]:
    denoiser = solvers.denoiser_of(LAW, PROCESS)
    if form == "data":
        return lambda x, t: denoiser(x, t)

    def noise(x: Any, t: float) -> Any:
        alpha, sigma = (float(part) for part in PROCESS.at(t)[:2])
        return (x - alpha * denoiser(x, t)) / sigma

    return noise


#: Third-order multistep: the second difference has half of its integral.
HALF = with_moment(2, lambda moment, h, alpha: moment / 2)
HALF_NOISE = with_moment(2, lambda moment, h, alpha: moment / 2, "noise")


def _turned(moment: float, h: float, alpha: float) -> float:
    z = 2 * h
    return alpha * ((1 - math.exp(-z) - z) / z**2 - 0.5)


#: Third-order multistep with noise: the last sign is turned, where (1 - e^(-z) - z)/z^2 + 1/2 is half of the integral.
TURNED = with_moment(2, _turned, gamma=1.0)
#: UniPC's B(h) = h for one difference: h/2 in the place of the exact moment; B(h) = e^h - 1 gives those of the papers.
LINEAR = with_moment(1, lambda moment, h, alpha: alpha * h / 2)
