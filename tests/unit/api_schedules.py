"""Cases of the ground and first floor: noise schedules and forward processes."""

import numpy as np
from api_cases import Case, method

import fewsteps as fs

TIMES = np.array([0.2, 0.5, 0.8])


def process(unit=1.0):
    """A process whose lengths are in units: sigma carries them, alpha does not."""
    return fs.Diffusion(
        lambda t: 1 - t / 2, lambda t: (unit * t) ** 2, lambda t: -0.5 + 0 * t, lambda t: 2 * unit**2 * t, 1.0
    )


def of_time(name, power=0.0):
    return Case(
        f"Diffusion.{name}",
        method(fs.Diffusion, name),
        lambda unit=1.0: {"of": process(unit), "t": TIMES.copy()},
        batch=("t",),
        clock=("t",),
        power=power,
    )


def simple(name, call, **arguments):
    return Case(name, call, lambda: dict(arguments))


CASES = [
    *(of_time(name) for name in ("alpha", "d_alpha", "f", "d_half_log_snr")),
    *(of_time(name, 1) for name in ("sigma", "g")),
    *(of_time(name, 2) for name in ("var", "d_var", "g2")),
    of_time("snr", -2),
    of_time("half_log_snr", None),
    of_time("at", (0, 1, 0, 2)),
    Case(
        "Diffusion.transition",
        method(fs.Diffusion, "transition"),
        lambda unit=1.0: {"of": process(unit), "t": TIMES.copy(), "s": TIMES + 0.1},
        batch=("t", "s"),
        power=(0, 2),
    ),
    Case(
        "Diffusion.bridge",
        method(fs.Diffusion, "bridge"),
        lambda unit=1.0: {"of": process(unit), "t": TIMES.copy(), "s": TIMES + 0.1},
        batch=("t", "s"),
        power=(0, 0, 2),
    ),
    simple("Diffusion.time_at", method(fs.Diffusion, "time_at"), of=process(), half_log_snr=0.3),
    Case(
        "Diffusion",
        fs.Diffusion,
        lambda: {"alpha_of": np.cos, "var_of": np.sin, "d_alpha_of": np.sin, "d_var_of": np.cos, "horizon": 1.0},
        pick=lambda made: made.horizon,
    ),
    Case(
        "Schedule",
        fs.Schedule,
        lambda: {"alpha": np.array([1.0, 0.6, 0.0]), "sigma": np.array([0.0, 0.8, 1.0])},
        pick=lambda made: made.alpha,
    ),
    simple(
        "Schedule.is_variance_preserving",
        method(fs.Schedule, "is_variance_preserving"),
        of=fs.cosine_schedule(3),
        atol=1e-14,
    ),
    Case(
        "Schedule.marginal_variance",
        method(fs.Schedule, "marginal_variance"),
        lambda: {"of": fs.cosine_schedule(3), "lam": np.array([0.5, 2.0])},
        batch=("lam",),
        axis=1,
        empty=False,
    ),
    *(
        Case(name, getattr(fs, name), lambda: {"T": 4}, pick=lambda made: made.sigma)
        for name in ("cosine_schedule", "linear_schedule")
    ),
    *(
        Case(name, getattr(fs, name), lambda make=make: dict(make), pick=lambda made: made.at(0.5))
        for name, make in (
            ("edm", {"horizon": 2.0}),
            ("ornstein_uhlenbeck", {"beta": 1.0, "horizon": 2.0}),
            ("sub_vp", {"beta_min": 0.1, "beta_max": 20.0}),
            ("vp_linear", {"beta_min": 0.1, "beta_max": 20.0}),
            ("vp_cosine", {"offset": 0.008}),
            ("ve", {"sigma_min": 0.1, "sigma_max": 5.0}),
        )
    ),
    Case(
        "from_drift",
        fs.from_drift,
        lambda: {"f": lambda t: -0.5 + 0 * t, "g2": lambda t: 1 + 0 * t, "horizon": 2.0, "degree": 16},
        pick=lambda made: made.at(0.5),
    ),
    Case(
        "from_half_log_snr",
        fs.from_half_log_snr,
        lambda: {"ell": lambda t: 3 - 6 * t, "d_ell": lambda t: -6 + 0 * t, "horizon": 1.0},
        pick=lambda made: made.at(0.5),
    ),
    Case(
        "geometric_levels",
        fs.geometric_levels,
        lambda unit=1.0: {"low": 0.1 * unit, "high": 10.0 * unit, "L": 4},
        power=1,
    ),
    Case(
        "karras_levels",
        fs.karras_levels,
        lambda unit=1.0: {"low": 0.1 * unit, "high": 10.0 * unit, "T": 4, "rho": 7.0},
        power=1,
    ),
]

EXCEPTIONS = {
    "Level": "a named tuple of four numbers",
    "Level.count": "of tuples",
    "Level.index": "of tuples",
    "flow_matching": "takes no argument",
    "trigonometric": "takes no argument",
}
