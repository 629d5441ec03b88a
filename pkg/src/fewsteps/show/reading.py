"""Reading what a layer's function returned: float arrays of matching shapes, or a ValueError that says why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.show.encode import Table, evaluate
from fewsteps.show.layers import Layer
from fewsteps.show.slider import Slider

Row = dict[str, Any]


def tabulate(layer: Layer, sliders: dict[str, Slider]) -> Table:
    """A layer evaluated at every setting of the sliders it depends on."""
    what = f"layer {layer.label!r}" if layer.label else f"a {layer.kind} layer"
    deps, rows = evaluate(layer.function, sliders, what, lambda result: READERS[layer.kind](layer, result))
    if layer.kind == "heat" and len({row["v"].shape for row in rows}) > 1:
        raise ValueError(f"{what}: the matrix must have one shape at all settings (fill up with NaN)")
    return Table(layer, deps, rows)


def _numbers(name: str, values: Any) -> NDArray[np.float64]:
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name}: got {array.dtype} values, expected real numbers")
    return array.astype(float)


def _tuple(result: Any, names: tuple[str, ...]) -> Row:
    if not isinstance(result, (tuple, list)) or len(result) != len(names):
        raise ValueError(
            f"expected {len(names)} arrays ({', '.join(names)}), got {type(result).__name__}"
            + (f" of {len(result)}" if hasattr(result, "__len__") else "")
        )
    return {name: _numbers(name, values) for name, values in zip(names, result, strict=True)}


def _columns(*names: str) -> Callable[[Layer, Any], Row]:
    """A reader of equally long one-dimensional arrays."""

    def read(layer: Layer, result: Any) -> Row:
        row = {name: np.atleast_1d(values) for name, values in _tuple(result, names).items()}
        shapes = {name: values.shape for name, values in row.items()}
        if len(set(shapes.values())) > 1 or any(len(shape) != 1 for shape in shapes.values()):
            raise ValueError(f"expected one-dimensional arrays of equal length, got {shapes}")
        return row

    return read


def _line(layer: Layer, result: Any) -> Row:
    """x and y; a matrix y becomes its rows one after the other, with a gap between."""
    row = _tuple(result, ("x", "y"))
    if row["y"].ndim == 2 and row["x"].shape[-1:] == row["y"].shape[1:]:
        x = np.broadcast_to(row["x"], row["y"].shape)
        row = {
            name: np.pad(values, ((0, 0), (0, 1)), constant_values=np.nan).ravel()[:-1]
            for name, values in (("x", x), ("y", row["y"]))
        }
    return _columns("x", "y")(layer, (row["x"], row["y"]))


def _arcs(layer: Layer, result: Any) -> Row:
    table = _numbers("arcs", result if len(result) else np.empty((0, 3)))
    if table.ndim != 2 or table.shape[1] != 3:
        raise ValueError(f"expected a list of (a, b, order), got shape {table.shape}")
    order = table[:, 2]
    if order.size and (np.any(order < 0) or np.any(order != np.rint(order)) or order.max() > 60000):
        raise ValueError("order: expected whole numbers from 0 on")
    return {"a": table[:, 0], "b": table[:, 1], "order": order}


def _heat(layer: Layer, result: Any) -> Row:
    matrix = _numbers("matrix", result)
    if matrix.ndim != 2 or matrix.size == 0:
        raise ValueError(f"matrix: got shape {matrix.shape}, expected (rows, columns)")
    categories = layer.options["categories"]
    if categories is not None:
        known = matrix[~np.isnan(matrix)]
        if not np.all(np.isin(known, np.arange(len(categories)))):
            raise ValueError(f"matrix: expected category indices 0 to {len(categories) - 1}")
    return {"v": matrix}


def _cursor(layer: Layer, result: Any) -> Row:
    """A number or a pair; what is not given is NaN."""
    place = _numbers("cursor", result)
    if place.shape == (2,):
        return {"x": place[:1], "y": place[1:]}
    if place.ndim != 0:
        raise ValueError(f"expected a number or a pair (x, y), got shape {place.shape}")
    given, none = np.atleast_1d(place), np.array([np.nan])
    return {"x": given, "y": none} if layer.options["axis"] == "x" else {"x": none, "y": given}


def _note(layer: Layer, result: Any) -> Row:
    notes = [result] if isinstance(result, tuple) else list(result)
    if not all(len(entry) == 3 for entry in notes):
        raise ValueError("expected (x, y, text) or a list of them")
    row = _columns("x", "y")(layer, ([entry[0] for entry in notes], [entry[1] for entry in notes]))
    return {**row, "text": [str(entry[2]) for entry in notes]}


READERS: dict[str, Callable[[Layer, Any], Row]] = {
    "line": _line,
    "points": _columns("x", "y"),
    "band": _columns("x", "lo", "hi"),
    "segments": _columns("x0", "y0", "x1", "y1"),
    "arcs": _arcs,
    "heat": _heat,
    "cursor": _cursor,
    "note": _note,
}
