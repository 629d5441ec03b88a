r"""What a layer can compute: exactly, or to an error that is known.

In one layer of ReQU units, with $z_+^2 + (-z)_+^2 = z^2$,

$$
uv = \tfrac14\bigl((u + v)^2 - (u - v)^2\bigr), \qquad z = \tfrac14\bigl((z + 1)^2 - (z - 1)^2\bigr),
$$

and in one layer of ReLU units $\max(a, b) = b_+ - (-b)_+ + (a - b)_+$. The rest takes several:

$$
0 \le e^u - \Bigl(1 + \frac u{2^q}\Bigr)^{2^q} \le \frac{4 e^{-2}}{2^q} \quad (-2^q \le u \le 0), \qquad
z\, \frac1b \prod_{j < n} (1 + e_0^{2^j}) = 1 - e_0^{2^n}, \quad e_0 = 1 - \frac zb .
$$

Sources: QA-L2, QA-L3, QA-L4, QA-EA.3c, QA-EA.3d, QA-R5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from fewsteps.arrays import integer_at_least, number, positive_number
from fewsteps.constructive.builder import Builder, Form, Layer

#: What else a layer has to do: given the layer, carries other values into it.
Beside = Callable[[Layer], None]


def constant(layer: Layer, like: Form, value: float) -> Form:
    """A constant as the value of a unit whose weights are 0; one unit.

    Parameters
    ----------
    layer : Layer
    like : Form
        Any form of the layer before.
    value : float

    Examples
    --------
    >>> builder = Builder(1)
    >>> builder.network([constant(builder.layer("relu"), builder.inputs[0], 2.0)])([[7.0]])
    array([[2.]])
    """
    return number(value, "value") * layer.unit(0.0 * like + 1.0)


def carry(layer: Layer, form: Form, nonnegative: bool = False) -> Form:
    """The same value in the next layer: two units of ReLU or four of ReQU; one or three if it is known to be >= 0.

    Notes
    -----
    Source: QA-D4.1, whose copying by ReLU is not available in a layer of ReQU units.

    Examples
    --------
    >>> builder = Builder(1)
    >>> net = builder.network([carry(builder.layer("requ"), builder.inputs[0])])
    >>> net([[-3.0], [0.25]]).ravel(), net.size().width
    (array([-3.  ,  0.25]), 4)
    """
    if layer.activation == "relu":
        return layer.unit(form) if nonnegative else layer.unit(form) - layer.unit(-form)
    above = layer.unit(form + 1.0) if nonnegative else layer.unit(form + 1.0) + layer.unit(-form - 1.0)
    return (above - layer.unit(form - 1.0) - layer.unit(1.0 - form)) / 4


def square(layer: Layer, form: Form, nonnegative: bool = False) -> Form:
    """The square, exactly: two units of ReQU, or one if the form is known to be >= 0.

    Notes
    -----
    Source: QA-L2.

    Examples
    --------
    >>> builder = Builder(1)
    >>> builder.network([square(builder.layer("requ"), builder.inputs[0])])([[-3.0]])
    array([[9.]])
    """
    _needs(layer, "requ")
    return layer.unit(form) if nonnegative else layer.unit(form) + layer.unit(-form)


def product(layer: Layer, u: Form, v: Form) -> Form:
    """The product, exactly: four units of ReQU.

    Notes
    -----
    Source: QA-L2, which needs six.

    Examples
    --------
    >>> builder = Builder(2)
    >>> builder.network([product(builder.layer("requ"), *builder.inputs)])([[-3.0, 0.5]])
    array([[-1.5]])
    """
    return (square(layer, u + v) - square(layer, u - v)) / 4


def maximum(builder: Builder, forms: Sequence[Form], beside: Beside = lambda layer: None) -> Form:
    """The largest of K values, exactly: ceil(log2 K) layers, the first of 3 (K div 2) + 2 (K mod 2) ReLU units.

    Parameters
    ----------
    builder : Builder
    forms : sequence of Form
        Of its last layer.
    beside : callable
        ``beside(layer)`` is called for every new layer, to carry other values.

    Notes
    -----
    Source: QA-L3, which needs 3K.

    Examples
    --------
    >>> builder = Builder(3)
    >>> net = builder.network([maximum(builder, builder.inputs)])
    >>> net([[1.0, -2.0, 0.5], [-3.0, -1.0, -2.0]]).ravel(), net.size().depth
    (array([ 1., -1.]), 2)
    """
    left = list(forms)
    if not left:
        raise ValueError("forms must hold at least one value")
    while len(left) > 1:
        layer = builder.layer("relu")
        pairs = list(zip(left[::2], left[1::2], strict=False))
        last = [carry(layer, left[-1])] if len(left) % 2 else []
        left = [carry(layer, b) + layer.unit(a - b) for a, b in pairs] + last
        beside(layer)
    return left[0]


def clip_below(layer: Layer, form: Form, floor: float) -> Form:
    """max(form, floor), exactly: one unit of ReLU and a constant in the form that is returned.

    Notes
    -----
    Source: QA-L4. At an output the constant needs a unit of its own, for the class has no output bias.

    Examples
    --------
    >>> builder = Builder(1)
    >>> clipped = clip_below(builder.layer("relu"), builder.inputs[0], -2.0)
    >>> clipped.constant
    -2.0
    """
    _needs(layer, "relu")
    floor = number(floor, "floor")
    return layer.unit(form - floor) + floor


def exponential(builder: Builder, forms: Sequence[Form], q: int, beside: Beside = lambda layer: None) -> list[Form]:
    """Exponentials of values in [-2^q, 0], by q squarings of 1 + u/2^q: q layers of one unit of ReQU a value.

    Parameters
    ----------
    builder : Builder
    forms : sequence of Form
        Values u with -2^q <= u <= 0, which is not checked.
    q : int
    beside : callable
        As for `maximum`.

    Returns
    -------
    list of Form
        Too small by at most 4 e^-2 2^-q = 0.5413 2^-q, and by 2^q roundings.

    Notes
    -----
    Source: QA-EA.3c.

    Examples
    --------
    >>> import numpy as np
    >>> builder = Builder(1)
    >>> net = builder.network(exponential(builder, builder.inputs, 12))
    >>> bool(0 <= np.exp(-1.0) - net([[-1.0]])[0, 0] <= 0.5413 / 2**12)
    True
    """
    q = integer_at_least(q, 1, "q")
    values = [1.0 + form / 2.0**q for form in forms]
    for _ in range(q):
        layer = builder.layer("requ")
        values = [square(layer, value, nonnegative=True) for value in values]
        beside(layer)
    return values


def reciprocal(builder: Builder, form: Form, high: float, n: int, beside: Beside = lambda layer: None) -> Form:
    """1/z for 0 < z <= `high`, by n factors 1 + e^(2^j), e = 1 - z/high: n layers of at most five units of ReQU.

    Parameters
    ----------
    builder : Builder
    form : Form
        A value z with 0 < z <= high, which is not checked.
    high : float
    n : int
    beside : callable
        As for `maximum`.

    Returns
    -------
    Form
        Too small by the share (1 - z/high)^(2^n) <= exp(-2^n z/high).

    Notes
    -----
    Source: QA-EA.3d.

    Examples
    --------
    >>> builder = Builder(1)
    >>> net = builder.network([reciprocal(builder, builder.inputs[0], 4.0, 5)])
    >>> bool(abs(2.0 * net([[2.0]])[0, 0] - (1 - 0.5**32)) < 1e-15)
    True
    """
    high, n = positive_number(high, "high"), integer_at_least(n, 1, "n")
    gap = 1.0 - form / high
    layer = builder.layer("requ")
    found, gap = carry(layer, 1.0 + gap, nonnegative=True) / high, square(layer, gap, nonnegative=True)
    beside(layer)
    for _ in range(n - 1):
        layer = builder.layer("requ")
        found, gap = product(layer, found, 1.0 + gap), square(layer, gap, nonnegative=True)
        beside(layer)
    return found


def relu_square(builder: Builder, form: Form, m: int) -> Form:
    """The square of a value in [0, 1] by ReLU alone: m layers of sawtooths, too large by at most 4^-(m + 1).

    Parameters
    ----------
    builder : Builder
    form : Form
        A value in [0, 1], which is not checked.
    m : int

    Notes
    -----
    Source: QA-R5 (the construction is Yarotsky's).

    Examples
    --------
    >>> builder = Builder(1)
    >>> net = builder.network([relu_square(builder, builder.inputs[0], 5)])
    >>> bool(0 <= net([[0.3]])[0, 0] - 0.09 <= 4.0**-6)
    True
    """
    tooth, total = form, form
    for k in range(integer_at_least(m, 1, "m")):
        layer = builder.layer("relu")
        kept = layer.unit(total)
        up, down = layer.unit(tooth), layer.unit(tooth - 0.5)
        tooth = 2.0 * up - 4.0 * down
        total = kept - tooth / 4.0 ** (k + 1)
    return total


def squarings(error: float) -> int:
    """Layers after which `exponential` is right to `error`.

    Examples
    --------
    >>> squarings(1e-3)
    10
    """
    return max(1, math.ceil(math.log2(4 * math.exp(-2) / positive_number(error, "error"))))


def factors(ratio: float, error: float) -> int:
    """Layers after which `reciprocal` has at most the relative `error`, for z between high/ratio and high.

    Examples
    --------
    >>> factors(20.0, 1e-4)
    8
    """
    ratio = number(ratio, "ratio", low=1.0)
    return max(1, math.ceil(math.log2(ratio * math.log(1 / positive_number(error, "error")))))


def _needs(layer: Layer, activation: str) -> None:
    if layer.activation != activation:
        raise ValueError(f"layer must have {activation} units, got {layer.activation}")
