"""A Transformer whose tokens are the coordinates of a point."""

from __future__ import annotations

import torch
from torch import nn

from fewsteps.arrays import integer_at_least


class TokenTransformer(nn.Module):
    """A map from R^d to R^d by self-attention between coordinates: each is embedded, and read out, on its own.

    Pre-norm blocks, GELU, feed-forward layers four times as wide, no dropout, learned positions.

    Parameters
    ----------
    d : int
        Dimension: the number of tokens.
    d_model, heads, blocks : int
        Width of a token, heads of the attention (a divisor of `d_model`), number of blocks.
    seed : int
        Of the initial weights; torch's global generator is left as it was.

    Raises
    ------
    ValueError
        If `heads` does not divide `d_model`.

    Notes
    -----
    Source: QA-X6.3.

    Examples
    --------
    >>> TokenTransformer(8, d_model=32, heads=4, blocks=2)(torch.zeros(3, 8)).shape
    torch.Size([3, 8])
    """

    def __init__(self, d: int, *, d_model: int = 128, heads: int = 4, blocks: int = 1, seed: int = 0) -> None:
        super().__init__()
        d, d_model = integer_at_least(d, 1, "d"), integer_at_least(d_model, 1, "d_model")
        heads, blocks = integer_at_least(heads, 1, "heads"), integer_at_least(blocks, 1, "blocks")
        if d_model % heads:
            raise ValueError(f"heads must divide d_model, {d_model}, got {heads}")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(integer_at_least(seed, 0, "seed"))
            self.embed, self.place = nn.Linear(1, d_model), nn.Parameter(0.02 * torch.randn(d, d_model))
            self.blocks = nn.ModuleList(
                nn.TransformerEncoderLayer(d_model, heads, 4 * d_model, 0.0, "gelu", batch_first=True, norm_first=True)
                for _ in range(blocks)
            )
            self.norm, self.read = nn.LayerNorm(d_model), nn.Linear(d_model, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Values at `x` of shape (n, d), same shape."""
        tokens = self.embed(x[..., None]) + self.place
        for block in self.blocks:
            tokens = block(tokens)
        return self.read(self.norm(tokens))[..., 0]
