"""Sums, products and powers of numbers and matrices, refused where the shapes do not fit."""

from __future__ import annotations

from typing import Any

import sympy as sp

from fewsteps.evidence.lexing import UnreadableError


def norm(value: Any) -> Any:
    """Absolute value, or the Euclidean norm of a vector."""
    return sp.sqrt(sum(entry**2 for entry in value)) if isinstance(value, sp.MatrixBase) else sp.Abs(value)


def plus(a: Any, b: Any) -> Any:
    """Sum of two numbers or of two matrices."""
    if isinstance(a, sp.MatrixBase) != isinstance(b, sp.MatrixBase):
        raise UnreadableError(f"a matrix and a number are added: {a} and {b}")
    if isinstance(a, sp.MatrixBase) and a.shape != b.shape:
        raise UnreadableError(f"matrices of shapes {a.shape} and {b.shape} are added")
    return a + b


def times(a: Any, b: Any) -> Any:
    """Product in the order typed; a row times a column is a number."""
    if isinstance(a, sp.MatrixBase) and isinstance(b, sp.MatrixBase):
        if a.shape[1] != b.shape[0]:
            raise UnreadableError(f"matrices of shapes {a.shape} and {b.shape} are multiplied")
        product = a * b
        return product[0, 0] if product.shape == (1, 1) else product
    return a * b


def inverse(value: Any) -> Any:
    """One over a number."""
    if isinstance(value, sp.MatrixBase):
        raise UnreadableError("a division by a matrix")
    return 1 / value


def raised(value: Any, index: Any) -> Any:
    """A power; of a matrix a whole one; of e also a matrix."""
    if isinstance(index, sp.MatrixBase):
        if value != sp.E:
            raise UnreadableError(f"a matrix in the exponent of {value}")
        return index.exp()
    if isinstance(value, sp.MatrixBase) and not index.is_Integer:
        raise UnreadableError(f"a matrix to the power {index}")
    return value**index


def transposed(value: Any) -> Any:
    """Transpose; a number is its own."""
    if isinstance(value, sp.MatrixBase):
        return value.T
    return value if value.is_commutative else sp.transpose(value)
