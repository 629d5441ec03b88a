from .classical import ddim, euler, heun
from .multistep import deis, dpm_multistep, unipc
from .parallel import ParallelRun, paradigms, picard
from .phi import phi
from .registry import METHODS, Counting, Method, evaluations, sample
from .single import dpm_solver
from .weights import Step, step_weights

__all__ = [
    "METHODS",
    "Counting",
    "Method",
    "ParallelRun",
    "Step",
    "ddim",
    "deis",
    "dpm_multistep",
    "dpm_solver",
    "euler",
    "evaluations",
    "heun",
    "paradigms",
    "phi",
    "picard",
    "sample",
    "step_weights",
    "unipc",
]
