"""What the solvers share: checks of states, times and fields at the door, and the loop over steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_torch_array

from fewsteps.arrays import Array, as_kind, clock, number, real_array, same_shape
from fewsteps.objects import function, having

#: A velocity, drift, score or denoiser: field(x, t) has the shape of x.
Field = Callable[[Array, float], Array]
Progress = Callable[[int, int], None] | None


def state(x: Any, name: str = "x") -> Array:
    """Return `x` as a finite array: floating dtypes are kept, everything else becomes float64.

    Raises
    ------
    TypeError
        If `x` does not hold real numbers, is a torch tensor of integers, or in half precision.
    ValueError
        If an entry is NaN or infinite.

    Examples
    --------
    >>> state([1, 2])
    array([1., 2.])
    """
    return real_array(x, name)


def time_grid(times: Any, *, decreasing: bool = False) -> list[float]:
    """Return `times` of shape (N + 1,), N >= 1, as a list if they are strictly monotone.

    Raises
    ------
    ValueError
        If there are fewer than two, they are not strictly monotone, or increase where `decreasing` is asked for.

    Examples
    --------
    >>> time_grid([1.0, 0.5, 0.0], decreasing=True)
    [1.0, 0.5, 0.0]
    """
    checked = real_array(times, "times")
    if checked.ndim != 1 or checked.shape[0] < 2:
        raise ValueError(f"times must have shape (N + 1,) with N >= 1, got {tuple(checked.shape)}")
    grid = [float(t) for t in checked]
    steps = np.diff(grid)
    if not (np.all(steps < 0) or (np.all(steps > 0) and not decreasing)):
        allowed = "strictly decreasing" if decreasing else "strictly increasing or strictly decreasing"
        raise ValueError(f"times must be {allowed}, got {grid if len(grid) < 9 else [*grid[:8], '...']}")
    return grid


def step_times(diffusion: Any, s: Any, t: Any, *, decreasing: bool = False) -> tuple[float, float]:
    """Return the two ends of one step as floats inside [0, horizon], if they differ.

    Raises
    ------
    ValueError
        If one is no number or outside, they are equal, or t > s where `decreasing` is asked for.

    Examples
    --------
    >>> from fewsteps.schedules import flow_matching
    >>> step_times(flow_matching(), 1 + 1e-16, 0.5)
    (1.0, 0.5)
    """
    having(diffusion, ("alpha", "sigma", "horizon"), "diffusion")
    s, t = (number(clock(time, diffusion.horizon, name), name) for time, name in ((s, "s"), (t, "t")))
    time_grid([s, t], decreasing=decreasing)
    return s, t


def checked_field(field: Callable[..., Array], x: Array, name: str) -> Callable[..., Array]:
    """`field` with every value checked against the shape of `x` and returned in its kind and dtype.

    Examples
    --------
    >>> checked_field(lambda x, t: x[:1], np.zeros(2), "velocity")(np.zeros(2), 0.0)
    Traceback (most recent call last):
    ...
    ValueError: x and velocity(x, ...) must have the same shape, got (2,) and (1,)
    """
    function(field, name)

    def evaluated(y: Array, *where: Any) -> Array:
        value = field(y, *where)
        if not is_torch_array(value) and np.asarray(value).dtype.kind not in "fiu":
            raise TypeError(f"{name}(x, ...) must hold real numbers, got {value!r}")
        value = as_kind(value, x)
        if value.shape != x.shape:
            same_shape(x, value, f"x and {name}(x, ...)")
        return value

    return evaluated


def march(step: Callable[[Array, int], Array], x: Array, n: int, path: bool, progress: Progress) -> Array:
    """Take the steps ``x = step(x, k)``, k = 0, ..., n - 1; with `path` all n + 1 states, stacked.

    Raises
    ------
    FloatingPointError
        If the last state is not finite.

    Examples
    --------
    >>> march(lambda x, k: x + k, np.zeros(1), 3, True, None).ravel()
    array([0., 0., 1., 3.])
    """
    states = [x]
    for k in range(n):
        x = step(x, k)
        if path:
            states.append(x)
        if progress is not None:
            progress(k + 1, n)
    xp = array_namespace(x)
    if not bool(xp.all(xp.isfinite(x))):
        raise FloatingPointError("x is no longer finite: take smaller steps, or stay away from a singular end of times")
    return xp.stack(states) if path else x
