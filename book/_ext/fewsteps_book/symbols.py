"""The list "symbols here" of a page: its own letters, and those of the notation page that it uses.

A page declares its own letters in a text cell tagged `symbols`, one line each, `- $h$: step of time`. The build adds
the rows of the notation page whose letter stands in the page's formulas, and folds the list; a script shows the same
lines where a reader points at a letter (`book/_static/hover.js`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
from docutils import nodes

from .draw import text
from .pages import folded
from .parts import fold

# Letters inside words and names of commands, environments and operators are no symbols.
WORDS = re.compile(
    r"\\(?:text|mathrm|operatorname|begin|end|label|tag|hspace|rm)\*?\s*\{[^{}]*\}"
    r"|\\(?:text|mathrm|rm)\s+[A-Za-z]+|\\\\|\\log"
)
ALPHABET, ACCENT = (
    r"\\math(?:cal|bb|bf|frak)\s*\{?\s*",
    r"\\(?:bar|hat|tilde|dot|check|overline|widehat|widetilde)(?![A-Za-z])\s*\{?\s*",
)
SYMBOL = re.compile(rf"({ACCENT})?({ALPHABET}[A-Za-z]|\\[A-Za-z]+|[A-Za-z])\}}?(?:\^(\w|\*|\{{[^{{}}]*\}}))?\s*(_\d?)?")
GREEK = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho varrho "
)
GREEK += "varsigma sigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell"
NAMES = {f"\\{name}" for name in GREEK.split()}
#: What the notation page explains under its conventions, for all pages: counters, points, constants, operators.
CONVENTIONS = {
    *"ijklmnNxyzCIeOodW",
    r"\pi",
    r"\Delta",
    r"\mathcal N",
    r"\mathcal L",
    r"\mathbb E",
    r"\mathbb R",
    r"\mathbb P",
}
ROW = re.compile(r"^\| (\$[^|]*?) \| (.*?) \|", re.MULTILINE)
ONLY = re.compile(r"^\*([A-Z][a-z ]+)\*: ")  # a meaning that holds in one part of the book
ITEM = re.compile(r"^- (\$.+?\$)(?:: )(.+(?:\n  .+)*)$", re.MULTILINE)

Line = tuple[str, str]


def symbols(tex: str) -> Iterator[str]:
    r"""Yield the symbols of a formula: letters with their accent, and with `_` where they carry an index.

    Examples
    --------
    >>> list(symbols(r"\Phi_{t \leftarrow r}(x) = \mathcal L + \bar v_t + \text{rest}"))
    ['\\Phi_', 't', 'r', 'x', '\\mathcal L', '\\bar v_', 't']
    >>> list(symbols("x^{2d}_t"))
    ['d', 'x_', 't']
    """
    for accent, letter, exponent, index in SYMBOL.findall(WORDS.sub(" ", tex)):
        yield from symbols(exponent)
        if re.fullmatch(rf"{ALPHABET}[A-Za-z]", letter):
            letter = rf"{re.match(r'.math[a-z]+', letter)[0]} {letter[-1]}"  # type: ignore[index]
        elif letter.startswith("\\") and letter not in NAMES:
            continue
        yield f"{accent.strip(' {') + ' ' if accent else ''}{letter}{index}"


def heads(row: str) -> list[str]:
    r"""Return what a row explains: the first letter of each symbol, before a bracket or a sign of equality.

    Examples
    --------
    >>> heads(r"$\alpha_t,\ \sigma_t$"), heads(r"$n_t = \lVert v_t \rVert^2$"), heads(r"$\nabla \log p_t(x)$")
    (['\\alpha_', '\\sigma_'], ['n_'], ['p_'])
    """
    return [head for symbol in split(row) if (head := next(symbols(symbol), None))]


def split(row: str) -> list[str]:
    r"""Return the symbols of a row, each without the formula after its sign of equality.

    Examples
    --------
    >>> split(r"$u,\ u_*,\ v(x, t) = x$")
    ['u', 'u_*', 'v(x, t)']
    """
    bare = re.sub(r"\\[ ,;]", " ", row.strip("$ "))
    return [symbol.split("=")[0].strip() for symbol in re.split(r",(?![^{(]*[})])", bare)]


def said(row: str) -> set[str]:
    """Return what a row of a page says instead of the notation page: a letter, or a letter with just this index."""
    return {head if not head.endswith("_") else symbol.split("(")[0] for symbol in split(row) for head in heads(symbol)}


def notation_rows(page: str) -> list[Line]:
    """Return the symbols of the notation page and their meanings."""
    table = page.split("## Symbols")[1].split("\n## ")[0]
    return [(symbol.strip(), meaning.strip()) for symbol, meaning in ROW.findall(table)]


def rows_of(part: str, rows: Iterable[Line]) -> list[Line]:
    """Return the rows that hold in a part of the book: a meaning may begin with the name of the only one.

    Examples
    --------
    >>> rows_of("scores", [("$s$", "*Merging*: training time"), ("$t$", "time")])
    [('$t$', 'time')]
    """
    found = []
    for symbol, meaning in rows:
        only, rest = ONLY.match(meaning), ONLY.sub("", meaning)
        if only is None or only[1].lower().replace(" ", "") == part:
            found.append((symbol, rest))
    return found


def own_rows(cell: str) -> list[Line]:
    """Return the letters that a page declares."""
    return [(symbol, " ".join(meaning.split())) for symbol, meaning in ITEM.findall(cell)]


def declared_rows(path: Path) -> list[Line]:
    """Return the letters that a notebook declares in its cells tagged `symbols`."""
    cells = nbformat.read(path, as_version=4).cells
    return [row for cell in cells if "symbols" in cell.metadata.get("tags", []) for row in own_rows(cell.source)]


def formulas(document: nodes.document) -> list[nodes.Node]:
    """Return the formulas of a page."""
    return [*document.findall(nodes.math), *document.findall(nodes.math_block)]


def plain(tex: str) -> str:
    """Return TeX without what writes the same symbol in two ways."""
    return re.sub(r"\\vert|\\mid", "|", tex).replace(" ", "")


def common(document: nodes.document, own: Iterable[Line], notation: Iterable[Line]) -> list[Line]:
    """Return the rows of the notation page that a page uses and does not give another meaning.

    An index `t` stands for any time, unless the page explains the letter with another index; every other index, a
    number or a name, must be there itself. So must the arguments of a letter that the table has without them as well.
    """
    texts = [formula.astext() for formula in formulas(document)]
    here, written = {symbol for tex in texts for symbol in symbols(tex)}, "\n".join(map(plain, texts))
    mine, notation = {name for row, _ in own for name in said(row)}, list(notation)
    indexed = {name.partition("_")[0] for name in mine if "_" in name}
    all_names = Counter(head for row, _ in notation for head in heads(row))

    def uses(symbol: str) -> bool:
        name = next(iter(said(symbol)), "")
        head = next(symbols(symbol), "")
        letter, _, index = name.partition("_")
        if head not in here or name in mine:
            return False
        if "(" in symbol and all_names[head] > 1:
            return plain(symbol).partition("(")[0] + "(" in written
        return index == "" or (index == "t" and letter not in indexed) or plain(name) in written

    return [row for row in notation if any(uses(symbol) for symbol in split(row[0]))]


def letter(symbol: str) -> str:
    r"""Return a symbol without accent and index.

    Examples
    --------
    >>> letter(r"\bar v_"), letter(r"x_0"), letter(r"\mathcal L_")
    ('v', 'x', '\\mathcal L')
    """
    bare = re.sub(r"_\d?$", "", symbol)
    return bare if bare.startswith("\\math") else bare.split()[-1]


def undeclared(document: nodes.document, own: Iterable[Line], notation: Iterable[Line]) -> list[str]:
    """Return the letters in sight that neither the page nor the notation page explains."""
    known = {letter(head) for row, _ in [*own, *notation] for head in heads(row)} | CONVENTIONS
    seen = {letter(each) for formula in formulas(document) if not folded(formula) for each in symbols(formula.astext())}
    return sorted(seen - known)


def listing(rows: Iterable[Line]) -> str:
    """Return lines of symbols and meanings as HTML."""
    lines = "".join(f"<dt>{text(symbol)}</dt><dd>{text(without_links(meaning))}</dd>" for symbol, meaning in rows)
    return f'<dl class="fs-symbols-list">{lines}</dl>'


def without_links(meaning: str) -> str:
    """Return words without the marks of links, citations and emphasis."""
    meaning = re.sub(r"\{(?:doc|ref|prf:ref|eq|cite:[pt])\}`([^`<]*?)(?:\s*<[^`]*>)?`", r"\1", meaning)
    return re.sub(r"\*\*?([^*$]+)\*\*?", r"\1", re.sub(r"\s*\(\s*\)", "", meaning.replace("`", "")))


def put_symbols(cell: list[nodes.Node], document: nodes.document, own: list[Line], notation: list[Line]) -> None:
    """Put the folded list in the place of the cell that declares a page's own letters."""
    holder = fold(kind="fs-symbols", label="symbols here")
    holder.append(nodes.raw("", listing([*own, *common(document, own, notation)]), format="html"))
    first, *rest = cell
    first.parent.replace(first, holder)
    for node in rest:
        node.parent.remove(node)
