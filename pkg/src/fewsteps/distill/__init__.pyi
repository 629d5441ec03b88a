from .derivatives import divergence, jvp_probe
from .interpolants import interpolant, map_jumps
from .maps import train_flow_map
from .methods import METHODS, Method
from .objectives import OBJECTIVES, Objective, Pairs, velocity_residual
from .perceptrons import MapNet, stored_pairs, train_regression
from .plans import sinusoidal_embedding, train_plans, training_data
from .recipes import LogWeight, Recipe
from .samples import law_samples
from .scores import ScoreNet
from .slopes import SlopeNet, slope_tangent
from .times import fractions, opening_gap, stratified, time_pairs
from .tokens import TokenTransformer
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
    "MapNet",
    "Method",
    "Objective",
    "Pairs",
    "Recipe",
    "ScoreNet",
    "SlopeNet",
    "TokenTransformer",
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
    "stored_pairs",
    "stratified",
    "time_pairs",
    "train_flow_map",
    "train_plans",
    "train_regression",
    "train_score_net",
    "training_data",
    "velocity_residual",
]
