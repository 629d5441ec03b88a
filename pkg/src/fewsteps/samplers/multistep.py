"""Multistep exponential methods: DEIS, DPM-Solver++ with or without noise, and UniPC. One evaluation a step."""

from __future__ import annotations

from typing import Any

from fewsteps.arrays import Array, integer_at_least, number
from fewsteps.objects import instance, one_of
from fewsteps.samplers.past import Past
from fewsteps.samplers.setting import Setting, draws
from fewsteps.samplers.single import order_up_to
from fewsteps.samplers.weights import VARIABLES
from fewsteps.schedules import Diffusion
from fewsteps.solvers.march import Progress

#: How steps are taken that have too few values before them.
STARTS = ("low", "single")


def deis(
    model: Any,
    process: Diffusion,
    x: Any,
    times: Any,
    order: int = 3,
    variable: str = "time",
    start: str = "low",
    last_order: int | None = None,
    predicts: str = "data",
    clip: Any = None,
    path: bool = False,
    progress: Progress = None,
) -> Array:
    """DEIS: the noise prediction as a polynomial through its last values, integrated exactly (Adams-Bashforth).

    In time it is tAB-DEIS, in sigma / alpha rhoAB-DEIS, and in the half-log-SNR the multistep form of DPM-Solver.
    Step k has at most order k: with ``start="low"`` the first step is DDIM's and the method as a whole of order 2 at
    most. A step from alpha = 0 is DDIM's and is not remembered. A step to sigma = 0 has full order in "time" and
    "noise", and order 1 in "log-snr".

    Parameters
    ----------
    model, process, x, times, predicts, clip, path, progress
        As for `sample`.
    order : {1, 2, 3, 4}
        Number of values that a step uses, one more than the polynomial's degree; 1 is DDIM.
    variable : {"time", "noise", "log-snr"}
        In what the noise is a polynomial.
    start : {"low", "single"}
        Steps with too few values before them have a lower order, or are taken by DPM-Solver-3 with three evaluations.
    last_order : int, optional
        The order of the last step, with at most one more for each step before it.

    Returns
    -------
    array with the shape of `x`, or (N + 1, *x.shape) with `path`

    Raises
    ------
    TypeError, ValueError, FloatingPointError
        As for `sample`; if an option is not allowed.

    Notes
    -----
    Source: Zhang and Chen 2023 (arXiv 2204.13902). There the weights are found by quadrature on a fine grid; here they
    are exact, in time to rounding. Its tAB1 is of order 2 here: degrees are counted there.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps.schedules import edm
    >>> deis(lambda x, t: x / (1 + t**2), edm(), np.array([5.0]), [4.0, 3.0, 2.0, 1.0]).round(3)  # the flow: 1.715
    array([1.667])
    """
    run = Setting(model, process, x, times, predicts, clip)
    past = _past(run, order_up_to(order, 4), "noise", start, last_order)
    past.variable = one_of(variable, VARIABLES, "variable")
    return run.follow(past.step, path, progress)


def dpm_multistep(
    model: Any,
    process: Diffusion,
    x: Any,
    times: Any,
    order: int = 2,
    simple: bool = True,
    gamma: float = 0.0,
    noise: Any = None,
    start: str = "low",
    last_order: int | None = None,
    predicts: str = "data",
    clip: Any = None,
    path: bool = False,
    progress: Progress = None,
) -> Array:
    """DPM-Solver++ in its multistep form, (2M) and (3M), and with noise SDE-DPM-Solver++.

    The data prediction is a polynomial in half-log-SNR through its last values. Order 1 is DDIM; with gamma = 1 it is
    ancestral sampling. Step k has at most order k, so that order 3 is 2 as a whole; steps from alpha = 0 and to
    sigma = 0 have order 1, and the former is not remembered.

    Parameters
    ----------
    model, process, x, times, predicts, clip, path, progress
        As for `sample`.
    order : {1, 2, 3}
        How many values of the model a step uses.
    simple : bool
        Whether steps of order 2 have the coefficients of the paper, or the exact integral of the line through the
        last two values; both are of order 2.
    gamma : float
        Noise share of the reverse SDE, as in `reverse_sde`: 0 is the flow, 1 the SDE.
    noise : numpy.random.Generator, torch.Generator or array of shape (N, *x.shape)
        Draws the fresh noise, or is it; needed where gamma > 0.
    start, last_order
        As for `deis`; "single" has no noise.

    Returns
    -------
    array with the shape of `x`, or (N + 1, *x.shape) with `path`

    Raises
    ------
    TypeError, ValueError, FloatingPointError
        As for `sample`; if an option is not allowed, or noise is needed and not given.

    Notes
    -----
    Source: Lu et al. 2022 (arXiv 2211.01095), algorithm 2 and appendix on the SDE. Steps of order 3 are exact for
    polynomials; the rule that is in wide use weights the second difference with half of its integral, and has order 2.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps.schedules import edm
    >>> x, times = np.array([5.0]), [4.0, 3.0, 2.0, 1.0]
    >>> dpm_multistep(lambda x, t: x / (1 + t**2), edm(), x, times).round(3)  # the flow: 1.715
    array([1.685])
    """
    run = Setting(model, process, x, times, predicts, clip)
    past = _past(run, order_up_to(order, 3), "data", start, last_order)
    past.simple, past.gamma = instance(simple, bool, "simple"), number(gamma, "gamma", low=0.0)
    if past.gamma and past.single_start:
        raise ValueError("start must be 'low' where gamma > 0, got 'single'")
    normals = draws(noise, run, past.gamma > 0)
    return run.follow(lambda y, k: past.step(y, k, normals), path, progress)


def unipc(
    model: Any,
    process: Diffusion,
    x: Any,
    times: Any,
    order: int = 2,
    start: str = "low",
    last_order: int | None = None,
    predicts: str = "data",
    clip: Any = None,
    path: bool = False,
    progress: Progress = None,
) -> Array:
    """UniPC for the data prediction: each step is corrected with the model's value at its end, at no extra evaluation.

    The prediction is the multistep method of this order in half-log-SNR with exact integrals; the correction uses the
    value at the end of the step as one node more (Adams-Moulton), which makes the order one higher. The value itself
    is not computed again, and the last step is not corrected. Starts and ends as for `dpm_multistep`.

    Parameters
    ----------
    model, process, x, times, predicts, clip, path, progress
        As for `sample`. With `path` the states are those at which the model was evaluated, before their correction.
    order : {1, 2, 3}
        Of the prediction.
    start, last_order
        As for `deis`.

    Returns
    -------
    array with the shape of `x`, or (N + 1, *x.shape) with `path`

    Raises
    ------
    TypeError, ValueError, FloatingPointError
        As for `sample`; if an option is not allowed.

    Notes
    -----
    Source: Zhao et al. 2023 (arXiv 2302.04867). All integrals are exact here; there, a function B(h) replaces those of
    order 1 and 2.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps.schedules import edm
    >>> unipc(lambda x, t: x / (1 + t**2), edm(), np.array([5.0]), [4.0, 3.0, 2.0, 1.0]).round(3)  # the flow: 1.715
    array([1.702])
    """
    run = Setting(model, process, x, times, predicts, clip)
    past = _past(run, order_up_to(order, 3), "data", start, last_order)
    past.corrects = True
    return run.follow(past.step, path, progress)


def _past(run: Setting, order: int, form: str, start: Any, last_order: Any) -> Past:
    single = one_of(start, STARTS, "start") == "single"
    last = None if last_order is None else integer_at_least(last_order, 1, "last_order")
    return Past(run, order, form, last_order=last, single_start=single)
