"""Places along a process: a time with its noise level, and the change from one prediction to another there."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from array_api_compat import is_torch_array

from fewsteps.arrays import Array
from fewsteps.fields import convert
from fewsteps.schedules import Diffusion


class Place(NamedTuple):
    """A time, and the level of the process there with its rates."""

    t: float
    alpha: float
    sigma: float
    d_alpha: float
    d_var: float

    @property
    def ell(self) -> float:
        """Half-log-SNR log(alpha/sigma), infinite at both of its ends."""
        if self.sigma == 0:
            return math.inf
        return math.log(self.alpha) - math.log(self.sigma) if self.alpha else -math.inf


def place_at(process: Diffusion, t: float) -> Place:
    """The place of a process at a time.

    Parameters
    ----------
    process : Diffusion
    t : float
        In [0, horizon].

    Returns
    -------
    Place

    Examples
    --------
    >>> from fewsteps.schedules import flow_matching
    >>> place_at(flow_matching(), 0.5).ell
    0.0
    """
    return Place(t, *process.at(t))


def between(process: Diffusion, s: Place, t: Place, part: float) -> Place:
    """The place where the half-log-SNR has made a part of its way from `s` to `t`.

    Examples
    --------
    >>> from fewsteps.schedules import edm
    >>> s, t = place_at(edm(), 4.0), place_at(edm(), 1.0)
    >>> round(between(edm(), s, t, 0.5).t, 12)  # the geometric mean
    2.0
    """
    return place_at(process, process.time_at(s.ell + part * (t.ell - s.ell)))


def plus(out: Array, weight: float, value: Array) -> Array:
    """`out` + weight value; of tensors of one dtype in one pass, which leaves out the rounding of the product."""
    tensors = is_torch_array(out) and is_torch_array(value)
    if tensors and out.dtype == value.dtype and isinstance(weight, float):
        return out.add(value, alpha=weight)
    return out + weight * value


def turned(value: Array, x: Array, place: Place, source: str, target: str) -> Array:
    """One prediction of `fields` as another, with coefficients in float64 whatever the dtype of the arrays.

    Examples
    --------
    >>> from fewsteps.schedules import flow_matching
    >>> turned(np.ones(2), np.zeros(2), place_at(flow_matching(), 0.5), "data", "noise")
    array([-1., -1.])
    """
    if source == target:
        return value
    # The change is linear in value and x, so it is its answer to (1, 0) and to (0, 1).
    mixed = convert(_VALUE, _POINT, place.alpha, place.sigma, source, target, place.d_alpha, place.d_var)
    of_value, of_x = (float(part) for part in mixed)
    return plus(of_value * value, of_x, x) if of_x else of_value * value


_VALUE, _POINT = np.array([1.0, 0.0]), np.array([0.0, 1.0])
