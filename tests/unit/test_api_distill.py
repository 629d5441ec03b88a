"""The public functions of tensors: bad input is named, dtypes are kept, arguments stay, batches may be empty."""

import inspect
import re

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import fewsteps as fs  # noqa: E402
from fewsteps import distill  # noqa: E402
from fewsteps.flowmaps import GaussianFlowMap  # noqa: E402

FM, LAW = fs.flow_matching(), fs.Gaussian([0.3, 0.0], [4.0, 1.0])
EXACT = GaussianFlowMap(LAW, FM)
RECIPE = distill.Recipe(steps=2, batch=4, warmup=1, anneal=1)


def rows(seed=0, n=5, d=2):
    return torch.randn((n, d), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def times(low=0.2, high=0.8, n=5):
    return torch.linspace(low, high, n, dtype=torch.float64)


def source():
    return torch.Generator().manual_seed(0)


def net():
    return distill.SlopeNet(2, d_hidden=8, depth=1).double()


def pairs():
    return distill.Pairs(rows(), times(0.6, 0.9), times(0.1, 0.5), times(), rows(1))


SCORES = distill.ScoreNet(LAW, FM, times=(0.1, 1.0), d_hidden=8)
SAMPLES = fs.Checkerboard().sample(40, np.random.default_rng(0))
#: Name, function, arguments, and those of them that have a row a sample.
CASES = {
    "divergence": (distill.divergence, lambda: {"f": torch.sin, "x": rows()}, ("x",)),
    "jvp_probe": (distill.jvp_probe, lambda: {"f": torch.sin, "x": rows(), "u": rows(1)}, ("x", "u")),
    "interpolant": (
        distill.interpolant,
        lambda: {"process": FM, "data": rows(), "noise": rows(1), "t": times()},
        ("data", "noise", "t"),
    ),
    "map_jumps": (
        distill.map_jumps,
        lambda: {"slope": lambda x, r, t: -x, "x": rows(), "times": [1.0, 0.5, 0.0]},
        ("x",),
    ),
    "Pairs": (
        distill.Pairs,
        lambda: {"x": rows(), "r": times(0.6, 0.9), "t": times(0.1, 0.5), "kappa": times(), "chord": rows(1)},
        ("x", "r", "t", "kappa", "chord"),
    ),
    "Objective": (
        distill.Objective,
        lambda: {
            "name": "own",
            "characterisation": "semigroup",
            "teacher": "itself",
            "fraction": "uniform",
            "form": "map",
        },
        (),
    ),
    "Objective.residual": (
        distill.OBJECTIVES["LSD"].residual,
        lambda: {"slope": EXACT.slope, "batch": pairs()},
        (),
    ),
    "Method": (
        distill.Method,
        lambda: {"name": "own", "objective": distill.OBJECTIVES["LSD"], "pairs": "dyadic", "reference": "key"},
        (),
    ),
    "velocity_residual": (
        distill.velocity_residual,
        lambda: {"slope": lambda x, r, t: -x, "x": rows(), "t": times(), "chord": rows(1)},
        ("x", "t", "chord"),
    ),
    "LogWeight": (distill.LogWeight, lambda: {"floor": 1e-3, "d_hidden": 4, "seed": 0}, ()),
    "Recipe": (
        distill.Recipe,
        lambda: {
            "steps": 3,
            "batch": 4,
            "lr": 0.1,
            "decay": "cosine",
            "warmup": 1,
            "anneal": 1,
            "diagonal_at": "uniform",
            "diagonal_share": 0.5,
            "teacher_average": 0.5,
            "average": 0.5,
        },
        (),
    ),
    "ScoreNet": (
        distill.ScoreNet,
        lambda: {"law": LAW, "diffusion": FM, "times": (0.1, 1.0), "predicts": "data", "d_hidden": 8, "seed": 0},
        (),
    ),
    "ScoreNet.score": (SCORES.score, lambda: {"x": rows(), "t": times()}, ("x", "t")),
    "ScoreNet.predict": (SCORES.predict, lambda: {"x": rows(), "t": times(), "kind": "data"}, ("x", "t")),
    "SlopeNet": (
        distill.SlopeNet,
        lambda: {"d": 2, "d_hidden": 8, "depth": 1, "activation": "tanh", "seed": 0},
        (),
    ),
    "slope_tangent": (
        distill.slope_tangent,
        lambda: {
            "slope": EXACT.slope,
            "x": rows(),
            "r": times(0.6, 0.9),
            "t": times(),
            "dx": rows(1),
            "dr": 1.0,
            "dt": 0.5,
        },
        ("x", "r", "t", "dx"),
    ),
    "fractions": (distill.fractions, lambda: {"law": "uniform", "n": 4, "source": source()}, ()),
    "opening_gap": (distill.opening_gap, lambda: {"step": 5, "warmup": 2, "anneal": 9}, ()),
    "stratified": (distill.stratified, lambda: {"n": 4, "source": source()}, ()),
    "time_pairs": (distill.time_pairs, lambda: {"n": 4, "source": source(), "max_gap": 0.5, "diagonal": 0.25}, ()),
    "denoising_loss": (
        distill.denoising_loss,
        lambda: {
            "score": lambda x, t: -x,
            "diffusion": FM,
            "clean": rows(),
            "noise": rows(1),
            "t": times(),
            "weight": "noise",
        },
        ("clean", "noise", "t"),
    ),
    "law_samples": (distill.law_samples, lambda: {"law": LAW, "n": 4, "source": source()}, ()),
    "train_flow_map": (
        distill.train_flow_map,
        lambda: {"law": LAW, "process": FM, "objective": "LSD", "recipe": RECIPE, "seed": 0},
        (),
    ),
    "train_score_net": (
        distill.train_score_net,
        lambda: {
            "law": LAW,
            "diffusion": FM,
            "times": (0.1, 1.0),
            "predicts": "noise",
            "weight": "noise",
            "uniform_in": "time",
            "steps": 2,
            "batch": 4,
            "lr": 0.01,
            "d_hidden": 8,
            "seed": 0,
        },
        (),
    ),
    "MapNet": (
        distill.MapNet,
        lambda: {"d": 2, "width": 8, "depth": 2, "activations": ("relu", "requ"), "seed": 0},
        (),
    ),
    "TokenTransformer": (
        distill.TokenTransformer,
        lambda: {"d": 2, "d_model": 8, "heads": 2, "blocks": 1, "seed": 0},
        (),
    ),
    "stored_pairs": (distill.stored_pairs, lambda: {"inputs": np.ones((4, 2)), "targets": np.ones((4, 2))}, ()),
    "train_regression": (
        distill.train_regression,
        lambda: {
            "net": distill.MapNet(2, width=8, depth=1),
            "draw": distill.stored_pairs(np.ones((4, 2)), np.ones((4, 2))),
            "steps": 2,
            "batch": 4,
            "lr": 0.01,
            "cap": 0.5,
            "seed": 0,
        },
        (),
    ),
    "sinusoidal_embedding": (distill.sinusoidal_embedding, lambda: {"t": 3.0, "T": 8, "d_emb": 4}, ()),
    "training_data": (
        distill.training_data,
        lambda: {"lam": np.array([0.5, 2.0]), "n_samples": 4, "trials": 2, "seed": 0},
        (),
    ),
    "train_plans": (
        distill.train_plans,
        lambda: {
            "plans": [fs.vanilla_plan(3)],
            "lam": np.array([0.5]),
            "schedule": fs.cosine_schedule(3),
            "lr": 0.01,
            "n_steps": 2,
            "n_samples": 8,
            "trials": 1,
            "seed": 0,
            "d_emb": 4,
        },
        (),
    ),
    "checkerboard_samples": (
        distill.checkerboard_samples,
        lambda: {"slope": lambda x, r, t: -x, "jumps": 2, "n": 6, "seed": 0},
        (),
    ),
    "checkerboard_scores": (distill.checkerboard_scores, lambda: {"samples": SAMPLES.copy(), "seed": 0}, ()),
    "checkerboard_picture": (distill.checkerboard_picture, lambda: {"samples": SAMPLES.copy()}, ()),
    "density_of": (distill.density_of, lambda: {"picture": "00" * 1600}, ()),
}
EXCEPTIONS = {
    "CHECKERBOARD_SMALL": "settings",
    "CHECKERBOARD_SOURCE": "settings",
    "JUMPS": "settings",
    "METHODS": "a table",
    "OBJECTIVES": "a table",
    "Trial": "settings",
    "checkerboard_runs": "takes no argument",
}
#: What a network itself is not asked to check: its forward pass is the inner loop of training.
INNER = {"slope_tangent": ("r", "t", "dx", "dr", "dt"), "SlopeNet": ("space_waves", "time_waves")}


def bad_values(value):
    yield object()
    if isinstance(value, int):
        yield from (1.5, True, "3")
    elif isinstance(value, float):
        yield from (float("nan"), 1j, "a", True)
    elif isinstance(value, str):
        yield from ("nonsense", 3, ["a"])
    elif isinstance(value, torch.Tensor):
        broken = value.clone()
        broken.view(-1)[-1] = float("nan")
        yield from (value.numpy(), value.to(torch.int64), value.half(), value.to(torch.complex64), broken)
        yield torch.cat([value, value], dim=0) if value.ndim == 1 else torch.cat([value, value, value], dim=-1)
    elif isinstance(value, np.ndarray):
        yield from (value + 1j, np.full(value.shape, np.nan), value.astype(np.float16))


@pytest.mark.parametrize("name", CASES)
def test_bad_values_are_named(name):
    call, make, batch = CASES[name]
    for argument, value in make().items():
        free_text = (name, argument) in (("Objective", "name"), ("Method", "name"), ("Method", "reference"))
        numpy_too = name.startswith("ScoreNet.")  # these answer arrays as well
        for bad in bad_values(value):
            alone = (
                len(batch) == 1
                and isinstance(bad, torch.Tensor)
                and bad.dtype == torch.float64
                and bad.isfinite().all()
            )
            if argument in INNER.get(name, ()) or alone or (free_text and isinstance(bad, str)):
                continue
            if numpy_too and isinstance(bad, np.ndarray):
                continue
            if (
                numpy_too
                and argument == "t"
                and isinstance(bad, torch.Tensor)
                and bad.dtype in (torch.int64, torch.float16)
            ):
                continue  # times are taken to float64 whatever they are
            if name == "slope_tangent" and isinstance(bad, torch.Tensor):
                continue
            with pytest.raises((TypeError, ValueError)) as caught:
                call(**(make() | {argument: bad}))
            assert re.search(rf"\b{argument}\b", str(caught.value)), f"{argument} = {bad!r}: {caught.value}"


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name][2] and name != "Pairs"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_batches_keep_their_dtype_and_may_be_empty(name, dtype):
    call, make, batch = CASES[name]
    arguments = {key: value.to(dtype) if isinstance(value, torch.Tensor) else value for key, value in make().items()}
    before = {key: value.clone() for key, value in arguments.items() if isinstance(value, torch.Tensor)}
    exact, got = call(**make()), call(**arguments)
    exact, got = (answer if isinstance(answer, tuple) else (answer,) for answer in (exact, got))
    for one, other in zip(got, exact, strict=True):
        assert one.dtype == dtype
        torch.testing.assert_close(one.double(), other.double(), rtol=1e-4, atol=1e-4)
    for key, value in before.items():
        assert torch.equal(arguments[key], value)
    empty = arguments | {key: arguments[key][:0] for key in batch}
    if name == "denoising_loss":
        with pytest.raises(ValueError, match="clean must hold at least one sample"):
            call(**empty)
        return
    answer = call(**empty)
    assert all(len(part) == 0 for part in (answer if isinstance(answer, tuple) else (answer,)))


