"""The samplers against azula, an independent library: same start, same noises, same denoiser."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("azula")
from azula import sample as azula  # noqa: E402
from test_against_azula import LAW, SAME, STEPS, beginning, every, our_times, same, theirs  # noqa: E402

from fewsteps import samplers, solvers  # noqa: E402


def ours(name, method, times=None, **options):
    """One of our samplers from the common start; its noises from the generator that azula's are drawn from."""
    process = SAME[name][1]
    return samplers.sample(
        method,
        solvers.denoiser_of(LAW, process),
        process,
        beginning(name),
        our_times(name) if times is None else times,
        noise=torch.Generator().manual_seed(7),
        **options,
    )


@every
@pytest.mark.parametrize("eta", [0.0, 0.6, 1.0])
def test_ddim(name, eta):
    same(ours(name, "ddim", eta=eta), theirs(name, azula.DDIMSampler, beginning(name), eta=eta**2))


@every
@pytest.mark.parametrize("method", ["ddpm", "dpm++1-sde"])
def test_ddpm(name, method):
    same(ours(name, method), theirs(name, azula.DDPMSampler, beginning(name)))


@every
@pytest.mark.parametrize("method", ["ddim", "dpm-1", "dpm++1"])
def test_euler_in_noise(name, method):
    same(ours(name, method), theirs(name, azula.EulerSampler, beginning(name)))


@every
def test_heun_in_noise(name):
    same(ours(name, "edm"), theirs(name, azula.HeunSampler, beginning(name)))


@every
@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("variable", "sampler"), [("noise", azula.zABSampler), ("log-snr", azula.zEABSampler)], ids=["zAB", "zEAB"]
)
def test_adams_bashforth_for_the_noise(name, order, variable, sampler):
    got = ours(name, "deis-t2", order=order, variable=variable)
    same(got, theirs(name, sampler, beginning(name), order=order))


@every
@pytest.mark.parametrize("order", [1, 2, 3])
def test_adams_bashforth_for_the_data(name, order):
    """theirs is the exact integral; the coefficients of DPM-Solver++(2M) differ from it in the third order."""
    got = ours(name, "dpm++2m", order=order, simple=False)
    same(got, theirs(name, azula.xEABSampler, beginning(name), order=order))


def test_adams_bashforth_for_the_noise_down_to_the_data():
    name, x = "rectified", beginning("rectified")
    times = our_times(name, stop=0.0)
    for order in (2, 3):
        got = ours(name, "deis-t2", times, order=order, variable="noise")
        same(got, theirs(name, azula.zABSampler, x, stop=0.0, order=order))
    assert len(times) == STEPS + 1


def test_what_differs_is_the_coefficient_alone():
    """2M with the coefficients of the paper is near its exact form, and not it."""
    gap = (ours("VP", "dpm++2m") - theirs("VP", azula.xEABSampler, beginning("VP"), order=2)).abs().max()
    assert 1e-6 < gap < 0.3
    assert np.isfinite(float(gap))
