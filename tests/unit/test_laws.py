import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from strategies import seeds

import fewsteps as fs
from fewsteps.laws.parts import greatest, softmax, total


def random_law(seed: int, d: int = 3) -> fs.Gaussian:
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((d, d))
    return fs.Gaussian(rng.standard_normal(d), root @ root.T + 0.05 * np.eye(d))


@given(seeds, st.floats(0.05, 1.0), st.floats(0.05, 1.0))
def test_density_and_score_agree_with_scipy(seed, alpha, sigma):
    law, x = random_law(seed), np.random.default_rng(seed + 1).standard_normal((4, 3))
    reference = stats.multivariate_normal(alpha * law.mean, alpha**2 * law.cov + sigma**2 * np.eye(3))
    np.testing.assert_allclose(law.log_prob(x, alpha, sigma), reference.logpdf(x), rtol=1e-10)
    score = np.linalg.solve(reference.cov_object.covariance, (alpha * law.mean - x).T).T
    np.testing.assert_allclose(law.score(x, alpha, sigma), score, rtol=1e-8, atol=1e-10)


@given(seeds, st.floats(0.05, 1.0), st.floats(0.05, 1.0))
def test_denoiser_is_tweedies(seed, alpha, sigma):
    law, x = random_law(seed), np.random.default_rng(seed + 1).standard_normal((4, 3))
    tweedie = (x + sigma**2 * law.score(x, alpha, sigma)) / alpha
    np.testing.assert_allclose(law.denoiser(x, alpha, sigma), tweedie, rtol=1e-7, atol=1e-9)
    gain, offset = law.affine_denoiser(alpha, sigma)
    np.testing.assert_allclose(x @ gain.T + offset, law.denoiser(x, alpha, sigma), rtol=1e-9, atol=1e-9)


def test_posterior_covariance_by_conditioning():
    law = random_law(5)
    noisy = 0.36 * law.cov + 0.64 * np.eye(3)
    by_schur = law.cov - 0.36 * law.cov @ np.linalg.solve(noisy, law.cov)
    np.testing.assert_allclose(law.posterior_cov(np.zeros(3), 0.6, 0.8), by_schur, atol=1e-12)


def test_torch_gradient_is_the_score():
    torch = pytest.importorskip("torch")
    law = random_law(7)
    x = torch.randn(5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    (slope,) = torch.autograd.grad(law.log_prob(x, 0.6, 0.8).sum(), x)
    np.testing.assert_allclose(slope.numpy(), law.score(x, 0.6, 0.8).detach().numpy(), rtol=1e-12)


def test_samples_have_the_law():
    law = random_law(3)
    x = law.sample(200_000, np.random.default_rng(0), 0.6, 0.8)
    np.testing.assert_allclose(x.mean(axis=0), 0.6 * law.mean, atol=0.02)
    np.testing.assert_allclose(np.cov(x.T), 0.36 * law.cov + 0.64 * np.eye(3), atol=0.06)


def test_singular_laws():
    law = fs.Gaussian([0.0, 1.0], [1.0, 0.0])
    np.testing.assert_array_equal(law.denoiser(np.array([2.0, 5.0]), 1.0, 0.0), [2.0, 1.0])
    with pytest.raises(ValueError, match="sigma must be positive: without noise this Gaussian has no density"):
        law.score(np.zeros(2))
    with pytest.raises(ValueError, match="sigma must be positive: without noise this Gaussian has no density"):
        law.log_prob(np.zeros(2))
    assert np.all(np.isfinite(law.score(np.zeros(2), 0.5, 0.5)))


@pytest.mark.parametrize(
    ("mean", "cov", "message"),
    [
        ([0.0, 0.0], [[1.0, 2.0], [2.0, 1.0]], "cov must be positive semi-definite, got the eigenvalue -1"),
        ([0.0, 0.0], [[1.0, 0.5], [0.0, 1.0]], "cov must be symmetric"),
        ([0.0], [1.0, 1.0], "mean must have shape"),
        ([float("nan")], [1.0], "mean must be finite"),
    ],
)
def test_bad_laws_are_refused(mean, cov, message):
    with pytest.raises(ValueError, match=message):
        fs.Gaussian(mean, cov)


def test_bad_points_and_levels_are_refused():
    law = fs.Gaussian([0.0, 0.0], [1.0, 1.0])
    with pytest.raises(ValueError, match=r"x must have shape \(\.\.\., 2\)"):
        law.score(np.zeros(3))
    with pytest.raises(ValueError, match="alpha and sigma must not both be zero"):
        law.denoiser(np.zeros(2), 0.0, 0.0)
    with pytest.raises(ValueError, match="sigma must be at least 0"):
        law.denoiser(np.zeros(2), 1.0, -1.0)
    with pytest.raises(TypeError, match="rng must be"):
        law.sample(3, 0)


@pytest.mark.parametrize("columns", [1, 2, 7, 8, 9, 40])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_columns_are_combined_as_numpy_does(columns, dtype):
    """Short axes are reduced column by column, to the same bits."""
    values = np.random.default_rng(columns).standard_normal((5, 3, columns)).astype(dtype)
    assert np.array_equal(greatest(values), values.max(axis=-1, keepdims=True))
    assert np.array_equal(total(values), values.sum(axis=-1, keepdims=True))
    assert greatest(values).dtype == total(values).dtype == dtype
    assert np.allclose(softmax(values).sum(axis=-1), 1, rtol=1e-6)
