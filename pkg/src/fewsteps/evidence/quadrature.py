"""Integrals and limits as numbers: double-exponential quadrature on whole arrays, and extrapolation."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import sympy as sp

Environment = dict[sp.Symbol, Any]
Evaluator = Callable[[Environment], Any]
_REACH = 4.0


class QuadratureError(ValueError):
    """An integral that two rules leave uncertain."""


def double(entry: Any) -> Any:
    """A value in double precision; whole numbers and arrays as they are."""
    return entry if isinstance(entry, int | np.ndarray) else np.float64(entry)


def precise(function: Evaluator, environment: Environment, variable: sp.Symbol, a: Any, b: Any) -> Any:
    """Adaptive rule at the working precision, for what the fixed one leaves uncertain."""
    result, error = mpmath.quad(lambda x: function({**environment, variable: x}), [a, b], error=True)
    if error > 1e-10 * (1 + abs(result)):
        raise QuadratureError(f"no value to ten digits for the integral over {variable}")
    return result


def quadrature(function: Evaluator, environment: Environment, variable: sp.Symbol, a: Any, b: Any) -> Any:
    """Double-exponential rule at steps that are halved until two agree (else nan); ends may be arrays."""
    wide = {symbol: v[..., None] if isinstance(v, np.ndarray) else v for symbol, v in environment.items()}
    ends = [end[..., None] if isinstance(end, np.ndarray) else end for end in (a, b)]
    fine: Any = 0.0
    for step in (1 / 16, 1 / 64, 1 / 256):
        u = np.arange(-_REACH, _REACH + step / 2, step)
        with np.errstate(all="ignore"):
            x, weight = _nodes(u, *ends)
            terms = np.asarray(function({**wide, variable: x})) * weight * step
            terms = np.where(np.isfinite(terms), terms, 0.0)
        fine, coarse = terms.sum(-1), 2 * terms[..., ::2].sum(-1)
        size = np.abs(terms).sum(-1)
        complete = np.abs(terms[..., [0, -1]]).max(-1) <= 1e-12 * size
        if np.all(complete & (np.abs(fine - coarse) <= 1e-11 * np.abs(fine) + 1e-14 * size)):
            return fine
    return np.nan * fine


def _nodes(u: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """Abscissas and weights on [a, b], either end possibly infinite."""
    s, ds = np.pi / 2 * np.sinh(u), np.pi / 2 * np.cosh(u)
    if np.all(np.isinf(a)) and np.all(np.isinf(b)):
        return np.sinh(s) * np.sign(b), np.cosh(s) * ds * np.sign(b)
    if np.all(np.isinf(b)):
        return a + np.sign(b) * np.exp(s), np.sign(b) * np.exp(s) * ds
    if np.all(np.isinf(a)):
        return b + np.sign(a) * np.exp(-s), -np.sign(a) * np.exp(-s) * ds
    near = 1 / (1 + np.exp(2 * np.abs(s)))
    return np.where(u < 0, a + (b - a) * near, b - (b - a) * near), (b - a) * 2 * near * (1 - near) * ds


def extrapolated(near: Callable[[Any], Any]) -> Any:
    """Limit of values that are known to double precision only, by Richardson's rule."""
    row = [near(mpmath.mpf(2) ** -k) for k in range(4, 12)]
    for order in range(1, 8):
        last = row[-1]
        row = [fine + (fine - coarse) / (2**order - 1) for coarse, fine in itertools.pairwise(row)]
        if abs(row[-1] - last) <= 1e-10 * (1e-3 + abs(last)):
            return row[-1]
    return mpmath.nan
