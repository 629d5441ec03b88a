r"""Length, curvature and torsion of curves in any number of dimensions, exact and from the points of a path.

Let $r(u)$ be a curve with $r' \ne 0$, $P$ the projection onto the complement of $r'$ and $Q$ that onto the complement
of $r'$ and $r''$. Whatever the parameter $u$, its curvature and, where that is positive, its torsion are

$$
\operatorname{curv} = \frac{\lVert P r'' \rVert}{\lVert r' \rVert^2}, \qquad
\operatorname{tors} = \frac{\lVert Q r''' \rVert}{\lVert r' \rVert\, \lVert P r'' \rVert}.
$$

In space these are $\lVert r' \times r'' \rVert / \lVert r' \rVert^3$ and, with the sign that tells a right-handed curve
(+) from a left-handed one (-), $\det(r', r'', r''') / \lVert r' \times r'' \rVert^2$. Of a polygon the derivatives are
estimated: in a window around each point $r(u + h) - r(u) \approx h r' + \frac{h^2}{2} r'' + \frac{h^3}{6} r'''$ is
fitted by least squares. Sources: GR-E15, GR-A3.3.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from fewsteps.arrays import as_kind, floats, integer_at_least, points, same_shape
from fewsteps.geometry.paths import in_range, norm, size, states
from fewsteps.kinds import Array, rounding, some


def arc_length(path: Any) -> Array:
    """Length of the polygon through the states of each path.

    Parameters
    ----------
    path : array of shape (M + 1, n, d)
        M + 1 >= 1 states of n points.

    Returns
    -------
    array of shape (n,)
        At most the length of a curve through these points, and equal to it to second order in the spacing.

    Raises
    ------
    ValueError
        If the shape is another, or the length beyond the range of the dtype.

    Notes
    -----
    Source: GR-E14.

    Examples
    --------
    >>> arc_length([[[0, 0]], [[3, 0]], [[3, 4]]])
    array([7.])
    """
    path = states(path, "path", 1, 1)
    unit = size(path, (0, -1))
    path = path / unit[:, None]
    with np.errstate(over="ignore"):
        return in_range(unit * norm(path[1:] - path[:-1]).sum(0), "the length")


def curvature(first: Any, second: Any) -> Array:
    """Curvature from the first two derivatives of a curve, by whatever regular parameter.

    Parameters
    ----------
    first, second : array of shape (..., d)
        Derivatives in one parameter, d >= 2.

    Returns
    -------
    array of shape (...)
        One over the radius of the circle that fits best, >= 0.

    Raises
    ------
    ValueError
        If a first derivative vanishes, if d < 2 or the shapes differ, or the curvature is beyond the dtype's range.

    Notes
    -----
    Source: GR-E15, where the norm around the vector product is missing.

    Examples
    --------
    A circle of radius 2 at unit angular speed:

    >>> float(curvature([0, 2], [-2, 0]))
    0.5
    """
    first, across, _, speed = _moving(first, second, 2)
    with np.errstate(over="ignore"):
        return in_range(norm(across) / speed / speed, "the curvature")


def torsion(first: Any, second: Any, third: Any) -> Array:
    """Torsion from the first three derivatives of a curve: by how much it leaves the plane in which it bends.

    Parameters
    ----------
    first, second, third : array of shape (..., d)
        Derivatives in one parameter, d >= 3.

    Returns
    -------
    array of shape (...)
        Of the paths' space alone, d = 3, with its sign; in more dimensions the second curvature of Frenet, >= 0.

    Raises
    ------
    ValueError
        If a first derivative vanishes or the second has, beyond rounding, no part across it: a straight piece has no
        torsion. If d < 3 or the shapes differ, or the torsion is beyond the range of the dtype.

    Notes
    -----
    Source: GR-E15.

    Examples
    --------
    The helix (cos u, sin u, u) at u = 0:

    >>> round(float(torsion([0, 1, 1], [-1, 0, 0], [0, -1, 0])), 12)
    0.5
    """
    first, across, whole, speed = _moving(first, second, 3)
    third = as_kind(points(third, None, "third"), first)
    same_shape(first, third, "first and third")
    bend = norm(across)
    if some(bend <= rounding(bend, 16) * whole):
        raise ValueError(f"second must have a part across first: a straight piece has no torsion, got {second!r}")
    with np.errstate(over="ignore"):
        return in_range(_twist(first / speed[..., None], across / bend[..., None], third) / speed / bend, "the torsion")


def estimated_bending(points: Any, times: Any, window: int) -> tuple[Array, Array]:
    """Curvature and torsion at every state of a path, from a cubic fitted through its neighbours.

    Parameters
    ----------
    points : array of shape (M + 1, n, d)
        M + 1 >= 2 `window` + 1 states of n points, d >= 2.
    times : array of shape (M + 1,)
        Parameter of the states, strictly monotone: noise levels, say. Where its steps change much within a window, a
        parameter in which they do not, such as the number of the step, is fitted better.
    window : int
        Neighbours on each side, >= 2; at the ends of the path the window ends with it.

    Returns
    -------
    curvature, torsion : arrays of shape (M + 1, n)
        Torsion is signed for d = 3 and 0 for d = 2. Where rounding of the states hides the plane in which the path
        bends, there is no torsion to estimate, and 0 is returned.

    Raises
    ------
    ValueError
        If the path has too few states or, but for rounding, stands still in a window; if `times` is not monotone, or
        so uneven in a window that no cubic is determined; if what is found is beyond the range of the dtype.

    Notes
    -----
    Source: GR-A3.3. A cubic is returned exactly; otherwise the error of the curvature is of second order in the width
    of the window, and in its middle that of the torsion too. A turn narrower than the window is smoothed away: see what
    half the window changes. Rounding enters curvature over that width squared, torsion over it cubed.

    Examples
    --------
    >>> u = np.linspace(0, 1, 41)
    >>> helix = np.stack([np.cos(u), np.sin(u), u], axis=-1)[:, None]
    >>> bend, twist = estimated_bending(helix, u, 3)
    >>> bend[20].round(3), twist[20].round(3)
    (array([0.5]), array([0.5]))
    """
    window = integer_at_least(window, 2, "window")
    path = states(points, "points", 2 * window + 1, 2)
    unit = size(path, (0, -1))
    first, second, third, blurs = _fitted(path / unit[:, None], _times(times, path.shape[0]), window)
    if some(norm(first) <= blurs[0]):
        raise ValueError("points must move, but stand still in a window")
    first, across, _, speed = _moving(first, second, 2)
    xp, bend = array_namespace(path), norm(across)
    flat = bend <= blurs[1]
    with np.errstate(over="ignore"):
        bent = in_range(bend / speed / speed / unit, "the curvature")
        if path.shape[-1] == 2:
            return bent, xp.zeros_like(bent)
        bend = xp.where(flat, xp.ones_like(bend), bend)
        twist = _twist(first / speed[..., None], across / bend[..., None], third) / speed / bend / unit
    return bent, in_range(xp.where(flat, xp.zeros_like(bend), twist), "the torsion")


def _times(times: Any, states: int) -> NDArray[np.float64]:
    times = floats(times, "times")
    if times.shape != (states,) or not (np.all(np.diff(times) > 0) or np.all(np.diff(times) < 0)):
        raise ValueError(f"times must have shape ({states},) and be strictly monotone, got {times!r}")
    return np.asarray(times / np.abs(times).max())


def _across(v: Array, direction: Array) -> Array:
    """The part of v across a unit vector; taken twice, so that no rounding of the first time is left along it."""
    for _ in range(2):
        v = v - (v * direction).sum(-1)[..., None] * direction
    return v


def _moving(first: Any, second: Any, low: int) -> tuple[Array, Array, Array, Array]:
    """The first derivative, the part of the second across it, the size of the second, and the speed."""
    first = points(first, None, "first")
    second = as_kind(points(second, None, "second"), first)
    same_shape(first, second, "first and second")
    if first.shape[-1] < low:
        raise ValueError(f"first must have shape (..., d) with d >= {low}, got {tuple(first.shape)}")
    speed = norm(first)
    if some(speed == 0):
        raise ValueError(f"first must not vanish, got {first!r}")
    return first, _across(second, first / speed[..., None]), norm(second), speed


def _twist(tangent: Array, normal: Array, third: Array) -> Array:
    """The part of the third derivative out of the plane; in space with its sign."""
    if third.shape[-1] == 3:
        return (array_namespace(third).linalg.cross(tangent, normal) * third).sum(-1)
    return norm(_across(_across(_across(third, tangent), normal), tangent))


def _fitted(path: Array, times: NDArray[np.float64], window: int) -> tuple[Array, Array, Array, list[Array]]:
    """Three derivatives at every state, in units of its window, and what rounding makes of the first two at most.

    Bending is the same in every parameter: a narrow window's own one keeps its derivatives in range.
    """
    count = len(times)
    near = np.clip(np.arange(count), window, count - 1 - window)[:, None] + np.arange(-window, window + 1)
    step = times[near] - times[:, None]
    step = step / np.abs(step).max(axis=1)[:, None]
    design = np.stack([step, step**2 / 2, step**3 / 6], axis=-1)
    if np.linalg.cond(design).max() > 1e8:
        raise ValueError("times must change less unevenly within a window: fit in the number of the step instead")
    weights = np.linalg.pinv(design)  # (M + 1, 3, 2 window + 1)
    xp, blocks, sizes = array_namespace(path), [], []
    for part in np.array_split(np.arange(count), -(-count // 32)):  # gathered windows are large
        around = path[near[part]]
        flat = xp.reshape(around - path[part][:, None], (*near[part].shape, -1))
        blocks.append(xp.reshape(xp.matmul(as_kind(weights[part], path), flat), (len(part), 3, *path.shape[1:])))
        sizes.append(xp.max(xp.abs(around), axis=(1, -1)))
    found, largest = xp.concat(blocks, axis=0), xp.concat(sizes, axis=0) * path.shape[-1] ** 0.5
    spread = as_kind(np.abs(weights).sum(axis=-1), path)
    return found[:, 0], found[:, 1], found[:, 2], [rounding(path, 2) * largest * spread[:, i, None] for i in (0, 1)]
