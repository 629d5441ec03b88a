"""The explorer: sliders over arrays that were computed beforehand, drawn in the browser without a kernel."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from fewsteps.show.encode import Axis, Packer, Table, evaluate, make_axis, make_value_axis
from fewsteps.show.layers import Panel
from fewsteps.show.reading import tabulate
from fewsteps.show.series import SERIES, series_of, styles_of
from fewsteps.show.slider import Slider
from fewsteps.show.snapshot import draw
from fewsteps.show.style import RAMPS
from fewsteps.show.ticks import number, tick_levels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HERE = files("fewsteps.show")


class Explorer(anywidget.AnyWidget):
    """A picture that follows its sliders. Made by `explorer`; see there for what the pieces mean."""

    _esm = HERE.joinpath("explorer.js").read_text(encoding="utf-8")
    _css = HERE.joinpath("explorer.css").read_text(encoding="utf-8")
    spec = traitlets.Dict(read_only=True).tag(sync=True)
    data = traitlets.Bytes(read_only=True).tag(sync=True)
    index = traitlets.List(traitlets.Int()).tag(sync=True)

    def __init__(
        self,
        sliders: Mapping[str, Slider],
        panels: Sequence[Panel],
        tables: list[list[Table]],
        spec: dict[str, Any],
        data: bytes,
    ) -> None:
        self.sliders, self.panels, self.tables = dict(sliders), tuple(panels), tables
        super().__init__(index=[slider.find(slider.start) for slider in sliders.values()])
        self.set_trait("spec", spec)
        self.set_trait("data", data)

    @traitlets.validate("index")
    def _valid_index(self, proposal: Any) -> list[int]:
        index, sizes = list(proposal["value"]), [len(slider.values) for slider in self.sliders.values()]
        if len(index) != len(sizes) or not all(0 <= i < size for i, size in zip(index, sizes, strict=True)):
            raise ValueError(f"index: got {index}, expected one index a slider, below {sizes}")
        return index

    @property
    def value(self) -> dict[str, Any]:
        """The current setting, by slider name."""
        return {name: slider.values[i] for (name, slider), i in zip(self.sliders.items(), self.index, strict=True)}

    @property
    def nbytes(self) -> int:
        """How many bytes of arrays travel with the page."""
        return len(self.data)

    def find(self, **values: Any) -> list[int]:
        """Slider indices of a setting; sliders that are not named stay where they are."""
        unknown = [name for name in values if name not in self.sliders]
        if unknown:
            raise ValueError(f"{unknown[0]}: no such slider; there are {', '.join(self.sliders)}")
        return [self.sliders[name].find(values.get(name, now)) for name, now in self.value.items()]

    def snapshot(self, *, figsize: tuple[float, float] | None = None, **values: Any) -> Figure:
        """The same picture as a matplotlib figure, from the same arrays.

        Parameters
        ----------
        figsize
            Width and height in inches; by default it follows the number of panels.
        **values
            The setting; sliders that are not named stay where they are.

        Returns
        -------
        Figure
            Closed for pyplot, so that it shows once: as the last expression of a cell.
        """
        panels = list(zip(self.panels, self.tables, self.spec["panels"], strict=True))
        return draw(list(self.sliders.values()), self.find(**values), panels, figsize)

    def __repr__(self) -> str:
        sizes = {name: len(slider.values) for name, slider in self.sliders.items()}
        listed = ", ".join(f"{name}: {size}" for name, size in sizes.items())
        return f"Explorer({listed}; {math.prod(sizes.values())} settings)"


def explorer(
    sliders: Mapping[str, Slider],
    panels: Sequence[Panel],
    *,
    alt: str,
    readout: Callable[..., str] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
) -> Explorer:
    """Evaluate every layer on the grid of its sliders and return the picture as a widget.

    A layer that asks for one of three sliders is evaluated and stored once for each value of that one.

    Parameters
    ----------
    sliders
        From names (the parameters of the layers' functions) to sliders; one whose values are words becomes buttons.
    panels
        Pairs of axes, side by side where the page is wide enough.
    alt
        What the picture shows, for those who do not see it; the setting is added.
    readout
        One plain sentence for each setting, shown above the picture; like the layers, a function of some sliders.
    settings
        Settings to try, from the words on a button to the values that it sets; sliders that are not named stay.

    Returns
    -------
    Explorer
        A widget that needs no kernel to follow its sliders.

    Raises
    ------
    ValueError
        Where a layer or a setting asks for an unknown slider, or returns arrays that do not fit its kind.

    Examples
    --------
    >>> import numpy as np
    >>> from fewsteps.show import Panel, Slider, explorer, line
    >>> x = np.linspace(-3, 3, 120)
    >>> explorer(
    ...     sliders={"s": Slider("width s", [0.5, 1.0, 2.0])},
    ...     panels=[Panel([line("bell", lambda s: (x, np.exp(-(x / s) ** 2 / 2)))], xlabel="x")],
    ...     alt="A bell curve that widens with s",
    ... )
    Explorer(s: 3; 3 settings)
    """
    _check(sliders, panels, alt)
    sliders, packer, styles = dict(sliders), Packer(), styles_of(panels)
    tables = [[tabulate(layer, sliders) for layer in panel.layers] for panel in panels]
    spec: dict[str, Any] = {
        "alt": alt,
        "sliders": [slider.spec for slider in sliders.values()],
        "settings": [_setting_spec(words, values, sliders) for words, values in (settings or {}).items()],
        "panels": [_panel_spec(panel, group, styles, packer) for panel, group in zip(panels, tables, strict=True)],
        "readout": None,
    }
    if readout is not None:
        deps, texts = evaluate(readout, sliders, "readout", str)
        spec["readout"] = {"deps": list(deps), "texts": texts}
    return Explorer(sliders, panels, tables, spec, packer.bytes())


def _check(sliders: Mapping[str, Slider], panels: Sequence[Panel], alt: str) -> None:
    if not sliders or not all(isinstance(slider, Slider) for slider in sliders.values()):
        raise ValueError("sliders: expected a non-empty mapping from names to Slider(...)")
    reserved = [name for name in sliders if not name.isidentifier() or name == "figsize"]
    if reserved:
        raise ValueError(f"sliders: {reserved[0]!r} cannot be the name of a parameter")
    if not panels or not all(isinstance(panel, Panel) for panel in panels):
        raise ValueError("panels: expected a non-empty list of Panel(...)")
    if not alt.strip():
        raise ValueError("alt: say what the picture shows, for those who do not see it")


def _setting_spec(words: str, values: Mapping[str, Any], sliders: Mapping[str, Slider]) -> dict[str, Any]:
    """One setting to try: the index of each slider, None where it stays."""
    unknown = [name for name in values if name not in sliders]
    if not words.strip() or not values or unknown:
        problem = f"{unknown[0]!r} is no slider" if unknown else "expected words on the button and a value to set"
        raise ValueError(f"settings: {words!r}: {problem}; there are {', '.join(sliders)}")
    index = [slider.find(values[name]) if name in values else None for name, slider in sliders.items()]
    return {"label": words, "index": index}


def _panel_spec(panel: Panel, tables: list[Table], styles: dict[str, dict[str, Any]], packer: Packer) -> dict[str, Any]:
    """A panel as the browser draws it: axes, layers, and where each layer's arrays lie."""
    x, y = make_axis(panel, tables, "x"), make_axis(panel, tables, "y")
    yticks = panel.yticks
    if yticks is None and not panel.ylabel and all(table.layer.kind == "arcs" for table in tables):
        yticks = []  # the height of an arc means nothing by itself
    return {
        "title": panel.title,
        "x": {"lo": x.lo, "hi": x.hi, "label": panel.xlabel, "ticks": tick_levels(x, panel.xticks)},
        "y": {"lo": y.lo, "hi": y.hi, "label": panel.ylabel, "ticks": tick_levels(y, yticks)},
        "equal": panel.equal,
        "aspect": panel.aspect,
        "layers": [_layer_spec(table, {"x": x, "y": y}, styles, packer) for table in tables],
    }


def _layer_spec(
    table: Table, axes: dict[str, Axis], styles: dict[str, dict[str, Any]], packer: Packer
) -> dict[str, Any]:
    """One layer: how it looks and where its arrays lie."""
    layer, value = table.layer, None
    spec: dict[str, Any] = {
        "kind": layer.kind,
        "label": layer.label,
        **layer.options,
        **styles.get(series_of(layer), {}),
    }
    if not layer.options.get("dash", True):
        spec["dash"] = []
    if layer.kind not in SERIES:
        spec.update(color=layer.options.get("color") or "ink", dash=[], marker="circle")
    if layer.kind == "note":
        spec["words"] = [row["text"] for row in table.rows]
    if layer.kind == "heat":
        value = None if layer.options["categories"] else make_value_axis(table)
        spec.update(_heat_spec(table, axes, value))
    return {**spec, "data": packer.table(table, {**axes, "value": value})}


def _heat_spec(table: Table, axes: dict[str, Axis], value: Axis | None) -> dict[str, Any]:
    """Where the cells of a map lie, and its colour bar."""
    options = table.layer.options
    spec: dict[str, Any] = {
        "shape": list(table.rows[0]["v"].shape),
        "extent": [float(end) for which in "xy" for end in axes[which].fraction(options[which + "lim"])],
        "stops": list(RAMPS[options["ramp"]]),
    }
    if value is not None:
        ends = [number(value.inverse(end)) for end in (value.lo, value.hi)]
        spec["value"] = {"scale": value.scale, "lo": value.lo, "hi": value.hi, "ends": ends}
    return spec
