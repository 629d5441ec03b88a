"""Students of one map, the trainer that fits them, and how steep the flow is at samples."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from fewsteps import GaussianMixture, ornstein_uhlenbeck  # noqa: E402
from fewsteps.distill import MapNet, TokenTransformer, stored_pairs, train_regression  # noqa: E402
from fewsteps.stability import Steepness, typical_steepness  # noqa: E402


def test_a_perceptron_by_hand():
    net = MapNet(3, width=5, depth=3, activations=("relu", "requ"), seed=2).double()
    x = torch.randn((4, 3), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    layers = [(layer.weight, layer.bias) for layer in net.layers]
    y = torch.clamp(x @ layers[0][0].T + layers[0][1], min=0)
    y = torch.clamp(y @ layers[1][0].T + layers[1][1], min=0) ** 2
    y = torch.clamp(y @ layers[2][0].T + layers[2][1], min=0)
    torch.testing.assert_close(net(x), y @ layers[3][0].T + layers[3][1])


def test_weights_hang_on_the_seed_alone():
    state = torch.random.get_rng_state()
    for make in (
        lambda seed: MapNet(3, width=5, seed=seed),
        lambda seed: TokenTransformer(4, d_model=8, heads=2, seed=seed),
    ):
        one, same, other = (torch.cat([p.ravel() for p in make(seed).parameters()]) for seed in (1, 1, 2))
        assert torch.equal(one, same)
        assert not torch.equal(one, other)
    assert torch.equal(state, torch.random.get_rng_state())


def test_a_transformer_mixes_coordinates_and_knows_their_places():
    net, x = (
        TokenTransformer(4, d_model=8, heads=2, blocks=2),
        torch.randn((1, 4), generator=torch.Generator().manual_seed(0)),
    )
    jacobian = torch.autograd.functional.jacobian(lambda y: net(y)[0], x)[:, 0]
    assert bool((jacobian.abs() > 1e-6).all())
    turned = net(x[:, [1, 0, 2, 3]])[:, [1, 0, 2, 3]]
    assert float((turned - net(x)).abs().max()) > 1e-4


def test_least_squares_are_found():
    rng = np.random.default_rng(0)
    x, matrix = rng.standard_normal((512, 3)), rng.standard_normal((3, 3))
    net = MapNet(3, width=64, depth=1, activations=["relu"])
    losses = train_regression(net, stored_pairs(x, x @ matrix.T), steps=1500, batch=256, lr=1e-2)
    assert losses[-50:].mean() < 2e-3 * losses[0]
    again = MapNet(3, width=64, depth=1, activations=["relu"])
    np.testing.assert_allclose(
        train_regression(again, stored_pairs(x, x @ matrix.T), steps=5, batch=256, lr=1e-2), losses[:5]
    )


def test_the_first_loss_is_that_of_the_start():
    net, x = MapNet(2, width=4), np.ones((8, 2))
    with torch.no_grad():
        want = float(((net(torch.ones(8, 2)) - 2) ** 2).sum(-1).mean())
    np.testing.assert_allclose(train_regression(net, stored_pairs(x, 2 * x), steps=1, batch=8)[0], want, rtol=1e-6)


def test_caps_hold_for_matrices_alone():
    x = np.random.default_rng(0).standard_normal((64, 2))
    net = MapNet(2, width=8)
    train_regression(net, stored_pairs(x, 50 + x), steps=200, batch=32, lr=1e-2, cap=0.05)
    assert max(float(p.detach().abs().max()) for p in net.parameters() if p.ndim > 1) <= np.float32(0.05)
    assert max(float(p.detach().abs().max()) for p in net.parameters() if p.ndim == 1) > 0.5


def test_progress_and_errors():
    x, seen = np.ones((4, 2)), []
    train_regression(MapNet(2, width=4), stored_pairs(x, x), steps=3, progress=lambda *done: seen.append(done))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(ValueError, match="the loss became"):
        train_regression(MapNet(2, width=4), stored_pairs(x, 1e30 * x), steps=3)
    with pytest.raises(ValueError, match=r"net\(inputs\) must have the shape of x"):
        train_regression(torch.nn.Linear(2, 3), stored_pairs(x, x), steps=1)
    with pytest.raises(ValueError, match="inputs must have shape"):
        stored_pairs(np.zeros((0, 2)), np.zeros((0, 2)))
    with pytest.raises(ValueError, match="heads must divide d_model"):
        TokenTransformer(2, d_model=6, heads=4)


def test_typical_steepness_lies_below_the_sharp_one_and_is_that_of_one_component():
    process, times = ornstein_uhlenbeck(2.0, 1.0), np.array([0.0, 0.2, 0.7])
    law = GaussianMixture([[-2.0, 0.0], [2.0, 1.0], [0.0, -2.0]], 0.25 * np.eye(2))
    found = typical_steepness(law, process, times, np.random.default_rng(0), 2000)
    assert np.all(found <= Steepness(law, process).sharp(times))
    one = GaussianMixture([[1.0, 2.0]], 0.25 * np.eye(2))
    np.testing.assert_allclose(
        typical_steepness(one, process, times, np.random.default_rng(0)), abs(Steepness(one, process).terms(times)[0])
    )
    level = process.at(0.2)
    x = law.noised(level.alpha, level.sigma).sample(20_000, np.random.default_rng(1))
    a, h = law.velocity(x, *level), 1e-5
    columns = [(law.velocity(x + h * e, *level) - law.velocity(x - h * e, *level)) / (2 * h) for e in np.eye(2)]
    assert a.shape == x.shape
    norms = np.linalg.norm(np.stack(columns, axis=-1), ord=2, axis=(1, 2))
    assert abs(found[1] - norms.mean()) < 5 * norms.std() / np.sqrt(2000)
