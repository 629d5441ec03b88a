"""Rules, score matching, Stein, SURE and general operators: exactly by quadrature, statistically by sampling."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from strategies import seeds

import fewsteps.identities as ids
from fewsteps import Gaussian, GaussianMixture, PointCloud

LINE = GaussianMixture.on_line([-1.0, 0.3, 1.2], [0.9, 0.7, 0.8], [0.3, 0.5, 0.2])
PLANE = GaussianMixture([[-0.8, 0.2], [0.6, -0.4]], [[[0.8, 0.3], [0.3, 0.6]], [[0.5, -0.1], [-0.1, 0.9]]], [0.4, 0.6])
CLOUD = PointCloud([[-0.7, 0.1], [0.5, 0.6], [0.4, -0.8]], [0.2, 0.5, 0.3])
LAWS = {"line": LINE, "plane": PLANE, "cloud": CLOUD}
LEVEL = (0.8, 0.9)
RULES = {name: ids.quadrature_rule(law, *LEVEL, n=64, inner=2) for name, law in LAWS.items()}
UNIT = {name: ids.quadrature_rule(law, 1.0, 1.1, n=64, inner=2) for name, law in LAWS.items()}
names = pytest.mark.parametrize("name", LAWS)


class Model:
    """Random vector field P x + Q x^2 + V tanh(W x + b) with its exact derivatives."""

    def __init__(self, seed, d, units=4):
        rng = np.random.default_rng(seed)
        self.P, self.Q = 0.4 * rng.standard_normal((2, d, d))
        self.W, self.b = 0.3 * rng.standard_normal((d, units)), rng.standard_normal(units)
        self.V = rng.standard_normal((units, d))

    def __call__(self, x):
        return x @ self.P.T + x**2 @ self.Q.T + np.tanh(x @ self.W + self.b) @ self.V

    def jvp(self, x, u):
        gate = 1 - np.tanh(x @ self.W + self.b) ** 2
        return u @ self.P.T + 2 * (x * u) @ self.Q.T + (gate * (u @ self.W)) @ self.V

    def div(self, x):
        units = np.eye(x.shape[1])
        return sum(self.jvp(x, np.broadcast_to(e, x.shape)) @ e for e in units)


def bent(model, factor):
    """The divergence times a wrong factor."""
    return lambda x: factor * model.div(x)


def models(name, n=3):
    return [Model(seed, LAWS[name].d) for seed in range(n)]


# ---- rules


@names
def test_quadrature_knows_the_joint_law(name):
    law, rule = LAWS[name], RULES[name]
    mean, cov = law.moments()
    stack = np.hstack([rule.clean, rule.noise])
    expected = np.zeros((2 * law.d, 2 * law.d))
    expected[: law.d, : law.d], expected[law.d :, law.d :] = cov, np.eye(law.d)
    np.testing.assert_allclose(rule.weights @ stack, [*mean, *np.zeros(law.d)], atol=1e-13)
    offset = stack - rule.weights @ stack
    np.testing.assert_allclose((rule.weights * offset.T) @ offset, expected, atol=1e-13)
    np.testing.assert_allclose(rule.noisy, 0.8 * rule.clean + 0.9 * rule.noise, atol=1e-15)
    assert ids.expect(rule, rule.noisy[:, 0]).error < 1e-14
    # noise is independent of the data beyond second order
    mixed = ids.expect(rule, rule.clean[:, 0] * rule.noise[:, -1] ** 2).value
    assert mixed == pytest.approx(mean[0], abs=1e-13)


@names
def test_quadrature_integrates_functions_of_the_noisy_sample(name):
    """Characteristic functions: E cos(k.x), known in closed form for every mixture."""
    law, rule, k = LAWS[name], RULES[name], np.array([1.3, -0.7])[: LAWS[name].d]
    noisy = law.noised(*LEVEL)
    frames = np.broadcast_to(noisy.frames, (law.K, law.d, law.d))
    variance = ((k @ frames) ** 2 * noisy.spectrum).sum(axis=-1)
    expected = law.weights @ (np.cos(noisy.means @ k) * np.exp(-variance / 2))
    assert ids.expect(rule, np.cos(rule.noisy @ k)).value == pytest.approx(expected, abs=1e-13)


def test_quadrature_turns_the_right_way():
    """In two dimensions LAPACK's frames are reflections, their own inverses: a rotation tells a transpose apart."""
    frame = np.array([[0.6, -0.8], [0.8, 0.6]])
    law = SimpleNamespace(
        means=np.zeros((1, 2)), weights=np.ones(1), spectrum=np.array([[2.0, 0.5]]), frames=frame[None]
    )
    rule = ids.quadrature_rule(law, *LEVEL, n=4)
    np.testing.assert_allclose((rule.weights * rule.clean.T) @ rule.clean, frame * [2.0, 0.5] @ frame.T, atol=1e-13)
    np.testing.assert_allclose((rule.weights * rule.clean.T) @ rule.noise, 0, atol=1e-13)


