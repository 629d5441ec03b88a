"""Ends that break samplers: no noise, no signal, few steps, no points, few digits, odd grids, and what is refused."""

import warnings

import numpy as np
import pytest

import fewsteps as fs
from fewsteps import grids, samplers, solvers
from fewsteps.samplers import METHODS, sample

LAW = fs.GaussianMixture([[2.0, 0.0], [-1.0, 1.5], [-1.0, -1.5]], 0.09, [0.5, 0.3, 0.2])
FM, VP = fs.flow_matching(), fs.vp_linear()
every = pytest.mark.parametrize("name", METHODS)
#: One name for each function and each way through it.
WAYS = ["ddpm", "euler", "edm", "dpm-3", "dpm++2s", "deis-t3", "dpm++2m", "dpm++2m-sde", "unipc-2", "paradigms"]
each_way = pytest.mark.parametrize("name", WAYS)
X = np.random.default_rng(3).standard_normal((6, 2))
MULTISTEP = [name for name in METHODS if name[:4] in ("deis", "dpm+", "unip") and "2s" not in name and "3s" not in name]


def rng():
    return np.random.default_rng(0)


def exact(process):
    return solvers.denoiser_of(LAW, process)


@pytest.fixture(autouse=True)
def _no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


BELL = fs.Gaussian([1.0, -0.5], [0.5, 2.0])


def near_the_flow(name, process, times):
    """Down to the data of a Gaussian law, against its flow; noisy methods, against its range."""
    alpha, sigma = process.at(float(times[0]))[:2]
    x = sigma * X
    out = sample(name, solvers.denoiser_of(BELL, process), process, x, times, noise=rng())
    variance = np.diag(BELL.cov)
    flow = BELL.mean + np.sqrt(variance / (alpha**2 * variance + sigma**2)) * (x - alpha * BELL.mean)
    if METHODS[name].noisy:
        assert np.abs(out - BELL.mean).max() < 6
    else:
        # Euler in time has no linear part that is exact: on clocks that are exponential it is far off with few steps.
        assert np.abs(out - flow).max() < (2.5 if name == "euler" else 0.5 if METHODS[name].order == 1 else 0.25)


@each_way
@pytest.mark.parametrize("process", [FM, fs.trigonometric(), fs.vp_cosine()], ids=lambda process: process.name)
def test_from_pure_noise_to_the_data(name, process):
    """alpha = 0 at the first time, sigma = 0 at the last; one step of anything but Euler in time leads to the mean."""
    assert process.alpha(process.horizon) == 0
    near_the_flow(name, process, grids.uniform(process, 30))
    for T in (1, 2, 3):
        out = sample(name, exact(process), process, X, grids.uniform(process, T), noise=rng())
        assert np.all(np.isfinite(out))
        if T == 1 and (METHODS[name].integrates != "velocity" or process is FM):
            np.testing.assert_allclose(out, np.broadcast_to(LAW.moments()[0], X.shape), atol=1e-12)


@each_way
@pytest.mark.parametrize("process", [VP, fs.edm(), fs.ve(), fs.sub_vp()], ids=lambda process: process.name)
def test_to_the_data_on_other_processes(name, process):
    """The last step is a jump to t = 0, where sigma = 0 and, for some, the rate of sigma is infinite."""
    near_the_flow(name, process, grids.rho(process, 30, 1e-3 * process.horizon, jump=True))


@pytest.mark.parametrize("name", ["dpm-2", "dpm-3", "dpm++2s", "dpm++3s"])
def test_single_steps_between_infinite_ends_are_ddim_s(name):
    for times in ([1.0, 0.0], [1.0, 0.5], [0.5, 0.0]):
        want = sample("ddim", exact(FM), FM, X, times)
        np.testing.assert_allclose(sample(name, exact(FM), FM, X, times), want, rtol=1e-12)


