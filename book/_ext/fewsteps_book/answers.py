"""Fields for answers: what an exercise asks to hand in becomes a form, and its Hint box gets the further hints.

The notebook says "**Hand in** `label`: ..." and lists the options; the data of `fewsteps.exercises` say what is right.
A number or a choice is checked in the page by `book/_static/exercises.js`; for a formula or a function the page shows
the line to type. The data travel in the page, since a page opened from the disk may fetch nothing; they are encoded, so
that nobody reads the answer by chance.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from html import escape
from itertools import cycle
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from fewsteps.exercises.answers import said
from fewsteps.exercises.entries import Entry, entries
from fewsteps.exercises.scalars import CLOSE, target

ASKS = "Hand in"


def is_exercise(node: nodes.Node) -> bool:
    """Whether this is the box of an exercise."""
    return isinstance(node, nodes.Element) and "exercise" in node.get("classes", []) and bool(node.get("label"))


def handed(box: nodes.Element) -> Iterator[tuple[nodes.paragraph, nodes.literal]]:
    """Yield the paragraphs of a box that say what to hand in, each with the label in it."""
    for paragraph in list(box.findall(nodes.paragraph)):
        match [child for child in paragraph.children if child.astext()]:
            case [nodes.strong() as word, nodes.Text(), nodes.literal() as label, *_] if word.astext() == ASKS:
                yield paragraph, label


def without_label(paragraph: nodes.paragraph, label: nodes.literal) -> None:
    """Take the label out of the words: the form knows it."""
    place = paragraph.index(label)
    after = paragraph.children[place + 1]
    paragraph[place + 1] = nodes.Text(after.astext().removeprefix(":").lstrip())
    paragraph.remove(label)


def name_of(label: str) -> str:
    """Return a label as part of an address.

    Examples
    --------
    >>> name_of("lt-ex-steps/2")
    'hand-in-lt-ex-steps-2'
    """
    return "hand-in-" + label.replace("/", "-")


def known(entry: Entry) -> dict[str, Any]:
    """Return what the page's script has to know of a number or a choice."""
    mistakes = [[mistake.answer, mistake.says] for mistake in entry.mistakes]
    if entry.kind == "choice":
        return {"answer": entry.answer, "right": said(entry)["right"], "mistakes": mistakes}
    values = [[target(answer), says] for answer, says in mistakes]
    bounds = {"rtol": entry.rtol, "atol": entry.atol, "close": CLOSE}
    return {"answer": target(entry.answer), "mistakes": values, "said": said(entry), **bounds}


def encoded(entry: Entry) -> str:
    """Return that as text in which the answer is not read by chance.

    Examples
    --------
    >>> from fewsteps.exercises.entries import find
    >>> "answer" in encoded(find("lt-ex-first"))
    False
    """
    plain = json.dumps(known(entry), ensure_ascii=False).encode()
    return b64encode(bytes(byte ^ key for byte, key in zip(plain, cycle(entry.label.encode()), strict=False))).decode()


def form(entry: Entry) -> str:
    """Return the form of an entry, which the script fills; for formulas and functions the line to type."""
    if entry.kind in ("number", "choice"):
        return (
            f'<form class="fs-field" data-label="{escape(entry.label)}" data-kind="{entry.kind}" '
            f'data-asks="{name_of(entry.label)}" data-known="{encoded(entry)}"></form>'
        )
    answer = '"..."' if entry.kind == "formula" else "f"
    what = "The notebook checks it" if entry.kind == "formula" else "The notebook calls and checks it"
    line = escape(f'check("{entry.label}", {answer})', quote=False)
    return f'<p class="fs-line">{what}: <code>{line}</code></p>'


def place_form(paragraph: nodes.paragraph, entry: Entry) -> None:
    """Put the form below the words, and below the options of a choice."""
    paragraph["ids"].append(name_of(entry.label))
    parent, place = paragraph.parent, paragraph.parent.index(paragraph) + 1
    if entry.kind == "choice" and isinstance(parent.children[place], nodes.bullet_list):
        parent.children[place]["classes"].append("fs-options")
        place += 1
    parent.insert(place, nodes.raw("", form(entry), format="html"))


def words(text: str) -> str:
    """Return plain words with TeX and code as HTML.

    Examples
    --------
    >>> words("`a<b` and $x$")
    '<code>a&lt;b</code> and $x$'
    """
    parts = escape(text, quote=False).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))


def further(hints: tuple[str, ...]) -> str:
    """Return hints folded into each other: each shows the button for the next."""
    inner = ""
    for hint in reversed(hints):
        text = f'<p class="mathjax_process">{words(hint)}</p>{inner}'
        inner = f'<details class="fs-next-hint"><summary>Next hint</summary>{text}</details>'
    return inner


def hint_box(box: nodes.Element) -> nodes.Element | None:
    """Return the Hint box below an exercise."""
    after = box.parent.children[box.parent.index(box) + 1 :]
    for node in after:
        if is_exercise(node):
            break
        if isinstance(node, nodes.Element) and node.get("design_component") == "dropdown":
            return node if node.astext().startswith("Hint") else None
    return None


class Answers(SphinxPostTransform):
    """Put forms and hints into the exercises of a page."""

    default_priority = 160  # after the measures of the page, which count no forms
    formats = ("html",)

    def run(self, **_: Any) -> None:
        """Rearrange the exercises that have answers."""
        data = entries()
        for box in list(self.document.findall(is_exercise)):
            for paragraph, label in handed(box):
                if label.astext() in data:
                    without_label(paragraph, label)
                    place_form(paragraph, data[label.astext()])
            first = data.get(box["label"])
            below = hint_box(box)
            if first and below is not None and first.hints[1:]:
                below.append(nodes.raw("", further(first.hints[1:]), format="html"))


def add_files(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.document) -> None:
    """Load script and style on the pages that need them."""
    body = context.get("body", "")
    if "fs-field" in body or "fs-line" in body or "fs-next-hint" in body:
        app.add_js_file("exercises.js")
        app.add_css_file("exercises.css")


def setup(app: Sphinx) -> None:
    """Register with Sphinx; the extension's own `setup` calls this."""
    app.add_post_transform(Answers)
    app.connect("html-page-context", add_files)
