r"""Fifth floor: grids of times for samplers, made by hand or found by a search.

A grid of $T$ steps is decreasing, $t_0 > \dots > t_T$, from noise to data. The grids by hand are uniform in one
function of the time: in $t$ itself, in the half-log-SNR $\ell = \log(\alpha/\sigma)$, in a root
$(\sigma/\alpha)^{1/\rho}$ of the noise-to-signal ratio, which between uniform noise ($\rho = 1$) and uniform $\ell$
($\rho \to \infty$) chooses how much care the clean end gets, in $\sqrt t$, or in the time of the linear VP process.
With ``jump=True`` the last step leads from `stop` to 0, the data.

The searched ones are the cheapest paths through a fine grid of levels $\sigma_0 > \dots > \sigma_M$ of sigma/alpha. A
step from $\sigma_j$ to $\sigma_k$ costs $c_{jk}$, its error, and $T$ steps from 0 to $M$ cost

$$
c_{0 i_1} + w\,c_{i_1 i_2} + w^2 c_{i_2 i_3} + \dots + w^{T-1} c_{i_{T-1} M},
$$

of which a dynamic programme finds the least for all $T$ at once. The costs are measured on paths, or for Gaussian data
known in closed form, so that a schedule follows from the eigenvalues of the data's covariance alone: `spectral`.
Sources: Karras et al. 2022; Geometric Regularity in Deterministic Sampling Dynamics (GITS), section 5.
"""

from fewsteps.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
