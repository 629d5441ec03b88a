import sys
from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp

from fewsteps.evidence import EvidenceError, Notation, bounded, derived, order, places, refuted, verified

x, y = sp.symbols("x y", positive=True)
h = np.array([0.2, 0.1, 0.05, 0.025])


@pytest.fixture(autouse=True)
def _page():
    Notation()


def test_derived_accepts_and_rejects():
    derived("OM-E3", (x + 1) ** 2, x**2 + 2 * x + 1, control=x**2 + 1, mistake="lost the mixed term")
    derived("OM-E3", sp.Matrix([x, x * (x + 1)]), sp.Matrix([x, x**2 + x]))
    derived("OM-E3", x + 1, 0, relation=">", control=x**2 + 2 * x, mistake="squared")
    with pytest.raises(EvidenceError, match="does not come out"):
        derived("OM-E3", x, x + 1)
    with pytest.raises(EvidenceError, match="does not come out > 0"):
        derived("OM-E3", -x, 0, relation=">")
    with pytest.raises(EvidenceError, match=r"the control .* passes as well"):
        derived("OM-E3", x, x, show="x=x", control=x + 0, mistake="none")
    with pytest.raises(ValueError, match="relation must be one of"):
        derived("OM-E3", x, x, relation="<")


def test_a_chain_is_checked_link_by_link(capsys):
    derived("OM-E3", [(x + 1) ** 2 - 1, x**2 + 2 * x, x * (x + 2)])
    assert capsys.readouterr().out.count("=") == 2
    with pytest.raises(EvidenceError, match="does not come out"):
        derived("OM-E3", [(x + 1) ** 2 - 1, x**2 + x, x * (x + 2)])
    with pytest.raises(EvidenceError, match="passes as well"):
        derived("OM-E3", [x + x, 2 * x, 3 * x - x], control=2 * x, mistake="none")
    with pytest.raises(ValueError, match="a chain has at least two sides"):
        derived("OM-E3", [x, x], relation=">")


def test_an_order_is_expanded():
    derived("OM-E3", sp.exp(x), 1 + x + sp.O(x**2), control=1 + 2 * x + sp.O(x**2), mistake="twice the step")
    with pytest.raises(EvidenceError, match="does not come out"):
        derived("OM-E3", sp.exp(x), 1 + x + sp.O(x**3))
    derived("OM-E3", sp.exp(x), 1 + x + sp.O(x**2), show=r"e^x=1+x+O(x^2)")
    with pytest.raises(EvidenceError, match="is shown"):
        derived("OM-E3", sp.exp(x), 1 + x + sp.O(x**2), show=r"e^x=1+x+O(x^3)")
    with pytest.raises(EvidenceError, match="is shown"):
        derived("OM-E3", sp.exp(x), 1 + x + sp.O(x**2), show=r"e^x=1+x")


def test_orders_at_infinity_and_of_names():
    T = sp.Symbol("T", positive=True)
    derived("OM-E3", sp.exp(1 / T), 1 + 1 / T + sp.O(1 / T**2, (T, sp.oo)), show=r"e^{1/T}=1+\frac1T+O(T^{-2})")
    with pytest.raises(EvidenceError, match="does not come out"):
        derived("OM-E3", sp.exp(1 / T), 1 + 1 / T + sp.O(1 / T**3, (T, sp.oo)))
    name = Notation().name("f_x", x**2 + x**3, x)
    derived("OM-E3", 1 + name, 1 + x**2 + sp.O(x**3))
    derived("OM-E3", 1 + x**2 + x**3, 1 + name + sp.O(x**4))


def test_controls_of_inequalities_violate_the_relation():
    for control in (2 * (x + 1), x + 1):
        with pytest.raises(EvidenceError, match="multiple of the claim"):
            derived("OM-E3", x + 1, 0, relation=">", control=control, mistake="twice")
    with pytest.raises(EvidenceError, match="multiple of the claim"):
        derived("OM-E3", x + 1, x, relation=">", control=x + 2, mistake="one more")
    with pytest.raises(EvidenceError, match="satisfies the relation"):
        derived("OM-E3", x + 1, 0, relation=">", control=x / (1 + x), mistake="a weaker bound")


