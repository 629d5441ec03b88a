import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import schedules, training_times, variances

import fewsteps as fs
from fewsteps.plans.exact import exact_problem
from fewsteps.plans.pareto import _non_dominated


def exact_inputs(lam, T, s):
    """Operators and shrinkages of the cosine schedule as 50-digit numbers."""
    lam, s = mp.mpf(lam), mp.mpf(s)
    alpha = [mp.cos(mp.pi * t / (2 * T)) if t < T else mp.mpf(0) for t in range(T + 1)]
    sigma = [mp.sin(mp.pi * t / (2 * T)) for t in range(T + 1)]
    n = [alpha[t] ** 2 * lam + sigma[t] ** 2 for t in range(T + 1)]
    A = [(alpha[t - 1] * alpha[t] * lam + sigma[t - 1] * sigma[t]) / n[t] for t in range(1, T + 1)]
    return A, [mp.exp(-2 * s * v) for v in n[1:]]


@pytest.mark.parametrize(("lam", "T", "s"), [("0.2", 1, "1"), ("1", 4, "0.8"), ("3", 32, "6.4")])
def test_the_exact_problem_agrees_with_two_others(lam, T, s):
    with mp.workdps(50):
        here, there = exact_inputs(lam, T, s), exact_problem(lam, T, s)
        assert all(
            abs(x - y) < mp.mpf(10) ** -48 for a, b in zip(here, there, strict=True) for x, y in zip(a, b, strict=True)
        )
        problem = fs.merge_problem(float(lam), fs.cosine_schedule(T), float(s))
        np.testing.assert_allclose(problem.A[:, 0], [float(a) for a in there[0]], rtol=1e-14)
        np.testing.assert_allclose(problem.gamma[:, 0], [float(g) for g in there[1]], rtol=1e-13)
    with pytest.raises(ValueError, match="T must be at least 1"):
        exact_problem("1", 0, "1")


def exact_loss(plan, lam, T, s):
    A, gamma = exact_inputs(lam, T, s)
    target = mp.fprod(a if lam <= 1 or a >= 1 else 1 for a in A)
    return (plan.evaluate(A, gamma) - target) ** 2


@pytest.mark.parametrize("lam", [0.0, 0.2, 0.5, 1.0, 1.0001, 1.02, 1.08, 1.2, 1.5, 1.9, 2.0, 3.0, 10.0])
def test_gaps_keep_ten_digits(lam):
    problem = fs.merge_problem(lam, fs.cosine_schedule(32), 6.4)
    best = fs.optimal_plan(problem)
    with mp.workdps(50):
        least = exact_loss(best.plan, lam, 32, 6.4)
        assert best.loss == pytest.approx(float(least), rel=1e-12)
        for build in fs.CANONICAL_PLANS.values():
            gap = exact_loss(build(32), lam, 32, 6.4) - least
            assert problem.gap(build(32), best.plan)[0] == pytest.approx(float(gap), rel=1e-10, abs=0)
            assert problem.loss(build(32))[0] == pytest.approx(float(gap + least), rel=1e-12)


