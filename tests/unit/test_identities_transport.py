"""Continuity and Fokker-Planck equations for every forward process, at random points and times."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import seeds

import fewsteps as fs
import fewsteps.identities as ids

PROCESSES = {
    "vp_linear": fs.vp_linear(),
    "vp_cosine": fs.vp_cosine(),
    "sub_vp": fs.sub_vp(),
    "ve": fs.ve(),
    "edm": fs.edm(),
    "flow_matching": fs.flow_matching(),
    "trigonometric": fs.trigonometric(),
    "ornstein_uhlenbeck": fs.ornstein_uhlenbeck(),
    "from_drift": fs.from_drift(lambda t: -0.5 * (1 + t), lambda t: 1 + t, 2.0),
    "from_half_log_snr": fs.from_half_log_snr(lambda t: 3 - 4 * t, lambda t: -4 + 0 * t, 1.5),
}
LAW = fs.GaussianMixture([[-0.8, 0.2], [0.6, -0.4]], [[[0.8, 0.3], [0.3, 0.6]], [[0.5, -0.1], [-0.1, 0.9]]], [0.4, 0.6])
processes = pytest.mark.parametrize("name", PROCESSES)


def random_law(seed):
    rng = np.random.default_rng(seed)
    K, d = rng.integers(1, 5), rng.integers(1, 4)
    means, roots = rng.standard_normal((K, d)), rng.standard_normal((K, d, d))
    covs = roots @ np.swapaxes(roots, 1, 2) / d + 0.05 * np.eye(d)
    laws = fs.GaussianMixture(means, covs), fs.PointCloud(means), fs.Gaussian(means[0], covs[0])
    return laws[rng.integers(3)]


def scale(law, process, x, t):
    """Size of the terms that cancel: g^2 times squared score and Hessian, and f times score and x."""
    level = process.at(t)
    score = law.score(x, *level[:2])
    flow = abs(law.jacobian(x, *level)).sum(axis=(-2, -1)) + abs(law.velocity(x, *level) * score).sum(axis=-1)
    second = abs(law.hessian(x, *level[:2])).sum(axis=(-2, -1)) + (score**2).sum(axis=-1)
    return 1 + flow + float(process.g2(t)) * second + abs(float(process.f(t))) * (law.d + abs(x * score).sum(axis=-1))


@processes
@given(seed=seeds, share=st.floats(0.05, 0.95), gamma=st.floats(0.0, 2.0))
def test_marginals_are_transported(name, seed, share, gamma):
    process, law = PROCESSES[name], random_law(seed)
    t = share * process.horizon
    x = law.sample(6, np.random.default_rng(seed), *process.at(t)[:2])
    size = scale(law, process, x, t).max()
    assert ids.continuity(law, process, x, t).agrees(atol=1e-10 * size)
    assert ids.fokker_planck(law, process, x, t).agrees(atol=1e-10 * size)
    for value in (0.0, 1.0, gamma):
        assert ids.reverse_fokker_planck(law, process, x, t, value).agrees(atol=1e-10 * (1 + value**2) * size)


@processes
def test_to_ten_digits_at_moderate_noise(name):
    """No scale: a 2-D mixture where sigma is of the size of the data."""
    process = PROCESSES[name]
    t = process.time_at(np.log(0.8))
    x = LAW.sample(50, np.random.default_rng(0), *process.at(t)[:2])
    pairs = [ids.reverse_fokker_planck(LAW, process, x, t, gamma) for gamma in (0, 0.5, 1, 2)]
    pairs += [ids.continuity(LAW, process, x, t), ids.fokker_planck(LAW, process, x, t)]
    for pair in pairs:
        assert pair.agrees(atol=1e-10)
        assert np.abs(pair.left.value).max() > 1e-3
    # the clocks of the reverse family and of the forward equation run against each other
    np.testing.assert_allclose(pairs[0].left.value, -pairs[-1].left.value, rtol=0, atol=0)


@processes
def test_left_side_by_finite_differences(name):
    process, h = PROCESSES[name], 1e-5
    t = process.time_at(np.log(0.8))
    x = LAW.sample(20, np.random.default_rng(1), *process.at(t)[:2])
    step = h * process.horizon
    later, before = (LAW.log_prob(x, *process.at(t + sign * step)[:2]) for sign in (1, -1))
    slope = (later - before) / (2 * step)
    for pair in (ids.continuity(LAW, process, x, t), ids.fokker_planck(LAW, process, x, t)):
        np.testing.assert_allclose(pair.left.value, slope, atol=1e-6, rtol=1e-6)
        np.testing.assert_allclose(pair.right.value, slope, atol=1e-6, rtol=1e-6)


def test_right_sides_by_finite_differences_of_fluxes():
    """-d/dx of the drift's flux and g^2/2 d^2/dx^2 of the density, for the density itself, on the line."""
    law, process, t, h = fs.GaussianMixture.on_line([-1.0, 1.0], 0.5), PROCESSES["vp_linear"], 0.3, 1e-4
    x = np.linspace(-2, 2, 9)[:, None]
    f, g2 = float(process.f(t)), float(process.g2(t))

    def p(y):
        return np.exp(law.log_prob(y, *process.at(t)[:2]))

    def score(y):
        return law.score(y, *process.at(t)[:2])[:, 0]

    def change(flux):
        return (flux(x + h) - flux(x - h)) / (2 * h)

    bend = (p(x + h) - 2 * p(x) + p(x - h)) / h**2
    forward = (-change(lambda y: f * y[:, 0] * p(y)) + g2 / 2 * bend) / p(x)
    np.testing.assert_allclose(ids.fokker_planck(law, process, x, t).right.value, forward, atol=1e-5)
    for gamma in (0.0, 0.7, 1.5):
        pull = (1 + gamma**2) / 2 * g2
        gain = change(lambda y, pull=pull: (f * y[:, 0] - pull * score(y)) * p(y)) + gamma**2 * g2 / 2 * bend
        reverse = ids.reverse_fokker_planck(law, process, x, t, gamma)
        np.testing.assert_allclose(reverse.right.value, gain / p(x), atol=1e-5)


