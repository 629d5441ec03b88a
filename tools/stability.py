"""Train the students of the part Stability and store what its pages show.

    python tools/stability.py

About two hours on one core. Every finished run is kept in the results file: an interrupted command goes on where
it stopped; ``--only scores`` (or capped, transformers, segments) does one experiment.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from fewsteps import GaussianMixture, grids, ornstein_uhlenbeck
from fewsteps.distill import MapNet, TokenTransformer, law_samples, stored_pairs, train_regression
from fewsteps.flowmaps import CanonicalFlowMap
from fewsteps.stability import Steepness, typical_steepness

Floats = NDArray[np.float64]
RESULTS = Path(__file__).resolve().parents[1] / "pkg/src/fewsteps/data/stability.json"
PROCESS = ornstein_uhlenbeck(5.0, 1.0)
PAIRS, TESTED, BATCH, LR = 32_768, 20_000, 512, 1e-3
SETTINGS = {"beta": 5.0, "horizon": 1.0, "pairs": PAIRS, "tested": TESTED, "batch": BATCH, "lr": LR}


def uniform_centres(count: int, d: int, seed: int) -> Floats:
    """Centres drawn uniformly from [-5, 5]^d."""
    return np.random.default_rng(seed).uniform(-5.0, 5.0, (count, d))


def released_centres() -> Floats:
    """The 20 centres in 64 dimensions of the released code; their largest distance is 40.9973."""
    draws = torch.rand((20, 64), generator=torch.Generator().manual_seed(0))
    return 10 * draws.double().numpy() - 5


def mixture(centres: Floats, std: float) -> GaussianMixture:
    """Round components of equal weight."""
    return GaussianMixture(centres, std**2 * np.eye(centres.shape[1]))


def rounded(value: Any) -> Any:
    """Six significant digits, as lists."""
    if np.ndim(value):
        return [rounded(one) for one in value]
    return float(f"{float(value):.6g}")


def relative(found: Floats, target: Floats) -> float:
    """Relative mean squared error."""
    return rounded(((found - target) ** 2).sum() / (target**2).sum())


def answered(net: nn.Module, x: Floats) -> Floats:
    """A network's values, in double precision."""
    with torch.no_grad():
        return net(torch.as_tensor(x).float()).double().numpy()


# ---- scores (Tables 1 and 2)


