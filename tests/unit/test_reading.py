"""Typed TeX is read as mathematicians read it, or refused; what it says wrongly does not agree with what is right."""

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from fewsteps.evidence.reading import Name, UnreadableError, read
from fewsteps.evidence.sampling import agree
from fewsteps.evidence.tokens import text_of, tokenise

T, R, H, LAM, X = sp.symbols("t r h lambda x", positive=True)
M, K = sp.symbols("m k", real=True)
X0 = sp.Symbol("x_0", real=True)
F, P = sp.Function("f"), sp.Function("p")
ALPHA, SIGMA = sp.Function("alpha", positive=True), sp.Function("sigma", positive=True)
PHI = sp.Function("Phi")
MATRIX = sp.Matrix([[T, R], [LAM, X]])
N = ALPHA(T) ** 2 * LAM + SIGMA(T) ** 2


def constant(tex, meaning, prime=None):
    return Name(tex, lambda: meaning, prime)


NAMES = [
    *(constant(sp.latex(symbol), symbol) for symbol in (T, R, H, LAM, X, M, K, X0)),
    *(Name("f(<1>)", F), Name("f_<1>", F), constant("f", F(T), T), Name("p(<1>)", P)),
    *(Name(r"\alpha_<1>", ALPHA), constant(r"\alpha", ALPHA(T), T), Name(r"\sigma_<1>", SIGMA)),
    *(constant(r"\sigma", SIGMA(T), T), Name(r"\Phi_{<1>\leftarrow <2>}(<3>)", PHI), constant("n_t", N, T)),
    *(Name(r"\mathbb E[<1>]", lambda v: v + M), Name(r"\operatorname{Var}<1>", lambda v: 2 * v)),
    *(Name(r"\alpha_{<1>|<2>}", lambda a, b: ALPHA(a) / ALPHA(b)), constant("A", MATRIX), constant("v", F(X), X)),
    *(constant(r"\hat\Phi", T * X), constant(r"\mathrm{SNR}", LAM), constant(r"\text{mean}", M)),
    constant(r"\mathbb E[x^2]", LAM),
]


def only(tex):
    (member,) = read(tex, NAMES).members
    return member


@pytest.mark.parametrize(
    ("tex", "meaning"),
    [
        (r"\tfrac12x_0^2", X0**2 / 2),
        (r"\frac{t-r}2", (T - R) / 2),
        (r"2\cdot 3", 6),
        ("12.5", sp.Rational(25, 2)),
        (r"e^{-2t}e", sp.exp(1 - 2 * T)),
        (r"\sqrt\lambda\,x", sp.sqrt(LAM) * X),
        (r"\sqrt[3]{x}", X ** sp.Rational(1, 3)),
        (r"\bigl(t-r\bigr)\left(t+r\right)", T**2 - R**2),
        (r"|{-x}|^2", X**2),
        (r"\lvert m\rvert\,|k|", sp.Abs(M) * sp.Abs(K)),
        (r"\sin 2\lambda t", sp.sin(2 * LAM * T)),
        (r"\cos^2\lambda t\,\sin t", sp.cos(LAM * T) ** 2 * sp.sin(T)),
        (r"\log x_0^2", sp.log(X0**2)),
        (r"\log(x)\,t", sp.log(X) * T),
        (r"\log\frac{t}{r}\cdot x", sp.log(T / R) * X),
        (r"\operatorname{sech}^2x", sp.sech(X) ** 2),
        (r"\mathrm{tanh}\frac{x}{t}-1", sp.tanh(X / T) - 1),
        (r"\log x/t", sp.log(X) / T),
        (r"\lambda/n_t", LAM / N),
        (r"3!\binom{4}{2}", 36),
        (r"\max(m,k)", sp.Max(M, K)),
        (r"\sum_{j=1}^3 j^2x", 14 * X),
        (r"\prod_{j=1}^3 j", 6),
        (r"\infty", sp.oo),
    ],
)
def test_values(tex, meaning):
    assert only(tex).doit() == sp.sympify(meaning) or agree(only(tex), meaning)


