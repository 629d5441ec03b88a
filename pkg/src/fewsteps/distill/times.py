"""Laws of time pairs and of intermediate times, and their opening during training."""

from __future__ import annotations

import torch

from fewsteps.arrays import integer_at_least
from fewsteps.distill.checks import random_source, share
from fewsteps.objects import one_of

#: A fraction is on one side of this or the other: the laws of kappa.
FRACTIONS = ("none", "uniform", "midpoint")


def time_pairs(
    n: int,
    source: torch.Generator,
    *,
    max_gap: float = 1.0,
    diagonal: float = 0.0,
    dtype: torch.dtype = torch.float32,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw pairs (r, t), 1 >= r >= t >= 0, uniform where r - t <= max_gap, a share of them on the diagonal.

    Gaps and places are stratified over the batch: one in each of n equal parts, paired at random. Means stay as they
    are, their noise shrinks.

    Parameters
    ----------
    n : int
    source : torch.Generator
    max_gap : float in [0, 1]
        0 leaves the diagonal only.
    diagonal : float in [0, 1]
        Share of pairs with r = t.
    dtype : torch.dtype

    Returns
    -------
    r, t : tensors of shape (n,)

    Raises
    ------
    ValueError
        If `max_gap` or `diagonal` is outside [0, 1].

    Notes
    -----
    Source: FM-E21, FM-A3a. With max_gap = 1 this is the law of two sorted uniform numbers: density 2 r, 2 (1 - t) and
    2 (1 - gap).

    Examples
    --------
    >>> r, t = time_pairs(4, torch.Generator().manual_seed(0), max_gap=0.25)
    >>> bool(((r - t >= 0) & (r - t <= 0.25)).all())
    True
    """
    max_gap, diagonal = share(max_gap, "max_gap"), share(diagonal, "diagonal")
    n = integer_at_least(n, 1, "n")
    area, place = (stratified(n, source) for _ in range(2))
    # the gap's distribution function is (2 g - g^2) / (2 G - G^2) on [0, G]
    gap = 1 - torch.sqrt(1 - area * max_gap * (2 - max_gap))
    gap = gap * (torch.rand(n, generator=source, dtype=torch.float64) >= diagonal)
    t = place * (1 - gap)
    return (t + gap).to(dtype), t.to(dtype)


def fractions(law: str, n: int, source: torch.Generator, dtype: torch.dtype = torch.float32) -> torch.Tensor | None:
    """Draw kappa, the place of the intermediate time u = kappa r + (1 - kappa) t; shape (n,).

    Parameters
    ----------
    law : {"none", "uniform", "midpoint"}

    Notes
    -----
    Source: FM-E22.

    Examples
    --------
    >>> fractions("midpoint", 2, torch.Generator())
    tensor([0.5000, 0.5000])
    """
    n, source = integer_at_least(n, 1, "n"), random_source(source)
    if one_of(law, FRACTIONS, "law") == "none":
        return None
    return stratified(n, source).to(dtype) if law == "uniform" else torch.full((n,), 0.5, dtype=dtype)


def opening_gap(step: int, warmup: int, anneal: int) -> float:
    """Largest gap r - t at a step: 0 during the warm-up, then growing linearly to 1 over `anneal` steps.

    Notes
    -----
    Source: FM-A3a.

    Examples
    --------
    >>> [opening_gap(step, warmup=10, anneal=20) for step in (0, 10, 20, 40)]
    [0.0, 0.0, 0.5, 1.0]
    """
    for name, value in (("step", step), ("warmup", warmup), ("anneal", anneal)):
        integer_at_least(value, 0, name)
    if step < warmup:
        return 0.0
    return 1.0 if anneal == 0 else min(1.0, (step - warmup) / anneal)


def stratified(n: int, source: torch.Generator) -> torch.Tensor:
    """Draw one uniform number in each of n equal parts of [0, 1], in random order; shape (n,), float64.

    Examples
    --------
    >>> numbers = stratified(4, torch.Generator().manual_seed(0)).sort().values
    >>> bool(((numbers >= torch.arange(4) / 4) & (numbers <= torch.arange(1, 5) / 4)).all())
    True
    """
    n, source = integer_at_least(n, 1, "n"), random_source(source)
    shift = torch.rand(n, generator=source, dtype=torch.float64)
    return ((torch.arange(n) + shift) / n)[torch.randperm(n, generator=source)]
