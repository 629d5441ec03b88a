r"""The page's registry of symbols: a name is TeX together with a sympy object, and one name has one meaning.

What `derived` shows is rendered from expressions in these names, or typed and read back through them; what it checks
are the objects. So a formula and its check can differ only where a definition in the registry says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import sympy as sp
from sympy.core.function import AppliedUndef, FunctionClass

from fewsteps.evidence.reading import Name


class Named(sp.Function):
    """An expression that prints as its name and means its body; made by `Notation.name`."""

    tex: ClassVar[str]
    body: ClassVar[sp.Lambda]
    places: ClassVar[tuple[sp.Symbol, ...]]
    case: ClassVar[str | None]

    def _eval_nseries(self, x: sp.Symbol, n: int, logx: Any, cdir: Any = 0) -> sp.Expr:
        return unfold(self)._eval_nseries(x, n, logx, cdir)

    def _eval_as_leading_term(self, x: sp.Symbol, logx: Any = None, cdir: Any = 0) -> sp.Expr:
        return unfold(self)._eval_as_leading_term(x, logx, cdir)


class Operated(sp.Function):
    """An operator such as a mean, applied but not yet computed; made by `Notation.operator`."""

    tex: ClassVar[str]
    compute: ClassVar[Callable[..., sp.Expr]]
    case: ClassVar[str | None]

    def _eval_derivative(self, symbol: sp.Symbol) -> sp.Expr:
        # The chain rule does not pass through an operator: a mean of a square is no function of one number.
        return sp.Derivative(self, symbol, evaluate=False)


class Notation:
    r"""The names of one page. The newest one made is the one that the page's checks use.

    Examples
    --------
    >>> page = Notation()
    >>> t, lam = sp.symbols("t lambda", positive=True)
    >>> n = page.name("n_t", lam * (1 - t) ** 2 + t**2, t)
    >>> unfold(sp.diff(n, t)).subs({lam: 1, t: 1})
    2
    >>> page.name("n_t", lam, t)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ValueError: n_t has another meaning on this page already: ...
    """

    current: ClassVar[Notation | None] = None

    def __init__(self) -> None:
        self._meanings: dict[str, Any] = {}
        self.names: dict[str, Name] = {}
        Notation.current = self

    def symbols(self, text: str, **assumptions: bool) -> Any:
        """Sympy symbols, known to the page from the start."""
        made = sp.symbols(text, **assumptions)
        for symbol in made if isinstance(made, tuple) else (made,):
            self.meet(symbol)
        return made

    def name(self, tex: str, meaning: Any, *variables: sp.Symbol, case: str | None = None) -> Any:
        r"""Give an object a name.

        Parameters
        ----------
        tex : str
            How it prints; ``<1>``, ``<2>`` stand for its arguments: ``r"\Phi_{<1>\leftarrow <2>}(<3>)"``.
        meaning : sympy expression or Lambda
            What it means. With a Lambda, or with slots and `variables`, the name is a function to be applied.
        variables : symbols
            What it depends on; by default all free symbols. With one variable, derivatives are printed with a prime.
        case : str, optional
            The special case in which this is its meaning; every claim that uses the name carries it.
        """
        if isinstance(meaning, sp.MatrixBase):
            raise TypeError(f"meaning of {tex} must be scalar: pass the matrix itself and bind its TeX with where=")
        if isinstance(meaning, sp.Lambda):
            body, places = meaning, tuple(meaning.variables)
        else:
            meaning = sp.sympify(meaning)
            places = tuple(variables or sorted(meaning.free_symbols, key=str))
            body = sp.Lambda(places, meaning)
        self.settle(tex, body)
        made = _make(Named, tex, len(places), body=body, places=places, case=case)
        slots = bool(re.search(r"<\d>", tex))
        applied = made(*places)
        only = places[0] if len(places) == 1 else None
        self.names[tex] = Name(tex, made) if slots else Name(tex, lambda: applied, only)
        return made if slots or isinstance(meaning, sp.Lambda) else applied

    def operator(self, tex: str, compute: Callable[..., Any], *, case: str | None = None) -> Any:
        r"""Name an operator, say ``r"\mathbb E[<1>]"``, with the function that computes it."""
        slots = len(set(re.findall(r"<\d>", tex)))
        self.settle(tex, compute)
        made = _make(Operated, tex, slots, compute=staticmethod(compute), case=case)
        self.names[tex] = Name(tex, made)
        return made

    def function(self, tex: str, **assumptions: bool) -> Any:
        r"""An unknown function that prints as `tex`, say ``r"\alpha_<1>"``."""
        made = sp.Function(_plain(tex), **assumptions)
        made.tex = tex
        self.settle(tex, "function")
        self.names[tex] = Name(tex, made)
        return made

    def settle(self, tex: str, meaning: Any) -> None:
        """Hold a name to one meaning."""
        key = re.sub(r"\s+|\\[,;!]", "", tex)
        known = self._meanings.setdefault(key, meaning)
        if known != meaning:
            words = known if isinstance(known, str) else sp.latex(known) if isinstance(known, sp.Basic) else repr(known)
            raise ValueError(f"{tex} has another meaning on this page already: {words}")

    def meet(self, *expressions: Any) -> None:
        """Record the plain symbols and functions of some expressions."""
        for expression in expressions:
            for atom in _sorted(expression.atoms(sp.Symbol)):
                if atom.name in ("+", "-"):  # the direction of a limit
                    continue
                self.settle(sp.latex(atom), "symbol")
                self.names.setdefault(f"symbol {sp.latex(atom)}", Name(sp.latex(atom), _constant(atom)))
            for atom in _sorted(expression.atoms(AppliedUndef)):
                self.settle(getattr(atom.func, "tex", sp.latex(atom.func)), "function")

    def for_reading(self, expressions: Iterable[Any], where: dict[str, Any]) -> list[Name]:
        """Everything that typed TeX may mention beside these checked sides."""
        found: dict[str, Name] = {}
        for expression in expressions:
            for name in _atoms(expression):
                found[name.tex] = name
        for tex, meaning in where.items():
            found[tex] = Name(tex, _constant(meaning), _only(meaning))
        known = {name.tex: name for name in self.names.values()}
        return list({**known, **found}.values())


def unfold(expression: Any) -> Any:
    """Put every name's meaning in its place, and compute every operator."""
    if isinstance(expression, sp.MatrixBase):
        return expression.applyfunc(unfold)
    if not isinstance(expression, sp.Basic) or not expression.has(Named, Operated):
        return expression
    if isinstance(expression, Operated):
        return unfold(sp.sympify(type(expression).compute(*map(unfold, expression.args))))
    if isinstance(expression, Named):
        return unfold(type(expression).body(*map(unfold, expression.args)))
    if isinstance(expression, sp.Derivative):
        return unfold(expression.expr).diff(*expression.variable_count)
    if isinstance(expression, sp.Subs):
        return unfold(expression.expr).subs(
            dict(zip(expression.variables, map(unfold, expression.point), strict=True)), simultaneous=True
        )
    return expression.func(*map(unfold, expression.args))


