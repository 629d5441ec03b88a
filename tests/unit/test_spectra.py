"""Spectra that stand for kinds of data."""

import numpy as np
import pytest

from fewsteps.laws import power_law


def test_power_laws():
    np.testing.assert_allclose(
        power_law(5, 2.0, 3.0), 3 * np.arange(1.0, 6) ** -2.0 / np.sum(np.arange(1.0, 6) ** -2.0)
    )
    np.testing.assert_array_equal(power_law(3, 0.0), np.ones(3))
    np.testing.assert_array_equal(power_law(1), [1.0])
    for changes, words in (
        ({"d": 0}, "d must be at least 1"),
        ({"exponent": -1.0}, "exponent must be at least 0"),
        ({"exponent": 2000.0}, "exponent must be so small"),
        ({"total": 0.0}, "total must be greater than 0"),
    ):
        with pytest.raises(ValueError, match=words):
            power_law(**({"d": 4} | changes))


def test_the_default_is_a_variance_of_one_a_coordinate():
    np.testing.assert_allclose([power_law(d, 1.3).sum() for d in (1, 7, 300)], [1, 7, 300], rtol=1e-13)
    np.testing.assert_allclose(power_law(7, 1.3, 7.0), power_law(7, 1.3), rtol=0)
    np.testing.assert_allclose(power_law(300, 1.3)[[0, 9]] / power_law(300, 1.3)[9], [10**1.3, 1.0], rtol=1e-13)
    assert power_law(2, 1020.0)[1] > 0


def test_sums_out_of_range_are_refused():
    for arguments in ((5, 300.0, 1e-300), (2, 0, 5e-324)):
        with pytest.raises(ValueError, match="must be so"):
            power_law(*arguments)
    np.testing.assert_array_equal(power_law(4, 0.0), 1.0)
