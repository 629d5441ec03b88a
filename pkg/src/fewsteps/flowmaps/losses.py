"""Flow-map losses of affine maps under a Gaussian law on the line: exact in x, quadrature in time."""

from __future__ import annotations

from typing import Any

import numpy as np

from fewsteps.arrays import Array, as_kind, clock, real_array
from fewsteps.flowmaps.affine import AffineMap
from fewsteps.flowmaps.coefficients import Line, plain
from fewsteps.flowmaps.setting import Setting
from fewsteps.laws import Gaussian
from fewsteps.objects import instance, one_of
from fewsteps.schedules import Diffusion


class AffineLosses(Setting):
    """Losses of an `AffineMap` for the law N(m, lam) under a process; expectations over x_r are exact.

    Integrals over pairs of times are those of the source, dr dt over the triangle 0 <= t <= r <= horizon without a
    factor; those of the slices run over the other time alone. Between breaks the coefficients must be smooth: whether
    the nodes resolve them shows by doubling `nodes`.

    Parameters
    ----------
    law : Gaussian with d = 1
    process : Diffusion
    nodes : int
        Gauss-Legendre nodes in every direction, on every panel.
    breaks : sequence of float
        Times at which the map's coefficients have kinks: panels end there.
    gaps : sequence of float
        Instead of `breaks`: gaps r - t at which panels end, for maps with a layer along the diagonal.
    weight : callable, optional
        Density ``weight(r, t)`` of the pairs with respect to dr dt, for the losses on the triangle; 1 by default.
    like : torch tensor, optional
        Nodes become tensors of its kind, and losses carry gradients to whatever the coefficients depend on.

    Raises
    ------
    ValueError
        If `law` is not a Gaussian with d = 1, or the panels are not in order.

    Notes
    -----
    Source: FM-P2.3, FM-E13, FM-E14, FM-E15, FM-E38, FM-R2.4c.

    Examples
    --------
    >>> from fewsteps import flow_matching
    >>> law, process = Gaussian([0.0], [4.0]), flow_matching()
    >>> losses, exact = AffineLosses(law, process), AffineMap.exact(law, process)
    >>> round(losses.irreducible(), 9) == round(np.pi, 9), losses.lsd(exact) < 1e-20
    (True, True)
    """

    # ---- the velocity, on the diagonal

    def velocity_excess(self, phi: AffineMap) -> Any:
        """int E|vhat(x_t, t) - v(x_t, t)|^2 dt: the velocity loss above its least value.

        Notes
        -----
        Source: FM-E38.
        """
        t, weights = self.line
        own, true = _affine(phi).diagonal(t), self.velocity(t)
        return plain((weights * self.second_moment(t, own.gain - true.gain, own.offset - true.offset)).sum())

    # ---- the three characterisations, on the triangle

    def lsd(self, phi: AffineMap, teacher: AffineMap | None = None) -> Any:
        """Lagrangian loss; `teacher` gives the velocity, by default the map its own.

        Notes
        -----
        Source: FM-E13, FM-E27.
        """
        r, t, weights = self.triangle
        return plain((weights * self.second_moment(r, *self._lagrangian(phi, teacher, r, t))).sum())

    def esd(self, phi: AffineMap, teacher: AffineMap | None = None, velocity_at: str = "r") -> Any:
        """Eulerian loss; `velocity_at="t"` is the one the source prints, with the velocity at the wrong time.

        Notes
        -----
        Source: FM-E14, FM-E28.
        """
        one_of(velocity_at, ("r", "t"), "velocity_at")
        r, t, weights = self.triangle
        residual = self._eulerian(phi, teacher, r, t, r if velocity_at == "r" else t)
        return plain((weights * self.second_moment(r, *residual)).sum())

    def psd(self, phi: AffineMap, kind: str = "uniform", form: str = "map") -> Any:
        """Semigroup loss, with the time between the jumps u = kappa r + (1 - kappa) t.

        Parameters
        ----------
        phi : AffineMap
        kind : {"uniform", "midpoint", "printed"}
            The mean over kappa in [0, 1]; kappa = 1/2; the integral over u in [t, r].
        form : {"map", "slope"}
            Whether the residual is divided by t - r.

        Notes
        -----
        Source: FM-E15, FM-E22, FM-E23.
        """
        _affine(phi), one_of(kind, _KINDS, "kind"), one_of(form, ("map", "slope"), "form")
        r, t, weights = (value[:, None] for value in self.triangle)
        kappa, inner = self.between(kind)
        weights = weights * inner * ((r - t) if kind == "printed" else 1) / ((r - t) ** 2 if form == "slope" else 1)
        r, t = r + 0 * kappa, t + 0 * kappa
        return plain((weights * self.second_moment(r, *_semigroup(phi, r, kappa * r + (1 - kappa) * t, t))).sum())

    # ---- the slices at the ends

    def lsd_slice(self, phi: AffineMap, teacher: AffineMap | None = None) -> Any:
        """Lagrangian loss of the jumps from pure noise, r = horizon, over all t.

        Notes
        -----
        Source: FM-E44, FM-R2.4r.
        """
        t, weights = self.line
        r = self.process.horizon + 0 * t
        return plain((weights * self.second_moment(r, *self._lagrangian(phi, teacher, r, t))).sum())

    def esd_slice(self, phi: AffineMap, teacher: AffineMap | None = None, under: str = "interpolant") -> Any:
        """Eulerian loss of the jumps to data, t = 0, over all r.

        Parameters
        ----------
        phi, teacher : AffineMap
        under : {"interpolant", "learned"}
            The law of the starts: that of x_r, or that of the flow of the teacher's (the map's own) velocity.

        Notes
        -----
        Source: FM-E52, FM-R2.4r.
        """
        one_of(under, ("interpolant", "learned"), "under")
        r, weights = self.line
        p, q = self._eulerian(phi, teacher, r, 0 * r, r)
        if under == "interpolant":
            return plain((weights * self.second_moment(r, p, q)).sum())
        mean, std = map(self.as_nodes, self.learned_moments(phi if teacher is None else teacher, r))
        return plain((weights * ((p * std) ** 2 + (p * mean + q) ** 2)).sum())

    # ---- what comes out

    def squared_w2(self, phi: AffineMap, times: Any = None) -> Any:
        """Squared 2-Wasserstein distance between the samples and the data, for jumps along `times`.

        Parameters
        ----------
        phi : AffineMap
        times : array of shape (N + 1,), optional
            From the horizon to 0, decreasing; one jump by default. The start has the law of x at times[0].

        Raises
        ------
        ValueError
            If the times do not decrease from the horizon to 0.

        Notes
        -----
        Source: FM-P2.4, FM-E3s.
        """
        grid, top = [self.process.horizon, 0.0] if times is None else times, self.process.horizon
        grid = clock(as_kind(real_array(grid, "times"), np.zeros(1)), top, "times")
        if grid.ndim != 1 or grid.size < 2 or np.any(np.diff(grid) >= 0) or grid[0] != top or grid[-1] != 0:
            raise ValueError(f"times must decrease from the horizon {top:g} to 0, got {times!r}")
        grid = self.as_nodes(grid)
        _affine(phi)
        mean, var = self.moments(grid[0])
        std = var**0.5
        steps = phi.at(grid[:-1], grid[1:])
        for k in range(len(grid) - 1):
            mean, std = steps.gain[k] * mean + steps.offset[k], abs(steps.gain[k]) * std
        return plain((mean - self.mean) ** 2 + (std - self.lam**0.5) ** 2)

    # ---- parts

    def _lagrangian(self, phi: AffineMap, teacher: AffineMap | None, r: Array, t: Array) -> Line:
        own = _affine(phi if teacher is None else teacher, "phi" if teacher is None else "teacher").diagonal(t)
        image, rate = _affine(phi).at(r, t), phi.rate_t(r, t)
        return Line(rate.gain - own.gain * image.gain, rate.offset - own.gain * image.offset - own.offset)

    def _eulerian(self, phi: AffineMap, teacher: AffineMap | None, r: Array, t: Array, when: Array) -> Line:
        own = _affine(phi if teacher is None else teacher, "phi" if teacher is None else "teacher").diagonal(when)
        gain, rate = _affine(phi).at(r, t).gain, phi.rate_r(r, t)
        return Line(rate.gain + gain * own.gain, rate.offset + gain * own.offset)


