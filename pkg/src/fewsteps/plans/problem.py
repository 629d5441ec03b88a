"""A merging problem: teacher operators, shrinkages and the target they are to be merged towards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import Twofold, real_array, same_shape, variances
from fewsteps.distances import squared_w2_gains
from fewsteps.operators import shrinkage, teacher_contractions, teacher_operators
from fewsteps.plans.tree import Plan
from fewsteps.schedules import Schedule

Floats = NDArray[np.float64]

#: Targets by name: the teacher's product, the surrogate product, the data's own spread.
TARGETS = ("surrogate", "teacher", "data")


@dataclass(frozen=True, eq=False)
class MergeProblem:
    """Operators A_t, shrinkages gamma_t and a target, for d coordinates.

    Built by `merge_problem`; the d coordinates are either d components of one law (one shared plan, summed loss) or d
    separate scalar problems (`optimal_plans`), which is how a sweep over variances is written.

    Attributes
    ----------
    lam : array of shape (d,)
        Data variances.
    A, gamma : arrays of shape (T, d)
        One-step operators and the shrinkage of a merge that ends at step t.
    contraction : array of shape (T, d)
        1 - A without cancellation.
    target : {"surrogate", "teacher", "data"}
        What the merged gain is compared with.
    offset : array of shape (d,)
        Target minus teacher product, without cancellation for the surrogate.
    """

    lam: Floats
    A: Floats
    gamma: Floats
    contraction: Floats
    target: str
    offset: Floats = field(repr=False)

    @property
    def T(self) -> int:
        """Number of steps."""
        return self.A.shape[0]

    @property
    def maximise(self) -> NDArray[np.bool_]:
        """Whether lam > 1, shape (d,): whether the surrogate is above all values, under variance preservation."""
        return self.lam > 1

    def __getitem__(self, i: int | slice | NDArray[np.intp]) -> MergeProblem:
        """The scalar problem of coordinate `i`, or the problem of several coordinates."""
        column = np.array([i]) if isinstance(i, int | np.integer) else i
        parts = (self.lam[column], self.A[:, column], self.gamma[:, column], self.contraction[:, column])
        return MergeProblem(*parts, self.target, self.offset[column])

    def value(self, plan: Plan) -> Floats:
        """Merged gain of `plan`; shape (d,).

        Examples
        --------
        >>> from fewsteps import cosine_schedule, vanilla_plan
        >>> merge_problem(0.5, cosine_schedule(3), 1.0).value(vanilla_plan(3)).round(8)
        array([0.50231205])
        """
        self._covers(plan)
        return plan.evaluate(self.A, self.gamma)

    def excess(self, plan: Plan) -> Floats:
        """Merged gain minus the teacher's product, without cancellation; shape (d,).

        With Z = (1 - gamma) X_left + gamma (1 - P_left) a merge has the excess ``V_right Z + P_left X_right``, so
        an excess of 1e-9 is as accurate as one of 1. It is what losses and gaps are computed from.

        Notes
        -----
        Source: OM-E56 (sidedness); the recursion is ours.

        Examples
        --------
        >>> from fewsteps import cosine_schedule, boot_plan
        >>> problem = merge_problem(1.0, cosine_schedule(32), 6.4)
        >>> f"{problem.excess(boot_plan(32))[0]:.4e}"
        '9.9309e-08'
        """
        self._covers(plan)
        return _excess(plan, self.A, self.contraction, self.gamma)[0]

    def loss(self, plan: Plan) -> Floats:
        """Squared W2 between student and target output, per coordinate; shape (d,). Sum it for a shared plan.

        Notes
        -----
        Source: OM-E19.

        Examples
        --------
        >>> from fewsteps import cosine_schedule, boot_plan
        >>> f"{merge_problem(1.0, cosine_schedule(32), 6.4).loss(boot_plan(32))[0]:.3e}"
        '9.862e-15'
        """
        gap = self.excess(plan) - self.offset
        return squared_w2_gains(gap, np.zeros_like(gap))

    def gap(self, plan: Plan, best: Plan) -> Floats:
        """Loss of `plan` minus loss of `best`, as a product and so without cancellation; shape (d,).

        Notes
        -----
        Source: OM-X-Fig2. At T = 32, s = 6.4 a gap of 1e-15 beside a loss of 1e-6 keeps ten digits.

        Examples
        --------
        >>> from fewsteps import cosine_schedule, vanilla_plan
        >>> problem = merge_problem(2.0, cosine_schedule(32), 6.4)
        >>> f"{problem.gap(vanilla_plan(32), Plan.parse('(1|[2..32])'))[0]:.3e}"
        '2.358e-15'
        """
        self._covers(plan)
        self._covers(best)
        contraction = [Twofold.of(row) for row in self.contraction]
        A, gamma = [1 - row for row in contraction], [Twofold.of(row) for row in self.gamma]
        mine, other = (_excess(p, A, contraction, gamma)[0] for p in (plan, best))
        return (mine - other).hi * (mine.hi + other.hi - 2 * self.offset)

    def _covers(self, plan: Plan) -> None:
        if plan.start != 1 or plan.stop != self.T:
            raise ValueError(f"plan must cover the steps 1..{self.T}, got {plan.start}..{plan.stop}")


def merge_problem(lam: Any, schedule: Schedule, s: float, *, target: str = "surrogate") -> MergeProblem:
    """Set up the merging of a Gaussian teacher's steps.

    Parameters
    ----------
    lam : array of shape (d,) or a number
        Data variances, >= 0.
    schedule : Schedule
    s : float
        Training time per merge, > 0.
    target : {"surrogate", "teacher", "data"}
        What to match: the surrogate product (OM-D4.1), the teacher's product, or the data's spread sqrt(lam).

    Notes
    -----
    Source: OM-E16, OM-D4.1.

    Examples
    --------
    >>> from fewsteps import cosine_schedule
    >>> merge_problem([0.5, 2.0], cosine_schedule(8), 1.6).A.shape
    (8, 2)
    """
    lam = np.asarray(variances(lam))
    A, contraction = teacher_operators(lam, schedule), teacher_contractions(lam, schedule)
    return merge_problem_from(A, shrinkage(lam, schedule, s), lam, target=target, contraction=contraction)


def merge_problem_from(
    A: Any, gamma: Any, lam: Any, *, target: str = "surrogate", contraction: Any = None
) -> MergeProblem:
    """Set up a problem from given operators and shrinkages, for instance those of finitely many gradient steps.

    Parameters
    ----------
    A, gamma : arrays of shape (T, d)
        Operators >= 0, shrinkages in [0, 1].
    lam : array of shape (d,)
    target : {"surrogate", "teacher", "data"}
    contraction : array of shape (T, d), optional
        1 - A, where it is known more accurately than that difference.

    Examples
    --------
    >>> merge_problem_from([[0.5], [0.8]], [[0.1], [0.1]], [0.5]).offset
    array([0.])
    """
    lam, A, gamma = variances(lam), real_array(A, "A", low=0.0), real_array(gamma, "gamma", low=0.0)
    if A.ndim != 2 or A.shape[1] != lam.size:
        raise ValueError(f"A must have shape (T, {lam.size}), got {A.shape}")
    same_shape(A, gamma, "A and gamma")
    if gamma.max() > 1:
        raise ValueError(f"gamma must be at most 1, got {gamma.max():g}")
    if target not in TARGETS:
        raise ValueError(f"target must be one of {TARGETS}, got {target!r}")
    contraction = 1 - A if contraction is None else real_array(contraction, "contraction")
    same_shape(A, contraction, "A and contraction")
    return MergeProblem(lam, A, gamma, contraction, target, _offset(A, contraction, lam, target))


def _offset(A: Floats, contraction: Floats, lam: Floats, target: str) -> Floats:
    product = A.prod(axis=0)
    if target == "teacher":
        return np.zeros_like(lam)
    if target == "data":
        return np.sqrt(lam) - product
    # 1 - prod min(A, 1), summed as prod of the earlier factors times 1 - A: terms of one sign
    dip = np.where(lam > 1, np.maximum(contraction, 0.0), 0.0)
    before = np.vstack([np.ones_like(lam), np.cumprod(1 - dip, axis=0)[:-1]])
    return np.where(lam > 1, np.maximum(A, 1.0), 0.0).prod(axis=0) * (before * dip).sum(axis=0)


def _excess(plan: Plan, A: Any, contraction: Any, gamma: Any) -> tuple[Any, Any, Any]:
    """(excess over the product, the product, one minus the product) of a plan, for floats or `Twofold` numbers."""

    def chain(blocks: list[Any]) -> tuple[Any, Any, Any]:
        X, P, W = blocks[0]
        for x, p, w in blocks[1:]:
            X, P, W = X * (p + x) + P * x, P * p, W + P * w
        return X, P, W

    def join(plan: Plan, blocks: list[Any]) -> tuple[Any, Any, Any]:
        g = gamma[plan.stop - 1]
        (X, P, W), (x, p, w) = chain(blocks[:-1]), blocks[-1]
        return (p + x) * ((1 - g) * X + g * W) + P * x, P * p, W + P * w

    def leaf(plan: Plan) -> tuple[Any, Any, Any]:
        steps = [(0 * A[t], A[t], contraction[t]) for t in range(plan.start - 1, plan.stop)]
        return join(plan, steps) if len(steps) > 1 else steps[0]

    return plan.fold(leaf, join)
