"""Steps through equations: ODE, SDE, ancestral, exponential, and the equations of a diffusion."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp
from strategies import seeds

import fewsteps as fs
from fewsteps import solvers as so

TWO_MODES = fs.GaussianMixture.on_line([-1.0, 1.5], [0.3, 0.5], [0.4, 0.6])
PROCESSES = {
    "vp": fs.vp_linear(),
    "sub-vp": fs.sub_vp(),
    "ve": fs.ve(0.01, 10.0),
    "edm": fs.edm(10.0),
    "flow matching": fs.flow_matching(),
    "trigonometric": fs.trigonometric(),
}
with_process = pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES.keys())


def slope(counts, errors):
    return -np.polyfit(np.log(counts), np.log(errors), 1)[0]


# ---------------------------------------------------------------------------------------------------------------- ODEs


@pytest.mark.parametrize(("method", "order", "calls"), [("euler", 1, 1), ("heun", 2, 2), ("rk4", 4, 4)])
@pytest.mark.parametrize("ends", [(0.0, 2.0), (2.0, 0.5)], ids=["forwards", "backwards"])
def test_orders_against_scipy(method, order, calls, ends):
    def velocity(x, t):
        seen.append(t)
        return np.stack([np.sin(t) * x[1], -(x[0] ** 2) + t])

    seen, start, counts = [], np.array([0.3, -0.8]), np.array([20, 40, 80, 160])
    reference = solve_ivp(lambda t, x: velocity(x, t), ends, start, rtol=1e-12, atol=1e-12).y[:, -1]
    errors = []
    for n in counts:
        seen.clear()
        errors.append(np.abs(so.solve_ode(velocity, start, np.linspace(*ends, n + 1), method) - reference).max())
        assert len(seen) == calls * n
        assert min(ends) <= min(seen) <= max(seen) <= max(ends)
    assert slope(counts, errors) == pytest.approx(order, abs=0.15)


def test_one_step_of_each_method_by_hand():
    # x' = x + t from x(0) = 1 over h = 1: increments in exact arithmetic
    got = [float(so.solve_ode(lambda x, t: x + t, 1.0, [0.0, 1.0], m)) for m in ("euler", "heun", "rk4")]
    assert got == pytest.approx([2.0, 3.0, 1 + (1 + 2 * 2 + 2 * 2.5 + 4.5) / 6])


def test_uneven_grids_are_followed_and_paths_hold_all_states():
    times = np.array([1.0, 0.7, 0.65, 0.1])
    path = so.solve_ode(lambda x, t: x, np.ones((2, 3)), times, path=True)
    factors = np.concatenate([[1.0], np.cumprod(1 + np.diff(times))])
    np.testing.assert_allclose(path, np.broadcast_to(factors[:, None, None], (4, 2, 3)), rtol=1e-14)
    np.testing.assert_array_equal(so.solve_ode(lambda x, t: x, np.ones((2, 3)), times), path[-1])


def test_the_start_is_not_written_to():
    x = np.ones(3)
    so.solve_ode(lambda y, t: y, x, [0.0, 1.0, 2.0], "rk4", path=True)[0] += 5
    np.testing.assert_array_equal(x, 1.0)


@with_process
def test_the_probability_flow_is_the_quantile_map(process):
    # in one dimension the only increasing map between the marginals
    high, low = 0.9 * process.horizon, 0.05 * process.horizon
    x = TWO_MODES.sample(9, np.random.default_rng(0), *process.at(high)[:2])
    times = high * (low / high) ** np.linspace(0.0, 1.0, 121)
    q = fs.cdf(TWO_MODES, x[:, 0], *process.at(high)[:2])
    target = fs.quantile(TWO_MODES, q, *process.at(low)[:2])
    for velocity in (
        so.velocity_of(TWO_MODES, process),
        so.probability_flow(so.score_of(TWO_MODES, process), process),
    ):
        np.testing.assert_allclose(so.solve_ode(velocity, x, times, "rk4")[:, 0], target, atol=2e-6)


@pytest.mark.parametrize("process", [fs.flow_matching(), fs.trigonometric()], ids=["flow matching", "trigonometric"])
def test_velocities_reach_both_ends(process):
    # f and g^2 are infinite at the horizon, the velocity is not
    law = fs.Gaussian([0.5, -1.0], [[0.5, 0.2], [0.2, 1.0]])
    x = np.array([[0.2, -0.4], [1.0, 2.0]])
    end = so.solve_ode(so.velocity_of(law, process), x, np.linspace(process.horizon, 0.0, 201), "rk4")
    root = law.frames[0] * np.sqrt(law.spectrum[0]) @ law.frames[0].T
    np.testing.assert_allclose(end, law.means[0] + x @ root, atol=1e-7)


# ------------------------------------------------------------------------------------------------- SDEs and dynamics


def test_strong_order_one_for_additive_noise():
    # dx = -sin(x) dt + (1 + t/2) dw against the finest grid on the same Brownian paths
    finest, counts = 2048, np.array([16, 32, 64, 128])
    times = np.linspace(0.0, 1.0, finest + 1)
    dw = so.brownian_increments(times, (400,), np.random.default_rng(3))

    def solve(n):
        coarse = dw.reshape(n, finest // n, -1).sum(axis=1)
        return so.solve_sde(
            lambda x, t: -np.sin(x), lambda t: 1 + t / 2, np.full(400, 0.5), times[:: finest // n], increments=coarse
        )

    exact = solve(finest)
    assert slope(counts, [np.abs(solve(n) - exact).mean() for n in counts]) == pytest.approx(1.0, abs=0.1)


def test_weak_order_one_for_the_ornstein_uhlenbeck_process():
    # over all 2^n patterns of the increments +-sqrt(h) mean and variance are those of Gaussian increments
    process, counts = fs.ornstein_uhlenbeck(beta=0.7, horizon=1.0), np.array([2, 4, 8, 16])
    alpha, sigma = process.at(1.0)[:2]
    errors = []
    for n in counts:
        signs = 1.0 - 2 * ((np.arange(2**n) >> np.arange(n)[:, None]) & 1)
        x = np.full(2**n, 1.5)
        x = so.solve_sde(*so.forward_sde(process), x, np.linspace(0.0, 1.0, n + 1), increments=signs / np.sqrt(n))
        errors.append([abs(x.mean() - 1.5 * alpha), abs(x.var() - sigma**2)])
    for column in np.transpose(errors):
        assert slope(counts, column) == pytest.approx(1.0, abs=0.2)


def test_increments_are_brownian():
    times = np.array([1.0, 0.9, 0.4, 0.0])
    dw = so.brownian_increments(times, (50_000, 2), np.random.default_rng(1))
    assert dw.shape == (3, 50_000, 2)
    np.testing.assert_allclose(dw.var(axis=(1, 2)), [0.1, 0.5, 0.4], rtol=0.02)
    np.testing.assert_allclose(dw.mean(axis=(1, 2)), 0.0, atol=0.01)
    assert abs((dw[0, :, 0] * dw[1, :, 1]).mean()) < 0.005


def test_drawn_noise_is_that_of_the_increments():
    times = np.array([0.0, 0.3, 1.0])
    drawn = so.solve_sde(lambda x, t: x - t, lambda t: 2 + t, np.ones((5, 2)), times, np.random.default_rng(4))
    dw = so.brownian_increments(times, (5, 2), np.random.default_rng(4))
    given = so.solve_sde(lambda x, t: x - t, lambda t: 2 + t, np.ones((5, 2)), times, increments=dw, path=True)
    np.testing.assert_allclose(drawn, given[-1], rtol=1e-14)
    by_hand = 1 + 0.3 * 1 + 2 * dw[0]
    np.testing.assert_allclose(given[1], by_hand, rtol=1e-14)
    np.testing.assert_allclose(given[2], by_hand + 0.7 * (by_hand - 0.3) + 2.3 * dw[1], rtol=1e-14)


@pytest.mark.parametrize("name", ["vp", "sub-vp", "ve", "edm"])
def test_the_forward_sde_has_the_marginals(name):
    # moments' equations m' = f m and v' = 2 f v + g^2, solved by scipy from the data's moments
    process = PROCESSES[name]
    drift, noise = so.forward_sde(process)
    t, law = 0.6 * process.horizon, (0.7, 0.3)

    def rates(t, z):
        f = float(drift(np.ones(1), t)[0])
        return [f * z[0], 2 * f * z[1] + noise(t) ** 2]

    alpha, sigma = process.at(t)[:2]
    start = (law[0] * process.at(1e-6)[0], law[1] * process.at(1e-6)[0] ** 2 + process.at(1e-6)[1] ** 2)
    end = solve_ivp(rates, (1e-6, t), start, rtol=1e-10, atol=1e-12).y[:, -1]
    np.testing.assert_allclose(end, [alpha * law[0], alpha**2 * law[1] + sigma**2], rtol=1e-7)


@with_process
@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, lambda t: 1 + t], ids=["0", "1/2", "1", "1 + t"])
def test_the_reverse_family_has_the_marginals(process, gamma):
    # the reverse process' Fokker-Planck equation p_t = -(drift p)_x - noise^2/2 p_xx, by finite differences
    drift, noise = so.reverse_sde(so.score_of(TWO_MODES, process), process, gamma)
    t, h = 0.4 * process.horizon, 1e-4
    x = np.linspace(-2.5, 2.5, 11)[:, None] * process.at(t)[0] * max(1.0, process.at(t)[1])

    def density(y, u):
        return np.exp(TWO_MODES.log_prob(y, *process.at(u)[:2]))

    dt = h * process.horizon
    change = (density(x, t + dt) - density(x, t - dt)) / (2 * dt)
    flux = [(drift(y, t)[:, 0] * density(y, t)) for y in (x - h, x + h)]
    bend = (density(x + h, t) - 2 * density(x, t) + density(x - h, t)) / h**2
    right = -(flux[1] - flux[0]) / (2 * h) - noise(t) ** 2 / 2 * bend
    np.testing.assert_allclose(change, right, atol=2e-5 * np.abs(change).max() + 2e-6)
    factor = gamma(t) if callable(gamma) else gamma
    assert noise(t) == pytest.approx(factor * float(process.g(t)))


def test_reverse_sde_brings_noise_back_to_data():
    # VE as in PD-T4.1.6: the distribution function of 20 000 samples against the exact one
    process = fs.edm(10.0)
    times = (10.0 ** (1 / 7) + np.linspace(0, 1, 61) * (0.002 ** (1 / 7) - 10.0 ** (1 / 7))) ** 7
    rng = np.random.default_rng(0)
    x = TWO_MODES.sample(20_000, rng, 1.0, 10.0)
    x = so.solve_sde(*so.reverse_sde(so.score_of(TWO_MODES, process), process), x, times, rng)
    q = np.linspace(0.005, 0.995, 199)
    w1 = np.abs(np.quantile(x[:, 0], q) - fs.quantile(TWO_MODES, q)).mean()
    assert w1 < 0.03


# --------------------------------------------------------------------------------------------------- Ancestral steps


def conditional(process, s, t, x_s, x_0):
    """Mean and variance of x_t given x_s and x_0, from their joint Gaussian law given x_0."""
    (a_t, s_t), (a_s, s_s) = process.at(t)[:2], process.at(s)[:2]
    ratio = a_s / a_t
    cov = np.array([[s_t**2, ratio * s_t**2], [ratio * s_t**2, s_s**2]])
    gain = cov[0, 1] / cov[1, 1]
    return a_t * x_0 + gain * (x_s - a_s * x_0), cov[0, 0] - gain * cov[1, 0]


@with_process
@given(st.floats(0.02, 0.98), st.floats(0.1, 0.9), seeds)
def test_the_ancestral_step_is_gaussian_conditioning(process, s, share, seed):
    s = s * process.horizon
    t, rng = share * s, np.random.default_rng(seed)
    x_s, x_0, noise = rng.standard_normal((3, 4))
    mean, variance = conditional(process, s, t, x_s, x_0)
    step = so.ancestral_step(x_s, x_0, process, s, t, noise)
    np.testing.assert_allclose(step, mean + np.sqrt(variance) * noise, rtol=1e-7, atol=1e-9)


@with_process
@given(st.floats(0.02, 0.98), st.floats(0.0, 0.9), st.floats(0.0, 1.0))
def test_every_eta_keeps_the_marginals_given_the_data(process, s, share, eta):
    s = s * process.horizon
    keep, clean, noise = so.ancestral_weights(process, s, share * s, eta)
    (a_t, s_t), (a_s, s_s) = process.at(share * s)[:2], process.at(s)[:2]
    assert keep * a_s + clean == pytest.approx(a_t, rel=1e-9)
    assert keep**2 * s_s**2 + noise**2 == pytest.approx(s_t**2, rel=1e-7, abs=1e-12)
    assert noise == pytest.approx(eta * so.ancestral_weights(process, s, share * s)[2], rel=1e-12)


@given(st.integers(1, 12), st.lists(st.floats(0.0, 5.0), min_size=1, max_size=4))
def test_ddim_is_the_teacher_of_the_cosine_schedule(T, lam):
    process, schedule = fs.trigonometric(), fs.cosine_schedule(T)
    law = fs.Gaussian(np.zeros(len(lam)), lam)
    times = process.horizon * np.arange(T, -1, -1) / T
    x = np.linspace(1.0, 2.0, len(lam))
    path = so.ancestral_sampler(so.denoiser_of(law, process), process, x, times, eta=0.0, path=True)
    operators = fs.teacher_operators(lam, schedule)
    np.testing.assert_allclose(path, x * np.cumprod([np.ones_like(x), *operators[::-1]], axis=0), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("process", [fs.flow_matching(), fs.trigonometric()], ids=["flow matching", "trigonometric"])
def test_the_edges_of_the_schedule(process):
    x_s, x_0, noise = np.random.default_rng(0).standard_normal((3, 4))
    horizon, t = process.horizon, 0.3 * process.horizon
    # alpha(s) = 0: nothing of x_s is worth keeping, the step draws x_t afresh
    alpha, sigma = process.at(t)[:2]
    np.testing.assert_allclose(
        so.ancestral_step(x_s, x_0, process, horizon, t, noise), alpha * x_0 + sigma * noise, rtol=1e-13
    )
    np.testing.assert_allclose(
        so.ancestral_step(x_s, x_0, process, horizon, t, eta=0.0), alpha * x_0 + sigma * x_s, rtol=1e-13
    )
    # sigma(t) = 0: the denoised sample itself, whatever eta and without noise
    for eta in (0.0, 0.3, 1.0):
        np.testing.assert_array_equal(so.ancestral_step(x_s, x_0, process, t, 0.0, eta=eta), x_0)
        np.testing.assert_array_equal(so.ancestral_step(x_s, x_0, process, horizon, 0.0, eta=eta), x_0)


def test_small_ancestral_steps_are_the_reverse_sde():
    process, s, h = fs.vp_linear(), 0.5, 1e-4
    x, noise = np.random.default_rng(1).standard_normal((2, 5, 1))
    clean = TWO_MODES.denoiser(x, *process.at(s)[:2])
    step = so.ancestral_step(x, clean, process, s, s - h, noise)
    drift, amplitude = so.reverse_sde(so.score_of(TWO_MODES, process), process)
    euler = x - h * drift(x, s) + amplitude(s) * np.sqrt(h) * noise
    np.testing.assert_allclose(step, euler, atol=2e-5)  # h^(3/2) in the noise
    assert np.abs(step - x).max() > 1e-2


def test_the_sampler_takes_its_steps_in_order():
    process, times = fs.vp_linear(), np.array([1.0, 0.6, 0.2, 0.0])
    denoiser = so.denoiser_of(TWO_MODES, process)
    x, noise = np.random.default_rng(2).standard_normal((6, 1)), np.random.default_rng(8)
    states = [x]
    for s, t in ((1.0, 0.6), (0.6, 0.2)):
        states.append(
            so.ancestral_step(states[-1], denoiser(states[-1], s), process, s, t, noise.standard_normal((6, 1)), 0.7)
        )
    states.append(denoiser(states[-1], 0.2))
    path = so.ancestral_sampler(denoiser, process, x, times, np.random.default_rng(8), eta=0.7, path=True)
    np.testing.assert_allclose(path, states, rtol=1e-12, atol=1e-12)


# -------------------------------------------------------------------------------------- Variation of constants, GR-E46


def test_the_two_forms_of_a_step():
    process, s, t = fs.vp_linear(), 0.6, 0.5
    law, x = fs.GaussianMixture(np.random.default_rng(3).standard_normal((6, 2)), 0.05), np.array([[0.3, -1.0]])
    alpha, sigma, _, _ = process.at(s)
    alpha_t = process.at(t)[0]
    score = law.score(x, alpha, sigma)
    # in x / alpha the process is variance exploding with sigma / alpha; its plain step is the exponential one
    ratio = lambda u: process.at(u)[1] / process.at(u)[0]  # noqa: E731
    rate = (ratio(s + 1e-6) ** 2 - ratio(s - 1e-6) ** 2) / 2e-6
    plain = x / alpha - (t - s) * rate / 2 * (alpha * score)
    np.testing.assert_allclose(so.exponential_step(x, score, process, s, t) / alpha_t, plain, rtol=1e-8)
    assert np.abs(so.direct_step(x, score, process, s, t) / alpha_t - plain).max() > 1e-2
    # in sigma / alpha it is DDIM
    ddim = so.ancestral_step(x, law.denoiser(x, alpha, sigma), process, s, t, eta=0.0)
    np.testing.assert_allclose(so.exponential_step(x, score, process, s, t, "noise"), ddim, rtol=1e-12)
    flow = so.probability_flow(so.score_of(law, process), process)
    euler = so.solve_ode(flow, x, [s, t])
    np.testing.assert_allclose(so.direct_step(x, score, process, s, t), euler, rtol=1e-14)


@pytest.mark.parametrize("step", [so.direct_step, so.exponential_step, "noise"], ids=["direct", "time", "noise"])
@pytest.mark.parametrize("ends", [(0.7, 0.3), (0.3, 0.7)], ids=["down", "up"])
def test_all_forms_solve_the_same_equation(step, ends):
    process, x = fs.vp_linear(), np.array([[0.4], [-1.1]])
    options = ("noise",) if step == "noise" else ()
    step = so.exponential_step if step == "noise" else step
    flow = so.probability_flow(so.score_of(TWO_MODES, process), process)
    reference = so.solve_ode(flow, x, np.linspace(*ends, 101), "rk4")
    errors, counts = [], np.array([25, 50, 100])
    for n in counts:
        y, grid = x, np.linspace(*ends, n + 1)
        for s, t in pairwise(grid):
            y = step(y, TWO_MODES.score(y, *process.at(s)[:2]), process, s, t, *options)
        errors.append(np.abs(y - reference).max())
    assert slope(counts, errors) == pytest.approx(1.0, abs=0.15)


def test_exact_fields_of_a_law():
    process, x = fs.sub_vp(), np.linspace(-1.0, 1.0, 5)[:, None]
    alpha, sigma = process.at(0.4)[:2]

    def posterior_mean(y):
        def joint(z):
            return np.exp(TWO_MODES.log_prob(np.array([z])) - (y - alpha * z) ** 2 / (2 * sigma**2))

        return quad(lambda z: z * joint(z), -6, 6, points=[-1, 1.5])[0] / quad(joint, -6, 6, points=[-1, 1.5])[0]

    means = np.array([posterior_mean(float(y)) for y in x[:, 0]])[:, None]
    np.testing.assert_allclose(so.denoiser_of(TWO_MODES, process)(x, 0.4), means, rtol=1e-7)
    np.testing.assert_allclose(so.score_of(TWO_MODES, process)(x, 0.4), (alpha * means - x) / sigma**2, rtol=1e-6)
    velocity, h = so.velocity_of(TWO_MODES, process), 1e-5
    slope_ = (velocity(x + h, 0.4) - velocity(x - h, 0.4))[:, 0] / (2 * h)
    np.testing.assert_allclose(so.divergence_of(TWO_MODES, process)(x, 0.4), slope_, rtol=1e-6)