@pytest.mark.parametrize("name", MULTISTEP)
def test_the_first_step_of_multistep_methods_is_of_order_1(name):
    first = "ddpm" if METHODS[name].noisy else "ddim"
    for times in ([1.0, 0.5], [0.9, 0.4], [0.9, 0.0]):
        want = sample(first, exact(FM), FM, X, times, noise=rng())
        np.testing.assert_allclose(sample(name, exact(FM), FM, X, times, noise=rng()), want, rtol=1e-11)


@pytest.mark.parametrize("name", ["dpm++3m", "deis-t3", "deis-rho4", "unipc-3"])
def test_the_step_from_pure_noise_is_not_remembered(name):
    """After it the method begins anew: the rest is what it does by itself from there."""
    times = [1.0, 0.8, 0.6, 0.4, 0.2]
    states = sample(name, exact(FM), FM, X, times, path=True)
    np.testing.assert_allclose(sample(name, exact(FM), FM, states[1], times[1:], path=True), states[1:], rtol=1e-12)


def orders(name, steps, **options):
    """How many values each step uses, as seen in its weights."""
    used = []
    original = samplers.past.weights_between

    def watched(process, s, t, nodes, *rest):
        used.append(len(nodes))
        return original(process, s, t, nodes, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(samplers.past, "weights_between", watched)
        sample(name, exact(FM), FM, X, steps, **options)
    return used


@pytest.mark.parametrize(
    ("name", "times", "options", "want"),
    [
        ("dpm++3m", [0.9, 0.7, 0.5, 0.3, 0.1], {}, [1, 2, 3, 3]),
        ("dpm++3m", [1.0, 0.9, 0.7, 0.5, 0.3, 0.0], {}, [1, 1, 2, 3, 1]),
        ("dpm++3m", [0.9, 0.7, 0.5, 0.3, 0.1], {"last_order": 1}, [1, 2, 2, 1]),
        ("dpm++2m", [0.9, 0.7, 0.5, 0.3, 0.1], {"last_order": 1}, [1, 2, 2, 1]),
        ("dpm++3m", [0.9, 0.5, 0.1], {}, [1, 2]),
        ("deis-t4", [0.9, 0.8, 0.7, 0.5, 0.3, 0.0], {}, [1, 2, 3, 4, 4]),
        ("deis-rho3", [1.0, 0.9, 0.7, 0.5, 0.3, 0.0], {"last_order": 2}, [1, 1, 2, 3, 2]),
        ("deis-t3", [0.9, 0.7, 0.5, 0.3, 0.0], {"variable": "log-snr"}, [1, 2, 3, 1]),
        ("unipc-2", [0.9, 0.7, 0.5, 0.3, 0.0], {}, [1, 2, 2, 3, 2, 3, 1]),
        ("deis-t3", [0.9, 0.7, 0.5, 0.3, 0.1], {"start": "single"}, [3, 3]),
    ],
)
def test_orders_rise_and_fall_as_documented(name, times, options, want):
    assert orders(name, times, **options) == want


@each_way
@pytest.mark.parametrize("shape", [(0, 2), (0,), (3, 0)])
def test_no_points(name, shape):
    out = sample(name, lambda x, t: x, VP, np.zeros(shape), [0.9, 0.5, 0.1], noise=rng(), path=True)
    assert out.shape == (3, *shape)


@each_way
@pytest.mark.parametrize("shape", [(2,), (2, 3, 4, 5), ()])
def test_states_of_any_shape(name, shape):
    x = np.random.default_rng(5).standard_normal(shape)
    times = [0.9, 0.5, 0.1]
    draws = np.random.default_rng(6).standard_normal((2, *shape))
    options = {"tolerance": 0.0} if name == "paradigms" else {}
    out = sample(name, lambda x, t: x / 2, VP, x, times, noise=draws, **options)
    flat = sample(name, lambda x, t: x / 2, VP, x.reshape(-1), times, noise=draws.reshape(2, -1), **options)
    np.testing.assert_allclose(out.reshape(-1), flat, rtol=1e-12)
    assert out.shape == shape


@each_way
def test_few_digits(name):
    """In float32 to rounding, in float16 as in float32 with a model that sees and answers float16."""
    times, model = grids.uniform(VP, 12, 1e-3), exact(VP)
    noise = rng().standard_normal((12, *X.shape))
    want = sample(name, model, VP, X, times, noise=noise)
    single = sample(name, model, VP, X.astype(np.float32), times, noise=noise.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, want, atol=3e-4)
    seen = []

    def half(x, t):
        seen.append(x.dtype)
        return model(x.astype(np.float32), t).astype(np.float16)

    short = sample(name, half, VP, X.astype(np.float16), times, noise=noise, path=True)
    assert short.dtype == np.float16
    assert set(seen) == {np.dtype(np.float16)}
    np.testing.assert_allclose(short[-1], want, atol=3e-2)


@each_way
def test_layouts_and_types_of_the_input(name):
    want = sample(name, exact(VP), VP, X, [0.9, 0.5, 0.1], noise=rng())
    for x in (np.asfortranarray(X), np.repeat(X, 2, axis=0)[::2], X.tolist()):
        np.testing.assert_array_equal(sample(name, exact(VP), VP, x, [0.9, 0.5, 0.1], noise=rng()), want)
    frozen = X.copy()
    frozen.flags.writeable = False
    sample(name, exact(VP), VP, frozen, np.array([0.9, 0.5, 0.1]), noise=rng())


@each_way
def test_uneven_grids(name):
    """Steps of very different lengths, but short where the law is sharp: near the flow of a Gaussian."""
    times = np.concatenate([np.linspace(0.97, 0.5, 9), np.linspace(0.49, 0.2, 21)[:-1], np.linspace(0.2, 0.05, 8)])
    near_the_flow(name, FM, np.append(times, 0.0))


@each_way
def test_any_prediction_of_the_model(name):
    law = fs.Gaussian([1.0, 0.0], [0.5, 2.0])
    times = [0.9, 0.6, 0.3, 0.1]
    want = sample(name, solvers.denoiser_of(law, VP), VP, X, times, noise=rng())
    models = {
        "score": solvers.score_of(law, VP),
        "velocity": solvers.velocity_of(law, VP),
        "noise": lambda x, t: -float(VP.sigma(t)) * solvers.score_of(law, VP)(x, t),
    }
    for predicts, model in models.items():
        got = sample(name, model, VP, X, times, predicts=predicts, noise=rng())
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-11)


