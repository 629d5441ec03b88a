"""Run the code of one notebook as a script in this process; the first failing claim ends it with status 1.

Quicker than a kernel, and free to take the package from PYTHONPATH: what `tools/faults.py` needs.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import matplotlib as mpl
import nbformat


def main(path: str) -> None:
    """Execute every code cell but the set-up cell, in one namespace."""
    mpl.use("agg")
    notebook = nbformat.read(path, as_version=4)
    os.chdir(Path(path).parent)
    namespace: dict[str, object] = {"__name__": "__main__"}
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.id != "setup":
            exec(compile(cell.source, f"{path}:{cell.id}", "exec"), namespace)


if __name__ == "__main__":
    main(sys.argv[1])
