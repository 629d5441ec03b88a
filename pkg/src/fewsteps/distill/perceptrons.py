"""Networks for one map at one pair of times, and a trainer that fits any network to pairs of inputs and targets."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from fewsteps.arrays import integer_at_least, positive_number, real_array, same_shape
from fewsteps.distill.threads import few_threads, widest
from fewsteps.flowmaps.base import shaped
from fewsteps.objects import function, instance

#: Inputs and targets of shape (n, d), drawn by a generator.
Draw = Callable[[int, torch.Generator], tuple[torch.Tensor, torch.Tensor]]

#: What hidden units do: the positive part, or its square.
ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "relu": torch.relu,
    "requ": lambda z: torch.relu(z) ** 2,
    "silu": nn.functional.silu,
}


class MapNet(nn.Module):
    """A multilayer perceptron from R^d to R^d that knows no time: a student of one segment, or of one score.

    Parameters
    ----------
    d : int
        Dimension.
    width, depth : int
        Units of a hidden layer, and number of hidden layers.
    activations : sequence of {"relu", "requ", "silu"}
        Taken in turn, layer by layer.
    seed : int
        Of the initial weights (uniform, Xavier; biases 0); torch's global generator is left as it was.

    Raises
    ------
    ValueError
        For an unknown activation, or none.

    Notes
    -----
    Source: QA-X6.1, QA-X6.4.

    Examples
    --------
    >>> net = MapNet(64, width=512)
    >>> sum(p.numel() for p in net.parameters()), net(torch.zeros(3, 64)).shape
    (854080, torch.Size([3, 64]))
    """

    def __init__(
        self, d: int, *, width: int = 128, depth: int = 4, activations: Sequence[str] = ("relu", "requ"), seed: int = 0
    ) -> None:
        super().__init__()
        d, depth = integer_at_least(d, 1, "d"), integer_at_least(depth, 1, "depth")
        known = [*activations] if isinstance(activations, list | tuple) else []
        if not known or not all(isinstance(name, str) and name in ACTIVATIONS for name in known):
            raise ValueError(f"activations must be some of {', '.join(ACTIVATIONS)}, got {activations!r}")
        self.activations = [known[i % len(known)] for i in range(depth)]
        widths = [d, *[integer_at_least(width, 1, "width")] * depth, d]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(integer_at_least(seed, 0, "seed"))
            layers = [nn.Linear(*pair) for pair in pairwise(widths)]
            for layer in layers:
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)
        self.layers = nn.ModuleList(layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Values at `x` of shape (..., d), same shape."""
        for layer, name in zip(self.layers[:-1], self.activations, strict=True):
            x = ACTIVATIONS[name](layer(x))
        return self.layers[-1](x)


def train_regression(
    net: nn.Module,
    draw: Draw,
    *,
    steps: int,
    batch: int = 512,
    lr: float = 1e-3,
    cap: float | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> NDArray[np.float64]:
    """Fit a network to targets by mean squares, in place: Adam, gradients clipped to norm 1, constant learning rate.

    Parameters
    ----------
    net : Module
        ``net(inputs)`` with the shape of the targets.
    draw : callable
        ``draw(n, generator)`` returns inputs and targets, tensors with n rows.
    steps, batch : int
        Gradient steps, rows in each.
    lr : float
    cap : float, optional
        After every step all matrices are clipped to entries in [-cap, cap]; biases are left alone.
    seed : int
        Of the rows that are drawn.
    progress : callable, optional
        Called as ``progress(done, steps)``.

    Returns
    -------
    array of shape (steps,)
        The mean over rows of the squared error, summed over coordinates, on every step's rows before it.

    Raises
    ------
    ValueError
        If an option is out of range, inputs and targets do not fit, or the loss is no longer a finite number.

    Notes
    -----
    Source: QA-X6.1, QA-X6.2 (the released code caps weights and not biases).

    Examples
    --------
    >>> net = MapNet(1, width=8, depth=1, activations=["relu"])
    >>> def draw(n, source):
    ...     x = torch.rand((n, 1), generator=source)
    ...     return x, 2 * x
    >>> losses = train_regression(net, draw, steps=300, batch=64, lr=1e-2)
    >>> bool(losses[-1] < 0.01 * losses[0])
    True
    """
    instance(net, nn.Module, "net")
    steps, batch = integer_at_least(steps, 1, "steps"), integer_at_least(batch, 1, "batch")
    cap = None if cap is None else positive_number(cap, "cap")
    source = torch.Generator().manual_seed(integer_at_least(seed, 0, "seed"))
    adam = torch.optim.Adam(net.parameters(), positive_number(lr, "lr"), fused=True)
    matrices = [part for part in net.parameters() if part.ndim > 1]
    losses = np.empty(steps)
    with few_threads(batch, widest(net)):
        for step in range(steps):
            inputs, targets = function(draw, "draw")(batch, source)
            answer = shaped(net(inputs), targets, "net(inputs)")
            loss = ((answer - targets) ** 2).sum(dim=-1).mean()
            losses[step] = float(loss.detach())
            if not math.isfinite(losses[step]):
                raise ValueError(f"the loss became {losses[step]} at step {step}: lower lr={lr:g}")
            adam.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            adam.step()
            if cap is not None:
                with torch.no_grad():
                    for matrix in matrices:
                        matrix.clamp_(-cap, cap)
            if progress is not None:
                progress(step + 1, steps)
    return losses


def stored_pairs(inputs: Any, targets: Any) -> Draw:
    """A source of pairs that draws rows of two arrays, with replacement.

    Parameters
    ----------
    inputs, targets : arrays of shape (N, d)
        NumPy or torch; kept in float32.

    Raises
    ------
    ValueError
        If the shapes differ or there are no rows.

    Examples
    --------
    >>> draw = stored_pairs([[1.0], [2.0]], [[10.0], [20.0]])
    >>> inputs, targets = draw(4, torch.Generator().manual_seed(0))
    >>> bool((targets == 10 * inputs).all())
    True
    """
    inputs, targets = real_array(inputs, "inputs"), real_array(targets, "targets")
    inputs, targets = (torch.as_tensor(np.array(part)).float() for part in (inputs, targets))
    same_shape(inputs, targets, "inputs and targets")
    if inputs.ndim != 2 or len(inputs) == 0:
        raise ValueError(f"inputs must have shape (N, d) with N >= 1, got {tuple(inputs.shape)}")

    def draw(n: int, source: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        rows = torch.randint(len(inputs), (n,), generator=source)
        return inputs[rows], targets[rows]

    return draw