def test_inner_nodes_set_the_degree_in_the_clean_sample():
    law = Gaussian([0.0], [1.0])
    fourth = [ids.quadrature_rule(law, 0.6, 0.8, n=8, inner=m) for m in (1, 2, 3)]
    values = [ids.expect(rule, rule.clean[:, 0] ** 4).value for rule in fourth]
    assert values[2] == pytest.approx(3.0, abs=1e-12)
    assert abs(values[1] - 3.0) > 0.1
    assert ids.expect(fourth[1], fourth[1].clean[:, 0] ** 2).value == pytest.approx(1.0, abs=1e-13)
    assert ids.quadrature_rule(CLOUD, 1.0, 0.5, n=4).weights.size == 3 * 16


def test_rules_at_the_ends():
    """Clean data, pure noise, and a law with a flat direction."""
    flat = Gaussian([0.0, 1.0], [1.0, 0.0])
    for alpha, sigma in ((1.0, 0.0), (0.0, 1.0), (0.5, 0.5)):
        rule = ids.quadrature_rule(flat, alpha, sigma, n=4)
        np.testing.assert_allclose(rule.clean[:, 1], 1.0)
        assert ids.expect(rule, rule.noise[:, 1] ** 2).value == pytest.approx(1.0)
        assert ids.expect(rule, rule.clean[:, 0] ** 2).value == pytest.approx(1.0)


@names
def test_monte_carlo_has_the_same_expectations(name):
    law = LAWS[name]
    rule = ids.monte_carlo_rule(law, *LEVEL, 40_000, np.random.default_rng(1))
    for values in (lambda r: np.cos(r.noisy[:, 0]), lambda r: r.clean[:, -1] * r.noisy[:, 0], lambda r: r.noise[:, 0]):
        sampled, exact = ids.expect(rule, values(rule)), ids.expect(RULES[name], values(RULES[name]))
        assert 0 < sampled.error < 0.02
        assert abs(sampled.value - exact.value) < 4 * sampled.error


def test_standard_errors_are_those_of_a_mean():
    rule = ids.monte_carlo_rule(LINE, *LEVEL, 1000, np.random.default_rng(2))
    values = rule.noisy[:, 0] ** 3
    assert ids.expect(rule, values).error == pytest.approx(stats.sem(values), rel=1e-12)
    pair = ids.compare(rule, values, values + rule.noise[:, 0])
    assert pair.error == pytest.approx(stats.sem(rule.noise[:, 0]), rel=1e-12)
    assert pair.gap == pytest.approx(-rule.noise.mean(), abs=1e-12)


def test_pairs_agree_or_not():
    shifted = ids.pointwise(np.array([1.0, 2.0]), np.array([1.0, 2.1]))
    assert not shifted.agrees()
    assert shifted.agrees(atol=0.11)
    assert not ids.Pair(ids.Estimate(1.0), ids.Estimate(0.0), error=0.2).agrees()
    assert ids.Pair(ids.Estimate(1.0), ids.Estimate(0.0), error=0.2).agrees(errors=5.1)
    assert ids.Pair(ids.Estimate(1.0), ids.Estimate(1.5), error=0.2).agrees()


# ---- score matching


@names
@settings(max_examples=6)
@given(seed=seeds)
def test_score_matching_is_one_objective(name, seed):
    law, rule, s = LAWS[name], RULES[name], Model(seed, LAWS[name].d)
    cube = ids.rademacher_cube(law.d)
    pairs = ids.hyvarinen(rule, law, s, s.div), ids.vincent(rule, law, s), ids.sliced(rule, law, s, s.jvp, cube)
    scale = 1 + abs(pairs[0].left.value)
    for pair in pairs:
        assert pair.agrees(atol=1e-9 * scale)
        assert pair.left.value == pairs[0].left.value


@names
def test_objectives_are_the_sides(name):
    law, rule = LAWS[name], RULES[name]
    fisher = ids.expect(rule, 0.5 * (law.score(rule.noisy, *LEVEL) ** 2).sum(axis=1)).value
    constant = ids.denoising_constant(rule, law)
    assert constant.agrees(atol=1e-12)
    assert constant.left.value < 0
    for s in models(name):
        explicit = ids.explicit_score_matching(rule, s, lambda x: law.score(x, *LEVEL)).value
        implicit = ids.implicit_score_matching(rule, s, s.div).value
        denoising = ids.denoising_score_matching(rule, s).value
        in_slices = ids.sliced_score_matching(rule, s, s.jvp, ids.rademacher_cube(law.d)).value
        assert explicit == pytest.approx(implicit + fisher, abs=1e-9)
        assert explicit == pytest.approx(denoising + constant.right.value, abs=1e-9)
        assert in_slices == pytest.approx(implicit, abs=1e-9)
        assert ids.vincent(rule, law, s).right.value == pytest.approx(denoising + constant.left.value, abs=1e-12)


