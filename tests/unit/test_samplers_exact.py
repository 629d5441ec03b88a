"""The samplers on laws whose flow is known: exact where they must be, of the order they claim, equal where proved."""

from functools import cache

import numpy as np
import pytest

import fewsteps as fs
from fewsteps import grids, samplers, solvers
from fewsteps.samplers import METHODS, evaluations, sample

LAW = fs.GaussianMixture.on_line([-1.0, 0.4, 1.5], 0.5, [0.3, 0.3, 0.4])
QUANTILES = np.linspace(0.05, 0.95, 9)[:, None]
#: A process with the two times between which errors are measured.
SPANS = {
    "FM": (fs.flow_matching(), 0.95, 0.05),
    "VP": (fs.vp_linear(), 0.9, 0.05),
    "EDM": (fs.edm(), 8.0, 0.3),
    "cosine": (fs.trigonometric(), 1.4, 0.1),
}
spans = pytest.mark.parametrize("span", SPANS)
FLOWS = [name for name, row in METHODS.items() if not row.noisy]
CAPPED = [name for name in FLOWS if METHODS[name].order > METHODS[name].order_from_low]
WHOLE = {"paradigms": {"tolerance": 0.0, "window": 5}}


@cache
def states(span, T):
    """Model, process, start, grid and end of the exact flow, which keeps quantiles."""
    process, start, stop = SPANS[span]
    x, end = (fs.quantile(LAW, QUANTILES, *process.at(t)[:2]) for t in (start, stop))
    return solvers.denoiser_of(LAW, process), process, x, grids.log_snr(process, T, stop, start), end


def slopes(span, name, counts, **options):
    errors = []
    for T in counts:
        *arguments, end = states(span, T)
        errors.append(np.sqrt(np.mean((sample(name, *arguments, **options) - end) ** 2)))
    return np.log2(np.array(errors[:-1]) / errors[1:])


@pytest.mark.parametrize("span", ["FM", "VP", "EDM"])
@pytest.mark.parametrize("name", [name for name in FLOWS if name not in CAPPED])
def test_orders(span, name):
    """The last of three halvings, with the one before as a sign that it is no accident."""
    measured = slopes(span, name, (6, 12, 24, 48), **WHOLE.get(name, {}))
    assert abs(measured[-1] - METHODS[name].order) < 0.15, measured
    assert abs(measured[-2] - METHODS[name].order) < 0.3, measured


@pytest.mark.parametrize("span", ["EDM", "cosine"])
@pytest.mark.parametrize("name", CAPPED)
def test_orders_with_good_first_steps(span, name):
    measured = slopes(span, name, (16, 32, 64, 128), start="single")
    assert abs(measured[-1] - METHODS[name].order) < 0.2, measured


@pytest.mark.parametrize("name", CAPPED)
def test_a_low_start_caps_the_order(name):
    """Two steps alone, of which the first has order 1: its local error is of order 2, and so is the method's."""
    process, x = fs.edm(), np.array([[3.0]])
    model = solvers.denoiser_of(fs.Gaussian([0.0], [1.0]), process)
    errors = {start: [] for start in ("low", "single")}
    for h in (0.05, 0.025, 0.0125):
        exact = x * np.sqrt((1 + 4 * np.exp(-4 * h)) / 5)
        for start, found in errors.items():
            times = 2 * np.exp(-h * np.arange(3))
            found.append(abs(sample(name, model, process, x, times, start=start) - exact).item())
    low, single = (np.log2(errors[start][-2] / errors[start][-1]) for start in ("low", "single"))
    assert abs(low - METHODS[name].order_from_low) < 0.2
    assert single > 3.8


@spans
@pytest.mark.parametrize("name", [name for name, row in METHODS.items() if row.integrates != "velocity"])
def test_one_point_is_reached_in_any_number_of_steps(span, name):
    """Data and noise are constant along the flow of a point mass: all but the rules for the velocity are exact."""
    process, start, stop = SPANS[span]

    def model(x, t):
        return 0 * x + 0.7

    noises = np.random.default_rng(1).standard_normal((4, 5, 2))
    e = np.random.default_rng(0).standard_normal((5, 2))
    (a, s), (b, r) = (process.at(t)[:2] for t in (start, stop))
    for T in (1, 2, 3):
        times = grids.uniform(process, T, stop, start)
        x = float(a) * 0.7 + float(s) * e
        if not METHODS[name].noisy:
            np.testing.assert_allclose(sample(name, model, process, x, times), b * 0.7 + r * e, rtol=1e-11)
        to_zero = sample(name, model, process, x, [*times, 0.0], noise=noises[: T + 1])
        np.testing.assert_allclose(to_zero, 0 * e + 0.7 * float(process.alpha(0.0)), rtol=1e-10)


