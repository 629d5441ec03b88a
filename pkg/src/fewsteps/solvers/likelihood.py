"""Log-likelihood of a flow by the instantaneous change of variables, and Hutchinson's estimate of the divergence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from fewsteps.arrays import Array, as_kind, generator, integer_at_least, same_shape
from fewsteps.objects import function
from fewsteps.solvers.march import Field, Progress, checked_field, state
from fewsteps.solvers.ode import solve_ode


def log_likelihood(
    x: Any,
    velocity: Field,
    divergence: Field,
    prior_log_prob: Callable[[Array], Array],
    times: Any,
    method: str = "rk4",
    progress: Progress = None,
) -> Array:
    """Log-density at times[0] of the flow dx/dt = velocity(x, t) whose law at times[-1] is the prior.

    The pair (x, integral of the divergence) is solved as one system; the result is the prior's log-density where the
    path ends plus the integral. The divergence is trusted to be that of the velocity.

    Parameters
    ----------
    x : array of shape (..., d)
        Points at times[0], usually data at time 0.
    velocity, divergence : callables
        ``velocity(x, t)`` of shape (..., d) and its divergence ``divergence(x, t)`` of shape (...), exact or
        estimated (`hutchinson_divergence`).
    prior_log_prob : callable
        ``prior_log_prob(x)`` of shape (...), the log-density at times[-1].
    times : array of shape (N + 1,)
        Strictly monotone.
    method : {"euler", "heun", "rk4"}
    progress : callable, optional
        Called as ``progress(done, N)`` after every step.

    Returns
    -------
    array of shape (...)

    Raises
    ------
    ValueError
        If a shape is wrong, `times` are not strictly monotone, or `method` is unknown.

    Notes
    -----
    Source: PD-E4.2.7. An unbiased estimate of the divergence gives an unbiased log-density, not an unbiased density.

    Examples
    --------
    The flow x' = x doubles volumes in time log 2, so N(0, 4) becomes N(0, 1) at time 0.

    >>> import numpy as np
    >>> wide = lambda x: -x[..., 0] ** 2 / 8 - np.log(8 * np.pi) / 2
    >>> times = np.linspace(0.0, np.log(2.0), 41)
    >>> log_likelihood(np.zeros(1), lambda x, t: x, lambda x, t: np.ones(x.shape[:-1]), wide, times).round(6)
    np.float64(-0.918939)
    """
    x = state(x)
    if x.ndim == 0:
        raise ValueError("x must have shape (..., d), got ()")
    xp = array_namespace(x)
    flow = checked_field(velocity, x, "velocity")
    growth = checked_field(divergence, x[..., 0], "divergence")
    prior = checked_field(prior_log_prob, x[..., 0], "prior_log_prob")

    def augmented(z: Array, t: float) -> Array:
        y = z[..., :-1]
        return xp.concat([flow(y, t), growth(y, t)[..., None]], axis=-1)

    z = solve_ode(augmented, xp.concat([x, 0 * x[..., :1]], axis=-1), times, method, progress=progress)
    return prior(z[..., :-1]) + z[..., -1]


def hutchinson_divergence(
    jvp: Callable[[Array, float, Array], tuple[Array, Array]], x: Any, t: float, probes: Any
) -> Array:
    """Hutchinson's estimate of the divergence at (x, t): the mean of u . J u over probes u.

    Parameters
    ----------
    jvp : callable
        ``jvp(x, t, u)`` gives the velocity and the product J u with its Jacobian, both of shape (..., d).
    x : array of shape (..., d)
    t : float
    probes : array of shape (m, ..., d)
        Directions with E[u u^T] = 1, e.g. from `hutchinson_probes`; keep them fixed along one path.

    Returns
    -------
    array of shape (...)

    Raises
    ------
    ValueError
        If the probes or a product do not have the shape of `x`.

    Notes
    -----
    Source: PD-E4.2.7.

    Examples
    --------
    >>> import numpy as np
    >>> J = np.array([[1.0, 5.0], [0.0, 2.0]])
    >>> hutchinson_divergence(lambda x, t, u: (x @ J.T, u @ J.T), np.zeros(2), 0.0, [[1.0, 1.0], [1.0, -1.0]])
    np.float64(3.0)
    """
    x = state(x)
    probes = as_kind(state(probes, "probes"), x)
    if probes.ndim != x.ndim + 1 or probes.shape[0] == 0:
        raise ValueError(f"probes must have shape (m, {', '.join(map(str, x.shape))}), got {tuple(probes.shape)}")
    same_shape(x, probes[0], "x and each of the probes")
    function(jvp, "jvp")
    product = checked_field(lambda y, u: jvp(y, t, u)[1], x, "jvp")
    xp = array_namespace(x)
    return sum(xp.sum(u * product(x, u), axis=-1) for u in probes) / probes.shape[0]


def hutchinson_probes(shape: Any, rng: np.random.Generator, kind: str = "rademacher") -> NDArray[np.float64]:
    """Draw probes with E[u u^T] = 1: independent signs ("rademacher") or standard normals ("gaussian").

    Parameters
    ----------
    shape : tuple of int
        (m, ..., d).
    rng : numpy.random.Generator
    kind : {"rademacher", "gaussian"}

    Raises
    ------
    ValueError
        If `kind` is unknown or a length in `shape` is below 1.

    Notes
    -----
    Source: PD-E4.2.7.

    Examples
    --------
    >>> import numpy as np
    >>> np.unique(hutchinson_probes((50, 3), np.random.default_rng(0)))
    array([-1.,  1.])
    """
    if not isinstance(shape, tuple | list):
        raise TypeError(f"shape must be a tuple of integers, got {shape!r}")
    lengths = tuple(integer_at_least(length, 1, "shape") for length in shape)
    if kind == "rademacher":
        return generator(rng).choice(np.array([-1.0, 1.0]), lengths)
    if kind == "gaussian":
        return generator(rng).standard_normal(lengths)
    raise ValueError(f"kind must be 'rademacher' or 'gaussian', got {kind!r}")
