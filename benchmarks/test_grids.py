"""Searched schedules at the size of the published ones: 61 levels, 10 steps, 3072 eigenvalues."""

from __future__ import annotations

from typing import Any

from fewsteps import edm, grids
from fewsteps.laws import power_law

LEVELS, LAM = grids.rho(edm(), 60, 0.002), power_law(3072, total=768.0)
COSTS = grids.gaussian_costs(LAM, LEVELS)


def test_search(benchmark: Any) -> None:
    """The dynamic programme; the loop over all pairs in the published code takes some 10 ms."""
    assert benchmark(grids.best_schedule, COSTS, 10, 1.15).nodes[-1] == 60


def test_all_budgets(benchmark: Any) -> None:
    """One table, ten schedules."""
    assert len(benchmark(grids.best_schedules, COSTS, 10, 1.15)) == 10


def test_costs(benchmark: Any) -> None:
    """The matrix in closed form."""
    assert benchmark(grids.gaussian_costs, LAM, LEVELS).shape == (61, 61)


def test_schedule_from_the_spectrum(benchmark: Any) -> None:
    """All of it: levels, matrix, search."""
    assert benchmark(grids.spectral, edm(), 10, 0.002, lam=LAM).shape == (11,)
