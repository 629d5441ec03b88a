"""Print the path of a Chromium to drive: CHROMIUM, one on PATH, or playwright's own (fetched if need be)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
HELP = """No Chromium was found, and playwright could not fetch one. The book's tests drive a real browser. Either
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


def playwrights_own() -> Path | None:
    """Return the browser that playwright keeps for itself."""
    script = "console.log(require('playwright-core').chromium.executablePath())"
    found = subprocess.run(["node", "-e", script], cwd=ROOT, capture_output=True, text=True, check=False)
    path = Path(found.stdout.strip() or "missing")
    return path if path.exists() else None


def main() -> int:
    """Print the path, after trying playwright's installer when nothing is there."""
    path = installed() or playwrights_own()
    if path is None:
        print("no Chromium found; trying `npx playwright-core install chromium`", file=sys.stderr, flush=True)
        install = ["npx", "playwright-core", "install", "chromium"]
        subprocess.run(install, cwd=ROOT, stdout=sys.stderr, check=False, timeout=600)
        path = playwrights_own()
    if path is None:
        print(HELP, file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
