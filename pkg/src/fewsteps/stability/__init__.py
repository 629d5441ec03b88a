r"""Fourth floor: how steep the flow of a round mixture is, and what small errors become.

For the data $\sum_k \pi_k N(\mu_k, \lambda I)$ under $x_t = \alpha_t x_0 + \sigma_t \varepsilon$ let $n_t = \alpha_t^2
\lambda + \sigma_t^2$, $u_t = \alpha_t / \sqrt{n_t}$ and $r_k(x, t)$ be the posterior weights. The velocity of the
probability flow has the Jacobian

$$
\nabla v(x, t) = \frac12 (\log n_t)'\, I + \frac12 (u_t^2)'\, \operatorname{Cov}_{r(x, t)}(\mu), \qquad
0 \preceq \operatorname{Cov}_r(\mu) \preceq \frac{D_0^2}{4} I,
$$

$D_0$ being the largest distance of two centres. What follows from these two numbers, $\lambda$ and $D_0$, is here.
Source: A Quantitative Approximation Framework for Flow Distillation in Diffusion Models, sections 3 and 5.
"""

from fewsteps.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
