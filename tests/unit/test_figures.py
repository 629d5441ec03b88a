import pytest

import fewsteps as fs
from fewsteps.show import draw_plan, plan_arcs, table


def test_arcs_run_over_times():
    assert plan_arcs(fs.boot_plan(3)) == [(1, 3, 1), (0, 3, 2)]


def test_drawn_plans_have_one_arc_a_merge():
    import matplotlib as mpl

    mpl.use("agg")
    axes = draw_plan(fs.progressive_plan(8), title="progressive")
    assert len(axes.patches) == 7
    assert axes.get_title(loc="left") == "progressive"


def test_tables_escape_and_align():
    shown = table(["a<b", "n"], [["x&y", 1]], caption="c>d")
    assert "a&lt;b" in shown._repr_html_()
    assert "x&amp;y" in shown._repr_html_()
    assert repr(shown).splitlines()[0] == "c>d"
    with pytest.raises(ValueError, match="rows must have 2 cells"):
        table(["a", "b"], [["x"]])
