"""What training time does to one coordinate of a linear student.

The loss of gain a against target tau on inputs of variance n is n (a - tau)^2; s is the training time of gradient flow
on that loss (not the diffusion time t). Inputs are centred: a mean would add its square to n.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_torch_array
from numpy.typing import NDArray

from fewsteps.arrays import Array, as_kind, floats, integer_at_least, positive_number, real_array, variances
from fewsteps.objects import instance
from fewsteps.operators.teacher import teacher_gain, teacher_operators
from fewsteps.schedules import Schedule


def _together(**values: Any) -> tuple[Array, ...]:
    """Checked numbers and arrays that broadcast, all of one kind: tensors if one of them is, else NumPy arrays."""
    low = {"s": 0.0, "variance": 0.0}
    arrays = [real_array(value, name, low=low.get(name, -np.inf)) for name, value in values.items()]
    tensor = next((array for array in arrays if is_torch_array(array)), None)
    arrays = arrays if tensor is None else [as_kind(array, tensor) for array in arrays]
    try:
        np.broadcast_shapes(*(tuple(array.shape) for array in arrays))
    except ValueError as error:
        shapes = ", ".join(f"{name} {tuple(array.shape)}" for name, array in zip(values, arrays, strict=True))
        raise ValueError(f"shapes must broadcast, got {shapes}") from error
    return tuple(arrays)


def distill_loss(a: Any, target: Any, variance: Any) -> Array:
    """Expected squared error n (a - target)^2 of a gain on inputs of variance n, per coordinate.

    Parameters
    ----------
    a, target, variance : numbers or arrays that broadcast
        The variance is that of centred inputs, >= 0.

    Notes
    -----
    Source: OM-D-A3.2.

    Examples
    --------
    >>> float(distill_loss(0.5, 1.0, 2.0))
    0.5
    """
    a, target, variance = _together(a=a, target=target, variance=variance)
    return variance * (a - target) ** 2


def gradient_flow(a: Any, target: Any, variance: Any) -> Array:
    """Right-hand side da/ds = -2 n (a - target) of the training ODE, per coordinate.

    Parameters
    ----------
    a, target, variance : numbers or arrays that broadcast

    Notes
    -----
    Source: OM-E12.

    Examples
    --------
    >>> float(gradient_flow(0.5, 1.0, 2.0))
    2.0
    """
    a, target, variance = _together(a=a, target=target, variance=variance)
    return -2 * variance * (a - target)


def student_after(s: Any, start: Any, target: Any, variance: Any) -> Array:
    """Gain after training time `s`: target + (start - target) exp(-2 s n), per coordinate.

    Parameters
    ----------
    s : number or array
        Training time, >= 0.
    start, target : number or array
        Initial gain and the gain to be matched.
    variance : number or array
        Variance n of the centred inputs, >= 0. All four broadcast.

    Notes
    -----
    Source: OM-P3.3.

    Examples
    --------
    >>> float(student_after(0.0, 0.9, 0.5, 1.0))
    0.9
    """
    s, start, target, variance = _together(s=s, start=start, target=target, variance=variance)
    xp = array_namespace(variance)
    return target + (start - target) * xp.exp(-2 * s * variance)


def shrinkage(lam: Any, schedule: Schedule, s: float) -> Array:
    """Weights gamma_t = exp(-2 s n_t) that training time `s` leaves on the initial value; shape (T, d).

    Parameters
    ----------
    lam : array of shape (d,) or a number
        Data variances, >= 0.
    schedule : Schedule
    s : float
        Training time per merge, > 0.

    Notes
    -----
    Source: OM-P3.3, OM-E16. Row t - 1 belongs to step t; the last row is exp(-2 s) for every variance.

    Examples
    --------
    >>> from fewsteps.schedules import cosine_schedule
    >>> bool(shrinkage(0.2, cosine_schedule(8), 1.6)[-1, 0] == np.exp(-3.2))
    True
    """
    n = instance(schedule, Schedule, "schedule").marginal_variance(lam)[1:]
    return array_namespace(n).exp(-2 * positive_number(s, "s") * n)


def shrinkage_gd(lam: Any, schedule: Schedule, lr: float, n_steps: int, feature_norm2: float = 1.0) -> Array:
    """The same weights for `n_steps` full-batch gradient steps: (1 - 2 lr |f|^2 n_t)^n_steps; shape (T, d).

    Parameters
    ----------
    lam : array of shape (d,) or a number
    schedule : Schedule
    lr : float
        Learning rate, > 0.
    n_steps : int
        Number of steps, >= 0.
    feature_norm2 : float
        Squared norm |f|^2 of the features the gain is linear in (d_emb / 2 for a sinusoidal embedding).

    Raises
    ------
    ValueError
        If a step overshoots, lr |f|^2 n_t > 1/2, where the weight is no longer a shrinkage in [0, 1].

    Notes
    -----
    Source: OM-P3.3, OM-E94, OM-X-Tab2.

    Examples
    --------
    >>> from fewsteps.schedules import cosine_schedule
    >>> float(shrinkage_gd(1.0, cosine_schedule(2), 1e-3, 100, 32.0)[-1, 0]) == (1 - 0.064) ** 100
    True
    """
    n = instance(schedule, Schedule, "schedule").marginal_variance(lam)[1:]
    base = 1 - 2 * positive_number(lr, "lr") * positive_number(feature_norm2, "feature_norm2") * n
    if float(base.min()) < 0:
        raise ValueError(f"lr must be small enough that 2 lr |f|^2 n <= 1, got lr={lr} with n up to {float(n.max()):g}")
    return base ** integer_at_least(n_steps, 0, "n_steps")


def best_stopping_time(lam: Any, schedule: Schedule) -> NDArray[np.float64]:
    """Training time at which the one-shot student has exactly the data's spread sqrt(lam); shape (d,).

    Raises
    ------
    ValueError
        If A_T <= sqrt(lam) for a coordinate: the student then starts below the data and never crosses it.

    Notes
    -----
    Source: OM-R-TEACHERDATA. Any schedule: the student starts at A_T, on inputs of variance 1.
    s* = log((A_T - tau) / (sqrt(lam) - tau)) / 2.

    Examples
    --------
    >>> from fewsteps.schedules import cosine_schedule
    >>> best_stopping_time(0.2, cosine_schedule(32)).round(6)
    array([1.61828])
    """
    lam = variances(floats(lam, "lam", low=0.0, strict=True))
    start, tau, spread = teacher_operators(lam, schedule)[-1], teacher_gain(lam, schedule), np.sqrt(lam)
    if np.any(start <= spread):
        raise ValueError(f"lam must be below A_T^2 so that training crosses sqrt(lam), got {lam} with A_T = {start}")
    return np.log((start - tau) / (spread - tau)) / 2
