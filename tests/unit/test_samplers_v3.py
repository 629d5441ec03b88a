"""DPM-Solver-v3: known special cases, statistics of exact laws, orders."""

import numpy as np
import pytest

import fewsteps as fs
from fewsteps import grids, solvers
from fewsteps.flowmaps import LineFlowMap
from fewsteps.samplers import LinearPart, deis, dpm_multistep, dpm_solver_v3, linear_part

THREE = fs.GaussianMixture.on_line([-1.0, 0.4, 1.6], 0.25, [0.3, 0.5, 0.2])
PROCESSES = {"vp": fs.vp_linear(), "cosine": fs.vp_cosine(), "edm": fs.edm(10.0), "straight": fs.flow_matching()}
NOISE, DATA = (0.0, -1.0, 0.0), (1.0, 0.0, 0.0)


def constant(l, a, b, ells=(-12.0, 12.0)):  # noqa: E741
    return LinearPart(list(ells), *([value] * len(ells) for value in (l, a, b)))


def ends(process):
    return process.time_at(-np.log(3)), process.time_at(np.log(5))


def starts(process, n=20):
    start = ends(process)[0]
    spread = np.hypot(process.alpha(start), process.sigma(start))
    return np.random.default_rng(1).standard_normal((n, 1)) * spread


def samples(law, process, ells, n):
    """The same draws at all levels."""
    rng, levels = np.random.default_rng(2), [process.at(process.time_at(float(ell)))[:2] for ell in ells]
    clean = law.sample(n, rng)
    normals = rng.standard_normal(clean.shape)
    return np.array([a * clean + s * normals for a, s in levels])


@pytest.mark.parametrize("name", PROCESSES)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_two_triples_are_known_methods(name, order):
    """(0, -1, 0) integrates the noise as DEIS in half-log-SNR does, (1, 0, 0) the data as DPM-Solver++."""
    process = PROCESSES[name]
    model, x = solvers.denoiser_of(THREE, process), starts(process)
    times = np.sort(np.random.default_rng(3).uniform(*sorted(ends(process)), 9))[::-1]
    noise = deis(model, process, x, times, order=order, variable="log-snr")
    data = dpm_multistep(model, process, x, times, order=order, simple=False)
    assert dpm_solver_v3(model, process, x, times, constant(*NOISE), order) == pytest.approx(noise, abs=1e-12)
    assert dpm_solver_v3(model, process, x, times, constant(*DATA), order) == pytest.approx(data, abs=1e-12)
    if order > 1:
        assert abs(noise - data).max() > 1e-4


def test_the_normalisation_of_the_source_is_the_same_method():
    """With n multiplied by alpha, the rate of log alpha joins a; the triples printed there are for constant alpha."""
    process = PROCESSES["vp"]
    model, x = solvers.denoiser_of(THREE, process), starts(process)
    times = grids.log_snr(process, 6, *ends(process)[::-1])
    printed = constant(0.0, -1.0, 0.0)
    ells = np.linspace(-3, 3, 200)
    at = np.array([process.time_at(ell) for ell in ells])
    rate = process.d_alpha(at) / process.alpha(at) / process.d_half_log_snr(at)
    turned = LinearPart(ells, 0 * ells, -1.0 - rate, 0 * ells)  # what the printed triple means for n without alpha
    kept = dpm_solver_v3(model, process, x, times, printed, 1)
    assert kept == pytest.approx(deis(model, process, x, times, order=1), abs=1e-12)
    assert abs(dpm_solver_v3(model, process, x, times, turned, 1) - kept).max() > 0.01


