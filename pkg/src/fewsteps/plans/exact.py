"""The cosine teacher in as many digits as mpmath is set to: a reference for the double-precision search."""

from __future__ import annotations

from typing import Any

import mpmath as mp

from fewsteps.arrays import integer_at_least


def exact_problem(lam: Any, T: int, s: Any) -> tuple[list[Any], list[Any]]:
    """Operators A_1, ..., A_T and shrinkages gamma_1, ..., gamma_T of the cosine schedule, for `Plan.evaluate`.

    Parameters
    ----------
    lam, s : mpmath number, float or decimal string
        Data variance and training time per merge; a string such as "6.4" means exactly that decimal.
    T : int
        Number of steps, at least 1.

    Returns
    -------
    A, gamma : lists of T mpmath numbers, at the precision ``mpmath.mp.dps``

    Notes
    -----
    Source: OM-C3.1, OM-E16.

    Examples
    --------
    >>> A, gamma = exact_problem("3", 3, "1")
    >>> float(A[-1]) == float(mp.sqrt(3) / 2), float(gamma[-1]) == float(mp.exp(-2))
    (True, True)
    """
    lam, s, T = mp.mpf(lam), mp.mpf(s), integer_at_least(T, 1, "T")
    sigma = [mp.sin(mp.pi * t / (2 * T)) for t in range(T)] + [mp.mpf(1)]
    alpha = sigma[::-1]
    n = [alpha[t] ** 2 * lam + sigma[t] ** 2 for t in range(T + 1)]
    A = [(alpha[t - 1] * alpha[t] * lam + sigma[t - 1] * sigma[t]) / n[t] for t in range(1, T + 1)]
    return A, [mp.exp(-2 * s * n[t]) for t in range(1, T + 1)]