def test_a_control_has_a_name():
    for call in (
        lambda **more: derived("OM-E3", x, x, **more),
        lambda **more: verified("OM-E3", 1.0, 1.0, atol=0.1, against="a", **more),
        lambda **more: bounded("OM-E3", h**2, h, against="a", **more),
        lambda **more: order("OM-E3", h, h**2 * (1 + h), 2, tol=0.3, against="a", **more),
    ):
        for more in ({"control": h}, {"mistake": "lost alpha"}):
            with pytest.raises(ValueError, match="control= and mistake= come together"):
                call(**more)


def test_what_is_shown_is_what_was_checked():
    derived("OM-E3", (x + 1) ** 2, x**2 + 2 * x + 1, show=r"(1+x)^2=x^2+2\,x+1")
    for wrong, words in (
        (r"(1+x)^2=x^2+x+1", "is shown, but"),
        (r"(1-x)^2=x^2-2x+1", "is shown, but"),
        (r"(1+x)^2", "states nothing"),
        (r"(1+x)^2>x^2+2x+1", "checked was '='"),
        (r"(1+x)^2=x^2+2x+1\implies x>0", "cannot be read back"),
        (r"(1+q)^2=q^2+2q+1", "cannot be read back"),
    ):
        with pytest.raises(EvidenceError, match=words):
            derived("OM-E3", (x + 1) ** 2, x**2 + 2 * x + 1, show=wrong)
    derived("OM-E3", x + y, y, relation=">", show=r"x+y>y")
    derived("OM-E3", x + y, y, relation=">", show=r"y<y+x=x+y")
    with pytest.raises(EvidenceError, match="is shown, but"):
        derived("OM-E3", x + y, y, relation=">", show=r"x+y>x")
    with pytest.raises(EvidenceError, match="relations"):
        derived("OM-E3", x + y, y, relation=">", show=r"x+y=y")


def test_stated_formulas_say_why_and_what(capsys):
    derived("OM-E3", x, x, show=r"\text{for all laws}", stated="in words", case="one law")
    assert "One law: $" in capsys.readouterr().out
    with pytest.raises(ValueError, match="needs case="):
        derived("OM-E3", x, x, show=r"\text{for all laws}", stated="in words")
    with pytest.raises(TypeError, match="show must be TeX or False"):
        derived("OM-E3", x, x, show=x)


def test_nothing_is_shown_equal_to_itself():
    with pytest.raises(EvidenceError, match="would be shown on both sides"):
        derived("OM-E3", x + y, y + x)


def test_names_print_and_mean(capsys):
    page, (t, lam) = Notation(), sp.symbols("t lambda", positive=True)
    n = page.name("n_t", lam * (1 - t) ** 2 + t**2, t, case="straight path")
    told = "lost the factor 2"
    derived("OM-E3", sp.Derivative(n, t), 2 * t - 2 * lam * (1 - t), control=t - lam * (1 - t), mistake=told)
    assert r"Straight path: $n_t' = 2 t - 2 \lambda \left(1 - t\right)$" in capsys.readouterr().out
    derived("OM-E3", sp.Derivative(n, t), 2 * t - 2 * lam * (1 - t), show=r"n_t'=2t-2\lambda(1-t)")
    with pytest.raises(EvidenceError, match="is shown"):
        derived("OM-E3", sp.Derivative(n, t), 2 * t - 2 * lam * (1 - t), show=r"n_t=2t-2\lambda(1-t)")
    mean = page.operator(r"\mathbb E[<1>]", lambda e: sp.integrate(e, (t, 0, 1)))
    derived("OM-E3", mean(n), (1 + lam) / 3)
    assert r"\mathbb E[n_t] =" in capsys.readouterr().out.splitlines()[-1]
    derived("OM-E3", mean(n), (1 + lam) / 3, show=r"\mathbb E[n_t]=\tfrac13(1+\lambda)")
    with pytest.raises(EvidenceError, match="is shown"):
        derived("OM-E3", mean(n), (1 + lam) / 3, show=r"\mathbb E[n_t^2]=\tfrac13(1+\lambda)")


