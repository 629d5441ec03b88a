"""Execute the committed notebooks once more and compare every text output with the stored one (nbval, strict).

    python tests/notebooks/run.py [--workers N]

A notebook whose comparison was green is not compared again before its key (tools/notebooks.py: its code, what it loads,
the arithmetic) or a stored output has changed; FORCE=1 compares all. A notebook whose kernel fails to start is given
one second try as a whole; a difference is not.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from notebooks import load_times, notebook_key, read, shared_key  # noqa: E402 (the tools are no package)
from warm import kernels  # noqa: E402

REPORT, GREEN = ROOT / "_build" / "nbval.xml", ROOT / "_build" / "compared.json"
KERNEL_TROUBLE = ("Kernel died", "RuntimeError: Kernel", "_queue.Empty", "Timeout waiting for")


def key_of(path: Path, times: dict[str, dict[str, Any]], shared: str) -> str:
    """Hash what a comparison depends on: the page's key on this arithmetic, and its stored outputs."""
    modules = times.get(path.relative_to(ROOT).as_posix(), {}).get("modules", ())
    outputs = [cell.outputs for cell in read(path).cells if cell.cell_type == "code"]
    stored = hashlib.sha256(json.dumps(outputs, sort_keys=True).encode()).hexdigest()
    return f"{notebook_key(path, shared, modules)} {stored}"


def nbval(notebooks: list[Path], workers: int, kernel: str) -> int:
    """Run nbval; loadscope keeps each notebook on one worker."""
    REPORT.parent.mkdir(exist_ok=True)
    options = ["--nbval", f"--nbval-kernel-name={kernel}", "--dist", "loadscope", "-n", str(workers)]
    command = [sys.executable, "-m", "pytest", "-q", *options, "--nbval-cell-timeout=600", f"--junitxml={REPORT}"]
    return subprocess.run([*command, *map(str, notebooks)], cwd=ROOT, check=False).returncode


def kernel_failures(notebooks: list[Path]) -> list[Path] | None:
    """Return the notebooks whose kernel failed; None when anything else failed."""
    failed = set()
    for case in ET.parse(REPORT).iter("testcase"):
        for problem in (*case.findall("error"), *case.findall("failure")):
            text = (problem.get("message") or "") + (problem.text or "")
            if not any(sign in text for sign in KERNEL_TROUBLE):
                return None
            place = f"{case.get('classname')}{case.get('file')}{case.get('name')}"
            failed |= {path for path in notebooks if path.stem in place}
    return sorted(failed)


def compare(notebooks: list[Path], workers: int) -> int:
    """Compare, with one second try for kernels that failed."""
    with kernels() as kernel:
        status = nbval(notebooks, workers, kernel)
        again = kernel_failures(notebooks) if status else None
        if again:
            print(f"a kernel failed; one second try for {', '.join(path.name for path in again)}", flush=True)
            status = nbval(again, 1, kernel)
    return status


def main() -> int:
    """Compare what may have changed, and note what is green."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=2)
    workers = parser.parse_args().workers
    notebooks = sorted(path for path in ROOT.glob("chapters/**/*.ipynb") if ".ipynb_checkpoints" not in path.parts)
    notebooks += sorted(ROOT.glob("book/*.ipynb"))
    green = {} if os.environ.get("FORCE") or not GREEN.exists() else json.loads(GREEN.read_text())
    times, shared = load_times(), shared_key()
    keys = {path: key_of(path, times, shared) for path in notebooks}
    todo = [path for path, key in keys.items() if green.get(path.relative_to(ROOT).as_posix()) != key]
    print(
        f"{len(notebooks)} notebooks: {len(notebooks) - len(todo)} compared before, {len(todo)} to compare", flush=True
    )
    if not todo:
        return 0
    status = compare(todo, workers)
    if status:
        print("If the new outputs are right, run `make notebooks` and look at the difference before committing it.")
        return status
    GREEN.write_text(
        json.dumps({path.relative_to(ROOT).as_posix(): key for path, key in keys.items()}, indent=1) + "\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
