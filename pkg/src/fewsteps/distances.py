r"""Third floor: distances between laws; a distance that is returned squared says so in its name.

Between Gaussians the Wasserstein distance has a closed form, and on the line it is a distance of quantile functions:

$$
W_2^2 = \lVert m - m' \rVert^2 + \operatorname{Tr} \bigl( S + S' - 2 (S^{1/2} S' S^{1/2})^{1/2} \bigr), \qquad
W_1 = \int_0^1 | F^{-1}(q) - G^{-1}(q) |\,\mathrm dq.
$$

Sources: OM-E19; Givens and Shortt (1984).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from fewsteps import laws
from fewsteps.arrays import Array, floats, real_array, same_shape
from fewsteps.objects import instance


def squared_w2(p: laws.Gaussian, q: laws.Gaussian) -> float:
    """Squared Wasserstein-2 distance between two Gaussians with any covariances.

    Parameters
    ----------
    p, q : Gaussian
        Of the same dimension; singular covariances are fine.

    Returns
    -------
    float, >= 0

    Raises
    ------
    TypeError
        If one of them is another law: between mixtures there is no closed form.
    ValueError
        If the dimensions differ.

    Notes
    -----
    Source: OM-E19. Written as |m - m'|^2 + |S^(1/2) - S'^(1/2) U|_F^2 with the polar factor U of S'^(1/2) S^(1/2): a
    sum of squares, so that nearby laws keep their digits where the trace formula cancels.

    Examples
    --------
    >>> from fewsteps import Gaussian
    >>> squared_w2(Gaussian([0.0], [4.0]), Gaussian([1.0], [1.0]))
    2.0
    """
    same_shape(instance(p, laws.Gaussian, "p").mean, instance(q, laws.Gaussian, "q").mean, "the means of p and q")
    root_p, root_q = _root(p), _root(q)
    left, _, right = np.linalg.svd(root_q @ root_p)
    difference = root_p - root_q @ left @ right
    return float(np.sum((p.mean - q.mean) ** 2) + np.sum(difference**2))


def _root(law: laws.Gaussian) -> NDArray[np.float64]:
    return (law.basis * np.sqrt(law.lam)) @ law.basis.T


def squared_w2_gains(a: Any, b: Any) -> Array:
    """Squared W2 between the laws of a z and b z, z standard normal, per coordinate: (|a| - |b|)^2.

    Parameters
    ----------
    a, b : array of one shape
        Gains; their sign does not change the law.

    Notes
    -----
    Source: OM-E19. The sum over coordinates is the distance between the diagonal Gaussians.

    Examples
    --------
    >>> squared_w2_gains([1.0, -2.0], [0.5, 2.0])
    array([0.25, 0.  ])
    """
    a, b = real_array(a, "a"), real_array(b, "b")
    same_shape(a, b, "a and b")
    xp = array_namespace(a)
    return (xp.abs(a) - xp.abs(b)) ** 2


def w1_to_law(samples: Any, law: laws.Law, alpha: float = 1.0, sigma: float = 0.0) -> float:
    """Wasserstein-1 distance between n samples on the line and the law of alpha x_0 + sigma eps.

    The sorted samples are compared with the law's quantiles at (i - 1/2)/n: exact up to O(1/n), whereas the distance
    of n perfect samples is itself of size n^(-1/2).

    Parameters
    ----------
    samples : array of shape (n,) or (n, 1)
        n >= 1.
    law : Law
        With d = 1 and a density at this level.

    Raises
    ------
    ValueError
        If there are no samples, they are not on the line, or the law is not.

    Examples
    --------
    >>> from fewsteps import Gaussian, quantile
    >>> law = Gaussian([0.0], [1.0])
    >>> round(w1_to_law(0.5 + quantile(law, (np.arange(100) + 0.5) / 100), law), 12)
    0.5
    """
    samples = floats(samples, "samples")
    if samples.ndim == 0 or samples.size == 0 or samples.size != samples.shape[0]:
        raise ValueError(f"samples must have shape (n,) or (n, 1) with n >= 1, got {samples.shape}")
    places = laws.quantile(law, (np.arange(samples.size) + 0.5) / samples.size, alpha, sigma)
    return float(np.mean(np.abs(np.sort(samples.reshape(-1)) - places)))