def test_a_name_for_a_symbol_means_it(capsys):
    page = Notation()
    derived("OM-E3", page.name("m", x) * y, x * y)
    assert "$y m = x y$" in capsys.readouterr().out


def test_names_with_slots():
    page, (r, t, u, a) = Notation(), sp.symbols("r t u a", real=True)
    phi = page.name(r"\Phi_{<1>\leftarrow <2>}(<3>)", sp.Lambda((t, r, x), x * sp.exp(a * (t - r))))
    derived("OM-E3", phi(t, u, phi(u, r, x)), phi(t, r, x), control=phi(t, u, x), mistake="one step only")
    text = r"\Phi_{t\leftarrow u}\bigl(\Phi_{u\leftarrow r}(x)\bigr)=\Phi_{t\leftarrow r}(x)"
    derived("OM-E3", phi(t, u, phi(u, r, x)), phi(t, r, x), show=text)
    with pytest.raises(EvidenceError, match="is shown"):
        derived("OM-E3", phi(t, u, phi(u, r, x)), phi(t, r, x), show=text.replace("t\\leftarrow r", "r\\leftarrow t"))


def test_one_name_has_one_meaning():
    page, t = Notation(), sp.Symbol("t")
    page.name("n", t**2)
    with pytest.raises(ValueError, match="n has another meaning"):
        page.name("n", t**3)
    with pytest.raises(ValueError, match="n has another meaning"):
        derived("OM-E3", sp.Symbol("n") * t, t * sp.Symbol("n"))
    derived("OM-E3", t, t, show=r"\Delta=t", where={r"\Delta": t})
    with pytest.raises(ValueError, match="another meaning"):
        derived("OM-E3", t**2, t**2, show=r"\Delta=t^2", where={r"\Delta": t**2})
    derived("OM-E3", 2 * sp.Function("f")(t), sp.Function("f")(t) + sp.Function("f")(t), show="2f=f+f")
    with pytest.raises(ValueError, match="f has another meaning"):
        derived("OM-E3", sp.Symbol("f"), sp.Symbol("f"))


def test_conditions_are_part_of_the_check():
    lam = sp.Symbol("lambda", positive=True)
    derived("OM-E3", lam + x, x + lam, show=r"\lambda+x=1+x\quad(\lambda=1)")
    with pytest.raises(EvidenceError, match="is shown"):
        derived("OM-E3", lam + x, x + lam, show=r"\lambda+x=1+x")


def test_verified_accepts_and_rejects():
    verified("OM-E3", [1.0, 2.0], [1.0, 2.0 + 1e-12], rtol=1e-11, against="a", control=[1.0, 2.1], mistake="b")
    verified("OM-E3", "(1|2)", "(1|2)", against="a string", control="(2|1)", mistake="the other way round")
    verified("OM-E3", np.array([1, 2]), np.array([1, 2]), against="a", control=np.array([1, 3]), mistake="b")
    with pytest.raises(EvidenceError, match=r"absolute error 0.1 .* at entry 1: got 2, want 2.1"):
        verified("OM-E3", [1.0, 2.0], [1.0, 2.1], atol=1e-3, against="a")
    with pytest.raises(EvidenceError, match="relative error inf"):
        verified("OM-E3", 1e-9, 0.0, rtol=1e-3, against="a zero")
    with pytest.raises(EvidenceError, match="the control passes as well"):
        verified("OM-E3", 1.0, 1.0, atol=1e-3, against="a", control=1.0001, mistake="b")
    with pytest.raises(EvidenceError, match="entry 1: got 'hybrid', want 'consistency'"):
        verified("OM-E3", ["BOOT", "hybrid"], ["BOOT", "consistency"], against="the theorem's phases")
    with pytest.raises(EvidenceError, match="got 'a', want 'b'"):
        verified("OM-E3", "a", "b", against="a string")
    with pytest.raises(ValueError, match="rtol or atol"):
        verified("OM-E3", 1.0, 1.0, rtol=1, atol=1, against="a")
    with pytest.raises(ValueError, match="got must be finite"):
        verified("OM-E3", float("nan"), float("nan"), atol=1, against="a")
    with pytest.raises(ValueError, match="one shape"):
        verified("OM-E3", [1.0], [1.0, 1.0], atol=1, against="a")
    with pytest.raises(ValueError, match="one shape"):
        verified("OM-E3", [1.0, 1.0], [1.0, 1.0], atol=1, against="a", control=3.0, mistake="b")
    with pytest.raises(TypeError, match="got must be real"):
        verified("OM-E3", 1j, 1.0, atol=1, against="a")


