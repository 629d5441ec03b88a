"""Flow maps against the differential equation, one another, and digits beyond double precision."""

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import integrate
from strategies import mixtures, seeds

import fewsteps as fs
from fewsteps import flowmaps as fm

FM = fs.flow_matching()
PROCESSES = [FM, fs.vp_linear(), fs.edm(10.0), fs.ve(0.05, 5.0), fs.trigonometric()]
# the mixture of FM-EM
MIXTURE = fs.GaussianMixture.on_line([-2.0, 1.0], [0.3, 0.5], [0.3, 0.7])
PLANE = fs.Gaussian([0.5, -1.0], [[2.0, 0.7], [0.7, 0.5]])
BASE = np.array([[1.0, -0.6], [-0.6, 2.0]])
X = np.random.default_rng(1).standard_normal((6, 2))
LINE = np.linspace(-3.0, 3.0, 7)[:, None]
PAIRS = [(1.0, 0.0), (0.2, 0.9), (0.9, 0.1), (0.0, 0.5)]  # those of FM-EM


def numerical(law, process, **tolerances):
    return fm.NumericalFlowMap(
        lambda x, t: law.velocity(x, *process.at(t)), lambda x, t: law.jacobian(x, *process.at(t)), **tolerances
    )


def named(process):
    return process.name


# -------------------------------------------------------------------------------------------------------- Gaussian


