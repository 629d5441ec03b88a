r"""Fifth floor: few-step samplers, all with one signature, by name from one table.

A model of the noise $e$ or of the data $D$ turns the probability flow into one integral. With the noise-to-signal ratio
$\kappa = \sigma/\alpha$ and the half-log-SNR $\ell = -\log \kappa$, from a time $s$ down to $t$,

$$
x_t = \frac{\alpha_t}{\alpha_s} x_s + \alpha_t \int_s^t e\,\mathrm d\kappa
    = \frac{\sigma_t}{\sigma_s} x_s + \sigma_t \int_s^t D\,\mathrm d e^{\ell},
$$

and every sampler here but the classical ones replaces $e$ or $D$ by a polynomial through values of the model: through
one value (DDIM), through values of steps before (DEIS, DPM-Solver++ multistep, UniPC), or through values at places
between (DPM-Solver). So one function has the weights of all of them, `step_weights`.

Every sampler takes ``model, process, x, times``, starts from `x` at ``times[0]`` and returns the state at
``times[-1]``, or with ``path=True`` the states at all times. The model may predict any of the four things of
`fields`, as `predicts` says. What all share is told under `sample`; what it costs, by `evaluations` and `Counting`.
Sources: The Principles of Diffusion Models, chapter 9, and the papers that the table names.
"""

from fewsteps.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
