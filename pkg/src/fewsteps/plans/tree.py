"""Merge plans as trees: which operators are merged, and in which order.

The printed form is described in `fewsteps.plans.grammar`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fewsteps.arrays import integer_at_least
from fewsteps.plans.grammar import read, write


@dataclass(frozen=True, eq=False)
class Plan:
    """A merge plan for the contiguous steps `start` to `stop`.

    Parameters
    ----------
    start, stop : int
        First (cleanest) and last (noisiest) step covered, 1 <= start <= stop.
    parts : tuple of Plan
        What is merged, from clean to noisy, contiguous; empty for one step or a one-shot merge of single steps.

    Raises
    ------
    ValueError
        If there is exactly one part, or the parts do not cover the interval one after the other.

    Notes
    -----
    Source: OM-E16, OM-E20, OM-X-Tab1. Two plans compare equal exactly if they print alike.

    Examples
    --------
    >>> plan = Plan.parse("(1|(2|[3..4]))")
    >>> plan.n_merges, plan.start, plan.stop
    (3, 1, 4)
    """

    start: int
    stop: int
    parts: tuple[Plan, ...] = ()

    def __post_init__(self) -> None:
        integer_at_least(self.start, 1, "start")
        integer_at_least(self.stop, self.start, "stop")
        if not self.parts:
            return
        edges = [self.start - 1, *(part.stop for part in self.parts)]
        if len(self.parts) < 2 or edges[-1] != self.stop:
            raise ValueError(f"parts must be two or more plans covering {self.start}..{self.stop}, got {self.parts}")
        if any(part.start != edge + 1 for part, edge in zip(self.parts, edges, strict=False)):
            raise ValueError(f"parts must follow one another without gap or overlap, got {self.parts}")
        if all(part.start == part.stop for part in self.parts):
            object.__setattr__(self, "parts", ())

    @classmethod
    def merge(cls, *parts: Plan) -> Plan:
        """Merge two or more contiguous plans at once.

        Examples
        --------
        >>> print(Plan.merge(Plan(1, 1), Plan(2, 3)))
        (1|[2..3])
        """
        if len(parts) < 2:
            raise ValueError(f"parts must be two or more plans, got {len(parts)}")
        return cls(parts[0].start, parts[-1].stop, parts)

    @classmethod
    def parse(cls, text: str) -> Plan:
        """Read the printed form back.

        Raises
        ------
        ValueError
            With the offending position, if `text` is not a plan.

        Examples
        --------
        >>> Plan.parse("([1..2]|[3..4])").n_merges
        3
        """
        return read(text, cls, cls.merge)

    def __str__(self) -> str:
        return write(self)

    def __repr__(self) -> str:
        return f"Plan('{self}')"

    # By the printed form, not field by field: a comb of 1000 steps is nested deeper than Python recurses.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plan) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return Plan.parse, (str(self),)

    def nodes(self) -> Iterator[Plan]:
        """All sub-plans, parts before the whole (the order in which they can be executed).

        Examples
        --------
        >>> [str(node) for node in Plan.parse("(1|[2..3])").nodes()]
        ['1', '[2..3]', '(1|[2..3])']
        """
        stack: list[tuple[Plan, bool]] = [(self, False)]
        while stack:
            node, ready = stack.pop()
            if ready or not node.parts:
                yield node
            else:
                stack.append((node, True))
                stack.extend((part, False) for part in reversed(node.parts))

    def fold(self, leaf: Any, join: Any) -> Any:
        """Evaluate bottom-up: `leaf(plan)` where there are no parts, `join(plan, values)` elsewhere.

        Examples
        --------
        >>> Plan.parse("(1|(2|[3..4]))").fold(lambda p: 0, lambda p, depths: 1 + max(depths))
        2
        """
        values: list[Any] = []
        for node in self.nodes():
            if node.parts:
                count = len(node.parts)
                values[-count:] = [join(node, values[-count:])]
            else:
                values.append(leaf(node))
        return values[0]

    @property
    def length(self) -> int:
        """Number of steps covered."""
        return self.stop - self.start + 1

    @property
    def n_merges(self) -> int:
        """Number of training runs that the plan asks for."""
        return sum(node.stop > node.start for node in self.nodes())

    @property
    def n_rounds(self) -> int:
        """Number of rounds if independent merges are trained side by side."""
        return int(self.fold(lambda leaf: int(leaf.length > 1), lambda _, rounds: 1 + max(rounds)))

    def cost(self, s: float, mode: str = "per_merge") -> float:
        """Training time that the plan takes in all, if each merge gets time `s`.

        Parameters
        ----------
        s : float
            Training time of one merge.
        mode : {"per_merge", "parallel_rounds"}
            Whether independent merges run one after the other or side by side.

        Notes
        -----
        Source: OM-R-BUDGET.

        Examples
        --------
        >>> plan = Plan.parse("([1..2]|[3..4])")
        >>> plan.cost(1.0), plan.cost(1.0, "parallel_rounds")
        (3.0, 2.0)
        """
        counts = {"per_merge": self.n_merges, "parallel_rounds": self.n_rounds}
        if mode not in counts:
            raise ValueError(f"mode must be one of {sorted(counts)}, got {mode!r}")
        return counts[mode] * s

    def arcs(self) -> list[tuple[int, int, int]]:
        """(first, last, round) of every merge, in the order of execution; what `fewsteps.show` draws.

        Examples
        --------
        >>> Plan.parse("(1|[2..3])").arcs()
        [(2, 3, 1), (1, 3, 2)]
        """
        arcs: list[tuple[int, int, int]] = []

        def record(plan: Plan, rounds: Sequence[int]) -> int:
            done = 1 + max(rounds, default=0) if plan.length > 1 else 0
            if done:
                arcs.append((plan.start, plan.stop, done))
            return done

        self.fold(lambda leaf: record(leaf, ()), record)
        return arcs

    def evaluate(self, A: Any, gamma: Any) -> Any:
        """Gain of the merged operator.

        Parameters
        ----------
        A, gamma : sequences indexed by step - 1
            One-step operators and shrinkages: arrays of shape (T,) or (T, d), tensors, or lists of expressions
            (sympy, mpmath). Rows up to `stop` must exist.

        Returns
        -------
        One row's worth of numbers, shape () or (d,).

        Notes
        -----
        Source: OM-E16, OM-E20. A node becomes ``last part * ((1 - gamma_stop) * product of the others + gamma_stop)``.

        Examples
        --------
        >>> Plan.parse("[1..2]").evaluate([0.5, 0.8], [0.1, 0.25])
        0.5
        """
        if len(A) != len(gamma):
            raise ValueError(f"A and gamma must have the same number of rows, got {len(A)} and {len(gamma)}")
        if len(A) < self.stop:
            raise ValueError(f"A must have at least {self.stop} rows for the plan {self}, got {len(A)}")

        def shrunk(plan: Plan, values: Sequence[Any]) -> Any:
            g = gamma[plan.stop - 1]
            return values[-1] * ((1 - g) * math.prod(values[1:-1], start=values[0]) + g)

        def leaf(plan: Plan) -> Any:
            steps = [A[t - 1] for t in range(plan.start, plan.stop + 1)]
            return shrunk(plan, steps) if len(steps) > 1 else steps[0]

        return self.fold(leaf, shrunk)
