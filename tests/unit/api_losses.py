"""Cases of the losses of affine maps."""

import numpy as np
from api_cases import Case, method

import fewsteps as fs
from fewsteps import flowmaps as fm

PROCESS = fs.flow_matching()
LOSSES = fm.AffineLosses(fs.Gaussian([0.3], [2.0]), PROCESS, nodes=4)
PHI = fm.AffineMap(lambda r, t: np.exp(t - r), lambda r, t: 0 * r)


def loss(name, **extra):
    return Case(f"AffineLosses.{name}", method(fm.AffineLosses, name), lambda: {"of": LOSSES, "phi": PHI, **extra})


CASES = [
    Case(
        "AffineLosses",
        fm.AffineLosses,
        lambda: {
            "law": fs.Gaussian([0.3], [2.0]),
            "process": PROCESS,
            "nodes": 4,
            "breaks": np.array([0.5]),
            "weight": lambda r, t: r,
        },
        pick=lambda losses: losses.triangle,
    ),
    Case(
        "affine_losses",
        fm.affine_losses,
        lambda: {"phi": PHI, "law": fs.Gaussian([0.3], [2.0]), "process": PROCESS, "nodes": 4, "kind": "lsd"},
    ),
    loss("velocity_excess"),
    loss("lsd", teacher=PHI),
    loss("esd", teacher=PHI, velocity_at="r"),
    loss("psd", kind="midpoint", form="slope"),
    loss("lsd_slice", teacher=PHI),
    loss("esd_slice", teacher=PHI, under="learned"),
    loss("squared_w2", times=np.array([1.0, 0.5, 0.0])),
    loss("learned_moments", times=np.array([0.5, 0.2])),
    Case("AffineLosses.irreducible", method(fm.AffineLosses, "irreducible"), lambda: {"of": LOSSES}),
]

EXCEPTIONS = {
    **{
        f"AffineLosses.{name}": "a part of the losses"
        for name in ("velocity", "moments", "second_moment", "between", "as_nodes")
    },
}
