"""Samplers of other libraries, driven on the noise levels that ours are driven on: diffusers and azula.

diffusers' schedulers keep their tables in float32, and some cast the state to it. Within `wide` the same code runs with
float64 in the place of float32, so that what is left of a difference is the method's.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib import import_module
from typing import Any
from unittest import mock

import numpy as np
import torch

import fewsteps as fs
from fewsteps import samplers, solvers

# By name: the one has no types, and to read those of the other takes a type checker a minute.
diffusers: Any = import_module("diffusers")
denoise: Any = import_module("azula.denoise")
azula_samplers: Any = import_module("azula.sample")

LAW = fs.GaussianMixture(np.array([[2.0, 0.0], [-1.0, 1.5], [-1.0, -1.5]]), 0.09, np.array([0.5, 0.3, 0.2]))
#: It reaches the last level of diffusers' usual table, whose betas belong to vp_linear(0.1, 20) in the limit.
PROCESS = fs.vp_linear(0.1, 21.0)
POINTS, SEED = 40, 7
#: azula's schedule of this shape, which is vp_linear(1e-15, 20), on its own clock.
VP: Any = import_module("azula.noise").VPSchedule(math.exp(-5.0), 0.0)
AZULA_PROCESS = fs.vp_linear(1e-15, 20.0)
#: Schedulers whose state is x / alpha, as their `scale_model_input` says.
SCALED = ("Euler", "Heun", "LMS")


class Double:
    """A module with float64 in the place of float32."""

    def __init__(self, module: Any) -> None:
        self.module = module

    def __getattr__(self, name: str) -> Any:
        """What the module has of this name."""
        return getattr(self.module, "float64" if name == "float32" else name)


@contextmanager
def wide(scheduler: type) -> Iterator[None]:
    """Let the module of a scheduler compute in float64."""
    module, before = sys.modules[scheduler.__module__], torch.get_default_dtype()
    with mock.patch.multiple(module, torch=Double(torch), np=Double(np)):
        torch.set_default_dtype(torch.float64)
        try:
            yield
        finally:
            torch.set_default_dtype(before)


def start(kappa: float) -> torch.Tensor:
    """States of the law at a noise level of a variance-preserving process, the same for everybody."""
    alpha = 1 / math.hypot(1, kappa)
    return torch.as_tensor(LAW.sample(POINTS, np.random.default_rng(0), alpha, kappa * alpha))


def predicted(x: Any, kappa: float, alpha: float, kind: str) -> Any:
    """The exact prediction of the noise ("epsilon") or of the data ("sample") at a state and a level."""
    data = LAW.denoiser(x, alpha, kappa * alpha)
    return data if kind == "sample" else (x - alpha * data) / (kappa * alpha)


def times_of(levels: Sequence[float], process: Any = PROCESS) -> np.ndarray:
    """Our times at which the noise-to-signal ratios are these."""
    return np.array([process.time_at(-math.log(level)) if level else 0.0 for level in levels])


class Run:
    """One of diffusers' schedulers from the common start through its own grid, or another's levels.

    Parameters
    ----------
    name, config : str, dict
        The class of the scheduler and what it is made with.
    steps : int
        Of its own grid.
    levels : sequence of float, optional
        Noise-to-signal ratios to be set in the place of its own, the last one at the end.
    double : bool
        Whether in float64.
    before : callable, optional
        Called with the scheduler and the number of each step before it is taken.
    options
        Of the scheduler's ``step``.

    Attributes
    ----------
    levels : list of float
        The ratios at the states.
    result : tensor
        The state at the last level.
    """

    def __init__(
        self,
        name: str,
        config: dict[str, Any],
        steps: int = 12,
        levels: Sequence[float] | None = None,
        double: bool = True,
        before: Callable[[Any, int], None] | None = None,
        **options: Any,
    ) -> None:
        kind = getattr(diffusers, name)
        with warnings.catch_warnings(), wide(kind) if double else nullcontext(), torch.no_grad():
            # Of the name "dpmsolver", and of NumPy about tensors.
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            self.scheduler = kind(**config)
            self.scheduler.set_timesteps(len(levels) - 1 if levels is not None else steps)
            self.scaled = name.startswith(SCALED)
            if levels is not None:
                self._set(name, levels)
            self.levels = self._levels()
            self.result = self._march(config.get("prediction_type", "epsilon"), before, options)

    def _set(self, name: str, levels: Sequence[float]) -> None:
        given = torch.tensor(list(levels), dtype=self.scheduler.sigmas.dtype)
        if name.startswith("Heun"):
            given = torch.cat([given[:1], given[1:-1].repeat_interleave(2), given[-1:]])
        self.scheduler.sigmas = given

    def _levels(self) -> list[float]:
        """From the table of levels, or for schedulers without one from that of the squared signals."""
        if hasattr(self.scheduler, "sigmas"):
            all_levels = self.scheduler.sigmas.double().tolist()
            return list(dict.fromkeys(all_levels))  # Heun's stand there twice
        squares = self.scheduler.alphas_cumprod.double()[self.scheduler.timesteps]
        return [*((1 - squares) / squares).sqrt().tolist(), 0.0]

    def _march(self, kind: str, before: Callable[[Any, int], None] | None, options: dict[str, Any]) -> torch.Tensor:
        table = getattr(self.scheduler, "sigmas", None)
        x = start(self.levels[0])
        x = x * math.hypot(1, self.levels[0]) if self.scaled else x
        for k, t in enumerate(self.scheduler.timesteps):
            kappa = float(table[k]) if table is not None else self.levels[k]
            if before is not None:
                before(self.scheduler, k)
            if self.scaled:
                self.scheduler.scale_model_input(x, t)
            alpha = 1.0 if self.scaled else 1 / math.hypot(1, kappa)
            x = self.scheduler.step(predicted(x, kappa, alpha, kind), t, x, return_dict=False, **options)[0]
        return x / math.hypot(1, self.levels[-1]) if self.scaled else x


def ours(method: str, levels: Sequence[float], **options: Any) -> torch.Tensor:
    """One of our samplers from the common start through these levels."""
    model, times = solvers.denoiser_of(LAW, PROCESS), times_of(levels)
    found: torch.Tensor = samplers.sample(method, model, PROCESS, start(levels[0]), times, **options)
    return found


def generator() -> torch.Generator:
    """The source of noise that everybody is given."""
    return torch.Generator().manual_seed(SEED)


def normals(steps: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """What a scheduler draws from it, which in float32 is another sequence."""
    source = generator()
    return torch.stack([torch.randn((POINTS, 2), generator=source, dtype=dtype).double() for _ in range(steps)])


def apart(one: torch.Tensor, other: torch.Tensor) -> float:
    """The largest difference of two samples, in units of the largest coordinate."""
    return float((one - other).abs().max() / other.abs().max())


class Exact(denoise.Denoiser):
    """The exact posterior mean, as azula wants it."""

    def __init__(self) -> None:
        super().__init__()
        self.schedule = VP

    def forward(self, x: torch.Tensor, t: torch.Tensor) -> Any:
        """The mean at a state and a time of azula's."""
        alpha, sigma = (float(part) for part in VP(t))
        return denoise.DiracPosterior(mean=LAW.denoiser(x, alpha, sigma))


