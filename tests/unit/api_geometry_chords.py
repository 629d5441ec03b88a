"""Cases of chords and principal axes of paths."""

import numpy as np
from api_cases import Case

from fewsteps import geometry

U = np.linspace(0.0, 2.0, 9)


def path(unit: float = 1.0):
    """Two curves that turn in four dimensions, with shares of the axes that differ clearly."""
    one = np.stack([4 * U, np.sin(U) + U, U**2, np.cos(3 * U) / 4], axis=-1)
    return unit * np.stack([one, one[:, [1, 0, 3, 2]] * [2, 2, 1, 2]], axis=1)


CASES = [
    Case("chord_deviation", geometry.chord_deviation, lambda unit=1.0: {"path": path(unit)}, power=1),
    Case(
        "chord_frame",
        geometry.chord_frame,
        lambda unit=1.0: {"path": path(unit), "k": 2},
        power=(0, 0, 1, 0),
        pick=lambda frame: (frame.direction, frame.axes, frame.coordinates, frame.explained),
    ),
    Case(
        "explained_variance",
        geometry.explained_variance,
        lambda unit=1.0: {"path": path(unit), "centred": True},
        power=0,
    ),
]

EXCEPTIONS: dict[str, str] = {"ChordFrame": "what chord_frame returns: a record without methods"}
