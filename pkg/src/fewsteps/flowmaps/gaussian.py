"""The flow map of a Gaussian law, in closed form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from fewsteps.arrays import Array, floats, like, points, real_array, rounding, some
from fewsteps.flowmaps.base import PROCESS, FlowMap, column, times
from fewsteps.flowmaps.lipschitz import largest_over_time, spectral_norm, top_eigenvalue
from fewsteps.flowmaps.slopes import divided_difference
from fewsteps.laws import Gaussian
from fewsteps.laws.checks import frozen, spectral
from fewsteps.objects import having, one_of
from fewsteps.schedules import Diffusion

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GaussianFlowMap(FlowMap):
    """Flow map of the law N(m, S) under x_t = alpha_t x_0 + sigma_t eps: any covariance, any process.

    The map is alpha_t m + C_t^{1/2} C_r^{-1/2} (x - alpha_r m) with C_t = alpha_t^2 S + sigma_t^2 I. If eps has a
    covariance B = L L^T instead of I, this holds for L^{-1} x; C_t^{1/2} C_r^{-1/2} in the given coordinates would
    transport the covariance along another way. NumPy and torch. Average velocities over gaps below a sixteenth of the
    horizon trust alpha and sigma^2 to be smooth on that scale.

    Parameters
    ----------
    law : Gaussian
    process : Diffusion
    base_cov : array of shape (d, d), optional
        Covariance of eps, positive definite; the identity by default.

    Attributes
    ----------
    lam : array of shape (d,)
        Variances of the data in the frame; frame : (d, d) with x = frame z, where all coordinates flow alone.

    Raises
    ------
    TypeError
        If `law` is not a Gaussian.
    ValueError
        If `base_cov` has another shape or is not positive definite; when called: if a time lies outside
        [0, horizon], or the law at the time of departure has no density.

    Notes
    -----
    Source: FM-EG, FM-D4.

    Examples
    --------
    >>> from fewsteps import Gaussian, flow_matching
    >>> phi = GaussianFlowMap(Gaussian([3.0], [4.0]), flow_matching())
    >>> phi(np.array([1.0]), 1.0, 0.0), phi.slope(np.array([1.0]), 1.0, 0.0), phi.velocity(np.array([1.0]), 1.0)
    (array([5.]), array([-4.]), array([-2.]))
    """

    law: Gaussian
    process: Diffusion
    base_cov: Any = None
    lam: Floats = field(init=False, repr=False)
    frame: Floats = field(init=False, repr=False)
    inverse: Floats = field(init=False, repr=False)
    centre: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.law, Gaussian):
            raise TypeError(f"law must be a Gaussian, got {self.law!r}")
        having(self.process, PROCESS, "process")
        lam, frame, inverse = self.law.lam, self.law.basis, self.law.basis.T
        if self.base_cov is not None:
            eps = rounding(real_array(self.base_cov, "base_cov"), 1)
            lam, frame, inverse = _whitened(self.law.cov, floats(self.base_cov, "base_cov"), eps)
        parts = {"lam": lam, "frame": frame, "inverse": inverse, "centre": inverse @ self.law.mean}
        for name, value in parts.items():
            object.__setattr__(self, name, frozen(value))

    @property
    def d(self) -> int:
        """Dimension."""
        return self.law.d

    def __call__(self, x: Any, r: Any, t: Any) -> Array:
        """Where the points `x` of shape (..., d) at time r are at time t; same shape."""
        x, r, t = self._checked(x, r, t)
        z, std = x @ like(self.inverse, x).T, self._spread(r, x, "r")
        m, alpha_r, alpha_t = like(self.centre, x), column(self.process.alpha_of(r)), column(self.process.alpha_of(t))
        return (alpha_t * m + self._spread(t, x) / std * (z - alpha_r * m)) @ like(self.frame, x).T

    def slope(self, x: Any, r: Any, t: Any) -> Array:
        """Average velocity (phi(x, r, t) - x)/(t - r), to rounding for every gap; the velocity where t = r.

        Notes
        -----
        Source: FM-EG, FM-E6. std_t - std_r is (var_t - var_r)/(std_t + std_r), and the differences of alpha and of
        sigma^2 are means of their derivatives where the gap is small.
        """
        x, r, t = self._checked(x, r, t)
        p, z, lam = self.process, x @ like(self.inverse, x).T, like(self.lam, x)
        d_alpha, d_var = (
            column(divided_difference(f, rate, r, t, p.horizon))
            for f, rate in ((p.alpha_of, p.d_alpha_of), (p.var_of, p.d_var_of))
        )
        alpha_r, total = column(p.alpha_of(r)), column(p.alpha_of(r) + p.alpha_of(t))
        std = self._spread(r, x, "r")
        growth = (lam * total * d_alpha + d_var) / (std * (std + self._spread(t, x)))
        m = like(self.centre, x)
        return (d_alpha * m + growth * (z - alpha_r * m)) @ like(self.frame, x).T

    def velocity(self, x: Any, t: Any) -> Array:
        """Velocity of the probability flow at `x` of shape (..., d), same shape.

        Notes
        -----
        Source: FM-D2, FM-EG.
        """
        x, t, _ = self._checked(x, t, t, "t")
        m, alpha = like(self.centre, x), column(self.process.alpha_of(t))
        self._spread(t, x, "t")
        z = x @ like(self.inverse, x).T - alpha * m
        return (column(self.process.d_alpha_of(t)) * m + self._rates(t, x) * z) @ like(self.frame, x).T

    def jacobian(self, x: Any, r: Any, t: Any) -> Array:
        """Jacobian of the map at `x` of shape (..., d), the same everywhere; shape (..., d, d)."""
        x, r, t = self._checked(x, r, t)
        gain = self._spread(t, x) / self._spread(r, x, "r")
        matrix = (like(self.frame, x) * gain[..., None, :]) @ like(self.inverse, x)
        return array_namespace(x).broadcast_to(matrix, (*x.shape[:-1], self.d, self.d))

    def std(self, t: Any) -> Array:
        """Standard deviations at times `t` of shape (...) in the frame; shape (..., d).

        Examples
        --------
        >>> from fewsteps import Gaussian, flow_matching
        >>> GaussianFlowMap(Gaussian([0.0], [4.0]), flow_matching()).std(0.5).round(6)
        array([1.118034])
        """
        t = self._instant(t)
        return self._spread(t, t[..., None])

    def rates(self, t: Any) -> Array:
        """Eigenvalues c(t) = d log std/dt of the Jacobian of the velocity at times `t` of shape (...); (..., d).

        Examples
        --------
        >>> from fewsteps import Gaussian, flow_matching
        >>> GaussianFlowMap(Gaussian([0.0], [4.0]), flow_matching()).rates(0.5).round(12)
        array([-1.2])
        """
        t = self._instant(t)
        self._spread(t, t[..., None], "t")
        return self._rates(t, t[..., None])

    def lipschitz(self) -> float:
        """Lipschitz constant of the velocity in x, the largest over all times; infinite if the law has no density.

        Without `base_cov` it is the largest |eigenvalue| of the Jacobian: cosh(log(lam)/2) for flow matching, d = 1.

        Notes
        -----
        Source: FM-EG.

        Examples
        --------
        >>> from fewsteps import Gaussian, flow_matching
        >>> round(GaussianFlowMap(Gaussian([0.0], [4.0]), flow_matching()).lipschitz(), 9)
        1.25
        """
        return self._largest(spectral_norm)

    def one_sided_lipschitz(self, towards: str = "data") -> float:
        """The least C with (w(x) - w(y)).(x - y) <= C |x - y|^2 for the velocity w at all times.

        Parameters
        ----------
        towards : {"data", "noise"}
            Which way the flow runs: w = -v (generation, as in the source) or w = v.

        Notes
        -----
        Source: FM-DC.1. For flow matching in d = 1, towards data: 1 for lam <= 1 and cosh(log(lam)/2) above.

        Examples
        --------
        >>> from fewsteps import Gaussian, flow_matching
        >>> phi = GaussianFlowMap(Gaussian([0.0], [4.0]), flow_matching())
        >>> round(phi.one_sided_lipschitz(), 9), round(phi.one_sided_lipschitz("noise"), 9)
        (1.25, 1.0)
        """
        one_of(towards, ("data", "noise"), "towards")
        sign = -1.0 if towards == "data" else 1.0
        return self._largest(lambda jacobian: top_eigenvalue(sign * jacobian))

    def _largest(self, size: Callable[[Floats], Floats]) -> float:
        """The supremum over all times of a size of the velocity's Jacobian."""
        ends = np.asarray([0.0, self.process.horizon])
        if np.any(self.process.alpha_of(ends) ** 2 * self.lam.min() + self.process.var_of(ends) <= 0):
            return float("inf")

        def at(t: Any) -> Floats:
            return size((self.frame * self.rates(t)[..., None, :]) @ self.inverse)

        return largest_over_time(at, self.process.horizon)

    # ---- the parts, for checked times in the kind of x

    def _checked(self, x: Any, r: Any, t: Any, name: str = "r") -> tuple[Array, Array, Array]:
        x = points(x, self.d)
        return x, times(r, x, self.process.horizon, name), times(t, x, self.process.horizon, "t")

    def _instant(self, t: Any) -> Array:
        t = real_array(t, "t")
        return times(t, t[..., None], self.process.horizon, "t")

    def _spread(self, t: Array, x: Array, divisor: str = "") -> Array:
        """Standard deviations; shape (..., d). With a name they must be positive."""
        var = column(self.process.alpha_of(t)) ** 2 * like(self.lam, x) + column(self.process.var_of(t))
        if divisor and some(var <= 0):
            raise ValueError(
                f"{divisor} must not be a time at which the law has no density (a variance of 0), got {t!r}"
            )
        return var**0.5

    def _rates(self, t: Array, x: Array) -> Array:
        p, lam = self.process, like(self.lam, x)
        alpha, d_alpha = column(p.alpha_of(t)), column(p.d_alpha_of(t))
        return (alpha * d_alpha * lam + column(p.d_var_of(t)) / 2) / (alpha**2 * lam + column(p.var_of(t)))


def _whitened(cov: Floats, base_cov: Floats, eps: float) -> tuple[Floats, Floats, Floats]:
    """Variances, frame and its inverse with frame frame^T = base_cov and frame diag(lam) frame^T = cov."""
    if base_cov.shape != cov.shape:
        raise ValueError(f"base_cov must have shape {cov.shape}, got {base_cov.shape}")
    if spectral(base_cov, "base_cov", eps)[0].min() <= 0:
        raise ValueError("base_cov must be positive definite")
    root = np.linalg.cholesky(base_cov)
    half = np.linalg.solve(root, cov)
    lam, basis = spectral(cast(Floats, np.linalg.solve(root, half.T)), "cov, whitened,")
    return lam, root @ basis, np.linalg.solve(root.T, basis).T
