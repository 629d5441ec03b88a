import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewsteps.arrays import Twofold, generator, integer_at_least, like, positive_number, real_array, variances

numbers = st.floats(-1e6, 1e6, allow_subnormal=False).filter(lambda v: v == 0 or abs(v) > 1e-6)


@pytest.mark.parametrize("bad", [1.0, True, "3", None])
def test_integers_are_integers(bad):
    with pytest.raises(TypeError, match="steps must be an integer"):
        integer_at_least(bad, 1, "steps")


def test_integers_have_a_least_value():
    assert integer_at_least(np.int64(3), 3, "T") == 3
    with pytest.raises(ValueError, match="T must be at least 1, got 0"):
        integer_at_least(0, 1, "T")


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), [1.0, float("nan")]])
def test_arrays_are_finite(bad):
    with pytest.raises(ValueError, match="lam must be finite"):
        real_array(bad, "lam")


def test_arrays_are_real():
    with pytest.raises(TypeError, match="x must hold real numbers"):
        real_array(["a"], "x")
    with pytest.raises(TypeError, match="x must hold real numbers"):
        real_array([1j], "x")


def test_bounds_name_the_argument():
    with pytest.raises(ValueError, match="lam must be at least 0"):
        real_array([-1.0], "lam", low=0.0)
    with pytest.raises(ValueError, match="s must be greater than 0"):
        positive_number(0.0, "s")
    with pytest.raises(ValueError, match="s must be one number"):
        positive_number([1.0, 2.0], "s")
    with pytest.raises(ValueError, match=r"lam must have shape \(d,\)"):
        variances([[1.0]])


def test_torch_tensors_stay_tensors():
    torch = pytest.importorskip("torch")
    tensor = torch.tensor([1.0, 2.0], dtype=torch.float32)
    assert real_array(tensor, "x") is tensor
    assert like(np.arange(2.0), tensor).dtype == torch.float32
    with pytest.raises(ValueError, match="x must be finite"):
        real_array(torch.tensor([float("nan")]), "x")


def test_only_generators_make_randomness():
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
        generator(0)


@given(numbers, numbers, numbers, numbers)
def test_twofold_arithmetic_has_thirty_digits(a, b, c, d):
    result = Twofold.of(a) * b + Twofold.of(c) * d - Twofold.of(a) * d
    exact = Fraction(a) * Fraction(b) + Fraction(c) * Fraction(d) - Fraction(a) * Fraction(d)
    scale = max(abs(a * b), abs(c * d), abs(a * d))
    assert abs(Fraction(result.hi) + Fraction(result.lo) - exact) <= Fraction(scale) * Fraction(1, 10**30)


@given(numbers, numbers)
def test_twofold_subtraction_from_either_side(a, b):
    assert (a - Twofold.of(b)).hi == -(Twofold.of(b) - a).hi == a - b
    assert math.isclose((-Twofold.of(a)).hi, -a, rel_tol=0)
