"""The package reference: every public name once, docstrings in their dialect, links that lead somewhere."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest

import fewsteps

pytest.importorskip("sphinx")
pytest.importorskip("torch")
pytest.importorskip("anywidget")

from docutils import nodes
from fewsteps_book.boxes import RESULT
from fewsteps_book.catalogue import load_sources
from fewsteps_book.docstrings import as_rst, paragraph
from fewsteps_book.entries import floors_text, room_text
from fewsteps_book.rooms import FENCE, FLOORS, names, pages, room_of
from fewsteps_book.uses import link_code, link_words
from notebooks import toc_pages

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "book" / "reference"
SOURCE = ROOT / "pkg" / "src" / "fewsteps"
ENTRY = re.compile(r"^\.\. auto(?:function|class|data):: (\S+)$", re.MULTILINE)


def value_of(full: str):
    module, _, name = full.rpartition(".")
    return getattr(importlib.import_module(module), name)


def entries() -> list[str]:
    """The full names of all entries, on all pages."""
    found = []
    for path in sorted(FOLDER.glob("*.md")):
        for match in FENCE.finditer(path.read_text(encoding="utf8")):
            found += ENTRY.findall(room_text(FOLDER, match))
    return found


def rooms() -> set[str]:
    """Sub-packages, and the modules that stand by themselves and are offered on the first level."""
    return {path.parent.name for path in SOURCE.glob("*/__init__.py")} | {
        name for name in dir(fewsteps) if (SOURCE / f"{name}.py").exists()
    }


def test_every_room_has_a_page_and_every_page_is_in_the_book():
    assert set(pages(FOLDER)) == rooms()
    written = {f"book/reference/{path.stem}" for path in FOLDER.glob("*.md")}
    assert written == {page for page in toc_pages() if page.startswith("book/reference/")}


def test_every_public_name_has_one_entry():
    found = entries()
    assert len(found) == len(set(found))
    values = [value_of(full) for full in found]
    for room in rooms():
        module = importlib.import_module(f"fewsteps.{room}")
        for name in getattr(module, "__all__", None) or room_of(room).modules[0].names:
            value = getattr(module, name)
            assert sum(value is other for other in values) == 1, f"{room}.{name}"
    for name in fewsteps.__all__:
        assert any(getattr(fewsteps, name) is value for value in values), name


def test_every_entry_has_words():
    for full in entries():
        value = value_of(full)
        if inspect.isroutine(value) or inspect.isclass(value):
            assert inspect.getdoc(value), full
        else:
            module, _, name = full.rpartition(".")
            source = inspect.getsource(importlib.import_module(module))
            assert re.search(rf'^#: .*\n{name}\b|^{name}\b[^\n]*(?:\n[ )}}\]].*)*\n"""', source, re.MULTILINE), full


@pytest.mark.parametrize("room", sorted(rooms()))
def test_a_room_says_its_floor_and_each_module_its_line(room):
    found = room_of(room)
    assert 0 < found.floor < len(FLOORS)
    text = floors_text(FOLDER)
    assert f"<ref-{room}>`" in text
    for module in found.modules:
        assert len(module.line) < 240, module.name
        if module.name != found.module:
            assert f"<{module.anchor}>`: {module.line}" in text


def docstrings() -> dict[str, str]:
    """Every docstring that the reference shows, methods included."""
    found = {}
    for room in map(room_of, pages(FOLDER)):
        found[room.name] = room.says
        found |= {module.name: module.says for module in room.modules}
    for full in entries():
        value = value_of(full)
        found[full] = inspect.getdoc(value) or ""
        for base in value.__mro__ if inspect.isclass(value) else []:
            if base.__module__.startswith("fewsteps"):
                members = {name: member for name, member in vars(base).items() if name[0] != "_"}
                found |= {f"{full}.{name}": inspect.getdoc(member) or "" for name, member in members.items()}
    return found


