import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from strategies import gains, schedules, training_times, variances, weights

import fewsteps as fs


@given(schedules(), st.lists(variances, min_size=1, max_size=3))
def test_operators_are_ddim_steps(schedule, lam):
    lam = np.array(lam)
    law, x = fs.Gaussian(np.zeros(lam.size), np.diag(lam)), np.linspace(-1, 2, lam.size)
    stepped = [fs.ddim_step(x, t, law.denoiser, schedule) for t in range(1, schedule.T + 1)]
    A = fs.teacher_operators(lam, schedule)
    np.testing.assert_allclose(A * x, stepped, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(fs.teacher_contractions(lam, schedule), 1 - A, atol=1e-12)
    np.testing.assert_allclose(
        fs.ddim_sample(x, law.denoiser, schedule), fs.teacher_gain(lam, schedule) * x, atol=1e-10
    )


@given(schedules(), variances)
def test_the_teacher_contracts(schedule, lam):
    tau = fs.teacher_gain(lam, schedule)[0]
    cosines = np.prod(np.cos(fs.step_angles(lam, schedule)))
    assert 0 <= tau <= np.sqrt(lam) * (1 + 1e-12)
    assert tau == pytest.approx(np.sqrt(lam) * cosines, rel=1e-9, abs=1e-12)


@given(schedules(max_steps=6), variances)
def test_composites_compose(schedule, lam):
    A = fs.teacher_operators(lam, schedule)
    whole = fs.composite(A, schedule.T, schedule.T)
    for k in range(schedule.T + 1):
        parts = fs.composite(A, schedule.T, k) * fs.composite(A, schedule.T - k, schedule.T - k)
        np.testing.assert_allclose(parts, whole, rtol=1e-12)


def test_composite_refuses_bad_ranges():
    for t, k in [(3, 1), (1, 2)]:
        with pytest.raises(ValueError, match="k <= t <= T"):
            fs.composite(np.ones((2, 1)), t, k)
    with pytest.raises(ValueError, match="t must be at most T = 4"):
        fs.ddim_step(np.zeros(1), 5, lambda x, a, s: x, fs.cosine_schedule(4))
    with pytest.raises(ValueError, match="t must be at least 1"):
        fs.ddim_step(np.zeros(1), 0, lambda x, a, s: x, fs.cosine_schedule(4))


@pytest.mark.parametrize("lam", [0.2, 1.0, 5.0])
def test_the_asymptotic_law(lam):
    exact, rough = fs.teacher_gain(lam, fs.cosine_schedule(512))[0], fs.contraction_asymptotic(lam, 512)[0]
    assert exact == pytest.approx(rough, rel=3e-8)
    with pytest.raises(ValueError, match="lam must be greater than 0"):
        fs.contraction_asymptotic(0.0, 4)


@given(st.floats(0.0, 3.0), st.floats(-2, 2), st.floats(-2, 2), st.floats(0.0, 4.0))
def test_student_solves_its_ode(s, start, target, n):
    flow = solve_ivp(lambda _, a: fs.gradient_flow(a, target, n), (0, s), [start], rtol=1e-10, atol=1e-12)
    assert fs.student_after(s, start, target, n) == pytest.approx(flow.y[0, -1], abs=1e-7)


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(0.0, 4.0))
def test_flow_is_minus_the_losss_gradient(a, target, n):
    h = 1e-4
    slope = (fs.distill_loss(a + h, target, n) - fs.distill_loss(a - h, target, n)) / (2 * h)
    assert fs.gradient_flow(a, target, n) == pytest.approx(-slope, abs=1e-6)


@given(schedules(), variances, training_times)
def test_shrinkage_is_the_weight_of_the_start(schedule, lam, s):
    gamma, n = fs.shrinkage(lam, schedule, s), schedule.marginal_variance(lam)[1:]
    np.testing.assert_allclose(fs.student_after(s, 1.0, 0.0, n), gamma, rtol=1e-12, atol=0)


def test_gradient_descent_tends_to_the_flow():
    schedule = fs.cosine_schedule(4)
    close = fs.shrinkage_gd(0.5, schedule, 1e-6, 800_000)
    np.testing.assert_allclose(close, fs.shrinkage(0.5, schedule, 0.8), rtol=2e-5)
    scaled = fs.shrinkage_gd(0.5, schedule, 1e-3, 100, 32.0)
    np.testing.assert_allclose(scaled, fs.shrinkage_gd(0.5, schedule, 32e-3, 100), rtol=1e-12)
    with pytest.raises(ValueError, match="lr must be small enough"):
        fs.shrinkage_gd(20.0, schedule, 0.1, 10)


