"""The velocity between two mixtures: Bayes' rule on a grid, the one-sided flow, the continuity equation, torch."""

import numpy as np
import pytest
from scipy import integrate

import fewsteps as fs
from fewsteps.flowmaps.bridges import MixtureBridge

LEFT = fs.GaussianMixture.on_line([-1.0, 0.8], [0.5, 0.3], [0.4, 0.6])
RIGHT = fs.GaussianMixture.on_line([-0.6, 1.5], [0.4, 0.6], [0.7, 0.3])
PROCESS = fs.flow_matching()
COVS = [[[0.5, 0.2], [0.2, 0.3]], [[0.2, -0.1], [-0.1, 0.4]]]
PLANE = fs.GaussianMixture([[-1.0, 0.3], [0.7, -0.5]], COVS, [0.3, 0.7])
OTHER = fs.GaussianMixture([[0.5, 1.0], [0.2, -1.2], [2.0, 0.0]], 0.3)
X = np.random.default_rng(0).standard_normal((7, 2))


@pytest.mark.parametrize("spread", [0.3, 0.6])
@pytest.mark.parametrize("t", [0.0, 0.35, 1.0])
def test_conditional_mean_by_bayes_rule_on_a_grid(t, spread):
    ends = np.linspace(-6, 6, 601)
    joint = np.exp(LEFT.log_prob(ends[:, None]))[:, None] * np.exp(RIGHT.log_prob(ends[:, None]))
    x = np.linspace(-1.5, 1.5, 5)
    alpha, sigma = PROCESS.at(t)[:2]
    gap = x[:, None, None] - alpha * ends[:, None] - sigma * ends
    weights = joint * np.exp(-(gap**2) / (2 * spread**2))
    want = (weights * (ends - ends[:, None])).sum(axis=(1, 2)) / weights.sum(axis=(1, 2))
    got = MixtureBridge(LEFT, RIGHT, PROCESS, spread).velocity(x[:, None], t)[:, 0]
    np.testing.assert_allclose(got, want, atol=1e-11)


@pytest.mark.parametrize("process", [fs.flow_matching(), fs.vp_linear(), fs.trigonometric()])
@pytest.mark.parametrize("law", [PLANE, fs.PointCloud([[0.1, 0.2], [1.0, -1.0]]), fs.Gaussian([0.5, 0.1], [1.0, 0.2])])
def test_standard_normal_base_is_the_probability_flow(law, process):
    bridge = MixtureBridge(law, fs.Gaussian([0.0, 0.0], [1.0, 1.0]), process)
    for t in (0.1, 0.7, 1.0):
        np.testing.assert_allclose(bridge.velocity(X, t), law.velocity(X, *process.at(t)), atol=1e-12)


@pytest.mark.parametrize("spread", [0.0, 0.4])
def test_velocity_carries_one_end_to_the_other(spread):
    bridge = MixtureBridge(LEFT, RIGHT, PROCESS, spread)
    q = (np.arange(9) + 0.5) / 9
    start, end = (fs.quantile(bridge.law(t), q) for t in (1.0, 0.0))

    def rhs(t, x):
        return bridge.velocity(x[:, None], t)[:, 0]

    flow = integrate.solve_ivp(rhs, (1.0, 0.0), start, "DOP853", rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(flow.y[:, -1], end, atol=1e-9)


def test_continuity_equation_in_the_plane():
    bridge, t, h = MixtureBridge(PLANE, OTHER, PROCESS, 0.2), 0.4, 1e-4

    def flux(x):
        return np.exp(bridge.law(t).log_prob(x))[:, None] * bridge.velocity(x, t)

    rate = (np.exp(bridge.law(t + h).log_prob(X)) - np.exp(bridge.law(t - h).log_prob(X))) / (2 * h)
    div = sum((flux(X + h * e)[:, i] - flux(X - h * e)[:, i]) / (2 * h) for i, e in enumerate(np.eye(2)))
    np.testing.assert_allclose(rate, -div, atol=1e-7)


def test_torch_and_shapes():
    torch = pytest.importorskip("torch")
    bridge = MixtureBridge(PLANE, OTHER, PROCESS)
    got = bridge.velocity(torch.asarray(X.reshape(7, 1, 2)), 0.3)
    assert got.shape == (7, 1, 2)
    np.testing.assert_allclose(got[:, 0].numpy(), bridge.velocity(X, 0.3), atol=1e-14)
    assert bridge.velocity(torch.asarray(X, dtype=torch.float32), 0.3).dtype == torch.float32


def test_the_door():
    with pytest.raises(ValueError, match="one dimension"):
        MixtureBridge(LEFT, PLANE, PROCESS)
    with pytest.raises(ValueError, match="spread"):
        MixtureBridge(LEFT, RIGHT, PROCESS, -0.1)
    with pytest.raises(ValueError, match="infinite"):
        MixtureBridge(LEFT, RIGHT, fs.vp_linear()).velocity([[0.0]], 0.0)
    with pytest.raises(ValueError, match="shape"):
        MixtureBridge(LEFT, RIGHT, PROCESS).velocity([[0.0, 1.0]], 0.5)
    with pytest.raises(ValueError, match="density"):
        MixtureBridge(fs.PointCloud([[0.0], [1.0]]), RIGHT, PROCESS).velocity([[0.0]], 0.0)
