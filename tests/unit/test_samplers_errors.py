"""The series of a step's error: known constants, and steps that are taken."""

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import solve_ivp

import fewsteps as fs
from fewsteps.samplers import METHODS, along_flow, local_error, sample
from fewsteps.samplers.series import Flow, derivative

KAPPA, U, ELL, TIME = sp.Symbol("kappa", positive=True), sp.Symbol("u", positive=True), sp.Symbol("ell"), sp.Symbol("t")
NOISE = sp.sin(U * 2 - ELL) + ELL * U**2 / 2 + sp.cos(ELL)
FLOW = fs.flow_matching()
LEVEL = sp.log((1 - TIME) / TIME)  # of flow matching
START = 0.4
QUIET = [name for name, row in METHODS.items() if not row.noisy and name != "paradigms"]
NOISE_AT = sp.lambdify([U, ELL], NOISE)


def in_numbers(expression, u):
    """A coefficient at the start, for this noise prediction and for flow matching in time."""
    at = {U: u, ELL: float(LEVEL.subs(TIME, START))}
    rate = -sp.diff(LEVEL, TIME).subs(TIME, START)
    values = {KAPPA: START / (1 - START), U: u}
    for i in range(7):
        for j in range(7 - i):
            values[derivative(i, j)] = sp.diff(NOISE, U, i, ELL, j).subs(at)
    for n in range(1, 6):
        values[sp.Symbol(f"a_{n}")] = (-1) ** n * (sp.diff(sp.log(1 - TIME), TIME, n).subs(TIME, START)) / rate**n
        values[sp.Symbol(f"b_{n}")] = (-1) ** n * sp.diff(LEVEL, TIME, n).subs(TIME, START) / rate**n
    return float(expression.subs(values, simultaneous=True))


def flow(u, ells):
    """u on the flow at half-log-SNRs, from the start's."""
    run = lambda end: solve_ivp(  # noqa: E731
        lambda ell, v: -np.exp(-ell) * NOISE_AT(v, ell), (ell_at(START), end), [u], "DOP853", rtol=1e-13, atol=1e-15
    )
    return np.array([run(end).y[0, -1] if abs(end - ell_at(START)) > 0 else u for end in ells])


def ell_at(t):
    return np.log((1 - t) / t)


def step_error(name, h, u=0.7, **options):
    """The error of a step whose earlier values are those of the flow; h in half-log-SNR, or in time as it begins."""
    row = METHODS[name]
    in_time = {**row.options, **options}.get("variable") == "time" or (
        row.call.__name__ in ("euler", "heun") and name != "edm"
    )
    past = row.order - 1 if row.memory and row.call.__name__ != "unipc" else 0
    at = h * np.arange(-past, 2)
    times = START - at * START * (1 - START) if in_time else 1 / (1 + np.exp(ell_at(START) + at))
    exact = flow(u, ell_at(times))
    known = dict(zip(np.round(times[: past + 1], 14), exact, strict=False))

    data = bool(past) and row.integrates == "data"  # whose state is x / sigma, moved by what is integrated

    def model(x, t):  # at the times before it answers as on the flow, wherever the state is
        at_u = known.get(round(t, 14)) if past else None
        u_here = x / (1 - t) if at_u is None else at_u + 0 * x
        noise = NOISE_AT(u_here, ell_at(t))
        return u_here - t / (1 - t) * noise if data else noise

    x = np.array([exact[0] * (1 - times[0])])
    kind = "data" if data else "noise"
    states = sample(name, model, FLOW, x, times, predicts=kind, path=True, **options)[:, 0] / (1 - times)
    unit = times / (1 - times) if data else 1 + 0 * times
    states, exact = states / unit, exact / unit
    return unit[-1] * ((states[-1] - states[-2]) - (exact[-1] - exact[-2]))


@pytest.mark.parametrize("name", [name for name in QUIET if not name.startswith("unipc")])
def test_the_series_is_the_error_of_steps_that_are_taken(name):
    """Extrapolated from three steps, the quotient of error and power is the coefficient."""
    found = local_error(name)
    assert found.power == METHODS[name].order + 1
    one, two, four = (step_error(name, h) / h**found.power for h in (0.01, 0.02, 0.04))
    assert (8 * one - 6 * two + four) / 3 == pytest.approx(in_numbers(found.coefficient, 0.7), rel=0.02)


@pytest.mark.parametrize("variable", ["time", "noise", "log-snr"])
def test_extrapolated_values_have_the_constants_of_adams_and_bashforth(variable):
    """1/2, 5/12, 3/8 and 251/720 of a derivative along the flow, in the variable of the polynomial."""
    rates = along_flow(4, variable)
    unit = -KAPPA if variable == "noise" else 1  # a step of half-log-SNR is -kappa of the noise, to first order
    for order, constant in enumerate(
        [sp.Rational(1, 2), sp.Rational(5, 12), sp.Rational(3, 8), sp.Rational(251, 720)], 1
    ):
        power, coefficient = local_error("deis-t2", order=order, variable=variable)
        assert power == order + 1
        assert sp.expand(coefficient - KAPPA * unit**order * constant * rates[order]) == 0


