"""From layers to numbers: every layer evaluated on the grid of its own sliders, then packed into 16-bit fractions.

Coordinates travel as fractions of their panel, so the browser needs no scales to place them. The range that 16 bits
cover reaches one panel's width beyond each edge (lines that leave a panel are cut at its frame, not bent), which leaves
a resolution of 1/21845 of the panel: a thirtieth of a pixel.
"""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fewsteps.show.layers import Layer, Panel
from fewsteps.show.slider import Slider

MISSING = 65535
TOP = 65534

CHANNELS: dict[str, tuple[tuple[str, str], ...]] = {
    "line": (("x", "x"), ("y", "y")),
    "points": (("x", "x"), ("y", "y")),
    "band": (("x", "x"), ("lo", "y"), ("hi", "y")),
    "segments": (("x0", "x"), ("y0", "y"), ("x1", "x"), ("y1", "y")),
    "arcs": (("a", "x"), ("b", "x"), ("order", "count")),
    "heat": (("v", "value"),),
    "cursor": (("x", "x"), ("y", "y")),
    "note": (("x", "x"), ("y", "y")),
}
"""The arrays of each kind of layer, and what each is measured along."""


@dataclass(frozen=True)
class Axis:
    """A scale and the transformed values at its two ends."""

    scale: str
    lo: float
    hi: float
    thresh: float = 1.0

    def fraction(self, values: ArrayLike) -> NDArray[np.float64]:
        """Where values lie between the two ends: 0 to 1 inside, beyond outside."""
        return (transform(values, self.scale, self.thresh) - self.lo) / (self.hi - self.lo)

    def inverse(self, place: float) -> float:
        """Back from a transformed value to the axis's own units."""
        if self.scale == "log":
            return float(10.0**place)
        if self.scale == "symlog" and abs(place) > 1:
            return math.copysign(self.thresh * 10.0 ** (abs(place) - 1), place)
        return place * self.thresh if self.scale == "symlog" else place


