"""Networks with explicit weights: exact gadgets, their sizes by hand, error bounds, and the score at full size."""

import numpy as np
import pytest
from mpmath import mp, mpf
from scipy.sparse import csr_array
from scipy.special import softmax

import fewsteps as fs
from fewsteps import constructive as co

OU = fs.ornstein_uhlenbeck(5.0, 1.0)
RNG = np.random.default_rng


def points(n=200, d=1, size=10.0, seed=0):
    return RNG(seed).uniform(-size, size, (n, d))


def dense(net):
    """The same function, by torch."""
    torch = pytest.importorskip("torch")

    def call(x):
        h = torch.as_tensor(x, dtype=torch.float64)
        for weight, shift, activation in net.layers:
            h = torch.relu(h @ torch.as_tensor(weight.toarray()).T - torch.as_tensor(shift))
            h = h**2 if activation == "requ" else h
        return (h @ torch.as_tensor(net.output.toarray()).T).numpy()

    return call


def test_networks_against_torch_and_by_hand():
    rng = RNG(0)
    layers = [
        (rng.standard_normal((4, 3)), rng.standard_normal(4), "relu"),
        (rng.standard_normal((5, 4)), rng.standard_normal(5), "requ"),
    ]
    net = co.Network(layers, rng.standard_normal((2, 5)))
    x = points(50, 3)
    h = np.maximum(x @ layers[0][0].T - layers[0][1], 0)
    h = np.maximum(h @ layers[1][0].T - layers[1][1], 0) ** 2
    np.testing.assert_allclose(net(x), h @ net.output.toarray().T, rtol=1e-13)
    np.testing.assert_allclose(dense(net)(x), net(x), rtol=1e-12)
    assert net(x[0]).shape == (2,)
    assert net(x.reshape(5, 10, 3)).shape == (5, 10, 2)
    assert net.size()[:3] == (2, 5, 12 + 4 + 20 + 5 + 10)
    assert net.size().largest == max(
        np.abs(part).max() for part in (*layers[0][:2], *layers[1][:2], net.output.toarray())
    )


def test_sizes_count_entries_that_are_not_zero():
    net = co.Network([([[1.0, 0.0], [0.0, -3.0]], [0.0, 0.5], "relu")], csr_array([[0.0, 2.0]]))
    assert net.size() == (1, 2, 4, 3.0)
    assert net.within(1, 2, 4, 3.0)
    for smaller in ((0, 2, 4, 3.0), (1, 1, 4, 3.0), (1, 2, 3, 3.0), (1, 2, 4, 2.9)):
        assert not net.within(*smaller)


def test_networks_of_other_shapes_are_refused():
    good = ([[1.0, 2.0]], [0.0], "relu")
    for layers, output, words in (
        ([([[1.0, 2.0]], [0.0, 1.0], "relu")], [[1.0]], "W and v must fit"),
        ([good, ([[1.0, 2.0]], [0.0], "relu")], [[1.0]], "W and v must fit 1 inputs"),
        ([good], [[1.0, 2.0]], "output must have 1 columns"),
        ([([[1.0, 2.0]], [0.0], "tanh")], [[1.0]], "activation must be"),
        ([([[1.0, np.inf]], [0.0], "relu")], [[1.0]], "W"),
        ([good], csr_array([[np.nan]]), "output must be finite"),
        ([good], [1.0], "output must be a matrix"),
    ):
        with pytest.raises(ValueError, match=words):
            co.Network(layers, output)
    with pytest.raises(ValueError, match=r"x must have shape \(..., 2\)"):
        co.Network([good], [[1.0]])([1.0])


