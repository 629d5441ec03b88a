"""A public function with valid arguments, as the property tests of `test_api` want it."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest


@dataclass(frozen=True)
class Case:
    """One public function or method, and what is known about it.

    name : as in the room's `__all__`; methods are "Class.method", a second case of one function "function: what".
    call : the function, called with keywords; see `method`.
    make : returns fresh valid arguments; takes the unit of length where `power` is given.
    batch : arguments with one row a point; they may be empty, and `axis` of the answer is theirs.
    fixed : arguments whose last axis has one allowed length.
    level : arguments that may be numbers or hold one number a point.
    clock : arguments that are times between 0 and `horizon`.
    power : by which power of the unit the answer scales, or one power for each part of it.
    torch : whether tensors are accepted for the batch and answered in kind.
    keeps : whether a float32 batch is answered in float32.
    empty : whether an empty batch has an answer; a statistic of no samples has none.
    half : arguments that may be in half precision, which the answer then is in.
    trusted : arguments that are not checked, with the reason.
    pick : what of the answer is compared.
    """

    name: str
    call: Callable[..., Any]
    make: Callable[..., dict[str, Any]]
    batch: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    level: tuple[str, ...] = ()
    clock: tuple[str, ...] = ()
    horizon: float = 1.0
    power: Any = None
    torch: bool = True
    keeps: bool = True
    empty: bool = True
    axis: int = 0
    half: tuple[str, ...] = ()
    trusted: dict[str, str] = field(default_factory=dict)
    pick: Callable[[Any], Any] = lambda answer: answer

    def answer(self, **changes: Any) -> list[np.ndarray]:
        return parts(self.raw(**changes))

    def raw(self, **changes: Any) -> Any:
        return self.pick(self.call(**(self.make() | changes)))

    def optional(self, name: str) -> bool:
        """Whether None stands for a default."""
        parameter = inspect.signature(self.call).parameters.get(name)
        return parameter is not None and parameter.default is None

    def __str__(self) -> str:
        return self.name


def method(cls: type, name: str) -> Callable[..., Any]:
    """A method as a function of its object, `of`, and of keywords."""

    def call(of, **arguments):
        return getattr(of, name)(**arguments)

    call.__wrapped__ = getattr(cls, name)
    return call


def rows(n: int, d: int, unit: float = 1.0, seed: int = 0) -> np.ndarray:
    return unit * np.random.default_rng(seed).standard_normal((n, d))


def parts(answer: Any) -> list[np.ndarray]:
    """The numbers of an answer, whatever holds them: arrays, tensors, tuples, pairs and estimates."""
    if isinstance(answer, dict):
        answer = list(answer.values())
    if isinstance(answer, tuple | list):
        return [part for one in answer for part in parts(one)]
    if hasattr(answer, "left"):
        return [*parts(answer.left), *parts(answer.right)]
    if hasattr(answer, "value"):
        return parts(answer.value)
    if hasattr(answer, "toarray"):
        return [answer.toarray()]
    if hasattr(answer, "detach"):
        answer = answer.detach().numpy()
    return [np.asarray(answer)]


def close(got, want, rtol, name=""):
    got, want = np.asarray(got, dtype=float), np.asarray(want, dtype=float)
    assert got.shape == want.shape, f"{name}: {got.shape} for {want.shape}"
    finite = np.isfinite(want)
    np.testing.assert_array_equal(got[~finite], want[~finite])
    scale = np.abs(want[finite]).max(initial=0.0)
    assert np.all(np.abs(got[finite] - want[finite]) <= rtol * scale), f"{name}: {got} for {want}"


def refused(case, name, value):
    """The call must raise with a sentence that names the argument."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises((TypeError, ValueError)) as caught:
            case.raw(**{name: value})
    assert re.search(rf"\b{name}\b", str(caught.value)), f"{name} = {value!r}: {caught.value}"


def bad_values(value):
    """What must be refused in the place of a valid value."""
    if isinstance(value, bool):
        return
    yield from (object(),)
    if not isinstance(value, str):
        yield "nonsense"
    if isinstance(value, int):
        yield from (1.5, True, -(10**9), [1, 2, 3])
    elif isinstance(value, float):
        yield from (1j, float("nan"), float("inf"), True, [[value, value], [value, value]])
    elif isinstance(value, str):
        yield from ("nonsense", 3, ["a"])
    elif isinstance(value, np.ndarray) and value.dtype.kind == "f":
        yield from (
            value + 1j,
            value.astype(str),
            value > 0,
            np.full(value.shape, None),
        )
        for wrong in (np.nan, np.inf):
            changed = value.copy()
            changed.flat[-1] = wrong
            yield changed
    elif callable(value):
        yield 3.0
