"""Random smooth functions in the place of undefined ones, and derivatives taken."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

Functions = dict[Any, Callable[..., sp.Expr]]


def stand_ins(expressions: Sequence[sp.Basic], generator: random.Random) -> Functions:
    """A smooth function for every undefined one: positive where that is assumed.

    Parameters
    ----------
    expressions : sequence of sympy expressions or matrices
    generator : random.Random

    Returns
    -------
    dict
        From the class of an undefined function to a callable.

    Examples
    --------
    >>> t, f = sp.Symbol("t", positive=True), sp.Function("f", positive=True)
    >>> (stand_in,) = stand_ins([f(t)], random.Random(1)).values()
    >>> stand_in(t).diff(t) != 0
    True
    """
    applied = {node for expression in expressions for node in expression.atoms(AppliedUndef)}
    kinds = {node.func: (node.func.__name__, len(node.args), sp.srepr(node.func)) for node in applied}
    return {
        kind: _smooth(generator, kinds[kind][1], _sign(kind, applied)) for kind in sorted(kinds, key=kinds.__getitem__)
    }


def _sign(kind: Any, applied: set[Any]) -> int:
    node = next(node for node in sorted(applied, key=sp.default_sort_key) if node.func is kind)
    return 1 if node.is_positive or node.is_nonnegative else -1 if node.is_negative else 0


def _smooth(generator: random.Random, arity: int, sign: int) -> Callable[..., sp.Expr]:
    """Sum of a sine and a cosine of different frequencies and phases; lifted above 0 for a sign."""

    def number(low: float, high: float) -> sp.Rational:
        return sp.Rational(round(generator.uniform(low, high) * 100), 100)

    waves = [([number(0.4, 1.2) for _ in range(arity)], number(0.1, 1.4), number(0.3, 0.6)) for _ in range(2)]
    level = number(1.3, 1.7)

    def stand_in(*arguments: Any) -> sp.Expr:
        phases = [sum((w * a for w, a in zip(ws, arguments, strict=True)), phase) for ws, phase, _ in waves]
        wave = waves[0][2] * sp.sin(phases[0]) + waves[1][2] * sp.cos(phases[1])
        return sign * (level + wave) if sign else wave + level / 3

    return stand_in


def concrete(expression: Any, functions: Functions) -> Any:
    """An expression with stand-ins, and without derivatives and substitutions that are still to be done.

    Parameters
    ----------
    expression : sympy expression or matrix
    functions : dict
        From :func:`stand_ins`.

    Returns
    -------
    sympy expression or matrix

    Examples
    --------
    >>> t, f = sp.Symbol("t"), sp.Function("f")
    >>> concrete(sp.Derivative(f(t), t), {f: sp.exp})
    exp(t)
    """
    if isinstance(expression, sp.MatrixBase):
        return expression.applyfunc(lambda entry: concrete(entry, functions))
    if not expression.args or not expression.has(AppliedUndef, sp.Derivative, sp.Subs, sp.DiracDelta):
        return expression
    if isinstance(expression, sp.Derivative):
        return _differentiated(expression, functions)
    arguments = [concrete(argument, functions) for argument in expression.args]
    if isinstance(expression, sp.Integral) and expression.has(sp.DiracDelta):
        return expression.func(*arguments).doit()
    if isinstance(expression, AppliedUndef):
        return functions[expression.func](*arguments)
    if isinstance(expression, sp.Subs):
        return _substituted(*arguments)
    return expression.func(*arguments)


def _differentiated(expression: sp.Derivative, functions: Functions) -> sp.Expr:
    """First by the rules for unknown functions, which keeps expressions short; then each function's own derivative."""
    inner, back = expression.expr, dict[Any, Any]()
    counts = []
    for variable, count in expression.variable_count:
        symbol = variable if variable.is_Symbol else sp.Dummy()
        inner, back = inner.xreplace({variable: symbol}), back | {symbol: concrete(variable, functions)}
        counts.append((symbol, count))
    taken = inner if isinstance(inner, AppliedUndef) else sp.diff(inner, *counts)
    if isinstance(taken, AppliedUndef | sp.Derivative):
        return sp.diff(concrete(inner, functions), *counts).xreplace(back)
    return concrete(taken, functions).xreplace(back)


def _substituted(inner: sp.Expr, variables: sp.Tuple, points: sp.Tuple) -> sp.Expr:
    """Value at a point, or the limit there where the value is 0/0."""
    fresh = [sp.Dummy() for _ in variables]
    moved = inner.xreplace(dict(zip(variables, fresh, strict=True)))
    value = moved.subs(list(zip(fresh, points, strict=True)))
    if value.has(sp.nan, sp.zoo) and len(fresh) == 1:
        return sp.Limit(moved, fresh[0], points[0])
    return value
