"""Train networks on the digits, sample them on many schedules, and store what the pages of Trajectories show.

    python tools/trajectories.py --seeds 0 1 2 3 4

Two to three minutes a seed on one core. Finished seeds are kept in the results file: an interrupted command goes
on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from fewsteps import PointCloud, edm, gaussian_fit, grids, samplers, squared_w2
from fewsteps.digits import digits_law
from fewsteps.distill import ScoreNet, train_score_net

Floats = NDArray[np.float64]
RESULTS = Path(__file__).resolve().parents[1] / "pkg/src/fewsteps/data/trajectories.json"
PROCESS, LOW, HIGH = edm(), 0.002, 80.0
TRAINING: dict[str, Any] = {
    "predicts": "residual",
    "uniform_in": "half_log_snr",
    "steps": 12_000,
    "batch": 256,
    "lr": 2e-3,
    "d_hidden": 256,
}
STEPS, FINE, SAMPLES, WARM, WATCHED = tuple(range(3, 11)), 60, 5000, 256, 200
WEIGHTS, METRICS = (1.0, 1.1, 1.15), ("l2", "deviation")
SOLVERS: dict[str, Callable[..., Any]] = {
    "euler": samplers.ddim,
    "ipndm": samplers.ipndm,
    "deis-rho2": partial(samplers.deis, variable="noise", order=2),
    "deis-rho3": partial(samplers.deis, variable="noise", order=3),
}
SETTINGS = {
    "training": TRAINING,
    "steps": STEPS,
    "fine": FINE,
    "samples": SAMPLES,
    "warm": WARM,
    "watched": WATCHED,
    "levels": [LOW, HIGH],
    "weights": WEIGHTS,
    "metrics": METRICS,
    "solvers": list(SOLVERS),
}


class Judge:
    """Squared Frechet distances to the digits: of the pixels, and of a classifier's features."""

    def __init__(self) -> None:
        self.codes = digits_law(64, scale=64.0).codes
        self.reader = MLPClassifier((64,), max_iter=400, random_state=0).fit(self.codes, load_digits().target)
        self.goals = gaussian_fit(self.codes), gaussian_fit(self.features(self.codes))

    def features(self, codes: Floats) -> Floats:
        """Values of the hidden layer."""
        return np.maximum(codes @ self.reader.coefs_[0] + self.reader.intercepts_[0], 0.0)

    def __call__(self, codes: Floats) -> list[float]:
        """Both distances of some samples."""
        fits = gaussian_fit(codes), gaussian_fit(self.features(codes))
        return [squared_w2(fit, goal) for fit, goal in zip(fits, self.goals, strict=True)]


def weight(variance: float, t: Any) -> Any:
    """The weight under which the error of the raw output counts the same at all levels (EDM)."""
    return t**2 * (t**2 + variance) / variance


def model_of(net: ScoreNet) -> Callable[[Any, float], Any]:
    """The network's data prediction, without gradients."""

    def model(x: Any, t: float) -> Any:
        with torch.no_grad():
            return net.predict(x, t, "data")

    return model


def noise(n: int, seed: int) -> torch.Tensor:
    """Starting points."""
    return HIGH * torch.randn((n, 64), generator=torch.Generator().manual_seed(seed))


def schedules(model: Any, seed: int, spectrum: Floats) -> Iterator[tuple[str, int, Floats]]:
    """Every schedule by name and number of steps: by hand, searched on the model's own paths, and from the spectrum."""
    fine = grids.rho(PROCESS, FINE, LOW, HIGH)
    path = samplers.ipndm(model, PROCESS, noise(WARM, 50 + seed), fine, path=True)
    slopes = torch.stack([(x - model(x, t)) / t for x, t in zip(path, fine.tolist(), strict=True)])
    costs = {
        metric: grids.euler_costs(path.double().numpy(), slopes.double().numpy(), fine, metric) for metric in METRICS
    }
    for T in STEPS:
        yield "vp-uniform", T, grids.vp_uniform(PROCESS, T, LOW, HIGH)
        yield "log-snr", T, grids.log_snr(PROCESS, T, LOW, HIGH)
        yield "rho-7", T, grids.rho(PROCESS, T, LOW, HIGH)
        yield "spectral", T, grids.spectral(PROCESS, T, LOW, HIGH, lam=spectrum)
        for metric in METRICS:
            for w in WEIGHTS:
                yield f"gits-{metric}-{w:g}", T, fine[grids.best_schedule(costs[metric], T, w).nodes]


def table(model: Any, seed: int, judge: Judge) -> list[dict[str, Any]]:
    """Both Frechet distances, and the mean distance to the end of a fine path, of every schedule and solver."""
    start, rows = noise(SAMPLES, 1000 + seed), []
    end = SOLVERS["deis-rho3"](model, PROCESS, start, grids.rho(PROCESS, 120, LOW, HIGH)).double().numpy()
    rows.append({"schedule": "fine", "solver": "deis-rho3", "T": 120, "scores": [*rounded(judge(end)), 0.0]})
    for name, T, times in schedules(model, seed, grids.spectrum(judge.codes)):
        for solver, call in SOLVERS.items():
            found = call(model, PROCESS, start, times).double().numpy()
            scores = [*judge(found), float(np.linalg.norm(found - end, axis=1).mean())]
            row = {"schedule": name, "solver": solver, "T": T, "scores": rounded(scores)}
            if solver == "euler":
                row["levels"] = rounded(times)
            if seed == 0 and T == 5 and solver == "euler":
                row["pictures"] = [rounded(code, 2) for code in found[:8]]
            rows.append(row)
    return rows


