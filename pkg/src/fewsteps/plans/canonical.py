"""The named plans, their enumeration, and the names of what the search finds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise, product

import numpy as np

from fewsteps.arrays import generator, integer_at_least
from fewsteps.plans.tree import Plan


def vanilla_plan(T: int) -> Plan:
    """One shot: all T steps merged at once.

    Notes
    -----
    Source: OM-E23.

    Examples
    --------
    >>> print(vanilla_plan(4))
    [1..4]
    """
    return Plan(1, integer_at_least(T, 1, "T"))


def progressive_plan(T: int) -> Plan:
    """Halving rounds: adjacent pairs, then pairs of pairs; T must be a power of two.

    Notes
    -----
    Source: OM-E24.

    Examples
    --------
    >>> print(progressive_plan(8))
    (([1..2]|[3..4])|([5..6]|[7..8]))
    """
    T = integer_at_least(T, 1, "T")
    if T & (T - 1):
        raise ValueError(f"T must be a power of two for the progressive plan, got {T}")
    row = [Plan(t, t) for t in range(1, T + 1)]
    while len(row) > 1:
        row = [Plan.merge(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


def consistency_plan(T: int) -> Plan:
    """Sequential consistency, the left comb: the clean end grows by one noisier step at a time.

    Notes
    -----
    Source: OM-E26.

    Examples
    --------
    >>> print(consistency_plan(4))
    (([1..2]|3)|4)
    """
    plan = Plan(1, 1)
    for t in range(2, integer_at_least(T, 1, "T") + 1):
        plan = Plan.merge(plan, Plan(t, t))
    return plan


def boot_plan(T: int) -> Plan:
    """Sequential BOOT, the right comb: the noisy end grows by one cleaner step at a time.

    Notes
    -----
    Source: OM-E28.

    Examples
    --------
    >>> print(boot_plan(4))
    (1|(2|[3..4]))
    """
    plan = Plan(integer_at_least(T, 1, "T"), T)
    for t in range(T - 1, 0, -1):
        plan = Plan.merge(Plan(t, t), plan)
    return plan


#: The four methods by name, in the order of the tables.
CANONICAL_PLANS = {
    "vanilla": vanilla_plan,
    "progressive": progressive_plan,
    "boot": boot_plan,
    "consistency": consistency_plan,
}


def classify_plan(plan: Plan) -> str:
    """Name of the canonical plan that `plan` equals, else ``"hybrid"``.

    For T <= 2 there is only one plan and it is called vanilla.

    Notes
    -----
    Source: OM-R-PHASE.

    Examples
    --------
    >>> classify_plan(boot_plan(5)), classify_plan(Plan.parse("(1|[2..4])"))
    ('boot', 'hybrid')
    """
    return _names(plan.length).get(str(plan), "hybrid")


@lru_cache(maxsize=64)
def _names(T: int) -> dict[str, str]:
    """Names of the canonical plans for T steps by their printed forms, the first one where two agree."""
    names: dict[str, str] = {}
    for name, build in CANONICAL_PLANS.items():
        if name != "progressive" or T & (T - 1) == 0:
            names.setdefault(str(build(T)), name)
    return names


def count_plans(T: int, *, kary: bool = False) -> int:
    """Number of plans for T steps, from the recurrence (binary splits or one shot; `kary`: splits into any number).

    Notes
    -----
    Source: OM-E20. The k-ary counts are the little Schroeder numbers.

    Examples
    --------
    >>> [count_plans(n) for n in range(1, 9)]
    [1, 1, 3, 8, 23, 72, 239, 825]
    >>> [count_plans(n, kary=True) for n in range(1, 7)]
    [1, 1, 3, 11, 45, 197]
    """
    T = integer_at_least(T, 1, "T")
    counts = [0, 1]
    rows = [1, 1]  # rows[j]: ways to lay plans side by side over j steps
    for n in range(2, T + 1):
        if kary:
            counts.append(sum(counts[i] * rows[n - i] for i in range(1, n)))
            rows.append(sum(counts[i] * rows[n - i] for i in range(1, n + 1)))
        else:
            counts.append(sum(counts[m] * counts[n - m] for m in range(1, n)) + (n > 2))
    return counts[T]


def enumerate_plans(T: int, *, kary: bool = False) -> Iterator[Plan]:
    """All plans for T steps, each once; their number grows like 4.3^T (5.8^T if k-ary), so T <= 10 is wise.

    Parameters
    ----------
    T : int
    kary : bool
        Whether three and more blocks may be merged at once.

    Notes
    -----
    Source: OM-E20, OM-R-KARY.

    Examples
    --------
    >>> [str(plan) for plan in enumerate_plans(3)]
    ['[1..3]', '(1|[2..3])', '([1..2]|3)']
    """
    yield from _plans_between(1, integer_at_least(T, 1, "T"), kary)


@cache
def _plans_between(start: int, stop: int, kary: bool) -> tuple[Plan, ...]:
    plans = [Plan(start, stop)]
    for cuts in _cuts(start, stop, kary):
        edges = [start - 1, *cuts, stop]
        blocks = [_plans_between(a + 1, b, kary) for a, b in pairwise(edges)]
        plans += (Plan.merge(*parts) for parts in product(*blocks) if any(part.length > 1 for part in parts))
    return tuple(plans)


def _cuts(start: int, stop: int, kary: bool) -> Iterator[tuple[int, ...]]:
    if not kary:
        yield from ((m,) for m in range(start, stop))
        return
    for mask in range(1, 1 << (stop - start)):
        yield tuple(start + i for i in range(stop - start) if mask >> i & 1)


def random_plan(T: int, rng: np.random.Generator, *, kary: bool = False) -> Plan:
    """A plan drawn by random cuts, every plan with positive probability; for property tests and exercises.

    Examples
    --------
    >>> print(random_plan(5, np.random.default_rng(1)))
    ([1..4]|5)
    """
    T = integer_at_least(T, 1, "T")
    rng = generator(rng)

    def draw(start: int, stop: int) -> Plan:
        if stop - start < 2 or rng.random() < 0.2:
            return Plan(start, stop)
        n_cuts = int(rng.integers(1, stop - start + 1)) if kary else 1
        cuts = sorted(start + int(i) for i in rng.choice(stop - start, n_cuts, replace=False))
        edges = [start - 1, *cuts, stop]
        return Plan.merge(*(draw(a + 1, b) for a, b in pairwise(edges)))

    return draw(1, T)
