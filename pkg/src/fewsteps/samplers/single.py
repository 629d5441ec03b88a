"""Single-step exponential Runge-Kutta methods: DPM-Solver for predictions of the noise, DPM-Solver++ for the data's."""

from __future__ import annotations

import math
from typing import Any

from fewsteps.arrays import Array, integer_at_least, number
from fewsteps.objects import instance, one_of
from fewsteps.samplers.places import Place, between
from fewsteps.samplers.setting import Setting
from fewsteps.samplers.weights import FORMS, weights_between
from fewsteps.schedules import Diffusion
from fewsteps.solvers.march import Progress

#: By order: every inner place, as a part of the step, with the values that lead there; and the values of the end.
Tableau = tuple[tuple[tuple[float, tuple[int, ...]], ...], tuple[int, ...]]


def dpm_solver(
    model: Any,
    process: Diffusion,
    x: Any,
    times: Any,
    order: int = 2,
    form: str = "noise",
    place: float = 0.5,
    simple: bool = True,
    predicts: str = "data",
    clip: Any = None,
    path: bool = False,
    progress: Progress = None,
) -> Array:
    """DPM-Solver-1, 2 and 3, or with the data's form DPM-Solver++(1), (2S) and (3S): `order` evaluations a step.

    A step that begins at alpha = 0 or ends at sigma = 0 has no inner place in half-log-SNR; it is taken with order 1,
    that is by DDIM, and one evaluation.

    Parameters
    ----------
    model, process, x, times, predicts, clip, path, progress
        As for `sample`.
    order : {1, 2, 3}
    form : {"noise", "data"}
        The prediction whose integral is approximated.
    place : float
        In [0.001, 1]: the inner node of order 2, as a part of the step in half-log-SNR.
    simple : bool
        For order 2, whether the weights are those of the papers, which for the middle is the rule of the midpoint, or
        the exact integrals of the line through both values.

    Returns
    -------
    array with the shape of `x`, or (N + 1, *x.shape) with `path`

    Raises
    ------
    TypeError, ValueError, FloatingPointError
        As for `sample`; if `order`, `form` or `place` is not allowed.

    Notes
    -----
    Source: Lu et al. 2022 (arXiv 2206.00927), algorithms 1 and 2; the form for the data: arXiv 2211.01095,
    algorithm 1. The nodes of order 3 are at 1/3 and 2/3.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps.schedules import edm
    >>> x, times = np.array([5.0]), [4.0, 2.0, 1.0]
    >>> dpm_solver(lambda x, t: x / (1 + t**2), edm(), x, times, order=3).round(3)  # the flow: 1.715
    array([1.716])
    """
    run, form = Setting(model, process, x, times, predicts, clip), one_of(form, FORMS, "form")
    tableau = tableau_of(order_up_to(order, 3), number(place, "place", low=0.001), simple)

    def step(y: Array, k: int) -> Array:
        s, t = run.places[k : k + 2]
        kind = form if s.alpha else "data"
        return single_step(run, y, s, t, kind, tableau, simple, run.predict(y, s, kind, keep=order > 1))

    return run.follow(step, path, progress)


def order_up_to(order: Any, highest: int) -> int:
    """Return an order if it is an integer from 1 to the highest.

    Examples
    --------
    >>> order_up_to(2, 3)
    2
    """
    order = integer_at_least(order, 1, "order")
    if order > highest:
        raise ValueError(f"order must be at most {highest}, got {order}")
    return order


def tableau_of(order: int, place: float, simple: bool) -> Tableau:
    """The inner places and the values of a method of DPM-Solver's, by its order.

    Examples
    --------
    >>> tableau_of(2, 0.5, True)
    (((0.5, (0,)),), (0, 1))
    """
    if place > 1:
        raise ValueError(f"place must be at most 1, got {place:g}")
    instance(simple, bool, "simple")
    return ((), (0,)) if order == 1 else (((place, (0,)),), (0, 1)) if order == 2 else THIRD


#: DPM-Solver-3: from the start to 1/3, through both values to 2/3, and with the first and the last to the end.
THIRD: Tableau = (((1 / 3, (0,)), (2 / 3, (0, 1))), (0, 2))


def single_step(
    run: Setting, y: Array, s: Place, t: Place, kind: str, tableau: Tableau, simple: bool, first: Array
) -> Array:
    """One step from the prediction `first` at its start; of order 1 where a half-log-SNR is infinite.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps.schedules import edm
    >>> run = Setting(lambda x, t: 0 * x, edm(), np.ones(1), [2.0, 1.0], "data", None)
    >>> single_step(run, run.x, *run.places, "data", THIRD, False, np.zeros(1)).round(12)
    array([0.5])
    """
    inner, last = tableau if math.isfinite(t.ell - s.ell) else ((), (0,))
    places, values = [s], [first]

    def reached(end: Place, used: tuple[int, ...], plain: bool) -> Array:
        rule = weights_between(run.process, s, end, [places[j] for j in used], kind, simple=plain)
        return rule.taken(y, [values[j] for j in used])

    for part, used in inner:
        place = between(run.process, s, t, part) if part < 1 else t
        at = reached(place, used, False)
        values.append(run.predict(at, place, kind, keep=True))
        places.append(place)
    return reached(t, last, simple and len(inner) == 1)
