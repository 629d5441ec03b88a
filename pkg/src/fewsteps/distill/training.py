"""Learning a score by denoising score matching."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fewsteps.arrays import integer_at_least, positive_number, same_shape
from fewsteps.distill.checks import batch, tensor
from fewsteps.distill.samples import law_samples as law_samples
from fewsteps.distill.scores import ScoreNet, time_range
from fewsteps.distill.threads import few_threads, widest
from fewsteps.flowmaps.base import shaped
from fewsteps.laws import Law
from fewsteps.objects import function, having
from fewsteps.schedules import Diffusion

#: Weights omega(alpha, sigma) of the squared error of the score that make it that of another prediction.
WEIGHTS: dict[str, Callable[[Any, Any], Any]] = {
    "noise": lambda alpha, sigma: sigma**2,
    "score": lambda alpha, sigma: 1 + 0 * sigma,
    "data": lambda alpha, sigma: sigma**4 / alpha**2,
}

Weight = str | Callable[[Any], Any]


def denoising_loss(
    score: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    diffusion: Diffusion,
    clean: torch.Tensor,
    noise: torch.Tensor,
    t: torch.Tensor,
    weight: Weight = "noise",
) -> torch.Tensor:
    """Denoising score matching, 1/2 E[omega(t) |score(x_t, t) + eps / sigma(t)|^2] over a batch; one number.

    Parameters
    ----------
    score : callable
        score(x, t) for tensors of shapes (n, d) and (n,).
    diffusion : Diffusion
    clean, noise : tensors of shape (n, d)
        x_0 and eps.
    t : tensor of shape (n,)
        Times with sigma(t) > 0; float64 keeps the digits of sigma near 0.
    weight : {"noise", "score", "data"} or callable
        omega: sigma^2, 1 or sigma^4 / alpha^2, which make the error that of noise, score or data; or omega(t).

    Raises
    ------
    ValueError
        For an unknown weight, or one that is not finite at some t; if there are no samples, or shapes differ.

    Notes
    -----
    Source: PD-P4.2.1, PD-E3.3.4, PD-D3.4.1.

    Examples
    --------
    >>> from fewsteps import edm
    >>> zeros, ones = torch.zeros(4, 1), torch.ones(4, 1)
    >>> denoising_loss(lambda x, t: -x / 4, edm(), zeros, ones, 2 * torch.ones(4))
    tensor(0.)
    """
    clean, noise = batch(clean, "clean", t=t), tensor(noise, "noise")
    same_shape(clean, noise, "clean and noise")
    if len(clean) == 0:
        raise ValueError("clean must hold at least one sample, for the loss is a mean")
    function(score, "score")
    having(diffusion, ("alpha", "sigma", "horizon"), "diffusion")
    times = t.detach().cpu().double().numpy()
    levels = diffusion.alpha(times), diffusion.sigma(times)
    alpha, sigma, omega = (torch.as_tensor(part).to(clean) for part in (*levels, _omega(weight, times, *levels)))
    x = alpha[:, None] * clean + sigma[:, None] * noise
    error = shaped(score(x, t), x, "score(x, t)") + noise / sigma[:, None]
    return (omega * (error**2).sum(dim=-1)).mean() / 2


def _omega(weight: Weight, t: Any, alpha: Any, sigma: Any) -> NDArray[np.float64]:
    if not callable(weight) and not (isinstance(weight, str) and weight in WEIGHTS):
        raise ValueError(f"weight must be one of {', '.join(WEIGHTS)} or a function of t, got {weight!r}")
    with np.errstate(divide="ignore"):
        omega = WEIGHTS[weight](alpha, sigma) if isinstance(weight, str) else weight(t)
    omega = np.array(np.broadcast_to(omega, t.shape), dtype=float)
    if not np.all(np.isfinite(omega) & (omega >= 0)) or np.any(sigma == 0):
        raise ValueError(f"sigma must be positive and weight {weight!r} finite and >= 0 at every time that is trained")
    return omega


def train_score_net(
    law: Law,
    diffusion: Diffusion,
    *,
    times: tuple[float, float],
    predicts: str = "noise",
    weight: Weight = "noise",
    uniform_in: str = "time",
    steps: int = 5000,
    batch: int = 512,
    lr: float = 4e-3,
    d_hidden: int = 128,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[ScoreNet, NDArray[np.float64]]:
    """Learn the score of a law at all noise levels, from fresh samples, by denoising score matching.

    Adam, its learning rate falling to zero along a cosine; the network returned is an exponential average of the
    weights, over about the last twentieth of the steps. Times are spread evenly over every batch (stratified), which
    leaves the loss's mean as it is and lowers its variance.

    Parameters
    ----------
    law : Law
    diffusion : Diffusion
    times : pair of floats
        Range (t_min, t_max), 0 < t_min <= t_max, of the times that are trained.
    predicts : {"noise", "data", "velocity", "residual"}
        What the raw output stands for; see `ScoreNet`.
    weight : {"noise", "score", "data"} or callable
        omega(t), the weight of the squared error of the score; see `denoising_loss`.
    uniform_in : {"time", "half_log_snr"}
        What the times are drawn uniformly in.
    steps, batch : int
        Gradient steps, samples in each.
    lr : float
        Largest learning rate.
    d_hidden : int
        Width of the hidden layers.
    seed : int
        Of the initial weights and of all samples.
    progress : callable, optional
        Called as ``progress(done, steps)``.

    Returns
    -------
    net : ScoreNet
    losses : array of shape (steps,)
        Loss at every step, on that step's samples, before it.

    Raises
    ------
    ValueError
        If an option is unknown, the weight is infinite on `times`, or the loss is no longer a finite number.

    Notes
    -----
    Source: PD-P4.2.1, PD-E3.3.4. The same seed gives the same network on the same machine. Small networks
    train on one thread, whatever torch is set to: `few_threads`.

    Examples
    --------
    >>> from fewsteps import Gaussian, vp_linear
    >>> net, losses = train_score_net(Gaussian([0.0], [1.0]), vp_linear(), times=(0.1, 1.0), steps=3, batch=8)
    >>> losses.shape
    (3,)
    """
    steps, batch = integer_at_least(steps, 1, "steps"), integer_at_least(batch, 1, "batch")
    lr = positive_number(lr, "lr")
    net = ScoreNet(law, diffusion, times=times, predicts=predicts, d_hidden=d_hidden, seed=seed)
    source, clock = torch.Generator().manual_seed(seed), _clock(diffusion, times, uniform_in)
    _omega(weight, ends := np.asarray(time_range(times)), diffusion.alpha(ends), diffusion.sigma(ends))
    update, average = _optimizer(net, steps, lr)
    losses = np.empty(steps)
    with few_threads(batch, widest(net)):
        for step in range(steps):
            loss = denoising_loss(net.score, diffusion, *_pairs(law, batch, source), clock(batch, source), weight)
            losses[step] = _finite(loss, step, lr)
            update(loss)
            if progress is not None:
                progress(step + 1, steps)
    return average.requires_grad_(), losses


def _optimizer(net: ScoreNet, steps: int, lr: float) -> tuple[Callable[[torch.Tensor], None], ScoreNet]:
    """A step of Adam from a loss, and the network's copy that holds the average of its weights."""
    adam = torch.optim.Adam(net.parameters(), lr, fused=True)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    average, share = copy.deepcopy(net).requires_grad_(False), min(1.0, 20 / steps)
    pairs = list(zip(average.parameters(), net.parameters(), strict=True))

    def update(loss: torch.Tensor) -> None:
        adam.zero_grad()
        loss.backward()
        adam.step()
        cosine.step()
        for slow, fast in pairs:
            slow.lerp_(fast.detach(), share)

    return update, average


