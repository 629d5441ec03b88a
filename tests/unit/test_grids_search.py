"""Searched grids: the cheapest path against enumeration and a library, costs against quadrature and steps taken."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

import fewsteps as fs
from fewsteps import grids, samplers
from fewsteps.flowmaps import GaussianFlowMap
from fewsteps.laws import power_law

EDM = fs.edm()
#: Table 9 of the source: its nodes in the grid of 61 levels.
PUBLISHED = {
    3: [0, 27, 36, 60],
    4: [0, 24, 32, 40, 60],
    5: [0, 23, 31, 37, 44, 60],
    6: [0, 19, 27, 33, 39, 45, 60],
    8: [0, 19, 27, 32, 36, 40, 44, 49, 60],
    9: [0, 18, 26, 31, 35, 39, 43, 47, 52, 60],
    10: [0, 18, 26, 31, 35, 39, 42, 45, 49, 53, 60],
}


def enumerated(costs, T, weight):
    """The cheapest path, by trying all; of equal ones the first in the order of the nodes."""
    M = len(costs) - 1
    paths = [(0, *inner, M) for inner in combinations(range(1, M), T - 1)]
    prices = [sum(weight**m * costs[a, b] for m, (a, b) in enumerate(pairwise(p))) for p in paths]
    best = int(np.argmin(prices))
    return paths[best], prices[best]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 8), st.integers(0, 2**31), st.sampled_from([0.5, 1.0, 1.15]), st.data())
def test_the_cheapest_path_is_that_of_enumeration(M, seed, weight, data):
    T = data.draw(st.integers(1, M))
    costs = np.random.default_rng(seed).normal(size=(M + 1, M + 1))
    nodes, price = enumerated(costs, T, weight)
    best = grids.best_schedule(costs, T, weight)
    assert tuple(best.nodes) == nodes
    assert abs(best.cost - price) < 1e-12
    for k, each in enumerate(grids.best_schedules(costs, T, weight), start=1):
        assert tuple(each.nodes) == enumerated(costs, k, weight)[0]


@pytest.mark.parametrize("weight", [1.0, 1.15])
def test_the_full_size_against_dijkstra(weight):
    """The layered graph of (step, node), where a step's cost holds the power of the weight."""
    levels = grids.rho(EDM, 60, 0.002)
    costs, T, M = grids.gaussian_costs(power_law(64, 1.5, 16.0), levels), 10, 60
    rows, columns, prices = [], [], []
    for m in range(T):
        for j in range(M):
            for k in range(j + 1, M + 1):
                rows.append(m * (M + 1) + j)
                columns.append((m + 1) * (M + 1) + k)
                prices.append(weight**m * costs[j, k])
    graph = csr_matrix((prices, (rows, columns)), shape=((T + 1) * (M + 1),) * 2)
    found = dijkstra(graph, indices=0)[T * (M + 1) + M]
    best = grids.best_schedule(costs, T, weight)
    np.testing.assert_allclose(best.cost, found, rtol=1e-13)
    steps = pairwise(best.nodes)
    np.testing.assert_allclose(sum(weight**m * costs[j, k] for m, (j, k) in enumerate(steps)), found, rtol=1e-13)


def test_among_equal_schedules_the_first_nodes_come_first():
    assert grids.best_schedule(np.ones((6, 6)), 3).nodes.tolist() == [0, 1, 2, 5]


def test_the_lower_triangle_plays_no_part():
    costs = np.where(np.tri(5, dtype=bool), -9.0, 1.0)
    assert grids.best_schedule(costs, 4).cost == 4.0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"T": 0}, "T must be at least 1"),
        ({"T": 4}, "T must be at most 3"),
        ({"T": 1.5}, "T must be an integer"),
        ({"weight": 0.0}, "weight must be greater than 0"),
        ({"weight": 1e200}, "costs must be so small"),
        ({"costs": np.ones((3, 4))}, r"costs must have shape \(M \+ 1, M \+ 1\)"),
        ({"costs": np.ones((1, 1)), "T": 1}, "with M >= 1"),
        ({"costs": np.full((4, 4), np.inf)}, "costs must be finite"),
        ({"costs": np.full((4, 4), np.nan)}, "costs must be finite"),
    ],
)
@pytest.mark.parametrize("search", [grids.best_schedule, grids.best_schedules])
def test_what_the_search_refuses(search, changes, words):
    with pytest.raises((TypeError, ValueError), match=words):
        search(**({"costs": np.ones((4, 4)), "T": 3} | changes))


