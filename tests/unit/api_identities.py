"""Cases of the identities: pairs of sides, rules, and what they are made of."""

import numpy as np
from api_cases import Case, method, rows
from api_laws import MAKERS

import fewsteps as fs
from fewsteps import identities as ids

LAW = MAKERS["GaussianMixture"](1.0)
RULE = ids.quadrature_rule(LAW, 1.0, 0.6, n=8, inner=2)
LINE = fs.GaussianMixture.on_line([-1.0, 1.0], 0.5)
MODEL = {"s": np.tanh, "div": lambda x: (1 - np.tanh(x) ** 2).sum(axis=1)}
JVP = {"jvp": lambda x, u: (1 - np.tanh(x) ** 2) * u, "probes": ids.rademacher_cube(2)}


def under_rule(name, **arguments):
    return Case(name, getattr(ids, name), lambda: {"rule": RULE, **arguments})


def scaled(name, power, **extra):
    """An identity in units of length, for the score of another Gaussian in the place of a model."""

    def make(unit=1.0):
        law = MAKERS["GaussianMixture"](unit)
        rule = ids.quadrature_rule(law, 1.0, 0.6 * unit, n=8, inner=2)
        model = {"s": lambda x: -x / unit**2, "div": lambda x: np.full(len(x), -2 / unit**2)}
        return {"rule": rule, "law": law} | {key: model[key] for key in extra.get("models", ())}

    return Case(f"{name}: in units", getattr(ids, name), make, power=power)


def pointwise(name, power=None, moving=True, **extra):
    def make(unit=1.0):
        process = fs.Diffusion(
            lambda t: 1 - t / 2, lambda t: (unit * t) ** 2, lambda t: -0.5 + 0 * t, lambda t: 2 * unit**2 * t, 1.0
        )
        return {"law": MAKERS["GaussianMixture"](unit), "diffusion": process, "x": rows(5, 2, unit), "t": 0.6} | extra

    return Case(name, getattr(ids, name), make, batch=("x",), fixed=("x",), level=("t",), clock=("t",), power=power)


def tweedies(name, power, **extra):
    def make(unit=1.0):
        arguments = {"x": rows(5, 2, unit), "direction": np.array([0.6, 0.8]), "alpha": 0.7, "sigma": 0.6 * unit}
        return {"law": MAKERS["GaussianMixture"](unit)} | arguments | extra

    pick = (lambda answer: answer) if name == "tweedie" else (lambda answer: list(answer))
    return Case(name, getattr(ids, name), make, batch=("x",), fixed=("x", "direction"), power=power, pick=pick)


def ratio(name, power):
    def make(unit=1.0):
        return {"law": MAKERS["Gaussian"](unit), "x": rows(5, 2, unit), "alpha": 0.7, "sigma": 0.6 * unit}

    return Case(name, getattr(ids, name), make, batch=("x",), fixed=("x",), power=power, torch=False, keeps=False)


