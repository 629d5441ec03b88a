"""Samples of a law in torch."""

from __future__ import annotations

import numpy as np
import torch

from fewsteps.arrays import integer_at_least
from fewsteps.distill.checks import random_source
from fewsteps.laws import Law
from fewsteps.objects import having


def law_samples(law: Law, n: int, source: torch.Generator, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Draw `n` samples of x_0 in torch; shape (n, d).

    Parameters
    ----------
    law : Law
    n : int
    source : torch.Generator
    dtype : torch.dtype

    Examples
    --------
    >>> from fewsteps import PointCloud
    >>> law_samples(PointCloud([[3.0, 4.0]]), 2, torch.Generator().manual_seed(0))
    tensor([[3., 4.],
            [3., 4.]])
    """
    n, source = integer_at_least(n, 1, "n"), random_source(source)
    if not hasattr(having(law, ("sample", "d"), "law"), "frames"):
        seed = int(torch.randint(2**62, (1,), generator=source))
        return torch.as_tensor(law.sample(n, np.random.default_rng(seed))).to(dtype)
    roots = law.frames * np.sqrt(law.spectrum)[:, None, :]
    means, turns, weights = (torch.as_tensor(part.copy()).to(dtype) for part in (law.means, roots, law.weights))
    which = torch.multinomial(weights, n, replacement=True, generator=source)
    normal = torch.randn((n, law.d), generator=source, dtype=dtype)
    if len(turns) == 1:
        return means[which] + normal @ turns[0].T
    return means[which] + torch.einsum("nij,nj->ni", turns[which], normal)
