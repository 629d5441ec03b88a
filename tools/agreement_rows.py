"""Which sampler of ours is compared with which of another library, and what is to be known about theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from peers import Run, normals
from rebuilt import HALF, HALF_NOISE, LINEAR, TURNED, by_number, multistep, third

LAST, NOISE = {"last_order": 1}, {"variable": "log-snr"}
MULTI, SINGLE, UNIPC = "DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler", "UniPCMultistepScheduler"
STOP = {"final_sigmas_type": "sigma_min"}


@dataclass(frozen=True)
class Pair:
    """A sampler of ours and one of another library.

    Parameters
    ----------
    method, options : str, dict
        Ours, by its name in `samplers.METHODS`.
    peer, config : str, dict
        Theirs, and what it is made with.
    note : str
        How theirs differs, and which setting makes both the same.
    library : {"diffusers", "azula"}
    step : dict
        Options of their `step`.
    noisy : bool
        Whether both draw noise.
    float32 : bool
        Whether theirs draws it in single precision, and so another sequence, unless it is widened.
    inner : int
        How many of their steps are one of ours; the levels are then set by us.
    rebuilt : callable, optional
        Where the rules differ: theirs from the weights of ours, on the levels of a run.
    """

    method: str
    options: dict[str, Any]
    peer: str
    config: dict[str, Any]
    note: str = ""
    library: str = "diffusers"
    step: dict[str, Any] = field(default_factory=dict)
    noisy: bool = False
    float32: bool = False
    inner: int = 0
    rebuilt: Callable[[Run], torch.Tensor] | None = None

    @property
    def key(self) -> str:
        """What tells it from the others."""
        options, config = (", ".join(f"{k}={v}" for k, v in part.items()) for part in (self.options, self.config))
        return f"{self.method}({options}) {self.library}.{self.peer}({config})"


def _singlestep(order: int, kind: str, form: str) -> dict[str, Any]:
    algorithm = {"data": "dpmsolver++", "noise": "dpmsolver"}[form]
    return {"solver_order": order, "algorithm_type": algorithm, "solver_type": kind, "lower_order_final": False, **STOP}


GRID = "Its inner places are levels of its own grid, wherever they lie; here they are set to parts of the step."
CLIP = "It clips the data to [-1, 1] unless `clip_sample=False`."
FINAL = "Below 15 steps it lowers the last two orders to 2 and 1; from 15 on, with a last level above 0, it does not."
DIFFERENCE = "Its second difference has half of the integral's weight, which leaves order 2."
TURN = (
    "One sign of its weight of the second difference is turned: as the step gets short it tends to -alpha, where that "
    "of the integral tends to 0. Order 1 is left, and where alpha dD/dx > 1, as between modes, many steps are unstable."
)
PAPER = "A single difference has half of {} as its weight, of a prediction or a correction; ours is the exact integral."
BH1 = PAPER.format("alpha h") + " With its default last level 0, `bh1` ends in NaN."
THIRD_MIDPOINT = "The way to its second place has the weights of the midpoint; in the paper they are exact."
THIRD_HEUN = "The end of its step uses all three values; in the paper, the first and the last."


def _third(form: str, kind: str) -> Pair:
    def theirs(run: Run) -> torch.Tensor:
        return third(run.levels, form, kind)

    name = {"data": "dpm++3s", "noise": "dpm-3"}[form]
    note = {"midpoint": THIRD_MIDPOINT, "heun": THIRD_HEUN}[kind]
    return Pair(name, {}, SINGLE, _singlestep(3, kind, form), note, inner=3, rebuilt=theirs)


def _unipc(order: int) -> Pair:
    def theirs(run: Run) -> torch.Tensor:
        return multistep(run.levels, order, by_number(), corrects=True)

    note = PAPER.format("alpha (1 - e^-h)")
    return Pair(f"unipc-{order}", LAST, UNIPC, {"solver_order": order}, note, rebuilt=theirs)


DIFFUSERS = [
    Pair("ddim", {}, "DDIMScheduler", {"clip_sample": False}, CLIP + " The last step goes to the data."),
    Pair("ddim", {"eta": 0.6}, "DDIMScheduler", {"clip_sample": False}, CLIP, step={"eta": 0.6}, noisy=True),
    Pair(
        "ddim",
        {"clip": (-1, 1)},
        "DDIMScheduler",
        {"clip_sample": True},
        "By default, without `use_clipped_model_output`, the noise stays that of the data before clipping.",
        step={"use_clipped_model_output": True},
    ),
    Pair(
        "ddpm",
        {},
        "DDPMScheduler",
        {"clip_sample": False},
        CLIP + ' The noise of `variance_type="fixed_large"` has the variance of the forward step.',
        noisy=True,
    ),
    Pair("ddpm", {}, "EulerAncestralDiscreteScheduler", {}, "Its state is x/alpha.", noisy=True),
    Pair("ddim", {}, "EulerDiscreteScheduler", {}, "Its state is x/alpha, where Euler's rule is DDIM."),
    Pair(
        "edm",
        {},
        "HeunDiscreteScheduler",
        {},
        "Its state is x/alpha. Its last step is Euler's, whatever the last level; ours if that is 0.",
    ),
    Pair(
        "euler",
        {},
        "FlowMatchEulerDiscreteScheduler",
        {},
        "Its own grid has equal steps from 1 to 1/1000, and then goes to 0.",
    ),
    Pair(
        "heun",
        {},
        "FlowMatchHeunDiscreteScheduler",
        {},
        "Its own grid has equal steps from 1 to 1/1000, and then goes to 0.",
    ),
    *(
        Pair("deis-rho4", {"order": order}, "LMSDiscreteScheduler", {}, "Weights by quadrature.", step={"order": order})
        for order in (2, 3, 4)
    ),
    *(
        Pair(
            "deis-t3",
            {"order": order, **NOISE, **LAST},
            "DEISMultistepScheduler",
            {"solver_order": order},
            "It stops above the data. " + FINAL + (" Its weights cancel in float32." if order == 3 else ""),
        )
        for order in (2, 3)
    ),
    Pair("dpm++1", {}, MULTI, {"solver_order": 1}),
    Pair("dpm++2m", LAST, MULTI, {"solver_order": 2}, FINAL),
    Pair("dpm++2m", {"simple": False, **LAST}, MULTI, {"solver_order": 2, "solver_type": "heun"}, FINAL),
    Pair(
        "dpm++3m",
        LAST,
        MULTI,
        {"solver_order": 3},
        DIFFERENCE,
        rebuilt=lambda run: multistep(run.levels, 3, by_number(three=HALF)),
    ),
    *(
        Pair(
            "dpm++1-sde" if order == 1 else "dpm++2m-sde",
            {} if order == 1 else {"simple": kind == "midpoint", **LAST},
            MULTI,
            {"solver_order": order, "algorithm_type": "sde-dpmsolver++", "solver_type": kind},
            "It draws its noise in float32.",
            noisy=True,
            float32=True,
        )
        for order, kind in ((1, "midpoint"), (2, "midpoint"), (2, "heun"))
    ),
    Pair(
        "dpm++2m-sde",
        {"order": 3, **LAST},
        MULTI,
        {"solver_order": 3, "algorithm_type": "sde-dpmsolver++"},
        TURN,
        noisy=True,
        float32=True,
        rebuilt=lambda run: multistep(
            run.levels, 3, by_number(three=TURNED, gamma=1.0), noise=normals(len(run.levels) - 1)
        ),
    ),
    Pair(
        "deis-t2",
        {**NOISE, **LAST},
        MULTI,
        {"solver_order": 2, "algorithm_type": "dpmsolver", "solver_type": "heun", **STOP},
        "It stops above the data. " + FINAL,
    ),
    Pair(
        "deis-t2",
        {**NOISE, **LAST},
        MULTI,
        {"solver_order": 2, "algorithm_type": "dpmsolver", **STOP},
        "The weights of the midpoint, as of the paper on DPM-Solver; ours are exact. Both have order 2.",
        rebuilt=lambda run: multistep(run.levels, 2, by_number(form="noise"), "noise"),
    ),
    Pair(
        "deis-t3",
        {**NOISE, **LAST},
        MULTI,
        {"solver_order": 3, "algorithm_type": "dpmsolver", **STOP},
        DIFFERENCE,
        rebuilt=lambda run: multistep(run.levels, 3, by_number(form="noise", three=HALF_NOISE), "noise"),
    ),
    *(
        Pair(
            {"data": "dpm++2s", "noise": "dpm-2"}[form],
            {"simple": kind == "midpoint"},
            SINGLE,
            _singlestep(2, kind, form),
            GRID,
            inner=2,
        )
        for form in ("data", "noise")
        for kind in ("midpoint", "heun")
    ),
    *(_third(form, kind) for form in ("data", "noise") for kind in ("midpoint", "heun")),
    *(_unipc(order) for order in (1, 2, 3)),
    Pair(
        "unipc-2",
        LAST,
        UNIPC,
        {"solver_order": 2, "solver_type": "bh1", **STOP},
        BH1,
        rebuilt=lambda run: multistep(run.levels, 2, by_number(two=LINEAR), corrects=True),
    ),
]

VARIANCE = "Its eta is the square of ours: it scales the variance of the noise."
AZULA = [
    Pair("ddim", {"eta": 0.6}, "DDIMSampler", {"eta": 0.36}, VARIANCE, "azula"),
    Pair("ddpm", {}, "DDPMSampler", {}, "", "azula"),
    Pair("ddim", {}, "EulerSampler", {}, "Its state is x/alpha, where Euler's rule is DDIM.", "azula"),
    Pair("edm", {}, "HeunSampler", {}, "Its state is x/alpha.", "azula"),
    *(Pair("deis-rho4", {"order": order}, "zABSampler", {"order": order}, "", "azula") for order in (2, 3, 4)),
    *(Pair("deis-t4", {"order": order, **NOISE}, "zEABSampler", {"order": order}, "", "azula") for order in (2, 3, 4)),
    *(
        Pair(
            "dpm++3m",
            {"order": order, "simple": False},
            "xEABSampler",
            {"order": order},
            "It has the exact integrals; the coefficients of the paper, which ours has by default, differ."
            * (order == 2),
            "azula",
        )
        for order in (2, 3)
    ),
]

PAIRS = [*DIFFUSERS, *AZULA]