@pytest.mark.parametrize("name", PROCESSES)
def test_gaussian_data_take_one_step(name):
    """n is the same for all samples, and its rate is known: any step is exact but for the splines."""
    process, law = PROCESSES[name], fs.Gaussian([0.7], [0.3])
    start, stop = ends(process)
    ells = np.linspace(-1.2, 1.7, 60)
    model, x = solvers.denoiser_of(law, process), starts(process)
    part = linear_part(model, process, ells, samples(law, process, ells, 4))
    mean, gain = (
        law.mean,
        np.sqrt(
            (process.alpha(stop) ** 2 * 0.3 + process.sigma(stop) ** 2)
            / (process.alpha(start) ** 2 * 0.3 + process.sigma(start) ** 2)
        ),
    )
    goal = process.alpha(stop) * mean + gain * (x - process.alpha(start) * mean)
    assert dpm_solver_v3(model, process, x, [start, stop], part, 1) == pytest.approx(goal, abs=2e-6)
    assert abs(fs.samplers.ddim(model, process, x, [start, stop]) - goal).max() > 0.05


def test_the_statistics_are_those_of_the_law():
    """l is the mean of 1 - alpha^2 Var(x_0 | x)/sigma^2; a and b are a regression, by quadrature on a grid."""
    process, ells = PROCESSES["vp"], np.linspace(-1.5, 2.0, 8)
    x = samples(THREE, process, ells, 4000)
    part = linear_part(solvers.denoiser_of(THREE, process), process, ells, x)
    for k, ell in enumerate(ells):
        a, s = process.at(process.time_at(float(ell)))[:2]
        exact = 1 - a**2 * THREE.posterior_cov(x[k], a, s)[:, 0, 0] / s**2
        assert part.l[k, 0] == pytest.approx(exact.mean(), abs=1e-6)
    k = 3
    ell, d = ells[k], 1e-3
    spline = part.splines["l"]

    def rest(u, at):
        a, s = process.at(process.time_at(float(at)))[:2]
        return u - THREE.denoiser(a * u, a, s) - spline(at) * u

    def moved(u, by, steps=20):
        for j in range(steps):
            at = ell + by * j / steps
            a, s = process.at(process.time_at(float(at)))[:2]
            u = u - by / steps * (u - THREE.denoiser(a * u, a, s))
        return u

    u = x[k] / process.alpha(process.time_at(float(ell)))
    n, rate = rest(u, ell)[:, 0], ((rest(moved(u, d), ell + d) - rest(moved(u, -d), ell - d)) / (2 * d))[:, 0]
    a, b = np.polyfit(n, rate, 1)
    assert part.a[k, 0] == pytest.approx(a, abs=2e-3)
    assert part.b[k, 0] == pytest.approx(b, abs=2e-3)


def test_a_rest_that_follows_its_line_is_exact():
    """With l = 0 and a rest of the time alone that solves n' = a n + b, any step is exact: u falls by its integral."""
    process, a, b, c = PROCESSES["straight"], 0.8, -0.5, 1.3
    at = lambda ell: (c + b / a) * np.exp(a * ell) - b / a  # noqa: E731
    whole = lambda ell: (c + b / a) * np.exp(a * ell) / a - b / a * ell  # noqa: E731
    noise = lambda x, t: at(np.log((1 - t) / t)) * (1 - t) / t + 0 * x  # noqa: E731
    x, times = np.array([0.4, -2.0]), [0.7, 0.5, 0.3]
    ends = np.log((1 - np.array(times)) / times)
    for order in (1, 2, 3):
        for other, exact in (((0.0, a, b), True), ((0.0, a, -b), False), ((0.0, -a, b), False)):
            got = dpm_solver_v3(noise, process, x, times, constant(*other), order, predicts="noise")
            goal = 0.7 * (x / 0.3 - whole(ends[-1]) + whole(ends[0]))
            assert (abs(got - goal).max() < 1e-13) == exact