def watched(model: Any, seed: int, judge: Judge) -> dict[str, Any]:
    """Norms, gaps, variances and early ends along fine paths of the network and of the exact denoiser."""
    fine, cloud = grids.rho(PROCESS, FINE, LOW, HIGH), PointCloud(judge.codes)

    def exact(x: Any, t: float) -> Any:
        return cloud.denoiser(x, 1.0, t)

    start, out = noise(WATCHED, 2000 + seed).double().numpy(), {"levels": rounded(fine)}
    for name, own, other in (("network", model, exact), ("exact", exact, model)):
        path = samplers.ddim(own, PROCESS, start, fine, path=True)
        data = np.array([own(x, t) for x, t in zip(path, fine, strict=True)])
        away = np.array([other(x, t) for x, t in zip(path, fine, strict=True)])
        norms = np.linalg.norm(path - data, axis=-1) / fine[:, None] / 8.0
        out[name] = {
            "norms": rounded(norms.mean(axis=1)),
            "denoiser_gaps": rounded(np.linalg.norm(data - away, axis=-1).mean(axis=1)),
            "explained": rounded(explained(path[:, :30]), 10),
        }
    ten = grids.rho(PROCESS, 10, LOW, HIGH)
    path = samplers.ddim(model, PROCESS, noise(SAMPLES, 1000 + seed), ten, path=True)
    seen = [model(x, t) for x, t in zip(path, ten.tolist(), strict=True)]
    out["ten_levels"] = rounded(ten)
    out["of_states"] = [rounded(judge(x.double().numpy())) for x in path]
    out["of_denoised"] = [rounded(judge(x.double().numpy())) for x in seen]
    return out


def explained(path: Floats) -> Floats:
    """Mean shares of the variance in the first three components: of whole paths, and of what leaves the chord."""
    shares = []
    for states in np.swapaxes(path, 0, 1):
        chord = states[-1] - states[0]
        unit = chord / np.linalg.norm(chord)
        beside = states - states[0] - ((states - states[0]) @ unit)[:, None] * unit
        shares.append([cumulative(states - states.mean(axis=0)), cumulative(beside)])
    return np.mean(shares, axis=0)


def cumulative(rows: Floats) -> Floats:
    """Shares of the first one, two, three components in the sum of squares."""
    squares = np.linalg.svd(rows, compute_uv=False) ** 2
    return np.cumsum(squares)[:3] / squares.sum()


def rounded(values: Any, digits: int = 6) -> Any:
    """Numbers with so many significant digits, as lists."""
    if np.ndim(values):
        return [rounded(value, digits) for value in values]
    return float(f"{float(values):.{digits}g}")


def run(seed: int, judge: Judge) -> dict[str, Any]:
    """One network and all that is measured of it."""
    begin = time.process_time()

    def progress(done: int, total: int) -> None:
        if done % 2000 == 0:
            print(f"  seed {seed}: {done} of {total} steps", flush=True)

    cloud, counts = PointCloud(judge.codes), partial(weight, float(judge.codes.var(axis=0).mean()))
    net, losses = train_score_net(
        cloud, PROCESS, times=(LOW, HIGH), weight=counts, seed=seed, progress=progress, **TRAINING
    )
    model, trained = model_of(net), time.process_time()
    row: dict[str, Any] = {
        "seed": seed,
        "loss": rounded(losses[-1000:].mean()),
        "training_seconds": round(trained - begin),
    }
    row |= {"table": table(model, seed, judge), "watched": watched(model, seed, judge)}
    return row | {"cpu_seconds": round(time.process_time() - begin)}


def main() -> None:
    """Run what is not stored yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    options = parser.parse_args()
    torch.set_num_threads(1)
    settings = json.loads(json.dumps(SETTINGS))
    results = json.loads(RESULTS.read_text(encoding="utf8")) if RESULTS.exists() else {}
    if results.get("settings") != settings:
        results = {"settings": settings, "runs": []}
    results["command"] = "python tools/trajectories.py --seeds " + " ".join(map(str, options.seeds))
    todo = [seed for seed in options.seeds if seed not in {row["seed"] for row in results["runs"]}]
    print(f"{len(todo)} networks to go, {len(results['runs'])} stored", flush=True)
    judge = Judge()
    for count, seed in enumerate(todo, start=1):
        results["runs"] = sorted([*results["runs"], run(seed, judge)], key=lambda row: row["seed"])
        stored = RESULTS.with_suffix(".part")  # an interruption while it is written leaves the old results whole
        stored.write_text(json.dumps(results) + "\n", encoding="utf8")
        stored.replace(RESULTS)
        print(f"{count} of {len(todo)}: seed {seed}, {results['runs'][-1]['cpu_seconds']} s", flush=True)


if __name__ == "__main__":
    main()
