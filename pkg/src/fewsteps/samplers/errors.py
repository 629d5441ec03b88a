r"""The error of one step, as a power series and for any model: what the order of a method is.

One coordinate is followed, for a noise prediction $\varepsilon(u, \ell)$ that is any smooth function of $u = x/\alpha$
and of the half-log-SNR. With $\kappa = \sigma/\alpha = e^{-\ell}$ the flow is $\mathrm du/\mathrm d\kappa =
\varepsilon$, so that the series of the flow and of a step differ by polynomials in the derivatives of $\varepsilon$.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Rational
from typing import Any, NamedTuple

import sympy as sp

from fewsteps.arrays import integer_at_least
from fewsteps.objects import instance, one_of
from fewsteps.samplers.classical import CLOCKS, ddim, euler, heun
from fewsteps.samplers.multistep import deis, dpm_multistep, unipc
from fewsteps.samplers.registry import METHODS
from fewsteps.samplers.series import KAPPA, Flow, Series
from fewsteps.samplers.single import dpm_solver, order_up_to, tableau_of
from fewsteps.samplers.weights import FORMS, VARIABLES

#: Errors of a higher power are not looked for: no method of the table has order 5 or more.
_HIGHEST = 6


class LocalError(NamedTuple):
    """The first term of a step's error in u = x / alpha, the step minus the flow: coefficient times h to the power."""

    power: int
    coefficient: sp.Expr


def local_error(method: str, ratio: Any = 1, **options: Any) -> LocalError:
    r"""The first term of the error of one step, of a method of the table, for any noise prediction.

    The start and the values of steps before are those of the flow. The step h is that of the half-log-SNR. For methods
    in time, time is measured so that it begins to run as the half-log-SNR does, and what is left of the process are
    the rates in $\ell = \tau + b_2 \tau^2/2 + b_3 \tau^3/6 + \dots$ and $\log\alpha = a_1 \tau + a_2 \tau^2/2 + \dots$

    Parameters
    ----------
    method : str
        One of `METHODS`, without noise; not "paradigms", which steps as "ddim" or "euler" do.
    ratio : number or sympy expression
        Of the length of each earlier step to that of the step after it, positive.
    **options
        Of the method's function, in the place of those of the table: `order`, `variable`, `form`, `simple`, or `place`,
        which may be a sympy expression.

    Returns
    -------
    LocalError
        ``power``, one more than the order of the method, and ``coefficient``, in the symbols of `along_flow`.

    Raises
    ------
    TypeError
        If an option is not one of those, or not of its kind.
    ValueError
        If `method` is unknown, adds noise or is "paradigms"; if `ratio` is not positive or an option is not allowed;
        if no error is found up to the power 6.

    Notes
    -----
    Source: PD-P9.2.1, PD-R9.3.2, PD-E9.4.11, PD-E9.5.5; Hochbruck and Ostermann 2010. The corrected step of UniPC is
    meant, with its value at the end of the step as the prediction leads there.

    Examples
    --------
    >>> local_error("ddim")
    LocalError(power=2, coefficient=kappa*(-epsilon*epsilon_u*kappa + epsilon_ell)/2)
    >>> local_error("deis-rho3").power
    4
    """
    noiseless = [name for name, row in METHODS.items() if not row.noisy and name != "paradigms"]
    row = METHODS[one_of(method, noiseless, "method")]
    rule, ratio = _rule(row.call, {**row.options, **options}), _positive(ratio, "ratio")
    free = sorted(ratio.free_symbols | rule.place.free_symbols, key=str)
    for power in range(2, _HIGHEST + 1):
        flow = Flow(power, free, in_time=rule.variable == "time")
        error = rule.step(flow, flow.exact(ratio))[power] - flow.state[power]
        if error:
            return LocalError(power, flow.shown(error, KAPPA))
    raise ValueError(f"method must have an error of a power up to {_HIGHEST}, got {method!r} with {options}")


