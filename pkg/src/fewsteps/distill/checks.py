"""What the functions of tensors check at the door."""

from __future__ import annotations

from typing import Any

import torch

from fewsteps.arrays import real_array


def tensor(value: Any, name: str, ndim: int | None = None) -> torch.Tensor:
    """Return `value` if it is a finite tensor of float32 or float64, of a given number of axes.

    Raises
    ------
    TypeError
        If it is no tensor, or one of integers, complex numbers or half precision.
    ValueError
        If an entry is not finite, or it has other axes.

    Examples
    --------
    >>> tensor([1.0], "x")
    Traceback (most recent call last):
    ...
    TypeError: x must be a torch tensor, got [1.0]
    """
    if not isinstance(value, torch.Tensor):
        raise TypeError(f"{name} must be a torch tensor, got {value!r}")
    value = real_array(value, name)
    if ndim is not None and value.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes, got shape {tuple(value.shape)}")
    return value


def batch(x: Any, name: str = "x", **times: Any) -> torch.Tensor:
    """Return points of shape (n, d) if the times, and whatever else is given, have one entry a row.

    Examples
    --------
    >>> batch(torch.zeros(2, 1), t=torch.zeros(3))
    Traceback (most recent call last):
    ...
    ValueError: t must have shape (2,), got (3,)
    """
    x = tensor(x, name, 2)
    for other, value in times.items():
        if tuple(tensor(value, other).shape) != (len(x),):
            raise ValueError(f"{other} must have shape ({len(x)},), got {tuple(value.shape)}")
    return x


def random_source(source: Any) -> torch.Generator:
    """Return `source` if it is a torch.Generator.

    Examples
    --------
    >>> random_source(0)
    Traceback (most recent call last):
    ...
    TypeError: source must be a torch.Generator, e.g. torch.Generator().manual_seed(0), got 0
    """
    if not isinstance(source, torch.Generator):
        raise TypeError(f"source must be a torch.Generator, e.g. torch.Generator().manual_seed(0), got {source!r}")
    return source


def share(value: Any, name: str) -> float:
    """Return `value` as a float if it is one number in [0, 1].

    Examples
    --------
    >>> share(0.5, "diagonal")
    0.5
    """
    value = real_array(value, name)
    if value.ndim or not 0 <= float(value) <= 1:
        raise ValueError(f"{name} must lie in [0, 1], got {value!r}")
    return float(value)
