"""How the book prints expressions: names as declared, primes, and no minus sign in front where it can be helped."""

from __future__ import annotations

import re
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.latex import LatexPrinter

from fewsteps.evidence.notation import Named, Operated


class BookPrinter(LatexPrinter):
    """Sympy's printer with the book's typography."""

    def fill(self, template: str, args: tuple[Any, ...]) -> str:
        """Put printed arguments into the slots of a template."""

        def slot(match: re.Match[str]) -> str:
            printed = str(self._print(args[int(match[1]) - 1]))
            bare = template[match.start() - 1 : match.start()] == "_"
            return f"{{{printed}}}" if bare else printed

        return re.sub(r"<(\d)>", slot, template)

    def _print_Named(self, expr: Any, exp: str | None = None) -> str:
        kind = type(expr)
        tex = self.fill(kind.tex, expr.args)
        if "<1>" not in kind.tex and expr.args != kind.places:
            places = ",".join(
                f"{self._print(variable)}={self._print(value)}"
                for variable, value in zip(kind.places, expr.args, strict=True)
                if variable != value
            )
            tex = rf"{tex}\big|_{{{places}}}"
        return _power(tex, exp)

    def _print_Operated(self, expr: Any, exp: str | None = None) -> str:
        return _power(self.fill(type(expr).tex, expr.args), exp)

    def _print_Function(self, expr: Any, exp: str | None = None) -> str:
        if isinstance(expr, Named):
            return self._print_Named(expr, exp)
        if isinstance(expr, Operated):
            return self._print_Operated(expr, exp)
        if not isinstance(expr, AppliedUndef):
            return str(super()._print_Function(expr, exp))
        template = getattr(expr.func, "tex", "")
        inside = ", ".join(map(str, map(self._print, expr.args)))
        tex = self.fill(template, expr.args) if template else f"{sp.latex(expr.func)}({inside})"
        return _power(tex, exp)

    def _print_Derivative(self, expr: Any) -> str:
        inner, counts = expr.expr, expr.variable_count
        primed = isinstance(inner, Named | AppliedUndef) and len(inner.args) == 1 and len(counts) == 1
        if primed and counts[0][0] == inner.args[0] and counts[0][1] <= 2:
            template = getattr(inner.func, "tex", "")
            dashes = "'" * int(counts[0][1])
            if not template and isinstance(inner, AppliedUndef):
                return f"{sp.latex(inner.func)}{dashes}({self._print(inner.args[0])})"
            return f"{self._print(inner)}{dashes}"
        signs = "".join(
            rf"\partial_{{{self._print(symbol)}}}" + ("" if count == 1 else f"^{{{count}}}") for symbol, count in counts
        )
        body = str(self._print(inner))
        return f"{signs} {body}" if isinstance(inner, sp.Function | sp.Symbol) else rf"{signs}\left[{body}\right]"

    def _print_Integral(self, expr: Any) -> str:
        signs, ends = "", ""
        for limit in reversed(expr.limits):
            bounds = rf"_{{{self._print(limit[1])}}}^{{{self._print(limit[2])}}}" if len(limit) == 3 else ""
            signs += rf"\int{bounds}"
            ends = rf"\,d{self._print(limit[0])}" + ends
        body = str(self._print(expr.function))
        return f"{signs} {_bracket(expr.function, body)}{ends}"

    def _print_Add(self, expr: Any, order: Any = None) -> str:
        terms = list(self._as_ordered_terms(expr, order=order))
        terms.sort(key=lambda term: bool(term.could_extract_minus_sign() and _leads_with_minus(term)))
        pieces = [str(self._print(terms[0]))]
        for term in terms[1:]:
            minus = _leads_with_minus(term)
            piece = str(self._print(-term if minus else term))
            if self._needs_add_brackets(-term if minus else term):
                piece = rf"\left({piece}\right)"
            pieces.append(f" {'-' if minus else '+'} {piece}")
        return "".join(pieces)


def tex_of(expression: Any) -> str:
    """TeX of an expression in the book's typography.

    Examples
    --------
    >>> t, u = sp.symbols("t u")
    >>> tex_of(1 - u), tex_of(sp.Derivative(sp.Function("f")(t), t))
    ('1 - u', "f'(t)")
    """
    return str(BookPrinter({"ln_notation": False}).doprint(expression))


def chain_of(members: list[Any], symbols: list[str]) -> str:
    """TeX of a chain of relations, one line each where it is long."""
    printed = [tex_of(member) for member in members]
    if len(printed) <= 2 or sum(map(len, printed)) < 90:
        return printed[0] + "".join(f" {symbol} {tex}" for symbol, tex in zip(symbols, printed[1:], strict=True))
    lines = [f"{symbol} {tex}" for symbol, tex in zip(symbols, printed[1:], strict=True)]
    return rf"\begin{{aligned}}{printed[0]} &" + r" \\ &".join(lines) + r"\end{aligned}"


def _power(tex: str, exp: str | None) -> str:
    if exp is None:
        return tex
    return rf"\left({tex}\right)^{{{exp}}}" if re.search(r"[\^'|]", tex) else f"{tex}^{{{exp}}}"


def _leads_with_minus(term: Any) -> bool:
    return str(sp.latex(term)).lstrip().startswith("-")


def _bracket(expr: Any, tex: str) -> str:
    return rf"\left[{tex}\right]" if isinstance(expr, sp.Add) else tex
