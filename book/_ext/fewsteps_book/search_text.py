"""What a page says to its readers, as plain text: without code, checks, solutions and hints, formulas in a line."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag

from .plain_tex import plain

CODE = re.compile(r"<pre\b.*?</pre>|<svg\b.*?</svg>", re.DOTALL)
#: Classes of what readers do not look for: code, checks, answers, what only helps to find one's way on a page.
ASIDE = "headerlink cell_input output viewcode-link toctree-wrapper solution eqno fs-answer fs-before fs-evidence"
ASIDE += " fs-facts fs-field fs-filters fs-fold fs-line fs-meta fs-next-hint fs-open fs-shown-case fs-symbols"
LEFT_OUT = frozenset(ASIDE.split())
SECOND = "second reading"
FORMULA = re.compile(r"\\\((.*?)\\\)|\$([^$]+)\$", re.DOTALL)
BLOCKS = ("p", "li", "dt", "dd", "td", "th", "figcaption", "summary", "caption")


def tidy(text: str) -> str:
    """Return text without the gaps that its parts' borders leave.

    Examples
    --------
    >>> tidy("the map ( Lemma 2 ) , and so on .")
    'the map (Lemma 2), and so on.'
    """
    text = re.sub(r"\s+", " ", text)
    return re.sub(r" (?=[.,;:!?)\]’])|(?<=[(\[]) ", "", text).strip()


def unwanted(node: Tag) -> bool:
    """Whether a node says nothing to readers who look for something."""
    if node.name in {"script", "style", "button"} or LEFT_OUT.intersection(node.get_attribute_list("class")):
        return True
    return node.name == "summary" and SECOND in node.get_text()


def gives_away(node: Tag) -> bool:
    """Whether a node is the hint of an exercise."""
    return node.name == "details" and node.summary is not None and node.summary.get_text().strip().startswith("Hint")


def is_formula(node: Tag) -> bool:
    """Whether a node holds TeX."""
    return bool({"math", "fs-math", "mathjax_process"}.intersection(node.get_attribute_list("class")))


def set_plain(node: Tag) -> None:
    """Write a formula as plain text: one in a line as such, a displayed one as three dots."""
    inline = node.name == "span" or "math" not in " ".join(node.get_attribute_list("class"))
    text = FORMULA.sub(lambda match: plain(match[1] or match[2]), node.get_text())
    node.replace_with(text if inline else " … ")


def read(html: str) -> BeautifulSoup:
    """Return what a page says to its readers."""
    soup = BeautifulSoup(CODE.sub("", html), "html.parser")
    for wanted in (unwanted, gives_away):
        for node in soup.find_all(wanted):
            node.decompose()
    for node in soup.find_all(is_formula):
        set_plain(node)
    soup.smooth()
    return soup


def text_of(node: Tag) -> str:
    """Return the text of a node, blocks apart and words in a line together."""
    for block in node.find_all(BLOCKS):
        block.append(" ")
    return tidy(node.get_text())
