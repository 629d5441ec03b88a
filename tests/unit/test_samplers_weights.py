"""The weights of the exponential methods, against quadrature of what they are said to be."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from scipy import integrate

import fewsteps as fs
from fewsteps.samplers import Step, phi, step_weights

PROCESSES = {"FM": fs.flow_matching(), "VP": fs.vp_linear(), "cosine": fs.trigonometric(), "EDM": fs.edm(5.0)}
each = pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)
NODES = ([0.6], [0.6, 0.75], [0.6, 0.75, 0.8], [0.6, 0.75, 0.8, 0.95], [0.4, 0.6, 0.7], [0.5])


def test_phi_against_its_series_in_many_digits():
    """The series is the integral's, term by term; 60 digits outlast its cancellation."""
    with mpmath.workdps(60):
        for m in range(7):
            for z in (-20.0, -9.0, -2.0, -1.999, -1e-3, -1e-9, 0.0, 1e-12, 0.3, 1.999, 2.0, 7.0, 20.0):
                want = sum(mpmath.mpf(z) ** k / mpmath.factorial(k + m) for k in range(140))
                assert abs(phi(m, z) / want - 1) < 1e-14, (m, z)
    assert phi(3, np.zeros((2, 0))).shape == (2, 0)


def test_phi_refuses():
    with pytest.raises(ValueError, match="z must be at most 709"):
        phi(1, 710.0)
    with pytest.raises(ValueError, match="m must be at least 0"):
        phi(-1, 0.0)


def lagrange(nodes, j, at):
    others = [node for i, node in enumerate(nodes) if i != j]
    return np.prod([(at - one) / (nodes[j] - one) for one in others])


def by_quadrature(process, s, t, nodes, form, variable, gamma=0.0):
    """Keep and weights by quadrature in half-log-SNR, with Lagrange polynomials written out."""

    def ell(time):
        return float(process.half_log_snr(time))

    def coordinate(level):
        if variable == "time":
            return process.time_at(level)
        return level if variable == "log-snr" else np.exp(-level)

    at = [coordinate(ell(node)) for node in nodes]

    def rate(level):
        if form == "noise":
            return -process.alpha(t) * np.exp(-level)
        return (1 + gamma**2) * process.sigma(t) * np.exp((1 + gamma**2) * level - gamma**2 * ell(t))

    keep = process.alpha(t) / process.alpha(s) if form == "noise" else process.sigma(t) / process.sigma(s)
    keep *= np.exp(-(gamma**2) * (ell(t) - ell(s)))
    places, rule = np.polynomial.legendre.leggauss(24)
    weights = np.zeros(len(nodes))
    for level, share in zip(ell(s) + (ell(t) - ell(s)) * (places + 1) / 2, rule * (ell(t) - ell(s)) / 2, strict=True):
        here = coordinate(level)
        weights += share * rate(level) * np.array([lagrange(at, j, here) for j in range(len(nodes))])
    return float(keep), weights


@each
@pytest.mark.parametrize("nodes", NODES, ids=len)
@pytest.mark.parametrize(
    ("form", "variable", "gamma"),
    [("noise", "log-snr", 0.0), ("noise", "noise", 0.0), ("noise", "time", 0.0)]
    + [("data", "log-snr", gamma) for gamma in (0.0, 0.7, 1.0)],
)
def test_weights_are_integrals_of_lagrange_polynomials(process, nodes, form, variable, gamma):
    keep, weights = by_quadrature(process, 0.6, 0.45, nodes, form, variable, gamma)
    step = step_weights(process, 0.6, 0.45, nodes, form, variable, gamma=gamma)
    np.testing.assert_allclose(step.keep, keep, rtol=1e-12)
    np.testing.assert_allclose(step.weights, weights, rtol=1e-9, atol=1e-11 * max(map(abs, weights)))