@pytest.mark.parametrize(
    ("got", "want", "how", "words"),
    [
        ([1.0, 2.0, 4.0], [1.0, 2.1, 4.1], {"atol": 0.01}, r"absolute error 0.1 .* \(2 of 3 entries are beyond it\)"),
        ([[1.0], [2.0]], [[1.0], [2.0 + 1e-8]], {"rtol": 1e-12}, r"at entry 1, 0: got 2, want 2\.00000001"),
        ([1.0, 1e-9], [1.0, 0.0], {"rtol": 1e-3}, "entry 1: got 1e-09, want 0; beside 0 every error is infinite"),
        (3.0, 4.0, {"rtol": 1e-3}, "relative error 0.25 against a table exceeds .* at the number: got 3, want 4"),
        (np.array(["boot", "hybrid"]), np.array(["boot", "vanilla"]), {}, "entry 1: got 'hybrid', want 'vanilla'"),
        ([[1, 2], [3, 4]], [[1, 2], [3, 5]], {}, "in entry 1, entry 1: got 4, want 5"),
        ({"T": 4, "plan": "a"}, {"T": 4, "plan": "b"}, {}, "entry 'plan': got 'a', want 'b'"),
        ({"T": 4}, {"s": 4}, {}, r"got the entries \['T'\], want \['s'\]"),
        (["a"], ["a", "b"], {}, "the lengths are 1 and 2"),
        (np.zeros(2), np.zeros(3), {}, "the lengths are 2 and 3"),
        (1, 2, {}, "differs from a table: got 1, want 2"),
    ],
)
def test_a_failed_comparison_says_which_entry_and_how(got, want, how, words):
    with pytest.raises(EvidenceError, match=words):
        verified("OM-E3", got, want, against="a table", **how)


def test_a_failed_claim_says_where_it_stands_and_what_to_look_for():
    def claim():
        verified("OM-E3", 1.0, 2.0, atol=0.1, against="a table")  # this line

    with pytest.raises(EvidenceError) as caught:
        claim()
    first, place, *advice = str(caught.value).splitlines()
    assert first == "OM-E3: absolute error 1 against a table exceeds the tolerance 0.1, at the number: got 1, want 2"
    line = claim.__code__.co_firstlineno + 1
    assert place.startswith(f"  in line {line} of test_evidence.py: verified(")
    assert place.endswith("# this line")
    assert "must fail" in " ".join(advice)
    with pytest.raises(EvidenceError) as caught:  # whoever planned this check erred, not whoever changed the page
        verified("OM-E3", 1.0, 1.0, atol=1, against="a", control=1.5, mistake="lost half")
    assert "must fail" not in str(caught.value)
    assert "would not notice 'lost half'" in str(caught.value)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: bounded("OM-E3", h, h**2, against="steps"), r"at entry 0: 0\.2 is not at most 0\.04 \(allowance 0\)"),
        (lambda: order("OM-E3", h, h**2, 3, tol=0.1, against="a table"), "observed order 2.000, claimed 3 within 0.1"),
        (lambda: derived("OM-E3", x, y), "lhs - rhs does not come out = 0 but as x - y"),
        (lambda: derived("OM-E3", [x + x, 2 * x, 3 * x], None), "side 2 - side 3 of the chain does not come out"),
        (lambda: refuted("OM-E3", x, y, x, source="a", holds="b", grade="gap"), "corrected statement does not hold"),
    ],
)
def test_every_claim_that_does_not_hold_teaches(call, words):
    with pytest.raises(EvidenceError, match=words) as caught:
        call()
    assert "of test_evidence.py: " in str(caught.value)
    assert "it must fail" in str(caught.value)


