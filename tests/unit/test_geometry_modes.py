"""The modes of Gaussian paths, against the flow itself, many digits, minimisation, angles and simulation."""

import mpmath
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import minimize_scalar

import fewsteps as fs
from fewsteps.flowmaps import GaussianFlowMap
from fewsteps.geometry import chord_residual, deviation_curve, mode_gain, residual_extremum, residual_moments

START = 80.0
LAM = np.array([1e4, 25.0, 1.0, 1e-2, 1e-6, 0.0])


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def exact_residual(lam, sigma, start, stop):
    """The definition, as it stands, in 60 digits."""
    with mpmath.workdps(60):
        lam, sigma, start, stop = (mpmath.mpf(float(value)) for value in (lam, sigma, start, stop))

        def gain(level):
            return mpmath.sqrt((lam + level**2) / (lam + start**2))

        return float(gain(sigma) - gain(stop) - (sigma - stop) / (start - stop) * (1 - gain(stop)))


def test_the_gain_against_the_flow_equation():
    levels = np.array([80.0, 10.0, 1.0, 0.05])
    run = solve_ivp(
        lambda s, y: s * y / (LAM + s * s), (80.0, 0.05), np.ones(6), "DOP853", levels, rtol=1e-12, atol=1e-14
    )
    np.testing.assert_allclose(mode_gain(LAM, levels, START), run.y.T, rtol=1e-9)


def test_the_gain_against_the_flow_map():
    phi = GaussianFlowMap(fs.Gaussian(np.zeros(6), LAM), fs.edm())
    for level in (80.0, 3.0, 0.01):
        np.testing.assert_allclose(mode_gain(LAM, level, START), phi(np.ones(6), START, level), rtol=1e-12)


@pytest.mark.parametrize("seed", range(60))
def test_the_residual_has_all_its_digits(seed):
    rng = np.random.default_rng(seed)
    start = 10 ** rng.uniform(-3, 3)
    stop = float(rng.choice([0.0, start * 10 ** rng.uniform(-8, -0.01)]))
    place = rng.choice([10 ** rng.uniform(-12, 0), 1 - 10 ** rng.uniform(-12, 0)])
    sigma = min(max(stop + (start - stop) * place, stop), start)
    lam = (start * 10 ** rng.uniform(-12, 12)) ** 2
    got = chord_residual(lam, sigma, start, stop)
    np.testing.assert_allclose(got, exact_residual(lam, sigma, start, stop), rtol=3e-15)


@pytest.mark.parametrize("stop", [0.0, 0.3])
def test_the_residual_in_hyperbolic_angles(stop):
    lam, sigma = 4.0, np.array([0.3, 1.0, 7.0, 60.0])
    u, top, low = (np.arcsinh(value / 2.0) for value in (sigma, START, stop))
    product = -2 * np.sinh((u - low) / 2) * np.sinh((top - u) / 2) / np.cosh(top) / np.cosh((top + low) / 2)
    np.testing.assert_allclose(chord_residual(lam, sigma, START, stop), product, rtol=1e-13, atol=1e-16)


def test_the_residual_vanishes_at_its_ends_and_without_variance():
    assert np.all(chord_residual(LAM, [80.0, 0.0], START) == 0)
    assert np.all(chord_residual(LAM, [80.0, 0.5], START, 0.5) == 0)
    assert np.all(chord_residual(0.0, [80.0, 3.0, 0.0], START) == 0)
    assert np.all(chord_residual(LAM[:-1], [79.0, 0.1], START) < 0)


@pytest.mark.parametrize("lam", LAM[:-1])
def test_the_extremum_against_minimisation(lam):
    found = minimize_scalar(
        lambda s: exact_residual(lam, s, START, 0.0), bounds=(0, START), method="bounded", options={"xatol": 1e-10}
    )
    sigma, depth = residual_extremum(lam, START)
    np.testing.assert_allclose(sigma, found.x, rtol=2e-6, atol=1e-8)
    np.testing.assert_allclose(depth, found.fun, rtol=1e-12)


