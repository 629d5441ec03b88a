from .balanced import accumulated_grid, balanced_grid
from .costs import euler_costs, gaussian_costs
from .even import log_snr, quadratic, rho, uniform, vp_uniform
from .search import BestSchedule, best_schedule, best_schedules
from .spectral import spectral, spectrum

__all__ = [
    "BestSchedule",
    "accumulated_grid",
    "balanced_grid",
    "best_schedule",
    "best_schedules",
    "euler_costs",
    "gaussian_costs",
    "log_snr",
    "quadratic",
    "rho",
    "spectral",
    "spectrum",
    "uniform",
    "vp_uniform",
]
