"""Numbers for sympy expressions: integrals, limits and series by quadrature, extrapolation and summation."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from fewsteps.evidence.quadrature import Environment, Evaluator, double, extrapolated, precise, quadrature

_PLAIN = {"exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sign"}
_NEAR = mpmath.mpf(10) ** -40
_DIGITS_AT_LIMITS = 250


def compiled(expression: sp.Expr, backend: str = "mpmath") -> Evaluator:
    """An expression as a function of the values of its symbols.

    Parameters
    ----------
    expression : sympy expression
        Without undefined functions and without derivatives.
    backend : {"mpmath", "numpy"}
        High precision, or whole arrays of values.

    Returns
    -------
    callable

    Examples
    --------
    >>> x, s = sp.symbols("x s", positive=True)
    >>> gauss = sp.Integral(sp.exp(-(x**2) / (2 * s)), (x, -sp.oo, sp.oo))
    >>> round(float(compiled(gauss)({s: mpmath.mpf(2)}) ** 2 / sp.pi), 12)
    4.0
    """
    if type(expression) in _SPECIAL:
        return _SPECIAL[type(expression)](expression, backend)
    if expression.is_Symbol:
        return lambda environment: environment[expression]
    if expression is sp.zoo:
        return lambda environment: mpmath.nan
    if expression.is_Number or expression.is_NumberSymbol or expression is sp.I:
        return _constant(expression, backend)
    if isinstance(expression, sp.Piecewise | sp.core.relational.Relational | sp.logic.boolalg.Boolean):
        return _lambdified(expression, backend)
    parts = [compiled(argument, backend) for argument in expression.args]
    if expression.is_Add or expression.is_Mul:
        return _folded(parts, operator.add if expression.is_Add else operator.mul)
    if expression.is_Pow:
        base, exponent = parts
        if expression.exp == sp.S.Half:
            root = mpmath.sqrt if backend == "mpmath" else np.sqrt
            return lambda environment: root(base(environment))
        return lambda environment: base(environment) ** exponent(environment)
    function = _function(expression.func, len(parts), backend)
    return lambda environment: function(*(part(environment) for part in parts))


def _constant(number: sp.Expr, backend: str) -> Evaluator:
    if number.is_Integer:
        integer = int(number)
        return lambda environment: integer
    if backend != "mpmath":
        double = np.float64(number) if number.is_extended_real else np.nan
        return lambda environment: double
    if number.is_Rational:
        above, below = int(number.p), int(number.q)
        return lambda environment: mpmath.mpf(above) / below
    return lambda environment: sp.N(number, mpmath.mp.dps)._to_mpmath(mpmath.mp.prec)


def _folded(parts: list[Evaluator], fold: Callable[[Any, Any], Any]) -> Evaluator:
    def value(environment: Environment) -> Any:
        return functools.reduce(fold, (part(environment) for part in parts))

    return value


@functools.cache
def _function(kind: Any, arity: int, backend: str) -> Callable[..., Any]:
    """A function of numbers, or of arrays."""
    if kind.__name__ in _PLAIN:
        return getattr(mpmath if backend == "mpmath" else np, kind.__name__)
    dummies = sp.symbols(f"x:{arity}", cls=sp.Dummy)
    modules = "mpmath" if backend == "mpmath" else ["scipy", "numpy"]
    return sp.lambdify(dummies, kind(*dummies, evaluate=False), modules=modules)


def _lambdified(expression: sp.Basic, backend: str) -> Evaluator:
    """What has cases: as a whole."""
    symbols = sorted(expression.free_symbols, key=sp.default_sort_key)
    call = sp.lambdify(symbols, expression, modules="mpmath" if backend == "mpmath" else ["scipy", "numpy"])
    return lambda environment: call(*(environment[symbol] for symbol in symbols))


def _integral(node: sp.Integral, backend: str) -> Evaluator:
    if len(node.limits[-1]) != 3:
        raise ValueError(f"the integral {node} has no ends, so it has no value")
    variable, lower, upper = node.limits[-1]
    ends = [compiled(end, backend) for end in (lower, upper)]
    fast = _inside(node, "numpy")
    slow = _inside(node, backend) if backend == "mpmath" else None

    def value(environment: Environment) -> Any:
        a, b = (end(environment) for end in ends)
        if slow is not None and mpmath.mp.dps > 30:
            return precise(slow, environment, variable, a, b)
        doubles = {symbol: double(entry) for symbol, entry in environment.items()}
        result = quadrature(fast, doubles, variable, double(a), double(b))
        if slow is not None and not np.isfinite(result):
            with mpmath.workdps(40):
                return precise(slow, environment, variable, a, b)
        return mpmath.mpmathify(float(result)) if slow is not None else result

    return value


def _inside(node: Any, backend: str) -> Evaluator:
    """What the outermost integral or sum is taken of."""
    inner = node.func(node.function, *node.limits[:-1]) if len(node.limits) > 1 else node.function
    return compiled(inner, backend)


def _limit(node: sp.Limit, backend: str) -> Evaluator:
    """Values very near the limit, from two distances that must agree (else nan)."""
    function, variable, point, direction = node.args
    inner, at = compiled(function), compiled(point)
    side = -1 if str(direction) == "-" else 1

    def near(environment: Environment, distance: Any) -> Any:
        target = at(environment)
        moved = mpmath.sign(target) / distance if mpmath.isinf(target) else target + side * distance
        return inner({**environment, variable: moved})

    def value(environment: Environment) -> Any:
        if function.has(sp.Integral):
            return extrapolated(lambda distance: near(environment, distance))
        with mpmath.workdps(_DIGITS_AT_LIMITS):
            first, second = near(environment, _NEAR), near(environment, _NEAR / 1000)
            return second if abs(first - second) <= 1e-12 * (1e-6 + abs(second)) else mpmath.nan

    if backend != "mpmath":
        return lambda environment: float(value(environment))
    return value


def _series(node: sp.Sum, backend: str) -> Evaluator:
    """A sum or product over integers, term by term, or by extrapolation if it has no last term."""
    variable, lower, upper = node.limits[-1]
    term, ends = _inside(node, backend), [compiled(end) for end in (lower, upper)]
    total, fold = (mpmath.nsum, lambda x, y: x + y) if isinstance(node, sp.Sum) else (mpmath.nprod, lambda x, y: x * y)

    def value(environment: Environment) -> Any:
        a, b = (end(environment) for end in ends)
        if mpmath.isinf(a) or mpmath.isinf(b):
            return total(lambda k: term({**environment, variable: mpmath.mpf(k)}), [a, b])
        result = 0 if isinstance(node, sp.Sum) else 1
        for k in range(int(a), int(b) + 1):
            result = fold(result, term({**environment, variable: k}))
        return result

    return value


def _derivative(node: sp.Derivative, backend: str) -> Evaluator:
    """By difference quotients, where no rule differentiates: a derivative of a limit, say."""
    variables, orders = zip(*node.variable_count, strict=True)
    inner = compiled(node.expr)
    if backend != "mpmath":
        raise ValueError(f"the derivative {node} stands in an integral and no rule takes it")

    def value(environment: Environment) -> Any:
        def moved(*point: Any) -> Any:
            return inner({**environment, **dict(zip(variables, point, strict=True))})

        with mpmath.workdps(2 * mpmath.mp.dps):
            at, counts = tuple(environment[v] for v in variables), tuple(map(int, orders))
            return mpmath.diff(moved, at, counts, h=mpmath.mpf(10) ** -10)

    return value


_SPECIAL: dict[type, Callable[[Any, str], Evaluator]] = {
    sp.Integral: _integral,
    sp.Limit: _limit,
    sp.Sum: _series,
    sp.Product: _series,
    sp.Derivative: _derivative,
}
