"""Fifth floor: merge plans as first-class trees, and the searches for the best one."""

from fewsteps.plans.algorithm1 import algorithm1
from fewsteps.plans.canonical import (
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
from fewsteps.plans.kary import optimal_kary_plan
from fewsteps.plans.pareto import SharedOptimum, pareto_plan
from fewsteps.plans.problem import MergeProblem, merge_problem, merge_problem_from
from fewsteps.plans.search import Optimum, best_by_enumeration, optimal_plan, optimal_plans
from fewsteps.plans.tree import Plan

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
