"""Cases of mean shift."""

import numpy as np
from api_cases import Case, rows

import fewsteps as fs
from fewsteps import geometry


def cloud(unit: float = 1.0):
    return fs.PointCloud(rows(6, 2, unit, seed=3))


CASES = [
    Case(
        "mean_shift",
        geometry.mean_shift,
        lambda unit=1.0: {"law": cloud(unit), "x": rows(5, 2, unit), "bandwidth": 0.6 * unit, "steps": 3},
        batch=("x",),
        fixed=("x",),
        power=1,
    ),
    Case(
        "mean_shift: annealed, with its path",
        geometry.mean_shift,
        lambda unit=1.0: {
            "law": cloud(unit),
            "x": rows(5, 2, unit),
            "bandwidth": unit * np.array([2.0, 0.7, 0.3]),
            "steps": 3,
            "path": True,
        },
        batch=("x",),
        fixed=("x",),
        axis=1,
        power=1,
    ),
    Case("modes", geometry.modes, lambda unit=1.0: {"law": cloud(unit), "bandwidth": 0.4 * unit}, power=1),
]

EXCEPTIONS: dict[str, str] = {}
