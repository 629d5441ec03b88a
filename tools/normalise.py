"""Keep the committed notebooks in one canonical form: text outputs stay, whatever differs from run to run goes.

    python tools/normalise.py [--check] [--outputs] [NOTEBOOK...]

--check rewrites nothing and ends with status 1 when something would change. --outputs first takes the outputs from the
cache that `tools/execute.py` filled; together with --check it leaves those alone that nbval is told to ignore. Pictures
and widget states are dropped: the build makes them anew.
"""

from __future__ import annotations

import argparse
import sys
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
SETUP = """\
# On Google Colab: install the book's package beside the NumPy that is loaded already. Elsewhere: see that it is there.
import sys
from importlib.metadata import version
from importlib.util import find_spec

package = "fewsteps[pages,torch] @ git+{url}#subdirectory=pkg"
if "google.colab" in sys.modules:
    loaded = "numpy==" + version("numpy")
    %pip install --quiet "$package" "$loaded"
    from google.colab import output

    output.enable_custom_widget_manager()
elif find_spec("fewsteps") is None:
    raise ModuleNotFoundError(f"the book's package is missing: pip install '{{package}}'")"""


def setup_source() -> str:
    """Return the text of the set-up cell; the repository's address stands in _config.yml alone."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf8"))
    return SETUP.format(url=config["repository"]["url"])


def place_setup(notebook: Any) -> None:
    """Make the set-up cell the first code cell."""
    cells = [cell for cell in notebook.cells if cell.id != "setup"]
    first = next((i for i, cell in enumerate(cells) if cell.cell_type == "code"), len(cells))
    cell = nbformat.v4.new_code_cell(setup_source(), id="setup", metadata={"tags": ["remove-cell"]})
    notebook.cells = [*cells[:first], cell, *cells[first:]]


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
        kept = {key: cell.metadata[key] for key in ("mystnb", "tags") if key in cell.metadata}
        cell.metadata = nbformat.from_dict(kept)
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            cell.outputs = join_streams(cell.outputs)
            for output in cell.outputs:
                normalise_output(output, count)
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