def test_a_check_of_nothing_is_an_error():
    for call in (
        lambda: verified("OM-E3", [], [], atol=1, against="a"),
        lambda: bounded("OM-E3", [], [], against="a"),
        lambda: order("OM-E3", [], [], 1, tol=1, against="a"),
    ):
        with pytest.raises(ValueError, match="is empty"):
            call()


def test_bounded_accepts_and_rejects():
    bounded("OM-E3", h**2, h, against="four points", control=np.sqrt(h), mistake="the root for the square")
    bounded("OM-E3", h**2, h, against="four points", control_rhs=h**3, mistake="one power too many")
    with pytest.raises(EvidenceError, match=r"the bound is broken by 0.16 at entry 0"):
        bounded("OM-E3", h, h**2, against="four points")
    for more, words in (
        ({"control": h**3}, "satisfies the bound as well"),
        ({"control": h + 1}, "plus a constant"),
        ({"control": 100 * h**2}, "multiple of the left side"),
        ({"control_rhs": 2 * h**2}, "satisfies the sharper bound"),
        ({"control_rhs": h**2 - 1}, "minus a constant"),
    ):
        with pytest.raises(EvidenceError, match=words):
            bounded("OM-E3", h**2, h, against="four points", mistake="b", **more)
    with pytest.raises(ValueError, match="not both"):
        bounded("OM-E3", h**2, h, against="a", control=h, control_rhs=h, mistake="b")


def test_orders_are_measured():
    measured, other = abs(np.exp(h) - 1 - h), abs(np.exp(h) - 1 - h - h**2 / 2)
    order("OM-E3", h, measured, 2, tol=0.1, against="a", control=other, mistake="one term more")
    with pytest.raises(EvidenceError, match="observed order"):
        order("OM-E3", h, measured, 3, tol=0.1, against="a")
    with pytest.raises(EvidenceError, match="shows the same order"):
        order("OM-E3", h, measured, 2, tol=0.1, against="a", control=1 - np.cos(h) + h**5, mistake="b")
    for control, words in (
        (2 * measured, "made of the claimed errors"),
        (measured[::-1], "made of the claimed errors"),
        (3 * h**1.5, "pure power"),
        (np.ones(4), "pure power"),
    ):
        with pytest.raises(EvidenceError, match=words):
            order("OM-E3", h, measured, 2, tol=0.1, against="a", control=control, mistake="b")
    with pytest.raises(ValueError, match="at 4 different steps"):
        order("OM-E3", h[:3], h[:3] ** 2, 2, tol=0.1, against="a")
    with pytest.raises(ValueError, match="errors must be positive"):
        order("OM-E3", h, 0 * h, 2, tol=0.1, against="a")


def test_refuted():
    say = {"source": "a", "holds": "b", "grade": "error"}
    refuted("OM-E3", x, 2 * x, x + x, **say)
    refuted("OM-E3", 1.0, 2.0, 2.0, atol=1e-12, **say)
    refuted("OM-E3", np.array([True, False]), np.array([True, True]), **say)
    with pytest.raises(EvidenceError, match="holds after all"):
        refuted("OM-E3", x + x, 2 * x, 2 * x, **say)
    with pytest.raises(EvidenceError, match="corrected statement does not hold"):
        refuted("OM-E3", x, 3 * x, 2 * x, **say)
    with pytest.raises(ValueError, match="exactly one of rtol and atol"):
        refuted("OM-E3", 1.0, 2.0, 2.0, **say)
    with pytest.raises(ValueError, match="wording goes to"):
        refuted("OM-E3", x, 2 * x, x + x, **{**say, "grade": "wording"})