@each_way
def test_limits_of_the_data(name):
    """A clipped model is the model whose data prediction is clipped, whatever it predicts; a function may do it."""
    times, noisy = [0.9, 0.6, 0.3, 0.1], lambda x, t: -float(VP.sigma(t)) * solvers.score_of(LAW, VP)(x, t)
    want = sample(name, lambda x, t: np.clip(exact(VP)(x, t), -1, 0.5), VP, X, times, noise=rng())
    for clip in ((-1.0, 0.5), lambda data: np.clip(data, -1, 0.5)):
        got = sample(name, noisy, VP, X, times, predicts="noise", clip=clip, noise=rng())
        np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-12)


@each_way
def test_the_path_and_the_progress(name):
    seen, times = [], [0.9, 0.5, 0.1]
    path = sample(name, exact(VP), VP, X, times, noise=rng(), path=True, progress=lambda *done: seen.append(done))
    np.testing.assert_array_equal(path[0], X)
    np.testing.assert_array_equal(path[-1], sample(name, exact(VP), VP, X, times, noise=rng()))
    assert seen[-1] == (2, 2)
    if not METHODS[name].noisy and not name.startswith("unipc"):
        np.testing.assert_allclose(path[1], sample(name, exact(VP), VP, X, times[:2]), rtol=1e-12)


