"""Continuous-time processes: against integrated moment equations, limits and each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

import fewsteps as fs

PROCESSES = {
    "vp": fs.vp_linear(),
    "vp-cosine": fs.vp_cosine(),
    "sub-vp": fs.sub_vp(),
    "ve": fs.ve(0.05, 10.0),
    "edm": fs.edm(10.0),
    "flow": fs.flow_matching(),
    "trigonometric": fs.trigonometric(),
    "ou": fs.ornstein_uhlenbeck(0.7, 2.0),
    "drift": fs.from_drift(lambda t: -1 - np.sin(t), lambda t: 2 + np.cos(3 * t), 2.0),
    "snr": fs.from_half_log_snr(lambda t: 4 - 7 * t, lambda t: -7 + 0 * t, 1.0),
}
each = pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES.keys())


@each
def test_rates_are_derivatives(process):
    t, h = np.linspace(0.1, 0.9, 9) * process.horizon, 1e-6 * process.horizon
    for value, rate in ((process.alpha, process.d_alpha), (process.var, process.d_var)):
        np.testing.assert_allclose(rate(t), (value(t + h) - value(t - h)) / (2 * h), rtol=1e-6, atol=1e-6)
    slope = (process.half_log_snr(t + h) - process.half_log_snr(t - h)) / (2 * h)
    np.testing.assert_allclose(process.d_half_log_snr(t), slope, rtol=1e-6)


@each
def test_kernel_solves_the_moment_equations(process):
    start, stop = 0.05 * process.horizon, 0.95 * process.horizon

    def moments(t, y):
        return [process.f(t) * y[0], 2 * process.f(t) * y[1] + process.g2(t)]

    at = process.at(start)
    solved = integrate.solve_ivp(moments, (start, stop), [at.alpha, at.sigma**2], rtol=1e-11, atol=1e-13).y[:, -1]
    np.testing.assert_allclose([process.alpha(stop), process.var(stop)], solved, rtol=1e-8)


@each
def test_starts_at_clean_data(process):
    assert process.at(0.0)[:2] == pytest.approx((1.0, 0.0), abs=2e-2 if process is PROCESSES["snr"] else 1e-15)
    assert np.all(np.diff(process.snr(np.linspace(0.01, 1, 50) * process.horizon)) < 0)


@each
def test_g2_is_minus_two_sigma2_times_the_rate_of_the_half_log_snr(process):
    t = np.linspace(0.1, 0.9, 5) * process.horizon
    np.testing.assert_allclose(process.g2(t), -2 * process.var(t) * process.d_half_log_snr(t), rtol=1e-9)
    np.testing.assert_allclose(process.g(t) ** 2, process.g2(t), rtol=1e-12)


@pytest.mark.parametrize("name", [name for name in PROCESSES if name != "drift"])  # its times are NumPy, as documented
def test_torch_times(name):
    torch, process = pytest.importorskip("torch"), PROCESSES[name]
    t = np.linspace(0.1, 0.9, 5) * process.horizon
    for part in ("alpha", "var", "sigma", "d_alpha", "d_var", "half_log_snr", "g2"):
        out = getattr(process, part)(torch.tensor(t))
        assert isinstance(out, torch.Tensor)
        np.testing.assert_allclose(out, getattr(process, part)(t), rtol=1e-12)


@each
def test_time_at_inverts_the_half_log_snr(process):
    t = 0.37 * process.horizon
    assert process.time_at(float(process.half_log_snr(t))) == pytest.approx(t, rel=1e-12)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.sampled_from(list(PROCESSES)))
def test_transitions_compose(a, b, c, name):
    process = PROCESSES[name]
    t, u, s = (part * process.horizon for part in sorted((a, b, c)))
    (r1, v1), (r2, v2) = process.transition(t, u), process.transition(u, s)
    ratio, var = process.transition(t, s)
    assert ratio == pytest.approx(r1 * r2, rel=1e-9)
    assert var == pytest.approx(v2 + r2**2 * v1, rel=1e-9, abs=1e-9)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.sampled_from(list(PROCESSES)))
def test_bridge_is_the_conditional_law(a, b, name):
    process = PROCESSES[name]
    t, s = (part * process.horizon for part in sorted((a, b + 1e-3)))
    s = min(s, process.horizon)
    ratio, _ = process.transition(t, s)
    # joint of (x_t, x_s) given x_0 = 1, conditioned on x_s = 2
    var_t, var_s, cross = process.var(t), process.var(s), ratio * process.var(t)
    mean = process.alpha(t) + cross / var_s * (2 - process.alpha(s))
    weight_s, weight_0, var = process.bridge(t, s)
    assert 2 * weight_s + weight_0 == pytest.approx(mean, rel=1e-8, abs=1e-8)
    assert var == pytest.approx(var_t - cross**2 / var_s, rel=1e-6, abs=1e-9)


def test_closed_forms_of_the_literature():
    vp = fs.vp_linear(0.1, 20.0)
    assert float(vp.alpha(1.0)) == pytest.approx(np.exp(-10.05 / 2), rel=1e-14)
    assert float(fs.sub_vp().var(0.3)) == pytest.approx(float(vp.var(0.3)) ** 2, rel=1e-14)
    np.testing.assert_allclose(vp.alpha(0.3) ** 2 + vp.var(0.3), 1, rtol=1e-15)
    np.testing.assert_allclose(vp.g2(0.3), 0.1 + 19.9 * 0.3, rtol=1e-13)
    np.testing.assert_allclose(fs.ornstein_uhlenbeck(0.7).f(0.2), -0.7, rtol=1e-14)

    def sigma(t):
        return 0.05 * 200.0**t

    np.testing.assert_allclose(fs.ve(0.05, 10.0).var(0.4), sigma(0.4) ** 2 - sigma(0.0) ** 2, rtol=1e-13)
    np.testing.assert_allclose(fs.ve(0.05, 10.0).g(0.4), sigma(0.4) * np.sqrt(2 * np.log(200)), rtol=1e-12)
    np.testing.assert_allclose(fs.flow_matching().g2(0.25), 2 * 0.25 / 0.75, rtol=1e-14)
    cosine = fs.vp_cosine(0.008)

    def raw(t):
        return np.cos(np.pi / 2 * (t + 0.008) / 1.008)

    np.testing.assert_allclose(cosine.alpha(0.3), raw(0.3) / raw(0.0), rtol=1e-13)
    np.testing.assert_allclose(cosine.alpha(0.3) ** 2 + cosine.var(0.3), 1, rtol=1e-14)
    assert fs.edm(10.0).g2(2.0) == 4.0


def test_cosine_grid_is_the_trigonometric_process():
    grid, t = fs.cosine_schedule(16), np.linspace(0, np.pi / 2, 17)
    np.testing.assert_allclose(fs.trigonometric().alpha(t), grid.alpha, atol=2e-16)
    np.testing.assert_allclose(fs.trigonometric().sigma(t), grid.sigma, atol=2e-16)


def test_small_times_keep_their_digits():
    assert float(fs.vp_linear().var(1e-12)) == pytest.approx(0.1e-12, rel=1e-9)
    assert float(fs.vp_cosine().var(1e-12)) == pytest.approx(float(fs.vp_cosine().d_var(0.0)) * 1e-12, rel=1e-6)
    assert np.isinf(fs.flow_matching().snr(0.0))
    assert np.isinf(fs.flow_matching().half_log_snr(0.0))


def test_ladders():
    levels = fs.geometric_levels(0.01, 10.0, 7)
    np.testing.assert_allclose(levels[1:] / levels[:-1], 1000 ** (1 / 6), rtol=1e-12)
    karras = fs.karras_levels(0.002, 80.0, 18)
    assert karras.size == 19
    assert karras[0] == pytest.approx(0.002)
    assert karras[-1] == pytest.approx(80.0)
    np.testing.assert_allclose(np.diff(karras ** (1 / 7)), np.diff(karras ** (1 / 7))[0], rtol=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fs.vp_linear(1.0, 0.5), "beta_max must be at least"),
        (lambda: fs.ve(1.0, 1.0), "sigma_max must exceed"),
        (lambda: fs.flow_matching().alpha(1.1), "t must be at most the horizon 1"),
        (lambda: fs.flow_matching().alpha(-0.1), "t must be at least 0"),
        (lambda: fs.flow_matching().f(1.0), "f is infinite"),
        (lambda: fs.flow_matching().transition(0.5, 0.2), "t must not exceed s"),
        (lambda: fs.flow_matching().transition(1.0, 1.0), "alpha vanishes"),
        (lambda: fs.flow_matching().bridge(0.0, 0.0), "sigma vanishes"),
        (lambda: fs.edm().time_at(-10.0), "is not reached"),
        (lambda: fs.from_drift(lambda t: np.abs(t - 0.3), lambda t: 1 + 0 * t, 1.0), "f is not resolved"),
        (lambda: fs.from_drift(lambda t: 0 * t, lambda t: -1 + 0 * t, 1.0), r"g2\(t\) must be at least 0"),
        (lambda: fs.karras_levels(80.0, 0.002, 3), "high must exceed low = 80"),
        (lambda: fs.geometric_levels(1.0, 1.0, 3), "high must exceed low = 1"),
        (lambda: fs.from_half_log_snr(lambda t: np.where(t > 0, 1.0, np.inf), lambda t: 0 * t, 1.0), "must be finite"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_rising_snr_has_no_transition():
    rising = fs.from_half_log_snr(lambda t: t, lambda t: 1 + 0 * t, 1.0)
    with pytest.raises(ValueError, match="must not increase"):
        rising.transition(0.2, 0.8)
    with pytest.raises(ValueError, match="g\\^2 is negative"):
        rising.g(0.5)


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12])
def test_the_sign_of_g2_is_judged_on_its_own_scale(unit):
    shrinking = fs.Diffusion(
        lambda t: 1 + 0 * t, lambda t: unit * (1 - t / 2), lambda t: 0 * t, lambda t: -unit / 2 + 0 * t, 1.0
    )
    with pytest.raises(ValueError, match="g\\^2 is negative"):
        shrinking.g(0.5)


def test_repr():
    assert repr(fs.edm(5.0)) == "Diffusion(EDM, horizon=5)"