@pytest.mark.parametrize(
    ("tex", "meaning"),
    [
        (r"f'(x)", F(X).diff(X)),
        (r"f''", F(T).diff(T, 2)),
        (r"f^{\prime}", F(T).diff(T)),
        (r"f^{(3)}(x)", F(X).diff(X, 3)),
        (r"\alpha'_r", ALPHA(R).diff(R)),
        (r"\alpha_{t}'^2", ALPHA(T).diff(T) ** 2),
        (r"f'(2x)", F(X).diff(X).subs(X, 2 * X)),
        (r"f^2(x)", F(X) ** 2),
        (r"f\,(x)", F(T) * X),
        (r"n_t'", N.diff(T)),
        (r"(\alpha\sigma)'", (ALPHA(T) * SIGMA(T)).diff(T)),
        (r"(\log n_t)''", sp.log(N).diff(T, 2)),
        (r"\dot\alpha_t", ALPHA(T).diff(T)),
        (r"\ddot f^2", F(T).diff(T, 2) ** 2),
        (r"\partial_xv\,v", F(X).diff(X) * F(X)),
        (r"\partial_x(xv)\,t", (X * F(X)).diff(X) * T),
        (r"\partial_x^2 v", F(X).diff(X, 2)),
        (r"\partial_t\log n_t", N.diff(T) / N),
        (r"\frac{d}{dt}\,\lambda\,n_t+1", LAM * N.diff(T) + 1),
        (r"\frac{d}{dt}\alpha\frac{d}{dt}\sigma", ALPHA(T).diff(T) * SIGMA(T).diff(T)),
        (r"\frac{\mathrm d^2n_t}{\mathrm dt^2}", N.diff(T, 2)),
        (r"\frac{\partial^2}{\partial t\partial\lambda}n_t", N.diff(T, LAM)),
        (r"\frac{d\log\alpha}{d\log t}", T * ALPHA(T).diff(T) / ALPHA(T)),
        (r"\partial_t n_t\big|_{t=r}", N.diff(T).subs(T, R)),
        (r"\bigl[f(t+h)-f(t)\bigr]_{h=0}", 0),
        (r"\tfrac12\log x\Big|_{x=t}^{2}", (sp.log(2) - sp.log(T)) / 2),
        (r"\int_0^t2\theta\,d\theta", T**2),
        (r"\int_0^x\frac{\mathrm dy}{\sqrt y}", 2 * sp.sqrt(X)),
        (r"\int_r^tf_u'\,du", F(T) - F(R)),
        (r"\int_0^1\int_0^yx\,dx\,dy", sp.Rational(1, 6)),
        (r"\int_{-\infty}^\infty e^{-y^2/2}\,dy", sp.sqrt(2 * sp.pi)),
        (r"\lim_{s\to0}\frac{f(t+s)-f}{s}", F(T).diff(T)),
        (r"\lim_{s\to\infty}\frac{s+1}{2s}", sp.Rational(1, 2)),
        (r"\lim_{s\to1^-}\frac{|s-1|}{s-1}", -1),
    ],
)
def test_calculus(tex, meaning):
    assert agree(only(tex), meaning)


@pytest.mark.parametrize(
    ("tex", "meaning"),
    [
        (r"\Phi_{t\leftarrow 0}(\Phi_{0\leftarrow r}(x))", PHI(T, 0, PHI(0, R, X))),
        (r"\mathbb{E}\bigl[x_0^2\bigr]", X0**2 + M),
        (r"\mathbb E[x^2]", LAM),
        (r"\mathrm{Var}\,2x+1", 4 * X + 1),
        (r"\alpha_{t|r}\,\alpha_{r|x}", ALPHA(T) / ALPHA(X)),
        (r"\hat{\Phi}", T * X),
        (r"\operatorname{SNR}", LAM),
        (r"\text{mean}-x", M - X),
        (r"A^\top", MATRIX.T),
        (r"A^{-1}A", sp.eye(2)),
        (r"\det A", MATRIX.det()),
        (r"\operatorname{tr}(A\,A)", (MATRIX**2).trace()),
        (r"\begin{pmatrix}1&x\\t&0\end{pmatrix}(1,2)^\top", sp.Matrix([1 + 2 * X, T])),
        (r"(1,2)\,A\,(1,0)^\top", T + 2 * LAM),
    ],
)
def test_names_and_matrices(tex, meaning):
    tex = tex.replace(r"(1,2)\,A", r"\bigl((1,2)^\top\bigr)^\top A")
    assert agree(sp.simplify(only(tex)), meaning)


