"""Keep the committed notebooks in one canonical form: text outputs stay, whatever differs from run to run goes.

    python tools/normalise.py [--check] [--outputs] [NOTEBOOK...]

--check rewrites nothing and ends with status 1 when something would change. --outputs first takes the outputs from the
cache that `tools/execute.py` filled; together with --check it leaves those alone that nbval is told to ignore. Pictures
and widget states are dropped: the build makes them anew. JupyterLab, which knows nothing of the book's tags, is told
what to fold, and marks are numbered in the order of the page, whatever was run how often.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
import yaml
from jupyter_cache import get_cache
from notebooks import CACHE, ROOT, read
from stage import input_files

DROPPED = ("image/png", "image/jpeg", "image/svg+xml", "application/vnd.jupyter.widget-view+json")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
#: What a kernel would write, without its version: with it, `jupyter nbconvert --to script` knows what to do.
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
METADATA = {"kernelspec": KERNEL, "language_info": LANGUAGE}
#: What JupyterLab folds, by the tag that folds it in the book; a click on the fold opens it.
FOLDED = {
    "hide-input": {"source_hidden": True},
    "hide-output": {"outputs_hidden": True},
    "hide-cell": {"outputs_hidden": True, "source_hidden": True},
    "remove-cell": {"source_hidden": True},
}
ANCHOR = re.compile(r'(?<=id=")(ev-[a-z0-9-]+)-\d+(?=")')
#: Packages that a page may need beside the book's own, and what in its code says so.
NEEDED = {"matplotlib": r"^\s*(import|from) matplotlib", "torch": r"^\s*(import|from) (torch|fewsteps\.distill)\b"}
SETUP = """\
# This page needs {words}; on Google Colab this cell installs what is missing.
import sys
from importlib.metadata import version
from importlib.util import find_spec

package = "fewsteps[pages,torch] @ git+{url}#subdirectory=pkg"
if "google.colab" in sys.modules:
    loaded = "numpy==" + version("numpy")  # stays as it is
    %pip install --quiet "$package" "$loaded"
    from google.colab import output

    output.enable_custom_widget_manager()
elif missing := [name for name in {names} if find_spec(name) is None]:
    raise ModuleNotFoundError(f"this page needs {{', '.join(missing)}}: pip install '{{package}}'")"""


def needed(notebook: Any) -> list[str]:
    """Return the packages that a page's code asks for, the book's own first."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code" and cell.id != "setup")
    return ["fewsteps", *(name for name, said in NEEDED.items() if re.search(said, code, re.MULTILINE))]


