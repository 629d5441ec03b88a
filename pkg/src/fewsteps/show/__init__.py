"""Pictures: the explorer and the look that all figures share.

`explorer` turns functions of a few parameters into a picture with sliders that works in the built book without a
kernel; `use_style` gives matplotlib figures the same palette.
"""

from fewsteps.show.explorer import Explorer, explorer
from fewsteps.show.figures import draw_plan, plan_arcs
from fewsteps.show.layers import Layer, Panel, arcs, band, cursor, heat, line, note, points, segments
from fewsteps.show.phase import phase_transition_explorer
from fewsteps.show.progress import progress_bar
from fewsteps.show.slider import Slider
from fewsteps.show.style import PALETTE, colormap, use_style
from fewsteps.show.tables import Table, table

__all__ = [
    "PALETTE",
    "Explorer",
    "Layer",
    "Panel",
    "Slider",
    "Table",
    "arcs",
    "band",
    "colormap",
    "cursor",
    "draw_plan",
    "explorer",
    "heat",
    "line",
    "note",
    "phase_transition_explorer",
    "plan_arcs",
    "points",
    "progress_bar",
    "segments",
    "table",
    "use_style",
]
