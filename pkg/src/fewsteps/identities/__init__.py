r"""Fourth floor: the identities of score matching and diffusion, each as a computable pair of sides.

The score is what minimises each of the objectives, for they differ by constants (PD-P3.2.1 and after): explicit,
implicit and denoising score matching of a model $s$ at $x = \alpha x_0 + \sigma \varepsilon$,

$$
\tfrac12 \mathbb E\,\lVert s - \nabla \log p \rVert^2, \qquad
\mathbb E \bigl[ \tfrac12 \lVert s \rVert^2 + \nabla \cdot s \bigr], \qquad
\tfrac12 \mathbb E\,\lVert s + \varepsilon / \sigma \rVert^2.
$$

Tweedie's formula (PD-L3.3.2) and Stein's identity tie the score to the posterior and to derivatives:

$$
\alpha\, \mathbb E[x_0 \mid x] = x + \sigma^2 \nabla \log p(x), \qquad
\mathbb E\, \bigl[ a(x) \cdot \nabla \log p(x) \bigr] = -\mathbb E\, \nabla \cdot a(x).
$$

`rules` and `quadrature` evaluate expectations by sampling or on nodes, `objectives` and `matching` hold score
matching, `tweedie` and `families` posterior cumulants, `stein` risks, `operators` general linear operators and random
traces, `transport` the Fokker-Planck equations.
"""

from fewsteps.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