def test_ids_are_catalogue_ids():
    with pytest.raises(ValueError, match="catalogue ids"):
        verified("nonsense", 1.0, 1.0, atol=1, against="a")
    with pytest.raises(ValueError, match="catalogue ids"):
        verified([], 1.0, 1.0, atol=1, against="a")


def test_a_cell_that_is_executed_again_keeps_its_anchors(monkeypatch):
    request = {}
    kernel = SimpleNamespace(get_parent=lambda channel: request)
    shell = SimpleNamespace(kernel=kernel)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))

    def execute(cell, message, marks=1):
        request.update({"metadata": {"cellId": cell} if cell else {}, "header": {"msg_id": message}})
        return [places.anchor_of("ZZ-E9") for _ in range(marks)]

    assert execute("a", "1", 2) == ["ev-zz-e9-1", "ev-zz-e9-2"]
    assert execute("b", "2") == ["ev-zz-e9-3"]
    assert execute("a", "3", 2) == ["ev-zz-e9-1", "ev-zz-e9-2"]
    assert execute("a", "4", 3) == ["ev-zz-e9-1", "ev-zz-e9-2", "ev-zz-e9-4"]  # one mark more: a new one
    assert execute("b", "5") == ["ev-zz-e9-3"]
    assert execute("", "6") == ["ev-zz-e9-5"]  # a frontend that names no cell
    assert execute("", "7") == ["ev-zz-e9-6"]
    shell.kernel = SimpleNamespace()  # not ipykernel's
    assert execute("a", "8") == ["ev-zz-e9-7"]


def test_a_failed_claim_names_its_cell(monkeypatch):
    compiler = SimpleNamespace(format_code_name=lambda file: ("Cell", "In[7]"))
    shell = SimpleNamespace(compile=compiler)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    with pytest.raises(EvidenceError, match=r"in line \d+ of cell In\[7\]: verified"):
        verified("OM-E3", 1, 2, against="a")


def test_records_travel_with_the_display(monkeypatch):
    shown = []

    class Display:
        @staticmethod
        def display(data, raw, metadata):
            shown.append((data, metadata["fewsteps"]))

    class Shell:
        display = Display

        @staticmethod
        def get_ipython():
            return object()

    monkeypatch.setitem(__import__("sys").modules, "IPython", Shell)
    told = {"case": "d = 1", "control": 2.0, "mistake": "<twice>"}
    verified(["OM-E3", "OM-E7"], 1.0, 1.0 + 1e-13, rtol=1e-12, against="<itself>", **told)
    refuted("OM-E3", 1.0, 2.0, 2.0, atol=0, source=r"\(a\)", holds="b", grade="gap")
    derived("OM-E3", x + y, y + x, show="x+y=y+x")
    (data, record), (_, slip), (formula, line) = shown
    assert record["ids"] == ("OM-E3", "OM-E7")
    found = [record[key] for key in ("kind", "tolerance", "control", "mistake", "case")]
    assert found == ["verified", 1e-12, True, "<twice>", "d = 1"]
    assert 0 < record["error"] < 2e-13
    assert f'id="{record["anchor"]}"' in data["text/html"]
    assert "&lt;itself&gt;" in data["text/html"]
    assert "&lt;twice&gt;" in data["text/html"]
    assert "1e-13" not in data["text/plain"]
    assert (slip["printed"], slip["holds"], slip["grade"]) == (r"\(a\)", "b", "gap")
    assert slip["anchor"] != record["anchor"]
    assert (line["shown"], line["tex"]) == ("read", "x+y=y+x")
    assert formula["text/plain"] == "derived OM-E3: $x+y=y+x$"
