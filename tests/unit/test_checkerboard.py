import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats
from strategies import seeds

import fewsteps as fs
from fewsteps.identities import continuity

BOARDS = [fs.Checkerboard(), fs.Checkerboard(3, 2.5), fs.Checkerboard(2, 6.0)]
LEVELS = [(1.0, 0.05), (0.7, 0.3), (0.3, 0.7), (0.05, 1.0), (0.0, 1.0), (1.0, 5.0)]
boards = st.builds(fs.Checkerboard, st.integers(2, 6), st.floats(0.5, 8.0))
levels = st.tuples(st.floats(0.01, 1.5), st.floats(0.02, 3.0))


def squares(law):
    """The filled squares by their definition: lower left corners of shape (filled, 2)."""
    corner = -law.width / 2 + law.side * np.arange(law.cells)
    return np.array([(corner[i], corner[j]) for i in range(law.cells) for j in range(law.cells) if (i + j) % 2 == 0])


def by_distribution_functions(law, x, alpha, sigma):
    """The noisy density as the plain mixture of products of differences of normal distribution functions."""
    low = squares(law)
    upper = special.ndtr((alpha * (low + law.side) - x[:, None]) / sigma)
    lower = special.ndtr((alpha * low - x[:, None]) / sigma)
    return np.mean(np.prod((upper - lower) / (alpha * law.side), axis=-1), axis=-1)


def by_quadrature(law, x, alpha, sigma, nodes=60):
    """Posterior mean and covariance at one point, by Gauss rules on the filled squares."""
    t, w = np.polynomial.legendre.leggauss(nodes)
    t, w = (t + 1) / 2 * law.side, np.multiply.outer(w, w).ravel()
    grid = np.stack(np.meshgrid(t, t, indexing="ij"), axis=-1).reshape(-1, 2)
    u = (squares(law)[:, None] + grid).reshape(-1, 2)
    log = -np.sum((x - alpha * u) ** 2, axis=-1) / (2 * sigma**2) + np.log(np.tile(w, law.filled))
    p = special.softmax(log)
    mean = p @ u
    return mean, (p * (u - mean).T) @ (u - mean)


def points(law, seed, alpha, sigma, n=6):
    rng = np.random.default_rng(seed)
    return np.concatenate([law.sample(n, rng, alpha, sigma), 3 * rng.standard_normal((n, 2))])


@given(boards, levels, seeds)
def test_density_is_the_mixture_of_smoothed_squares(law, level, seed):
    x = points(law, seed, *level)
    want = by_distribution_functions(law, x, *level)
    seen = want > 1e-8  # the reference cancels in the tails
    np.testing.assert_allclose(np.exp(law.log_prob(x, *level))[seen], want[seen], rtol=1e-5)
    near = law.sample(5, np.random.default_rng(seed), level[0])
    want = by_distribution_functions(law, near, *level)
    np.testing.assert_allclose(np.exp(law.log_prob(near, *level)), want, rtol=1e-11 / min(1, level[0] * law.side) ** 2)


@pytest.mark.parametrize("law", BOARDS)
@pytest.mark.parametrize("level", LEVELS)
def test_density_integrates_to_one(law, level):
    edge = level[0] * law.width / 2 + 9 * level[1]
    line = np.linspace(-edge, edge, 1 + int(6 * edge / level[1]))
    grid = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1)
    total = np.exp(law.log_prob(grid, *level)).sum() * (line[1] - line[0]) ** 2
    assert total == pytest.approx(1, abs=1e-10)


@pytest.mark.parametrize("law", BOARDS)
def test_density_is_the_convolution(law):
    alpha, sigma, step = 0.8, 0.3, 0.8 * law.side / 4
    line = step * (np.arange(-6 * law.cells, 6 * law.cells) + 0.5)
    grid = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1)
    # the clean density is constant on the cells of this grid, so this discrete convolution has no error
    offset = line[:, None] - line
    kernel = special.ndtr((offset + step / 2) / sigma) - special.ndtr((offset - step / 2) / sigma)
    smooth = kernel @ np.exp(law.log_prob(grid, alpha)) @ kernel.T
    np.testing.assert_allclose(smooth, np.exp(law.log_prob(grid, alpha, sigma)), atol=1e-14)