def test_an_inner_place_at_the_end_is_the_end():
    seen = []
    samplers.dpm_solver(lambda x, t: (seen.append(t), 0 * x)[1], VP, X, [0.9, 0.4, 0.1], place=1.0)
    assert seen == [0.9, 0.4, 0.4, 0.1]


@each_way
def test_the_model_is_never_asked_where_there_is_no_noise(name):
    def model(x, t):
        assert t > 0
        assert isinstance(t, float)
        return 0 * x

    sample(name, model, FM, X, [1.0, 0.7, 0.3, 0.0], noise=rng())


def test_noises_by_a_generator_are_those_given():
    times = [0.9, 0.5, 0.1]
    for name in [name for name, row in METHODS.items() if row.noisy]:
        given = rng().standard_normal((2, *X.shape))
        want = sample(name, exact(VP), VP, X, times, noise=given)
        np.testing.assert_array_equal(sample(name, exact(VP), VP, X, times, noise=rng()), want)
        assert not np.allclose(sample(name, exact(VP), VP, X, times, noise=np.random.default_rng(1)), want)


def test_options_take_the_place_of_the_table_s():
    times = grids.uniform(VP, 9, 0.05)
    want = sample("deis-t4", exact(VP), VP, X, times)
    np.testing.assert_array_equal(sample("deis-t2", exact(VP), VP, X, times, order=4), want)
    noise = rng().standard_normal((9, *X.shape))
    want = sample("dpm++2m-sde", exact(VP), VP, X, times, noise=noise)
    np.testing.assert_array_equal(sample("dpm++2m", exact(VP), VP, X, times, gamma=1.0, noise=noise), want)


@each_way
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"times": [0.1, 0.5, 0.9]}, "times must be strictly decreasing"),
        ({"times": [0.9, 0.5, 0.5, 0.1]}, "times must be strictly decreasing"),
        ({"times": [0.9]}, "times must have shape"),
        ({"times": [1.2, 0.5]}, "times must be at most the horizon"),
        ({"times": [0.5, -0.1]}, "times must be at least 0"),
        ({"x": X + 1j}, "x must hold real numbers"),
        ({"x": X * np.nan}, "x must be finite"),
        ({"predicts": "x0"}, "predicts must be one of"),
        ({"model": 3.0}, "model must be a function"),
        ({"model": lambda x, t: x[:1]}, r"model\(x, ...\) must have the same shape"),
        ({"process": fs.cosine_schedule(4)}, "process must have the attribute at"),
        ({"clip": 1.0}, "clip must be a pair"),
        ({"clip": (1.0, 1.0)}, "clip must have low < high"),
        ({"clip": lambda data: data[:1]}, "data and clip"),
        ({"method": "ddim3"}, "method must be one of"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_what_is_refused(name, changes, words):
    arguments = {"method": name, "model": exact(VP), "process": VP, "x": X, "times": [0.9, 0.5, 0.1], "noise": rng()}
    with pytest.raises((TypeError, ValueError), match=words):
        sample(**(arguments | changes))


@pytest.mark.parametrize("name", [name for name, row in METHODS.items() if row.noisy])
@pytest.mark.parametrize(
    ("noise", "words"),
    [(None, "noise must be"), ("any", "noise must be"), (np.zeros((1, 6, 2)), "noise must have shape")],
)
def test_noise_that_is_needed(name, noise, words):
    with pytest.raises((TypeError, ValueError), match=words):
        sample(name, exact(VP), VP, X, [0.9, 0.5, 0.1], noise=noise)


@each_way
@pytest.mark.parametrize("predicts", ["noise", "score"])
def test_noise_alone_says_nothing_at_alpha_zero(name, predicts):
    with pytest.raises(ValueError, match=f"{predicts} does not determine"):
        sample(name, lambda x, t: x, FM, X, [1.0, 0.5], predicts=predicts, noise=rng())


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("dpm-2", {"order": 4}, "order must be at most 3"),
        ("dpm-2", {"order": 0}, "order must be at least 1"),
        ("dpm-2", {"form": "score"}, "form must be one of"),
        ("dpm-2", {"place": 1.5}, "place must be at most 1"),
        ("dpm-2", {"place": 0.0}, "place must be at least 0.001"),
        ("dpm-2", {"simple": 1}, "simple must be a bool"),
        ("deis-t2", {"order": 5}, "order must be at most 4"),
        ("deis-t2", {"variable": "rho"}, "variable must be one of"),
        ("deis-t2", {"start": "rk4"}, "start must be one of"),
        ("deis-t2", {"last_order": 0}, "last_order must be at least 1"),
        ("dpm++2m", {"gamma": -1.0}, "gamma must be at least 0"),
        ("dpm++2m-sde", {"start": "single"}, "start must be 'low'"),
        ("heun", {"variable": "log-snr"}, "variable must be one of"),
        ("ddim", {"eta": 1.5}, "eta must be at most 1"),
        ("paradigms", {"window": 0}, "window must be at least 1"),
        ("paradigms", {"tolerance": -1.0}, "tolerance must be at least 0"),
    ],
)
def test_options_that_are_refused(name, options, words):
    with pytest.raises((TypeError, ValueError), match=words):
        sample(name, exact(VP), VP, X, [0.9, 0.5, 0.1], noise=rng(), **options)


