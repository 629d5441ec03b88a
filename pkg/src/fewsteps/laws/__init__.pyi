from .base import Law
from .checkerboard import Checkerboard
from .checks import noise_level
from .gaussian import Gaussian
from .line import cdf, quantile
from .mixture import GaussianMixture, PointCloud
from .spectra import power_law

__all__ = [
    "Checkerboard",
    "Gaussian",
    "GaussianMixture",
    "Law",
    "PointCloud",
    "cdf",
    "noise_level",
    "power_law",
    "quantile",
]
