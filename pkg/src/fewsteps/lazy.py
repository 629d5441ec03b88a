"""Ground floor: names that are loaded when they are asked for, and packages that may be missing.

`import fewsteps` loads no room. Each room's `__init__.pyi` says which module has which name (SPEC 1 of Scientific
Python, through `lazy_loader`); a module is loaded with the first of its names that somebody uses.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lazy_loader import attach_stub  # type: ignore[import-untyped]


def attach(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Make the names of a package's stub, and its modules, reachable without loading them.

    Parameters
    ----------
    package
        The package's `__name__`.
    file
        Its `__file__`; the stub lies beside it.

    Returns
    -------
    tuple
        The package's `__getattr__`, `__dir__` and `__all__`: all names that the stub imports. Modules that it does not
        name are reachable as well.

    Raises
    ------
    ValueError
        Where there is no stub, or one that does not only import from the package itself.

    Examples
    --------
    >>> import fewsteps
    >>> look_up, listing, names = attach("fewsteps", fewsteps.__file__)
    >>> "merge_problem" in names, "flowmaps" in listing()
    (True, True)
    >>> look_up("flowmaps").__name__
    'fewsteps.flowmaps'
    """
    of_stub, listing, names = attach_stub(package, file)

    def look_up(name: str) -> Any:
        if name not in names and is_module(Path(file).parent, name):
            return import_module(f"{package}.{name}")
        return of_stub(name)

    return look_up, listing, names


def is_module(folder: Path, name: str) -> bool:
    """Whether a folder of the package has a module or a room of this name.

    Parameters
    ----------
    folder
        A package's folder.
    name
        What is looked for.

    Returns
    -------
    bool
        False for names that begin with an underscore.

    Examples
    --------
    >>> import fewsteps
    >>> here = Path(fewsteps.__file__).parent
    >>> is_module(here, "plans"), is_module(here, "fields"), is_module(here, "merge_problem")
    (True, True, False)
    """
    return name[0] != "_" and ((folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file())


def need(user: str, extra: str, *packages: str) -> None:
    """Refuse to go on without a package of an extra, and say how to install it.

    Parameters
    ----------
    user
        Who needs them, for the message.
    extra
        The extra of `fewsteps` that brings them.
    *packages
        Their import names. They are looked for, not loaded.

    Raises
    ------
    ModuleNotFoundError
        For the first of them that is not there; its `name` is the package's.

    Examples
    --------
    >>> need("the example", "pages", "json")
    >>> need("the example", "torch", "no_such_package")
    Traceback (most recent call last):
    ...
    ModuleNotFoundError: the example needs no_such_package: pip install "fewsteps[torch]"
    """
    for name in packages:
        if not is_there(name):
            raise ModuleNotFoundError(f'{user} needs {name}: pip install "fewsteps[{extra}]"', name=name)


def is_there(name: str) -> bool:
    """Whether a top-level package can be imported, without loading it.

    Parameters
    ----------
    name
        Its import name.

    Returns
    -------
    bool
        True for what is loaded already, too.

    Examples
    --------
    >>> is_there("json"), is_there("no_such_package")
    (True, False)
    """
    if name in sys.modules:
        return sys.modules[name] is not None
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # from a finder that forbids it
        return False
