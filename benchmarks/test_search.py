"""How fast the plan search is: against a line-by-line reading of Algorithm 1, and how it grows with T.

    make bench

Times are reported, never asserted; those of the report are processor seconds, the best of a few runs. The baseline at
T = 512 would take minutes a variance; it is timed at T = 64 and extrapolated by the number of splits, (T^3 - T) / 6.
"""

from __future__ import annotations

import time

import numpy as np
import pytest
from timing import seconds

import fewsteps as fs


def cpu_seconds(function: object, repeats: int = 3) -> float:
    return seconds(function, repeats, time.process_time)


def problem(lam: object, T: int, s: float = 6.4) -> fs.MergeProblem:
    return fs.merge_problem(lam, fs.cosine_schedule(T), s)


def baseline(T: int) -> float:
    """Seconds of the line-by-line reading for one variance."""
    one = problem(1.2, T)
    target = fs.surrogate_gain(1.2, fs.cosine_schedule(T))
    return cpu_seconds(lambda: fs.algorithm1(one.A, one.gamma, target), repeats=2)


def splits(T: int) -> int:
    return (T**3 - T) // 6


@pytest.mark.parametrize("T", [64, 128, 256, 512, 1024])
def test_one_variance(benchmark, T):
    benchmark.pedantic(fs.optimal_plan, args=(problem(1.2, T),), rounds=3, warmup_rounds=1)
    benchmark.extra_info["splits"] = splits(T)


def sweep(T: int) -> fs.MergeProblem:
    """64 variances on both sides of 1, for one programme."""
    return problem(np.linspace(0.1, 4.0, 64), T)


@pytest.mark.parametrize("T", [128, 256, 512])
def test_sweep_of_64_variances(benchmark, T):
    benchmark.pedantic(fs.optimal_plans, args=(sweep(T),), rounds=2)
    benchmark.extra_info["splits"] = 64 * splits(T)


def test_report(capsys):
    """In one run: the baseline, one variance, a sweep of 64 in one programme, and the growth of both."""
    slow = baseline(64) * splits(512) / splits(64)
    grid = np.array([128, 256, 512])
    one = [cpu_seconds(lambda T=T: fs.optimal_plan(problem(1.2, int(T)))) for T in grid]
    many = [cpu_seconds(lambda T=T: fs.optimal_plans(sweep(int(T))), repeats=2) for T in grid]
    with capsys.disabled():
        print("\nProcessor seconds on one core (the baseline extrapolated from T = 64 by its number of splits)")
        print(f"  Algorithm 1 line by line, one variance, T = 512  {slow:8.3f}")
        for label, times in [("one variance", one), ("64 variances together", many)]:
            print(f"  {label}")
            for T, t in zip(grid, times, strict=True):
                print(f"    T = {T:4d}  {t:8.3f} s")
            print(f"    growth like T^{np.polyfit(np.log(grid), np.log(times), 1)[0]:.2f}")
        each = many[-1] / 64
        print(f"  a variance of the sweep at T = 512: {each:.4f} s, {each / splits(512) * 1e9:.2f} ns a split")


def test_both_sides(capsys):
    """Work and certificate of the branch and bound, for a schedule that does not preserve variance."""
    with capsys.disabled():
        print("\nlinear schedule, lam = 0.7, s = 1: plans on both sides of the target")
        for T in (8, 12, 16, 20, 32):
            each = fs.merge_problem(0.7, fs.linear_schedule(T), 1.0)
            best = fs.optimal_plan(each)
            taken = cpu_seconds(lambda each=each: fs.optimal_plan(each), repeats=1)
            print(f"  T = {T:3d}  {taken:6.3f} s   distance {np.sqrt(best.loss):.1e}   gap {best.gap:.1e}")