def test_objectives_in_closed_form():
    """Linear model -k x on N(0, lam): lam'/2 (k - 1/lam')^2 with lam' the noisy variance, and its siblings."""
    lam, alpha, sigma, k, d = 1.7, 0.8, 0.6, 0.9, 2
    law = Gaussian(np.zeros(d), lam * np.ones(d))
    rule = ids.quadrature_rule(law, alpha, sigma, n=6)
    noisy = alpha**2 * lam + sigma**2
    explicit = ids.explicit_score_matching(rule, lambda x: -k * x, lambda x: law.score(x, alpha, sigma)).value
    implicit = ids.implicit_score_matching(rule, lambda x: -k * x, lambda x: np.full(len(x), -k * d)).value
    denoising = ids.denoising_score_matching(rule, lambda x: -k * x).value
    assert explicit == pytest.approx(d * noisy / 2 * (k - 1 / noisy) ** 2, rel=1e-12)
    assert implicit == pytest.approx(d * (-k + k**2 * noisy / 2), rel=1e-12)
    assert denoising == pytest.approx(d / 2 * (k**2 * noisy - 2 * k + sigma**-2), rel=1e-12)
    constant = ids.denoising_constant(rule, law)
    assert constant.left.value == pytest.approx(-d / 2 * alpha**2 * lam / (sigma**2 * noisy), rel=1e-12)


@names
def test_wrong_score_matching_is_rejected(name):
    law, rule, s = LAWS[name], RULES[name], models(name)[0]
    other = GaussianMixture(law.means + 0.1, 0.3) if name != "cloud" else PointCloud(law.points + 0.1, law.weights)
    tripled = 3**0.5 * ids.rademacher_cube(law.d)
    assert not ids.hyvarinen(rule, law, s, bent(s, -1)).agrees(atol=1e-3)
    assert not ids.hyvarinen(rule, law, s, bent(s, 0.5)).agrees(atol=1e-3)
    assert not ids.hyvarinen(rule, other, s, s.div).agrees(atol=1e-3)
    assert not ids.vincent(rule, other, s).agrees(atol=1e-3)
    assert not ids.denoising_constant(rule, other).agrees(atol=1e-3)
    assert not ids.sliced(rule, law, s, lambda x, u: -s.jvp(x, u), ids.rademacher_cube(law.d)).agrees(atol=1e-3)
    assert not ids.sliced(rule, law, s, s.jvp, tripled).agrees(atol=1e-3)


def test_hyvarinen_at_clean_data_and_at_a_boundary():
    """It needs no noise, but a density that decays: on exp(-x), x > 0, the boundary term p(0) s(0) = s(0) remains."""
    s = Model(5, 1)
    assert ids.hyvarinen(ids.quadrature_rule(LINE, 1.0, 0.0, n=96), LINE, s, s.div).agrees(atol=1e-9)
    nodes, weights = np.polynomial.laguerre.laggauss(60)
    rule = ids.Rule(nodes[:, None], 0 * nodes[:, None], weights / weights.sum(), 1.0, 0.0)
    exponential = SimpleNamespace(score=lambda x, alpha, sigma: -np.ones_like(x))
    smooth, slope = lambda x: 1 / (x + 4) + x / 9, lambda x: (-1 / (x + 4) ** 2 + 1 / 9)[:, 0]
    assert ids.hyvarinen(rule, exponential, smooth, slope).gap == pytest.approx(0.25, abs=1e-9)


@names
def test_score_matching_by_sampling(name):
    law, s, rng = LAWS[name], models(name)[1], np.random.default_rng(4)
    rule = ids.monte_carlo_rule(law, *LEVEL, 20_000, rng)
    probes = rng.standard_normal((2, *rule.noisy.shape))
    pairs = [
        ids.hyvarinen(rule, law, s, s.div),
        ids.vincent(rule, law, s),
        ids.sliced(rule, law, s, s.jvp, probes),
        ids.denoising_constant(rule, law),
    ]
    for pair in pairs:
        assert 0 < pair.error < 0.2
        assert pair.agrees(atol=0.0)
    assert not ids.hyvarinen(rule, law, s, lambda x: s.div(x) + 0.5).agrees(atol=0.0)
    assert not ids.sliced(rule, law, s, s.jvp, 2 * probes).agrees(atol=0.0)


def test_error_bars_of_gaps_are_honest():
    """Over many seeds the gap in units of its error has variance 1."""
    s = Model(0, 1)
    ratios = []
    for seed in range(60):
        rule = ids.monte_carlo_rule(LINE, *LEVEL, 400, np.random.default_rng(seed))
        probes = np.random.default_rng(seed + 1000).choice([-1.0, 1.0], (1, *rule.noisy.shape))
        pairs = (
            ids.hyvarinen(rule, LINE, s, s.div),
            ids.vincent(rule, LINE, s),
            ids.sliced(rule, LINE, s, s.jvp, probes),
        )
        ratios.append([pair.gap / pair.error for pair in pairs])
    np.testing.assert_allclose(np.std(ratios, axis=0), 1.0, atol=0.3)
    np.testing.assert_allclose(np.mean(ratios, axis=0), 0.0, atol=0.5)


# ---- regression


def instances(law, rule):
    """(target, conditional mean, conditional trace) of data, noise and conditional score."""
    alpha, sigma = rule.alpha, rule.sigma

    def spread(x):
        return np.trace(law.posterior_cov(x, alpha, sigma), axis1=1, axis2=2)

    def noise(x):
        return (x - alpha * law.denoiser(x, alpha, sigma)) / sigma

    return {
        "data": (rule.clean, lambda x: law.denoiser(x, alpha, sigma), spread),
        "noise": (rule.noise, noise, lambda x: (alpha / sigma) ** 2 * spread(x)),
        "score": (-rule.noise / sigma, lambda x: law.score(x, alpha, sigma), lambda x: alpha**2 / sigma**4 * spread(x)),
    }