def along_flow(n: int, variable: str = "log-snr") -> list[sp.Expr]:
    r"""The noise prediction and its first n derivatives along the flow, at the start of a step.

    Parameters
    ----------
    n : int
        From 0 to 5.
    variable : {"log-snr", "noise", "time"}
        In which the derivatives are taken; time is measured as in `local_error`.

    Returns
    -------
    list of sympy.Expr
        In the symbols epsilon, its partial derivatives epsilon_u, epsilon_ell, epsilon_uell, ..., the ratio kappa =
        sigma / alpha, and for time the rates b_2, b_3, ...

    Raises
    ------
    TypeError, ValueError
        If `n` is not an integer from 0 to 5, or `variable` is unknown.

    Examples
    --------
    >>> along_flow(1)
    [epsilon, -epsilon*epsilon_u*kappa + epsilon_ell]
    """
    n, variable = integer_at_least(n, 0, "n"), one_of(variable, VARIABLES, "variable")
    if n > _HIGHEST - 1:
        raise ValueError(f"n must be at most {_HIGHEST - 1}, got {n}")
    flow = Flow(n + 1, in_time=variable == "time")
    unit = KAPPA if variable == "noise" else sp.Integer(1)
    return [flow.shown(rate, unit**-k) for k, rate in enumerate(flow.rates(n, variable))]


@dataclass(frozen=True)
class _Rule:
    """A method as its parts: which values a step takes, and what it does with them."""

    call: Any
    place: sp.Expr
    form: str
    order: int = 1
    variable: str = "log-snr"
    simple: bool = False

    def step(self, flow: Flow, ratio: Any) -> Series:
        """How far u comes in a step."""
        if self.call in (euler, heun):
            return self._classical(flow)
        if self.call is dpm_solver:
            return self._single(flow)
        past, back, length = [flow.on_flow(flow.exact(0))], flow.exact(0), ratio
        for _ in range(self.order - 1):
            back, length = back - length, length * ratio
            past.append(flow.on_flow(back))
        end, simple = flow.exact(1), self.simple and len(past) == 2
        ahead = flow.integrated(end, past, self.form, self.variable, simple)
        if self.call is not unipc:
            return ahead
        return flow.integrated(end, [flow.value(end, ahead), *past], self.form, self.variable)

    def _single(self, flow: Flow) -> Series:
        inner, last = tableau_of(self.order, 1.0, self.simple)
        values = [flow.on_flow(flow.exact(0))]
        for part, used in inner:
            place = flow.exact(self.place if self.order == 2 else sp.nsimplify(part, rational=True, tolerance=1e-12))
            move = flow.integrated(place, [values[j] for j in used], self.form, "log-snr")
            values.append(flow.value(place, move))
        simple = self.simple and len(inner) == 1
        return flow.integrated(flow.exact(1), [values[j] for j in last], self.form, "log-snr", simple)

    def _classical(self, flow: Flow) -> Series:
        end, first = flow.exact(1), flow.on_flow(flow.exact(0))
        if self.variable == "noise":
            ahead = flow.integrated(end, [first], "noise", "noise")
            both = [first, flow.value(end, ahead)]
            return ahead if self.call is euler else flow.integrated(end, both, "noise", "noise")
        ahead = flow.ridden([first])
        return ahead if self.call is euler else flow.ridden([first, flow.value(end, ahead)])


def _positive(value: Any, name: str) -> sp.Expr:
    """An exact positive number, or an expression that may be one."""
    if isinstance(value, bool) or not isinstance(value, int | float | Rational | sp.Expr):
        raise TypeError(f"{name} must be a number or an expression of sympy, got {value!r}")
    found = sp.nsimplify(value)
    if found is sp.nan or found.is_positive is False or found.is_finite is False:
        raise ValueError(f"{name} must be positive, got {found}")
    return found


def _rule(call: Any, given: dict[str, Any]) -> _Rule:
    """The parts of a method from the options of its function, checked as the function checks them."""
    allowed = {
        ddim: (),
        euler: ("variable",),
        heun: ("variable",),
        dpm_solver: ("order", "form", "simple", "place"),
        deis: ("order", "variable"),
        dpm_multistep: ("order", "simple"),
        unipc: ("order",),
    }[call]
    if unknown := sorted(set(given) - set(allowed)):
        raise TypeError(f"options must be among {allowed} for {call.__name__}, got {unknown}")
    parts: dict[str, Any] = {"form": "noise" if call in (deis, dpm_solver) else "data", **given}
    if "order" in allowed:
        default = 3 if call is deis else 2
        parts["order"] = order_up_to(given.get("order", default), 4 if call is deis else 3)
    if "variable" in allowed:
        kinds = VARIABLES if call is deis else CLOCKS
        parts["variable"] = one_of(given.get("variable", "time"), kinds, "variable")
    if "simple" in allowed:
        parts["simple"] = instance(given.get("simple", True), bool, "simple")
    one_of(parts["form"], FORMS, "form")
    parts["place"] = _positive(given.get("place", sp.Rational(1, 2)), "place")
    if parts["place"].is_number and parts["place"] > 1:
        raise ValueError(f"place must be at most 1, got {parts['place']}")
    return _Rule(call, **parts)
