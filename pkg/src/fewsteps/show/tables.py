"""Tables that read well in the book and as plain text."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A table that Jupyter shows as HTML; printing it gives aligned text. Made by `table`."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str

    def _repr_html_(self) -> str:
        def row(cells: Sequence[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        caption = f"<caption>{html.escape(self.caption)}</caption>" if self.caption else ""
        head, body = row(self.headers, "th"), "".join(row(cells, "td") for cells in self.rows)
        return (
            f'<div class="fs-scroll" tabindex="0" role="region" aria-label="{html.escape(self.caption or "table")}">'
            f'<table class="fs-table">{caption}<thead>{head}</thead><tbody>{body}</tbody></table></div>'
        )

    def __repr__(self) -> str:
        lines = [self.headers, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.headers))]
        text = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        return "\n".join([*([self.caption] if self.caption else []), *text])


def table(headers: Sequence[str], rows: Sequence[Sequence[object]], *, caption: str = "") -> Table:
    """Make a table from column headers and rows of cells; numbers are to be formatted by the caller.

    Parameters
    ----------
    headers : sequence of str
    rows : sequence of sequences, each as long as `headers`
    caption : str
        Plain text above the table.

    Raises
    ------
    ValueError
        If a row is shorter or longer than the headers.

    Examples
    --------
    >>> table(["method", "merges"], [["vanilla", 1], ["BOOT", 31]])
     method  merges
    vanilla       1
       BOOT      31
    """
    cells = tuple(tuple(str(cell) for cell in row) for row in rows)
    wrong = next((row for row in cells if len(row) != len(headers)), None)
    if wrong is not None:
        raise ValueError(f"rows must have {len(headers)} cells each, got {wrong}")
    return Table(tuple(str(header) for header in headers), cells, caption)
