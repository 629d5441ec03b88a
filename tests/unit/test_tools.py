"""The tools behind the Makefile."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import alone
import arithmetic
import faults
import nbformat
import normalise
import pytest
import stage
from planting import even_sample, plant, room_of


def test_a_stage_runs_once_and_again_after_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "ROOT", tmp_path)
    monkeypatch.setattr(stage, "STAMPS", tmp_path / "stamps")
    monkeypatch.setattr(stage.digest, "__defaults__", (tmp_path,))
    (tmp_path / "in.txt").write_text("one")
    command = ["sh", "-c", "echo run >> out.txt"]
    for expected in (1, 1):
        assert stage.run_stage("s", command, ["*.in", "in.txt"], ["out.txt"]) == 0
        assert (tmp_path / "out.txt").read_text().count("run") == expected
    (tmp_path / "in.txt").write_text("two")
    assert stage.run_stage("s", command, ["in.txt"], ["out.txt"]) == 0
    assert (tmp_path / "out.txt").read_text().count("run") == 2


def test_a_red_stage_is_never_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "STAMPS", tmp_path)
    assert [stage.run_stage("s", ["false"], [], []) for _ in range(2)] == [1, 1]


def test_a_stage_runs_again_under_other_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "STAMPS", tmp_path)
    command = ["sh", "-c", f"echo run >> {tmp_path}/out.txt"]
    for also, runs in (([], 1), (["OPENBLAS_CORETYPE=Prescott"], 2), (["OPENBLAS_CORETYPE=Prescott"], 2)):
        assert stage.run_stage("s", command, [], [], also) == 0
        assert (tmp_path / "out.txt").read_text().count("run") == runs


@pytest.mark.parametrize(
    ("encoding", "shown"), [("utf-8", "── a: green"), ("latin-1", "-- a: green"), ("ascii", "-- a: green")]
)
def test_what_a_terminal_cannot_show_is_said_plainly(encoding: str, shown: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    alone.say("── a: green", stream)
    assert stream.buffer.getvalue().decode(encoding) == shown + "\n"  # type: ignore[attr-defined]


def test_a_second_build_waits_for_the_first_and_says_so(tmp_path: Path) -> None:
    code = f"from pathlib import Path; from alone import alone\nwith alone(Path({str(tmp_path)!r}), 'two'): print('in')"
    with alone.alone(tmp_path, "one"):
        second = subprocess.Popen(
            [sys.executable, "-c", code], cwd=Path(alone.__file__).parent, text=True, stdout=-1, stderr=-1
        )
        assert second.stderr is not None
        assert "two: waiting, because process" in second.stderr.readline()
        assert second.poll() is None
    assert second.communicate()[0] == "in\n"


def test_narrow_arithmetic_names_what_is_there_and_nothing_else() -> None:
    chosen = arithmetic.narrow(["X86_V3"], "x86_64")
    assert (chosen["NPY_DISABLE_CPU_FEATURES"], chosen["OPENBLAS_CORETYPE"]) == ("X86_V3", "Prescott")
    assert set(chosen) == set(arithmetic.VARIABLES)
    assert set(arithmetic.narrow([], "riscv64")) == {"ATEN_CPU_CAPABILITY", "MKL_CBWR"}


def test_numpy_takes_the_narrow_settings_without_a_word() -> None:
    wide = arithmetic.measured({})["loops"]  # the tests themselves may run on narrow arithmetic
    chosen = arithmetic.narrow(wide, "")
    code = "import arithmetic, numpy, scipy.linalg; print(arithmetic.loops_found())"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=arithmetic.surroundings(chosen),
        cwd=Path(arithmetic.__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize("now", [{}, {"OPENBLAS_CORETYPE": "Prescott"}, {"OPENBLAS_CORETYPE": "Haswell"}])
def test_other_arithmetic_is_other_than_the_caller_s(now: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def probe(chosen: dict[str, str]) -> dict[str, object]:
        core = chosen.get("OPENBLAS_CORETYPE", "Zen")
        return {"loops": ["AVX2"], "cores": [core], "torch": "", "bits": {"products": core}}

    monkeypatch.setattr(arithmetic, "settings", lambda: now)
    monkeypatch.setattr(arithmetic, "measured", probe)
    monkeypatch.setattr(arithmetic, "platform", SimpleNamespace(machine=lambda: "x86_64"))
    chosen, same, found = arithmetic.choose("other")
    assert arithmetic.differences(same, found) == ["products"]
    assert chosen.get("OPENBLAS_CORETYPE") == (None if now.get("OPENBLAS_CORETYPE") == "Prescott" else "Prescott")
    assert "!!" not in arithmetic.report("other", chosen, same, found)
    assert "!! Both executions round alike" in arithmetic.report("same", now, same, same)


def sample() -> nbformat.NotebookNode:
    stream = [nbformat.v4.new_output("stream", name="stdout", text=text) for text in ("a\n", "b\n")]
    data = {"image/png": "x", "text/plain": "<Figure>", "text/html": "<b>y</b>"}
    figure = nbformat.v4.new_output("display_data", data=data, metadata={"fewsteps": {}})
    cell = nbformat.v4.new_code_cell("1 + 1", id="one", outputs=[*stream, figure], execution_count=7)
    cell.metadata = nbformat.from_dict({"tags": ["hide-input"], "scrolled": True})
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title", id="title"), cell])


def test_normalising_keeps_text_and_drops_the_rest() -> None:
    notebook = normalise.normalise(sample(), has_setup=True)
    assert [cell.id for cell in notebook.cells] == ["title", "setup", "one"]
    cell = notebook.cells[2]
    assert cell.metadata == {"tags": ["hide-input"], "jupyter": {"source_hidden": True}}
    assert cell.execution_count == 2
    assert cell.outputs[0].text == "a\nb\n"
    assert set(cell.outputs[1].data) == {"text/plain", "text/html"}
    assert cell.outputs[1].metadata == {}


@pytest.mark.parametrize(
    ("tags", "folded"),
    [
        (["hide-input"], {"source_hidden": True}),
        (["hide-output", "hide-input"], {"outputs_hidden": True, "source_hidden": True}),
        (["hide-cell"], {"outputs_hidden": True, "source_hidden": True}),
        (["shown"], None),
        ([], None),
    ],
)
def test_what_the_book_folds_is_folded_in_jupyterlab(tags: list[str], folded: dict[str, bool] | None) -> None:
    notebook = sample()
    code, text = notebook.cells[1], notebook.cells[0]
    for cell in (code, text):  # whatever a reader has folded or opened
        cell.metadata = nbformat.from_dict({"tags": tags, "jupyter": {"source_hidden": False}})
    normalise.normalise(notebook, has_setup=False)
    assert code.metadata.get("jupyter") == folded
    assert "jupyter" not in text.metadata


def test_marks_are_numbered_in_the_order_of_the_page() -> None:
    def marks(*numbers: int) -> nbformat.NotebookNode:
        html = "".join(f'<div id="ev-om-e5-{n}"></div>' for n in numbers)
        data = {"text/html": html + '<a href="#ev-om-e5-9">', "text/plain": "x"}
        return nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("display_data", data=data)])

    notebook = nbformat.v4.new_notebook(cells=[marks(7, 8), marks(3)])
    found = [cell.outputs[0].data["text/html"] for cell in normalise.normalise(notebook, has_setup=False).cells]
    assert found == [
        '<div id="ev-om-e5-1"></div><div id="ev-om-e5-2"></div><a href="#ev-om-e5-9">',
        '<div id="ev-om-e5-3"></div><a href="#ev-om-e5-9">',
    ]


def test_normalising_twice_changes_nothing() -> None:
    once = nbformat.writes(normalise.normalise(sample(), has_setup=True))
    assert nbformat.writes(normalise.normalise(nbformat.reads(once, 4), has_setup=True)) == once


def test_the_setup_cell_is_brought_back_to_the_front() -> None:
    notebook = normalise.normalise(sample(), has_setup=True)
    notebook.cells = [notebook.cells[0], notebook.cells[2], notebook.cells[1]]
    assert [cell.id for cell in normalise.normalise(notebook, has_setup=True).cells] == ["title", "setup", "one"]


def test_a_normalised_notebook_becomes_a_script() -> None:
    exporters = pytest.importorskip("nbconvert.exporters")
    text, resources = exporters.ScriptExporter().from_notebook_node(normalise.normalise(sample(), has_setup=True))
    assert resources["output_extension"] == ".py"
    compile(text, "script", "exec")
    assert "run_line_magic('pip', 'install --quiet \"$package\" \"$loaded\"')" in text


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import numpy as np", ["fewsteps"]),
        ("import matplotlib.pyplot as plt\nimport torch", ["fewsteps", "matplotlib", "torch"]),
        ("def f():\n    from torch import nn", ["fewsteps", "torch"]),
        ("from fewsteps.distill import ScoreNet", ["fewsteps", "torch"]),
        ("# import torch\nimport torchless", ["fewsteps"]),
    ],
)
def test_a_page_says_at_its_top_what_it_needs(code: str, names: list[str]) -> None:
    notebook = sample()
    notebook.cells[1].source = code
    setup = normalise.normalise(notebook, has_setup=True).cells[1]
    assert setup.metadata.jupyter == {"source_hidden": True}
    first = setup.source.splitlines()[0]
    assert [name for name in ("fewsteps", "matplotlib", "torch") if name in first] == names
    assert normalise.needed(notebook) == names  # the set-up cell itself says nothing


@pytest.mark.parametrize("missing", [["fewsteps"], ["torch"], ["fewsteps", "torch"]])
def test_the_setup_cell_says_what_to_install(missing: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    source = normalise.setup_source(["fewsteps", "torch"]).replace("    %pip", "    pass  #")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    exec(source, {})
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name in missing else name)
    words = f"this page needs {', '.join(missing)}: pip install 'fewsteps\\[pages,torch\\] @ git\\+https://"
    with pytest.raises(ModuleNotFoundError, match=words):
        exec(source, {})


@pytest.mark.parametrize(
    ("tags", "source", "compared"),
    [
        ([], "1 + 1", True),
        (["hide-input"], "1 + 1", True),
        (["nbval-ignore-output"], "1 + 1", False),
        ([], "x = 1\n  # NBVAL_IGNORE_OUTPUT\nx", False),
        ([], "x = 1  # NBVAL_IGNORE_OUTPUT", True),  # nbval reads whole lines
        (["nbval-ignore-output"], "# NBVAL_CHECK_OUTPUT", True),
        (["nbval-skip"], "1 + 1", False),
    ],
)
def test_what_nbval_ignores_is_not_compared(tags: list[str], source: str, compared: bool) -> None:
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": tags})
    assert normalise.is_compared(cell) is compared


def test_outputs_that_nbval_ignores_do_not_fail_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def numbers(text: str) -> nbformat.NotebookNode:
        notebook = sample()
        for cell, tags in zip(notebook.cells[1:], (["nbval-ignore-output"], []), strict=False):
            cell.metadata = nbformat.from_dict({"tags": tags})
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
        return notebook

    def run(stored: str, fresh: str, *options: str) -> int:
        path.write_text(nbformat.writes(normalise.normalise(numbers(stored), False), indent=1, sort_keys=True) + "\n")
        cache = SimpleNamespace(merge_match_into_notebook=lambda _: (0, numbers(fresh)))
        monkeypatch.setattr(normalise, "get_cache", lambda _: cache)
        return normalise.main(["--outputs", *options, str(path)])

    monkeypatch.setattr(normalise, "ROOT", tmp_path)
    path = tmp_path / "one.ipynb"
    assert run("1\n", "1\n", "--check") == 0
    assert run("1\n", "2\n", "--check") == 0  # the cell is ignored
    assert run("1\n", "2\n") == 0
    assert "2\\n" in path.read_text()  # `make notebooks` takes everything
    monkeypatch.setattr(normalise, "is_compared", lambda _: True)
    assert run("1\n", "2\n", "--check") == 1


MODULE = """\
def f(x, n=3, strict=True, *, way="up"):
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n - 1}")
    checked(x)
    return xp.where(x > 30.0, xp.maximum(x, 0.0), 1e-12 * x)
