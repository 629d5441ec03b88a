r"""The paths of Gaussian data: one hyperbola a mode.

A mode of variance $\lambda$ flows from the level $S$ (`start`) down to $\sigma$ by the gain $g$; its residual
$\varphi$ is what the straight line to the level $e$ (`stop`, mostly 0) leaves over:

$$
g(\sigma) = \sqrt{\frac{\lambda + \sigma^2}{\lambda + S^2}}, \qquad
\varphi(\sigma) = g(\sigma) - g(e) - \frac{\sigma - e}{S - e}\,\bigl(1 - g(e)\bigr) \le 0 .
$$

With $\sigma = \sqrt\lambda \sinh u$, $S = \sqrt\lambda \sinh U$ and $e = \sqrt\lambda \sinh E$ the path is a hyperbola,
$(\sinh u, \cosh u)$ up to factors, and

$$
\varphi = -\frac{2 \sinh\frac{u - E}{2} \sinh\frac{U - u}{2}}{\cosh U \cosh\frac{U + E}{2}} :
$$

it is deepest half-way between the hyperbolic angles, at $u = (U + E)/2$. The code has the same product in roots, in
which nothing cancels. A random start is Gaussian with the variances $n_i = \lambda_i + S^2$, so that the residual has
the mean square $\sum_i \varphi_i^2 n_i$, and the path, in many dimensions, the distance from its chord

$$
\Bigl( \sum_i \varphi_i^2 n_i - \frac{(\sum_i \varphi_i (1 - g_i(e))\, n_i)^2}{\sum_i (1 - g_i(e))^2 n_i} \Bigr)^{1/2} .
$$

Sources: GR-P4, GR-E62, GR-E57, GR-R4.3b.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace

from fewsteps.arrays import floats, integer_at_least, variances
from fewsteps.geometry.bends import bend_of, scaled
from fewsteps.geometry.paths import in_range
from fewsteps.kinds import Array


def mode_gain(lam: Any, sigma: Any, start: float) -> Array:
    """Factor by which the flow of Gaussian data multiplies a mode, from one noise level down to others.

    Parameters
    ----------
    lam : number or array of shape (d,)
        Variances of the data along their principal axes, >= 0.
    sigma, start : number or array of shape (...), float
        Noise levels from 0 to `start` > 0, where the paths start.

    Returns
    -------
    array of shape (..., d), and (...) if `lam` is a number

    Raises
    ------
    ValueError
        If a variance is negative, `start` is not positive or a level lies outside [0, start].

    Notes
    -----
    Source: GR-P4. Gradients reach variances > 0.

    Examples
    --------
    >>> mode_gain([0.0, 16.0, 9.0], [4.0, 0.0], 4.0).round(4)
    array([[1.    , 1.    , 1.    ],
           [0.    , 0.7071, 0.6   ]])
    """
    root, level, _ = scaled(lam, sigma, start)
    xp = array_namespace(root)
    return xp.hypot(root, level) / xp.hypot(root, 0 * root + 1)


def chord_residual(lam: Any, sigma: Any, start: float, stop: float = 0.0) -> Array:
    """What is left of a mode's gain when the straight line between the ends of its path is taken off.

    Parameters
    ----------
    lam : number or array of shape (d,)
        Variances of the data, >= 0.
    sigma, start, stop : number or array of shape (...), float, float
        Noise levels from `stop` to `start`, the ends of the line; start > stop >= 0.

    Returns
    -------
    array of shape (..., d), and (...) if `lam` is a number
        At most 0, which it is at both ends and for variance 0; right to rounding relative to itself.

    Raises
    ------
    ValueError
        If a variance is negative or a level out of range.

    Notes
    -----
    Source: GR-P4.

    Examples
    --------
    >>> chord_residual([1.0, 25.0], [40.0, 13.707], 80.0).round(4)
    array([[-0.0061, -0.0283],
           [-0.0099, -0.041 ]])
    """
    root, level, gaps = scaled(lam, sigma, start, stop)
    return 0 - gaps * bend_of(root, level, stop / start) / array_namespace(root).hypot(root, 0 * root + 1)


def residual_extremum(lam: Any, start: float) -> tuple[Array, Array]:
    """Noise level at which a mode's residual from its chord down to level 0 is largest, and its value there.

    Parameters
    ----------
    lam : number or array of shape (d,)
        Variances of the data, >= 0.
    start : float
        Level at which the paths start, > 0.

    Returns
    -------
    sigma, depth : arrays with the shape of `lam`
        The place, between 0 and half of `start`, and the residual there, at most 0; both 0 for variance 0.

    Raises
    ------
    ValueError
        If a variance is negative or `start` is not positive.

    Notes
    -----
    Source: GR-E62. At half of the hyperbolic angle: sinh(U/2) for the start sinh U, in units of sqrt(lam).

    Examples
    --------
    >>> sigma, depth = residual_extremum([0.01, 25.0], 80.0)
    >>> sigma.round(3), depth.round(5)
    (array([ 1.999, 13.707]), array([-0.00119, -0.041  ]))
    """
    root, _, _ = scaled(lam, 0.0, start)
    top = array_namespace(root).hypot(root, 0 * root + 1)
    share = root / (root + top)
    depth = 0 - root / top / (1 + (2 * share) ** 0.5) / (root + top) / (root + top)
    return start * (share / 2) ** 0.5, depth


def residual_moments(lam: Any, sigma: Any, start: float) -> tuple[Array, Array, Array]:
    """Mean and variance of the squared residual of Gaussian data over all paths, and its effective number of modes.

    Parameters
    ----------
    lam : array of shape (d,)
        Variances of the data, >= 0.
    sigma, start : number or array of shape (...), float
        Noise levels from 0 to `start` > 0, where the paths start from the law of noisy data.

    Returns
    -------
    mean, variance, effective_rank : arrays of shape (...)
        The standard deviation is sqrt(2 / effective_rank) times the mean. The effective rank has its limits at the
        ends, where mean and variance vanish; without any variance of the data it is 0.

    Raises
    ------
    ValueError
        If a variance is negative, a level out of range, or a moment beyond the range of the dtype.

    Notes
    -----
    Source: GR-E57.

    Examples
    --------
    >>> mean, variance, rank = residual_moments([4.0, 4.0, 4.0], 5.0, 80.0)
    >>> float(mean.round(6)), float(variance.round(6)), float(rank)
    (6.672799, 29.684165, 3.0)
    """
    root, level, gaps = scaled(variances(lam), sigma, start)
    xp, bend = array_namespace(root), bend_of(root, level, 0.0)
    size = xp.max(bend, axis=-1)[..., None]
    part = (bend / xp.where(size > 0, size, xp.ones_like(size))) ** 2  # shares of the largest mode
    total, square = part.sum(-1), (part**2).sum(-1)
    unit = (start * (gaps * size)[..., 0]) ** 2
    rank = total * total / xp.where(square > 0, square, xp.ones_like(square))
    with np.errstate(over="ignore"):
        return in_range(unit * total, "the mean"), in_range(2 * unit * unit * square, "the variance"), rank


def deviation_curve(lam: Any, levels: Any, d: int | None = None) -> tuple[Array, Array]:
    """Distance of the paths of Gaussian data from their chords, and the length of these, in many dimensions.

    Parameters
    ----------
    lam : array of shape (r,)
        Variances of the data, >= 0.
    levels : array of shape (M + 1,)
        Noise levels of the path, strictly decreasing and >= 0; the chord joins the first to the last.
    d : int, optional
        Dimension, at least r; d - r directions have variance 0. By default r.

    Returns
    -------
    deviation, chord : arrays of shape (M + 1,) and ()
        Distance from the chord, 0 at both ends, and its length.

    Raises
    ------
    ValueError
        If a variance is negative, the levels do not decrease or d < r.

    Notes
    -----
    Source: GR-R4.3b. Sums over modes are replaced by means over random starts: the root mean square over many paths,
    up to what the chords' own scatter does. The distance of a single path scatters by about half of
    sqrt(2 / effective_rank) of it, see `residual_moments`. The distance is right to a rounding of the chord.

    Examples
    --------
    >>> deviation, chord = deviation_curve([4.0], [80.0, 8.0, 0.0], d=64)
    >>> deviation.round(3), float(chord.round(1))
    (array([0.   , 1.545, 0.   ]), 639.8)
    """
    lam, levels = variances(lam), floats(levels, "levels", low=0.0)
    if levels.ndim != 1 or levels.size < 2 or np.any(np.diff(levels) >= 0):
        raise ValueError(f"levels must have shape (M + 1,) with M >= 1 and decrease strictly, got {levels!r}")
    rank = lam.shape[0]
    flat = integer_at_least(rank if d is None else d, rank, "d") - rank
    start, stop = float(levels[0]), float(levels[-1])
    root, level, gaps = scaled(lam, levels, start, stop)
    xp, low = array_namespace(root), stop / start
    bend = gaps * bend_of(root, level, low)
    along = (1 - low) * (1 + low) / (xp.hypot(root, 0 * root + 1) + xp.hypot(root, 0 * root + low))
    size = 0 * root[0] + (1 - low) if flat else xp.max(along)
    bend, along, still = bend / size, along / size, float(flat)
    square = (along**2).sum() + still
    lean = (bend * along).sum(-1) / square  # of the residual along the chord
    apart = ((bend - lean[:, None] * along) ** 2).sum(-1) + lean**2 * still
    moved = apart > 0  # the root has no gradient at 0
    apart = xp.where(moved, xp.where(moved, apart, 0 * apart + 1) ** 0.5, 0 * apart)
    return start * size * apart, start * size * square**0.5
