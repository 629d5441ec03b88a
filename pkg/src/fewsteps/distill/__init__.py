"""Fifth floor: students that are really trained, in torch, which nothing else in the package imports.

`plans` trains the linear student along merge plans; `scores` is a network for a score at all noise levels, `training`
learns it, and `derivatives` holds what identities and likelihoods ask of it. Flow maps: `slopes` is a network for an
average velocity, `objectives` holds the residuals, `times` the laws of time pairs, `recipes` and `maps` the training
loop, and `methods` the dictionary of few-step methods.
"""

from fewsteps.distill.derivatives import divergence, jvp_probe
from fewsteps.distill.interpolants import interpolant, map_jumps
from fewsteps.distill.maps import train_flow_map
from fewsteps.distill.methods import METHODS, Method
from fewsteps.distill.objectives import OBJECTIVES, Objective, Pairs, velocity_residual
from fewsteps.distill.plans import sinusoidal_embedding, train_plans, training_data
from fewsteps.distill.recipes import LogWeight, Recipe
from fewsteps.distill.samples import law_samples
from fewsteps.distill.scores import ScoreNet
from fewsteps.distill.slopes import SlopeNet, slope_tangent
from fewsteps.distill.times import fractions, opening_gap, stratified, time_pairs
from fewsteps.distill.training import denoising_loss, train_score_net
from fewsteps.distill.trials import (
    CHECKERBOARD_SMALL,
    CHECKERBOARD_SOURCE,
    JUMPS,
    Trial,
    checkerboard_picture,
    checkerboard_runs,
    checkerboard_samples,
    checkerboard_scores,
    density_of,
)

__all__ = [
    "CHECKERBOARD_SMALL",
    "CHECKERBOARD_SOURCE",
    "JUMPS",
    "METHODS",
    "OBJECTIVES",
    "LogWeight",
    "Method",
    "Objective",
    "Pairs",
    "Recipe",
    "ScoreNet",
    "SlopeNet",
    "Trial",
    "checkerboard_picture",
    "checkerboard_runs",
    "checkerboard_samples",
    "checkerboard_scores",
    "denoising_loss",
    "density_of",
    "divergence",
    "fractions",
    "interpolant",
    "jvp_probe",
    "law_samples",
    "map_jumps",
    "opening_gap",
    "sinusoidal_embedding",
    "slope_tangent",
    "stratified",
    "time_pairs",
    "train_flow_map",
    "train_plans",
    "train_score_net",
    "training_data",
    "velocity_residual",
]
