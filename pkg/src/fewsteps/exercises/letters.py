"""The letters of a formula or the arguments of a function: what they may be, and where they are tried."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

#: What a letter may be called in the data, and the interval in which it is then tried.
WORDS: dict[str, tuple[Fraction, Fraction, bool]] = {
    "real": (Fraction(-2), Fraction(2), False),
    "positive": (Fraction(1, 5), Fraction(2), False),
    "integer": (Fraction(1), Fraction(8), True),
}
STEPS = 97


@dataclass(frozen=True)
class Letter:
    """A letter, and the interval of its values."""

    name: str
    low: Fraction
    high: Fraction
    whole: bool

    @property
    def assumptions(self) -> dict[str, bool]:
        """Return what sympy may assume."""
        return {**({"positive": True} if self.low >= 0 else {}), **({"integer": True} if self.whole else {})}

    def draw(self, source: random.Random) -> Fraction:
        """Return a value inside the interval, an integer or a fraction with a small denominator."""
        if self.whole:
            return Fraction(source.randint(int(self.low), int(self.high)))
        return self.low + (self.high - self.low) * Fraction(source.randint(1, STEPS - 1), STEPS)


def letter(name: str, said: Any) -> Letter:
    """Return a letter from what the data say of it.

    Parameters
    ----------
    name : str
    said : {"real", "positive", "integer"} or two numbers
        The interval in which it is tried; two integers stand for the integers between them.

    Returns
    -------
    Letter

    Raises
    ------
    ValueError
        If `said` is neither, or the interval is empty.

    Examples
    --------
    >>> letter("T", [1, 32])
    Letter(name='T', low=Fraction(1, 1), high=Fraction(32, 1), whole=True)
    """
    if isinstance(said, str) and said in WORDS:
        return Letter(name, *WORDS[said])
    if not (isinstance(said, list) and len(said) == 2 and all(type(end) in (int, float) for end in said)):
        raise ValueError(f"{name} must be one of {', '.join(WORDS)} or an interval [low, high], got {said!r}")
    low, high = (Fraction(str(end)) for end in said)
    if low >= high:
        raise ValueError(f"{name} must have low < high, got {said!r}")
    return Letter(name, low, high, all(type(end) is int for end in said))
