"""The flow map of any velocity, by an adaptive solver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import integrate

from fewsteps.arrays import like, positive_number, real_array, same_shape
from fewsteps.flowmaps.base import FlowMap, Velocity, numpy_points

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NumericalFlowMap(FlowMap):
    """Flow map of dx/dt = velocity(x, t) by DOP853, forwards and backwards; NumPy, one pair of times a call.

    What is integrated is the slope: phi = x + (t - r) w(1) with dw/dtheta = velocity(x + (t - r) w, r + theta (t - r))
    from w(0) = 0, so that nothing cancels as t -> r. Every coordinate of every point keeps to the tolerance, not
    their mean square.

    Parameters
    ----------
    velocity : callable
        ``velocity(x, t)`` for x of shape (..., d) and one number t, with the shape of x.
    jacobian : callable, optional
        Its Jacobian ``jacobian(x, t)`` of shape (..., d, d), for `FlowMap.jacobian`.
    rtol, atol : float
        Tolerances for the slope, and for the entries of (Jacobian - I)/(t - r).

    Raises
    ------
    ValueError
        If the velocity changes the shape of x; when called: if r or t is not one number.
    FloatingPointError
        If the solver gives up.

    Notes
    -----
    Source: FM-D4, FM-E6.

    Examples
    --------
    >>> phi = NumericalFlowMap(lambda x, t: -x)
    >>> phi(np.array([1.0]), 0.0, 1.0).round(9), phi(np.array([1.0]), 1.0, 0.0).round(9)
    (array([0.36787944]), array([2.71828183]))
    """

    velocity_of: Velocity
    jacobian_of: Callable[[Any, Any], Any] | None = None
    rtol: float = 1e-10
    atol: float = 1e-12

    def __init__(self, velocity: Velocity, jacobian: Any = None, rtol: float = 1e-10, atol: float = 1e-12) -> None:
        for name, value in (("velocity", velocity), ("jacobian", jacobian)):
            if not (callable(value) or (name == "jacobian" and value is None)):
                raise TypeError(f"{name} must be a function, got {value!r}")
        parts = {"velocity_of": velocity, "jacobian_of": jacobian}
        parts |= {"rtol": positive_number(rtol, "rtol"), "atol": positive_number(atol, "atol")}
        for name, value in parts.items():
            object.__setattr__(self, name, value)

    def __call__(self, x: Any, r: Any, t: Any) -> Floats:
        """Where the points `x` of shape (..., d) at time r are at time t; same shape."""
        (x, given), r, t = numpy_points(x), _number(r, "r"), _number(t, "t")
        return like(x + (t - r) * self.slope(x, r, t), given)

    def slope(self, x: Any, r: Any, t: Any) -> Floats:
        """Average velocity (phi(x, r, t) - x)/(t - r); the velocity where t = r."""
        (x, given), r, t = numpy_points(x), _number(r, "r"), _number(t, "t")
        if t == r:
            return like(self._field(x, t), given)

        def rate(theta: float, w: Floats) -> Floats:
            return self._field(x + (t - r) * w.reshape(x.shape), _between(r, t, theta)).ravel()

        return like(self._integrated(rate, x.size).reshape(x.shape), given)

    def velocity(self, x: Any, t: Any) -> Floats:
        """The velocity that was given."""
        (x, given), t = numpy_points(x), _number(t, "t")
        return like(self._field(x, t), given)

    def _field(self, x: Floats, t: float) -> Floats:
        value = np.asarray(self.velocity_of(x, t))
        if value.dtype.kind not in "fiu":
            raise TypeError(f"velocity(x, t) must hold real numbers, got {value!r}")
        same_shape(x, value, "x and velocity(x, t)")
        return value.astype(float, copy=False)

    def jacobian(self, x: Any, r: Any, t: Any) -> Floats:
        """Jacobian of the map at `x` of shape (..., d), by the variational equation; shape (..., d, d).

        Raises
        ------
        ValueError
            If no Jacobian of the velocity was given.
        """
        field = self.jacobian_of
        if field is None:
            raise ValueError("jacobian of the velocity must be given to integrate that of the map")
        (x, given), r, t = numpy_points(x), _number(r, "r"), _number(t, "t")
        n, d, eye = x.size, x.shape[-1], np.eye(x.shape[-1])

        def rate(theta: float, w: Floats) -> Floats:
            where, time = x + (t - r) * w[:n].reshape(x.shape), _between(r, t, theta)
            slope = np.asarray(field(where, time))
            if slope.shape != (*x.shape, d):
                raise ValueError(f"jacobian(x, t) must have shape {(*x.shape, d)}, got {slope.shape}")
            moved = slope @ (eye + (t - r) * w[n:].reshape(*x.shape, d))
            return np.concatenate([self._field(where, time).ravel(), moved.ravel()])

        return like(eye + (t - r) * self._integrated(rate, n * (d + 1))[n:].reshape(*x.shape, d), given)

    def _integrated(self, rate: Callable[[float, Floats], Floats], size: int) -> Floats:
        if size == 0:
            return np.zeros(0)
        # scipy's norm is the root mean square: divided by sqrt(size), no single entry is above the tolerance
        rtol, atol = (max(tol / np.sqrt(size), 3e-14) for tol in (self.rtol, self.atol))
        with np.errstate(over="ignore", invalid="ignore"):
            solution = integrate.solve_ivp(rate, (0.0, 1.0), np.zeros(size), "DOP853", [1.0], rtol=rtol, atol=atol)
        if not solution.success or not np.all(np.isfinite(solution.y)):
            raise FloatingPointError(f"the flow could not be integrated: {solution.message}")
        return np.asarray(solution.y[:, -1])


def _number(value: Any, name: str) -> float:
    value = real_array(value, name)
    if value.ndim:
        raise ValueError(f"{name} must be one number for a numerical flow map, got shape {tuple(value.shape)}")
    return float(value)


def _between(r: float, t: float, theta: float) -> float:
    """The time r + theta (t - r), kept between the two in spite of rounding."""
    return min(max(r + theta * (t - r), min(r, t)), max(r, t))
