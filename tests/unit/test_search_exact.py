"""The search finds the least loss for every schedule, variance, time and target, or says what it could not prove."""

import mpmath as mp
import numpy as np
import pytest

import fewsteps as fs
from fewsteps.plans import reach, sweep
from fewsteps.plans.dive import dive
from fewsteps.plans.intervals import Intervals

TARGETS = ("surrogate", "teacher", "data")


def random_schedule(rng, T):
    """Variance preserving or not, with even or uneven steps."""
    if rng.random() < 0.4:
        return (fs.cosine_schedule, fs.linear_schedule)[rng.integers(2)](T)
    alpha, sigma = (np.concatenate([[0.0], np.cumsum(rng.uniform(0.1, 1.0, T))]) for _ in range(2))
    if rng.random() < 0.5:
        return fs.Schedule(1 - alpha / alpha[-1] if T > 1 else [1.0, 0.0], sigma / sigma[-1])
    angle = np.pi / 2 * alpha / alpha[-1]
    return fs.Schedule([*np.cos(angle[:-1]), 0.0], [*np.sin(angle[:-1]), 1.0])


def random_problem(rng, T, d=1):
    """Variances and times for which targets often have plans on both sides."""
    lam = np.exp(rng.uniform(-0.7, 0.7, d))
    s = float(np.exp(rng.uniform(-1.5, 3)))
    return fs.merge_problem(lam, random_schedule(rng, T), s, target=TARGETS[rng.integers(3)])


def distances(problem, plans):
    return np.array([np.abs(problem.excess(plan) - problem.offset)[0] for plan in plans])


def least_distances(problems, kary=False):
    """Least distance to the target and whether all plans lie on one side of it, by trying all plans."""
    least = {}
    for T in {problem.T for problem in problems}:
        alike = [i for i, problem in enumerate(problems) if problem.T == T]
        A, gamma, w = (
            np.concatenate([getattr(problems[i], name) for i in alike], axis=1)
            for name in ("A", "gamma", "contraction")
        )
        stacked = fs.merge_problem_from(A, gamma, np.ones(len(alike)), contraction=w)
        offset = np.array([problems[i].offset[0] for i in alike])
        errors = np.array([stacked.excess(plan) - offset for plan in fs.enumerate_plans(T, kary=kary)])
        one_side = np.all(errors >= 0, axis=0) | np.all(errors <= 0, axis=0)
        least |= dict(zip(alike, zip(np.abs(errors).min(axis=0), one_side, strict=True), strict=True))
    return [least[i] for i in range(len(problems))]


@pytest.mark.parametrize("listed", [3, 8, 4000])
@pytest.mark.parametrize("kary", [False, True])
def test_500_random_problems(listed, kary, monkeypatch):
    """Whatever part of the intervals has lists, the search agrees with trying all plans."""
    monkeypatch.setattr(reach, "_LISTED", listed)
    rng, search = np.random.default_rng(listed), fs.optimal_kary_plan if kary else fs.optimal_plan
    drawn = [random_problem(rng, int(rng.integers(1, 7 if kary else 8))) for _ in range(500)]
    sides = []
    for problem, (least, one_side) in zip(drawn, least_distances(drawn, kary), strict=True):
        best = search(problem)
        assert best.exact
        assert abs(best.excess - problem.offset[0]) == pytest.approx(least, rel=1e-9, abs=1e-300)
        assert problem.excess(best.plan)[0] == pytest.approx(best.excess, rel=1e-12, abs=1e-300)
        assert best.loss == pytest.approx(least**2, rel=2e-9, abs=1e-300)
        assert (best.method == "one-sided") == one_side
        sides.append(one_side)
    assert 40 <= np.sum(~np.array(sides)) <= 460


def test_random_shared_plans():
    rng, sides = np.random.default_rng(0), set()
    plans = {T: list(fs.enumerate_plans(T)) for T in range(1, 7)}
    for _ in range(150):
        problem = random_problem(rng, int(rng.integers(1, 7)), d=int(rng.integers(1, 4)))
        best, (_, losses) = fs.pareto_plan(problem), fs.best_by_enumeration(problem, plans[problem.T])
        assert best.loss == pytest.approx(losses.min(), rel=1e-9, abs=1e-300)
        assert problem.loss(best.plan).sum() == pytest.approx(losses.min(), rel=1e-9, abs=1e-300)
        np.testing.assert_allclose(problem.value(best.plan), best.value, rtol=1e-12)
        sides.add((best.one_sided.size, int(best.one_sided.sum())))
    assert {(2, 0), (2, 1), (2, 2), (3, 3)} <= sides


