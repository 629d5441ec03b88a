"""One hint after the other."""

from __future__ import annotations

from dataclasses import dataclass

from fewsteps.exercises.entries import find

#: How many hints of an exercise were given in this session.
_given: dict[str, int] = {}


@dataclass(frozen=True, repr=False)
class Hint:
    """A hint; shown, it is one sentence or two."""

    label: str
    says: str

    def __repr__(self) -> str:
        return self.says

    def _repr_markdown_(self) -> str:
        """Let a notebook typeset the formulas."""
        return self.says


def hint(label: str) -> Hint:
    """Return the next hint of an exercise.

    Parameters
    ----------
    label : str
        As it stands in the exercise, for example ``"lt-ex-first"``.

    Returns
    -------
    Hint
        After the last one it says that there are no more; the next call begins again.

    Raises
    ------
    TypeError, ValueError
        If there is no such exercise; the message lists those of the page.

    Examples
    --------
    >>> hint("lt-ex-first")
    Hint 1 of 2: Which vector is $v_T$?
    """
    hints = find(label).hints
    place = _given.get(label, 0)
    _given[label] = (place + 1) % (len(hints) + 1)
    if place == len(hints):
        return Hint(label, f"There are no more hints for {label}; ask again to begin with the first.")
    return Hint(label, f"Hint {place + 1} of {len(hints)}: {hints[place]}")
