"""Cases of the room `stability` and of the grids that balance it."""

import numpy as np
from api_cases import Case, method

import fewsteps as fs
from fewsteps import grids, stability

OU = fs.ornstein_uhlenbeck(2.0, 1.0)


def law(unit=1.0):
    return fs.GaussianMixture(unit * np.array([[-1.0, 0.0], [1.0, 1.0]]), 0.25 * unit**2 * np.eye(2))


def steepness():
    return stability.Steepness(law(), OU)


TIMES = np.array([0.1, 0.4, 0.9])
CASES = [
    Case("separation", stability.separation, lambda unit=1.0: {"law": law(unit)}, power=1),
    Case("Steepness", stability.Steepness, lambda: {"law": law(), "process": OU}, pick=lambda one: one.distance),
    *(
        Case(
            f"Steepness.{name}",
            method(stability.Steepness, name),
            lambda: {"of": steepness(), "t": TIMES.copy()},
            batch=("t",),
            clock=("t",),
            keeps=False,
        )
        for name in ("terms", "bound", "sharp", "one_sided")
    ),
    *(
        Case(
            f"Steepness.{name}",
            method(stability.Steepness, name),
            lambda: {"of": steepness(), "s": TIMES / 2, "t": TIMES.copy()},
            batch=("s", "t"),
            clock=("s", "t"),
            keeps=False,
        )
        for name in ("total", "log_amplification")
    ),
    Case(
        "typical_steepness",
        stability.typical_steepness,
        lambda: {"law": law(), "process": OU, "times": TIMES.copy(), "rng": np.random.default_rng(0), "samples": 9},
        clock=("times",),
        torch=False,
    ),
    Case("balanced_grid", grids.balanced_grid, lambda: {"profile": steepness(), "T": 4}),
    Case(
        "accumulated_grid",
        grids.accumulated_grid,
        lambda: {"rate": steepness().bound, "T": 4, "mesh": np.linspace(0, 1, 50)},
    ),
]
EXCEPTIONS: dict[str, str] = {}
