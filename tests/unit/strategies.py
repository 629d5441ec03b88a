"""Hypothesis strategies that several tests share."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

import fewsteps as fs

variances = st.floats(0.0, 20.0, allow_subnormal=False).map(lambda v: round(v, 6))
training_times = st.floats(0.01, 8.0)
seeds = st.integers(0, 2**32 - 1)
gains = st.floats(0.0, 3.0, allow_subnormal=False)
weights = st.floats(0.0, 1.0, allow_subnormal=False)


@st.composite
def plans(draw, max_steps: int = 9, kary: bool = False) -> fs.Plan:
    """A random plan of at most `max_steps` steps."""
    return fs.random_plan(draw(st.integers(1, max_steps)), np.random.default_rng(draw(seeds)), kary=kary)


@st.composite
def schedules(draw, max_steps: int = 9) -> fs.Schedule:
    """A cosine, linear or random monotone schedule."""
    T = draw(st.integers(1, max_steps))
    kind = draw(st.sampled_from(["cosine", "linear", "random"]))
    if kind != "random":
        return {"cosine": fs.cosine_schedule, "linear": fs.linear_schedule}[kind](T)
    rng = np.random.default_rng(draw(seeds))
    alpha, sigma = (np.concatenate([[0.0], np.cumsum(rng.uniform(0.1, 1.0, T))]) for _ in range(2))
    return fs.Schedule(1 - alpha / alpha[-1] if T > 1 else [1.0, 0.0], sigma / sigma[-1])


@st.composite
def mixtures(draw, d: int | None = None) -> fs.GaussianMixture | fs.PointCloud:
    """A random mixture with isotropic, shared or separate covariances, or a point cloud (not on the line)."""
    rng = np.random.default_rng(draw(seeds))
    size, K = d or draw(st.integers(1, 3)), draw(st.integers(1, 4))
    kind = draw(st.sampled_from(["isotropic", "shared", "separate"] + ["points"] * (d is None)))
    means, weights = rng.standard_normal((K, size)), rng.uniform(0.2, 1.0, K)
    roots = 0.5 * rng.standard_normal((K, size, size))
    covs = roots @ np.swapaxes(roots, 1, 2) + 0.05 * np.eye(size)
    if kind == "points":
        return fs.PointCloud(means, weights / weights.sum())
    chosen = {"isotropic": 0.3, "shared": covs[0], "separate": covs}[kind]
    return fs.GaussianMixture(means, chosen, weights / weights.sum())


levels = st.tuples(st.floats(0.2, 1.0), st.floats(0.2, 1.5))
