"""Seventh floor: exercises that answer, hints, and checks of what a reader hands in.

`check` says of a number, a formula, a function or a choice that it is right, or what is wrong with it; `hint` gives one
hint after the other. What is asked, the answers, the common mistakes and the hints stand in ``data``, one file a page.
"""

from fewsteps.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
