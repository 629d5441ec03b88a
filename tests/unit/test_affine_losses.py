"""Losses of affine maps against brute force, the numbers of the catalogue, and gradients."""

import numpy as np
import pytest
from scipy import integrate

import fewsteps as fs
from fewsteps import flowmaps as fm
from fewsteps.flowmaps.triangle import between, panels, triangle

FM = fs.flow_matching()
LAW = fs.Gaussian([0.7], [1.8])
NORMAL = fs.Gaussian([0.0], [1.0])
EXACT = fm.AffineMap.exact(NORMAL, FM)


def gain(r, t):
    return -0.4 + 0.3 * r * t - 0.7 * t**2 + 0.2 * r


def offset(r, t):
    return 0.5 * r - 0.2 * t + 0.6 * r**2 * t


WRONG = fm.AffineMap.from_slope(gain, offset)
ANALYTIC = fm.AffineMap.from_slope(
    gain,
    offset,
    lambda r, t: 0.3 * t + 0.2,
    lambda r, t: 0.3 * r - 1.4 * t,
    lambda r, t: 0.5 + 1.2 * r * t,
    lambda r, t: -0.2 + 0.6 * r**2,
)
PLAIN = fm.AffineMap(lambda r, t: 1 + (t - r) * gain(r, t), lambda r, t: (t - r) * offset(r, t))
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(20)


def expectation(square, r):
    """The mean of a function of x_r, by Gauss-Hermite quadrature."""
    x = (1 - r) * 0.7 + np.sqrt((1 - r) ** 2 * 1.8 + r**2) * NODES[:, None]
    return float(WEIGHTS @ square(x)[:, 0] / WEIGHTS.sum())


def over_triangle(residual):
    """The integral over 0 < t < r < 1, by Gauss-Legendre quadrature in r and t / r: all pairs at once."""
    nodes, weights = np.polynomial.legendre.leggauss(16)
    r, u = (part.ravel() for part in np.meshgrid((1 + nodes) / 2, (1 + nodes) / 2, indexing="ij"))
    x = (1 - r) * 0.7 + np.sqrt((1 - r) ** 2 * 1.8 + r**2) * NODES[:, None]
    rows = [np.tile(part, len(NODES)) for part in (r, r * u)]
    squares = residual(x.reshape(-1, 1), *rows)[:, 0].reshape(x.shape) ** 2
    return float((WEIGHTS / WEIGHTS.sum()) @ squares @ (np.outer(weights, weights).ravel() / 4 * r))


def over_line(residual):
    return integrate.quad(lambda s: expectation(lambda x: residual(x, s) ** 2, s), 0, 1, epsabs=1e-10)[0]


LOSSES = fm.AffineLosses(LAW, FM)
TRUE = fm.GaussianFlowMap(LAW, FM)


def test_losses_on_the_triangle_are_the_integrals_of_the_squared_residuals():
    own = ANALYTIC.velocity
    want = over_triangle(lambda x, r, t: fm.lagrangian_residual(ANALYTIC, own, x, r, t))
    assert LOSSES.lsd(ANALYTIC) == pytest.approx(want, rel=1e-6)
    want = over_triangle(lambda x, r, t: fm.eulerian_residual(ANALYTIC, own, x, r, t))
    assert LOSSES.esd(ANALYTIC) == pytest.approx(want, rel=1e-6)
    printed = over_triangle(lambda x, r, t: fm.eulerian_residual(ANALYTIC, lambda y, _: own(y, t), x, r, t))
    assert LOSSES.esd(ANALYTIC, velocity_at="t") == pytest.approx(printed, rel=1e-6)
    teacher = fm.AffineMap.exact(LAW, FM)
    want = over_triangle(lambda x, r, t: fm.lagrangian_residual(ANALYTIC, TRUE.velocity, x, r, t))
    assert LOSSES.lsd(ANALYTIC, teacher) == pytest.approx(want, rel=1e-6)
    want = over_triangle(lambda x, r, t: fm.eulerian_residual(ANALYTIC, TRUE.velocity, x, r, t))
    assert LOSSES.esd(ANALYTIC, teacher) == pytest.approx(want, rel=1e-6)


