"""Cases of the solvers."""

import numpy as np
from api_cases import Case, rows
from api_maps import process

import fewsteps as fs
from fewsteps import solvers as so

VP = fs.vp_linear()
DOWN = np.array([0.9, 0.6, 0.4, 0.1])
EDGES = np.linspace(-1.0, 1.0, 5)


def step(name, other, **extra):
    return Case(
        name,
        getattr(so, name),
        lambda: {"x": rows(5, 2), other: rows(5, 2, seed=1), "diffusion": VP, "s": 0.8, "t": 0.3, **extra},
        batch=("x", other, *(["noise"] if "noise" in extra else [])),
        fixed=("x",),
        clock=("s",) if name == "direct_step" else (),
    )


def with_rng(name, make, **options):
    return Case(name, getattr(so, name), lambda unit=1.0: make(unit) | {"rng": np.random.default_rng(0)}, **options)


CASES = [
    *(
        Case(
            f"solve_ode: {method}",
            so.solve_ode,
            lambda method=method: {
                "velocity": lambda x, t: -t * x,
                "x": rows(5, 2),
                "times": DOWN.copy(),
                "method": method,
            },
            batch=("x",),
        )
        for method in ("euler", "heun", "rk4")
    ),
    with_rng(
        "solve_sde",
        lambda unit: {
            "drift": lambda x, t: -x,
            "noise": lambda t: unit * t,
            "x": rows(5, 2, unit),
            "times": DOWN.copy(),
        },
        batch=("x",),
        power=1,
    ),
    with_rng("brownian_increments", lambda unit: {"times": DOWN.copy(), "shape": (5, 2)}),
    Case(
        "ancestral_weights",
        so.ancestral_weights,
        lambda: {"diffusion": VP, "s": 0.8, "t": 0.3, "eta": 0.5},
        clock=("t",),
    ),
    step("ancestral_step", "denoised", noise=rows(5, 2, seed=2), eta=0.5),
    step("direct_step", "score"),
    step("exponential_step", "score", variable="noise"),
    with_rng(
        "ancestral_sampler",
        lambda unit: {
            "denoiser": lambda x, t: 0.5 * x,
            "diffusion": VP,
            "x": rows(5, 2),
            "times": DOWN.copy(),
            "eta": 0.5,
        },
        batch=("x",),
    ),
    with_rng(
        "langevin",
        lambda unit: {"score": lambda x: -x / unit**2, "x": rows(5, 2, unit), "step": 0.1 * unit**2, "n": 3},
        batch=("x",),
        power=1,
    ),
    Case(
        "langevin_moments",
        so.langevin_moments,
        lambda unit=1.0: {
            "var": unit**2 * np.array([0.5, 2.0]),
            "step": 0.1 * unit**2,
            "n": 3,
            "mean0": unit * np.array([1.0, 2.0]),
            "var0": unit**2 * np.array([1.0, 2.0]),
        },
        batch=("var", "mean0", "var0"),
        power=(1, 2),
    ),
    Case(
        "stationary_variance",
        so.stationary_variance,
        lambda unit=1.0: {"var": unit**2 * np.array([0.5, 2.0]), "step": 0.1 * unit**2},
        batch=("var",),
        empty=False,
        power=2,
    ),
    with_rng(
        "annealed_langevin",
        lambda unit: {
            "score": lambda x, s: -x / (unit**2 + s**2),
            "levels": unit * np.array([0.1, 1.0]),
            "x": rows(5, 2, unit),
            "step": 0.001 * unit**2,
            "n": 2,
            "last": 0,
        },
        batch=("x",),
        power=1,
    ),
    Case(
        "annealed_moments",
        so.annealed_moments,
        lambda unit=1.0: {
            "lam": unit**2 * np.array([0.5, 2.0]),
            "levels": unit * np.array([0.1, 1.0]),
            "step": 0.001 * unit**2,
            "n": 2,
            "mean0": np.array([1.0, 2.0]) * unit,
            "var0": unit**2 * np.array([1.0, 2.0]),
            "last": 0,
        },
        power=(1, 2),
    ),
    *(
        Case(
            f"sampler_moments: {method}",
            so.sampler_moments,
            lambda unit=1.0, method=method: {
                "lam": unit**2 * np.array([0.5, 2.0]),
                "diffusion": process(unit),
                "times": DOWN.copy(),
                "method": method,
                "mean": unit * np.array([1.0, 2.0]),
                "gamma": 0.7,
                "eta": 0.5,
            },
            batch=("lam", "mean"),
            fixed=("mean",),
            empty=False,
            power=(1, 2),
            trusted={}
            if method == "ancestral"
            else {"eta": "of another method", "gamma": "of another method"}
            if method != "euler-maruyama"
            else {"eta": "of another method"},
        )
        if method != "ancestral"
        else Case(
            "sampler_moments: ancestral",
            so.sampler_moments,
            lambda: {
                "lam": np.array([0.5, 2.0]),
                "diffusion": VP,
                "times": DOWN.copy(),
                "method": "ancestral",
                "mean": np.array([1.0, 2.0]),
                "eta": 0.5,
            },
            batch=("lam", "mean"),
            fixed=("mean",),
            empty=False,
        )
        for method in ("euler", "rk4", "euler-maruyama", "ancestral")
    ),
    Case(
        "log_likelihood",
        so.log_likelihood,
        lambda: {
            "x": rows(5, 2),
            "velocity": lambda x, t: -x,
            "divergence": lambda x, t: -2 + 0 * x[..., 0],
            "prior_log_prob": lambda x: -(x**2).sum(-1),
            "times": DOWN.copy(),
            "method": "heun",
        },
        batch=("x",),
    ),
    Case(
        "hutchinson_divergence",
        so.hutchinson_divergence,
        lambda: {"jvp": lambda x, t, u: (x, 2 * u), "x": rows(5, 2), "t": 0.5, "probes": rows(15, 2).reshape(3, 5, 2)},
        fixed=("probes",),
        trusted={"t": "is handed on"},
    ),
    with_rng("hutchinson_probes", lambda unit: {"shape": (3, 5, 2), "kind": "gaussian"}),
    Case(
        "generator",
        so.generator,
        lambda unit=1.0: {"drift": -EDGES[1:-1] * unit, "diffusion_coefficient": unit**2, "edges": unit * EDGES},
        fixed=("drift",),
        power=0,
    ),
    Case(
        "evolve",
        so.evolve,
        lambda: {
            "density": np.ones(4),
            "drift": lambda x, t: -x,
            "half_g2": lambda t: 1.0,
            "edges": EDGES.copy(),
            "times": DOWN.copy(),
        },
        fixed=("density",),
    ),
    Case(
        "spectral_gap",
        so.spectral_gap,
        lambda unit=1.0: {"log_density": lambda x: -(x**2) / (2 * unit**2), "edges": unit * EDGES},
        power=-2,
    ),
]

EXCEPTIONS = {}
