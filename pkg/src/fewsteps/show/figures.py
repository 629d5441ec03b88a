"""Static figures of the subject: merge plans as arcs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fewsteps.plans import Plan
from fewsteps.show.style import colormap

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plan_arcs(plan: Plan) -> list[tuple[int, int, int]]:
    """Arcs (t_end, t_start, round) over the time axis: a merge of steps a..b carries x_b to x_{a-1}.

    Examples
    --------
    >>> plan_arcs(Plan.parse("(1|[2..3])"))
    [(1, 3, 1), (0, 3, 2)]
    """
    return [(first - 1, last, round_) for first, last, round_ in plan.arcs()]


def draw_plan(plan: Plan, ax: Axes | None = None, title: str = "") -> Axes:
    """Draw a plan as arcs over the times 0 (data) to T (noise), light for the first round, dark for the last.

    Parameters
    ----------
    plan : Plan
    ax : matplotlib Axes, optional
        Drawn into; a new figure by default.
    title : str

    Returns
    -------
    matplotlib Axes

    Notes
    -----
    Source: OM-X-Tab1.

    Examples
    --------
    >>> draw_plan(Plan.parse("(1|[2..3])"), title="BOOT").get_title(loc="left")
    'BOOT'
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Arc

    ax = plt.subplots(figsize=(6.4, 2.4))[1] if ax is None else ax
    arcs, ramp = plan_arcs(plan), colormap("order")
    rounds = max((k for *_, k in arcs), default=1)
    for a, b, k in arcs:
        colour = ramp((k - 1) / max(rounds - 1, 1))
        ax.add_patch(Arc(((a + b) / 2, 0), b - a, b - a, theta1=0, theta2=180, color=colour, linewidth=1.6))
    times = range(plan.start - 1, plan.stop + 1)
    ax.plot(times, [0] * len(times), "o", color="#5f6670", markersize=3)
    ax.set(xlim=(plan.start - 1.6, plan.stop + 0.6), ylim=(-0.03 * plan.length, 0.55 * plan.length), yticks=[])
    ax.set_xlabel("time t (0 = data)")
    ax.set_title(title, loc="left")
    ax.grid(visible=False)
    ax.spines["left"].set_visible(False)
    return ax
