"""An explorer at one setting as a matplotlib figure: the same arrays, axes and palette, for print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fewsteps.show.encode import Table, make_axis
from fewsteps.show.layers import Panel
from fewsteps.show.slider import Slider
from fewsteps.show.strokes import DRAW, Style
from fewsteps.show.style import PALETTE, use_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#24292f"


def draw(
    sliders: Sequence[Slider],
    index: list[int],
    panels: Sequence[tuple[Panel, list[Table], dict[str, Any]]],
    figsize: tuple[float, float] | None = None,
) -> Figure:
    """The picture at the setting with these slider indices, titled with it; each panel with its arrays and its spec."""
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    sizes = [len(slider.values) for slider in sliders]
    columns = min(len(panels), 2)
    rows = -(-len(panels) // columns)
    size = figsize or (3.8 + 3.6 * (columns - 1), 3.3 * rows)
    plt.draw_if_interactive()  # loads the backend: a notebook's turns interactive mode on, rc_context would undo that
    with mpl.rc_context():
        use_style()
        figure, axes = plt.subplots(rows, columns, squeeze=False, figsize=size)
        for ax in axes.flat[len(panels) :]:
            ax.set_visible(False)
        for ax, (panel, tables, spec) in zip(axes.flat, panels, strict=False):
            draw_panel(ax, panel, tables, spec, index, sizes)
        setting = zip(sliders, index, strict=True)
        figure.suptitle(", ".join(f"{slider.label} = {slider.texts[i]}" for slider, i in setting), fontsize=11)
        figure.canvas.draw()  # fixes the layout while the style is in force
        plt.close(figure)
    return figure


def draw_panel(ax: Axes, panel: Panel, tables: list[Table], spec: Style, index: list[int], sizes: list[int]) -> None:
    """All layers of a panel, its scales, limits, labels and legend."""
    from matplotlib.transforms import ScaledTranslation

    axes = {which: make_axis(panel, tables, which) for which in "xy"}
    for which in "xy":
        axis = axes[which]
        # linscale=0.9 makes matplotlib's linear part as long as ours: one decade.
        extra = {"linthresh": axis.thresh, "linscale": 0.9} if axis.scale == "symlog" else {}
        getattr(ax, f"set_{which}scale")(axis.scale, **extra)
        getattr(ax, f"set_{which}lim")(axis.inverse(axis.lo), axis.inverse(axis.hi))
        getattr(ax, f"set_{which}label")(spec[which]["label"])
        levels = spec[which]["ticks"]
        ticks = next((level for level in levels if sum(bool(text) for _, text in level) <= 7), levels[-1])
        places = [axis.inverse(axis.lo + f * (axis.hi - axis.lo)) for f, _ in ticks]
        named = [(place, text) for place, (_, text) in zip(places, ticks, strict=True) if text]
        getattr(ax, f"set_{which}ticks")([place for place, _ in named], [text for _, text in named])
        getattr(ax, f"set_{which}ticks")(
            [p for p, (_, text) in zip(places, ticks, strict=True) if not text], minor=True
        )
        getattr(ax, f"{which}axis").set_minor_formatter("")
    apart = any(table.layer.kind in ("heat", "arcs") for table in tables)  # the legend has no place inside
    over_map = any(table.layer.kind == "heat" for table in tables)
    if over_map:
        ax.grid(False)
    for level, (table, style) in enumerate(zip(tables, spec["layers"], strict=True)):
        style = {**style, "hex": PALETTE.get(style["color"], INK), "zorder": 2 + 0.01 * level, "axes": axes}
        style["over_map"] = over_map
        DRAW[table.layer.kind](ax, table.row(index, sizes), style)
    if panel.equal:
        ax.set_aspect("equal", adjustable="box")
    ax.set_title(panel.title)
    handles, labels = ax.get_legend_handles_labels()
    shown = dict(zip(labels, handles, strict=True))
    if shown and apart:
        below = ax.transAxes + ScaledTranslation(0, -0.52, ax.figure.dpi_scale_trans)  # inches: under the axis label
        ax.legend(
            shown.values(),
            shown.keys(),
            loc="upper center",
            bbox_to_anchor=(0.5, 0),
            bbox_transform=below,
            ncols=2,
            fontsize=9,
        )
    elif shown:
        ax.legend(shown.values(), shown.keys(), loc="best")