CASES = [
    under_rule("hyvarinen", law=LAW, **MODEL),
    under_rule("vincent", law=LAW, s=np.tanh),
    under_rule("denoising_constant", law=LAW),
    under_rule("sliced", law=LAW, s=np.tanh, **JVP),
    under_rule("stein", law=LAW, a=np.tanh, div_a=MODEL["div"]),
    under_rule("stein_noise", a=np.tanh, div_a=MODEL["div"]),
    under_rule("sure", denoiser=np.tanh, div=MODEL["div"]),
    under_rule("sure_as_matching", **MODEL),
    under_rule("bayes_risk", law=LAW),
    under_rule(
        "regression_pythagoras",
        predict=np.tanh,
        target=RULE.clean.copy(),
        conditional_mean=lambda x: LAW.denoiser(x, 1.0, 0.6),
        conditional_trace=lambda x: np.trace(LAW.posterior_cov(x, 1.0, 0.6), axis1=1, axis2=2),
    ),
    under_rule("generalised_fisher", law=LAW, s=np.tanh, adjoint_s=MODEL["div"], ratio=ids.gradient_ratio),
    under_rule("explicit_score_matching", s=np.tanh, score=np.sin),
    under_rule("implicit_score_matching", **MODEL),
    under_rule("sliced_score_matching", s=np.tanh, **JVP),
    under_rule("denoising_score_matching", s=np.tanh),
    under_rule("expect", values=RULE.noisy[:, 0].copy()),
    under_rule("compare", left=RULE.noisy[:, 0].copy(), right=RULE.clean[:, 0].copy()),
    scaled("hyvarinen", -2, models=("s", "div")),
    scaled("vincent", -2, models=("s",)),
    scaled("denoising_constant", -2),
    scaled("bayes_risk", 2),
    Case(
        "Rule",
        ids.Rule,
        lambda unit=1.0: {
            "clean": rows(4, 2, unit),
            "noise": rows(4, 2),
            "weights": np.full(4, 0.25),
            "alpha": 0.7,
            "sigma": 0.6 * unit,
        },
        fixed=("clean", "weights"),
        power=1,
        pick=lambda rule: rule.noisy,
    ),
    Case(
        "quadrature_rule",
        ids.quadrature_rule,
        lambda unit=1.0: {
            "law": MAKERS["GaussianMixture"](unit),
            "alpha": 0.7,
            "sigma": 0.6 * unit,
            "n": 4,
            "inner": 2,
        },
        power=1,
        pick=lambda rule: rule.noisy,
    ),
    Case(
        "monte_carlo_rule",
        ids.monte_carlo_rule,
        lambda unit=1.0: {
            "law": MAKERS["GaussianMixture"](unit),
            "alpha": 0.7,
            "sigma": 0.6 * unit,
            "n": 4,
            "rng": np.random.default_rng(0),
        },
        power=1,
        pick=lambda rule: rule.noisy,
    ),
    Case("Pair", ids.Pair, lambda: {"left": ids.Estimate(1.0), "right": ids.Estimate(1.0)}, pick=lambda pair: pair.gap),
    Case(
        "Pair.agrees",
        method(ids.Pair, "agrees"),
        lambda: {"of": ids.Pair(ids.Estimate(1.0), ids.Estimate(1.0)), "atol": 1e-9, "errors": 4.0},
    ),
    Case(
        "pointwise",
        ids.pointwise,
        lambda: {"left": np.ones(3), "right": np.zeros(3)},
        batch=("left", "right"),
        fixed=("left",),
    ),
    Case(
        "sure_values",
        ids.sure_values,
        lambda unit=1.0: {
            "x": rows(5, 2, unit),
            "denoised": rows(5, 2, unit, 1),
            "div": np.linspace(0, 1, 5),
            "sigma": 0.6 * unit,
        },
        batch=("x", "denoised", "div"),
        fixed=("x", "div"),
        power=2,
    ),
    pointwise("continuity", 0),
    pointwise("fokker_planck", 0),
    pointwise("reverse_fokker_planck", 0, gamma=0.7),
    *(tweedies("tweedie", order, order=order) for order in (1, 2, 3, 4)),
    tweedies("posterior_cumulants", (1, 2, 3, 4), order=4),
    tweedies("log_density_derivatives", (-1, -2, -3, -4), order=4),
    Case(
        "natural_tweedie",
        ids.natural_tweedie,
        lambda unit=1.0: {
            "eta": np.array([-1.0, -3.0]) / unit,
            "weights": np.array([0.5, 0.5]),
            "psi": np.array([0.0, -1.0]),
            "x": unit * np.array([0.0, 1.0, 2.0]),
            "order": 3,
        },
        batch=("x",),
        fixed=("weights", "psi"),
        torch=False,
        keeps=False,
        power=-3,
    ),
    ratio("gradient_ratio", -1),
    ratio("hessian_ratio", -2),
    ratio("laplacian_ratio", -2),
    ratio("denoiser_ratio", 1),
    Case("rademacher_cube", ids.rademacher_cube, lambda: {"d": 3}),
    Case(
        "hutchinson_trace",
        ids.hutchinson_trace,
        lambda unit=1.0: {"A": unit * np.eye(2), "probes": rows(5, 2)},
        fixed=("A", "probes"),
        power=1,
    ),
    Case(
        "hutchinson_variance",
        ids.hutchinson_variance,
        lambda unit=1.0: {"A": unit * np.ones((2, 2)), "kind": "gaussian"},
        fixed=("A",),
        power=2,
    ),
]

EXCEPTIONS = {"Estimate": "holds whatever value it is given"}
