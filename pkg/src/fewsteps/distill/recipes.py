"""How a flow map is trained: the options of a run, and a learned weight of time pairs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn

from fewsteps.arrays import integer_at_least, positive_number, same_shape
from fewsteps.distill.checks import share
from fewsteps.objects import instance, one_of


class LogWeight(nn.Module):
    """A learned log-weight w(r, t): the loss becomes exp(-w) loss + w, so that every pair counts on its own scale.

    Where the loss is l, the best w is log l and the gradient is that of log l. A floor keeps w from running away where
    the loss can reach zero.

    Parameters
    ----------
    floor : float
        Smallest loss that is told apart from zero: w >= log(floor).
    d_hidden, seed : int

    Notes
    -----
    Source: FM-E20.

    Examples
    --------
    >>> weight = LogWeight()
    >>> float(weight.weighted(torch.tensor([0.5]), torch.ones(1), torch.zeros(1)).detach().round(decimals=3))
    0.5
    """

    def __init__(self, floor: float = 1e-4, d_hidden: int = 32, seed: int = 0) -> None:
        super().__init__()
        self.low = math.log(positive_number(floor, "floor"))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(integer_at_least(seed, 0, "seed"))
            last = nn.Linear(integer_at_least(d_hidden, 1, "d_hidden"), 1)
            self.layers = nn.Sequential(nn.Linear(2, d_hidden), nn.Tanh(), last)
        nn.init.zeros_(last.weight)
        # softplus(bias) = -low starts the log-weight at 0
        nn.init.constant_(last.bias, -self.low + math.log(-math.expm1(self.low)))

    def forward(self, r: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """Log-weight of shape (n,) at times of shape (n,)."""
        return self.low + nn.functional.softplus(self.layers(torch.stack([r, t], dim=-1))[:, 0])

    def weighted(self, loss: torch.Tensor, r: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """exp(-w) loss + w for losses of shape (n,)."""
        w = self(r, t)
        same_shape(w, loss, "r and loss")
        return torch.exp(-w) * loss + w


@dataclass(frozen=True)
class Recipe:
    """How a flow map is trained; the defaults are the source's, but for the size.

    Parameters
    ----------
    steps, batch : int
    lr : float
        Learning rate of Adam.
    decay : {"none", "cosine"}
        Whether it stays or falls to zero.
    warmup, anneal : int
        Steps on the diagonal alone, and steps over which the gap opens.
    diagonal_at : {"end", "uniform"}
        Times of the velocity loss: the end t of each pair, or uniform.
    diagonal_share : float
        Share of pairs with r = t in the distillation term.
    stop_gradient : bool or None
        Instead of the objective's own choice.
    teacher_average : float
        Decay of the average of past weights that teaches; 0 means the weights of the moment.
    average : float
        Share of the run over which the returned weights are averaged; 0 means the last weights.
    log_weight : bool
        Whether a log-weight is learned.

    Notes
    -----
    Source: FM-A1, FM-XE1, FM-R3t, FM-A3a, FM-E20.
    """

    steps: int = 5000
    batch: int = 512
    lr: float = 1e-3
    decay: str = "none"
    warmup: int = 0
    anneal: int = 0
    diagonal_at: str = "end"
    diagonal_share: float = 0.0
    stop_gradient: bool | None = None
    teacher_average: float = 0.0
    average: float = 0.0
    log_weight: bool = False

    def __post_init__(self) -> None:
        for name, low in (("steps", 1), ("batch", 1), ("warmup", 0), ("anneal", 0)):
            integer_at_least(getattr(self, name), low, name)
        positive_number(self.lr, "lr")
        for name, allowed in (("decay", ("none", "cosine")), ("diagonal_at", ("end", "uniform"))):
            one_of(getattr(self, name), allowed, name)
        for name in ("diagonal_share", "teacher_average", "average"):
            share(getattr(self, name), name)
        if self.stop_gradient is not None:
            instance(self.stop_gradient, bool, "stop_gradient")
        instance(self.log_weight, bool, "log_weight")
