"""Copy the front-end assets that the book serves itself from node_modules to book/_static/vendor.

Only what a browser really asks for is taken: MathJax with its fonts and extensions, the widget manager, require.js,
anywidget, whose limit on the time of a start is raised, and the search. Run `npm ci` first; package-lock.json pins
the versions.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "book" / "_static" / "vendor"
MATHJAX = "mathjax/es5"
MANAGER = "@jupyter-widgets/html-manager/dist"
# Icon fonts that the widget manager's own style sheet asks for: solid, regular, brands.
FONTS = ("1551f4f60c37af51121f.woff2", "7a3337626410ca2f4071.woff2", "d878b0a6a1144760244f.woff2")

PARTS = (
    "tex-mml-chtml.js",
    "output/chtml/fonts/woff-v2",
    "input/tex/extensions",
    "a11y",
    "sre/mathmaps/base.json",
    "sre/mathmaps/en.json",
)
# Destination below vendor/ -> source below node_modules/ (a file or a folder).
ASSETS = {"widgets/require.js": "requirejs/require.js", "widgets/anywidget.js": "anywidget/dist/index.js"}
ASSETS |= {"search/minisearch.js": "minisearch/dist/umd/index.js"}
ASSETS |= {f"widgets/{name}": f"{MANAGER}/{name}" for name in ("embed-amd.js", *FONTS)}
ASSETS |= {f"{MATHJAX}/{part}": f"{MATHJAX}/{part}" for part in PARTS}


def copy_asset(source: Path, target: Path) -> None:
    """Copy one file or folder, making the folders above it."""
    if not source.exists():
        raise SystemExit(f"{source.relative_to(ROOT)} is missing: run `npm ci` in the repository's root first")
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)


def be_patient(script: Path) -> None:
    """Let an explorer take its time: a phone that still sets formulas needs more than the two seconds of anywidget."""
    text, limit = script.read_text(encoding="utf8"), "AbortSignal.timeout(2e3)"
    if text.count(limit) != 1:
        raise SystemExit(f"{script.name} has no single {limit}: see how this version of anywidget limits its start")
    script.write_text(text.replace(limit, "AbortSignal.timeout(12e4)"), encoding="utf8")


def main() -> int:
    """Replace the vendor folder."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    for target, source in ASSETS.items():
        copy_asset(MODULES / source, VENDOR / target)
    be_patient(VENDOR / "widgets" / "anywidget.js")
    files = [path for path in VENDOR.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    print(f"{len(files)} files, {size:.1f} MB, in {VENDOR.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
