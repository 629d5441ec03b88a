"""Series: layers of one look, by their labels, over all panels of a picture."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from fewsteps.show.layers import Layer, Panel
from fewsteps.show.style import COLOURS, DASHES, MARKERS

#: Kinds of layer that take a colour of their own; maps, arcs, cursors and notes do not.
SERIES = ("line", "points", "band", "segments")


def series_of(layer: Layer) -> str:
    """What series a layer belongs to: that of its label.

    Examples
    --------
    >>> from fewsteps.show.layers import line
    >>> series_of(line("law", lambda: ([0, 1], [0, 1])))
    'law'
    """
    return layer.label or f" {layer.options.get('color')}"  # without a label, that of its colour


def styles_of(panels: Sequence[Panel]) -> dict[str, dict[str, Any]]:
    """Colour, dash and marker of each series: one label looks the same in every panel.

    Examples
    --------
    >>> from fewsteps.show.layers import line
    >>> styles_of([Panel([line("law", lambda: ([0, 1], [0, 1]), color="green")])])
    {'law': {'color': 'green', 'dash': [], 'marker': 'circle'}}
    """
    layers = [layer for panel in panels for layer in panel.layers if layer.kind in SERIES]
    labels = dict.fromkeys(map(series_of, layers))
    chosen = {series_of(layer): layer.options["color"] for layer in layers if layer.options["color"]}
    free = [colour for colour in COLOURS if colour not in chosen.values()] or list(COLOURS)
    colours = chosen | dict(
        zip((label for label in labels if label not in chosen), itertools.cycle(free), strict=False)
    )
    dashed = dict.fromkeys(series_of(layer) for layer in layers if layer.kind == "line")
    marked = dict.fromkeys(
        series_of(layer) for layer in layers if layer.kind == "points" or layer.options.get("markers")
    )
    dashes = dict(zip(dashed, itertools.cycle(DASHES), strict=False))
    markers = dict(zip(marked, itertools.cycle(MARKERS), strict=False))
    return {
        label: {"color": colours[label], "dash": list(dashes.get(label, ())), "marker": markers.get(label, "circle")}
        for label in labels
    }
