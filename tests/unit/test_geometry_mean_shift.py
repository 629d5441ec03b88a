"""Mean shift, against its definition, autograd, the sampler, grids of the density and known bifurcations."""

import numpy as np
import pytest
import torch
from scipy.special import softmax
from scipy.stats import gaussian_kde

import fewsteps as fs
from fewsteps import samplers
from fewsteps.geometry import mean_shift, modes

TURN = 2 * np.pi * np.arange(3) / 3
TRIANGLE = fs.PointCloud(np.stack([np.cos(TURN), np.sin(TURN)], axis=1))
PAIR = fs.PointCloud([[-1.0], [1.0]])


def data(n, d, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


def test_a_step_is_the_weighted_mean():
    y, x = data(20, 3), data(7, 3, 1)
    r = softmax(-((x[:, None] - y) ** 2).sum(-1) / (2 * 0.7**2), axis=1)
    np.testing.assert_allclose(mean_shift(fs.PointCloud(y), x, 0.7, 1), r @ y, rtol=1e-12)


def test_a_step_is_the_gradient_by_autograd():
    y, x = torch.tensor(data(20, 3)), torch.tensor(data(7, 3, 1), requires_grad=True)
    log_p = torch.logsumexp(-((x[:, None] - y) ** 2).sum(-1) / (2 * 0.7**2), 1)
    slope = torch.autograd.grad(log_p.sum(), x)[0]
    step = mean_shift(fs.PointCloud(y.numpy()), x.detach(), 0.7, 1) - x.detach()
    torch.testing.assert_close(step, 0.7**2 * slope, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("d", [1, 2, 10])
@pytest.mark.parametrize("h", [0.05, 0.5, 3.0])
def test_no_step_falls_and_the_gain_is_bounded(d, h):
    law = fs.PointCloud(data(15, d))
    path = mean_shift(law, 3 * data(50, d, 1), h, 10, path=True)
    assert path.shape == (11, 50, d)
    gain = np.diff(law.log_prob(path, 1.0, h), axis=0)
    assert np.all(gain >= np.sum(np.diff(path, axis=0) ** 2, axis=-1) / (2 * h * h) * (1 - 1e-9) - 1e-9)


def test_annealed_it_is_euler_with_full_steps():
    law, x, levels = fs.PointCloud(data(12, 2)), 5 * data(9, 2, 1), np.array([5.0, 2.0, 1.0, 0.3])
    full = x
    for level in levels:
        full = samplers.ddim(lambda z, s: law.denoiser(z, 1.0, s), fs.edm(), full, np.array([level, 0.0]))
    np.testing.assert_allclose(mean_shift(law, x, levels, 4), full, rtol=1e-12, atol=1e-14)


def test_no_steps_and_no_points():
    x = data(4, 1)
    np.testing.assert_array_equal(mean_shift(PAIR, x, 1.0, 0), x)
    assert mean_shift(PAIR, x, 1.0, 0, path=True).shape == (1, 4, 1)
    assert mean_shift(PAIR, x[:0], 1.0, 2, path=True).shape == (3, 0, 1)


@pytest.mark.parametrize("unit", [1e-150, 1.0, 1e150])
def test_far_scales(unit):
    law = fs.PointCloud(unit * data(5, 2))
    np.testing.assert_allclose(
        mean_shift(law, unit * data(3, 2, 1), 0.5 * unit, 4) / unit,
        mean_shift(fs.PointCloud(data(5, 2)), data(3, 2, 1), 0.5, 4),
        rtol=1e-9,
    )


@pytest.mark.parametrize("unit", [1e-100, 1.0, 1e100])
@pytest.mark.parametrize(("h", "count"), [(0.3, 2), (0.99, 2), (1.0, 1), (1.01, 1), (30.0, 1)])
def test_two_points_have_two_modes_below_half_of_their_distance(h, count, unit):
    found = modes(fs.PointCloud([[-unit], [unit]]), h * unit) / unit
    assert len(found) == count
    np.testing.assert_allclose(found, np.tanh(found / h**2), atol=1e-6)


@pytest.mark.parametrize(
    ("h", "count"), [(0.3, 3), (0.69, 3), (0.704, 3), (0.71, 4), (0.73, 4), (0.735, 4), (0.745, 1), (2.0, 1)]
)
def test_the_triangle_has_three_then_four_then_one(h, count):
    assert len(modes(TRIANGLE, h)) == count


@pytest.mark.parametrize("seed", range(8))
def test_modes_against_a_grid(seed):
    y = data(20, 1, seed)
    x = np.linspace(-4, 4, 80001)
    for h in (0.08, 0.2, 0.5):
        heights = gaussian_kde(y[:, 0], bw_method=h / y.std(ddof=1))(x)
        tops = x[1:-1][(heights[1:-1] > heights[:-2]) & (heights[1:-1] >= heights[2:])]
        np.testing.assert_allclose(np.sort(modes(fs.PointCloud(y), h)[:, 0]), tops, atol=2e-4)


def test_modes_are_sorted_by_height_and_stationary():
    law = fs.PointCloud(data(30, 2))
    found = modes(law, 0.3)
    heights = law.log_prob(found, 1.0, 0.3)
    assert np.all(np.diff(heights) <= 0)
    assert np.abs(law.score(found, 1.0, 0.3)).max() < 1e-10
    assert np.linalg.eigvalsh(law.hessian(found, 1.0, 0.3)).max() < 0


def test_one_point_and_equal_points():
    np.testing.assert_allclose(modes(fs.PointCloud([[2, 3]]), 5), [[2, 3]])
    np.testing.assert_allclose(modes(fs.PointCloud([[1.0], [1.0], [1.0]]), 0.1), [[1.0]])


def test_a_gaussian_has_one():
    np.testing.assert_allclose(modes(fs.Gaussian([1.0, -2.0], [4.0, 0.25]), 0.5), [[1.0, -2.0]], atol=1e-9)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf, "a", [0.5, 0.4]])
