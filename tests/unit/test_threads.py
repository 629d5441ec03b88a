"""Small networks train on one thread, and leave torch as they found it."""

import pytest

import fewsteps as fs

torch = pytest.importorskip("torch")
from fewsteps.distill import Recipe, train_flow_map, train_score_net  # noqa: E402
from fewsteps.distill.threads import SMALL, few_threads, widest  # noqa: E402

LAW, PROCESS = fs.Gaussian([0.0], [1.0]), fs.flow_matching()


@pytest.fixture(autouse=True)
def three():
    """Three threads, whatever this machine has."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    assert torch.get_num_threads() == 3
    torch.set_num_threads(before)


def test_small_work_takes_one_thread_and_large_work_what_was_set():
    with few_threads(SMALL, 1):
        assert torch.get_num_threads() == 1
    with few_threads(SMALL + 1, 1):
        assert torch.get_num_threads() == 3


def test_threads_come_back_after_an_error():
    with pytest.raises(KeyError), few_threads(1, 1):
        raise KeyError
    assert torch.get_num_threads() == 3


@pytest.mark.parametrize(("batch", "width", "name"), [(0, 1, "batch"), (1, 0, "width"), (1.5, 1, "batch")])
def test_bad_sizes_are_named(batch, width, name):
    with pytest.raises((TypeError, ValueError), match=f"{name} must"), few_threads(batch, width):
        pass


def test_a_network_without_matrices_is_narrow():
    assert widest(torch.nn.LayerNorm(64)) == 1


def score(progress, **more):
    return train_score_net(LAW, PROCESS, times=(0.1, 0.9), steps=2, batch=8, progress=progress, **more)[1]


def flow(progress, **more):
    recipe = Recipe(steps=2, batch=8, **more)
    return train_flow_map(LAW, PROCESS, "LSD", recipe=recipe, progress=progress)[1]


@pytest.mark.parametrize("train", [score, flow])
def test_training_loops_take_one_thread_and_the_same_losses(train):
    seen = []
    losses = train(lambda done, steps: seen.append(torch.get_num_threads()))
    assert seen == [1, 1]
    torch.set_num_threads(1)
    assert (train(None) == losses).all()
    torch.set_num_threads(3)


@pytest.mark.parametrize("train", [score, flow])
def test_training_that_diverges_gives_the_threads_back(train):
    with pytest.raises((ValueError, FloatingPointError), match="lower lr"):
        train(None, lr=1e30)