def test_forms_are_linear_and_know_their_layer():
    builder = co.Builder(2)
    x, y = builder.inputs
    form = (3 - 2 * (x - y / 4) + 1) * 0.5
    assert form.parts == {0: -1.0, 1: 0.25}
    assert form.constant == 2.0
    assert (x - x).parts == {}
    layer = builder.layer("relu")
    unit = layer.unit(form)
    with pytest.raises(ValueError, match="other must be of layer 0"):
        x + unit
    with pytest.raises(ValueError, match="form must be of layer 0"):
        layer.unit(unit)
    with pytest.raises(ValueError, match="outputs must be of layer 1"):
        builder.network([x])
    with pytest.raises(ValueError, match="outputs must have no constants"):
        builder.network([unit + 1])
    builder.layer("requ")
    with pytest.raises(ValueError, match="layers must have units"):
        builder.network([])


@pytest.mark.parametrize("activation", ["relu", "requ"])
def test_carrying_is_exact_and_counted(activation):
    for nonnegative, units in ((False, {"relu": 2, "requ": 4}), (True, {"relu": 1, "requ": 3})):
        builder = co.Builder(1)
        net = builder.network([co.carry(builder.layer(activation), builder.inputs[0], nonnegative)])
        x = abs(points()) if nonnegative else points()
        np.testing.assert_allclose(net(x), x, rtol=1e-14, atol=1e-14)
        assert net.size().width == units[activation]


def test_squares_and_products_are_exact():
    builder = co.Builder(2)
    net = builder.network([co.product(builder.layer("requ"), *builder.inputs)])
    x = points(300, 2)
    np.testing.assert_allclose(net(x)[:, 0], x[:, 0] * x[:, 1], atol=1e-13)
    assert net.size() == (1, 4, 8 + 4, 1.0)
    builder = co.Builder(1)
    net = builder.network([co.square(builder.layer("requ"), builder.inputs[0])])
    np.testing.assert_array_equal(net(x[:, :1]), x[:, :1] ** 2)
    with pytest.raises(ValueError, match="layer must have requ units"):
        co.product(co.Builder(1).layer("relu"), *[builder.inputs[0]] * 2)


@pytest.mark.parametrize("K", [1, 2, 3, 5, 8, 20, 33])
def test_maxima_are_exact_and_small(K):
    builder = co.Builder(K)
    top = co.maximum(builder, builder.inputs)
    net, x = builder.network([top]), points(200, K)
    np.testing.assert_allclose(net(x)[:, 0], x.max(axis=1), rtol=1e-14, atol=1e-14)
    assert net.size().depth == int(np.ceil(np.log2(K)))
    assert net.size().width <= (3 * K + 1) // 2 + 1


def test_clips_need_a_constant_at_the_output():
    builder = co.Builder(1)
    layer = builder.layer("relu")
    clipped = co.clip_below(layer, builder.inputs[0], -2.0)
    with pytest.raises(ValueError, match="outputs must have no constants"):
        builder.network([clipped])
    net = builder.network([clipped + 2.0 + co.constant(layer, builder.inputs[0], -2.0)])
    np.testing.assert_allclose(net(points())[:, 0], np.maximum(points()[:, 0], -2.0), atol=1e-15)
    assert net.size().width == 2


@pytest.mark.parametrize("q", [1, 2, 5, 12, 20])
def test_exponentials_err_to_one_side_by_what_is_said(q):
    builder = co.Builder(1)
    net = builder.network(co.exponential(builder, builder.inputs, q))
    u = -np.linspace(0, min(2.0**q, 40.0), 4001)[:, None]
    gap, rounding = np.exp(u) - net(u), 2.0**q * 4e-16
    assert gap.min() > -rounding
    assert gap.max() <= 4 * np.exp(-2) / 2**q + rounding
    assert gap.max() > 0.3 * 4 * np.exp(-2) / 2**q
    assert net.size()[:2] == (q, 1)


@pytest.mark.parametrize(("high", "n"), [(40.0, 8), (40.0, 10), (1.0, 10), (3.0, 1)])
def test_reciprocals_miss_by_exactly_a_power(high, n):
    builder = co.Builder(1)
    net = builder.network([co.reciprocal(builder, builder.inputs[0], high, n)])
    z = np.linspace(high / 80, high, 500)[:, None]
    np.testing.assert_allclose(1 - z * net(z), (1 - z / high) ** (2**n), atol=1e-12)
    assert net.size().depth == n
    assert net.size().width <= 5