def cases_of(*expressions: Any) -> list[str]:
    """The special cases that the names in some expressions bring with them."""
    found: list[str] = []
    for expression in expressions:
        for node in sp.preorder_traversal(expression):
            if isinstance(node, Named | Operated):
                inner = cases_of(type(node).body.expr) if isinstance(node, Named) else []
                found += [case for case in (type(node).case, *inner) if case]
    return list(dict.fromkeys(found))


def _make(base: type, tex: str, count: int, **attributes: Any) -> Any:
    return FunctionClass(f"{base.__name__}_{_plain(tex)}", (base,), {"tex": tex, "nargs": count, **attributes})


def _plain(tex: str) -> str:
    return re.sub(r"\W+", "_", re.sub(r"<\d>", "", tex)).strip("_") or "name"


def _sorted(atoms: Iterable[Any]) -> list[Any]:
    return sorted(atoms, key=sp.default_sort_key)


def _constant(meaning: Any) -> Callable[[], Any]:
    return lambda: meaning


def _only(meaning: Any) -> Any:
    free: set[Any] = getattr(meaning, "free_symbols", set())
    return next(iter(free)) if len(free) == 1 else None


def _atoms(expression: Any) -> list[Name]:
    """The names that plain symbols and unknown functions have by themselves."""
    names = [Name(sp.latex(symbol), _constant(symbol)) for symbol in _sorted(expression.atoms(sp.Symbol))]
    by_function: dict[Any, list[Any]] = {}
    for atom in _sorted(expression.atoms(AppliedUndef)):
        by_function.setdefault(atom.func, []).append(atom)
    for function, seen in by_function.items():
        template = getattr(function, "tex", "")
        stem = re.sub(r"_?\{?<\d>.*", "", template).rstrip("([ ") or sp.latex(function)
        slots = ", ".join(f"<{i + 1}>" for i in range(len(seen[0].args)))
        names += [Name(tex, function) for tex in dict.fromkeys([template, f"{stem}({slots})"]) if tex]
        if len(seen[0].args) == 1 and "_" not in stem:  # p_1 has its subscript already
            names.append(Name(f"{stem}_<1>", function))
        if len(seen) == 1:
            names.append(Name(stem, _constant(seen[0]), _only(seen[0])))
    return names