@settings(max_examples=25)
@given(boards, st.tuples(st.floats(0.05, 1.5), st.floats(0.1, 3.0)), seeds)
def test_posterior_moments_by_quadrature(law, level, seed):
    for x in points(law, seed, *level, n=2):
        mean, cov = by_quadrature(law, x, *level)
        np.testing.assert_allclose(law.denoiser(x, *level), mean, atol=1e-9)
        np.testing.assert_allclose(law.posterior_cov(x, *level), cov, atol=1e-9)


@given(boards, levels, seeds)
def test_score_is_the_slope_and_tweedies(law, level, seed):
    (alpha, sigma), x, h = level, points(law, seed, *level), 1e-4 * level[1]
    axes = h * np.eye(2)
    slope = np.stack([law.log_prob(x + a, *level) - law.log_prob(x - a, *level) for a in axes], -1) / (2 * h)
    score, size = law.score(x, *level), 1 + np.abs(x).max() / sigma
    np.testing.assert_allclose(sigma * score, sigma * slope, atol=1e-6 * size**2)
    tweedie = (x + sigma**2 * score) / alpha
    np.testing.assert_allclose(law.denoiser(x, *level), tweedie, atol=1e-11 * size * (1 + sigma / alpha))
    hessian = np.stack([law.score(x + a, *level) - law.score(x - a, *level) for a in axes], -1) / (2 * h)
    np.testing.assert_allclose(sigma**2 * law.hessian(x, *level), sigma**2 * hessian, atol=1e-5 * size)


def test_tails_and_tiny_noise_keep_their_digits():
    law = fs.Checkerboard()
    mpmath.mp.dps = 60
    half = mpmath.mpf(1) / 2
    for x, alpha, sigma in [((9.0, -7.0), 1.0, 0.1), ((2.5, 0.5), 1.0, 1e-3), ((0.3, -0.2), 0.75, 2e-4)]:
        density, means = mpmath.mpf(0), mpmath.matrix([0, 0])
        for corner in squares(law):
            parts = []
            for axis in range(2):
                low = (alpha * mpmath.mpf(corner[axis]) - x[axis]) / mpmath.mpf(sigma)
                high = low + alpha * mpmath.mpf(law.side) / mpmath.mpf(sigma)
                sign = -1 if low > 0 else 1  # so that the distribution functions are small
                cdfs = [half * mpmath.erfc(-sign * v / mpmath.sqrt(2)) for v in (low, high)]
                mass = sign * (cdfs[1] - cdfs[0])
                phis = [mpmath.exp(-v * v / 2) / mpmath.sqrt(2 * mpmath.pi) for v in (low, high)]
                parts.append(
                    (mass / (alpha * law.side), (x[axis] + mpmath.mpf(sigma) * (phis[0] - phis[1]) / mass) / alpha)
                )
            joint = parts[0][0] * parts[1][0] / law.filled
            density += joint
            means += joint * mpmath.matrix([parts[0][1], parts[1][1]])
        got = law.log_prob(np.array(x), alpha, sigma)
        assert got == pytest.approx(float(mpmath.log(density)), rel=1e-11)
        want = np.array([float(m / density) for m in means])
        np.testing.assert_allclose(law.denoiser(np.array(x), alpha, sigma), want, atol=1e-10)
        cov = law.posterior_cov(np.array(x), alpha, sigma)
        assert np.linalg.eigvalsh(cov).min() > 0


