r"""How far paths leave their chords, and in which directions.

Let $u$ be the unit vector of the chord, from the end $x_M$ of a path to its start $x_0$. What is left of a state across
the chord,

$$
P (x_k - x_M), \qquad P = I - u u^\top,
$$

is zero at both ends of the path. With the right singular vectors $v_1, v_2, \dots$ and the singular values $s_1 \ge s_2
\ge \dots$ of the matrix of these rows, $x_M + \operatorname{span}(u, v_1, \dots, v_k)$ is, of all flats of 1 + k
dimensions that hold the chord, the one with the least sum of squared distances to the states, $\sum_{j > k} s_j^2$.
Nothing is centred: the ends stay where they are. Plain principal components know no chord: they are those of the
states about their mean. Every path is measured by itself. Sources: GR-D3.1, GR-D3.2, GR-XT7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_torch_array

from fewsteps.arrays import integer_at_least, real_array
from fewsteps.geometry.paths import in_range, size, states
from fewsteps.kinds import Array, rounding, some


@dataclass(frozen=True)
class ChordFrame:
    """Orthonormal axes of each of n paths: its chord, and the k directions across it that hold most of the rest.

    direction : array of shape (n, d), unit vector along the chord, from the end of the path to its start.
    axes : array of shape (n, k, d), unit vectors across the chord and each other, the most important first.
    coordinates : array of shape (M + 1, n, 1 + k), of the states about the end of their path: along the chord first.
    explained : array of shape (n, k), the share of each axis in the squared deviations from the chord.
    """

    direction: Array
    axes: Array
    coordinates: Array
    explained: Array


def chord_deviation(path: Any) -> Array:
    """Distance of every state from the straight line through the first and the last state of its path.

    Parameters
    ----------
    path : array of shape (M + 1, n, d)
        M + 1 >= 2 states of n points.

    Returns
    -------
    array of shape (M + 1, n)
        Zero at both ends.

    Raises
    ------
    ValueError
        If a path ends, to rounding, where it starts, and so has no chord; if a distance is beyond the dtype's range.

    Notes
    -----
    Source: GR-D3.1, which takes a difference of squares; the projection keeps the digits that this loses.

    Examples
    --------
    >>> chord_deviation([[[4, 0]], [[1, 2]], [[0, 0]]])[:, 0]
    array([0., 2., 0.])
    """
    away, _, unit = _chords(states(path, "path", 2, 1))
    with np.errstate(over="ignore"):
        return in_range(array_namespace(away).linalg.vector_norm(away, axis=-1) * unit, "the distance")


def chord_frame(path: Any, k: int) -> ChordFrame:
    """The chord of each path and the k principal axes of its deviation from it.

    Parameters
    ----------
    path : array of shape (M + 1, n, d)
        M + 1 >= 3 states of n points, d >= 2.
    k : int
        Number of axes across the chord, from 1 to the smaller of M - 1 and d - 1.

    Returns
    -------
    ChordFrame
        One frame a path. Signs are chosen: the coordinate along each axis that is largest in size is positive. Axes
        beyond the dimensions that a path uses are orthonormal, and otherwise arbitrary.

    Raises
    ------
    ValueError
        If a path ends where it starts, or is straight to rounding, so that no axis stands out; if k is out of range.

    Notes
    -----
    Source: GR-D3.2. The squares are taken about the chord, not about their mean. Tensors carry no gradients here.

    Examples
    --------
    >>> frame = chord_frame([[[4, 0, 0]], [[1, 0, -2]], [[0, 0, 0]]], 1)
    >>> frame.axes[0, 0] + 0.0, frame.coordinates[:, 0, 1], frame.explained[0]
    (array([ 0.,  0., -1.]), array([0., 2., 0.]), array([1.]))
    """
    path, k = states(path, "path", 3, 2), integer_at_least(k, 1, "k")
    most = min(path.shape[0] - 2, path.shape[-1] - 1)
    if k > most:
        raise ValueError(f"k must be at most {most} for path of shape {tuple(path.shape)}, got {k}")
    path = path.detach() if is_torch_array(path) else path
    away, direction, unit = _chords(path)
    xp = array_namespace(path)
    blur = rounding(path, 16) * (size(path, (0, 2)) / unit + 1)
    if some(xp.max(xp.abs(away), axis=(0, 2)) <= blur):
        raise ValueError("path must leave its chord: a path that is straight to rounding has no axes")
    axes, squares = _across(away, direction, k)
    along = xp.sum(2 * ((path / 2 - path[-1] / 2) / unit[:, None]) * direction, axis=-1)[..., None]
    beside = xp.moveaxis(xp.matmul(xp.moveaxis(away, 0, 1), xp.matrix_transpose(axes)), 0, 1)
    signs = xp.where(xp.max(beside, axis=0) >= -xp.min(beside, axis=0), 1.0, -1.0)
    signs = xp.astype(signs, path.dtype)
    with np.errstate(over="ignore"):
        coordinates = in_range(xp.concat([along, beside * signs], axis=-1) * unit[:, None], "the distance")
    return ChordFrame(direction, axes * signs[..., None], coordinates, squares[:, :k] / _total(squares))


def explained_variance(path: Any, centred: bool = True) -> Array:
    """Share of every principal component in the variance of the states of each path.

    Parameters
    ----------
    path : array of shape (M + 1, n, d)
        M + 1 >= 2 states of n points. One path may come without its axis, with shape (M + 1, d).
    centred : bool
        Whether the mean of the states is taken off first; without that the squares are about the origin.

    Returns
    -------
    array of shape (n, m), m = min(M + 1, d)
        Decreasing, with sum 1; of one path (m,). As many are positive beyond rounding as the path has dimensions:
        beyond about 1e-30 in double precision, or 1e-32 times the square of how much further from the origin the path
        lies than it is long.

    Raises
    ------
    ValueError
        If a path stands still to rounding.

    Notes
    -----
    Source: GR-XT7.

    Examples
    --------
    >>> explained_variance([[2, 0], [1, 0.5], [-1, 0.5], [-2, 0]], centred=False).round(3)
    array([0.952, 0.048])
    """
    if not isinstance(centred, bool):
        raise TypeError(f"centred must be True or False, got {centred!r}")
    path = real_array(path, "path")
    if path.ndim == 2:
        return explained_variance(path[:, None], centred)[0]
    path = states(path, "path", 2, 1)
    xp = array_namespace(path)
    rows = path / size(path, (0, 2))[:, None]
    if centred:
        rows = rows - xp.mean(rows, axis=0)
    if some(xp.max(xp.abs(rows), axis=(0, 2)) <= rounding(path, 16)):
        raise ValueError("path must move: states that are all the same have no variance to share out")
    squares = xp.linalg.svdvals(xp.moveaxis(rows, 0, 1)) ** 2
    return squares / _total(squares)


def _chords(path: Array) -> tuple[Array, Array, Array]:
    """Deviations from the chord in units of the size of each path, unit vectors of the chords, and the sizes."""
    xp = array_namespace(path)
    apart = path / 2 - path[-1] / 2  # halves are exact, and their differences in range
    unit = size(apart, (0, 2))
    apart = apart / unit[:, None]
    chord = apart[0]
    length = xp.linalg.vector_norm(chord, axis=-1)
    if some(length <= rounding(path, 2) * size(path / 2, (0, 2)) / unit):
        raise ValueError("path must end elsewhere than it starts: between the same point twice there is no chord")
    direction = chord / length[:, None]
    away = apart
    for _ in range(2):  # once more, so that no rounding of the first time is left along the chord
        away = away - xp.sum(away * direction, axis=-1)[..., None] * direction
    ends = xp.zeros_like(away[:1])
    with np.errstate(over="ignore"):
        return xp.concat([ends, away[1:-1], ends], axis=0), direction, in_range(2 * unit, "the distance")


def _across(away: Array, direction: Array, k: int) -> tuple[Array, Array]:
    """Principal axes in the hyperplane across the chord, and all squared singular values.

    A reflection that turns the chord into the first axis leaves a matrix without its first column: no axis can have a
    part along the chord, whatever the rank.
    """
    xp = array_namespace(away)
    sign = xp.astype(xp.where(direction[:, 0] >= 0, 1.0, -1.0), direction.dtype)
    mirror = xp.concat([direction[:, :1] + sign[:, None], direction[:, 1:]], axis=-1)
    mirror = mirror / xp.linalg.vector_norm(mirror, axis=-1)[:, None]
    turned = away - 2 * xp.sum(away * mirror, axis=-1)[..., None] * mirror
    basis, small = xp.linalg.qr(xp.permute_dims(turned[..., 1:], (1, 2, 0)))  # few states: a small matrix is left
    _, values, rows = xp.linalg.svd(xp.matrix_transpose(small), full_matrices=False)
    rows = xp.matmul(rows[:, :k], xp.matrix_transpose(basis))
    axes = xp.concat([xp.zeros_like(rows[..., :1]), rows], axis=-1)
    axes = axes - 2 * xp.sum(axes * mirror[:, None], axis=-1)[..., None] * mirror[:, None]
    return axes, values**2


def _total(squares: Array) -> Array:
    return array_namespace(squares).sum(squares, axis=-1)[:, None]
