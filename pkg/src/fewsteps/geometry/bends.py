"""What the paths of Gaussian data bend by, without cancellation: sums and products of positive terms."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_torch_array

from fewsteps.arrays import as_kind, clock, number, positive_number, real_array, variances
from fewsteps.kinds import Array, rounding, some


def scaled(lam: Any, sigma: Any, start: Any, stop: Any = 0.0) -> tuple[Array, Array, Array]:
    """Roots of the variances, levels and the product of their distances from both ends, in units of the start.

    Examples
    --------
    >>> scaled([4.0], 1.0, 2.0)
    (array([1.]), array([0.5]), array([0.25]))
    """
    start, stop = positive_number(start, "start"), number(stop, "stop", low=0.0)
    if stop >= start:
        raise ValueError(f"stop must be less than start, {start:g}, got {stop:g}")
    lam = real_array(lam, "lam", low=0.0)
    lam = lam if lam.ndim == 0 else variances(lam)
    sigma = real_array(sigma, "sigma")
    if some(sigma > start * (1 + rounding(sigma))):
        raise ValueError(f"sigma must be at most start, {start:g}, got {sigma!r}")
    sigma = clock(sigma, start, "sigma")
    if some(sigma < stop):
        raise ValueError(f"sigma must be at least stop, {stop:g}, got {sigma!r}")
    if is_torch_array(sigma) and not is_torch_array(lam):
        lam = as_kind(lam, sigma)
    sigma = as_kind(sigma, lam)
    sigma = sigma[..., None] if lam.ndim else sigma
    with np.errstate(over="ignore"):
        root = lam**0.5 / start
    if some(~array_namespace(root).isfinite(root)):
        raise ValueError(f"start must not be so small that sqrt(lam) / start overflows, got {start:g}")
    return root, sigma / start, (sigma - stop) / start * ((start - sigma) / start)


def bend_of(root: Array, level: Array, low: float) -> Array:
    """The residual over its zeros and -hypot(root, 1), in units of the start: a sum of positive terms.

    Examples
    --------
    >>> root, level, gaps = scaled([4.0], 1.0, 2.0)
    >>> import numpy as np
    >>> (-gaps * bend_of(root, level, 0.0) / np.hypot(root, 1.0)).round(6)  # the residual at level 1 of 2
    array([-0.062984])
    """
    xp, one = array_namespace(root), 0 * root + 1
    flat = root == 0  # a mode without variance has a straight path
    root = xp.where(flat, one, root)
    top, here, end = xp.hypot(root, one), xp.hypot(root, level), xp.hypot(root, low * one)
    inner = (1 + level) / (level * top + here) + 1 / (end + low)
    inner = inner + low * (1 / (top + 1) + 1 / (here + level)) / (top + here)
    return xp.where(flat, 0 * one, root / (here + end) * (root / (top + end)) * inner)
