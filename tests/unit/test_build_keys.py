"""What is executed again after a change, and the kernels that start warm."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
import pytest
import warm
from nbclient import NotebookClient
from notebooks import module_files, notebook_key

PACKAGE = {
    "__init__.py": "",
    "plans/__init__.py": "",
    "plans/__init__.pyi": "",
    "plans/search.py": "",
    "plans/tree.py": "",
    "show/__init__.py": "",
    "show/explorer.js": "",
    "data/board.json": "",
}
SEARCH = ["fewsteps", "fewsteps.plans", "fewsteps.plans.search"]
SHOW = ["fewsteps", "fewsteps.show"]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A package and a page."""
    for name, text in PACKAGE.items():
        path = tmp_path / "pkg/src/fewsteps" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    cells = [nbformat.v4.new_markdown_cell("words", id="a"), nbformat.v4.new_code_cell("1 + 1", id="b")]
    page = tmp_path / "chapters/part/page.ipynb"
    page.parent.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), page)
    return tmp_path


def key(book: Path, modules: list[str]) -> str:
    return notebook_key(book / "chapters/part/page.ipynb", "shared", modules, book)


@pytest.mark.parametrize(
    ("changed", "runs"),
    [
        ("plans/search.py", {"search"}),
        ("plans/__init__.py", {"search"}),
        ("plans/__init__.pyi", {"search"}),
        ("plans/tree.py", set()),
        ("show/explorer.js", {"show"}),
        ("data/board.json", {"search", "show"}),  # a folder without modules belongs to the package itself
        ("__init__.py", {"search", "show"}),
    ],
)
def test_a_changed_module_executes_the_pages_that_load_it_and_no_others(
    book: Path, changed: str, runs: set[str]
) -> None:
    pages = {"search": SEARCH, "show": SHOW}
    before = {name: key(book, modules) for name, modules in pages.items()}
    (book / "pkg/src/fewsteps" / changed).write_text("changed")
    assert {name for name, modules in pages.items() if key(book, modules) != before[name]} == runs


def test_a_module_that_is_gone_executes_its_pages(book: Path) -> None:
    before = key(book, SEARCH)
    (book / "pkg/src/fewsteps/plans/search.py").unlink()
    assert key(book, SEARCH) != before


def test_a_module_stands_for_its_file_and_a_package_for_its_own(book: Path) -> None:
    names = {path.relative_to(book / "pkg/src/fewsteps").as_posix() for path in module_files(SEARCH, book)}
    assert names == {"__init__.py", "plans/__init__.py", "plans/__init__.pyi", "plans/search.py", "data/board.json"}


@pytest.mark.parametrize(("cell", "new", "same"), [(0, "other words", True), (1, "1 + 2", False)])
def test_prose_executes_nothing_and_code_its_page(book: Path, cell: int, new: str, same: bool) -> None:
    page, before = book / "chapters/part/page.ipynb", key(book, SEARCH)
    notebook = nbformat.read(page, as_version=4)
    notebook.cells[cell].source = new
    nbformat.write(notebook, page)
    assert (key(book, SEARCH) == before) is same


def test_a_file_beside_the_page_counts(book: Path) -> None:
    before = key(book, SEARCH)
    (book / "chapters/part/numbers.json").write_text("[1]")
    assert key(book, SEARCH) != before


ASKS = """import os, sys
print(sorted({name.split(".")[0] for name in sys.modules} & {"numpy", "torch", "sympy", "fewsteps"}))
print(os.getcwd(), os.environ.get("FEW_STEPS_TEST"), os.getppid() == %d, sys.path[0] == "")"""


def test_a_warm_kernel_has_the_libraries_the_caller_s_surroundings_and_not_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not warm.supported():
        pytest.skip("processes with these libraries are not forked on this system: kernels start cold here")
    with warm.kernels() as name:
        monkeypatch.setenv("FEW_STEPS_TEST", "set after the start")
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(ASKS % 1)])
        NotebookClient(notebook, kernel_name=name, resources={"metadata": {"path": str(tmp_path)}}).execute()
    libraries, surroundings = "".join(output.text for output in notebook.cells[0].outputs).splitlines()
    assert libraries == "['numpy', 'sympy', 'torch']"
    assert surroundings == f"{tmp_path} set after the start False True"


def test_where_forking_is_not_safe_the_kernel_is_the_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with warm.kernels() as name:
        assert name == "python3"