def test_noise_keeps_the_law_of_one_point():
    """The noises' weights add up to the variance of the law at the end, for every share of noise."""
    process, times = fs.vp_linear(), [0.9, 0.6, 0.4, 0.1]
    for name, option in (("ddim", "eta"), ("dpm++1", "gamma"), ("dpm++2m", "gamma")):
        for share in (0.3, 1.0):
            pushed = [
                sample(
                    name,
                    lambda x, t: 0 * x,
                    process,
                    float(process.sigma(0.9)) * one[0],
                    times,
                    noise=one[1:],
                    **{option: share},
                )
                for one in np.eye(4)[:, :, None, None]
            ]
            np.testing.assert_allclose(np.sum(np.square(pushed)), process.var(0.1), rtol=1e-12)


def linear_variance(name, T, lam=0.5):
    """Variance of the samples for Gaussian data: every noise's weight by itself, for the sampler is linear."""
    process, start, stop = SPANS["VP"]
    law, times = fs.Gaussian([0.0], [lam]), grids.log_snr(process, T, stop, start)
    model, first = solvers.denoiser_of(law, process), np.sqrt(process.alpha(start) ** 2 * lam + process.var(start))
    unit = np.eye(T + 1)[..., None]
    pushed = sample(name, model, process, first * unit[0], times, noise=unit[1:])
    return float(np.sum(pushed**2)), float(process.alpha(stop) ** 2 * lam + process.var(stop))


@pytest.mark.parametrize("name", [name for name, row in METHODS.items() if row.noisy])
def test_the_variance_of_noisy_methods(name):
    errors = [abs(np.subtract(*linear_variance(name, T))) for T in (32, 64, 128, 256)]
    measured = np.log2(np.array(errors[:-1]) / errors[1:])
    assert abs(measured[-1] - METHODS[name].order) < 0.1, measured


# ------------------------------------------------------------------------------------ methods that are the same


@spans
def test_one_step_methods_of_order_1_are_ddim(span):
    *arguments, _ = states(span, 9)
    want = sample("ddim", *arguments, path=True)
    same = [
        sample("dpm-1", *arguments, path=True),
        sample("dpm++1", *arguments, path=True),
        sample("dpm++2m", *arguments, path=True, last_order=1, order=1),
        sample("euler", *arguments, path=True, variable="noise"),
        samplers.dpm_solver(*arguments, order=1, form="data", path=True),
        *(sample("deis-t2", *arguments, path=True, order=1, variable=one) for one in ("time", "noise", "log-snr")),
        sample("paradigms", *arguments, path=True, tolerance=0.0, window=3),
    ]
    for one in same:
        np.testing.assert_allclose(one, want, rtol=1e-11)


@spans
def test_ddpm_is_the_sde_s_first_order(span):
    *arguments, _ = states(span, 9)
    noise = np.random.default_rng(0).standard_normal((9, 9, 1))
    want = sample("ddpm", *arguments, noise=noise)
    np.testing.assert_allclose(sample("dpm++1-sde", *arguments, noise=noise), want, rtol=1e-11)
    ours = solvers.ancestral_sampler(arguments[0], arguments[1], arguments[2], arguments[3], np.random.default_rng(0))
    np.testing.assert_allclose(sample("ddpm", *arguments, noise=np.random.default_rng(0)), ours, rtol=1e-13)


def test_on_edm_both_heuns_are_one_and_the_room_of_solvers_agrees():
    model, process, x, times, _ = states("EDM", 9)
    want = solvers.solve_ode(solvers.velocity_of(LAW, process), x, times, "heun")
    for name in ("heun", "edm"):
        np.testing.assert_allclose(sample(name, model, process, x, times), want, rtol=1e-11)


@spans
def test_time_methods_are_those_of_solvers(span):
    model, process, x, times, _ = states(span, 9)
    for name in ("euler", "heun"):
        want = solvers.solve_ode(solvers.velocity_of(LAW, process), x, times, name, path=True)
        np.testing.assert_allclose(sample(name, model, process, x, times, path=True), want, rtol=1e-10)


@spans
def test_adams_and_bashforth_in_the_data(span):
    """2M is the two-step rule with the ratio of the steps in the place of 1, after a step of DDIM."""
    model, process, x, times, _ = states(span, 9)
    times = times**1.1 * times[0] ** -0.1
    ell, alpha, sigma = process.half_log_snr(times), process.alpha(times), process.sigma(times)
    y, before = x, None
    for k in range(9):
        h, data = ell[k + 1] - ell[k], model(y, float(times[k]))
        r = 0 if before is None else h / (ell[k] - ell[k - 1])
        slope = data if before is None else (1 + r / 2) * data - r / 2 * before
        y, before = sigma[k + 1] / sigma[k] * y - alpha[k + 1] * np.expm1(-h) * slope, data
    np.testing.assert_allclose(sample("dpm++2m", model, process, x, times), y, rtol=1e-11)


