r"""The softmax as a network: an exact maximum, a clip, exponentials and one reciprocal.

With $y_k = \max(a_k - \max_j a_j, -M)$, exponentials that are too small by at most $\eta$ and a reciprocal of their sum
that is too small by the share $\rho$, the weights err by

$$
\lVert \hat\gamma - \gamma \rVert_1 \le \frac{2 (K - 1) e^{-M}}{1 + (K - 1) e^{-M}} + 2 (K - 1)\, \eta + \rho,
$$

for all logits: the largest weight's exponential is $e^0 = 1$, exactly, so that the sum is at least 1 and at most $K$.
Sources: QA-L1, QA-L6, QA-T1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import floats, integer_at_least, number, positive_number
from fewsteps.constructive.builder import Builder, Form, Layer
from fewsteps.constructive.gadgets import carry, exponential, factors, maximum, product, reciprocal, squarings
from fewsteps.constructive.network import Network

Floats = NDArray[np.float64]


class Carried:
    """Values that every new layer takes along: pass it as `beside`.

    Parameters
    ----------
    forms : sequence of Form
    nonnegative : bool
        Whether all of them are known to be >= 0, which saves units.
    others : sequence of Carried
        That go along in the same layers.

    Examples
    --------
    >>> builder = Builder(2)
    >>> beside = Carried(builder.inputs)
    >>> beside(builder.layer("requ"))
    >>> builder.network(beside.forms)([[1.0, -2.0]])
    array([[ 1., -2.]])
    """

    def __init__(self, forms: Sequence[Form], nonnegative: bool = False, others: Sequence[Carried] = ()) -> None:
        self.forms, self.nonnegative, self.others = list(forms), nonnegative, others

    def __call__(self, layer: Layer) -> None:
        """Take the values into a layer."""
        self.forms = [carry(layer, form, self.nonnegative) for form in self.forms]
        for other in self.others:
            other(layer)


def truncated_softmax(logits: Any, M: float) -> Floats:
    """Softmax of logits that are cut off at M below the largest.

    Parameters
    ----------
    logits : array of shape (..., K)
    M : float
        > 0.

    Returns
    -------
    array of shape (..., K)
        Within 2 (K - 1) e^-M / (1 + (K - 1) e^-M) of the softmax in the sum norm, which is sharp.

    Notes
    -----
    Source: QA-L1.

    Examples
    --------
    >>> truncated_softmax([0.0, -100.0], np.log(9.0)).round(6)
    array([0.9, 0.1])
    """
    logits, M = floats(logits, "logits"), positive_number(M, "M")
    if logits.ndim == 0 or logits.shape[-1] == 0:
        raise ValueError(f"logits must have shape (..., K) with K >= 1, got {logits.shape}")
    shares: Floats = np.exp(np.maximum(logits - logits.max(axis=-1, keepdims=True), -M))
    return shares / shares.sum(axis=-1, keepdims=True)


def softmax_parts(
    builder: Builder, logits: Callable[[], Sequence[Form]], error: float, beside: Carried
) -> tuple[list[Form], Form]:
    """Numerators and the reciprocal of their sum, such that the products err by at most `error` in the sum norm.

    Parameters
    ----------
    builder : Builder
    logits : callable
        ``logits()`` gives them as forms of the last layer, whichever it is by then: of what `beside` carries.
    error : float
        In (0, 1).
    beside : Carried

    Returns
    -------
    numerators : list of K Form
    reciprocal : Form

    Examples
    --------
    >>> builder = Builder(2)
    >>> beside = Carried(builder.inputs)
    >>> parts, one_over = softmax_parts(builder, lambda: beside.forms, 0.01, beside)
    >>> net = builder.network([*parts, one_over])
    >>> net([[3.0, 3.0]]).round(2)
    array([[1. , 1. , 0.5]])
    """
    error = share(error)
    K = len(logits())
    cut = math.log(6 * max(K - 1, 1) / error)
    top = maximum(builder, logits(), beside)
    layer = builder.layer("relu")
    below = [layer.unit(form - top + cut) - cut for form in logits()]
    beside(layer)
    parts = exponential(builder, below, squarings(error / (6 * max(K - 1, 1))), beside)
    kept, total = Carried(parts, nonnegative=True, others=[beside]), sum(parts[1:], parts[0])
    return_value = reciprocal(builder, total, float(K), factors(float(K), error / 3), kept)
    return kept.forms, return_value


def softmax_network(K: int, error: float) -> Network:
    """A network from K logits to their softmax, for all of R^K.

    Parameters
    ----------
    K : int
        At least 2.
    error : float
        In (0, 1): bound of the sum of the absolute errors, up to rounding, of which the squarings make 2^q times 1e-16.

    Notes
    -----
    Source: QA-L6, QA-L1. Depth ceil(log2 K) + 2 + ceil(log2(3.25 (K - 1)/error)) + ceil(log2(K log(3/error))).

    Examples
    --------
    >>> net = softmax_network(3, 1e-3)
    >>> net([[0.0, 1.0, 2.0]]).round(3), net.size().depth
    (array([[0.09 , 0.245, 0.665]]), 22)
    """
    builder = Builder(integer_at_least(K, 2, "K"))
    beside = Carried(builder.inputs)
    parts, one_over = softmax_parts(builder, lambda: beside.forms, error, beside)
    layer = builder.layer("requ")
    return builder.network([product(layer, part, one_over) for part in parts])


def share(error: float) -> float:
    """Return an error in (0, 1).

    Examples
    --------
    >>> share(0.5)
    0.5
    """
    if not 0 < number(error, "error") < 1:
        raise ValueError(f"error must lie in (0, 1), got {error!r}")
    return float(error)
