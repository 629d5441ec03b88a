from .explorer import Explorer, explorer
from .figures import draw_plan, plan_arcs
from .layers import Layer, Panel, arcs, band, cursor, heat, line, note, points, segments
from .phase import phase_transition_explorer
from .progress import progress_bar
from .slider import Slider
from .style import PALETTE, colormap, use_style
from .tables import Table, table

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
