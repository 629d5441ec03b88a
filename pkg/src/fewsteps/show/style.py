"""Colours, colour ramps and figure settings shared by every picture of the book.

The explorer's stylesheet holds the same light palette (and a dark one); a test keeps the two in step. Every colour
reaches a contrast of at least 3:1 on the page, and no picture tells series apart by colour alone: see `DASHES` and
`MARKERS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.colors import LinearSegmentedColormap

PALETTE: dict[str, str] = {
    "blue": "#0072b2",
    "orange": "#c4500a",
    "green": "#007a5a",
    "purple": "#a0458a",
    "amber": "#946200",
    "grey": "#5f6670",
}
"""Colour-blind safe series colours (after Okabe and Ito, darkened until they read on white), in the order of use."""

COLOURS: tuple[str, ...] = tuple(PALETTE)

DASHES: tuple[tuple[float, ...], ...] = ((), (7, 4), (2, 3), (9, 3, 2, 3), (12, 4), (4, 2, 1, 2, 1, 2))
"""Dash patterns in points (drawn, left out, ...), one a colour; the first is a solid line."""

MARKERS: tuple[str, ...] = ("circle", "square", "triangle", "diamond", "cross", "ring")
"""Marker shapes, one a colour."""

MPL_MARKERS: dict[str, str] = dict(zip(MARKERS, ("o", "s", "^", "D", "X", "o"), strict=True))

HATCHES: tuple[str, ...] = ("", "///", "...", "\\\\\\", "---", "xxx")
"""Hatches of categorical maps, one a category; the first area stays plain."""

RAMPS: dict[str, tuple[str, ...]] = {
    "sequential": (
        "#440154",
        "#472d7b",
        "#3b528b",
        "#2c728e",
        "#21918c",
        "#28ae80",
        "#5ec962",
        "#addc30",
        "#fde725",
    ),
    "diverging": (
        "#2166ac",
        "#4393c3",
        "#92c5de",
        "#d1e5f0",
        "#f7f7f7",
        "#fddbc7",
        "#f4a582",
        "#d6604d",
        "#b2182b",
    ),
    "order": ("#5f93be", "#3f7fb3", "#1f5f97", "#0d4274", "#03284f"),
}
"""Evenly spaced stops: viridis for amounts, blue to red about a centre, light to dark for first to last."""


def colormap(name: str) -> LinearSegmentedColormap:
    """One of `RAMPS` as a matplotlib colour map.

    Parameters
    ----------
    name
        ``"sequential"``, ``"diverging"`` or ``"order"``.

    Raises
    ------
    ValueError
        For any other name.

    Examples
    --------
    >>> colormap("sequential").name
    'fewsteps-sequential'
    """
    from matplotlib.colors import LinearSegmentedColormap

    if name not in RAMPS:
        raise ValueError(f"name: got {name!r}, expected one of {', '.join(RAMPS)}")
    return LinearSegmentedColormap.from_list(f"fewsteps-{name}", RAMPS[name])


def mpl_dash(index: int) -> str | tuple[int, tuple[float, ...]]:
    """Matplotlib's form of one of `DASHES`.

    Examples
    --------
    >>> mpl_dash(0), mpl_dash(1)
    ('solid', (0, (3.5, 2.0)))
    """
    dash = DASHES[index % len(DASHES)]
    return (0, tuple(part / 2 for part in dash)) if dash else "solid"  # matplotlib scales dashes by the line width


def use_style() -> None:
    """Set matplotlib's defaults to the look of the book: palette, type sizes, white background, quiet grid.

    Examples
    --------
    >>> import matplotlib as mpl
    >>> with mpl.rc_context():
    ...     use_style()
    ...     mpl.rcParams["axes.prop_cycle"].by_key()["color"][0]
    '#0072b2'
    """
    import matplotlib as mpl
    from cycler import cycler

    mpl.rcParams.update(
        {
            "axes.prop_cycle": cycler(
                color=list(PALETTE.values()), linestyle=[mpl_dash(i) for i in range(len(PALETTE))]
            ),
            "axes.axisbelow": True,
            "axes.formatter.use_mathtext": True,
            "axes.grid": True,
            "axes.labelsize": 11,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlelocation": "left",
            "axes.titlesize": 12,
            "axes.titleweight": "bold",
            "figure.constrained_layout.use": True,
            "figure.dpi": 110,
            "figure.facecolor": "white",
            "figure.figsize": (6.4, 3.8),
            "figure.titlesize": 12,
            "font.size": 11,
            "grid.alpha": 0.25,
            "grid.linewidth": 0.6,
            "hatch.linewidth": 0.8,
            "image.cmap": "viridis",
            "legend.fontsize": 10,
            "legend.frameon": False,
            "lines.linewidth": 2.0,
            "lines.markersize": 5.0,
            "savefig.dpi": 110,
            "savefig.facecolor": "white",
            "xtick.labelsize": 10,
            "ytick.labelsize": 10,
        }
    )