def test_the_extremum_at_the_edges():
    sigma, depth = residual_extremum(LAM, START)
    assert sigma.shape == depth.shape == (6,)
    assert sigma[-1] == 0
    assert depth[-1] == 0
    np.testing.assert_allclose(chord_residual(LAM, sigma, START)[np.arange(6), np.arange(6)], depth, rtol=1e-14)
    wide, shallow = residual_extremum(1e20, START)
    np.testing.assert_allclose([wide / START, shallow * 8e20 / START**2], [0.5, -1.0], rtol=1e-9)  # a parabola


def test_the_moments_against_simulation():
    lam, sigma = np.array([25.0, 9.0, 4.0, 1.0, 0.2]), np.array([30.0, 8.0, 2.0])
    starts = random(200_000, 5) * np.sqrt(lam + START**2)
    squares = (chord_residual(lam, sigma, START)[:, None] ** 2 * starts**2).sum(-1)
    mean, variance, rank = residual_moments(lam, sigma, START)
    np.testing.assert_allclose(mean, squares.mean(1), rtol=0.01)
    np.testing.assert_allclose(variance, squares.var(1), rtol=0.03)
    np.testing.assert_allclose(variance, 2 / rank * mean**2, rtol=1e-14)


def test_the_effective_rank():
    ends = residual_moments([4.0, 1.0], [80.0, 0.0], START)
    np.testing.assert_array_equal(ends[0], 0)
    np.testing.assert_array_equal(ends[1], 0)
    near = residual_moments([4.0, 1.0], [79.9999, 1e-6], START)[2]
    np.testing.assert_allclose(ends[2], near, rtol=1e-5)
    np.testing.assert_allclose(residual_moments(np.full(7, 3.0), 5.0, START)[2], 7.0, rtol=1e-14)
    assert residual_moments([0.0, 0.0], 5.0, START) == (0, 0, 0)


@pytest.mark.parametrize("stop", [0.0, 0.5])
def test_the_deviation_against_paths(stop):
    lam = np.concatenate([np.full(600, 4.0), np.full(900, 0.3), np.zeros(1500)])
    levels = np.append(np.geomspace(START, 0.6, 9), stop)
    paths = mode_gain(lam, levels, START)[:, None] * random(20, 3000) * np.sqrt(lam + START**2)
    chord = paths[0] - paths[-1]
    length = np.linalg.norm(chord, axis=-1)
    apart = paths - paths[-1]
    apart = apart - (apart * chord).sum(-1)[..., None] * chord / length[:, None] ** 2
    for got in (deviation_curve(lam, levels), deviation_curve(lam[:1500], levels, d=3000)):
        np.testing.assert_allclose(got[0][1:-1], np.linalg.norm(apart, axis=-1).mean(1)[1:-1], rtol=0.03)
        np.testing.assert_allclose(got[1], length.mean(), rtol=0.01)
        np.testing.assert_array_equal(got[0][[0, -1]], 0)


def test_paths_of_one_variance_are_straight():
    deviation, chord = deviation_curve(np.full(50, 4.0), np.linspace(START, 0, 21))
    assert np.all(deviation < 1e-13 * chord)
    assert np.all(deviation_curve([0.0], [3.0, 2.0, 1.0], d=4)[0] == 0)


@pytest.mark.parametrize("unit", [1e-150, 1e-60, 1e60, 1e150])
def test_far_scales(unit):
    lam, sigma = np.array([9.0, 1.0]), np.array([4.0, 1.0])
    far = (lam * unit) * unit
    np.testing.assert_allclose(mode_gain(far, sigma * unit, 10 * unit), mode_gain(lam, sigma, 10.0), rtol=1e-9)
    got = chord_residual(far, sigma * unit, 10 * unit)
    np.testing.assert_allclose(got, chord_residual(lam, sigma, 10.0), rtol=1e-9)
    place, depth = residual_extremum(far, 10 * unit)
    np.testing.assert_allclose(place / unit, residual_extremum(lam, 10.0)[0], rtol=1e-9)
    np.testing.assert_allclose(depth, residual_extremum(lam, 10.0)[1], rtol=1e-9)
    curve = deviation_curve(far, np.array([10.0, 4.0, 0.0]) * unit, d=9)
    np.testing.assert_allclose(curve[0] / unit, deviation_curve(lam, [10.0, 4.0, 0.0], d=9)[0], rtol=1e-9)


