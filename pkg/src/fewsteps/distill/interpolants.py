"""Where training starts and sampling goes: points on the interpolant's lines, and jumps of a learned map."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch

from fewsteps.arrays import same_shape
from fewsteps.distill.checks import batch, tensor
from fewsteps.distill.slopes import Slope
from fewsteps.flowmaps import map_of, sample_steps
from fewsteps.objects import function, having
from fewsteps.schedules import Diffusion


def interpolant(
    process: Diffusion, data: torch.Tensor, noise: torch.Tensor, t: Any
) -> tuple[torch.Tensor, torch.Tensor]:
    """The point x_t = alpha x_0 + sigma x_1 and its direction x_t' = alpha' x_0 + sigma' x_1, a time for every row.

    Parameters
    ----------
    process : Diffusion
    data, noise : tensors of shape (n, d)
    t : tensor of shape (n,)
        Times with sigma(t) > 0.

    Raises
    ------
    ValueError
        If a shape differs, or sigma(t) = 0 somewhere.

    Notes
    -----
    Source: FM-D1.

    Examples
    --------
    >>> from fewsteps import flow_matching
    >>> interpolant(flow_matching(), torch.ones(1, 1), torch.zeros(1, 1), torch.tensor([0.25]))
    (tensor([[0.7500]]), tensor([[-1.]]))
    """
    data, noise = batch(data, "data", t=t), tensor(noise, "noise")
    same_shape(data, noise, "data and noise")
    having(process, ("alpha", "sigma", "d_alpha", "d_var"), "process")
    times = t.detach().cpu().double().numpy()
    sigma = process.sigma(times)
    if np.any(sigma == 0):
        raise ValueError("t must have sigma(t) > 0: the interpolant's direction is infinite or not defined there")
    rates = process.alpha(times), sigma, process.d_alpha(times), process.d_var(times) / (2 * sigma)
    alpha, sigma, d_alpha, d_sigma = (torch.as_tensor(part).to(data)[:, None] for part in rates)
    return alpha * data + sigma * noise, d_alpha * data + d_sigma * noise


def map_jumps(slope: Slope, x: torch.Tensor, times: Any) -> torch.Tensor:
    """Go through `times` in jumps of a learned map, without gradients; shape of `x`, (n, d).

    Notes
    -----
    Source: FM-E3s.

    Examples
    --------
    >>> map_jumps(lambda x, r, t: x, torch.ones(1, 1), [1.0, 0.5, 0.0])
    tensor([[0.2500]])
    """
    x = batch(x)
    function(slope, "slope")

    def rows(x: torch.Tensor, r: float, t: float) -> torch.Tensor:
        return slope(x, x.new_full(x.shape[:1], r), x.new_full(x.shape[:1], t))

    with torch.no_grad():
        return cast("torch.Tensor", sample_steps(map_of(rows), x, times))
