"""The samplers against diffusers, an independent library: where the rules agree, and what it is where they do not."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

torch = pytest.importorskip("torch")
pytest.importorskip("azula")
diffusers = pytest.importorskip("diffusers")
from agreement import measured, opposite, run, thirds  # noqa: E402
from agreement_rows import DIFFUSERS, MULTI, SINGLE, STOP, UNIPC  # noqa: E402
from peers import PROCESS, Run, apart, generator, normals, ours, predicted, start, times_of  # noqa: E402
from rebuilt import HALF, HALF_NOISE, TURNED, by_number, ell, multistep  # noqa: E402

from fewsteps import edm, grids, samplers  # noqa: E402
from fewsteps.laws import power_law  # noqa: E402

SAME = [pair for pair in DIFFUSERS if pair.rebuilt is None]
OTHER = [pair for pair in DIFFUSERS if pair.rebuilt is not None]


@pytest.mark.parametrize("pair", SAME, ids=lambda pair: pair.key)
def test_the_same_method(pair):
    """To rounding in double precision; to 1e-5 as shipped, but where errors of single precision cancel or grow."""
    found, grows = measured(pair), "DEIS" in pair.peer or pair.method == "dpm++1-sde"
    assert found["difference"] < 1e-9
    assert found["shipped"] < (1e-4 if grows else 1e-5)


@pytest.mark.parametrize("pair", OTHER, ids=lambda pair: pair.key)
def test_what_differs_is_the_rule_that_is_named(pair):
    found = measured(pair)
    assert 1e-3 < found["difference"] < 2
    assert found["rebuilt"] < 1e-9


def test_the_noise_of_another_seed_is_far_away():
    """What the comparisons of noisy methods would say of a draw that is not the same."""
    pair = next(pair for pair in DIFFUSERS if pair.method == "ddpm")
    other = ours("ddpm", run(pair, True).levels, noise=torch.Generator().manual_seed(8))
    assert apart(other, run(pair, True).result) > 0.1


# ------------------------------------------------------------------------------------------- settings of theirs


def data(x, t):
    """The exact data prediction at a time of ours."""
    return predicted(x, float(PROCESS.sigma(t) / PROCESS.alpha(t)), float(PROCESS.alpha(t)), "sample")


def test_clipped_data_with_the_noise_of_the_data_before_clipping():
    """DDIM's default there: alpha_t clip(D) + sigma_t e."""
    theirs = Run("DDIMScheduler", {"clip_sample": True})
    x = start(theirs.levels[0])
    for kappa, level in pairwise(theirs.levels):
        alpha, end = 1 / math.hypot(1, kappa), 1 / math.hypot(1, level)
        clean, noise = (predicted(x, kappa, alpha, kind) for kind in ("sample", "epsilon"))
        x = end * clean.clip(-1, 1) + level * end * noise
    assert apart(x, theirs.result) < 1e-12
    assert apart(ours("ddim", theirs.levels, clip=(-1, 1)), theirs.result) > 1e-2


def test_the_large_variance_of_ddpm_is_that_of_the_forward_step():
    """1 - (alpha_s / alpha_t)^2, not that times sigma_t^2 / sigma_s^2: noise of another size, and only that."""
    config = {"clip_sample": False, "variance_type": "fixed_large"}
    theirs = Run("DDPMScheduler", config, generator=generator())
    times, x, draws = times_of(theirs.levels), start(theirs.levels[0]), normals(12)
    for k, (s, t) in enumerate(pairwise(times)):
        rule = samplers.step_weights(PROCESS, s, t, form="data", gamma=1.0)
        fresh = math.sqrt(1 - float(PROCESS.alpha(s) / PROCESS.alpha(t)) ** 2) if t else 0.0
        x = rule._replace(fresh=fresh).taken(x, [data(x, s)], draws[k])
    assert apart(x, theirs.result) < 1e-9


def exact_noise(s, t, nodes, corrects):
    return samplers.step_weights(PROCESS, s, t, nodes)


@pytest.mark.parametrize("order", [2, 3])
def test_orders_are_lowered_at_the_end_of_short_runs_only(order):
    config = {"solver_order": order, "algorithm_type": "dpmsolver", "solver_type": "heun", **STOP}
    weights = by_number(exact_noise, HALF_NOISE, form="noise")
    for steps, last in ((14, 1), (15, order)):
        theirs = Run(MULTI, config, steps=steps)
        for last_order in (1, order):
            gap = apart(multistep(theirs.levels, order, weights, "noise", last_order=last_order), theirs.result)
            assert gap < 1e-9 if last_order == last else gap > 1e-4


def test_the_last_step_of_heun_is_euler_s_whatever_its_end():
    levels = np.geomspace(20.0, 0.05, 9).tolist()
    theirs = Run("HeunDiscreteScheduler", {}, levels=levels)
    assert apart(ours("edm", levels), theirs.result) > 1e-3
    nearly = ours("edm", levels[:-1])
    times = times_of(levels)
    assert apart(samplers.sample("ddim", data, PROCESS, nearly, times[-2:]), theirs.result) < 1e-9


@pytest.mark.parametrize("form", ["data", "noise"])
def test_the_third_order_step_of_the_paper_takes_one_setting_on_its_way_and_the_other_at_its_end(form):
    """ "heun" on the way to the second place, "midpoint" at the end."""

    def switched(scheduler, k):
        scheduler.register_to_config(solver_type="midpoint" if k % 3 == 2 else "heun")

    pair = next(
        pair for pair in OTHER if pair.peer == SINGLE and pair.method == {"data": "dpm++3s", "noise": "dpm-3"}[form]
    )
    theirs = Run(SINGLE, pair.config, levels=thirds(3), before=switched)
    assert apart(opposite(pair, theirs, True), theirs.result) < 1e-9