def affine_losses(
    phi: AffineMap, law: Gaussian, process: Diffusion, nodes: int = 24, kind: str | None = None, **options: Any
) -> Any:
    """One loss of an affine map by name, or all of them in a dictionary.

    Parameters
    ----------
    phi : AffineMap
    law, process, nodes, **options
        As in `AffineLosses`.
    kind : str, optional
        "velocity_excess", "irreducible", "lsd", "esd", "psd_uniform", "psd_midpoint", "psd_printed",
        "psd_uniform_slope", "psd_midpoint_slope", "lsd_slice", "esd_slice" or "squared_w2".

    Notes
    -----
    Source: FM-P2.3, FM-RPSD.

    Examples
    --------
    >>> from fewsteps import flow_matching
    >>> identity = AffineMap(lambda r, t: 1 + 0 * r, lambda r, t: 0 * r)
    >>> affine_losses(identity, Gaussian([3.0], [1.0]), flow_matching(), kind="squared_w2")
    9.0
    """
    _affine(phi)
    losses = AffineLosses(law, process, nodes, **options)
    if kind is None:
        return {name: _named(losses, phi, name) for name in _NAMES}
    return _named(losses, phi, one_of(kind, _NAMES, "kind"))


def _named(losses: AffineLosses, phi: AffineMap, name: str) -> Any:
    if name.startswith("psd"):
        kind, *form = name.split("_")[1:]
        return losses.psd(phi, kind, *form)
    return losses.irreducible() if name == "irreducible" else getattr(losses, name)(phi)


_KINDS = ("uniform", "midpoint", "printed")
_NAMES = (
    *("velocity_excess", "irreducible", "lsd", "esd", "lsd_slice", "esd_slice", "squared_w2"),
    *("psd_uniform", "psd_midpoint", "psd_printed", "psd_uniform_slope", "psd_midpoint_slope"),
)


def _affine(phi: Any, name: str = "phi") -> AffineMap:
    return instance(phi, AffineMap, name)


def _semigroup(phi: AffineMap, r: Array, u: Array, t: Array) -> Line:
    first, second, whole = phi.at(r, u), phi.at(u, t), phi.at(r, t)
    return Line(second.gain * first.gain - whole.gain, second.gain * first.offset + second.offset - whole.offset)
