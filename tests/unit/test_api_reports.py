"""What users of other software reported, tried here: the right values, each with its input."""

import warnings

import numpy as np
import pytest

import fewsteps as fs
from fewsteps import solvers as so

PROCESSES = [
    fs.flow_matching(),
    fs.vp_linear(),
    fs.sub_vp(),
    fs.vp_cosine(),
    fs.ve(),
    fs.edm(5.0),
    fs.ornstein_uhlenbeck(),
    fs.trigonometric(),
    fs.from_drift(lambda t: -0.5 - t, lambda t: 1 + t, 1.0),
    fs.from_half_log_snr(lambda t: 3 - 6 * t, lambda t: -6 + 0 * t, 1.0),
]
every_process = pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)


def added_up(start, step, n):
    times = [start]
    for _ in range(n):
        times.append(times[-1] + step)
    return times


@pytest.mark.parametrize("n", range(1, 101))
def test_clocks_that_add_up_their_steps(n):
    law, process = fs.Gaussian([1.0], [4.0]), fs.flow_matching()
    field, x = so.velocity_of(law, process), np.array([[0.3]])
    for start, end in ((0.0, 1.0), (1.0, 0.0)):
        rounded = added_up(start, (end - start) / n, n)
        exact = so.solve_ode(field, x, np.linspace(start, end, n + 1), "heun")
        np.testing.assert_allclose(so.solve_ode(field, x, rounded, "heun"), exact, rtol=1e-12)
    if n == 9:
        np.testing.assert_allclose(so.solve_ode(field, x, added_up(0.0, 1 / 9, 9), "heun"), -0.35142591, atol=1e-8)


@every_process
def test_every_sampler_forgives_a_clock_its_roundings(process):
    law = fs.GaussianMixture.on_line([-1.0, 1.0], 0.5)
    top = process.horizon
    # the ends lie outside by a rounding; where an end is singular the clock stops short of it
    high = top * (1 + 4e-16) if process.alpha(top) > 0 else 0.9 * top
    up, x = [-1e-17, 0.5 * top, high], np.array([[0.3], [-2.0]])
    exact = [0.0, 0.5 * top, min(high, top)]
    runs = {
        "ode": lambda times: so.solve_ode(so.velocity_of(law, process), x, times, "rk4"),
        "flow": lambda times: so.solve_ode(so.probability_flow(so.score_of(law, process), process), x, times[::-1]),
        "moments": lambda times: so.sampler_moments(2.0, process, times, "heun"),
        "ancestral": lambda times: so.ancestral_sampler(so.denoiser_of(law, process), process, x, times[::-1], eta=0.0),
        "sde": lambda times: so.solve_sde(
            *so.reverse_sde(so.score_of(law, process), process), x, times[::-1], np.random.default_rng(0)
        ),
    }
    for name, run in runs.items():
        np.testing.assert_allclose(run(up), run(exact), rtol=1e-10, err_msg=name)


def test_clocks_in_single_precision_have_its_tolerance():
    process = fs.flow_matching()
    assert process.sigma(np.float32([1 + 1e-6, -1e-6])).tolist() == [1.0, 0.0]
    with pytest.raises(ValueError, match="t must be at most the horizon 1"):
        process.sigma(np.float64([1 + 1e-6]))
    with pytest.raises(ValueError, match="t must be at least 0"):
        process.sigma(np.float32([-1e-3]))


@every_process
def test_rates_at_both_ends_of_the_clock(process):
    ends = np.array([0.0, process.horizon])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        alpha, sigma, d_alpha, d_var = process.at(ends)
        rate, level, snr = process.d_half_log_snr(ends), process.half_log_snr(ends), process.snr(ends)
    assert np.all(np.isfinite([alpha, sigma, d_alpha, d_var]))
    for k in (0, 1):
        if sigma[k] == 0:
            assert (rate[k], level[k], snr[k]) == (-np.inf, np.inf, np.inf)
        elif alpha[k] == 0:
            assert (rate[k], level[k], snr[k]) == (-np.inf, -np.inf, 0.0)
        else:
            assert np.all(np.isfinite([rate[k], level[k], snr[k]]))
    assert float(process.d_half_log_snr(0.0)) == rate[0]


def test_half_precision_is_refused_by_name():
    law = fs.PointCloud([[-1.0], [2.0]])
    x = np.array([[0.4], [3.0]])
    with pytest.raises(TypeError, match=r"x must be float32 or float64, got float16: convert it with \.astype"):
        law.denoiser(x.astype(np.float16), 1.0, 1e-4)
    np.testing.assert_allclose(law.denoiser(x.astype(np.float32), 1.0, 1e-4), [[-1.0], [2.0]])