@pytest.mark.parametrize(
    ("lam", "schedule", "s", "target", "loss", "plan"),
    [
        (0.7, fs.linear_schedule(4), 1.6, "surrogate", 4.954e-06, "([1..3]|4)"),
        (0.6, fs.linear_schedule(6), 1.6, "surrogate", 7.937e-11, "([1..2]|(3|([4..5]|6)))"),
        (0.3, fs.cosine_schedule(5), 0.8, "data", 3.465e-07, "(1|([2..4]|5))"),
        (1.65, fs.cosine_schedule(4), 0.2, "teacher", 2.039e-07, "(([1..2]|3)|4)"),
    ],
)
def test_problems_with_plans_on_both_sides(lam, schedule, s, target, loss, plan):
    best = fs.optimal_plan(fs.merge_problem(lam, schedule, s, target=target))
    assert (str(best.plan), best.method, best.gap) == (plan, "branch and bound", 0.0)
    assert best.loss == pytest.approx(loss, rel=5e-4)


def test_near_ties_are_decided_by_rounding_alone():
    """At this variance the runner-up, one shot, is worse by 4e-10 of the excess: a looser tie would prefer it."""
    lam = fs.vanilla_threshold(32) * (1 - 1e-6)
    assert str(fs.optimal_plan(fs.merge_problem(lam, fs.cosine_schedule(32), 0.2)).plan) == "(1|[2..32])"


@pytest.mark.parametrize("lam", ["0.3", "0.6", "0.8", "1.1", "1.7"])
@pytest.mark.parametrize("s", ["1.6", "12.8", "25.6"])
def test_distances_far_below_rounding_of_values(lam, s):
    """With the teacher as target distances sink to 1e-23; 60 digits confirm that the least one is found."""
    schedule, plans = fs.linear_schedule(6), list(fs.enumerate_plans(6))
    with mp.workdps(60):
        alpha, sigma = ([mp.mpf(float(x)) for x in row] for row in (schedule.alpha, schedule.sigma))
        data, time = mp.mpf(float(lam)), mp.mpf(float(s))
        n = [a * a * data + b * b for a, b in zip(alpha, sigma, strict=True)]
        A = [(alpha[t - 1] * alpha[t] * data + sigma[t - 1] * sigma[t]) / n[t] for t in range(1, 7)]
        gamma = [mp.exp(-2 * time * v) for v in n[1:]]
        exact = {str(plan): abs(plan.evaluate(A, gamma) - mp.fprod(A)) for plan in plans}
        best = fs.optimal_plan(fs.merge_problem(float(lam), schedule, float(s), target="teacher"))
        assert str(best.plan) == min(exact, key=exact.get)
        assert best.loss == pytest.approx(float(exact[str(best.plan)] ** 2), rel=1e-9)


def test_certificates_beyond_the_budget():
    """A gap bounds what is missed; it falls as the work grows, and is 0 where the search is complete."""
    problem = fs.merge_problem(0.7, fs.linear_schedule(12), 1.0)
    full = fs.optimal_plan(problem)
    assert full.exact
    least = np.sqrt(full.loss)
    found = [fs.optimal_plan(problem, max_nodes=n) for n in (0, 1000, 4000)]
    assert not found[0].exact
    assert not found[1].exact
    for best in found:
        assert np.sqrt(best.loss) * (1 + 1e-9) >= least >= np.sqrt(best.loss) - best.gap - 1e-15
    assert found[0].loss > found[2].loss
    kary = fs.optimal_kary_plan(problem, max_nodes=0)
    assert not kary.exact
    assert np.sqrt(kary.loss) - kary.gap <= np.sqrt(fs.optimal_kary_plan(problem).loss) <= np.sqrt(kary.loss)


def test_bounds_alone_can_prove_an_optimum(monkeypatch):
    """Shrinkages near 0 and 1 leave a few clusters of values; the bounds of the cuts show what lies between them."""
    monkeypatch.setattr(reach, "_LISTED", 1)
    rng, proved = np.random.default_rng(0), 0
    for _ in range(200):
        A, gamma, lam = rng.uniform(0.2, 1.6, (7, 1)), rng.choice([1e-3, 0.999], (7, 1)), rng.uniform(0, 1, 1)
        problem = fs.merge_problem_from(A, gamma, lam, target="data")
        best = fs.optimal_plan(problem, max_nodes=0)
        if best.exact and best.method == "branch and bound":
            proved += 1
            assert np.sqrt(best.loss) == pytest.approx(distances(problem, fs.enumerate_plans(7)).min(), rel=1e-9)
    assert proved > 0