def exact_path(lam, levels, n, seed):
    """Paths of Gaussian data and their slopes, by the exact flow."""
    law = fs.Gaussian(np.zeros(len(lam)), lam)
    flow = GaussianFlowMap(law, EDM)
    x = np.random.default_rng(seed).normal(size=(n, len(lam))) * np.sqrt(lam + levels[0] ** 2)
    path = np.array([flow(x, levels[0], t) for t in levels])
    return path, path * (levels[:, None] / (lam + levels[:, None] ** 2))[:, None, :]


def test_the_cost_of_gaussian_data_is_the_error_of_a_step():
    lam, levels = np.array([0.0, 0.3, 1.0, 1.0, 20.0]), np.array([9.0, 4.0, 1.0, 0.2, 0.0])
    law = fs.Gaussian(np.zeros(5), lam)
    model = fs.solvers.denoiser_of(law, EDM)
    n = lam + levels[:, None] ** 2
    for propagate in (False, True):
        costs = grids.gaussian_costs(lam, levels, propagate)
        for j, k in combinations(range(5), 2):
            start = np.sqrt(n[j])
            error = samplers.ddim(model, EDM, start, [levels[j], levels[k]]) - np.sqrt(n[k])
            error = error[lam > 0] * (np.sqrt(n[-1][lam > 0] / n[k][lam > 0]) if propagate else 1.0)
            np.testing.assert_allclose(costs[j, k], np.linalg.norm(error), rtol=1e-12)
        assert not np.any(costs[np.tri(5, dtype=bool)])


def test_short_steps_keep_their_digits():
    """Against fifty digits: the difference of two factors near 1."""
    from mpmath import mp, mpf, sqrt

    with mp.workdps(50):
        lam, s, t = mpf(2), mpf(3), mpf(3) - mpf(2) ** -30
        want = float(sqrt(lam + s**2) * (sqrt((lam + t**2) / (lam + s**2)) - (lam + s * t) / (lam + s**2)))
    np.testing.assert_allclose(grids.gaussian_costs([2.0], [3.0, 3.0 - 2.0**-30], False)[0, 1], want, rtol=1e-14)


@pytest.mark.parametrize("scale", [1e-140, 1e140])
def test_costs_scale_with_the_data(scale):
    lam, levels = np.array([1e-3, 1.0, 5.0]), np.array([9.0, 2.0, 0.1])
    far = grids.gaussian_costs(lam * scale**2, levels * scale)
    np.testing.assert_allclose(far / scale, grids.gaussian_costs(lam, levels), rtol=1e-12)


def test_measured_costs_approach_the_closed_form():
    lam, levels = np.array([0.2, 1.0, 7.0] * 40), grids.rho(EDM, 8, 0.05, 20.0)
    path, slopes = exact_path(lam, levels, 400, 0)
    found = grids.euler_costs(path, slopes, levels)
    above = np.triu_indices(9, 1)
    # the mean of a norm lies below the root of the mean square, the nearer the more modes there are
    np.testing.assert_allclose(found[above], grids.gaussian_costs(lam, levels, False)[above], rtol=0.03)
    assert np.all(found[above] < 1.005 * grids.gaussian_costs(lam, levels, False)[above])


