"""Run the package's tests with nothing but what the package asks for: on every Python, and on the oldest versions.

    python tools/pythons.py [--workers N]

The environments are those of the pinned versions on every Python that the package is for but the book's own, and that
of the oldest versions that pkg/pyproject.toml allows, on the oldest Python. Tests that need more (torch, the pages'
packages) are left out there and named; the book's own environment runs all of them. A Python that this machine lacks is
named loudly.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from alone import say

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "_build" / "pythons"
MINORS = (11, 12, 13)
#: What the tests are run with; everything else is a requirement of the package.
TESTERS = ("pytest", "pluggy", "iniconfig", "packaging", "pygments", "hypothesis", "sortedcontainers")
REPORT = re.compile(r"SKIPPED|left out|.*\b(passed|failed)\b.* in ")
BAR = "!" * 100


@dataclass(frozen=True)
class Environment:
    """A Python with a list of exact versions."""

    name: str
    minor: int
    pins: str

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return PLACE / self.name

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"


def requirements() -> dict[str, str]:
    """Return the oldest version of everything that the package asks for."""
    project = tomllib.loads((ROOT / "pkg" / "pyproject.toml").read_text(encoding="utf8"))["project"]
    pairs = (line.split(">=") for line in [*project["dependencies"], *project["optional-dependencies"]["pages"]])
    oldest = dict(pairs)
    asked = [line.split(">=")[0] for line in project["dependencies"]]
    return {name: oldest[name] for name in [*asked, "mpmath"]}  # sympy computes with mpmath


def locked(name: str) -> str:
    """Return the lines of requirements.lock that pin a package: one pin, or one for each Python."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf8")
    found = re.findall(rf"^{re.escape(name)}==(?:.*\\\n)*.*\n", text, flags=re.MULTILINE)
    if not found:
        raise SystemExit(f"{name} is not in requirements.lock: run `make lock`")
    return "".join(found)


def environments(own: int) -> list[Environment]:
    """Return the environments to test in, for the book's own minor version of Python."""
    oldest = requirements()
    newest = "".join(map(locked, [*oldest, *TESTERS]))
    # Pins with hashes and pins without do not mix.
    plain = [locked(name).split(";")[0].split()[0] for name in TESTERS]
    old = "\n".join([*(f"{name}=={version}" for name, version in oldest.items()), *plain]) + "\n"
    others = [Environment(f"3.{minor}", minor, newest) for minor in MINORS if minor != own]
    return [Environment(f"3.{MINORS[0]}-oldest", MINORS[0], old), *others]


def interpreter(minor: int) -> Path | None:
    """Return a Python of this minor version: this one, one on PATH, or one of pyenv's."""
    if sys.version_info[1] == minor:
        return Path(sys.executable)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    on_path = shutil.which(f"python3.{minor}")
    candidates = [*([Path(on_path)] if on_path else []), *sorted(pyenv.glob(f"3.{minor}.*/bin/python3.{minor}"))]
    code = f"import sys, venv; sys.exit(sys.version_info[:2] != (3, {minor}))"
    return next((path for path in candidates if not call([str(path), "-c", code]).returncode), None)


def call(command: list[str], **options: str) -> subprocess.CompletedProcess[str]:
    """Run a command, its output kept."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment = {**os.environ, **threads, "PYTHONHASHSEED": "0", **options}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def prepare(environment: Environment, python: Path) -> str:
    """Make the environment unless it is there with these versions; return what went wrong."""
    note = environment.folder / "pins.txt"
    if note.exists() and note.read_text(encoding="utf8") == environment.pins:
        return ""
    shutil.rmtree(environment.folder, ignore_errors=True)
    made = call([str(python), "-m", "venv", "--without-pip", str(environment.folder)])
    wanted = environment.folder / "wanted.txt"
    if not made.returncode:
        wanted.write_text(environment.pins, encoding="utf8")
        # The pip of an older Python may not run on a newer one, whose own does.
        runner = sys.executable if call([str(python), "-m", "pip", "--version"]).returncode else str(python)
        pip = [runner, "-m", "pip", "--python", str(environment.python), "install", "--quiet", "--no-compile"]
        made = call([*pip, "--no-deps", "--only-binary", ":all:", "-r", str(wanted)])
    if made.returncode:
        return made.stdout + made.stderr
    wanted.rename(note)
    return ""


def test(environment: Environment) -> tuple[bool, str]:
    """Run unit tests and examples; return whether they passed, and what to show."""
    python = interpreter(environment.minor)
    if python is None:
        lacking = f"!! There is no Python 3.{environment.minor} on this machine: {environment.name} is not tested here."
        return True, f"{BAR}\n{lacking}\n{BAR}"
    problem = prepare(environment, python)
    if problem:
        return False, f"{environment.name}: the environment could not be made\n{problem}"
    options = [
        "-q",
        "-p",
        "pythons_plugin",
        "--hypothesis-profile=few",
        "-o",
        f"cache_dir={environment.folder / 'cache'}",
    ]
    command = [str(environment.python), "-m", "pytest", *options, "tests/unit", "pkg/src/fewsteps", "--doctest-modules"]
    paths = os.pathsep.join(str(ROOT / part) for part in ("pkg/src", "tools"))
    done = call(command, PYTHONPATH=paths, PYTHONPYCACHEPREFIX=str(environment.folder / "pycache"))
    if done.returncode:
        return False, done.stdout + done.stderr
    return True, "\n".join(line for line in done.stdout.splitlines() if REPORT.match(line))


def main() -> int:
    """Test in every environment, several side by side."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", type=int, default=2)
    chosen = environments(sys.version_info[1])
    with ThreadPoolExecutor(parser.parse_args().workers) as pool:
        results = list(pool.map(test, chosen))
    for environment, (passed, text) in zip(chosen, results, strict=True):
        say(f"\n{environment.name}: {'green' if passed else 'FAILED'}\n{text}")
    return int(not all(passed for passed, _ in results))


if __name__ == "__main__":
    sys.exit(main())
