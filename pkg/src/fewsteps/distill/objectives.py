"""Objectives for flow maps: the residual that each of them squares, with its teacher and its stop-gradient.

Time runs from data (0) to noise (1); a map leads from time r to time t <= r. All residuals are those of one average
velocity vbar, the map being x + (t - r) vbar(x, r, t). They vanish at the flow map and nowhere else, once the diagonal
is the velocity.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from fewsteps.arrays import same_shape
from fewsteps.distill.checks import batch, tensor
from fewsteps.distill.slopes import Slope, slope_tangent
from fewsteps.distill.times import FRACTIONS
from fewsteps.objects import function, instance, one_of

#: A velocity (x, t) -> (n, d).
Velocity = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Pairs:
    """A batch: points `x` of shape (n, d) at times `r`, targets `t` of shape (n,), and the fraction `kappa` between.

    kappa places the intermediate time u = kappa r + (1 - kappa) t; `chord` is the direction x_r' of the interpolant's
    line through x, of shape (n, d), for objectives that use it as their teacher.
    """

    x: torch.Tensor
    r: torch.Tensor
    t: torch.Tensor
    kappa: torch.Tensor | None = None
    chord: torch.Tensor | None = None

    def __post_init__(self) -> None:
        x = batch(self.x, r=self.r, t=self.t)
        if self.kappa is not None:
            batch(x, kappa=self.kappa)
        if self.chord is not None:
            same_shape(x, tensor(self.chord, "chord"), "x and chord")


def _over(gap: torch.Tensor) -> torch.Tensor:
    return gap[:, None]


def _held(value: torch.Tensor, stop: bool) -> torch.Tensor:
    return value.detach() if stop else value


def _lagrangian(slope: Slope, velocity: Velocity, batch: Pairs, stop: bool) -> torch.Tensor:
    """d/dt Phi - v(Phi, t)."""
    x, r, t = batch.x, batch.r, batch.t
    vbar, rate = slope_tangent(slope, x, r, t, 0.0, 0.0, 1.0)
    return vbar + _over(t - r) * rate - _held(velocity(x + _over(t - r) * vbar, t), stop)


def _eulerian(slope: Slope, velocity: Velocity, batch: Pairs, stop: bool) -> torch.Tensor:
    """d/dr Phi + grad Phi v(x, r); stopped, all but the slope itself is the teacher, as in MeanFlow."""
    x, r, t = batch.x, batch.r, batch.t
    v = velocity(x, r)
    vbar, rate = slope_tangent(slope, x, r, t, v, 1.0, 0.0)
    return _held(v + _over(t - r) * rate, stop) - vbar


def _two_jumps(slope: Slope, batch: Pairs) -> torch.Tensor:
    """The average velocity of the jump through u: a mean of two average velocities."""
    if batch.kappa is None:
        raise ValueError("the semigroup objectives need kappa, the place of the intermediate time")
    x, r, t, kappa = batch.x, batch.r, batch.t, batch.kappa
    u = kappa * r + (1 - kappa) * t
    first = slope(x, r, u)
    return _over(1 - kappa) * first + _over(kappa) * slope(x + _over(u - r) * first, u, t)


def _semigroup(slope: Slope, teacher: Slope, batch: Pairs, stop: bool) -> torch.Tensor:
    """vbar over the whole gap minus the mean of the two halves: (Phi - Phi Phi) / (t - r)."""
    if stop:
        with torch.no_grad():
            target = _two_jumps(teacher, batch)
    else:
        target = _two_jumps(teacher, batch)
    return slope(batch.x, batch.r, batch.t) - target


_RESIDUALS: dict[str, Callable[..., torch.Tensor]] = {
    "Lagrangian": _lagrangian,
    "Eulerian": _eulerian,
    "semigroup": _semigroup,
}


@dataclass(frozen=True)
class Objective:
    """One way to learn a flow map: a characterisation of the map, a teacher, and where the gradient stops.

    Parameters
    ----------
    name : str
    characterisation : {"Lagrangian", "Eulerian", "semigroup"}
        The identity whose residual is squared.
    teacher : {"itself", "chord", "velocity", "flow map"}
        Who answers in the identity's other half: the learned map's own diagonal (or shorter jumps), the interpolant's
        chord (Eulerian only), a given velocity(x, t), or a given average velocity(x, r, t).
    stop_gradient : bool
        Whether the teacher's half is held fixed in the gradient; the source's choice for this objective.
    fraction : {"none", "uniform", "midpoint"}
        Law of kappa, the place of the intermediate time.
    form : {"slope", "map"}
        Semigroup only: the residual of the average velocity, or that of the map, which is (t - r) times it.

    Raises
    ------
    ValueError
        For an unknown characterisation, or a teacher that it cannot use.

    Notes
    -----
    Source: FM-E13, FM-E14, FM-E15, FM-E22, FM-E23, FM-E27, FM-E28, FM-E29, FM-R3t.

    Examples
    --------
    >>> from fewsteps import Gaussian, flow_matching
    >>> from fewsteps.flowmaps import GaussianFlowMap
    >>> exact = GaussianFlowMap(Gaussian([1.0], [4.0]), flow_matching()).slope
    >>> batch = Pairs(torch.ones(1, 1).double(), torch.tensor([0.9]).double(), torch.tensor([0.2]).double())
    >>> bool(OBJECTIVES["LSD"].residual(exact, batch).abs() < 1e-12)
    True
    """

    name: str
    characterisation: str
    teacher: str = "itself"
    stop_gradient: bool = False
    fraction: str = "none"
    form: str = "slope"
    source: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        instance(self.name, str, "name")
        one_of(self.fraction, FRACTIONS, "fraction")
        one_of(self.form, ("slope", "map"), "form")
        allowed = {"Lagrangian": _FIELDS, "Eulerian": (*_FIELDS, "chord"), "semigroup": ("itself", "flow map")}
        one_of(self.characterisation, allowed, "characterisation")
        if self.teacher not in allowed[self.characterisation]:
            raise ValueError(f"teacher: {self.characterisation} objectives cannot learn from {self.teacher!r}")

    def residual(
        self, slope: Slope, batch: Pairs, teacher: Any = None, stop_gradient: bool | None = None
    ) -> torch.Tensor:
        """Residual of shape (n, d), whose mean square over a batch is the loss.

        Parameters
        ----------
        slope : callable
            The student's average velocity slope(x, r, t).
        batch : Pairs
        teacher : callable, optional
            velocity(x, t) or slope(x, r, t) as `self.teacher` asks; with "itself", another copy of the student (an
            average of its past weights, for one) in the student's own place.
        stop_gradient : bool, optional
            Instead of the objective's own choice.

        Raises
        ------
        ValueError
            If a teacher is needed and none is given, or the batch lacks kappa or chord.
        """
        function(slope, "slope"), instance(batch, Pairs, "batch")
        if teacher is not None:
            function(teacher, "teacher")
        stop = self.stop_gradient if stop_gradient is None else stop_gradient
        residual = _RESIDUALS[self.characterisation](slope, self._teacher(slope, batch, teacher), batch, stop)
        return _over(batch.t - batch.r) * residual if self.form == "map" else residual

    def _teacher(self, slope: Slope, batch: Pairs, teacher: Any) -> Any:
        if self.teacher == "chord":
            if batch.chord is None:
                raise ValueError(f"{self.name} learns from the chords of the interpolant: the batch has none")
            return lambda x, t: batch.chord
        if self.teacher != "itself":
            if teacher is None:
                raise ValueError(f"{self.name} learns from a given {self.teacher}: pass it as teacher")
            return teacher
        own = slope if teacher is None else teacher
        return own if self.characterisation == "semigroup" else lambda x, t: own(x, t, t)


_FIELDS = ("itself", "velocity")

_ALL = (
    Objective("LSD", "Lagrangian", source="FM-E13"),
    Objective("ESD", "Eulerian", source="FM-E14"),
    Objective("PSD-U", "semigroup", stop_gradient=True, fraction="uniform", source="FM-E23"),
    Objective("PSD-M", "semigroup", stop_gradient=True, fraction="midpoint", source="FM-E23"),
    Objective("PSD-U (map)", "semigroup", stop_gradient=True, fraction="uniform", form="map", source="FM-E22"),
    Objective("PSD-M (map)", "semigroup", stop_gradient=True, fraction="midpoint", form="map", source="FM-E22"),
    Objective("LMD", "Lagrangian", "velocity", source="FM-E27"),
    Objective("EMD", "Eulerian", "velocity", source="FM-E28"),
    Objective("PFMM", "semigroup", "flow map", stop_gradient=True, fraction="uniform", form="map", source="FM-E29"),
)

#: The objectives of the literature by name, with their source's defaults.
OBJECTIVES: dict[str, Objective] = {one.name: one for one in _ALL}


def velocity_residual(slope: Slope, x: torch.Tensor, t: torch.Tensor, chord: torch.Tensor) -> torch.Tensor:
    """Residual of flow matching on the diagonal, vbar(x, t, t) - x_t', of shape (n, d).

    Notes
    -----
    Source: FM-E3, FM-P2.3.

    Examples
    --------
    >>> velocity_residual(lambda x, r, t: 2 * x, torch.ones(1, 1), torch.zeros(1), torch.ones(1, 1))
    tensor([[1.]])
    """
    x, chord = batch(x, t=t), tensor(chord, "chord")
    same_shape(x, chord, "x and chord")
    return function(slope, "slope")(x, t, t) - chord
