"""Plant faults in the package, one at a time, and report which of them the checks catch.

    python tools/faults.py [--modules GLOB...] [--workers N] [--limit N] [--notebooks]

A fault flips an operator or a comparison, drops or negates a term, or changes a constant, in a copy of the package. The
unit tests and doctests run on that copy; with --notebooks the pages run too, for the faults that the tests let
through. Survivors are listed with their line: each is either harmless (say why) or asks for a better check.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "pkg" / "src" / "fewsteps"
PLANS = ("operators", "distances", "plans", "search", "figures")
#: The unit tests that answer for a module or a subpackage, by name.
TESTS = {
    "operators": PLANS,
    "plans": PLANS,
    "distances": PLANS,
    "laws": ("laws", "mixtures", "fields", "checkerboard"),
    "schedules": ("schedules", "diffusion"),
    "fields": ("fields",),
    "identities": ("identities", "identities_tweedie", "identities_transport"),
    "solvers": ("solvers_exact", "solvers_steps", "solvers_door"),
    "flowmaps": ("flowmaps", "flowmap_residuals", "affine_losses", "bridges"),
    "distill": ("distill", "scores", "map_training", "objectives"),
    "estimators": ("estimators",),
}
MODULES = (
    "operators/*.py",
    "plans/*.py",
    "distances.py",
    "laws/*.py",
    "schedules/*.py",
    "fields.py",
    "identities/*.py",
    "solvers/*.py",
    "flowmaps/*.py",
    "distill/*.py",
    "estimators.py",
)
SWAPS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt,),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt,),
    ast.Eq: (ast.NotEq,),
    ast.USub: (ast.UAdd,),
}


@dataclass(frozen=True)
class Fault:
    """One changed module: which, where, what, and its text."""

    module: Path
    line: int
    what: str
    text: str

    def __str__(self) -> str:
        return f"{self.module.as_posix()}:{self.line}: {self.what}"


def is_documentation(tree: ast.AST) -> set[int]:
    """Return the nodes that only speak: messages of raised errors, docstrings, annotations."""
    quiet: set[int] = set()
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.Raise):
            parts = [node]
        elif isinstance(node, ast.FunctionDef):
            parts = [node.returns, *(arg.annotation for arg in (*node.args.args, *node.args.kwonlyargs))]
        elif isinstance(node, ast.AnnAssign):
            parts = [node.annotation]
        elif isinstance(node, ast.JoinedStr):
            parts = [node]
        quiet |= {id(inner) for part in parts if part is not None for inner in ast.walk(part)}
    return quiet


def changes(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """Yield descriptions of the faults that one node invites, each with the changed node."""
    if isinstance(node, ast.BinOp | ast.UnaryOp | ast.AugAssign):
        for new in SWAPS.get(type(node.op), ()):
            changed: Any = copy.deepcopy(node)
            changed.op = new()
            yield f"{type(node.op).__name__} -> {new.__name__}", changed
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for new in SWAPS.get(type(node.ops[0]), ()):
            changed = copy.deepcopy(node)
            changed.ops = [new()]
            yield f"{type(node.ops[0]).__name__} -> {new.__name__}", changed
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        value: Any = node.value
        yield f"{value} -> {value + 1}", ast.Constant(value + 1)


def plant(module: Path) -> Iterator[Fault]:
    """Yield every fault of one module."""
    text = (SOURCE / module).read_text(encoding="utf8")
    tree = ast.parse(text)
    quiet = is_documentation(tree)
    for node in ast.walk(tree):
        if id(node) in quiet or not hasattr(node, "lineno"):
            continue
        for what, changed in changes(node):
            segment = ast.get_source_segment(text, node)
            yield Fault(module, node.lineno, f"{what} in `{segment}`", replaced(text, node, ast.unparse(changed)))


def replaced(text: str, node: Any, new: str) -> str:
    """Return the text with one node's source replaced; parenthesised, so that precedence stays."""
    lines = text.encode().splitlines(keepends=True)
    before = b"".join(lines[: node.lineno - 1]) + lines[node.lineno - 1][: node.col_offset]
    after = lines[node.end_lineno - 1][node.end_col_offset :] + b"".join(lines[node.end_lineno :])
    body = new if isinstance(node, ast.stmt) else f"({new})"
    return (before + body.encode() + after).decode()


def run(command: list[str], package: Path, seconds: int) -> bool:
    """Whether a command notices: it fails, or it does not end."""
    environment = {**os.environ, "PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def commands(package: Path, module: Path, notebooks: bool) -> Iterator[list[str]]:
    """Yield the checks that answer for a module, quickest first."""
    pytest = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:xdist"]
    room = module.parts[0] if len(module.parts) > 1 else module.stem
    place = package / "fewsteps" / module
    yield [*pytest, "--doctest-modules", str(place.parent if len(module.parts) > 1 else place)]
    yield [*pytest, *(f"tests/unit/test_{name}.py" for name in TESTS[room])]
    if notebooks:
        for page in sorted((ROOT / "chapters").rglob("*.ipynb")):
            yield [sys.executable, "tools/run_page.py", str(page)]


def caught(fault: Fault, notebooks: bool) -> str | None:
    """Return the name of the first check that notices a fault, or None."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder)
        shutil.copytree(SOURCE, package / "fewsteps", ignore=shutil.ignore_patterns("__pycache__"))
        (package / "fewsteps" / fault.module).write_text(fault.text, encoding="utf8")
        for command in commands(package, fault.module, notebooks):
            if run(command, package, 240):
                return command[-1]
    return None


def main() -> None:
    """Plant the faults and print the survivors; end with status 1 if there are any."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--modules", nargs="+", default=MODULES, help="globs below the package")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--limit", type=int, help="an even sample of at most so many faults")
    parser.add_argument("--notebooks", action="store_true", help="run the pages on what the unit tests let through")
    options = parser.parse_args()
    modules = sorted({path.relative_to(SOURCE) for glob in options.modules for path in SOURCE.glob(glob)})
    faults = [fault for module in modules for fault in plant(module)]
    if options.limit and options.limit < len(faults):
        faults = faults[:: -(-len(faults) // options.limit)]
    with ThreadPoolExecutor(options.workers) as pool:
        verdicts = list(tqdm(pool.map(lambda f: caught(f, options.notebooks), faults), total=len(faults), unit="fault"))
    survivors = [fault for fault, verdict in zip(faults, verdicts, strict=True) if verdict is None]
    print(f"{len(faults) - len(survivors)} of {len(faults)} planted faults were caught.")
    for fault in survivors:
        print(f"survived  {fault}")
    sys.exit(bool(survivors))


if __name__ == "__main__":
    main()
