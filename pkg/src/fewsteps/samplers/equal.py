"""iPNDM: Adams and Bashforth's weights for equal steps, on whatever steps."""

from __future__ import annotations

from typing import Any

from fewsteps.arrays import Array
from fewsteps.samplers.places import Place
from fewsteps.samplers.setting import Setting
from fewsteps.samplers.single import order_up_to
from fewsteps.samplers.weights import Step, weights_between
from fewsteps.schedules import Diffusion
from fewsteps.solvers.march import Progress

#: Weights of the last values, the newest first, by their number.
ADAMS = (
    (1.0,),
    (3 / 2, -1 / 2),
    (23 / 12, -16 / 12, 5 / 12),
    (55 / 24, -59 / 24, 37 / 24, -9 / 24),
)


def ipndm(
    model: Any,
    process: Diffusion,
    x: Any,
    times: Any,
    order: int = 4,
    predicts: str = "data",
    clip: Any = None,
    path: bool = False,
    progress: Progress = None,
) -> Array:
    """iPNDM: the last values of the noise prediction with the weights of equal steps in sigma / alpha.

    One evaluation a step. Step k has at most order k, so that the order of a whole run is 2 at most; beyond the first
    steps it is that of the weights on equal steps in sigma / alpha alone: on a grid that is smooth in the number of the
    step it is 2, and where the ratio of neighbouring steps does not tend to 1 it is 1. The method with the weights of
    the steps that are taken is `deis` in "noise". A step from alpha = 0 is DDIM's and is not remembered.

    Parameters
    ----------
    model, process, x, times, predicts, clip, path, progress
        As for `sample`.
    order : {1, 2, 3, 4}
        Number of values that a step uses; 1 is DDIM.

    Returns
    -------
    array with the shape of `x`, or (N + 1, *x.shape) with `path`

    Raises
    ------
    TypeError, ValueError, FloatingPointError
        As for `sample`; if the order is not allowed.

    Notes
    -----
    Source: GR-A5.2; Zhang and Chen 2023 (arXiv 2204.13902), iPNDM, after Liu et al. 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps.schedules import edm
    >>> ipndm(lambda x, t: x / (1 + t**2), edm(), np.array([5.0]), [4.0, 3.0, 2.0, 1.0]).round(3)  # the flow: 1.715
    array([1.667])
    """
    run, order = Setting(model, process, x, times, predicts, clip), order_up_to(order, 4)
    values: list[Array] = []

    def step(y: Array, k: int) -> Array:
        s, t = run.places[k : k + 2]
        if not s.alpha:
            return weights_between(process, s, t, [s], "data").taken(y, [run.predict(y, s, "data")])
        values.insert(0, run.predict(y, s, "noise", keep=order > 1))
        del values[order:]
        return _equal(s, t, len(values)).taken(y, values)

    return run.follow(step, path, progress)


def _equal(s: Place, t: Place, count: int) -> Step:
    keep = t.alpha / s.alpha
    total = t.sigma - keep * s.sigma
    return Step(keep, [total * weight for weight in ADAMS[count - 1]], 0.0)
