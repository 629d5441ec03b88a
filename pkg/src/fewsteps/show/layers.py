"""What an explorer draws: panels, and the layers on them.

A layer is a label and a function of some of the sliders, named by its parameters, that returns plain arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fewsteps.show.style import PALETTE, RAMPS

SCALES = ("linear", "log", "symlog")
Limits = tuple[float, float] | None
Ticks = Sequence[float] | Mapping[float, str] | None


@dataclass(frozen=True)
class Layer:
    """A label, a function of some sliders and how its arrays are drawn. Made by `line`, `points`, `band`, ..."""

    kind: str
    label: str
    function: Callable[..., Any]
    options: Mapping[str, Any] = field(default_factory=dict)


def _layer(kind: str, label: str, data: Any, **options: Any) -> Layer:
    """A layer; `data` that is not a function is the same for every setting."""
    colour = options.get("color")
    if colour is not None and colour not in (*PALETTE, "ink"):
        raise ValueError(f"color: got {colour!r}, expected one of {', '.join(PALETTE)} or ink")
    return Layer(kind, label, data if callable(data) else lambda: data, options)


def line(
    label: str,
    data: Any,
    *,
    color: str | None = None,
    dash: bool = True,
    markers: bool = False,
    width: float = 2.0,
    opacity: float = 1.0,
) -> Layer:
    """A polyline ``x, y``, both of shape (n,); NaN breaks it. With ``y`` of shape (k, n): k lines of one series."""
    return _layer("line", label, data, color=color, dash=dash, markers=markers, width=width, opacity=opacity)


def points(label: str, data: Any, *, color: str | None = None, size: float = 4.0, opacity: float = 1.0) -> Layer:
    """Markers at ``x, y``, both of shape (n,); `size` is their radius in pixels."""
    return _layer("points", label, data, color=color, size=size, opacity=opacity)


def band(label: str, data: Any, *, color: str | None = None) -> Layer:
    """The area between ``lo`` and ``hi`` over ``x``: three arrays of shape (n,)."""
    return _layer("band", label, data, color=color)


def segments(label: str, data: Any, *, color: str | None = None, arrows: bool = False, width: float = 1.5) -> Layer:
    """Straight segments from ``x0, y0`` to ``x1, y1``, each of shape (n,), with arrow heads on request."""
    return _layer("segments", label, data, color=color, arrows=arrows, width=width)


def arcs(label: str, data: Any, *, numbers: bool = True) -> Layer:
    """Arcs over an integer axis: a list of ``(a, b, order)``, drawn from light (first) to dark (last).

    An arc from a to b stands on y = 0 and is (b - a) / 2 high: a semicircle in a panel with ``equal=True``. Where
    there is room its place in the order, counted from 1, is written on top.
    """
    return _layer("arcs", label, data, numbers=numbers)


def heat(
    label: str,
    data: Any,
    *,
    xlim: tuple[float, float],
    ylim: tuple[float, float],
    categories: Sequence[str] | None = None,
    vlim: Limits = None,
    scale: str = "linear",
    ramp: str = "sequential",
) -> Layer:
    """A matrix of shape (rows, columns) as cells of equal size over `xlim` and `ylim`; row 0 is at the bottom.

    With `categories` the matrix holds their indices, drawn as hatched areas with a legend; otherwise values, drawn
    through a colour `ramp` with a colour bar over `vlim` (``scale="log"`` for orders of magnitude). NaN stays empty.
    """
    if ramp not in RAMPS:
        raise ValueError(f"ramp: got {ramp!r}, expected one of {', '.join(RAMPS)}")
    if categories is not None and not 1 <= len(categories) <= len(PALETTE):
        raise ValueError(f"categories: got {len(categories)}, expected 1 to {len(PALETTE)}")
    _check_scale("scale", scale)
    return _layer(
        "heat",
        label,
        data,
        xlim=_limits("xlim", xlim),
        ylim=_limits("ylim", ylim),
        ramp=ramp,
        scale=scale,
        categories=None if categories is None else tuple(categories),
        vlim=_limits("vlim", vlim),
    )


def cursor(label: str, data: Any, *, axis: str = "x", color: str | None = "ink") -> Layer:
    """A vertical line at a number (horizontal with ``axis="y"``), or a marked place at a pair ``(x, y)``."""
    if axis not in ("x", "y"):
        raise ValueError(f"axis: got {axis!r}, expected 'x' or 'y'")
    return _layer("cursor", label, data, axis=axis, color=color)


def note(data: Any) -> Layer:
    """Words in the picture: ``(x, y, text)`` or a list of them, centred at that place."""
    return _layer("note", "", data, color="ink")


@dataclass(frozen=True)
class Panel:
    """One pair of axes and its layers, first drawn first.

    Parameters
    ----------
    layers
        What `line`, `points`, `band`, `segments`, `arcs`, `heat`, `cursor` and `note` return.
    title, xlabel, ylabel
        Plain text.
    xlim, ylim
        The same for every setting, so that the eye can compare; by default they hold the data of all settings.
    xscale, yscale
        ``"linear"``, ``"log"`` or ``"symlog"`` (linear up to `linthresh`, one decade a step beyond).
    equal
        One unit is as long on both axes.
    xticks, yticks
        Where to put ticks, or a mapping from places to texts; by default round numbers. An empty list: none.
    aspect
        Height over width of the axes, unless `equal`.

    Examples
    --------
    >>> Panel([line("identity", lambda: ([0, 1], [0, 1]))], xlabel="t").yscale
    'linear'
    """

    layers: Sequence[Layer]
    title: str = ""
    xlabel: str = ""
    ylabel: str = ""
    xlim: Limits = None
    ylim: Limits = None
    xscale: str = "linear"
    yscale: str = "linear"
    equal: bool = False
    linthresh: float = 1.0
    xticks: Ticks = None
    yticks: Ticks = None
    aspect: float = 0.66

    def __post_init__(self) -> None:
        if not self.layers or not all(isinstance(layer, Layer) for layer in self.layers):
            raise ValueError("layers: expected a non-empty list of line(...), points(...), band(...), ...")
        _check_scale("xscale", self.xscale)
        _check_scale("yscale", self.yscale)
        for name in ("xlim", "ylim"):
            limits = _limits(name, getattr(self, name))
            object.__setattr__(self, name, limits)
            if limits and getattr(self, name[0] + "scale") == "log" and limits[0] <= 0:
                raise ValueError(f"{name}: got {limits}, expected positive limits on a logarithmic axis")
        if self.equal and (self.xscale, self.yscale) != ("linear", "linear"):
            raise ValueError("equal: needs two linear axes")
        for name in ("linthresh", "aspect"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}: got {getattr(self, name)!r}, expected a positive number")


def _check_scale(name: str, scale: str) -> None:
    if scale not in SCALES:
        raise ValueError(f"{name}: got {scale!r}, expected one of {', '.join(SCALES)}")


def _limits(name: str, limits: Limits) -> Limits:
    """Two finite increasing floats, or None."""
    if limits is None:
        return None
    pair = np.asarray(limits, dtype=float)
    if pair.shape != (2,) or not np.all(np.isfinite(pair)) or pair[0] >= pair[1]:
        raise ValueError(f"{name}: got {limits!r}, expected two finite increasing numbers")
    return float(pair[0]), float(pair[1])
