from .custom import from_drift, from_half_log_snr, geometric_levels, karras_levels
from .diffusion import Diffusion, Level
from .grid import Schedule, cosine_schedule, linear_schedule
from .processes import edm, flow_matching, ornstein_uhlenbeck, sub_vp, trigonometric, ve, vp_cosine, vp_linear

__all__ = [
    "Diffusion",
    "Level",
    "Schedule",
    "cosine_schedule",
    "edm",
    "flow_matching",
    "from_drift",
    "from_half_log_snr",
    "geometric_levels",
    "karras_levels",
    "linear_schedule",
    "ornstein_uhlenbeck",
    "sub_vp",
    "trigonometric",
    "ve",
    "vp_cosine",
    "vp_linear",
]
