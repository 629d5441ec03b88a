"""Picard iteration and ParaDiGMS against the sequential rules that they must reach."""

import numpy as np
import pytest

import fewsteps as fs
from fewsteps import grids, solvers
from fewsteps.samplers import Counting, paradigms, picard, sample

PROCESS = fs.flow_matching()
LAW = fs.GaussianMixture.on_line([-1.0, 1.0], 0.3)
MODEL = solvers.denoiser_of(LAW, PROCESS)
X = np.linspace(-2, 2, 7)[:, None]
TIMES = grids.uniform(PROCESS, 40)


def test_picard_reaches_one_more_state_of_euler_s_with_every_sweep():
    velocity, times = solvers.velocity_of(LAW, PROCESS), np.linspace(1.0, 0.1, 21)
    euler = solvers.solve_ode(velocity, X, times, path=True)
    iterates = picard(velocity, X, times, 20)
    assert iterates.shape == (21, 21, 7, 1)
    for k, states in enumerate(iterates):
        np.testing.assert_allclose(states[: k + 1], euler[: k + 1], rtol=1e-12)
        if k < 8:
            assert np.abs(states[k + 2 :] - euler[k + 2 :]).max() > 1e-6
    np.testing.assert_allclose(iterates[-1], euler, rtol=1e-12)


def test_picard_s_iterates_of_growth_are_sums_of_binomials():
    """For x' = x the k-th iterate is the binomial series of (1 + h)^j up to the k-th power."""
    iterates = picard(lambda x, t: x, np.ones(1), np.linspace(0.0, 1.0, 6), 3)[..., 0]
    want = [[sum(_binomial(j, i) * 0.2**i for i in range(k + 1)) for j in range(6)] for k in range(4)]
    np.testing.assert_allclose(iterates, want, rtol=1e-14)


def _binomial(n, k):
    return np.prod([(n - i) / (i + 1) for i in range(k)])


def test_the_trapezoid_settles_at_the_implicit_rule_of_order_2():
    errors = []
    for T in (5, 10, 20, 40):
        times = np.linspace(0.0, 1.0, T + 1)
        path = picard(lambda x, t: -x * (1 + t), np.ones(1), times, 60, "trapezoid")[-1, :, 0]
        h, slope = 1 / T, -path * (1 + times)
        np.testing.assert_allclose(np.diff(path), h / 2 * (slope[:-1] + slope[1:]), atol=1e-14)
        errors.append(abs(path[-1] - np.exp(-1.5)))
    assert np.all(np.abs(np.log2(np.array(errors[:-1]) / errors[1:]) - 2) < 0.05)


@pytest.mark.parametrize(("variable", "name"), [("noise", "ddim"), ("time", "euler")])
@pytest.mark.parametrize("window", [1, 3, 7, 40, 100])
def test_without_tolerance_it_is_the_sequential_rule(variable, name, window):
    want = sample(name, MODEL, PROCESS, X, TIMES, path=True)
    model = Counting(MODEL)
    run = paradigms(model, PROCESS, X, TIMES, window, 0.0, variable)
    np.testing.assert_allclose(run.states, want, rtol=1e-10, atol=1e-12)
    alone = paradigms(MODEL, PROCESS, X, TIMES, 1, 0.0, variable)
    np.testing.assert_array_equal(run.states, alone.states)
    assert run.evaluations == model.calls
    assert run.sweeps == len(run.fronts) <= 40
    assert run.fronts[-1] == 40
    assert (alone.sweeps, alone.evaluations) == (40, 40)


def test_a_tolerance_trades_sweeps_for_accuracy():
    want = sample("ddim", MODEL, PROCESS, X, TIMES)
    sweeps, gaps = [], []
    for tolerance in (1e-2, 1e-4, 1e-6, 1e-8):
        run = paradigms(MODEL, PROCESS, X, TIMES, 40, tolerance)
        sweeps.append(run.sweeps)
        gaps.append(np.abs(run.states[-1] - want).max())
        assert gaps[-1] < 20 * tolerance
    assert sweeps == sorted(sweeps)
    assert sweeps[0] < 15
    assert gaps == sorted(gaps, reverse=True)


def written_out(window, tolerance):
    """The sweeps by their definition, with all iterates kept: states, fronts."""
    alpha, sigma = PROCESS.alpha(TIMES), PROCESS.sigma(TIMES)
    keep, weight = sigma[1:] / sigma[:-1], alpha[1:] - sigma[1:] / sigma[:-1] * alpha[:-1]
    states, front, fronts = np.repeat(X[None], 41, axis=0), 0, []
    while front < 40:
        end, before = min(front + window, 40), states.copy()
        for j in range(front, end):
            states[j + 1] = keep[j] * states[j] + weight[j] * MODEL(before[j], float(TIMES[j]))
        states[end + 1 :] = states[end]
        moved = [j for j in range(front + 1, end + 1) if np.abs(states[j] - before[j]).max() > tolerance]
        front = moved[0] if moved else end
        fronts.append(front)
    return states, fronts


@pytest.mark.parametrize(("window", "tolerance"), [(40, 1e-2), (40, 1e-4), (9, 1e-3), (6, 1e-4), (1, 0.0)])
def test_sweeps_and_fronts_are_those_of_the_definition(window, tolerance):
    states, fronts = written_out(window, tolerance)
    run = paradigms(MODEL, PROCESS, X, TIMES, window, tolerance)
    assert run.fronts == tuple(fronts)
    np.testing.assert_allclose(run.states, states, rtol=1e-11, atol=1e-13)
    assert window == 1 or len(fronts) < 40


def test_the_front_never_goes_back_and_steps_by_at_most_the_window():
    run = paradigms(MODEL, PROCESS, X, TIMES, 6, 1e-4)
    steps = np.diff([0, *run.fronts])
    assert steps.min() >= 1
    assert steps.max() <= 6


def test_a_sweep_evaluates_the_window():
    """The evaluations are those of all windows, of which the last ones are cut off at the data."""
    run = paradigms(MODEL, PROCESS, X, TIMES, 6, 1e-4)
    fronts = [0, *run.fronts[:-1]]
    assert run.evaluations == sum(min(6, 40 - front) for front in fronts)


def test_a_model_without_slope_needs_one_sweep_and_one_look():
    run = paradigms(lambda x, t: 0 * x + 3, PROCESS, X, TIMES, 40)
    assert (run.sweeps, run.evaluations) == (2, 40 + 39)
    np.testing.assert_allclose(run.states[-1], 3, rtol=1e-13)


def test_progress_is_told_once_a_sweep():
    seen = []
    run = paradigms(MODEL, PROCESS, X, TIMES, 6, 1e-4, progress=lambda *done: seen.append(done))
    assert seen == [(front, 40) for front in run.fronts]


def test_what_is_not_finite_is_an_error():
    with pytest.raises(FloatingPointError), np.errstate(all="ignore"):
        paradigms(lambda x, t: 1e300 * x * x, PROCESS, X, TIMES)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sweeps": 0}, "sweeps must be at least 1"),
        ({"rule": "right"}, "rule must be one of"),
        ({"times": [0.0, 1.0, 0.5]}, "times must be strictly"),
        ({"velocity": 1.0}, "velocity must be a function"),
    ],
)
def test_what_picard_refuses(changes, words):
    with pytest.raises((TypeError, ValueError), match=words):
        picard(**({"velocity": lambda x, t: x, "x": X, "times": [0.0, 1.0], "sweeps": 2} | changes))
