"""Second floor: data distributions with closed forms at every noise level.

A law describes x_0; its methods answer for x = alpha x_0 + sigma eps at any (alpha, sigma), so that a page can walk
along any schedule. NumPy arrays and torch tensors are both accepted and keep their kind.
"""

from fewsteps.laws.base import Law
from fewsteps.laws.checkerboard import Checkerboard
from fewsteps.laws.checks import noise_level
from fewsteps.laws.gaussian import Gaussian
from fewsteps.laws.line import cdf, quantile
from fewsteps.laws.mixture import GaussianMixture, PointCloud

__all__ = ["Checkerboard", "Gaussian", "GaussianMixture", "Law", "PointCloud", "cdf", "noise_level", "quantile"]
