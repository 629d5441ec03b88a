"""Models under test, evaluated at the door: a callable on (n, d) arrays must return what its role asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from array_api_compat import is_torch_array
from numpy.typing import NDArray

from fewsteps.arrays import floats

#: A vector field such as a score model: x of shape (n, d) to values of shape (n, d).
VectorField = Callable[[NDArray[np.float64]], Any]
#: A number at every point, such as a divergence: x of shape (n, d) to values of shape (n,).
ScalarField = Callable[[NDArray[np.float64]], Any]


def vectors(model: VectorField, x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Values of a vector field at `x` of shape (n, d); same shape.

    Raises
    ------
    TypeError
        If `model` is not callable.
    ValueError
        If it returns another shape, or anything but finite numbers.

    Examples
    --------
    >>> vectors(lambda x: x.sum(axis=1), np.zeros((3, 1)), "s")
    Traceback (most recent call last):
    ...
    ValueError: s(x) must have shape (3, 1), got (3,)
    """
    return _shaped(_values(model, (x,), name), x.shape, name)


def scalars(model: ScalarField, x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Values of a scalar field at `x` of shape (n, d); shape (n,); errors as for `vectors`.

    Examples
    --------
    >>> scalars(lambda x: x.sum(axis=1), np.ones((2, 3)), "div")
    array([3., 3.])
    """
    return _shaped(_values(model, (x,), name), x.shape[:1], name)


def features(model: VectorField, x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Values of a field with any number k of outputs at `x` of shape (n, d); shape (n, k).

    Examples
    --------
    >>> features(lambda x: np.hstack([x, x**2]), np.ones((2, 1)), "ratio").shape
    (2, 2)
    """
    values = _values(model, (x,), name)
    if values.ndim != 2 or len(values) != len(x):
        raise ValueError(f"{name}(x) must have shape ({len(x)}, k), got {values.shape}")
    return values


def products(jvp: Callable[..., Any], x: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Jacobian-vector products jvp(x, u) = J(x) u for `x` and `u` of shape (n, d); same shape.

    Examples
    --------
    >>> products(lambda x, u: 2 * u, np.zeros((1, 2)), np.ones((1, 2)))
    array([[2., 2.]])
    """
    return _shaped(_values(jvp, (x, u), "jvp"), x.shape, "jvp")


def squared_norm(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """|v|^2 along the last axis.

    Examples
    --------
    >>> squared_norm(np.array([[3.0, 4.0]]))
    array([25.])
    """
    return (values * values).sum(axis=-1)


def _values(model: Callable[..., Any], arguments: tuple[NDArray[np.float64], ...], name: str) -> NDArray[np.float64]:
    if not callable(model):
        raise TypeError(f"{name} must be a function of x, got {model!r}")
    values = model(*arguments)
    if is_torch_array(values):
        raise TypeError(f"{name}(x) must be a NumPy array, got a torch tensor: end the model with .detach().numpy()")
    return floats(values, f"{name}(x)")


def _shaped(values: NDArray[np.float64], shape: tuple[int, ...], name: str) -> NDArray[np.float64]:
    if values.shape != shape:
        raise ValueError(f"{name}(x) must have shape {shape}, got {values.shape}")
    return values
