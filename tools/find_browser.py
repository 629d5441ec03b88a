"""Print the path of a Chromium to drive.

    python tools/find_browser.py

In this order: CHROMIUM, one on PATH, playwright's own, the one that npm carries (Linux on x86-64; fetched and unpacked
only now that nothing else is there), and last playwright's own once more, fetched.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UNPACKED = ROOT / "_build" / "browser"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
HELP = """No Chromium was found, and neither npm nor playwright could fetch one. The book's tests need a browser. Either
  - install Chromium or Chrome with your system's package manager, or
  - set CHROMIUM to the path of one:  make test CHROMIUM=/path/to/chromium, or
  - fetch playwright's own, with a network:  npx playwright-core install chromium"""


def installed() -> Path | None:
    """Return the browser named by CHROMIUM, or found in the usual places."""
    wanted = os.environ.get("CHROMIUM")
    if wanted:
        found = shutil.which(wanted)
        if not found:
            raise SystemExit(f"CHROMIUM is set to {wanted!r}, which is no program")
        return Path(found)
    on_path = next((path for name in NAMES if (path := shutil.which(name))), None)
    return Path(on_path) if on_path else MAC if MAC.exists() else None


def answer(*command: str) -> Path | None:
    """Return the file whose path a command prints; None when it fails or there is no such file."""
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    path = Path(found.stdout.strip() or "missing")
    return path if found.returncode == 0 and path.exists() else None


def playwrights_own() -> Path | None:
    """Return the browser that playwright keeps for itself."""
    return answer("node", "-e", "console.log(require('playwright-core').chromium.executablePath())")


def npms() -> Path | None:
    """Return the browser that npm carries, fetched at the version that package-lock.json pins, and unpacked."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return None
    unpack = ("node", "tools/unpack_browser.mjs", str(UNPACKED))
    path = answer(*unpack)
    if path is None:
        fetch("npm", "ci", "--include=optional", "--no-fund", "--no-audit", "--loglevel=error")
        path = answer(*unpack)
    return path


def playwrights_fetched() -> Path | None:
    """Return playwright's own browser after its installer has run."""
    fetch("npx", "playwright-core", "install", "chromium")
    return playwrights_own()


def fetch(*command: str) -> None:
    """Run a command that fetches a browser, and say so."""
    print(f"no Chromium found; trying `{' '.join(command)}`", file=sys.stderr, flush=True)
    subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=False, timeout=900)


def main() -> int:
    """Print the path of the first that is found."""
    path = installed() or playwrights_own() or npms() or playwrights_fetched()
    if path is None:
        print(HELP, file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