@pytest.mark.parametrize("m", [1, 3, 6, 10])
def test_squares_by_relu_alone(m):
    builder = co.Builder(1)
    net = builder.network([co.relu_square(builder, builder.inputs[0], m)])
    x = np.linspace(0, 1, 5001)[:, None]
    gap = net(x) - x**2
    assert gap.min() > -1e-15
    np.testing.assert_allclose(gap.max(), 4.0 ** -(m + 1), rtol=1e-3)
    assert {activation for _, _, activation in net.layers} == {"relu"}


@pytest.mark.parametrize("K", [2, 5, 20])
@pytest.mark.parametrize("error", [0.5, 1e-2, 1e-5])
def test_softmax_networks_keep_their_bound(K, error):
    net = co.softmax_network(K, error)
    x = np.vstack([points(400, K, 30.0), points(400, K, 1.0), np.eye(K) * 200, np.zeros((1, K)), points(5, K, 1e4)])
    off = np.abs(net(x) - softmax(x, axis=1)).sum(axis=1).max()
    assert off <= error
    assert off > error / 300


def test_truncation_is_sharp():
    K, M = 5, 6.0
    bound = 2 * (K - 1) * np.exp(-M) / (1 + (K - 1) * np.exp(-M))
    far = np.array([0.0, *[-50.0] * (K - 1)])
    np.testing.assert_allclose(np.abs(co.truncated_softmax(far, M) - softmax(far)).sum(), bound, rtol=1e-12)
    x = points(2000, K, 12.0)
    assert np.abs(co.truncated_softmax(x, M) - softmax(x, axis=1)).sum(axis=1).max() <= bound
    np.testing.assert_allclose(co.truncated_softmax(x + 1e6, 50.0), softmax(x, axis=1), atol=1e-9)


def law(std, d=3, K=4, seed=0):
    rng = RNG(seed)
    return fs.GaussianMixture(rng.uniform(-3, 3, (K, d)), std**2 * np.eye(d), rng.dirichlet(np.full(K, 2.0)))


@pytest.mark.parametrize("std", [0.1, 0.5, 1.5])
@pytest.mark.parametrize("t", [0.0, 0.1, 0.6])
@pytest.mark.parametrize("error", [1e-1, 1e-3, 1e-5])
def test_score_networks_keep_their_bound_everywhere(std, t, error):
    mixture, level = law(std), OU.at(t)
    net = co.score_network(mixture, OU, t, error)
    n = level.alpha**2 * std**2 + level.sigma**2
    x = np.vstack(
        [mixture.noised(level.alpha, level.sigma).sample(300, RNG(1)), points(300, 3, 5.0), points(20, 3, 100.0)]
    )
    off = np.linalg.norm(net(x) - mixture.score(x, level.alpha, level.sigma), axis=1).max()
    bound = level.alpha / n * np.linalg.norm(mixture.means, axis=1).max() * error
    assert off <= bound + 1e-9 / n
    assert net.size().width <= 4 * 3 + 3 * 4 + 5


def released():
    torch = pytest.importorskip("torch")
    return 10 * torch.rand((20, 64), generator=torch.Generator().manual_seed(0)).double().numpy() - 5


@pytest.mark.parametrize("std", [0.01, 0.1, 1.0])
def test_the_score_at_full_size(std):
    """All fifteen cells of the source's Table 1: at most 1e-8 with at most 53,000 non-zeros."""
    mixture = fs.GaussianMixture(released(), std**2 * np.eye(64))
    np.testing.assert_allclose(fs.stability.separation(mixture), 40.9973, atol=5e-5)
    for t in (0.1, 0.3, 0.5, 0.7, 0.9):
        net, level = co.score_network(mixture, OU, t, 1e-4), OU.at(t)
        assert net.within(35, 336, 53_000, 204.0)
        x = mixture.noised(level.alpha, level.sigma).sample(1500, RNG(2))
        want = mixture.score(x, level.alpha, level.sigma)
        assert ((net(x) - want) ** 2).sum() <= 1e-8 * (want**2).sum()