@names
@pytest.mark.parametrize("kind", ["data", "noise", "score"])
def test_regression_pythagoras(name, kind):
    law, rule = LAWS[name], RULES[name]
    target, mean, trace = instances(law, rule)[kind]
    for s in models(name):
        assert ids.regression_pythagoras(rule, s, target, mean, trace).agrees(atol=1e-9)
        assert not ids.regression_pythagoras(rule, s, target, mean, lambda x: 0.5 * trace(x)).agrees(atol=1e-3)
        assert not ids.regression_pythagoras(rule, s, target, lambda x: -mean(x), trace).agrees(atol=1e-3)
    sampled = ids.monte_carlo_rule(law, *LEVEL, 10_000, np.random.default_rng(7))
    target, mean, trace = instances(law, sampled)[kind]
    assert ids.regression_pythagoras(sampled, models(name)[2], target, mean, trace).agrees(atol=0.0)


def test_regression_on_other_numbers_of_outputs():
    """Y = (x_0, x_0^2): two outputs at d = 1, with a conditional spread from the posterior's moments."""
    law = Gaussian([0.5], [2.0])
    rule = ids.quadrature_rule(law, *LEVEL, n=20)
    var = float(law.posterior_cov(np.zeros(1), *LEVEL)[0, 0])

    def mean(x):
        centre = law.denoiser(x, *LEVEL)
        return np.hstack([centre, centre**2 + var])

    def trace(x):
        centre = law.denoiser(x, *LEVEL)[:, 0]
        return var + 4 * centre**2 * var + 2 * var**2

    target = np.hstack([rule.clean, rule.clean**2])
    assert ids.regression_pythagoras(rule, lambda x: np.hstack([x, 1 - x]), target, mean, trace).agrees(atol=1e-10)


# ---- Stein and SURE


@names
@settings(max_examples=6)
@given(seed=seeds)
def test_stein(name, seed):
    law, rule, a = LAWS[name], RULES[name], Model(seed, LAWS[name].d)
    for pair in (ids.stein(rule, law, a, a.div), ids.stein_noise(rule, a, a.div)):
        assert pair.agrees(atol=1e-9 * (1 + abs(pair.left.value)))
        assert not ids.stein(rule, law, a, lambda x: a.div(x) + 0.01).agrees(atol=1e-3)
        assert not ids.stein_noise(rule, a, lambda x: a.div(x) + 0.01).agrees(atol=1e-3)


def test_stein_of_the_normal_law_in_closed_form():
    """Both are E z^n z = n E z^(n-1): the double factorials."""
    rule = ids.quadrature_rule(PointCloud([[0.0]]), 1.0, 1.0, n=20)
    law = Gaussian([0.0], [1.0])
    for n, moment in ((1, 1.0), (3, 3.0), (5, 15.0), (7, 105.0)):
        power, slope = lambda x, n=n: x**n, lambda x, n=n: n * x[:, 0] ** (n - 1)
        noise = ids.stein_noise(rule, power, slope)
        general = ids.stein(ids.quadrature_rule(law, 1.0, 0.0, n=20), law, power, slope)
        for value in (noise.left, noise.right, general.left, general.right):
            assert value.value == pytest.approx(moment, rel=1e-10)


def test_stein_needs_a_weak_derivative():
    """A step: E z 1(z > 0) = 1 / sqrt(2 pi), but its derivative vanishes almost everywhere. A ramp is fine."""
    z, w = np.polynomial.legendre.leggauss(60)
    half, weights = 6 * (z + 1), w * 6 * np.exp(-18 * (z + 1) ** 2) / np.sqrt(2 * np.pi)
    noise, weights = np.concatenate([-half, half])[:, None], np.concatenate([weights, weights])
    rule = ids.Rule(0 * noise, noise, weights / weights.sum(), 1.0, 1.0)
    step = ids.stein_noise(rule, lambda x: (x > 0).astype(float), lambda x: 0 * x[:, 0])
    assert step.gap == pytest.approx(1 / np.sqrt(2 * np.pi), abs=1e-9)
    ramp = ids.stein_noise(rule, lambda x: np.maximum(x, 0), lambda x: (x[:, 0] > 0).astype(float))
    assert ramp.agrees()
    sampled = ids.monte_carlo_rule(PointCloud([[0.0]]), 1.0, 1.0, 20_000, np.random.default_rng(0))
    assert not ids.stein_noise(sampled, lambda x: (x > 0).astype(float), lambda x: 0 * x[:, 0]).agrees(errors=50)


@names
def test_stein_by_sampling(name):
    law, a = LAWS[name], models(name)[0]
    rule = ids.monte_carlo_rule(law, *LEVEL, 20_000, np.random.default_rng(11))
    pairs = ids.stein(rule, law, a, a.div), ids.stein_noise(rule, a, a.div), ids.bayes_risk(rule, law)
    assert all(pair.error > 0 and pair.agrees(atol=0.0) for pair in pairs)
    assert not ids.stein(rule, law, a, bent(a, -1)).agrees(atol=0.0)
    assert not ids.stein_noise(rule, a, bent(a, -1)).agrees(atol=0.0)


