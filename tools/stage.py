"""Run one stage of the build, unless nothing it depends on has changed since its last green run.

    python tools/stage.py NAME --inputs GLOB... [--outputs PATH...] [--arithmetic] -- COMMAND...

A stage is green when its command ended with 0. The stamp holds a hash of the command, of the Python version and of the
content of every input; time stamps of files play no part. With --arithmetic it holds the settings of the arithmetic,
too (tools/arithmetic.py). Only the standard library is used, so that the first stage, which makes the environment, can
be run by any Python.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from alone import alone, say
from arithmetic import settings

ROOT = Path(__file__).resolve().parent.parent
STAMPS = ROOT / "_build" / "stamps"
SKIPPED = {"__pycache__", "fewsteps.egg-info", ".ipynb_checkpoints", ".hypothesis", ".DS_Store"}


def input_files(patterns: Iterable[str], root: Path = ROOT) -> list[Path]:
    """Return the files that the patterns name, sorted, without caches."""
    found = (path for pattern in patterns for path in root.glob(pattern) if path.is_file())
    return sorted({path for path in found if not SKIPPED & set(path.relative_to(root).parts)})


def digest(command: Sequence[str], patterns: Iterable[str], root: Path = ROOT) -> str:
    """Hash the command (any words) together with the names and contents of its inputs."""
    total = hashlib.sha256(repr((list(command), sys.version_info[:2])).encode())
    for path in input_files(patterns, root):
        total.update(path.relative_to(root).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def is_green(name: str, wanted: str, outputs: Iterable[str]) -> bool:
    """Say whether the last green run saw the same inputs, and what it made is still there."""
    stamp = STAMPS / name
    if not stamp.exists() or stamp.read_text().strip() != wanted:
        return False
    return all((ROOT / output).exists() for output in outputs)


def run_stage(
    name: str, command: Sequence[str], inputs: Sequence[str], outputs: Sequence[str], also: Sequence[str] = ()
) -> int:
    """Run the command when needed; record its success; return its exit status. `also` is hashed with the command."""
    if is_green(name, digest([*command, *also], inputs), outputs):
        say(f"── {name}: skipped, unchanged since its last green run")
        return 0
    say(f"── {name}: {' '.join(' '.join(command).split())[:120]}")
    started = time.perf_counter()
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    seconds = time.perf_counter() - started
    stamp = STAMPS / name
    if status:
        stamp.unlink(missing_ok=True)
        say(f"── {name}: FAILED with status {status} after {seconds:.1f} s", sys.stderr)
        return status
    stamp.parent.mkdir(parents=True, exist_ok=True)
    # Hashed again: a stage may write one of its own inputs (`make notebooks` does).
    stamp.write_text(digest([*command, *also], inputs) + "\n")
    say(f"── {name}: green in {seconds:.1f} s")
    return 0


def main(argv: Sequence[str]) -> int:
    """Read the command line and run the stage."""
    if "--" not in argv:
        raise SystemExit("usage: stage.py NAME --inputs GLOB... [--outputs PATH...] [--arithmetic] -- COMMAND...")
    cut = list(argv).index("--")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("name")
    parser.add_argument("--inputs", nargs="+", default=[])
    parser.add_argument("--outputs", nargs="*", default=[])
    parser.add_argument("--arithmetic", action="store_true")
    options = parser.parse_args(argv[:cut])
    also = [f"{name}={value}" for name, value in settings().items()] if options.arithmetic else []
    try:
        with alone(STAMPS.parent, options.name):
            if os.environ.get("FORCE"):
                (STAMPS / options.name).unlink(missing_ok=True)
            return run_stage(options.name, argv[cut + 1 :], options.inputs, options.outputs, also)
    except KeyboardInterrupt:
        say(f"── {options.name}: interrupted; run the command again to go on", sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
