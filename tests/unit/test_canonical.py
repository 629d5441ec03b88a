"""The flow of round mixtures in canonical coordinates, against 50 digits, quantiles, a solver in t and autograd."""

import numpy as np
import pytest
from mpmath import mp, mpf

from fewsteps import Gaussian, GaussianMixture, PointCloud, edm, flow_matching, ornstein_uhlenbeck
from fewsteps.flowmaps import CanonicalFlowMap, GaussianFlowMap, LineFlowMap, NumericalFlowMap

OU = ornstein_uhlenbeck(5.0, 1.0)
MEANS, WEIGHTS = np.array([-4.0, 1.0, 5.0]), np.array([0.2, 0.3, 0.5])


def on_line(lam, means=MEANS, weights=WEIGHTS):
    return GaussianMixture(means[:, None], [[lam]], weights)


def in_plane(lam=0.25, k=4, d=2, seed=0):
    rng = np.random.default_rng(seed)
    return GaussianMixture(rng.uniform(-3, 3, (k, d)), lam * np.eye(d), rng.dirichlet(np.full(k, 3.0)))


def fifty_digits(lam, x, r, t, means=MEANS, weights=WEIGHTS):
    """The quantile map of the Ornstein-Uhlenbeck process, by bisection with 50 digits."""
    with mp.workdps(60):
        lam = mpf(float(lam))

        def tail(z, time, upper):
            alpha = mp.exp(-5 * mpf(time))
            std = mp.sqrt(alpha**2 * lam + 1 - alpha**2)
            sign = 1 if upper else -1
            parts = [(z - alpha * mpf(float(m))) / (std * mp.sqrt(2)) for m in means]
            return sum(mpf(float(w)) * mp.erfc(sign * part) / 2 for w, part in zip(weights, parts, strict=True))

        upper = tail(mpf(x), r, True) < 0.5
        goal = tail(mpf(x), r, upper)
        low, high = mpf(-40), mpf(40)
        for _ in range(190):
            middle = (low + high) / 2
            above = tail(middle, t, upper) > goal
            low, high = (middle, high) if above == upper else (low, middle)
        return middle


@pytest.mark.parametrize("lam", [1e-2, 1e-4, 1e-8, 1e-12])
def test_against_fifty_digits_where_the_tail_is_one_hot(lam):
    phi = CanonicalFlowMap(on_line(lam), OU)
    x = np.array([-2.0, -0.9, 0.1, 0.7, 1.9])
    want = [fifty_digits(lam, float(v), 1, 0) for v in x]
    got = phi(x[:, None], 1.0, 0.0)[:, 0]
    assert max(abs(mpf(float(a)) - b) for a, b in zip(got, want, strict=True)) < 1e-12
    far = np.abs(got[:, None] - MEANS).min(axis=1)  # where in the component: to digits of its own width
    true = [float(min((b - mpf(float(m)) for m in MEANS), key=abs)) for b in want]
    np.testing.assert_allclose(far, np.abs(true), rtol=1e-9, atol=4e-16 * 5)


def test_two_centres_in_many_dimensions_are_a_line_and_a_scaling():
    rng = np.random.default_rng(3)
    centre, axis = rng.standard_normal((2, 64))
    axis /= np.linalg.norm(axis)
    lam = 1e-6
    law = GaussianMixture([centre - 3 * axis, centre + 4 * axis], lam * np.eye(64), [0.4, 0.6])
    alpha, x = float(OU.alpha(1.0)), rng.standard_normal((6, 64))
    got = CanonicalFlowMap(law, OU)(x, 1.0, 0.0)
    along = (x - alpha * centre) @ axis
    ends = [float(fifty_digits(lam, float(v), 1, 0, np.array([-3.0, 4.0]), [0.4, 0.6])) for v in along]
    std = np.sqrt(alpha**2 * lam + 1 - alpha**2)
    rest = (x - alpha * centre - along[:, None] * axis) * np.sqrt(lam) / std
    np.testing.assert_allclose(got, centre + np.array(ends)[:, None] * axis + rest, atol=1e-12)


