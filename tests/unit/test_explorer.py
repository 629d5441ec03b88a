"""The explorer's Python side: what is evaluated, how it is packed, and what is refused."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewsteps.show import (
    PALETTE,
    Panel,
    Slider,
    arcs,
    band,
    colormap,
    cursor,
    explorer,
    heat,
    line,
    note,
    points,
    segments,
    use_style,
)
from fewsteps.show.encode import MISSING, Axis, dequantise, make_axis, quantise
from fewsteps.show.ticks import number, tick_levels

SHOW = Path(__file__).parents[2] / "pkg/src/fewsteps/show"
X = np.linspace(-3, 3, 120)
CALLS: list[str] = []


def sliders() -> dict[str, Slider]:
    return {
        "lam": Slider("data variance λ", np.geomspace(0.1, 10, 15), start=1.0, format="{:.2f}"),
        "T": Slider("steps T", [4, 8, 16, 32], start=8),
        "s": Slider("training time s", [0.1, 0.2, 0.4, 0.8, 1.6]),
    }


def make(*layers, readout=None, settings=None, **panel):
    return explorer(sliders(), [Panel(layers, **panel)], alt="a test", readout=readout, settings=settings)


def channel(ex, name, k=0, panel=0, layer=0):
    """What the browser reads: one array of one layer, as fractions of the panel."""
    packed = ex.spec["panels"][panel]["layers"][layer]["data"]
    words = np.frombuffer(ex.data, dtype="<u2")
    lengths, one = packed["lengths"], len(packed["lengths"]) == 1
    n = lengths[0] if one else lengths[k]
    start = packed[name]["at"] + (0 if packed[name]["shared"] else k * n if one else sum(lengths[:k]))
    return words[start : start + n]


# -- controls --------------------------------------------------------------------------------------------------------


def test_words_become_buttons_and_numbers_a_slider():
    controls = {"law": Slider("data", ["ring", "comb"]), "T": Slider("steps T", [4, 8])}
    ex = explorer(controls, [Panel([line("a", lambda law, T: (X, X * T * len(law)))])], alt="a test")
    assert [control["names"] for control in ex.spec["sliders"]] == [True, False]


def test_settings_to_try_name_their_sliders_and_leave_the_others():
    ex = make(line("a", (X, X)), settings={"many steps": {"T": 32}, "small": {"lam": 0.1, "T": 4}})
    assert ex.spec["settings"] == [
        {"label": "many steps", "index": [None, 3, None]},
        {"label": "small", "index": [0, 0, None]},
    ]
    assert make(line("a", (X, X))).spec["settings"] == []


# -- values and limits -----------------------------------------------------------------------------------------------


@given(st.floats(-1, 2))
def test_quantisation_is_finer_than_a_pixel(value):
    assert abs(dequantise(quantise(value)) - value) < 1 / 20_000


def test_quantisation_keeps_gaps_and_clips_the_rest():
    assert quantise([np.nan, np.inf, -np.inf, 7.0]).tolist() == [MISSING, 65534, 0, 65534]
    assert np.isnan(dequantise([MISSING])).all()


def test_arrays_come_back_as_fractions_of_the_panel():
    ex = make(line("a", lambda T: (X, T * X)), xlim=(-3, 3), ylim=(-50, 50))
    for k, T in enumerate([4, 8, 16, 32]):
        want = np.clip((T * X + 50) / 100, -1, 2)
        np.testing.assert_allclose(dequantise(channel(ex, "y", k)), want, atol=1e-4)
    np.testing.assert_allclose(dequantise(channel(ex, "x")), (X + 3) / 6, atol=1e-4)


def test_equal_arrays_are_stored_once():
    packed = make(line("a", lambda T: (X, T * X))).spec["panels"][0]["layers"][0]["data"]
    assert packed["x"]["shared"]
    assert not packed["y"]["shared"]


def test_lengths_may_follow_a_slider():
    ex = make(points("a", lambda T: (np.arange(T), np.arange(T) ** 2)), xlim=(0, 32), ylim=(0, 1024))
    assert ex.spec["panels"][0]["layers"][0]["data"]["lengths"] == [4, 8, 16, 32]
    np.testing.assert_allclose(dequantise(channel(ex, "y", 2)), np.arange(16) ** 2 / 1024, atol=1e-4)


def test_three_hundred_settings_stay_small():
    lines = [line(name, lambda lam, T, s, a=a: (X, a + lam * T * s * X)) for a, name in enumerate("ab")]
    ex = make(*lines)
    assert repr(ex) == "Explorer(lam: 15, T: 4, s: 5; 300 settings)"
    assert ex.nbytes < 250_000


def test_limits_hold_all_settings():
    panel = Panel([line("a", lambda T: ([0, 1], [0, T]))])
    ex = explorer(sliders(), [panel], alt="a test")
    axis = make_axis(panel, ex.tables[0], "y")
    assert axis.lo == pytest.approx(-0.04 * 32)
    assert axis.hi == pytest.approx(1.04 * 32)


def test_axes_invert():
    for axis in (Axis("linear", -1, 3), Axis("log", -2, 4), Axis("symlog", -3, 2, 0.1)):
        for f in (0.0, 0.3, 0.8, 1.0):
            assert axis.fraction(axis.inverse(axis.lo + f * (axis.hi - axis.lo))) == pytest.approx(f)


@pytest.mark.parametrize(
    ("axis", "texts"),
    [
        (Axis("linear", -1, 1), ["−1.0", "−0.5", "0", "0.5", "1.0"]),
        (Axis("linear", 0, 2e6), ["0", "5×10⁵", "10⁶", "1.5×10⁶", "2×10⁶"]),
        (Axis("log", -3, 1), ["10⁻³", "10⁻²", "10⁻¹", "10⁰", "10¹"]),
        (Axis("log", 0.9, 2.1), ["10", "20", "50", "100"]),
        (Axis("symlog", -3, 3), ["−10¹", "−10⁰", "0", "10⁰", "10¹"]),
    ],
)
def test_ticks_are_round(axis, texts):
    levels = [[text for _, text in level if text] for level in tick_levels(axis)]
    assert any(level == texts or set(texts) <= set(level) for level in levels)
    assert all(len(one) >= len(two) for one, two in pairwise(levels))


def test_chosen_ticks_are_kept():
    axis = Axis("linear", 0, 4)
    assert tick_levels(axis, {1: "one"}) == [[(0.25, "one")]]
    assert tick_levels(axis, []) == [[]]
    assert number(-1e-5) == "−10⁻⁵"


# -- dependencies ----------------------------------------------------------------------------------------------------


def test_a_layer_is_evaluated_for_its_own_sliders_only():
    CALLS.clear()

    def curve(T):
        CALLS.append(T)
        return X, T * X

    ex = make(line("a", curve), line("b", (X, X)))
    assert CALLS == [4, 8, 16, 32]
    assert [layer["data"]["deps"] for layer in ex.spec["panels"][0]["layers"]] == [[1], []]


def test_rows_follow_the_order_of_the_sliders_not_of_the_parameters():
    ex = make(line("a", lambda s, lam: ([0, 1], [lam, s])))
    table = ex.tables[0][0]
    assert table.deps == (0, 2)
    row = table.row([3, 1, 4], [15, 4, 5])
    assert row["y"] == pytest.approx([ex.sliders["lam"].values[3], 1.6])


def test_readout_is_a_text_for_each_setting():
    ex = make(line("a", (X, X)), readout=lambda T: f"{T} steps")
    assert ex.spec["readout"] == {"deps": [1], "texts": ["4 steps", "8 steps", "16 steps", "32 steps"]}


# -- the setting -----------------------------------------------------------------------------------------------------


def test_value_follows_index():
    ex = make(line("a", (X, X)))
    assert ex.value == {"lam": pytest.approx(1.0), "T": 8, "s": 0.1}
    ex.index = [0, 3, 2]
    assert ex.value == {"lam": pytest.approx(0.1), "T": 32, "s": 0.4}
    with pytest.raises(Exception, match="index"):
        ex.index = [0, 4, 0]


def test_text_form_is_stable():
    bundle = make(line("a", (X, X)))._repr_mimebundle_()
    assert bundle[0]["text/plain"] == "Explorer(lam: 15, T: 4, s: 5; 300 settings)"


def test_the_page_carries_script_and_style():
    state = make(line("a", (X, X))).get_state()
    assert "export default { render }" in state["_esm"]
    assert ".fs-explorer" in state["_css"]


# -- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Slider("λ", []), "values"),
        (lambda: Slider("", [1]), "label"),
        (lambda: Slider("λ", [1, 2], start=3), "λ: got 3, expected one of 1, 2"),
        (lambda: Slider("λ", [1.01, 1.02], format="{:.1f}"), "format"),
        (lambda: Panel([]), "layers"),
        (lambda: Panel([line("a", (X, X))], yscale="cubic"), "yscale"),
        (lambda: Panel([line("a", (X, X))], xlim=(1, 0)), "xlim"),
        (lambda: Panel([line("a", (X, X))], xlim=(0, 1), xscale="log"), "xlim"),
        (lambda: Panel([line("a", (X, X))], equal=True, yscale="log"), "equal"),
        (lambda: Panel([line("a", (X, X))], aspect=0), "aspect"),
        (lambda: line("a", (X, X), color="teal"), "color"),
        (lambda: heat("h", X, xlim=(0, 1), ylim=(0, 1), ramp="jet"), "ramp"),
        (lambda: heat("h", X, xlim=(0, 1), ylim=(0, 1), categories=[]), "categories"),
        (lambda: cursor("c", 1, axis="z"), "axis"),
        (lambda: make(line("a", lambda q: (X, X))), "parameter q is no slider"),
        (lambda: make(line("a", lambda T: (X, X[:-1]))), "layer 'a' at T=4: .*equal length"),
        (lambda: make(line("a", lambda: X)), "expected 2 arrays"),
        (lambda: make(line("a", (X, X * 1j))), "y: got complex"),
        (lambda: make(line("a", (X, np.full_like(X, np.nan)))), "ylim"),
        (lambda: make(line("a", (X, -np.ones_like(X))), yscale="log"), "ylim"),
        (lambda: make(heat("h", np.full((2, 2), 3), xlim=(0, 1), ylim=(0, 1), categories=["a"])), "category"),
        (lambda: make(heat("h", X, xlim=(0, 1), ylim=(0, 1))), "matrix"),
        (lambda: make(heat("h", lambda T: np.ones((T, 2)), xlim=(0, 1), ylim=(0, 1))), "one shape"),
        (lambda: make(arcs("a", [(0, 1)])), "arcs|expected a list"),
        (lambda: make(arcs("a", [(0, 1, 0.5)])), "order"),
        (lambda: make(cursor("c", (1, 2, 3))), "number or a pair"),
        (lambda: make(note([(1, 2)])), "text"),
        (lambda: explorer({}, [Panel([line("a", (X, X))])], alt="a"), "sliders"),
        (lambda: explorer({"figsize": Slider("a", [1])}, [Panel([line("a", (X, X))])], alt="a"), "figsize"),
        (lambda: explorer(sliders(), [], alt="a"), "panels"),
        (lambda: explorer(sliders(), [Panel([line("a", (X, X))])], alt=" "), "alt"),
        (lambda: make(line("a", (X, X))).snapshot(T=5), "steps T: got 5"),
        (lambda: make(line("a", (X, X)), settings={"few": {"q": 1}}), "settings: 'few': 'q' is no slider"),
        (lambda: make(line("a", (X, X)), settings={"few": {}}), "settings: 'few': expected"),
        (lambda: make(line("a", (X, X)), settings={" ": {"T": 4}}), "settings: ' ': expected words"),
        (lambda: make(line("a", (X, X)), settings={"few": {"T": 5}}), "steps T: got 5"),
        (lambda: make(line("a", (X, X))).snapshot(q=5), "q: no such slider"),
        (lambda: colormap("jet"), "name"),
    ],
)
def test_bad_input_is_answered_with_its_name(build, words):
    with pytest.raises(ValueError, match=words):
        build()


# -- pictures --------------------------------------------------------------------------------------------------------


def everything():
    cells = np.add.outer(np.arange(4), np.arange(5)) % 3
    limits = {"xlim": (0, 5), "ylim": (1, 5)}
    return explorer(
        sliders(),
        [
            Panel([band("b", lambda T: (X, X - T, X + T)), line("l", (X, [X, 2 * X]), markers=True)], title="one"),
            Panel([points("p", lambda T: (np.arange(1, T), np.arange(1, T) ** 3))], xscale="log", yscale="symlog"),
            Panel([arcs("merges", lambda T: [(0, T, 1), (0, T / 2, 0)])], equal=True),
            Panel([heat("h", cells, categories=["a", "b", "c"], **limits), cursor("here", (1.0, 2.0))], xlabel="x"),
            Panel(
                [
                    heat("v", 10.0**cells, scale="log", **limits),
                    segments("f", ([1], [2], [3], [4]), arrows=True),
                    segments("g", ([1], [2], [3], [4])),
                    cursor("x", 1.0),
                    cursor("y", 2.0, axis="y"),
                    note((2, 2, "word")),
                ],
                xticks=[1, 2],
                yticks={2: "two"},
            ),
        ],
        alt="one of each",
    )


def test_snapshot_draws_the_same_arrays():
    figure = everything().snapshot(T=16)
    axes = [ax for ax in figure.axes if ax.get_visible() and ax.get_label() != "<colorbar>"]
    assert axes[0].get_title(loc="left") == "one"
    assert figure.get_suptitle() == "data variance λ = 1.00, steps T = 16, training time s = 0.1"
    dots = axes[1].lines[0]
    np.testing.assert_allclose(dots.get_ydata(), np.arange(1, 16) ** 3)
    assert {text.get_text() for text in axes[2].texts} == {"1", "2"}
    assert [text.get_text() for text in axes[4].get_yticklabels()] == ["two"]


def test_snapshot_lifts_lines_off_a_map():
    limits = {"xlim": (0, 5), "ylim": (1, 5)}
    plain, over = [line("l", (X, X))], [heat("h", np.eye(3), **limits), line("l", (X, X))]
    drawn = [explorer(sliders(), [Panel(layers)], alt="a").snapshot().axes[0].lines[0] for layers in (plain, over)]
    assert [bool(stroke.get_path_effects()) for stroke in drawn] == [False, True]


def test_snapshot_leaves_the_settings_of_others_alone():
    import matplotlib as mpl

    before = mpl.rcParams["figure.dpi"]
    everything().snapshot(figsize=(4, 9))
    assert mpl.rcParams["figure.dpi"] == before


def test_one_label_looks_the_same_in_every_panel():
    ex = explorer(
        sliders(),
        [Panel([line("a", (X, X)), line("b", (X, X))]), Panel([points("b", (X, X)), line("c", (X, X), color="green")])],
        alt="styles",
    )
    (_, b), (again, c) = (panel["layers"] for panel in ex.spec["panels"])
    assert (b["color"], b["dash"]) == (again["color"], again["dash"])
    assert c["color"] == "green"
    assert len({tuple(b["dash"]), tuple(c["dash"]), ()}) == 3


def test_style_sets_the_palette():
    import matplotlib as mpl

    with mpl.rc_context():
        use_style()
        assert mpl.rcParams["axes.prop_cycle"].by_key()["color"] == list(PALETTE.values())
        assert mpl.rcParams["figure.facecolor"] == "white"


# -- colours ---------------------------------------------------------------------------------------------------------


def contrast(one: str, two: str) -> float:
    def luminance(colour):
        channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def test_stylesheet_and_figures_share_one_legible_palette():
    css = (SHOW / "explorer.css").read_text(encoding="utf-8")
    pairs = re.findall(r"--fx-(\w+): (#[0-9a-f]{6})", css)
    light, dark = dict(pairs[:10]), dict(pairs[10:])
    assert {name: light[name] for name in PALETTE} == PALETTE
    assert set(light) == set(dark)
    for colours in (light, dark):
        page = colours.pop("page")
        assert min(contrast(colour, page) for colour in colours.values()) >= 3


def test_layers_without_a_label_keep_their_own_colours():
    layers = [points("", ([0.0, 1.0], [0.0, k]), color=colour) for k, colour in ((1.0, "green"), (2.0, "orange"))]
    widget = explorer(sliders={"s": Slider("s", [1, 2])}, panels=[Panel(layers)], alt="two series")
    assert [layer["color"] for layer in widget.spec["panels"][0]["layers"]] == ["green", "orange"]
