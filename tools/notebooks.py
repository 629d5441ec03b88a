"""What the tools share about notebooks: which ones the book has, how they are read, and how the cache is keyed."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import yaml
from arithmetic import settings
from stage import SKIPPED, input_files

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / "_build" / ".jupyter_cache"
TIMES = ROOT / "_build" / "times.json"
PACKAGE = Path("pkg/src/fewsteps")
# A change in any of these may change any output.
SHARED_INPUTS = ("requirements.lock", "requirements-torch.txt", "tools/execute.py", "tools/warm.py")


def _entries(node: Any) -> Iterator[str]:
    """Yield every `root:` and `file:` of a table of contents, in reading order."""
    if isinstance(node, list):
        for item in node:
            yield from _entries(item)
    elif isinstance(node, dict):
        yield from (node[key] for key in ("root", "file") if key in node)
        for key in ("parts", "chapters", "sections"):
            yield from _entries(node.get(key, []))


def toc_pages(root: Path = ROOT) -> list[str]:
    """Return the pages of the book without suffix, in reading order."""
    return list(_entries(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf8"))))


def toc_notebooks(root: Path = ROOT) -> list[Path]:
    """Return the notebooks of the book, in reading order."""
    paths = (root / f"{page}.ipynb" for page in toc_pages(root))
    return [path for path in paths if path.exists()]


def read(path: Path) -> nbformat.NotebookNode:
    """Read a notebook in format 4."""
    return nbformat.read(path, as_version=4)


def shared_key(root: Path = ROOT) -> str:
    """Hash what every notebook depends on: the pinned environment, the Python version, the arithmetic."""
    total = hashlib.sha256((platform.python_version() + repr(sorted(settings().items()))).encode())
    for path in input_files(SHARED_INPUTS, root):
        total.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return total.hexdigest()


def module_files(modules: Iterable[str], root: Path = ROOT) -> list[Path]:
    """Return the files of the package that these of its modules (dotted names) stand for, whether they exist or not.

    A module stands for its own file. What is no Python (scripts, data) belongs to the folder that it lies in, and
    counts for whoever loads a module of that folder; a folder without modules belongs to the one above.
    """
    loaded = {root / PACKAGE.parent / name.replace(".", "/") for name in modules}
    code = {path / "__init__.py" if path.is_dir() else path.with_suffix(".py") for path in loaded}
    code |= {stub for path in loaded if (stub := path / "__init__.pyi").exists()}  # says which module has which name
    homes = {path.parent for path in code}
    data = [path for path in input_files([f"{PACKAGE}/**/*"], root) if path.suffix not in (".py", ".pyi")]

    def home(path: Path) -> Path:
        return next(folder for folder in path.parents if (folder / "__init__.py").exists())

    return sorted(code | {path for path in data if home(path) in homes})


def data_files(path: Path) -> list[Path]:
    """Return the files a chapter's notebook may read: what lies beside it and is no page."""
    if "chapters" not in path.parts:
        return []
    files = (data for data in path.parent.rglob("*") if data.is_file() and data.suffix not in {".ipynb", ".md"})
    return sorted(data for data in files if not SKIPPED & set(data.parts))


def notebook_key(path: Path, shared: str, modules: Iterable[str], root: Path = ROOT) -> str:
    """Hash what one executed notebook depends on: its code, its cells' metadata, the data files beside it, and the
    modules of the package that it loaded when it was executed last.

    A page can load another module only after a change in its own code or in a module that it loads.

    jupyter-cache itself looks at the code alone. It also keeps the cells' metadata (tags, captions, alternative texts)
    as they were when the notebook was executed, so a change there has to execute it again.
    """
    cells = [
        (cell.source, {key: cell.metadata[key] for key in ("tags", "mystnb") if key in cell.metadata})
        for cell in read(path).cells
        if cell.cell_type == "code"
    ]
    total = hashlib.sha256((shared + json.dumps(cells, sort_keys=True)).encode())
    for file in [*data_files(path), *module_files(modules, root)]:
        total.update(file.relative_to(root).as_posix().encode() if file.is_relative_to(root) else file.name.encode())
        total.update(file.read_bytes() if file.exists() else b"gone")
    return total.hexdigest()


def load_times() -> dict[str, dict[str, Any]]:
    """Read the record of executions: notebook -> its key and its seconds."""
    return json.loads(TIMES.read_text()) if TIMES.exists() else {}


def save_times(times: dict[str, dict[str, Any]]) -> None:
    """Write the record of executions."""
    TIMES.parent.mkdir(parents=True, exist_ok=True)
    TIMES.write_text(json.dumps(times, indent=1, sort_keys=True) + "\n")
