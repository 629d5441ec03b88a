"""How fast the mixture score is: against its bare matrix products, and against torch's mixture with autograd.

    make bench

Times are reported, never asserted. One thread each; ratios of one run are what counts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from timing import seconds

import fewsteps as fs

N, D, K = 100_000, 64, 32


def law(kind: str) -> fs.GaussianMixture:
    rng = np.random.default_rng(0)
    roots = rng.standard_normal((K, D, D)) / 8
    covs = roots @ np.swapaxes(roots, 1, 2) + 0.1 * np.eye(D)
    return fs.GaussianMixture(2 * rng.standard_normal((K, D)), {"isotropic": 0.3, "shared": covs[0], "own": covs}[kind])


def bare_products(kind: str, x: np.ndarray) -> Callable[[], object]:
    """The products that no exact score can do without: logits and posterior means, and the changes of basis."""
    rng = np.random.default_rng(1)
    means, shares, turn = rng.standard_normal((K, D)), rng.random((len(x), K)), rng.standard_normal((D, D))
    turns, rows = rng.standard_normal((D, K * D)), 500  # in blocks, as n K d numbers do not fit a cache
    return {
        "isotropic": lambda: (x @ means.T, shares @ means),
        "shared": lambda: (x @ turn @ means.T, shares @ means @ turn.T),
        "own": lambda: [(x[i : i + rows] @ turns) @ turns.T for i in range(0, len(x), rows)],
    }[kind]


def by_autograd(kind: str, x: np.ndarray) -> Callable[[], object]:
    """torch.distributions.MixtureSameFamily, its log-density differentiated, in blocks of 5000 points."""
    noisy = law(kind).noised(0.6, 0.8)
    covs = noisy.covs if noisy.covs.ndim else noisy.covs * np.eye(D)
    parts = torch.distributions.MultivariateNormal(torch.tensor(noisy.means), torch.tensor(covs))
    mixture = torch.distributions.MixtureSameFamily(
        torch.distributions.Categorical(torch.tensor(noisy.weights)), parts, validate_args=False
    )

    def score() -> None:
        for block in torch.tensor(x).split(5000):
            torch.autograd.grad(mixture.log_prob(block.requires_grad_()).sum(), block)

    return score


@pytest.mark.parametrize("kind", ["isotropic", "shared", "own"])
def test_mixture_score(benchmark, kind):
    x = np.random.default_rng(0).standard_normal((N, D))
    benchmark.pedantic(law(kind).score, args=(x, 0.6, 0.8), rounds=3, warmup_rounds=1)


def test_report(capsys):
    """Ratios in one run, at n = 100,000, d = 64, K = 32; autograd on a tenth of the points."""
    torch.set_num_threads(1)
    x = np.random.default_rng(0).standard_normal((N, D))
    with capsys.disabled():
        print(f"\nmixture score, n = {N}, d = {D}, K = {K}")
        for kind in ("isotropic", "shared", "own"):
            ours = seconds(lambda kind=kind: law(kind).score(x, 0.6, 0.8))
            bare, slow = seconds(bare_products(kind, x)), 10 * seconds(by_autograd(kind, x[: N // 10]), repeats=1)
            print(f"  {kind:9s} {ours:6.3f} s  bare products x {ours / bare:4.1f}  autograd / ours {slow / ours:5.0f}")