@each
@pytest.mark.parametrize("variable", ["time", "noise"])
def test_a_step_to_the_data_in_time_and_in_noise(process, variable):
    """sigma = 0 is no end for them; in time the rate of sigma/alpha is infinite there if sigma grows like a root."""
    nodes, end = [0.2, 0.3, 0.45], 0.0
    moment = {"noise": lambda kappa: kappa, "time": lambda kappa: process.time_at(-np.log(kappa)) if kappa else 0.0}
    at = [moment[variable](float(process.sigma(node) / process.alpha(node))) for node in nodes]
    start = float(process.sigma(0.2) / process.alpha(0.2))

    def values(kappa):
        return np.array([lagrange(at, j, moment[variable](kappa)) for j in range(3)])

    want = -process.alpha(end) * integrate.quad_vec(values, 0, start, epsrel=1e-11)[0]
    step = step_weights(process, 0.2, end, nodes, variable=variable)
    np.testing.assert_allclose(step.weights, want, rtol=1e-9)


@each
@pytest.mark.parametrize("form", ["noise", "data"])
def test_predictions_that_are_constant_make_ddim(process, form):
    """The weights add up to DDIM's coefficient whatever the nodes, and in every variable."""
    alpha, sigma = process.alpha(np.array([0.6, 0.45])), process.sigma(np.array([0.6, 0.45]))
    keep = {"noise": alpha[1] / alpha[0], "data": sigma[1] / sigma[0]}[form]
    total = {"noise": sigma[1] - keep * sigma[0], "data": alpha[1] - keep * alpha[0]}[form]
    for nodes in NODES:
        for variable in ("log-snr", "noise", "time") if form == "noise" else ("log-snr",):
            for simple in (False, True) if len(nodes) == 2 and variable == "log-snr" else (False,):
                step = step_weights(process, 0.6, 0.45, nodes, form, variable, simple)
                np.testing.assert_allclose([step.keep, sum(step.weights)], [keep, total], rtol=1e-12)
                assert step.fresh == 0


def test_on_equal_steps_of_sigma_they_are_those_of_adams_and_bashforth():
    known = {2: "3/2 -1/2", 3: "23/12 -16/12 5/12", 4: "55/24 -59/24 37/24 -9/24"}
    for n, constants in known.items():
        want = [-0.5 * float(Fraction(one)) for one in constants.split()]
        for variable in ("noise", "time"):
            step = step_weights(fs.edm(), 3.0, 2.5, 3.0 + 0.5 * np.arange(n), variable=variable)
            np.testing.assert_allclose(step.weights, want, rtol=1e-12)


def test_fresh_noise_of_the_reverse_equation():
    """With gamma = 1 and one value it is the bridge of ancestral sampling; the variance is kept for every gamma."""
    process = fs.vp_linear()
    step = step_weights(process, 0.6, 0.45, form="data", gamma=1.0)
    want = fs.solvers.ancestral_weights(process, 0.6, 0.45)
    np.testing.assert_allclose([step.keep, *step.weights, step.fresh], want, rtol=1e-12)
    for gamma in (0.0, 0.3, 1.0, 2.5):
        step = step_weights(process, 0.6, 0.45, form="data", gamma=gamma)
        spread = step.keep**2 * process.var(0.6) + step.fresh**2
        np.testing.assert_allclose(spread, process.var(0.45), rtol=1e-12)


def test_the_simple_weights_are_those_of_the_papers():
    process = fs.vp_linear()
    s, t, before = 0.6, 0.45, 0.7
    ell = process.half_log_snr(np.array([before, s, t]))
    r = (ell[2] - ell[1]) / (ell[1] - ell[0])
    step = step_weights(process, s, t, [s, before], "data", simple=True)
    total = process.alpha(t) * -np.expm1(-(ell[2] - ell[1]))
    np.testing.assert_allclose(step.weights, [total * (1 + r / 2), -total * r / 2], rtol=1e-12)
    middle = process.time_at((ell[1] + ell[2]) / 2)
    step = step_weights(process, s, t, [s, middle], simple=True)
    total = -process.sigma(t) * np.expm1(ell[2] - ell[1])
    np.testing.assert_allclose(step.weights, [0.0, total], atol=1e-12)


