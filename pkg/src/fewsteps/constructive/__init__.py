r"""Fifth floor: networks that are written down, weight by weight, with their sizes counted.

A network of the class has layers of one activation each, the positive part $z_+$ (ReLU) or its square (ReQU), and no
bias at its output,

$$
f(x) = W_L\, \sigma_L( W_{L-1} \cdots \sigma_1(W_0 x - v_1) \cdots - v_L ).
$$

Squares and products are exact in one layer of ReQU, maxima and clips in layers of ReLU; the exponential is repeated
squaring, $1/z$ a product of factors $1 + e^{2^j}$. From these the score of a Gaussian mixture is assembled, with an
error that is bounded everywhere.
Source: A Quantitative Approximation Framework for Flow Distillation in Diffusion Models, section 4 and appendix A.
"""

from fewsteps.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
