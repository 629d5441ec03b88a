import numpy as np
import pytest
from hypothesis import given
from scipy.linalg import sqrtm
from strategies import seeds
from test_laws import random_law

import fewsteps as fs


@given(seeds)
def test_w2_is_bures(seed):
    p, q = random_law(seed), random_law(seed + 1)
    root = sqrtm(q.cov)
    bures = np.trace(p.cov + q.cov - 2 * np.real(sqrtm(root @ p.cov @ root))) + np.sum((p.mean - q.mean) ** 2)
    np.testing.assert_allclose(fs.squared_w2(p, q), bures, rtol=1e-7)


@given(seeds)
def test_w2_is_a_metric(seed):
    p, q, r = (random_law(seed + k) for k in range(3))
    d = lambda a, b: np.sqrt(fs.squared_w2(a, b))  # noqa: E731
    assert d(p, q) <= d(p, r) + d(r, q) + 1e-9
    assert d(p, q) == pytest.approx(d(q, p), rel=1e-9)
    assert d(p, p) < 1e-7


@given(seeds)
def test_w2_scales_with_the_laws(seed):
    p, q = random_law(seed), random_law(seed + 1)
    scaled = [fs.Gaussian(3 * law.mean, 9 * law.cov) for law in (p, q)]
    assert fs.squared_w2(*scaled) == pytest.approx(9 * fs.squared_w2(p, q), rel=1e-9)


def test_nearby_laws_keep_their_digits():
    p, q = fs.Gaussian([0.0], [1.0]), fs.Gaussian([0.0], [(1 + 1e-9) ** 2])
    assert fs.squared_w2(p, q) == pytest.approx(1e-18, rel=1e-6)


def test_gains_with_signs_and_commuting_laws():
    a, b = np.array([0.5, -1.2]), np.array([0.7, 1.1])
    laws = [fs.Gaussian(np.zeros(2), gain**2) for gain in (a, b)]
    assert fs.squared_w2_gains(a, b).sum() == pytest.approx(fs.squared_w2(*laws), rel=1e-12)
    with pytest.raises(ValueError, match="a and b must have the same shape"):
        fs.squared_w2_gains([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="the means of p and q must have the same shape"):
        fs.squared_w2(laws[0], fs.Gaussian([0.0], [1.0]))


def test_w1_to_law_against_the_integral_of_the_difference_of_distribution_functions():
    law = fs.GaussianMixture.on_line([-2.0, 2.0], 0.5, [0.3, 0.7])
    x = law.sample(400, np.random.default_rng(0), 0.9, 0.4) + 0.3
    grid = np.linspace(-8, 8, 400_001)
    empirical = np.searchsorted(np.sort(x[:, 0]), grid, side="right") / len(x)
    exact = np.sum(np.abs(empirical - fs.cdf(law, grid, 0.9, 0.4))) * (grid[1] - grid[0])
    assert fs.w1_to_law(x, law, 0.9, 0.4) == pytest.approx(exact, abs=5e-3)
    assert fs.w1_to_law(x[:, 0], law, 0.9, 0.4) == fs.w1_to_law(x, law, 0.9, 0.4)


def test_w1_to_law_is_for_the_line():
    with pytest.raises(ValueError, match="samples must have shape"):
        fs.w1_to_law(np.zeros((3, 2)), fs.Gaussian([0.0], [1.0]))