def test_steps_from_no_signal_and_to_no_noise():
    process = fs.flow_matching()
    assert step_weights(process, 1.0, 0.5, form="data") == Step(0.5, [0.5], 0.0)
    assert step_weights(process, 1.0, 0.5, form="data", gamma=1.0) == Step(0.0, [0.5], 0.5)
    assert step_weights(process, 1.0, 0.0, form="data", gamma=1.0) == Step(0.0, [1.0], 0.0)
    assert step_weights(process, 0.5, 0.0) == Step(2.0, [-1.0], 0.0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"t": 0.7}, "times must be strictly decreasing"),
        ({"t": 0.6}, "times must be strictly decreasing"),
        ({"nodes": [0.6, 0.6]}, "nodes must be different"),
        ({"nodes": []}, "nodes must be different"),
        ({"nodes": [0.6, 2.0]}, "t must be at most the horizon"),
        ({"form": "score"}, "form must be one of"),
        ({"variable": "ell"}, "variable must be one of"),
        ({"form": "data", "variable": "time"}, "variable must be 'log-snr' in the data form"),
        ({"gamma": 1.0}, "gamma must be 0 in the noise form"),
        ({"form": "data", "gamma": -1.0}, "gamma must be at least 0"),
        ({"s": 1.0}, "s must have alpha > 0"),
        ({"s": 1.0, "form": "data", "nodes": [1.0, 0.6]}, "half-log-SNR is infinite"),
        ({"t": 0.0, "nodes": [0.6, 0.7]}, "half-log-SNR is infinite"),
        ({"nodes": [0.6, 1.0], "variable": "noise"}, "half-log-SNR is infinite"),
        ({"simple": 1}, "simple must be a bool"),
    ],
)
def test_what_has_no_weights_is_refused(changes, words):
    with pytest.raises((ValueError, TypeError), match=words):
        step_weights(**({"process": fs.flow_matching(), "s": 0.6, "t": 0.45} | changes))


def test_a_step_is_taken_with_all_that_it_needs():
    step, x = Step(0.5, [2.0, 1.0], 0.1), np.ones((3, 2))
    np.testing.assert_allclose(step.taken(x, [x, 2 * x], -x), 0.5 + 2 + 2 - 0.1)
    for values, normals, words in (
        ([x], x, "values must be 2"),
        ([x, x[:1]], x, "each of the values must have the same shape"),
        ([x, x], None, "normals must be given"),
        ([x, x], x[:1], "x and normals must have the same shape"),
    ):
        with pytest.raises(ValueError, match=words):
            step.taken(x, values, normals)


def test_in_time_alpha_zero_may_be_a_node():
    step = step_weights(fs.flow_matching(), 0.6, 0.45, [0.6, 1.0], variable="time")
    _, weights = by_quadrature(fs.flow_matching(), 0.6, 0.45, [0.6, 1.0 - 1e-13], "noise", "time")
    np.testing.assert_allclose(step.weights, weights, rtol=1e-9)


@pytest.mark.parametrize(("s", "t"), [(0.9999, 0.5), (0.999, 0.9), (0.999999, 0.01)])
def test_weights_in_time_near_a_vanishing_signal(s, t):
    """Against the integral of the polynomials in 40 digits; what is lost is the rounding of 1 - s."""
    before = (1 + s) / 2
    step, mp = step_weights(fs.flow_matching(), s, t, [s, before], variable="time"), mpmath.mp
    with mp.workdps(40):
        ends = [mp.mpf(s) - (mp.mpf(s) - mp.mpf(t)) * mp.mpf(4) ** -k for k in range(30)] + [mp.mpf(s)]
        slope = mp.quad(lambda time: (time - s) / (1 - time) ** 2, ends)
        total = mp.mpf(t) / (1 - mp.mpf(t)) - mp.mpf(s) / (1 - mp.mpf(s))
        second = -(1 - mp.mpf(t)) * slope / (mp.mpf(before) - mp.mpf(s))
        first = (1 - mp.mpf(t)) * total - second
    np.testing.assert_allclose(step.weights, [float(first), float(second)], rtol=1e-15 / (1 - s) + 1e-12)
