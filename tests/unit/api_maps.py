"""Cases of the flow maps."""

import numpy as np
from api_cases import Case, method, rows
from api_laws import MAKERS

import fewsteps as fs
from fewsteps import flowmaps as fm

PROCESS = fs.flow_matching()


def process(unit=1.0):
    """A process whose noise is in units of length and whose clock runs to 1."""
    return fs.Diffusion(
        lambda t: 1 - t / 2, lambda t: (unit * t) ** 2, lambda t: -0.5 + 0 * t, lambda t: 2 * unit**2 * t, 1.0
    )


MAPS = {
    "GaussianFlowMap": lambda unit: fm.GaussianFlowMap(MAKERS["Gaussian"](unit), process(unit)),
    "LineFlowMap": lambda unit: fm.LineFlowMap(fs.GaussianMixture.on_line([-unit, unit], 0.5 * unit), process(unit)),
    "CanonicalFlowMap": lambda unit: fm.CanonicalFlowMap(
        fs.GaussianMixture([[-unit, 0.0], [unit, unit]], 0.25 * unit**2 * np.eye(2), [0.3, 0.7]), process(unit)
    ),
    "AffineMap": lambda unit: fm.AffineMap.exact(fs.Gaussian([unit], [4.0 * unit**2]), process(unit)),
    "NumericalFlowMap": lambda unit: fm.NumericalFlowMap(
        lambda x, t: -x * t, lambda x, t: -t * np.broadcast_to(np.eye(2), (*x.shape, 2))
    ),
}
PROCESS_NAMES = {"NumericalFlowMap": (), "AffineMap": ("t",)}


def map_case(kind, name):
    d, times = (1 if kind in ("LineFlowMap", "AffineMap") else 2), (("t",) if name == "velocity" else ("r", "t"))
    numerical = kind == "NumericalFlowMap"

    def make(unit=1.0):
        return {"of": MAPS[kind](unit), "x": rows(5, d, unit)} | dict(zip(times[::-1], (0.3, 0.8), strict=False))

    return Case(
        f"{kind}.{name}" if name != "__call__" else f"{kind}: call",
        method(getattr(fm, kind), name),
        make,
        batch=("x",),
        fixed=() if numerical else ("x",),
        level=() if numerical else times,
        clock=() if numerical else times,
        power=None if numerical else (0 if name == "jacobian" else 1),
        torch=kind in ("GaussianFlowMap", "AffineMap", "CanonicalFlowMap"),
    )


def residual(name, **extra):
    exact = fm.GaussianFlowMap(MAKERS["Gaussian"](1.0), process())
    phi = {"slope": exact.slope} if name.startswith("slope") else {"phi": lambda x, r, t: exact(x, r, t)}
    velocity = {} if "semigroup" in name else {"velocity": exact.velocity}

    def make():
        return {**phi, **velocity, "x": rows(5, 2), **extra}

    return Case(
        name, getattr(fm, name), make, batch=("x",), fixed=("x",), keeps=False, pick=lambda answer: answer + 1.0
    )


