"""The probability flow of a law: velocity, its derivatives, and the rate of the density.

All take the level and its rates, as `Diffusion.at` returns them.
"""

from __future__ import annotations

from typing import Any

import numpy as np  # noqa: F401

from fewsteps.arrays import Array
from fewsteps.laws.base import Law


class FlowingLaw(Law):
    """A law with the probability flow that carries it through the noise levels."""

    def velocity(self, x: Any, alpha: Any, sigma: Any, d_alpha: Any, d_var: Any) -> Array:
        """Velocity of the probability flow: d_alpha E[x_0|x] - d_var/2 score(x), at `x` of shape (..., d).

        Parameters
        ----------
        x : array of shape (..., d)
        alpha, sigma : number or array of shape (...)
            Noise level, of all points or of each.
        d_alpha, d_var : number or array of shape (...)
            Time derivatives of alpha and of sigma^2 (finite where that of sigma is not).

        Notes
        -----
        Source: QA-E8, PD-E4.1.7, GR-E10.

        Examples
        --------
        >>> from fewsteps import Gaussian, flow_matching
        >>> Gaussian([0.0], [1.0]).velocity(np.array([1.0]), *flow_matching().at(0.5)).round(12)
        array([0.])
        """
        return self._answer("velocity", x, alpha, sigma, d_alpha, d_var, wide=False)

    def jacobian(self, x: Any, alpha: Any, sigma: Any, d_alpha: Any, d_var: Any) -> Array:
        """Jacobian of `velocity` at `x` of shape (..., d); shape (..., d, d), symmetric.

        Notes
        -----
        Source: QA-E9.

        Examples
        --------
        >>> from fewsteps import Gaussian, flow_matching
        >>> Gaussian([0.0], [4.0]).jacobian(np.array([1.0]), *flow_matching().at(0.5)).round(12)
        array([[-1.2]])
        """
        return self._answer("jacobian", x, alpha, sigma, d_alpha, d_var)

    def divergence(self, x: Any, alpha: Any, sigma: Any, d_alpha: Any, d_var: Any) -> Array:
        """Divergence of `velocity` at `x` of shape (..., d); shape (...).

        Notes
        -----
        Source: PD-E4.2.7, QA-E9.

        Examples
        --------
        >>> from fewsteps import Gaussian, flow_matching
        >>> Gaussian([0.0], [4.0]).divergence(np.array([1.0]), *flow_matching().at(0.5)).round(12)
        np.float64(-1.2)
        """
        return self._answer("divergence", x, alpha, sigma, d_alpha, d_var)

    def time_derivative(self, x: Any, alpha: Any, sigma: Any, d_alpha: Any, d_var: Any) -> Array:
        """d/dt log p_t(x) for fixed `x` of shape (..., d), component by component; shape (...).

        Computed from the components' own rates and from neither score nor velocity, so that the Fokker-Planck and
        continuity equations can be checked against it.

        Notes
        -----
        Source: PD-T4.1.1a, QA-E8.

        Examples
        --------
        >>> from fewsteps import Gaussian, edm
        >>> Gaussian([0.0], [0.0]).time_derivative(np.array([0.0]), *edm().at(2.0))
        np.float64(-0.5)
        """
        return self._answer("time_derivative", x, alpha, sigma, d_alpha, d_var)
