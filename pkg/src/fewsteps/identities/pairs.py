"""What an identity returns: its two sides, each with a standard error, and the error of their difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fewsteps.arrays import Array, number, real_array, same_shape
from fewsteps.objects import instance


@dataclass(frozen=True, eq=False)
class Estimate:
    """A value and its error: the standard error of samples, what the nodes of a quadrature miss, 0 for closed forms.

    Examples
    --------
    >>> Estimate(0.5)
    Estimate(value=0.5, error=0.0)
    """

    value: Any
    error: float = 0.0


@dataclass(frozen=True, eq=False)
class Pair:
    """The two sides of an identity, computed by different formulas.

    Parameters
    ----------
    left, right : Estimate
        Numbers, or arrays of one shape for identities that hold point by point.
    error : float
        Standard error of `gap`. Under Monte Carlo it comes from the differences sample by sample, since both sides
        see the same samples and their errors must not be added. Quadrature has none: what its nodes miss is in the
        errors of the sides, and no excuse for a gap.

    Raises
    ------
    TypeError
        If a side is no Estimate.

    Examples
    --------
    >>> Pair(Estimate(2.0), Estimate(1.5)).gap
    0.5
    """

    left: Estimate
    right: Estimate
    error: float = 0.0

    def __post_init__(self) -> None:
        instance(self.left, Estimate, "left")
        instance(self.right, Estimate, "right")

    @property
    def gap(self) -> Any:
        """Left minus right: 0 up to rounding and `error` where the identity holds."""
        return self.left.value - self.right.value

    def agrees(self, atol: float = 1e-9, errors: float = 4.0) -> bool:
        """Whether every |gap| is at most `atol` plus `errors` standard errors.

        Raises
        ------
        ValueError
            If there is nothing to compare, or a gap is not finite.

        Examples
        --------
        >>> Pair(Estimate(2.0, 0.3), Estimate(1.5, 0.3), error=0.2).agrees()
        True
        """
        gap = real_array(self.gap, "gap")
        if 0 in gap.shape:
            raise ValueError(f"gap must hold at least one number, got shape {tuple(gap.shape)}")
        atol, errors = number(atol, "atol", low=0.0), number(errors, "errors", low=0.0)
        return bool((abs(gap) <= atol + errors * number(self.error, "error")).all())


def pointwise(left: Array, right: Array) -> Pair:
    """Pair of two arrays of one shape that an identity equates point by point, without sampling.

    Examples
    --------
    >>> import numpy as np
    >>> pointwise(np.array([1.0]), np.array([0.5])).gap
    array([0.5])
    """
    left, right = real_array(left, "left"), real_array(right, "right")
    same_shape(left, right, "left and right")
    return Pair(Estimate(left), Estimate(right))