def _pairs(law: Law, n: int, source: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    clean = law_samples(law, n, source)
    return clean, torch.randn(clean.shape, generator=source)


def _finite(loss: torch.Tensor, step: int, lr: float) -> float:
    value = float(loss.detach())
    if not math.isfinite(value):
        raise ValueError(f"the loss became {value} at step {step}: lower lr={lr:g}")
    return value


def _clock(diffusion: Diffusion, times: Any, uniform_in: str) -> Callable[[int, torch.Generator], torch.Tensor]:
    """A sampler of times, stratified: one in each of n equal parts of the range."""
    if uniform_in not in ("time", "half_log_snr"):
        raise ValueError(f"uniform_in must be 'time' or 'half_log_snr', got {uniform_in!r}")
    first, last = time_range(times)
    knots = np.linspace(first, last, 2)
    if uniform_in == "half_log_snr" and first < last:
        most, least = (float(diffusion.half_log_snr(t)) for t in (first, last))
        levels = np.linspace(most, least, _KNOTS)
        knots = np.array([first, *(diffusion.time_at(level) for level in levels[1:-1]), last])
    return partial(_stratified, knots)


def _stratified(knots: NDArray[np.float64], n: int, source: torch.Generator) -> torch.Tensor:
    u = (torch.arange(n) + torch.rand(n, generator=source, dtype=torch.float64)) / n
    return torch.as_tensor(np.interp(u.numpy(), np.linspace(0, 1, len(knots)), knots))


#: Times between which the one at a given half-log-SNR is interpolated.
_KNOTS = 257
