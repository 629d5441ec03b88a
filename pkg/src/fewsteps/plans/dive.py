"""A plan close to a target, quickly: down one path of intervals, each of which can reach both sides of it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fewsteps.plans.reach import BLOCK, ROW, Key, Reach, join
from fewsteps.plans.tree import Plan


class Bound(Protocol):
    """Least, or largest, excess of every interval, and the plans that reach it.

    Attributes
    ----------
    excess : dict
        Tables by (a, b) for BLOCK and, where three and more blocks may be merged, ROW.
    """

    excess: dict[int, NDArray[np.float64]]

    def plans(self, key: Key) -> tuple[Plan, ...]:
        """The blocks of an interval's row, or its one block."""


def dive(reach: Reach, least: Bound, largest: Bound, target: float) -> Plan:
    """A plan whose excess is near `target`, for a target between the bounds.

    At a cut whose least value is below the target and whose largest is above, one part is fixed at an end of its range
    such that the other part can still make up the difference; so down to an interval that is short enough for a list.
    """
    key, c, w = (BLOCK, 0, reach.T - 1), -target, 1.0
    fixed: list[tuple[int, bool, tuple[Plan, ...]]] = []
    while not reach.is_listed(key):
        kind, a, b = key
        if kind == ROW and w * least.excess[BLOCK][a, b] <= -c <= w * largest.excess[BLOCK][a, b]:
            key = (BLOCK, a, b)
            continue
        cuts = np.array(reach.cuts(a, b))
        left, right = [
            (bound.excess[reach.left_kind][a, cuts], bound.excess[BLOCK][cuts + 1, b]) for bound in (least, largest)
        ]
        (low_left, low_right), (high_left, high_right) = left, right
        corners = [(low_left, low_right), (low_left, high_right), (high_left, high_right)]
        low, middle, high = (c + w * reach.merged(x, y, kind, a, cuts, b) for x, y in corners)
        missed = np.maximum(np.maximum(low, -high), 0.0)
        i = int(np.lexsort((low - high, missed))[0])  # the widest of the cuts that reach both sides
        m = int(cuts[i])
        is_left = bool(middle[i] >= 0)
        part, other = ((reach.left_kind, a, m), (BLOCK, m + 1, b))[:: 1 if is_left else -1]
        fixed.append((kind, is_left, (least if is_left else largest).plans(part)))
        constant, slope = reach.affine(low_left[i] if is_left else high_right[i], is_left, kind, a, m, b)
        key, c, w = other, c + w * constant, w * float(slope)
    blocks = reach.plans(key, int(np.abs(c + w * reach.values(key).X).argmin()))
    for kind, is_left, plans in reversed(fixed):
        blocks = join(kind, plans, blocks) if is_left else join(kind, blocks, plans)
    return blocks[0]
