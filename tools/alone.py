"""What the tools say, on any terminal; and one of them at a time in one folder."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

#: Signs that the tools print, and what stands for them where a terminal cannot show them.
PLAIN = str.maketrans({"─": "-", "…": "...", "≥": ">=", "’": "'"})


def say(text: str, stream: TextIO | None = None) -> None:
    """Print a line at once; in plain ASCII where the stream's encoding cannot show it."""
    stream = stream or sys.stdout
    try:
        text.encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        text = text.translate(PLAIN).encode("ascii", "replace").decode()
    print(text, file=stream, flush=True)


@contextmanager
def alone(folder: Path, what: str) -> Iterator[None]:
    """Wait until no other tool builds in this folder, say so, and keep others waiting meanwhile.

    The system lets go of the lock when its process ends, however it ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+", encoding="utf8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "another process"
            say(f"── {what}: waiting, because {holder} builds in this folder", sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        file.truncate()
        file.write(f"process {os.getpid()} ({what})")
        file.flush()
        yield
