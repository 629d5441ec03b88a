"""Steepness of mixtures: against eigenvalues, autograd, quadrature and the flow itself; grids that balance it."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import lambertw

from fewsteps import Diffusion, GaussianMixture, PointCloud, edm, flow_matching, grids, ornstein_uhlenbeck, vp_linear
from fewsteps.flowmaps import LineFlowMap
from fewsteps.stability import Steepness, separation

OU = ornstein_uhlenbeck(5.0, 1.0)


def pair(distance, lam):
    return GaussianMixture([[-distance / 2], [distance / 2]], [[lam]])


def cloud(lam=0.09, k=6, d=3, seed=0):
    rng = np.random.default_rng(seed)
    return GaussianMixture(rng.uniform(-3, 3, (k, d)), lam * np.eye(d), rng.dirichlet(np.ones(k)))


def source(beta, lam, distance, t):
    """The source's L(t), with its own letters."""
    m = np.exp(-beta * t)
    s2 = m**2 * lam + 1 - m**2
    return beta * (abs(1 - 1 / s2) + m**2 * distance**2 / (4 * s2**2))


@pytest.mark.parametrize("lam", [1e-4, 0.09, 1.0, 9.0])
def test_the_bound_is_the_source_s(lam):
    t = np.linspace(0, 1, 11)
    np.testing.assert_allclose(Steepness(pair(20.0, lam), OU).bound(t), source(5, lam, 20, t), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("process", [OU, vp_linear(), edm(3.0)], ids=["ou", "vp", "edm"])
@pytest.mark.parametrize("lam", [0.09, 1.0])
def test_no_jacobian_is_steeper(process, lam):
    law = cloud(lam)
    steepness, rng = Steepness(law, process), np.random.default_rng(1)
    for t in (0.01, 0.2, 0.6, 1.0):
        level = process.at(t)
        middles = level.alpha * (law.means[:, None] + law.means).reshape(-1, 3) / 2
        x = np.vstack([law.noised(level.alpha, level.sigma).sample(300, rng), middles])
        values = np.linalg.eigvalsh(law.jacobian(x, *level))
        a, b = steepness.terms(t)
        slack = 1e-9 * (abs(a) + abs(b))
        assert values.max() <= a + slack
        assert values.min() >= a + b - slack
        assert np.abs(values).max() <= steepness.sharp(t) + slack
        assert steepness.sharp(t) <= steepness.bound(t)
        assert -values.min() <= steepness.one_sided(t) + slack


@pytest.mark.parametrize("lam", [0.01, 0.3, 1.0, 4.0])
def test_two_equal_components_attain_it_between_them(lam):
    law = pair(3.0, lam)
    steepness = Steepness(law, OU)
    for t in (0.0, 0.1, 0.7):
        value = law.jacobian(np.zeros(1), *OU.at(t))[0, 0]
        np.testing.assert_allclose(-value, steepness.one_sided(t), rtol=1e-11)
        far = law.jacobian(np.array([2000.0]), *OU.at(t))[0, 0]
        np.testing.assert_allclose(far, steepness.terms(t)[0], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("process", [OU, vp_linear(), edm(2.0)], ids=["ou", "vp", "edm"])
@pytest.mark.parametrize("lam", [0.0025, 0.25, 1.0, 9.0])
def test_integrals_against_quadrature(process, lam):
    steepness = Steepness(pair(4.0, lam), process)
    for s, t in ((0.0, process.horizon), (0.3, 0.5)):
        want = quad(lambda u: float(steepness.bound(u)), s, t, epsabs=0, epsrel=1e-11, limit=500)[0]
        np.testing.assert_allclose(steepness.total(s, t), want, rtol=1e-9)
        np.testing.assert_allclose(steepness.total(t, s), -want, rtol=1e-9)
        want = quad(lambda u: float(steepness.one_sided(u)), s, t, epsabs=0, epsrel=1e-11, limit=500)[0]
        np.testing.assert_allclose(steepness.log_amplification(s, t), want, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("distance", "lam"), [(2.0, 0.25), (2.0, 0.09), (4.0, 0.25), (1.0, 0.25), (0.5, 0.25)])
def test_the_flow_of_two_modes_stretches_by_just_that(distance, lam):
    process, law = ornstein_uhlenbeck(1.0, 1.5), pair(distance, lam)
    steepness, flow = Steepness(law, process), LineFlowMap(law, process)
    slope = flow.jacobian(np.linspace(-2, 2, 401)[:, None], 1.5, 0.0).max()
    np.testing.assert_allclose(np.exp(steepness.log_amplification(0.0, 1.5)), slope, rtol=1e-11)
    n = 1 - (1 - lam) * np.exp(-3)
    np.testing.assert_allclose(np.exp(steepness.total(0.0, 1.5)) / slope, n / lam, rtol=1e-11)


def test_separation():
    rng = np.random.default_rng(0)
    means = rng.standard_normal((9, 5))
    want = max(np.linalg.norm(a - b) for a in means for b in means)
    assert separation(PointCloud(means)) == pytest.approx(want, rel=1e-15)
    assert separation(PointCloud(means[:1])) == 0.0
    with pytest.raises(TypeError, match="law"):
        separation(means)


def test_one_component_is_not_steep_by_distance():
    steepness = Steepness(GaussianMixture([[1.0, 2.0]], 0.25 * np.eye(2)), OU)
    t = np.linspace(0, 1, 5)
    np.testing.assert_array_equal(steepness.terms(t)[1], 0.0)
    np.testing.assert_allclose(steepness.log_amplification(0.0, 1.0), -steepness.total(0.0, 1.0))


def test_doors():
    with pytest.raises(ValueError, match="law must have round components"):
        Steepness(GaussianMixture([[0.0], [1.0]], [[[1.0]], [[2.0]]]), OU)
    with pytest.raises(ValueError, match="law must have round components"):
        Steepness(GaussianMixture([[0.0], [1.0]], [[[1.0]], [[1.0 + 1e-9]]]), OU)
    with pytest.raises(ValueError, match="law must have round components"):
        Steepness(PointCloud([[0.0], [1.0]]), OU)
    with pytest.raises(ValueError, match="process must have a falling signal-to-noise ratio and a monotone"):
        Steepness(pair(1.0, 0.25), flow_matching())
    rising = Diffusion(lambda t: 1 + t, lambda t: 1 + 0 * t, lambda t: 1 + 0 * t, lambda t: 0 * t, 1.0)
    with pytest.raises(ValueError, match="process must have a falling"):
        Steepness(pair(1.0, 0.25), rising)
    with pytest.raises(ValueError, match="t must"):
        Steepness(pair(1.0, 0.25), OU).bound(1.5)
    with pytest.raises(ValueError, match="s and t"):
        Steepness(pair(1.0, 0.25), OU).total(np.zeros(2), np.ones(3))


def test_tensors():
    torch = pytest.importorskip("torch")
    steepness, t = Steepness(cloud(), OU), np.linspace(0, 1, 5)
    for name in ("bound", "sharp", "one_sided"):
        np.testing.assert_allclose(getattr(steepness, name)(torch.tensor(t)).numpy(), getattr(steepness, name)(t))
    got = steepness.total(torch.zeros(5, dtype=torch.float64), torch.tensor(t))
    np.testing.assert_allclose(got.numpy(), steepness.total(np.zeros(5), t))


@pytest.mark.parametrize("lam", [1.0, 0.3, 1e-2, 1e-4, 1e-8])
@pytest.mark.parametrize("T", [1, 2, 8])
def test_balanced_steps_have_equal_exponents(lam, T):
    steepness = Steepness(pair(38.27, lam), OU)
    grid = grids.balanced_grid(steepness, T)
    assert len(grid) == T + 1
    assert (grid[0], grid[-1]) == (1.0, 0.0)
    shares = steepness.total(grid[1:], grid[:-1])
    np.testing.assert_allclose(shares, steepness.total(0.0, 1.0) / T, rtol=2e-7)


def test_balanced_grids_in_closed_form():
    grid = grids.balanced_grid(Steepness(pair(20.0, 1.0), OU), 4)
    want = [1.0, *(-np.log(1 - j / 4 * (1 - np.exp(-10))) / 10 for j in (3, 2, 1)), 0.0]
    np.testing.assert_allclose(grid, want, rtol=1e-12)
    lam, distance = 0.3, 2.0
    steepness = Steepness(pair(distance, lam), OU)
    c, whole = distance**2 / (8 * (1 - lam)), steepness.total(0.0, 1.0)
    for k in (1, 2, 3):
        r = -2 * (4 - k) / 4 * whole - np.log(lam) + 2 * c / lam
        z = lambertw(2 * c * np.exp(r)).real / (2 * c)
        want = -np.log((1 - 1 / z) / (1 - lam)) / 10
        np.testing.assert_allclose(grids.balanced_grid(steepness, 4)[k], want, rtol=1e-11)
    small = grids.balanced_grid(Steepness(pair(38.27, 1e-8), OU), 8)
    want = [
        brentq(
            lambda t, j=j: (
                Steepness(pair(38.27, 1e-8), OU).total(0.0, t) / Steepness(pair(38.27, 1e-8), OU).total(0.0, 1.0)
                - j / 8
            ),
            1e-12,
            1e-6,
            xtol=1e-22,
        )
        for j in (1, 4)
    ]
    np.testing.assert_allclose(small[[7, 4]], want, rtol=1e-6)


def test_no_grid_has_smaller_exponents():
    steepness, rng = Steepness(pair(2.0, 0.3), OU), np.random.default_rng(0)
    best = steepness.total(*grids.balanced_grid(steepness, 4)[[1, 0]])
    for _ in range(200):
        grid = np.array([1.0, *np.sort(rng.uniform(0, 1, 3))[::-1], 0.0])
        shares = steepness.total(grid[1:], grid[:-1])
        assert shares.max() >= best * (1 - 1e-12)
        assert np.exp(shares).sum() >= 4 * np.exp(best) * (1 - 1e-12)


def test_accumulated_grids():
    steepness = Steepness(pair(40.0, 1.0), OU)
    got = grids.accumulated_grid(steepness.bound, 8, np.linspace(0, 1, 10_001))
    np.testing.assert_allclose(got, grids.balanced_grid(steepness, 8), atol=2e-6)
    narrow = Steepness(pair(38.27, 1e-4), OU)
    coarse = grids.accumulated_grid(narrow.bound, 8, np.linspace(0, 1, 4001))
    shares = narrow.total(coarse[1:], coarse[:-1])
    assert shares.max() > 5 * shares.mean()  # a mesh that does not resolve the rate
    fine = grids.accumulated_grid(narrow.bound, 8, np.concatenate([[0.0], np.geomspace(1e-9, 1.0, 4000)]))
    np.testing.assert_allclose(fine[1:-1], grids.balanced_grid(narrow, 8)[1:-1], rtol=1e-3)
    np.testing.assert_allclose(grids.accumulated_grid(lambda t: 0 * t + 3, 4, [0.0, 0.1, 2.0]), [2, 1.5, 1, 0.5, 0])


def test_doors_of_the_grids():
    steepness = Steepness(pair(2.0, 0.3), OU)
    with pytest.raises(ValueError, match="T must be at least 1"):
        grids.balanced_grid(steepness, 0)
    with pytest.raises(TypeError, match="profile"):
        grids.balanced_grid(OU, 4)
    flat = Steepness(GaussianMixture([[0.0]], [[1.0]]), OU)
    with pytest.raises(ValueError, match="every grid is balanced"):
        grids.balanced_grid(flat, 4)
    with pytest.raises(ValueError, match="mesh must hold two increasing times"):
        grids.accumulated_grid(steepness.bound, 2, [0.0, 0.0, 1.0])
    with pytest.raises(ValueError, match="rate"):
        grids.accumulated_grid(lambda t: t - 0.5, 2, [0.0, 0.5, 1.0])
    with pytest.raises(ValueError, match="every grid is balanced"):
        grids.accumulated_grid(lambda t: 0 * t, 2, [0.0, 0.5, 1.0])
    with pytest.raises(ValueError, match="must have the shape of mesh"):
        grids.accumulated_grid(lambda t: 1.0, 2, [0.0, 0.5, 1.0])
