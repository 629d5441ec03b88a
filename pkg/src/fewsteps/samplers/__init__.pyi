from .classical import ddim, euler, heun
from .equal import ipndm
from .errors import LocalError, along_flow, local_error
from .gains import mode_gains
from .linear_part import LinearPart, linear_part
from .multistep import deis, dpm_multistep, unipc
from .optimal import dpm_solver_v3
from .parallel import ParallelRun, paradigms, picard
from .phi import phi
from .registry import METHODS, Counting, Method, evaluations, sample
from .single import dpm_solver
from .weights import Step, step_weights

__all__ = [
    "METHODS",
    "Counting",
    "LinearPart",
    "LocalError",
    "Method",
    "ParallelRun",
    "Step",
    "along_flow",
    "ddim",
    "deis",
    "dpm_multistep",
    "dpm_solver",
    "dpm_solver_v3",
    "euler",
    "evaluations",
    "heun",
    "ipndm",
    "linear_part",
    "local_error",
    "mode_gains",
    "paradigms",
    "phi",
    "picard",
    "sample",
    "step_weights",
    "unipc",
]
