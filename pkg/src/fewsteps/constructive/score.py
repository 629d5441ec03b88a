r"""The score of a round mixture, written down as a network.

At a fixed time the logits of the posterior weights are affine in $x$, and with $n = \alpha^2 \lambda + \sigma^2$

$$
\nabla \log p_t(x) = -\frac1n \Bigl( x - \alpha \sum_k \gamma_k \mu_k \Bigr), \qquad
\gamma = \operatorname{softmax}\Bigl( \log \pi_k + \frac{\alpha}{n} \mu_k \cdot x
- \frac{\alpha^2}{2n} \lvert \mu_k \rvert^2 \Bigr),
$$

so that the network's error is at most $\frac{\alpha}{n} \max_k \lvert \mu_k \rvert$ times that of its weights, at every
$x$. With the time as an input, $\alpha$ and $1/n$ are values of the network as well. Sources: QA-E15, QA-T1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import number
from fewsteps.constructive.builder import Builder, Form
from fewsteps.constructive.gadgets import exponential, factors, product, reciprocal, square, squarings
from fewsteps.constructive.network import Network
from fewsteps.constructive.softmax import Carried, share, softmax_parts
from fewsteps.laws import Law
from fewsteps.objects import having
from fewsteps.schedules import Diffusion

Floats = NDArray[np.float64]


def score_network(law: Law, process: Diffusion, t: float, error: float) -> Network:
    """A network from x to the score of a round mixture at one time.

    Parameters
    ----------
    law : GaussianMixture or PointCloud
        At least two components, round and of one variance.
    process : Diffusion
    t : float
        A time at which the law has a density.
    error : float
        In (0, 1): bound of the sum of the absolute errors of the posterior weights, at every x, up to rounding.

    Returns
    -------
    Network
        From d to d; its error is at most ``alpha/n max|mu| error``.

    Raises
    ------
    ValueError
        If the law is not as said, or has no density at t.

    Notes
    -----
    Source: QA-T1. The width is 4 d + max(4 K, 3 K + 5), whatever the error; the depth grows by about four for every
    digit.

    Examples
    --------
    >>> from fewsteps import GaussianMixture, ornstein_uhlenbeck
    >>> law, process = GaussianMixture.on_line([-2.0, 2.0], 0.5), ornstein_uhlenbeck()
    >>> net, x = score_network(law, process, 0.2, 1e-4), np.array([[-1.0], [0.1], [3.0]])
    >>> level = process.at(0.2)
    >>> bool(np.abs(net(x) - law.score(x, level.alpha, level.sigma)).max() < 1e-4 * 2 * level.alpha / 0.5)
    True
    """
    lam, means = _round(law)
    level = having(process, ("at", "horizon"), "process").at(number(t, "t"))
    alpha, n = level.alpha, level.alpha**2 * lam + level.sigma**2
    if n <= 0:
        raise ValueError(f"t must be a time at which the law has a density, got {t:g}")
    builder = Builder(law.d)
    x = Carried(builder.inputs)
    offsets = np.log(law.weights) - alpha**2 / (2 * n) * (means**2).sum(-1)

    def logits() -> list[Form]:
        return [combination(x.forms, row) + float(b) for row, b in zip(alpha / n * means, offsets, strict=True)]

    parts, one_over = softmax_parts(builder, logits, error, x)
    layer = builder.layer("requ")
    weights = [product(layer, part, one_over) for part in parts]
    x(layer)
    pulls = (combination(weights, column) for column in alpha / n * means.T)
    return builder.network([pull - form / n for form, pull in zip(x.forms, pulls, strict=True)])


def score_network_in_time(law: Law, process: Diffusion, error: float) -> Network:
    """A network from (x, t) to the score of a round mixture under the Ornstein-Uhlenbeck process.

    Parameters
    ----------
    law : GaussianMixture
        At least two components, round and of one variance lam > 0.
    process : Diffusion
        `ornstein_uhlenbeck`: alpha = exp(-beta t), sigma^2 = 1 - alpha^2.
    error : float
        In (0, 1): of the softmax, and of alpha and 1/n in units in which they move the logits by as much at the
        centres.

    Returns
    -------
    Network
        From d + 1 inputs to d values. Its error is a multiple of `error` that grows with |x|^2 and is largest at t = 0.

    Raises
    ------
    ValueError
        If the law or the process is not as said.

    Notes
    -----
    Source: QA-T1, QA-L5.

    Examples
    --------
    >>> from fewsteps import GaussianMixture, ornstein_uhlenbeck
    >>> law, process = GaussianMixture.on_line([-2.0, 2.0], 0.5), ornstein_uhlenbeck()
    >>> net = score_network_in_time(law, process, 1e-4)
    >>> pairs = np.array([[-1.0, 0.0], [0.1, 0.2], [3.0, 1.0]])
    >>> want = [law.score(row[:1], *process.at(row[1])[:2])[0] for row in pairs]
    >>> bool(np.abs(net(pairs)[:, 0] - want).max() < 1e-3)
    True
    """
    (lam, means), beta, error = _round(law), _rate(process), share(error)
    if lam <= 0:
        raise ValueError("law must have components of positive variance: at t = 0 it must have a density")
    sizes, low, high = (means**2).sum(-1), min(lam, 1.0), max(lam, 1.0)
    inner = error * low / (1 + sizes.max()) / (high / low)
    builder = Builder(law.d + 1)
    x = Carried(builder.inputs[:-1])
    q = max(squarings(inner), int(np.ceil(np.log2(2 * beta * process.horizon))))
    (signal,) = exponential(builder, [-beta * builder.inputs[-1]], q, x)
    layer = builder.layer("requ")
    variance = 1.0 - (1 - lam) * square(layer, signal, nonnegative=True)
    m = Carried([signal], nonnegative=True, others=[x])
    m(layer)
    inverse = reciprocal(builder, variance, high, factors(high / low, inner), m)
    layer = builder.layer("requ")
    ratio, r = product(layer, m.forms[0], inverse), Carried([inverse], nonnegative=True, others=[m])
    r(layer)
    layer = builder.layer("requ")
    bend = product(layer, m.forms[0], ratio)
    tilts = [product(layer, ratio, combination(x.forms, row)) for row in means]
    r(layer)
    log = np.log(law.weights)
    kept = Carried([tilt - bend * float(s / 2) + float(b) for tilt, s, b in zip(tilts, sizes, log, strict=True)])
    parts, one_over = softmax_parts(builder, lambda: kept.forms, error, _together(kept, r))
    layer = builder.layer("requ")
    weights = [product(layer, part, one_over) for part in parts]
    r(layer)
    layer = builder.layer("requ")
    pulls = [product(layer, m.forms[0], weight) for weight in weights]
    r(layer)
    away = [combination(pulls, column) - form for form, column in zip(x.forms, means.T, strict=True)]
    layer = builder.layer("requ")
    return builder.network([product(layer, r.forms[0], form) for form in away])


def combination(forms: Sequence[Form], factors: Any) -> Form:
    """A linear combination of forms.

    Examples
    --------
    >>> combination(Builder(2).inputs, [2.0, -1.0]).parts
    {0: 2.0, 1: -1.0}
    """
    terms = [float(factor) * form for factor, form in zip(factors, forms, strict=True)]
    return sum(terms[1:], terms[0])


def _together(first: Carried, second: Carried) -> Carried:
    """Both, in one."""
    return Carried([], others=[first, second])


def _round(law: Any) -> tuple[float, Floats]:
    spectrum = having(law, ("means", "weights", "spectrum"), "law").spectrum
    if np.ptp(spectrum) > 1e-12 * np.max(spectrum):
        raise ValueError(f"law must have round components of one variance, got {np.unique(spectrum)[:5]!r}")
    if len(law.means) < 2:
        raise ValueError("law must have at least two components: the score of one is linear")
    return float(np.mean(spectrum)), law.means


def _rate(process: Any) -> float:
    having(process, ("alpha", "sigma", "horizon"), "process")
    t = np.linspace(0.0, process.horizon, 9)
    beta = -float(np.log(process.alpha(process.horizon))) / process.horizon
    if not (
        beta > 0
        and np.allclose(process.alpha(t), np.exp(-beta * t), rtol=1e-9)
        and np.allclose(process.alpha(t) ** 2 + process.sigma(t) ** 2, 1.0, rtol=1e-9)
    ):
        raise ValueError(f"process must be ornstein_uhlenbeck(beta, horizon), got {process!r}")
    return beta