@names
def test_sure(name):
    law, rule = LAWS[name], UNIT[name]
    for D in models(name):
        pair = ids.sure(rule, D, D.div)
        assert pair.agrees(atol=1e-8)
        assert pair.left.value > ids.bayes_risk(rule, law).left.value
        assert not ids.sure(rule, D, bent(D, -1)).agrees(atol=1e-3)
        assert not ids.sure(rule, D, bent(D, 0.5)).agrees(atol=1e-3)
        sampled = ids.monte_carlo_rule(law, 1.0, 1.1, 10_000, np.random.default_rng(3))
        assert ids.sure(sampled, D, D.div).agrees(atol=0.0)
    # the Bayes estimator attains the Bayes risk, by both sides
    best = ids.sure(
        rule,
        lambda x: law.denoiser(x, 1.0, 1.1),
        lambda x: np.trace(law.posterior_cov(x, 1.0, 1.1), axis1=1, axis2=2) / 1.1**2,
    )
    risk = ids.bayes_risk(rule, law)
    assert best.agrees(atol=1e-9)
    assert best.left.value == pytest.approx(risk.left.value, abs=1e-9)


def test_sure_at_a_fixed_sample():
    """Linear shrinkage by c and soft thresholds at one x_0 in ten dimensions; a hard threshold is biased."""
    x0, sigma, c = np.linspace(-2, 2, 10), 0.7, 0.6
    rule = ids.monte_carlo_rule(PointCloud(x0[None]), 1.0, sigma, 20_000, np.random.default_rng(5))
    linear = ids.sure(rule, lambda x: c * x, lambda x: np.full(len(x), 10 * c))
    assert linear.agrees(atol=0.0)
    expected = (1 - c) ** 2 * x0 @ x0 + 10 * c**2 * sigma**2
    assert abs(linear.left.value - expected) < 4 * linear.left.error
    assert abs(linear.right.value - expected) < 4 * linear.right.error

    def kept(x):
        return (abs(x) > sigma).sum(axis=1).astype(float)

    soft = ids.sure(rule, lambda x: np.sign(x) * np.maximum(abs(x) - sigma, 0), kept)
    assert soft.agrees(atol=0.0)
    assert not ids.sure(rule, lambda x: x * (abs(x) > sigma), kept).agrees(atol=0.0, errors=8)


@names
def test_sure_is_implicit_score_matching(name):
    rule, d = UNIT[name], LAWS[name].d
    for s in models(name):
        pair = ids.sure_as_matching(rule, s, s.div)
        assert pair.agrees(atol=1e-10)
        implicit = ids.implicit_score_matching(rule, s, s.div).value
        assert pair.right.value == pytest.approx(implicit + d / (2 * 1.1**2), abs=1e-12)
        D, div = lambda x, s=s: x + 1.21 * s(x), lambda x, s=s: d + 1.21 * s.div(x)
        assert pair.left.value == pytest.approx(ids.sure(rule, D, div).right.value / (2 * 1.1**4), rel=1e-12)
    sampled = ids.monte_carlo_rule(LAWS[name], 1.0, 0.4, 50, np.random.default_rng(0))
    s = models(name)[0]
    pair = ids.sure_as_matching(sampled, s, s.div)
    assert pair.error < 1e-12
    assert pair.agrees(atol=1e-10)


@names
def test_bayes_risk(name):
    law, rule = LAWS[name], RULES[name]
    pair = ids.bayes_risk(rule, law)
    assert pair.agrees(atol=1e-11)
    by_error = ids.expect(rule, ((law.denoiser(rule.noisy, *LEVEL) - rule.clean) ** 2).sum(axis=1)).value
    assert pair.left.value == pytest.approx(by_error, abs=1e-11)
    assert not ids.bayes_risk(rule, PLANE if name == "cloud" else Gaussian(np.zeros(law.d), np.eye(law.d))).agrees(1e-3)


def test_sure_values_accept_torch():
    torch = pytest.importorskip("torch")
    x = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    values = ids.sure_values(x, x / 2, torch.full((4,), 1.5), 0.5)
    assert values.dtype == torch.float32
    np.testing.assert_allclose(values, (x**2).sum(-1) / 4 + 2 * 0.25 * 1.5 - 0.75, rtol=1e-6)


# ---- operators


def curved(seed, d, k):
    """k functions tanh(w.x + b) of x, and their second derivatives in w.x."""
    rng = np.random.default_rng(seed)
    W, b = 0.4 * rng.standard_normal((d, k)), rng.standard_normal(k)

    def gate(x):
        t = np.tanh(x @ W + b)
        return t, -2 * t * (1 - t**2)

    return W, gate


