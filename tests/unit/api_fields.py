"""Cases of the third floor: distances, estimates, predictions; and of the digits."""

from functools import cache

import numpy as np
from api_cases import Case, method, rows
from api_laws import LEVEL, MAKERS, MEANS, MOTION, OWN, WEIGHTS, line

import fewsteps as fs
from fewsteps.digits import ImageLaw, digits_law

few_digits = cache(lambda: digits_law(4))


CASES = [
    Case(
        "squared_w2",
        fs.squared_w2,
        lambda unit=1.0: {"p": MAKERS["Gaussian"](unit), "q": fs.Gaussian(unit * MEANS[1], unit**2 * OWN[1])},
        power=2,
    ),
    Case(
        "squared_w2_gains",
        fs.squared_w2_gains,
        lambda unit=1.0: {"a": unit * WEIGHTS, "b": -2 * unit * WEIGHTS},
        batch=("a", "b"),
        fixed=("a",),
        power=2,
    ),
    Case(
        "w1_to_law",
        fs.w1_to_law,
        lambda unit=1.0: {"samples": rows(9, 1, unit), "law": line(unit), "alpha": 0.7, "sigma": 0.6 * unit},
        batch=("samples",),
        fixed=("samples",),
        torch=False,
        keeps=False,
        empty=False,
        power=1,
    ),
    Case(
        "kl_to_samples",
        fs.kl_to_samples,
        lambda unit=1.0: {
            "masses": fs.Checkerboard().masses([-2.0, 0.0, 2.0]),
            "samples": rows(50, 2, unit),
            "edges": unit * np.array([-2.0, 0.0, 2.0]),
            "pseudo": 0.5,
        },
        batch=("samples",),
        fixed=("samples", "masses"),
        torch=False,
        keeps=False,
        empty=False,
        power=0,
    ),
    Case(
        "squared_sliced_w2",
        fs.squared_sliced_w2,
        lambda unit=1.0: {
            "x": rows(9, 2, unit),
            "y": rows(9, 2, unit, 1),
            "rng": np.random.default_rng(0),
            "directions": 8,
        },
        batch=("x", "y"),
        fixed=("x",),
        torch=False,
        keeps=False,
        empty=False,
        power=2,
    ),
    Case(
        "gaussian_fit",
        fs.gaussian_fit,
        lambda unit=1.0: {"samples": rows(9, 2, unit)},
        batch=("samples",),
        torch=False,
        keeps=False,
        empty=False,
        power=(1, 2),
        pick=lambda law: law.moments(),
    ),
    *(
        Case(
            f"convert: {source} to {target}",
            fs.convert,
            lambda source=source, target=target: {
                "value": rows(5, 2),
                "x": rows(5, 2, seed=1),
                "alpha": 0.7,
                "sigma": 0.6,
                "source": source,
                "target": target,
                "d_alpha": -0.5,
                "d_var": 0.9,
            },
            batch=("value", "x"),
            fixed=("x",),
            level=LEVEL + MOTION,
            trusted={} if "velocity" in (source, target) else dict.fromkeys(MOTION, "is needed for velocities alone"),
        )
        for source, target in (("data", "noise"), ("velocity", "data"), ("noise", "velocity"), ("score", "noise"))
    ),
    Case(
        "error_scale",
        fs.error_scale,
        lambda: {"alpha": 0.7, "sigma": 0.6, "source": "noise", "target": "velocity", "d_alpha": -0.5, "d_var": 0.9},
    ),
    Case("digits_law", digits_law, lambda: {"k": 4, "scale": 140.0}, pick=lambda law: law.lam),
    Case(
        "ImageLaw.decode",
        method(ImageLaw, "decode"),
        lambda: {"of": few_digits(), "codes": rows(3, 4)},
        batch=("codes",),
        fixed=("codes",),
        torch=False,
        keeps=False,
    ),
]

EXCEPTIONS = {"ImageLaw": "made by `digits_law`"}
