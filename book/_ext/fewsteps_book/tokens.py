"""Lighter code: tokens that both themes show in the colour of plain text need no element of their own.

Two thirds of the elements that Pygments makes are such, and a page has thousands of them.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

#: Pygments' classes of names, punctuation and space; tests/book checks that no style sheet colours them.
PLAIN = ("n", "nn", "nx", "p", "pm", "w")
TOKEN = re.compile(rf'<span class="(?:{"|".join(PLAIN)})">([^<]*)</span>')


def lighter(html: str) -> str:
    """Return code with its plain tokens as text.

    Examples
    --------
    >>> lighter('<span class="k">if</span><span class="w"> </span><span class="n">x</span><span class="p">:</span>')
    '<span class="k">if</span> x:'
    """
    return TOKEN.sub(r"\1", html)


def lighten(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None) -> None:
    """Make the code of a page lighter."""
    if "body" in context:
        context["body"] = lighter(context["body"])
