"""Gradients of all objectives and of all methods against formulas that sympy derives for affine students."""

from functools import cache

import numpy as np
import pytest
import sympy as sp
import torch

from fewsteps import Gaussian, flow_matching
from fewsteps.distill import METHODS, OBJECTIVES, Objective, Pairs, interpolant
from fewsteps.flowmaps import GaussianFlowMap

MEAN, LAM = 0.7, 0.4
ORACLE = GaussianFlowMap(Gaussian([MEAN], [LAM]), flow_matching())
# PFMM learns from Euler steps: its two jumps do not compose, so the place of the intermediate time matters
TEACHERS = {"velocity": ORACLE.velocity, "flow map": lambda x, r, t: ORACLE.velocity(x, r)}
THETA = np.random.default_rng(8).standard_normal(7) / 2

r, t, kappa = sp.symbols("r t kappa", real=True)
theta, held = sp.symbols("theta_0:7", real=True), sp.symbols("held_0:7", real=True)
X, ONE, CHORD = (sp.eye(3)[:, k] for k in range(3))


def student_line(w, r, t):
    """Slope of the student as coefficients of (x, 1, chord)."""
    return sp.Matrix([w[0] + w[1] * r + w[2] * t + w[3] * r * t, w[4] + w[5] * r + w[6] * t, 0])


def data_line(u):
    rate = (u - (1 - u) * LAM) / ((1 - u) ** 2 * LAM + u**2)
    return sp.Matrix([rate, -MEAN - rate * (1 - u) * MEAN, 0])


def at_point(line, point):
    return line[0] * point + line[1] * ONE


def halves(identity, teacher):
    """Student's and teacher's half of the slope residual; the teacher's has the held parameters."""
    value, fixed = student_line(theta, r, t), student_line(held, r, t)
    field = data_line if teacher == "velocity" else lambda u: student_line(held, u, u)
    if identity == "Lagrangian":
        return value + (t - r) * value.diff(t), at_point(field(t), X + (t - r) * fixed)
    if identity == "Eulerian":
        v = CHORD if teacher == "chord" else at_point(field(r), X)
        return -value, -v - (t - r) * (fixed.diff(r) + fixed[0] * v)
    u = kappa * r + (1 - kappa) * t
    jump = (lambda p, q: student_line(held, p, q)) if teacher == "itself" else lambda p, q: data_line(p)
    return value, (1 - kappa) * jump(r, u) + kappa * at_point(jump(u, t), X + (u - r) * jump(r, u))


@cache
def closed(identity, teacher):
    """Gradient of E R^2, then 2 E[R d(student half)], at given times."""
    var, place = (1 - r) ** 2 * LAM + r**2, sp.Matrix([(1 - r) * MEAN, 1, -MEAN])
    spread = sp.Matrix([[var, 0, var.diff(r) / 2], [0, 0, 0], [var.diff(r) / 2, 0, 1 + LAM]])
    student, taught = halves(identity, teacher)
    pull = 2 * (place * place.T + spread) * (student - taught)
    stopped = student.jacobian(theta).T * pull
    return sp.lambdify((theta, held, r, t, kappa), [*(stopped - taught.jacobian(held).T * pull), *stopped], cse=True)


def nodes(pairs, fraction, n, n_kappa):
    """Times r, t, fractions kappa and weights."""
    (z, w), (k, wk) = (((x + 1) / 2, v / 2) for x, v in map(np.polynomial.legendre.leggauss, (n, n_kappa)))
    if pairs == "t = 0":
        return z, 0 * z, 0 * z, w
    if pairs == "dyadic":
        cuts = [np.linspace(0, 1, 2**j + 1) for j in range(3)]
        start, end = (np.concatenate([cut[part] for cut in cuts]) for part in (slice(1, None), slice(None, -1)))
        return start, end, np.full_like(start, 0.5), np.full_like(start, 1 / len(start))
    if fraction != "uniform":
        k, wk = np.array([0.5]), np.array([1.0])
    first, second, third = (a.ravel() for a in np.meshgrid(z, z, k, indexing="ij"))
    return first, first * second, third, (w[:, None, None] * w[:, None] * wk * z[:, None, None]).ravel()


