"""Which version this is, and how to cite it: from CITATION.cff and CHANGELOG.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

import yaml

from .draw import Uri
from .ledger import Book

RELEASE = re.compile(r"^## \[?(\d[\w.]*)\]?(?:\s*[-–(]\s*(\d{4}-\d{2}-\d{2}))?", re.MULTILINE)


@dataclass(frozen=True)
class Edition:
    """What a citation needs: title, authors, version, date (empty while there is none), address."""

    title: str
    authors: tuple[str, ...]
    version: str
    date: str
    url: str

    @property
    def bibtex(self) -> str:
        """Return the entry for a bibliography."""
        key = re.sub(r"\W+", "", self.title.split(":")[0].lower()) + self.date[:4]
        fields = {"title": f"{{{self.title}}}", "author": " and ".join(f"{{{name}}}" for name in self.authors)}
        fields |= {"year": self.date[:4]} if self.date else {}
        fields |= {"version": self.version, "url": self.url}
        lines = ",\n".join(f"  {name:<7} = {{{value}}}" for name, value in fields.items())
        return f"@misc{{{key},\n{lines}\n}}"

    @property
    def said(self) -> str:
        """Return version and date in a few words."""
        return f"Version {self.version}, {self.date}" if self.date else f"Version {self.version}"


def name_of(author: dict[str, str]) -> str:
    """Return an author's name as a citation file has it."""
    return author.get("name") or f"{author.get('given-names', '')} {author['family-names']}".strip()


def load_edition(root: Path) -> Edition:
    """Read the citation file; a date that it lacks is the one of its version in the list of changes."""
    data = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf8"))
    version = str(data["version"])
    dates = dict(RELEASE.findall((root / "CHANGELOG.md").read_text(encoding="utf8")))
    date = str(data.get("date-released") or dates.get(version, ""))
    return Edition(data["title"], tuple(map(name_of, data["authors"])), version, date, data["repository-code"])


def cite(book: Book, uri: Uri, about: str = "") -> str:
    """Return version, date, the PDF where there is one, and the entry to copy."""
    edition = book.edition
    if edition is None:
        return ""
    return (
        f'<p>{escape(edition.said)}, with its <a href="{escape(edition.url)}">source and list of changes</a>.'
        '<a class="fs-pdf" hidden href="../few-steps.pdf"> The whole book as one PDF.</a></p>'
        '<details class="fs-cite"><summary>Cite this book</summary><div class="highlight-bibtex notranslate">'
        f'<div class="highlight"><pre>{escape(edition.bibtex)}</pre></div></div></details>'
    )
