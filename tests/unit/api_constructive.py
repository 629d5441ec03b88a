"""Cases of the networks that are written down."""

import numpy as np
from api_cases import Case, method, rows

import fewsteps as fs
from fewsteps import constructive as co

OU = fs.ornstein_uhlenbeck(2.0, 1.0)


def net():
    return co.Network([([[1.0, 0.5], [-1.0, 2.0]], [0.0, 0.3], "requ")], [[1.0, 1.0]])


def law():
    return fs.GaussianMixture([[-1.0, 0.0], [1.0, 1.0]], 0.25 * np.eye(2))


def at_a_point(one):
    return one(np.full((1, one.inputs), 0.3))


CASES = [
    Case(
        "Network: call",
        lambda of, x: of(x),
        lambda: {"of": net(), "x": rows(5, 2)},
        ("x",),
        ("x",),
        torch=False,
        keeps=False,
    ),
    Case("Network.size", method(co.Network, "size"), lambda: {"of": net()}, pick=lambda size: np.array(size)),
    Case(
        "Network.within",
        method(co.Network, "within"),
        lambda: {"of": net(), "depth": 1, "width": 2, "nonzeros": 8, "largest": 3.0},
        pick=lambda one: np.array(one),
    ),
    Case(
        "truncated_softmax",
        co.truncated_softmax,
        lambda: {"logits": rows(5, 3), "M": 2.0},
        ("logits",),
        torch=False,
        keeps=False,
    ),
    Case("softmax_network", co.softmax_network, lambda: {"K": 3, "error": 0.1}, pick=at_a_point),
    Case(
        "score_network",
        co.score_network,
        lambda: {"law": law(), "process": OU, "t": 0.2, "error": 0.1},
        clock=("t",),
        pick=at_a_point,
    ),
    Case(
        "score_network_in_time",
        co.score_network_in_time,
        lambda: {"law": law(), "process": OU, "error": 0.1},
        pick=at_a_point,
    ),
]
BUILT = "works on a network under construction: test_constructive"
EXCEPTIONS = {
    "Size": "numbers",
    "Size.count": "of a tuple",
    "Size.index": "of a tuple",
    "Network": "test_constructive refuses other shapes",
    **dict.fromkeys(("Builder", "Builder.layer", "Builder.network", "Form", "Layer", "Layer.unit"), BUILT),
    **dict.fromkeys(("carry", "clip_below", "constant", "exponential", "maximum", "product"), BUILT),
    **dict.fromkeys(("reciprocal", "relu_square", "square"), BUILT),
}