def test_docstrings_name_catalogued_results():
    known = {entry.id for source in load_sources(ROOT / "book" / "catalogue") for entry in source.entries}
    named = {(place, name) for place, text in docstrings().items() for name in RESULT.findall(text)}
    assert len(named) > 100
    assert sorted((place, name) for place, name in named if name not in known) == []


def test_docstrings_close_what_they_open():
    for place, text in docstrings().items():
        code = re.sub(r"``.*?``", "", "\n".join(line for line in text.split("\n") if ">>>" not in line))
        assert code.count("`") % 2 == 0, place
        assert text.count("$$") % 2 == 0, place


@pytest.mark.parametrize(
    ("words", "rst"),
    [
        ("|x|^2 * y_ and x_0", r"\|x\|^2 \* y\_ and x_0"),
        ("`step` of `other`s", r":py:obj:`step <full.step>` of ``other``\ s"),
        (r"at $\alpha_t$, ``a * b``", r"at :math:`\alpha_t`, ``a * b``"),
        ("see `tree`", ":ref:`tree <ref-plans-tree>`"),
        ("Source: OM-E16, OM-D4.1.", "Source: :fs-row:`OM-E16`, :fs-row:`OM-D4.1`."),
    ],
)
def test_the_dialect_of_the_docstrings(words, rst):
    assert paragraph(words, {"step": "full.step", "tree": "ref-plans-tree"}.get).endswith(rst)


def test_code_and_examples_stay_as_they_are():
    text = "As follows::\n\n    a * b_\n\nThen c*d.\n\nExamples\n--------\n>>> f(*x_)\n'|y|'\n\nDone *so*."
    assert as_rst(text, {}.get) == text.replace("c*d", r"c\*d").replace("*so*", r"\*so\*")


def test_displayed_formulas_become_directives():
    got = as_rst("So\n\n$$\na_t * b\n\\alpha\n$$\n\nand on.", {}.get)
    assert got == "So\n\n.. math::\n\n   a_t * b\n   \\alpha\n\n\nand on."


def test_names_lead_to_where_things_are_documented():
    known = names(FOLDER)
    for way in (
        "fs.merge",
        "fewsteps.merge",
        "operators.merge",
        "fs.operators.merge",
        "fewsteps.operators.merging.merge",
    ):
        assert known[way] == "fewsteps.operators.merge"
    assert known["optimal_plans"] == "fewsteps.plans.optimal_plans"
    assert "merge" not in known  # an everyday word
    assert known["fs.Estimate"] == "fewsteps.identities.Estimate"
    assert set(known.values()) == set(entries())


def test_the_first_mention_in_words_is_linked():
    first, again = nodes.literal("", "fs.merge(a, b)"), nodes.literal("", "fs.merge")
    other = nodes.literal("", "fs.no_such_name")
    paragraph_node = nodes.paragraph("", "", first, again, other)
    link_words(paragraph_node, names(FOLDER), {"fewsteps.operators.merge": "m.html#merge"})
    links = list(paragraph_node.findall(nodes.reference))
    assert [link["refuri"] for link in links] == ["m.html#merge"]
    assert links[0].astext() == "fs.merge(a, b)"


def test_names_in_open_code_are_linked_by_what_the_page_imports():
    def token(name):
        return f'<span class="n">{name}</span>'

    dot = '<span class="o">.</span>'
    imports = "<pre>from fewsteps import solvers as so\nfrom fewsteps.laws import cdf\n</pre>"
    code = f"{token('so')}{dot}{token('solve_ode')} {token('cdf')}() {token('cdf')}() {token('quantile')}()"
    cell = f'<div class="cell tag_open docutils container"><pre>{code}</pre></div>'
    targets = {full: f"#{full}" for full in entries()}
    links = re.findall(
        r'href="#([^"]*)"', link_code(f"{imports}{cell}<pre>{token('cdf')}</pre>", names(FOLDER), targets)
    )
    assert links == ["fewsteps.solvers.solve_ode", "fewsteps.laws.cdf"]
