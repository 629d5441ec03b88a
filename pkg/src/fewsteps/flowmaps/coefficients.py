"""Coefficients of affine maps of the line, and the Gaussian law that goes with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np  # noqa: F401
from array_api_compat import is_torch_array

from fewsteps.arrays import Array, real_array
from fewsteps.laws import Gaussian

#: A coefficient of r and t.
Coefficient = Callable[[Any, Any], Any]


class Line(NamedTuple):
    """Coefficients of p x + q."""

    gain: Array
    offset: Array


def on_line(law: Any) -> tuple[float, float]:
    """Mean and variance of a Gaussian law with d = 1.

    Raises
    ------
    ValueError
        If the law is not one.

    Examples
    --------
    >>> on_line(Gaussian([3.0], [4.0]))
    (3.0, 4.0)
    """
    if not isinstance(law, Gaussian) or law.d != 1:
        raise ValueError(f"law must be a Gaussian with d = 1, got {law!r}")
    return float(law.mean[0]), float(law.lam[0])


def plain(value: Array) -> Any:
    """A number from a NumPy scalar; a torch tensor stays as it is, with its gradient.

    Examples
    --------
    >>> plain(np.float64(1.5))
    1.5
    """
    return value if is_torch_array(value) else float(real_array(value, "loss"))
