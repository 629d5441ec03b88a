"""Affine maps of the line: the models for which every flow-map loss has a closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np  # noqa: F401
from array_api_compat import array_namespace

from fewsteps.arrays import Array, as_kind, points, positive_number, some
from fewsteps.flowmaps.base import PROCESS, FlowMap, column, times
from fewsteps.flowmaps.coefficients import Coefficient, Line, on_line
from fewsteps.flowmaps.derivatives import value_and_rate
from fewsteps.flowmaps.slopes import slope_of
from fewsteps.laws import Gaussian
from fewsteps.objects import function, having
from fewsteps.schedules import Diffusion


@dataclass(frozen=True, eq=False)
class AffineMap(FlowMap):
    """The map phi(x, r, t) = gain(r, t) x + offset(r, t) on the line; its velocity is d phi/dt at r = t.

    Parameters
    ----------
    gain, offset : callables
        Of arrays r and t of one shape, NumPy or torch. They are trusted to be gain(t, t) = 1 and offset(t, t) = 0,
        without which the velocity is no velocity.
    gain_r, gain_t, offset_r, offset_t : callables, optional
        Their partial derivatives; where left out, `torch.func.jvp` or a stencil of nine values finds them, which
        needs coefficients without kinks.
    slope_parts : pair of callables, optional
        Coefficients of the average velocity; see `from_slope`.
    horizon : float
        Largest time.

    Notes
    -----
    Source: FM-P2.3, FM-R2.4c (the affine ansatz), FM-R3.2.

    Examples
    --------
    >>> phi = AffineMap(lambda r, t: np.exp(t - r), lambda r, t: 0 * r)
    >>> phi(np.array([2.0]), 1.0, 0.0).round(6), phi.velocity(np.array([2.0]), 0.5).round(6)
    (array([0.735759]), array([2.]))
    """

    gain: Coefficient
    offset: Coefficient
    gain_r: Coefficient | None = None
    gain_t: Coefficient | None = None
    offset_r: Coefficient | None = None
    offset_t: Coefficient | None = None
    slope_parts: tuple[Coefficient, Coefficient] | None = None
    horizon: float = 1.0

    def __post_init__(self) -> None:
        for name in ("gain", "offset"):
            function(getattr(self, name), name)
        for name in ("gain_r", "gain_t", "offset_r", "offset_t"):
            if getattr(self, name) is not None:
                function(getattr(self, name), name)
        object.__setattr__(self, "horizon", positive_number(self.horizon, "horizon"))

    @classmethod
    def from_slope(
        cls,
        gain: Coefficient,
        offset: Coefficient,
        gain_r: Coefficient | None = None,
        gain_t: Coefficient | None = None,
        offset_r: Coefficient | None = None,
        offset_t: Coefficient | None = None,
        horizon: float = 1.0,
    ) -> AffineMap:
        """The map with the average velocity gain(r, t) x + offset(r, t); derivatives are those of the slope.

        Notes
        -----
        Source: FM-E6, FM-P2.3.

        Examples
        --------
        >>> AffineMap.from_slope(lambda r, t: -1 + 0 * r, lambda r, t: r)(np.array([2.0]), 1.0, 0.5)
        array([2.5])
        """
        given = {"gain_r": gain_r, "gain_t": gain_t, "offset_r": offset_r, "offset_t": offset_t}
        for name, part in {"gain": gain, "offset": offset, **{k: v for k, v in given.items() if v is not None}}.items():
            function(part, name)

        def whole(part: Coefficient, identity: float) -> Coefficient:
            return lambda r, t: identity + (t - r) * part(r, t)

        def rate(part: Coefficient, given: Coefficient | None, sign: float) -> Coefficient | None:
            return None if given is None else lambda r, t: sign * part(r, t) + (t - r) * given(r, t)

        return cls(
            whole(gain, 1.0),
            whole(offset, 0.0),
            rate(gain, gain_r, -1.0),
            rate(gain, gain_t, 1.0),
            rate(offset, offset_r, -1.0),
            rate(offset, offset_t, 1.0),
            (gain, offset),
            horizon,
        )

    @classmethod
    def exact(cls, law: Gaussian, process: Diffusion) -> AffineMap:
        """The flow map of a Gaussian law with d = 1 (`GaussianFlowMap` is the same, for any d).

        Raises
        ------
        ValueError
            If the law is no Gaussian with d = 1; when called: if it has no density at the time of departure.

        Notes
        -----
        Source: FM-EG.

        Examples
        --------
        >>> from fewsteps import Gaussian, flow_matching
        >>> AffineMap.exact(Gaussian([3.0], [4.0]), flow_matching())(np.array([1.0]), 1.0, 0.0)
        array([5.])
        """
        (mean, lam), process = on_line(law), having(process, PROCESS, "process")

        def std(t: Any) -> Any:
            return (process.alpha_of(t) ** 2 * lam + process.var_of(t)) ** 0.5

        def rate(t: Any) -> Any:
            alpha = process.alpha_of(t)
            return (lam * alpha * process.d_alpha_of(t) + process.d_var_of(t) / 2) / (
                alpha**2 * lam + process.var_of(t)
            )

        def gain(r: Any, t: Any) -> Any:
            start = std(r)
            if some(start == 0):
                raise ValueError(f"r must not be a time at which the law has no density, got {r!r}")
            return std(t) / start

        return cls(
            gain,
            lambda r, t: mean * (process.alpha_of(t) - gain(r, t) * process.alpha_of(r)),
            lambda r, t: -rate(r) * gain(r, t),
            lambda r, t: rate(t) * gain(r, t),
            lambda r, t: -mean * gain(r, t) * (process.d_alpha_of(r) - rate(r) * process.alpha_of(r)),
            lambda r, t: mean * (process.d_alpha_of(t) - rate(t) * gain(r, t) * process.alpha_of(r)),
            None,
            process.horizon,
        )

    # ---- coefficients on arrays of times

    def at(self, r: Array, t: Array) -> Line:
        """Gain and offset at arrays `r`, `t` of one shape; arrays of that shape."""
        return Line(self.gain(r, t) + 0 * r, self.offset(r, t) + 0 * r)

    def rate_r(self, r: Array, t: Array) -> Line:
        """Their derivatives in the start r."""
        return Line(self._rate(self.gain, self.gain_r, r, t, 0), self._rate(self.offset, self.offset_r, r, t, 0))

    def rate_t(self, r: Array, t: Array) -> Line:
        """Their derivatives in the end t."""
        return Line(self._rate(self.gain, self.gain_t, r, t, 1), self._rate(self.offset, self.offset_t, r, t, 1))

    def diagonal(self, t: Array) -> Line:
        """Coefficients of the velocity, d/dt of gain and offset at r = t.

        Notes
        -----
        Source: FM-R3.2, FM-E6.
        """
        if self.slope_parts is None:
            return self.rate_t(t, t)
        return Line(self.slope_parts[0](t, t) + 0 * t, self.slope_parts[1](t, t) + 0 * t)

    def _rate(self, part: Coefficient, given: Coefficient | None, r: Array, t: Array, which: int) -> Array:
        if given is not None:
            return given(r, t) + 0 * r
        where, start = (r, t)[which], (r, t)

        def moved(time: Any) -> Array:
            time = as_kind(time, where)  # the stencil hands over plain numbers where `where` is one
            pair = (time, start[1]) if which == 0 else (start[0], time)
            return (part(*pair) + 0 * time)[..., None]

        return value_and_rate(moved, where, where[..., None], self.horizon)[1][..., 0]

    # ---- the map, for points of shape (..., 1)

    def __call__(self, x: Any, r: Any, t: Any) -> Array:
        """Image of the points `x` of shape (..., 1), same shape."""
        x, r, t = self._checked(x, r, t)
        return _applied(self.at(r, t), x)

    def slope(self, x: Any, r: Any, t: Any) -> Array:
        """Average velocity (phi(x, r, t) - x)/(t - r) at `x` of shape (..., 1), same shape."""
        x, r, t = self._checked(x, r, t)
        if self.slope_parts is None:
            return slope_of(lambda y, s, u: self(y, s, u), self.horizon)(x, r, t)
        return _applied(Line(self.slope_parts[0](r, t) + 0 * r, self.slope_parts[1](r, t) + 0 * r), x)

    def velocity(self, x: Any, t: Any) -> Array:
        """The map's own velocity at `x` of shape (..., 1), same shape."""
        x, _, t = self._checked(x, t, t, "t")
        return _applied(self.diagonal(t), x)

    def jacobian(self, x: Any, r: Any, t: Any) -> Array:
        """The gain, at `x` of shape (..., 1); shape (..., 1, 1)."""
        x, r, t = self._checked(x, r, t)
        return (column(self.at(r, t).gain) + 0 * x)[..., None]

    def _checked(self, x: Any, r: Any, t: Any, first: str = "r") -> tuple[Array, Array, Array]:
        x = points(x, 1)
        r, t = (times(value, x, self.horizon, name) for value, name in ((r, first), (t, "t")))
        xp = array_namespace(r)
        r, t = xp.broadcast_arrays(r, t)
        return x, r, t


def _applied(line: Line, x: Array) -> Array:
    return column(line.gain) * x + column(line.offset)
