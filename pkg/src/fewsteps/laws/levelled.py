"""From a law and a noise level, or one level a point, to the components that answer: checks and blocks of rows."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from array_api_compat import is_torch_array
from numpy.typing import NDArray

from fewsteps.arrays import Array, points, some
from fewsteps.laws.checks import beside, is_number, levels_per_point, noise_level, rates
from fewsteps.laws.components import Components
from fewsteps.laws.parts import Parts, blocked
from fewsteps.laws.rows import Rows

Floats = NDArray[np.float64]


class Levelled:
    """What a law holds, and how its questions reach the components."""

    means: Floats
    weights: Floats
    spectrum: Floats
    frames: Floats

    @property
    def d(self) -> int:
        """Dimension."""
        return self.means.shape[1]

    @property
    def K(self) -> int:
        """Number of components."""
        return self.weights.size

    @cached_property
    def _latest(self) -> dict[Any, Components]:
        return {}

    def _level(self, x: Array, alpha: float, sigma: float) -> Components:
        """The components at a noise level. For NumPy the latest ones are kept: a simulation asks hundreds of times.

        Tensors are not kept: one that is made inside `torch.func.jvp` or `inference_mode` must not outlive it.
        """
        latest = None if is_torch_array(x) else self._latest.get(x.dtype)
        if latest is not None and latest.alpha == alpha and latest.sigma == sigma:
            return latest
        level = Components(latest.parts if latest else self._parts(x), alpha, sigma)
        if not is_torch_array(x):
            self._latest[x.dtype] = level
        return level

    def _parts(self, x: Array) -> Parts:
        return Parts.of(self.means, self.weights, self.spectrum, self.frames, x)

    def _answer(self, what: str, x: Any, *levels: Any, wide: bool = True, dense: bool = True) -> Array:
        """What the components answer at the points, a block of rows at a time.

        `wide` says that components are expanded, `dense` that a density is needed.
        """
        x, dense = points(x, self.d), dense or self.K > 1
        if not all(map(is_number, levels)):
            return self._each(what, x, levels, dense)
        level, motion = self._level(x, *noise_level(*levels[:2])), rates(levels[2:]) if levels[2:] else ()
        if dense and level.smallest < level.parts.tiny:
            raise self.no_density(x)
        ask = getattr(level, what)
        return blocked(lambda rows: ask(rows, *motion), x, level.parts.wide if wide else level.width)

    def _each(self, what: str, x: Array, levels: tuple[Any, ...], dense: bool) -> Array:
        """The same where every point has its own level."""
        parts, columns = self._parts(x), levels_per_point(x, *levels)
        if dense and some(columns[0] ** 2 * parts.least + columns[1] ** 2 < parts.tiny):
            raise self.no_density(x)
        width = parts.wide * (self.d if what in ("hessian", "jacobian", "posterior_cov") else 1)
        return blocked(lambda rows: Rows.answer(parts, what, rows), beside(x, *columns), width)

    def no_density(self, x: Array) -> ValueError:
        """What to raise where the law has no density at the level of points `x`."""
        return ValueError(
            f"sigma must be positive: without noise this {type(self).__name__} has no density, for a variance is 0 "
            f"(or below what {x.dtype} can hold); stop simulations at a time above 0, such as 1e-3 of the horizon"
        )
