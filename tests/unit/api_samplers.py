"""Cases of the samplers and of their grids."""

import numpy as np
from api_cases import Case, rows

import fewsteps as fs
from fewsteps import grids
from fewsteps import samplers as sa

VP = fs.vp_linear()
DOWN = np.array([0.9, 0.6, 0.4, 0.1])
NORMALS = np.random.default_rng(1).standard_normal((3, 5, 2))


PART = sa.LinearPart([-9.0, 9.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0])


def model(x, t):
    return 0.5 * x


def arguments(**options):
    return {"model": model, "process": VP, "x": rows(5, 2), "times": DOWN.copy(), "predicts": "data", **options}


def sampler(name, function, what="", noise=False, **options):
    """A case of a sampler; noise is drawn anew for every batch."""

    def make():
        return arguments(**options) | ({"noise": np.random.default_rng(0)} if noise else {})

    return Case(f"{name}: {what}" if what else name, function, make, batch=("x",), half=("x",))


def grid(name, **options):
    return Case(
        name,
        getattr(grids, name),
        lambda: {"process": VP, "T": 4, "stop": 0.1, "start": 0.9, **options},
        clock=("start",),
    )


CASES = [
    sampler("ddim", sa.ddim, eta=0.5, noise=True),
    sampler("euler", sa.euler, variable="time"),
    sampler("heun", sa.heun, variable="noise"),
    sampler("dpm_solver", sa.dpm_solver, order=2, form="data", place=0.4),
    sampler("deis", sa.deis, order=3, variable="time", start="single"),
    sampler("dpm_multistep", sa.dpm_multistep, order=2, gamma=0.5, noise=True),
    sampler("dpm_multistep", sa.dpm_multistep, "flow", order=3, start="single", last_order=2),
    sampler("dpm_solver_v3", sa.dpm_solver_v3, part=PART, order=3),
    Case(
        "LinearPart",
        sa.LinearPart,
        lambda: {"ells": np.array([-9.0, 0.0, 9.0]), "l": np.ones(3), "a": np.zeros(3), "b": np.zeros(3)},
        pick=lambda part: part.l,
    ),
    Case(
        "linear_part",
        sa.linear_part,
        lambda: {
            "model": model,
            "process": VP,
            "ells": np.linspace(-1, 1, 4),
            "x": rows(24, 2).reshape(4, 6, 2),
            "predicts": "data",
        },
        pick=lambda part: part.l,
    ),
    sampler("unipc", sa.unipc, order=2, start="low"),
    Case(
        "paradigms",
        sa.paradigms,
        lambda: arguments(window=2, tolerance=0.0, variable="noise"),
        batch=("x",),
        half=("x",),
        axis=1,
        pick=lambda run: run.states,
    ),
    Case(
        "picard",
        sa.picard,
        lambda: {"velocity": lambda x, t: -x, "x": rows(5, 2), "times": DOWN.copy(), "sweeps": 3, "rule": "left"},
        batch=("x",),
        axis=2,
    ),
    sampler("sample", lambda **given: sa.sample(**({"method": "dpm++2m"} | given)), "by name"),
    Case("phi", sa.phi, lambda: {"m": 2, "z": np.array([-1.0, 0.0, 3.0])}, batch=("z",), torch=True, keeps=False),
    Case(
        "step_weights",
        sa.step_weights,
        lambda: {
            "process": VP,
            "s": 0.6,
            "t": 0.4,
            "nodes": np.array([0.6, 0.7]),
            "form": "noise",
            "variable": "log-snr",
            "gamma": 0.0,
        },
        clock=("s",),
    ),
    Case(
        "evaluations",
        sa.evaluations,
        lambda: {"method": "dpm-2", "process": VP, "times": DOWN.copy()},
        pick=lambda count: np.array(float(count)),
    ),
    Case(
        "local_error",
        sa.local_error,
        lambda: {"method": "deis-t3", "ratio": 1.0},
        pick=lambda e: np.array(float(e.power)),
    ),
    Case(
        "along_flow",
        sa.along_flow,
        lambda: {"n": 2, "variable": "noise"},
        pick=lambda rates: np.array(float(len(rates))),
    ),
    Case("Counting", lambda model: sa.Counting(model)(np.ones(2), 0.5), lambda: {"model": model}),
    grid("uniform"),
    grid("quadratic"),
    grid("log_snr"),
    grid("rho", power=7.0),
    grid("vp_uniform", cut=0.01),
    grid("spectral", lam=np.ones(3), fine=8, power=7.0),
    sampler("ipndm", sa.ipndm, order=3),
    Case(
        "mode_gains", sa.mode_gains, lambda: {"method": "ddim", "lam": np.ones(3), "process": VP, "times": DOWN.copy()}
    ),
    Case(
        "best_schedule",
        grids.best_schedule,
        lambda: {"costs": np.arange(16.0).reshape(4, 4), "T": 2, "weight": 1.15},
        pick=lambda best: np.array([*best.nodes, best.cost]),
    ),
    Case(
        "best_schedules",
        grids.best_schedules,
        lambda: {"costs": np.arange(16.0).reshape(4, 4), "T": 2, "weight": 1.15},
        pick=lambda every: np.array([best.cost for best in every]),
    ),
    Case(
        "gaussian_costs",
        grids.gaussian_costs,
        lambda: {"lam": np.array([1.0, 2.0]), "levels": DOWN.copy(), "propagate": True},
    ),
    Case(
        "euler_costs",
        grids.euler_costs,
        lambda: {
            "path": rows(40, 2).reshape(4, 10, 2),
            "slopes": rows(40, 2).reshape(4, 10, 2),
            "levels": DOWN.copy(),
            "metric": "l2",
        },
    ),
    Case("spectrum", grids.spectrum, lambda: {"data": rows(5, 2)}),
]

EXCEPTIONS = {
    "BestSchedule": "an answer, made by `best_schedule`",
    "LinearPart.gain": "a method of an answer",
    "LinearPart.growth": "a method of an answer",
    "LinearPart.drift": "a method of an answer",
    "LinearPart.splines": "a property of an answer",
    "LinearPart.within": "a method of an answer",
    "LocalError": "an answer, made by `local_error`",
    "LocalError.count": "of a tuple",
    "LocalError.index": "of a tuple",
    "Method": "a row of the table of methods",
    "ParallelRun": "an answer, made by `paradigms`",
    "Step": "an answer, made by `step_weights`",
    "Step.taken": "a method of an answer; shapes are those of the state",
    "Step.count": "of a tuple",
    "Step.index": "of a tuple",
}