def setup_source(names: list[str]) -> str:
    """Return the text of the set-up cell; the repository's address stands in _config.yml alone."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf8"))
    words = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    quoted = ", ".join(f'"{name}"' for name in names)
    names_ = f"({quoted},)" if len(names) == 1 else f"({quoted})"
    return SETUP.format(url=config["repository"]["url"], words=words, names=names_)


def place_setup(notebook: Any) -> None:
    """Make the set-up cell the first code cell."""
    source = setup_source(needed(notebook))
    cells = [cell for cell in notebook.cells if cell.id != "setup"]
    first = next((i for i, cell in enumerate(cells) if cell.cell_type == "code"), len(cells))
    cell = nbformat.v4.new_code_cell(source, id="setup", metadata={"tags": ["remove-cell"]})
    notebook.cells = [*cells[:first], cell, *cells[first:]]


def cell_metadata(cell: Any) -> Any:
    """Return what a cell keeps of its metadata, and what its tags fold in JupyterLab."""
    kept = {key: cell.metadata[key] for key in ("mystnb", "tags") if key in cell.metadata}
    folded: dict[str, bool] = {}
    if cell.cell_type == "code":
        for tag in kept.get("tags", []):
            folded |= FOLDED.get(tag, {})
    return nbformat.from_dict(kept | ({"jupyter": folded} if folded else {}))


def number_anchors(notebook: Any) -> None:
    """Count the marks of every result from 1, in the order of the page."""
    marks: Counter[str] = Counter()

    def next_one(found: re.Match[str]) -> str:
        marks[found[1]] += 1
        return f"{found[1]}-{marks[found[1]]}"

    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/html" in data:
                data["text/html"] = ANCHOR.sub(next_one, data["text/html"])


def join_streams(outputs: list[Any]) -> list[Any]:
    """Join what follows itself on the same stream: how it was cut into messages is chance."""
    joined: list[Any] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def normalise_output(output: Any, count: int) -> None:
    """Drop pictures, widget views and metadata from one output."""
    if "execution_count" in output:
        output.execution_count = count
    for kind in DROPPED:
        output.get("data", {}).pop(kind, None)
    if "metadata" in output:
        output.metadata = nbformat.from_dict({})


def normalise(notebook: Any, has_setup: bool) -> Any:
    """Bring a notebook into canonical form, in place."""
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    if has_setup:
        place_setup(notebook)
    count = 0
    for cell in notebook.cells:
        cell.metadata = cell_metadata(cell)
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            cell.outputs = join_streams(cell.outputs)
            for output in cell.outputs:
                normalise_output(output, count)
    number_anchors(notebook)
    ids = [cell.id for cell in notebook.cells]
    if len(set(ids)) < len(ids):
        raise SystemExit(f"two cells share an id: {sorted(i for i in set(ids) if ids.count(i) > 1)}")
    return notebook


def is_compared(cell: Any) -> bool:
    """Say whether nbval compares a cell's outputs; comments overrule tags, and the last word counts."""
    tags = [tag.replace("-", "_").upper() for tag in cell.metadata.get("tags", [])]
    comments = [line.strip().lstrip("#").strip() for line in cell.source.splitlines() if line.strip().startswith("#")]
    said = [word for word in [*tags, *comments] if word in {"NBVAL_IGNORE_OUTPUT", "NBVAL_CHECK_OUTPUT", "NBVAL_SKIP"}]
    return "NBVAL_SKIP" not in said and said[-1:] != ["NBVAL_IGNORE_OUTPUT"]


def take_outputs(notebook: Any, path: Path, ignored: bool) -> None:
    """Replace the outputs by those of the last execution; with or without those that nbval ignores."""
    try:
        _, executed = get_cache(CACHE).merge_match_into_notebook(notebook)
    except KeyError:
        raise SystemExit(f"{path.relative_to(ROOT)} has not been executed: run `make book` first") from None
    for cell, fresh in zip(notebook.cells, executed.cells, strict=True):
        if cell.cell_type == "code" and (ignored or is_compared(cell)):
            cell.outputs = fresh.outputs


def canonical(path: Path, outputs: bool, ignored: bool = True) -> str:
    """Return the canonical text of a notebook."""
    notebook = read(path)
    if outputs:
        take_outputs(notebook, path, ignored)
    chapter = path.is_relative_to(ROOT / "chapters")
    return nbformat.writes(normalise(notebook, chapter), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main(argv: list[str]) -> int:
    """Normalise or check."""
    parser = argparse.ArgumentParser(description="Keep the committed notebooks in canonical form.")
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--outputs", action="store_true", help="take the outputs from the last execution")
    options = parser.parse_args(argv)
    paths = [path.resolve() for path in options.notebooks] or input_files(["chapters/**/*.ipynb", "book/*.ipynb"])
    changed = 0
    for path in paths:
        text = canonical(path, options.outputs, ignored=not options.check)
        if text == path.read_text(encoding="utf8"):
            continue
        changed += 1
        print(f"{'differs' if options.check else 'rewritten'}: {path.relative_to(ROOT)}", flush=True)
        if not options.check:
            path.write_text(text, encoding="utf8", newline="\n")
    if changed and options.check:
        print(f"{changed} notebook(s) to bring up to date: run `make notebooks` and look at the difference")
    return int(bool(changed) and options.check)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
