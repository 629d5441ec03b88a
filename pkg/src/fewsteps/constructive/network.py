"""Networks of ReLU and ReQU layers with explicit weights, and their sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from fewsteps.arrays import floats, integer_at_least, number
from fewsteps.objects import instance, one_of

Floats = NDArray[np.float64]

#: The activations of the class.
ACTIVATIONS = ("relu", "requ")


class Size(NamedTuple):
    """Hidden layers, units of the widest, non-zero weights and biases, and the largest of these in size."""

    depth: int
    width: int
    nonzeros: int
    largest: float


@dataclass(frozen=True, eq=False)
class Network:
    """A network of the class: layers ``activation(W h - v)``, and an output without bias.

    Parameters
    ----------
    layers : sequence of (W, v, activation)
        Matrix (units, inputs), thresholds (units,) and "relu" or "requ" of every hidden layer.
    output : matrix of shape (p_out, units)

    Raises
    ------
    ValueError
        If shapes do not fit, an entry is not finite or an activation is unknown.

    Notes
    -----
    Source: QA-D4.1. Matrices may be scipy's sparse ones, and are kept so.

    Examples
    --------
    The square of a number, and its size:

    >>> net = Network([([[1.0], [-1.0]], [0.0, 0.0], "requ")], [[1.0, 1.0]])
    >>> net([[-3.0], [0.5]]).ravel(), net.size()
    (array([9.  , 0.25]), Size(depth=1, width=2, nonzeros=4, largest=1.0))
    """

    layers: Sequence[tuple[Any, Any, str]]
    output: Any

    def __post_init__(self) -> None:
        kept, wide = [], None
        for weight, threshold, activation in self.layers:
            matrix, shift = _matrix(weight, "W"), floats(threshold, "v")
            if shift.shape != matrix.shape[:1] or (wide is not None and matrix.shape[1] != wide):
                raise ValueError(f"W and v must fit {wide} inputs, got shapes {matrix.shape} and {shift.shape}")
            kept.append((matrix, shift, one_of(activation, ACTIVATIONS, "activation")))
            wide = matrix.shape[0]
        output = _matrix(self.output, "output")
        if wide is not None and output.shape[1] != wide:
            raise ValueError(f"output must have {wide} columns, got {output.shape}")
        object.__setattr__(self, "layers", tuple(kept))
        object.__setattr__(self, "output", output)

    @property
    def inputs(self) -> int:
        """Dimension of the input."""
        return int((self.layers[0][0] if self.layers else self.output).shape[1])

    def __call__(self, x: Any) -> Floats:
        """Values at `x` of shape (..., inputs); shape (..., p_out). NumPy.

        Raises
        ------
        ValueError
            If x has another last dimension.
        """
        x = floats(x, "x")
        if x.ndim == 0 or x.shape[-1] != self.inputs:
            raise ValueError(f"x must have shape (..., {self.inputs}), got {x.shape}")
        hidden = x.reshape(-1, self.inputs).T
        for weight, shift, activation in self.layers:
            hidden = np.maximum(weight @ hidden - shift[:, None], 0.0)
            hidden = hidden * hidden if activation == "requ" else hidden
        return np.asarray(self.output @ hidden).T.reshape(*x.shape[:-1], self.output.shape[0])

    def size(self) -> Size:
        """Depth, width, number of non-zeros and largest entry.

        Notes
        -----
        Source: QA-D4.1.
        """
        parts = [part.data if isinstance(part, csr_array) else part for layer in self.layers for part in layer[:2]]
        entries = np.abs(np.concatenate([self.output.data, *parts]))
        widths = [len(shift) for _, shift, _ in self.layers]
        return Size(len(widths), max(widths, default=0), int(np.count_nonzero(entries)), float(entries.max(initial=0)))

    def within(self, depth: int, width: int, nonzeros: int, largest: float) -> bool:
        """Whether the network lies in the class of these sizes.

        Notes
        -----
        Source: QA-D4.1, without its bound of the values, which no score meets on all of space.

        Examples
        --------
        >>> net = Network([([[1.0], [-1.0]], [0.0, 0.0], "requ")], [[1.0, 1.0]])
        >>> net.within(1, 2, 4, 1.0), net.within(1, 1, 4, 1.0)
        (True, False)
        """
        limits = (
            integer_at_least(depth, 0, "depth"),
            integer_at_least(width, 0, "width"),
            integer_at_least(nonzeros, 0, "nonzeros"),
            number(largest, "largest", low=0.0),
        )
        return all(have <= limit for have, limit in zip(self.size(), limits, strict=True))


def _matrix(value: Any, name: str) -> csr_array:
    dense = instance(value, csr_array, name) if isinstance(value, csr_array) else floats(value, name)
    if dense.ndim != 2:
        raise ValueError(f"{name} must be a matrix, got shape {dense.shape}")
    matrix = csr_array(dense)
    if not np.all(np.isfinite(matrix.data)):
        raise ValueError(f"{name} must be finite, got {value!r}")
    return matrix
