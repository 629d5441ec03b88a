"""Cases of the operators of the linear regime."""

import numpy as np
from api_cases import Case, rows

import fewsteps as fs

SCHEDULE = fs.cosine_schedule(4)
LAM = np.array([0.3, 2.0])
GENERIC = "any arithmetic is allowed: NumPy, torch, sympy, mpmath"


def of_lam(name, axis=1, **extra):
    return Case(
        name,
        getattr(fs, name),
        lambda: {"lam": LAM.copy(), **extra},
        batch=("lam",),
        axis=axis,
        empty=False,
        torch=name not in ("best_stopping_time", "contraction_asymptotic"),
        keeps=name not in ("best_stopping_time", "contraction_asymptotic"),
    )


def per_coordinate(name, **extra):
    names = ("start" if name == "student_after" else "a", "target", "variance")
    values = dict(zip(names, (np.array([0.9, 0.8]), np.array([0.5, 0.4]), np.array([1.0, 2.0])), strict=True))
    values |= extra
    return Case(
        name, getattr(fs, name), lambda: {key: value.copy() for key, value in values.items()}, batch=tuple(values)
    )


CASES = [
    *(
        of_lam(name, schedule=SCHEDULE)
        for name in ("teacher_operators", "teacher_contractions", "step_angles", "signal_noise_vectors")
    ),
    *(of_lam(name, 0, schedule=SCHEDULE) for name in ("teacher_gain", "surrogate_gain")),
    of_lam("shrinkage", schedule=SCHEDULE, s=1.3),
    of_lam("shrinkage_gd", schedule=SCHEDULE, lr=0.1, n_steps=3, feature_norm2=1.0),
    Case(
        "best_stopping_time",
        fs.best_stopping_time,
        lambda: {"lam": np.array([0.2, 0.3]), "schedule": SCHEDULE},
        batch=("lam",),
        empty=False,
        torch=False,
        keeps=False,
    ),
    of_lam("contraction_asymptotic", 0, T=8),
    per_coordinate("distill_loss"),
    per_coordinate("gradient_flow"),
    per_coordinate("student_after", s=np.array([0.7, 0.9])),
    Case("composite", fs.composite, lambda: {"A": np.linspace(0.5, 1, 6).reshape(3, 2), "t": 3, "k": 2}),
    Case(
        "surrogate_operators",
        fs.surrogate_operators,
        lambda: {"A": np.linspace(0.5, 1.5, 6).reshape(3, 2), "lam": LAM.copy()},
        fixed=("lam",),
    ),
    Case("amplification_threshold", fs.amplification_threshold, lambda: {"schedule": SCHEDULE}),
    Case("vanilla_threshold", fs.vanilla_threshold, lambda: {"T": 8}),
    Case(
        "ddim_step",
        fs.ddim_step,
        lambda: {"x": rows(5, 2), "t": 2, "denoiser": lambda x, a, s: a * x, "schedule": SCHEDULE},
        batch=("x",),
    ),
    Case(
        "ddim_sample",
        fs.ddim_sample,
        lambda: {"x": rows(5, 2), "denoiser": lambda x, a, s: a * x, "schedule": SCHEDULE},
        batch=("x",),
    ),
]

EXCEPTIONS = dict.fromkeys(("merge", "merge_block", "merge_identity_gap"), GENERIC)