def test_rounding_of_the_squarings_is_small():
    """The same matrices with 50 digits."""
    net, x = co.score_network(law(0.3, d=2, K=3), OU, 0.05, 1e-5), points(3, 2, 1.0)
    for row, got in zip(x, net(x), strict=True):
        with mp.workdps(50):
            h = [mpf(float(v)) for v in row]
            for weight, shift, activation in net.layers:
                rows = [
                    sum(mpf(float(w)) * h[j] for w, j in zip(weight[[i]].data, weight[[i]].indices, strict=True))
                    for i in range(len(shift))
                ]
                h = [max(a - mpf(float(b)), mpf(0)) for a, b in zip(rows, shift, strict=True)]
                h = [v * v for v in h] if activation == "requ" else h
            output = net.output.toarray()
            want = [float(sum(mpf(float(w)) * v for w, v in zip(line, h, strict=True))) for line in output]
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-8)


@pytest.mark.parametrize(("std", "worst"), [(0.5, 20.0), (0.2, 500.0), (1.3, 60.0)])
def test_one_network_for_all_times(std, worst):
    mixture = law(std, d=2, K=3)
    errors = []
    for error in (1e-1, 1e-2, 1e-3, 1e-4):
        net, worse = co.score_network_in_time(mixture, OU, error), 0.0
        for t in (0.0, 0.02, 0.1, 0.4, 1.0):
            level = OU.at(t)
            x = mixture.noised(level.alpha, level.sigma).sample(400, RNG(3))
            off = net(np.c_[x, np.full(len(x), t)]) - mixture.score(x, level.alpha, level.sigma)
            worse = max(worse, float(np.sqrt((off**2).sum(axis=1).mean())))
        errors.append(worse / error)
        assert net.size().width <= 60
    assert max(errors) <= worst


def test_laws_and_processes_that_are_refused():
    mixture = law(0.5)
    uneven = fs.GaussianMixture([[0.0], [1.0]], [[[1.0]], [[2.0]]])
    with pytest.raises(ValueError, match="law must have round components"):
        co.score_network(uneven, OU, 0.1, 0.1)
    nearly = fs.GaussianMixture([[0.0], [1.0]], [[[1.0]], [[1.0 + 1e-9]]])
    with pytest.raises(ValueError, match="law must have round components"):
        co.score_network(nearly, OU, 0.1, 0.1)
    with pytest.raises(ValueError, match="law must have at least two components"):
        co.score_network(fs.Gaussian([0.0], [1.0]), OU, 0.1, 0.1)
    with pytest.raises(ValueError, match="t must be a time at which the law has a density"):
        co.score_network(fs.PointCloud([[0.0], [1.0]]), OU, 0.0, 0.1)
    with pytest.raises(ValueError, match="process must be ornstein_uhlenbeck"):
        co.score_network_in_time(mixture, fs.vp_linear(), 0.1)
    close = fs.Diffusion(
        lambda t: np.exp(-5 * t - 1e-5 * t * (1 - t)),
        lambda t: 1 - np.exp(-10 * t - 2e-5 * t * (1 - t)),
        lambda t: 0 * t,
        lambda t: 0 * t,
        1.0,
    )
    with pytest.raises(ValueError, match="process must be ornstein_uhlenbeck"):
        co.score_network_in_time(mixture, close, 0.1)
    with pytest.raises(ValueError, match="law must have components of positive variance"):
        co.score_network_in_time(fs.PointCloud([[0.0], [1.0]]), OU, 0.1)
    for error in (0.0, 1.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="error"):
            co.score_network(mixture, OU, 0.1, error)