def test_best_stopping_time_meets_the_data():
    schedule = fs.cosine_schedule(32)
    s = fs.best_stopping_time([0.2, 0.5], schedule)
    A, tau = fs.teacher_operators([0.2, 0.5], schedule)[-1], fs.teacher_gain([0.2, 0.5], schedule)
    np.testing.assert_allclose(fs.student_after(s, A, tau, np.ones(2)), np.sqrt([0.2, 0.5]), rtol=1e-13)
    with pytest.raises(ValueError, match="lam must be below A_T"):
        fs.best_stopping_time(1.5, schedule)


@given(gains, gains, weights)
def test_a_merge_lies_between_its_parts(left, right, gamma):
    merged = fs.merge(left, right, gamma)
    assert min(right, left * right) - 1e-12 <= merged <= max(right, left * right) + 1e-12


@given(st.lists(gains, min_size=2, max_size=6), weights)
def test_merge_block_is_a_merge_with_the_product(blocks, gamma):
    expected = gamma * blocks[-1] + (1 - gamma) * np.prod(blocks)
    assert fs.merge_block(blocks, gamma) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_merge_block_needs_two():
    with pytest.raises(ValueError, match="blocks must hold at least two"):
        fs.merge_block([1.0], 0.5)


@given(gains, gains, weights)
def test_merge_identity(p, q, gamma):
    joint, nested = (1 - gamma) * p * q + gamma, ((1 - gamma) * p + gamma) * ((1 - gamma) * q + gamma)
    assert fs.merge_identity_gap(p, q, gamma) == pytest.approx(joint - nested, abs=1e-12)


@given(schedules(), variances)
def test_surrogate_lies_between_teacher_and_data(schedule, lam):
    tau, surrogate = fs.teacher_gain(lam, schedule)[0], fs.surrogate_gain(lam, schedule)[0]
    if lam <= 1:
        assert surrogate == tau
    else:
        assert tau <= surrogate * (1 + 1e-12)
        if schedule.name == "cosine":
            assert surrogate <= np.sqrt(lam) * (1 + 1e-12)


def test_surrogate_checks_shapes():
    with pytest.raises(ValueError, match="the rows of A and lam must have the same shape"):
        fs.surrogate_operators(np.ones((3, 2)), [1.0])
    with pytest.raises(ValueError, match=r"A must have shape \(T, d\)"):
        fs.surrogate_operators(np.ones(3), [1.0])


@given(schedules())
def test_amplification_thresholds_are_roots(schedule):
    assume(schedule.T > 1)
    for t, lam in enumerate(fs.amplification_threshold(schedule), start=1):
        root = brentq(
            lambda v, t=t: fs.teacher_contractions(v, schedule)[t - 1, 0], 1e-12, 1e12, xtol=1e-14, rtol=1e-13
        )
        assert lam == pytest.approx(root, rel=1e-8)


@pytest.mark.parametrize("T", [2, 3, 8, 32, 512])
def test_vanilla_threshold_is_the_largest(T):
    assert fs.vanilla_threshold(T) == pytest.approx(fs.amplification_threshold(fs.cosine_schedule(T)).max(), rel=1e-9)
    with pytest.raises(ValueError, match="T must be at least 2"):
        fs.vanilla_threshold(1)


def test_operators_follow_torch():
    torch = pytest.importorskip("torch")
    lam = torch.tensor([0.2, 3.0], dtype=torch.float64, requires_grad=True)
    schedule = fs.cosine_schedule(8)
    tau = fs.teacher_gain(lam, schedule)
    np.testing.assert_allclose(tau.detach().numpy(), fs.teacher_gain([0.2, 3.0], schedule), rtol=1e-14)
    (slope,) = torch.autograd.grad(tau.sum(), lam)
    h = 1e-6
    numeric = (fs.teacher_gain([0.2 + h, 3 + h], schedule) - fs.teacher_gain([0.2 - h, 3 - h], schedule)) / (2 * h)
    np.testing.assert_allclose(slope.numpy(), numeric, rtol=1e-8)
    for function in (fs.surrogate_gain, lambda v, s: fs.shrinkage(v, s, 0.8), fs.step_angles, fs.signal_noise_vectors):
        np.testing.assert_allclose(function(lam, schedule).detach().numpy(), function([0.2, 3.0], schedule), rtol=1e-13)
