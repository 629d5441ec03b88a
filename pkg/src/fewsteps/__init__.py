"""Few Steps: exact diffusion models, trajectory distillation and flow maps.

A small package behind an executable book. Closed forms only, NumPy first; torch tensors are welcome wherever a formula
is, but torch itself is imported only by `fewsteps.distill`, and matplotlib only by `fewsteps.show`. Nothing is loaded
before it is used: `fs.flowmaps`, `fs.solvers` and the other rooms are there after `import fewsteps as fs`.
"""

from pathlib import Path

from fewsteps.lazy import attach, is_module

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = attach(__name__, __file__)
# `from fewsteps import *` is to load no room for its own sake, least of all those that need more than NumPy.
__all__ = [name for name in __all__ if not is_module(Path(__file__).parent, name)]
