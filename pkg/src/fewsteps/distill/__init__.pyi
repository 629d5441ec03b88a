from .derivatives import divergence, jvp_probe
from .interpolants import interpolant, map_jumps
from .maps import train_flow_map
from .methods import METHODS, Method
from .objectives import OBJECTIVES, Objective, Pairs, velocity_residual
from .plans import sinusoidal_embedding, train_plans, training_data
from .recipes import LogWeight, Recipe
from .samples import law_samples
from .scores import ScoreNet
from .slopes import SlopeNet, slope_tangent
from .times import fractions, opening_gap, stratified, time_pairs
from .training import denoising_loss, train_score_net
from .trials import (
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
