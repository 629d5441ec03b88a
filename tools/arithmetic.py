"""Run a command on arithmetic that rounds otherwise: narrower instructions, plainer kernels, no other processor.

    python tools/arithmetic.py                      say what computes here, and what else could
    python tools/arithmetic.py NAME -- COMMAND...   run a command on it

NAME is `same` (as the caller's environment has it), `narrow` (without the wide instructions of this processor), `wide`
(as the processor would have it) or `other`: narrow, or wide where narrow is what the caller has. What is printed in a
page must not hang on the last bit; `make test` executes the pages a second time on `other` and so sees it.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NOTE = ROOT / "_build" / "arithmetic.txt"
#: NumPy's loops, NumPy's and SciPy's BLAS, torch's loops, torch's BLAS. Read when the libraries are loaded.
VARIABLES = ("NPY_DISABLE_CPU_FEATURES", "OPENBLAS_CORETYPE", "ATEN_CPU_CAPABILITY", "MKL_CBWR")
#: The plainest kernels of OpenBLAS: every processor of the kind can run them (wider ones may be illegal instructions).
PLAIN_CORES = {"x86_64": "Prescott", "AMD64": "Prescott", "aarch64": "ARMV8", "arm64": "ARMV8"}
NAMES = ("same", "other", "narrow", "wide")


def settings(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables that choose the arithmetic, as far as they are set."""
    return {name: environment[name] for name in VARIABLES if environment.get(name)}


def words(chosen: Mapping[str, str]) -> str:
    """Return settings as one would type them."""
    return " ".join(f'{name}="{value}"' for name, value in chosen.items()) or "as the processor has it"


def narrow(found: Iterable[str], machine: str) -> dict[str, str]:
    """Return the settings that leave the wide instructions out; `found` are NumPy's names for those that it uses.

    Names that the machine lacks are left out: NumPy would warn about them.
    """
    loops = {"NPY_DISABLE_CPU_FEATURES": " ".join(found)}
    cores = {"OPENBLAS_CORETYPE": PLAIN_CORES.get(machine, "")}
    chosen = {**loops, **cores, "ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE"}
    return {name: value for name, value in chosen.items() if value}


def loops_found() -> list[str]:
    """Return the instructions beyond the baseline for which NumPy has loops of its own, and uses them here."""
    umath = importlib.import_module("numpy._core._multiarray_umath")
    wide = (name for name in umath.__cpu_dispatch__ if name not in umath.__cpu_baseline__)
    return [name for name in wide if umath.__cpu_features__.get(name)]


def cores_found() -> list[str]:
    """Return the kernels that the loaded copies of OpenBLAS chose; a system without OpenBLAS has none."""
    try:
        pools = importlib.import_module("threadpoolctl").threadpool_info()
    except ImportError:
        return []
    return sorted({pool["architecture"] for pool in pools if pool.get("architecture")})


def bits() -> dict[str, str]:
    """Return fingerprints, to the last bit, of what the book computes with."""
    import numpy as np
    import scipy.linalg

    x = np.linspace(0.1, 3.0, 4001)
    a = np.cos(np.outer(np.arange(60.0), np.arange(60.0)) + 0.3)
    loops = [np.exp(x), np.log(x), np.sin(x), np.tanh(x), np.sqrt(x), x**1.3]
    values = {
        "NumPy's functions": loops,
        "NumPy's sums": [np.sum(x * x), np.var(x), np.cumsum(x), np.einsum("ij,jk->ik", a, a)],
        "NumPy's linear algebra": [a @ a, np.linalg.solve(a + 60 * np.eye(60), a), np.linalg.eigvalsh(a + a.T)],
        "SciPy's linear algebra": [scipy.linalg.expm(a / 60), scipy.linalg.cholesky(a @ a.T + np.eye(60))],
    }
    try:
        import torch
    except ImportError:
        pass
    else:
        y, b = torch.tensor(x), torch.tensor(a)
        kinds = [(y.to(kind), b.to(kind)) for kind in (torch.float32, torch.float64)]
        functions = (torch.exp, torch.tanh, torch.nn.functional.silu)
        values["torch's functions"] = [f(y).numpy() for y, _ in kinds for f in functions]
        values["torch's sums"] = [(y * y).sum().numpy() for y, _ in kinds]
        values["torch's products"] = [(b @ b).numpy() for _, b in kinds]
    joined = {name: b"".join(np.asarray(part).tobytes() for part in parts) for name, parts in values.items()}
    return {name: hashlib.sha256(data).hexdigest()[:16] for name, data in joined.items()}


def probe() -> dict[str, Any]:
    """Say what computes in this process."""
    fingerprints = bits()  # loads everything
    torch = sys.modules.get("torch")
    kernels = torch.backends.cpu.get_cpu_capability() if torch else ""
    return {"loops": loops_found(), "cores": cores_found(), "torch": kernels, "bits": fingerprints}


def surroundings(chosen: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with these settings in place of the caller's."""
    rest = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return {**rest, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", **chosen}


def measured(chosen: Mapping[str, str]) -> dict[str, Any]:
    """Run the probe in a process of its own with these settings."""
    command = [sys.executable, __file__, "--probe"]
    done = subprocess.run(command, env=surroundings(chosen), capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        raise SystemExit(f"{words(chosen)} does not work here:\n{done.stderr or done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def description(found: Mapping[str, Any]) -> str:
    """Say in words what a probe found."""
    parts = [f"NumPy's loops with {' '.join(found['loops'])}" if found["loops"] else "NumPy's plain loops"]
    parts += [f"OpenBLAS for {' and '.join(found['cores'])}"] if found["cores"] else []
    parts += [f"torch {found['torch']}"] if found["torch"] else []
    return ", ".join(parts)


def differences(one: Mapping[str, Any], two: Mapping[str, Any]) -> list[str]:
    """Return what came out with other bits."""
    return [name for name, print_ in one["bits"].items() if two["bits"][name] != print_]


def choose(name: str) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
    """Return the settings of a name, what the caller's settings give, and what these give."""
    now = settings()
    same = measured(now)
    if name == "same":
        return now, same, same
    wide: dict[str, Any] = measured({}) if now else same
    plain = narrow(wide["loops"], platform.machine())
    if name == "wide":
        return {}, same, wide
    found = measured(plain)
    if name == "other" and now and not differences(same, found):
        return {}, same, wide
    return plain, same, found


def report(name: str, chosen: Mapping[str, str], same: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Say which arithmetic each execution uses, and loudly when they do not differ."""
    other = differences(same, found)
    lines = [
        f"first execution:  {description(same)}",
        f"second execution: {description(found)} ({name}: {words(chosen)})",
    ]
    if other:
        return "\n".join([*lines, f"other bits in:    {', '.join(other)}"])
    bar = "!" * 100
    loud = "!! Both executions round alike here: what hangs on the last bit of a result stays unseen on this machine."
    return "\n".join([bar, *lines, loud, bar])


def main(argv: list[str]) -> int:
    """Report, or run a command."""
    if argv == ["--probe"]:
        print(json.dumps(probe()))
        return 0
    name, command = (argv[0], argv[2:]) if argv else ("other", [])
    if name not in NAMES or (argv and (argv[1:2] != ["--"] or not command)):
        raise SystemExit(f"usage: arithmetic.py [{'|'.join(NAMES)} -- COMMAND...]")
    chosen, same, found = choose(name)
    text = report(name, chosen, same, found)
    print(text, flush=True)
    if not command:
        return 0
    NOTE.parent.mkdir(exist_ok=True)
    NOTE.write_text(text + "\n", encoding="utf8")
    return subprocess.run(command, env=surroundings(chosen), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