def test_inside_a_square_little_noise_is_no_news():
    law, x = fs.Checkerboard(), np.array([[0.5, 0.5], [-1.5, -0.3]])
    np.testing.assert_allclose(law.score(x[:1], 1.0, 1e-5), 0, atol=1e-9)
    np.testing.assert_allclose(law.denoiser(x[:1], 1.0, 1e-5), x[:1], atol=1e-14)
    np.testing.assert_allclose(law.posterior_cov(x[0], 1.0, 1e-5), 1e-10 * np.eye(2), atol=1e-21)
    # in a hole the nearest filled point, and the variance of an exponential beside it
    np.testing.assert_allclose(law.denoiser(x[1], 1.0, 1e-3), [-1.5, 1e-6 / 0.3], atol=1e-9)
    assert law.posterior_cov(x[1], 1.0, 1e-3)[1, 1] == pytest.approx((1e-6 / 0.3) ** 2, rel=1e-3)


@given(boards, levels, st.tuples(st.floats(-2, 2), st.floats(-2, 2)), seeds)
def test_velocity_and_its_derivatives(law, level, rates, seed):
    (_, sigma), x, h = level, points(law, seed, *level), 1e-4 * level[1]
    arguments = (*level, *rates)
    velocity = law.velocity(x, *arguments)
    want = rates[0] * law.denoiser(x, *level) - rates[1] / 2 * law.score(x, *level)
    scale = 1 + np.abs(x).max() / sigma**2
    np.testing.assert_allclose(velocity, want, atol=1e-12 * scale)
    axes = h * np.eye(2)
    slope = np.stack([law.velocity(x + a, *arguments) - law.velocity(x - a, *arguments) for a in axes], -1) / (2 * h)
    jacobian = law.jacobian(x, *arguments)
    np.testing.assert_allclose(jacobian, slope, atol=1e-5 * (1 + scale / sigma) * (1 + law.width**2))
    np.testing.assert_allclose(law.divergence(x, *arguments), np.trace(jacobian, axis1=-2, axis2=-1), rtol=1e-12)


@pytest.mark.parametrize("law", BOARDS)
@pytest.mark.parametrize("t", [0.1, 0.5, 0.9, 1.0])
def test_the_continuity_equation(law, t):
    process, h = fs.flow_matching(), 1e-5
    x = points(law, 3, *process.at(t)[:2])
    assert continuity(law, process, x, t).agrees(atol=1e-7)
    start, end = max(t - h, 0), min(t + h, 1)
    if end - start == 2 * h:
        rate = (law.log_prob(x, *process.at(end)[:2]) - law.log_prob(x, *process.at(start)[:2])) / (2 * h)
        np.testing.assert_allclose(law.time_derivative(x, *process.at(t)), rate, rtol=1e-5, atol=1e-5)


def test_pure_noise_is_the_limit():
    law, x = fs.Checkerboard(5, 3.0), np.array([[0.4, -1.0], [30.0, 2.0]])
    mean, cov = law.moments()
    np.testing.assert_allclose(law.denoiser(x, 0.0, 2.0), [mean, mean], atol=1e-14)
    np.testing.assert_allclose(law.posterior_cov(x, 0.0, 2.0), [cov, cov], atol=1e-13)
    np.testing.assert_allclose(law.log_prob(x, 0.0, 2.0), stats.norm(scale=2).logpdf(x).sum(axis=-1), rtol=1e-14)
    np.testing.assert_allclose(law.velocity(x, 0.0, 1.0, -1.0, 2.0), x - mean, atol=1e-13)
    for name in ("log_prob", "score", "denoiser", "posterior_cov"):
        near = getattr(law, name)(x, 1e-9, 2.0)
        np.testing.assert_allclose(near, getattr(law, name)(x, 0.0, 2.0), atol=1e-7)


