"""Whether two expressions have the same values, at random points and for random smooth functions."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import mpmath
import sympy as sp

from fewsteps.evidence.quadrature import Environment, QuadratureError
from fewsteps.evidence.stand_ins import concrete, stand_ins
from fewsteps.evidence.values import compiled

_TRIES, _STRIKES, _SEED, _DIGITS = 60, 4, 20, 25
_NOISE = 1e-13
_ERRORS = (ZeroDivisionError, OverflowError, ValueError, TypeError, mpmath.libmp.NoConvergence)
Value = Any  # a complex number, or a tuple of them for a matrix


def agree(a: Any, b: Any, *, points: int = 3, digits: int = 9) -> bool:
    """Whether two expressions or matrices have the same values at random admissible points.

    Parameters
    ----------
    a, b : sympy expression, matrix or number
        Undefined functions, derivatives, integrals, limits and sums may occur; noncommutative symbols stand for
        2 x 2 matrices.
    points : int
    digits : int
        Relative agreement that is asked for.

    Returns
    -------
    bool

    Raises
    ------
    ValueError
        If no admissible point is found.

    Examples
    --------
    >>> t, x = sp.Symbol("t", positive=True), sp.Function("x")
    >>> agree(sp.diff(x(t) ** 2, t), 2 * x(t) * sp.Derivative(x(t), t))
    True
    >>> agree(sp.sin(2 * t), 2 * sp.sin(t))
    False
    """
    shapes = {side.shape for side in (a, b) if isinstance(side, sp.MatrixBase)}
    if len(shapes) > 1 or (shapes and not all(isinstance(side, sp.MatrixBase) or side == 0 for side in (a, b))):
        return False
    a, b = (sp.zeros(*next(iter(shapes))) if shapes and side == 0 else side for side in (a, b))
    for first, second in sample([a, b], points):
        pairs = list(zip(_flat(first), _flat(second), strict=True))
        scale = max(max(abs(x), abs(y)) for x, y in pairs)
        if any(abs(x - y) > 10.0**-digits * max(abs(x), abs(y), 1e-3 * scale) + _NOISE for x, y in pairs):
            return False
    return True


def sample(expressions: Sequence[Any], points: int = 3) -> list[tuple[Value, ...]]:
    """Values of several expressions at common random points.

    Parameters
    ----------
    expressions : sequence of sympy expressions, matrices or numbers
    points : int

    Returns
    -------
    list of tuple
        One tuple a point: a complex number for an expression, a tuple of them (row by row) for a matrix.

    Raises
    ------
    ValueError
        If in 60 tries there are not that many points at which all is finite.

    Examples
    --------
    >>> x = sp.Symbol("x", positive=True)
    >>> all(abs(root**2 - value) < 1e-12 for root, value in sample([sp.sqrt(x), x]))
    True
    """
    generator = random.Random(_SEED)
    sides = [sp.ImmutableMatrix(e) if isinstance(e, sp.MatrixBase) else sp.sympify(e) for e in expressions]
    vague = {s for side in sides for s in side.atoms(sp.Symbol) if s.is_commutative and s.is_real is None}
    vague -= {sp.Symbol("+"), sp.Symbol("-"), sp.Symbol("+-")}  # the directions of limits
    real = {symbol: sp.Dummy(symbol.name, real=True) for symbol in sorted(vague, key=_order)}
    sides = [side.xreplace(real) for side in sides]
    functions = stand_ins(sides, generator)
    sides = [concrete(side, functions) for side in sides]
    symbols = sorted({s for side in sides for s in side.free_symbols}, key=_order)
    plain = [symbol for symbol in symbols if symbol.is_commutative]
    matrices = [symbol for symbol in symbols if not symbol.is_commutative]
    evaluators = [_evaluator(side, bool(matrices)) for side in sides]
    imaginary = any(side.has(sp.I) for side in sides)
    found: list[tuple[Value, ...]] = []
    strikes = 0
    for attempt in range(_TRIES):
        environment: Environment = {symbol: _draw(symbol, generator, attempt) for symbol in plain}
        environment |= {symbol: _random_matrix(generator) for symbol in matrices}
        try:
            values = _values(evaluators, environment)
        except QuadratureError:
            values, strikes = None, strikes + 1
            if strikes == _STRIKES:
                raise
        if values is not None and (imaginary or attempt >= _TRIES // 2 or _is_real(values)):
            found.append(values)
        if len(found) == points:
            return found
    raise ValueError(f"no {points} points at which {', '.join(map(str, expressions))} are finite in {_TRIES} tries")


def _order(symbol: sp.Symbol) -> tuple[str, Any]:
    return symbol.name, sp.default_sort_key(symbol)


def _is_real(values: tuple[Value, ...]) -> bool:
    return all(abs(number.imag) < 1e-12 for value in values for number in _flat(value))


def _flat(value: Value) -> tuple[complex, ...]:
    return value if isinstance(value, tuple) else (value,)


def _draw(symbol: sp.Symbol, generator: random.Random, attempt: int) -> Any:
    """A value that the assumptions on a symbol allow: first in (0.2, 0.9), where times and shares live."""
    number = generator.random()
    if symbol.is_integer:
        return 2 + int(4 * number)
    if symbol.is_positive or symbol.is_nonnegative or symbol.is_negative or symbol.is_nonpositive:
        size = mpmath.mpf(round(0.2 + (0.7 if attempt < _TRIES // 3 else 2.8) * number, 6))
        return -size if symbol.is_negative or symbol.is_nonpositive else size
    return mpmath.mpf(round(generator.choice((-1, 1)) * (0.2 + 1.3 * number), 6))


def _random_matrix(generator: random.Random) -> sp.Matrix:
    entries = [sp.Rational(generator.randint(-9, 9), 7) for _ in range(4)]
    return sp.Matrix(2, 2, entries) + 2 * sp.eye(2)


def _values(evaluators: Sequence[Any], environment: Environment) -> tuple[Value, ...] | None:
    """All values at one point, or None if one of them is not finite."""
    try:
        with mpmath.workdps(_DIGITS):
            values = tuple(evaluate(environment) for evaluate in evaluators)
    except QuadratureError:
        raise
    except _ERRORS:
        return None
    return values if all(mpmath.isfinite(z) for value in values for z in _flat(value)) else None


def _evaluator(side: Any, wide: bool) -> Any:
    """A function from values of the symbols to one complex number, or to a tuple of them."""
    if isinstance(side, sp.MatrixBase) and not wide:
        entries = [compiled(entry) for entry in side]
        return lambda environment: tuple(complex(entry(environment)) for entry in entries)
    if not wide:
        single = compiled(side)
        return lambda environment: complex(single(environment))
    return lambda environment: tuple(complex(entry) for entry in _matrix_value(side, environment))


def _matrix_value(side: sp.Expr, environment: Environment) -> Any:
    """Value of an expression in noncommutative symbols, a 2 x 2 matrix; numbers are multiples of the identity."""
    if side.is_commutative:
        return compiled(side)(environment) * mpmath.eye(2)
    if side.is_Symbol:
        return mpmath.matrix(environment[side].evalf(_DIGITS).tolist())
    parts = [_matrix_value(part, environment) for part in side.args]
    if side.is_Add:
        return sum(parts[1:], parts[0])
    if side.is_Mul:
        product = parts[0]
        for part in parts[1:]:
            product = product * part
        return product
    if side.is_Pow and side.exp.is_Integer:
        return parts[0] ** int(side.exp)
    if isinstance(side, sp.transpose):
        return parts[0].T
    raise ValueError(f"{side} has no value for matrices")
