"""Fourth floor: teacher and student of the linear regime, as operators on Gaussian data.

`teacher` holds one DDIM step and its products, `student` what training does to one coordinate, `merging` how operators
are merged and what they are measured against.
"""

from fewsteps.operators.merging import (
    amplification_threshold,
    merge,
    merge_block,
    merge_identity_gap,
    surrogate_gain,
    surrogate_operators,
    vanilla_threshold,
)
from fewsteps.operators.student import (
    best_stopping_time,
    distill_loss,
    gradient_flow,
    shrinkage,
    shrinkage_gd,
    student_after,
)
from fewsteps.operators.teacher import (
    composite,
    contraction_asymptotic,
    ddim_sample,
    ddim_step,
    signal_noise_vectors,
    step_angles,
    teacher_contractions,
    teacher_gain,
    teacher_operators,
)

__all__ = [
    "amplification_threshold",
    "best_stopping_time",
    "composite",
    "contraction_asymptotic",
    "ddim_sample",
    "ddim_step",
    "distill_loss",
    "gradient_flow",
    "merge",
    "merge_block",
    "merge_identity_gap",
    "shrinkage",
    "shrinkage_gd",
    "signal_noise_vectors",
    "step_angles",
    "student_after",
    "surrogate_gain",
    "surrogate_operators",
    "teacher_contractions",
    "teacher_gain",
    "teacher_operators",
    "vanilla_threshold",
]
