"""DDIM with any share of noise, and the rules of Euler and Heun for the probability flow."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from fewsteps.arrays import Array, number
from fewsteps.objects import one_of
from fewsteps.samplers.places import Place
from fewsteps.samplers.setting import Setting, draws
from fewsteps.samplers.weights import Step, weights_between
from fewsteps.schedules import Diffusion
from fewsteps.solvers.ancestral import ancestral_weights
from fewsteps.solvers.march import Progress

#: Variables of integration of the classical rules.
CLOCKS = ("time", "noise")


def ddim(
    model: Any,
    process: Diffusion,
    x: Any,
    times: Any,
    eta: float = 0.0,
    noise: Any = None,
    predicts: str = "data",
    clip: Any = None,
    path: bool = False,
    progress: Progress = None,
) -> Array:
    """DDIM (eta = 0) to ancestral sampling (eta = 1, DDPM): one evaluation a step, order 1 where eta = 0.

    Without noise it is exponential Euler: the model's value at the start of a step is kept over the step, of the noise
    or of the data alike. Both ends of a process are allowed: alpha = 0 at the first time, sigma = 0 at the last.

    Parameters
    ----------
    model, process, x, times, predicts, clip, path, progress
        As for `sample`.
    eta : float
        Share of the bridge's noise, in [0, 1]; it scales the standard deviation.
    noise : numpy.random.Generator, torch.Generator or array of shape (N, *x.shape)
        Draws the fresh noise, or is it; needed where eta > 0.

    Returns
    -------
    array with the shape of `x`, or (N + 1, *x.shape) with `path`

    Raises
    ------
    TypeError, ValueError, FloatingPointError
        As for `sample`; if eta is outside [0, 1], or noise is needed and not given.

    Notes
    -----
    Source: Song, Meng and Ermon 2021, equation (12); PD-A4.4.8 for eta = 1. The weights are `ancestral_weights`.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps.schedules import flow_matching
    >>> ddim(lambda x, t: 0 * x + 3, flow_matching(), np.ones(2), [1.0, 0.5, 0.0])
    array([3., 3.])
    """
    run, eta = Setting(model, process, x, times, predicts, clip), number(eta, "eta", low=0.0)
    steps = [_ddim_weights(process, s, t, eta) for s, t in pairwise(run.places)]
    normals = draws(noise, run, any(fresh > 0 for _, _, fresh in steps))

    def step(y: Array, k: int) -> Array:
        keep, weight, fresh = steps[k]
        data = run.predict(y, run.places[k], "data")
        return Step(keep, [weight], fresh).taken(y, [data], normals(k) if fresh else None)

    return run.follow(step, path, progress)


def _ddim_weights(process: Diffusion, s: Place, t: Place, eta: float) -> tuple[float, float, float]:
    """Those of `ancestral_weights`; without noise in one multiplication each."""
    if eta:
        return ancestral_weights(process, s.t, t.t, eta)
    keep, weights, fresh = weights_between(process, s, t, [s], "data")
    return keep, weights[0], fresh


def euler(
    model: Any,
    process: Diffusion,
    x: Any,
    times: Any,
    variable: str = "time",
    predicts: str = "data",
    clip: Any = None,
    path: bool = False,
    progress: Progress = None,
) -> Array:
    """Euler's rule for the probability flow: one evaluation a step, order 1.

    In the time of the process, or for x / alpha in the noise-to-signal ratio sigma / alpha, where it is DDIM.

    Parameters
    ----------
    model, process, x, times, predicts, clip, path, progress
        As for `sample`.
    variable : {"time", "noise"}

    Returns
    -------
    array with the shape of `x`, or (N + 1, *x.shape) with `path`

    Raises
    ------
    TypeError, ValueError, FloatingPointError
        As for `sample`; if `variable` is unknown.

    Notes
    -----
    Source: PD-E4.1.7; Karras et al. 2022, whose variable is the time of `edm`.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps.schedules import flow_matching
    >>> euler(lambda x, t: -x, flow_matching(), np.ones(1), [1.0, 0.5], predicts="velocity")
    array([1.5])
    """
    run, clock = Setting(model, process, x, times, predicts, clip), one_of(variable, CLOCKS, "variable")

    def step(y: Array, k: int) -> Array:
        s, t = run.places[k : k + 2]
        kind, rule = euler_step(process, s, t, clock)
        return rule.taken(y, [run.predict(y, s, kind)])

    return run.follow(step, path, progress)


def heun(
    model: Any,
    process: Diffusion,
    x: Any,
    times: Any,
    variable: str = "time",
    predicts: str = "data",
    clip: Any = None,
    path: bool = False,
    progress: Progress = None,
) -> Array:
    """Heun's rule for the probability flow: two evaluations a step, order 2.

    A step of Euler, then the trapezoid with the value at its end. A step that begins at alpha = 0 in the variable
    "noise", or ends at sigma = 0 in either, has Euler's part alone, with one evaluation: 2N - 1 for N steps down to
    the data. On `edm` this is the deterministic sampler of EDM; with ``variable="noise"`` it is so on every process.

    Parameters
    ----------
    model, process, x, times, predicts, clip, path, progress
        As for `sample`.
    variable : {"time", "noise"}
        As for `euler`.

    Returns
    -------
    array with the shape of `x`, or (N + 1, *x.shape) with `path`

    Raises
    ------
    TypeError, ValueError, FloatingPointError
        As for `sample`; if `variable` is unknown.

    Notes
    -----
    Source: Karras et al. 2022 (arXiv 2206.00364), algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps.schedules import flow_matching
    >>> heun(lambda x, t: -x, flow_matching(), np.ones(1), [1.0, 0.5], predicts="velocity")
    array([1.625])
    """
    run, clock = Setting(model, process, x, times, predicts, clip), one_of(variable, CLOCKS, "variable")

    def step(y: Array, k: int) -> Array:
        s, t = run.places[k : k + 2]
        kind, rule = euler_step(process, s, t, clock)
        first = run.predict(y, s, kind, keep=True)
        ahead = rule.taken(y, [first])
        if not t.sigma or kind == "data":
            return ahead
        half = rule.weights[0] / 2
        return Step(rule.keep, [half, half], 0.0).taken(y, [first, run.predict(ahead, t, kind)])

    return run.follow(step, path, progress)


def euler_step(process: Diffusion, s: Place, t: Place, variable: str) -> tuple[str, Step]:
    """What Euler's rule integrates over a step, and its weights; in "noise" the data where alpha = 0 at the start.

    Examples
    --------
    >>> from fewsteps.samplers.places import place_at
    >>> from fewsteps.schedules import flow_matching
    >>> s, t = (place_at(flow_matching(), time) for time in (1.0, 0.5))
    >>> euler_step(flow_matching(), s, t, "noise")
    ('data', Step(keep=0.5, weights=[0.5], fresh=0.0))
    """
    if variable == "time":
        return "velocity", Step(1.0, [t.t - s.t], 0.0)
    kind = "noise" if s.alpha else "data"
    return kind, weights_between(process, s, t, [s], kind)
