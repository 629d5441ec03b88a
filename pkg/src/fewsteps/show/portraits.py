"""Small pictures of the named merge plans, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from fewsteps.arrays import integer_at_least
from fewsteps.plans import CANONICAL_PLANS, Plan
from fewsteps.show.figures import plan_arcs
from fewsteps.show.phase import LABELS, WAYS


@dataclass(frozen=True)
class Portraits:
    """Plans with their names and what they do; Jupyter shows them as arcs, printing gives the words."""

    plans: Mapping[str, Plan]

    def _repr_html_(self) -> str:
        figures = (
            f"<figure>{portrait(plan)}<figcaption><strong>{escape(LABELS[name])}</strong>: {escape(WAYS[name])}"
            "</figcaption></figure>"
            for name, plan in self.plans.items()
        )
        return f'<div class="fs-portraits">{"".join(figures)}</div>'

    def __repr__(self) -> str:
        return "\n".join(f"{LABELS[name]}: {WAYS[name]}" for name in self.plans)


def portrait(plan: Plan, scale: int = 10) -> str:
    """One plan as arcs over its times, data at the left; the later a merge, the stronger its arc.

    Examples
    --------
    >>> portrait(Plan.parse("(1|[2..3])")).count("<path")
    2
    """
    arcs, wide = plan_arcs(plan), scale * plan.length
    last = max(k for *_, k in arcs)
    drawn = (
        f'<path d="M{scale * a} 0A{scale * (b - a) / 2:g} {scale * (b - a) / 2:g} 0 0 1 {scale * b} 0" '
        f'opacity="{0.35 + 0.65 * k / last:.2f}"/>'
        for a, b, k in arcs
    )
    dots = (f'<circle cx="{scale * t}" cy="0" r="1.6"/>' for t in range(plan.length + 1))
    box = f"-4 {-wide / 2 - 4:g} {wide + 8} {wide / 2 + 8:g}"
    return f'<svg viewBox="{box}" aria-hidden="true"><g>{"".join(drawn)}</g>{"".join(dots)}</svg>'


def plan_portraits(T: int = 8) -> Portraits:
    """Small pictures of the four named merge plans.

    Parameters
    ----------
    T : int
        Number of steps, a power of two.

    Returns
    -------
    Portraits

    Raises
    ------
    ValueError
        If T is no power of two.

    Notes
    -----
    Source: OM-X-Tab1.

    Examples
    --------
    >>> plan_portraits()
    vanilla: all steps in one shot
    progressive: pairs, then pairs of pairs
    BOOT: from the noisy end, one step at a time
    consistency: from the clean end, one step at a time
    """
    T = integer_at_least(T, 2, "T")
    return Portraits({name: build(T) for name, build in CANONICAL_PLANS.items()})
