"""What every sampler begins with: checks at the door, the places of its times, its predictions, and its way through."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from array_api_compat import is_torch_array

from fewsteps.arrays import Array, as_kind, clock, namespace, normal_like, number, same_shape
from fewsteps.fields import KINDS
from fewsteps.objects import function, having, one_of
from fewsteps.samplers.places import Place, turned
from fewsteps.schedules import Diffusion
from fewsteps.solvers.march import Progress, checked_field, march, state, time_grid

Clip = Callable[[Array], Array]


class Setting:
    """A model, a process and a grid of times, checked.

    Parameters
    ----------
    model, process, x, times, predicts, clip
        As for `sample`.

    Attributes
    ----------
    x : array
        The state at times[0]. Half precision is carried in float32, and the model is shown half precision.
    places : list of Place
        Of the N + 1 times.
    steps : int
        N.
    evaluations : int
        How often the model has been called so far.
    """

    def __init__(self, model: Any, process: Diffusion, x: Any, times: Any, predicts: str, clip: Any) -> None:
        function(model, "model")
        self.process = having(process, ("at", "time_at", "horizon"), "process")
        self.half, self.x = _carried(x)
        self.places = _places(process, times)
        self.steps = len(self.places) - 1
        self.predicts = one_of(predicts, KINDS, "predicts")
        self.clip = _clipped(clip)
        self.evaluations = 0
        shown = model if self.half is None else lambda y, t: model(_cast(y, self.half), t)
        self._field = checked_field(shown, self.x, "model")

    def predict(self, y: Array, place: Place, target: str, keep: bool = False) -> Array:
        """Call the model once; its prediction at `y`, clipped where that is asked for, as the kind that is wanted.

        What is kept for later steps must not be a buffer into which the model writes its next answer.
        """
        self.evaluations += 1
        value, source = self._field(y, place.t), self.predicts
        if keep and self.clip is None and source == target:
            return 1 * value
        if self.clip is not None:
            value, source = self.clip(turned(value, y, place, source, "data")), "data"
        return turned(value, y, place, source, target)

    def follow(self, step: Callable[[Array, int], Array], path: bool, progress: Progress) -> Array:
        """The last state after the steps ``x = step(x, k)``, or all of them, in the dtype that came in."""
        return self.given_back(march(step, self.x, self.steps, path, progress))

    def given_back(self, y: Array) -> Array:
        """A state in the dtype that came in."""
        if self.half is None:
            return y
        with np.errstate(over="ignore"):  # told below, in words
            out = _cast(y, self.half)
        if not bool(namespace(y).all(namespace(y).isfinite(out))):
            raise FloatingPointError(f"the state does not fit into {self.half}: give it in single precision")
        return out


def _places(process: Diffusion, times: Any) -> list[Place]:
    grid = time_grid(clock(times, process.horizon, "times"), decreasing=True)
    levels = (np.broadcast_to(part, len(grid)).tolist() for part in process.at(np.array(grid)))
    places = [Place(*each) for each in zip(grid, *levels, strict=True)]
    if not all(s.ell < t.ell for s, t in pairwise(places)):
        raise ValueError(f"times must lower the noise-to-signal ratio at every step, got {grid[:9]}")
    return places


def _carried(x: Any) -> tuple[Any, Array]:
    """The dtype of a half-precision state, else None; and the state in the precision in which it is carried."""
    if isinstance(x, np.generic):
        x = np.asarray(x)
    if is_torch_array(x) and x.dtype.is_floating_point and x.dtype.itemsize < 4:
        return x.dtype, state(x.float())
    if isinstance(x, np.ndarray) and x.dtype == np.float16:
        return x.dtype, state(x.astype(np.float32))
    return None, state(x)


def _cast(y: Array, dtype: Any) -> Array:
    return y.to(dtype) if is_torch_array(y) else y.astype(dtype)


def _clipped(clip: Any) -> Clip | None:
    if clip is None:
        return None
    if callable(clip):
        return lambda data: _shaped_like(data, as_kind(clip(data), data))
    if not (isinstance(clip, tuple | list) and len(clip) == 2):
        raise TypeError(f"clip must be a pair (low, high) or a function of the data prediction, got {clip!r}")
    low, high = number(clip[0], "clip"), number(clip[1], "clip")
    if not low < high:
        raise ValueError(f"clip must have low < high, got {clip!r}")
    return lambda data: namespace(data).clip(data, low, high)


def _shaped_like(data: Array, clipped: Array) -> Array:
    same_shape(data, clipped, "data and clip(data)")
    return clipped


def draws(noise: Any, setting: Setting, needed: bool) -> Callable[[int], Array]:
    """Standard normals by step: from a generator, or those given as an array of shape (N, *x.shape).

    Examples
    --------
    >>> from fewsteps.schedules import flow_matching
    >>> setting = Setting(lambda x, t: x, flow_matching(), np.zeros(2), [1.0, 0.5], "data", None)
    >>> draws(np.ones((1, 2)), setting, True)(0)
    array([1., 1.])
    """
    x = setting.x
    if noise is None:
        if needed:
            raise TypeError(
                "noise must be a random generator or an array of draws where fresh noise is added, got None"
            )
        return lambda k: 0 * x
    if hasattr(noise, "shape") or isinstance(noise, list | tuple):
        given = as_kind(state(_carried(noise)[1], "noise"), x)
        if tuple(given.shape) != (setting.steps, *x.shape):
            raise ValueError(f"noise must have shape {(setting.steps, *x.shape)}, got {tuple(given.shape)}")
        return lambda k: given[k]
    try:
        normal_like(x.reshape(-1)[:0], noise)
    except TypeError as error:
        asked = "a random generator (one of torch for tensors only) or an array of draws"
        raise TypeError(f"noise must be {asked}, got {noise!r}") from error
    return lambda k: normal_like(x.reshape(-1), noise).reshape(x.shape)