def test_one_kind_of_unipc_ends_in_nan_with_the_default_last_level():
    assert torch.isnan(Run(UNIPC, {"solver_type": "bh1"}).result).all()
    assert torch.isfinite(Run(UNIPC, {"solver_type": "bh1", **STOP}).result).all()


def test_spacings():
    """Whole numbers of the table, and leading does not begin at the noisiest level."""
    first = {}
    for spacing in ("linspace", "leading", "trailing"):
        scheduler = diffusers.DDIMScheduler(timestep_spacing=spacing)
        scheduler.set_timesteps(10)
        gaps = np.diff(scheduler.timesteps.numpy())
        assert gaps.max() - gaps.min() <= 1
        first[spacing] = int(scheduler.timesteps[0])
    assert first == {"linspace": 999, "leading": 900, "trailing": 999}


# --------------------------------------------------------------------------------------------------------- orders


def local_errors(weights, gamma, sizes):
    """Errors of one step through three values of the data prediction cos(2 + half-log-SNR), against quadrature."""
    share, errors = 1 + gamma**2, []
    for h in sizes:
        s, t, *past = (PROCESS.time_at(value) for value in (0.0, h, -h, -2 * h))
        rule = weights(s, t, [s, *past], False)
        exact = quad(lambda u, h=h: share * math.exp(-share * (h - u)) * math.cos(2 + u), 0, h, epsabs=1e-14)[0]
        made = sum(weight * math.cos(2 + ell(node)) for weight, node in zip(rule.weights, [s, *past], strict=True))
        errors.append(abs(made - float(PROCESS.alpha(t)) * exact))
    return errors


@pytest.mark.parametrize(
    ("three", "gamma", "power"),
    [(None, 0.0, 4), (HALF, 0.0, 3), (None, 1.0, 4), (TURNED, 1.0, 2)],
    ids=["ours", "half", "ours with noise", "turned"],
)
def test_the_power_of_a_third_order_step_s_error(three, gamma, power):
    """One more than the order: half of the second difference leaves order 2, the turned sign order 1."""
    exact = lambda s, t, nodes, _: samplers.step_weights(PROCESS, s, t, nodes, "data", gamma=gamma)  # noqa: E731
    sizes = np.array([0.05, 0.025, 0.0125, 0.00625])
    slopes = np.diff(np.log(local_errors(three or exact, gamma, sizes))) / np.diff(np.log(sizes))
    assert abs(slopes[-1] - power) < 0.15


def whole_slope(result_of):
    """Power of the number of steps with which the error of a whole run falls; tables of 1,000 bear no more steps."""
    few, more, most = (result_of(np.geomspace(4.0, 0.25, count + 1).tolist()) for count in (40, 80, 320))
    return math.log2(apart(few, most) / apart(more, most))


DRIFT = {"solver_order": 3, "algorithm_type": "sde-dpmsolver++", "lower_order_final": False, **STOP}


def still(levels):
    return torch.zeros(len(levels) - 1, 40, 2).double()


def drift_alone(levels):
    """Theirs and ours without draws, so that errors of the drift show."""
    theirs = Run(MULTI, DRIFT, levels=levels, variance_noise=still(levels)[0]).result
    return theirs, ours("dpm++2m-sde", levels, order=3, noise=still(levels))


def test_the_turned_sign_leaves_order_one_and_is_unstable_with_many_steps():
    """Weights do not vanish with the step: where alpha dD/dx = 2q, z^2 + q z - q has a root beyond 1 for q > 1/2."""
    gaps = {}
    for count in (160, 320, 640):
        theirs, mine = drift_alone(np.geomspace(4.0, 0.25, count + 1).tolist())
        gaps[count] = apart(theirs, mine)
    assert 0.7 < math.log2(gaps[160] / gaps[320]) < 1.3
    assert gaps[320] < 2e-3 < 2e-2 < gaps[640]
    assert max(abs(np.roots([1, 0.49, -0.49]))) < 1 < max(abs(np.roots([1, 0.51, -0.51])))


def test_ours_with_noise_keeps_its_order_there():
    """2 as a whole, from a low start."""
    assert whole_slope(lambda levels: ours("dpm++2m-sde", levels, order=3, noise=still(levels))) > 1.8


@pytest.mark.parametrize("order", [1, 2])
def test_unipc_has_the_same_order_with_either_weights(order):
    config = {"solver_order": order, "lower_order_final": False, **STOP}
    theirs = whole_slope(lambda levels: Run(UNIPC, config, levels=levels).result)
    mine = whole_slope(lambda levels: ours(f"unipc-{order}", levels))
    assert abs(theirs - (order + 1)) < 0.35
    assert abs(mine - (order + 1)) < 0.35


def test_a_searched_schedule_is_taken_as_sigmas_and_as_timesteps():
    """As the page on searched schedules says: levels with their 0 for `sigmas`, training steps for `timesteps`."""
    beta = np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    trained = np.sqrt(1 / np.cumprod(1 - beta) - 1)
    levels = grids.spectral(edm(), 6, trained[0], float(trained[-1]), jump=True, lam=power_law(64))
    given = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    euler = diffusers.EulerDiscreteScheduler(**given)
    euler.set_timesteps(sigmas=[float(level) for level in levels])
    np.testing.assert_allclose(euler.sigmas, levels, rtol=1e-5)
    assert len(euler.timesteps) == 6
    steps = np.interp(np.log(levels[:-1]), np.log(trained), np.arange(1000)).round().astype(int)
    euler = diffusers.EulerDiscreteScheduler(**given)
    euler.set_timesteps(timesteps=steps.tolist())
    np.testing.assert_allclose(euler.sigmas[:-1], trained[steps], rtol=1e-4)
