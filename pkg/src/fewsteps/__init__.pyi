from . import constructive as constructive
from . import digits as digits
from . import distances as distances
from . import distill as distill
from . import estimators as estimators
from . import evidence as evidence
from . import exercises as exercises
from . import fields as fields
from . import flowmaps as flowmaps
from . import geometry as geometry
from . import grids as grids
from . import identities as identities
from . import laws as laws
from . import operators as operators
from . import plans as plans
from . import samplers as samplers
from . import schedules as schedules
from . import show as show
from . import solvers as solvers
from . import stability as stability
from .distances import squared_w2, squared_w2_gains, w1_to_law
from .estimators import gaussian_fit, kl_to_samples, squared_sliced_w2
from .fields import convert, error_scale
from .identities.pairs import Estimate
from .laws import Checkerboard, Gaussian, GaussianMixture, Law, PointCloud, cdf, quantile
from .operators import (
    amplification_threshold,
    best_stopping_time,
    composite,
    contraction_asymptotic,
    ddim_sample,
    ddim_step,
    distill_loss,
    gradient_flow,
    merge,
    merge_block,
    merge_identity_gap,
    shrinkage,
    shrinkage_gd,
    signal_noise_vectors,
    step_angles,
    student_after,
    surrogate_gain,
    surrogate_operators,
    teacher_contractions,
    teacher_gain,
    teacher_operators,
    vanilla_threshold,
)
from .plans import (
    CANONICAL_PLANS,
    MergeProblem,
    Optimum,
    Plan,
    SharedOptimum,
    algorithm1,
    best_by_enumeration,
    boot_plan,
    classify_plan,
    consistency_plan,
    count_plans,
    enumerate_plans,
    merge_problem,
    merge_problem_from,
    optimal_kary_plan,
    optimal_plan,
    optimal_plans,
    pareto_plan,
    progressive_plan,
    random_plan,
    vanilla_plan,
)
from .schedules import (
    Diffusion,
    Level,
    Schedule,
    cosine_schedule,
    edm,
    flow_matching,
    from_drift,
    from_half_log_snr,
    geometric_levels,
    karras_levels,
    linear_schedule,
    ornstein_uhlenbeck,
    sub_vp,
    trigonometric,
    ve,
    vp_cosine,
    vp_linear,
)

__version__: str

__all__ = [
    "CANONICAL_PLANS",
    "Checkerboard",
    "Diffusion",
    "Estimate",
    "Gaussian",
    "GaussianMixture",
    "Law",
    "Level",
    "MergeProblem",
    "Optimum",
    "Plan",
    "PointCloud",
    "Schedule",
    "SharedOptimum",
    "algorithm1",
    "amplification_threshold",
    "best_by_enumeration",
    "best_stopping_time",
    "boot_plan",
    "cdf",
    "classify_plan",
    "composite",
    "consistency_plan",
    "contraction_asymptotic",
    "convert",
    "cosine_schedule",
    "count_plans",
    "ddim_sample",
    "ddim_step",
    "distill_loss",
    "edm",
    "enumerate_plans",
    "error_scale",
    "flow_matching",
    "from_drift",
    "from_half_log_snr",
    "gaussian_fit",
    "geometric_levels",
    "gradient_flow",
    "karras_levels",
    "kl_to_samples",
    "linear_schedule",
    "merge",
    "merge_block",
    "merge_identity_gap",
    "merge_problem",
    "merge_problem_from",
    "optimal_kary_plan",
    "optimal_plan",
    "optimal_plans",
    "ornstein_uhlenbeck",
    "pareto_plan",
    "progressive_plan",
    "quantile",
    "random_plan",
    "shrinkage",
    "shrinkage_gd",
    "signal_noise_vectors",
    "squared_sliced_w2",
    "squared_w2",
    "squared_w2_gains",
    "step_angles",
    "student_after",
    "sub_vp",
    "surrogate_gain",
    "surrogate_operators",
    "teacher_contractions",
    "teacher_gain",
    "teacher_operators",
    "trigonometric",
    "vanilla_plan",
    "vanilla_threshold",
    "ve",
    "vp_cosine",
    "vp_linear",
    "w1_to_law",
]
