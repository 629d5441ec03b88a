"""Steps of many times at once: Picard iteration on a grid, and ParaDiGMS, which lets a window slide along it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from fewsteps.arrays import Array, integer_at_least, namespace, number
from fewsteps.objects import one_of
from fewsteps.samplers.classical import CLOCKS, euler_step
from fewsteps.samplers.setting import Setting
from fewsteps.samplers.weights import Step, weights_between
from fewsteps.schedules import Diffusion
from fewsteps.solvers.march import Field, Progress, checked_field, march, state, time_grid


def picard(velocity: Field, x: Any, times: Any, sweeps: int, rule: str = "left") -> Array:
    """Picard iterates on a grid: x^(k+1)(t_j) = x + the rule's sum of velocity(x^(k)(t_i), t_i), from x^(0) = x.

    The fixed point of the left rule is the path of Euler's rule, and after k sweeps its first k + 1 states are reached
    exactly. That of the trapezoid is the implicit trapezoidal rule, of order 2, which no number of sweeps reaches.

    Parameters
    ----------
    velocity : callable
        ``velocity(x, t)`` with the shape of `x`.
    x : array of any shape
        The state at times[0].
    times : array of shape (N + 1,)
        Strictly monotone.
    sweeps : int
        At least 1; the evaluations of one sweep do not depend on each other.
    rule : {"left", "trapezoid"}

    Returns
    -------
    array of shape (sweeps + 1, N + 1, *x.shape)

    Raises
    ------
    TypeError, ValueError
        If a shape is wrong, `times` are not strictly monotone, or `rule` is unknown.

    Notes
    -----
    Source: Shih et al. 2023 (arXiv 2305.16317).

    Examples
    --------
    >>> import numpy as np
    >>> picard(lambda x, t: x, np.ones(1), [0.0, 0.5, 1.0], 2)[..., 0]
    array([[1.  , 1.  , 1.  ],
           [1.  , 1.5 , 2.  ],
           [1.  , 1.5 , 2.25]])
    """
    x, grid = state(x), time_grid(times)
    field, sweeps = checked_field(velocity, x, "velocity"), integer_at_least(sweeps, 1, "sweeps")
    trapezoid = one_of(rule, ("left", "trapezoid"), "rule") == "trapezoid"
    xp, h = namespace(x), [t - s for s, t in pairwise(grid)]
    iterates = [[x] * len(grid)]
    for _ in range(sweeps):
        used = len(grid) if trapezoid else len(grid) - 1
        slopes = [field(y, t) for y, t in zip(iterates[-1][:used], grid[:used], strict=True)]
        states = [x]
        for j, step in enumerate(h):
            slope = (slopes[j] + slopes[j + 1]) / 2 if trapezoid else slopes[j]
            states.append(states[-1] + step * slope)
        iterates.append(states)
    return xp.stack([xp.stack(states) for states in iterates])


@dataclass(frozen=True, eq=False)
class ParallelRun:
    """What `paradigms` returns.

    Parameters
    ----------
    states : array of shape (N + 1, *x.shape)
        At all times; the last is the sample.
    sweeps : int
        Rounds of evaluations that do not depend on each other: the time it takes with enough processors.
    evaluations : int
        Of the model, all sweeps together.
    fronts : tuple of int
        How many steps were done after each sweep.
    """

    states: Array
    sweeps: int
    evaluations: int
    fronts: tuple[int, ...]


def paradigms(
    model: Any,
    process: Diffusion,
    x: Any,
    times: Any,
    window: int = 16,
    tolerance: float = 1e-3,
    variable: str = "noise",
    predicts: str = "data",
    clip: Any = None,
    progress: Progress = None,
) -> ParallelRun:
    """ParaDiGMS: DDIM or Euler's rule by Picard sweeps over a window of times that slides as its states settle.

    A sweep evaluates the model at all states of the window and adds up the steps from its first state, which is final.
    The window then moves to the first state that has changed by more than the tolerance; states that are new to it
    begin as copies of its last one. With tolerance 0 the states are those of the window 1, to the bit.

    Parameters
    ----------
    model, process, x, times, predicts, clip, progress
        As for `sample`; `progress` is called once a sweep with the steps that are done.
    window : int
        Number of steps taken together, at least 1; 1 is the sequential rule.
    tolerance : float
        At least 0, in the unit of `x`: the largest change of any coordinate that counts as none.
    variable : {"noise", "time"}
        Whether the rule is DDIM's, with the linear part exact in every sweep, or Euler's in time.

    Returns
    -------
    ParallelRun

    Raises
    ------
    TypeError, ValueError, FloatingPointError
        As for `sample`; if an option is not allowed.

    Notes
    -----
    Source: Shih et al. 2023 (arXiv 2305.16317), algorithm 1. There the change is a mean square in units of sigma^2.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps.schedules import flow_matching
    >>> run = paradigms(lambda x, t: 0 * x + 3, flow_matching(), np.ones(2), np.linspace(1.0, 0.0, 9))
    >>> run.states[-1], run.sweeps, run.evaluations  # the second sweep finds nothing to change
    (array([3., 3.]), 2, 15)
    """
    run = Setting(model, process, x, times, predicts, clip)
    window, tolerance = integer_at_least(window, 1, "window"), number(tolerance, "tolerance", low=0.0)
    kind, rules = _rules(run, one_of(variable, CLOCKS, "variable"))
    states, front, fronts = [run.x] * (run.steps + 1), 0, []
    while front < run.steps:
        end, y, settled = min(front + window, run.steps), states[front], None
        values = [run.predict(states[j], run.places[j], kind, keep=True) for j in range(front, end)]
        for j, value in enumerate(values, front):
            y = rules[j].taken(y, [value])
            if settled is None and not _largest(y - states[j + 1]) <= tolerance:
                settled = j + 1
            states[j + 1] = y
        states[end + 1 :] = [y] * (run.steps - end)
        front = end if settled is None else settled
        fronts.append(front)
        if progress is not None:
            progress(front, run.steps)
    found = march(lambda y, k: states[k + 1], run.x, run.steps, True, None)
    return ParallelRun(run.given_back(found), len(fronts), run.evaluations, tuple(fronts))


def _largest(change: Array) -> float:
    return 0.0 if 0 in change.shape else float(namespace(change).max(abs(change)))


def _rules(run: Setting, variable: str) -> tuple[str, list[Step]]:
    """What is integrated, and the steps' weights; DDIM in the form of the data, which both ends of a process have."""
    pairs = list(pairwise(run.places))
    if variable == "time":
        return "velocity", [euler_step(run.process, s, t, "time")[1] for s, t in pairs]
    return "data", [weights_between(run.process, s, t, [s], "data") for s, t in pairs]
