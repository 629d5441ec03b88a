r"""Second floor: data distributions with closed forms at every noise level.

A law describes $x_0$; its methods answer for $x = \alpha x_0 + \sigma \varepsilon$ at any $(\alpha, \sigma)$, so that
a page can walk along any schedule. A mixture stays one, and with $C_k' = \alpha^2 C_k + \sigma^2 I$ its density and
its denoiser are

$$
p(x) = \sum_k w_k\, \mathcal N(x;\, \alpha m_k,\, C_k'), \qquad
D(x) = \sum_k r_k(x) \bigl( m_k + \alpha C_k C_k'^{-1} (x - \alpha m_k) \bigr),
$$

with the responsibilities $r_k(x)$ of the components. A Gaussian is a mixture of one, a data set one of points ($C_k =
0$). Score and denoiser belong together, $\alpha D(x) = x + \sigma^2 \nabla \log p(x)$ (PD-L3.3.2). NumPy arrays and
torch tensors are both accepted and keep their kind.
"""

from fewsteps.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
