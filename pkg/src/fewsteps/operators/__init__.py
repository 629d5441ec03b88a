r"""Fourth floor: teacher and student of the linear regime, as operators on Gaussian data.

For data of variance $\lambda$ the optimal denoiser is linear, and so is every DDIM step: it multiplies by

$$
A_t = \frac{\alpha_{t-1} \alpha_t \lambda + \sigma_{t-1} \sigma_t}{n_t}, \qquad n_t = \alpha_t^2 \lambda + \sigma_t^2
$$

(OM-C3.1). A student that starts at the gain $a$ and is trained for the time $s$ towards the gain $\tau$ keeps a share
of its first error (OM-P3.3), which gives the rule by which a cleaner part $L$ and a noisier part $R$ are merged
(OM-E16):

$$
\tau + \gamma_t (a - \tau), \quad \gamma_t = e^{-2 s n_t}; \qquad R \bigl( (1 - \gamma) L + \gamma \bigr).
$$

`teacher` holds one DDIM step and its products, `student` what training does to one coordinate, `merging` how operators
are merged and what they are measured against.
"""

from fewsteps.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