def azula_pair(method: str, options: dict[str, Any], name: str, config: dict[str, Any]) -> tuple[Any, Any]:
    """Our sample and azula's, on a grid of equal steps of the clock that both have."""
    times = np.linspace(0.98, 0.02, 13)
    alpha, sigma = AZULA_PROCESS.at(times[0])[:2]
    x = torch.as_tensor(LAW.sample(POINTS, np.random.default_rng(0), alpha, sigma))
    run = getattr(azula_samplers, name)(
        Exact(), start=0.98, stop=0.02, steps=12, silent=True, dtype=torch.float64, **config
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        theirs = run(x)
    noise = generator()
    model = solvers.denoiser_of(LAW, AZULA_PROCESS)
    return samplers.sample(method, model, AZULA_PROCESS, x, times, noise=noise, **options), theirs


def velocity(x: Any, t: float) -> Any:
    """The exact velocity of flow matching."""
    data = LAW.denoiser(x, 1 - t, t)
    return (x - (1 - t) * data) / t - data


def flow_pair(method: str, name: str, double: bool) -> tuple[Any, Any]:
    """Our sample and that of one of diffusers' schedulers for flow matching, from pure noise on its own grid."""
    kind = getattr(diffusers, name)
    with wide(kind) if double else nullcontext():
        scheduler = kind()
        scheduler.set_timesteps(12)
        x = theirs = torch.as_tensor(LAW.sample(POINTS, np.random.default_rng(0), 0.0, 1.0))
        for t, now in zip(scheduler.timesteps, scheduler.sigmas.tolist(), strict=False):
            theirs = scheduler.step(velocity(theirs, now), t, theirs, return_dict=False)[0]
    grid = list(dict.fromkeys(scheduler.sigmas.double().tolist()))
    return samplers.sample(method, velocity, fs.flow_matching(), x, grid, predicts="velocity"), theirs
