"""First floor: noise schedules on a grid of T steps, with exact boundary values.

The index t runs from 0 (data) to T (noise); a noisy sample is x_t = alpha_t x_0 + sigma_t eps. Plans merge the steps of
such a `Schedule`. Laws, solvers and flow maps take a process in continuous time, a `Diffusion`: `trigonometric` at T
equal steps is `cosine_schedule`, `flow_matching` is `linear_schedule`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import Array, floats, integer_at_least, like, number, same_shape, variances


@dataclass(frozen=True, eq=False)
class Schedule:
    """A discrete noise schedule: signal and noise coefficients at t = 0, ..., T.

    Parameters
    ----------
    alpha : array of shape (T + 1,)
        Signal coefficients, strictly decreasing from exactly 1 to exactly 0.
    sigma : array of shape (T + 1,)
        Noise coefficients, strictly increasing from exactly 0 to exactly 1.
    name : str
        What figures and messages call it.

    Raises
    ------
    ValueError
        If a boundary value is off, a sequence is not strictly monotone, the shapes differ, or an entry is not finite.

    Notes
    -----
    Source: OM-D-E1 (the boundary conditions; alpha^2 + sigma^2 = 1 is *not* required, see `is_variance_preserving`).

    Examples
    --------
    >>> Schedule([1.0, 0.6, 0.0], [0.0, 0.8, 1.0]).is_variance_preserving()
    True
    """

    alpha: NDArray[np.float64]
    sigma: NDArray[np.float64]
    name: str = "custom"
    instead: ClassVar[str] = (
        "a Schedule is the grid of T steps along which plans merge; a process in continuous time is a Diffusion, "
        "trigonometric() for cosine_schedule(T), flow_matching() for linear_schedule(T)"
    )

    def __post_init__(self) -> None:
        for field in ("alpha", "sigma"):
            value = np.array(floats(getattr(self, field), field))
            if value.ndim != 1 or value.size < 2:
                raise ValueError(f"{field} must have shape (T + 1,) with T >= 1, got {value.shape}")
            value.flags.writeable = False
            object.__setattr__(self, field, value)
        same_shape(self.alpha, self.sigma, "alpha and sigma")
        if self.alpha[0] != 1 or self.alpha[-1] != 0 or self.sigma[0] != 0 or self.sigma[-1] != 1:
            raise ValueError("alpha must run from exactly 1 to exactly 0 and sigma from exactly 0 to exactly 1")
        if np.any(np.diff(self.alpha) >= 0):
            raise ValueError("alpha must be strictly decreasing")
        if np.any(np.diff(self.sigma) <= 0):
            raise ValueError("sigma must be strictly increasing")

    @property
    def T(self) -> int:
        """Number of steps."""
        return self.alpha.size - 1

    def is_variance_preserving(self, atol: float = 1e-14) -> bool:
        """Whether alpha_t^2 + sigma_t^2 = 1 at every t, to `atol`.

        Examples
        --------
        >>> linear_schedule(4).is_variance_preserving()
        False
        """
        atol = number(atol, "atol", low=0.0)
        return bool(np.all(np.abs(self.alpha**2 + self.sigma**2 - 1) <= atol))

    def marginal_variance(self, lam: Any) -> Array:
        """Variance n_t = alpha_t^2 lam + sigma_t^2 of x_t per coordinate, for data variances `lam`.

        Parameters
        ----------
        lam : array of shape (d,) or a number
            Data variances, >= 0.

        Returns
        -------
        array of shape (T + 1, d)

        Notes
        -----
        Source: OM-D-E1, OM-D3.1.

        Examples
        --------
        >>> cosine_schedule(2).marginal_variance(3.0).ravel()
        array([3., 2., 1.])
        """
        lam = variances(lam)
        return like(self.alpha[:, None] ** 2, lam) * lam + like(self.sigma[:, None] ** 2, lam)

    def __repr__(self) -> str:
        return f"Schedule({self.name}, T={self.T})"


def cosine_schedule(T: int) -> Schedule:
    """The cosine schedule alpha_t = cos(pi t / 2T), sigma_t = sin(pi t / 2T).

    Both are taken from one table of sines, so alpha_t = sigma_{T-t} exactly, small values keep full relative
    precision, and the boundary values are exact (cos(pi/2) in floating point is 6e-17, not 0).

    Parameters
    ----------
    T : int
        Number of steps, at least 1.

    Notes
    -----
    Source: OM-D-E1.

    Examples
    --------
    >>> cosine_schedule(4).alpha.round(6)
    array([1.      , 0.92388 , 0.707107, 0.382683, 0.      ])
    """
    T = integer_at_least(T, 1, "T")
    sigma = np.sin(np.pi * np.arange(T + 1) / (2 * T))
    return Schedule(sigma[::-1], sigma, "cosine")


def linear_schedule(T: int) -> Schedule:
    """The linear (flow-matching) schedule alpha_t = 1 - t/T, sigma_t = t/T; not variance preserving.

    Parameters
    ----------
    T : int
        Number of steps, at least 1.

    Notes
    -----
    Source: OM-D-E1 (the counterexample schedule).

    Examples
    --------
    >>> linear_schedule(4).sigma
    array([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    T = integer_at_least(T, 1, "T")
    sigma = np.arange(T + 1) / T
    return Schedule(sigma[::-1], sigma, "linear")
