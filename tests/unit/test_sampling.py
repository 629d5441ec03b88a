"""Random points tell apart what differs, and only that."""

import math

import pytest
import sympy as sp

from fewsteps.evidence.quadrature import QuadratureError
from fewsteps.evidence.sampling import agree, sample

T, R, LAM, M, X = sp.symbols("t r lambda m x", positive=True)
Y, Z = sp.Symbol("y", real=True), sp.Symbol("z")
N, J = sp.Symbol("n", integer=True, positive=True), sp.Symbol("j", integer=True)
F, G, PHI = sp.Function("f"), sp.Function("g", positive=True), sp.Function("Phi")
A, B = sp.symbols("A B", commutative=False)
GAUSS = sp.exp(-((Y - M) ** 2) / (2 * LAM)) / sp.sqrt(2 * sp.pi * LAM)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (sp.log(X * T), sp.log(X) + sp.log(T)),
        (sp.sqrt(1 - X**2) ** 2, 1 - X**2),
        (sp.Derivative(F(T) * G(T), T), F(T).diff(T) * G(T) + F(T) * G(T).diff(T)),
        (sp.Derivative(PHI(T, R, PHI(R, T, X)), X), sp.Derivative(PHI(T, R, PHI(R, T, X)), X).doit()),
        (sp.Derivative(sp.Integral(G(X), (X, R, T)), R), -G(R)),
        (sp.Derivative(sp.Abs(Z) ** 2, Z), 2 * Z),
        (sp.Derivative(sp.Limit((F(T + X) - F(T)) / X, X, 0), T), F(T).diff(T, 2)),
        (sp.Subs(F(T).diff(T), T, R), F(R).diff(R)),
        (sp.Subs((F(T) - F(R)) / (T - R), T, R), F(R).diff(R)),
        (sp.sqrt(G(T)) ** 2, G(T)),
        (sp.Max(Y, 0) + sp.Min(Y, 0), Y),
        (sp.Piecewise((X, Y > 0), (T, True)), sp.Piecewise((T, Y <= 0), (X, True))),
        (sp.I**2 * X, -X),
    ],
)
def test_identities_agree(a, b):
    assert agree(a, b)
    assert not agree(a, b + T / 1000)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (sp.Integral(LAM / (T**2 * LAM + (1 - T) ** 2), (T, 0, 1)), sp.pi / 2 * sp.sqrt(LAM)),
        (sp.Integral(GAUSS * Y**2, (Y, -sp.oo, sp.oo)), M**2 + LAM),
        (sp.Integral((Y**2 - 1) * sp.exp(-(Y**2) / 2), (Y, 1, sp.oo)), sp.exp(-sp.Rational(1, 2))),
        (sp.Integral(1 / sp.sqrt(X), (X, 0, T**2 / 4)), T),
        (sp.Integral(1 / sp.sqrt(1 - X**2), (X, 0, 1)), sp.pi / 2),
        (sp.Integral(X * Y, (X, 0, Y), (Y, 0, T)), T**4 / 8),
        (sp.Integral(sp.DiracDelta(X - Y) * G(Y), (Y, -sp.oo, sp.oo)), G(X)),
        (sp.Limit((1 - sp.cos(sp.pi / 2 / X) ** X) * X, X, sp.oo), sp.pi**2 / 8),
        (sp.Limit(sp.Integral(sp.exp(-X * Y) * G(X), (X, 0, 1)), Y, 0), sp.Integral(G(X), (X, 0, 1))),
        (sp.Limit(sp.Abs(X - 1) / (X - 1), X, 1, "-"), -1),
        (sp.Sum(J, (J, 1, N)), N * (N + 1) / 2),
        (sp.Sum(X**J / sp.factorial(J), (J, 0, sp.oo)), sp.exp(X)),
        (sp.Product(J, (J, 1, N)), sp.factorial(N)),
    ],
)
def test_integrals_limits_and_sums(a, b):
    assert agree(a, b)
    assert not agree(a, b * (1 + sp.Rational(1, 10**6)))


def test_matrices():
    matrix = sp.Matrix([[T, 0], [X, 1]])
    assert agree(matrix * matrix.inv(), sp.eye(2))
    assert agree(matrix - matrix, 0)
    assert not agree(matrix, matrix.T)
    assert not agree(matrix, sp.Matrix([T, X]))


def test_noncommutative_symbols_are_matrices():
    assert agree((A * B) ** -1, B**-1 * A**-1)
    assert agree(A * B * B**-1 * A**-1, 1)
    assert agree(sp.transpose(A * B), sp.transpose(B) * sp.transpose(A))
    assert not agree(A * B, B * A)
    assert not agree(T * A + 1, T * A)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (F(T), F(R)),
        (F(T), G(T)),
        (F(T).diff(T, 2), -F(T)),
        (PHI(T, R, X).diff(T) * PHI(T, R, X).diff(R, X), PHI(T, R, X).diff(R) * PHI(T, R, X).diff(T, X)),
        (sp.sin(T), sp.sin(T) + sp.Rational(1, 10**8)),
    ],
)
def test_unknown_functions_satisfy_no_equation_by_themselves(a, b):
    assert not agree(a, b)


def test_points_are_the_same_every_time_and_respect_assumptions():
    values = sample([T, Y, N, G(T), sp.Symbol("s", negative=True)], points=12)
    assert values == sample([T, Y, N, G(T), sp.Symbol("s", negative=True)], points=12)
    t, y, n, g, s = zip(*values, strict=True)
    assert all(0.2 <= z.real <= 0.9 for z in t)
    assert len({z.real > 0 for z in y}) == 2
    assert all(z.real in {2, 3, 4, 5} for z in n)
    assert all(z.real > 0 for z in g)
    assert all(z.real < 0 for z in s)


def test_common_points_and_shapes():
    ((root, square, row),) = sample([sp.sqrt(X), X, sp.Matrix([[X, 1]])], points=1)
    assert math.isclose(abs(root**2 - square), 0, abs_tol=1e-12)
    assert row == (square, 1)


def test_points_that_are_not_finite_or_not_real_are_drawn_again():
    values = sample([sp.sqrt(Y), 1 / (N - 2)], points=4)
    assert all(root.imag == 0 and inverse.real > 0 for root, inverse in values)


def test_refusals():
    with pytest.raises(ValueError, match="no 3 points"):
        sample([1 / (X - X)])
    with pytest.raises(QuadratureError, match="ten digits"):
        agree(sp.Integral(1 / X, (X, 0, T)), T)
    with pytest.raises(QuadratureError, match="ten digits"):
        agree(sp.Integral(sp.Heaviside(X - sp.Rational(1, 3)), (X, 0, 1)), T)
    with pytest.raises(ValueError, match="no ends"):
        agree(sp.Integral(X), X)
