r"""Third floor: how far samples of a model are from their target.

From $c_i$ of $n$ samples in the cell $i$, whose mass under the target is $p_i$, and from projections on directions $u$
of the unit sphere:

$$
\widehat{\mathrm{KL}} = \sum_i p_i \log \frac{n p_i}{c_i + a}, \qquad
W^2_{\mathrm{sliced}}(X, Y) = \mathbb E_u\, W_2^2(u \cdot X,\, u \cdot Y).
$$

Estimates come with standard errors, and their bias is removed where it is known.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import (
    floats,
    generator,
    grid_edges,
    integer_at_least,
    positive_number,
    real_array,
    rounding,
    same_shape,
)
from fewsteps.identities.pairs import Estimate
from fewsteps.laws import Gaussian

Floats = NDArray[np.float64]


def kl_to_samples(masses: Any, samples: Any, edges: Any, pseudo: float = 0.5) -> Estimate:
    """KL(target || model) between the known masses of the cells of a plane grid and samples of the model.

    Parameters
    ----------
    masses : array of shape (G, G)
        Probabilities p of the cells under the target, e.g. `Checkerboard.masses(edges)`. If they sum to less than 1,
        the rest is the mass of one more cell: everything outside the grid.
    samples : array of shape (n, 2)
        Independent draws of the model. Those outside the grid count in n.
    edges : array of shape (G + 1,)
        Increasing; the same for both axes.
    pseudo : float, > 0
        Added to every count c, so that an empty cell costs p log(n p / pseudo) and not infinity.

    Returns
    -------
    Estimate
        In nats; below 0 by chance if the laws agree. `error` is one standard error: the noise of n samples.

    Raises
    ------
    ValueError
        If the shapes disagree, the masses are negative or sum to more than 1, or the edges do not increase.

    Notes
    -----
    Merging points into cells can only lower a divergence, so this is a lower bound of the KL between the laws; it
    grows as the grid is refined. In the other direction, KL(model || target), the divergence is infinite as soon as the
    model puts any mass where the target has none, and every smooth model of a law with holes does.

    With q the model's masses, the plug-in -sum p log((c + a)/n) has the expectation -sum p log q + sum p
    [(1 - q)/2 - a]/(n q) + O(n^-2), for E[log(1 + d/q)] = -Var(d)/(2 q^2) + ... with Var(d) = q(1 - q)/n. That bias is
    removed; at a = 1/2 it is -1/(2n) whatever p and q are, the (K - 1)/(2n) of normalised counts less K/(2n). Terms of
    the next order stay below the error if target cells expect about ten samples or more; where the model misses such a
    cell altogether the estimate is low.

    The error is that of the delta method to second order: (sum p^2/q - 1)/n + (sum (p/q)^2 - 2 sum p^2/q + 1)/(2 n^2).
    The first term vanishes at p = q, where the second is (K - 1)/(2 n^2), the variance of chi^2_{K-1}/(2n). Powers of
    1/q are replaced by their unbiased estimates (n + 1)/(c + 1) and (n + 1)(n + 2)/((c + 1)(c + 2)).

    Examples
    --------
    >>> from fewsteps import Checkerboard
    >>> law, edges = Checkerboard(), np.linspace(-2.0, 2.0, 9)
    >>> kl = kl_to_samples(law.masses(edges), law.sample(10_000, np.random.default_rng(0)), edges)
    >>> abs(kl.value) < 3 * kl.error < 0.003
    True
    """
    pseudo, (p, count, n) = positive_number(pseudo, "pseudo"), _cells(masses, samples, edges)
    plain = float(np.sum(p * (np.log(p) - np.log((count + pseudo) / n))))
    inverse = (n + 1) / (count + 1)
    bias = float(np.sum(p * ((0.5 - pseudo) * inverse - 0.5))) / n
    first = float(np.sum(p * p * inverse))
    second = float(np.sum(p * p * inverse * (n + 2) / (count + 2)))
    variance = max(first - 1, 0) / n + max(second - 2 * first + 1, 0) / (2 * n * n)
    return Estimate(plain - bias, variance**0.5)


def _cells(masses: Any, samples: Any, edges: Any) -> tuple[Floats, Floats, int]:
    """Masses and counts of the cells that the target fills, and the number of samples."""
    p, edges, x = floats(masses, "masses", low=0.0), grid_edges(edges), _points(samples, "samples")
    shape = (edges.size - 1, edges.size - 1)
    if p.shape != shape or x.shape[1] != 2:
        raise ValueError(f"masses must have shape {shape} and samples (n, 2), got {p.shape} and {x.shape}")
    rest, slack = 1 - p.sum(), max(1e-9, rounding(real_array(masses, "masses"), 256))
    if rest < -slack:
        raise ValueError(f"masses must sum to at most 1, got {p.sum()!r}")
    count = np.histogram2d(x[:, 0], x[:, 1], bins=(edges, edges))[0]
    # rounding leaves no mass outside
    p = np.append(p.ravel(), rest if rest > slack else 0.0)
    count = np.append(count.ravel(), len(x) - count.sum())
    return p[p > 0], count[p > 0], len(x)


def squared_sliced_w2(x: Any, y: Any, rng: np.random.Generator, directions: int = 256) -> Estimate:
    """Squared sliced Wasserstein-2 distance: the squared W2 of projections, averaged over random directions.

    Parameters
    ----------
    x, y : arrays of shape (n, d)
        Independent draws of two laws, as many of each.
    rng : numpy.random.Generator
        For the directions.
    directions : int, >= 2

    Returns
    -------
    Estimate
        `error` is one standard error and covers both the choice of directions and the noise of the samples, the latter
        to first order: the variances over the samples of the optimal potentials, averaged over the directions.

    Raises
    ------
    ValueError
        If the shapes differ or are not (n, d) with n >= 2.

    Notes
    -----
    The value is that of the empirical laws, and two samples of one law are not at distance zero. That floor falls as
    1/n (more slowly where the law has gaps) and is not removed: report beside it the value for two samples of the
    target. There the error is only of the right order, as the terms that it accounts for vanish.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((1000, 2))
    >>> moved = squared_sliced_w2(x, x + [1.0, 0.0], np.random.default_rng(1))
    >>> abs(moved.value - 0.5) < 3 * moved.error
    True
    """
    x, y = _points(x, "x"), _points(y, "y")
    same_shape(x, y, "x and y")
    rng, directions = generator(rng), integer_at_least(directions, 2, "directions")
    values, potentials = np.empty(directions), np.zeros((2, len(x)))
    for k, direction in enumerate(rng.standard_normal((directions, x.shape[1]))):
        unit = direction / np.linalg.norm(direction)
        values[k] = _squared_w2_on_line(x @ unit, y @ unit, potentials)
    noise = np.sum(np.var(potentials / directions, axis=1, ddof=1)) / len(x)
    return Estimate(float(values.mean()), float(np.sqrt(values.var(ddof=1) / directions + noise)))


def _squared_w2_on_line(x: Floats, y: Floats, potentials: Floats) -> float:
    """Squared W2 of two samples of shape (n,); their optimal potentials are added to `potentials` of shape (2, n)."""
    orders = np.argsort(x), np.argsort(y)
    low, high = x[orders[0]], y[orders[1]]
    gap = low - high
    for row, order, places, sign in ((0, orders[0], low, 1.0), (1, orders[1], high, -1.0)):
        # the potential's slope is twice the displacement; between samples the trapezoidal rule
        steps = sign * np.diff(places) * (gap[1:] + gap[:-1])
        potential = np.concatenate([[0.0], np.cumsum(steps)])
        potentials[row, order] += potential - potential.mean()
    return float(np.mean(gap**2))


def gaussian_fit(samples: Any) -> Gaussian:
    """The Gaussian with the mean and the (unbiased) covariance of samples of shape (n, d), n >= 2.

    The Fréchet distance of two samples, squared, is ``squared_w2(gaussian_fit(a), gaussian_fit(b))``.

    Examples
    --------
    >>> gaussian_fit([[0.0, 0.0], [2.0, 2.0]]).cov
    array([[2., 2.],
           [2., 2.]])
    """
    x = _points(samples, "samples")
    return Gaussian(x.mean(axis=0), np.atleast_2d(np.cov(x.T)))


def _points(samples: Any, name: str) -> Floats:
    x = floats(samples, name)
    if x.ndim != 2 or len(x) < 2 or x.shape[1] < 1:
        raise ValueError(f"{name} must have shape (n, d) with n >= 2, got {x.shape}")
    return x
