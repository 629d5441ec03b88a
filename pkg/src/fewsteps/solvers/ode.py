"""Fixed-step solvers of dx/dt = velocity(x, t)."""

from __future__ import annotations

from typing import Any

from fewsteps.arrays import Array
from fewsteps.objects import one_of
from fewsteps.solvers.march import Field, Progress, checked_field, march, state, time_grid


def solve_ode(
    velocity: Field, x: Any, times: Any, method: str = "euler", path: bool = False, progress: Progress = None
) -> Array:
    """Solve dx/dt = velocity(x, t) from times[0] to times[-1], one step per interval of `times`.

    Parameters
    ----------
    velocity : callable
        ``velocity(x, t)`` with the shape of `x`; called at the times given and, for "rk4", half-way between.
    x : array of any shape
        The state at times[0].
    times : array of shape (N + 1,)
        Strictly increasing or strictly decreasing.
    method : {"euler", "heun", "rk4"}
        Order 1, 2 and 4 with 1, 2 and 4 evaluations a step. "heun" is the trapezoidal predictor-corrector.
    path : bool
        Whether to return the states at all times.
    progress : callable, optional
        Called as ``progress(done, N)`` after every step.

    Returns
    -------
    array with the shape of `x`, or (N + 1, *x.shape) with `path`
        The kind and dtype are those of `x`.

    Raises
    ------
    ValueError
        If `times` are not strictly monotone, `method` is unknown, or the velocity's shape is not that of `x`.
    FloatingPointError
        If the solution does not stay finite.

    Notes
    -----
    Source: PD-E4.1.7.

    Examples
    --------
    >>> import numpy as np
    >>> solve_ode(lambda x, t: -x, np.array([1.0]), [0.0, 0.5, 1.0], "heun")
    array([0.390625])
    """
    x, grid, step = state(x), time_grid(times), _STEPS[one_of(method, _STEPS, "method")]
    field = checked_field(velocity, x, "velocity")
    return march(lambda y, k: step(field, y, grid[k], grid[k + 1]), x, len(grid) - 1, path, progress)


# A step goes from t to s; s is handed over, not t + h, so that rounding never leaves the interval of times.
def _euler(field: Field, x: Array, t: float, s: float) -> Array:
    return x + (s - t) * field(x, t)


def _heun(field: Field, x: Array, t: float, s: float) -> Array:
    h, first = s - t, field(x, t)
    return x + (h / 2) * (first + field(x + h * first, s))


def _rk4(field: Field, x: Array, t: float, s: float) -> Array:
    h, middle = s - t, (t + s) / 2
    first = field(x, t)
    second = field(x + (h / 2) * first, middle)
    third = field(x + (h / 2) * second, middle)
    fourth = field(x + h * third, s)
    return x + (h / 6) * (first + 2 * (second + third) + fourth)


_STEPS = {"euler": _euler, "heun": _heun, "rk4": _rk4}
