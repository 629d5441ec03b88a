"""How steep the flow of a round mixture can be at every time, and the integral of that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from fewsteps.arrays import Array, clock, same_shape
from fewsteps.laws import Law
from fewsteps.objects import having
from fewsteps.schedules import Diffusion

Floats = NDArray[np.float64]


def separation(law: Law) -> float:
    """The largest distance of two centres of a mixture, D_0; 0 for one component.

    Parameters
    ----------
    law : GaussianMixture, PointCloud or Gaussian
        Components of small weight count as others do.

    Notes
    -----
    Source: QA-E3.2a. A quarter of its square is the most that the variance of the centres under any weights can be, in
    any direction.

    Examples
    --------
    >>> from fewsteps import PointCloud
    >>> separation(PointCloud([[0.0, 0.0], [3.0, 4.0], [1.0, 1.0]]))
    5.0
    """
    means = having(law, ("means", "weights", "spectrum"), "law").means
    return float(pdist(means).max(initial=0.0))


@dataclass(frozen=True, eq=False)
class Steepness:
    """Bounds for the Jacobian of the velocity of a round mixture's flow, the same for all points, at every time.

    With a = (log n_t)'/2, from one component alone, and b = (u_t^2)' D_0^2/8, from the distance of the centres, all
    eigenvalues of the Jacobian lie between a and a + b; `bound` is |a| + |b|, as in the source.

    Parameters
    ----------
    law : GaussianMixture, PointCloud or Gaussian
        Round components of one variance lam > 0.
    process : Diffusion
        Its signal-to-noise ratio must not grow with time, and n_t = alpha_t^2 lam + sigma_t^2 must be monotone: so it
        is for processes that preserve the variance and for those that keep alpha = 1.

    Attributes
    ----------
    lam : float
        Variance of the components.
    distance : float
        `separation` of the law.

    Raises
    ------
    ValueError
        If the components are not round or not alike, lam = 0, or the process is not as said; when called: if a time
        lies outside [0, horizon].

    Notes
    -----
    Source: QA-P2a, QA-E17, QA-E3.2c.

    Examples
    --------
    >>> from fewsteps import GaussianMixture, ornstein_uhlenbeck
    >>> steepness = Steepness(GaussianMixture.on_line([-10.0, 10.0], 1.0), ornstein_uhlenbeck(5.0, 1.0))
    >>> float(steepness.bound(0.0)), round(float(steepness.total(0.0, 1.0)), 4)
    (500.0, 49.9977)
    """

    law: Law
    process: Diffusion
    lam: float = field(init=False)
    distance: float = field(init=False)

    def __post_init__(self) -> None:
        having(self.process, ("at", "alpha_of", "var_of", "horizon"), "process")
        spectrum = having(self.law, ("means", "weights", "spectrum"), "law").spectrum
        lam = float(np.mean(spectrum))
        if lam <= 0 or np.ptp(spectrum) > 1e-12 * lam:
            raise ValueError(f"law must have round components of one variance > 0, got {np.unique(spectrum)[:5]!r}")
        object.__setattr__(self, "lam", lam)
        object.__setattr__(self, "distance", separation(self.law))
        n, ratio = self._levels(np.linspace(0.0, self.process.horizon, 1025))
        step, slack = np.diff(n), 1e-12 * n[1:]
        if np.any(np.diff(ratio) > 1e-12 * ratio[1:]) or not (np.all(step >= -slack) or np.all(step <= slack)):
            raise ValueError("process must have a falling signal-to-noise ratio and a monotone alpha^2 lam + sigma^2")

    def terms(self, t: Any) -> tuple[Array, Array]:
        """Eigenvalues a(t) of one component, and b(t), what the most spread weights add; arrays like `t`.

        Notes
        -----
        Source: QA-R2.

        Examples
        --------
        >>> from fewsteps import GaussianMixture, ornstein_uhlenbeck
        >>> steepness = Steepness(GaussianMixture.on_line([-1.0, 1.0], 0.5), ornstein_uhlenbeck(1.0, 1.0))
        >>> [float(term) for term in steepness.terms(0.0)]
        [3.0, -16.0]
        """
        t = clock(t, self.process.horizon, "t")
        alpha, d_alpha = self.process.alpha_of(t), self.process.d_alpha_of(t)
        var, d_var = self.process.var_of(t), self.process.d_var_of(t)
        n = alpha**2 * self.lam + var
        # (alpha^2/n)' = alpha (2 alpha' sigma^2 - alpha (sigma^2)')/n^2, in which lam cancels
        growth = alpha * (2 * d_alpha * var - alpha * d_var) / n / n
        return (alpha * d_alpha * self.lam + d_var / 2) / n, growth * (self.distance**2 / 8)

    def bound(self, t: Any) -> Array:
        """A number that no eigenvalue exceeds in size, |a| + |b|; the source's L(t).

        Notes
        -----
        Source: QA-P2a.
        """
        one, many = self.terms(t)
        return abs(one) + abs(many)

    def sharp(self, t: Any) -> Array:
        """The same, max(|a|, |a + b|): for two components of equal weight it is attained, half-way between them.

        Notes
        -----
        Source: QA-P2a.
        """
        one, many = self.terms(t)
        return array_namespace(one).maximum(abs(one), abs(one + many))

    def one_sided(self, t: Any) -> Array:
        """The rate at which two points can part on the way to the data at most, -(a + b); negative where all approach.

        Notes
        -----
        Source: QA-E3.2c.
        """
        one, many = self.terms(t)
        return -(one + many)

    def total(self, s: Any, t: Any) -> Array:
        """The integral of `bound` between two times: the exponent by which the source bounds the flow's stretching.

        Parameters
        ----------
        s, t : arrays of one shape, or numbers
            In [0, horizon]; negative if s > t.

        Notes
        -----
        Source: QA-E17, QA-P2b. In closed form: |log(n_t/n_s)|/2 + D_0^2 (u_s^2 - u_t^2)/8.

        Examples
        --------
        >>> from fewsteps import GaussianMixture, ornstein_uhlenbeck
        >>> steepness = Steepness(GaussianMixture.on_line([-1.0, 1.0], 0.1), ornstein_uhlenbeck(1.0, 1.0))
        >>> float((steepness.total(0.0, 0.3) + steepness.total(0.3, 1.0)) / steepness.total(0.0, 1.0))
        1.0
        """
        log, gap = self._changes(s, t)
        rising = np.sign(np.diff(self._levels(np.array([0.0, self.process.horizon]))[0])[0])
        return float(rising) * log + gap

    def log_amplification(self, s: Any, t: Any) -> Array:
        """Logarithm of the most by which the flow from time t to s <= t can stretch: the integral of `one_sided`.

        Notes
        -----
        Source: QA-E3.2c. For two components of equal weight the flow does stretch by that, half-way between them.

        Examples
        --------
        Two modes so close that the flow contracts everywhere, though `total` is positive:

        >>> from fewsteps import GaussianMixture, ornstein_uhlenbeck
        >>> steepness = Steepness(GaussianMixture.on_line([-0.25, 0.25], 0.5), ornstein_uhlenbeck(1.0, 1.5))
        >>> [round(float(np.exp(f(0.0, 1.5))), 4) for f in (steepness.log_amplification, steepness.total)]
        [0.5765, 2.22]
        """
        log, gap = self._changes(s, t)
        return gap - log

    def _changes(self, s: Any, t: Any) -> tuple[Array, Array]:
        """Half the growth of log n from s to t, and an eighth of D_0^2 times the fall of u^2."""
        (s, t) = (clock(value, self.process.horizon, name) for value, name in ((s, "s"), (t, "t")))
        if s.ndim and t.ndim:
            same_shape(s, t, "s and t")
        (n_s, ratio_s), (n_t, ratio_t) = self._levels(s), self._levels(t)
        xp = array_namespace(n_s, n_t)
        return xp.log(n_t / n_s) / 2, (ratio_s - ratio_t) * (self.distance**2 / 8)

    def _levels(self, t: Array) -> tuple[Array, Array]:
        """n_t and u_t^2."""
        signal, var = self.process.alpha_of(t) ** 2, self.process.var_of(t)
        n = signal * self.lam + var
        return n, signal / n
