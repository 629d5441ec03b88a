"""The merge rule with signal shrinkage, the surrogate target, and the thresholds of the phase transition.

`left` is always the cleaner block (it acts last), `right` the noisier one; gamma belongs to the noisiest step covered.
The arithmetic of merging is generic and unchecked: NumPy, torch, sympy and mpmath values all work, and gamma need not
lie in [0, 1], where it is a shrinkage. Surrogates and thresholds are those of centred Gaussian data.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from fewsteps.arrays import Array, as_kind, integer_at_least, real_array, same_shape, variances
from fewsteps.objects import instance
from fewsteps.operators.teacher import teacher_operators
from fewsteps.schedules import Schedule


def merge(left: Any, right: Any, gamma: Any) -> Any:
    """Merge two operators: right ((1 - gamma) left + gamma).

    Parameters
    ----------
    left, right : array or expression
        Gains of the cleaner and the noisier block.
    gamma : array or expression
        Shrinkage at the noisiest step of `right`.

    Notes
    -----
    Source: OM-E16, OM-E53. gamma = 0 gives the product, gamma = 1 leaves `right`.

    Examples
    --------
    >>> merge(0.5, 0.8, 0.25)
    0.5
    """
    return right * ((1 - gamma) * left + gamma)


def merge_block(blocks: Sequence[Any], gamma: Any) -> Any:
    """Merge k >= 2 operators at once, given from the cleanest to the noisiest.

    Notes
    -----
    Source: OM-E16. The target is the product of all blocks, the starting point the last of them.

    Examples
    --------
    >>> merge_block([0.5, 0.5, 0.8], 0.2)
    0.32000000000000006
    """
    if not hasattr(blocks, "__getitem__") or isinstance(blocks, str | dict):
        raise TypeError(f"blocks must be a sequence of operators, got {blocks!r}")
    if len(blocks) < 2:
        raise ValueError(f"blocks must hold at least two operators, got {len(blocks)}")
    return merge(math.prod(blocks[1:-1], start=blocks[0]), blocks[-1], gamma)


def merge_identity_gap(p: Any, q: Any, gamma: Any) -> Any:
    """One joint merge minus two nested ones: gamma (1 - gamma) (p - 1) (q - 1).

    Notes
    -----
    Source: OM-R-MERGEID. Equals ((1-g) p q + g) - ((1-g) p + g) ((1-g) q + g).

    Examples
    --------
    >>> merge_identity_gap(0.5, 0.5, 0.5)
    0.0625
    """
    return gamma * (1 - gamma) * (p - 1) * (q - 1)


def surrogate_operators(A: Any, lam: Any) -> Array:
    """Target operators: A_t itself where lam <= 1, and max(A_t, 1) where lam > 1; shape (T, d).

    Parameters
    ----------
    A : array of shape (T, d)
    lam : array of shape (d,)

    Notes
    -----
    Source: OM-D4.1. The target jumps at lam = 1.

    Examples
    --------
    >>> surrogate_operators([[0.9, 0.9], [1.1, 1.1]], [1.0, 1.5])
    array([[0.9, 1. ],
           [1.1, 1.1]])
    """
    A = real_array(A, "A")
    lam = as_kind(variances(lam), A)
    if A.ndim != 2 or 0 in A.shape:
        raise ValueError(f"A must have shape (T, d) with T, d >= 1, got {tuple(A.shape)}")
    same_shape(A[0], lam, "the rows of A and lam")
    xp = array_namespace(A)
    return xp.where((lam > 1) & (A < 1), xp.ones_like(A), A)


def surrogate_gain(lam: Any, schedule: Schedule) -> Array:
    """Product of the surrogate operators, the target of the plan search; shape (d,).

    Notes
    -----
    Source: OM-D4.1.

    Examples
    --------
    >>> from fewsteps.schedules import cosine_schedule
    >>> surrogate_gain(3.0, cosine_schedule(3)).round(12)
    array([1.2])
    """
    lam = variances(lam)
    return array_namespace(lam).prod(surrogate_operators(teacher_operators(lam, schedule), lam), axis=0)


def amplification_threshold(schedule: Schedule) -> NDArray[np.float64]:
    """Variance lambda_0(t) above which step t amplifies, for t = 1, ..., T - 1; shape (T - 1,).

    Notes
    -----
    Source: OM-E58, on every schedule.
    lambda_0(t) = sigma_t (sigma_t - sigma_{t-1}) / (alpha_t (alpha_{t-1} - alpha_t)). Step T never
    amplifies (OM-E69), so it has no threshold.

    Examples
    --------
    >>> from fewsteps.schedules import linear_schedule
    >>> amplification_threshold(linear_schedule(4)).round(12)
    array([0.33333333, 1.        , 3.        ])
    """
    alpha, sigma = instance(schedule, Schedule, "schedule").alpha, schedule.sigma
    rise = sigma[1:-1] * (sigma[1:-1] - sigma[:-2])
    return rise / (alpha[1:-1] * (alpha[:-2] - alpha[1:-1]))


def vanilla_threshold(T: int) -> float:
    """The variance 1 + sec(pi / 2T) from which one-shot merging is optimal under the cosine schedule, T >= 2.

    Notes
    -----
    Source: OM-R-SHARP, OM-E58. It is the largest `amplification_threshold` and does not depend on training time.

    Examples
    --------
    >>> round(vanilla_threshold(32), 6)
    2.001206
    """
    return 1 + 1 / math.cos(math.pi / (2 * integer_at_least(T, 2, "T")))
