from .families import natural_tweedie
from .matching import denoising_constant, hyvarinen, regression_pythagoras, sliced, vincent
from .objectives import (
    denoising_score_matching,
    explicit_score_matching,
    implicit_score_matching,
    sliced_score_matching,
)
from .operators import (
    denoiser_ratio,
    generalised_fisher,
    gradient_ratio,
    hessian_ratio,
    hutchinson_trace,
    hutchinson_variance,
    laplacian_ratio,
    rademacher_cube,
)
from .pairs import Estimate, Pair, pointwise
from .quadrature import quadrature_rule
from .rules import Rule, compare, expect, monte_carlo_rule
from .stein import bayes_risk, stein, stein_noise, sure, sure_as_matching, sure_values
from .transport import continuity, fokker_planck, reverse_fokker_planck
from .tweedie import log_density_derivatives, posterior_cumulants, tweedie

__all__ = [
    "Estimate",
    "Pair",
    "Rule",
    "bayes_risk",
    "compare",
    "continuity",
    "denoiser_ratio",
    "denoising_constant",
    "denoising_score_matching",
    "expect",
    "explicit_score_matching",
    "fokker_planck",
    "generalised_fisher",
    "gradient_ratio",
    "hessian_ratio",
    "hutchinson_trace",
    "hutchinson_variance",
    "hyvarinen",
    "implicit_score_matching",
    "laplacian_ratio",
    "log_density_derivatives",
    "monte_carlo_rule",
    "natural_tweedie",
    "pointwise",
    "posterior_cumulants",
    "quadrature_rule",
    "rademacher_cube",
    "regression_pythagoras",
    "reverse_fokker_planck",
    "sliced",
    "sliced_score_matching",
    "stein",
    "stein_noise",
    "sure",
    "sure_as_matching",
    "sure_values",
    "tweedie",
    "vincent",
]
