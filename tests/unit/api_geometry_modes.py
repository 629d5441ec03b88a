"""Cases of the modes of Gaussian paths."""

import numpy as np
from api_cases import Case

from fewsteps import geometry

LAM = np.array([9.0, 1.0, 0.25, 0.0])
LEVELS = np.array([8.0, 2.0, 0.5, 0.1])


def at(unit: float = 1.0):
    return {"lam": unit**2 * LAM, "sigma": unit * LEVELS, "start": 10.0 * unit}


CASES = [
    Case("mode_gain", geometry.mode_gain, at, batch=("lam",), empty=False, axis=-1, power=0),
    Case(
        "chord_residual",
        geometry.chord_residual,
        lambda unit=1.0: at(unit) | {"stop": 0.1 * unit},
        batch=("lam",),
        empty=False,
        axis=-1,
        power=0,
    ),
    Case(
        "residual_extremum",
        geometry.residual_extremum,
        lambda unit=1.0: {"lam": unit**2 * LAM, "start": 10.0 * unit},
        batch=("lam",),
        empty=False,
        power=(1, 0),
    ),
    Case("residual_moments", geometry.residual_moments, at, batch=("lam",), empty=False, power=(2, 4, 0)),
    Case(
        "deviation_curve",
        geometry.deviation_curve,
        lambda unit=1.0: {"lam": unit**2 * LAM, "levels": unit * LEVELS, "d": 6},
        batch=("lam",),
        empty=False,
        power=(1, 1),
    ),
]

EXCEPTIONS: dict[str, str] = {}
