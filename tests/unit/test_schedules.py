import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import schedules, variances

import fewsteps as fs


@pytest.mark.parametrize("T", [1, 2, 4, 32, 512, 4096])
@pytest.mark.parametrize("make", [fs.cosine_schedule, fs.linear_schedule])
def test_boundary_values_are_exact(make, T):
    schedule = make(T)
    assert (schedule.alpha[0], schedule.sigma[0], schedule.alpha[T], schedule.sigma[T]) == (1, 0, 0, 1)
    assert schedule.T == T


@pytest.mark.parametrize("T", [2, 3, 32, 511])
def test_cosine_keeps_relative_precision(T):
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(40):
        exact = [mpmath.cos(mpmath.pi * t / (2 * T)) for t in range(T)]
        error = max(abs(float(a / e - 1)) for a, e in zip(fs.cosine_schedule(T).alpha, exact, strict=False))
    assert error < 4e-16
    assert fs.cosine_schedule(T).is_variance_preserving(atol=4e-16)


def test_linear_is_not_variance_preserving():
    assert not fs.linear_schedule(2).is_variance_preserving()
    assert fs.linear_schedule(1).is_variance_preserving()


@given(schedules(), st.lists(variances, min_size=1, max_size=3))
def test_marginal_variance_interpolates(schedule, lam):
    n = schedule.marginal_variance(np.array(lam))
    assert n.shape == (schedule.T + 1, len(lam))
    np.testing.assert_array_equal(n[0], lam)
    np.testing.assert_array_equal(n[-1], 1)
    assert np.all(n <= (schedule.alpha**2 + schedule.sigma**2)[:, None] * np.maximum(lam, 1) + 1e-12)


@pytest.mark.parametrize(
    ("alpha", "sigma", "message"),
    [
        ([1, 0.5, 0.6, 0], [0, 0.3, 0.6, 1], "alpha must be strictly decreasing"),
        ([1, 0.5, 0.2, 0], [0, 0.6, 0.3, 1], "sigma must be strictly increasing"),
        ([1, 0.5, 0.1], [0, 0.5, 1], "exactly 1 to exactly 0"),
        ([1, 0.5, 0], [0, 1], "same shape"),
        ([1, float("nan"), 0], [0, 0.5, 1], "alpha must be finite"),
        ([1.0], [0.0], r"alpha must have shape \(T \+ 1,\)"),
    ],
)
def test_bad_schedules_are_refused(alpha, sigma, message):
    with pytest.raises(ValueError, match=message):
        fs.Schedule(alpha, sigma)


@pytest.mark.parametrize("make", [fs.cosine_schedule, fs.linear_schedule])
def test_bad_step_counts_are_refused(make):
    with pytest.raises(ValueError, match="T must be at least 1"):
        make(0)
    with pytest.raises(TypeError, match="T must be an integer"):
        make(2.0)


def test_schedules_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        fs.cosine_schedule(4).alpha[0] = 2
    assert repr(fs.cosine_schedule(4)) == "Schedule(cosine, T=4)"