def test_every_public_name_has_a_case():
    known = {name.split(".")[0] for name in CASES} | set(EXCEPTIONS)
    assert known == set(distill.__all__)
    assert all(callable(call) and inspect.signature(call) for call, _, _ in CASES.values())


def test_maps_are_trained_on_clocks_that_end_at_one():
    with pytest.raises(ValueError, match="process must have the horizon 1, got 80"):
        distill.train_flow_map(LAW, fs.edm(), recipe=RECIPE)


def test_exact_fields_of_laws_teach_maps():
    """A torch map with one pair of times a row, against the exact velocity of a law at the same times."""
    from fewsteps.flowmaps import lagrangian_residual
    from fewsteps.solvers import velocity_of

    law = fs.GaussianMixture([[-1.0, 0.0], [1.0, 0.5]], 0.3)
    x, r, t = rows(), times(0.6, 0.9), times(0.1, 0.5)
    exact = velocity_of(LAW, FM)
    residual = lagrangian_residual(lambda x, r, t: EXACT(x, r, t), exact, x, r, t)
    assert float(residual.abs().max()) < 1e-12
    alone = torch.stack([velocity_of(law, FM)(x[k], float(t[k])) for k in range(len(x))])
    torch.testing.assert_close(velocity_of(law, FM)(x, t), alone, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("question", ["score", "denoiser", "log_prob", "hessian"])
def test_levels_carry_gradients_and_can_be_mapped_over(question):
    law, x = fs.GaussianMixture([[-1.0, 0.0], [1.0, 0.5]], 0.3), rows()
    sigma = times().requires_grad_()
    answer = getattr(law, question)
    mapped = torch.func.vmap(lambda y, s: answer(y, 1.0, s))(x, sigma)
    torch.testing.assert_close(mapped, answer(x, 1.0, sigma))
    (slope,) = torch.autograd.grad(answer(x, 1.0, sigma).sum(), sigma)
    h = 1e-6
    difference = [
        (answer(x[k], 1.0, float(s) + h) - answer(x[k], 1.0, float(s) - h)).sum() / (2 * h) for k, s in enumerate(sigma)
    ]
    torch.testing.assert_close(slope, torch.stack(difference), rtol=1e-6, atol=1e-6)
