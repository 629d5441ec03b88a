"""Residuals: rounding for exact maps, the right size for wrong ones, the same for NumPy and torch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fewsteps as fs
from fewsteps import flowmaps as fm

FM = fs.flow_matching()
MIXTURE = fs.GaussianMixture.on_line([-2.0, 1.0], [0.3, 0.5], [0.3, 0.7])
PLANE = fs.Gaussian([0.5, -1.0], [[2.0, 0.7], [0.7, 0.5]])
BASE = np.array([[1.0, -0.6], [-0.6, 2.0]])
RNG = np.random.default_rng(4)
X, R, U, T, KAPPA = RNG.standard_normal((9, 2)), *RNG.uniform(size=(4, 9))


def residuals(phi, slope, velocity, x, r, u, t, kappa, **options):
    """All seven, by name."""
    return {
        "lagrangian": fm.lagrangian_residual(phi, velocity, x, r, t, **options),
        "eulerian": fm.eulerian_residual(phi, velocity, x, r, t, **options),
        "semigroup": fm.semigroup_residual(phi, x, r, u, t),
        "tangent": fm.tangent_residual(phi, velocity, x, t, **options),
        "slope lagrangian": fm.slope_lagrangian_residual(slope, velocity, x, r, t, **options),
        "slope eulerian": fm.slope_eulerian_residual(slope, velocity, x, r, t, **options),
        "slope semigroup": fm.slope_semigroup_residual(slope, x, r, t, kappa),
    }


@pytest.mark.parametrize("gaussian", [True, False])
@pytest.mark.parametrize("process", [FM, fs.vp_linear(), fs.edm(5.0), fs.trigonometric()], ids=lambda p: p.name)
def test_exact_maps_have_residuals_of_rounding_size(process, gaussian):
    rng = np.random.default_rng(7)
    law = PLANE if gaussian else MIXTURE
    phi = fm.GaussianFlowMap(law, process, BASE) if gaussian else fm.flow_map(law, process)
    x, (r, u, t) = rng.standard_normal((30, law.d)), process.horizon * rng.uniform(size=(3, 30))
    found = residuals(phi, phi.slope, phi.velocity, x, r, u, t, rng.uniform(size=30), horizon=process.horizon)
    for name, residual in found.items():
        assert residual.shape == x.shape
        assert np.abs(residual).max() < 1e-9 * (1 + np.abs(phi(x, r, t)).max()), name


def test_numbers_do_for_times_and_numerical_maps():
    phi = fm.GaussianFlowMap(PLANE, FM)
    laws = [PLANE, fs.GaussianMixture([[-1.0, 0.0], [1.0, 0.5]], 0.3)]
    for law, oracle in zip(laws, [phi, fm.flow_map(laws[1], FM)], strict=True):
        # a velocity that takes one time only
        found = residuals(
            oracle, oracle.slope, lambda x, t, law=law: law.velocity(x, *FM.at(t)), X[:3], 1.0, 0.4, 0.0, 0.3
        )
        for name, residual in found.items():
            assert np.abs(residual).max() < 1e-8, name


def test_torch_residuals_of_the_exact_map_are_rounding():
    torch = pytest.importorskip("torch")
    phi = fm.GaussianFlowMap(PLANE, FM, BASE)
    tensors = map(torch.tensor, (X, R, U, T, KAPPA))
    for times in (tuple(tensors), (torch.tensor(X), 1.0, 0.5, 0.0, 0.3), (torch.tensor(X), 0.5, 0.5, 0.5 + 1e-9, 0.5)):
        for name, residual in residuals(phi, phi.slope, phi.velocity, *times).items():
            assert residual.abs().max() < 1e-12, name


def wrong(x, r, t):
    """A smooth map that is none of the things it should be."""
    r, t = (time[..., None] for time in (r, t))
    return x + (t - r) * ((1 + r) * x + x**2 * t / 3) + (t - r) ** 2 * x * r


def wrong_slope(x, r, t):
    return (wrong(x, r, t) - x) / (t - r)[..., None]


def test_torch_and_numpy_agree_on_a_wrong_map():
    torch = pytest.importorskip("torch")
    velocity = fm.GaussianFlowMap(PLANE, FM).velocity
    with_numpy = residuals(wrong, wrong_slope, velocity, X, R, U, T, KAPPA)
    with_torch = residuals(wrong, wrong_slope, velocity, *map(torch.tensor, (X, R, U, T, KAPPA)))
    for name, residual in with_numpy.items():
        np.testing.assert_allclose(with_torch[name].numpy(), residual, rtol=1e-8, atol=1e-8)
        assert np.abs(residual).max() > 0.05, name


def test_residuals_of_a_wrong_map_by_hand():
    # phi = x (1 + (t - r) r), velocity 2 x, in closed form
    def phi(x, r, t):
        return x * (1 + (t - r) * r)[..., None]

    gap, x = T - R, X[:, :1]
    found = residuals(phi, lambda x, r, t: x * (r + 0 * t)[..., None], lambda x, t: 2 * x, x, R, U, T, KAPPA)
    between = KAPPA * R + (1 - KAPPA) * T
    want = {
        "lagrangian": R - 2 * (1 + gap * R),
        "eulerian": T - 2 * R + 2 * (1 + gap * R),
        "semigroup": (1 + (U - R) * R) * (1 + (T - U) * U) - 1 - gap * R,
        "tangent": T - 2,
        "slope lagrangian": R - 2 * (1 + gap * R),
        "slope eulerian": 2 - R + gap * (1 + 2 * R),
        "slope semigroup": R - (1 - KAPPA) * R - KAPPA * between * (1 + (between - R) * R),
    }
    for name, residual in found.items():
        np.testing.assert_allclose(residual, want[name][:, None] * x, rtol=1e-9, atol=1e-10, err_msg=name)


def test_map_and_slope_forms_say_the_same():
    velocity = fm.GaussianFlowMap(PLANE, FM).velocity
    found = residuals(wrong, wrong_slope, velocity, X, R, U, T, KAPPA)
    np.testing.assert_allclose(found["slope lagrangian"], found["lagrangian"], rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(found["slope eulerian"], found["eulerian"], rtol=1e-8, atol=1e-8)
    chained = fm.semigroup_residual(wrong, X, R, KAPPA * R + (1 - KAPPA) * T, T)
    np.testing.assert_allclose(-(T - R)[:, None] * found["slope semigroup"], chained, rtol=1e-10, atol=1e-12)


def test_euler_map_is_tangent_but_no_flow_map():
    exact = fm.GaussianFlowMap(PLANE, FM)
    euler = fm.euler_map(exact.velocity)
    assert np.abs(fm.tangent_residual(euler, exact.velocity, X, T)).max() < 1e-9
    assert np.abs(fm.semigroup_residual(euler, X, R, U, T)).max() > 0.01
    sizes = [
        np.abs(fm.lagrangian_residual(euler, exact.velocity, X, 0.5, 0.5 + gap)).max() for gap in (0.02, 0.01, 0.005)
    ]
    np.testing.assert_allclose(np.divide(sizes[:-1], sizes[1:]), 2.0, rtol=0.05)
    # the identity is a flow map, of another flow: FM-P2.2iii
    still = fm.map_of(lambda x, r, t: 0 * x)
    assert not fm.semigroup_residual(still, X, R, U, T).any()
    assert np.abs(fm.tangent_residual(still, exact.velocity, X, T)).max() > 0.1


def test_printed_eulerian_residual_of_the_catalogue():
    # FM-E14: lam = 4, x = 1, from noise to data: 4 in size with the velocity at the wrong time, 0 with the right one
    phi, x = fm.GaussianFlowMap(fs.Gaussian([0.0], [4.0]), FM), np.array([1.0])
    assert abs(fm.eulerian_residual(phi, phi.velocity, x, 1.0, 0.0)[0]) < 1e-10
    printed = fm.eulerian_residual(phi, lambda x, r: phi.velocity(x, 0.0), x, 1.0, 0.0)
    np.testing.assert_allclose(np.abs(printed), 4.0, rtol=1e-9)


def test_near_the_diagonal_all_residuals_are_one():
    # FM-RND: ratios 1 : -1 : kappa (1 - kappa) to first order in the gap
    gap, r, kappa = 1e-4, R[:, None][:, 0], 0.3
    r = 0.1 + 0.8 * r

    def slope(x, r, t):
        return np.sin(x + 2 * r[..., None]) + t[..., None] * x

    def velocity(x, t):
        return slope(x, t, t)

    t = r + gap
    lagrangian = fm.slope_lagrangian_residual(slope, velocity, X, r, t)
    np.testing.assert_allclose(fm.slope_eulerian_residual(slope, velocity, X, r, t), -lagrangian, rtol=5e-2, atol=2e-6)
    semigroup = fm.slope_semigroup_residual(slope, X, r, t, kappa)
    np.testing.assert_allclose(semigroup, kappa * (1 - kappa) * lagrangian, rtol=5e-2, atol=1e-6)


def test_gradients_reach_the_parameters():
    torch = pytest.importorskip("torch")
    network = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2)).double()

    def slope(x, r, t):
        return network(torch.cat([x, r[:, None], t[:, None]], dim=1))

    def velocity(x, t):
        return slope(x, t, t)

    x, r, u, t, kappa = map(torch.tensor, (X, R, U, T, KAPPA))
    for name, residual in residuals(fm.map_of(slope), slope, velocity, x, r, u, t, kappa).items():
        if name == "tangent":
            assert residual.abs().max() < 1e-12  # the tangent condition is built into a slope: FM-E6
            continue
        grads = torch.autograd.grad(residual.square().mean(), list(network.parameters()))
        assert all(grad.abs().max() > 0 for grad in grads), name
    # a number for a time reaches a network as one entry a row
    assert fm.lagrangian_residual(fm.map_of(slope), lambda x, t: x, x, 1.0, 0.0).shape == x.shape


EXACT = {
    "gaussian": PLANE,
    "mixture": fs.GaussianMixture([[-1.0, 0.0], [1.0, 0.5]], [[[0.3, 0.1], [0.1, 0.2]], [[0.2, 0.0], [0.0, 0.4]]]),
    "points": fs.PointCloud(X),
    "board": fs.Checkerboard(2),
}


@pytest.mark.parametrize("law", EXACT)
@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_exact_fields_take_a_time_a_row_as_one_after_the_other(law, kind):
    velocity = fs.solvers.velocity_of(EXACT[law], FM)
    times = [0.1 + 0.8 * part for part in (R, U, T)]
    rows = (X, *times, KAPPA)
    if kind == "torch":
        torch = pytest.importorskip("torch")
        rows = tuple(map(torch.tensor, rows))

    def on_arrays(phi):
        return lambda x, r, t: phi(x, *(time if hasattr(time, "ndim") else np.asarray(time) for time in (r, t)))

    maps = on_arrays(wrong), on_arrays(wrong_slope)
    together = residuals(*maps, velocity, *rows)
    for i in range(len(X)):
        alone = residuals(*maps, velocity, rows[0][i : i + 1], *(float(part[i]) for part in rows[1:]))
        for name, residual in together.items():
            np.testing.assert_allclose(residual[i : i + 1], alone[name], rtol=1e-8, atol=1e-8, err_msg=name)


def test_a_network_of_columns_is_told_what_it_was_given():
    torch = pytest.importorskip("torch")
    network = torch.nn.Linear(4, 2).double()

    def columns(x, r, t):
        return network(torch.cat([x, r, t], dim=-1))

    for r in (1.0, torch.tensor(R)):
        with pytest.raises(RuntimeError) as caught:
            fm.lagrangian_residual(columns, lambda x, t: x, torch.tensor(X), r, 0.0)
        assert caught.value.__notes__ == [
            "phi was given r and t of shape (9,), one entry a row; r[..., None] makes a column"
        ]

    def fails(x, r, t):
        raise RuntimeError("of its own")

    with pytest.raises(RuntimeError, match="of its own") as caught:
        fm.semigroup_residual(fails, X, 1.0, 0.5, 0.0)
    assert not hasattr(caught.value, "__notes__")  # NumPy maps get what they were given


@given(st.floats(0.0, 3.0), st.floats(0.005, 0.2))
def test_stencil_is_exact_for_polynomials_and_stays_inside(t, window):
    times, weights = fm.stencil(t, 3.0, window)
    assert times.shape == weights.shape == (9,)
    assert 0 < times.min() < times.max() < 3.0
    assert np.ptp(times) < 3.0 * window
    half = 3.0 * window / 2
    assert weights @ ((times - t) / half) ** 8 * half == pytest.approx(0.0, abs=1e-9)
    assert weights @ (times - t) == pytest.approx(1.0, rel=1e-10)
    assert weights @ np.exp(times) == pytest.approx(np.exp(t), rel=1e-6 if window > 0.1 else 1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fm.stencil(1.2), r"t must be at (most|least)"),
        (lambda: fm.stencil(-0.1), r"t must be at (most|least)"),
        (lambda: fm.stencil(0.5, window=1.5), "window must be at most 1"),
        (lambda: fm.stencil(0.5, horizon=0.0), "horizon must be greater than 0"),
        (lambda: fm.semigroup_residual(wrong, 1.0, 1.0, 0.5, 0.0), r"x must have shape \(..., d\)"),
    ],
)
def test_bad_input_is_answered_at_the_door(call, message):
    with pytest.raises(ValueError, match=message):
        call()