@names
@pytest.mark.parametrize("seed", range(3))
def test_generalised_fisher_of_the_gradient_is_hyvarinens(name, seed):
    law, rule, s = LAWS[name], UNIT[name], Model(seed, LAWS[name].d)
    pair = ids.generalised_fisher(rule, law, s, lambda x: -s.div(x), ids.gradient_ratio)
    assert pair.agrees(atol=1e-9)
    fisher = ids.expect(rule, 0.5 * (law.score(rule.noisy, 1.0, 1.1) ** 2).sum(axis=1)).value
    assert pair.left.value + fisher == pytest.approx(ids.hyvarinen(rule, law, s, s.div).left.value, abs=1e-10)


@names
@pytest.mark.parametrize("seed", range(3))
def test_generalised_fisher_of_the_denoiser_is_half_of_sure(name, seed):
    law, rule, D = LAWS[name], UNIT[name], Model(seed, LAWS[name].d)
    var = rule.sigma**2
    pair = ids.generalised_fisher(rule, law, D, lambda x: (x * D(x)).sum(1) - var * D.div(x), ids.denoiser_ratio)
    assert pair.agrees(atol=1e-9)
    constant = ids.expect(rule, law.d * var / 2 - 0.5 * (rule.noisy**2).sum(axis=1)).value
    assert pair.right.value == pytest.approx(ids.sure(rule, D, D.div).right.value / 2 + constant, abs=1e-9)


@names
@pytest.mark.parametrize("seed", range(3))
def test_generalised_fisher_of_second_derivatives(name, seed):
    law, rule, d = LAWS[name], RULES[name], LAWS[name].d
    W, gate = curved(seed, d, 1)
    laplacian = ids.generalised_fisher(
        rule, law, lambda x: gate(x)[0], lambda x: gate(x)[1] @ (W**2).sum(axis=0), ids.laplacian_ratio
    )
    assert laplacian.agrees(atol=1e-9)
    V, full = curved(seed, d, d * d)
    rows, columns = np.repeat(np.arange(d), d), np.tile(np.arange(d), d)
    products = V[rows, np.arange(d * d)] * V[columns, np.arange(d * d)]
    hessian = ids.generalised_fisher(
        rule, law, lambda x: full(x)[0], lambda x: full(x)[1] @ products, ids.hessian_ratio
    )
    assert hessian.agrees(atol=1e-9)


@names
def test_wrong_operators_are_rejected(name):
    law, rule, s = LAWS[name], UNIT[name], models(name)[0]
    assert not ids.generalised_fisher(rule, law, s, s.div, ids.gradient_ratio).agrees(atol=1e-3)
    assert not ids.generalised_fisher(rule, law, s, lambda x: -s.div(x), ids.denoiser_ratio).agrees(atol=1e-3)

    # the printed operator x f' + sigma^2 grad f has a ratio that is not the denoiser
    def printed(law, x, alpha, sigma):
        return (x + sigma**2) * law.score(x, alpha, sigma)

    def adjoint(x):
        return (x * s(x)).sum(axis=1) - rule.sigma**2 * s.div(x)

    assert not ids.generalised_fisher(rule, law, s, adjoint, printed).agrees(atol=1e-3)


def test_operators_of_ones_own():
    """Multiplication by c(x): complete for nothing, since its ratio c does not depend on the law, yet an identity."""
    s = Model(1, 1)
    for law in (LINE, Gaussian([0.2], [0.4])):
        rule = ids.quadrature_rule(law, *LEVEL, n=40)
        pair = ids.generalised_fisher(
            rule, law, s, lambda x: (np.cos(x) * s(x))[:, 0], lambda law, x, alpha, sigma: np.cos(x)
        )
        assert pair.agrees(atol=1e-10)


def test_ratios_by_finite_differences():
    x, h = np.random.default_rng(0).normal(0, 1, (5, 2)), 1e-4

    def p(shift):
        return np.exp(PLANE.log_prob(x + h * np.asarray(shift), *LEVEL))

    e = np.eye(2)
    second = [[(p(a + b) - p(a - b) - p(b - a) + p(-a - b)) / (4 * h * h) / p(0 * a) for b in e] for a in e]
    second = np.moveaxis(np.array(second), 2, 0).reshape(5, 4)
    np.testing.assert_allclose(ids.hessian_ratio(PLANE, x, *LEVEL), second, atol=2e-6)
    np.testing.assert_allclose(ids.laplacian_ratio(PLANE, x, *LEVEL)[:, 0], second[:, 0] + second[:, 3], atol=4e-6)
    np.testing.assert_allclose(ids.denoiser_ratio(PLANE, x, *LEVEL), 0.8 * PLANE.denoiser(x, *LEVEL), atol=1e-12)


@given(seeds, st.integers(1, 6))
def test_hutchinson_by_enumeration_and_isserlis(seed, d):
    A = np.random.default_rng(seed).standard_normal((d, d))
    values = np.einsum("mi,ij,mj->m", ids.rademacher_cube(d), A, ids.rademacher_cube(d))
    assert values.mean() == pytest.approx(np.trace(A), abs=1e-12)
    assert ids.hutchinson_variance(A) == pytest.approx(values.var(), rel=1e-10, abs=1e-12)
    e = np.eye(d)
    fourth = np.einsum("ij,kl->ijkl", e, e) + np.einsum("ik,jl->ijkl", e, e) + np.einsum("il,jk->ijkl", e, e)
    second = np.einsum("ij,kl,ijkl->", A, A, fourth)
    assert ids.hutchinson_variance(A, "gaussian") == pytest.approx(second - np.trace(A) ** 2, rel=1e-10, abs=1e-10)


