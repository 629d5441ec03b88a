"""All samplers by name: the table of methods, the entrance to them, and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fewsteps.arrays import Array
from fewsteps.objects import function, one_of
from fewsteps.samplers.classical import ddim, euler, heun
from fewsteps.samplers.multistep import deis, dpm_multistep, unipc
from fewsteps.samplers.parallel import paradigms
from fewsteps.samplers.single import dpm_solver
from fewsteps.schedules import Diffusion
from fewsteps.solvers.march import Progress


@dataclass(frozen=True)
class Method:
    """A row of the table of samplers.

    Parameters
    ----------
    call : callable
        The function that takes the steps.
    options : dict
        What the name fixes, unless `sample` is told otherwise.
    order : int
        Power of the step with which the error falls as a whole, if the first steps are as good as the others: the
        error of the flow, for noisy methods that of the law.
    order_from_low : int
        The same with the default start, whose first step has order 1.
    evaluations : int or None
        Of the model, a step with finite half-log-SNR at both of its ends; None if that depends on the model.
    memory : int or None
        Arrays of the state's size that are kept from one step to the next beside the state; None: a whole window.
    integrates : str
        The prediction whose integral is approximated.
    assumes : str
        In what it is nearly a polynomial, and what the order needs beside.
    source : str
        Where it was published.
    """

    call: Callable[..., Any]
    options: dict[str, Any]
    order: int
    order_from_low: int
    evaluations: int | None
    memory: int | None
    integrates: str
    assumes: str
    source: str

    @property
    def noisy(self) -> bool:
        """Whether fresh noise is added, so that `sample` wants `noise`."""
        return self.options.get("eta", 0.0) > 0 or self.options.get("gamma", 0.0) > 0


def _sequence(*arguments: Any, path: bool, **options: Any) -> Array:
    states = paradigms(*arguments, **options).states
    return states if path else states[-1]


_DEIS, _DPM, _UNIPC = "Zhang and Chen 2023", "Lu et al. 2022", "Zhao et al. 2023"

#: The samplers by name.
METHODS: dict[str, Method] = {
    "ddim": Method(ddim, {}, 1, 1, 1, 0, "data", "constant", "Song, Meng and Ermon 2021"),
    "ddpm": Method(ddim, {"eta": 1.0}, 1, 1, 1, 0, "data", "constant", "Ho et al. 2020"),
    "euler": Method(euler, {}, 1, 1, 1, 0, "velocity", "constant", "Song et al. 2021"),
    "heun": Method(heun, {}, 2, 2, 2, 0, "velocity", "time", "Karras et al. 2022"),
    "edm": Method(heun, {"variable": "noise"}, 2, 2, 2, 0, "noise", "sigma/alpha", "Karras et al. 2022"),
    "dpm-1": Method(dpm_solver, {"order": 1}, 1, 1, 1, 0, "noise", "constant", _DPM),
    "dpm-2": Method(dpm_solver, {"order": 2}, 2, 2, 2, 0, "noise", "half-log-SNR", _DPM),
    "dpm-3": Method(dpm_solver, {"order": 3}, 3, 3, 3, 0, "noise", "half-log-SNR", _DPM),
    "deis-t2": Method(deis, {"order": 2, "variable": "time"}, 2, 2, 1, 1, "noise", "time", _DEIS),
    "deis-t3": Method(deis, {"order": 3, "variable": "time"}, 3, 2, 1, 2, "noise", "time", _DEIS),
    "deis-t4": Method(deis, {"order": 4, "variable": "time"}, 4, 2, 1, 3, "noise", "time", _DEIS),
    "deis-rho2": Method(deis, {"order": 2, "variable": "noise"}, 2, 2, 1, 1, "noise", "sigma/alpha", _DEIS),
    "deis-rho3": Method(deis, {"order": 3, "variable": "noise"}, 3, 2, 1, 2, "noise", "sigma/alpha", _DEIS),
    "deis-rho4": Method(deis, {"order": 4, "variable": "noise"}, 4, 2, 1, 3, "noise", "sigma/alpha", _DEIS),
    "dpm++1": Method(dpm_multistep, {"order": 1}, 1, 1, 1, 0, "data", "constant", _DPM),
    "dpm++2s": Method(dpm_solver, {"order": 2, "form": "data"}, 2, 2, 2, 0, "data", "half-log-SNR", _DPM),
    "dpm++3s": Method(dpm_solver, {"order": 3, "form": "data"}, 3, 3, 3, 0, "data", "half-log-SNR", _DPM),
    "dpm++2m": Method(dpm_multistep, {"order": 2}, 2, 2, 1, 1, "data", "half-log-SNR", _DPM),
    "dpm++3m": Method(dpm_multistep, {"order": 3}, 3, 2, 1, 2, "data", "half-log-SNR", _DPM),
    "dpm++1-sde": Method(dpm_multistep, {"order": 1, "gamma": 1.0}, 1, 1, 1, 0, "data", "constant", _DPM),
    "dpm++2m-sde": Method(dpm_multistep, {"order": 2, "gamma": 1.0}, 2, 2, 1, 1, "data", "half-log-SNR", _DPM),
    "unipc-1": Method(unipc, {"order": 1}, 2, 2, 1, 2, "data", "half-log-SNR", _UNIPC),
    "unipc-2": Method(unipc, {"order": 2}, 3, 3, 1, 3, "data", "half-log-SNR", _UNIPC),
    "unipc-3": Method(unipc, {"order": 3}, 4, 3, 1, 4, "data", "half-log-SNR", _UNIPC),
    "paradigms": Method(_sequence, {}, 1, 1, None, None, "data", "constant", "Shih et al. 2023"),
}


def sample(
    method: str,
    model: Any,
    process: Diffusion,
    x: Any,
    times: Any,
    predicts: str = "data",
    noise: Any = None,
    clip: Any = None,
    path: bool = False,
    progress: Progress = None,
    **options: Any,
) -> Array:
    """Sample with the method of a name: from `x` at times[0] down the grid `times`.

    Parameters
    ----------
    method : str
        One of `METHODS`.
    model : callable
        ``model(x, t)`` with a state of the shape of `x` and a time as a float; the answer has this shape. Never called
        at a time with sigma = 0. It must not write to its argument. What is recorded for gradients is the caller's:
        use `torch.no_grad` for networks.
    process : Diffusion
    x : array of any shape
        The state at times[0], points or images in a batch. The answer keeps its kind, dtype and device. The steps'
        coefficients are computed in float64; in single precision the methods that integrate the noise lose digits near
        alpha = 0, by a factor 1 / alpha, and those for the data do not. Half precision is carried in float32, and the
        model sees half precision.
    times : array of shape (N + 1,)
        Strictly decreasing, within [0, horizon]: from `grids`, or others.
    predicts : {"data", "noise", "score", "velocity"}
        What the model's answer is.
    noise : numpy.random.Generator, torch.Generator or array of shape (N, *x.shape), optional
        Draws the fresh noise, or is it; methods without noise do not look at it.
    clip : pair of numbers or callable, optional
        Limits (low, high) of the data prediction, or a function of it, such as a threshold that depends on the batch.
        Methods that extrapolate predictions may leave the limits all the same.
    path : bool
        Whether to return the states at all times.
    progress : callable, optional
        Called as ``progress(done, N)`` after every step.
    **options
        Of the method's function, in the place of those of the table.

    Returns
    -------
    array with the shape of `x`, or (N + 1, *x.shape) with `path`

    Raises
    ------
    TypeError
        If an argument is not of its kind, or noise is needed and not given.
    ValueError
        If `method` is unknown; `times` do not decrease or leave [0, horizon], or the signal-to-noise ratio does not
        grow along them; the model's answer has another shape, or does not determine what the method needs: noise and
        score know nothing of the data at alpha = 0.
    FloatingPointError
        If the state does not stay finite.

    Notes
    -----
    Source: the papers in `METHODS`.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps import Gaussian, flow_matching, grids, solvers
    >>> process = flow_matching()
    >>> model = solvers.denoiser_of(Gaussian([1.0], [0.25]), process)
    >>> sample("dpm++2m", model, process, np.array([[2.0]]), grids.uniform(process, 20)).round(3)  # the flow: 2
    array([[2.011]])
    """
    row = METHODS[one_of(method, METHODS, "method")]
    given = {**row.options, **options}
    if row.noisy or "eta" in options or "gamma" in options:
        given["noise"] = noise
    return row.call(model, process, x, times, predicts=predicts, clip=clip, path=path, progress=progress, **given)


@dataclass
class Counting:
    """A model that counts how often it is called.

    Parameters
    ----------
    model : callable
        ``model(x, t)``.

    Attributes
    ----------
    calls : int

    Examples
    --------
    >>> from fewsteps.schedules import edm
    >>> model = Counting(lambda x, t: 0 * x)
    >>> _ = sample("heun", model, edm(), np.ones(1), [2.0, 1.0, 0.0])
    >>> model.calls
    3
    """

    model: Callable[..., Array]
    calls: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        function(self.model, "model")

    def __call__(self, x: Array, t: Any) -> Array:
        """Answer as the model does, and count."""
        self.calls += 1
        return self.model(x, t)


def evaluations(method: str, process: Diffusion, times: Any, **options: Any) -> int:
    """How often a method calls the model along a grid, exactly: it is followed with one point.

    Parameters
    ----------
    method : str
        One of `METHODS`.
    process : Diffusion
    times : array of shape (N + 1,)
    **options
        As for `sample`.

    Raises
    ------
    ValueError
        As for `sample`; for "paradigms", whose count depends on the model.

    Examples
    --------
    >>> from fewsteps.schedules import edm
    >>> [evaluations(method, edm(), [4.0, 2.0, 1.0, 0.0]) for method in ("ddim", "heun", "dpm-3", "unipc-3")]
    [3, 5, 7, 3]
    """
    if method == "paradigms":
        raise ValueError("method must be one whose count is known without it, got 'paradigms': see ParallelRun")
    model = Counting(lambda x, t: 0 * x)
    sample(method, model, process, np.zeros((1, 1)), times, **{"noise": np.random.default_rng(0), **options})
    return model.calls
