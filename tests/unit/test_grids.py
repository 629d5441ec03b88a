"""The grids of times: uniform in what they say, with the ends that were asked for, or refused."""

import numpy as np
import pytest

import fewsteps as fs
from fewsteps import grids

PROCESSES = {"FM": fs.flow_matching(), "VP": fs.vp_linear(), "EDM": fs.edm(), "cosine": fs.trigonometric()}
each = pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)
#: A kind, and the function of the half-log-SNR or the time in which it is uniform.
KINDS = {
    "uniform": (grids.uniform, lambda process, t: t),
    "quadratic": (grids.quadratic, lambda process, t: np.sqrt(t)),
    "log_snr": (grids.log_snr, lambda process, t: process.half_log_snr(t)),
    "rho": (grids.rho, lambda process, t: (process.sigma(t) / process.alpha(t)) ** (1 / 7)),
}
kinds = pytest.mark.parametrize("kind", KINDS)


@each
@kinds
@pytest.mark.parametrize("T", [1, 2, 17])
def test_equal_steps_between_the_ends(process, kind, T):
    make, function = KINDS[kind]
    start, stop = 0.9 * process.horizon, 0.02 * process.horizon
    times = make(process, T, stop, start)
    assert times.shape == (T + 1,)
    assert (times[0], times[-1]) == (start, stop)
    assert np.all(np.diff(times) < 0)
    steps = np.diff(function(process, times))
    np.testing.assert_allclose(steps, steps.mean(), rtol=1e-9)


@each
@kinds
def test_a_jump_to_the_data_is_one_of_the_steps(process, kind):
    make, _ = KINDS[kind]
    start, stop = 0.9 * process.horizon, 0.02 * process.horizon
    times = make(process, 9, stop, start, jump=True)
    np.testing.assert_array_equal(times, [*make(process, 8, stop, start), 0.0])


@each
def test_the_horizon_and_the_data_are_the_ends_unless_others_are_given(process):
    for make in (grids.uniform, grids.quadratic):
        times = make(process, 5)
        assert (times[0], times[-1]) == (process.horizon, 0.0)


def test_the_levels_of_edm():
    """With a jump they are its N levels and 0; the ladder of `karras_levels` is the same."""
    times = grids.rho(fs.edm(), 18, 0.002, jump=True)
    np.testing.assert_allclose(times[:-1], fs.karras_levels(0.002, 80.0, 17)[::-1], rtol=1e-11)
    assert times[-1] == 0


def test_powers_lead_from_uniform_noise_to_uniform_half_log_snr():
    edm = fs.edm()
    np.testing.assert_allclose(grids.rho(edm, 8, 0.5, power=1.0), grids.uniform(edm, 8, 0.5), rtol=1e-11)
    np.testing.assert_allclose(grids.rho(edm, 8, 0.5, power=1e7), grids.log_snr(edm, 8, 0.5), rtol=1e-5)
    np.testing.assert_allclose(grids.rho(edm, 8, 0.5, power=2.0), grids.rho(edm, 8, 0.5, power=2), rtol=0)


def test_rho_goes_down_to_no_noise():
    times = grids.rho(fs.flow_matching(), 6, 0.0, 0.9, power=3.0)
    ratio = (times / (1 - times)) ** (1 / 3)
    np.testing.assert_allclose(ratio, np.linspace(ratio[0], 0, 7), atol=1e-12)


@kinds
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"T": 0}, "T must be at least 1"),
        ({"T": 2.0}, "T must be an integer"),
        ({"T": 1, "jump": True}, "T must be at least 2"),
        ({"stop": 0.9}, "stop must be less than start"),
        ({"stop": 0.95}, "stop must be less than start"),
        ({"stop": -0.1}, "stop must be at least 0"),
        ({"start": 1.5}, "start must be at most the horizon"),
        ({"stop": 0.0, "jump": True}, "stop must be greater than 0 for a jump"),
        ({"jump": 1}, "jump must be a bool"),
        ({"process": fs.cosine_schedule(4)}, "process must have the attribute"),
        ({"stop": np.nan}, "stop must be finite"),
    ],
)
def test_what_is_refused(kind, changes, words):
    with pytest.raises((TypeError, ValueError), match=words):
        KINDS[kind][0](**({"process": fs.flow_matching(), "T": 4, "stop": 0.1, "start": 0.9} | changes))


def test_infinite_ends_are_refused():
    process = fs.flow_matching()
    with pytest.raises(ValueError, match="start must have a finite half-log-SNR"):
        grids.log_snr(process, 4, 0.1)
    with pytest.raises(ValueError, match="stop must have a finite half-log-SNR"):
        grids.log_snr(process, 4, 0.0, 0.9)
    with pytest.raises(ValueError, match="start must have alpha > 0"):
        grids.rho(process, 4, 0.1)
    with pytest.raises(ValueError, match="power must be greater than 0"):
        grids.rho(process, 4, 0.1, 0.9, power=0.0)


def test_times_that_only_rounding_tells_apart_are_refused():
    for make in (
        lambda: grids.uniform(fs.flow_matching(), 4, stop=1 - 1.2e-16),
        lambda: grids.rho(fs.edm(), 1000, 0.0),
        lambda: grids.rho(fs.edm(), 8, 0.002, power=0.005),
    ):
        with pytest.raises(ValueError, match=r"rounding|power"):
            make()


@pytest.mark.parametrize("power", [0.1, 0.5, 7.0, 1e3, 1e16])
def test_rho_has_equal_steps_of_its_root(power):
    times = grids.rho(fs.edm(), 6, 0.5, power=power)
    steps = np.diff(np.expm1(np.log(times / 80) / power))
    np.testing.assert_allclose(steps, steps[0], rtol=1e-8)


def test_times_that_are_told_apart_are_given_however_close():
    """Of the horizon they differ by less than a hundred-millionth here."""
    times = grids.log_snr(fs.edm(), 4, 1e-9)
    np.testing.assert_allclose(times[1:] / times[:-1], (1e-9 / 80) ** 0.25, rtol=1e-3)
