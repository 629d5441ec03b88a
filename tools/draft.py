"""Build the book as far as it is written: pages of the table of contents that do not exist yet are left out.

For use while writing. Warnings do not end the build; `make book` is the judge.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import yaml
from notebooks import ROOT
from stage import STAMPS

DRAFT = ROOT / "_build" / "draft_toc.yml"


def exists(page: str) -> bool:
    """Say whether a page is there as a notebook or as text."""
    return any((ROOT / f"{page}{suffix}").exists() for suffix in (".ipynb", ".md"))


def written(node: Any) -> Any:
    """Return the table of contents without pages that do not exist and parts that are empty."""
    if isinstance(node, dict):
        return {key: written(value) for key, value in node.items()}
    if not isinstance(node, list):
        return node
    kept = [written(item) for item in node if "file" not in item or exists(item["file"])]
    return [item for item in kept if "caption" not in item or item["chapters"]]


def main() -> int:
    """Write the shortened table of contents and build with it."""
    toc = written(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf8")))
    if not exists(toc["root"]):
        toc["root"] = toc["parts"][0]["chapters"].pop(0)["file"]
    DRAFT.parent.mkdir(exist_ok=True)
    DRAFT.write_text(yaml.safe_dump(toc, sort_keys=False), encoding="utf8")
    (STAMPS / "html").unlink(missing_ok=True)  # what it vouches for is about to be overwritten
    return subprocess.run(
        ["jupyter-book", "build", ".", "--all", "-q", "--toc", str(DRAFT)], cwd=ROOT, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
