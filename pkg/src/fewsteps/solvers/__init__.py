"""Fifth floor: solvers and samplers, and what they do to Gaussian data in closed form.

`ode` and `sde` step through any equation, `dynamics` holds the equations a diffusion defines, `ancestral` and
`exponential` the steps made for them; `langevin` and `annealed` sample from scores at fixed noise levels; `likelihood`
is the change of variables along a flow, `moments` has exact output moments, `finite_volume` solves the Fokker-Planck
equation on a grid. What they share (checks, the loop over steps) is in `march`.
"""

from fewsteps.solvers.ancestral import ancestral_sampler, ancestral_step, ancestral_weights
from fewsteps.solvers.annealed import annealed_langevin, annealed_moments
from fewsteps.solvers.dynamics import (
    denoiser_of,
    divergence_of,
    forward_sde,
    probability_flow,
    reverse_sde,
    score_of,
    velocity_of,
)
from fewsteps.solvers.exponential import direct_step, exponential_step
from fewsteps.solvers.finite_volume import evolve, generator, spectral_gap
from fewsteps.solvers.langevin import langevin, langevin_moments, stationary_variance
from fewsteps.solvers.likelihood import hutchinson_divergence, hutchinson_probes, log_likelihood
from fewsteps.solvers.moments import sampler_moments
from fewsteps.solvers.ode import solve_ode
from fewsteps.solvers.sde import brownian_increments, solve_sde

__all__ = [
    "ancestral_sampler",
    "ancestral_step",
    "ancestral_weights",
    "annealed_langevin",
    "annealed_moments",
    "brownian_increments",
    "denoiser_of",
    "direct_step",
    "divergence_of",
    "evolve",
    "exponential_step",
    "forward_sde",
    "generator",
    "hutchinson_divergence",
    "hutchinson_probes",
    "langevin",
    "langevin_moments",
    "log_likelihood",
    "probability_flow",
    "reverse_sde",
    "sampler_moments",
    "score_of",
    "solve_ode",
    "solve_sde",
    "spectral_gap",
    "stationary_variance",
    "velocity_of",
]