def test_hutchinson_by_sampling():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((6, 6))
    probes = {"rademacher": rng.choice([-1.0, 1.0], (50_000, 6)), "gaussian": rng.standard_normal((50_000, 6))}
    for kind, u in probes.items():
        estimate = ids.hutchinson_trace(A, u)
        assert abs(estimate.value - np.trace(A)) < 4 * estimate.error
        few = ids.hutchinson_trace(A, u[:5])
        assert few.error == pytest.approx(stats.sem(np.einsum("mi,ij,mj->m", u[:5], A, u[:5])), rel=1e-12)
        assert estimate.error**2 * len(u) == pytest.approx(ids.hutchinson_variance(A, kind), rel=0.05)
    assert ids.hutchinson_variance(np.diag([1.0, -2.0, 3.0])) == 0
    assert ids.hutchinson_trace(np.diag([1.0, -2.0]), ids.rademacher_cube(2)).error == 0
    cube = [tuple(row) for row in ids.rademacher_cube(3)]
    assert cube == sorted(set(cube))
    assert len(cube) == 8


# ---- at the door

RULE = ids.quadrature_rule(LINE, *LEVEL, n=4)
ONES = np.ones((4, 1))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ids.quadrature_rule(Gaussian(np.zeros(3), np.eye(3)), 1.0, 1.0), "d <= 2, got d = 3"),
        (lambda: ids.quadrature_rule(PLANE, 1.0, 1.0, n=1000), "is too large"),
        (lambda: ids.quadrature_rule(LINE, 1.0, 1.0, n=0), "n must be at least 1"),
        (lambda: ids.quadrature_rule(LINE, 1.0, 1.0, inner=0), "inner must be at least 1"),
        (lambda: ids.quadrature_rule(LINE, 1.0, -1.0), "sigma must be at least 0"),
        (lambda: ids.monte_carlo_rule(LINE, 1.0, 1.0, 1, np.random.default_rng(0)), "n must be at least 2"),
        (lambda: ids.Rule(ONES, ONES, np.full(3, 1 / 3), 1.0, 1.0), r"weights \(N,\)"),
        (lambda: ids.Rule(ONES, np.ones((4, 2)), np.full(4, 0.25), 1.0, 1.0), "clean and noise must have the same"),
        (lambda: ids.Rule(ONES, ONES, np.full(4, 0.3), 1.0, 1.0), "weights must sum to 1"),
        (lambda: ids.Rule(ONES[:1], ONES[:1], [1.0], 1.0, 1.0, sampled=True), "at least 2 samples"),
        (lambda: ids.Rule(ONES[:, 0], ONES[:, 0], np.full(4, 0.25), 1.0, 1.0), r"clean must have shape \(N, d\)"),
        (lambda: ids.expect(RULE, ONES), "values and weights must have the same shape"),
        (lambda: ids.pointwise(np.ones(2), np.ones(3)), "left and right must have the same shape"),
        (lambda: ids.denoising_score_matching(RULE, lambda x: x[:, 0]), r"s\(x\) must have shape \(48, 1\)"),
        (lambda: ids.denoising_score_matching(RULE, lambda x: x / 0), r"s\(x\) must be finite"),
        (lambda: ids.hyvarinen(RULE, LINE, np.tanh, np.tanh), r"div\(x\) must have shape \(48,\)"),
        (lambda: ids.hyvarinen(RULE, PLANE, np.tanh, lambda x: x[:, 0]), r"x must have shape \(\.\.\., 2\)"),
        (lambda: ids.vincent(ids.quadrature_rule(LINE, 1.0, 0.0), LINE, np.tanh), "sigma must be positive"),
        (lambda: ids.sliced(RULE, LINE, np.tanh, lambda x, u: u, np.ones((3, 2))), "probes must have shape"),
        (lambda: ids.sliced(RULE, LINE, np.tanh, lambda x, u: u, np.ones((0, 1))), "probes must have shape"),
        (lambda: ids.sliced(RULE, LINE, np.tanh, lambda x, u: u[:, 0], np.ones((1, 1))), r"jvp\(x\) must have shape"),
        (lambda: ids.regression_pythagoras(RULE, np.tanh, ONES, np.tanh, np.tanh), "must have the same shape"),
        (lambda: ids.regression_pythagoras(RULE, lambda x: x[:, 0], ONES, np.tanh, np.tanh), r"shape \(48, k\)"),
        (
            lambda: ids.regression_pythagoras(RULE, lambda x: x[:5], ONES, np.tanh, np.tanh),
            r"predict\(x\) must have shape",
        ),
        (lambda: ids.sure(RULE, np.tanh, lambda x: x[:, 0]), "alpha must be 1, got 0.8"),
        (lambda: ids.sure_as_matching(RULE, np.tanh, lambda x: x[:, 0]), "alpha must be 1, got 0.8"),
        (lambda: ids.sure_values(ONES, ONES, ONES, 1.0), r"x must have shape \(\.\.\., d\) and div \(\.\.\.\)"),
        (lambda: ids.sure_values(ONES, ONES, ONES[:, 0], 0.0), "sigma must be greater than 0"),
        (lambda: ids.bayes_risk(ids.quadrature_rule(LINE, 0.0, 1.0), LINE), "alpha of the rule must be greater than 0"),
        (
            lambda: ids.generalised_fisher(RULE, LINE, lambda x: np.hstack([x, x]), np.tanh, ids.gradient_ratio),
            r"s\(x\) and ratio\(x\) must have the same shape",
        ),
        (lambda: ids.hutchinson_trace(np.ones((2, 3)), np.ones((4, 2))), r"A must have shape \(d, d\)"),
        (lambda: ids.hutchinson_trace(np.eye(2), np.ones((4, 3))), r"probes must have shape \(m, 2\)"),
        (lambda: ids.hutchinson_trace(np.eye(2), np.ones((1, 2))), "m >= 2"),
        (lambda: ids.hutchinson_variance(np.eye(2), "sphere"), "kind must be"),
        (lambda: ids.rademacher_cube(17), "d must be at most 16"),
    ],
)
def test_bad_input_is_refused(call, message):
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=message):
        call()


