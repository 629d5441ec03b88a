"""Write what an exercise asks to hand in, in the words of its entry, at the end of the exercise's box.

    python tools/hand_in.py NOTEBOOK...

To be run again whenever `asks` or `options` of an entry in pkg/src/fewsteps/exercises/data/<slug>.toml has changed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

import nbformat

from fewsteps.exercises.entries import Entry, letters_of, read

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "pkg/src/fewsteps/exercises/data"
BOX = re.compile(r"^(:{3,}|`{3,})\{exercise\}[^\n]*\n:label: (\S+)\n.*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
ASKED = re.compile(r"\n\n\*\*Hand in\*\*.*\Z", re.DOTALL)


def asked(label: str, entries: Iterable[Entry]) -> str:
    """Return the paragraphs that say what an exercise asks for."""
    said = []
    for entry in entries:
        if entry.label.split("/")[0] == label:
            said.append(f"**Hand in** `{entry.label}`: {entry.asks}")
            options = zip(letters_of(entry.options), entry.options, strict=True)
            said.append("\n".join(f"- ({letter}) {option}" for letter, option in options))
    return "\n\n".join(filter(None, said))


def with_asked(box: re.Match[str], entries: Iterable[Entry]) -> str:
    """Return an exercise's box with what it asks for at its end."""
    body = ASKED.sub("", box[0].rstrip().removesuffix(box[1]).rstrip())
    return "\n\n".join(filter(None, [body, asked(box[2], entries)])) + f"\n{box[1]}"


def write(path: Path) -> None:
    """Bring a notebook's exercises up to date."""
    entries = read((DATA / f"{path.stem}.toml").read_text(encoding="utf8"), path.stem).values()
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = BOX.sub(lambda box: with_asked(box, entries), cell.source)
    text = nbformat.writes(notebook, indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        write(Path(name).resolve())
