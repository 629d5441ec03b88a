r"""Fifth floor: solvers and samplers, and what they do to Gaussian data in closed form.

A diffusion $\mathrm dx = f x\,\mathrm dt + g\,\mathrm dw$ is undone by a family of equations with the same marginals
$p_t$ (PD-T4.1.6): for decreasing $t$ and any $\gamma \ge 0$, the probability flow being $\gamma = 0$,

$$
\mathrm dx = \Bigl( f x - \frac{1 + \gamma^2}{2}\, g^2\, \nabla \log p_t(x) \Bigr) \mathrm dt
+ \gamma g\,\mathrm d\bar w.
$$

Along a flow $\dot x = v(x, t)$ the density changes by the divergence, so that

$$
\log p_0(x_0) = \log p_t(x_t) + \int_0^t \nabla \cdot v(x_u, u)\,\mathrm du.
$$

`ode` and `sde` step through any equation, `dynamics` holds the equations a diffusion defines, `ancestral` and
`exponential` the steps made for them; `langevin` and `annealed` sample from scores at fixed noise levels; `likelihood`
is the change of variables along a flow, `moments` has exact output moments, `finite_volume` solves the Fokker-Planck
equation on a grid. What they share (checks, the loop over steps) is in `march`.
"""

from fewsteps.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