@processes
def test_wrong_processes_are_rejected(name):
    """A doubled g^2, a drift of the other sign, and a velocity of another clock."""
    process = PROCESSES[name]
    t = process.time_at(np.log(0.8))
    x = LAW.sample(50, np.random.default_rng(0), *process.at(t)[:2])
    level = process.at(t)
    doubled = SimpleNamespace(at=process.at, f=process.f, g2=lambda t: 2 * process.g2(t))
    flipped = SimpleNamespace(at=process.at, f=lambda t: 0.1 - process.f(t), g2=process.g2)
    assert not ids.fokker_planck(LAW, doubled, x, t).agrees(atol=1e-3)
    assert not ids.fokker_planck(LAW, flipped, x, t).agrees(atol=1e-3)
    for gamma in (0, 1, 2):
        assert not ids.reverse_fokker_planck(LAW, doubled, x, t, gamma).agrees(atol=1e-3)
        assert not ids.reverse_fokker_planck(LAW, flipped, x, t, gamma).agrees(atol=1e-3)
    # a law whose velocity belongs to other rates than its time derivative
    crooked = SimpleNamespace(
        score=LAW.score,
        time_derivative=LAW.time_derivative,
        velocity=lambda x, *level: 1.1 * LAW.velocity(x, *level),
        divergence=LAW.divergence,
    )
    assert not ids.continuity(crooked, process, x, t).agrees(atol=1e-3)
    assert level.d_var != 0


def test_ends():
    """Continuity holds where the drift is infinite, and at clean data with a density."""
    process, x = fs.flow_matching(), np.array([[0.3, -0.2]])
    assert ids.continuity(LAW, process, x, 1.0).agrees()
    assert ids.continuity(LAW, process, x, 0.0).agrees()
    with pytest.raises(ValueError, match="f is infinite"):
        ids.fokker_planck(LAW, process, x, 1.0)
    with pytest.raises(ValueError, match="f is infinite"):
        ids.reverse_fokker_planck(LAW, process, x, 1.0)
    with pytest.raises(ValueError, match="sigma must be positive"):
        ids.continuity(fs.PointCloud([[0.0, 0.0]]), process, x, 0.0)
    with pytest.raises(ValueError, match="t must be at most the horizon"):
        ids.continuity(LAW, process, x, 1.5)
    with pytest.raises(ValueError, match="gamma must be at least 0"):
        ids.reverse_fokker_planck(LAW, process, x, 0.5, gamma=-1)


def test_shapes_and_kinds():
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).standard_normal((3, 4, 2))
    for equation in (ids.continuity, ids.fokker_planck, ids.reverse_fokker_planck):
        ours, theirs = equation(LAW, fs.vp_linear(), x, 0.3), equation(LAW, fs.vp_linear(), torch.as_tensor(x), 0.3)
        assert ours.left.value.shape == ours.right.value.shape == (3, 4)
        assert theirs.agrees(atol=1e-10)
        np.testing.assert_allclose(theirs.right.value.numpy(), ours.right.value, atol=1e-11)
        single = equation(LAW, fs.vp_linear(), x.astype(np.float32), 0.3)
        assert single.left.value.dtype == single.right.value.dtype == np.float32
