"""A process in continuous time and the grid of a merging schedule are told apart wherever one of them is taken."""

import api_dynamics
import api_identities
import api_losses
import api_maps
import api_operators
import api_samplers
import api_solvers
import numpy as np
import pytest

import fewsteps as fs

TABLES = (api_dynamics, api_identities, api_losses, api_maps, api_operators, api_samplers, api_solvers)
TAKEN = ("diffusion", "process", "schedule")
CASES = [
    pytest.param(case, name, id=f"{case} {name}")
    for table in TABLES
    for case in table.CASES
    for name in case.make()
    if name in TAKEN
]
GRID, PROCESS = fs.cosine_schedule(4), fs.flow_matching()


def refuses(call, name):
    """That the wrong family is refused by the argument's name, and the right one is named."""
    wrong, words = (PROCESS, "plans merge along a Schedule") if name == "schedule" else (GRID, "trigonometric()")
    with pytest.raises(TypeError) as caught:
        call(wrong)
    assert str(caught.value).startswith(f"{name} must ")
    assert words in str(caught.value)


@pytest.mark.parametrize(("case", "name"), CASES)
def test_every_function_of_the_tables_names_the_right_family(case, name):
    refuses(lambda wrong: case.call(**(case.make() | {name: wrong})), name)


def test_the_tables_have_both_families():
    assert {param.values[1] for param in CASES} == set(TAKEN)


@pytest.mark.parametrize("name", ["score_of", "denoiser_of", "velocity_of", "divergence_of"])
def test_fields_of_laws_name_the_right_family(name):
    refuses(lambda wrong: getattr(fs.solvers, name)(fs.Gaussian([0.0], [1.0]), wrong), "diffusion")


def test_merging_names_the_right_family():
    refuses(lambda wrong: fs.merge_problem(0.5, wrong, 1.0), "schedule")
    refuses(lambda wrong: fs.operators.best_stopping_time(0.5, wrong), "schedule")


def test_training_names_the_right_family():
    torch = pytest.importorskip("torch")
    law, distill = fs.Gaussian([0.0], [1.0]), fs.distill
    zeros, times = torch.zeros(3, 1), torch.ones(3)
    recipe = distill.Recipe(steps=1, batch=2)
    calls = {
        "train_score_net": lambda wrong: distill.train_score_net(law, wrong, times=(0.1, 1.0), steps=1),
        "ScoreNet": lambda wrong: distill.ScoreNet(law, wrong, times=(0.1, 1.0)),
        "denoising_loss": lambda wrong: distill.denoising_loss(lambda x, t: x, wrong, zeros, zeros, times),
    }
    for call in calls.values():
        refuses(call, "diffusion")
    refuses(lambda wrong: distill.train_flow_map(law, wrong, "LSD", recipe=recipe), "process")
    refuses(lambda wrong: distill.interpolant(wrong, zeros, zeros, times), "process")
    refuses(lambda wrong: distill.train_plans([fs.vanilla_plan(4)], [0.5], wrong), "schedule")


@pytest.mark.parametrize(
    ("grid", "process"), [(fs.cosine_schedule, fs.trigonometric()), (fs.linear_schedule, fs.flow_matching())]
)
def test_the_families_meet_as_the_errors_say(grid, process):
    t = np.linspace(0, process.horizon, 9)
    np.testing.assert_allclose(grid(8).alpha, process.alpha(t), atol=2e-16)
    np.testing.assert_allclose(grid(8).sigma, process.sigma(t), atol=2e-16)
