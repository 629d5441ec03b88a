"""The explorer of the phase transition: how far each named plan is from the best one, and what the best one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fewsteps.plans import CANONICAL_PLANS, Optimum, classify_plan, merge_problem, optimal_plans
from fewsteps.schedules import cosine_schedule
from fewsteps.show.explorer import Explorer, explorer
from fewsteps.show.figures import plan_arcs
from fewsteps.show.layers import Panel, arcs, cursor, line, points
from fewsteps.show.slider import Slider
from fewsteps.show.ticks import number, power

Floats = NDArray[np.float64]

#: Variances to try, one on each side of where the best plan changes.
TRY = {"variance below 1": 0.8, "just above 1": 1.08, "between 1 and 2": 1.5, "beyond 2": 3.0}

#: Data variances of the sweep, dense where the best plan changes: around 1 and around 2.
# fmt: off
LAMBDAS: tuple[float, ...] = (
    0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0, 1.005, 1.01, 1.02, 1.03, 1.04, 1.05, 1.06, 1.07, 1.08,
    1.1, 1.12, 1.15, 1.2, 1.25, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 1.95, 2.0, 2.01, 2.05, 2.1, 2.3, 2.6, 3.0, 4.0, 5.0,
)
# fmt: on
LABELS = {name: "BOOT" if name == "boot" else name for name in CANONICAL_PLANS}
#: What each named plan does, in words.
WAYS = {
    "vanilla": "all steps in one shot",
    "progressive": "pairs, then pairs of pairs",
    "boot": "from the noisy end, one step at a time",
    "consistency": "from the clean end, one step at a time",
}
FLOOR = 1e-18
"""Smaller gaps are drawn here: the plan is optimal, or as good as optimal."""


@dataclass(frozen=True)
class Sweep:
    """Best plan at every variance, and the loss gap of each named plan to it."""

    best: list[Optimum]
    gaps: dict[str, Floats]

    def sentence(self, i: int) -> str:
        """What happens at the i-th variance, in words."""
        best = self.best[i]
        name = classify_plan(best.plan)
        if name in LABELS:
            return f"Best: {LABELS[name]}, {WAYS[name]}. Its loss is {spoken(best.loss)}."
        near = min(self.gaps, key=lambda other: self.gaps[other][i])
        worse = f"Closest is {LABELS[near]}, {WAYS[near]}: worse by {spoken(max(self.gaps[near][i], 0))}."
        return f"Best: a plan without a name. Its loss is {spoken(best.loss)}. {worse}"


def spoken(value: float) -> str:
    """A loss as a reader writes it, however small.

    Examples
    --------
    >>> spoken(8.78e-4), spoken(3.1e-17), spoken(0.0)
    ('0.000878', '3.1×10⁻¹⁷', '0')
    """
    if value == 0 or number(value) != "0":
        return number(value)
    digits, exponent = f"{value:.1e}".split("e")
    return f"{digits}×{power(int(exponent))}"


def shorten(text: str, width: int = 48) -> str:
    """A long plan with its middle left out."""
    half = width // 2
    return text if len(text) <= width else f"{text[:half]}…{text[-half:]}"


def sweep_gaps(lams: Sequence[float], T: int, s: float) -> Sweep:
    """Search the best plan at every variance (cosine schedule, surrogate target), and compare the named plans.

    A gap is the product of difference and sum of two errors; the errors come from `MergeProblem.excess`, which does not
    cancel, and a plan that is the best one has the gap 0.

    Examples
    --------
    >>> sweep = sweep_gaps([0.5, 3.0], 4, 0.8)
    >>> {name: [float(f"{gap:.1e}") for gap in gaps] for name, gaps in sweep.gaps.items() if name != "progressive"}
    {'vanilla': [0.0021, 0.0], 'boot': [0.0, 0.001], 'consistency': [0.02, 0.0051]}
    """
    problem = merge_problem(np.asarray(lams, dtype=float), cosine_schedule(T), s)
    best = optimal_plans(problem)
    names, excess = [classify_plan(optimum.plan) for optimum in best], np.array([optimum.excess for optimum in best])
    gaps = {}
    for name, build in CANONICAL_PLANS.items():
        mine = problem.excess(build(T))
        gap = (mine - excess) * (mine + excess - 2 * problem.offset)
        gaps[name] = np.where([name == winner for winner in names], 0.0, gap)
    return Sweep(best, gaps)


def phase_transition_explorer(
    lams: Sequence[float] = LAMBDAS,
    T: Sequence[int] = (4, 8, 16, 32),
    s: Sequence[float] = (0.2, 0.8, 1.6, 6.4),
) -> Explorer:
    """Which merge plan wins, and at which data variance: loss gaps of the named plans, and the best plan as arcs.

    Parameters
    ----------
    lams : increasing sequence of float
        Data variances > 0, the abscissa of the left panel and a slider.
    T : sequence of int
        Numbers of steps, powers of two (the progressive plan needs them); the one nearest 16 comes first.
    s : sequence of float
        Training times per merge; the last but one is shown first.

    Notes
    -----
    Source: OM-X-Fig2, OM-R-PHASE. A gap below 1e-18 is drawn at the bottom edge, which is labelled "best".

    Examples
    --------
    >>> phase_transition_explorer([0.5, 1.5, 3.0], T=[4, 8], s=[0.8])
    Explorer(lam: 3, T: 2, s: 1; 6 settings)
    """
    grid, widest = tuple(float(lam) for lam in lams), max(T)
    sweep = lru_cache(maxsize=None)(lambda T, s: sweep_gaps(grid, T, s))

    def stretched(lam: float, T: int, s: float) -> list[tuple[float, float, int]]:
        plan = sweep(T, s).best[grid.index(lam)].plan
        return [(a * widest / T, b * widest / T, k) for a, b, k in plan_arcs(plan)]

    def nearest(value: float) -> float:
        return min(grid, key=lambda lam: abs(lam - value))

    def curve(name: str) -> object:
        return lambda T, s: (grid, np.maximum(sweep(T, s).gaps[name], FLOOR))

    gaps = Panel(
        [*(line(label, curve(name)) for name, label in LABELS.items()), cursor("this variance", lambda lam: lam)],
        title="How much worse than the best plan?",
        xlabel="data variance λ",
        ylabel="loss above the best",
        xlim=(grid[0], grid[-1]),
        ylim=(FLOOR, 1.0),
        xscale="log",
        yscale="log",
        xticks=[lam for lam in (0.2, 0.5, 1, 2, 3, 5) if grid[0] <= lam <= grid[-1]],
        yticks={FLOOR: "best", 1e-12: "10⁻¹²", 1e-6: "10⁻⁶", 1.0: "1"},
    )
    plan = Panel(
        [
            arcs("merges, inner ones first", stretched, numbers=False),
            points("times", lambda T: (np.linspace(0, widest, T + 1), np.zeros(T + 1)), color="grey", size=2.0),
        ],
        title="The best plan at this variance",
        xlabel="diffusion time t, from 0 to T",
        xlim=(-0.02 * widest, 1.02 * widest),
        ylim=(-0.03 * widest, 0.52 * widest),
        equal=True,
        xticks={0: "data", widest: "noise"},
        yticks=[],
    )
    return explorer(
        sliders={
            "lam": Slider("data variance λ", grid, start=nearest(1.08), format="{:g}"),
            "T": Slider("steps T", T, start=min(T, key=lambda n: abs(n - 16))),
            "s": Slider("training time s", s, start=s[max(len(s) - 2, 0)], format="{:g}"),
        },
        panels=[gaps, plan],
        readout=lambda lam, T, s: sweep(T, s).sentence(grid.index(lam)),
        settings={words: {"lam": nearest(value)} for words, value in TRY.items()},
        alt="Loss gap of four named merge plans against the data variance, and the best plan drawn as arcs",
    )