@pytest.mark.parametrize("law", [*BOARDS, fs.Checkerboard(5, 1.0)])
def test_samples_masses_and_moments(law):
    x = law.sample(40_000, np.random.default_rng(0))
    assert law.indicator(x).all()
    edges = np.linspace(-law.width / 2, law.width / 2, 3 * law.cells + 2)  # off the squares
    masses, counts = law.masses(edges), np.histogram2d(*x.T, bins=(edges, edges))[0]
    assert masses.sum() == pytest.approx(1, abs=1e-12)
    hit = masses > 1e-15
    assert counts[~hit].sum() == 0
    assert stats.chisquare(counts[hit], len(x) * masses[hit] / masses[hit].sum()).pvalue > 1e-3
    mean, cov = law.moments()
    np.testing.assert_allclose(x.mean(axis=0), mean, atol=5 * law.width / 200 / 3)
    np.testing.assert_allclose(np.cov(x.T), cov, atol=law.width**2 / 100)
    mean, cov = by_quadrature(law, np.zeros(2), 0.0, 1.0)
    np.testing.assert_allclose(law.moments()[0], mean, atol=1e-13)
    np.testing.assert_allclose(law.moments()[1], cov, atol=1e-12)


def test_masses_are_integrals_of_the_indicator():
    law, edges = fs.Checkerboard(3, 3.0), np.array([-1.2, -0.3, 0.1, 0.5, 2.0])
    fine = np.linspace(-1.2, 2.0, 321)
    middle = (fine[1:] + fine[:-1]) / 2
    inside = law.indicator(np.stack(np.meshgrid(middle, middle, indexing="ij"), -1)) * 1e-4 / law.filled
    want = np.add.reduceat(np.add.reduceat(inside, [0, 90, 130, 170], 0), [0, 90, 130, 170], 1)
    np.testing.assert_allclose(law.masses(edges), want, atol=1e-9)


def test_noisy_samples_have_the_noisy_law():
    law, rng = fs.Checkerboard(), np.random.default_rng(1)
    x = law.sample(40_000, rng, 0.6, 0.2)
    edges = np.linspace(-2.0, 2.0, 81)
    middle = (edges[1:] + edges[:-1]) / 2
    density = np.exp(law.log_prob(np.stack(np.meshgrid(middle, middle, indexing="ij"), -1), 0.6, 0.2))
    p = density.reshape(16, 5, 16, 5).sum(axis=(1, 3)) * 0.05**2
    counts = np.histogram2d(*x.T, bins=(edges[::5], edges[::5]))[0]
    seen = p > 1e-3
    rest = [len(x) - counts[seen].sum()], [len(x) * (1 - p[seen].sum())]
    result = stats.chisquare(np.append(counts[seen], rest[0]), np.append(len(x) * p[seen], rest[1]))
    assert result.pvalue > 1e-3


def test_without_noise():
    law = fs.Checkerboard(3, 3.0)
    x = np.array([[0.0, 0.0], [1.0, 0.0], [5.0, 5.0], [-1.4, 1.2]])
    np.testing.assert_array_equal(law.indicator(x), [True, False, False, True])
    np.testing.assert_allclose(law.log_prob(x), [-np.log(5), -np.inf, -np.inf, -np.log(5)])
    np.testing.assert_allclose(law.log_prob(2 * x, 2.0), law.log_prob(x) - 2 * np.log(2))
    mixed = law.log_prob(x, 1.0, np.array([0.0, 0.5, 0.5, 0.0]))
    np.testing.assert_allclose(mixed[1:3], law.log_prob(x[1:3], 1.0, 0.5))
    np.testing.assert_allclose(mixed[[0, 3]], -np.log(5))
    for name, rates in (("score", ()), ("denoiser", ()), ("velocity", (-1.0, 2.0)), ("posterior_cov", ())):
        with pytest.raises(ValueError, match="sigma must be positive: without noise"):
            getattr(law, name)(x, 1.0, 0.0, *rates)


METHODS = [("log_prob", 2), ("score", 2), ("denoiser", 2), ("hessian", 2), ("posterior_cov", 2)]
METHODS += [("velocity", 4), ("jacobian", 4), ("divergence", 4), ("time_derivative", 4)]


