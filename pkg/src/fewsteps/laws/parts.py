"""What the components of a law are at all noise levels, and the arithmetic that every level shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from fewsteps.arrays import Array, like, namespace


@dataclass(frozen=True, eq=False)
class Parts:
    """What K components are at all noise levels, in the kind and dtype of the points."""

    mu: Array  # (K, d), means of x_0 in the components' own bases
    means: Array  # (K, d), means of x_0
    lam: Array  # (K or 1, d), variances of x_0 in the bases
    basis: Array | None  # (K or 1, d, d); None where it is the identity
    log_weights: Array  # (K,)
    centre: Array  # (d,), mean of mu
    least: float  # least of the variances, in float64
    far: float  # where `Components._expanded` gives up
    tiny: float  # variances below it have lost digits in the dtype of the points

    @classmethod
    def of(cls, means: Any, weights: Any, spectrum: Any, frames: Any, x: Array) -> Parts:
        """The parts in the kind and dtype of `x`."""
        xp, plain = namespace(x), len(frames) == 1 and np.array_equal(frames[0], np.eye(len(frames[0])))
        mu = means if plain else np.squeeze(means[:, None, :] @ frames, axis=1)
        mu, means, lam, basis, logs = (like(value, x) for value in (mu, means, spectrum, frames, np.log(weights)))
        far, tiny = float(xp.finfo(x.dtype).eps) ** -0.3, float(xp.finfo(x.dtype).smallest_normal)
        basis, centre = None if plain else basis, xp.mean(mu, axis=0)
        return cls(mu, means, lam, basis, logs, centre, float(spectrum.min()), far, tiny)

    @property
    def shared(self) -> bool:
        """Whether all components have one covariance."""
        return len(self.lam) == 1

    @property
    def wide(self) -> int:
        """Numbers a row needs where components are expanded."""
        return self.mu.shape[0] * self.mu.shape[1]


def greatest(values: Array) -> Array:
    """Largest entry along the last axis, which stays, with length 1."""
    if _is_short(values):
        return reduce(np.maximum, _columns(values))
    return namespace(values).max(values, axis=-1, keepdims=True)


def total(values: Array) -> Array:
    """Sum along the last axis, which stays, with length 1."""
    if _is_short(values):
        return reduce(np.add, _columns(values))
    return namespace(values).sum(values, axis=-1, keepdims=True)


def _is_short(values: Array) -> bool:
    """Whether columns are better combined one by one, which along a short axis is ten times as fast as a reduction.

    NumPy's own sums of fewer than eight numbers go from left to right too: the result is the same to the last bit.
    """
    return type(values) is np.ndarray and 0 < values.shape[-1] < 8


def _columns(values: Array) -> list[Array]:
    return [values[..., k : k + 1] for k in range(values.shape[-1])]


def softmax(joint: Array) -> Array:
    """Exponentials over their sum, along the last axis."""
    weights = namespace(joint).exp(joint - greatest(joint))
    return weights / total(weights)


def outer(left: Array, right: Array) -> Array:
    """Sum over k of left_k right_k^T for (n, K, d) vectors; shape (n, d, d)."""
    return namespace(left).permute_dims(left, (0, 2, 1)) @ right


def blocked(function: Callable[[Array], Array], x: Array, width: int) -> Array:
    """`function` on the rows of x, a block at a time: what a block needs stays within the processor's cache."""
    flat = x.reshape(-1, x.shape[-1])
    rows = max(16, _CACHED // width)
    if len(flat) <= rows:
        out = function(flat)
    else:
        out = namespace(x).concat([function(flat[i : i + rows]) for i in range(0, len(flat), rows)], axis=0)
    out = out.reshape((*x.shape[:-1], *out.shape[1:]))
    return out if out.ndim else out[()]


#: Numbers in a block.
_CACHED = 2**17
