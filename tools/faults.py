"""Plant faults in the package, one at a time, and report which of them the checks catch.

    python tools/faults.py [--modules GLOB...] [--kinds KIND...] [--sample N --seed S] [--workers N] [--notebooks]

tools/planting.py says what kinds of faults there are. Each is planted in a copy of the package; the doctests of its
room and the unit tests that use the room run on that copy; with --notebooks the pages run too, for the faults that the
tests let through. Survivors are listed with their line: each is either harmless (say why) or asks for a better check.
"""

from __future__ import annotations

import argparse
import ast
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from planting import KINDS, Fault, even_sample, plant, room_of
from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "pkg" / "src" / "fewsteps"
TESTS = ROOT / "tests" / "unit"
#: What only draws is looked at, not tested; what only gathers names holds nothing to change.
LEFT_OUT = ("show", "data", "__init__")
#: A test answers for a room if this share of what it takes from the package lies there.
SHARE = 0.2
#: These answer for the whole interface, and for what every room uses.
EVERYWHERE = "test_api*.py"
SHARED = "test_arrays.py"


def modules() -> list[Path]:
    """Return every module of the package that computes or checks, relative to it."""
    found = (path.relative_to(SOURCE) for path in SOURCE.rglob("*.py"))
    return sorted(path for path in found if path.parts[0] not in LEFT_OUT and path.stem not in LEFT_OUT)


@functools.cache
def homes() -> dict[str, str]:
    """Return the room of every public name of the package."""
    import fewsteps

    places = {name: getattr(getattr(fewsteps, name), "__module__", "") or "" for name in dir(fewsteps)}
    return {name: place.split(".")[1] for name, place in places.items() if place.startswith("fewsteps.")}


@functools.cache
def rooms_of(test: Path) -> Counter[str]:
    """Return how often a test names something of each room."""
    rooms: Counter[str] = Counter()
    short: dict[str, str] = {}
    tree = ast.parse(test.read_text(encoding="utf8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "fewsteps":
            for name in node.names:
                inside = (node.module or "").split(".")[1:]
                short[name.asname or name.name] = inside[0] if inside else homes().get(name.name, name.name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in short:
            rooms[short[node.id]] += 1
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "fs":
            rooms[homes().get(node.attr, node.attr)] += 1
    return rooms


def tests_of(room: str) -> list[Path]:
    """Return the unit tests that answer for a room, those that name it most first."""
    shares = {}
    for test in sorted(TESTS.glob("test_*.py")):
        rooms, name = rooms_of(test), test.stem.removeprefix("test_")
        named = name == room or name.startswith(f"{room}_")
        shares[test] = max(float(named), rooms[room] / max(1, rooms.total()))
    found = sorted((test for test, share in shares.items() if share >= SHARE), key=lambda test: -shares[test])
    found = found or sorted(TESTS.glob(SHARED))
    return [*found, *(test for test in sorted(TESTS.glob(EVERYWHERE)) if test not in found)]


def commands(package: Path, module: Path, notebooks: bool) -> Iterator[list[str]]:
    """Yield the checks that answer for a module, quickest first."""
    pytest = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:xdist"]
    place = package / "fewsteps" / module
    yield [*pytest, "--doctest-modules", str(place.parent if len(module.parts) > 1 else place)]
    yield [*pytest, *map(str, tests_of(room_of(module)))]
    if notebooks:
        for page in sorted((ROOT / "chapters").rglob("*.ipynb")):
            yield [sys.executable, "tools/run_page.py", str(page)]


def copied(folder: str) -> Path:
    """Copy the package into a folder."""
    shutil.copytree(SOURCE, Path(folder) / "fewsteps", ignore=shutil.ignore_patterns("__pycache__"))
    return Path(folder)


def passes(command: list[str], package: Path, seconds: float | None) -> bool:
    """Say whether a command ends well, within so many seconds: a fault may make a loop endless."""
    environment = {**os.environ, "PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def patience(module: Path, notebooks: bool) -> dict[int, float]:
    """Return how long each check of a module's room may take: ten times what it takes here without a fault."""
    limits = {}
    with tempfile.TemporaryDirectory() as folder:
        package = copied(folder)
        for number, command in enumerate(commands(package, module, notebooks)):
            started = time.perf_counter()
            if not passes(command, package, None):
                raise SystemExit(f"fails without any fault: {' '.join(command)}")
            limits[number] = 60 + 10 * (time.perf_counter() - started)
    return limits


def caught(fault: Fault, notebooks: bool, limits: dict[int, float]) -> bool:
    """Say whether a check notices a fault."""
    with tempfile.TemporaryDirectory() as folder:
        package = copied(folder)
        (package / "fewsteps" / fault.module).write_text(fault.text, encoding="utf8")
        tried = enumerate(commands(package, fault.module, notebooks))
        return any(not passes(command, package, limits[number]) for number, command in tried)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--modules", nargs="+", help="globs below the package, as plans/*.py")
    parser.add_argument("--kinds", nargs="+", choices=[*KINDS, "option"], help="plant these only")
    parser.add_argument("--sample", type=int, help="so many faults, spread evenly over rooms and kinds")
    parser.add_argument("--seed", type=int, default=0, help="which sample")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--notebooks", action="store_true", help="run the pages on what the unit tests let through")
    parser.add_argument("--list", action="store_true", help="name the faults, plant none")
    return parser.parse_args()


def chosen(options: argparse.Namespace) -> list[Fault]:
    """Return the faults to plant."""
    wanted = [module for module in modules() if not options.modules or any(map(module.match, options.modules))]
    faults = [fault for module in wanted for fault in plant(module, (SOURCE / module).read_text(encoding="utf8"))]
    faults = [fault for fault in faults if not options.kinds or fault.kind in options.kinds]
    return even_sample(faults, options.sample, options.seed) if options.sample else faults


def main() -> None:
    """Plant the faults and print the survivors; end with status 1 if there are any."""
    options = arguments()
    faults = chosen(options)
    if options.list:
        print("\n".join(map(str, faults)))
        return
    limits: dict[str, dict[int, float]] = {}
    for fault in faults:
        if fault.room not in limits:
            limits[fault.room] = patience(fault.module, options.notebooks)
    with ThreadPoolExecutor(options.workers) as pool:
        found = pool.map(lambda fault: caught(fault, options.notebooks, limits[fault.room]), faults)
        survivors = []
        for fault, seen in zip(faults, tqdm(found, total=len(faults), unit="fault"), strict=True):
            if not seen:
                survivors.append(fault)
                tqdm.write(f"survived  {fault}")
    print(f"{len(faults) - len(survivors)} of {len(faults)} planted faults were caught.")
    planted, lost = (Counter(fault.kind for fault in some) for some in (faults, survivors))
    print("; ".join(f"{kind}: {planted[kind] - lost[kind]} of {planted[kind]}" for kind in sorted(planted)))
    sys.exit(bool(survivors))


if __name__ == "__main__":
    main()