def test_the_three_metrics_on_one_step():
    """Two paths in the plane, with numbers that can be followed by hand."""
    levels = np.array([2.0, 1.0, 0.0])
    path = np.array([[[0.0, 0.0], [0.0, 2.0]], [[3.0, 1.0], [1.0, 2.0]], [[4.0, 0.0], [4.0, 2.0]]])
    slopes = np.array([[[-3.0, -4.0], [-2.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]])
    # from level 2 to 1: (3, 4) for (3, 1), and (2, 2) for (1, 2); the chords are horizontal
    assert grids.euler_costs(path, slopes, levels, "l2")[0, 1] == (3 + 1) / 2
    assert grids.euler_costs(path, slopes, levels, "l1")[0, 1] == (3 + 1) / 2
    assert grids.euler_costs(path, slopes, levels, "deviation")[0, 1] == ((4 - 1) + (0 - 0)) / 2
    # from 2 to 0: (6, 8) for (4, 0), and (4, 2) for (4, 2)
    np.testing.assert_allclose(grids.euler_costs(path, slopes, levels)[0, 2], np.hypot(2, 8) / 2)
    assert grids.euler_costs(path, slopes, levels, "l1")[0, 2] == 10 / 2
    assert grids.euler_costs(path, slopes, levels, "deviation")[0, 2] == 8 / 2
    # standing still from 1 to 0 is nearer to the chord than the path only where the path leaves it
    assert grids.euler_costs(path, slopes, levels, "deviation")[1, 2] == (1 + 0) / 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"levels": [1.0, 2.0, 3.0]}, "levels must decrease"),
        ({"levels": [3.0, 2.0]}, "path must have shape"),
        ({"slopes": np.zeros((1, 4, 2))}, "slopes must have the shape of path"),
        ({"slopes": np.zeros((3, 4, 1))}, "path and slopes"),
        ({"slopes": np.full((3, 4, 2), np.nan)}, "slopes must be finite"),
        ({"path": np.zeros((3, 0, 2))}, "n, d >= 1"),
        ({"metric": "dev"}, "metric must be one of"),
        ({"path": np.zeros((3, 4, 2)), "metric": "deviation"}, "must not end where it begins"),
    ],
)
def test_what_measured_costs_refuse(changes, words):
    path = np.random.default_rng(0).normal(size=(3, 4, 2))
    given_ = {"path": path, "slopes": path, "levels": [3.0, 2.0, 0.0]} | changes
    with pytest.raises((TypeError, ValueError), match=words):
        grids.euler_costs(**given_)


@pytest.mark.parametrize(
    ("lam", "levels", "words"),
    [
        ([-1.0], [2.0, 1.0], "lam must be at least 0"),
        ([], [2.0, 1.0], "lam must have shape"),
        ([[1.0]], [2.0, 1.0], "lam must have shape"),
        ([1.0], [2.0], "levels must decrease"),
        ([1.0], [2.0, 2.0], "levels must decrease"),
        ([1.0], [2.0, -1.0], "levels must be at least 0"),
    ],
)
def test_what_costs_in_closed_form_refuse(lam, levels, words):
    with pytest.raises((TypeError, ValueError), match=words):
        grids.gaussian_costs(lam, levels)


def test_data_without_variance_cost_nothing():
    assert not np.any(grids.gaussian_costs([0.0, 0.0], [3.0, 1.0, 0.0]))


def test_the_schedule_of_the_spectrum_bounds_the_error_and_minimises_the_bound():
    lam, fine = power_law(64, 1.5, 16.0), grids.rho(EDM, 60, 0.002)
    costs = grids.gaussian_costs(lam, fine)
    for T in (4, 7, 10):
        times = grids.spectral(EDM, T, 0.002, lam=lam)
        best = grids.best_schedule(costs, T)
        np.testing.assert_array_equal(times, fine[best.nodes])
        gains = samplers.mode_gains("ddim", lam, EDM, times)
        n = lam + np.array([[times[0]], [times[-1]]]) ** 2
        error = np.linalg.norm(gains * np.sqrt(n[0]) - np.sqrt(n[1]))
        assert 0.6 * best.cost < error < best.cost
        for other in (grids.rho, grids.log_snr, grids.vp_uniform):
            by_hand = samplers.mode_gains("ddim", lam, EDM, other(EDM, T, 0.002)) * np.sqrt(n[0]) - np.sqrt(n[1])
            assert error < np.linalg.norm(by_hand)


def test_published_schedules_are_predicted_from_the_spectrum_of_images():
    """Three indices of sixty on average with nothing fitted, where schedules by hand are six away."""
    costs = grids.gaussian_costs(power_law(3072, total=768.0), grids.rho(EDM, 60, 0.002))
    away = [np.abs(grids.best_schedule(costs, T).nodes - nodes)[1:-1].mean() for T, nodes in PUBLISHED.items()]
    assert np.mean(away) < 3


@pytest.mark.parametrize("process", [fs.vp_linear(), fs.flow_matching()], ids=["VP", "FM"])
def test_other_processes_have_the_same_levels(process):
    lam, ratio = power_law(10), [process.sigma(0.9) / process.alpha(0.9), process.sigma(0.1) / process.alpha(0.1)]
    times = grids.spectral(process, 5, 0.1, 0.9, lam=lam)
    assert (times[0], times[-1]) == (0.9, 0.1)
    edm = grids.spectral(EDM, 5, float(ratio[1]), float(ratio[0]), lam=lam)
    np.testing.assert_allclose(process.sigma(times) / process.alpha(times), edm, rtol=1e-9)
    jumped = grids.spectral(process, 5, 0.01, 0.9, lam=lam, jump=True)
    assert jumped[-1] == 0 < 0.01 < jumped[-2]


