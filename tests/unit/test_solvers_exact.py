"""Solvers against closed forms: moments on Gaussian data, Langevin, likelihoods, the Fokker-Planck equation."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import seeds

import fewsteps as fs
from fewsteps import solvers as so

VP = fs.vp_linear(0.1, 20.0)
LAM = np.array([0.04, 0.3, 1.0, 4.0])
LAW = fs.Gaussian([0.7, 0.0, -1.0, 2.0], LAM)
MEAN = np.array([0.7, 0.0, -1.0, 2.0])
# The mixture of PD-E4.2.7.
MIXTURE = fs.GaussianMixture.on_line([-1.5, 1.0], np.sqrt([0.1, 0.2]), [0.3, 0.7])


# ------------------------------------------------------------------------------------------------- sampler_moments


@pytest.mark.parametrize("method", ["euler", "heun", "rk4"])
@pytest.mark.parametrize("process", [VP, fs.edm(10.0), fs.flow_matching()], ids=["vp", "edm", "flow matching"])
@pytest.mark.parametrize("up", [False, True], ids=["down", "up"])
def test_flow_moments_are_the_affine_map_that_solve_ode_takes(method, process, up):
    times = process.horizon * np.array([1.0, 0.8, 0.5, 0.45, 0.1, 0.01])[:: -1 if up else 1]
    velocity = so.velocity_of(LAW, process)
    low, high = so.solve_ode(velocity, np.stack([0 * LAM, 1 + 0 * LAM]), times, method)
    mean0, var0 = np.array([0.1, -0.2, 0.3, 0.0]), np.array([1.0, 2.0, 0.5, 1.5])
    mean, var = so.sampler_moments(LAM, process, times, method, MEAN, start=(mean0, var0))
    np.testing.assert_allclose(mean, low + (high - low) * mean0, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(var, (high - low) ** 2 * var0, rtol=1e-10)


@pytest.mark.parametrize("gamma", [0.0, 0.6, 1.0, lambda t: 2 * t], ids=["0", "0.6", "1", "2 t"])
@pytest.mark.parametrize("process", [VP, fs.edm(10.0)], ids=["vp", "edm"])
def test_sde_moments_are_those_of_the_affine_map_that_solve_sde_takes(gamma, process):
    # the output is linear in the start and in every increment: run on each of them alone
    times = process.horizon * np.array([1.0, 0.8, 0.5, 0.45, 0.1, 0.01])
    drift, noise = so.reverse_sde(so.score_of(LAW, process), process, gamma)

    def solve(start, k=None):
        dw = np.zeros((5, 4))
        if k is not None:
            dw[k] = np.sqrt(times[k] - times[k + 1])
        return so.solve_sde(drift, noise, start + 0 * LAM, times, increments=dw)

    base = solve(0.0)
    gain, parts = solve(1.0) - base, [solve(0.0, k) - base for k in range(5)]
    mean, var = so.sampler_moments(LAM, process, times, "euler-maruyama", MEAN, start=(0.3, 0.8), gamma=gamma)
    np.testing.assert_allclose(mean, base + 0.3 * gain, rtol=1e-10)
    np.testing.assert_allclose(var, 0.8 * gain**2 + np.sum(np.square(parts), axis=0), rtol=1e-10)


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("process", [VP, fs.flow_matching()], ids=["vp", "flow matching"])
def test_ancestral_moments_are_those_of_the_affine_steps(eta, process):
    times, denoiser = process.horizon * np.array([1.0, 0.7, 0.3, 0.1, 0.0]), so.denoiser_of(LAW, process)

    def chain(x, k=None):
        for i, (s, t) in enumerate(pairwise(times)):
            x = so.ancestral_step(x, denoiser(x, s), process, s, t, np.ones(4) * (i == k), eta)
        return x

    base = chain(0 * LAM)
    gain, parts = chain(1 + 0 * LAM) - base, [chain(0 * LAM, k) - base for k in range(4)]
    mean, var = so.sampler_moments(LAM, process, times, "ancestral", MEAN, start=(0.3, 0.8), eta=eta)
    np.testing.assert_allclose(mean, base + 0.3 * gain, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(var, 0.8 * gain**2 + np.sum(np.square(parts), axis=0), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(
    ("method", "lam", "printed", "digits"),
    [
        # PD-E4.1.6G2: the reverse SDE, and PD-E4.1.6G3: the flow; T = 10, 50, 100, 1000 steps from N(0, 1)
        ("euler-maruyama", 0.04, [0.273, 0.0430, 0.0411, 0.0401], 3),
        ("euler-maruyama", 0.3, [0.379, 0.309, 0.3045, 0.3004], 3),
        ("euler-maruyama", 1.0, [1.163, 1.029, 1.014, 1.0014], 3),
        ("euler-maruyama", 4.0, [4.328, 4.066, 4.033, 4.003], 3),
        ("euler", 0.04, [0.0256, 0.0354, 0.0376, 0.0397], 4),
        ("euler", 0.3, [0.289, 0.296, 0.298, 0.2998], 3),
        ("euler", 1.0, [1.0, 1.0, 1.0, 1.0], 12),
        ("euler", 4.0, [3.64, 3.93, 3.96, 3.996], 2),
    ],
)
def test_output_variances_of_the_catalogue(method, lam, printed, digits):
    got = [
        so.sampler_moments(lam, VP, np.linspace(1.0, 0.0, T + 1), method, 0.7, start=(0.0, 1.0))
        for T in (10, 50, 100, 1000)
    ]
    np.testing.assert_allclose([float(var[0]) for _, var in got], printed, atol=0.6 * 10.0**-digits)
    if lam == 1.0 and method == "euler":
        assert float(got[-1][0][0]) == pytest.approx(0.6954, abs=5e-5)  # prior mismatch


@pytest.mark.parametrize("method", ["euler", "heun", "rk4", "euler-maruyama", "ancestral"])
def test_moments_converge_to_the_data(method):
    order = {"heun": 2, "rk4": 4}.get(method, 1)
    counts = np.array([50, 100, 200]) * (1 if order == 4 else 3)
    errors = []
    for n in counts:
        mean, var = so.sampler_moments(LAM, VP, np.linspace(1.0, 1e-3, n + 1), method, MEAN)
        alpha, sigma = VP.at(1e-3)[:2]
        errors.append(max(abs(mean - alpha * MEAN).max(), abs(var - alpha**2 * LAM - sigma**2).max()))
    assert -np.polyfit(np.log(counts), np.log(errors), 1)[0] == pytest.approx(order, abs=0.3)


def test_paths_of_moments_start_at_the_marginal_and_end_at_the_output():
    times = np.linspace(0.9, 0.1, 4)
    alpha, sigma = VP.at(0.9)[:2]
    for method in ("heun", "euler-maruyama", "ancestral"):
        mean, var = so.sampler_moments(LAM, VP, times, method, MEAN, path=True)
        assert mean.shape == var.shape == (4, 4)
        np.testing.assert_allclose(mean[0], alpha * MEAN, rtol=1e-14)
        np.testing.assert_allclose(var[0], alpha**2 * LAM + sigma**2, rtol=1e-14)
        end = so.sampler_moments(LAM, VP, times, method, MEAN)
        np.testing.assert_allclose((mean[-1], var[-1]), end, rtol=1e-14)


def test_certain_data_are_sampled_exactly_by_one_ancestral_step():
    mean, var = so.sampler_moments([0.0, 1.0], fs.flow_matching(), [1.0, 0.0], "ancestral", mean=[3.0, 5.0])
    np.testing.assert_array_equal((mean, var), ([3.0, 5.0], [0.0, 0.0]))
    with pytest.raises(ValueError, match="times must avoid t = 0"):
        so.sampler_moments([0.0, 1.0], fs.flow_matching(), [0.5, 0.0], "heun")


# ---------------------------------------------------------------------------------------------------------- Langevin


def test_langevin_takes_its_steps():
    noise = np.random.default_rng(5).standard_normal((3, 4, 2))
    x = np.ones((4, 2))
    by_hand = [x]
    for eps in noise:
        x = x - 0.1 * x**3 + np.sqrt(0.2) * eps
        by_hand.append(x)
    path = so.langevin(lambda y: -(y**3), np.ones((4, 2)), 0.1, 3, np.random.default_rng(5), path=True)
    np.testing.assert_allclose(path, by_hand, rtol=1e-13)
    end = so.langevin(lambda y: -(y**3), np.ones((4, 2)), 0.1, 3, np.random.default_rng(5))
    np.testing.assert_array_equal(end, path[-1])


@given(st.floats(0.1, 5.0), st.floats(0.01, 12.0), st.integers(0, 12), st.floats(-3.0, 3.0), st.floats(0.0, 3.0))
def test_langevin_moments_are_the_recursion(var, step, n, mean0, var0):
    mean, spread = mean0, var0
    for _ in range(n):
        mean, spread = (1 - step / var) * mean, (1 - step / var) ** 2 * spread + 2 * step
    got = so.langevin_moments(var, step, n, mean0, var0)
    np.testing.assert_allclose(got, (mean, spread), rtol=1e-9, atol=1e-12)


def test_langevin_moments_at_the_edge_of_stability():
    mean, var = so.langevin_moments([0.5, 1.0], 1.0, 7, 2.0, 3.0)  # ratios -1 and 0
    np.testing.assert_array_equal((mean, var), ([-2.0, 0.0], [17.0, 2.0]))


def test_chains_have_the_moments():
    var, n = np.array([0.3, 1.0, 2.0]), 7
    x = so.langevin(lambda y: -y / var, np.full((100_000, 3), 2.0), 0.4, n, np.random.default_rng(0))
    mean, spread = so.langevin_moments(var, 0.4, n, 2.0, 0.0)
    np.testing.assert_allclose(x.mean(axis=0), mean, atol=5 * np.sqrt(spread.max() / 1e5))
    np.testing.assert_allclose(x.var(axis=0), spread, rtol=5 * np.sqrt(2 / 1e5))


def test_stationary_variance():
    np.testing.assert_allclose(
        [so.stationary_variance(0.5, step) for step in (0.05, 0.2, 0.5, 0.9)], [0.5263, 0.625, 1.0, 5.0], atol=5e-5
    )
    var = np.array([0.5, 2.0])
    np.testing.assert_allclose(so.langevin_moments(var, 0.9, 400, 3.0, 7.0)[1], so.stationary_variance(var, 0.9))
    with pytest.raises(ValueError, match="step must be less than 2 var = 1 to be stable, got 1"):
        so.stationary_variance(var, 1.0)


def test_an_unstable_step_is_reported():
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="no longer finite"):
        so.langevin(lambda y: -y / 0.1, np.ones(3), 1.0, 400, np.random.default_rng(0))


@pytest.mark.parametrize("last", [0, 1, 2])
def test_annealing_goes_down_the_levels(last):
    levels, step, n = [0.5, 1.0, 2.0], 0.1, 2
    rng, x, seen = np.random.default_rng(9), np.full((4, 1), 3.0), []
    by_hand = []
    for sigma in levels[: -4 + last : -1] if last else levels[::-1]:
        size = step * sigma**2 / 0.25
        for _ in range(n):
            x = x - size * x / (1 + sigma**2) + np.sqrt(2 * size) * rng.standard_normal((4, 1))
        by_hand.append(x)

    def score(y, sigma):
        seen.append(sigma)
        return -y / (1 + sigma**2)

    arguments = (score, levels, np.full((4, 1), 3.0), step, n)
    path = so.annealed_langevin(*arguments, np.random.default_rng(9), last=last, path=True)
    np.testing.assert_allclose(path, by_hand, rtol=1e-12)
    assert seen == [sigma for sigma in levels[::-1][: 3 - last] for _ in range(n)]
    np.testing.assert_array_equal(so.annealed_langevin(*arguments, np.random.default_rng(9), last), path[-1])


def test_annealed_variances_of_the_catalogue():
    # PD-A3.4.1: L = 10 levels from 0.05 to 10, step 0.2 sigma_1^2, 200 steps each
    levels = fs.geometric_levels(0.05, 10.0, 10)
    mean, var = so.annealed_moments([0.0025], levels, 0.2 * 0.05**2, 200, 1.0, 100.0)
    assert var.shape == mean.shape == (10, 1)
    np.testing.assert_allclose(var[-2:, 0], [0.01149, 0.00526], atol=5e-6)
    short = so.annealed_moments([0.0025], levels, 0.2 * 0.05**2, 200, 1.0, 100.0, last=1)
    np.testing.assert_array_equal(short, (mean[:-1], var[:-1]))
    # far above the data's scale all levels inflate alike
    np.testing.assert_allclose(var[0, 0] / (0.0025 + 100.0), 1 / (1 - 0.1), rtol=1e-4)


def test_annealed_chains_have_the_moments():
    levels, lam = [0.2, 0.5, 1.5], np.array([0.04, 1.0])
    x = so.annealed_langevin(
        lambda y, sigma: -y / (lam + sigma**2), levels, np.full((50_000, 2), 1.0), 0.01, 5, np.random.default_rng(1)
    )
    mean, var = so.annealed_moments(lam, levels, 0.01, 5, 1.0, 0.0)
    np.testing.assert_allclose(x.mean(axis=0), mean[-1], atol=5 * np.sqrt(var.max() / 5e4))
    np.testing.assert_allclose(x.var(axis=0), var[-1], rtol=5 * np.sqrt(2 / 5e4))


def test_annealing_finds_both_modes_where_one_level_is_stuck():
    law = fs.GaussianMixture.on_line([-3.0, 3.0], 0.3, [0.3, 0.7])
    levels, rng = fs.geometric_levels(0.1, 6.0, 8), np.random.default_rng(2)
    score = lambda y, sigma: law.score(y, 1.0, sigma)  # noqa: E731
    start = 6.0 * rng.standard_normal((2000, 1))
    x = so.annealed_langevin(score, levels, start, 0.002, 60, rng)
    stuck = so.langevin(lambda y: score(y, 0.1), np.full((2000, 1), -3.0), 0.002, 480, rng)
    assert (x > 0).mean() == pytest.approx(0.7, abs=0.08)
    assert (stuck > 0).mean() == 0


# -------------------------------------------------------------------------------------------------------- Likelihood


def flow(law, process):
    return so.velocity_of(law, process), so.divergence_of(law, process)


def test_likelihoods_of_the_catalogue():
    x, times = np.array([[-1.5], [0.0], [1.0], [2.0]]), np.linspace(0.0, 1.0, 101) ** 2
    exact = MIXTURE.log_prob(x)
    np.testing.assert_allclose(exact, [-0.97162, -2.97080, -0.47089, -2.97089], atol=6e-6)
    prior = so.log_likelihood(x, *flow(MIXTURE, VP), lambda y: MIXTURE.log_prob(y, *VP.at(1.0)[:2]), times)
    np.testing.assert_allclose(prior, exact, atol=1e-6)
    normal = so.log_likelihood(x, *flow(MIXTURE, VP), fs.Gaussian([0.0], [1.0]).log_prob, times)
    np.testing.assert_allclose(normal, [-0.96992, -2.96997, -0.47152, -2.97484], atol=6e-6)


@pytest.mark.parametrize("method", ["euler", "heun", "rk4"])
def test_likelihood_in_three_dimensions_and_from_either_end(method):
    law, process = fs.Gaussian([1.0, 0.0, -1.0], [0.5, 1.0, 2.0]), fs.edm(3.0)
    x = law.sample(4, np.random.default_rng(0)).reshape(2, 2, 3)
    tolerance = {"euler": 2e-2, "heun": 2e-4, "rk4": 1e-8}[method]
    for ends in ((0.0, 3.0), (3.0, 0.0)):
        begin, end = process.at(ends[0])[:2], process.at(ends[1])[:2]
        times = np.linspace(*ends, 151)
        got = so.log_likelihood(x, *flow(law, process), lambda y, end=end: law.log_prob(y, *end), times, method)
        np.testing.assert_allclose(got, law.log_prob(x, *begin), atol=tolerance)


def test_the_flow_s_density_integrates_to_one():
    x = np.linspace(-5.0, 5.0, 401)
    log_p = so.log_likelihood(
        x[:, None], *flow(MIXTURE, VP), fs.Gaussian([0.0], [1.0]).log_prob, np.linspace(0.0, 1.0, 41) ** 2
    )
    assert np.trapezoid(np.exp(log_p), x) == pytest.approx(1.0, abs=1e-4)


def jvp_of(law, process):
    def jvp(x, t, u):
        level = process.at(t)
        return law.velocity(x, *level), (law.jacobian(x, *level) @ u[..., None])[..., 0]

    return jvp


@given(seeds, st.integers(1, 4))
def test_hutchinson_over_all_signs_is_exact(seed, d):
    rng = np.random.default_rng(seed)
    J, x = rng.standard_normal((d, d)), rng.standard_normal((3, d))
    signs = np.array(np.meshgrid(*[[-1.0, 1.0]] * d)).reshape(d, -1).T
    probes = np.broadcast_to(signs[:, None, :], (2**d, 3, d))
    got = so.hutchinson_divergence(lambda y, t, u: (y, u @ J.T), x, 0.0, probes)
    np.testing.assert_allclose(got, np.full(3, np.trace(J)), atol=1e-12)
    if d > 1:  # a single probe is u . J u, not the trace
        one = so.hutchinson_divergence(lambda y, t, u: (y, u @ J.T), x, 0.0, probes[:1])
        np.testing.assert_allclose(one, signs[0] @ J @ signs[0], rtol=1e-10)


def test_hutchinson_likelihood_is_unbiased():
    law = fs.GaussianMixture([[0.0, 1.0], [1.0, -1.0]], np.array([[0.4, 0.3], [0.3, 0.6]]))
    x, times = np.array([[0.5, 0.2]]), np.linspace(0.0, 1.0, 41) ** 2
    prior = lambda y: law.log_prob(y, *VP.at(1.0)[:2])  # noqa: E731
    got = []
    for u in ([1.0, 1.0], [1.0, -1.0]):
        estimate = lambda y, t, u=u: so.hutchinson_divergence(jvp_of(law, VP), y, t, [[u]])  # noqa: E731
        got.append(so.log_likelihood(x, so.velocity_of(law, VP), estimate, prior, times))
    np.testing.assert_allclose(np.mean(got, axis=0), law.log_prob(x), atol=1e-4)
    assert abs(got[0] - got[1]) > 0.05


@pytest.mark.parametrize(("kind", "fourth"), [("rademacher", 1.0), ("gaussian", 3.0)])
def test_probes_are_isotropic(kind, fourth):
    u = so.hutchinson_probes((20_000, 5, 2), np.random.default_rng(0), kind)
    assert u.shape == (20_000, 5, 2)
    assert abs(u.mean()) < 0.01
    np.testing.assert_allclose(np.einsum("mni,mnj->ij", u, u) / 1e5, np.eye(2), atol=0.02)
    assert (u**4).mean() == pytest.approx(fourth, rel=0.03)


# ----------------------------------------------------------------------------------------------------- Finite volumes


def uneven_edges(n, seed=0):
    widths = np.random.default_rng(seed).uniform(0.5, 1.5, n)
    return 10 * np.concatenate([[0.0], np.cumsum(widths)]) / widths.sum() - 5


def centres_of(edges):
    return (edges[1:] + edges[:-1]) / 2


def test_the_stationary_law_is_exact_and_mass_is_conserved():
    edges, D = uneven_edges(60), 0.7
    x = centres_of(edges)
    log_p = MIXTURE.log_prob(x[:, None])
    L = so.generator(D * np.diff(log_p) / np.diff(x), D, edges)
    assert L.shape == (60, 60)
    scale = abs(L).max()
    np.testing.assert_allclose(L @ np.exp(log_p), 0.0, atol=1e-15 * scale)
    np.testing.assert_allclose(np.diff(edges) @ L, 0.0, atol=1e-14 * scale)
    off = L.toarray() - np.diag(L.diagonal())
    assert off.min() >= 0  # densities stay positive
    assert np.count_nonzero(off) == 2 * 59


def test_the_generator_of_a_function_averages_it_between_centres():
    edges, D = uneven_edges(80), 0.7
    x = centres_of(edges)
    by_function = so.generator(lambda y: D * MIXTURE.score(y[:, None])[:, 0], D, edges).toarray()
    by_values = so.generator(D * np.diff(MIXTURE.log_prob(x[:, None])) / np.diff(x), D, edges).toarray()
    np.testing.assert_allclose(by_function, by_values, atol=1e-4 * np.abs(by_values).max())
    quintic = so.generator(lambda y: y**5, D, edges).toarray()  # three Gauss points are exact
    exact = so.generator(np.diff(x**6) / 6 / np.diff(x), D, edges).toarray()
    np.testing.assert_allclose(quintic, exact, rtol=1e-9, atol=1e-9)


def test_the_generator_s_limits():
    edges = np.linspace(0.0, 4.0, 5)
    pure = so.generator(np.zeros(3), 0.5, edges).toarray()
    np.testing.assert_allclose(pure[1], [0.5, -1.0, 0.5, 0.0], rtol=1e-14)
    upwind = so.generator(np.full(3, 2.0), 1e-4, edges).toarray()
    np.testing.assert_allclose(upwind[1], [2.0, -2.0, 0.0, 0.0], atol=1e-10)
    both = so.generator(np.full(3, 2.0), 0.5, edges).toarray()
    # z / (e^z - 1) at z = -+4, over the unit spacing
    np.testing.assert_allclose(both[2, [1, 3]], [0.5 * 4 / (1 - np.exp(-4)), 0.5 * 4 / (np.exp(4) - 1)], rtol=1e-13)


def exact_density(process, x, t):
    return np.exp(MIXTURE.log_prob(x[:, None], *process.at(t)[:2]))


@pytest.mark.parametrize("direction", ["forward", "reverse", "flow"])
def test_evolution_is_of_second_order(direction):
    process = fs.ornstein_uhlenbeck(beta=1.0, horizon=1.0)
    ends = (0.1, 0.5) if direction == "forward" else (0.5, 0.1)
    gamma = 0.5 if direction == "flow" else 1.0

    def drift(x, t):
        if direction == "forward":
            return -x
        return so.reverse_sde(so.score_of(MIXTURE, process), process, gamma)[0](x[:, None], t)[:, 0]

    share = 1.0 if direction == "forward" else gamma**2
    counts, errors = np.array([40, 80, 160]), []
    for n in counts:
        edges = np.linspace(-6.0, 6.0, n + 1)
        x = centres_of(edges)
        start = exact_density(process, x, ends[0])
        end = so.evolve(start, drift, lambda t: share * process.g2(t) / 2, edges, np.linspace(*ends, n // 2 + 1))
        assert end.sum() == pytest.approx(start.sum(), rel=1e-12)
        errors.append(np.abs(end - exact_density(process, x, ends[1])).sum() * 12 / n)
    assert errors[-1] < 2e-3
    assert -np.polyfit(np.log(counts), np.log(errors), 1)[0] == pytest.approx(2.0, abs=0.25)


def test_evolution_is_of_second_order_in_time_alone():
    edges = uneven_edges(50)
    start = np.exp(-(centres_of(edges) ** 2))

    def solve(n):
        return so.evolve(start, lambda x, t: np.sin(3 * t) - x, lambda t: 0.5 + t, edges, np.linspace(0.0, 1.0, n + 1))

    exact, counts = solve(1280), np.array([20, 40, 80])
    errors = [np.abs(solve(n) - exact).max() for n in counts]
    assert -np.polyfit(np.log(counts), np.log(errors), 1)[0] == pytest.approx(2.0, abs=0.1)


def test_the_reverse_equation_leads_back_to_the_data_and_the_source_s_sign_does_not():
    # PD-T4.1.1c: constant beta = 2 on [0, 1], 601 cells
    process, law = fs.vp_linear(2.0, 2.0), fs.GaussianMixture.on_line([-1.0, 1.5], [0.4, 0.5], [0.4, 0.6])
    edges = np.linspace(-7.0, 7.0, 602)
    x, drift = centres_of(edges), so.reverse_sde(so.score_of(law, process), process)[0]
    densities = [np.exp(law.log_prob(x[:, None], *process.at(t)[:2])) for t in (0.0, 1.0)]
    times = np.linspace(1.0, 0.0, 201)
    ends = [
        so.evolve(
            densities[1], lambda y, t, c=c: c * drift(y[:, None], t)[:, 0], lambda t: process.g2(t) / 2, edges, times
        )
        for c in (1.0, -1.0)
    ]
    right, wrong = (np.abs(end - densities[0]).sum() * 14 / 601 for end in ends)
    assert right < 4e-4
    assert wrong > 1.0


@pytest.mark.parametrize(
    ("separation", "gap"), [(0, 1.000), (2, 0.485), (4, 0.119), (6, 0.0143), (8, 6.2e-4), (10, 9.0e-6)]
)
def test_spectral_gaps_of_the_catalogue(separation, gap):
    law = fs.GaussianMixture.on_line([-separation / 2, separation / 2], 1.0)
    edges = np.linspace(-separation / 2 - 8, separation / 2 + 8, 1001)
    got = so.spectral_gap(lambda x: law.log_prob(x[:, None]), edges)
    assert got == pytest.approx(gap, rel=6e-3)


@pytest.mark.parametrize("n", [2, 3, 40])
def test_the_gap_is_an_eigenvalue_of_the_generator(n):
    edges = uneven_edges(n)
    x = centres_of(edges)
    log_density = lambda y: np.sin(y) - y**2 / 4  # noqa: E731
    L = so.generator(np.diff(log_density(x)) / np.diff(x), 1.0, edges).toarray()
    eigenvalues = np.sort(-np.linalg.eigvals(L).real)
    assert abs(eigenvalues[0]) < 1e-10
    assert so.spectral_gap(log_density, edges) == pytest.approx(eigenvalues[1], rel=1e-9)


def test_tails_may_underflow():
    wide = so.spectral_gap(lambda x: -50 * x**2, np.linspace(-20.0, 20.0, 4001))
    assert wide == pytest.approx(100.0, rel=1e-2)
