import pytest

import fewsteps as fs
from fewsteps.show import draw_plan, plan_arcs, progress_bar, table


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


def test_progress_bar_clears_itself(capsys, monkeypatch):
    calls = []
    monkeypatch.setattr("IPython.display.clear_output", lambda wait: calls.append(wait))
    progress = progress_bar("training")
    for done in range(1, 1001):
        progress(done, 1000)
    lines = capsys.readouterr().out.splitlines()
    assert 40 <= len(lines) <= 50
    assert lines[25] == f"training [{'#' * 20}{'.' * 20}] 500 of 1000"
    assert calls[-1] is False
    assert all(calls[:-1])