def test_a_process_whose_noise_does_not_grow_is_refused():
    still = fs.Diffusion(lambda t: 1 + 0 * t, lambda t: 1 + 0 * t, lambda t: 0 * t, lambda t: 0 * t, 1.0)
    with pytest.raises(ValueError, match="times must lower the noise-to-signal ratio"):
        sample("ddim", lambda x, t: x, still, X, [0.9, 0.5])


def test_a_state_that_explodes_is_an_error():
    with pytest.raises(FloatingPointError), np.errstate(all="ignore"):
        sample("euler", lambda x, t: 1e200 * x, VP, X, grids.uniform(VP, 5, 0.1), predicts="velocity")


def test_clocks_that_round():
    """Ends that are missed by roundings are the ends."""
    times = np.array([1.0, 0.5, 0.0])
    want = sample("ddim", exact(FM), FM, X, times)
    np.testing.assert_allclose(sample("ddim", exact(FM), FM, X, times + np.array([1e-16, 0, -1e-16])), want, rtol=1e-13)


@each_way
def test_tensors(name):
    torch = pytest.importorskip("torch")
    times, noise = grids.uniform(VP, 8, 0.05), rng().standard_normal((8, *X.shape))
    want = sample(name, exact(VP), VP, X, times, noise=noise)
    for dtype, tolerance in (
        (torch.float64, 1e-11),
        (torch.float32, 1e-3),
        (torch.float16, 5e-2),
        (torch.bfloat16, 0.3),
    ):
        x = torch.tensor(X).to(dtype)

        def model(y, t, dtype=dtype):
            assert y.dtype == dtype
            return exact(VP)(y.double(), t).to(dtype)

        got = sample(name, model, VP, x, torch.tensor(times), noise=torch.tensor(noise))
        assert got.dtype == dtype
        np.testing.assert_allclose(got.double(), want, atol=tolerance)
    first, second = (
        sample(name, exact(VP), VP, torch.tensor(X), times, noise=torch.Generator().manual_seed(3)) for _ in "ab"
    )
    assert torch.equal(first, second)


def test_gradients_pass_through():
    torch = pytest.importorskip("torch")
    x = torch.tensor(X, requires_grad=True)
    sample("dpm++2m", exact(VP), VP, x, [0.9, 0.5, 0.1]).sum().backward()
    assert torch.isfinite(x.grad).all()
    assert x.grad.abs().sum() > 0


