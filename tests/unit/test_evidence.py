import numpy as np
import pytest
import sympy as sp

from fewsteps.evidence import EvidenceError, bounded, derived, order, refuted, verified

x = sp.Symbol("x", positive=True)


def test_derived_accepts_and_rejects():
    derived("OM-E3", (x + 1) ** 2, x**2 + 2 * x + 1, control=x**2)
    derived("OM-E3", sp.Matrix([x, x * x]), sp.Matrix([x, x**2]))
    derived("OM-E3", x + 1, 0, relation=">", control=x + 2)
    with pytest.raises(EvidenceError, match="does not come out"):
        derived("OM-E3", x, x + 1)
    with pytest.raises(EvidenceError, match="does not come out > 0"):
        derived("OM-E3", -x, 0, relation=">")
    with pytest.raises(EvidenceError, match=r"the control .* passes as well"):
        derived("OM-E3", x, x, control=x + 0)
    with pytest.raises(ValueError, match="relation must be one of"):
        derived("OM-E3", x, x, relation="<")


def test_verified_accepts_and_rejects():
    verified("OM-E3", [1.0, 2.0], [1.0, 2.0 + 1e-12], rtol=1e-11, against="itself", control=[1.0, 2.1])
    verified("OM-E3", "(1|2)", "(1|2)", against="a string", control="(2|1)")
    verified("OM-E3", np.array([1, 2]), np.array([1, 2]), against="an array", control=np.array([1, 3]))
    with pytest.raises(EvidenceError, match="exceeds the tolerance"):
        verified("OM-E3", 1.0, 1.1, rtol=1e-3, against="a")
    with pytest.raises(EvidenceError, match="exceeds the tolerance"):
        verified("OM-E3", 1e-9, 0.0, rtol=1e-3, against="a zero")
    with pytest.raises(EvidenceError, match="the control passes as well"):
        verified("OM-E3", 1.0, 1.0, atol=1e-3, against="a", control=1.0001)
    with pytest.raises(EvidenceError, match="exceeds"):
        verified("OM-E3", "a", "b", against="a string")
    with pytest.raises(ValueError, match="rtol or atol"):
        verified("OM-E3", 1.0, 1.0, rtol=1, atol=1, against="a")
    with pytest.raises(ValueError, match="numbers must be finite"):
        verified("OM-E3", float("nan"), float("nan"), atol=1, against="a")
    with pytest.raises(ValueError, match="one shape"):
        verified("OM-E3", [1.0], [1.0, 1.0], atol=1, against="a")


def test_bounded_and_order():
    h = np.array([0.1, 0.05, 0.025])
    bounded("OM-E3", h**2, h, against="three points", control=h + 1)
    order("OM-E3", h, h**2, 2, tol=1e-9, against="a", control=h**3)
    with pytest.raises(EvidenceError, match="the bound is broken"):
        bounded("OM-E3", h, h**2, against="three points")
    with pytest.raises(EvidenceError, match="satisfies the bound as well"):
        bounded("OM-E3", h**2, h, against="three points", control=h**3)
    with pytest.raises(EvidenceError, match="observed order"):
        order("OM-E3", h, h**2, 3, tol=0.1, against="a")
    with pytest.raises(EvidenceError, match="shows the same order"):
        order("OM-E3", h, h**2, 2, tol=0.1, against="a", control=2 * h**2)


def test_refuted():
    say = {"prints": "a", "holds": "b"}
    refuted("OM-E3", x, 2 * x, x + x, **say)
    refuted("OM-E3", 1.0, 2.0, 2.0, atol=1e-12, **say)
    refuted("OM-E3", np.array([True, False]), np.array([True, True]), **say)
    with pytest.raises(EvidenceError, match="holds after all"):
        refuted("OM-E3", x + x, 2 * x, 2 * x, **say)
    with pytest.raises(EvidenceError, match="corrected statement does not hold"):
        refuted("OM-E3", x, 3 * x, 2 * x, **say)
    with pytest.raises(ValueError, match="exactly one of rtol and atol"):
        refuted("OM-E3", 1.0, 2.0, 2.0, **say)


def test_ids_are_catalogue_ids():
    with pytest.raises(ValueError, match="catalogue ids"):
        verified("nonsense", 1.0, 1.0, atol=1, against="a")
    with pytest.raises(ValueError, match="catalogue ids"):
        verified([], 1.0, 1.0, atol=1, against="a")


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
    verified(["OM-E3", "OM-E7"], 1.0, 1.0 + 1e-13, rtol=1e-12, against="<itself>", case="d = 1", control=2.0)
    refuted("OM-E3", 1.0, 2.0, 2.0, atol=0, prints=r"\(a\)", holds="b")
    (data, record), (_, slip) = shown
    assert record["ids"] == ("OM-E3", "OM-E7")
    assert (record["kind"], record["tolerance"], record["control"], record["case"]) == (
        "verified",
        1e-12,
        True,
        "d = 1",
    )
    assert 0 < record["error"] < 2e-13
    assert f'id="{record["anchor"]}"' in data["text/html"]
    assert "&lt;itself&gt;" in data["text/html"]
    assert "1e-13" not in data["text/plain"]
    assert (slip["printed"], slip["holds"]) == (r"\(a\)", "b")
    assert slip["anchor"] != record["anchor"]
