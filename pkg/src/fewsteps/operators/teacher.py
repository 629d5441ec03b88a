"""One DDIM step under the optimal denoiser of Gaussian data, its geometry and its products.

Shapes: data variances `lam` have shape (d,); the operators A_1, ..., A_T have shape (T, d), row t - 1 holding A_t,
the factor by which step t maps x_t to x_{t-1} in each coordinate. All quantities are dimensionless.

The data are centred, and coordinates run along the eigenvectors of their covariance. Schedules are monotone with exact
ends, as `Schedule` sees to; alpha^2 + sigma^2 = 1 is used nowhere unless a function says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from fewsteps.arrays import Array, as_kind, floats, integer_at_least, like, real_array, same_shape, variances
from fewsteps.objects import function, instance
from fewsteps.schedules import Schedule


def ddim_step(x: Any, t: int, denoiser: Callable[[Array, float, float], Array], schedule: Schedule) -> Array:
    """One deterministic DDIM step from x_t to x_{t-1}.

    Parameters
    ----------
    x : array of any shape
        The noisy sample x_t.
    t : int
        1 <= t <= T; the step is undefined at t = 0.
    denoiser : callable
        ``denoiser(x, alpha_t, sigma_t)``, an estimate of x_0 with the shape of `x`.
    schedule : Schedule

    Returns
    -------
    array with the shape of `x`

    Raises
    ------
    ValueError
        If t lies outside 1, ..., T, or the denoiser's shape is not that of `x`.

    Notes
    -----
    Source: OM-E3. The implied noise (x_t - alpha_t x_0) / sigma_t is kept and added back at level t - 1.

    Examples
    --------
    >>> from fewsteps.schedules import cosine_schedule
    >>> ddim_step(np.array([1.0]), 2, lambda x, a, s: 0 * x, cosine_schedule(2)).round(6)
    array([0.707107])
    """
    t = integer_at_least(t, 1, "t")
    if t > instance(schedule, Schedule, "schedule").T:
        raise ValueError(f"t must be at most T = {schedule.T}, got {t}")
    x = real_array(x, "x")
    alpha, sigma = float(schedule.alpha[t]), float(schedule.sigma[t])
    clean = as_kind(real_array(function(denoiser, "denoiser")(x, alpha, sigma), "denoiser(x)"), x)
    same_shape(x, clean, "x and denoiser(x)")
    noise = (x - alpha * clean) / sigma
    return float(schedule.alpha[t - 1]) * clean + float(schedule.sigma[t - 1]) * noise


def ddim_sample(x: Any, denoiser: Callable[[Array, float, float], Array], schedule: Schedule) -> Array:
    """All T steps from x_T to x_0; arguments as for `ddim_step`.

    Examples
    --------
    >>> from fewsteps.schedules import cosine_schedule
    >>> ddim_sample(np.array([1.0]), lambda x, a, s: a * x, cosine_schedule(2)).round(6)
    array([0.5])
    """
    for t in range(instance(schedule, Schedule, "schedule").T, 0, -1):
        x = ddim_step(x, t, denoiser, schedule)
    return x


def teacher_operators(lam: Any, schedule: Schedule) -> Array:
    """Gains A_t of the optimal teacher's DDIM steps; shape (T, d).

    Parameters
    ----------
    lam : array of shape (d,) or a number
        Data variances, >= 0.
    schedule : Schedule

    Notes
    -----
    Source: OM-C3.1, OM-E7. A_t = (alpha_{t-1} alpha_t lam + sigma_{t-1} sigma_t) / (alpha_t^2 lam + sigma_t^2).

    Examples
    --------
    >>> from fewsteps.schedules import cosine_schedule
    >>> teacher_operators(3.0, cosine_schedule(3)).ravel().round(6)
    array([1.03923 , 1.154701, 0.866025])
    """
    lam, schedule = variances(lam), instance(schedule, Schedule, "schedule")
    alpha, sigma = like(schedule.alpha[:, None], lam), like(schedule.sigma[:, None], lam)
    return (alpha[:-1] * alpha[1:] * lam + sigma[:-1] * sigma[1:]) / (alpha[1:] ** 2 * lam + sigma[1:] ** 2)


def teacher_contractions(lam: Any, schedule: Schedule) -> Array:
    """1 - A_t without cancellation; shape (T, d), negative where a step amplifies.

    Notes
    -----
    Source: OM-C3.1. 1 - A_t = <v_t - v_{t-1}, v_t> / |v_t|^2, so only differences of the schedule are taken.

    Examples
    --------
    >>> from fewsteps.schedules import cosine_schedule
    >>> teacher_contractions(1.0, cosine_schedule(2)).ravel().round(6)
    array([0.292893, 0.292893])
    """
    lam, schedule = variances(lam), instance(schedule, Schedule, "schedule")
    alpha, sigma = like(schedule.alpha[:, None], lam), like(schedule.sigma[:, None], lam)
    drop = (alpha[1:] - alpha[:-1]) * alpha[1:] * lam + (sigma[1:] - sigma[:-1]) * sigma[1:]
    return drop / (alpha[1:] ** 2 * lam + sigma[1:] ** 2)


def signal_noise_vectors(lam: Any, schedule: Schedule) -> Array:
    """Vectors v_t = (alpha_t sqrt(lam), sigma_t); shape (T + 1, d, 2).

    Notes
    -----
    Source: OM-E7. For alpha^2 + sigma^2 = 1 they lie on the ellipse with half-axes sqrt(lam) and 1.

    Examples
    --------
    >>> from fewsteps.schedules import cosine_schedule
    >>> signal_noise_vectors(4.0, cosine_schedule(1)).tolist()
    [[[2.0, 0.0]], [[0.0, 1.0]]]
    """
    lam, schedule = variances(lam), instance(schedule, Schedule, "schedule")
    xp = array_namespace(lam)
    signal = like(schedule.alpha[:, None], lam) * xp.sqrt(lam)
    noise = like(schedule.sigma[:, None], lam) + 0 * signal
    return xp.stack([signal, noise], axis=-1)


def step_angles(lam: Any, schedule: Schedule) -> Array:
    """Angles phi_t between v_{t-1} and v_t in radians; shape (T, d).

    Notes
    -----
    Source: OM-E7. A_t = |v_{t-1}| / |v_t| cos(phi_t). At lam = 0 the vector v_0 is zero and phi_1 is set to 0.

    Examples
    --------
    >>> from fewsteps.schedules import cosine_schedule
    >>> (step_angles(1.0, cosine_schedule(3)) * 6 / np.pi).ravel().round(12)
    array([1., 1., 1.])
    """
    v = signal_noise_vectors(lam, schedule)
    xp = array_namespace(v)
    before, after = v[:-1], v[1:]
    cross = before[..., 0] * after[..., 1] - before[..., 1] * after[..., 0]
    return xp.atan2(cross, xp.sum(before * after, axis=-1))


def composite(A: Any, t: int, k: int) -> Array:
    """Product of the k operators that map x_t to x_{t-k}; shape (d,).

    Parameters
    ----------
    A : array of shape (T, d)
        One-step operators.
    t, k : int
        0 <= k <= t <= T; k = 0 gives ones.

    Notes
    -----
    Source: OM-D2.1, OM-E8 (the factors are A_{t-k+1}, ..., A_t).

    Examples
    --------
    >>> composite([[0.5], [0.8], [2.0]], t=3, k=2)
    array([1.6])
    """
    A = real_array(A, "A")
    t, k = integer_at_least(t, 0, "t"), integer_at_least(k, 0, "k")
    if A.ndim != 2 or t > A.shape[0] or k > t:
        raise ValueError(f"A must have shape (T, d) with k <= t <= T, got A {tuple(A.shape)}, t={t}, k={k}")
    return array_namespace(A).prod(A[t - k : t], axis=0)


def teacher_gain(lam: Any, schedule: Schedule) -> Array:
    """Gain tau of the whole teacher, the product of A_1, ..., A_T; shape (d,).

    Notes
    -----
    Source: OM-E8, OM-P3.2: tau <= sqrt(lam), on every schedule.

    Examples
    --------
    >>> from fewsteps.schedules import cosine_schedule
    >>> teacher_gain(1.0, cosine_schedule(32)).round(8)
    array([0.96216566])
    """
    A = teacher_operators(lam, schedule)
    return composite(A, len(A), len(A))


def contraction_asymptotic(lam: Any, T: int) -> NDArray[np.float64]:
    """Leading-order law of the teacher's gain for the cosine schedule and large T; shape (d,).

    Parameters
    ----------
    lam : array of shape (d,)
        Data variances, > 0.
    T : int

    Notes
    -----
    Source: OM-P3.2. sqrt(lam) exp(-pi^2 (1 + lam) / (16 T sqrt(lam))).

    Examples
    --------
    >>> contraction_asymptotic(1.0, 32).round(6)
    array([0.962181])
    """
    lam = variances(floats(lam, "lam", low=0.0, strict=True))
    T = integer_at_least(T, 1, "T")
    return np.sqrt(lam) * np.exp(-(np.pi**2) * (1 + lam) / (16 * T * np.sqrt(lam)))