def test_the_ratio_of_steps_enters_as_that_of_the_line_through_two_values():
    """(3 r + 2)/12 times the second derivative of the data prediction; 5/12 at r = 1."""
    r = sp.Symbol("r", positive=True)
    general = local_error("dpm++2m", ratio=r, simple=False).coefficient
    plain = local_error("dpm++2m", simple=False).coefficient
    assert sp.simplify(general - (3 * r + 2) / 5 * plain) == 0
    assert sp.simplify(general.subs(r, 1) - plain) == 0


def test_the_ratio_shrinks_every_earlier_step():
    """With three values the nodes are 0, -r and -r - r^2; the constant is the integral of their product, over 3!."""
    r, z = sp.symbols("r z", positive=True)
    found = local_error("deis-rho3", ratio=r)
    constant = sp.integrate(sp.expand(z * (z + r) * (z + r + r**2)), (z, 0, 1)) / 6
    assert found.power == 4
    assert sp.expand(found.coefficient + KAPPA**4 * constant * along_flow(3, "noise")[3]) == 0


def test_the_inner_node_enters_through_the_quadrature():
    """For noise that depends on the time alone the line through both values errs by (2 - 3 c)/12."""
    c = sp.Symbol("c", positive=True)
    found = local_error("dpm-2", place=c, simple=False).coefficient
    alone = found.subs({derivative(i, j): 0 for i in range(1, 4) for j in range(3)})
    assert sp.expand(alone - KAPPA * (2 - 3 * c) / 12 * derivative(0, 2)) == 0
    assert local_error("dpm-2", place=sp.Rational(2, 3), simple=False).power == 3


def test_the_correction_of_unipc_has_one_order_more():
    """With its own rule of one value the error is that of the trapezoid in exponential form."""
    for order in (1, 2, 3):
        assert local_error(f"unipc-{order}").power == order + 2
    trapezoid = local_error("unipc-1").coefficient
    alone = trapezoid.subs({derivative(i, j): 0 for i in range(1, 4) for j in range(3)})
    assert alone.subs(derivative(0, 1), 0).coeff(derivative(0, 2)) == -KAPPA / 12


def test_noise_and_data_forms_are_one_method_at_order_one_alone():
    """DDIM in both forms is the same step; multistep rules of order 2 in the two forms are not."""
    assert local_error("ddim") == local_error("dpm-1") == local_error("dpm++1")
    noise, data = local_error("deis-t2", variable="log-snr"), local_error("dpm++2m", simple=False)
    assert noise.power == data.power == 3
    assert sp.expand(noise.coefficient - data.coefficient) != 0


def test_translation_does_not_enter_exponential_rules():
    """u itself appears in Euler's and Heun's rule in time alone."""
    for name in QUIET:
        assert (U in local_error(name).coefficient.free_symbols) == (name in ("euler", "heun"))


def test_euler_in_time_is_ddim_where_signal_and_noise_are_lines():
    """Flow matching: alpha = 1 - t and sigma = t, in the velocity of x."""
    t = sp.Symbol("t", positive=True)
    level, rate = sp.log((1 - t) / t), 1 / (t * (1 - t))
    bend = sp.simplify(sp.diff(level, t, 2) / rate**2)
    first, second = sp.simplify(1 / (1 - t) / rate), sp.simplify(sp.diff(sp.log(1 - t), t, 2) / rate**2)
    found = local_error("euler").coefficient
    put = {sp.Symbol("a_1"): first, sp.Symbol("a_2"): second, sp.Symbol("b_2"): bend, KAPPA: t / (1 - t)}
    same = local_error("ddim").coefficient.subs(KAPPA, t / (1 - t))
    assert sp.simplify(found.subs(put) - same) == 0
    other = {**put, sp.Symbol("b_2"): 0}
    assert sp.simplify(found.subs(other) - same) != 0


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: local_error("ddpm"), ValueError, "method"),
        (lambda: local_error("paradigms"), ValueError, "method"),
        (lambda: local_error("ddim", eta=1.0), TypeError, "options"),
        (lambda: local_error("deis-t3", ratio=0), ValueError, "ratio"),
        (lambda: local_error("deis-t3", order=5), ValueError, "order"),
        (lambda: local_error("deis-t3", variable="snr"), ValueError, "variable"),
        (lambda: local_error("euler", variable="log-snr"), ValueError, "variable"),
        (lambda: local_error("dpm-2", place=2), ValueError, "place"),
        (lambda: local_error("dpm-2", simple=1), TypeError, "simple"),
        (lambda: local_error("dpm-2", form="score"), ValueError, "form"),
        (lambda: along_flow(6), ValueError, "n must"),
        (lambda: along_flow(-1), ValueError, "n must"),
        (lambda: along_flow(1, "snr"), ValueError, "variable"),
    ],
)
def test_what_is_outside_is_answered(call, error, words):
    """By name of the argument."""
    with pytest.raises(error, match=words):
        call()


def test_series_divide_and_multiply():
    """exp(ell) exp(-ell) = 1, and a quotient times its divisor is the dividend."""
    generic = Flow(4)
    product = generic.times(generic.kappa, generic.inverse)
    assert product == [generic.ring.one] + [generic.ring.zero] * (len(product) - 1)
    quotient = generic.over(generic.kappa, generic.inverse)
    assert generic.times(quotient, generic.inverse) == generic.kappa
