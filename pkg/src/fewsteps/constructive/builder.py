"""Networks put together unit by unit: values are linear forms of a layer's units, and units are made of forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from fewsteps.arrays import integer_at_least, number
from fewsteps.constructive.network import ACTIVATIONS, Network
from fewsteps.objects import instance, one_of


@dataclass(frozen=True, eq=False)
class Form:
    """A linear form of the units of one layer, plus a constant: what a value in a network under construction is.

    Forms of one layer can be added, and multiplied by numbers.

    Parameters
    ----------
    parts : dict of int to float
        Coefficients of the units.
    constant : float
    stage : int
        Number of the layer, 0 being the input.

    Examples
    --------
    >>> x, y = Builder(2).inputs
    >>> (2 * x - y + 1).parts, (2 * x - y + 1).constant
    ({0: 2.0, 1: -1.0}, 1.0)
    """

    parts: dict[int, float]
    constant: float
    stage: int

    def __add__(self, other: Form | float) -> Form:
        if not isinstance(other, Form):
            return Form(self.parts, self.constant + number(other, "other"), self.stage)
        if other.stage != self.stage:
            raise ValueError(f"other must be of layer {self.stage}, as the form is, got one of layer {other.stage}")
        parts = dict(self.parts)
        for unit, value in other.parts.items():
            parts[unit] = parts.get(unit, 0.0) + value
        return Form({u: v for u, v in parts.items() if v != 0}, self.constant + other.constant, self.stage)

    def __mul__(self, factor: float) -> Form:
        factor = number(factor, "factor")
        parts = {unit: factor * value for unit, value in self.parts.items() if factor * value != 0}
        return Form(parts, factor * self.constant, self.stage)

    def __radd__(self, other: float) -> Form:
        return self + other

    def __rmul__(self, factor: float) -> Form:
        return self * factor

    def __neg__(self) -> Form:
        return self * -1.0

    def __sub__(self, other: Form | float) -> Form:
        return self + -other

    def __rsub__(self, other: float) -> Form:
        return -self + other

    def __truediv__(self, divisor: float) -> Form:
        return self * (1 / number(divisor, "divisor"))


class Layer:
    """One hidden layer under construction; made by `Builder.layer`."""

    def __init__(self, activation: str, stage: int) -> None:
        self.activation, self.stage = one_of(activation, ACTIVATIONS, "activation"), stage
        self.forms: list[Form] = []

    def unit(self, form: Form) -> Form:
        """Add the unit ``activation(form)``, and return its value as a form of this layer.

        Raises
        ------
        ValueError
            If the form is not one of the layer before.

        Examples
        --------
        >>> builder = Builder(1)
        >>> layer = builder.layer("relu")
        >>> layer.unit(builder.inputs[0] - 1).stage
        1
        """
        if instance(form, Form, "form").stage != self.stage - 1:
            raise ValueError(f"form must be of layer {self.stage - 1}, got one of layer {form.stage}")
        self.forms.append(form)
        return Form({len(self.forms) - 1: 1.0}, 0.0, self.stage)


class Builder:
    """A network under construction.

    Parameters
    ----------
    p0 : int
        Dimension of the input.

    Attributes
    ----------
    inputs : list of Form
        The coordinates of the input.

    Notes
    -----
    Source: QA-D4.1. A constant in a form is a threshold of the units that use it; at the output, where the class has
    no bias, it is refused: `constant` makes a unit of it.

    Examples
    --------
    The absolute value:

    >>> builder = Builder(1)
    >>> x, layer = builder.inputs[0], builder.layer("relu")
    >>> net = builder.network([layer.unit(x) + layer.unit(-x)])
    >>> net([[-2.0], [3.0]]).ravel()
    array([2., 3.])
    """

    def __init__(self, p0: int) -> None:
        self.inputs = [Form({i: 1.0}, 0.0, 0) for i in range(integer_at_least(p0, 1, "p0"))]
        self.layers: list[Layer] = []

    def layer(self, activation: str) -> Layer:
        """Begin the next hidden layer, of "relu" or "requ" units.

        Examples
        --------
        >>> Builder(1).layer("requ").stage
        1
        """
        self.layers.append(Layer(activation, len(self.layers) + 1))
        return self.layers[-1]

    def network(self, outputs: Sequence[Form]) -> Network:
        """The network with these outputs, forms of the last layer without constants.

        Raises
        ------
        ValueError
            If an output is of another layer or would need a bias; if a layer has no units.

        Examples
        --------
        >>> Builder(1).network([Builder(1).inputs[0] + 1.0])
        Traceback (most recent call last):
        ...
        ValueError: outputs must have no constants, for the class has no output bias, got 1
        """
        for form in outputs:
            if form.stage != len(self.layers):
                raise ValueError(f"outputs must be of layer {len(self.layers)}, the last one, got layer {form.stage}")
            if form.constant != 0:
                raise ValueError(
                    f"outputs must have no constants, for the class has no output bias, got {form.constant:g}"
                )
        wide, layers = len(self.inputs), []
        for layer in self.layers:
            if not layer.forms:
                raise ValueError(f"layers must have units, but layer {layer.stage} has none")
            shift = -np.array([form.constant for form in layer.forms])
            layers.append((_rows(layer.forms, wide), shift, layer.activation))
            wide = len(layer.forms)
        return Network(layers, _rows(outputs, wide))


def _rows(forms: Sequence[Form], wide: int) -> csr_array:
    rows = [i for i, form in enumerate(forms) for _ in form.parts]
    columns = [unit for form in forms for unit in form.parts]
    values = [value for form in forms for value in form.parts.values()]
    return csr_array((values, (rows, columns)), shape=(len(forms), wide))
