"""iPNDM and the gains of modes: weights by integration, orders on equal and other grids, against the other samplers."""

from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import sympy as sp

import fewsteps as fs
from fewsteps import grids, samplers
from fewsteps.samplers.equal import ADAMS

EDM = fs.edm()
LAM = np.array([0.0, 0.5, 1.0, 4.0])


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_the_weights_integrate_polynomials(order):
    u = sp.Symbol("u")
    for weight, node in zip(ADAMS[order - 1], range(order), strict=True):
        base = sp.prod([(u + k) / (k - node) for k in range(order) if k != node])
        assert float(sp.integrate(base, (u, 0, 1))) == pytest.approx(weight, rel=1e-15)


@pytest.mark.parametrize("process", [EDM, fs.vp_linear(), fs.flow_matching()], ids=["EDM", "VP", "FM"])
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_equal_steps_are_those_of_deis(process, order):
    """With equal steps in sigma / alpha both interpolate the same polynomial."""
    model = fs.solvers.denoiser_of(fs.GaussianMixture([[-1.0], [2.0]], 0.3), process)
    times = grids.rho(process, 7, 0.1, 0.8, power=1.0)
    x = np.random.default_rng(0).normal(size=(5, 1))
    got = samplers.ipndm(model, process, x, times, order=order)
    want = samplers.deis(model, process, x, times, order=order, variable="noise")
    np.testing.assert_allclose(got, want, rtol=1e-10)


def errors(times_of, order, counts):
    lam = np.array([1.0])
    found = []
    for count in counts:
        times = times_of(count)
        gains = samplers.mode_gains(samplers.ipndm, lam, EDM, times, order=order)
        found.append(abs(gains[0] - np.sqrt((1 + times[-1] ** 2) / (1 + times[0] ** 2))))
    return np.log2(np.array(found[:-1]) / found[1:])


def alternating(count):
    """Steps in the ratio 1 to 3, again and again."""
    steps = np.tile([1.0, 3.0], count // 2)
    return 5.0 - 4.5 * np.concatenate([[0.0], np.cumsum(steps) / steps.sum()])


@pytest.mark.parametrize("order", [2, 3, 4])
def test_orders_fall_with_the_regularity_of_the_grid(order):
    counts = [160, 320, 640, 1280]
    geometric = partial(grids.log_snr, EDM, stop=0.5, start=5.0)
    assert abs(errors(lambda n: geometric(n), order, counts)[-1] - 2) < 0.1
    assert abs(errors(alternating, order, counts)[-1] - 1) < 0.1


def test_alpha_zero_is_left_by_ddim_and_not_remembered():
    process = fs.flow_matching()
    model = fs.solvers.denoiser_of(fs.Gaussian([0.3], [0.5]), process)
    x, times = np.array([[1.2]]), np.array([1.0, 0.7, 0.4])
    first = samplers.ddim(model, process, x, times[:2])
    got = samplers.ipndm(model, process, x, times)
    np.testing.assert_allclose(got, samplers.ddim(model, process, first, times[1:]), rtol=1e-13)


def test_a_model_that_reuses_its_buffer_is_safe():
    times = grids.rho(EDM, 6, 0.1, 5.0)
    buffer = np.zeros(3)

    def model(x, t):
        buffer[:] = np.tanh(x) / (1 + t)
        return buffer

    x = np.array([1.0, -2.0, 4.0])
    for predicts in ("data", "noise"):
        got = samplers.ipndm(model, EDM, x, times, predicts=predicts)
        want = samplers.ipndm(lambda x, t: np.tanh(x) / (1 + t), EDM, x, times, predicts=predicts)
        np.testing.assert_array_equal(got, want)


def test_one_evaluation_a_step_and_refusals():
    model = samplers.Counting(lambda x, t: 0 * x)
    samplers.ipndm(model, EDM, np.ones(2), grids.rho(EDM, 9, 0.1))
    assert model.calls == 9
    with pytest.raises(ValueError, match="order must be"):
        samplers.ipndm(model, EDM, np.ones(2), [2.0, 1.0], order=5)


QUIET = [name for name, row in samplers.METHODS.items() if not row.noisy and name != "paradigms"]


@pytest.mark.parametrize("process", [EDM, fs.vp_linear()], ids=["EDM", "VP"])
@pytest.mark.parametrize("name", QUIET)
def test_gains_are_what_the_sampler_does_to_samples(process, name):
    times = grids.log_snr(process, 6, 0.05 * process.horizon, 0.9 * process.horizon)
    law = fs.Gaussian(np.zeros(4), LAM)
    x = np.random.default_rng(1).normal(size=(7, 4))
    want = samplers.sample(name, fs.solvers.denoiser_of(law, process), process, x, times)
    np.testing.assert_allclose(x * samplers.mode_gains(name, LAM, process, times), want, rtol=1e-10, atol=1e-12)


def test_gains_of_ddim_are_a_product():
    times = np.array([5.0, 2.0, 0.5, 0.0])
    want = np.prod([(LAM[1:] + s * t) / (LAM[1:] + s * s) for s, t in pairwise(times)], axis=0)
    np.testing.assert_allclose(samplers.mode_gains("ddim", LAM, EDM, times)[1:], want, rtol=1e-13)


@pytest.mark.parametrize(
    ("method", "options", "words"),
    [
        ("ddpm", {}, "method must add no noise"),
        ("ddim", {"eta": 0.5}, "method must add no noise"),
        ("ddim", {"clip": (-1, 1)}, "clip must be left out"),
        ("ddim", {"predicts": "noise"}, "predicts must be left out"),
        ("nothing", {}, "method must be one of"),
        (3, {}, "method must be a function"),
    ],
)
def test_what_gains_refuse(method, options, words):
    with pytest.raises((TypeError, ValueError), match=words):
        samplers.mode_gains(method, LAM, EDM, [2.0, 1.0], **options)
    with pytest.raises(ValueError, match="lam must"):
        samplers.mode_gains("ddim", [-1.0], EDM, [2.0, 1.0])
    with pytest.raises(ValueError, match="lam must have shape"):
        samplers.mode_gains("ddim", [[1.0]], EDM, [2.0, 1.0])


@pytest.mark.parametrize(
    ("method", "words"),
    [
        (lambda model, process, x, times: 3 * x**2, "method must be linear"),
        (lambda model, process, x, times: np.full(2, np.nan), "method must give one finite number"),
        (lambda model, process, x, times: np.ones(7), "method must give one finite number"),
    ],
)
def test_samplers_of_one_s_own_are_looked_at(method, words):
    with pytest.raises(ValueError, match=words):
        samplers.mode_gains(method, [1.0, 1.0], EDM, [2.0, 1.0])


def test_noise_of_each_step_is_refused_too():
    with pytest.raises(ValueError, match="method must add no noise"):
        samplers.mode_gains("edm", [1.0], EDM, [2.0, 1.0], gamma=np.array([0.4, 0.3]))
