"""How matplotlib draws each kind of layer of an explorer; `DRAW` maps kinds to functions of axes, arrays and style."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from fewsteps.show.encode import transform
from fewsteps.show.style import COLOURS, HATCHES, MPL_MARKERS, PALETTE, colormap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Style = dict[str, Any]


def _dash(style: Style) -> Any:
    return (0, tuple(part / 2 for part in style["dash"])) if style["dash"] else "solid"


def _mark(style: Style) -> Style:
    hollow = style["marker"] == "ring"
    return {
        "marker": MPL_MARKERS[style["marker"]],
        "markerfacecolor": "none" if hollow else style["hex"],
        "markeredgecolor": style["hex"] if hollow else "white",
    }


def _halo(style: Style, width: float) -> list[Any]:
    """A white rim that lifts a stroke off the map beneath it, as in the browser."""
    if not style["over_map"]:
        return []
    from matplotlib.patheffects import Normal, Stroke

    return [Stroke(linewidth=width + 2.2, foreground="white", alpha=0.9), Normal()]


def _line(ax: Axes, row: Style, style: Style) -> None:
    mark = {**_mark(style), "markersize": 6, "markeredgewidth": 0.6} if style["markers"] else {}
    ax.plot(
        row["x"],
        row["y"],
        color=style["hex"],
        linestyle=_dash(style),
        linewidth=style["width"] * 0.9,
        alpha=style["opacity"],
        label=style["label"] or None,
        zorder=style["zorder"],
        path_effects=_halo(style, 0.9 * style["width"]),
        **mark,
    )


def _points(ax: Axes, row: Style, style: Style) -> None:
    ax.plot(
        row["x"],
        row["y"],
        linestyle="none",
        markersize=1.6 * style["size"],
        markeredgewidth=0.6,
        alpha=style["opacity"],
        label=style["label"] or None,
        zorder=style["zorder"],
        **_mark(style),
    )


def _band(ax: Axes, row: Style, style: Style) -> None:
    ax.fill_between(
        row["x"],
        row["lo"],
        row["hi"],
        facecolor=style["hex"],
        edgecolor=style["hex"],
        alpha=0.25,
        linewidth=0.8,
        label=style["label"] or None,
        zorder=style["zorder"],
    )


def _segments(ax: Axes, row: Style, style: Style) -> None:
    if style["arrows"]:
        for x0, y0, x1, y1 in zip(row["x0"], row["y0"], row["x1"], row["y1"], strict=True):
            ax.annotate(
                "",
                (x1, y1),
                (x0, y0),
                zorder=style["zorder"],
                arrowprops={
                    "arrowstyle": "->",
                    "color": style["hex"],
                    "linewidth": style["width"],
                    "shrinkA": 0,
                    "shrinkB": 0,
                },
            )
        ax.plot([], [], color=style["hex"], linewidth=style["width"], label=style["label"] or None)
        return
    gaps = np.full_like(row["x0"], np.nan)
    ax.plot(
        np.column_stack([row["x0"], row["x1"], gaps]).ravel(),
        np.column_stack([row["y0"], row["y1"], gaps]).ravel(),
        color=style["hex"],
        linestyle=_dash(style),
        linewidth=style["width"],
        label=style["label"] or None,
        zorder=style["zorder"],
    )


def _arcs(ax: Axes, row: Style, style: Style) -> None:
    orders = np.unique(row["order"])
    half = np.linspace(0, np.pi, 61)
    for a, b, order in sorted(zip(row["a"], row["b"], row["order"], strict=True), key=lambda arc: arc[2]):
        rank = int(np.searchsorted(orders, order))
        shade = rank / (len(orders) - 1) if len(orders) > 1 else 1.0
        radius = abs(b - a) / 2
        ax.plot(
            (a + b) / 2 - radius * np.cos(half),
            radius * np.sin(half),
            color=colormap("order")(shade),
            linestyle="solid",
            linewidth=1.8,
            zorder=style["zorder"],
            label=style["label"] if rank == len(orders) - 1 and style["label"] else None,
        )
        if style["numbers"] and len(row["order"]) <= 24:
            ax.text(
                (a + b) / 2,
                radius,
                str(rank + 1),
                ha="center",
                va="center",
                fontsize=9,
                fontweight="bold",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
                zorder=style["zorder"] + 0.005,
            )


def _heat(ax: Axes, row: Style, style: Style) -> None:
    rows, columns = row["v"].shape
    edges = {}
    for which, cells, (lo, hi) in (("x", columns, style["extent"][:2]), ("y", rows, style["extent"][2:])):
        axis = style["axes"][which]
        fractions = np.linspace(lo, hi, cells + 1)
        edges[which] = [axis.inverse(axis.lo + f * (axis.hi - axis.lo)) for f in fractions]
    if style["categories"]:
        _areas(ax, row["v"], edges, style)
        return
    values = transform(row["v"], style["scale"])
    mesh = ax.pcolormesh(
        edges["x"],
        edges["y"],
        values,
        cmap=colormap(style["ramp"]),
        vmin=style["value"]["lo"],
        vmax=style["value"]["hi"],
        rasterized=True,
        zorder=1,
    )
    name = style["label"] if style["scale"] == "linear" else f"{style['label']} ({style['scale']} scale)"
    bar = ax.figure.colorbar(mesh, ax=ax, label=name)
    if style["scale"] == "log":
        bar.ax.yaxis.set_major_formatter(lambda value, _: f"$10^{{{value:g}}}$")


def _areas(ax: Axes, matrix: np.ndarray, edges: dict[str, list[float]], style: Style) -> None:
    """Categories as tinted, hatched areas: one compound shape each."""
    from matplotlib.colors import to_rgba
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    order = ("grey", *(colour for colour in COLOURS if colour != "grey"))
    x, y = edges["x"], edges["y"]
    for number, label in enumerate(style["categories"]):
        cells = [
            [(x[j], y[i]), (x[j + 1], y[i]), (x[j + 1], y[i + 1]), (x[j], y[i + 1])]
            for i, j in np.argwhere(matrix == number)
        ]
        colour = PALETTE[order[number]]
        path = Path.make_compound_path_from_polys(np.array(cells)) if cells else Path(np.full((1, 2), np.nan))
        ax.add_patch(
            PathPatch(
                path,
                facecolor=to_rgba(colour, 0.25),
                edgecolor=colour,
                linewidth=0,
                hatch=HATCHES[number] or None,
                label=label,
                zorder=1,
            )
        )


def _cursor(ax: Axes, row: Style, style: Style) -> None:
    x, y = float(row["x"][0]), float(row["y"][0])
    look = {"color": style["hex"], "linewidth": 1.1, "linestyle": "solid", "zorder": style["zorder"]}
    if not np.isnan(x):
        ax.axvline(x, label=style["label"] or None, **look)
    if not np.isnan(y):
        ax.axhline(y, label=style["label"] or None, **look)
    if not np.isnan(x + y):
        ax.plot(
            [x],
            [y],
            "o",
            markersize=8,
            markerfacecolor="white",
            markeredgecolor=style["hex"],
            markeredgewidth=1.6,
            zorder=style["zorder"] + 0.005,
        )


def _note(ax: Axes, row: Style, style: Style) -> None:
    for x, y, words in zip(row["x"], row["y"], row["text"], strict=True):
        ax.text(
            x,
            y,
            words,
            ha="center",
            va="center",
            fontsize=10,
            zorder=style["zorder"],
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5},
        )


DRAW: dict[str, Callable[[Any, Style, Style], None]] = {
    "line": _line,
    "points": _points,
    "band": _band,
    "segments": _segments,
    "arcs": _arcs,
    "heat": _heat,
    "cursor": _cursor,
    "note": _note,
}
