"""Execute every notebook of the book once, two at a time, into the cache that the book is built from.

    python tools/execute.py [--workers N] [--force] [--list] [NOTEBOOK...]

A notebook is executed again when its code, its cells' metadata, a module of the package that it loads, the pinned
environment, the settings of the arithmetic or a data file beside it has changed. A failing notebook ends the command
with status 1, after the others are done. Ctrl-C ends it at once; what was finished is kept.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from alone import alone
from arithmetic import settings, words
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbclient import NotebookClient
from notebooks import CACHE, ROOT, load_times, notebook_key, read, save_times, shared_key, toc_notebooks
from warm import kernels

TIMEOUT = 600
#: Run after a page's last cell and not kept: which modules of the package the page loaded.
LOADED = "import sys\nprint(' '.join(sorted(name for name in sys.modules if name.split('.')[0] == 'fewsteps')))"
#: What kernels would write into the home folder.
IN_HOME = ("IPYTHONDIR", "MPLCONFIGDIR")
ANSI = re.compile(r"\x1b\[[0-9;]*m")
# One thread a notebook: several run side by side, and sums come out in the same order everywhere.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@dataclass
class Run:
    """What came of one execution: the executed notebook, or the reason why there is none."""

    seconds: float
    notebook: nbformat.NotebookNode | None = None
    problem: str = ""
    modules: tuple[str, ...] = ()


def is_writable(folder: Path) -> bool:
    """Say whether a file can be made in a folder; asking for permissions is not enough, root has them everywhere."""
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True


def set_environment() -> None:
    """Give every kernel the same surroundings."""
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"), PYTHONHASHSEED="0", CUDA_VISIBLE_DEVICES="")
    os.environ.pop("MPLBACKEND", None)
    if not is_writable(Path.home()):
        for name in IN_HOME:
            os.environ.setdefault(name, str(CACHE.parent / "home" / name.lower()))


def start_worker() -> None:
    """Leave the terminal's process group: Ctrl-C is the parent's affair, which then ends its workers.

    nbclient would answer the signal with half a minute of clearing up; a kernel without its worker ends by itself.
    """
    os.setpgrp()


def stderr_of(notebook: nbformat.NotebookNode) -> str:
    """Return what the cells wrote to stderr; a page of the book writes nothing there."""
    outputs = (out for cell in notebook.cells for out in cell.get("outputs", []))
    return "".join(out.text for out in outputs if out.output_type == "stream" and out.name == "stderr")


def execute_once(path: Path, kernel: str) -> tuple[nbformat.NotebookNode, tuple[str, ...]]:
    """Execute a fresh copy in the notebook's own folder, widget state kept; return it with the modules it loaded."""
    notebook = read(path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.cells.append(nbformat.v4.new_code_cell(LOADED))
    NotebookClient(
        notebook,
        kernel_name=kernel,
        timeout=TIMEOUT,
        store_widget_state=True,
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    said = "".join(output.text for output in notebook.cells.pop().outputs)  # may come in several pieces
    return notebook, tuple(said.split())


def execute(path: Path, kernel: str) -> Run:
    """Execute a notebook; once more if its kernel died."""
    set_environment()
    started = time.perf_counter()
    for attempt in (1, 2):
        try:
            notebook, modules = execute_once(path, kernel)
        except RuntimeError as error:  # nbclient's word for a kernel that did not answer or died
            if attempt == 2:
                return Run(time.perf_counter() - started, problem=f"{type(error).__name__}: {error}")
        except Exception as error:  # whatever a cell raised: its traceback is the message
            return Run(time.perf_counter() - started, problem=ANSI.sub("", str(error)))
        else:
            text = stderr_of(notebook)
            problem = f"a cell wrote to stderr, which a page must not do:\n{text}" if text else ""
            return Run(time.perf_counter() - started, None if problem else notebook, problem, modules)
    raise AssertionError("unreachable")


def name_of(path: Path) -> str:
    """Return the notebook's name as the times file and the messages give it."""
    return path.relative_to(ROOT).as_posix()


def is_cached(cache: Any, path: Path) -> bool:
    """Say whether jupyter-cache holds a notebook with the same code."""
    try:
        cache.get_cache_bundle(cache.match_cache_notebook(read(path)).pk)
    except KeyError:
        return False
    return True


def store(cache: Any, path: Path, run: Run) -> None:
    """Put an executed notebook into the cache, in place of an older one."""
    data = {"execution_seconds": run.seconds}
    cache.cache_notebook_bundle(CacheBundleIn(run.notebook, name_of(path), data=data), overwrite=True)


def report_failures(failures: dict[str, str]) -> None:
    """Print every failing notebook with its traceback, and what to do."""
    for name, problem in failures.items():
        print(f"\n{'=' * 20} {name} FAILED {'=' * 20}\n{problem.strip()}", file=sys.stderr)
    print(
        f"\n{len(failures)} notebook(s) failed: {', '.join(failures)}.\n"
        "Open one with `make lab`, restart its kernel and run all cells; then run `make book` again.\n"
        "The notebooks that passed are kept and will not be executed again.",
        file=sys.stderr,
        flush=True,
    )


def collect(futures: dict[Future[Run], Path]) -> dict[str, str]:
    """Report every execution as it ends and store what passed; return what failed."""
    cache, times, failures, shared = get_cache(CACHE), load_times(), {}, shared_key()
    for count, future in enumerate(as_completed(futures), 1):
        path, run = futures[future], future.result()
        name, mark = name_of(path), "FAILED" if run.problem else "ok"
        print(f"  [{count:>2}/{len(futures)}] {name:<48} {run.seconds:6.1f} s  {mark}", flush=True)
        if run.problem:
            failures[name] = run.problem
        else:
            store(cache, path, run)
            key = notebook_key(path, shared, run.modules)
            times[name] = {"key": key, "seconds": round(run.seconds, 1), "modules": list(run.modules)}
            save_times(times)
    return failures


def run_all(todo: Iterable[Path], workers: int) -> dict[str, str]:
    """Execute the notebooks, the slowest first; return what failed. Ctrl-C ends the workers at once."""
    set_environment()
    times = load_times()
    order = sorted(todo, key=lambda path: -times.get(name_of(path), {}).get("seconds", 1e9))
    with kernels() as kernel:
        pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=start_worker)
        try:
            return collect({pool.submit(execute, path, kernel): path for path in order})
        except KeyboardInterrupt:
            for worker in multiprocessing.active_children():
                worker.kill()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


def stale_notebooks(paths: list[Path], force: bool) -> list[Path]:
    """Return the notebooks to execute."""
    cache, times, shared = get_cache(CACHE), load_times(), shared_key()

    def fresh(path: Path) -> bool:
        entry = times.get(name_of(path), {})
        key = notebook_key(path, shared, entry.get("modules", ()))
        return "modules" in entry and entry["key"] == key and is_cached(cache, path)

    return [path for path in paths if force or not fresh(path)]


def forget(paths: list[Path]) -> None:
    """Drop what the cache holds of notebooks, so that no build can pick up an outdated output after a failure."""
    cache, times = get_cache(CACHE), load_times()
    for path in paths:
        if is_cached(cache, path):
            cache.remove_cache(cache.match_cache_notebook(read(path)).pk)
    known = {name_of(path) for path in toc_notebooks()}
    if set(times) - known:
        save_times({name: entry for name, entry in times.items() if name in known})


def bring_up_to_date(paths: list[Path], force: bool, workers: int) -> int:
    """Execute what is stale; return the exit status."""
    todo = stale_notebooks(paths, force)
    print(f"{len(paths)} notebooks: {len(paths) - len(todo)} up to date, {len(todo)} to execute", flush=True)
    if not todo:
        return 0
    forget(todo)
    started = time.perf_counter()
    failures = run_all(todo, workers)
    seconds = time.perf_counter() - started
    print(f"{len(todo)} notebooks executed in {seconds:.1f} s; arithmetic: {words(settings())}", flush=True)
    if failures:
        report_failures(failures)
    return int(bool(failures))


def main(argv: list[str]) -> int:
    """Read the command line and execute."""
    parser = argparse.ArgumentParser(description="Execute the book's notebooks into its cache.")
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--force", action="store_true", help="execute even what is up to date")
    parser.add_argument("--list", action="store_true", help="say which would be executed, and do not")
    options = parser.parse_args(argv)
    paths = [path.resolve() for path in options.notebooks] or toc_notebooks()
    try:
        with alone(CACHE.parent, "execute"):
            if options.list:
                print(*map(name_of, stale_notebooks(paths, options.force)), sep="\n")
                return 0
            return bring_up_to_date(paths, options.force, options.workers)
    except KeyboardInterrupt:
        print("\nInterrupted. The notebooks marked ok are kept; the same command goes on from there.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
