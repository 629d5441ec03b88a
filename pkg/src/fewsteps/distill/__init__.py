r"""Fifth floor: students that are really trained, in torch, which nothing else in the package imports.

A score is learned from noisy samples, a flow map from the residual $R$ of one of the three characterisations, with a
law of time pairs and a weight $w$:

$$
\mathbb E\, w(t)\, \lVert s_\theta(x_t, t) + \varepsilon / \sigma_t \rVert^2, \qquad
\mathbb E\, w(r, t)\, \lVert R[\Phi_\theta](x_r, r, t) \rVert^2, \quad
\Phi_\theta = x + (t - r)\, \bar v_\theta(x, r, t).
$$

Methods of the literature differ in the residual, in who teaches the velocity, in what is held constant when the
gradient is taken and in the law of pairs; `METHODS` is the table of these choices.

`plans` trains the linear student along merge plans; `scores` is a network for a score at all noise levels, `training`
learns it, and `derivatives` holds what identities and likelihoods ask of it. Flow maps: `slopes` is a network for an
average velocity, `objectives` holds the residuals, `times` the laws of time pairs, `recipes` and `maps` the training
loop, and `methods` the dictionary of few-step methods.
"""

from fewsteps.lazy import attach, need

need(__name__, "torch", "torch")

__getattr__, __dir__, __all__ = attach(__name__, __file__)