def test_bad_kinds_are_refused():
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match="s must be a function of x"):
        ids.denoising_score_matching(RULE, np.ones(3))
    with pytest.raises(TypeError, match=r"s\(x\) must be a NumPy array, got a torch tensor"):
        ids.denoising_score_matching(RULE, torch.as_tensor)
    with pytest.raises(TypeError, match="rng must be"):
        ids.monte_carlo_rule(LINE, 1.0, 1.0, 10, 0)


@pytest.mark.parametrize("apart", [2, 4, 6, 10])
@pytest.mark.parametrize("sigma", [0.2, 0.5, 1.5])
def test_the_error_of_a_quadrature_covers_what_its_nodes_miss(apart, sigma):
    law = GaussianMixture.on_line([-apart / 2, apart / 2], 1.0)
    integrands = (
        lambda x: law.posterior_cov(x, 1.0, sigma)[:, 0, 0],
        lambda x: law.score(x, 1.0, sigma)[:, 0] ** 2,
        lambda x: law.denoiser(x, 1.0, sigma)[:, 0] ** 2,
    )
    fine = ids.quadrature_rule(law, 1.0, sigma, n=360)
    for f in integrands:
        truth, errors = ids.expect(fine, f(fine.noisy)), []
        for n in (16, 32, 64):
            rule = ids.quadrature_rule(law, 1.0, sigma, n=n)
            got = ids.expect(rule, f(rule.noisy))
            assert abs(got.value - truth.value) <= got.error + truth.error
            errors.append(got.error)
        assert truth.error < 0.5 * errors[0]


def test_the_default_nodes_do_not_resolve_modes_ten_apart_and_say_so():
    law = GaussianMixture.on_line([-5.0, 5.0], 1.0)
    pair = ids.denoising_constant(ids.quadrature_rule(law, 1.0, 1.5), law)
    exact = ids.denoising_constant(ids.quadrature_rule(law, 1.0, 1.5, n=300), law)
    off = abs(pair.right.value - exact.right.value)
    assert 1e-5 < off <= pair.right.error
    assert not pair.agrees()  # the error of a side is no excuse for a gap
    assert exact.agrees()


def test_polynomials_are_exact_and_one_node_knows_nothing():
    law = Gaussian([1.0], [2.0])
    rule = ids.quadrature_rule(law, 0.6, 0.8, n=12)
    assert ids.expect(rule, rule.noisy[:, 0] ** 5).error < 1e-12
    assert ids.expect(rule, rule.clean[:, 0] ** 2).error < 1e-13
    single = ids.quadrature_rule(law, 0.6, 0.8, n=1)
    assert ids.expect(single, single.noisy[:, 0]).error == np.inf
    points = ids.quadrature_rule(PointCloud([[1.0], [2.0]]), 1.0, 0.0, n=1)
    assert ids.expect(points, points.noisy[:, 0]).error == 0


def test_pairs_agree_to_their_tolerance_and_not_beyond():
    one = ids.Estimate(1.0)
    assert not ids.Pair(one, ids.Estimate(1.0 + 1e-8)).agrees()
    assert ids.Pair(one, ids.Estimate(1.0 + 1e-10)).agrees()
    with pytest.raises(ValueError, match="gap must hold at least one number"):
        ids.pointwise(np.zeros(0), np.zeros(0)).agrees()
    with pytest.raises(ValueError, match="error must be finite"):
        ids.Pair(one, one, error=np.inf).agrees()


def test_single_precision_weights_sum_to_one_in_their_own_precision():
    weights = np.full(3, 1 / 3, np.float32)
    rule = ids.Rule(np.eye(3), np.eye(3), weights, 1.0, 1.0)
    assert rule.weights.sum() == pytest.approx(1, abs=1e-15)
    with pytest.raises(ValueError, match="weights must sum to 1"):
        ids.Rule(np.eye(3), np.eye(3), weights.astype(float), 1.0, 1.0)