@pytest.mark.parametrize(("name", "count"), METHODS)
def test_levels_of_their_own_are_a_loop(name, count):
    law, rng = fs.Checkerboard(), np.random.default_rng(4)
    x, t = 2 * rng.standard_normal((3, 5, 2)), rng.uniform(0.05, 1, (3, 5))
    columns = (1 - t, t, -1 + 0 * t, 2 * t)[:count]
    got = getattr(law, name)(x, *columns)
    for i in np.ndindex(3, 5):
        np.testing.assert_allclose(got[i], getattr(law, name)(x[i], *(c[i] for c in columns)), rtol=1e-11, atol=1e-12)
    many = np.tile(x.reshape(-1, 2), (60, 1))  # more than one block
    long = getattr(law, name)(many, *(np.tile(c.ravel(), 60) for c in columns))
    np.testing.assert_allclose(long[-15:].reshape(got.shape), got, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("name", "count"), METHODS)
def test_torch_agrees(name, count):
    torch = pytest.importorskip("torch")
    law, rng = fs.Checkerboard(), np.random.default_rng(5)
    x, t = 2 * rng.standard_normal((40, 2)), rng.uniform(0.02, 1, 40)
    columns = (1 - t, t, -1 + 0 * t, 2 * t)[:count]
    want = getattr(law, name)(x, *columns)
    got = getattr(law, name)(torch.tensor(x), *map(torch.tensor, columns))
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-10, atol=1e-9)
    single = getattr(law, name)(torch.tensor(x, dtype=torch.float32), *columns)
    assert single.dtype == torch.float32
    if name in ("log_prob", "denoiser"):
        np.testing.assert_allclose(single.numpy(), want, rtol=1e-4, atol=1e-4)


def test_torch_gradients():
    torch = pytest.importorskip("torch")
    law = fs.Checkerboard()
    x = torch.tensor([[0.3, 0.9], [-1.4, 0.1], [3.0, 0.0]], dtype=torch.float64, requires_grad=True)
    for alpha, sigma in LEVELS:
        (slope,) = torch.autograd.grad(law.log_prob(x, alpha, sigma).sum(), x)
        np.testing.assert_allclose(slope, law.score(x, alpha, sigma).detach(), rtol=1e-8, atol=1e-9)
    np.testing.assert_array_equal(law.indicator(x), [True, True, False])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((1,), ValueError, "cells must be at least 2"),
        ((2.0,), TypeError, "cells must be an integer"),
        ((4, 0.0), ValueError, "width must be greater than 0"),
        ((4, [1.0, 2.0]), ValueError, "width must be one number"),
    ],
)
def test_bad_boards_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        fs.Checkerboard(*arguments)


def test_bad_input_is_refused():
    law = fs.Checkerboard()
    for x in (np.zeros(3), 0.0):
        with pytest.raises(ValueError, match=r"x must have shape \(\.\.\., 2\)"):
            law.score(x, 1.0, 1.0)
    with pytest.raises(ValueError, match="alpha must be one number or have shape"):
        law.score(np.zeros((3, 2)), np.ones(2), 1.0)
    with pytest.raises(ValueError, match="alpha and sigma must not both be zero"):
        law.denoiser(np.zeros((2, 2)), np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    with pytest.raises(ValueError, match="sigma must be at least 0"):
        law.denoiser(np.zeros(2), 1.0, -1.0)
    with pytest.raises(ValueError, match="d_var must be finite"):
        law.velocity(np.zeros(2), 1.0, 1.0, 1.0, np.inf)
    for edges in ([0.0], [1.0, 0.0], [[0.0, 1.0]]):
        with pytest.raises(ValueError, match="edges must have shape"):
            law.masses(edges)
    with pytest.raises(TypeError, match="rng must be"):
        law.sample(3, 0)
