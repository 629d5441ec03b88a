"""Cases of the laws."""

import numpy as np
from api_cases import Case, method, rows

import fewsteps as fs
from fewsteps.laws import noise_level, power_law

MEANS = np.array([[-1.0, 0.2], [1.5, 0.0], [0.3, -1.0]])
OWN = np.array([[[0.3, 0.1], [0.1, 0.2]], [[0.5, 0.0], [0.0, 0.4]], [[0.2, -0.1], [-0.1, 0.3]]])
WEIGHTS = np.array([0.4, 0.35, 0.25])
MAKERS = {
    "Gaussian": lambda unit: fs.Gaussian(unit * MEANS[0], unit**2 * OWN[0]),
    "GaussianMixture": lambda unit: fs.GaussianMixture(unit * MEANS, unit**2 * OWN, WEIGHTS),
    "GaussianMixture: shared": lambda unit: fs.GaussianMixture(unit * MEANS, unit**2 * OWN[0], WEIGHTS),
    "PointCloud": lambda unit: fs.PointCloud(unit * MEANS, WEIGHTS),
    "Checkerboard": lambda unit: fs.Checkerboard(4, 4.0 * unit),
}
LEVEL, MOTION = ("alpha", "sigma"), ("d_alpha", "d_var")
QUESTIONS = {
    "log_prob": None,
    "responsibilities": 0,
    "score": -1,
    "denoiser": 1,
    "hessian": -2,
    "posterior_cov": 2,
    "velocity": 1,
    "jacobian": 0,
    "divergence": 0,
    "time_derivative": 0,
}


def question(kind, name):
    cls, moving = getattr(fs, kind.split(":")[0]), name in ("velocity", "jacobian", "divergence", "time_derivative")

    def make(unit=1.0):
        arguments = {"of": MAKERS[kind](unit), "x": rows(5, 2, unit), "alpha": 0.7, "sigma": 0.6 * unit}
        return arguments | ({"d_alpha": -0.5, "d_var": 0.9 * unit**2} if moving else {})

    what = kind.split(":")[1:]
    return Case(
        ":".join([f"{cls.__name__}.{name}", *what]),
        method(cls, name),
        make,
        batch=("x",),
        fixed=("x",),
        level=LEVEL + (MOTION if moving else ()),
        power=QUESTIONS[name],
    )


def sampling(kind):
    cls = getattr(fs, kind)
    return Case(
        f"{kind}.sample",
        method(cls, "sample"),
        lambda unit=1.0: {
            "of": MAKERS[kind](unit),
            "n": 4,
            "rng": np.random.default_rng(0),
            "alpha": 0.7,
            "sigma": 0.6 * unit,
        },
        power=1,
    )


def line(unit=1.0):
    return fs.GaussianMixture.on_line(unit * np.array([-1.0, 1.0]), 0.5 * unit)


LAWS = ("Gaussian", "GaussianMixture", "PointCloud")
CASES = [
    *(
        question(kind, name)
        for kind in MAKERS
        for name in QUESTIONS
        if (kind, name) != ("Checkerboard", "responsibilities")
    ),
    *(sampling(kind) for kind in (*LAWS, "Checkerboard")),
    *(
        Case(
            f"{kind}.moments",
            method(getattr(fs, kind), "moments"),
            lambda unit=1.0, kind=kind: {"of": MAKERS[kind](unit)},
            power=(1, 2),
        )
        for kind in (*LAWS, "Checkerboard")
    ),
    *(
        Case(
            f"{kind}.mean_cov",
            method(getattr(fs, kind), "mean_cov"),
            lambda unit=1.0, kind=kind: {"of": MAKERS[kind](unit)},
            power=2,
        )
        for kind in LAWS
    ),
    *(
        Case(
            f"{kind}.noised",
            method(getattr(fs, kind), "noised"),
            lambda unit=1.0, kind=kind: {"of": MAKERS[kind](unit), "alpha": 0.7, "sigma": 0.6 * unit},
            power=(1, 2),
            pick=lambda law: law.moments(),
        )
        for kind in LAWS[1:]
    ),
    Case(
        "Gaussian",
        fs.Gaussian,
        lambda unit=1.0: {"mean": unit * MEANS[0], "cov": unit**2 * OWN[0]},
        fixed=("cov",),
        power=(1, 2),
        pick=lambda law: law.moments(),
    ),
    Case(
        "Gaussian.affine_denoiser",
        method(fs.Gaussian, "affine_denoiser"),
        lambda unit=1.0: {"of": MAKERS["Gaussian"](unit), "alpha": 0.7, "sigma": 0.6 * unit},
        power=(0, 1),
    ),
    Case(
        "GaussianMixture",
        fs.GaussianMixture,
        lambda unit=1.0: {"means": unit * MEANS, "covs": unit**2 * OWN, "weights": WEIGHTS.copy()},
        fixed=("covs", "weights"),
        power=(1, 2),
        pick=lambda law: law.moments(),
    ),
    Case(
        "GaussianMixture.on_line",
        lambda means, stds, weights=None: fs.GaussianMixture.on_line(means, stds, weights),
        lambda unit=1.0: {"means": unit * MEANS[:, 0], "stds": unit * WEIGHTS, "weights": WEIGHTS.copy()},
        fixed=("stds", "weights"),
        power=(1, 2),
        pick=lambda law: law.moments(),
    ),
    Case(
        "PointCloud",
        fs.PointCloud,
        lambda unit=1.0: {"points": unit * MEANS, "weights": WEIGHTS.copy()},
        fixed=("weights",),
        power=(1, 2),
        pick=lambda law: law.moments(),
    ),
    Case(
        "Checkerboard",
        fs.Checkerboard,
        lambda unit=1.0: {"cells": 4, "width": 4.0 * unit},
        power=(1, 2),
        pick=lambda law: law.moments(),
    ),
    Case(
        "Checkerboard.indicator",
        method(fs.Checkerboard, "indicator"),
        lambda unit=1.0: {"of": MAKERS["Checkerboard"](unit), "x": rows(5, 2, unit)},
        batch=("x",),
        fixed=("x",),
        power=0,
        keeps=False,
    ),
    Case(
        "Checkerboard.masses",
        method(fs.Checkerboard, "masses"),
        lambda unit=1.0: {"of": MAKERS["Checkerboard"](unit), "edges": unit * np.linspace(-2.5, 2.5, 6)},
        power=0,
    ),
    Case("power_law", power_law, lambda unit=1.0: {"d": 4, "exponent": 1.0, "total": unit}, power=1),
    Case("noise_level", noise_level, lambda unit=1.0: {"alpha": 0.7, "sigma": 0.6}),
    Case(
        "cdf",
        fs.cdf,
        lambda unit=1.0: {"law": line(unit), "x": rows(5, 1, unit)[:, 0], "alpha": 0.7, "sigma": 0.6 * unit},
        batch=("x",),
        torch=False,
        keeps=False,
        power=0,
    ),
    Case(
        "quantile",
        fs.quantile,
        lambda unit=1.0: {"law": line(unit), "q": np.array([0.01, 0.3, 0.9]), "alpha": 0.7, "sigma": 0.6 * unit},
        batch=("q",),
        torch=False,
        keeps=False,
        power=1,
    ),
]

EXCEPTIONS = (
    {"Law": "made by its kinds", "ImageLaw": "made by `digits_law`"}
    | {f"Law.{name}": "asked of its kinds" for name in (*QUESTIONS, "moments", "mean_cov", "sample", "no_density")}
    | {f"{kind}.no_density": "makes an error" for kind in LAWS}
)
