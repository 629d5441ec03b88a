"""Few-step methods of the literature as rows of one table: characterisation, teacher, stop-gradient, time pairs."""

from __future__ import annotations

from dataclasses import dataclass

from fewsteps.distill.objectives import OBJECTIVES, Objective
from fewsteps.objects import instance, one_of


@dataclass(frozen=True)
class Method:
    """A method: the residual it squares and the pairs (r, t) it squares it on.

    Parameters
    ----------
    name : str
    objective : Objective
    pairs : {"all t <= r", "t = 0", "dyadic"}
        "t = 0": one jump to the data only; "dyadic": gaps 1, 1/2, 1/4, ...
    reference : str
        Key of the book's bibliography.

    Notes
    -----
    Source: FM-RCM. The residual is the method's identity in continuous time; step sizes, distances and time laws of
    the papers differ.

    Examples
    --------
    >>> METHODS["MeanFlow"].objective.characterisation, METHODS["MeanFlow"].objective.teacher
    ('Eulerian', 'chord')
    """

    name: str
    objective: Objective
    pairs: str
    reference: str

    def __post_init__(self) -> None:
        instance(self.name, str, "name"), instance(self.reference, str, "reference")
        instance(self.objective, Objective, "objective")
        one_of(self.pairs, ("all t <= r", "t = 0", "dyadic"), "pairs")


def _row(name: str, objective: Objective, reference: str, pairs: str = "all t <= r") -> Method:
    return Method(name, objective, pairs, reference)


_ROWS = (
    _row("flow map distillation, LMD", OBJECTIVES["LMD"], "boffi2024flow"),
    _row("flow map distillation, EMD", OBJECTIVES["EMD"], "boffi2024flow"),
    _row("flow map matching, PFMM", OBJECTIVES["PFMM"], "boffi2024flow"),
    _row(
        "consistency distillation",
        Objective("consistency distillation", "Eulerian", "velocity", stop_gradient=True),
        "song2023consistency",
        "t = 0",
    ),
    _row(
        "consistency training",
        Objective("consistency training", "Eulerian", "chord", stop_gradient=True),
        "song2023consistency",
        "t = 0",
    ),
    _row(
        "consistency trajectory model",
        Objective("consistency trajectory model", "Eulerian", "velocity", stop_gradient=True),
        "kim2024consistency",
    ),
    _row(
        "progressive distillation",
        Objective(
            "progressive distillation", "semigroup", "flow map", fraction="midpoint", form="map", stop_gradient=True
        ),
        "salimans2022progressive",
        "dyadic",
    ),
    _row(
        "shortcut model",
        Objective("shortcut model", "semigroup", fraction="midpoint", stop_gradient=True),
        "frans2025one",
        "dyadic",
    ),
    _row("MeanFlow", Objective("MeanFlow", "Eulerian", "chord", stop_gradient=True), "geng2025mean"),
    _row("LSD", OBJECTIVES["LSD"], "boffi2025build"),
    _row("ESD", OBJECTIVES["ESD"], "boffi2025build"),
    _row("PSD-U", OBJECTIVES["PSD-U"], "boffi2025build"),
    _row("PSD-M", OBJECTIVES["PSD-M"], "boffi2025build"),
)

#: The dictionary of few-step methods, by name.
METHODS: dict[str, Method] = {row.name: row for row in _ROWS}