# ------------------------------------------------------------------------------------------- what a referee tried


@pytest.mark.parametrize("name", [name for name in METHODS if not METHODS[name].noisy])
def test_a_model_may_answer_in_a_buffer_of_its_own(name):
    """Values that are kept for later steps are not overwritten by the model's next answer."""
    buffer, times = np.empty(3), [0.9, 0.6, 0.4, 0.2]

    def model(x, t):
        return np.multiply(x, np.cos(t), out=buffer)

    for predicts in ("data", "noise", "velocity"):
        arguments = (fs.flow_matching(), np.arange(1.0, 4.0), times)
        want = sample(name, lambda x, t: x * np.cos(t), *arguments, predicts=predicts)
        assert np.array_equal(sample(name, model, *arguments, predicts=predicts), want)


def test_a_start_that_ends_at_the_data_uses_the_values_that_are_there():
    arguments = (lambda x, t: x / (1 + t**2), fs.edm(), np.array([3.0]), [1.0, 0.5, 0.0])
    single = samplers.deis(*arguments, order=3, variable="noise", start="single")
    flow = 3 / np.sqrt(2)
    low = samplers.deis(*arguments, order=3, variable="noise")
    assert abs(single - flow) < abs(low - flow)


def test_half_precision_that_overflows_is_told():
    with pytest.raises(FloatingPointError, match="single precision"):
        sample(
            "ddim",
            lambda x, t: 0 * x + np.float16(6e4),
            fs.edm(),
            np.ones(2, np.float16),
            [2.0, 1.0, 0.0],
            predicts="noise",
        )


def test_noise_may_be_in_half_precision_too():
    x, noise = np.ones(2, np.float16), np.ones((1, 2), np.float16)
    out = sample("ddpm", lambda x, t: x, fs.edm(), x, [2.0, 1.0], noise=noise)
    assert out.dtype == np.float16


def test_a_tensor_without_axes_is_sampled_with_noise():
    torch = pytest.importorskip("torch")
    out = sample("ddpm", lambda x, t: x, fs.edm(), torch.tensor(1.0), [2.0, 1.0], noise=torch.Generator())
    assert out.shape == ()
    with pytest.raises(TypeError, match="for tensors only"):
        sample("ddpm", lambda x, t: x, fs.edm(), np.ones(2), [2.0, 1.0], noise=torch.Generator())


def test_a_number_of_numpy_keeps_its_dtype():
    assert sample("ddim", lambda x, t: x, fs.edm(), np.float32(1.5), [2.0, 1.0]).dtype == np.float32


def test_evaluations_follow_a_threshold_that_depends_on_the_batch():
    def clip(data):
        return np.clip(data, -np.quantile(abs(data), 0.9), None)

    options = {"clip": clip, "noise": np.random.default_rng(1)}
    assert samplers.evaluations("dpm++2m-sde", fs.edm(), [2.0, 1.0, 0.5], **options) == 2


def test_picard_does_not_ask_for_a_slope_that_it_does_not_use():
    def velocity(x, t):
        if t == 0:
            raise ZeroDivisionError
        return x / t

    assert samplers.picard(velocity, np.ones(1), [1.0, 0.5, 0.0], 2).shape == (3, 3, 1)


@pytest.mark.parametrize(("call", "said"), [
    (lambda: samplers.phi(9, 1.0), "m must be at most 8"),
    (lambda: samplers.dpm_solver(lambda x, t: x, fs.edm(), np.ones(1), [2.0, 1.0], place=1e-14), "place"),
    (lambda: samplers.step_weights(fs.edm(), 3.0, 2.0, [3.0, 4.0, 5.0], simple=True), "simple"),
    (lambda: samplers.step_weights(fs.edm(), 3.0, 2.0, [3.0, 4.0], variable="noise", simple=True), "simple"),
])  # fmt: skip
def test_what_would_be_wrong_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()
