from .profile import Steepness, separation
from .typical import typical_steepness

__all__ = [
    "Steepness",
    "separation",
    "typical_steepness",
]
