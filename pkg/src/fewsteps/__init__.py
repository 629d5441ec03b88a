"""Few Steps: exact diffusion models, trajectory distillation and flow maps.

A small package behind an executable book. Closed forms only, NumPy first; torch tensors are welcome wherever a formula
is, but torch itself is imported only by `fewsteps.distill`, and matplotlib only by `fewsteps.show`.
"""

from fewsteps.distances import squared_w2, squared_w2_gains
from fewsteps.laws import Gaussian
from fewsteps.operators import *  # noqa: F403
from fewsteps.operators import __all__ as _operators
from fewsteps.plans import *  # noqa: F403
from fewsteps.plans import __all__ as _plans
from fewsteps.schedules import Schedule, cosine_schedule, linear_schedule

__version__ = "0.1.0"

__all__ = [
    "Gaussian",
    "Schedule",
    "cosine_schedule",
    "linear_schedule",
    "squared_w2",
    "squared_w2_gains",
    *_operators,
    *_plans,
]
