"""Networks for average velocities, laws of time pairs, and the training loop of flow maps."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fewsteps import Gaussian, GaussianMixture, flow_matching, vp_cosine
from fewsteps.distill import (
    METHODS,
    OBJECTIVES,
    LogWeight,
    Objective,
    Pairs,
    Recipe,
    SlopeNet,
    fractions,
    interpolant,
    map_jumps,
    opening_gap,
    slope_tangent,
    time_pairs,
    train_flow_map,
)
from fewsteps.flowmaps import AffineLosses, AffineMap, GaussianFlowMap

LAW, PROCESS = Gaussian([1.0, -1.0], [[4.0, 0.5], [0.5, 0.3]]), flow_matching()


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def batch(n=7, d=2, seed=0, dtype=torch.float64):
    source = seeded(seed)
    r, t = time_pairs(n, source, dtype=dtype)
    return torch.randn(n, d, generator=source, dtype=dtype), r, t, torch.randn(n, d, generator=source, dtype=dtype)


@pytest.mark.parametrize("activation", ["silu", "gelu", "tanh"])
@pytest.mark.parametrize("waves", [(), (1.0, 5.0)])
def test_the_tangent_by_hand_is_the_jvp(activation, waves):
    net = SlopeNet(2, d_hidden=9, depth=3, activation=activation, space_waves=waves, time_waves=waves[:1]).double()
    x, r, t, dx = batch()
    value, rate = net.tangent(x, r, t, dx, 0.3, -0.7)
    want = torch.func.jvp(net, (x, r, t), (dx, 0.3 + 0 * r, -0.7 + 0 * t))
    assert torch.allclose(value, want[0], rtol=0, atol=1e-14)
    assert torch.allclose(rate, want[1], rtol=0, atol=1e-14)
    ours = torch.autograd.grad(rate.pow(2).sum(), list(net.parameters())[:1])[0]
    theirs = torch.autograd.grad(want[1].pow(2).sum(), list(net.parameters())[:1])[0]
    assert torch.allclose(ours, theirs, rtol=1e-11, atol=1e-13)


def test_a_network_without_tangent_is_differentiated_by_torch():
    x, r, t, dx = batch()
    slope = GaussianFlowMap(LAW, PROCESS).slope
    value, rate = slope_tangent(slope, x, r, t, dx, 0.0, 1.0)
    h = 1e-6
    difference = (slope(x + h * dx, r, t + h) - slope(x - h * dx, r, t - h)) / (2 * h)
    assert torch.allclose(value, slope(x, r, t))
    assert torch.allclose(rate, difference, atol=1e-7)


def test_a_slope_network_starts_from_its_seed_alone():
    torch.manual_seed(1)
    first, state = SlopeNet(2, seed=3), torch.random.get_rng_state()
    second = SlopeNet(2, seed=3)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert torch.equal(state, torch.random.get_rng_state())
    with pytest.raises(ValueError, match="activation must be one of"):
        SlopeNet(2, activation="relu")


@pytest.mark.parametrize("max_gap", [1.0, 0.3])
def test_pairs_are_uniform_on_their_strip(max_gap):
    r, t = (part.numpy() for part in time_pairs(20000, seeded(), max_gap=max_gap, dtype=torch.float64))
    gap, area = r - t, 2 * max_gap - max_gap**2
    assert gap.min() >= 0
    assert gap.max() <= max_gap
    assert t.min() >= 0
    assert r.max() <= 1
    assert stats.kstest(gap, lambda g: (2 * g - g**2) / area).statistic < 1e-3
    # given the gap, the end t is uniform on [0, 1 - gap]
    assert stats.kstest(t / (1 - gap), "uniform").statistic < 1e-3
    assert abs(np.corrcoef(gap, t / (1 - gap))[0, 1]) < 0.03


def test_a_share_of_the_pairs_is_on_the_diagonal_and_laws_are_checked():
    r, t = time_pairs(4000, seeded(), diagonal=0.25)
    assert abs(float((r == t).double().mean()) - 0.25) < 0.03
    for bad in ({"max_gap": 1.5}, {"diagonal": -0.1}):
        with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
            time_pairs(3, seeded(), **bad)
    with pytest.raises(ValueError, match="law must be one of"):
        fractions("thirds", 3, seeded())


def test_fractions_follow_their_law():
    assert fractions("none", 3, seeded()) is None
    assert torch.equal(fractions("midpoint", 3, seeded()), torch.full((3,), 0.5))
    kappa = fractions("uniform", 5000, seeded(), torch.float64)
    assert stats.kstest(kappa.numpy(), "uniform").statistic < 1e-3


@given(st.integers(0, 50), st.integers(0, 20), st.integers(0, 20))
def test_the_gap_opens_linearly(step, warmup, anneal):
    gap = opening_gap(step, warmup, anneal)
    assert 0 <= gap <= 1
    assert gap == (0 if step < warmup else 1 if step >= warmup + anneal else (step - warmup) / anneal)


@pytest.mark.parametrize("process", [flow_matching(), vp_cosine()])
def test_the_interpolant_moves_in_its_direction(process):
    data, noise, h = torch.randn(5, 2, generator=seeded()).double(), torch.ones(5, 2).double(), 1e-6
    t = torch.linspace(0.2, 0.8, 5).double()
    ahead, behind = (interpolant(process, data, noise, t + shift)[0] for shift in (h, -h))
    assert torch.allclose(interpolant(process, data, noise, t)[1], (ahead - behind) / (2 * h), atol=1e-8)
    with pytest.raises(ValueError, match="sigma"):
        interpolant(flow_matching(), data, noise, torch.zeros(5))


@pytest.mark.parametrize("name", OBJECTIVES)
def test_residuals_vanish_at_the_flow_map_and_not_beside_it(name):
    exact, objective = GaussianFlowMap(LAW, PROCESS), OBJECTIVES[name]
    x, r, t, _ = batch(n=40)
    teacher = {"velocity": exact.velocity, "flow map": exact.slope}.get(objective.teacher)
    pairs = Pairs(x, r, t, torch.full_like(r, 0.3))
    assert objective.residual(exact.slope, pairs, teacher).abs().max() < 1e-11

    def wrong(x, r, t):
        return exact.slope(x, r, t) + 0.1 * ((r - t) * r)[:, None] * x

    assert objective.residual(wrong, pairs, teacher).abs().mean() > 1e-4


@pytest.mark.parametrize("name", [name for name in OBJECTIVES if OBJECTIVES[name].teacher == "itself"])
def test_another_copy_may_teach(name):
    exact, objective = GaussianFlowMap(LAW, PROCESS).slope, OBJECTIVES[name]
    x, r, t, _ = batch()
    pairs = Pairs(x, r, t, torch.full_like(r, 0.3))
    taught = objective.residual(lambda x, r, t: 0 * x, pairs, exact)
    assert taught.abs().max() > 0.1
    assert torch.allclose(objective.residual(exact, pairs, exact), objective.residual(exact, pairs), atol=1e-13)


def test_a_stopped_teacher_passes_no_gradient():
    net, (x, r, t, chord) = SlopeNet(2, d_hidden=8, seed=1).double(), batch()
    pairs = Pairs(x, r, t, torch.full_like(r, 0.3), chord)
    weight = net.layers[0].weight
    for objective in OBJECTIVES.values():
        if objective.teacher != "itself":
            continue
        grads = []
        for stop in (True, False):
            loss = objective.residual(net, pairs, stop_gradient=stop).pow(2).mean()
            grads.append(torch.autograd.grad(loss, weight)[0])
        assert not torch.allclose(*grads, rtol=1e-3)


def test_objectives_say_what_they_need():
    x, r, t, _ = batch()
    with pytest.raises(ValueError, match="kappa"):
        OBJECTIVES["PSD-U"].residual(GaussianFlowMap(LAW, PROCESS).slope, Pairs(x, r, t))
    with pytest.raises(ValueError, match="pass it as teacher"):
        OBJECTIVES["LMD"].residual(lambda x, r, t: x, Pairs(x, r, t))
    with pytest.raises(ValueError, match="chords"):
        METHODS["MeanFlow"].objective.residual(lambda x, r, t: x, Pairs(x, r, t))
    with pytest.raises(ValueError, match="cannot learn from"):
        Objective("odd", "Lagrangian", "chord")
    with pytest.raises(ValueError, match="characterisation must be one of"):
        Objective("odd", "Hamiltonian")


def test_the_map_form_is_the_gap_times_the_slope_form():
    net, (x, r, t, _) = SlopeNet(2, d_hidden=8, seed=1).double(), batch()
    pairs = Pairs(x, r, t, torch.full_like(r, 0.3))
    slope_form = OBJECTIVES["PSD-U"].residual(net, pairs)
    assert torch.allclose(OBJECTIVES["PSD-U (map)"].residual(net, pairs), (t - r)[:, None] * slope_form)


def test_a_learned_log_weight_finds_the_log_of_the_loss():
    weight, source = LogWeight(floor=1e-3), seeded()
    adam = torch.optim.Adam(weight.parameters(), 2e-2)
    for _ in range(400):
        r, t = time_pairs(256, source)
        loss = weight.weighted((r - t) ** 2 + 0.05, r, t).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    r, t = time_pairs(500, source)
    with torch.no_grad():
        assert (weight(r, t) - torch.log((r - t) ** 2 + 0.05)).abs().mean() < 0.1
        assert weight(r, t).min() >= np.log(1e-3)


RECIPE = Recipe(steps=30, batch=64, warmup=5, anneal=5, lr=1e-2)


def train(recipe):
    return train_flow_map(LAW, PROCESS, "LSD", recipe=recipe, net=SlopeNet(2, d_hidden=16), seed=4)


@cache
def train_plainly():
    return train(RECIPE)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"teacher_average": 0.9},
        {"average": 0.3},
        {"log_weight": True},
        {"decay": "cosine"},
        {"diagonal_at": "uniform"},
        {"diagonal_share": 0.5},
        {"stop_gradient": True},
    ],
)
def test_training_is_reproducible_and_every_option_matters(options):
    recipe = replace(RECIPE, **options)
    (first, losses), (second, again), (plain, _) = train(recipe), train(recipe), train_plainly()
    assert np.array_equal(losses, again)
    assert losses.shape == (30, 2)
    assert np.all(losses[:5, 1] == 0)
    pairs = [list(zip(first.parameters(), other.parameters(), strict=True)) for other in (second, plain)]
    assert all(torch.equal(a, b) for a, b in pairs[0])
    assert not options or not all(torch.equal(a, b) for a, b in pairs[1])


@pytest.mark.parametrize("name", ["LSD", "ESD", "PSD-U", "LMD", "PFMM"])
def test_every_objective_moves_towards_the_map(name):
    exact = GaussianFlowMap(Gaussian([0.5], [4.0]), PROCESS)
    teacher = {"velocity": exact.velocity, "flow map": exact.slope}.get(OBJECTIVES[name].teacher)
    recipe = Recipe(steps=120, batch=64, lr=2e-2, decay="cosine", warmup=24, anneal=24)
    net, _ = train_flow_map(
        exact.law, PROCESS, name, recipe=recipe, net=SlopeNet(1, d_hidden=24, depth=2), teacher=teacher
    )
    x = torch.linspace(-2, 2, 21)[:, None]
    start = (x - exact(x, 1.0, 0.0)).abs().mean()
    assert (map_jumps(net, x, [1.0, 0.0]) - exact(x, 1.0, 0.0)).abs().mean() < 0.6 * start


def test_training_stops_early_and_says_why():
    with pytest.raises(FloatingPointError, match=r"at step .*lower lr"):
        train_flow_map(GaussianMixture.on_line([-1.0, 1.0], 0.2), PROCESS, recipe=Recipe(steps=200, batch=8, lr=1e6))
    with pytest.raises(ValueError, match="objective must be one of"):
        train_flow_map(LAW, PROCESS, "XSD")
    for bad in ({"decay": "linear"}, {"average": 2.0}, {"lr": 0.0}, {"steps": 0}):
        with pytest.raises(ValueError, match="must"):
            Recipe(**bad)


def test_progress_is_told():
    seen = []
    train_flow_map(
        LAW, PROCESS, recipe=Recipe(steps=2, batch=4), progress=lambda done, steps: seen.append((done, steps))
    )
    assert seen == [(1, 2), (2, 2)]


def test_jumps_of_the_exact_map_do_not_depend_on_the_grid():
    exact, x = GaussianFlowMap(LAW, PROCESS), torch.randn(9, 2, generator=seeded()).double()
    one, many = (map_jumps(exact.slope, x, grid) for grid in ([1.0, 0.0], np.linspace(1, 0, 8)))
    assert torch.allclose(one, many, atol=1e-12)
    assert torch.allclose(one, exact(x, 1.0, 0.0), atol=1e-12)


class LinearSlope(torch.nn.Module):
    """The average velocity (w0 + w1 r + w2 t) x in any dimension."""

    def __init__(self, *weights):
        super().__init__()
        self.w = torch.nn.Parameter(torch.tensor(weights))

    def forward(self, x, r, t):
        return (self.w[0] + self.w[1] * r + self.w[2] * t)[:, None] * x


@pytest.mark.parametrize(("diagonal_at", "density"), [("end", lambda t: 2 * (1 - t)), ("uniform", lambda t: 1 + 0 * t)])
def test_batches_estimate_the_integrals(diagonal_at, density):
    w, lams = (-0.6, 0.3, 1.1), (4.0, 0.25)
    recipe = Recipe(steps=75, batch=1024, lr=1e-12, diagonal_at=diagonal_at)
    law = Gaussian([0.0, 0.0], lams)
    _, losses = train_flow_map(law, PROCESS, "LSD", recipe=recipe, net=LinearSlope(*w), seed=1)
    # both coordinates count in full; pairs have density 2 on the triangle, points the law of x_r
    t, want = np.linspace(0, 1, 4001), np.zeros(2)
    for lam in lams:
        n, rate = (1 - t) ** 2 * lam + t**2, t - (1 - t) * lam
        excess = n * (w[0] + (w[1] + w[2]) * t - rate / n) ** 2
        want[0] += np.trapezoid(density(t) * (excess + lam / n), t)
        student = AffineMap.from_slope(lambda r, t: w[0] + w[1] * r + w[2] * t, lambda r, t: 0 * r)
        want[1] += 2 * AffineLosses(Gaussian([0.0], [lam]), PROCESS).lsd(student)
    errors = losses.std(axis=0) / np.sqrt(len(losses))
    assert np.all(np.abs(losses.mean(axis=0) - want) < 4 * errors)
    assert np.all(errors < 0.02 * want)


def test_a_teacher_that_never_follows_is_the_untrained_net():
    frozen = SlopeNet(2, d_hidden=16, seed=2)
    runs = [
        train_flow_map(LAW, PROCESS, "PSD-U", recipe=recipe, net=SlopeNet(2, d_hidden=16, seed=2), teacher=teacher)[1]
        for recipe, teacher in ((replace(RECIPE, teacher_average=1.0), None), (RECIPE, frozen))
    ]
    assert np.array_equal(*runs)
