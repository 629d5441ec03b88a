"""A progress bar that a reader sees while a cell runs and that leaves nothing in the stored notebook."""

from __future__ import annotations

from collections.abc import Callable

_WIDTH = 40


def progress_bar(label: str) -> Callable[[int, int], None]:
    """A callback ``progress(done, total)`` that draws a bar in the cell's output and clears it at the end.

    Parameters
    ----------
    label : str
        What is going on, e.g. "training".

    Notes
    -----
    Use it in a cell that prints nothing before the work is done: the end clears the cell's output. At most 50 updates
    are sent, so that short steps are not slowed down.

    Examples
    --------
    >>> progress = progress_bar("training")
    """
    shown = -1

    def progress(done: int, total: int) -> None:
        from IPython.display import clear_output

        nonlocal shown
        part = 50 * done // max(total, 1)
        if part == shown:
            return
        shown = part
        clear_output(wait=done < total)
        if done < total:
            filled = _WIDTH * done // total
            print(f"{label} [{'#' * filled}{'.' * (_WIDTH - filled)}] {done} of {total}")

    return progress
