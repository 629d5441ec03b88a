from .answers import Result, check
from .hints import Hint, hint

__all__ = ["Hint", "Result", "check", "hint"]
