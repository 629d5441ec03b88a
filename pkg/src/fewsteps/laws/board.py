"""A checkerboard at every noise level: density, score, denoiser and flow, point by point at levels of their own."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from fewsteps.arrays import Array, points, real_array, some
from fewsteps.laws.checks import beside, levels_per_point
from fewsteps.laws.intervals import Board, Intervals
from fewsteps.laws.parts import blocked

#: Numbers a row needs for each interval of an axis.
_ROW = 256


class NoisyBoard:
    """What `Checkerboard` says of alpha x_0 + sigma eps.

    It holds cells : int and width : float.
    """

    cells: int
    width: float
    d: ClassVar[int] = 2

    @property
    def side(self) -> float:
        """Side of a square."""
        return self.width / self.cells

    @property
    def filled(self) -> int:
        """Number of filled squares.

        Examples
        --------
        >>> from fewsteps import Checkerboard
        >>> Checkerboard(3).filled
        5
        """
        return (self.cells**2 + 1) // 2

    @property
    def centres(self) -> NDArray[np.float64]:
        """Centres of the intervals of an axis; shape (cells,)."""
        return np.asarray((np.arange(self.cells) - (self.cells - 1) / 2) * self.side)

    def indicator(self, x: Any) -> Array:
        """Whether points of shape (..., 2) lie in a filled square; booleans of shape (...).

        Examples
        --------
        >>> from fewsteps import Checkerboard
        >>> Checkerboard().indicator([[-1.5, -1.5], [-1.5, -0.5], [9.0, 9.0]])
        array([ True, False, False])
        """
        x = points(x, 2)
        xp = array_namespace(x)
        index = xp.floor((x + self.width / 2) / self.side)
        inside = xp.all((index >= 0) & (index < self.cells), axis=-1)
        return inside & (xp.sum(index, axis=-1) % 2 == 0)

    def log_prob(self, x: Any, alpha: Any = 1.0, sigma: Any = 0.0) -> Array:
        """Log-density of alpha x_0 + sigma eps at `x` of shape (..., 2); shape (...), -inf off the board if sigma = 0.

        Examples
        --------
        >>> from fewsteps import Checkerboard
        >>> Checkerboard().log_prob([[0.5, 0.5], [0.5, -0.5]]).round(4)
        array([-2.0794,    -inf])
        """
        x = points(x, 2)
        columns = levels_per_point(x, alpha, sigma)
        xp, clean = array_namespace(x), columns[1] == 0
        noisy = blocked(
            lambda rows: self._board(rows).log(), beside(x, columns[0], columns[1] + clean), _ROW * self.cells
        )
        noisy = noisy - math.log(self.filled)
        if not some(clean, hidden=True):
            return noisy
        # dividing by 1 where alpha = 0, since sigma > 0 there
        scale = columns[0] + (columns[0] == 0)
        area = -math.log(self.filled * self.side**2) - 2 * xp.log(scale)
        density = xp.where(self.indicator(x / scale[..., None]), area, -math.inf + 0 * area)
        return xp.where(clean, density, noisy)[()]

    def score(self, x: Any, alpha: Any = 1.0, sigma: Any = 0.0) -> Array:
        """Gradient of `log_prob` at `x` of shape (..., 2), same shape; sigma > 0.

        Raises
        ------
        ValueError
            If sigma is zero: there is no score at the edges of the squares.

        Examples
        --------
        >>> from fewsteps import Checkerboard
        >>> Checkerboard().score(np.array([9.0, 0.0]), 0.0, 2.0)
        array([-2.25,  0.  ])
        """
        return self._over(Board.score, x, alpha, sigma)

    def denoiser(self, x: Any, alpha: Any, sigma: Any) -> Array:
        """Posterior mean E[x_0 | alpha x_0 + sigma eps = x] at `x` of shape (..., 2), same shape; sigma > 0.

        Notes
        -----
        Source: QA-R1.

        Examples
        --------
        >>> from fewsteps import Checkerboard
        >>> Checkerboard().denoiser(np.array([0.9, 0.9]), 1.0, 0.5).round(3)
        array([0.852, 0.852])
        """
        return self._over(Board.denoiser, x, alpha, sigma)

    def posterior_cov(self, x: Any, alpha: Any, sigma: Any) -> Array:
        """Covariance of x_0 given alpha x_0 + sigma eps = x of shape (..., 2); shape (..., 2, 2); sigma > 0.

        Notes
        -----
        Source: PD-E3.3.H2.

        Examples
        --------
        >>> from fewsteps import Checkerboard
        >>> Checkerboard().posterior_cov(np.array([0.5, 0.5]), 1.0, 0.1).round(3)
        array([[0.01, 0.  ],
               [0.  , 0.01]])
        """
        return self._over(Board.posterior_cov, x, alpha, sigma)

    def hessian(self, x: Any, alpha: Any = 1.0, sigma: Any = 0.0) -> Array:
        """Hessian of `log_prob` at `x` of shape (..., 2); shape (..., 2, 2); sigma > 0.

        Notes
        -----
        Source: PD-E3.3.H2.

        Examples
        --------
        >>> from fewsteps import Checkerboard
        >>> Checkerboard().hessian(np.array([9.0, 0.0]), 0.0, 2.0)
        array([[-0.25,  0.  ],
               [ 0.  , -0.25]])
        """
        # half the rate of sigma^2 times the score is minus the velocity
        return self.jacobian(x, alpha, sigma, 0.0, -2.0)

    def velocity(self, x: Any, alpha: Any, sigma: Any, d_alpha: Any, d_var: Any) -> Array:
        """Velocity of the probability flow: d_alpha E[x_0|x] - d_var/2 score(x), at `x` of shape (..., 2).

        Parameters
        ----------
        x : array of shape (..., 2)
        alpha, sigma : number or array of shape (...)
            Noise level, sigma > 0.
        d_alpha, d_var : number or array of shape (...)
            Time derivatives of alpha and of sigma^2.

        Notes
        -----
        Source: QA-E8, PD-E4.1.7, GR-E10.

        Examples
        --------
        >>> from fewsteps import Checkerboard, flow_matching
        >>> Checkerboard().velocity(np.array([0.5, 0.5]), *flow_matching().at(1.0))
        array([0.5, 0.5])
        """
        return self._over(Board.velocity, x, alpha, sigma, d_alpha, d_var)

    def jacobian(self, x: Any, alpha: Any, sigma: Any, d_alpha: Any, d_var: Any) -> Array:
        """Jacobian of `velocity` at `x` of shape (..., 2); shape (..., 2, 2), symmetric.

        Notes
        -----
        Source: QA-E9, PD-E3.3.H2: the denoiser's Jacobian is alpha/sigma^2 times the posterior covariance.

        Examples
        --------
        >>> from fewsteps import Checkerboard, flow_matching
        >>> Checkerboard().jacobian(np.array([0.5, 0.5]), *flow_matching().at(1.0))
        array([[1., 0.],
               [0., 1.]])
        """
        return self._over(Board.jacobian, x, alpha, sigma, d_alpha, d_var)

    def divergence(self, x: Any, alpha: Any, sigma: Any, d_alpha: Any, d_var: Any) -> Array:
        """Divergence of `velocity` at `x` of shape (..., 2); shape (...).

        Notes
        -----
        Source: PD-E4.2.7, QA-E9.

        Examples
        --------
        >>> from fewsteps import Checkerboard, flow_matching
        >>> Checkerboard().divergence(np.array([0.5, 0.5]), *flow_matching().at(1.0))
        np.float64(2.0)
        """
        jacobian = self.jacobian(x, alpha, sigma, d_alpha, d_var)
        return (jacobian[..., 0, 0] + jacobian[..., 1, 1])[()]

    def time_derivative(self, x: Any, alpha: Any, sigma: Any, d_alpha: Any, d_var: Any) -> Array:
        """d/dt log p_t(x) for fixed `x` of shape (..., 2): the posterior mean of d/dt log p_t(x | x_0); shape (...).

        Notes
        -----
        Source: PD-T4.1.1a, QA-E8.

        Examples
        --------
        >>> from fewsteps import Checkerboard
        >>> Checkerboard().time_derivative(np.array([0.0, 0.0]), 0.0, 2.0, 0.0, 1.0)
        np.float64(-0.25)
        """
        return self._over(Board.rate, x, alpha, sigma, d_alpha, d_var)

    def _board(self, rows: Array) -> Board:
        """The posterior for rows of x_1, x_2, alpha, sigma and whatever follows."""
        x, alpha, sigma = rows[:, :2, None], rows[:, 2, None, None], rows[:, 3, None, None]
        intervals = Intervals.of(x, alpha, sigma, self.centres, self.side)
        return Board(intervals.every_other(0).merged(), intervals.every_other(1).merged())

    def _over(self, function: Callable[..., Array], x: Any, *levels: Any) -> Array:
        """`function` of the posterior and of the columns of levels, a block of rows at a time."""
        x = points(x, 2)
        columns = levels_per_point(x, *levels)
        if some(real_array(levels[1], "sigma") == 0):
            raise ValueError("sigma must be positive: without noise a checkerboard has no score")

        def of(rows: Array) -> Array:
            return function(self._board(rows), *(rows[:, k, None] for k in range(2, rows.shape[-1])))

        return blocked(of, beside(x, *columns), _ROW * self.cells)