def transform(values: ArrayLike, scale: str, thresh: float = 1.0) -> NDArray[np.float64]:
    """Values as their scale spaces them evenly; what has no place on it becomes NaN.

    Examples
    --------
    >>> transform([0.1, 100.0], "log").tolist(), transform([-10.0, 0.5], "symlog").tolist()
    ([-1.0, 2.0], [-2.0, 0.5])
    """
    values = np.asarray(values, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        if scale == "log":
            return np.log10(values)
        if scale == "symlog":
            size = np.abs(values) / thresh
            return np.sign(values) * np.where(size <= 1, size, 1 + np.log10(size))
    return values


def quantise(fractions: ArrayLike) -> NDArray[np.uint16]:
    """Fractions from -1 to 2 (clipped beyond) as 16-bit codes; NaN gets a code of its own.

    Examples
    --------
    >>> float(dequantise(quantise([0.25]))[0].round(4)), quantise([np.nan, 9.0]).tolist()
    (0.25, [65535, 65534])
    """
    fractions = np.asarray(fractions, dtype=float)
    codes = np.rint((np.clip(fractions, -1, 2) + 1) / 3 * TOP)
    return np.where(np.isnan(fractions), MISSING, codes).astype("<u2")


def dequantise(codes: ArrayLike) -> NDArray[np.float64]:
    """The fractions that `quantise` stored, as the browser reads them."""
    codes = np.asarray(codes)
    return np.where(codes == MISSING, np.nan, codes / TOP * 3 - 1)


def dependencies(function: Callable[..., Any], names: tuple[str, ...], what: str) -> tuple[int, ...]:
    """Which sliders a function asks for by the names of its parameters."""
    parameters = inspect.signature(function).parameters.values()
    unknown = [p.name for p in parameters if p.name not in names and p.default is p.empty]
    if unknown:
        raise ValueError(f"{what}: parameter {', '.join(unknown)} is no slider; there are {', '.join(names)}")
    asked = {p.name for p in parameters}
    return tuple(i for i, name in enumerate(names) if name in asked)


def evaluate(
    function: Callable[..., Any], sliders: Mapping[str, Slider], what: str, read: Callable[[Any], Any]
) -> tuple[tuple[int, ...], list[Any]]:
    """`read(function(...))` for every setting of the sliders that the function asks for, the last one fastest."""
    names = tuple(sliders)
    deps = dependencies(function, names, what)
    rows = []
    for values in itertools.product(*(sliders[names[i]].values for i in deps)):
        setting = {names[i]: value for i, value in zip(deps, values, strict=True)}
        try:
            rows.append(read(function(**setting)))
        except ValueError as error:
            where = ", ".join(f"{name}={value}" for name, value in setting.items())
            raise ValueError(f"{what}{' at ' + where if where else ''}: {error}") from error
    return deps, rows


@dataclass(frozen=True)
class Table:
    """A layer with its arrays at every setting of the sliders it depends on."""

    layer: Layer
    deps: tuple[int, ...]
    rows: list[dict[str, Any]]

    def row(self, index: list[int], sizes: list[int]) -> dict[str, Any]:
        """The arrays at one setting of all sliders."""
        k = 0
        for i in self.deps:
            k = k * sizes[i] + index[i]
        return self.rows[k]


def make_axis(panel: Panel, tables: list[Table], which: str) -> Axis:
    """One axis of a panel: its own limits, or those of the data at all settings with a little air."""
    scale, limits = getattr(panel, which + "scale"), getattr(panel, which + "lim")
    if limits is not None:
        lo, hi = transform(limits, scale, panel.linthresh)
        return Axis(scale, float(lo), float(hi), panel.linthresh)
    values = np.concatenate([np.ravel(v) for table in tables for v in _extent(table, which)] or [np.empty(0)])
    values = transform(values, scale, panel.linthresh)
    values = values[np.isfinite(values)]
    if values.size == 0:
        raise ValueError(f"{which}lim: no layer of panel {panel.title!r} has a value that fits a {scale} axis")
    lo, hi = float(values.min()), float(values.max())
    air = 0.0 if any(table.layer.kind == "heat" for table in tables) else 0.04 * (hi - lo)
    return (
        Axis(scale, lo - air, hi + air, panel.linthresh)
        if hi > lo
        else Axis(scale, lo - 0.5, hi + 0.5, panel.linthresh)
    )


def _extent(table: Table, which: str) -> list[NDArray[np.float64]]:
    """The values of a layer along one axis, for finding limits."""
    if table.layer.kind == "heat":
        return [np.asarray(table.layer.options[which + "lim"])]
    if table.layer.kind == "arcs" and which == "y":
        return [np.append(np.abs(row["b"] - row["a"]) / 2 * 1.06, 0.0) for row in table.rows]
    return [row[name] for row in table.rows for name, axis in CHANNELS[table.layer.kind] if axis == which]


def make_value_axis(table: Table) -> Axis:
    """The colour axis of a continuous heat map."""
    scale, limits = table.layer.options["scale"], table.layer.options["vlim"]
    values = transform(limits if limits else np.stack([row["v"] for row in table.rows]), scale)
    values = values[np.isfinite(values)]
    if values.size == 0:
        raise ValueError(f"layer {table.layer.label!r}: no value fits a {scale} colour axis")
    lo, hi = float(values.min()), float(values.max())
    return Axis(scale, lo, hi if hi > lo else lo + 1.0)


class Packer:
    """Appends arrays to one buffer; an array that is the same at every setting is stored once."""

    def __init__(self) -> None:
        self.parts: list[NDArray[np.uint16]] = []
        self.size = 0

    def add(self, arrays: list[NDArray[np.uint16]]) -> dict[str, Any]:
        """Store one array a setting; returns where it starts (in 16-bit words) and whether it is shared."""
        shared = all(np.array_equal(arrays[0], other) for other in arrays[1:])
        at = self.size
        for codes in arrays[:1] if shared else arrays:
            self.parts.append(codes.ravel())
            self.size += codes.size
        return {"at": at, "shared": shared}

    def table(self, table: Table, axes: Mapping[str, Axis | None]) -> dict[str, Any]:
        """Store a layer's arrays; returns what the browser needs to find them again."""
        channels = CHANNELS[table.layer.kind]
        lengths = [row[channels[0][0]].size for row in table.rows]
        packed: dict[str, Any] = {
            "lengths": lengths[:1] if len(set(lengths)) == 1 else lengths,
            "deps": list(table.deps),
        }
        for name, along in channels:
            axis = axes.get(along)
            packed[name] = self.add(
                [quantise(axis.fraction(row[name])) if axis else _counts(row[name]) for row in table.rows]
            )
        return packed

    def bytes(self) -> bytes:
        """Everything stored so far, little-endian."""
        return b"".join(part.tobytes() for part in self.parts)


def _counts(values: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Small whole numbers as they are; NaN as missing."""
    return np.where(np.isnan(values), MISSING, values).astype("<u2")