def by_hand(objective, start, end, place, weight):
    weight = weight * (start - end) ** 2 if objective.form == "map" else weight
    parts = closed(objective.characterisation, objective.teacher)(THETA, THETA, start, end, place)
    return np.array([np.sum(weight * part) for part in parts]).reshape(2, 7)


def by_autograd(objective, start, end, place, weight):
    """Two Gauss-Hermite nodes for x_0 and for x_1 are exact: the residual is affine in them."""
    rows = [torch.as_tensor(part).repeat_interleave(4) for part in (start, end, place, weight)]
    signs = torch.tensor([[i, j] for i in (-1.0, 1.0) for j in (-1.0, 1.0)]).double().repeat(len(start), 1)
    x, chord = interpolant(flow_matching(), MEAN + LAM**0.5 * signs[:, :1], signs[:, 1:], rows[0])
    q = torch.tensor(THETA, requires_grad=True)

    def slope(x, r, t):
        gain, offset = q[0] + q[1] * r + q[2] * t + q[3] * r * t, q[4] + q[5] * r + q[6] * t
        return gain[:, None] * x + offset[:, None]

    gradients = []
    for stop in (False, True):
        batch = Pairs(x, rows[0], rows[1], rows[2], chord)
        residual = objective.residual(slope, batch, TEACHERS.get(objective.teacher), stop)
        gradients.append(torch.autograd.grad((rows[3] / 4 * residual[:, 0] ** 2).sum(), q)[0])
    return torch.stack(gradients).numpy()


@pytest.mark.parametrize("name", OBJECTIVES)
def test_gradient_with_and_without_stop_is_the_derived_one(name):
    objective = OBJECTIVES[name]
    got = by_autograd(objective, *nodes("", objective.fraction, 18, 14))
    want = by_hand(objective, *nodes("", objective.fraction, 24, 16))
    np.testing.assert_allclose(got, want, atol=1e-12)
    # the two differ, but where the teacher's half knows nothing of the student
    assert (np.abs(want[0] - want[1]).max() > 1e-2) == (objective.teacher != "flow map")


@pytest.mark.parametrize("name", METHODS)
def test_gradient_of_every_method_is_the_one_of_its_row(name):
    method = METHODS[name]
    grid = nodes(method.pairs, method.objective.fraction, 16, 12)
    stop = int(method.objective.stop_gradient)
    got, want = by_autograd(method.objective, *grid)[stop], by_hand(method.objective, *grid)[stop]
    np.testing.assert_allclose(got, want, atol=1e-12)
    assert np.abs(got).max() > 1e-2


@pytest.mark.parametrize("teacher", ["velocity", "itself", "chord"])
def test_eulerian_residual_of_a_chord_has_the_mean_of_that_of_the_velocity(teacher):
    """E[x_r' | x_r] is the velocity, and the residual is affine in it: the mean over x_0 given x_r vanishes."""
    z, w = np.polynomial.hermite_e.hermegauss(3)
    at, n = torch.linspace(0.1, 0.95, 5).double(), len(z)
    var = (1 - at) ** 2 * LAM + at**2
    x = (1 - at) * MEAN + torch.linspace(-1, 1, 5).double()
    posterior = MEAN + (1 - at) * LAM / var * (x - (1 - at) * MEAN)
    data = posterior[:, None] + (LAM**0.5 * at / var.sqrt())[:, None] * torch.tensor(z)
    chord = ((x[:, None] - (1 - at)[:, None] * data) / at[:, None] - data).reshape(-1, 1)
    wide = [part.repeat_interleave(n) for part in (x, at, 0.3 * at)]
    objective = Objective("row", "Eulerian", teacher, stop_gradient=True)
    batch = Pairs(wide[0][:, None], *wide[1:], None, chord)
    residual = objective.residual(ORACLE.slope, batch, TEACHERS.get(teacher))
    mean = residual.reshape(5, n) @ torch.tensor(w / w.sum())
    np.testing.assert_allclose(mean, 0, atol=1e-13)
    assert (float(residual.abs().max()) > 0.1) == (teacher == "chord")
