r"""Mean shift: climbing on the density of noisy data, one denoiser a step.

With $p_h$ the density of the data $x_0$ under Gaussian noise of standard deviation $h$, the bandwidth (for data points
$y_1, \dots, y_n$ their kernel density estimate), mean shift iterates

$$
x \leftarrow m(x, h) = \mathbb E[x_0 \mid x_0 + h \varepsilon = x] = x + h^2 \nabla \log p_h(x),
$$

the exact denoiser at the noise level $h$. No step goes downhill on $p_h$:

$$
\log p_h(m(x, h)) - \log p_h(x) \ge \frac{|m(x, h) - x|^2}{2 h^2} ,
$$

and where the steps end the gradient vanishes. Such a place is a mode where the Hessian is negative definite. With a
bandwidth for every step, falling, this is annealed mean shift: the Euler sampler with full steps.

Sources: GR-E19, GR-C3, GR-R4.2s.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from fewsteps.arrays import floats, integer_at_least, points, positive_number
from fewsteps.geometry.paths import in_range
from fewsteps.kinds import Array
from fewsteps.laws import Law
from fewsteps.objects import instance

Floats = NDArray[np.float64]
ROUNDS, SHIFTS, NEWTON, SHORT, NEAR, STILL, FLAT = 40, 100, 30, 0.1, 1e-4, 1e-6, 1e-10


def mean_shift(law: Law, x: Any, bandwidth: Any, steps: int, path: bool = False) -> Array:
    """Points after some steps of mean shift.

    Parameters
    ----------
    law : Law
        The data, mostly a `PointCloud`.
    x : array of shape (..., d)
        Where to start; NumPy or torch, kept in kind and dtype.
    bandwidth : float or array of shape (steps,)
        Standard deviation h > 0 of the noise, of all steps or of each (annealed mean shift).
    steps : int
        How many steps, >= 0.
    path : bool
        Whether to return the points before and after every step.

    Returns
    -------
    array of shape (..., d), and (steps + 1, ..., d) with ``path=True``

    Raises
    ------
    TypeError
        If `law` is no law.
    ValueError
        If a bandwidth is not between 1e-153 and 1e153, there are not as many as steps, or `x` does not fit the law or
        lies beyond the range in which its squares are finite.

    Notes
    -----
    Source: GR-E19.

    Examples
    --------
    >>> from fewsteps import PointCloud
    >>> mean_shift(PointCloud([[-1.0], [1.0]]), np.array([[0.5], [-0.1]]), 0.5, 50).round(4)
    array([[ 0.9993],
           [-0.9993]])
    """
    instance(law, Law, "law")
    steps = integer_at_least(steps, 0, "steps")
    widths, path = floats(bandwidth, "bandwidth", low=0.0, strict=True), instance(path, bool, "path")
    if np.any((widths < 1e-153) | (widths > 1e153)):
        raise ValueError(f"bandwidth must be between 1e-153 and 1e153, got {bandwidth!r}")
    if widths.shape not in ((), (steps,)):
        raise ValueError(f"bandwidth must be a number or have shape ({steps},), got {widths.shape}")
    states = [points(x, law.d)]
    for width in np.broadcast_to(widths, (steps,)).tolist():
        with np.errstate(over="ignore", invalid="ignore"):
            states.append(in_range(law.denoiser(states[-1], 1.0, width), "the mean of x"))
        if not path:
            del states[0]
    return array_namespace(*states).stack(states) if path else states[-1]


def modes(law: Law, bandwidth: float) -> Floats:
    """Modes of the density of noisy data that mean shift finds from the data points and from their mean.

    Parameters
    ----------
    law : Law
        The data, mostly a `PointCloud`; of a mixture its components' means are the starts.
    bandwidth : float
        Standard deviation h > 0 of the noise.

    Returns
    -------
    array of shape (m, d)
        Local maxima, the highest first; those nearer to each other than h / 10,000 count once.

    Raises
    ------
    TypeError
        If `law` is no law.
    ValueError
        If the bandwidth is not between 1e-153 and 1e153.
    ArithmeticError
        If a start has not settled, or modes lie on a ridge, where the density does not fall to all sides.

    Notes
    -----
    A stationary point counts if no eigenvalue of h^2 times the Hessian of the log-density is above 1e-10; saddles are
    left out. The time grows with the square of the number of data points: 1,000 of them take some seconds. Modes that
    no start leads to are missed: there may be more of them than data points. In one dimension there are never more than
    points.
    Source: GR-R4.2s.

    Examples
    --------
    >>> from fewsteps import PointCloud
    >>> cloud = PointCloud([[-1.0], [1.0]])
    >>> len(modes(cloud, 0.9)), len(modes(cloud, 1.1))
    (2, 1)
    """
    instance(law, Law, "law")
    h = positive_number(bandwidth, "bandwidth")
    if not 1e-153 <= h <= 1e153:
        raise ValueError(f"bandwidth must be between 1e-153 and 1e153, got {h:g}")
    x = np.concatenate([law.means, law.moments()[0][None]])
    found = np.stack([_settled(law, row, h) for row in _climbed(law, x, h)])
    tops = np.array([np.linalg.eigvalsh(_bend(law, row, h)).max() for row in found])
    found, tops = found[tops <= FLAT], tops[tops <= FLAT]
    order = np.argsort(-law.log_prob(found, 1.0, h), kind="stable")
    kept: list[Floats] = []
    flat = 0
    for row, top in zip(found[order], tops[order], strict=True):
        if all(np.linalg.norm((row - other) / h) > NEAR for other in kept):
            kept.append(row)
            flat += top > -FLAT
    if flat > 1:
        raise ArithmeticError(f"bandwidth: at {h:g} the density has a ridge, along which modes are not isolated")
    return np.array(kept).reshape(-1, law.d)


def _climbed(law: Law, x: Floats, h: float) -> Floats:
    """Starts after mean shift, all that have come close to a stationary point."""
    for _ in range(ROUNDS):
        x = mean_shift(law, x, h, SHIFTS)
        if np.abs((law.denoiser(x, 1.0, h) - x) / h).max() < NEAR:
            break
    return x


def _bend(law: Law, x: Floats, h: float) -> Floats:
    """h^2 times the Hessian of the log-density at one point."""
    return np.asarray(law.hessian(x, 1.0, h) * h * h)


def _settled(law: Law, x: Floats, h: float) -> Floats:
    """The stationary point to which mean shift leads from a point: many steps where Newton's do not get there."""
    for _ in range(ROUNDS):
        found, gap = _polished(law, x, h)
        if gap <= STILL:
            return found
        x = mean_shift(law, x, h, SHIFTS)
    raise ArithmeticError(f"bandwidth: mean shift has not settled at {h:g}; take another one")


def _polished(law: Law, x: Floats, h: float) -> tuple[Floats, float]:
    """Newton's steps as long as they are short and the gradient falls, and what is left of it."""
    gap = law.denoiser(x, 1.0, h) - x
    for _ in range(NEWTON):
        step = np.linalg.lstsq(_bend(law, x, h), gap, rcond=1e-12)[0]
        left = law.denoiser(x - step, 1.0, h) - (x - step)
        if np.abs(step / h).max() > SHORT or not np.abs(left).max() < np.abs(gap).max():
            break
        x, gap = x - step, left
    return x, float(np.abs(gap / h).max())
