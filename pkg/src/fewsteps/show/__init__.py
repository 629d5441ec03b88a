"""Seventh floor: pictures, the explorer and the look that all figures share.

`explorer` turns functions of a few parameters into a picture with sliders that works in the built book without a
kernel; `use_style` gives matplotlib figures the same palette.
"""

from fewsteps.lazy import attach, need

need(__name__, "pages", "anywidget", "matplotlib")

__getattr__, __dir__, __all__ = attach(__name__, __file__)
