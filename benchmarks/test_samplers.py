"""What a step of a sampler costs without its model: against diffusers and azula, and against its bare array operations.

    make bench

Times are reported, never asserted: processor seconds on one thread, the best of rounds in which all take turns. A step
is a run of 20 steps divided by 20, what is done once (grids, coefficients, checks) included on every side. The model is
free: it returns a stored data prediction, and methods for the noise turn it. Tensors are in single precision, such
as a network has, to which some of the schedulers of diffusers cast anyway.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

import fewsteps as fs
from fewsteps import samplers

azula = pytest.importorskip("azula.sample")
denoise = pytest.importorskip("azula.denoise")
schedule = pytest.importorskip("azula.noise").VPSchedule(np.exp(-5.0), 0.0)
diffusers = pytest.importorskip("diffusers")

STEPS, SHAPES = 20, ((100_000, 2), (256, 3072))
PROCESS = fs.vp_linear(1e-15, 20.0)  # azula's schedule
MULTI = "DPMSolverMultistepScheduler"
#: Ours, with the classes of diffusers and azula that take the same step, and what they are made with.
CASES: dict[str, tuple[str, dict[str, Any], str | None, dict[str, Any]]] = {
    "ddim": ("DDIMScheduler", {"clip_sample": False}, "DDIMSampler", {}),
    "edm": ("HeunDiscreteScheduler", {}, "HeunSampler", {}),
    "deis-rho3": ("LMSDiscreteScheduler", {}, "zABSampler", {"order": 3}),
    "dpm++2m": (MULTI, {}, "xEABSampler", {"order": 2}),
    "dpm++3m": (MULTI, {"solver_order": 3}, "xEABSampler", {"order": 3}),
    "unipc-2": ("UniPCMultistepScheduler", {}, None, {}),
}


class Stored(denoise.Denoiser):
    """A data prediction that costs nothing, as azula wants it."""

    def __init__(self, data: torch.Tensor) -> None:
        super().__init__()
        self.data, self.schedule = data, schedule

    def forward(self, x: torch.Tensor, t: torch.Tensor) -> object:
        return denoise.DiracPosterior(mean=self.data)


def arrays(shape: tuple[int, ...], numpy: bool = False) -> tuple[Any, Any]:
    x, data = (np.random.default_rng(seed).standard_normal(shape) for seed in (0, 1))
    return (x, data) if numpy else (torch.tensor(x).float(), torch.tensor(data).float())


def ours(method: str, x: Any, data: Any, steps: int = STEPS) -> Callable[[], object]:
    times = np.linspace(0.98, 0.02, steps + 1)
    return lambda: samplers.sample(method, lambda y, t: data, PROCESS, x, times)


def of_diffusers(method: str, x: torch.Tensor, data: torch.Tensor) -> Callable[[], object]:
    name, config, _, _ = CASES[method]
    scheduler = getattr(diffusers, name)(prediction_type="sample", **config)
    options = {"order": 3} if name.startswith("LMS") else {}

    def run() -> None:
        y = x
        scheduler.set_timesteps(STEPS)
        for t in scheduler.timesteps:
            scheduler.scale_model_input(y, t)  # what its loops give to the model
            y = scheduler.step(data, t, y, return_dict=False, **options)[0]

    return run


def of_azula(method: str, x: torch.Tensor, data: torch.Tensor) -> Callable[[], object] | None:
    _, _, name, config = CASES[method]
    if name is None:
        return None
    sampler = getattr(azula, name)(Stored(data), start=0.98, stop=0.02, steps=STEPS, silent=True, **config)
    return lambda: sampler(x)


def bare(method: str, x: Any, data: Any) -> Callable[[], object]:
    """The same multiply-adds with numbers for coefficients: turning the data into the noise, and the step."""

    def ddim(y: Any, old: list[Any]) -> tuple[Any, list[Any]]:
        return 0.9 * y + 0.1 * data, old

    def edm(y: Any, old: list[Any]) -> tuple[Any, list[Any]]:
        first = 0.5 * y + 0.3 * data
        ahead = 0.9 * y + 0.1 * first
        second = 0.5 * ahead + 0.3 * data
        return 0.9 * y + 0.05 * first + 0.05 * second, old

    def deis(y: Any, old: list[Any]) -> tuple[Any, list[Any]]:
        e = [0.5 * y + 0.3 * data, *old][:3]
        return 0.9 * y + sum_of(e), e

    def sum_of(values: list[Any]) -> Any:
        if len(values) == 1:
            return 0.1 * values[0]
        if len(values) == 2:
            return 0.1 * values[0] + 0.2 * values[1]
        return 0.1 * values[0] + 0.2 * values[1] + 0.3 * values[2]

    def multistep(order: int) -> Callable[[Any, list[Any]], tuple[Any, list[Any]]]:
        def step(y: Any, old: list[Any]) -> tuple[Any, list[Any]]:
            kept = [data, *old][:order]
            return 0.9 * y + sum_of(kept), kept

        return step

    def unipc(y: Any, old: list[Any]) -> tuple[Any, list[Any]]:
        kept = [data, *old][:3]
        return 0.9 * (0.9 * y + sum_of(kept)) + sum_of(kept[:2]), kept

    steps = {"ddim": ddim, "edm": edm, "deis-rho3": deis, "unipc-2": unipc}
    step = steps.get(method) or multistep(int(method[5]))

    def run() -> None:
        y, old = x, []
        for _ in range(STEPS):
            y, old = step(y, old)

    return run


def taking_turns(runs: list[Callable[[], object]], rounds: int = 7) -> list[float]:
    """Least processor seconds of each, over rounds in which all are run one after the other."""
    best = [np.inf] * len(runs)
    for _ in range(rounds):
        for k, run in enumerate(runs):
            start = time.process_time()
            run()
            best[k] = min(best[k], time.process_time() - start)
    return best


@pytest.fixture(autouse=True)
def _one_thread_and_no_gradients():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("method", CASES)
def test_run_of_20_steps(benchmark, method, shape):
    benchmark.pedantic(ours(method, *arrays(shape)), rounds=3, warmup_rounds=1)


def test_report(capsys):
    """Ratios in one run: above 1, the other is slower; of the bare operations, ours by them."""
    with capsys.disabled():
        for shape in SHAPES:
            print(f"\na step at {shape[0]} x {shape[1]}, tensors in single precision (NumPy in double)")
            for method in CASES:
                x, data = arrays(shape)
                third = of_azula(method, x, data)
                runs = [ours(method, x, data), bare(method, x, data), of_diffusers(method, x, data)]
                mine, plain, *others = taking_turns(runs + ([third] if third else []))
                peers = "  ".join(
                    f"{name} / ours {other / mine:4.2f}"
                    for name, other in zip(("diffusers", "azula"), others, strict=False)
                )
                x, data = arrays(shape, numpy=True)
                both = taking_turns([ours(method, x, data), bare(method, x, data)], 3)
                print(
                    f"  {method:10s} {mine / STEPS * 1e6:6.0f} us  ours / bare {mine / plain:4.2f}"
                    f" (NumPy {both[0] / both[1]:4.2f})  {peers}"
                )


def test_growth(capsys):
    """With points, dimension and steps, for one method; what does not grow with the arrays is told apart."""

    def row(label: str, sizes: list[int], runs: list[Callable[[], object]], count: int = 1) -> None:
        cost = [taking_turns([run], 5)[0] / count for run in runs]
        powers = [np.log(b / a) / np.log(m / n) for (a, b), (n, m) in zip(pairwise(cost), pairwise(sizes), strict=True)]
        print(f"  {label}")
        for size, each, power in zip(sizes, cost, [None, *powers], strict=True):
            print(f"    {size:9d} {1e6 * each:9.0f} us" + ("" if power is None else f"   like its power {power:4.2f}"))

    with capsys.disabled():
        print("\ndpm++2m, own cost as it grows")
        points, sizes, steps = [10, 1_000, 10_000, 100_000, 1_000_000], [3, 48, 768, 3072, 12288], [5, 20, 80, 320]
        row("a step, by points in the plane", points, [ours("dpm++2m", *arrays((n, 2))) for n in points], STEPS)
        row("a step, by dimension, 256 points", sizes, [ours("dpm++2m", *arrays((256, d))) for d in sizes], STEPS)
        row("a run, by steps, 10 points in the plane", steps, [ours("dpm++2m", *arrays((10, 2)), n) for n in steps])
