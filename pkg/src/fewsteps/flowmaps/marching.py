r"""Flows of round mixtures, integrated where nothing is stiff, every point with steps of its own.

In the coordinates $y = x / \sqrt{n_t}$ and $u = \alpha_t / \sqrt{n_t}$, $n_t = \alpha_t^2 \lambda + \sigma_t^2$, the
probability flow of $\sum_k \pi_k N(\mu_k, \lambda I)$ is, whatever the schedule,

$$
\frac{\mathrm dy}{\mathrm du} = \sum_k r_k \mu_k, \qquad
r_k \propto \pi_k \exp\Bigl( u\, \mu_k \cdot y - \frac{u^2}{2} \lvert \mu_k \rvert^2 \Bigr).
$$

Where one weight is 1 to rounding, the velocity is constant and the difference of two log-weights a convex parabola in
$u$: the flow leaps to where the next weight wakes up, or to its end. Elsewhere the method DOP853 steps.
Source: QA-E3.2b.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from array_api_compat import is_torch_array
from numpy.typing import NDArray
from scipy.integrate import DOP853

from fewsteps.kinds import Array, namespace, rounding, some

Floats = NDArray[np.float64]

#: Log-odds beyond which a weight counts as 0: below half a rounding of a sum of 1e3 others.
SURE = 45.0
#: Steps after which a flow is given up.
MOST = 100_000


class Cloud(NamedTuple):
    """Centres (K, r) and log-weights (K,) of a round mixture."""

    centres: Array
    log_weights: Array


class State(NamedTuple):
    """Points on their way.

    rows : (m,), of the answer; y : (m, r) and u : (m,), starts; way : (m,), the change of u; done : (m,), its share
    that is behind; mean : (m, r), the mean velocity times that share; turn : (m, r, r) or None, the same of the
    derivative in y.
    """

    rows: Array
    y: Array
    u: Array
    way: Array
    done: Array
    mean: Array
    turn: Array | None

    def at(self, keep: Array) -> State:
        """The points of a mask."""
        return State(*(None if part is None else part[keep] for part in self))

    def place(self) -> tuple[Array, Array]:
        """Where the points are, y and u."""
        return self.y + self.way[:, None] * self.mean, self.u + self.done * self.way


def march(cloud: Cloud, y: Array, u: Array, way: Array, *, turn: bool = False) -> tuple[Array, Array | None]:
    """Mean velocities of points on their way from u to u + way, and the mean rate of the derivative in y.

    Parameters
    ----------
    cloud : Cloud
    y : array of shape (m, r)
    u, way : arrays of shape (m,)
    turn : bool
        Whether the derivative is wanted.

    Returns
    -------
    mean : array of shape (m, r)
        The displacement is way mean; where way = 0 it is the velocity.
    turn : array of shape (m, r, r), or None
        The derivative of the end in the start is I + way turn.

    Raises
    ------
    FloatingPointError
        If a point would need more than 100,000 steps.

    Examples
    --------
    Between two modes, at rest on one side of the middle:

    >>> cloud = Cloud(np.array([[-1.0], [1.0]]), np.log([0.5, 0.5]))
    >>> mean, _ = march(cloud, np.array([[0.0], [2.0]]), np.array([1.0, 1.0]), np.array([9.0, 9.0]))
    >>> (mean.round(3) + 0.0).ravel()
    array([0.   , 0.999])
    """
    xp, (m, r) = namespace(y), y.shape
    rates = xp.zeros((m, r, r), dtype=y.dtype, device=y.device) if turn else None
    if m * r == 0:
        return xp.zeros_like(y), rates
    state = State(xp.arange(m, device=y.device), y, u, way, xp.zeros_like(u), xp.zeros_like(y), rates)
    step, ended = _first(cloud, state), []
    for _ in range(MOST):
        state, step = _leap(cloud, state, step)
        over = state.done >= 1
        if some(over):
            ended.append(state.at(over))
            state, step = state.at(~over), step[~over]
        if state.done.shape[0] == 0:
            back = xp.argsort(xp.concat([part.rows for part in ended]))
            turns = xp.concat([part.turn for part in ended])[back] if turn else None
            return xp.concat([part.mean for part in ended])[back], turns
        state, step = _step(cloud, state, step)
    raise FloatingPointError(
        f"the flow needs more than {MOST} steps: {state.done.shape[0]} points are still on a divide"
    )


def log_odds(cloud: Cloud, y: Array, u: Array) -> Array:
    """Log-weights of the centres at y, up to a constant a row; shape (m, K).

    Examples
    --------
    >>> log_odds(Cloud(np.array([[-1.0], [1.0]]), np.log([0.5, 0.5])), np.array([[1.0]]), np.array([2.0])).round(3)
    array([[-4.693, -0.693]])
    """
    squares = (cloud.centres**2).sum(-1)
    return cloud.log_weights + u[:, None] * (y @ cloud.centres.T - u[:, None] * squares / 2)


def _velocity(cloud: Cloud, y: Array, u: Array, slope: Array | None) -> tuple[Array, Array | None]:
    """The mean of the centres, and u times their covariance, applied to the derivative so far."""
    xp, odds = namespace(y), log_odds(cloud, y, u)
    share = xp.exp(odds - xp.max(odds, axis=-1)[:, None])
    share = share / share.sum(-1)[:, None]
    mean = share @ cloud.centres
    if slope is None:
        return mean, None
    apart = cloud.centres - mean[:, None]
    spread = xp.matmul(xp.matrix_transpose(apart * share[..., None]), apart)
    return mean, u[:, None, None] * xp.matmul(spread, slope)


def _first(cloud: Cloud, state: State) -> Array:
    """A share of the way on which log-odds change by a tenth at most."""
    xp, (y, u) = namespace(state.y), state.place()
    size = 2 * xp.max(xp.sum(cloud.centres**2, axis=-1)) ** 0.5
    pace = size * (xp.sum(y**2, axis=-1) ** 0.5 + abs(u) * size) * abs(state.way)
    return _held(0.1 / (pace + 0.1))


def _leap(cloud: Cloud, state: State, step: Array) -> tuple[State, Array]:
    """Go on where one weight is sure, as far as it stays so: the gaps of the log-odds are parabolas on the way."""
    xp, (y, u) = namespace(state.y), state.place()
    odds = log_odds(cloud, y, u)
    first = xp.argmax(odds, axis=-1)
    gap = xp.max(odds, axis=-1)[:, None] - odds - SURE
    rest = ((1 - state.done) * state.way)[:, None]
    apart = cloud.centres[first][:, None] - cloud.centres
    rise = ((apart * y[:, None]).sum(-1) - u[:, None] * (apart * cloud.centres).sum(-1)) * rest
    square = (apart**2).sum(-1)
    inner = rise**2 - 2 * square * rest**2 * gap
    meets = (rise < 0) & (inner > 0)
    root = 2 * gap / (xp.where(meets, inner, xp.ones_like(inner)) ** 0.5 + abs(rise) + (rise == 0))
    share = xp.where(meets, root, xp.ones_like(root))
    share = xp.where(gap < 0, xp.zeros_like(share), share)
    share = xp.where(square == 0, xp.ones_like(share), share)  # centres that coincide are one
    share = _held(xp.clip(xp.min(share, axis=-1), 0.0, 1.0))
    share = xp.where(share > 0.01, share, xp.zeros_like(share))
    if not some(share > 0):
        return state, step
    gain = share * (1 - state.done)
    done = xp.where(share >= 1, xp.ones_like(gain), state.done + gain)
    moved = state._replace(done=done, mean=state.mean + gain[:, None] * cloud.centres[first])
    return moved, xp.where(share > 0, _first(cloud, moved), step)


def _step(cloud: Cloud, state: State, step: Array) -> tuple[State, Array]:
    """One step of DOP853, taken where its error is small enough, and the next step's length."""
    xp, rest = namespace(state.y), 1 - state.done
    h = xp.where(step < rest, step, rest)
    means: list[Array] = []
    turns: list[Array] = []
    for row, node in zip(DOP853.A, DOP853.C, strict=False):
        there = state._replace(done=state.done + float(node) * h, mean=state.mean + h[:, None] * _mix(row, means))
        slope = None
        if state.turn is not None:
            slope = state.turn + h[:, None, None] * _mix(row, turns)
            slope = xp.eye(state.y.shape[1], dtype=h.dtype, device=h.device) + state.way[:, None, None] * slope
        mean, turn = _velocity(cloud, *there.place(), slope)
        means.append(mean)
        turns.append(turn)
    scale = _scale(cloud, state)
    error = _error(means, h) / scale
    if state.turn is not None:
        flat = [xp.reshape(turn, (h.shape[0], -1)) for turn in turns]
        size = 1 + xp.max(abs(flat[0]), axis=-1)
        error = xp.maximum(error, _error(flat, h) / (size * rounding(h, 512)))
    error = _held(error)
    good = error <= 1
    done = xp.where(h < rest, state.done + h, xp.ones_like(h))
    moved = state._replace(
        done=xp.where(good, done, state.done),
        mean=xp.where(good[:, None], state.mean + h[:, None] * _mix(DOP853.B, means), state.mean),
    )
    if state.turn is not None:
        turn = state.turn + h[:, None, None] * _mix(DOP853.B, turns)
        moved = moved._replace(turn=xp.where(good[:, None, None], turn, state.turn))
    return moved, h * xp.clip(0.9 * (error + 1e-30) ** -0.125, 0.2, 8.0)


def _mix(weights: Floats, parts: list[Array]) -> Any:
    """A linear combination of as many arrays as there are."""
    return sum(float(weight) * part for weight, part in zip(weights, parts, strict=False) if weight)


def _error(parts: list[Array], h: Array) -> Array:
    """The largest error of each point's step, from both embedded methods, as scipy weighs them."""
    xp = namespace(h)
    fifth, third = (xp.max(abs(_mix(e, parts)), axis=-1) for e in (DOP853.E5, DOP853.E3))
    return h * fifth**2 / ((fifth**2 + 0.01 * third**2) ** 0.5 + 1e-30)


def _scale(cloud: Cloud, state: State) -> Array:
    """What a step may err by: rounding of the place in units of the noise, and of the velocity."""
    xp, (y, _) = namespace(state.y), state.place()
    size, reach = xp.max(abs(cloud.centres)), 1 + xp.max(abs(y), axis=-1)
    far = abs(state.way) * size > reach
    return rounding(y, 512) * xp.where(far, reach / xp.where(far, abs(state.way), reach), size)


def _held(x: Array) -> Array:
    """Without its gradient: where a flow steps does not change where it goes."""
    return x.detach() if is_torch_array(x) else x
