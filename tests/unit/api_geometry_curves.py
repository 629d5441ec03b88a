"""Cases of length, curvature and torsion."""

import numpy as np
from api_cases import Case, rows

from fewsteps import geometry

U = np.linspace(0.0, 2.0, 11)


def path(unit: float = 1.0):
    """Two curves that bend and twist everywhere, in four dimensions."""
    one = np.stack([np.cos(U), np.sin(U), U, U**2 / 2], axis=-1)
    return unit * np.stack([one, one[:, [1, 0, 3, 2]] * 2], axis=1)


def derivatives(unit: float = 1.0, count: int = 3):
    return dict(zip(("first", "second", "third"), rows(3 * 5, 4, unit).reshape(3, 5, 4)[:count], strict=False))


CASES = [
    Case("arc_length", geometry.arc_length, lambda unit=1.0: {"path": path(unit)}, power=1),
    Case("curvature", geometry.curvature, lambda unit=1.0: derivatives(unit, 2), batch=("first", "second"), power=-1),
    Case("torsion", geometry.torsion, derivatives, batch=("first", "second", "third"), power=-1),
    Case(
        "estimated_bending",
        geometry.estimated_bending,
        lambda unit=1.0: {"points": path(unit), "times": U.copy(), "window": 3},
        power=-1,
    ),
]

EXCEPTIONS: dict[str, str] = {}
