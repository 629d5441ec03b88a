"""What can be written only when all pages are: sums of their minutes. And a name for the sidebar's buttons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from sphinx.application import Sphinx

PLACE = re.compile(r'(<(\w+) class="fs-minutes" data-of="([^"]*)">)[^<]*(</\2>)')
TOGGLE = re.compile(
    r'(<a class="[^"]*reference internal[^"]*" href="[^"]*">([^<]*)</a><details[^>]*><summary>)(?=<span class="toctree)'
)


def spoken(minutes: int) -> str:
    """Return minutes as people say them: a long time in hours, to the quarter.

    Examples
    --------
    >>> spoken(24), spoken(151), spoken(180), spoken(67)
    ('24 min', '2½ hours', '3 hours', '1 hour')
    """
    if minutes < 60:
        return f"{minutes} min"
    quarters = round(minutes / 15)
    hours, rest = divmod(quarters, 4)
    fraction = ("", "¼", "½", "¾")[rest]
    return f"{hours}{fraction} hour{'s' if quarters > 4 else ''}"


def with_minutes(html: str, minutes: Mapping[str, int]) -> str:
    """Write the sums of minutes in their places.

    Examples
    --------
    >>> with_minutes('<b class="fs-minutes" data-of="a b"></b>', {"a": 10, "b": 14})
    '<b class="fs-minutes">24 min</b>'
    """

    def said(match: re.Match[str]) -> str:
        total = sum(minutes.get(doc, 0) for doc in match[3].split())
        return f'<{match[2]} class="fs-minutes">{spoken(total)}{match[4]}'

    return PLACE.sub(said, html)


def with_names(html: str) -> str:
    """Give the buttons that unfold a part in the sidebar a name.

    Examples
    --------
    >>> with_names('<a class="reference internal" href="#">1. A</a><details><summary><span class="toctree-toggle">')
    ... # doctest: +ELLIPSIS
    '...<summary><span class="visually-hidden">Pages of 1. A</span><span class="toctree-toggle">'
    """
    return TOGGLE.sub(r'\1<span class="visually-hidden">Pages of \2</span>', html)


def finish_pages(app: Sphinx, error: Exception | None) -> None:
    """Write into the pages what was not known before."""
    from . import book_of  # the package's own module needs this one

    if error is not None or app.builder.format != "html":
        return
    minutes = {page.slug: page.minutes for page in book_of(app).pages}
    for path in sorted(Path(app.outdir).rglob("*.html")):
        if "_static" in path.parts:
            continue
        before = path.read_text(encoding="utf8")
        after = with_names(with_minutes(before, minutes))
        if after != before:
            path.write_text(after, encoding="utf8")
