"""Tweedie's formula to fourth order, against Bayes' rule, automatic derivatives and closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special
from strategies import seeds

import fewsteps.identities as ids
from fewsteps import Gaussian, GaussianMixture, PointCloud

LINE = GaussianMixture.on_line([-1.0, 0.3, 1.2], [0.4, 0.3, 0.5], [0.3, 0.5, 0.2])
PAIR = PointCloud([[-1.0], [1.0]])
orders = pytest.mark.parametrize("order", [1, 2, 3, 4])


def random_law(seed, d):
    """A mixture with shared, separate or singular covariances, or a point cloud."""
    rng = np.random.default_rng(seed)
    K, kind = rng.integers(1, 5), rng.integers(5)
    means, weights = rng.standard_normal((K, d)), rng.dirichlet(3 * np.ones(K))
    roots = rng.standard_normal((K, d, d)) / d
    covs = roots @ np.swapaxes(roots, 1, 2)
    laws = [
        lambda: GaussianMixture(means, covs, weights),
        lambda: GaussianMixture(means, covs[0], weights),
        lambda: GaussianMixture(means, 0.4, weights),
        lambda: GaussianMixture(means, covs * (np.arange(K) % 2)[:, None, None], weights),
        lambda: PointCloud(means, weights),
    ]
    return laws[kind]()


def cumulants(values, probabilities):
    """First four cumulants of a finite distribution, from raw moments."""
    m1, m2, m3, m4 = (probabilities @ values**k for k in (1, 2, 3, 4))
    return [m1, m2 - m1**2, m3 - 3 * m2 * m1 + 2 * m1**3, m4 - 4 * m3 * m1 - 3 * m2**2 + 12 * m2 * m1**2 - 6 * m1**4]


@given(seeds, st.integers(1, 3), st.floats(0.0, 1.5), st.floats(0.3, 1.5))
def test_both_sides_agree(seed, d, alpha, sigma):
    law, rng = random_law(seed, d), np.random.default_rng(seed)
    x, u = 2 * rng.standard_normal((2, 5, d)), rng.standard_normal(d)
    for order in (1, 2, 3, 4):
        pair = ids.tweedie(law, x, u, alpha, sigma, order)
        scale = 1 + np.abs(pair.left.value).max() + (sigma * np.linalg.norm(u)) ** order
        assert pair.left.value.shape == (2, 5)
        assert pair.agrees(atol=1e-11 * scale)
        assert pair.error == 0


@pytest.mark.parametrize("x", [-1.5, 0.1, 2.0])
def test_cumulants_by_bayes_rule(x):
    """Posterior moments of -1.3 x_0 by adaptive quadrature of prior times likelihood."""
    alpha, sigma, u = 0.7, 0.6, -1.3

    def joint(x0):
        parts = LINE.weights * np.exp(-((x0 - LINE.means[:, 0]) ** 2) / (2 * LINE.spectrum[:, 0]))
        return (parts / np.sqrt(LINE.spectrum[:, 0])).sum() * math.exp(-((x - alpha * x0) ** 2) / (2 * sigma**2))

    def moment(k):
        return integrate.quad(lambda x0: x0**k * joint(x0), -8, 8, points=[-1, 0, 1], epsabs=1e-13, limit=200)[0]

    m1, m2, m3, m4 = (u**k * moment(k) / moment(0) for k in (1, 2, 3, 4))
    k4 = m4 - 4 * m3 * m1 - 3 * m2**2 + 12 * m2 * m1**2 - 6 * m1**4
    expected = [m1, m2 - m1**2, m3 - 3 * m2 * m1 + 2 * m1**3, k4]
    got = ids.posterior_cumulants(LINE, [x], [u], alpha, sigma)
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-10)
    for order, kappa in enumerate(expected, start=1):
        pair = ids.tweedie(LINE, [x], [u], alpha, sigma, order)
        np.testing.assert_allclose(pair.left.value, alpha**order * kappa, rtol=1e-9, atol=1e-10)
        np.testing.assert_allclose(pair.right.value, alpha**order * kappa, rtol=1e-9, atol=1e-10)


def test_cumulants_of_a_point_cloud_by_enumeration():
    rng = np.random.default_rng(0)
    cloud = PointCloud(rng.standard_normal((7, 3)), rng.dirichlet(np.ones(7)))
    x, u = rng.standard_normal((4, 3)), rng.standard_normal(3)
    got = ids.posterior_cumulants(cloud, x, u, 0.8, 0.7)
    for row, point in enumerate(x):
        likelihood = np.exp(-((point - 0.8 * cloud.points) ** 2).sum(axis=1) / (2 * 0.49))
        posterior = cloud.weights * likelihood / (cloud.weights @ likelihood)
        np.testing.assert_allclose(got[:, row], cumulants(cloud.points @ u, posterior), rtol=1e-10, atol=1e-12)


@given(seeds, st.integers(1, 3))
def test_low_orders_are_denoiser_covariance_score_and_hessian(seed, d):
    law, rng = random_law(seed, d), np.random.default_rng(seed)
    x, u = rng.standard_normal((4, d)), rng.standard_normal(d)
    mean, variance = ids.posterior_cumulants(law, x, u, 0.8, 0.6, order=2)
    np.testing.assert_allclose(mean, law.denoiser(x, 0.8, 0.6) @ u, atol=1e-10)
    np.testing.assert_allclose(variance, law.posterior_cov(x, 0.8, 0.6) @ u @ u, atol=1e-10)
    slope, curvature = ids.log_density_derivatives(law, x, u, 0.8, 0.6, order=2)
    np.testing.assert_allclose(slope, law.score(x, 0.8, 0.6) @ u, atol=1e-9)
    np.testing.assert_allclose(curvature, law.hessian(x, 0.8, 0.6) @ u @ u, atol=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_derivatives_by_autograd(seed):
    torch = pytest.importorskip("torch")
    law, rng = random_law(seed, 2), np.random.default_rng(seed)
    x, u = rng.standard_normal((5, 2)), rng.standard_normal(2)
    tau = torch.zeros(5, dtype=torch.float64, requires_grad=True)
    value = law.log_prob(torch.as_tensor(x) + tau[:, None] * torch.as_tensor(u), 0.8, 0.6)
    got = ids.log_density_derivatives(law, x, u, 0.8, 0.6)
    for order in range(4):
        (value,) = torch.autograd.grad(value.sum(), tau, create_graph=True)
        np.testing.assert_allclose(got[order], value.detach().numpy(), rtol=1e-9, atol=1e-9)


@orders
def test_derivatives_by_finite_differences(order):
    """Central differences of one derivative against the next."""
    x, u, h = np.linspace(-2, 2, 7)[:, None], np.array([0.8]), 1e-5

    def previous(tau):
        if order == 1:
            return LINE.log_prob(x + tau * u, 0.8, 0.6)
        return ids.log_density_derivatives(LINE, x + tau * u, u, 0.8, 0.6)[order - 2]

    slope = (previous(h) - previous(-h)) / (2 * h)
    np.testing.assert_allclose(ids.log_density_derivatives(LINE, x, u, 0.8, 0.6)[order - 1], slope, atol=2e-8)


def test_two_points_in_closed_form():
    """Posterior mean tanh(y), y = alpha x / sigma^2, and its derivatives in y."""
    alpha, sigma = 0.8, 0.7
    x = np.linspace(-2, 2, 9)[:, None]
    t = np.tanh(alpha * x[:, 0] / sigma**2)
    s = 1 - t**2
    expected = [t, s, -2 * t * s, s * (6 * t**2 - 2)]
    np.testing.assert_allclose(ids.posterior_cumulants(PAIR, x, [1.0], alpha, sigma), expected, atol=1e-13)
    for order in (1, 2, 3, 4):
        pair = ids.tweedie(PAIR, x, [1.0], alpha, sigma, order)
        np.testing.assert_allclose(pair.right.value, alpha**order * expected[order - 1], atol=1e-12)


def test_gaussian_in_closed_form():
    lam, alpha, sigma, u = np.array([2.0, 0.3]), 0.6, 0.7, np.array([1.0, -2.0])
    law, noisy = Gaussian([0.5, -1.0], lam), alpha**2 * lam + sigma**2
    got = ids.posterior_cumulants(law, np.array([0.3, 0.4]), u, alpha, sigma)
    assert got[1] == pytest.approx((u**2 * lam * sigma**2 / noisy).sum())
    np.testing.assert_allclose(got[2:], 0, atol=1e-14)


def test_wrong_formulas_are_rejected():
    """Without u.x or sigma^2 |u|^2, with a lost power of alpha, or with the fourth central moment."""
    x, u, alpha, sigma = np.array([[0.4], [-1.1]]), [1.5], 0.7, 0.6
    kappa = ids.posterior_cumulants(LINE, x, u, alpha, sigma)
    slopes = ids.log_density_derivatives(LINE, x, u, alpha, sigma)
    for order in (1, 2):
        wrong = ids.pointwise(alpha**order * kappa[order - 1], sigma ** (2 * order) * slopes[order - 1])
        assert not wrong.agrees(atol=0.05)
    for order in (3, 4):
        assert ids.pointwise(alpha**order * kappa[order - 1], sigma ** (2 * order) * slopes[order - 1]).agrees(1e-11)
        assert not ids.pointwise(kappa[order - 1], sigma ** (2 * order) * slopes[order - 1]).agrees(1e-4)
    central = kappa[3] + 3 * kappa[1] ** 2
    assert not ids.pointwise(alpha**4 * central, sigma**8 * slopes[3]).agrees(atol=1e-3)


def test_nothing_cancels_in_the_tails():
    got = ids.log_density_derivatives(PAIR, [[40.0]], [1.0], 1.0, 1.0)
    np.testing.assert_allclose(got[:, 0], [-39.0, -1.0, 0.0, 0.0], atol=1e-11)


def test_shapes_and_kinds():
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).standard_normal((2, 3, 1))
    assert ids.posterior_cumulants(LINE, x, [1.0], 1.0, 0.5).shape == (4, 2, 3)
    assert ids.log_density_derivatives(LINE, x, [1.0], 1.0, 0.5, order=3).shape == (3, 2, 3)
    assert ids.tweedie(LINE, x[0, 0], [1.0], 1.0, 0.5, 2).left.value.shape == ()
    tensor, u = torch.as_tensor(x), torch.ones(1, dtype=torch.float64)
    for order in (1, 2, 3, 4):
        ours, theirs = ids.tweedie(LINE, x, [1.0], 1.0, 0.5, order), ids.tweedie(LINE, tensor, u, 1.0, 0.5, order)
        assert theirs.agrees(atol=1e-10)
        np.testing.assert_allclose(theirs.right.value.numpy(), ours.right.value, atol=1e-12)
    single = ids.tweedie(LINE, x.astype(np.float32), np.ones(1, np.float32), 1.0, 0.5, 2)
    assert single.left.value.dtype == single.right.value.dtype == np.float32


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ids.tweedie(LINE, [0.0], [1.0], 1.0, 0.5, 5), "order must be at most 4, got 5"),
        (lambda: ids.tweedie(LINE, [0.0], [1.0], 1.0, 0.5, 0), "order must be at least 1"),
        (lambda: ids.tweedie(LINE, [0.0, 1.0], [1.0], 1.0, 0.5, 1), r"x must have shape \(\.\.\., 1\) and direction"),
        (lambda: ids.tweedie(LINE, [0.0], [1.0, 1.0], 1.0, 0.5, 1), r"got \(1,\) and \(2,\)"),
        (lambda: ids.tweedie(PAIR, [0.0], [1.0], 1.0, 0.0, 1), "sigma must be positive"),
        (lambda: ids.posterior_cumulants(LINE, [0.0], [1.0], 1.0, -0.5), "sigma must be at least 0"),
        (lambda: ids.natural_tweedie([1.0], [1.0], [0.0], [0.0], 5), "order must be at most 4"),
        (
            lambda: ids.natural_tweedie([1.0, 2.0], [0.4, 0.4], [0.0, 0.0], [0.0], 1),
            "weights must have shape .* and sum to 1",
        ),
        (
            lambda: ids.natural_tweedie([1.0, 2.0], [1.0], [0.0, 0.0], [0.0], 1),
            r"weights must have shape \(2,\) and sum to 1",
        ),
        (lambda: ids.natural_tweedie([1.0, 2.0], [0.5, 0.5], [0.0], [0.0], 1), "eta and psi must have the same shape"),
        (lambda: ids.natural_tweedie([1.0], [1.0], [0.0], 0.0, 1), "eta and x must have shapes"),
        (lambda: ids.natural_tweedie([1.0, 2.0], [1.0, 0.0], [0.0, 0.0], [0.0], 1), "weights must be greater than 0"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# ---- natural exponential families


@orders
@given(seed=seeds, J=st.integers(1, 6))
def test_natural_families(order, seed, J):
    rng = np.random.default_rng(seed)
    eta, psi, x = 2 * rng.standard_normal(J), rng.standard_normal(J), 2 * rng.standard_normal(4)
    weights = rng.dirichlet(2 * np.ones(J))
    pair = ids.natural_tweedie(eta, weights, psi, x, order)
    assert pair.agrees(atol=1e-11 * (1 + np.ptp(eta)) ** order)
    logits = np.log(weights) + x[:, None] * eta - psi
    for row, posterior in enumerate(special.softmax(logits, axis=1)):
        expected = cumulants(eta, posterior)[order - 1]
        np.testing.assert_allclose(pair.left.value[row], expected, atol=1e-11 * (1 + abs(eta).max()) ** order)


@orders
def test_gaussian_noise_is_a_natural_family(order):
    alpha, sigma, x = 0.8, 0.7, np.linspace(-1, 1, 5)
    cloud = PointCloud([[-1.0], [0.4], [1.5]], [0.2, 0.5, 0.3])
    eta = alpha * cloud.points[:, 0] / sigma**2
    pair = ids.natural_tweedie(eta, cloud.weights, sigma**2 * eta**2 / 2, x, order)
    expected = ids.posterior_cumulants(cloud, x[:, None], [alpha / sigma**2], alpha, sigma, order)[-1]
    np.testing.assert_allclose(pair.left.value, expected, atol=1e-11)
    np.testing.assert_allclose(pair.right.value, expected, atol=1e-9)


@orders
def test_exponential_waiting_times(order):
    """A Gamma(a, b) prior on the rate gives Lomax waiting times: (log p)' = -(a + 1) / (b + x)."""
    a, b, x = 2.5, 3.0, np.array([0.0, 0.5, 2.0])
    nodes, weights = special.roots_genlaguerre(40, a - 1)
    rates, kept = nodes / b, weights > 1e-18
    rates, weights = rates[kept], weights[kept] / weights[kept].sum()
    pair = ids.natural_tweedie(-rates, weights, -np.log(rates), x, order)
    expected = (-1) ** order * math.factorial(order - 1) * (a + 1) / (b + x) ** order
    np.testing.assert_allclose(pair.left.value, expected, rtol=1e-6)
    assert pair.agrees(atol=1e-6)
