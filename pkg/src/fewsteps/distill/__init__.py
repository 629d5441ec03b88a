"""Fifth floor: students that are really trained, in torch, which nothing else in the package imports.

`plans` trains the linear student along merge plans; `scores` is a network for a score at all noise levels, `training`
learns it, and `derivatives` holds what identities and likelihoods ask of it.
"""

from fewsteps.distill.derivatives import divergence, jvp_probe
from fewsteps.distill.plans import sinusoidal_embedding, train_plans, training_data
from fewsteps.distill.scores import ScoreNet
from fewsteps.distill.training import denoising_loss, law_samples, train_score_net

__all__ = [
    "ScoreNet",
    "denoising_loss",
    "divergence",
    "jvp_probe",
    "law_samples",
    "sinusoidal_embedding",
    "train_plans",
    "train_score_net",
    "training_data",
]
