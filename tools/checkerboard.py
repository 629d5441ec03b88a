"""Train the flow maps of the checkerboard and digits tables and store what they reach; hours on a laptop.

    python tools/checkerboard.py --seeds 0 1 2

Finished runs are kept in the results file, so that an interrupted command goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fewsteps import Checkerboard, PointCloud, flow_matching, gaussian_fit, squared_w2
from fewsteps.digits import digits_law
from fewsteps.distill import (
    CHECKERBOARD_SMALL,
    JUMPS,
    Trial,
    checkerboard_picture,
    checkerboard_samples,
    checkerboard_scores,
    map_jumps,
    train_flow_map,
)

RESULTS = Path(__file__).resolve().parents[1] / "pkg/src/fewsteps/data/checkerboard.json"
OBJECTIVES = {
    "checkerboard": ("LSD", "ESD", "PSD-M", "PSD-U", "EMD"),
    "digits": ("LSD", "PSD-M", "PSD-U"),
    "longer": ("LSD", "PSD-U"),
}
DIGITS = replace(CHECKERBOARD_SMALL, recipe=replace(CHECKERBOARD_SMALL.recipe, steps=4000, warmup=400, anneal=400))
LONGER = replace(
    CHECKERBOARD_SMALL, recipe=replace(CHECKERBOARD_SMALL.recipe, steps=24000, lr=4e-3, warmup=2400, anneal=2400)
)
COMPONENTS, SAMPLES = 16, 200_000


def checkerboard(objective: str, seed: int, trial: Trial = CHECKERBOARD_SMALL) -> dict[str, Any]:
    """Train one map of the checkerboard and score its samples after 1, 2, 4, ... jumps."""
    law, process = Checkerboard(), flow_matching()
    net, recipe = trial.net(seed), trial.recipe
    exact = velocity_of_rows(law) if objective == "EMD" else None
    start = time.process_time()
    net, losses = train_flow_map(law, process, objective, recipe=recipe, net=net, teacher=exact, seed=seed)
    row: dict[str, Any] = {"objective": objective, "seed": seed, "cpu_seconds": round(time.process_time() - start)}
    row["losses"] = [round(float(value), 5) for value in losses[-500:].mean(axis=0)]
    for jumps in JUMPS:
        samples = checkerboard_samples(net, jumps, SAMPLES, seed=1000 + seed)
        for name, found in checkerboard_scores(samples).items():
            row.setdefault(name, []).append([round(found.value, 5), round(found.error, 5)])
        if seed == 0:
            row.setdefault("pictures", []).append(checkerboard_picture(samples))
    return row


def velocity_of_rows(law: Checkerboard) -> Any:
    """The exact velocity(x, t) of the board under flow matching, with a time for every row."""
    return lambda x, t: law.velocity(x, 1 - t, t, -1.0, 2 * t)


def digits(objective: str, seed: int) -> dict[str, Any]:
    """Train one map of the digits' codes; squared Frechet distance of the samples after 1, 2, 4, ... jumps."""
    codes = digits_law(k=COMPONENTS).codes
    net, law = DIGITS.net(seed, d=COMPONENTS), PointCloud(codes)
    start = time.process_time()
    net, losses = train_flow_map(law, flow_matching(), objective, recipe=DIGITS.recipe, net=net, seed=seed)
    row: dict[str, Any] = {"objective": objective, "seed": seed, "cpu_seconds": round(time.process_time() - start)}
    row["losses"] = [round(float(value), 5) for value in losses[-500:].mean(axis=0)]
    noise = torch.randn((50_000, COMPONENTS), generator=torch.Generator().manual_seed(1000 + seed))
    goal = gaussian_fit(codes)
    for jumps in JUMPS:
        samples = map_jumps(net, noise, np.linspace(1, 0, jumps + 1)).double().numpy()
        row.setdefault("squared_frechet", []).append(round(squared_w2(gaussian_fit(samples), goal), 5))
    return row


TASKS: dict[str, Callable[[str, int], dict[str, Any]]] = {
    "checkerboard": checkerboard,
    "digits": digits,
    "longer": partial(checkerboard, trial=LONGER),
}


def run(table: str, objective: str, seed: int) -> tuple[str, dict[str, Any]]:
    """One row of one table, on one core."""
    torch.set_num_threads(1)
    return table, TASKS[table](objective, seed)


def stored(command: str) -> dict[str, Any]:
    """The results so far, if they were made with these settings."""
    trials = {"checkerboard": CHECKERBOARD_SMALL, "digits": DIGITS, "longer": LONGER}
    settings = {"samples": SAMPLES} | {name: asdict(trial) for name, trial in trials.items()}
    fresh = {"command": command, "settings": settings} | {table: [] for table in TASKS}
    if not RESULTS.exists():
        return fresh
    found = json.loads(RESULTS.read_text(encoding="utf8"))
    return found if found["settings"] == settings else fresh


def main() -> None:
    """Run what is not stored yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--tables", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    results = stored("python tools/checkerboard.py --seeds " + " ".join(map(str, options.seeds)))
    done = {(table, row["objective"], row["seed"]) for table in TASKS for row in results[table]}
    jobs = [(table, name, seed) for seed in options.seeds for table in options.tables for name in OBJECTIVES[table]]
    # the longer runs cost three times as much: one seed
    jobs = [job for job in jobs if job[0] != "longer" or job[2] == options.seeds[0]]
    jobs.sort(key=lambda job: job[0] == "longer")
    jobs = [job for job in jobs if job not in done]
    print(f"{len(jobs)} runs to go, {len(done)} stored", flush=True)
    with ProcessPoolExecutor(options.workers) as pool:
        for count, future in enumerate(as_completed([pool.submit(run, *job) for job in jobs]), start=1):
            table, row = future.result()
            results[table] = sorted([*results[table], row], key=lambda one: (one["objective"], one["seed"]))
            RESULTS.parent.mkdir(exist_ok=True)
            RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf8")
            print(
                f"{count} of {len(jobs)}: {table} {row['objective']}, seed {row['seed']}, {row['cpu_seconds']} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
