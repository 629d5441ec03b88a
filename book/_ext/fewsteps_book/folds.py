"""Two layers of a page: what a reader sees, and one click below it the code and the checks.

The notebooks stay plain notebooks. The build folds code and marks, keeps pictures, tables and explorers in sight, and
writes one line of evidence under each box. Tags of cells change the rule:

- `open` on a code cell: the code itself teaches and stays in sight;
- `shown` on a code cell: what it prints, or the formulas that it derives, stay in sight;
- `evidence` on a cell of text: it speaks of the checks and folds with them;
- `second` on a cell that begins a section: the section is for a second reading and folds under its title;
- `symbols` on the cell that declares the page's own letters: they fold together with those of the notation page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from .boxes import RESULT
from .draw import row_name
from .pages import folded, measure, put_facts
from .parts import MARK, anchors, fold, formula_of, in_sight, is_box, is_code, tags_of
from .records import Record
from .summaries import evidence_line, fold_label
from .symbols import own_rows, put_symbols, rows_of, undeclared

OUTPUT = ["cell_output", "docutils", "container"]


def take_out(cell: nodes.container, tags: list[str], records: dict[str, Record]) -> nodes.container | None:
    """Take from a cell what stays in sight, as a cell of its own."""
    outputs = [node for node in cell.children if node.get("nb_element") == "cell_code_output"]
    seen: list[nodes.Node] = []
    for output in [child for group in outputs for child in group.children]:
        formula = formula_of(output, records) if "shown" in tags else []
        if formula:
            seen.extend(formula)
        elif in_sight(output) or ("shown" in tags and not anchors(output)):
            output.parent.remove(output)
            seen.append(output)
    if not seen:
        return None
    twin = ".snapshot(" in cell.astext()
    holder = nodes.container(nb_element="cell_code_output", classes=OUTPUT)
    holder.extend(seen)
    return nodes.container("", holder, nb_element="cell_code", classes=["cell", "fs-twin" if twin else "fs-seen"])


def marks_of(cell: nodes.container) -> nodes.container:
    """Take the marks out of a cell whose code stays in sight, as a cell of its own."""
    groups = [node for node in cell.children if node.get("nb_element") == "cell_code_output"]
    marks = [output for group in groups for output in list(group.children) if anchors(output)]
    for mark in marks:
        mark.parent.remove(mark)
    for group in groups:
        if not group.children:
            cell.remove(group)
    holder = nodes.container("", *marks, nb_element="cell_code_output", classes=OUTPUT)
    return nodes.container("", holder, nb_element="cell_code", cell_index=cell["cell_index"], classes=["cell"])


class Folds(SphinxPostTransform):
    """Fold the evidence layer of every notebook of the chapters."""

    default_priority = 150  # after the choice among kinds of output, before myst-nb hides what tags name
    formats = ("html",)

    def run(self, **_: Any) -> None:
        """Rearrange the page."""
        path = Path(self.env.doc2path(self.env.docname))
        if path.suffix != ".ipynb" or not self.env.docname.startswith("chapters/"):
            return
        from . import book_of  # the package's own module needs this one

        self.cells = nbformat.read(path, as_version=4).cells
        self.book = book_of(self.app)
        self.records = {record.anchor: record for record in self.book.records if record.doc == self.env.docname}
        self.waiting: list[nodes.Node] = []  # code before the first picture folds with the code of that picture
        self.made = 0
        self.folded: dict[str, str] = {}  # the anchor of a mark -> the fold that holds it
        sections = [self.document, *self.document.findall(nodes.section)]
        notation = rows_of(self.env.docname.split("/")[1], self.book.notation)
        own = [
            row for cell in self.cells if "symbols" in cell.metadata.get("tags", []) for row in own_rows(cell.source)
        ]
        declared = [
            [child for child in section.children if "symbols" in tags_of(child, self.cells)] for section in sections
        ]
        for section in sections:
            self.fold_section(section)
        for written in filter(None, declared):  # now the formulas that derivations show are in place
            put_symbols(written, self.document, own, notation)
        for section in sections[1:]:  # a box is a section to docutils as well, but has no title
            if isinstance(section[0], nodes.title) and "second" in tags_of(section[0], self.cells):
                self.fold_whole(section)
        for paragraph in self.document.findall(nodes.paragraph):
            if paragraph.astext().startswith("Prerequisites:"):
                paragraph["classes"].append("fs-before")
        self.link_marks()
        for box in list(self.document.findall(is_box)):
            self.conclude(box)
        doc = self.env.docname
        page = measure(self.document, doc, self.book.titles[doc], self.book.seconds.get(f"{doc}.ipynb"))
        put_facts(self.document, page)
        page.undeclared.extend(undeclared(self.document, own, notation))
        self.book.pages.append(page)

    def fold_section(self, section: nodes.Element) -> None:
        """Fold the runs of cells among a section's children."""
        kept: list[nodes.Node] = []
        run: list[tuple[nodes.Node, list[str]]] = []
        for child in list(section.children):
            tags = tags_of(child, self.cells)
            if (is_code(child) and "open" not in tags) or (
                not is_code(child) and "evidence" in tags and not isinstance(child, nodes.section)
            ):
                run.append((child, tags))
                continue
            kept.extend(self.folded_run(run))
            kept.append(child)
            run = [(marks_of(child), tags)] if is_code(child) and anchors(child) else []
        kept.extend(self.folded_run(run))
        section.children = []
        section.extend(kept)

    def folded_run(self, run: list[tuple[nodes.Node, list[str]]]) -> Iterator[nodes.Node]:
        """Yield what stays in sight of a run of cells, then the fold with the rest."""
        if not run:
            return
        if not self.made and not any(anchors(node) or in_sight(node) for node, _ in run):
            self.waiting.extend(node for node, _ in run)
            return
        seen = []
        inside = self.waiting + [node for node, _ in run]
        self.waiting = []
        solves = False
        for node, tags in run:
            if not is_code(node):
                continue
            if "hide-cell" in tags:
                solves = True
            elif (part := take_out(node, tags, self.records)) is not None:
                seen.append(part)
        for node in inside:
            node.attributes.pop("hide_mode", None)
        yield from seen
        names = [name for node in inside for name in anchors(node)]
        self.made += 1
        name = f"fold-{self.made}"
        self.folded.update(dict.fromkeys(names, name))
        records = [self.records[name] for name in names if name in self.records]
        coded = any(is_code(node) for node in inside)
        label = fold_label(records, draws=bool(seen), solves=solves) if coded else "remarks"
        holder = fold(name=name, label=label)
        holder.extend(inside)
        yield holder

    def fold_whole(self, section: nodes.Element) -> None:
        """Fold a section under its title, unless it lies in one that folds."""
        if folded(section):
            return
        holder = fold(kind="fs-second", label="second reading")
        holder.extend(section.children[1:])
        section.children = [section[0]]
        section.append(holder)

    def row(self, name: str) -> str:
        """Return the address of a result's row in the ledger."""
        return f"{self.app.builder.get_relative_uri(self.env.docname, 'book/ledger')}#{row_name(name)}"

    def link_marks(self) -> None:
        """Make the ids in the marks links to the ledger."""
        known = {entry.id for source in self.book.sources for entry in source.entries}

        def with_links(match: re.Match[str]) -> str:
            names = [
                f'<a href="{self.row(name)}">{name}</a>' if name in known else name for name in match[1].split(", ")
            ]
            return f'<span class="fs-id">{", ".join(names)}</span>'

        for raw in list(self.document.findall(nodes.raw)):
            if MARK in raw.astext():
                html = re.sub(r'<span class="fs-id">([^<]*)</span>', with_links, raw.astext())
                raw.replace_self(nodes.raw("", html, format="html"))

    def conclude(self, box: nodes.Element) -> None:
        """Move a box's ids and source under it, and say there how it was checked."""
        first = next((node for node in box.findall(nodes.emphasis) if RESULT.match(node.astext())), None)
        if first is None or not isinstance(first.parent, nodes.paragraph):
            return
        words = first.astext()
        ids = list(dict.fromkeys(RESULT.findall(words)))
        paragraph = first.parent
        after = paragraph.index(first) + 1
        paragraph.remove(first)
        if after - 1 < len(paragraph.children) and isinstance(paragraph.children[after - 1], nodes.Text):
            rest = paragraph.children[after - 1]
            paragraph[after - 1] = nodes.Text(rest.astext().lstrip())
        if not paragraph.astext().strip() and not paragraph.children:
            paragraph.parent.remove(paragraph)
        records = [record for record in self.records.values() if set(record.ids) & set(ids)]
        place = next((self.folded[record.anchor] for record in records if record.anchor in self.folded), "")
        line = evidence_line(records, words, self.row, place)
        box.parent.insert(box.parent.index(box) + 1, nodes.raw("", line, format="html"))