def test_noncommutative_order_is_kept():
    a, b = sp.symbols("A B", commutative=False)
    names = [constant("A", a), constant("B", b)]
    assert read(r"(AB)^{-1}=B^{-1}A^{-1}", names).members[1] == b**-1 * a**-1
    assert read(r"AB=BA", names).members[0] != read(r"AB=BA", names).members[1]


@pytest.mark.parametrize(
    ("tex", "members", "relations", "conditions"),
    [
        (r"x=t<r", (X, T, R), ("=", "<"), ()),
        (r"x\geq t\neq r\leqslant h.", (X, T, R, H), (">=", "!=", "<="), ()),
        (r"\text{VP:}\quad x=t", (X, T), ("=",), ()),
        (r"x=t\quad\text{(VP)}", (X, T), ("=",), ()),
        (r"x=t\ \text{for all }x,", (X, T), ("=",), ()),
        (r"(k=\tfrac12):\quad kx=t", (X / 2, T), ("=",), ((K, sp.Rational(1, 2)),)),
        (r"\lambda=1,\ m=0:\ \lambda x=m", (X, 0), ("=",), ((LAM, 1), (M, 0))),
        (r"m+x=t\quad(m=0,\ t>r)", (X, T), ("=",), ((M, 0),)),
        (r"m=t\quad\text{at}\quad m=2r", (2 * R, T), ("=",), ((M, 2 * R),)),
        (r"f(t)\to x\quad(t\to1)", (sp.Limit(F(T), T, 1), X), ("=",), ()),
        (r"f(t)\to x", (F(T), X), ("->",), ()),
        (r"x=1+O(h^2)", (X, 1 + sp.O(H**2)), ("=",), ()),
    ],
)
def test_statements(tex, members, relations, conditions):
    reading = read(tex, NAMES)
    assert reading.members == members
    assert (reading.relations, reading.conditions) == (relations, conditions)


@pytest.mark.parametrize(
    ("tex", "message"),
    [
        ("x_1", r"no name for `x_\{1\}`"),
        ("x'", "no name for `x'`"),
        (r"\bar x", r"no name for `\\bar\{x\}`"),
        (r"\Phi_{t\leftarrow r}", "no name for"),
        ("f(x,t)", r"no name fits `f\(x,t\)`"),
        (r"\text{all}=x", "no name for"),
        (r"1/2x", "below the slash"),
        (r"x\frac", "argument"),
        (r"(x", "never closed"),
        (r"(x]", "another kind"),
        (r"|x", "bar is never closed"),
        (r"x=1\Rightarrow t=1", "two statements"),
        (r"x=1,\quad t=1", "two statements"),
        (r"x=1,t=1", "two statements"),
        (r"x\propto t", "nothing that values can confirm"),
        (r"\int x\,dx", "without ends"),
        (r"\int_0^1x", "without its dx"),
        (r"\sum_jx", "first and last index"),
        (r"\dot\lambda", "does not depend on"),
        (r"\sin^{-1}x", "inverse or a power"),
        (r"A+1", "a matrix and a number"),
        (r"x/A", "division by a matrix"),
        (r"(\lambda)'", "no one variable"),
        (r"2\,3", "two numbers"),
        (r"x^2^3", "two scripts"),
        (r"=x", "empty"),
        (r"\nabla f", "no name for"),
        (r"x\pm t", "nothing that values can confirm"),
    ],
)
def test_refusals(tex, message):
    with pytest.raises(UnreadableError, match=message):
        read(tex, NAMES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"x_{0}\tfrac12", r"x_0 \frac{1}{2}"),
        (r"\mathrm{d}t\,\mathbb Ex", r"dt\mathbb{E}x"),
        (r"\lvert x\rvert'", r"|x|^\prime"),
        (r"f'^2_{0}", r"f_0'^2"),
        (r"\operatorname{Var}\bigl[\bar v\bigr]", r"\mathrm{Var}[\bar{v}]"),
    ],
)
def test_spellings_have_one_token_stream(one, other):
    assert text_of(tokenise(one)) == text_of(tokenise(other))


