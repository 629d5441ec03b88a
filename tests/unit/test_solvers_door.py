"""What the solvers refuse, and that they keep the kind and the dtype of what they accept."""

import numpy as np
import pytest

import fewsteps as fs
from fewsteps import solvers as so

VP = fs.vp_linear()
LAW = fs.GaussianMixture([[0.0, 1.0], [1.0, -1.0]], 0.3)
DOWN, UP = [0.9, 0.6, 0.4, 0.1], [0.1, 0.4, 0.6, 0.9]
X = np.random.default_rng(0).standard_normal((5, 2))
DW = np.random.default_rng(1).standard_normal((3, 5, 2))
EDGES = np.linspace(-1.0, 1.0, 5)


def jvp(x, t, u):
    level = VP.at(t)
    return LAW.velocity(x, *level), (LAW.jacobian(x, *level) @ u[..., None])[..., 0]


RUNS = {
    "euler": lambda x: so.solve_ode(so.velocity_of(LAW, VP), x, DOWN, path=True),
    "heun": lambda x: so.solve_ode(so.probability_flow(so.score_of(LAW, VP), VP), x, UP, "heun"),
    "rk4": lambda x: so.solve_ode(so.velocity_of(LAW, VP), x, DOWN, "rk4"),
    "forward": lambda x: so.solve_sde(*so.forward_sde(VP), x, UP, np.random.default_rng(2)),
    "reverse": lambda x: so.solve_sde(*so.reverse_sde(so.score_of(LAW, VP), VP), x, DOWN, increments=DW),
    "ddpm": lambda x: so.ancestral_sampler(so.denoiser_of(LAW, VP), VP, x, DOWN, np.random.default_rng(2)),
    "step": lambda x: so.ancestral_step(x, 0.5 * X, VP, 0.5, 0.4, DW[0], eta=0.5),
    "direct": lambda x: so.direct_step(x, LAW.score(X, *VP.at(0.5)[:2]), VP, 0.5, 0.4),
    "exponential": lambda x: so.exponential_step(x, LAW.score(X, *VP.at(0.5)[:2]), VP, 0.5, 0.4),
    "noise": lambda x: so.exponential_step(x, LAW.score(X, *VP.at(0.5)[:2]), VP, 0.5, 0.4, "noise"),
    "langevin": lambda x: so.langevin(LAW.score, x, 0.01, 4, np.random.default_rng(2)),
    "annealed": lambda x: so.annealed_langevin(
        lambda y, sigma: LAW.score(y, 1.0, sigma), [0.5, 1.0], x, 0.01, 2, np.random.default_rng(2), path=True
    ),
    "likelihood": lambda x: so.log_likelihood(
        x, so.velocity_of(LAW, VP), so.divergence_of(LAW, VP), lambda y: LAW.log_prob(y, *VP.at(0.9)[:2]), UP
    ),
    "hutchinson": lambda x: so.hutchinson_divergence(jvp, x, 0.5, np.sign(DW)),
}
LAMS = {
    **{
        method: lambda lam, method=method: so.sampler_moments(lam, VP, DOWN, method, mean=0.5, start=(0.0, [1.0, 2.0]))
        for method in ("euler", "heun", "rk4", "euler-maruyama", "ancestral")
    },
    "exact start": lambda lam: so.sampler_moments(lam, VP, DOWN, "ancestral", mean=lam, path=True),
    "langevin": lambda lam: so.langevin_moments(lam, 0.1, 5, 1.0, 2.0),
    "stationary": lambda lam: (so.stationary_variance(lam, 0.1),),
}


