"""A network that learns the score of a law at all noise levels at once, preconditioned by the schedule."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from array_api_compat import is_torch_array
from numpy.typing import NDArray
from torch import nn

from fewsteps.arrays import integer_at_least, like, real_array
from fewsteps.kinds import fits
from fewsteps.laws import Law
from fewsteps.objects import having
from fewsteps.schedules import Diffusion

Floats = NDArray[np.float64]


class _Level(NamedTuple):
    """Noise levels with their rates, and the standard deviation of x_0; arrays of one shape."""

    alpha: Floats
    sigma: Floats
    d_alpha: Floats
    d_sigma: Floats
    std: Floats

    @property
    def total(self) -> Floats:
        """Standard deviation of x."""
        return np.hypot(self.alpha * self.std, self.sigma)

    @property
    def half_log_snr(self) -> Floats:
        """log(alpha / sigma), infinite at the ends."""
        with np.errstate(divide="ignore"):
            return np.log(self.alpha) - np.log(self.sigma)


#: Coefficients (of x, of the raw output) in the posterior means of x_0 and of eps, both less the mean of x_0.
Pairs = tuple[tuple[Floats, Floats], tuple[Floats, Floats]]


def _noise(at: _Level) -> Pairs:
    return (1 / at.alpha, -at.sigma / at.alpha), (0 * at.sigma, 1 + 0 * at.sigma)


def _data(at: _Level) -> Pairs:
    return (0 * at.std, at.std), (1 / at.sigma, -at.alpha * at.std / at.sigma)


def _velocity(at: _Level) -> Pairs:
    scale = np.hypot(at.d_alpha * at.std, at.d_sigma)
    det = at.d_alpha * at.sigma - at.d_sigma * at.alpha
    return (-at.d_sigma / det, at.sigma * scale / det), (at.d_alpha / det, -at.alpha * scale / det)


def _residual(at: _Level) -> Pairs:
    total, var = at.total, at.total**2
    data = at.alpha * at.std**2 / var, -at.sigma * at.std / total
    return data, (at.sigma / var, at.alpha * at.std / total)


#: What the raw output stands for: a target of unit variance at every noise level, in each case.
PREDICTS: dict[str, Callable[[_Level], Pairs]] = {
    "noise": _noise,
    "data": _data,
    "velocity": _velocity,
    "residual": _residual,
}


class ScoreNet(nn.Module):
    """A multilayer perceptron for the score of alpha(t) x_0 + sigma(t) eps, x_0 from a law, at all t at once.

    The network sees (x - alpha E x_0) / sqrt(alpha^2 v + sigma^2), v = tr Cov[x_0] / d, and sines and cosines of the
    half-log-SNR. Its raw output starts at zero, and what it learns has unit variance at every level:

    - "noise": eps;
    - "data": (x_0 - E x_0) / sqrt(v);
    - "velocity": alpha' x_0 + sigma' eps, less its mean and over its standard deviation;
    - "residual": what the best linear guess of eps from x leaves, over its standard deviation. Guessing x_0 instead
      leaves minus the same, so this is the preconditioning of EDM (sigma_data = sqrt(v)) for any schedule.

    Parameters
    ----------
    law : Law
        Only its dimension, mean and covariance are used.
    diffusion : Diffusion
    times : pair of floats
        The range (t_min, t_max) to be learned, 0 < t_min <= t_max; the levels' features are scaled to it.
    predicts : {"noise", "data", "velocity", "residual"}
    d_hidden : int
        Width of the three hidden layers.
    seed : int
        Of the initial weights; torch's global generator is left as it was.

    Raises
    ------
    ValueError
        For an unknown kind or a range that is none.

    Notes
    -----
    Source: PD-E3.3.4, PD-P4.2.1, PD-E3.4.2.

    Examples
    --------
    >>> from fewsteps import GaussianMixture, vp_linear
    >>> net = ScoreNet(GaussianMixture([[-2.0, 0.0], [2.0, 0.0]], 0.1), vp_linear(), times=(0.01, 1.0))
    >>> net.score(np.zeros((5, 2)), 0.5).shape
    (5, 2)
    """

    mean: torch.Tensor
    frequencies: torch.Tensor

    def __init__(
        self,
        law: Law,
        diffusion: Diffusion,
        *,
        times: tuple[float, float],
        predicts: str = "noise",
        d_hidden: int = 128,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if not (isinstance(predicts, str) and predicts in PREDICTS):
            raise ValueError(f"predicts must be one of {', '.join(PREDICTS)}, got {predicts!r}")
        having(law, ("moments", "d"), "law")
        having(diffusion, ("alpha", "sigma", "d_alpha", "d_var"), "diffusion")
        times = time_range(times)
        self.diffusion, self.predicts, self.times = diffusion, predicts, time_range(times)
        mean, cov = law.moments()
        self.std = math.sqrt(np.trace(cov) / law.d)
        low, high = sorted(max(float(self._level(t).half_log_snr), _FAINTEST) for t in self.times)
        self._middle, self._half = (low + high) / 2, (high - low) / 2 or 1.0
        self.register_buffer("mean", torch.as_tensor(mean.copy()).float())
        self.register_buffer("frequencies", torch.arange(1, _WAVES + 1) * (math.pi / 2))
        self.layers = _perceptron(law.d + 1 + 2 * _WAVES, integer_at_least(d_hidden, 1, "d_hidden"), law.d, seed)

    def score(self, x: Any, t: Any) -> Any:
        """Learned score at `x` of shape (..., d) and `t`, a number or of shape (...); shape (..., d).

        A NumPy array is answered with one of its dtype, a torch tensor with one that carries gradients (not in t).
        """
        return self.predict(x, t, "score")

    def predict(self, x: Any, t: Any, kind: str = "data") -> Any:
        """Learned posterior mean of "data" or "noise", the "velocity" of the flow or the "score", shaped like `score`.

        Raises
        ------
        ValueError
            For another kind or last dimension, or where what the network predicts does not determine it (noise says
            nothing about data at alpha = 0, nor data about noise at sigma = 0).

        Examples
        --------
        >>> from fewsteps import GaussianMixture, edm
        >>> net = ScoreNet(GaussianMixture([[-2.0], [2.0]], 0.1), edm(), times=(0.01, 80.0), predicts="residual")
        >>> net.predict(np.array([4.1]), 2.0).round(6)  # untrained: the linear guess, 4.1 / (4.1 + 4) of x
        array([2.075309])
        """
        if not (isinstance(kind, str) and kind in _KINDS):
            raise ValueError(f"kind must be one of {', '.join(_KINDS)}, got {kind!r}")
        x = real_array(x, "x")
        if not is_torch_array(x):
            with torch.no_grad():
                return like(self.predict(torch.as_tensor(x.copy()), t, kind).numpy(), x)
        if x.ndim == 0 or x.shape[-1] != len(self.mean):
            raise ValueError(f"x must have shape (..., {len(self.mean)}), got {tuple(x.shape)}")
        at, own = self._level(fits(t, x, "t")), x.to(self.mean.dtype)
        coefficients = (at.alpha, at.total, *self._combination(at, kind))
        alpha, total, of_x, of_raw, of_mean = (torch.as_tensor(c).to(own)[..., None] for c in coefficients)
        y = own - alpha * self.mean
        return (of_x * y + of_raw * self._raw(y / total, at.half_log_snr) + of_mean * self.mean).to(x.dtype)

    def _combination(self, at: _Level, kind: str) -> tuple[Floats, Floats, Floats]:
        """Coefficients of centred x, raw output and mean of x_0 in the wanted prediction."""
        with np.errstate(divide="ignore", invalid="ignore"):
            pairs = PREDICTS[self.predicts](at)
            wanted = [(c, pair) for c, pair in zip(_KINDS[kind](at), pairs, strict=True) if np.any(c != 0)]
            of_x, of_raw = (sum((c * pair[i] for c, pair in wanted), 0 * at.alpha) for i in (0, 1))
        if not np.all(np.isfinite(of_x) & np.isfinite(of_raw)):
            raise ValueError(f"{self.predicts} does not determine {kind} at alpha = {at.alpha}, sigma = {at.sigma}")
        return of_x, of_raw, _KINDS[kind](at)[0]

    def _level(self, t: Any) -> _Level:
        t = _numpy(t)
        d = self.diffusion
        alpha, sigma, d_alpha, d_var = (np.asarray(part(t)) for part in (d.alpha, d.sigma, d.d_alpha, d.d_var))
        with np.errstate(divide="ignore", invalid="ignore"):
            return _Level(alpha, sigma, d_alpha, d_var / (2 * sigma), np.full_like(alpha, self.std))

    def _raw(self, scaled: torch.Tensor, half_log_snr: Floats) -> torch.Tensor:
        """The perceptron at scaled, centred x and its level; levels beyond `times` look like the nearest end."""
        level = np.clip((half_log_snr - self._middle) / self._half, -1, 1)
        u = torch.as_tensor(level).to(scaled)[..., None]
        features = torch.cat([u, torch.sin(u * self.frequencies), torch.cos(u * self.frequencies)], dim=-1)
        return self.layers(torch.cat([scaled, features.expand(*scaled.shape[:-1], -1)], dim=-1))


#: Coefficients of the posterior means of x_0 and of eps in what may be asked for.
_KINDS: dict[str, Callable[[_Level], tuple[Floats, Floats]]] = {
    "data": lambda at: (1 + 0 * at.alpha, 0 * at.alpha),
    "noise": lambda at: (0 * at.alpha, 1 + 0 * at.alpha),
    "score": lambda at: (0 * at.alpha, -1 / at.sigma),
    "velocity": lambda at: (at.d_alpha, at.d_sigma),
}

#: Frequencies of the level's features, and the half-log-SNR below which levels need not be told apart.
_WAVES, _FAINTEST = 8, -8.0


def time_range(times: Any) -> tuple[float, float]:
    """Return (t_min, t_max) as floats if 0 < t_min <= t_max.

    Examples
    --------
    >>> time_range((0.01, 1))
    (0.01, 1.0)
    """
    pair = np.asarray(real_array(times, "times", low=0.0, strict=True))
    if pair.shape != (2,) or pair[0] > pair[1]:
        raise ValueError(f"times must be a pair 0 < t_min <= t_max, got {times!r}")
    return float(pair[0]), float(pair[1])


def _numpy(t: Any) -> Floats:
    """Times in float64, so that levels near the ends keep their digits; time carries no gradient."""
    return np.asarray(real_array(t.detach().cpu() if is_torch_array(t) else t, "t"), dtype=float)


def _perceptron(d_in: int, d_hidden: int, d_out: int, seed: int) -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(integer_at_least(seed, 0, "seed"))
        widths = (d_in, d_hidden, d_hidden, d_hidden)
        hidden = [nn.Sequential(nn.Linear(*pair), nn.SiLU()) for pair in pairwise(widths)]
        last = nn.Linear(d_hidden, d_out)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(*hidden, last)
