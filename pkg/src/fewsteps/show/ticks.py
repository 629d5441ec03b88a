"""Round ticks for an axis, from many to few: the picture takes the first list that it has room for."""

from __future__ import annotations

import math
from collections.abc import Mapping

from fewsteps.show.encode import Axis
from fewsteps.show.layers import Ticks

Tick = tuple[float, str]
"""Where a tick stands, as a fraction of the axis, and what it says: nothing if it is a minor one."""

MOST = (12, 9, 7, 5, 4, 3, 2)
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MINUS = "\N{MINUS SIGN}"


def number(value: float, decimals: int | None = None) -> str:
    """A number as a reader writes it: three digits or the given decimals, a true minus sign, powers of ten.

    Examples
    --------
    >>> number(-0.25), number(2, 1), number(3e-7), number(1e6)
    ('−0.25', '2.0', '3×10⁻⁷', '10⁶')
    """
    sign, size = MINUS if value < 0 else "", abs(value)
    if size < 1e-12:
        return "0"
    if 1e-4 <= size < 1e5:
        return sign + (f"{size:.{decimals}f}" if decimals is not None else f"{float(f'{size:.3g}'):g}")
    exponent = math.floor(math.log10(size) + 1e-9)
    digits = f"{size / 10.0**exponent:.3g}"
    return sign + ("" if digits == "1" else f"{digits}×") + power(exponent)


def power(exponent: int) -> str:
    """A power of ten in type, e.g. 10⁻³."""
    return "10" + str(exponent).translate(SUPERSCRIPTS)


def tick_levels(axis: Axis, chosen: Ticks = None) -> list[list[Tick]]:
    """Lists of ticks from many to few, or the chosen ones alone.

    Parameters
    ----------
    axis
        Scale and ends.
    chosen
        Places, or a mapping from places to texts; None for round numbers.

    Examples
    --------
    >>> [[text for _, text in level] for level in tick_levels(Axis("linear", 0.0, 2.0))][1:]
    [['0', '0.5', '1.0', '1.5', '2.0'], ['0', '1', '2']]
    """
    if chosen is not None:
        texts = chosen if isinstance(chosen, Mapping) else {place: number(place) for place in chosen}
        return [[(float(axis.fraction(place)), str(text)) for place, text in texts.items()]]
    make = {"linear": _linear, "log": _log, "symlog": _symlog}[axis.scale]
    levels: list[list[Tick]] = []
    for most in MOST:
        span = axis.hi - axis.lo
        ticks = [((at - axis.lo) / span, text) for at, text in make(axis, most)]
        inside = [(round(f, 6), text) for f, text in ticks if -1e-6 < f < 1 + 1e-6]
        if inside not in levels:
            levels.append(inside)
    return levels


def _linear(axis: Axis, most: int) -> list[Tick]:
    """Multiples of 1, 2 or 5 times a power of ten."""
    rough = (axis.hi - axis.lo) / most
    base = 10.0 ** math.floor(math.log10(rough))
    step = next(m * base for m in (1, 2, 5, 10) if m * base >= rough * 0.999)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(axis.lo / step - 1e-9), math.floor(axis.hi / step + 1e-9)
    return [(i * step, number(i * step, decimals)) for i in range(first, last + 1)]


def _log(axis: Axis, most: int) -> list[Tick]:
    """Powers of ten with minor ticks between; hardly two decades also name 2 and 5."""
    first, last = math.ceil(axis.lo - 1e-9), math.floor(axis.hi + 1e-9)
    stride, few = max(1, math.ceil((last - first + 1) / most)), last - first < 2
    ticks = []
    for k in range(first - 1, last + 1):
        for m in range(1, 10):
            named = (k - first) % stride == 0 if m == 1 else few and m in (2, 5)
            if named:
                ticks.append((k + math.log10(m), number(m * 10.0**k) if few else power(k)))
            elif stride == 1 and last - first < 5:
                ticks.append((k + math.log10(m), ""))
    return ticks


def _symlog(axis: Axis, most: int) -> list[Tick]:
    """Zero, and powers of ten from the linear part on."""
    far = math.floor(max(abs(axis.lo), abs(axis.hi)) - 1 + 1e-9)
    stride = max(1, math.ceil((2 * far + 3) / most))
    ticks: list[Tick] = [(0.0, "0")]
    for k in range(0, far + 1, stride):
        exponent = math.log10(axis.thresh) + k
        whole = abs(exponent - round(exponent)) < 1e-9
        text = power(round(exponent)) if whole else number(10.0**exponent)
        ticks += [(1.0 + k, text), (-1.0 - k, MINUS + text)]
    return ticks