@pytest.mark.parametrize("name", RUNS)
def test_torch_and_float32_samples(name):
    torch = pytest.importorskip("torch")
    reference = RUNS[name](X)
    assert reference.dtype == np.float64
    single = RUNS[name](X.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, reference, rtol=1e-4, atol=1e-4)
    double = RUNS[name](torch.tensor(X))
    assert double.dtype == torch.float64
    np.testing.assert_allclose(double.numpy(), reference, rtol=1e-10, atol=1e-12)
    half = RUNS[name](torch.tensor(X, dtype=torch.float32))
    assert half.dtype == torch.float32
    np.testing.assert_allclose(half.numpy(), reference, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", LAMS)
def test_torch_and_float32_variances(name):
    torch = pytest.importorskip("torch")
    lam = np.array([0.5, 2.0])
    reference = LAMS[name](lam)
    for got, tolerance in (
        (LAMS[name](lam.astype(np.float32)), 1e-5),
        (LAMS[name](torch.tensor(lam)), 1e-12),
        (LAMS[name](torch.tensor(lam, dtype=torch.float32)), 1e-5),
    ):
        assert all(type(part) is type(got[0]) and part.dtype == got[0].dtype for part in got)
        assert str(got[0].dtype).endswith("float32" if tolerance == 1e-5 else "float64")
        for part, exact in zip(got, reference, strict=True):
            np.testing.assert_allclose(np.asarray(part), exact, rtol=tolerance, atol=tolerance)


def test_gradients_flow_through_the_solver():
    torch = pytest.importorskip("torch")
    x = torch.tensor([0.5, -1.0], dtype=torch.float64, requires_grad=True)
    y = so.solve_ode(lambda z, t: t * z, x, [0.0, 0.5, 1.0], "heun")
    (slope,) = torch.autograd.grad(y.sum(), x)
    np.testing.assert_allclose(slope.numpy(), 1.125 * (1 + 0.25 * (0.5 + 1.25)), rtol=1e-14)


def test_a_torch_generator_serves_torch_samples():
    torch = pytest.importorskip("torch")
    x = torch.zeros(20_000, dtype=torch.float32)
    y = so.solve_sde(lambda z, t: 0 * z, lambda t: 2.0, x, [0.0, 0.5], torch.Generator().manual_seed(0))
    assert y.dtype == torch.float32
    assert float(y.var()) == pytest.approx(2.0, rel=0.05)


def test_lists_and_integers_become_float64():
    for x in ([1, 2], np.array([1, 2])):
        got = so.solve_ode(lambda y, t: y, x, [0, 1])
        assert got.dtype == np.float64
        np.testing.assert_array_equal(got, [2.0, 4.0])


@pytest.mark.parametrize(
    ("run", "total"),
    [
        (lambda p: so.solve_ode(lambda x, t: x, X, UP, progress=p), 3),
        (lambda p: so.solve_sde(lambda x, t: x, lambda t: 1.0, X, UP, increments=DW, progress=p), 3),
        (lambda p: so.ancestral_sampler(lambda x, t: x, VP, X, DOWN, eta=0.0, progress=p), 3),
        (lambda p: so.langevin(lambda x: -x, X, 0.1, 4, np.random.default_rng(0), progress=p), 4),
        (lambda p: so.annealed_langevin(lambda x, s: -x, [1, 2], X, 0.1, 4, np.random.default_rng(0), progress=p), 2),
        (lambda p: so.log_likelihood(X, lambda x, t: x, lambda x, t: x[:, 0], lambda x: x[:, 0], UP, progress=p), 3),
        (lambda p: so.evolve(np.ones(4), lambda x, t: x, lambda t: 1.0, EDGES, UP, progress=p), 3),
    ],
    ids=["ode", "sde", "ancestral", "langevin", "annealed", "likelihood", "evolve"],
)
def test_progress_is_reported(run, total):
    seen = []
    run(lambda done, of: seen.append((done, of)))
    assert seen == [(k + 1, total) for k in range(total)]


def ode(velocity=lambda x, t: x, x=X, times=(0.0, 1.0), **options):
    return so.solve_ode(velocity, x, times, **options)


def sde(x=X, times=UP, **options):
    return so.solve_sde(lambda y, t: y, lambda t: 1.0, x, times, **options)


def sampler(times=DOWN, **options):
    return so.ancestral_sampler(lambda x, t: x, VP, X, times, **options)


def moments(lam=(1.0, 2.0), times=DOWN, method="euler", **options):
    return so.sampler_moments(lam, VP, times, method, **options)


def anneal(levels=(0.1, 1.0), **options):
    return so.annealed_langevin(lambda x, s: -x, levels, X, 0.1, 2, np.random.default_rng(0), **options)


def likelihood(velocity=lambda x, t: x, divergence=lambda x, t: x[:, 0], prior=lambda x: x[:, 0], x=X):
    return so.log_likelihood(x, velocity, divergence, prior, UP)


def evolve(density=(1.0, 1.0, 1.0, 1.0), drift=lambda x, t: x, half_g2=lambda t: 1.0, edges=EDGES, times=UP):
    return so.evolve(density, drift, half_g2, edges, times)


BAD = {
    "method": (lambda: ode(method="rk5"), r"method must be one of 'euler', 'heun', 'rk4', got 'rk5'"),
    "one time": (lambda: ode(times=[0.0]), r"times must have shape \(N \+ 1,\) with N >= 1, got \(1,\)"),
    "times twice": (lambda: ode(times=[0.0, 0.0]), "times must be strictly increasing or strictly decreasing"),
    "times back and forth": (lambda: ode(times=[0.0, 1.0, 0.5]), "times must be strictly"),
    "infinite time": (lambda: ode(times=[0.0, np.inf]), "times must be finite"),
    "a matrix of times": (lambda: ode(times=[[0.0, 1.0]]), "times must have shape"),
    "velocity's shape": (lambda: ode(lambda x, t: x[0]), r"x and velocity\(x, ...\) must have the same shape"),
    "nan": (lambda: ode(x=[np.nan]), "x must be finite"),
    "increments": (lambda: sde(increments=DW[:2]), r"increments must have shape \(3, 5, 2\), got \(2, 5, 2\)"),
    "drift's shape": (
        lambda: so.solve_sde(lambda y, t: y[:1], lambda t: 1.0, X, UP, increments=DW),
        r"x and drift\(x, ...\) must have the same shape",
    ),
    "empty shape": (lambda: so.brownian_increments(UP, (3, 0), np.random.default_rng(0)), "shape must be at least 1"),
    "negative gamma": (lambda: so.reverse_sde(lambda x, t: x, VP, -1.0), "gamma must be at least 0"),
    "two gammas": (lambda: so.reverse_sde(lambda x, t: x, VP, [1.0, 2.0]), "gamma must be one number or a function"),
    "increasing times": (lambda: sampler(times=UP, eta=0.0), "times must be strictly decreasing"),
    "eta": (lambda: sampler(eta=1.5), "eta must be at most 1, got 1.5"),
    "negative eta": (lambda: sampler(eta=-0.5), "eta must be at least 0"),
    "step up": (lambda: so.ancestral_step(X, X, VP, 0.3, 0.5, X), "times must be strictly decreasing"),
    "no noise": (lambda: so.ancestral_step(X, X, VP, 0.5, 0.3), "noise must be given"),
    "noise's shape": (lambda: so.ancestral_step(X, X, VP, 0.5, 0.3, X[:1]), "x and noise must have the same shape"),
    "denoised's shape": (lambda: so.ancestral_step(X, X[:1], VP, 0.5, 0.3, X), "x and denoised must have the same"),
    "variable": (lambda: so.exponential_step(X, X, VP, 0.5, 0.3, "snr"), "variable must be 'time' or 'noise'"),
    "alpha = 0": (lambda: so.exponential_step(X, X, fs.flow_matching(), 1.0, 0.3), "alpha must not vanish at s = 1"),
    "no step": (lambda: so.direct_step(X, X, VP, 0.5, 0.5), "times must be strictly"),
    "score's shape": (lambda: so.direct_step(X, X[:1], VP, 0.5, 0.4), "x and score must have the same shape"),
    "step size": (lambda: so.langevin(lambda x: x, X, 0.0, 3, np.random.default_rng(0)), "step must be greater than 0"),
    "no steps": (lambda: so.langevin(lambda x: x, X, 0.1, 0, np.random.default_rng(0)), "n must be at least 1"),
    "Langevin's shape": (
        lambda: so.langevin(lambda x: x[:1], X, 0.1, 1, np.random.default_rng(0)),
        r"x and score\(x, ...\) must have the same shape",
    ),
    "levels down": (lambda: anneal([1.0, 0.1]), "levels must be strictly increasing"),
    "level 0": (lambda: anneal([0.0, 1.0]), "levels must be greater than 0"),
    "no levels": (lambda: anneal([]), "levels must be strictly increasing"),
    "last": (lambda: anneal(last=2), "last must be less than L = 2, got 2"),
    "variance 0": (lambda: so.langevin_moments(0.0, 0.1, 3, 0.0, 1.0), "var must be greater than 0"),
    "negative start": (lambda: so.langevin_moments(1.0, 0.1, 3, 0.0, -1.0), "var0 must be at least 0"),
    "divergence's shape": (lambda: likelihood(divergence=lambda x, t: x), r"x and divergence\(x, ...\) must have"),
    "prior's shape": (lambda: likelihood(prior=lambda x: x), r"x and prior_log_prob\(x, ...\) must have"),
    "a number for x": (lambda: likelihood(x=1.0), r"x must have shape \(..., d\), got \(\)"),
    "probes": (lambda: so.hutchinson_divergence(jvp, X, 0.5, X), r"probes must have shape \(m, 5, 2\), got \(5, 2\)"),
    "a probe": (
        lambda: so.hutchinson_divergence(jvp, X, 0.5, X[None, :1]),
        "x and each of the probes must have the same shape",
    ),
    "kind": (lambda: so.hutchinson_probes((2, 2), np.random.default_rng(0), "sphere"), "kind must be 'rademacher' or"),
    "moments' method": (lambda: moments(method="ddim"), "method must be one of 'euler', .*'ancestral', got 'ddim'"),
    "moments upwards": (lambda: moments(times=UP, method="euler-maruyama"), "times must be strictly decreasing"),
    "negative variance": (lambda: moments(lam=[-1.0]), "lam must be at least 0"),
    "mean's shape": (lambda: moments(mean=[1.0, 2.0, 3.0]), "lam and mean must have the same shape"),
    "start": (lambda: moments(start=1.0), r"start must be a pair \(mean, var\), got 1.0"),
    "start's variance": (lambda: moments(start=(0.0, -1.0)), "the variance in start must be at least 0"),
    "edges down": (lambda: evolve(edges=EDGES[::-1]), "edges must be strictly increasing"),
    "one cell": (lambda: so.spectral_gap(lambda x: x, [0.0, 1.0]), "edges must be strictly increasing, of shape"),
    "density's shape": (lambda: evolve(density=[1.0]), r"density must have shape \(4,\), one entry a cell, got \(1,\)"),
    "drift's values": (lambda: evolve(drift=lambda x, t: 1.0), "drift must return the shape of its argument"),
    "half_g2": (lambda: evolve(half_g2=lambda t: 0.0), r"half_g2\(t\) must be greater than 0"),
    "evolve's times": (lambda: evolve(times=[0.0, 0.0]), "times must be strictly increasing or"),
    "drift's length": (lambda: so.generator(np.ones(4), 1.0, EDGES), r"drift must have shape \(3,\), .*got \(4,\)"),
    "no diffusion": (lambda: so.generator(np.ones(3), 0.0, EDGES), "diffusion_coefficient must be greater than 0"),
    "log-density": (lambda: so.spectral_gap(lambda x: 0.0, EDGES), "log_density must return the shape"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_values_are_refused(name):
    call, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ode(velocity=3.0), "velocity must be a function, got 3.0"),
        (lambda: ode(x=["a"]), "x must hold real numbers"),
        (lambda: sde(), "rng must be a random generator"),
        (lambda: sde(rng=0), "rng must be a numpy.random.Generator"),
        (lambda: sampler(), "rng must be a random generator where eta > 0"),
        (lambda: so.langevin(lambda x: x, X, 0.1, 3, 0), "rng must be a numpy.random.Generator"),
        (lambda: so.langevin(lambda x: x, X, 0.1, 3.0, np.random.default_rng(0)), "n must be an integer"),
        (lambda: so.brownian_increments(UP, 2.5, np.random.default_rng(0)), "shape must be an integer"),
        (lambda: so.hutchinson_probes((2, 2), 0), "rng must be a numpy.random.Generator"),
    ],
)
def test_bad_types_are_refused(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_integer_tensors_are_refused():
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match="x must hold floating-point numbers"):
        ode(x=torch.tensor([1, 2]))


def test_what_leaves_the_finite_numbers_is_reported():
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="no longer finite"):
        ode(lambda x, t: 1e200 * x**2, times=[0.0, 1.0, 2.0, 3.0])
