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
