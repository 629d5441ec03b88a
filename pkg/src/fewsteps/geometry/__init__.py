r"""Fourth floor: the shape of sampling paths.

A path of the probability flow in the clock of the noise level, $\mathrm dx/\mathrm d\sigma = (x - D)/\sigma$, is a
curve in as many dimensions as the data have. This room measures it: how far it leaves its chord and in which
directions, how it bends and how long it is; it has the paths of Gaussian data in closed form; and it has mean shift, of
which sampling with the exact denoiser is the annealed form. A path is an array of shape (M + 1, n, d): M + 1 states of
n points, the noisy end first, as the samplers return it with ``path=True``.
Source: Geometric Regularity in Deterministic Sampling Dynamics of Diffusion-Based Generative Models.
"""

from fewsteps.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
