"""Euler-Maruyama for dx = drift(x, t) dt + noise(t) dw, on increasing and on decreasing clocks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import Array, as_kind, generator, integer_at_least, normal_like, number
from fewsteps.objects import function
from fewsteps.solvers.march import Field, Progress, checked_field, march, state, time_grid


def solve_sde(
    drift: Field,
    noise: Callable[[float], float],
    x: Any,
    times: Any,
    rng: Any = None,
    path: bool = False,
    increments: Any = None,
    progress: Progress = None,
) -> Array:
    """Euler-Maruyama from times[0] to times[-1]: x += drift(x, t) dt + noise(t) dw with dw ~ N(0, |dt|).

    On a decreasing clock dt < 0 multiplies the drift, which is then the drift of the reverse-time equation as it is
    written for decreasing t (see `reverse_sde`).

    Parameters
    ----------
    drift : callable
        ``drift(x, t)`` with the shape of `x`.
    noise : callable
        ``noise(t)``, one number: the noise is additive.
    x : array of any shape
        The state at times[0].
    times : array of shape (N + 1,)
        Strictly increasing or strictly decreasing.
    rng : numpy.random.Generator, or torch.Generator for a torch `x`
        Draws the increments; not needed where they are given.
    path : bool
        Whether to return the states at all times.
    increments : array of shape (N, *x.shape), optional
        The Wiener increments dw, e.g. from `brownian_increments`: for runs that share one Brownian path.
    progress : callable, optional
        Called as ``progress(done, N)`` after every step.

    Returns
    -------
    array with the shape of `x`, or (N + 1, *x.shape) with `path`

    Raises
    ------
    TypeError
        If neither `increments` nor a random generator is given.
    ValueError
        If `times` are not strictly monotone or a shape is wrong.
    FloatingPointError
        If the solution does not stay finite.

    Notes
    -----
    Source: PD-E4.1.2, PD-A4.2.4. For additive noise the scheme is Milstein's too: weak and strong order 1.

    Examples
    --------
    >>> import numpy as np
    >>> solve_sde(lambda x, t: -x, lambda t: 2.0, np.ones(1), [0.0, 0.5], increments=[[0.25]])
    array([1.])
    """
    x, grid = state(x), time_grid(times)
    field = checked_field(drift, x, "drift")
    function(noise, "noise")
    random = _drawn(grid, rng) if increments is None else _given(increments, x, len(grid) - 1)

    def step(y: Array, k: int) -> Array:
        t, s = grid[k], grid[k + 1]
        return y + (s - t) * field(y, t) + number(noise(t), "noise(t)") * random(y, k)

    return march(step, x, len(grid) - 1, path, progress)


def _drawn(grid: list[float], rng: Any) -> Callable[[Array, int], Array]:
    if rng is None:
        raise TypeError("rng must be a random generator where increments are not given, got None")
    return lambda y, k: math.sqrt(abs(grid[k + 1] - grid[k])) * normal_like(y, rng)


def _given(increments: Any, x: Array, n: int) -> Callable[[Array, int], Array]:
    values = as_kind(state(increments, "increments"), x)
    if tuple(values.shape) != (n, *x.shape):
        raise ValueError(f"increments must have shape {(n, *x.shape)}, got {tuple(values.shape)}")
    return lambda y, k: values[k]


def brownian_increments(times: Any, shape: Any, rng: np.random.Generator) -> NDArray[np.float64]:
    """Wiener increments N(0, |dt|) over the intervals of `times`; shape (N, *shape).

    Sums of consecutive increments are those of the coarser grid on the same Brownian path.

    Parameters
    ----------
    times : array of shape (N + 1,)
        Strictly monotone.
    shape : int or tuple of int
        Shape of the state.
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        If `times` are not strictly monotone or a length in `shape` is below 1.

    Notes
    -----
    Source: PD-E4.1.2.

    Examples
    --------
    >>> import numpy as np
    >>> brownian_increments([0.0, 0.5, 1.0], (3, 2), np.random.default_rng(0)).shape
    (2, 3, 2)
    """
    lengths = [
        integer_at_least(length, 1, "shape") for length in (shape if isinstance(shape, tuple | list) else [shape])
    ]
    scale = np.sqrt(np.abs(np.diff(time_grid(times))))
    return scale.reshape(-1, *[1] * len(lengths)) * generator(rng).standard_normal((scale.size, *lengths))
