"""Join printed pages into one PDF with an outline; links between pages become jumps. Called by pdf.mjs.

Usage: python tools/pdf_join.py PARTS.json OUT.pdf, where PARTS.json lists {file, title, name} in order.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, Fit, NameObject

INSIDE = "https://few-steps.invalid/"


def jump(annotation: DictionaryObject, starts: dict[str, Any]) -> None:
    """Turn a link to another page of the book into a jump to where that page starts."""
    action = annotation.get("/A")
    uri = str(action.get_object().get("/URI", "")) if action is not None else ""
    start = starts.get(uri.removeprefix(INSIDE)) if uri.startswith(INSIDE) else None
    if start is not None:
        del annotation["/A"]
        annotation[NameObject("/Dest")] = ArrayObject([start, NameObject("/Fit")])


def outline(writer: PdfWriter, reader: PdfReader, level: list[Any], first: int, parent: Any) -> None:
    """Add one level of a part's outline under `parent`; a list holds the children of the entry before it."""
    last = parent
    for entry in level:
        if isinstance(entry, list):
            outline(writer, reader, entry, first, last)
            continue
        number = reader.get_destination_page_number(entry)
        if number is not None and entry.title:
            place = Fit.xyz(left=0, top=float(entry.top or 0))
            last = writer.add_outline_item(title=entry.title, page_number=first + number, parent=parent, fit=place)


def join(parts: list[dict[str, str]], out: Path) -> int:
    """Write the joined PDF and return its number of pages."""
    writer = PdfWriter()
    starts: dict[str, Any] = {}
    for part in parts:
        first = len(writer.pages)
        reader = PdfReader(part["file"])
        writer.append(reader, import_outline=False)
        starts[part["name"]] = writer.pages[first].indirect_reference
        top = writer.add_outline_item(title=part["title"], page_number=first)
        # The browser's outline has the page's title as its only root: what hangs under it hangs under ours.
        for level in (entry for entry in reader.outline if isinstance(entry, list)):
            outline(writer, reader, level, first, top)
    for page in writer.pages:
        for reference in page.get("/Annots", []):
            jump(reference.get_object(), starts)
    writer.add_metadata({"/Title": "Few Steps", "/Producer": "pypdf", "/Creator": "Chromium"})
    writer.page_mode = "/UseOutlines"
    writer.compress_identical_objects()
    writer.write(out)
    return len(writer.pages)


def main(argv: list[str]) -> int:
    """Read the list of parts and join them."""
    if len(argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    out = Path(argv[1])
    count = join(json.loads(Path(argv[0]).read_text(encoding="utf8")), out)
    print(f"{out}: {count} pages, {out.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
