r"""First floor: noise schedules, on a grid of T steps and in continuous time.

A schedule says how much signal and how much noise a sample holds at each time, from data at $t = 0$ to noise:

$$
x_t = \alpha_t x_0 + \sigma_t \varepsilon, \qquad \ell_t = \log(\alpha_t / \sigma_t).
$$

In continuous time this is the law of a linear stochastic equation (PD-L4.4.1), and $x_s$ given $x_t$, for $t < s$, is
Gaussian again:

$$
\mathrm dx = f x\,\mathrm dt + g\,\mathrm dw, \quad f = (\log \alpha)', \quad g^2 = (\sigma^2)' - 2 f \sigma^2;
\qquad \alpha_{s \vert t} = \frac{\alpha_s}{\alpha_t}, \quad
\sigma_{s \vert t}^2 = \sigma_s^2 - \alpha_{s \vert t}^2 \sigma_t^2.
$$

Two families: a `Schedule` is a grid of T steps (`cosine_schedule`, `linear_schedule`), a `Diffusion` runs on a clock
(all others). Sources: PD-D4.4.1, GR-E2, OM-D-E1.
"""

from fewsteps.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
