from .base import Law
from .checkerboard import Checkerboard
from .checks import noise_level
from .gaussian import Gaussian
from .line import cdf, quantile
from .mixture import GaussianMixture, PointCloud

__all__ = [
    "Checkerboard",
    "Gaussian",
    "GaussianMixture",
    "Law",
    "PointCloud",
    "cdf",
    "noise_level",
    "quantile",
]
