"""Truncated power series of a step along the flow of any noise prediction, in exact arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import factorial
from operator import add
from typing import Any, NamedTuple

import sympy as sp
from sympy.polys.rings import ring

#: Coefficients of h^0, h^1, ...: elements of a ring of polynomials in the derivatives of the noise prediction.
Series = list[Any]

#: Terms that integrals of powers of the coordinate need beyond those that are kept: up to five values are used.
_BEYOND = 6
KAPPA, U = sp.symbols("kappa u", positive=True)


class Value(NamedTuple):
    """The model's noise at a place: the place as a part of the step, how far u has come there, and the noise."""

    part: Any
    move: Series
    noise: Series


def derivative(i: int, j: int) -> sp.Symbol:
    """The symbol of the derivative of the noise prediction, i times in u and j times in the half-log-SNR.

    Examples
    --------
    >>> derivative(0, 0), derivative(1, 2)
    (epsilon, epsilon_uellell)
    """
    return sp.Symbol("epsilon" + ("_" if i + j else "") + "u" * i + "ell" * j)


class Flow:
    """The flow from the start of a step, in units in which sigma / alpha is 1 there, and what is needed to step along.

    Parameters
    ----------
    terms : int
        Powers of the step that are kept, from 0 to this one.
    free : sequence of sympy.Symbol
        Parameters that places and ratios may depend on.
    in_time : bool
        Whether time runs otherwise than the half-log-SNR, with the rates a_1, a_2, ... and b_2, b_3, ...

    Examples
    --------
    >>> [str(part) for part in Flow(1).state]  # u falls with the noise, as sigma / alpha does
    ['0', '-epsilon']
    """

    def __init__(self, terms: int, free: Sequence[sp.Symbol] = (), in_time: bool = False) -> None:
        self.terms, self.long = terms, terms + _BEYOND
        known = [derivative(i, j) for i in range(terms) for j in range(terms - i)]
        scale = [U, *(sp.Symbol(f"a_{n}") for n in range(1, terms + 1))] if in_time else []
        bend = [sp.Symbol(f"b_{n}") for n in range(2, self.long)] if in_time else []
        domain = sp.QQ.frac_field(*free) if free else sp.QQ
        self.ring, *generators = ring([*known, *scale, *bend], domain)
        named = dict(zip([*known, *scale, *bend], generators, strict=True))
        one, zero = self.ring.one, self.ring.zero
        self.slopes = {(i, j): named[derivative(i, j)] for i in range(terms) for j in range(terms - i)}
        self.u = named.get(U, zero)
        self.level = [zero, one, *(named.get(sp.Symbol(f"b_{n}"), zero) / factorial(n) for n in range(2, self.long))]
        logs = [zero, *(named.get(sp.Symbol(f"a_{n}"), zero) / factorial(n) for n in range(1, terms + 1))]
        self.scale = self.exp(logs)
        self.kappa = self.exp([-part for part in self.level])
        self.inverse = self.exp(self.level)
        self.state = self._state()

    def exact(self, part: Any) -> Any:
        """A number or an expression in the free symbols, as a coefficient."""
        return self.ring.domain.from_sympy(sp.sympify(part))

    def times(self, p: Series, q: Series) -> Series:
        """The product, to as many terms as the shorter one has."""
        n = min(len(p), len(q))
        return [
            reduce(add, (p[i] * q[m - i] for i in range(m + 1) if p[i] and q[m - i]), self.ring.zero) for m in range(n)
        ]

    def less(self, p: Series, q: Series) -> Series:
        """The difference of two series of one length."""
        return [a - b for a, b in zip(p, q, strict=True)]

    def power(self, p: Series, n: int) -> Series:
        """p^n."""
        return reduce(self.times, [p] * n, [self.ring.one] + [self.ring.zero] * (len(p) - 1))

    def exp(self, p: Series) -> Series:
        """exp(p) for a series without constant term: from its derivative."""
        out = [self.ring.one]
        for m in range(1, len(p)):
            out.append(reduce(add, (k * p[k] * out[m - k] for k in range(1, m + 1)), self.ring.zero) / m)
        return out

    def over(self, p: Series, q: Series) -> Series:
        """p / q, where q begins with a number that is not 0."""
        lead = self.ring.domain.one / q[0].coeff(1)
        out: Series = []
        for m in range(min(len(p), len(q))):
            rest = reduce(add, (q[k] * out[m - k] for k in range(1, m + 1)), self.ring.zero)
            out.append((p[m] - rest) * lead)
        return out

    def at(self, p: Series, part: Any) -> Series:
        """A series in the time of the step, at a part of the step, as a series in the step."""
        return [p[0], *(coefficient * part**n for n, coefficient in enumerate(p[1:], 1))]

    def _predicted(self, move: Series, level: Series) -> Series:
        total = [self.ring.zero] * len(move)
        for (i, j), slope in self.slopes.items():
            product = self.times(self.power(move, i), self.power(level[: len(move)], j))
            total = [a + slope * b / (factorial(i) * factorial(j)) for a, b in zip(total, product, strict=True)]
        return total

    def _state(self) -> Series:
        """How far u has come along the flow, term by term: du = noise dkappa."""
        move = [self.ring.zero]
        rate = self._rate(self.kappa)
        for n in range(1, self.terms + 1):
            growth = self.times(self._predicted(move, self.level[:n]), rate[:n])
            move.append(growth[n - 1] / n)
        return move

    def value(self, part: Any, move: Series) -> Value:
        """The value of the model at a part of the step, where u has moved so far."""
        return Value(part, move, self._predicted(move, self.at(self.level, part)))

    def on_flow(self, part: Any) -> Value:
        """The value of the model on the flow, at a part of the step."""
        return self.value(part, self.at(self.state, part))

    def rates(self, n: int, variable: str) -> Series:
        """The noise and its first n derivatives along the flow, at the start."""
        along = self._predicted(self.state, self.level)
        found = []
        for _ in range(n + 1):
            found.append(along[0])
            along = self._rate(along)
            if variable == "noise":
                along = self.over(along, self._rate(self.kappa)[: len(along)])
        return found

    def _rate(self, p: Series) -> Series:
        return [n * part for n, part in enumerate(p)][1:]

    def ridden(self, values: Sequence[Value]) -> Series:
        """How far u comes when the mean of the velocities of x at some values is kept over the step, in time."""
        slopes = [self._velocity(value) for value in values]
        x = [self.u, *(reduce(add, parts) / len(values) for parts in zip(*slopes, strict=True))][: self.terms + 1]
        end = self.over(x, self.at(self.scale, self.exact(1)))
        return [end[0] - self.u, *end[1:]]

    def _velocity(self, value: Value) -> Series:
        """dx/dt for x = alpha u, with du = noise dkappa."""
        n, (part, move, noise) = self.terms, value
        at = [self.u + move[0], *move[1:]]
        drift = self.times(self.at(self._rate(self.scale), part)[:n], at[:n])
        pull = self.times(self.at(self.scale, part)[:n], self.at(self._rate(self.kappa), part)[:n])
        return [a + b for a, b in zip(drift, self.times(pull, noise[:n]), strict=True)]

    def integrated(self, end: Any, values: Sequence[Value], form: str, variable: str, simple: bool = False) -> Series:
        """How far u comes when the polynomial through values is integrated, as `step_weights` does it."""
        clock = {"log-snr": self.level, "noise": self.kappa, "time": self._time()}[variable]
        measure = self.kappa if form == "noise" else self.inverse
        powers = [self._moment(clock, measure, m, end, simple) for m in range(len(values))]
        moved = [self.ring.zero] * (self.terms + 1)
        for j, value in enumerate(values):
            weight = self._weight(j, [self._place(clock, one.part) for one in values], powers)
            moved = [a + b for a, b in zip(moved, self.times(weight, self._seen(value, form)), strict=True)]
        return moved if form == "noise" else self.times(self.at(self.kappa[: self.terms + 1], end), moved)

    def _seen(self, value: Value, form: str) -> Series:
        if form == "noise":
            return value.noise
        scaled = self.times(self.at(self.kappa[: self.terms + 1], value.part), value.noise)
        return self.less(value.move, scaled)

    def _time(self) -> Series:
        return [self.ring.zero, self.ring.one] + [self.ring.zero] * (self.long - 2)

    def _place(self, clock: Series, part: Any) -> Series:
        """The coordinate at a part of the step, from its start, divided by the step."""
        return self.at(clock, part)[1 : self.terms + 2]

    def _moment(self, clock: Series, measure: Series, m: int, end: Any, simple: bool) -> Series:
        """The integral of the coordinate's m-th power over the step, divided by the step's m-th power."""
        if simple:
            total = [self.ring.zero, *self.at(measure, end)[1 : self.terms + 1]]
            return [part / (m + 1) for part in self.times(total, self.power(self._place(clock, end), m))]
        raised = self.power([self.ring.zero, *clock[1:]], m)
        grown = [part / (n + 1) for n, part in enumerate(self.times(raised, self._rate(measure)))]
        return self.at([self.ring.zero, *grown], end)[m : m + self.terms + 1]

    def _weight(self, j: int, places: Sequence[Series], powers: Sequence[Series]) -> Series:
        """The weight of a value: Lagrange's polynomial, its powers replaced by their integrals."""
        zero = [self.ring.zero] * (self.terms + 1)
        basis = [[self.ring.one, *zero[1:]]]
        for i, place in enumerate(places):
            if i == j:
                continue
            gap = self.less(places[j], place)
            lifted, lowered = [zero, *basis], [*(self.times(place, one) for one in basis), zero]
            basis = [
                self.over([a - b for a, b in zip(p, q, strict=True)], gap) for p, q in zip(lifted, lowered, strict=True)
            ]
        products = [self.times(p, q) for p, q in zip(basis, powers, strict=True)]
        return [reduce(add, parts) for parts in zip(*products, strict=True)]

    def shown(self, element: Any, factor: sp.Expr) -> sp.Expr:
        """An element of the ring times a factor, as an expression, with sigma / alpha at the start restored."""
        back = {derivative(i, j): KAPPA**i * derivative(i, j) for i, j in self.slopes} | {U: U / KAPPA}
        return sp.factor_terms(sp.expand(factor * element.as_expr().subs(back, simultaneous=True)))