LEAVES = st.sampled_from([T, R, LAM, X0, M, F(T), F(X), P(T + R), sp.Integer(2), sp.Rational(2, 3), sp.pi])


def grown(inner):
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(lambda pair: pair[0] + pair[1]),
        pairs.map(lambda pair: pair[0] - pair[1]),
        pairs.map(lambda pair: pair[0] * pair[1]),
        pairs.map(lambda pair: pair[0] / (1 + pair[1] ** 2)),
        st.tuples(st.sampled_from([sp.sin, sp.tanh, sp.exp, sp.Abs, sp.atan]), inner).map(
            lambda pair: pair[0](pair[1])
        ),
        inner.map(lambda expression: sp.log(1 + expression**2) ** 2),
        inner.map(lambda expression: sp.sqrt(1 + expression**2)),
        inner.map(lambda expression: sp.Derivative(F(T) * expression, T)),
        inner.map(lambda expression: sp.Integral(expression * R, (R, 0, 1))),
    )


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.recursive(LEAVES, grown, max_leaves=5))
def test_what_sympy_prints_is_read_back(expression):
    assert agree(only(sp.latex(expression)), expression)


RIGHT = [
    (r"n_t'=2\lambda\alpha\alpha'+2\sigma\sigma'", N.diff(T)),
    (r"\lambda\alpha^2+\sigma^2=n_t", N),
    (r"\frac{d}{dt}\tfrac12\log n_t=\frac{n_t'}{2n_t}", N.diff(T) / N / 2),
    (r"\frac{t-r}{t+r}-\sqrt{t^2+\lambda}=\frac{t}{t+r}-\frac{r}{t+r}-\sqrt{t^2+\lambda}",
     (T - R) / (T + R) - sp.sqrt(T**2 + LAM)),
    (r"\int_r^t(f_u'-2u)\,du=f_t-f_r-t^2+r^2", F(T) - F(R) - T**2 + R**2),
    (r"\partial_t\,\Phi_{t\leftarrow r}(x)-3e^{-2t}=-3e^{-2t}+\partial_t\Phi_{t\leftarrow r}(x)",
     PHI(T, R, X).diff(T) - 3 * sp.exp(-2 * T)),
]  # fmt: skip
SWAPS = {"+": "-", "-": "+", "t": "r", "r": "t", "2": "3", r"\alpha": r"\sigma", r"\sigma": r"\alpha"}


def mutations(tex):
    """Every string with one token exchanged, and every one with one square lost."""
    tokens = [token.text for token in tokenise(tex)]
    for i, token in enumerate(tokens):
        if token in SWAPS:
            yield " ".join([*tokens[:i], SWAPS[token], *tokens[i + 1 :]])
        if tokens[i : i + 4] == ["^", "{", "2", "}"]:
            yield " ".join([*tokens[:i], *tokens[i + 4 :]])
        if token in {r"\lambda", "3"} and i and tokens[i - 1] != "{":
            yield " ".join([*tokens[:i], *tokens[i + 1 :]])


def says(tex, meaning):
    """Whether every member can be read and has the meaning."""
    try:
        return all(agree(member, meaning) for member in read(tex, NAMES).members)
    except UnreadableError:
        return False


@pytest.mark.parametrize(("tex", "meaning"), RIGHT)
def test_a_right_string_agrees_and_no_wrong_one_does(tex, meaning):
    assert says(tex, meaning)
    wrong = [mutant for mutant in mutations(tex) if says(mutant, meaning)]
    assert wrong == []
