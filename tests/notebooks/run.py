"""Execute the committed notebooks once more and compare every text output with the stored one (nbval, strict).

A notebook whose kernel fails to start is given one second try as a whole; a difference is not.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "_build" / "nbval.xml"
KERNEL_TROUBLE = ("Kernel died", "RuntimeError: Kernel", "_queue.Empty", "Timeout waiting for")


def nbval(notebooks: list[Path], workers: int) -> int:
    """Run nbval; loadscope keeps each notebook on one worker."""
    REPORT.parent.mkdir(exist_ok=True)
    options = ["--nbval", "--nbval-current-env", "--dist", "loadscope", "-n", str(workers), "--nbval-cell-timeout=600"]
    command = [sys.executable, "-m", "pytest", "-q", *options]
    return subprocess.run([*command, f"--junitxml={REPORT}", *map(str, notebooks)], cwd=ROOT, check=False).returncode


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


def main() -> int:
    """Compare, with one second try for kernels that failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=2)
    workers = parser.parse_args().workers
    notebooks = sorted(path for path in ROOT.glob("chapters/**/*.ipynb") if ".ipynb_checkpoints" not in path.parts)
    notebooks += sorted(ROOT.glob("book/*.ipynb"))
    if not notebooks:
        print("no notebooks yet")
        return 0
    status = nbval(notebooks, workers)
    again = kernel_failures(notebooks) if status else None
    if again:
        print(f"a kernel failed; one second try for {', '.join(path.name for path in again)}", flush=True)
        status = nbval(again, 1)
    if status:
        print("If the new outputs are right, run `make notebooks` and look at the difference before committing it.")
    return status


if __name__ == "__main__":
    sys.exit(main())
