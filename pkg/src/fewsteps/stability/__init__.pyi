from .profile import Steepness, separation

__all__ = [
    "Steepness",
    "separation",
]