def test_noise_that_underflows_the_dtype_of_the_points_is_refused():
    law = fs.PointCloud([[-1.0], [2.0]])
    with pytest.raises(ValueError, match="below what float32 can hold"):
        law.score(np.zeros((1, 1), np.float32), 1.0, 1e-25)
    assert np.all(np.isfinite(law.score(np.zeros((1, 1)), 1.0, 1e-25)))


@pytest.mark.parametrize("unit", [1e-150, 1e-12, 1.0, 1e12, 1e150])
def test_quantiles_are_rounded_at_every_scale(unit):
    law = fs.GaussianMixture.on_line(unit * np.array([-1.0, 1.0]), unit * np.array([0.5, 0.2]), [0.3, 0.7])
    q = np.linspace(0.001, 0.999, 997)
    assert np.abs(fs.cdf(law, fs.quantile(law, q)) - q).max() < 1e-15


@pytest.mark.parametrize("unit", [1e-13, 1.0, 1e13])
def test_covariances_are_judged_on_their_own_scale(unit):
    with pytest.raises(ValueError, match="cov must be positive semi-definite"):
        fs.Gaussian([0.0], [[-unit]])
    with pytest.raises(ValueError, match="cov must be symmetric"):
        fs.Gaussian([0.0, 0.0], unit * np.array([[1.0, 1e-6], [0.0, 1.0]]))
    fs.Gaussian([0.0, 0.0], np.float32(unit) * np.array([[1.0, 0.3], [0.3 + 1e-7, 1.0]], np.float32))


@pytest.mark.parametrize("n", range(2, 40))
def test_single_precision_softmaxes_are_weights(n):
    for seed in range(5):
        logits = np.random.default_rng(seed).standard_normal(n).astype(np.float32)
        weights = np.exp(logits) / np.exp(logits).sum()
        assert fs.PointCloud(np.arange(n)[:, None], weights).weights.sum() == pytest.approx(1, abs=1e-15)
    with pytest.raises(ValueError, match="sum to 1"):
        fs.PointCloud(np.arange(n)[:, None], weights * np.float32(1.001))


def test_a_prediction_is_itself_at_every_level():
    v = np.array([[0.3]])
    for kind in ("data", "noise", "score", "velocity"):
        for level in ((1.0, 0.0), (0.0, 1.0), (0.6, 0.8)):
            np.testing.assert_array_equal(fs.convert(v, 2 * v, *level, kind, kind), v)
            assert fs.error_scale(*level, kind, kind) == 1.0


def test_sentences_that_name_the_argument():
    mixture = fs.GaussianMixture([[-1.0], [1.0]], 0.1)
    with pytest.raises(TypeError, match="p must be a Gaussian, got GaussianMixture"):
        fs.squared_w2(mixture, fs.Gaussian([0.0], [1.0]))
    with pytest.raises(ValueError, match=r"sigma must be one number or have shape \(3,\), got \(2,\)"):
        mixture.score(np.zeros((3, 1)), 1.0, [0.1, 0.2])
    with pytest.raises(ValueError, match=r"without noise this PointCloud has no density.* at a time above 0"):
        fs.PointCloud([[0.0]]).score(np.zeros((1, 1)))
    with pytest.raises(ValueError, match="covs must be finite"):
        fs.GaussianMixture([[0.0]], np.nan)
    with pytest.raises(TypeError, match="x must be an array without a mask"):
        mixture.score(np.ma.masked_array([[1.0]], mask=[[True]]))


def test_planted_faults():
    with pytest.raises(ValueError, match="lr must be small enough"):
        fs.shrinkage_gd(1.0, fs.cosine_schedule(2), 0.51, 3)
    law = fs.GaussianMixture.on_line([-2.0, 2.0], 0.5, [0.3, 0.7])
    assert fs.w1_to_law(fs.quantile(law, (np.arange(7) + 0.5) / 7), law) < 1e-14


def test_a_custom_process_from_drift_starts_without_noise():
    process = fs.from_drift(lambda t: -0.5 - t, lambda t: 1 + t, 1.0)
    assert process.sigma(0.0) < 1e-7
    assert np.all(np.isfinite(process.sigma(np.linspace(0, 1e-12, 50))))


def test_the_lipschitz_constant_of_a_point_is_infinite_only_where_noise_vanishes():
    point = fs.Gaussian([0.0], [0.0])
    noisy = fs.Diffusion(lambda t: 1 - t, lambda t: 0.25 + t, lambda t: -1 + 0 * t, lambda t: 1 + 0 * t, 0.9)
    from fewsteps.flowmaps import GaussianFlowMap

    assert GaussianFlowMap(point, fs.flow_matching()).lipschitz() == np.inf
    assert GaussianFlowMap(point, noisy).lipschitz() == pytest.approx(2.0)