def test_semigroup_losses_in_every_weighting():
    def midpoint(x, r, t):
        return fm.semigroup_residual(WRONG, x, r, (r + t) / 2, t)

    assert LOSSES.psd(WRONG, "midpoint") == pytest.approx(over_triangle(midpoint), rel=1e-6)
    slope = over_triangle(lambda x, r, t: fm.slope_semigroup_residual(WRONG.slope, x, r, t, 0.5))
    assert LOSSES.psd(WRONG, "midpoint", "slope") == pytest.approx(slope, rel=1e-6)
    # uniform kappa and printed, FM-E15: Monte Carlo over all times at once
    rng = np.random.default_rng(0)
    r, t, kappa = *np.sort(rng.uniform(size=(2, 200_000)), axis=0)[::-1], rng.uniform(size=200_000)
    x = (1 - r) * 0.7 + np.sqrt((1 - r) ** 2 * 1.8 + r**2) * rng.standard_normal(r.size)
    square = fm.semigroup_residual(WRONG, x[:, None], r, kappa * r + (1 - kappa) * t, t)[:, 0] ** 2 / 2
    for kind, form, values in (
        ("uniform", "map", square),
        ("printed", "map", square * (r - t)),
        ("uniform", "slope", square / (r - t) ** 2),
    ):
        assert abs(values.mean() - LOSSES.psd(WRONG, kind, form)) < 4 * values.std() / np.sqrt(r.size)


def test_velocity_slices_and_output():
    own = ANALYTIC.velocity
    want = over_line(lambda x, t: own(x, t) - TRUE.velocity(x, t))
    assert LOSSES.velocity_excess(ANALYTIC) == pytest.approx(want, rel=1e-8)
    want = over_line(lambda x, r: fm.eulerian_residual(ANALYTIC, own, x, r, 0.0))
    assert LOSSES.esd_slice(ANALYTIC) == pytest.approx(want, rel=1e-8)
    want = integrate.quad(
        lambda t: expectation(lambda x: fm.lagrangian_residual(ANALYTIC, own, x, 1.0, t) ** 2, 1.0), 0, 1
    )[0]
    assert LOSSES.lsd_slice(ANALYTIC) == pytest.approx(want, rel=1e-8)
    line = ANALYTIC.at(np.array(1.0), np.array(0.0))
    assert LOSSES.squared_w2(ANALYTIC) == pytest.approx((line.offset - 0.7) ** 2 + (line.gain - np.sqrt(1.8)) ** 2)
    low, high = fm.sample_steps(ANALYTIC, np.array([[0.0], [1.0]]), [1.0, 0.4, 0.0])[:, 0]
    want = (low - 0.7) ** 2 + (abs(high - low) - np.sqrt(1.8)) ** 2
    assert LOSSES.squared_w2(ANALYTIC, [1.0, 0.4, 0.0]) == pytest.approx(want)


def test_learned_flow_against_the_numerical_map():
    flow = fm.NumericalFlowMap(ANALYTIC.velocity, rtol=1e-12, atol=1e-13)
    mean, std = LOSSES.learned_moments(ANALYTIC, [1.0, 0.4, 0.0])
    for k, t in enumerate([1.0, 0.4, 0.0]):
        low, high = flow(np.array([[0.0], [1.0]]), 1.0, t)[:, 0]
        assert (mean[k], std[k]) == pytest.approx((low, high - low), rel=1e-9)
    exact = fm.AffineMap.exact(LAW, FM)
    assert LOSSES.esd_slice(exact, under="learned") == pytest.approx(0.0, abs=1e-20)
    assert LOSSES.esd_slice(ANALYTIC, under="learned") != pytest.approx(LOSSES.esd_slice(ANALYTIC), rel=1e-3)


