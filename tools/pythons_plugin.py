"""For pytest, with -p: leave out what needs more than the package itself asks for, and say so.

A test or an example that fails for want of a package is skipped with that package's name, unless the package is one
that `fewsteps` must not do without.
"""

from __future__ import annotations

import ast
import doctest
import importlib
from collections.abc import Generator
from pathlib import Path

import pytest

REQUIRED = {"numpy", "scipy", "sympy", "mpmath", "array_api_compat", "lazy_loader", "fewsteps", "pytest", "hypothesis"}
SOURCE = Path(__file__).resolve().parent.parent / "pkg" / "src"
left_out: dict[str, str] = {}


def excused(error: BaseException | None) -> str:
    """Return the package for want of which this failed, if the failure is excused."""
    name = (getattr(error, "name", None) or "").split(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    return "" if name in REQUIRED else name


def modules_of(path: Path) -> list[str]:
    """Return what importing a file imports: the module itself for the package, the imports at its top for a test."""
    if path.is_relative_to(SOURCE):
        return [".".join(path.relative_to(SOURCE).with_suffix("").parts)]
    found = []
    for node in ast.parse(path.read_text(encoding="utf8")).body:
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
    return [name for name in found if not (path.parent / f"{name}.py").exists()]


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave a file out whose imports are not there."""
    if collection_path.suffix != ".py":
        return None
    for name in modules_of(collection_path):
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if lacking := excused(error):
                whole = collection_path.parent.name if collection_path.is_relative_to(SOURCE) else collection_path.name
                left_out[whole] = lacking
                return True
            raise
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Skip a test that turns out to need a package that is not there."""
    try:
        return (yield)
    except (ModuleNotFoundError, doctest.UnexpectedException) as error:
        cause = error.exc_info[1] if isinstance(error, doctest.UnexpectedException) else error
        if lacking := excused(cause):
            pytest.skip(f"could not import {lacking!r}")
        raise


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was left out: files of tests, and modules in rooms of the package."""
    for lacking in sorted(set(left_out.values())):
        names = sorted(name for name, reason in left_out.items() if reason == lacking)
        terminalreporter.write_line(f"left out, for want of {lacking}: {', '.join(names)}")
