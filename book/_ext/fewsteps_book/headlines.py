"""What papers are known for, beside what the pages have found: the headlines of a part."""

from __future__ import annotations

from html import escape

from .draw import Uri, simple_table
from .ledger import Book

#: What the columns mean.
SAID = (
    "Each line sets a published claim beside what a page of this part computes. <em>Reproduced</em> and "
    "<em>better</em> are conditions on the page’s numbers. Where their thresholds are missed, or were chosen after the "
    "numbers had been seen, the line says so. What needs large image models is out of reach here; Gaussian data, "
    "mixtures, 8×8 digits and networks trained on them stand in."
)


def headlines(book: Book, uri: Uri, about: str = "") -> str:
    """Return the table of a part's headlines, one row a claim, in the order of the pages."""
    pages = [doc for part in book.parts for doc in part.docs if doc.startswith(f"chapters/{about}/")]
    found = [record for record in book.records if record.kind == "headline" and record.doc in pages]
    rows = []
    for record in sorted(found, key=lambda one: pages.index(one.doc)):
        at = f'<a href="{escape(uri(record.doc))}#{record.anchor}">{escape(book.page_title(record.page))}</a>'
        verdict = f"<strong>{escape(record.verdict or '')}</strong>"
        if record.note:
            verdict += f'<br><small class="fs-meta">{escape(record.note)}</small>'
        claim = f'{escape(record.claim or "")}<br><small class="fs-meta">{", ".join(record.ids)} · {at}</small>'
        rows.append([claim, escape(record.published or ""), escape(record.here or ""), verdict])
    head = ("Claim", "Published", "Here", "Verdict")
    table = simple_table("What the source is known for, and what was found here", head, rows)
    return f"<h2>What is claimed, and what was found</h2><p>{SAID}</p>{table.replace('fs-counts', 'fs-headlines')}"
