"""The checkerboard experiment: its settings, in print and here, and what is measured on a trained map."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fewsteps.arrays import floats, integer_at_least
from fewsteps.distill.interpolants import map_jumps
from fewsteps.distill.recipes import Recipe
from fewsteps.distill.slopes import Slope, SlopeNet
from fewsteps.estimators import kl_to_samples, squared_sliced_w2
from fewsteps.identities.pairs import Estimate
from fewsteps.laws import Checkerboard
from fewsteps.objects import function

#: Numbers of jumps that are compared, and the edges of the cells in which the KL divergence is counted.
JUMPS, EDGES = (1, 2, 4, 8, 16), np.linspace(-2.0, 2.0, 41)


@dataclass(frozen=True)
class Trial:
    """A network and a recipe.

    Parameters
    ----------
    d_hidden, depth : int
    activation : str
    recipe : Recipe

    Notes
    -----
    Source: FM-XE1.

    Examples
    --------
    >>> CHECKERBOARD_SOURCE.recipe.steps * CHECKERBOARD_SOURCE.recipe.batch
    10240000000
    """

    d_hidden: int
    depth: int
    activation: str
    recipe: Recipe

    def net(self, seed: int, d: int = 2) -> SlopeNet:
        """The untrained network of a seed."""
        return SlopeNet(d, d_hidden=self.d_hidden, depth=self.depth, activation=self.activation, seed=seed)


#: As printed: 4 x 256 GELU, 160 000 steps of 64 000 samples.
CHECKERBOARD_SOURCE = Trial(256, 4, "gelu", Recipe(160_000, 64_000, 1e-3, warmup=5000, anneal=5000))
#: For minutes of one CPU core: about 1/2500 of the samples.
CHECKERBOARD_SMALL = Trial(128, 4, "silu", Recipe(8000, 512, 8e-3, "cosine", warmup=800, anneal=800, average=0.05))


def checkerboard_samples(slope: Slope, jumps: int, n: int = 200_000, seed: int = 0) -> NDArray[np.float64]:
    """Draw `n` samples of a learned map in equal jumps from noise to data; shape (n, 2).

    Parameters
    ----------
    slope : callable
        Average velocity slope(x, r, t).
    jumps, n, seed : int
    """
    function(slope, "slope"), integer_at_least(seed, 0, "seed")
    noise = torch.randn((integer_at_least(n, 1, "n"), 2), generator=torch.Generator().manual_seed(seed))
    times = np.linspace(1.0, 0.0, integer_at_least(jumps, 1, "jumps") + 1)
    return np.concatenate([map_jumps(slope, part, times).double().numpy() for part in noise.split(20_000)])


def checkerboard_scores(samples: Any, seed: int = 0) -> dict[str, Estimate]:
    """KL(target || samples) in cells of side 0.1, and the squared sliced W2 to as many samples of the target.

    Examples
    --------
    >>> kl = checkerboard_scores(Checkerboard().sample(4000, np.random.default_rng(1)))["kl"]
    >>> abs(kl.value) < 4 * kl.error
    True
    """
    samples, law = floats(samples, "samples"), Checkerboard()
    rng = np.random.default_rng(integer_at_least(seed, 0, "seed"))
    w2 = squared_sliced_w2(samples, law.sample(len(samples), rng), rng, directions=64)
    return {"kl": kl_to_samples(law.masses(EDGES), samples, EDGES), "squared_sliced_w2": w2}


def checkerboard_picture(samples: Any) -> str:
    """Counts of samples in the cells of side 0.1, in 64ths of what a filled cell expects, as hexadecimal bytes.

    Examples
    --------
    >>> len(checkerboard_picture(Checkerboard().sample(100, np.random.default_rng(0))))
    3200
    """
    points = floats(samples, "samples")
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ValueError(f"samples must have shape (n, 2) with n >= 1, got {points.shape}")
    counts = np.histogram2d(points[:, 0], points[:, 1], bins=(EDGES, EDGES))[0]
    return np.rint(np.minimum(64 * counts * counts.size / (2 * len(points)), 255)).astype(np.uint8).tobytes().hex()


def density_of(picture: str) -> NDArray[np.float64]:
    """The cell densities of a `checkerboard_picture`, over that of a filled square; shape (40, 40), first index x_1.

    Examples
    --------
    >>> law = Checkerboard()
    >>> cells = density_of(checkerboard_picture(law.sample(10**6, np.random.default_rng(0))))
    >>> bool(abs(cells - 800 * law.masses(EDGES)).max() < 0.15)
    True
    """
    cells = (EDGES.size - 1) ** 2
    if not isinstance(picture, str) or len(picture) != 2 * cells:
        raise ValueError(f"picture must be a string of {2 * cells} hexadecimal digits, got {picture!r:.60}")
    return np.frombuffer(bytes.fromhex(picture), dtype=np.uint8).reshape(2 * (EDGES.size - 1,)) / 64


def checkerboard_runs() -> dict[str, Any]:
    """The committed results of the full run (`tools/checkerboard.py`): command, settings, and a row for every run.

    Examples
    --------
    >>> sorted(checkerboard_runs())[:2]
    ['checkerboard', 'command']
    """
    return json.loads(resources.files("fewsteps").joinpath("data/checkerboard.json").read_text(encoding="utf8"))