@pytest.mark.parametrize("process", PROCESSES, ids=named)
@pytest.mark.parametrize("pair", PAIRS)
def test_gaussian_map_solves_the_equation(process, pair):
    r, t = process.horizon * np.array(pair)
    phi, reference = fm.GaussianFlowMap(PLANE, process), numerical(PLANE, process, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(phi(X, r, t), reference(X, r, t), rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(phi.jacobian(X, r, t), reference.jacobian(X, r, t), rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(phi.slope(X, r, t), reference.slope(X, r, t), rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(phi.velocity(X, t), PLANE.velocity(X, *process.at(t)), rtol=1e-11, atol=1e-12)


@settings(max_examples=30)
@given(seeds, st.sampled_from(PROCESSES), st.integers(1, 3), st.booleans())
def test_gaussian_map_is_invertible_composes_and_pushes_forward(seed, process, d, coloured):
    rng = np.random.default_rng(seed)
    root, other = rng.standard_normal((2, d, d))
    law = fs.Gaussian(rng.standard_normal(d), root @ root.T + 0.1 * np.eye(d))
    base = other @ other.T + 0.1 * np.eye(d) if coloured else np.eye(d)
    phi = fm.GaussianFlowMap(law, process, base if coloured else None)
    x, (r, u, t) = rng.standard_normal((5, d)), process.horizon * rng.uniform(size=(3, 5))
    close = {"rtol": 1e-10, "atol": 1e-10}
    np.testing.assert_allclose(phi(phi(x, r, t), t, r), x, **close)
    np.testing.assert_allclose(phi(phi(x, r, u), u, t), phi(x, r, t), **close)
    np.testing.assert_allclose(phi(x, r, r), x, **close)
    np.testing.assert_allclose(phi.slope(x, r, t) * (t - r)[:, None], phi(x, r, t) - x, rtol=1e-8, atol=1e-10)
    # affine maps push Gaussians to Gaussians: mean and covariance decide
    a, b = process.at(r[0]), process.at(t[0])
    np.testing.assert_allclose(phi(a.alpha * law.mean, r[0], t[0]), b.alpha * law.mean, **close)
    jacobian = phi.jacobian(x, r, t)[0]
    start, end = (level.alpha**2 * law.cov + level.sigma**2 * base for level in (a, b))
    np.testing.assert_allclose(jacobian @ start @ jacobian.T, end, rtol=1e-8, atol=1e-8)


def test_rows_may_have_their_own_times():
    phi, (r, t) = fm.GaussianFlowMap(PLANE, FM, BASE), np.random.default_rng(2).uniform(size=(2, 6))
    for method in (phi, phi.slope, phi.jacobian):
        np.testing.assert_allclose(method(X, r, t), [method(*row) for row in zip(X, r, t, strict=True)], rtol=1e-13)
        np.testing.assert_allclose(method(X[:, None], r[:, None], 0.3), method(X, r, 0.3)[:, None], rtol=1e-13)
    np.testing.assert_allclose(phi.velocity(X, t), [phi.velocity(*row) for row in zip(X, t, strict=True)], rtol=1e-13)
    np.testing.assert_allclose(phi.std(t), [phi.std(s) for s in t], rtol=1e-13)


def test_base_that_does_not_commute_needs_whitening():
    # FM-EG: the formula in the given coordinates transports the covariance, but is not the flow
    phi = fm.GaussianFlowMap(fs.Gaussian([0.0, 0.0], PLANE.cov), FM, BASE)

    def velocity(x, t):
        cov = (1 - t) ** 2 * PLANE.cov + t**2 * BASE
        return x @ np.linalg.solve(cov, t * BASE - (1 - t) * PLANE.cov)

    reference = fm.NumericalFlowMap(velocity, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(phi.velocity(X, 0.4), velocity(X, 0.4), rtol=1e-12)
    for r, t in PAIRS:
        np.testing.assert_allclose(phi(X, r, t), reference(X, r, t), rtol=1e-10, atol=1e-11)

    def root(cov, power):
        values, basis = np.linalg.eigh(cov)
        return (basis * values**power) @ basis.T

    naive = root(PLANE.cov, 0.5) @ root(BASE, -0.5)
    np.testing.assert_allclose(naive @ BASE @ naive.T, PLANE.cov, rtol=1e-12)
    assert abs(naive - phi.jacobian(X[0], 1.0, 0.0)).max() > 0.01


@pytest.mark.parametrize("process", [*PROCESSES, fs.vp_cosine(), fs.sub_vp()], ids=named)
@pytest.mark.parametrize("start", [1.0, 0.6, 0.05])
def test_slope_keeps_its_digits_for_every_gap(process, start):
    phi, x = fm.GaussianFlowMap(fs.Gaussian([1.5], [0.3]), process), np.array([0.4])
    z, w = np.polynomial.legendre.leggauss(30)
    panels = np.linspace(0, 1, 31)
    theta, weights = (panels[:-1, None] + (z + 1) / 60).ravel(), np.tile(w / 60, 30)
    r = start * process.horizon
    for gap in [*10.0 ** -np.arange(13), 0.062, 0.063]:
        t = max(0.0, r - gap * process.horizon)
        path = r + theta * (t - r)
        # the slope is the mean velocity along the path: an integral in which nothing cancels
        want = weights @ phi.velocity(phi(np.tile(x, (900, 1)), r, path), path)
        np.testing.assert_allclose(phi.slope(x, r, t), want, rtol=1e-11)
    np.testing.assert_allclose(phi.slope(x, r, r), phi.velocity(x, r), rtol=1e-13)


def test_torch_and_numpy_agree_and_gradients_flow():
    torch = pytest.importorskip("torch")
    phi, (r, t) = fm.GaussianFlowMap(PLANE, fs.vp_linear(), BASE), np.random.default_rng(3).uniform(size=(2, 6))
    x, start, end = (torch.tensor(value, requires_grad=True) for value in (X, r, t))
    for method in (phi, phi.slope, phi.jacobian):
        np.testing.assert_allclose(method(x, start, end).detach().numpy(), method(X, r, t), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(phi.velocity(x, end).detach().numpy(), phi.velocity(X, t), rtol=1e-12)
    (rate,) = torch.autograd.grad(phi(x, start, end)[:, 0].sum(), end)
    np.testing.assert_allclose(rate.numpy(), phi.velocity(phi(X, r, t), t)[:, 0], rtol=1e-10)
    assert phi(x.float(), 1.0, 0.5).dtype == torch.float32
    # the derivative of the slope through the branch near the diagonal: half the acceleration
    near = torch.tensor(0.5, dtype=torch.float64)

    def drift_of_slope(gap):
        return torch.func.jvp(lambda s: phi.slope(x, s, near + gap), (near,), (near / near,))[1].detach()

    np.testing.assert_allclose(drift_of_slope(0.0), drift_of_slope(1e-3), rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize(
    ("lam", "printed"), [(0.01, 5.05), (0.25, 1.25), (1.0, 1.0), (4.0, 1.25), (50.0, 3.606), (1e-6, 500.0005)]
)
def test_lipschitz_constants_of_the_catalogue(lam, printed):
    phi, peak = fm.GaussianFlowMap(fs.Gaussian([2.0], [lam]), FM), np.cosh(np.log(lam) / 2)
    assert phi.lipschitz() == pytest.approx(printed, abs=5e-4)
    assert phi.lipschitz() == pytest.approx(peak, rel=1e-9)
    assert phi.one_sided_lipschitz() == pytest.approx(peak if lam > 1 else 1.0, rel=1e-9)
    assert phi.one_sided_lipschitz("noise") == pytest.approx(peak if lam < 1 else 1.0, rel=1e-9)


def test_lipschitz_constants_in_the_plane():
    phi = fm.GaussianFlowMap(fs.Gaussian([0.0, 0.0], [0.25, 9.0]), FM)
    assert phi.lipschitz() == pytest.approx(np.cosh(np.log(9.0) / 2), rel=1e-9)
    assert fm.GaussianFlowMap(fs.Gaussian([0.0, 0.0], [1.0, 0.0]), FM).lipschitz() == np.inf
    coloured = fm.GaussianFlowMap(PLANE, FM, BASE)
    pairs = np.random.default_rng(0).standard_normal((2, 4000, 2))
    t = np.random.default_rng(1).uniform(size=4000)
    step = pairs[0] - pairs[1]
    change = coloured.velocity(pairs[0], t) - coloured.velocity(pairs[1], t)
    length = np.linalg.norm(step, axis=1)
    ratio, one_sided = np.linalg.norm(change, axis=1) / length, -(change * step).sum(axis=1) / length**2
    assert 0.95 < ratio.max() / coloured.lipschitz() <= 1
    assert 0.95 < one_sided.max() / coloured.one_sided_lipschitz() <= 1


def test_law_without_density_at_the_end():
    phi = fm.GaussianFlowMap(fs.Gaussian([1.0, 2.0], [1.0, 0.0]), FM)
    np.testing.assert_allclose(phi([[0.5, 3.0]], 1.0, 0.0), [[1.5, 2.0]])
    np.testing.assert_allclose(phi.slope([[0.5, 3.0]], 1.0, 0.0), [[-1.0, 1.0]])
    for call in (lambda: phi([0.5, 3.0], 0.0, 1.0), lambda: phi.slope([0.5, 3.0], 0.0, 1.0), lambda: phi.rates(0.0)):
        with pytest.raises(ValueError, match="no density"):
            call()
    with pytest.raises(ValueError, match="t must not be a time"):
        phi.velocity([0.5, 3.0], 0.0)


# -------------------------------------------------------------------------------------------------------- the line


def exact_image(law, x, r, t, guess):
    """The image by root finding with many digits."""

    def distribution(y, time):
        parts = zip(law.weights, law.means[:, 0], law.spectrum[:, 0] + 0 * law.weights, strict=True)
        data, noise = 1 - mpmath.mpf(time), mpmath.mpf(time)
        return mpmath.fsum(
            float(w) * mpmath.ncdf((y - data * float(m)) / mpmath.sqrt(data**2 * float(v) + noise**2))
            for w, m, v in parts
        )

    level = distribution(mpmath.mpf(float(x)), r)
    return float(mpmath.findroot(lambda y: distribution(y, t) / level - 1, mpmath.mpf(float(guess)), maxsteps=100))


@pytest.mark.parametrize(("r", "t"), [(1.0, 0.0), (0.9, 0.1), (0.2, 0.9)])
def test_quantile_map_to_twelve_digits_in_the_tails(r, t):
    phi, x = fm.LineFlowMap(MIXTURE, FM), np.linspace(-8.0, 8.0, 9)[:, None]
    got = phi(x, r, t)[:, 0]
    with mpmath.workdps(120):
        want = [exact_image(MIXTURE, *x[k], r, t, got[k]) for k in range(9)]
    np.testing.assert_allclose(got, want, rtol=1e-12)


@pytest.mark.parametrize("pair", PAIRS)
def test_quantile_map_solves_the_equation(pair):
    phi, reference = fm.LineFlowMap(MIXTURE, FM), numerical(MIXTURE, FM, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(phi(LINE, *pair), reference(LINE, *pair), rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(phi.jacobian(LINE, *pair), reference.jacobian(LINE, *pair), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(phi.slope(LINE, *pair), reference.slope(LINE, *pair), rtol=1e-9, atol=1e-11)


@settings(max_examples=30)
@given(mixtures(d=1), seeds, st.sampled_from(PROCESSES))
def test_quantile_map_is_invertible_composes_and_pushes_forward(law, seed, process):
    rng = np.random.default_rng(seed)
    phi, (r, u, t) = fm.LineFlowMap(law, process), process.horizon * rng.uniform(0.02, 1.0, (3, 6))
    x = np.array([law.sample(1, rng, *process.at(s)[:2])[0] for s in r])
    # noise may bury what sets data apart: the condition number of the way there and back
    worst = max(1.0, *(np.abs(phi.jacobian(phi(x, r, s), s, r)).max() for s in (u, t)))
    assume(worst < 1e3)
    tolerance = 1e-13 * worst * (1 + np.abs(x).max())
    np.testing.assert_allclose(phi(phi(x, r, t), t, r), x, rtol=1e-12, atol=tolerance)
    image = phi(x, r, t)
    scale = 1e-12 * (1 + np.abs(image)) * np.maximum(1.0, np.abs(phi.jacobian(phi(x, r, u), u, t)[..., 0]))
    assert np.all(np.abs(phi(phi(x, r, u), u, t) - image) <= scale)
    for k in range(6):
        before, after = (fs.cdf(law, y[k], *process.at(s[k])[:2]) for y, s in ((x, r), (image, t)))
        np.testing.assert_allclose(before, after, rtol=1e-11)
        np.testing.assert_allclose(
            phi.velocity(x[k], r[k]), law.velocity(x[k], *process.at(r[k])), rtol=1e-9, atol=1e-9
        )
    np.testing.assert_allclose(phi.slope(x, r, r), phi.velocity(x, r), rtol=1e-12, atol=1e-13)


def test_quantile_map_of_a_gaussian_is_the_gaussian_one():
    law = fs.Gaussian([1.0], [0.2])
    line, closed = fm.LineFlowMap(law, FM), fm.GaussianFlowMap(law, FM)
    twins = fm.LineFlowMap(fs.GaussianMixture.on_line([1.0, 1.0], np.sqrt(0.2)), FM)
    for name in ("__call__", "slope", "jacobian"):
        for r, t in [*PAIRS, (0.5, 0.5 + 1e-9)]:
            want = getattr(closed, name)(LINE, r, t)
            np.testing.assert_allclose(getattr(line, name)(LINE, r, t), want, rtol=1e-10, atol=1e-12)
            np.testing.assert_allclose(getattr(twins, name)(LINE, r, t), want, rtol=1e-10, atol=1e-12)


def test_slope_of_the_quantile_map_keeps_its_digits():
    phi = fm.LineFlowMap(MIXTURE, FM)
    for gap in 10.0 ** -np.arange(1, 13):
        want = numerical(MIXTURE, FM, rtol=1e-13, atol=1e-14).slope(LINE, 0.6, 0.6 - gap)
        np.testing.assert_allclose(phi.slope(LINE, 0.6, 0.6 - gap), want, rtol=2e-11, atol=2e-12)
    mixed = phi.slope(LINE[:2], np.array([0.6, 0.6]), np.array([0.1, 0.6]))
    np.testing.assert_allclose(mixed, [phi.slope(LINE[0], 0.6, 0.1), phi.velocity(LINE[1], 0.6)], rtol=1e-12)


def test_far_tails_and_gaps_between_components_come_back():
    phi, x = fm.LineFlowMap(MIXTURE, FM), np.linspace(-40.0, 40.0, 9)[:, None]
    np.testing.assert_allclose(phi(phi(x, 1.0, 0.0), 0.0, 1.0), x, rtol=1e-13, atol=1e-14)
    apart = fm.LineFlowMap(fs.GaussianMixture.on_line([-2.0, 2.0], 0.3), FM)
    gap = np.linspace(-0.4, 0.5, 7)[:, None]  # up to seven deviations from both components
    # the distribution function is one half there up to 1e-11: taken as one number it would keep five digits
    np.testing.assert_allclose(apart(apart(gap, 0.0, 0.3), 0.3, 0.0), gap, atol=1e-8)
    points = fm.LineFlowMap(fs.PointCloud([[-1.0], [1.0]]), FM)
    np.testing.assert_allclose(points([[0.3], [-2.0]], 1.0, 1e-3).round(), [[1.0], [-1.0]])


# ------------------------------------------------------------------------------------------------------- numerical


def test_numerical_map_controls_every_point():
    # one fast point among many at rest: the root mean square would hide it
    x = np.zeros((2000, 1))
    x[0] = 1.0

    def velocity(x, t):
        return 12 * np.cos(12 * t) * x

    phi = fm.NumericalFlowMap(velocity, rtol=1e-9, atol=1e-11)
    assert abs(phi(x, 0.0, 1.0)[0, 0] / np.exp(np.sin(12.0)) - 1) < 1e-8
    assert not phi(x, 0.0, 1.0)[1:].any()


def test_numerical_map_in_the_plane_against_scipy():
    law = fs.GaussianMixture(
        [[-1.0, 0.3], [0.7, -0.5]], [[[0.5, 0.2], [0.2, 0.3]], [[0.2, -0.1], [-0.1, 0.4]]], [0.3, 0.7]
    )
    phi = fm.flow_map(law, FM)
    assert isinstance(phi, fm.NumericalFlowMap)

    def rate(s, y):
        return law.velocity(y.reshape(2, 2), *FM.at(min(s, 1.0))).ravel()

    for r, t in PAIRS:
        flow = integrate.solve_ivp(rate, (r, t), X[:2].ravel(), "DOP853", rtol=1e-12, atol=1e-13)
        for x, want in zip(X[:2], flow.y[:, -1].reshape(2, 2), strict=True):
            np.testing.assert_allclose(phi(x, r, t), want, rtol=1e-9, atol=1e-10)
    h = 1e-5
    columns = [(phi(X[0] + h * e, 1.0, 0.0) - phi(X[0] - h * e, 1.0, 0.0)) / (2 * h) for e in np.eye(2)]
    np.testing.assert_allclose(phi.jacobian(X[0], 1.0, 0.0), np.transpose(columns), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(phi.jacobian(X, 1.0, 0.3)[0], phi.jacobian(X[0], 1.0, 0.3), rtol=1e-9)
    np.testing.assert_allclose(phi(phi(X, 1.0, 0.0), 0.0, 1.0), X, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(phi.slope(X, 0.4, 0.4), law.velocity(X, *FM.at(0.4)), rtol=1e-12)
    np.testing.assert_allclose(phi.slope(X, 0.4, 0.4 + 1e-12), law.velocity(X, *FM.at(0.4)), rtol=1e-9)
    np.testing.assert_allclose(phi.jacobian(X[0], 0.4, 0.4), np.eye(2), atol=1e-14)


def test_numerical_map_of_no_unique_flow_merges():
    # FM-DC.1: a one-sided Lipschitz condition does not make the map invertible
    phi = fm.NumericalFlowMap(lambda x, t: -np.sign(x) * np.sqrt(np.abs(x)), rtol=1e-6, atol=1e-8)
    for start in (0.04, 0.81):
        want = max(np.sqrt(start) - 0.5, 0.0) ** 2
        np.testing.assert_allclose(phi(np.array([start]), 0.0, 1.0), want, atol=1e-4)


# -------------------------------------------------------------------------------------------- slopes and sampling


def test_slopes_and_maps_are_inverse_to_one_another():
    phi, (r, t) = fm.GaussianFlowMap(PLANE, FM), np.random.default_rng(5).uniform(size=(2, 6))
    t[:2] = r[:2] + np.array([0.0, 1e-8])
    plain = fm.slope_of(lambda x, r, t: phi(x, r, t))
    np.testing.assert_allclose(plain(X, r, t), phi.slope(X, r, t), rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(plain(X, 0.5, 0.5), phi.velocity(X, 0.5), rtol=1e-9)
    np.testing.assert_allclose(plain(X, 0.5, 0.2), phi.slope(X, 0.5, 0.2), rtol=1e-12)
    assert fm.slope_of(phi) == phi.slope
    np.testing.assert_allclose(fm.map_of(phi.slope)(X, r, t), phi(X, r, t), rtol=1e-12, atol=1e-13)
    torch = pytest.importorskip("torch")
    x, start, end = map(torch.tensor, (X, r, t))
    np.testing.assert_allclose(plain(x, start, end), phi.slope(X, r, t), rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(fm.map_of(phi.slope)(x, start, end), phi(X, r, t), rtol=1e-12, atol=1e-13)


def test_samples_along_any_grid_agree_for_the_map_and_not_for_euler():
    # FM-E3s: the errors of Euler's method halve with its steps; those of the exact map are rounding
    phi = fm.flow_map(fs.Gaussian([0.0], [4.0]), FM)
    x, errors = np.array([[1.0]]), []
    for n in (64, 128, 256):
        grid = np.linspace(1.0, 0.0, n + 1)
        np.testing.assert_allclose(fm.sample_steps(phi, x, grid), [[2.0]], rtol=1e-13)
        errors.append(abs(fm.sample_steps(fm.euler_map(phi.velocity), x, grid)[0, 0] - 2))
    np.testing.assert_allclose(np.divide(errors[:-1], errors[1:]), 2.0, rtol=0.05)
    torch = pytest.importorskip("torch")
    path = fm.sample_steps(phi, torch.ones(1, 1, dtype=torch.float64), [1.0, 0.5, 0.0], path=True)
    np.testing.assert_allclose(path.ravel(), [1.0, np.sqrt(1.25), 2.0], rtol=1e-13)


def test_flow_map_knows_what_is_exact():
    kinds = [type(fm.flow_map(law, FM)).__name__ for law in (PLANE, MIXTURE, fs.PointCloud([[0.0], [1.0]]))]
    assert kinds == ["GaussianFlowMap", "LineFlowMap", "LineFlowMap"]


# -------------------------------------------------------------------------------------------------------- the door

GAUSS = fm.GaussianFlowMap(PLANE, FM)
QUANTILE = fm.LineFlowMap(MIXTURE, FM)
NUMERICAL = fm.NumericalFlowMap(lambda x, t: -x)
CASES = [
    (lambda: fm.GaussianFlowMap(MIXTURE, FM), TypeError, "law must be a Gaussian"),
    (lambda: fm.GaussianFlowMap(PLANE, FM, np.eye(3)), ValueError, r"base_cov must have shape \(2, 2\)"),
    (lambda: fm.GaussianFlowMap(PLANE, FM, np.diag([1.0, 0.0])), ValueError, "base_cov must be positive definite"),
    (lambda: GAUSS([0.0], 1.0, 0.0), ValueError, r"x must have shape \(..., 2\)"),
    (lambda: GAUSS(1.0, 1.0, 0.0), ValueError, r"x must have shape \(..., 2\)"),
    (lambda: GAUSS(X, 1.1, 0.0), ValueError, "r must be at most the horizon 1"),
    (lambda: GAUSS(X, 1.0, -0.1), ValueError, "t must be at least 0"),
    (lambda: GAUSS(X, 1.0, np.ones(3)), ValueError, r"t must be a number or broadcast to the rows of x, \(6,\)"),
    (lambda: GAUSS(X, np.ones((6, 1)), 0.0), ValueError, "r must be a number or broadcast"),
    (lambda: GAUSS.one_sided_lipschitz("up"), ValueError, "towards must be one of 'data', 'noise'"),
    (lambda: GAUSS.std(2.0), ValueError, "t must be at most"),
    (lambda: fm.LineFlowMap(PLANE, FM), ValueError, "law must have d = 1"),
    (lambda: QUANTILE(pytest.importorskip("torch").zeros(1, 1), 1.0, 0.0), TypeError, "x must be a NumPy array"),
    (lambda: fm.LineFlowMap(fs.PointCloud([[0.0]]), FM)([[0.0]], 1.0, 0.0), ValueError, "t must not be a time"),
    (lambda: fm.NumericalFlowMap(1.0), TypeError, "velocity must be a function"),
    (lambda: fm.NumericalFlowMap(lambda x, t: x, 1.0), TypeError, "jacobian must be a function"),
    (lambda: fm.NumericalFlowMap(lambda x, t: x, rtol=0.0), ValueError, "rtol must be greater than 0"),
    (lambda: NUMERICAL(X, np.ones(6), 0.0), ValueError, "r must be one number"),
    (lambda: NUMERICAL.jacobian(X, 1.0, 0.0), ValueError, "jacobian of the velocity must be given"),
    (lambda: fm.NumericalFlowMap(lambda x, t: x[:1])(X, 1.0, 0.0), ValueError, "must have the same shape"),
    (lambda: fm.NumericalFlowMap(lambda x, t: x**2)(np.array([2.0]), 0.0, 1.0), FloatingPointError, "integrated"),
    (lambda: fm.sample_steps(GAUSS, X, [1.0]), ValueError, "times must have shape"),
]


@pytest.mark.parametrize(("call", "error", "message"), CASES)
def test_bad_input_is_answered_at_the_door(call, error, message):
    with pytest.raises(error, match=message):
        call()