@pytest.mark.parametrize("lam", [1e-300, 1e300])
@pytest.mark.parametrize("start", [1e-140, 1.0, 1e70])
def test_no_nan_whatever_the_ratio(lam, start):
    levels = np.array([start, start / 2, 0.0])
    answers = [mode_gain(lam, levels, start), chord_residual(lam, levels, start), *residual_extremum(lam, start)]
    answers += [*residual_moments([lam], levels, start), *deviation_curve([lam], levels)]
    answers += [*deviation_curve([lam], levels, d=3)]
    assert all(np.isfinite(answer).all() for answer in answers)


def test_shapes_follow_the_input():
    assert mode_gain(1.0, 2.0, 3.0).shape == ()
    assert mode_gain(1.0, [2.0, 1.0], 3.0).shape == (2,)
    assert mode_gain([1.0, 2.0, 3.0], 2.0, 3.0).shape == (3,)
    assert chord_residual([1, 2, 3], np.ones((4, 2)), 3.0).shape == (4, 2, 3)
    assert residual_extremum(1, 3.0)[0].shape == ()
    assert residual_moments(1.0, [[2.0, 1.0]], 3.0)[0].shape == (1, 2)


def test_torch_passes_gradients():
    torch = pytest.importorskip("torch")
    sigma = torch.linspace(0.5, 70.0, 8, dtype=torch.float64, requires_grad=True)
    (rate,) = torch.autograd.grad(mode_gain(np.array(4.0), sigma, START).sum(), sigma)
    want = sigma.detach().numpy() / np.sqrt((4 + sigma.detach().numpy() ** 2) * (4 + START**2))
    np.testing.assert_allclose(rate.numpy(), want, rtol=1e-13)
    lam = torch.tensor([4.0, 1.0], dtype=torch.float64, requires_grad=True)
    for answer in (
        chord_residual(lam, 3.0, START),
        residual_extremum(lam, START)[1],
        residual_moments(lam, 3.0, START)[0],
        deviation_curve(lam, [80.0, 3.0, 0.0])[0][1],
    ):
        assert torch.isfinite(torch.autograd.grad(answer.sum(), lam)[0]).all()


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="sigma must be at most"):
        mode_gain(1.0, 81.0, START)
    with pytest.raises(ValueError, match="sigma must be at least stop, 1"):
        chord_residual(1.0, [2.0, 0.5], START, 1.0)
    with pytest.raises(ValueError, match="stop must be less than start"):
        chord_residual(1.0, 2.0, 3.0, 3.0)
    with pytest.raises(ValueError, match="lam must be at least 0"):
        residual_extremum(-1.0, START)
    with pytest.raises(ValueError, match=r"lam must have shape \(d,\)"):
        residual_moments([[1.0]], 2.0, START)
    with pytest.raises(ValueError, match="levels must have shape"):
        deviation_curve([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="d must be at least 2"):
        deviation_curve([1.0, 1.0], [2.0, 1.0], d=1)


def test_what_no_float_can_hold_is_refused():
    for call in (
        lambda: mode_gain([1.0], [0.0], 1e-310),
        lambda: residual_extremum([1e100], 1e-300),
        lambda: chord_residual([1.0], [5e-321], 1e-320),
        lambda: deviation_curve([1.0], [1e-320, 0.0]),
    ):
        with pytest.raises(ValueError, match="start must not be so small"):
            call()
    with pytest.raises(ValueError, match="the variance is beyond the range of float64"):
        residual_moments([1e200], [5e99], 1e100)
    with pytest.raises(ValueError, match="sigma must be at most start, 80"):
        mode_gain([1.0], 81.0, 80.0)