"""


def test_every_kind_of_fault_is_planted() -> None:
    found = {kind: [] for kind in ("operator", "constant", "tolerance", "door", "tail", "option")}
    for fault in plant(Path("room/module.py"), MODULE):
        compile(fault.text, "module", "exec")
        assert fault.text != MODULE
        found[fault.kind].append(fault.text)
    counts = {kind: len(texts) for kind, texts in found.items()}
    assert counts == {"operator": 5, "constant": 4, "tolerance": 1, "door": 2, "tail": 3, "option": 2}
    assert all("1e-06 * x" in text.replace("(", "").replace(")", "") for text in found["tolerance"])
    assert any("raise" not in text for text in found["door"])
    assert any("checked" not in text for text in found["door"])
    assert any("strict=(False)" in text for text in found["option"])


def test_a_sample_is_even_and_the_same_again() -> None:
    made = [f for room in ("a", "b", "c") for k in range(3) for f in plant(Path(f"{room}/{k}.py"), MODULE)]
    sample = even_sample(made, 18, seed=1)
    assert [sum(fault.room == room for fault in sample) for room in "abc"] == [6, 6, 6]
    assert all(
        {fault.kind for fault in sample if fault.room == room} == set(faults.KINDS) | {"option"} for room in "abc"
    )
    assert sample == even_sample(made, 18, seed=1) != even_sample(made, 18, seed=2)


def test_every_module_has_tests_that_answer_for_it() -> None:
    rooms = {room_of(module) for module in faults.modules()}
    assert {"plans", "evidence", "operators", "solvers"} <= rooms
    for room in rooms - {"arrays"}:
        assert faults.tests_of(room), room
    assert {"test_plans.py", "test_search.py"} <= {test.name for test in faults.tests_of("plans")}
