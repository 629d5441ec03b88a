"""Fifth floor: small networks train on one thread.

A layer of a hundred units takes a processor microseconds; handing its rows to other threads and waiting for them takes
longer than the work. On two busy cores a step was ten times slower with torch's default than on one thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from fewsteps.arrays import integer_at_least

#: Products a layer from which threads are left as they are: 512 samples and 256 units.
SMALL = 2**25


@contextmanager
def few_threads(batch: int, width: int) -> Iterator[None]:
    """Train on one thread while a layer is small; what was set before is set again, also after an error.

    Parameters
    ----------
    batch : int
        Samples a step.
    width : int
        Units of the widest layer.

    Yields
    ------
    None
        Inside, torch has one thread if ``batch * width**2`` is at most 2^25, else as many as before.

    Raises
    ------
    TypeError, ValueError
        If `batch` or `width` is not an integer >= 1.

    Examples
    --------
    >>> before = torch.get_num_threads()
    >>> with few_threads(batch=512, width=128):
    ...     torch.get_num_threads()
    1
    >>> torch.get_num_threads() == before
    True
    """
    work = integer_at_least(batch, 1, "batch") * integer_at_least(width, 1, "width") ** 2
    before = torch.get_num_threads()
    torch.set_num_threads(1 if work <= SMALL else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def widest(net: torch.nn.Module) -> int:
    """Units of a network's widest layer: the longest side of its matrices, 1 where there are none.

    Examples
    --------
    >>> widest(torch.nn.Sequential(torch.nn.Linear(3, 32), torch.nn.Linear(32, 1)))
    32
    """
    return max((max(part.shape) for part in net.parameters() if part.ndim > 1), default=1)
