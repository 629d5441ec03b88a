"""What moves an explorer: one parameter and the values it may take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Slider:
    """One parameter and the values it may take.

    Parameters
    ----------
    label
        What the reader sees; Greek letters are welcome, TeX is not.
    values
        One-dimensional sequence of numbers or strings, passed as they are to the layers' functions.
    start
        The value shown first; the first one by default.
    format
        Format string of a value, e.g. ``"{:.2f}"``.

    Examples
    --------
    >>> Slider("steps T", [4, 8, 16], start=8).texts
    ('4', '8', '16')
    """

    label: str
    values: Sequence[Any]
    start: Any = None
    format: str = "{}"

    def __post_init__(self) -> None:
        values = np.asarray(self.values)
        if not self.label:
            raise ValueError("label: a slider needs a name that people can read")
        if values.ndim != 1 or values.size == 0:
            raise ValueError(f"values: got shape {values.shape}, expected a non-empty one-dimensional sequence")
        object.__setattr__(self, "values", tuple(values.tolist()))
        object.__setattr__(self, "start", self.values[0] if self.start is None else self.values[self.find(self.start)])
        if len(set(self.texts)) < len(self.values):
            raise ValueError(f"format: {self.format!r} writes two values of {self.label!r} alike: {self.texts}")

    @property
    def texts(self) -> tuple[str, ...]:
        """The values as the reader sees them."""
        return tuple(
            self.format.format(value).replace("-", "\N{MINUS SIGN}") if not isinstance(value, str) else value
            for value in self.values
        )

    @property
    def spec(self) -> dict[str, Any]:
        """The control as the browser makes it: buttons for words, a slider for numbers."""
        names = all(isinstance(value, str) for value in self.values)
        return {"label": self.label, "texts": list(self.texts), "names": names}

    def find(self, value: Any) -> int:
        """Index of a value; floating-point noise is forgiven, anything else is a ValueError."""
        for index, known in enumerate(self.values):
            if known == value or (
                not isinstance(value, str)
                and not isinstance(known, str)
                and np.isclose(known, value, rtol=1e-9, atol=0)
            ):
                return index
        raise ValueError(f"{self.label}: got {value!r}, expected one of {', '.join(map(str, self.values))}")
