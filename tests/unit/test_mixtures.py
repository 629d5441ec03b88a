"""Mixtures and point clouds: against scipy, quadrature, brute-force sums and torch's automatic derivatives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats
from strategies import levels, mixtures

import fewsteps as fs
from fewsteps.laws.components import Components

LEVEL = fs.vp_linear().at(0.4)
NAMES = ("score", "denoiser", "hessian", "posterior_cov", "responsibilities", "log_prob")


def points(law, n=5, seed=0):
    return 1.5 * np.random.default_rng(seed).standard_normal((n, law.d))


def covs(law):
    return (law.frames * law.spectrum[:, None]) @ np.swapaxes(law.frames, 1, 2) * np.ones((law.K, 1, 1))


def posteriors(law, x, alpha, sigma):
    """Weights, means and covariances of the components given one x, by dense linear algebra."""
    noisy = alpha**2 * covs(law) + sigma**2 * np.eye(law.d)
    logs = [stats.multivariate_normal(alpha * m, C).logpdf(x) for m, C in zip(law.means, noisy, strict=True)]
    gains = [alpha * S @ np.linalg.inv(C) for S, C in zip(covs(law), noisy, strict=True)]
    means = np.array([m + G @ (x - alpha * m) for m, G in zip(law.means, gains, strict=True)])
    spreads = np.array([S - alpha * G @ S for S, G in zip(covs(law), gains, strict=True)])
    logs = np.array(logs) + np.log(law.weights)
    return special.softmax(logs), means, spreads, special.logsumexp(logs)


@given(mixtures(), levels)
def test_posterior_moments_by_dense_algebra(law, level):
    alpha, sigma = level
    x = points(law, 3)
    for row in x:
        r, means, spreads, log_prob = posteriors(law, row, alpha, sigma)
        mean = r @ means
        cov = np.einsum("k,kij->ij", r, spreads + (means - mean)[:, :, None] * (means - mean)[:, None, :])
        np.testing.assert_allclose(law.log_prob(row, alpha, sigma), log_prob, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(law.responsibilities(row, alpha, sigma), r, atol=1e-8)
        np.testing.assert_allclose(law.denoiser(row, alpha, sigma), mean, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(law.posterior_cov(row, alpha, sigma), cov, rtol=1e-6, atol=1e-7)


@given(mixtures(), levels)
def test_first_and_second_derivatives_by_autograd(law, level):
    torch = pytest.importorskip("torch")
    x = torch.tensor(points(law, 2), requires_grad=True)
    (score,) = torch.autograd.grad(law.log_prob(x, *level).sum(), x)
    np.testing.assert_allclose(law.score(x, *level).detach(), score, rtol=1e-9, atol=1e-9)
    hessian = torch.autograd.functional.jacobian(lambda y: law.score(y[None], *level)[0], x[0].detach())
    np.testing.assert_allclose(law.hessian(x[0].detach(), *level), hessian, rtol=1e-7, atol=1e-7)


@given(mixtures())
def test_flow_of_a_law(law):
    torch = pytest.importorskip("torch")
    x = torch.tensor(points(law, 2))
    alpha, sigma, d_alpha, d_var = LEVEL
    velocity = d_alpha * law.denoiser(x, alpha, sigma) - d_var / 2 * law.score(x, alpha, sigma)
    np.testing.assert_allclose(law.velocity(x, *LEVEL), velocity, rtol=1e-9, atol=1e-9)
    jacobian = torch.autograd.functional.jacobian(lambda y: law.velocity(y[None], *LEVEL)[0], x[0])
    np.testing.assert_allclose(law.jacobian(x[0], *LEVEL), jacobian, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(law.divergence(x[0], *LEVEL), np.trace(jacobian), rtol=1e-7, atol=1e-7)


@given(mixtures())
def test_time_derivative_by_differences(law):
    process, x, h = fs.vp_linear(), points(law, 3), 1e-5
    later, earlier = (law.log_prob(x, *process.at(0.4 + step)[:2]) for step in (h, -h))
    np.testing.assert_allclose(law.time_derivative(x, *LEVEL), (later - earlier) / (2 * h), rtol=1e-5, atol=1e-5)


@given(mixtures(), levels)
def test_noised_law_is_the_law_at_that_level(law, level):
    x = points(law)
    np.testing.assert_allclose(law.noised(*level).log_prob(x), law.log_prob(x, *level), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(law.noised(*level).score(x), law.score(x, *level), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["float32", "torch"])
def test_kinds_and_dtypes_are_kept(name, kind):
    law = fs.GaussianMixture([[-1.0, 0.0], [1.0, 0.5]], [np.eye(2), [[2.0, 0.3], [0.3, 0.2]]], [0.3, 0.7])
    x, exact = points(law), getattr(law, name)(points(law), 0.6, 0.8)
    if kind == "float32":
        out = getattr(law, name)(x.astype(np.float32), 0.6, 0.8)
        assert out.dtype == np.float32
        np.testing.assert_allclose(out, exact, rtol=1e-4, atol=1e-5)
    else:
        torch = pytest.importorskip("torch")
        out = getattr(law, name)(torch.tensor(x), 0.6, 0.8)
        assert out.dtype == torch.float64
        np.testing.assert_allclose(out, exact, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", [*NAMES, "velocity", "jacobian", "divergence", "time_derivative"])
def test_blocks_do_not_show(name):
    rng = np.random.default_rng(0)
    law = fs.GaussianMixture(rng.standard_normal((3, 2)), rng.uniform(0.1, 1, (3, 1, 1)) * np.eye(2))
    x = rng.standard_normal((70_000, 2))  # several blocks
    arguments = LEVEL if name in ("velocity", "jacobian", "divergence", "time_derivative") else LEVEL[:2]
    out = getattr(law, name)(x.reshape(700, 100, 2), *arguments)
    alone = getattr(law, name)(x[-5:], *arguments)
    np.testing.assert_allclose(out[-1, -5:], alone, rtol=1e-12, atol=1e-12)


def test_points_at_tiny_noise_levels():
    rng = np.random.default_rng(0)
    law = fs.PointCloud(rng.standard_normal((50, 3)))
    for sigma in (1e-2, 1e-4, 1e-6):
        offset = sigma * rng.standard_normal((50, 3))
        x = law.points + offset
        np.testing.assert_allclose(law.denoiser(x, 1.0, sigma), law.points, atol=1e-9)
        np.testing.assert_allclose(law.score(x, 1.0, sigma), -(x - law.points) / sigma**2, rtol=1e-6)
        exact = -np.sum((x - law.points) ** 2, axis=1) / (2 * sigma**2) - 3 * np.log(sigma) - np.log(50)
        np.testing.assert_allclose(law.log_prob(x, 1.0, sigma) + 1.5 * np.log(2 * np.pi), exact, rtol=1e-9)
        np.testing.assert_allclose(law.hessian(x, 1.0, sigma) * sigma**2, np.tile(-np.eye(3), (50, 1, 1)), atol=1e-6)


def test_a_tie_between_points_is_shared_at_every_level():
    law = fs.PointCloud([[-1.0, 0.0], [1.0, 0.0]])
    for sigma in (1e-6, 1e-3, 0.1):
        np.testing.assert_allclose(law.responsibilities(np.array([0.0, 0.5]), 1.0, sigma), [0.5, 0.5])
        np.testing.assert_allclose(law.posterior_cov(np.array([0.0, 0.5]), 1.0, sigma), np.diag([1.0, 0.0]))


@given(st.integers(0, 2**31), st.floats(0.02, 2.0))
def test_the_expanded_distances_keep_their_digits(seed, sigma):
    rng = np.random.default_rng(seed)
    law, x = fs.PointCloud(5 + rng.standard_normal((20, 8))), 5 + rng.standard_normal((6, 8))
    direct = special.softmax(-np.sum((x[:, None] - law.points) ** 2, axis=-1) / (2 * sigma**2), axis=1)
    np.testing.assert_allclose(law.responsibilities(x, 1.0, sigma), direct, rtol=1e-9, atol=1e-300)


def test_distances_are_expanded_where_it_is_safe_and_only_there():
    law = fs.PointCloud(np.random.default_rng(0).standard_normal((5, 2)))
    x = np.zeros((1, 2))

    def expanded(sigma):
        level = Components.of(law.means, law.weights, law.spectrum, law.frames, 1.0, sigma, x)
        return level._expanded(x) is not None

    assert expanded(0.1)
    assert not expanded(1e-4)


def test_single_gaussians_are_mixtures_of_one():
    cov = np.array([[2.0, 0.5], [0.5, 0.3]])
    one, law = fs.Gaussian([1.0, -1.0], cov), fs.GaussianMixture([[1.0, -1.0]], cov)
    for name in NAMES:
        np.testing.assert_allclose(
            getattr(one, name)(points(law), 0.6, 0.8), getattr(law, name)(points(law), 0.6, 0.8), rtol=1e-12
        )


def test_samples_and_moments():
    rng = np.random.default_rng(3)
    law = fs.GaussianMixture([[-2.0, 0.0], [1.0, 1.0]], [[[1.0, 0.4], [0.4, 0.5]], 0.1 * np.eye(2)], [0.3, 0.7])
    mean, cov = law.moments()
    x = law.sample(400_000, rng, 0.6, 0.8)
    np.testing.assert_allclose(x.mean(axis=0), 0.6 * mean, atol=6e-3)
    np.testing.assert_allclose(np.cov(x.T), 0.36 * cov + 0.64 * np.eye(2), atol=1e-2)
    shared = fs.GaussianMixture(law.means, [[1.0, 0.4], [0.4, 0.5]], law.weights)
    np.testing.assert_allclose(np.cov(shared.sample(400_000, rng).T), shared.moments()[1], atol=2e-2)
    assert set(np.unique(fs.PointCloud([[1.0], [2.0]]).sample(50, rng))) == {1.0, 2.0}


def test_weights_of_samples():
    law = fs.PointCloud([[0.0], [1.0]], [0.2, 0.8])
    assert abs(law.sample(100_000, np.random.default_rng(0)).mean() - 0.8) < 4e-3


def test_density_integrates_to_one_and_cdf_is_its_integral():
    law = fs.GaussianMixture.on_line([-2.0, 0.5, 1.0], [0.3, 0.1, 1.0], [0.2, 0.3, 0.5])

    def density(u):
        return float(np.exp(law.log_prob(np.array([u]), 0.9, 0.2)))

    total, _ = integrate.quad(density, -12, 12, points=[-2, 0.5], limit=200, epsabs=1e-13)
    part, _ = integrate.quad(density, -12, 0.4, points=[-1.8], limit=200, epsabs=1e-13)
    assert abs(total - 1) < 1e-11
    assert abs(float(fs.cdf(law, 0.4, 0.9, 0.2)) - part) < 1e-11


@given(mixtures(d=1), st.lists(st.floats(1e-9, 1 - 1e-9), min_size=1, max_size=6))
def test_quantiles_invert_the_cdf(law, q):
    x = fs.quantile(law, q, 0.8, 0.6)
    np.testing.assert_allclose(fs.cdf(law, x, 0.8, 0.6), q, rtol=1e-9, atol=1e-12)


def test_quantiles_at_the_ends_and_far_tails():
    law = fs.GaussianMixture.on_line([-1.0, 1.0], [0.5, 0.5])
    for q in (1e-250, 1e-30, 0.5, 1 - 1e-15):
        x = float(fs.quantile(law, q))
        tail = special.ndtr((x - law.means[:, 0]) / 0.5) @ law.weights
        assert abs(tail - q) <= 1e-10 * q
    gaussian = fs.Gaussian([3.0], [4.0])
    np.testing.assert_allclose(fs.quantile(gaussian, [0.1, 0.9]), stats.norm(3, 2).ppf([0.1, 0.9]), rtol=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fs.GaussianMixture([1.0], 1.0), "means must have shape"),
        (lambda: fs.GaussianMixture([[1.0]], [1.0, 2.0]), "covs must be a number or have shape"),
        (lambda: fs.GaussianMixture([[1.0]], -1.0), "covs must be at least 0"),
        (lambda: fs.GaussianMixture([[1.0, 0.0]], [[1.0, 2.0], [2.0, 1.0]]), "positive semi-definite"),
        (lambda: fs.GaussianMixture([[1.0], [2.0]], 1.0, [0.5, 0.6]), "sum to 1"),
        (lambda: fs.GaussianMixture([[1.0], [2.0]], 1.0, [0.0, 1.0]), "weights must be greater than 0"),
        (lambda: fs.GaussianMixture.on_line([[1.0]], 1.0), "means must have shape"),
        (lambda: fs.PointCloud(np.zeros((0, 2))), "points must have shape"),
        (lambda: fs.PointCloud([[1.0]]).log_prob(np.zeros(1)), "no density"),
        (lambda: fs.PointCloud([[1.0], [2.0]]).denoiser(np.zeros(1), 1.0, 0.0), "no density"),
        (lambda: fs.PointCloud([[1.0]]).score(np.zeros(2), 1.0, 1.0), r"x must have shape \(\.\.\., 1\)"),
        (lambda: fs.cdf(fs.Gaussian([0.0, 0.0], [1.0, 1.0]), 0.0), "law must have d = 1"),
        (lambda: fs.cdf(fs.PointCloud([[0.0]]), 0.0), "no density"),
        (lambda: fs.quantile(fs.Gaussian([0.0], [1.0]), 1.0), "q must lie strictly between 0 and 1"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