@pytest.mark.parametrize("process", [OU, flow_matching(), edm(3.0)], ids=["ou", "fm", "edm"])
@pytest.mark.parametrize(("r", "t"), [(0.9, 0.0), (0.0, 0.9), (0.5, 0.45)])
def test_against_a_solver_in_t(process, r, t):
    law = in_plane()
    x = np.random.default_rng(1).standard_normal((12, 2)) * 1.5
    slow = NumericalFlowMap(
        lambda y, s: law.velocity(y, *process.at(s)), lambda y, s: law.jacobian(y, *process.at(s)), 1e-12, 1e-13
    )
    phi = CanonicalFlowMap(law, process)
    np.testing.assert_allclose(phi(x, r, t), slow(x, r, t), atol=2e-10)
    np.testing.assert_allclose(phi.slope(x, r, t), slow.slope(x, r, t), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(phi.jacobian(x, r, t), slow.jacobian(x, r, t), rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(phi.velocity(x, r), slow.velocity(x, r), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("lam", [1.0, 0.09, 1e-3, 1e-8])
def test_against_quantiles(lam):
    law = on_line(lam)
    phi, line = CanonicalFlowMap(law, OU), LineFlowMap(law, OU)
    x = np.linspace(-2.5, 2.5, 41)[:, None]
    np.testing.assert_allclose(phi(x, 1.0, 0.0), line(x, 1.0, 0.0), atol=1e-9)
    np.testing.assert_allclose(phi.jacobian(x, 1.0, 0.2), line.jacobian(x, 1.0, 0.2), rtol=1e-11)
    data = (MEANS + 2 * np.sqrt(lam))[:, None]
    np.testing.assert_allclose(phi(data, 0.0, 1.0), line(data, 0.0, 1.0), atol=2e-10)
    for gap in (1e-3, 1e-8, 1e-15, 0.0):
        got, want = phi.slope(x, 0.3, 0.3 - gap), line.slope(x, 0.3, 0.3 - gap)
        np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-11)


def test_flows_compose_and_return():
    law = in_plane(1e-4, k=20, d=8)
    phi, x = CanonicalFlowMap(law, OU), np.random.default_rng(2).standard_normal((50, 8))
    there = phi(x, 1.0, 0.2)
    np.testing.assert_allclose(phi(phi(x, 1.0, 0.4), 0.4, 0.2), there, atol=1e-10)
    np.testing.assert_allclose(phi(there, 0.2, 1.0), x, atol=1e-11)
    np.testing.assert_array_equal(phi(x, 0.3, 0.3), x)


def test_where_one_weight_is_sure_the_map_is_affine():
    lam, mean = 1e-6, np.array([[3.0, 1.0], [-2.0, 0.0], [0.0, -4.0]])
    phi = CanonicalFlowMap(GaussianMixture(mean, lam * np.eye(2)), OU)
    alpha = float(OU.alpha(0.02))
    n = alpha**2 * lam + 1 - alpha**2
    x = alpha * mean + np.sqrt(n) * np.array([[0.5, -1.0], [2.0, 0.1], [0.0, 1.0]])
    want = mean + np.sqrt(lam / n) * (x - alpha * mean)
    np.testing.assert_allclose(phi(x, 0.02, 0.0), want, rtol=1e-15, atol=4e-15)
    np.testing.assert_allclose(
        phi.jacobian(x, 0.02, 0.0), np.sqrt(lam / n) * np.eye(2) + np.zeros((3, 2, 2)), rtol=1e-12, atol=1e-17
    )
    np.testing.assert_allclose(phi(want, 0.0, 0.02), x, atol=2e-11)  # narrow components magnify the rounding of data


def test_on_a_divide_a_point_stays():
    phi = CanonicalFlowMap(on_line(1e-8, np.array([-5.0, 5.0]), np.array([0.5, 0.5])), OU)
    np.testing.assert_array_equal(phi(np.zeros((1, 1)), 1.0, 0.0), 0.0)
    near = CanonicalFlowMap(on_line(0.25, np.array([-1.0, 1.0]), np.array([0.5, 0.5])), OU)
    n = 1 - np.exp(-10) * 0.75
    gain = np.sqrt(0.25 / n) * np.exp(4 / 8 * (4 - np.exp(-10) / n))
    np.testing.assert_allclose(near.jacobian(np.zeros((1, 1)), 1.0, 0.0), gain, rtol=1e-12)


def test_no_path_leaves_the_ball_of_start_and_centres():
    rng = np.random.default_rng(4)
    for lam in (1.0, 0.3, 1e-4):
        law = in_plane(lam, k=5, d=3)
        phi, x = CanonicalFlowMap(law, OU), 3 * rng.standard_normal((200, 3))
        for t in (0.7, 0.3, 0.1, 0.0):
            grown = np.linalg.norm(phi(x, 1.0, t), axis=1) - np.linalg.norm(x, axis=1)
            assert grown.max() <= np.linalg.norm(law.means, axis=1).max()


def test_one_component_centres_that_coincide_and_points():
    x = np.random.default_rng(5).standard_normal((7, 3))
    one = Gaussian([1.0, -2.0, 0.5], [0.3, 0.3, 0.3])
    flow = GaussianFlowMap(one, OU)
    twice = GaussianMixture(np.tile(one.mean, (2, 1)), 0.3 * np.eye(3), [0.3, 0.7])
    for law in (one, twice):
        phi = CanonicalFlowMap(law, OU)
        for r, t in ((1.0, 0.0), (0.4, 0.4 + 1e-12)):
            np.testing.assert_allclose(phi(x, r, t), flow(x, r, t), rtol=1e-13, atol=1e-14)
            np.testing.assert_allclose(phi.slope(x, r, t), flow.slope(x, r, t), rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(phi.jacobian(x, 1.0, 0.1), flow.jacobian(x, 1.0, 0.1), rtol=1e-13)
    pair = in_plane(1e-3, k=3)
    doubled = GaussianMixture(np.vstack([pair.means, pair.means]), 1e-3 * np.eye(2), np.tile(pair.weights / 2, 2))
    y = x[:, :2]
    np.testing.assert_allclose(
        CanonicalFlowMap(doubled, OU)(y, 1.0, 0.0), CanonicalFlowMap(pair, OU)(y, 1.0, 0.0), atol=1e-11
    )
    cloud = CanonicalFlowMap(PointCloud(pair.means, pair.weights), OU)
    np.testing.assert_allclose(
        cloud(y, 1.0, 1e-9),
        CanonicalFlowMap(GaussianMixture(pair.means, 1e-24 * np.eye(2), pair.weights), OU)(y, 1.0, 1e-9),
        atol=1e-12,
    )
    with pytest.raises(ValueError, match="t must not be a time at which the law has no density"):
        cloud(y, 1.0, 0.0)


def test_centres_far_from_the_origin_are_told_apart():
    near, far = np.array([[-1.0], [1.0]]), 1e9 + np.array([[-1.0], [1.0]])
    x, alpha = np.linspace(-2, 2, 9)[:, None], float(OU.alpha(0.2))
    want = CanonicalFlowMap(GaussianMixture(near, [[0.01]]), OU)(x, 0.2, 0.0)
    got = CanonicalFlowMap(GaussianMixture(far, [[0.01]]), OU)(x + alpha * 1e9, 0.2, 0.0) - 1e9
    off_the_divide = abs(x[:, 0]) > 0.1
    np.testing.assert_allclose(got[off_the_divide], want[off_the_divide], atol=1e-5)


def test_pairs_of_times_shapes_and_kinds():
    phi = CanonicalFlowMap(in_plane(), OU)
    x = np.random.default_rng(6).standard_normal((3, 4, 2))
    r, t = np.linspace(0.2, 1.0, 4), np.array([[0.0], [0.1], [0.9]])
    whole = phi(x, r, t)
    for i in range(3):
        for j in range(4):
            np.testing.assert_allclose(whole[i, j], phi(x[i, j], r[j], t[i, 0]), rtol=1e-12, atol=1e-13)
    assert phi.jacobian(x, r, t).shape == (3, 4, 2, 2)
    assert phi(np.zeros((0, 2)), 1.0, 0.0).shape == (0, 2)
    assert phi.jacobian(np.zeros((0, 2)), 1.0, 0.0).shape == (0, 2, 2)
    assert phi(x.astype(np.float32), 1.0, 0.0).dtype == np.float32
    np.testing.assert_allclose(phi(x.astype(np.float32), 1.0, 0.2), phi(x, 1.0, 0.2), atol=1e-4)


def test_tensors_and_their_gradients():
    torch = pytest.importorskip("torch")
    phi = CanonicalFlowMap(in_plane(1e-2, k=5, d=3), OU)
    x = np.random.default_rng(7).standard_normal((6, 3))
    tensor = torch.tensor(x)
    for name in ("__call__", "slope", "jacobian"):
        np.testing.assert_allclose(
            getattr(phi, name)(tensor, 1.0, 0.1).numpy(), getattr(phi, name)(x, 1.0, 0.1), atol=1e-11
        )
    rows = torch.stack([torch.autograd.functional.jacobian(lambda y: phi(y[None], 1.0, 0.1)[0], row) for row in tensor])
    np.testing.assert_allclose(rows.numpy(), phi.jacobian(x, 1.0, 0.1), rtol=1e-8, atol=1e-9)


def test_doors():
    uneven = GaussianMixture([[0.0, 0.0], [1.0, 0.0]], [np.eye(2), 2 * np.eye(2)])
    for law in (uneven, Gaussian([0.0, 0.0], [1.0, 1.1]), Gaussian([0.0, 0.0], [1.0, 1.0 + 1e-9])):
        with pytest.raises(ValueError, match="law must have round components of one variance"):
            CanonicalFlowMap(law, OU)
    with pytest.raises(TypeError, match="law"):
        CanonicalFlowMap("mixture", OU)
    phi = CanonicalFlowMap(in_plane(), OU)
    with pytest.raises(ValueError, match="t must"):
        phi(np.zeros((1, 2)), 1.0, 1.5)
    with pytest.raises(ValueError, match="x must"):
        phi(np.zeros((1, 3)), 1.0, 0.5)