def written_out(model, process, x, s, t, places):
    """DPM-Solver-2 (one place) and 3 (two) as in the papers, for one step."""
    ell = [float(process.half_log_snr(one)) for one in (s, t)]
    h = ell[1] - ell[0]

    def noise(y, time):
        alpha, sigma = process.at(time)[:2]
        return (y - alpha * model(y, time)) / sigma

    def level(part):
        time = float(process.time_at(ell[0] + part * h)) if part < 1 else t
        return time, float(process.alpha(time) / process.alpha(s)), float(process.sigma(time))

    first = noise(x, s)
    r1 = places[0]
    time, ratio, sigma = level(r1)
    second = noise(ratio * x - sigma * np.expm1(r1 * h) * first, time) - first
    _, ratio, sigma = level(1.0)
    if len(places) == 1:
        simple = ratio * x - sigma * np.expm1(h) * (first + second / (2 * r1))
        return simple, ratio * x - sigma * np.expm1(h) * first - sigma / (r1 * h) * (np.expm1(h) - h) * second
    r2 = places[1]
    time, part, inner = level(r2)
    inside = part * x - inner * np.expm1(r2 * h) * first - inner * r2 / r1 * (np.expm1(r2 * h) / (r2 * h) - 1) * second
    third = noise(inside, time) - first
    return ratio * x - sigma * np.expm1(h) * first - sigma / r2 * (np.expm1(h) / h - 1) * third


@spans
def test_single_steps_are_those_of_the_papers(span):
    model, process, x, times, _ = states(span, 6)
    s, t = map(float, times[2:4])
    for place in (0.3, 0.5, 1.0):
        for simple, want in zip((True, False), written_out(model, process, x, s, t, [place]), strict=True):
            got = samplers.dpm_solver(model, process, x, [s, t], place=place, simple=simple)
            np.testing.assert_allclose(got, want, rtol=1e-9)
    got = samplers.dpm_solver(model, process, x, [s, t], order=3)
    np.testing.assert_allclose(got, written_out(model, process, x, s, t, [1 / 3, 2 / 3]), rtol=1e-9)


@spans
def test_two_stages_in_the_data_are_the_midpoint_in_the_signal_to_noise_ratio(span):
    model, process, x, times, _ = states(span, 6)
    s, t = map(float, times[2:4])

    def ratio(time):
        return float(process.alpha(time) / process.sigma(time))

    middle = process.time_at(np.log(ratio(s) * ratio(t)) / 2)
    y = x / process.sigma(s)
    half = y + (ratio(middle) - ratio(s)) * model(x, s)
    whole = y + (ratio(t) - ratio(s)) * model(half * process.sigma(middle), middle)
    got = sample("dpm++2s", model, process, x, [s, t])
    np.testing.assert_allclose(got, whole * process.sigma(t), rtol=1e-10)


def test_unipc_of_order_1_is_the_exponential_trapezoid():
    """Its correction of DDIM is the line through both ends, integrated exactly; the last step stays DDIM's."""
    model, process, x, times, _ = states("VP", 3)
    y, data = x, model(x, float(times[0]))
    for k in range(3):
        s, t = map(float, times[k : k + 2])
        step = samplers.step_weights(process, s, t, form="data")
        ahead = step.taken(y, [data])
        if k == 2:
            break
        new = model(ahead, t)
        y, data = samplers.step_weights(process, s, t, [t, s], "data").taken(y, [new, data]), new
    np.testing.assert_allclose(sample("unipc-1", model, process, x, times), ahead, rtol=1e-12)


# ------------------------------------------------------------------------------------------------- what they cost


@pytest.mark.parametrize("name", [name for name in METHODS if name != "paradigms"])
def test_evaluations(name):
    """Of N steps, one may begin without signal and one may end without noise: there single-step methods call once."""
    process, each, law = fs.flow_matching(), METHODS[name].evaluations, fs.Gaussian([0.0], [1.0])
    for times in ([0.9, 0.1], [1.0, 0.6, 0.3, 0.1], [0.9, 0.6, 0.3, 0.0], [1.0, 0.5, 0.0], [1.0, 0.0]):
        steps = len(times) - 1
        lowered = {0} if times[0] == 1 and name != "heun" else set()
        lowered |= {steps - 1} if times[-1] == 0 else set()
        want = each * (steps - len(lowered)) + len(lowered)
        assert evaluations(name, process, times) == want
        model = samplers.Counting(solvers.denoiser_of(law, process))
        sample(name, model, process, np.ones((3, 1)), times, noise=np.random.default_rng(0))
        assert model.calls == want
    if name in CAPPED:
        order = METHODS[name].options["order"]
        assert evaluations(name, process, np.linspace(0.9, 0.1, 9), start="single") == 8 + 2 * (order - 1)


def test_what_has_no_count_says_so():
    with pytest.raises(ValueError, match="ParallelRun"):
        evaluations("paradigms", fs.edm(), [2.0, 1.0])


@pytest.mark.parametrize("name", [name for name in METHODS if name != "paradigms"])
def test_memory(name, monkeypatch):
    """What is kept between steps is no more than the table says."""
    kept = []
    original = samplers.past.Past.step

    def watched(self, *arguments):
        out = original(self, *arguments)
        kept.append(len(self.values) + (self.before is not None))
        return out

    monkeypatch.setattr(samplers.past.Past, "step", watched)
    *arguments, _ = states("FM", 9)
    sample(name, *arguments, noise=np.random.default_rng(0))
    assert max(kept, default=0) == METHODS[name].memory
