"""Importing the package: what is loaded, what can be reached, what is said where something is missing; its wheel."""

from __future__ import annotations

import ast
import importlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import fewsteps as fs
from fewsteps.lazy import is_there, need

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "pkg" / "src"
ROOMS = sorted(path.parent.name for path in (SOURCE / "fewsteps").glob("*/__init__.py"))
STUBS = sorted((SOURCE / "fewsteps").glob("**/__init__.pyi"))
EXTRAS = {"distill": ("torch", ["torch"]), "show": ("pages", ["anywidget", "matplotlib"])}
#: What the package asks for, and mpmath, which SymPy brings.
ASKED = ["numpy", "scipy", "sympy", "mpmath", "array_api_compat", "lazy_loader"]


def needs(room: str) -> None:
    for package in EXTRAS.get(room, ("", []))[1]:
        pytest.importorskip(package)


def fresh(code: str, path: Path = SOURCE) -> str:
    """What a new process prints, with the package from `path`."""
    environment = {**os.environ, "PYTHONPATH": str(path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded(code: str) -> set[str]:
    """Every module that a new process holds after some code."""
    return set(fresh(f"{code}\nimport sys\nprint(*sys.modules)").split())


def own(modules: set[str]) -> set[str]:
    return {name.removeprefix("fewsteps.") for name in modules if name.startswith("fewsteps.")}


def test_the_package_alone_loads_nothing():
    modules = loaded("import fewsteps")
    assert own(modules) == {"lazy"}
    assert not modules & {"numpy", "scipy", "sympy", "torch", "matplotlib", "anywidget"}


def test_rooms_load_no_module_for_their_own_sake():
    rooms = [room for room in ROOMS if all(map(is_there, EXTRAS.get(room, ("", []))[1]))]
    assert len(rooms) >= len(ROOMS) - len(EXTRAS)
    assert own(loaded(f"from fewsteps import {', '.join(rooms)}")) == {"lazy", *rooms}


@pytest.mark.parametrize(
    ("code", "not_loaded"),
    [
        ("fs.merge_problem", "plans.search plans.pareto plans.canonical laws.gaussian scipy"),
        ("fs.optimal_plans", "plans.pareto plans.kary plans.algorithm1 laws.gaussian"),
        ("fs.cosine_schedule", "schedules.diffusion schedules.processes scipy"),
        ("fs.flow_matching", "schedules.grid schedules.custom laws"),
        ("fs.Gaussian", "laws.mixture laws.checkerboard schedules"),
        ("fs.solvers.solve_ode", "solvers.sde solvers.dynamics schedules laws scipy"),
        ("fs.flowmaps.GaussianFlowMap", "flowmaps.line flowmaps.losses flowmaps.residuals"),
        ("fs.identities.tweedie", "identities.stein identities.rules"),
        ("fs.evidence.verified", "evidence.notation evidence.symbols sympy"),
    ],
)
def test_a_name_loads_what_it_uses(code, not_loaded):
    modules = loaded(f"import fewsteps as fs\n{code}")
    assert not (own(modules) | modules) & set(not_loaded.split())


@pytest.mark.parametrize("stub", STUBS, ids=lambda path: path.parent.name)
def test_a_stub_says_what_the_room_has(stub):
    """Type checkers read the stub; so does the package, but for `__all__`."""
    nodes = ast.parse(stub.read_text(encoding="utf8")).body
    imported = [
        alias.name for node in nodes if isinstance(node, ast.ImportFrom) and node.module for alias in node.names
    ]
    (listed,) = (node.value for node in nodes if isinstance(node, ast.Assign) and node.targets[0].id == "__all__")
    assert sorted(ast.literal_eval(listed)) == sorted(imported)
    room = stub.parent.name
    needs(room)
    module = importlib.import_module("fewsteps" if room == "fewsteps" else f"fewsteps.{room}")
    assert sorted(module.__all__) == sorted(imported)
    assert [name for name in imported if not hasattr(module, name)] == []


def test_tab_completes_every_room():
    standing = {path.stem for path in (SOURCE / "fewsteps").glob("*.py")}
    assert {*ROOMS, "fields", "distances", "estimators", "digits"} <= set(dir(fs))
    for room in set(dir(fs)) & {*ROOMS, *standing}:
        needs(room)
        assert getattr(fs, room) is importlib.import_module(f"fewsteps.{room}")


def test_the_first_level_holds_all_of_the_rooms_that_the_first_part_uses():
    for room in (fs.operators, fs.plans, fs.schedules):
        assert set(room.__all__) <= set(fs.__all__)
        assert [name for name in room.__all__ if getattr(fs, name) is not getattr(room, name)] == []


def test_a_star_brings_no_room():
    hidden = "import sys\nsys.modules.update(torch=None, anywidget=None)"
    assert fresh(f"{hidden}\nfrom fewsteps import *\nprint(Plan.__name__, 'show' in dir())").strip() == "Plan False"


def test_modules_are_reached_as_attributes():
    assert fs.plans.tree.Plan is fs.Plan
    with pytest.raises(AttributeError, match="No fewsteps attribute nothing"):
        _ = fs.nothing
    with pytest.raises(AttributeError, match="nothing"):
        _ = fs.plans.nothing


@pytest.mark.parametrize("name", ["plans.algorithm1", "solvers.langevin", "identities.stein", "identities.tweedie"])
def test_a_function_is_not_hidden_by_the_module_of_its_name(name):
    room, function = name.split(".")
    code = f"import fewsteps.{name}\nfrom fewsteps.{room} import {function}\nprint(callable({function}))"
    assert fresh(code).strip() == "True"


@pytest.mark.parametrize(
    ("room", "package"), [(room, package) for room, (_, packages) in EXTRAS.items() for package in packages]
)
def test_a_missing_extra_is_named(room, package):
    present = [f"sys.modules[{other!r}] = sys" for other in EXTRAS[room][1] if other != package]
    lines = ["import sys", *present, f"sys.modules[{package!r}] = None", "import fewsteps as fs", "try:"]
    code = "\n".join([*lines, f"    fs.{room}", "except ModuleNotFoundError as error:", "    print(error.name, error)"])
    extra = EXTRAS[room][0]
    assert fresh(code).strip() == f'{package} fewsteps.{room} needs {package}: pip install "fewsteps[{extra}]"'


def test_what_a_finder_forbids_is_missing(monkeypatch):
    class Forbidding:
        def find_spec(self, name, path=None, target=None):
            if name == "colorsys":
                raise ModuleNotFoundError(name)

    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    assert is_there("colorsys")
    monkeypatch.setattr(sys, "meta_path", [Forbidding(), *sys.meta_path])
    assert not is_there("colorsys")
    with pytest.raises(ModuleNotFoundError, match=r'this needs colorsys: pip install "fewsteps\[torch\]"'):
        need("this", "torch", "json", "colorsys")


# ------------------------------------------------------------------------------------------------ the wheel

EMPTY = """
import sys
class Nothing:
    "Finds only what comes with Python and what the package asks for."
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        known = top in sys.stdlib_module_names or top.startswith("_sysconfigdata")
        if not known and top not in {allowed!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Nothing())
"""
USE = """
import fewsteps as fs
assert fs.__file__.startswith({place!r}), fs.__file__
best = fs.optimal_plan(fs.merge_problem([0.2], fs.cosine_schedule(8), 0.8))
flow = fs.flowmaps.flow_map(fs.Gaussian([0.0], [4.0]), fs.flow_matching())
print(best.plan.length, flow([[1.0]], 0.9, 0.1).shape)
for room in ("show", "distill"):
    try:
        getattr(fs, room)
    except ModuleNotFoundError as error:
        print(error)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built beside the tree and not in it, unpacked."""
    pytest.importorskip("setuptools")
    folder = tmp_path_factory.mktemp("wheel")
    left_out = shutil.ignore_patterns("build", "dist", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT / "pkg", folder / "pkg", ignore=left_out)
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir", str(folder)]
    command = [sys.executable, "-m", "pip", "wheel", *options, str(folder / "pkg")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("fewsteps-*.whl")
    zipfile.ZipFile(built).extractall(folder / "unpacked")
    return folder / "unpacked"


def files(folder: Path) -> set[str]:
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix() for path in found}


def test_the_wheel_holds_every_file_of_the_package(wheel):
    held = files(wheel / "fewsteps")
    assert held == files(SOURCE / "fewsteps")
    for name in ("py.typed", "__init__.pyi", "plans/__init__.pyi", "data/checkerboard.json", "show/explorer.js"):
        assert name in held
    assert {path.name for path in wheel.iterdir()} == {"fewsteps", f"fewsteps-{fs.__version__}.dist-info"}


def test_the_wheel_works_with_nothing_but_what_the_package_asks_for(wheel):
    code = EMPTY.format(allowed=[*ASKED, "fewsteps"]) + USE.format(place=str(wheel))
    said = fresh(code, wheel).splitlines()
    assert said[0] == "8 (1, 1)"
    assert said[1:] == [
        'fewsteps.show needs anywidget: pip install "fewsteps[pages]"',
        'fewsteps.distill needs torch: pip install "fewsteps[torch]"',
    ]


def test_what_a_build_in_the_tree_leaves_is_ignored():
    left = ["pkg/build/lib/x.py", "pkg/dist/x.whl", "pkg/src/fewsteps.egg-info/PKG-INFO"]
    done = subprocess.run(["git", "check-ignore", *left], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 128:
        pytest.skip("not a git checkout")
    assert done.stdout.split() == left
