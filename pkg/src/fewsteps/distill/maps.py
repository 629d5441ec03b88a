"""One training loop for flow maps, for every objective."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from fewsteps.arrays import integer_at_least
from fewsteps.distill.interpolants import interpolant
from fewsteps.distill.objectives import OBJECTIVES, Objective, Pairs, velocity_residual
from fewsteps.distill.recipes import LogWeight, Recipe
from fewsteps.distill.samples import law_samples
from fewsteps.distill.slopes import SlopeNet
from fewsteps.distill.threads import few_threads, widest
from fewsteps.distill.times import fractions, opening_gap, stratified, time_pairs
from fewsteps.objects import function, having, instance
from fewsteps.schedules import Diffusion

Progress = Callable[[int, int], None] | None


class _Run:
    """The state of one training run."""

    def __init__(self, law: Any, process: Diffusion, objective: Objective, net: Any, recipe: Recipe, seed: int) -> None:
        self.law, self.process, self.objective, self.net, self.recipe = law, process, objective, net, recipe
        self.source = torch.Generator().manual_seed(seed)
        self.weight = LogWeight(seed=seed) if recipe.log_weight else None
        modules = [net] if self.weight is None else [net, self.weight]
        self.adam = torch.optim.Adam([p for m in modules for p in m.parameters()], recipe.lr, fused=True)
        self.teacher = copy.deepcopy(net).requires_grad_(False) if recipe.teacher_average else None
        self.averaged = copy.deepcopy(net).requires_grad_(False) if recipe.average else None

    def points(self, t: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Fresh x_t and x_t' of shape (n, d), one for every time."""
        data = law_samples(self.law, len(t), self.source, dtype=t.dtype)
        return interpolant(self.process, data, torch.randn(data.shape, generator=self.source, dtype=t.dtype), t)

    def losses(self, step: int, given: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Squared residuals of shape (n,), on the diagonal and off it."""
        recipe, n = self.recipe, self.recipe.batch
        gap = opening_gap(step, recipe.warmup, recipe.anneal)
        r, t = time_pairs(n, self.source, max_gap=gap, diagonal=recipe.diagonal_share)
        clock = t if recipe.diagonal_at == "end" else stratified(n, self.source).to(t)
        x, chord = self.points(clock)
        diagonal = self._weighed(velocity_residual(self.net, x, clock, chord), clock, clock)
        if gap == 0:
            return diagonal, torch.zeros(1)
        x, chord = self.points(r)
        batch = Pairs(x, r, t, fractions(self.objective.fraction, n, self.source), chord)
        teacher = self.teacher if given is None else given
        residual = self.objective.residual(self.net, batch, teacher, recipe.stop_gradient)
        return diagonal, self._weighed(residual, r, t)

    def _weighed(self, residual: torch.Tensor, r: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        loss = (residual**2).sum(dim=-1)
        return loss if self.weight is None else self.weight.weighted(loss, r, t)

    def update(self, step: int, loss: torch.Tensor) -> None:
        recipe = self.recipe
        if recipe.decay == "cosine":
            for group in self.adam.param_groups:
                group["lr"] = recipe.lr * (1 + math.cos(math.pi * step / recipe.steps)) / 2
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()
        if self.teacher is not None:
            _follow(self.teacher, self.net, 1 - recipe.teacher_average)
        if self.averaged is not None:
            _follow(self.averaged, self.net, min(1.0, 1 / (recipe.average * recipe.steps)))


def train_flow_map(
    law: Any,
    process: Diffusion,
    objective: str | Objective = "LSD",
    *,
    recipe: Recipe | None = None,
    net: Any = None,
    teacher: Any = None,
    seed: int = 0,
    progress: Progress = None,
) -> tuple[Any, NDArray[np.float64]]:
    """Learn the flow map of a law's probability flow: flow matching on the diagonal, an objective off it.

    Parameters
    ----------
    law : Law
        With `sample`; fresh samples are drawn at every step.
    process : Diffusion
        With horizon 1.
    objective : str or Objective
        A name of `OBJECTIVES`, or one of your own.
    recipe : Recipe, optional
    net : torch module, optional
        The average velocity net(x, r, t); a `SlopeNet` of the seed otherwise. It is trained in place.
    teacher : callable, optional
        For objectives with a given teacher: velocity(x, t) or average velocity(x, r, t).
    seed : int
        Of the initial weights and of all samples.
    progress : callable, optional
        Called as ``progress(done, steps)``.

    Returns
    -------
    net : torch module
        The trained network, or the average of its weights if the recipe asks for one.
    losses : array of shape (steps, 2)
        Velocity loss and distillation loss of every step's samples, before the step.

    Raises
    ------
    ValueError
        For an unknown objective, a missing teacher or a process whose horizon is not 1.
    FloatingPointError
        If the loss is no longer a finite number, with the step and what to try.

    Notes
    -----
    Source: FM-A1. The same seed gives the same network on the same machine. Small networks train on one thread,
    whatever torch is set to: `few_threads`.

    Examples
    --------
    >>> from fewsteps import Gaussian, flow_matching
    >>> recipe = Recipe(steps=3, batch=8, warmup=1, anneal=1)
    >>> net, losses = train_flow_map(Gaussian([0.0], [4.0]), flow_matching(), "PSD-U", recipe=recipe)
    >>> losses.shape
    (3, 2)
    """
    having(law, ("sample", "d"), "law")
    if having(process, ("alpha", "sigma", "d_alpha", "d_var", "horizon"), "process").horizon != 1:
        raise ValueError(f"process must have the horizon 1, got {process.horizon:g}: times are drawn from [0, 1]")
    for value, name in ((net, "net"), (teacher, "teacher")):
        if value is not None:
            function(value, name)
    integer_at_least(seed, 0, "seed")
    recipe = Recipe() if recipe is None else instance(recipe, Recipe, "recipe")
    net = SlopeNet(law.d, seed=seed) if net is None else net
    run = _Run(law, process, _named(objective), net, recipe, seed)
    losses = np.empty((recipe.steps, 2))
    with few_threads(recipe.batch, widest(net)):
        for step in range(recipe.steps):
            parts = [part.mean() for part in run.losses(step, teacher)]
            losses[step] = _finite(parts, step, recipe)
            run.update(step, parts[0] + parts[1])
            if progress is not None:
                progress(step + 1, recipe.steps)
    return (net if run.averaged is None else run.averaged.requires_grad_()), losses


def _named(objective: str | Objective) -> Objective:
    if isinstance(objective, str) and objective not in OBJECTIVES:
        raise ValueError(f"objective must be one of {', '.join(OBJECTIVES)} or an Objective, got {objective!r}")
    return OBJECTIVES[objective] if isinstance(objective, str) else instance(objective, Objective, "objective")


def _finite(parts: list[torch.Tensor], step: int, recipe: Recipe) -> tuple[float, float]:
    values = float(parts[0].detach()), float(parts[1].detach())
    if not all(map(math.isfinite, values)):
        raise FloatingPointError(
            f"the losses became {values} at step {step}: lower lr={recipe.lr:g}, or lengthen warmup and anneal"
        )
    return values


def _follow(slow: nn.Module, fast: nn.Module, share: float) -> None:
    for s, f in zip(slow.parameters(), fast.parameters(), strict=True):
        s.lerp_(f.detach(), share)