def test_with_a_jump_the_last_step_begins_where_it_is_best():
    lam, fine = power_law(10), np.array([*grids.rho(EDM, 60, 0.002), 0.0])
    best = grids.best_schedule(grids.gaussian_costs(lam, fine), 6).nodes
    np.testing.assert_array_equal(grids.spectral(EDM, 6, 0.002, jump=True, lam=lam), fine[best])
    assert fine[best][-2] > 0.05


def test_the_spectral_schedule_refuses():
    with pytest.raises(ValueError, match="fine must be so large that T steps are among its own, got 5 for T = 8"):
        grids.spectral(EDM, 8, 0.002, lam=[1.0], fine=5)
    with pytest.raises(ValueError, match="start must have alpha > 0"):
        grids.spectral(fs.flow_matching(), 8, 0.002, lam=[1.0])
    with pytest.raises(TypeError, match="jump must be a bool"):
        grids.spectral(EDM, 8, 0.002, jump=1, lam=[1.0])


@pytest.mark.parametrize("shape", [(40, 6), (6, 40), (5, 3, 4), (2, 1)])
def test_the_spectrum_is_that_of_the_covariance(shape):
    data = np.random.default_rng(0).normal(size=shape) @ np.diag(np.arange(1.0, shape[-1] + 1)) + 7
    rows = data.reshape(shape[0], -1)
    want = np.linalg.eigvalsh(np.atleast_2d(np.cov(rows.T)))[::-1][: min(rows.shape)]
    np.testing.assert_allclose(grids.spectrum(data), np.clip(want, 0, None), atol=1e-12 * want[0])


def test_the_spectrum_of_far_and_of_equal_data():
    data = np.random.default_rng(0).normal(size=(20, 3))
    np.testing.assert_allclose(grids.spectrum(data * 1e120) / 1e240, grids.spectrum(data), rtol=1e-12)
    assert not np.any(grids.spectrum(np.ones((4, 3))))
    for bad, words in ((np.ones(3), "shape"), (np.ones((1, 3)), "n >= 2"), (np.ones((3, 0)), "something in a sample")):
        with pytest.raises(ValueError, match=words):
            grids.spectrum(bad)
    with pytest.raises(ValueError, match="finite"):
        grids.spectrum([[np.inf], [0.0]])


def test_the_grid_that_is_uniform_in_vp_time():
    """Against the source's formula, and its levels for three steps."""
    b = 2 * (np.log1p(0.002**2) / 1e-3 - np.log1p(80.0**2)) / (1e-3 - 1)
    first = np.log1p(80.0**2) - b / 2
    u = np.linspace(1, 1e-3, 8)
    want = np.sqrt(np.expm1(b * u**2 / 2 + first * u))
    np.testing.assert_allclose(grids.vp_uniform(EDM, 7, 0.002), want, rtol=1e-9)
    np.testing.assert_allclose(grids.vp_uniform(EDM, 3, 0.002), [80, 6.9503, 1.2867, 0.002], rtol=3e-5)


def test_uniform_vp_time_is_time_in_the_vp_process_itself():
    process = fs.vp_linear()
    np.testing.assert_allclose(
        grids.vp_uniform(process, 6, 0.01, 1.0, cut=0.01), grids.uniform(process, 6, 0.01), rtol=1e-9
    )


def test_what_uniform_vp_time_refuses():
    for changes, words in (
        ({"cut": 1.0}, "cut must be less than 1"),
        ({"cut": 0.0}, "cut must be greater than 0"),
        ({"cut": 0.5, "stop": 70.0}, "the noise grows"),
        ({"stop": 0.0}, "stop must have a finite half-log-SNR"),
        ({"process": fs.flow_matching(), "stop": 0.1}, "start must have a finite half-log-SNR"),
    ):
        with pytest.raises(ValueError, match=words):
            grids.vp_uniform(**({"process": EDM, "T": 4, "stop": 0.002} | changes))


def test_every_budget_must_cost_a_finite_number():
    costs = np.full((5, 5), 1e308)
    costs[0, 1] = costs[1, 3] = costs[0, 4] = 1
    costs[0, 3], costs[3, 4] = 1.7e308, 4e307
    with pytest.raises(ValueError, match="costs must be so small"):
        grids.best_schedules(costs, 3, 2.0)