@pytest.mark.parametrize("T", [2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("make", [fs.cosine_schedule, fs.linear_schedule])
@pytest.mark.parametrize("target", ["surrogate", "teacher", "data"])
def test_search_equals_enumeration(T, make, target):
    lam = np.concatenate([np.linspace(0, 1, 8), np.linspace(1.01, 2.2, 12), [3, 10, 20]])
    plans = list(fs.enumerate_plans(T))
    for s in (0.05, 0.8, 6.4):
        problem = fs.merge_problem(lam, make(T), s, target=target)
        distances = np.array([np.abs(problem.excess(plan) - problem.offset) for plan in plans])
        found = fs.optimal_plans(problem)
        assert all(best.exact for best in found)
        mine = np.abs([best.excess for best in found] - problem.offset)
        np.testing.assert_allclose(mine, distances.min(axis=0), rtol=1e-9, atol=1e-300)
        for i, best in enumerate(found):
            assert problem[i].excess(best.plan)[0] == pytest.approx(best.excess, rel=1e-12, abs=1e-300)
            assert problem[i].value(best.plan)[0] == pytest.approx(best.value, rel=1e-12)
            assert problem[i].loss(best.plan)[0] == pytest.approx(best.loss, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("T", [3, 4, 5, 6])
def test_kary_search_equals_enumeration(T):
    lam = np.array([0.0, 0.3, 1.0, 1.05, 1.2, 1.5, 1.7, 1.9, 2.5])
    plans = list(fs.enumerate_plans(T, kary=True))
    for s in (0.2, 1.6):
        problem = fs.merge_problem(lam, fs.cosine_schedule(T), s)
        values = np.array([problem.excess(plan) for plan in plans])
        least = np.where(lam > 1, values.max(axis=0), values.min(axis=0))
        found = [fs.optimal_kary_plan(problem[i]) for i in range(lam.size)]
        np.testing.assert_allclose([best.excess for best in found], least, rtol=1e-12)
        np.testing.assert_allclose([problem[i].excess(b.plan)[0] for i, b in enumerate(found)], least, rtol=1e-12)
        np.testing.assert_allclose(
            [problem[i].loss(b.plan)[0] for i, b in enumerate(found)], [b.loss for b in found], rtol=1e-9
        )


@pytest.mark.parametrize("lam", [[1.0, 1.2], [0.97, 1.1], [0.95, 1.05], [0.5, 3.0], [0.5, 0.7, 1.5]])
@pytest.mark.parametrize("s", [0.05, 0.8, 6.4])
def test_pareto_search_equals_enumeration(lam, s):
    for T in (3, 4, 6):
        problem = fs.merge_problem(lam, fs.cosine_schedule(T), s)
        _, losses = fs.best_by_enumeration(problem, fs.enumerate_plans(T))
        best = fs.pareto_plan(problem)
        assert best.loss == pytest.approx(losses.min(), rel=1e-9)
        assert problem.loss(best.plan).sum() == pytest.approx(losses.min(), rel=1e-9)
        np.testing.assert_allclose(problem.value(best.plan), best.value, rtol=1e-12)


def test_published_algorithm_is_not_exact_for_two_variances():
    problem = fs.merge_problem([1.0, 1.2], fs.cosine_schedule(4), 0.8)
    plan, value, splits = fs.algorithm1(problem.A, problem.gamma, fs.surrogate_gain([1.0, 1.2], fs.cosine_schedule(4)))
    best = fs.pareto_plan(problem)
    assert (str(plan), str(best.plan), splits) == ("((1|[2..3])|4)", "(([1..2]|3)|4)", 10)
    assert problem.loss(plan).sum() == pytest.approx(0.030772814904725936, rel=1e-9)
    assert best.loss == pytest.approx(0.030141509871417428, rel=1e-9)
    np.testing.assert_allclose(value, problem.value(plan), rtol=1e-14)


def test_fronts_hold_no_twins():
    problem = fs.merge_problem([0.95, 1.05], fs.cosine_schedule(8), 0.8)
    values = np.array([problem.value(plan) for plan in fs.enumerate_plans(8)]) * [1, -1]
    beaten = [np.any(np.all(values <= row, axis=1) & np.any(values < row - 1e-15, axis=1)) for row in values]
    front = np.unique(values[~np.array(beaten)].round(13), axis=0)
    assert fs.pareto_plan(problem).largest_front == len(front)
    rows = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [2.0, 1.0, 3.0], [2.0, 2.0, 3.0]])
    assert sorted(_non_dominated(rows)) == [0, 2]
    assert sorted(_non_dominated(rows[:, :2])) == [0, 2]


def test_front_limit():
    with pytest.raises(ValueError, match="max_front=2 exceeded"):
        fs.pareto_plan(fs.merge_problem([0.9, 1.3], fs.cosine_schedule(8), 0.8), max_front=2)


@pytest.mark.parametrize(("lam", "printed", "right"), [(3.0, 0.22764788, 0.1961883), (10.0, 2.3218788, 1.7321184)])
def test_the_printed_slip_changes_the_answer(lam, printed, right):
    problem = fs.merge_problem(lam, fs.cosine_schedule(32), 0.2)
    target = fs.surrogate_gain(lam, fs.cosine_schedule(32))
    for as_printed, error in [(True, printed), (False, right)]:
        _, value, _ = fs.algorithm1(problem.A, problem.gamma, target, as_printed=as_printed)
        assert float((value - target)[0] ** 2) == pytest.approx(error, rel=1e-6)


@given(st.integers(2, 24), variances, training_times)
def test_the_optimum_is_never_worse_than_a_canonical_plan(T, lam, s):
    problem = fs.merge_problem(lam, fs.cosine_schedule(T), s)
    best = fs.optimal_plan(problem)
    assert best.splits == (T**3 - T) // 6
    for name, build in fs.CANONICAL_PLANS.items():
        if name != "progressive" or T & (T - 1) == 0:
            assert best.loss <= problem.loss(build(T))[0] * (1 + 1e-9)
    kary = fs.optimal_kary_plan(problem)
    assert kary.loss <= best.loss * (1 + 1e-9)


@pytest.mark.parametrize("T", [3, 8, 32])
@pytest.mark.parametrize("s", [0.1, 0.8, 6.4])
def test_both_ends_of_the_phase_diagram(T, s):
    low = fs.optimal_plans(fs.merge_problem(np.linspace(0, 1, 6), fs.cosine_schedule(T), s))
    assert {fs.classify_plan(best.plan) for best in low} == {"boot"}
    high = fs.vanilla_threshold(T) * np.array([1 + 1e-6, 1.2, 3.0, 50.0])
    best = fs.optimal_plans(fs.merge_problem(high, fs.cosine_schedule(T), s))
    assert {fs.classify_plan(b.plan) for b in best} == {"vanilla"}


@given(schedules(), variances, training_times, st.sampled_from(["surrogate", "teacher", "data"]))
def test_offsets_are_targets_minus_products(schedule, lam, s, target):
    problem = fs.merge_problem(lam, schedule, s, target=target)
    wanted = {
        "surrogate": fs.surrogate_gain(lam, schedule),
        "teacher": fs.teacher_gain(lam, schedule),
        "data": np.sqrt([lam]),
    }
    product = problem.A.prod(axis=0)
    np.testing.assert_allclose(problem.offset + product, wanted[target], rtol=1e-12, atol=1e-12)
    plan = fs.vanilla_plan(schedule.T)
    np.testing.assert_allclose(problem.excess(plan) + product, problem.value(plan), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(problem.loss(plan), (problem.value(plan) - wanted[target]) ** 2, rtol=1e-6, atol=1e-12)


def test_workers_agree():
    problem = fs.merge_problem([0.5, 1.2, 3.0], fs.cosine_schedule(12), 0.8)
    assert fs.optimal_plans(problem, workers=2) == fs.optimal_plans(problem)


def test_unshrinkable_problems_prefer_one_shot():
    problem = fs.merge_problem_from(np.full((6, 1), 0.9), np.zeros((6, 1)), [0.5])
    assert fs.optimal_plan(problem).plan == fs.vanilla_plan(6)


def test_bad_problems_are_refused():
    schedule = fs.cosine_schedule(4)
    for lam, s, message in [
        (-1.0, 1.0, "lam must be at least 0"),
        (1.0, 0.0, "s must be greater than 0"),
        (1.0, float("nan"), "s must be finite"),
        (float("nan"), 1.0, "lam must be finite"),
    ]:
        with pytest.raises(ValueError, match=message):
            fs.merge_problem(lam, schedule, s)
    with pytest.raises(ValueError, match="target must be one of"):
        fs.merge_problem(1.0, schedule, 1.0, target="teachers")
    with pytest.raises(ValueError, match="gamma must be at most 1"):
        fs.merge_problem_from(np.ones((2, 1)), np.full((2, 1), 1.5), [1.0])
    with pytest.raises(ValueError, match="A and gamma must have the same shape"):
        fs.merge_problem_from(np.ones((2, 1)), np.ones((3, 1)), [1.0])
    with pytest.raises(ValueError, match=r"A must have shape \(T, 2\)"):
        fs.merge_problem_from(np.ones((2, 1)), np.ones((2, 1)), [1.0, 2.0])
    two = fs.merge_problem([0.5, 2.0], schedule, 1.0)
    with pytest.raises(ValueError, match=r"problem must have d = 1.* got 2: use pareto_plan for one plan that all"):
        fs.optimal_plan(two)
    with pytest.raises(ValueError, match="problem must have d = 1"):
        fs.optimal_kary_plan(two)
    with pytest.raises(ValueError, match=r"plan must cover the steps 1\.\.4"):
        two.value(fs.vanilla_plan(3))
    with pytest.raises(ValueError, match="max_nodes must be at least 0"):
        fs.optimal_plan(two[0], max_nodes=-1)
    with pytest.raises(ValueError, match="max_nodes must be at least 0"):
        fs.optimal_kary_plan(two[0], max_nodes=-1)
    with pytest.raises(ValueError, match="A must have shape"):
        fs.algorithm1(np.ones(3), np.ones(3), np.ones(1))
