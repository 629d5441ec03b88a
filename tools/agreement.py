"""Compare our samplers with those of diffusers and azula, and write the table of the page book/agreement.md.

    python tools/agreement.py

Both sides start from the same states, at the same noise levels, with the same exact model and the same noise, in
float64. Differences are stored rounded up to a power of ten, with a factor to spare where they are rounding errors, so
that they do not hang on the last bit. tests/unit/test_agreement.py compares them again.
"""

from __future__ import annotations

import math
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from agreement_rows import PAIRS, Pair
from peers import PROCESS, Run, apart, azula_pair, flow_pair, generator, normals, ours, times_of

from fewsteps import grids

ROOT = Path(__file__).resolve().parent.parent
STORE = ROOT / "book" / "agreement.yml"
LIBRARIES = ("azula", "diffusers")
#: On another processor a rounding error may be some times as large. Below the floor, of double or of single precision,
#: it is told from nothing.
SPARE, FLOOR, FLOOR32 = 2.75, 1e-12, 1e-5


def thirds(order: int, steps: int = 6) -> list[float]:
    """Noise-to-signal ratios of some steps, each with its inner places at equal parts in half-log-SNR."""
    return [float(level) for level in np.geomspace(20.0, 0.05, order * steps + 1)]


def run(pair: Pair, double: bool) -> Run:
    """Their sampler, in float64 or as it is shipped."""
    levels = thirds(pair.inner) if pair.inner else None
    step = {**pair.step, "generator": generator()} if pair.noisy else pair.step
    return Run(pair.peer, pair.config, levels=levels, double=double, **step)


def opposite(pair: Pair, found: Run, double: bool) -> torch.Tensor:
    """Our sampler on the levels of a run of theirs."""
    levels = found.levels[:: pair.inner] if pair.inner else found.levels
    dtype = torch.float32 if pair.float32 and not double else torch.float64
    noise = {"noise": normals(len(levels) - 1, dtype)} if pair.noisy else {}
    return ours(pair.method, levels, **pair.options, **noise)


def measured(pair: Pair) -> dict[str, float | None]:
    """The largest differences: in float64, as theirs is shipped, and of theirs from what we rebuild of it."""
    if pair.library == "azula":
        mine, theirs = azula_pair(pair.method, pair.options, pair.peer, pair.config)
        return {"difference": apart(mine, theirs), "shipped": None, "rebuilt": None}
    if pair.peer.startswith("FlowMatch"):
        both = [apart(*flow_pair(pair.method, pair.peer, double)) for double in (True, False)]
        return {"difference": both[0], "shipped": both[1], "rebuilt": None}
    found, shipped = run(pair, True), run(pair, False)
    return {
        "difference": apart(opposite(pair, found, True), found.result),
        "shipped": apart(opposite(pair, shipped, False), shipped.result.double()),
        "rebuilt": apart(pair.rebuilt(found), found.result) if pair.rebuilt else None,
    }


def rounded(value: float | None, floor: float = FLOOR) -> float | None:
    """A power of ten above it.

    Examples
    --------
    >>> rounded(2e-14), rounded(3e-7), rounded(6e-7), rounded(0.09)
    (1e-12, 1e-06, 1e-05, 0.1)
    """
    if value is None or not math.isfinite(value):
        return value
    above = max(value * (SPARE if value < 1e-3 else 1), floor)
    return float(f"1e{math.ceil(math.log10(above))}")


def words(options: dict[str, Any]) -> str:
    """Options as they are written in a call.

    Examples
    --------
    >>> words({"order": 2, "variable": "log-snr"})
    'order=2, variable="log-snr"'
    """
    return ", ".join(
        f'{name}="{value}"' if isinstance(value, str) else f"{name}={value}" for name, value in options.items()
    )


def entry(pair: Pair) -> dict[str, Any]:
    """The row of a pair."""
    found = measured(pair)
    return {
        "method": pair.method,
        "options": words(pair.options),
        "library": pair.library,
        "peer": pair.peer,
        "config": words({**pair.config, **pair.step}),
        "difference": rounded(found["difference"]),
        "shipped": rounded(found["shipped"], FLOOR32),
        "rebuilt": rounded(found["rebuilt"]),
        "note": pair.note,
    }


#: Our grids by the option of the schedulers that has the same levels.
SPACINGS = {"use_karras_sigmas": "rho", "use_exponential_sigmas": "log_snr", "use_lu_lambdas": "log_snr"}


def spacing(option: str) -> float:
    """The largest relative difference of the levels of a grid of ours and of theirs between the same two levels."""
    found = Run("DPMSolverMultistepScheduler", {option: True, "solver_order": 1}).levels
    first, last = times_of([found[0], found[-2]])
    times = getattr(grids, SPACINGS[option])(PROCESS, len(found) - 1, stop=last, start=first, jump=True)
    mine = np.array([float(PROCESS.sigma(t) / PROCESS.alpha(t)) for t in times])
    return float(np.max(np.abs(mine[:-1] / np.array(found[:-1]) - 1)))


def table() -> dict[str, Any]:
    """All that the page needs."""
    return {
        "versions": {name: version(name) for name in LIBRARIES},
        "rows": [entry(pair) for pair in PAIRS],
        "grids": [
            {"grid": grid, "option": option, "difference": rounded(spacing(option), FLOOR)}
            for option, grid in SPACINGS.items()
        ],
    }


def main() -> None:
    """Write the table."""
    text = yaml.safe_dump(table(), sort_keys=False, allow_unicode=True, width=120)
    STORE.write_text("# Written by tools/agreement.py.\n" + text, encoding="utf8")


if __name__ == "__main__":
    main()
