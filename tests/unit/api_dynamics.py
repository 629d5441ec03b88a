"""Cases of the equations that a diffusion defines, and of the exact fields of a law."""

from api_cases import Case, rows
from api_laws import MAKERS
from api_maps import process

import fewsteps as fs
from fewsteps import solvers as so

VP = fs.vp_linear()


def exact_field(name, power):
    """The fields of a law, called at points and times."""
    quantity = name.removesuffix("_of")

    def call(x, t, unit=1.0):
        return getattr(so, name)(MAKERS["GaussianMixture"](unit), process(unit))(x, t)

    return [
        Case(
            name,
            getattr(so, name),
            lambda: {"law": MAKERS["GaussianMixture"](1.0), "diffusion": VP},
            pick=lambda field: field(rows(5, 2), 0.5),
        ),
        Case(
            f"{name}: {quantity}",
            call,
            lambda unit=1.0: {"x": rows(5, 2, unit), "t": 0.6, "unit": unit},
            batch=("x",),
            fixed=("x",),
            level=("t",),
            clock=("t",),
            power=power,
            trusted={"unit": "of the test"},
        ),
    ]


def flow_field(name, call):
    return Case(f"{name}: drift", call, lambda: {"x": rows(5, 2), "t": 0.6}, batch=("x",), level=("t",), clock=("t",))


CASES = [
    *exact_field("score_of", -1),
    *exact_field("denoiser_of", 1),
    *exact_field("velocity_of", 1),
    *exact_field("divergence_of", 0),
    Case("forward_sde", so.forward_sde, lambda: {"diffusion": VP}, pick=lambda pair: pair[0](rows(5, 2), 0.5)),
    Case(
        "reverse_sde",
        so.reverse_sde,
        lambda: {"score": lambda x, t: -x, "diffusion": VP, "gamma": 0.7},
        pick=lambda pair: pair[0](rows(5, 2), 0.5),
    ),
    Case(
        "probability_flow",
        so.probability_flow,
        lambda: {"score": lambda x, t: -x, "diffusion": VP},
        pick=lambda field: field(rows(5, 2), 0.5),
    ),
    flow_field("forward_sde", lambda x, t: so.forward_sde(VP)[0](x, t)),
    flow_field(
        "reverse_sde", lambda x, t: so.reverse_sde(so.score_of(MAKERS["GaussianMixture"](1.0), VP), VP)[0](x, t)
    ),
    flow_field(
        "probability_flow", lambda x, t: so.probability_flow(so.score_of(MAKERS["GaussianMixture"](1.0), VP), VP)(x, t)
    ),
]

EXCEPTIONS = {}
