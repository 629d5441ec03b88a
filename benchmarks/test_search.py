"""How fast the plan search is: against a line-by-line reading of Algorithm 1, and how it grows with T.

    make bench

Times are reported, never asserted. The baseline at T = 512 would take minutes a variance; it is timed at T = 64 and
extrapolated by the number of splits, (T^3 - T) / 6, and the report says so.
"""

from __future__ import annotations

import numpy as np
import pytest
from timing import seconds

import fewsteps as fs


def problem(lam: object, T: int, s: float = 6.4) -> fs.MergeProblem:
    return fs.merge_problem(lam, fs.cosine_schedule(T), s)


def baseline(T: int) -> float:
    """Seconds of the line-by-line reading for one variance."""
    one = problem(1.2, T)
    target = fs.surrogate_gain(1.2, fs.cosine_schedule(T))
    return seconds(lambda: fs.algorithm1(one.A, one.gamma, target), repeats=2)


def splits(T: int) -> int:
    return (T**3 - T) // 6


@pytest.mark.parametrize("T", [64, 128, 256, 512, 1024])
def test_one_variance(benchmark, T):
    benchmark.pedantic(fs.optimal_plan, args=(problem(1.2, T),), rounds=3, warmup_rounds=1)
    benchmark.extra_info["splits"] = splits(T)


def test_sweep_of_64_variances_at_T_512(benchmark):
    sweep = problem(np.linspace(0.1, 4.0, 64), 512)
    benchmark.pedantic(fs.optimal_plans, args=(sweep,), kwargs={"workers": 2}, rounds=1)


def test_report(capsys):
    """Ratios in one run: the baseline, one variance, a sweep, and the growth."""
    slow = baseline(64) * splits(512) / splits(64)
    fast = seconds(lambda: fs.optimal_plan(problem(1.2, 512)))
    sweep = seconds(lambda: fs.optimal_plans(problem(np.linspace(0.1, 4.0, 64), 512), workers=2), repeats=1) / 64
    grid = np.array([64, 128, 256, 512, 1024])
    grown = [seconds(lambda T=T: fs.optimal_plan(problem(1.2, int(T)))) for T in grid]
    local = np.diff(np.log(grown)) / np.log(2)
    with capsys.disabled():
        print("\nT = 512, seconds a variance (the baseline extrapolated from T = 64 by its number of splits)")
        print(f"  Algorithm 1 line by line  {slow:9.3f}")
        print(f"  optimal_plan              {fast:9.3f}   ratio {slow / fast:7.0f}")
        print(f"  sweep of 64, 2 processes  {sweep:9.3f}   ratio {slow / sweep:7.0f}")
        print("growth with T: time multiplies by T^p between neighbours")
        for T, t, p in zip(grid, grown, [None, *local], strict=True):
            print(f"  T = {T:5d}  {t:8.4f} s" + ("" if p is None else f"   p = {p:.2f}"))
