from .ancestral import ancestral_sampler, ancestral_step, ancestral_weights
from .annealed import annealed_langevin, annealed_moments
from .dynamics import denoiser_of, divergence_of, forward_sde, probability_flow, reverse_sde, score_of, velocity_of
from .exponential import direct_step, exponential_step
from .finite_volume import evolve, generator, spectral_gap
from .langevin import langevin, langevin_moments, stationary_variance
from .likelihood import hutchinson_divergence, hutchinson_probes, log_likelihood
from .moments import sampler_moments
from .ode import solve_ode
from .sde import brownian_increments, solve_sde

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