def test_costs_far_from_one():
    np.testing.assert_allclose(grids.gaussian_costs([1e-300], [1e10, 0.0])[0, 1], 1e-150, rtol=1e-14)
    small = grids.gaussian_costs([1e-6], [1.0, 0.5, 0.0])
    for unit in (1e-140, 1e140):
        got = grids.gaussian_costs([1e-6 * unit**2], np.array([1.0, 0.5, 0.0]) * unit)
        np.testing.assert_allclose(got / unit, small, rtol=1e-13)
    np.testing.assert_allclose(grids.gaussian_costs([1e308], [1.0, 0.5])[0, 1], 0.125e-154, rtol=1e-14)
    np.testing.assert_allclose(grids.gaussian_costs([1.0], [1e154, 1.0])[0, 1], 2**0.5 - 1, rtol=1e-14)
    path, slopes = np.random.default_rng(0).standard_normal((2, 4, 3, 2))
    levels = np.array([3.0, 2.0, 1.0, 0.5])
    for metric in ("l2", "l1", "deviation"):
        want = grids.euler_costs(path, slopes, levels, metric)
        for unit in (1e-165, 1e155):
            got = grids.euler_costs(path * unit, slopes * unit, levels, metric)
            np.testing.assert_allclose(got / unit, want, rtol=1e-12)
    loop = np.cumsum(np.full((4, 1, 2), 0.1), axis=0)
    loop[-1] = loop[0] * (1 + 1e-16)
    with pytest.raises(ValueError, match="path must not end where it begins"):
        grids.euler_costs(loop, np.ones((4, 1, 2)), levels, "deviation")
    with pytest.raises(ValueError, match="slopes must have the shape of path"):
        grids.euler_costs(path, 1.0, levels)


def test_costs_of_tensors():
    torch = pytest.importorskip("torch")
    lam, levels = np.array([1.0, 0.3]), np.array([2.0, 1.0, 0.1])
    want = grids.gaussian_costs(lam, levels)
    np.testing.assert_array_equal(grids.gaussian_costs(torch.tensor(lam), torch.tensor(levels)), want)
    spectral = grids.spectral(EDM, 4, 0.002, lam=torch.tensor(lam))
    np.testing.assert_array_equal(spectral, grids.spectral(EDM, 4, 0.002, lam=lam))


def test_spectra_far_from_one():
    data = np.array([[1.0, 0.0], [-1.0, 0.5], [0.0, 2.0], [0.0, -2.0]])
    want = grids.spectrum(data)
    np.testing.assert_allclose(grids.spectrum(1e150 * data) / 1e300, want, rtol=1e-13)
    np.testing.assert_allclose(grids.spectrum(1e-150 * data) / 1e-300, want, rtol=1e-13)
    with pytest.raises(ValueError, match="data must be so small"):
        grids.spectrum(1e160 * data)
    with pytest.raises(ValueError, match="data must be so small"):
        grids.spectrum([[1e308], [1.5e308], [1.7e308]])
    np.testing.assert_allclose(grids.spectrum([[1.0], [1.0 + 1e-8]]), [5e-17], rtol=1e-7)


@pytest.mark.parametrize("stop", [0.002, 1e-5, 1e-9, 1e-12])
@pytest.mark.parametrize("cut", [1e-3, 0.3, 0.999999])
def test_vp_levels_against_the_process_that_they_are_named_after(stop, cut):
    """With 50 digits: log(1 + kappa^2) = beta_d u^2/2 + beta_0 u through both ends."""
    with mp.workdps(50):
        low, top, u_low = mp.log1p(mpf(stop) ** 2), mp.log1p(mpf(80) ** 2), mpf(cut)
        beta_d = 2 * (low / u_low - top) / (u_low - 1)
        beta_0 = top - beta_d / 2
        times = [1 - (1 - u_low) * k / 4 for k in range(5)]
        rates = [beta_d * u + beta_0 for u in times]
        want = [float(mp.sqrt(mp.expm1(beta_d * u**2 / 2 + beta_0 * u))) for u in times]
    if min(rates) <= 0:
        with pytest.raises(ValueError, match="cut must be such that the noise grows"):
            grids.vp_uniform(EDM, 4, stop, cut=cut)
    else:
        np.testing.assert_allclose(grids.vp_uniform(EDM, 4, stop, cut=cut), want, rtol=1e-9)
