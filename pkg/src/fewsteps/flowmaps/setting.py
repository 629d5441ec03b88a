"""The Gaussian law on the line and the quadrature in time that the losses of affine maps share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from array_api_compat import is_torch_array
from numpy.typing import NDArray
from scipy import integrate

from fewsteps.arrays import Array, as_kind, clock, floats, integer_at_least, real_array
from fewsteps.flowmaps.affine import AffineMap
from fewsteps.flowmaps.base import PROCESS
from fewsteps.flowmaps.coefficients import Line, on_line, plain
from fewsteps.flowmaps.triangle import between, inside, panels, triangle
from fewsteps.laws import Gaussian
from fewsteps.objects import function, having, instance
from fewsteps.schedules import Diffusion

Floats = NDArray[np.float64]


class Setting:
    """Law, process and nodes of `AffineLosses`, where the parameters are explained."""

    def __init__(
        self,
        law: Gaussian,
        process: Diffusion,
        nodes: int = 24,
        breaks: Any = (),
        gaps: Any = (),
        weight: Callable[[Any, Any], Any] | None = None,
        like: Any = None,
    ) -> None:
        self.mean, self.lam = on_line(law)
        self.process, self.nodes, self.gaps = (
            having(process, PROCESS, "process"),
            integer_at_least(nodes, 1, "nodes"),
            gaps,
        )
        self.reference = np.zeros(1) if like is None else real_array(like, "like")
        for value, name in ((breaks, "breaks"), (gaps, "gaps")):
            inside(value, process.horizon, name)
        if weight is not None:
            function(weight, "weight")
        length = process.horizon
        self.line = tuple(map(self.as_nodes, panels(self.nodes, [*breaks, *gaps], length)))
        r, t, weights = map(self.as_nodes, triangle(self.nodes, breaks, gaps, length))
        self.triangle = (r, t, weights if weight is None else weights * weight(r, t))

    def velocity(self, t: Array) -> Line:
        """Coefficients of the exact velocity at times `t`; their shape."""
        p, (mean, var) = self.process, self.moments(t)
        gain = (p.alpha_of(t) * p.d_alpha_of(t) * self.lam + p.d_var_of(t) / 2) / var
        return Line(gain, p.d_alpha_of(t) * self.mean - gain * mean)

    def moments(self, t: Array) -> tuple[Array, Array]:
        """Mean and variance of x_t at times `t`; their shape."""
        alpha = self.process.alpha_of(t)
        return alpha * self.mean, alpha**2 * self.lam + self.process.var_of(t)

    def second_moment(self, r: Array, p: Array, q: Array) -> Array:
        """E (p x_r + q)^2."""
        mean, var = self.moments(r)
        return p**2 * var + (p * mean + q) ** 2

    def irreducible(self) -> Any:
        """int E|x_t' - v(x_t, t)|^2 dt, the least value of the velocity loss; pi/2 sqrt(lam) for flow matching.

        Notes
        -----
        Source: FM-E38.
        """
        t, weights = self.line
        p, var = self.process, self.process.var_of(t)
        # the Wronskian alpha' sigma - alpha sigma', times sigma, so that only the rate of sigma^2 is needed
        wronskian = p.d_alpha_of(t) * var - p.alpha_of(t) * p.d_var_of(t) / 2
        return plain((weights * self.lam * wronskian**2 / (var * self.moments(t)[1])).sum())

    def learned_moments(self, phi: AffineMap, times: Any) -> tuple[Floats, Floats]:
        """Mean and standard deviation, at `times` of shape (N,), of the flow of the map's velocity from pure noise.

        NumPy only.

        Raises
        ------
        TypeError
            If the nodes are torch tensors.

        Notes
        -----
        Source: FM-E43.
        """
        if is_torch_array(self.reference):
            raise TypeError("like must be left out: the learned flow is integrated with NumPy")
        instance(phi, AffineMap, "phi")
        grid, top = clock(floats(times, "times"), self.process.horizon, "times"), self.process.horizon
        mean, var = self.moments(np.asarray(top))

        def rate(s: float, y: Floats) -> Floats:
            # s = horizon - t runs forwards; y holds mean and log of the standard deviation
            p, q = phi.diagonal(np.asarray(min(max(top - s, 0.0), top)))
            return -np.asarray([float(p) * y[0] + float(q), float(p)])

        start = [float(mean), float(np.log(var)) / 2]
        flow = integrate.solve_ivp(rate, (0.0, top), start, "DOP853", dense_output=True, rtol=1e-12, atol=1e-12)
        if not flow.success:
            raise FloatingPointError(f"the learned flow could not be integrated: {flow.message}")
        found = flow.sol(top - grid)
        return found[0], np.exp(found[1])

    def between(self, kind: str) -> tuple[Array, Array]:
        """Weights kappa and their quadrature weights, one row a pair of times."""
        r, t, _ = self.triangle
        if kind == "midpoint":
            return (0.5 + 0 * r)[:, None], (1 + 0 * r)[:, None]
        gap = np.asarray(r - t) if not is_torch_array(r) else (r - t).detach().cpu().numpy()
        kappa, inner = between(gap, self.nodes, self.gaps)
        return self.as_nodes(kappa), self.as_nodes(inner)

    def as_nodes(self, value: Any) -> Array:
        """Numbers in the kind of the nodes."""
        return as_kind(value, self.reference)
