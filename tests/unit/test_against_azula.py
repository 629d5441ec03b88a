"""Samplers against azula, an independent library: same start, same noises, and an exact denoiser of a mixture."""

from itertools import pairwise

import numpy as np
import pytest

import fewsteps as fs
from fewsteps import solvers

torch = pytest.importorskip("torch")
pytest.importorskip("azula")
from azula import denoise, noise, sample  # noqa: E402

LAW = fs.GaussianMixture([[2.0, 0.0], [-1.0, 1.5], [-1.0, -1.5]], 0.09, [0.5, 0.3, 0.2])
STEPS = 12
#: azula's schedules on [0, 1] with its processes in ours and the clock of ours in the time of azula's.
SAME = {
    "VP": (noise.VPSchedule(np.exp(-5.0), 0.0), fs.vp_linear(1e-15, 20.0), lambda t: t),
    "VE": (noise.VESchedule(0.02, 30.0), fs.edm(), lambda t: 0.02 * 1500.0**t),
    "cosine": (noise.CosineSchedule(0.0, 0.0), fs.trigonometric(), lambda t: np.pi / 2 * t),
    "rectified": (noise.RectifiedSchedule(0.0, 0.0), fs.flow_matching(), lambda t: t),
}
every = pytest.mark.parametrize("name", SAME)


class ExactDenoiser(denoise.Denoiser):
    """The exact posterior mean of our mixture, as azula wants it."""

    def __init__(self, schedule):
        super().__init__()
        self.schedule = schedule

    def forward(self, x, t):
        alpha, sigma = (float(part) for part in self.schedule(t))
        return denoise.DiracPosterior(mean=LAW.denoiser(x, alpha, sigma))


def theirs(name, sampler, x, stop=0.02, start=0.98, **options):
    """Run one of azula's samplers; it takes its noises from torch's global generator."""
    run = sampler(
        ExactDenoiser(SAME[name][0]), start=start, stop=stop, steps=STEPS, silent=True, dtype=torch.float64, **options
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        return run(x)


def our_times(name, stop=0.02, start=0.98):
    return SAME[name][2](np.linspace(start, stop, STEPS + 1))


def beginning(name, start=0.98):
    alpha, sigma = SAME[name][1].at(our_times(name, start=start)[0])[:2]
    return torch.as_tensor(LAW.sample(40, np.random.default_rng(0), alpha, sigma))


def same(ours, theirs):
    assert torch.isfinite(theirs).all()
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-10)


@every
def test_the_processes_are_the_same(name):
    schedule, diffusion, clock = SAME[name]
    t = np.linspace(0.02, 0.98, 33)
    alpha, sigma = schedule(torch.as_tensor(t))
    np.testing.assert_allclose(diffusion.alpha(clock(t)), alpha, rtol=1e-12)
    np.testing.assert_allclose(diffusion.sigma(clock(t)), sigma, rtol=1e-10)


@every
def test_ancestral_sampling_is_ddpm(name):
    x = beginning(name)
    denoiser = solvers.denoiser_of(LAW, SAME[name][1])
    source = torch.Generator().manual_seed(7)
    ours = solvers.ancestral_sampler(denoiser, SAME[name][1], x, our_times(name), source)
    same(ours, theirs(name, sample.DDPMSampler, x))


@every
@pytest.mark.parametrize("eta", [0.0, 0.6, 1.0])
def test_less_noise_is_ddim(name, eta):
    """azula's eta scales the variance of the fresh noise; ours, as in the paper on DDIM, its standard deviation."""
    x = beginning(name)
    denoiser = solvers.denoiser_of(LAW, SAME[name][1])
    source = torch.Generator().manual_seed(7)
    ours = solvers.ancestral_sampler(denoiser, SAME[name][1], x, our_times(name), source, eta=eta)
    same(ours, theirs(name, sample.DDIMSampler, x, eta=eta**2))


@pytest.mark.parametrize("name", ["cosine", "rectified"])
@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_the_whole_way_from_pure_noise_to_data(name, eta):
    """alpha = 0 where it starts, sigma = 0 where it lands; azula draws a last noise and multiplies it by zero."""
    x = torch.as_tensor(np.random.default_rng(0).standard_normal((40, 2)))
    denoiser = solvers.denoiser_of(LAW, SAME[name][1])
    source, times = torch.Generator().manual_seed(7), our_times(name, stop=0.0, start=1.0)
    ours = solvers.ancestral_sampler(denoiser, SAME[name][1], x, times, source, eta=eta)
    same(ours, theirs(name, sample.DDIMSampler, x, stop=0.0, start=1.0, eta=eta))


@every
@pytest.mark.parametrize(("method", "sampler"), [("euler", sample.EulerSampler), ("heun", sample.HeunSampler)])
def test_ode_solvers_in_the_coordinate_where_alpha_is_one(name, method, sampler):
    """azula solves for x / alpha, whose clock is sigma / alpha: the process of EDM."""
    x, diffusion = beginning(name), SAME[name][1]
    alpha, sigma = diffusion.alpha(our_times(name)), diffusion.sigma(our_times(name))
    clock = fs.edm(1.01 * float(max(sigma / alpha)))
    ours = solvers.solve_ode(solvers.velocity_of(LAW, clock), x / alpha[0], sigma / alpha, method) * alpha[-1]
    same(ours, theirs(name, sampler, x))


@every
def test_the_exponential_step_is_euler_s_there(name):
    x, diffusion = beginning(name), SAME[name][1]
    score = solvers.score_of(LAW, diffusion)
    ours = x
    for s, t in pairwise(our_times(name)):
        ours = solvers.exponential_step(ours, score(ours, s), diffusion, s, t, "noise")
    same(ours, theirs(name, sample.EulerSampler, x))


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_the_reverse_sde_with_given_increments(gamma):
    """Where alpha = 1, azula's step is Euler's and Maruyama's with the noise's variance integrated exactly."""
    x, times = beginning("VE"), our_times("VE")
    source = torch.Generator().manual_seed(7)
    normals = torch.stack([torch.randn(x.shape, generator=source, dtype=x.dtype) for _ in range(STEPS)])
    integrated = np.sqrt(-np.diff(times**2) / (2 * times[:-1]))
    drift, amplitude = solvers.reverse_sde(solvers.score_of(LAW, fs.edm()), fs.edm(), gamma)
    increments = normals * torch.as_tensor(integrated)[:, None, None]
    ours = solvers.solve_sde(drift, amplitude, x, times, None, increments=increments)
    same(ours, theirs("VE", sample.ItoSampler, x, eta=gamma))
