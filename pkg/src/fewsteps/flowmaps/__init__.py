"""Fourth floor: flow maps, exact and approximate, and the residuals that tell them apart.

A flow map phi(x, r, t) takes points at time r along the probability flow to time t; its slope is the average velocity
(phi - x)/(t - r). `gaussian`, `line` and `numerical` have the exact maps, `residuals` the Lagrangian, Eulerian,
semigroup and tangent conditions for any map (NumPy and torch); `affine` has affine maps of the line, `losses` their
flow-map losses in closed form.
"""

from fewsteps.flowmaps.affine import AffineMap
from fewsteps.flowmaps.base import FlowMap
from fewsteps.flowmaps.bridges import MixtureBridge
from fewsteps.flowmaps.derivatives import stencil, value_and_rate
from fewsteps.flowmaps.gaussian import GaussianFlowMap
from fewsteps.flowmaps.line import LineFlowMap
from fewsteps.flowmaps.losses import AffineLosses, affine_losses
from fewsteps.flowmaps.numerical import NumericalFlowMap
from fewsteps.flowmaps.residuals import (
    eulerian_residual,
    lagrangian_residual,
    semigroup_residual,
    slope_eulerian_residual,
    slope_lagrangian_residual,
    slope_semigroup_residual,
    tangent_residual,
)
from fewsteps.flowmaps.sampling import flow_map, sample_steps
from fewsteps.flowmaps.slopes import euler_map, map_of, slope_of

__all__ = [
    "AffineLosses",
    "AffineMap",
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
