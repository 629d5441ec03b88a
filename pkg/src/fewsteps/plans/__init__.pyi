from .algorithm1 import algorithm1
from .canonical import (
    CANONICAL_PLANS,
    boot_plan,
    classify_plan,
    consistency_plan,
    count_plans,
    enumerate_plans,
    progressive_plan,
    random_plan,
    vanilla_plan,
)
from .kary import optimal_kary_plan
from .pareto import SharedOptimum, pareto_plan
from .problem import MergeProblem, merge_problem, merge_problem_from
from .search import Optimum, best_by_enumeration, optimal_plan, optimal_plans
from .tree import Plan

__all__ = [
    "CANONICAL_PLANS",
    "MergeProblem",
    "Optimum",
    "Plan",
    "SharedOptimum",
    "algorithm1",
    "best_by_enumeration",
    "boot_plan",
    "classify_plan",
    "consistency_plan",
    "count_plans",
    "enumerate_plans",
    "merge_problem",
    "merge_problem_from",
    "optimal_kary_plan",
    "optimal_plan",
    "optimal_plans",
    "pareto_plan",
    "progressive_plan",
    "random_plan",
    "vanilla_plan",
]