def score_run(d: int, count: int, std: float, t: float, width: int, steps: int, seed: int) -> dict[str, Any]:
    """One network for one score, fresh samples; centres are new for every seed, as in the source."""
    law, level = mixture(uniform_centres(count, d, seed), std), PROCESS.at(t)
    noisy = law.noised(level.alpha, level.sigma)

    def draw(n: int, source: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        x = law_samples(noisy, n, source)
        return x, law.score(x, level.alpha, level.sigma)

    net = MapNet(d, width=width, seed=seed)
    train_regression(net, draw, steps=steps, batch=BATCH, lr=LR, seed=seed)
    x = noisy.sample(TESTED, np.random.default_rng(1000 + seed))
    target = law.score(x, level.alpha, level.sigma)
    line, fresh = np.c_[x, np.ones(len(x))], noisy.sample(TESTED, np.random.default_rng(2000 + seed))
    fit = np.linalg.lstsq(np.c_[fresh, np.ones(len(x))], law.score(fresh, level.alpha, level.sigma), rcond=None)[0]
    return {"error": relative(answered(net, x), target), "affine": relative(line @ fit, target)}


# ---- capped weights (Table 3)


@cache
def window_pairs(std: float, teacher: str) -> tuple[Floats, ...]:
    """Inputs at the half-life of alpha^2, and where the exact flow or ten RK4 steps bring them: to train, to test."""
    law, start = mixture(uniform_centres(6, 8, 0), std), np.log(2) / 10
    level, rng = PROCESS.at(start), np.random.default_rng(0)
    x = law.noised(level.alpha, level.sigma).sample(PAIRS + TESTED, rng)
    y = CanonicalFlowMap(law, PROCESS)(x, start, 0.0) if teacher == "exact" else runge_kutta(law, x, start, 10)
    return x[:PAIRS], y[:PAIRS], x[PAIRS:], y[PAIRS:]


def runge_kutta(law: GaussianMixture, x: Floats, start: float, steps: int) -> Floats:
    """The released teacher: classical Runge-Kutta steps of equal length in t, down to 0."""

    def velocity(x: Floats, t: float) -> Floats:
        return law.velocity(x, *PROCESS.at(max(t, 0.0)))

    times = np.linspace(start, 0.0, steps + 1)
    for t, end in pairwise(times):
        h = end - t
        a = velocity(x, t)
        b = velocity(x + h / 2 * a, t + h / 2)
        c = velocity(x + h / 2 * b, t + h / 2)
        x = x + h / 6 * (a + 2 * b + 2 * c + velocity(x + h * c, end))
    return x


def capped_run(std: float, cap: float, teacher: str, steps: int, seed: int) -> dict[str, Any]:
    """One map with capped weights, against its own teacher and against the exact flow."""
    x, y, x_new, y_new = window_pairs(std, teacher)
    net = MapNet(8, width=64, seed=seed)
    train_regression(net, stored_pairs(x, y), steps=steps, batch=BATCH, lr=LR, cap=cap, seed=seed)
    out = answered(net, x_new)
    exact = CanonicalFlowMap(mixture(uniform_centres(6, 8, 0), std), PROCESS)(x_new, np.log(2) / 10, 0.0)
    return {"error": relative(out, y_new), "from_exact": relative(out, exact)}


# ---- Transformers (Table 4)


@cache
def journeys(std: float) -> tuple[Floats, ...]:
    """Noise and where the exact flow brings it: to train, to test."""
    x = np.random.default_rng(0).standard_normal((PAIRS + TESTED, 8))
    y = CanonicalFlowMap(mixture(uniform_centres(6, 8, 0), std), PROCESS)(x, 1.0, 0.0)
    return x[:PAIRS], y[:PAIRS], x[PAIRS:], y[PAIRS:]


def transformer_run(blocks: int, steps: int, seed: int) -> dict[str, Any]:
    """One Transformer with coordinates as tokens, for the whole flow."""
    x, y, x_new, y_new = journeys(1e-3)
    net = TokenTransformer(8, d_model=32, heads=4, blocks=blocks, seed=seed)
    losses = train_regression(net, stored_pairs(x, y), steps=steps, batch=BATCH, lr=LR, seed=seed)
    return {"error": relative(answered(net, x_new), y_new), "loss": rounded(losses[-100:].mean())}


# ---- segments (Table 5)


class Segment(nn.Module):
    """A student that starts from the exact linear part: its perceptron sees y = x/sqrt(n) and adds the pull."""

    gain: torch.Tensor
    pull: torch.Tensor
    unit: torch.Tensor

    def __init__(self, law: GaussianMixture, r: float, t: float, width: int, seed: int) -> None:
        super().__init__()
        lam = float(law.spectrum.mean())
        ends = [(level.alpha, level.alpha**2 * lam + level.sigma**2) for level in (PROCESS.at(r), PROCESS.at(t))]
        (a, n), (b, m) = ends
        for name, value in (("gain", (m / n) ** 0.5), ("pull", b - a * (m / n) ** 0.5), ("unit", n**-0.5)):
            self.register_buffer(name, torch.tensor(value))
        self.net = MapNet(law.d, width=width, activations=["relu"], seed=seed)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The end of the segment: gain x + pull times a mean of centres."""
        return self.gain * x + self.pull * self.net(self.unit * x)


def law_of(case: str) -> GaussianMixture:
    """The mixtures of the experiment."""
    return mixture(released_centres() if case == "64" else uniform_centres(6, 8, 0), 1.0)


@cache
def grid_of(case: str, name: str, count: int) -> tuple[float, ...]:
    """Times of the segments."""
    law = law_of(case)
    if name == "uniform":
        return tuple(grids.uniform(PROCESS, count).tolist())
    if name == "balanced":
        return tuple(grids.balanced_grid(Steepness(law, PROCESS), count).tolist())
    mesh, rng = np.linspace(0.0, 1.0, 65), np.random.default_rng(0)
    return tuple(grids.accumulated_grid(partial(rates, law, rng), count, mesh).tolist())


def rates(law: GaussianMixture, rng: np.random.Generator, mesh: Floats) -> Floats:
    """Typical steepness on a mesh."""
    return typical_steepness(law, PROCESS, mesh, rng)


@cache
def segment_pairs(case: str, r: float, t: float) -> tuple[Any, ...]:
    """Samples at time r and where the exact flow brings them, in single precision: to train, to test."""
    level = PROCESS.at(r)
    x = law_of(case).noised(level.alpha, level.sigma).sample(PAIRS + 4000, np.random.default_rng(0)).astype(np.float32)
    y = CanonicalFlowMap(law_of(case), PROCESS)(x, r, t)
    return x[:PAIRS], y[:PAIRS], x[PAIRS:], y[PAIRS:]


@cache
def whole(case: str) -> tuple[Floats, Floats]:
    """Samples at the horizon and where the exact flow brings them."""
    level = PROCESS.at(1.0)
    x = law_of(case).noised(level.alpha, level.sigma).sample(TESTED, np.random.default_rng(9))
    return x, CanonicalFlowMap(law_of(case), PROCESS)(x, 1.0, 0.0)


def segment_run(case: str, student: str, grid: str, count: int, steps: int, seed: int) -> dict[str, Any]:
    """One student a segment, trained alone, `steps` in all; then all of them in a row."""
    law, times, nets, errors = law_of(case), grid_of(case, grid, count), [], []
    for k, (r, t) in enumerate(pairwise(times)):
        x, y, x_new, y_new = segment_pairs(case, r, t)
        first = 100 * seed + k
        net = MapNet(law.d, activations=["relu"], seed=first) if student == "plain" else Segment(law, r, t, 128, first)
        train_regression(net, stored_pairs(x, y), steps=steps // count, batch=BATCH, lr=LR, seed=first)
        nets.append(net)
        errors.append(relative(answered(net, x_new), y_new.astype(float)))
    x, target = whole(case)
    out = x
    for net in nets:
        out = answered(net, out)
    near = [((points[:, None] - law.means) ** 2).sum(-1).argmin(axis=1) for points in (out, target)]
    return {
        "error": relative(out, target),
        "segments": errors,
        "flips": rounded(np.mean(near[0] != near[1])),
        "nll": rounded(-np.mean(law.log_prob(out))),
        "times": rounded(times),
    }


def plan() -> Iterator[tuple[str, dict[str, Any], Callable[..., dict[str, Any]]]]:
    """Every run: experiment, what sets it apart, and the function."""
    small = {"d": 8, "count": 5, "steps": 2000}
    for seed in range(3):
        for t in (0.1, 0.5, 0.9):
            for width in (32, 64, 128, 256):
                yield "scores", {**small, "std": 0.1, "t": t, "width": width, "seed": seed}, score_run
            for std in (0.01, 1.0):
                yield "scores", {**small, "std": std, "t": t, "width": 64, "seed": seed}, score_run
        large = {"d": 64, "count": 20, "std": 0.1, "width": 256, "steps": 4000, "seed": seed}
        for t in (0.1, 0.9):
            yield "scores", {**large, "t": t}, score_run
    for seed in range(3):
        for std in (0.1, 0.01, 0.001):
            for cap in (0.02, 0.1, 0.5):
                for teacher in ("exact", "rk4"):
                    row = {"std": std, "cap": cap, "teacher": teacher, "steps": 1500, "seed": seed}
                    yield "capped", row, capped_run
    for seed in range(5):
        for blocks in (1, 2, 4):
            yield "transformers", {"blocks": blocks, "steps": 1500, "seed": seed}, transformer_run
    names = ("uniform", "balanced", "typical")
    for case, count, seeds in (("8", 4, 5), ("64", 4, 3), ("64", 8, 3)):
        for seed in range(seeds):
            for student in ("plain", "canonical"):
                for grid in names:
                    row = {"case": case, "student": student, "grid": grid, "count": count}
                    yield "segments", {**row, "steps": 6000 if case == "8" else 8000, "seed": seed}, segment_run


def main() -> None:
    """Run what is not stored yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("scores", "capped", "transformers", "segments"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    results = json.loads(RESULTS.read_text(encoding="utf8")) if RESULTS.exists() else {}
    if results.get("settings") != SETTINGS:
        results = {"settings": SETTINGS, "command": "python tools/stability.py", "runs": []}
    known = {json.dumps([row["experiment"], row["setting"]], sort_keys=True) for row in results["runs"]}
    todo = [one for one in plan() if options.only in (None, one[0])]
    todo = [one for one in todo if json.dumps([one[0], one[1]], sort_keys=True) not in known]
    print(f"{len(todo)} runs to go, {len(results['runs'])} stored", flush=True)
    for done, (experiment, setting, call) in enumerate(todo, start=1):
        begin = time.process_time()
        found = call(**setting)
        seconds = round(time.process_time() - begin, 1)
        results["runs"].append({"experiment": experiment, "setting": setting, **found, "cpu_seconds": seconds})
        stored = RESULTS.with_suffix(".part")  # an interruption while it is written leaves the old results whole
        stored.write_text(json.dumps(results) + "\n", encoding="utf8")
        stored.replace(RESULTS)
        print(f"{done} of {len(todo)}: {experiment} {setting}: {found['error']:.3g}, {seconds:g} s", flush=True)


if __name__ == "__main__":
    main()