CASES = [
    *(map_case(kind, name) for kind in MAPS for name in ("__call__", "slope", "velocity", "jacobian")),
    Case(
        "GaussianFlowMap",
        fm.GaussianFlowMap,
        lambda: {"law": MAKERS["Gaussian"](1.0), "process": PROCESS, "base_cov": np.eye(2)},
        fixed=("base_cov",),
        pick=lambda phi: phi.lam,
    ),
    Case(
        "GaussianFlowMap.std",
        method(fm.GaussianFlowMap, "std"),
        lambda unit=1.0: {"of": MAPS["GaussianFlowMap"](unit), "t": np.array([0.2, 0.5])},
        batch=("t",),
        clock=("t",),
        power=1,
    ),
    Case(
        "GaussianFlowMap.rates",
        method(fm.GaussianFlowMap, "rates"),
        lambda unit=1.0: {"of": MAPS["GaussianFlowMap"](unit), "t": np.array([0.2, 0.5])},
        batch=("t",),
        clock=("t",),
        power=0,
    ),
    Case(
        "GaussianFlowMap.lipschitz",
        method(fm.GaussianFlowMap, "lipschitz"),
        lambda unit=1.0: {"of": MAPS["GaussianFlowMap"](unit)},
        power=0,
    ),
    Case(
        "GaussianFlowMap.one_sided_lipschitz",
        method(fm.GaussianFlowMap, "one_sided_lipschitz"),
        lambda unit=1.0: {"of": MAPS["GaussianFlowMap"](unit), "towards": "noise"},
        power=0,
    ),
    Case(
        "CanonicalFlowMap",
        fm.CanonicalFlowMap,
        lambda: {"law": fs.Gaussian([0.0, 1.0], [2.0, 2.0]), "process": PROCESS},
        pick=lambda phi: phi.lam,
    ),
    Case(
        "LineFlowMap",
        fm.LineFlowMap,
        lambda: {"law": fs.Gaussian([0.0], [1.0]), "process": PROCESS},
        pick=lambda phi: phi.law.mean,
    ),
    Case(
        "NumericalFlowMap",
        fm.NumericalFlowMap,
        lambda: {"velocity": lambda x, t: -x, "jacobian": lambda x, t: -x, "rtol": 1e-9, "atol": 1e-9},
        pick=lambda phi: phi.rtol,
    ),
    Case(
        "AffineMap",
        fm.AffineMap,
        lambda: {
            "gain": lambda r, t: np.exp(t - r),
            "offset": lambda r, t: 0 * r,
            "gain_r": lambda r, t: r,
            "horizon": 1.0,
        },
        pick=lambda phi: phi.horizon,
    ),
    Case(
        "AffineMap.from_slope",
        lambda gain, offset, gain_r=None, horizon=1.0: fm.AffineMap.from_slope(gain, offset, gain_r, horizon=horizon),
        lambda: {
            "gain": lambda r, t: -1 + 0 * r,
            "offset": lambda r, t: r,
            "gain_r": lambda r, t: 0 * r,
            "horizon": 1.0,
        },
        pick=lambda phi: phi.horizon,
    ),
    Case(
        "AffineMap.exact",
        lambda law, process: fm.AffineMap.exact(law, process),
        lambda: {"law": fs.Gaussian([1.0], [4.0]), "process": PROCESS},
        pick=lambda phi: phi(np.ones(1), 1.0, 0.0),
    ),
    Case(
        "flow_map",
        fm.flow_map,
        lambda: {"law": MAKERS["GaussianMixture"](1.0), "process": PROCESS},
        pick=lambda phi: phi(np.ones(2), 1.0, 0.5),
    ),
    Case(
        "sample_steps",
        fm.sample_steps,
        lambda: {"phi": fm.euler_map(lambda x, t: -x), "x": rows(5, 2), "times": np.array([1.0, 0.5, 0.0])},
        batch=("x",),
    ),
    Case(
        "MixtureBridge",
        fm.MixtureBridge,
        lambda: {"data": MAKERS["Gaussian"](1.0), "base": MAKERS["Gaussian"](1.0), "process": PROCESS, "spread": 0.3},
        pick=lambda bridge: bridge.spread,
    ),
    Case(
        "MixtureBridge.velocity",
        method(fm.MixtureBridge, "velocity"),
        lambda unit=1.0: {
            "of": fm.MixtureBridge(MAKERS["GaussianMixture"](unit), MAKERS["Gaussian"](unit), PROCESS, 0.3 * unit),
            "x": rows(5, 2, unit),
            "t": 0.4,
        },
        batch=("x",),
        fixed=("x",),
        clock=("t",),
        power=1,
    ),
    Case(
        "MixtureBridge.law",
        method(fm.MixtureBridge, "law"),
        lambda unit=1.0: {
            "of": fm.MixtureBridge(MAKERS["GaussianMixture"](unit), MAKERS["Gaussian"](unit), PROCESS, 0.3 * unit),
            "t": 0.4,
        },
        clock=("t",),
        power=(1, 2),
        pick=lambda law: law.moments(),
    ),
    *(
        residual(name, r=0.8, t=0.3)
        for name in ("lagrangian_residual", "eulerian_residual", "slope_lagrangian_residual", "slope_eulerian_residual")
    ),
    residual("tangent_residual", t=0.3),
    residual("semigroup_residual", r=0.8, u=0.5, t=0.3),
    residual("slope_semigroup_residual", r=0.8, t=0.3, kappa=0.4),
    Case("map_of", fm.map_of, lambda: {"slope": lambda x, r, t: -x}, pick=lambda phi: phi(np.ones(2), 1.0, 0.5)),
    Case(
        "map_of: call",
        lambda **arguments: fm.map_of(lambda x, r, t: -x)(*arguments.values()),
        lambda: {"x": rows(5, 2), "r": 0.8, "t": 0.3},
        batch=("x",),
        level=("r", "t"),
    ),
    Case(
        "slope_of",
        fm.slope_of,
        lambda: {"phi": lambda x, r, t: x * np.exp(t - r), "horizon": 1.0},
        pick=lambda slope: slope(np.ones(2), 1.0, 0.5),
    ),
    Case(
        "slope_of: call",
        lambda **arguments: fm.slope_of(lambda x, r, t: x * (1 + t - r)[..., None])(*arguments.values()),
        lambda: {"x": rows(5, 2), "r": np.full(5, 0.8), "t": np.full(5, 0.3)},
        batch=("x", "r", "t"),
    ),
    Case("euler_map", fm.euler_map, lambda: {"velocity": lambda x, t: -x}, pick=lambda phi: phi(np.ones(2), 1.0, 0.5)),
    Case(
        "stencil",
        fm.stencil,
        lambda: {"t": np.array([0.2, 0.5]), "horizon": 1.0, "window": 0.01},
        batch=("t",),
        clock=("t",),
        torch=False,
        keeps=False,
    ),
    Case(
        "value_and_rate",
        fm.value_and_rate,
        lambda: {"function": lambda t: np.sin(t) * np.ones((5, 2)), "t": 0.3, "x": rows(5, 2)},
        clock=("t",),
    ),
]

EXCEPTIONS = {
    "FlowMap": "abstract",
    **{f"FlowMap.{name}": "abstract" for name in ("slope", "velocity", "jacobian")},
    **{
        f"AffineMap.{name}": "coefficients on arrays of times, for losses"
        for name in ("at", "rate_r", "rate_t", "diagonal")
    },
}
