from .headlines import headline
from .notation import Notation
from .numbers import bounded, order, verified
from .record import EvidenceError
from .slips import refuted
from .symbols import derived

__all__ = [
    "EvidenceError",
    "Notation",
    "bounded",
    "derived",
    "headline",
    "order",
    "refuted",
    "verified",
]