def test_bad_bandwidths(bad):
    with pytest.raises((ValueError, TypeError), match="bandwidth"):
        mean_shift(PAIR, [[0.0]], bad, 3)
    with pytest.raises((ValueError, TypeError), match="bandwidth"):
        modes(PAIR, bad)


def test_other_bad_input():
    with pytest.raises(TypeError, match="law"):
        mean_shift(np.zeros((3, 1)), [[0.0]], 1.0, 3)
    with pytest.raises(TypeError, match="law"):
        modes([[0.0]], 1.0)
    with pytest.raises(ValueError, match="x must have shape"):
        mean_shift(PAIR, [[0.0, 1.0]], 1.0, 3)
    with pytest.raises((ValueError, TypeError), match="steps"):
        mean_shift(PAIR, [[0.0]], 1.0, -1)


def test_just_before_modes_merge_a_minimum_is_none():
    assert len(modes(fs.PointCloud([[-1.0], [1.0]]), 0.9999999)) == 2
    angles = 2 * np.pi * np.arange(3) / 3
    triangle = fs.PointCloud(np.stack([np.cos(angles), np.sin(angles)], axis=-1))
    assert len(modes(triangle, 0.7071064983)) == 3


def test_a_ridge_has_no_isolated_modes():
    angles = 2 * np.pi * np.arange(60) / 60
    circle = fs.PointCloud(np.stack([np.cos(angles), np.sin(angles)], axis=-1))
    with pytest.raises(ArithmeticError, match="the density has a ridge"):
        modes(circle, 0.5)


def test_what_no_float_can_hold_is_refused():
    cloud = fs.PointCloud([[-1.0], [1.0]])
    with pytest.raises(ValueError, match="the mean of x is beyond the range"):
        mean_shift(cloud, [[1e200]], 1e-3, 1)
    for h in (1e160, 1e-155):
        with pytest.raises(ValueError, match="bandwidth must be between"):
            mean_shift(cloud, [[0.5]], h, 1)
        with pytest.raises(ValueError, match="bandwidth must be between"):
            modes(cloud, h)
    with pytest.raises(TypeError, match="path"):
        mean_shift(cloud, [[0.5]], 0.5, 1, path="no")
