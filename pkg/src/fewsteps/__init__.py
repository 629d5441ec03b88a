"""Few Steps: exact diffusion models, trajectory distillation and flow maps.

A small package behind an executable book. Closed forms only, NumPy first; torch tensors are welcome wherever a formula
is, but torch itself is imported only by `fewsteps.distill`, and matplotlib only by `fewsteps.show`.
"""

from fewsteps.distances import squared_w2, squared_w2_gains, w1_to_law
from fewsteps.estimators import gaussian_fit, kl_to_samples, squared_sliced_w2
from fewsteps.fields import convert, error_scale
from fewsteps.identities.pairs import Estimate
from fewsteps.laws import Checkerboard, Gaussian, GaussianMixture, Law, PointCloud, cdf, quantile
from fewsteps.operators import *  # noqa: F403
from fewsteps.operators import __all__ as _operators
from fewsteps.plans import *  # noqa: F403
from fewsteps.plans import __all__ as _plans
from fewsteps.schedules import *  # noqa: F403
from fewsteps.schedules import __all__ as _schedules

__version__ = "0.1.0"

__all__ = [
    "Checkerboard",
    "Estimate",
    "Gaussian",
    "GaussianMixture",
    "Law",
    "PointCloud",
    "cdf",
    "convert",
    "error_scale",
    "gaussian_fit",
    "kl_to_samples",
    "quantile",
    "squared_sliced_w2",
    "squared_w2",
    "squared_w2_gains",
    "w1_to_law",
    *_operators,
    *_plans,
    *_schedules,
]
