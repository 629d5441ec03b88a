"""Derivatives of functions of torch tensors that act on every row of shape (d,) alone, such as a learned score."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.func import jvp

from fewsteps.distill.checks import tensor
from fewsteps.objects import function

Field = Callable[[torch.Tensor], torch.Tensor]


def jvp_probe(f: Field, x: torch.Tensor, u: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The pair (f(x), J u): values and directional derivatives in one forward pass.

    Parameters
    ----------
    f : callable
        From tensors of shape (..., d) to tensors of the same shape, row by row.
    x, u : tensors of shape (..., d)
        Points and directions (Hutchinson's probes, for one).

    Returns
    -------
    two tensors of shape (..., d)
        Both carry gradients with respect to whatever else `f` depends on.

    Raises
    ------
    ValueError
        If the shapes of x, u and f(x) differ.

    Notes
    -----
    Source: PD-E3.3.1h.

    Examples
    --------
    >>> values, derivative = jvp_probe(torch.sin, torch.zeros(3, 2), torch.ones(3, 2))
    >>> bool((derivative == 1).all())
    True
    """
    x, u = tensor(x, "x"), tensor(u, "u")
    if x.shape != u.shape:
        raise ValueError(f"x and u must have the same shape, got {tuple(x.shape)} and {tuple(u.shape)}")
    values, derivative = jvp(function(f, "f"), (x,), (u,))[:2]
    if values.shape != x.shape:
        raise ValueError(f"f must keep the shape of x, {tuple(x.shape)}, got {tuple(values.shape)}")
    return values, derivative


def divergence(f: Field, x: torch.Tensor) -> torch.Tensor:
    """Exact divergence of a vector field: the trace of its Jacobian, one forward pass for each of the d axes.

    Parameters
    ----------
    f : callable
        From tensors of shape (..., d) to tensors of the same shape, row by row.
    x : tensor of shape (..., d)

    Returns
    -------
    tensor of shape (...)

    Notes
    -----
    Source: PD-P3.2.1.

    Examples
    --------
    >>> divergence(lambda x: x**3, torch.tensor([[1.0, 2.0]]))
    tensor([15.])
    """
    x = tensor(x, "x")
    if x.ndim == 0:
        raise ValueError("x must have shape (..., d), got ()")
    function(f, "f")
    axes = torch.eye(x.shape[-1], dtype=x.dtype, device=x.device)
    return sum(
        (jvp_probe(f, x, axis.expand_as(x))[1][..., i] for i, axis in enumerate(axes)), x.new_zeros(x.shape[:-1])
    )