def test_a_dive_comes_close_and_long_problems_are_certified():
    problem = fs.merge_problem(0.7, fs.linear_schedule(40), 1.0)
    bounds = [Intervals(problem, np.array([largest])).column(0) for largest in (False, True)]
    plan = dive(reach.Reach(problem, kary=False), *bounds, float(problem.offset[0]))
    width = np.ptp([bound.excess[reach.BLOCK][0, -1] for bound in bounds])
    assert distances(problem, [plan])[0] < 1e-3 * width
    best = fs.optimal_plan(problem, max_nodes=20_000)
    assert np.sqrt(best.loss) == pytest.approx(distances(problem, [best.plan])[0], rel=1e-9)
    assert 0 < best.gap <= np.sqrt(best.loss) <= distances(problem, [plan])[0]


def test_the_size_of_a_shared_search_is_named():
    shared = fs.merge_problem([0.7, 0.8, 3.0], fs.linear_schedule(8), 1.0)
    np.testing.assert_array_equal(fs.pareto_plan(shared[:2]).one_sided, [False, False])
    with pytest.raises(
        ValueError, match=r"max_front=50 exceeded by the interval [12]\.\.[67]: .* both sides .* coordinates 0, 1"
    ):
        fs.pareto_plan(shared, max_front=50)


@pytest.mark.parametrize("T", [1, 2, 3, 16, 17, 31, 33, 48, 63, 64, 65, 80, 81, 100, 145])
def test_blocks_of_matrix_products_change_nothing(T, monkeypatch):
    """The sweep with matrix products agrees with the one by length, for both sides, and so do its plans."""
    problem = fs.merge_problem([0.0, 0.3, 1.0, 1.2, 1.9, 2.5], fs.cosine_schedule(T), 0.8)
    for largest in (problem.maximise, ~problem.maximise):
        plain = Intervals(problem, largest)
        with monkeypatch.context() as patch:
            patch.setattr(sweep, "_ALL_SHORT", 1)
            patch.setattr(sweep, "_TILE", 24)
            blocked = Intervals(problem, largest)
        for i in range(problem.lam.size):
            one, other = plain.column(i), blocked.column(i)
            np.testing.assert_allclose(one.excess[0], other.excess[0], rtol=1e-12, atol=1e-300)
            assert problem[i].excess(other.plan())[0] == pytest.approx(blocked.excess[i], rel=1e-12, abs=1e-300)
            assert problem[i].excess(one.plan(0, T - 1))[0] == pytest.approx(plain.excess[i], rel=1e-12, abs=1e-300)


def test_a_sweep_is_its_columns():
    """Batches, processes and single columns give one answer, on both sides of the target."""
    problem = fs.merge_problem([0.3, 0.7, 1.2, 3.0], fs.linear_schedule(7), 1.6)
    together = fs.optimal_plans(problem)
    assert {best.method for best in together} == {"one-sided", "branch and bound"}
    assert together == [fs.optimal_plan(problem[i]) for i in range(4)]
    assert together == fs.optimal_plans(problem, workers=3)


def test_coordinates_can_be_taken_together():
    problem = fs.merge_problem([0.3, 0.7, 1.2], fs.cosine_schedule(4), 1.6)
    np.testing.assert_array_equal(problem[1:].lam, [0.7, 1.2])
    np.testing.assert_array_equal(problem[np.array([2, 0])].A, problem.A[:, [2, 0]])
    np.testing.assert_array_equal(problem[-1].gamma, problem.gamma[:, 2:])


def test_stopped_training_keeps_every_value_reachable():
    """gamma = 1 makes the other part irrelevant, gamma = 0 all plans equal; zero operators are allowed."""
    A = np.array([[0.0], [1.3], [0.7], [1.1]])
    for gamma in (np.ones((4, 1)), np.zeros((4, 1)), np.array([[0.2], [1.0], [0.5], [1.0]])):
        for target in TARGETS:
            problem = fs.merge_problem_from(A, gamma, [0.9], target=target)
            for best, kary in ((fs.optimal_plan(problem), False), (fs.optimal_kary_plan(problem), True)):
                least = distances(problem, fs.enumerate_plans(4, kary=kary)).min()
                assert distances(problem, [best.plan])[0] == pytest.approx(least, rel=1e-12, abs=1e-15)
