import pickle

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from strategies import gains, plans, seeds, weights

import fewsteps as fs

Plan = fs.Plan


@given(plans(), plans(kary=True))
def test_printing_and_parsing_are_inverse(binary, kary):
    for plan in (binary, kary):
        assert Plan.parse(str(plan)) == plan
        assert hash(Plan.parse(str(plan))) == hash(plan)
        assert pickle.loads(pickle.dumps(plan)) == plan


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(",
        "(1",
        "(1|2",
        "1|2",
        "(1)",
        "(1|2))",
        "[1..2",
        "[2..1]",
        "(1|3)",
        "(2|1)",
        "(1||2)",
        "(1|)",
        "0",
        "1 ",
        "x",
        ")",
    ],
)
def test_malformed_plans_are_refused(text):
    with pytest.raises(ValueError, match=r"plan|parts|stop|start"):
        Plan.parse(text)


def test_bad_trees_are_refused():
    with pytest.raises(ValueError, match="parts must be two or more"):
        Plan(1, 2, (Plan(1, 2),))
    with pytest.raises(ValueError, match="without gap or overlap"):
        Plan(1, 4, (Plan(1, 2), Plan(4, 4)))
    with pytest.raises(ValueError, match="parts must be two or more"):
        Plan.merge(Plan(1, 1))
    with pytest.raises(ValueError, match="stop must be at least 3"):
        Plan(3, 2)
    with pytest.raises(TypeError, match="start must be an integer"):
        Plan(1.0, 2)


def test_the_same_merge_prints_alike():
    assert str(Plan.parse("(1|2)")) == "[1..2]"
    assert Plan.parse("(1|2|3)") == fs.vanilla_plan(3)
    assert Plan.parse("((1|2)|3)") != fs.vanilla_plan(3)
    assert repr(Plan.parse("(1|[2..3])")) == "Plan('(1|[2..3])')"


@given(plans(kary=True), seeds)
def test_values_lie_between_the_least_and_largest_products(plan, seed):
    rng = np.random.default_rng(seed)
    A, gamma = rng.uniform(0, 1, (plan.stop, 1)), rng.uniform(0, 1, (plan.stop, 1))
    value = plan.evaluate(A, gamma)[0]
    assert A.prod() - 1e-12 <= value <= A[-1, 0] + 1e-12


@given(plans(kary=True), st.lists(gains, min_size=9, max_size=9))
def test_no_shrinkage_gives_the_product_and_full_shrinkage_the_last(plan, A):
    A = np.array(A)[: plan.stop]
    assert plan.evaluate(A, 0 * A) == pytest.approx(A.prod(), rel=1e-12, abs=1e-12)
    assert plan.evaluate(A, 0 * A + 1) == pytest.approx(A[-1])


@given(plans(), st.lists(gains, min_size=9, max_size=9), weights, st.floats(0.1, 3))
def test_values_scale_with_the_noisiest_operator(plan, A, g, factor):
    A = np.array(A)[: plan.stop]
    scaled = A.copy()
    scaled[-1] *= factor
    gamma = np.full(plan.stop, g)
    assert plan.evaluate(scaled, gamma) == pytest.approx(factor * plan.evaluate(A, gamma), rel=1e-12, abs=1e-12)


def test_closed_forms_of_the_canonical_plans():
    A, g = sp.symbols("A_1:5"), sp.symbols("g_1:5")
    prod = sp.prod(A)
    closed = {
        "vanilla": (1 - g[3]) * prod + g[3] * A[3],
        "boot": A[3] * sp.prod([(1 - g[3]) * a + g[3] for a in A[:3]]),
        "progressive": A[3] * ((1 - g[3]) * A[2] + g[3]) * ((1 - g[3]) * A[1] * ((1 - g[1]) * A[0] + g[1]) + g[3]),
        "consistency": A[3] * ((1 - g[3]) * A[2] * ((1 - g[2]) * A[1] * ((1 - g[1]) * A[0] + g[1]) + g[2]) + g[3]),
    }
    for name, build in fs.CANONICAL_PLANS.items():
        assert sp.expand(build(4).evaluate(A, g) - closed[name]) == 0


@pytest.mark.parametrize("T", range(1, 8))
def test_enumeration_agrees_with_the_counts(T):
    for kary in (False, True):
        listed = list(fs.enumerate_plans(T, kary=kary))
        assert len(listed) == len(set(listed)) == fs.count_plans(T, kary=kary)
        assert all((plan.start, plan.stop) == (1, T) for plan in listed)
    assert set(fs.enumerate_plans(T)) <= set(fs.enumerate_plans(T, kary=True))


def test_counts_and_shapes():
    assert [fs.count_plans(n) for n in range(1, 9)] == [1, 1, 3, 8, 23, 72, 239, 825]
    assert [fs.count_plans(n, kary=True) for n in range(1, 7)] == [1, 1, 3, 11, 45, 197]
    merges = {name: (build(8).n_merges, build(8).n_rounds) for name, build in fs.CANONICAL_PLANS.items()}
    assert merges == {"vanilla": (1, 1), "progressive": (7, 3), "boot": (7, 7), "consistency": (7, 7)}
    assert fs.progressive_plan(8).cost(2.0, "parallel_rounds") == 6.0
    assert fs.boot_plan(8).cost(2.0) == 14.0
    with pytest.raises(ValueError, match="mode must be one of"):
        fs.boot_plan(8).cost(1.0, "total")
    with pytest.raises(ValueError, match="T must be a power of two"):
        fs.progressive_plan(6)


@given(plans(kary=True))
def test_arcs_list_every_merge_after_its_parts(plan):
    arcs = plan.arcs()
    assert len(arcs) == plan.n_merges
    assert max((k for *_, k in arcs), default=0) == plan.n_rounds
    for a, b, k in arcs:
        assert all(j < k for c, d, j in arcs if a <= c and d <= b and (c, d) != (a, b))


@pytest.mark.parametrize("name", ["vanilla", "progressive", "boot", "consistency"])
@pytest.mark.parametrize("T", [4, 8, 16])
def test_classes(name, T):
    assert fs.classify_plan(fs.CANONICAL_PLANS[name](T)) == name


@pytest.mark.parametrize("build", [*fs.CANONICAL_PLANS.values(), fs.count_plans])
def test_one_step_is_the_least(build):
    assert build(1) in (Plan(1, 1), 1)
    with pytest.raises(ValueError, match="T must be at least 1"):
        build(0)
    with pytest.raises(TypeError, match="T must be an integer"):
        build(1.5)


@pytest.mark.parametrize("kary", [False, True])
def test_every_plan_can_be_drawn_at_random(kary):
    rng = np.random.default_rng(0)
    drawn = {fs.random_plan(4, rng, kary=kary) for _ in range(400)}
    assert drawn == set(fs.enumerate_plans(4, kary=kary))


def test_small_and_odd_plans_have_classes():
    assert fs.classify_plan(Plan(1, 2)) == "vanilla"
    assert fs.classify_plan(Plan.parse("(1|[2..4])")) == "hybrid"
    assert fs.classify_plan(fs.boot_plan(5)) == "boot"


def test_long_combs_do_not_recurse():
    plan = fs.boot_plan(3000)
    assert Plan.parse(str(plan)) == plan
    assert plan.evaluate(np.full(3000, 0.999), np.zeros(3000)) == pytest.approx(0.999**3000)


def test_evaluate_checks_its_arrays():
    with pytest.raises(ValueError, match="A must have at least 4 rows"):
        fs.vanilla_plan(4).evaluate(np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match="same number of rows"):
        fs.vanilla_plan(2).evaluate(np.ones(2), np.ones(3))
