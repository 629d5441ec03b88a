r"""Short formulas as plain text, for places that set no mathematics: `\bar v_t\le\lambda^2` becomes `v̄ₜ ≤ λ²`."""

from __future__ import annotations

import re
import unicodedata

SIGNS = {
    "le": " ≤ ", "leq": " ≤ ", "ge": " ≥ ", "geq": " ≥ ", "ne": " ≠ ", "neq": " ≠ ", "approx": " ≈ ", "sim": " ~ ",
    "equiv": " ≡ ", "propto": " ∝ ", "ll": " ≪ ", "gg": " ≫ ", "in": " ∈ ", "subset": " ⊂ ", "succeq": " ⪰ ",
    "preceq": " ⪯ ", "pm": " ± ", "mp": " ∓ ", "times": " × ", "cdot": "·", "circ": "∘", "ast": "*", "star": "*",
    "leftarrow": "←", "gets": "←", "to": "→", "rightarrow": "→", "mapsto": " ↦ ", "Rightarrow": " ⇒ ", "nabla": "∇",
    "partial": "∂", "int": "∫", "sum": "∑", "prod": "∏", "infty": "∞", "ell": "ℓ", "top": "⊤", "dagger": "†",
    "prime": "′", "dots": "…", "ldots": "…", "cdots": "…", "mid": "|", "vert": "|", "lvert": "|", "rvert": "|",
    "Vert": "‖", "lVert": "‖", "rVert": "‖", "|": "‖", "langle": "⟨", "rangle": "⟩", "square": "□", "sqrt": "√",
    "{": "{", "}": "}", "%": "%", "&": "&",
    "_": "_", "#": "#", "$": "$", "quad": " ", "qquad": " ", " ": " ", ",": " ", ";": " ", ":": " ",
    "!": "", "\\": " ",
}  # fmt: skip
ACCENTS = {
    "bar": "\u0304", "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "dot": "\u0307", "ddot": "\u0308",
    "check": "\u030c", "vec": "\u20d7", "overline": "\u0304",
}  # fmt: skip
#: Commands that only say how their argument looks.
LOOKS = "mathrm mathbf mathbb mathcal mathsf text textrm textit operatorname boldsymbol bm rm left right big bigl bigr"
LOOKS += " Big Bigl Bigr bigg biggl biggr displaystyle limits nolimits split aligned begin end"
GREEK = {"lambda": "lamda", "Lambda": "Lamda"}  # as the Unicode standard spells them
FRACTION = re.compile(r"\\[dt]?frac\s*" + r"(\{[^{}]*\}|\\[A-Za-z]+|[^\s\\{}])\s*" * 2)
ACCENT = re.compile(rf"\\({'|'.join(ACCENTS)})(?![A-Za-z])\s*(\{{[^{{}}]*\}}|\\[A-Za-z]+|[^\s\\{{}}])")
LOOK = re.compile(rf"(\\[A-Za-z]+)?\\(?:{'|'.join(LOOKS.split())})(?![A-Za-z])\*?\s*")
INDEX = re.compile(r"([_^])\s*(\{[^{}]*\}|\\[A-Za-z]+|[^\s{}])")
ROOT = re.compile(r"\\sqrt\s*\{([^{}]*)\}")
TWICE = re.compile(r"\{\{([^{}]*)\}\}")
COMMAND = re.compile(r"\\([A-Za-z]+|[^A-Za-z])\s*")


def letter(name: str) -> str:
    """Return a command's sign: a Greek letter, an operator, or its own name for functions such as `log`.

    Examples
    --------
    >>> letter("lambda"), letter("varepsilon"), letter("le"), letter("log")
    ('λ', 'ε', ' ≤ ', 'log ')
    """
    if name in SIGNS:
        return SIGNS[name]
    base = GREEK.get(name, name.removeprefix("var"))
    case = "CAPITAL" if base[:1].isupper() else "SMALL"
    try:
        return unicodedata.lookup(f"GREEK {case} LETTER {base.upper()}")
    except KeyError:
        return f"{name} "


def bare(argument: str) -> str:
    """Return an argument without its braces."""
    return argument[1:-1] if argument.startswith("{") else argument


def held(part: str) -> str:
    """Return a part of a formula in brackets where it needs them."""
    part = bare(part).strip()
    return part if re.fullmatch(r"\\?\w+", part) else f"({part})"


def fraction(match: re.Match[str]) -> str:
    """Return a fraction on one line."""
    return f"{held(match[1])}/{held(match[2])}"


def small(sign: str, kind: str) -> str:
    """Return one sign as an index or exponent, or nothing where Unicode has none."""
    if not sign.isalnum():
        return sign if sign in "⊤†′*" and kind == "^" else ""
    try:
        digit = unicodedata.name(sign).removeprefix("DIGIT ")
        if kind == "^":
            return unicodedata.lookup(f"SUPERSCRIPT {digit}")
        if sign.isdigit():
            return unicodedata.lookup(f"SUBSCRIPT {digit}")
        return unicodedata.lookup(f"LATIN SUBSCRIPT SMALL LETTER {sign.upper()}") if sign.islower() else ""
    except (KeyError, ValueError):
        return ""


def index(match: re.Match[str]) -> str:
    """Return an index or exponent in small signs where all of them exist."""
    kind, argument = match[1], COMMAND.sub(lambda command: letter(command[1]), bare(match[2])).strip()
    signs = [small(sign, kind) for sign in argument]
    if all(signs):
        return "".join(signs)
    return f"{kind}{argument}" if len(argument) == 1 else f"{kind}({argument})"


def plain(tex: str) -> str:
    r"""Return a short formula as plain text.

    Parameters
    ----------
    tex : str
        What stands between the dollar signs.

    Returns
    -------
    str
        One line in Unicode; commands that are not known keep their names.

    Examples
    --------
    >>> plain(r"\bar v_t(x)\le\lambda^2"), plain(r"\frac{1-\lambda}{1+\lambda}"), plain(r"\mathbb E[x_0\mid x_t]")
    ('v̄ₜ(x) ≤ λ²', '(1-λ)/(1+λ)', 'E[x₀|xₜ]')
    """
    before, tex = "", LOOK.sub(lambda match: f"{match[1]} " if match[1] else "", tex)
    while before != tex:  # from the innermost braces outwards
        before, tex = tex, TWICE.sub(r"{\1}", ROOT.sub(lambda match: f"√{held(match[1])}", tex))
        tex = ACCENT.sub(lambda match: f"{bare(match[2])}{ACCENTS[match[1]]}", tex)
        tex = INDEX.sub(index, FRACTION.sub(fraction, tex))
    tex = COMMAND.sub(lambda match: letter(match[1]), tex)
    return re.sub(r" (?=[(),])|\s+(?=\s)", "", tex.replace("{", "").replace("}", "")).strip()
