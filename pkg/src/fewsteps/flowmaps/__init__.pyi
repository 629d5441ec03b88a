from .affine import AffineMap
from .base import FlowMap
from .bridges import MixtureBridge
from .canonical import CanonicalFlowMap
from .derivatives import stencil, value_and_rate
from .gaussian import GaussianFlowMap
from .line import LineFlowMap
from .losses import AffineLosses, affine_losses
from .numerical import NumericalFlowMap
from .residuals import (
    eulerian_residual,
    lagrangian_residual,
    semigroup_residual,
    slope_eulerian_residual,
    slope_lagrangian_residual,
    slope_semigroup_residual,
    tangent_residual,
)
from .sampling import flow_map, sample_steps
from .slopes import euler_map, map_of, slope_of

__all__ = [
    "AffineLosses",
    "AffineMap",
    "CanonicalFlowMap",
    "FlowMap",
    "GaussianFlowMap",
    "LineFlowMap",
    "MixtureBridge",
    "NumericalFlowMap",
    "affine_losses",
    "euler_map",
    "eulerian_residual",
    "flow_map",
    "lagrangian_residual",
    "map_of",
    "sample_steps",
    "semigroup_residual",
    "slope_eulerian_residual",
    "slope_lagrangian_residual",
    "slope_of",
    "slope_semigroup_residual",
    "stencil",
    "tangent_residual",
    "value_and_rate",
]
