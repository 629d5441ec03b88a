"""A network for the average velocity of a flow map, with its directional derivative written by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, cast

import torch
from torch import nn

from fewsteps.arrays import integer_at_least
from fewsteps.objects import function

#: The average velocity (x, r, t) -> (n, d) of a map from time r to time t.
Slope = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]

_Pair = tuple[torch.Tensor, torch.Tensor]


class SlopeNet(nn.Module):
    """A multilayer perceptron for the average velocity of a flow map from time r to time t.

    The map it stands for is x + (t - r) net(x, r, t): the identity at t = r, whatever the weights. Its diagonal
    net(x, t, t) is the velocity. It sees (x, r, t) as they are, and sines and cosines of them if asked.

    Parameters
    ----------
    d : int
        Dimension.
    d_hidden, depth : int
        Width and number of the hidden layers.
    activation : {"silu", "gelu", "tanh"}
    space_waves, time_waves : sequences of floats
        Angular frequencies: sin(w z) and cos(w z) of every coordinate of x, and of r and t, stand beside them.
    seed : int
        Of the initial weights (torch's own start); torch's global generator is left as it was.

    Raises
    ------
    ValueError
        For an unknown activation.

    Notes
    -----
    Source: FM-E6, FM-XE1 (four layers of 256, GELU, no embedding), FM-XF4.

    Examples
    --------
    >>> net = SlopeNet(2, d_hidden=256, depth=4, activation="gelu")
    >>> sum(p.numel() for p in net.parameters())
    199170
    >>> net(torch.zeros(5, 2), torch.ones(5), torch.zeros(5)).shape
    torch.Size([5, 2])
    """

    waves: torch.Tensor

    def __init__(
        self,
        d: int,
        *,
        d_hidden: int = 128,
        depth: int = 4,
        activation: str = "silu",
        space_waves: Sequence[float] = (),
        time_waves: Sequence[float] = (),
        seed: int = 0,
    ) -> None:
        super().__init__()
        if not (isinstance(activation, str) and activation in _ACTIVATIONS):
            raise ValueError(f"activation must be one of {', '.join(_ACTIVATIONS)}, got {activation!r}")
        self.d, self.activation = integer_at_least(d, 1, "d"), activation
        blocks = [torch.tensor([[float(w) for w in space_waves]])] * self.d
        self.register_buffer("waves", torch.block_diag(*blocks, *[torch.tensor([[float(w) for w in time_waves]])] * 2))
        hidden = [integer_at_least(d_hidden, 1, "d_hidden")] * integer_at_least(depth, 1, "depth")
        widths = [self.d + 2 + 2 * self.waves.shape[1], *hidden, self.d]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(integer_at_least(seed, 0, "seed"))
            self.layers = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(widths))

    def forward(self, x: torch.Tensor, r: Any, t: Any) -> torch.Tensor:
        """Average velocity of shape (n, d) at `x` of shape (n, d), times of shape (n,) or ()."""
        act = _ACTIVATIONS[self.activation]
        y = self._features(torch.cat([x, *_columns(x, r, t)], dim=-1))
        for layer in self.layers[:-1]:
            y = act(layer(y))
        return self.layers[-1](y)

    def tangent(self, x: torch.Tensor, r: Any, t: Any, dx: Any, dr: Any, dt: Any) -> _Pair:
        """Value and derivative in the direction (dx, dr, dt), as `torch.func.jvp` gives them, at half its price.

        Parameters
        ----------
        x, dx : tensors of shape (n, d)
        r, t, dr, dt : tensors of shape (n,) or numbers

        Returns
        -------
        two tensors of shape (n, d)
            Both carry gradients with respect to the weights and all arguments.
        """
        dx = torch.as_tensor(dx, dtype=x.dtype, device=x.device).expand_as(x)
        slopes, (*hidden, last) = _SLOPES[self.activation], cast("list[nn.Linear]", list(self.layers))
        z, dz = torch.cat([x, *_columns(x, r, t)], dim=-1), torch.cat([dx, *_columns(x, dr, dt)], dim=-1)
        y, dy = self._features(z), self._rates(z, dz)
        for layer in hidden:
            y, factor = slopes(layer(y))
            dy = factor * nn.functional.linear(dy, layer.weight)
        return last(y), nn.functional.linear(dy, last.weight)

    def _features(self, z: torch.Tensor) -> torch.Tensor:
        if not self.waves.shape[1]:
            return z
        phase = z @ self.waves
        return torch.cat([z, torch.sin(phase), torch.cos(phase)], dim=-1)

    def _rates(self, z: torch.Tensor, dz: torch.Tensor) -> torch.Tensor:
        if not self.waves.shape[1]:
            return dz
        phase, rate = z @ self.waves, dz @ self.waves
        return torch.cat([dz, torch.cos(phase) * rate, -torch.sin(phase) * rate], dim=-1)


def _columns(x: torch.Tensor, *times: Any) -> list[torch.Tensor]:
    """Times as columns of shape (n, 1) beside x."""
    if not isinstance(x, torch.Tensor):
        raise TypeError(f"x must be a torch tensor, got {x!r}")
    rows = (torch.as_tensor(time, dtype=x.dtype, device=x.device) for time in times)
    return [row.expand(x.shape[:-1])[..., None] for row in rows]


def _silu(z: torch.Tensor) -> _Pair:
    gate = torch.sigmoid(z)
    value = z * gate
    return value, gate + value * (1 - gate)


def _gelu(z: torch.Tensor) -> _Pair:
    gate = torch.special.ndtr(z)
    return z * gate, gate + z * torch.exp(-z * z / 2) * _GAUSS


def _tanh(z: torch.Tensor) -> _Pair:
    value = torch.tanh(z)
    return value, 1 - value * value


_GAUSS = (2 * torch.pi) ** -0.5
_ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "silu": nn.functional.silu,
    "gelu": nn.functional.gelu,
    "tanh": torch.tanh,
}
#: Value and derivative together.
_SLOPES: dict[str, Callable[[torch.Tensor], _Pair]] = {"silu": _silu, "gelu": _gelu, "tanh": _tanh}


def slope_tangent(slope: Any, x: torch.Tensor, r: Any, t: Any, dx: Any, dr: Any, dt: Any) -> _Pair:
    """Value and directional derivative of any average velocity: its own `tangent` if it has one, else a jvp.

    Parameters
    ----------
    slope : callable
        slope(x, r, t) for tensors of shapes (n, d), (n,), (n,), row by row.
    x, dx : tensors of shape (n, d)
    r, t, dr, dt : tensors of shape (n,) or numbers

    Notes
    -----
    Source: FM-E8v.

    Examples
    --------
    >>> value, rate = slope_tangent(lambda x, r, t: x * t[:, None], torch.ones(1, 1), 0.5, 2.0, torch.ones(1, 1), 0, 1)
    >>> float(value), float(rate)
    (2.0, 3.0)
    """
    if hasattr(slope, "tangent"):
        return slope.tangent(x, r, t, dx, dr, dt)
    function(slope, "slope")
    at = [column[..., 0] for column in _columns(x, r, t, dr, dt)]
    dx = torch.as_tensor(dx, dtype=x.dtype, device=x.device).expand_as(x)
    value, rate = torch.func.jvp(slope, (x, *at[:2]), (dx, *at[2:]))[:2]
    return value, rate
