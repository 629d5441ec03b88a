"""DPM-Solver-v3: the multistep method for what a linear part leaves of the flow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fewsteps.arrays import Array, as_kind
from fewsteps.objects import instance
from fewsteps.samplers.linear_part import PANEL, Floats, LinearPart
from fewsteps.samplers.places import Place
from fewsteps.samplers.setting import Setting
from fewsteps.samplers.single import order_up_to
from fewsteps.samplers.weights import weights_between
from fewsteps.schedules import Diffusion
from fewsteps.solvers.march import Progress


def dpm_solver_v3(
    model: Any,
    process: Diffusion,
    x: Any,
    times: Any,
    part: LinearPart,
    order: int = 2,
    predicts: str = "data",
    clip: Any = None,
    path: bool = False,
    progress: Progress = None,
) -> Array:
    r"""DPM-Solver-v3 in its multistep form: one evaluation a step, order 1 to 3.

    With the linear part of `part` solved exactly, what remains is, up to a known factor and summand, nearly constant
    along the flow; it is a polynomial in the half-log-SNR through its last values. Step k has at most order k; steps
    from alpha = 0 and to sigma = 0 are DDIM's.

    Parameters
    ----------
    model, process, x, times, predicts, clip, path, progress
        As for `sample`; with coefficients for each coordinate the last axis of `x` has these coordinates.
    part : LinearPart
        From `linear_part`, or given.
    order : {1, 2, 3}
        How many values a step uses.

    Returns
    -------
    array with the shape of `x`, or (N + 1, *x.shape) with `path`

    Raises
    ------
    TypeError, ValueError, FloatingPointError
        As for `sample`; if `part` does not hold the half-log-SNRs of `times`, or has another number of coordinates.

    Notes
    -----
    Source: PD-E9.7.12, PD-E9.7.13; Zheng et al. 2023 (arXiv 2310.13268), without the corrector and the pseudo
    differences of their code.

    Examples
    --------
    >>> from fewsteps.schedules import edm
    >>> part = LinearPart([-5.0, 5.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0])  # the data: DPM-Solver++
    >>> dpm_solver_v3(lambda x, t: x / (1 + t**2), edm(), np.array([5.0]), [4.0, 2.0, 1.0], part, order=1).round(3)
    array([1.588])
    """
    run, order = Setting(model, process, x, times, predicts, clip), order_up_to(order, 3)
    inside = [place.ell for place in run.places if math.isfinite(place.ell)]
    instance(part, LinearPart, "part")
    if inside:
        part.within(min(inside), max(inside))
    if part.l.ndim == 2 and (run.x.ndim == 0 or run.x.shape[-1] != part.l.shape[1]):
        raise ValueError(f"part must have the coordinates of x, {tuple(run.x.shape)[-1:]}, got {part.l.shape[1:]}")
    past: list[tuple[float, Array]] = []

    def step(y: Array, k: int) -> Array:
        s, t = run.places[k : k + 2]
        if not s.alpha or not t.sigma:
            return weights_between(process, s, t, [s], "data").taken(y, [run.predict(y, s, "data")])
        noise = run.predict(y, s, "noise", keep=True)
        rest = s.sigma / s.alpha * noise - _kind(part.splines["l"](s.ell), y) * y / s.alpha
        past[:] = [(s.ell, rest), *past][:order]
        keep, shift, weights = _coefficients(part, s, t, [ell for ell, _ in past])
        u = _kind(keep, y) * y / s.alpha + _kind(shift, y)
        for weight, (_, value) in zip(weights, past, strict=True):
            u = u + _kind(weight, y) * value
        return t.alpha * u

    return run.follow(step, path, progress)


def _kind(coefficient: Floats, y: Array) -> Any:
    """A coefficient for all coordinates as a number, those of each as an array of the state's kind."""
    return float(coefficient) if np.ndim(coefficient) == 0 else as_kind(coefficient, y)


def _coefficients(part: LinearPart, s: Place, t: Place, nodes: list[float]) -> tuple[Floats, Floats, list[Floats]]:
    """What a step keeps of u, what it adds, and the weights of the rests at the nodes, the first of which is s."""
    h, start = t.ell - s.ell, s.ell
    at = start + h * (1 + PANEL[0]) / 2
    carried = part.gain(at, t.ell) * part.growth(start, at)
    weighed = (PANEL[1] * h / 2).reshape(-1, *(1,) * (carried.ndim - 1)) * carried
    known = np.array(nodes)
    powers = ((known - start) / h) ** np.arange(known.size)[:, None]
    moments = np.array([np.tensordot(((at - start) / h) ** m, weighed, axes=(0, 0)) for m in range(known.size)])
    of_node = np.linalg.solve(powers, moments.reshape(known.size, -1)).reshape(moments.shape)
    behind = part.drift(start, known)
    weights = [-weight / part.growth(start, ell) for weight, ell in zip(of_node, nodes, strict=True)]
    shift = np.sum(of_node * behind, axis=0) - np.sum(weighed * part.drift(start, at), axis=0)
    return part.gain(start, t.ell), shift, weights
