"""Ground floor: arguments that are no numbers: laws and processes, functions, options, random generators."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_torch_array

from fewsteps.kinds import Array, like


def instance(value: Any, kind: type | tuple[type, ...], name: str) -> Any:
    """Return `value` if it is of a class, or of one of several.

    Raises
    ------
    TypeError
        If it is not.

    Examples
    --------
    >>> instance(None, dict, "table")
    Traceback (most recent call last):
    ...
    TypeError: table must be a dict, got None
    """
    if not isinstance(value, kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        wanted = " or a ".join(one.__name__ for one in kinds)
        raise TypeError(f"{name} must be a {wanted}, got {value!r}{instead(value)}")
    return value


def function(value: Any, name: str) -> Callable[..., Any]:
    """Return `value` if it can be called.

    Examples
    --------
    >>> function(0.5, "velocity")
    Traceback (most recent call last):
    ...
    TypeError: velocity must be a function, got 0.5
    """
    if not callable(value):
        raise TypeError(f"{name} must be a function, got {value!r}")
    return value


def one_of(value: Any, allowed: Iterable[str], name: str) -> str:
    """Return `value` if it is one of the allowed words.

    Raises
    ------
    ValueError
        If it is not, whatever it is.

    Examples
    --------
    >>> one_of("dots", ("points", "lines"), "kind")
    Traceback (most recent call last):
    ...
    ValueError: kind must be one of 'points', 'lines', got 'dots'
    """
    words = tuple(allowed)
    if not (isinstance(value, str) and value in words):
        raise ValueError(f"{name} must be one of {', '.join(map(repr, words))}, got {value!r}")
    return value


def generator(rng: Any, name: str = "rng") -> np.random.Generator:
    """Return `rng` if it is a NumPy Generator: randomness enters the package in no other way.

    Examples
    --------
    >>> generator(np.random.default_rng(0)).integers(10)
    np.int64(8)
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"{name} must be a numpy.random.Generator, e.g. numpy.random.default_rng(0), got {rng!r}")
    return rng


def normal_like(x: Array, rng: Any) -> Array:
    """Standard normal numbers in the shape, kind, dtype and device of `x`.

    Parameters
    ----------
    x : array of any shape
    rng : numpy.random.Generator or torch.Generator
        A torch generator serves torch tensors only.

    Examples
    --------
    >>> normal_like(np.zeros(2, dtype=np.float32), np.random.default_rng(0)).dtype
    dtype('float32')
    """
    if is_torch_array(x) and not isinstance(rng, np.random.Generator):
        xp = array_namespace(x)
        instance(rng, (np.random.Generator, xp.Generator), "rng")
        return xp.randn(*x.shape, generator=rng, dtype=x.dtype, device=x.device)
    return like(generator(rng).standard_normal(tuple(x.shape)), x)


def having(value: Any, parts: tuple[str, ...], name: str) -> Any:
    """Return `value` if it has the methods or attributes that are asked of it; laws of one's own need no base class.

    Raises
    ------
    TypeError
        If it lacks one.

    Examples
    --------
    >>> having(None, ("score",), "law")
    Traceback (most recent call last):
    ...
    TypeError: law must have the attribute score, got None
    """
    for part in parts:
        if not hasattr(value, part):
            raise TypeError(f"{name} must have the attribute {part}, got {value!r}{instead(value)}")
    return value


def instead(value: Any) -> str:
    """What a value's class tells those who gave it in the place of a relative, such as a `Schedule` for a `Diffusion`.

    Parameters
    ----------
    value
        What came. Its class may have the words as `instead`.

    Returns
    -------
    str
        The words behind a colon, or nothing.

    Examples
    --------
    >>> from fewsteps import cosine_schedule
    >>> instead(cosine_schedule(4))[:42], instead(4)
    (': a Schedule is the grid of T steps along ', '')
    """
    words = getattr(type(value), "instead", None)
    return f": {words}" if isinstance(words, str) else ""