def test_three_ways_to_give_an_affine_map_agree():
    r, t = np.random.default_rng(1).uniform(size=(2, 9))
    x = np.linspace(-1.0, 1.0, 9)[:, None]
    for other in (WRONG, PLAIN):
        for name in ("at", "rate_r", "rate_t"):
            for got, want in zip(getattr(other, name)(r, t), getattr(ANALYTIC, name)(r, t), strict=True):
                np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(other.velocity(x, t), ANALYTIC.velocity(x, t), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(other.slope(x, r, t), ANALYTIC.slope(x, r, t), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(other.jacobian(x, r, t)[:, 0, 0], ANALYTIC.at(r, t).gain, rtol=1e-12)
    for name in ("lsd", "esd", "psd", "velocity_excess", "lsd_slice", "esd_slice"):
        got = [getattr(LOSSES, name)(phi) for phi in (ANALYTIC, WRONG, PLAIN)]
        np.testing.assert_allclose(got, got[0], rtol=1e-9)


@pytest.mark.parametrize("process", [FM, fs.trigonometric(), fs.vp_linear(), fs.edm(4.0)], ids=lambda p: p.name)
def test_exact_map_has_no_loss_but_the_irreducible(process):
    law = fs.Gaussian([0.7], [1.8])
    exact, closed = fm.AffineMap.exact(law, process), fm.GaussianFlowMap(law, process)
    x, (r, t) = np.linspace(-2, 2, 7)[:, None], process.horizon * np.random.default_rng(0).uniform(size=(2, 7))
    np.testing.assert_allclose(exact(x, r, t), closed(x, r, t), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(exact.velocity(x, t), closed.velocity(x, t), rtol=1e-11, atol=1e-12)
    numeric = fm.AffineMap(exact.gain, exact.offset, horizon=process.horizon)
    for name in ("rate_r", "rate_t"):
        np.testing.assert_allclose(getattr(numeric, name)(r, t), getattr(exact, name)(r, t), rtol=1e-8, atol=1e-8)
    losses = fm.affine_losses(exact, law, process)
    assert losses.pop("irreducible") > 0
    assert len(losses) == 11
    for name, value in losses.items():
        assert value < 1e-20, name


@pytest.mark.parametrize("lam", [0.25, 1.0, 4.0])
def test_irreducible_loss_of_the_catalogue(lam):
    law = fs.Gaussian([3.0], [lam])
    assert fm.AffineLosses(law, FM).irreducible() == pytest.approx(np.pi / 2 * np.sqrt(lam), rel=1e-9)
    # FM-E38: the source's trigonometric path takes time 1, ours pi/2: losses of velocities scale with it
    got = fm.AffineLosses(law, fs.trigonometric()).irreducible() * np.pi / 2
    assert got == pytest.approx(np.pi**2 / 4 * np.sqrt(lam), rel=1e-9)


def perturbed(offset, offset_r, offset_t):
    return fm.AffineMap(EXACT.gain, offset, EXACT.gain_r, EXACT.gain_t, offset_r, offset_t)


@pytest.mark.parametrize(
    ("delta", "a", "printed_lsd", "printed_esd"), [(0.01, 20.0, 203.4, 152.1), (0.001, 100.0, 320.0, 274.0)]
)
def test_counterexamples_of_the_catalogue(delta, a, printed_lsd, printed_esd):
    # FM-R2.4c (i): a bump on the edge r = 1
    def bump(s):
        return np.maximum(1 - s / delta, 0.0)

    def edge(s):
        return -1.0 * (s < delta) / delta

    phi = perturbed(
        lambda r, t: a * (r - t) ** 2 * bump(1 - r),
        lambda r, t: 2 * a * (r - t) * bump(1 - r) - a * (r - t) ** 2 * edge(1 - r),
        lambda r, t: -2 * a * (r - t) * bump(1 - r),
    )
    losses = fm.AffineLosses(NORMAL, FM, breaks=[1 - delta])
    assert losses.squared_w2(phi) == pytest.approx(a**2)
    bound = 4 * np.exp(3) * (losses.irreducible() + losses.velocity_excess(phi) + losses.lsd(phi))
    assert bound == pytest.approx(printed_lsd, rel=2e-3)
    assert losses.lsd_slice(phi) > a**2 / 4  # the slice sees it
    # (ii): a bump on the edge t = 0
    phi = perturbed(
        lambda r, t: a * (r - t) ** 2 * bump(t),
        lambda r, t: 2 * a * (r - t) * bump(t),
        lambda r, t: -2 * a * (r - t) * bump(t) + a * (r - t) ** 2 * edge(t),
    )
    losses = fm.AffineLosses(NORMAL, FM, breaks=[delta])
    assert losses.squared_w2(phi) == pytest.approx(a**2)
    assert losses.esd(phi) == pytest.approx(4 / 9 * a**2 * delta, rel=2 * delta)
    assert 2 * np.e * (1 + np.e**2) * (losses.irreducible() + losses.esd(phi)) == pytest.approx(printed_esd, rel=2e-3)
    assert losses.esd_slice(phi) == pytest.approx(4 / 3 * a**2, rel=1e-9)


def test_counterexample_of_the_law_of_the_starts():
    # FM-R2.4c (iii): k = 8, a = 100
    a, k = 100.0, 8.0
    z, w = (np.polynomial.legendre.leggauss(40)[i] / 2 + (1 - i) / 2 for i in (0, 1))

    def std(t):
        return np.sqrt((1 - t) ** 2 + t * t)

    def drift(r, t):  # offset of the flow of c_t x - k
        gap = (t - r)[..., None]
        return -k * std(t) * np.sum(gap * w / std(r[..., None] + gap * z), axis=-1)

    def bend(r, t):
        return 12 * a / k * (1 - r) * (r - t) ** 2

    def shift(r, t):
        gap = (r - t)[..., None]
        return k * np.sum(gap * w * bend(t[..., None] + gap * z, t[..., None]), axis=-1)

    phi = fm.AffineMap(lambda r, t: EXACT.gain(r, t) + bend(r, t), lambda r, t: drift(r, t) + shift(r, t))
    losses = fm.AffineLosses(NORMAL, FM)
    assert losses.esd_slice(phi) == pytest.approx(444 / 35 * a**2 / k**2, rel=1e-9)
    (mean,), (spread,) = losses.learned_moments(phi, [0.0])
    out = phi.at(np.array(1.0), np.array(0.0))
    distance = (out.offset - mean) ** 2 + (out.gain - spread) ** 2
    assert distance == pytest.approx(a**2, rel=1e-8)
    assert distance > np.e * losses.esd_slice(phi)
    assert distance <= losses.esd_slice(phi, under="learned")  # FM-E52, repaired


@pytest.mark.parametrize(
    ("delta", "printed", "uniform", "midpoint", "uniform_slope", "midpoint_slope", "lsd"),
    [
        (0.1, 1.58e-3, 4.3e-3, 6.2e-3, 0.0711, 0.122, 3.29),
        (0.01, 1.99e-6, 1.4e-5, 9.6e-6, 0.00968, 0.0154, 3.32),
        (0.001, 2.0e-9, 2.5e-8, 1.0e-8, 0.000996, 0.00157, 3.30),
    ],
)
def test_collapsed_model_of_the_catalogue(delta, printed, uniform, midpoint, uniform_slope, midpoint_slope, lsd):
    # FM-RPSD: N(0, 1) -> N(3, 1), the slope decays within delta of the diagonal
    law = fs.Gaussian([3.0], [1.0])
    losses = fm.AffineLosses(law, FM, nodes=20, gaps=[gap for gap in (delta, 4 * delta, 16 * delta) if gap < 1])

    def part(which, factor=1.0):
        return lambda r, t: factor * np.exp((t - r) / delta) * losses.velocity(r)[which]

    phi = fm.AffineMap.from_slope(part(0), part(1), None, part(0, 1 / delta), None, part(1, 1 / delta))
    got = [losses.psd(phi, kind, form) for form in ("map", "slope") for kind in ("uniform", "midpoint")]
    np.testing.assert_allclose(got, [uniform, midpoint, uniform_slope, midpoint_slope], rtol=0.06)
    assert losses.psd(phi, "printed") == pytest.approx(printed, rel=6e-3)
    assert losses.lsd(phi) == pytest.approx(lsd, rel=2e-3)
    assert losses.squared_w2(phi) == pytest.approx(9.0, rel=1e-3)
    assert losses.velocity_excess(phi) < 1e-20


def test_eulerian_loss_of_the_collapsed_model():
    law, delta = fs.Gaussian([3.0], [1.0]), 0.1
    losses = fm.AffineLosses(law, FM, gaps=[0.1, 0.4])
    phi = fm.AffineMap.from_slope(*(lambda r, t, k=k: np.exp((t - r) / delta) * losses.velocity(r)[k] for k in (0, 1)))
    assert losses.esd(phi) == pytest.approx(4.74, abs=5e-3)


def test_torch_losses_agree_and_carry_gradients():
    torch = pytest.importorskip("torch")
    coefficients = torch.tensor([-0.4, 0.3, -0.7, 0.2], dtype=torch.float64, requires_grad=True)

    def learned(r, t):
        c = coefficients
        return c[0] + c[1] * r * t + c[2] * t**2 + c[3] * r

    phi = fm.AffineMap.from_slope(learned, offset)
    losses = fm.AffineLosses(LAW, FM, like=torch.zeros(1, dtype=torch.float64))
    for name in ("lsd", "esd", "psd", "velocity_excess", "lsd_slice", "esd_slice", "squared_w2"):
        got = getattr(losses, name)(phi)
        assert got.item() == pytest.approx(getattr(LOSSES, name)(ANALYTIC), rel=1e-9), name
        (gradient,) = torch.autograd.grad(got, coefficients)
        assert gradient.abs().max() > 0
    # one derivative by differences
    (gradient,) = torch.autograd.grad(losses.lsd(phi), coefficients)
    h = 1e-5
    sides = [LOSSES.lsd(fm.AffineMap.from_slope(lambda r, t, s=s: gain(r, t) + s * h * r * t, offset)) for s in (1, -1)]
    assert float(gradient[1]) == pytest.approx((sides[0] - sides[1]) / (2 * h), rel=1e-6)
    with pytest.raises(TypeError, match="like must be left out"):
        losses.learned_moments(phi, [0.0])


def test_quadrature_on_the_triangle():
    def kinks(r, t):
        return np.abs(r - 0.3) * np.abs(t - 0.3) + np.exp(t - 2 * r)

    want = integrate.dblquad(lambda t, r: kinks(r, t), 0, 1, 0, lambda r: r, epsabs=1e-11)[0]
    for options in ({"breaks": [0.3]}, {"breaks": [0.8, 0.3]}):
        r, t, w = triangle(16, **options)
        assert np.all((t >= 0) & (t <= r) & (r <= 1))
        assert w @ kinks(r, t) == pytest.approx(want, rel=1e-8)
    r, t, w = triangle(30, gaps=[0.01, 0.05], length=2.0)
    assert w.sum() == pytest.approx(2.0)
    assert w @ np.exp((t - r) / 0.01) == pytest.approx(0.01 * 2 - 0.01**2, rel=1e-9)
    assert w @ (r * t) == pytest.approx(2.0)
    where, weights = panels(5, [1.0], 2.0)
    assert weights @ where == pytest.approx(2.0)
    kappa, inner = between(np.array([0.5, 0.02]), 20, [0.01, 0.05])
    np.testing.assert_allclose((inner * np.exp(-kappa * 50)).sum(axis=1), (1 - np.exp(-50.0)) / 50, rtol=1e-8)
    np.testing.assert_allclose((inner * np.exp((kappa - 1) * 50)).sum(axis=1), (1 - np.exp(-50.0)) / 50, rtol=1e-8)


def test_weight_of_the_pairs():
    # twice the integral: the mean over uniform pairs; r has density 2 r
    mean = fm.AffineLosses(LAW, FM, weight=lambda r, t: 2 + 0 * r)
    assert mean.lsd(ANALYTIC) == pytest.approx(2 * LOSSES.lsd(ANALYTIC))
    tilted = fm.AffineLosses(LAW, FM, weight=lambda r, t: r - t)
    assert tilted.psd(WRONG) == pytest.approx(LOSSES.psd(WRONG, "printed"))


CASES = [
    (lambda: fm.AffineMap(1.0, gain), TypeError, "gain must be a function"),
    (lambda: fm.AffineMap(gain, gain, horizon=0.0), ValueError, "horizon must be greater than 0"),
    (lambda: WRONG([[1.0, 2.0]], 1.0, 0.0), ValueError, r"x must have shape \(..., 1\)"),
    (lambda: WRONG([[1.0]], 2.0, 0.0), ValueError, "r must be at most the horizon"),
    (lambda: fm.AffineLosses(fs.Gaussian([0.0, 0.0], [1.0, 1.0]), FM), ValueError, "law must be a Gaussian with d = 1"),
    (lambda: fm.AffineLosses(LAW, FM, nodes=0), ValueError, "nodes must be at least 1"),
    (lambda: fm.AffineLosses(LAW, FM, breaks=[1.0]), ValueError, "breaks must lie strictly between 0 and 1"),
    (lambda: fm.AffineLosses(LAW, FM, breaks=[0.5], gaps=[0.5]), ValueError, "must not both be given"),
    (lambda: LOSSES.esd(WRONG, velocity_at="s"), ValueError, "velocity_at must be one of 'r', 't'"),
    (lambda: LOSSES.psd(WRONG, "random"), ValueError, "kind must be one of 'uniform'"),
    (lambda: LOSSES.psd(WRONG, form="flat"), ValueError, "form must be one of 'map', 'slope'"),
    (lambda: LOSSES.esd_slice(WRONG, under="data"), ValueError, "under must be"),
    (lambda: fm.affine_losses(WRONG, LAW, FM, kind="mse"), ValueError, "kind must be one of"),
]


@pytest.mark.parametrize(("call", "error", "message"), CASES)
def test_bad_input_is_answered_at_the_door(call, error, message):
    with pytest.raises(error, match=message):
        call()
