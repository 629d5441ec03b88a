"""The linear student trained along merge plans, by stochastic gradient descent in torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import mse_loss

from fewsteps.arrays import floats, integer_at_least, positive_number, real_array, variances
from fewsteps.distill.checks import tensor
from fewsteps.objects import instance
from fewsteps.operators import teacher_operators
from fewsteps.plans import Plan
from fewsteps.schedules import Schedule


def sinusoidal_embedding(t: Any, T: int, d_emb: int = 64) -> torch.Tensor:
    """Sines and cosines of t/T at d_emb / 2 frequencies 10000^(-2i / d_emb), i = 1, 2, ...; shape (..., d_emb).

    Its squared norm is d_emb / 2 for every t, so gradient descent on a linear read-out moves the gain d_emb / 2 times
    faster than gradient descent on the gain itself.

    Parameters
    ----------
    t : number or array of shape (...)
        Steps, 0 <= t <= T.
    T, d_emb : int
        Number of steps; embedding dimension, even.

    Notes
    -----
    Source: OM-E94.

    Examples
    --------
    >>> float((sinusoidal_embedding(3, 32) ** 2).sum())
    32.0
    """
    T, d_emb = integer_at_least(T, 1, "T"), integer_at_least(d_emb, 2, "d_emb")
    if d_emb % 2:
        raise ValueError(f"d_emb must be even, got {d_emb}")
    t = torch.as_tensor(real_array(t, "t", low=0.0), dtype=torch.float64)
    if bool((t > T).any()):
        raise ValueError(f"t must be at most T = {T}, got {t!r}")
    frequency = 10000.0 ** (-2 * torch.arange(1, d_emb // 2 + 1, dtype=torch.float64) / d_emb)
    phase = (t / T)[..., None] * frequency
    return torch.cat([torch.sin(phase), torch.cos(phase)], dim=-1)


def training_data(lam: Any, n_samples: int, trials: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """The pairs (x_0, eps) that `train_plans` trains on: two float32 tensors of shape (trials, d, n_samples).

    Parameters
    ----------
    lam : array of shape (d,)
        Data variances.
    n_samples, trials, seed : int
        Pairs per trial and coordinate, number of trials, seed of the generator.

    Examples
    --------
    >>> clean, noise = training_data([0.5, 2.0], 64, 3)
    >>> clean.shape
    torch.Size([3, 2, 64])
    """
    lam = variances(floats(lam, "lam", low=0.0))
    shape = (2, integer_at_least(trials, 1, "trials"), lam.size, integer_at_least(n_samples, 2, "n_samples"))
    source = torch.Generator().manual_seed(integer_at_least(seed, 0, "seed"))
    clean, noise = torch.randn(shape, generator=source)
    return clean * torch.as_tensor(np.sqrt(lam)).float()[:, None], noise


def train_plans(
    plans: Sequence[Plan],
    lam: Any,
    schedule: Schedule,
    *,
    lr: float = 1e-3,
    n_steps: int = 100,
    n_samples: int = 2560,
    trials: int = 10,
    seed: int = 0,
    d_emb: int = 64,
    fresh: bool = False,
    data: tuple[torch.Tensor, torch.Tensor] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> NDArray[np.float64]:
    """Train the sinusoidal-embedding student along merge plans, by full-batch SGD on samples.

    Every merge starts from its noisiest block, is trained for `n_steps` steps towards the product of its blocks on
    samples x_t of the forward process at its noisiest level t, and replaces its blocks. Merges of one round, of all
    plans, train side by side. Each trial has its own `training_data`, which all of its merges share.

    Parameters
    ----------
    plans : sequence of Plan
        All covering steps 1..T.
    lam : array of shape (d,)
        Data variances; coordinates are independent students.
    schedule : Schedule
    lr, n_steps, n_samples, trials, seed, d_emb
        Learning rate, gradient steps per merge, samples per trial, number of trials, seed, embedding dimension.
    fresh : bool
        Draw new samples x_t at every gradient step instead of keeping one data set per trial.
    data : pair of tensors of shape (trials, d, n), optional
        Pairs (x_0, eps) to train on instead of `training_data`, for instance codes of real images; then `n_samples`,
        `trials` and `seed` do not matter.
    progress : callable, optional
        Called as ``progress(rounds_done, rounds)``.

    Returns
    -------
    array of shape (len(plans), trials, d)
        Merged gains.

    Notes
    -----
    Source: OM-X-Tab2, OM-X-Tab4, OM-E94. Samples and what is summed over them are float32; weights, gains and the
    difference between gain and target are float64, so that an error of 1e-6 in a gain near 1 keeps its digits.

    Examples
    --------
    >>> from fewsteps import cosine_schedule, vanilla_plan
    >>> gains = train_plans([vanilla_plan(4)], [0.5], cosine_schedule(4), trials=2, n_steps=5, n_samples=64)
    >>> gains.shape
    (1, 2, 1)
    """
    lam = variances(floats(lam, "lam", low=0.0))
    instance(schedule, Schedule, "schedule")
    plans = [instance(plan, Plan, "plans") for plan in instance(plans, (list, tuple), "plans")]
    if any(plan.start != 1 or plan.stop != schedule.T for plan in plans):
        raise ValueError(f"plans must cover the steps 1..{schedule.T}")
    lr, n_steps = positive_number(lr, "lr"), integer_at_least(n_steps, 0, "n_steps")
    clean, noise = training_data(lam, n_samples, trials, seed) if data is None else data
    for part in (clean, noise):
        tensor(part, "data")
    if fresh and data is not None:
        raise ValueError("fresh samples cannot be drawn from given data; leave one of the two out")
    if clean.ndim != 3 or clean.shape != noise.shape or clean.shape[1] != lam.size:
        raise ValueError(f"data must be two tensors of shape (trials, {lam.size}, n), got {clean.shape}, {noise.shape}")
    source = torch.Generator().manual_seed(seed + 1)
    spread = torch.as_tensor(np.sqrt(schedule.marginal_variance(lam))).float()

    def samples(stops: list[int]) -> torch.Tensor:
        if fresh:
            return torch.randn((len(stops), *clean.shape), generator=source) * spread[stops, None, :, None]
        return torch.stack([float(schedule.alpha[t]) * clean + float(schedule.sigma[t]) * noise for t in stops])

    steps = torch.as_tensor(teacher_operators(lam, schedule))[:, None].expand(-1, len(clean), -1)
    done: list[dict[tuple[int, int], torch.Tensor]] = [{} for _ in plans]
    rounds, group = _rounds(plans), max(1, _CACHED // clean.numel())
    for k, merges in enumerate(rounds):
        for some in (merges[j : j + group] for j in range(0, len(merges), group)):
            blocks = [[_block(done[i], steps, part) for part in _parts(node)] for i, node in some]
            stops = [node.stop for _, node in some]
            trained = _train(
                torch.stack([row[-1] for row in blocks]),
                torch.stack([torch.stack(row).prod(dim=0) for row in blocks]),
                partial(samples, stops),
                sinusoidal_embedding(np.array(stops), schedule.T, d_emb)[:, None, None],
                lr,
                n_steps,
                fresh,
            )
            for (i, node), gain in zip(some, trained, strict=True):
                done[i][node.start, node.stop] = gain
        if progress is not None:
            progress(k + 1, len(rounds))
    whole = (1, schedule.T)
    return np.stack([(steps[0] if whole == (1, 1) else done[i][whole]).numpy() for i in range(len(plans))])


#: Merges train in groups of at most this many samples, so that a gradient step stays within the processor's cache.
_CACHED = 2**18


def _train(
    start: torch.Tensor,
    target: torch.Tensor,
    samples: Callable[[], torch.Tensor],
    features: torch.Tensor,
    lr: float,
    n_steps: int,
    fresh: bool,
) -> torch.Tensor:
    """Gains after SGD on read-out weights that start as the shortest vector giving `start`."""
    weights = start[..., None] * features / (features**2).sum(dim=-1, keepdim=True)
    weights.requires_grad_()
    target, x = target[..., None], samples()
    nought = torch.zeros(1).expand_as(x)
    for step in range(n_steps):
        if fresh and step:
            x = samples()
        error = (weights * features).sum(dim=-1, keepdim=True) - target
        # error x is gain x - target x, rounded once instead of three times; the mean's divisor is in the step
        loss = mse_loss(error.float() * x, nought, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, weights)
        with torch.no_grad():
            weights.sub_(gradient, alpha=lr / x.shape[-1])
    gain = (weights.detach() * features).sum(dim=-1)
    if not bool(torch.isfinite(gain).all()):
        raise ValueError(f"lr={lr} makes training diverge; lower it")
    return gain


def _rounds(plans: Sequence[Plan]) -> list[list[tuple[int, Plan]]]:
    """Merges of all plans by round: what a round needs was made in earlier ones."""
    rounds: dict[int, list[tuple[int, Plan]]] = {}
    for i, plan in enumerate(plans):
        nodes = [node for node in plan.nodes() if node.length > 1]
        for node, (_, _, k) in zip(nodes, plan.arcs(), strict=True):
            rounds.setdefault(k, []).append((i, node))
    return [rounds[k] for k in sorted(rounds)]


def _parts(node: Plan) -> list[tuple[int, int]]:
    if node.parts:
        return [(part.start, part.stop) for part in node.parts]
    return [(t, t) for t in range(node.start, node.stop + 1)]


def _block(done: dict[tuple[int, int], torch.Tensor], steps: torch.Tensor, part: tuple[int, int]) -> torch.Tensor:
    return steps[part[0] - 1] if part[0] == part[1] else done[part]