@pytest.mark.parametrize("order", [1, 2, 3])
def test_orders(order):
    """1, 2 and, as its first steps are of lower order, at most a little under 3."""
    process = PROCESSES["straight"]
    start, stop = ends(process)
    model, x, ells = solvers.denoiser_of(THREE, process), starts(process), np.linspace(-1.15, 1.65, 80)
    part = linear_part(model, process, ells, samples(THREE, process, ells, 500))
    goal = LineFlowMap(THREE, process)(x, start, stop)
    counts = np.array([20, 40, 80, 160])
    ladders = [grids.log_snr(process, T, stop, start) for T in counts]
    errors = [np.sqrt(np.mean((dpm_solver_v3(model, process, x, times, part, order) - goal) ** 2)) for times in ladders]
    slope = -np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert slope == pytest.approx(order, abs=0.15) if order < 3 else 2.4 < slope < 3.2
    if order == 1:
        ddim = fs.samplers.ddim(model, process, x, grids.log_snr(process, 80, stop, start))
        assert errors[2] < 0.6 * np.sqrt(np.mean((ddim - goal) ** 2))


def test_coordinates_ends_and_tensors():
    """Each coordinate has its own part; alpha = 0 and sigma = 0 are DDIM's; tensors keep kind and dtype."""
    process, law = PROCESSES["straight"], fs.Gaussian([0.0, 0.0], [4.0, 0.01])
    model = solvers.denoiser_of(law, process)
    ells = np.linspace(-7, 7, 200)
    rng = np.random.default_rng(0)
    part = linear_part(model, process, ells, samples(law, process, ells, 4))
    assert part.l.shape == (200, 2)
    x = rng.standard_normal((5, 2))
    one = dpm_solver_v3(model, process, x, [0.9, 0.4, 0.1], part, 2)
    gain = np.sqrt((0.81 * np.array([4.0, 0.01]) + 0.01) / (0.01 * np.array([4.0, 0.01]) + 0.81))
    assert one == pytest.approx(gain * x, abs=1e-4)
    whole = dpm_solver_v3(model, process, x, [1.0, 0.6, 0.2, 0.0], part, 2, path=True)
    assert whole[1] == pytest.approx(fs.samplers.ddim(model, process, x, [1.0, 0.6]))
    assert whole[3] == pytest.approx(fs.samplers.ddim(model, process, whole[2], [0.2, 0.0]))
    assert dpm_solver_v3(model, process, x[:0], [0.9, 0.4], part).shape == (0, 2)
    leap = dpm_solver_v3(model, process, x, [1.0, 0.0], part)  # from alpha = 0 to sigma = 0: no half-log-SNR at all
    assert leap == pytest.approx(fs.samplers.ddim(model, process, x, [1.0, 0.0]))
    torch = pytest.importorskip("torch")
    tensor = torch.ones(3, 2, dtype=torch.float32)
    single = dpm_solver_v3(lambda y, t: y / (1 + t), process, tensor, [0.9, 0.5], part, 2)
    assert single.dtype == torch.float32


def down(part, order=2):
    return dpm_solver_v3(lambda x, t: x, PROCESSES["vp"], np.ones(2), [0.9, 0.1], part, order)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: LinearPart([0.0, 1.0], [1.0], [1.0], [1.0]), "l must"),
        (lambda: LinearPart([1.0, 0.0], [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]), "ells must"),
        (lambda: LinearPart([0.0, 1.0], [1.0, 1.0], [[1.0], [1.0]], [1.0, 1.0]), "a must"),
        (lambda: down(constant(*DATA, (0.0, 1.0))), "part must hold"),
        (lambda: down(LinearPart([-9.0, 9.0], *np.ones((3, 2, 3)))), "part must have"),
        (lambda: down(constant(*DATA), 4), "order"),
        (lambda: down(None), "part"),
        (lambda: linear_part(lambda x, t: x, PROCESSES["vp"], np.zeros(3), np.zeros((3, 2, 1))), "ells"),
        (lambda: linear_part(lambda x, t: x, PROCESSES["vp"], np.arange(4.0), np.zeros((3, 2, 1))), "x must"),
    ],
)
def test_what_is_outside_is_answered(call, words):
    """By name of the argument."""
    with pytest.raises((TypeError, ValueError), match=words):
        call()
