"""Which flow map a law has, and sampling with one."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np  # noqa: F401
from array_api_compat import array_namespace

from fewsteps.arrays import Array, points, real_array
from fewsteps.flowmaps.base import PROCESS, FlowMap, TwoTime, shaped
from fewsteps.flowmaps.gaussian import GaussianFlowMap
from fewsteps.flowmaps.line import LineFlowMap
from fewsteps.flowmaps.numerical import NumericalFlowMap
from fewsteps.laws import Gaussian, Law
from fewsteps.objects import function, having
from fewsteps.schedules import Diffusion


def flow_map(law: Law, process: Diffusion) -> FlowMap:
    """The flow map of a law: in closed form for a Gaussian, by quantiles on the line, else numerical.

    Parameters
    ----------
    law : Law
        Or anything with `d`, `velocity` and `jacobian`.
    process : Diffusion

    Notes
    -----
    Source: FM-D4, FM-EG, FM-EM.

    Examples
    --------
    >>> from fewsteps import Gaussian, GaussianMixture, flow_matching
    >>> type(flow_map(GaussianMixture([[-1.0], [1.0]], 0.1), flow_matching())).__name__
    'LineFlowMap'
    """
    if isinstance(law, Gaussian):
        return GaussianFlowMap(law, process)
    having(law, ("d", "velocity", "jacobian"), "law")
    having(process, ("at", *PROCESS), "process")
    if law.d == 1 and isinstance(law, Law):
        return LineFlowMap(law, process)
    flowing: Any = law
    return NumericalFlowMap(
        lambda x, t: flowing.velocity(x, *process.at(t)), lambda x, t: flowing.jacobian(x, *process.at(t))
    )


def sample_steps(phi: TwoTime, x: Any, times: Any, path: bool = False) -> Array:
    """Follow a map along a grid of times, one jump an interval; for the exact map every grid leads to one place.

    Parameters
    ----------
    phi : callable
        ``phi(x, r, t)`` with the shape of `x`.
    x : array of shape (..., d)
        Points at times[0], for generation noise at the horizon.
    times : array of shape (N + 1,)
        Any order is allowed; generation goes from the horizon down to 0.
    path : bool
        Whether to return the points at all times, shape (N + 1, ..., d).

    Raises
    ------
    ValueError
        If there are fewer than two times, or the map changes the shape of the points.

    Notes
    -----
    Source: FM-E3s.

    Examples
    --------
    >>> from fewsteps.flowmaps import euler_map
    >>> sample_steps(euler_map(lambda x, t: -x), np.array([1.0]), [1.0, 0.5, 0.0])
    array([2.25])
    """
    grid = real_array(times, "times")
    if grid.ndim != 1 or grid.shape[0] < 2:
        raise ValueError(f"times must have shape (N + 1,) with N >= 1, got {tuple(grid.shape)}")
    x = points(x)
    states = [x]
    function(phi, "phi")
    for r, t in pairwise(float(time) for time in grid):
        states.append(shaped(phi(states[-1], r, t), x, "phi(x, r, t)"))
    return array_namespace(x).stack(states) if path else states[-1]
