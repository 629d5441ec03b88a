"""The loop that multistep methods share: values of steps before, the order of each step, starts, and corrections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fewsteps.arrays import Array
from fewsteps.samplers.places import Place
from fewsteps.samplers.setting import Setting
from fewsteps.samplers.single import THIRD, single_step
from fewsteps.samplers.weights import Step, weights_between


@dataclass
class Past:
    """A multistep method on its way: what it integrates, and the values of the model that it still remembers.

    Parameters
    ----------
    run : Setting
    order : int
        How many values a step may use.
    form, variable, simple, gamma
        As for `step_weights`.
    last_order : int or None
        Order of the last step; the steps before it may have one more each.
    single_start : bool
        Whether steps that lack values are taken by the single-step method of order 3.
    corrects : bool
        Whether a step is taken again as soon as the model's value at its end is known.
    """

    run: Setting
    order: int
    form: str
    variable: str = "log-snr"
    simple: bool = False
    gamma: float = 0.0
    last_order: int | None = None
    single_start: bool = False
    corrects: bool = False
    places: list[Place] = field(default_factory=list)
    values: list[Array] = field(default_factory=list)
    before: tuple[Array, int] | None = None

    def step(self, y: Array, k: int, normals: Callable[[int], Array] | None = None) -> Array:
        """From the state at place k to that at place k + 1, with one call of the model but in single-step starts."""
        s, t = self.run.places[k : k + 2]
        kind = self.form if s.alpha else "data"
        value = self.run.predict(y, s, kind, keep=self.order > 1 or self.corrects)
        if self.before is not None:
            y = self._corrected(*self.before, s, value)
        self.places, self.values = [s, *self.places][: self.order], [value, *self.values][: self.order]
        wanted = self.order_at(k)
        n = min(wanted, len(self.values))
        single = self.single_start and n < wanted and t.sigma > 0  # which has no inner places in half-log-SNR
        self.before = (y, n) if self.corrects and s.alpha and not single else None
        if single:
            return single_step(self.run, y, s, t, kind, THIRD, False, value)
        rule = self._rule(s, t, self.places[:n], kind)
        out = rule.taken(y, self.values[:n], normals(k) if normals is not None and rule.fresh else None)
        # The value at alpha = 0 is no node for a polynomial, nor of the form's kind; a correction uses one value more.
        kept = 0 if not s.alpha else self.order if self.corrects else self.order - 1
        self.places, self.values = self.places[:kept], self.values[:kept]
        return out

    def order_at(self, k: int) -> int:
        """How many values step k may use: one where a half-log-SNR in its way is infinite."""
        s, t = self.run.places[k : k + 2]
        if not s.alpha or (not t.sigma and self.variable == "log-snr"):
            return 1
        return self.order if self.last_order is None else min(self.order, self.last_order + self.run.steps - 1 - k)

    def _corrected(self, y: Array, n: int, t: Place, value: Array) -> Array:
        rule = weights_between(self.run.process, self.places[0], t, [t, *self.places[:n]], self.form, self.variable)
        return rule.taken(y, [value, *self.values[:n]])

    def _rule(self, s: Place, t: Place, nodes: list[Place], kind: str) -> Step:
        simple = self.simple and len(nodes) == 2
        return weights_between(self.run.process, s, t, nodes, kind, self.variable, simple, self.gamma)
