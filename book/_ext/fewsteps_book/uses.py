"""Links from the chapters to the package reference: the first use of a name in words, and in code that is in sight."""

from __future__ import annotations

import re
from html import escape

from docutils import nodes

#: A name of the package in a sentence, perhaps with the arguments of a call.
WORDS = re.compile(r"^(?P<name>(?:fs|fewsteps)\.[A-Za-z][\w.]*\w)(?:\(.*\))?$", re.DOTALL)
OPEN = re.compile(r'<div class="cell [^"]*\btag_open\b[^"]*">.*?</pre>', re.DOTALL)
#: `fs.name`, `room.name` and names by themselves, as Pygments writes them.
CODE = re.compile(
    r'(?:<span class="n">(?P<owner>\w+)</span><span class="o">\.</span>)?<span class="n">(?P<name>\w+)</span>'
)
IMPORT = re.compile(r"from (?P<module>fewsteps[\w.]*) import (?P<names>\([^)]*\)|[^\n<]*)")


def link_words(doctree: nodes.document, names: dict[str, str], targets: dict[str, str]) -> None:
    """Link the first mention of each name of the package in the sentences of a page."""
    seen: set[str] = set()
    for literal in list(doctree.findall(nodes.literal)):
        match = WORDS.match(literal.astext())
        full = names.get(match["name"], "") if match else ""
        if full not in targets or full in seen or isinstance(literal.parent, nodes.reference):
            continue
        seen.add(full)
        link = nodes.reference("", "", internal=True, refuri=targets[full], classes=["fs-use"])
        literal.replace_self(link)
        link += literal


def imports(body: str) -> dict[str, str]:
    """Return what the code of a page calls the package, its rooms and their names.

    Examples
    --------
    >>> imports("<b>from</b> fewsteps <b>import</b> plans <b>as</b> p, merge")
    {'fs': 'fewsteps', 'p': 'fewsteps.plans', 'merge': 'fewsteps.merge'}
    """
    found = {"fs": "fewsteps"}
    for match in IMPORT.finditer(re.sub(r"<[^>]*>", "", body)):
        for name, _, other in (one.strip().partition(" as ") for one in match["names"].strip("()").split(",")):
            found[other or name] = f"{match['module']}.{name}"
    return found


def link_code(body: str, names: dict[str, str], targets: dict[str, str]) -> str:
    """Link the first use of each name of the package in the open code of a page.

    Examples
    --------
    >>> code = '<span class="n">fs</span><span class="o">.</span><span class="n">merge</span>'
    >>> cell = f'<div class="cell tag_open docutils container"><pre>{code}</pre>'
    >>> 'href="m.html#merge"' in link_code(cell, {"fewsteps.merge": "full"}, {"full": "m.html#merge"})
    True
    """
    known, seen = imports(body), set[str]()

    def linked(match: re.Match[str]) -> str:
        first = known.get(match["owner"] or match["name"], "")
        full = names.get(f"{first}.{match['name']}" if match["owner"] else first, "")
        if full not in targets or full in seen:
            return match[0]
        seen.add(full)
        return f'<a class="fs-use" href="{escape(targets[full])}">{match[0]}</a>'

    return OPEN.sub(lambda cell: CODE.sub(linked, cell[0]), body)
