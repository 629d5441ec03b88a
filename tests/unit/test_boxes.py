"""The extension ties displayed lines of boxes to what derivations show."""

import nbformat
from fewsteps_book.boxes import boxes_of, displayed, plain
from fewsteps_book.records import Record

BOX = r"""
Before.

:::{prf:theorem} A square
:label: xx-square

*OM-E3 · source: Eq. (3).* For $x>0$

$$
\begin{aligned}
(x+1)^2&=x^2+2\,x+1,\\
&=1+x(x+2).
\end{aligned}
$$ (xx-eq-square)
:::

:::{prf:remark} No result of a source
:label: xx-aside

$$y=1$$
:::
"""


def test_looks_do_not_count():
    assert plain(r"\bigl(\tfrac12\,x_{0}\bigr)=\mathrm d t.") == plain(r"\left(\frac{1}{2} x_0\right)=dt")
    assert plain("x^2") != plain("x_2")


def test_a_line_that_goes_on_repeats_its_left_side():
    assert [plain(line) for line in displayed(BOX)][:2] == ["(x+1)^2=x^2+2x+1", "(x+1)^2=1+x(x+2)"]


def test_lines_are_tied_to_derivations_of_the_same_result(tmp_path):
    path = tmp_path / "page.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(BOX)]), path)
    tex = r"\left(x+1\right)^{2}=x^{2}+2 x+1"
    derivation = Record("page", ("OM-E3",), "derived", "a", shown="read", tex=tex)
    elsewhere = Record("page", ("OM-E4",), "derived", "b", shown="read", tex=r"(x+1)^2=1+x(x+2)")
    (box,) = boxes_of(path, "page", [derivation, elsewhere])
    assert (box.label, box.ids, [line.tied for line in box.lines]) == ("xx-square", ("OM-E3",), [True, False])
