"""The learned score: the network's preconditioning, the loss, training, and derivatives of torch functions."""

from itertools import product

import numpy as np
import pytest

import fewsteps as fs

torch = pytest.importorskip("torch")
distill = pytest.importorskip("fewsteps.distill")

LAW = fs.GaussianMixture([[2.0, 0.0], [-1.0, 1.5], [-1.0, -1.5]], 0.16, [0.5, 0.3, 0.2])
VP = fs.vp_linear()
KINDS = ("noise", "data", "velocity", "residual")
QUICK = {"times": (0.05, 1.0), "steps": 20, "batch": 32, "d_hidden": 8}


def randomised(predicts, diffusion=VP, law=LAW, times=(0.01, 1.0)):
    """A small net in float64 whose raw output is not zero."""
    net = distill.ScoreNet(law, diffusion, times=times, predicts=predicts, d_hidden=8).double()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        torch.nn.init.normal_(net.layers[-1].weight)
    return net


# ---- samples


@pytest.mark.parametrize(
    "law",
    [
        LAW,
        fs.Gaussian([1.0, -2.0], [[2.0, 1.2], [1.2, 1.0]]),
        fs.GaussianMixture([[3.0, 0.0], [-1.0, 1.0]], [[[2.0, 1.2], [1.2, 1.0]], [[0.1, 0.0], [0.0, 1.0]]], [0.3, 0.7]),
        fs.PointCloud([[0.0, 1.0], [2.0, 3.0], [5.0, -1.0]], [0.2, 0.5, 0.3]),
    ],
    ids=["shared", "gaussian", "own covariances", "points"],
)
def test_samples_in_torch_have_the_law_s_moments(law):
    n = 200_000
    x = distill.law_samples(law, n, torch.Generator().manual_seed(0), dtype=torch.float64).numpy()
    mean, cov = law.moments()
    spread = np.sqrt(np.diag(cov))
    np.testing.assert_allclose(x.mean(axis=0), mean, atol=5 * spread.max() / np.sqrt(n))
    np.testing.assert_allclose(np.cov(x.T), cov, atol=10 * spread.max() ** 2 / np.sqrt(n))


def test_samples_in_torch_fall_into_the_components_with_their_own_spread():
    covs = [[[2.0, 1.2], [1.2, 1.0]], [[0.1, 0.0], [0.0, 1.0]]]
    law = fs.GaussianMixture([[40.0, 0.0], [-40.0, 0.0]], covs, [0.3, 0.7])
    x = distill.law_samples(law, 100_000, torch.Generator().manual_seed(1)).double().numpy()
    right = x[x[:, 0] > 0]
    assert abs(len(right) / len(x) - 0.3) < 0.008
    np.testing.assert_allclose(np.cov(right.T), law.covs[0], atol=0.05)
    np.testing.assert_allclose(np.cov(x[x[:, 0] < 0].T), law.covs[1], atol=0.02)


def test_samples_need_a_torch_generator():
    with pytest.raises(TypeError, match=r"source must be a torch\.Generator"):
        distill.law_samples(LAW, 3, np.random.default_rng(0))


# ---- the network


@pytest.mark.parametrize("predicts", KINDS)
@pytest.mark.parametrize("diffusion", [VP, fs.flow_matching(), fs.trigonometric(), fs.edm(5.0)], ids=str)
def test_the_raw_target_has_unit_variance_and_gives_the_truth_back(predicts, diffusion):
    """Fed what the raw output should be for given (x_0, eps), all predictions must be x_0, eps, velocity, score."""
    law = fs.Gaussian([1.0, -2.0], 2.25 * np.eye(2))
    net = distill.ScoreNet(law, diffusion, times=(0.1, 1.0), predicts=predicts).double()
    t = 0.37
    at = diffusion.at(t)
    alpha, sigma, d_alpha, d_sigma = at.alpha, at.sigma, at.d_alpha, at.d_var / (2 * at.sigma)
    total = np.sqrt(alpha**2 * 2.25 + sigma**2)
    signs = np.array(list(product([-1.0, 1.0], repeat=4)))  # all second moments of standard normals
    unit, noise = signs[:, :2], signs[:, 2:]
    clean = [1.0, -2.0] + 1.5 * unit
    raw = {
        "noise": noise,
        "data": unit,
        "velocity": (d_alpha * 1.5 * unit + d_sigma * noise) / np.hypot(d_alpha * 1.5, d_sigma),
        "residual": (alpha * 1.5 * noise - sigma * unit) / total,
    }[predicts]
    np.testing.assert_allclose(raw.T @ raw / len(raw), np.eye(2), atol=1e-12)
    seen = []
    net._raw = lambda scaled, t: seen.append(scaled) or torch.as_tensor(raw)
    x = alpha * clean + sigma * noise
    wanted = {"data": clean, "noise": noise, "score": -noise / sigma, "velocity": d_alpha * clean + d_sigma * noise}
    for kind, value in wanted.items():
        np.testing.assert_allclose(net.predict(x, t, kind), value, rtol=1e-10, atol=1e-10)
    scaled = seen[0].numpy()
    np.testing.assert_allclose(scaled.T @ scaled / len(scaled), np.eye(2), atol=1e-12)


@pytest.mark.parametrize("predicts", KINDS)
def test_predictions_agree_with_the_conversions_of_fields(predicts):
    net, x, t = randomised(predicts), np.random.default_rng(0).normal(size=(4, 2)), 0.4
    at = VP.at(t)
    data = net.predict(x, t)
    np.testing.assert_array_equal(net.score(x, t), net.predict(x, t, "score"))
    for kind in ("noise", "score", "velocity"):
        want = fs.convert(data, x, at.alpha, at.sigma, "data", kind, at.d_alpha, at.d_var)
        np.testing.assert_allclose(net.predict(x, t, kind), want, rtol=1e-9)


def test_an_untrained_residual_net_is_the_best_linear_guess():
    law = fs.Gaussian([1.0, -2.0], 2.25 * np.eye(2))
    net = distill.ScoreNet(law, VP, times=(0.01, 1.0), predicts="residual").double()
    x = np.random.default_rng(0).normal(size=(4, 2))
    alpha, sigma = VP.at(0.2)[:2]
    np.testing.assert_allclose(net.score(x, 0.2), law.score(x, alpha, sigma), rtol=1e-12)
    np.testing.assert_allclose(net.predict(x, 0.2), law.denoiser(x, alpha, sigma), rtol=1e-12)


def test_times_may_differ_by_row_and_kinds_of_arrays_are_kept():
    net, x, t = randomised("noise"), np.random.default_rng(0).normal(size=(3, 2)), np.array([0.1, 0.5, 0.9])
    rows = np.stack([net.score(x[i], t[i]) for i in range(3)])
    np.testing.assert_allclose(net.score(x, t), rows, rtol=1e-12)
    np.testing.assert_allclose(net.score(torch.as_tensor(x), torch.as_tensor(t)).detach(), rows, rtol=1e-12)
    assert net.score(x.astype(np.float32), 0.5).dtype == np.float32
    assert net.float().score(torch.as_tensor(x), 0.5).dtype == torch.float64
    assert net.score(torch.as_tensor(x), 0.5).requires_grad


def test_the_level_is_told_apart_within_the_range_and_clipped_beyond():
    net, x = randomised("noise", times=(0.2, 0.6)), np.array([0.3, -0.4])

    def raw(t):
        return net._raw(torch.as_tensor(x), VP.half_log_snr(t)).detach().numpy()

    for t in (0.2, 0.3, 0.4, 0.5, 0.59):
        assert np.abs(raw(t) - raw(t + 0.01)).max() > 1e-4
    np.testing.assert_array_equal(raw(0.7), raw(0.9))
    np.testing.assert_array_equal(raw(0.05), raw(0.1))
    assert np.abs(raw(0.2) - raw(0.6)).max() > 1e-2
    one = randomised("noise", times=(0.5, 0.5))
    assert np.isfinite(one.score(x, 0.5)).all()


@pytest.mark.parametrize("predicts", ["noise", "data", "velocity", "residual"])
def test_ends_of_the_schedule_are_finite_or_refused(predicts):
    net, x = randomised(predicts, fs.flow_matching()), np.array([0.3, -0.4])
    assert np.isfinite(net.score(x, 1.0)).all()
    assert np.isfinite(net.predict(x, 1.0, "noise")).all()
    if predicts == "noise":
        with pytest.raises(ValueError, match="noise does not determine data at alpha"):
            net.predict(x, 1.0, "data")
    else:
        assert np.isfinite(net.predict(x, 1.0, "data")).all()
    with pytest.raises(ValueError, match="does not determine score at alpha"):
        net.score(x, 0.0)


def test_the_network_refuses_bad_input():
    with pytest.raises(ValueError, match="predicts must be one of noise, data, velocity, residual"):
        distill.ScoreNet(LAW, VP, times=(0.1, 1.0), predicts="x0")
    for times in [(0.0, 1.0), (0.5, 0.1), (0.1, 0.2, 0.3)]:
        with pytest.raises(ValueError, match="times must be"):
            distill.ScoreNet(LAW, VP, times=times)
    with pytest.raises(ValueError, match="kind must be one of data, noise, score, velocity"):
        randomised("noise").predict(np.zeros(2), 0.5, "x0")
    for x in (np.zeros((3, 1)), np.zeros(())):
        with pytest.raises(ValueError, match=r"x must have shape \(\.\.\., 2\)"):
            randomised("noise").score(x, 0.5)


def test_torch_s_global_generator_is_left_alone():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(123)
        before = torch.random.get_rng_state()
        distill.train_score_net(LAW, VP, **QUICK)
        assert torch.equal(before, torch.random.get_rng_state())


# ---- the loss


@pytest.mark.parametrize(("weight", "power"), [("noise", 2), ("score", 0), ("data", 4), (lambda t: 3 * t, None)])
def test_the_loss_of_a_linear_score_and_its_gradient_are_the_closed_forms(weight, power):
    """s = -theta x on N(0, lam): the loss is quadratic in theta, least at 1 / (alpha^2 lam + sigma^2)."""
    lam, t = 0.7, 0.3
    alpha, sigma = VP.at(t)[:2]
    omega = 3 * t if power is None else sigma**power / (alpha**2 if power == 4 else 1)
    signs = torch.tensor(list(product([-1.0, 1.0], repeat=2)), dtype=torch.float64)
    clean, noise = lam**0.5 * signs[:, :1], signs[:, 1:]
    theta = torch.tensor(0.4, dtype=torch.float64, requires_grad=True)
    times = torch.full((4,), t, dtype=torch.float64)
    loss = distill.denoising_loss(lambda x, t: -theta * x, VP, clean, noise, times, weight)
    var = alpha**2 * lam + sigma**2
    np.testing.assert_allclose(loss.item(), omega / 2 * (0.16 * var - 0.8 + 1 / sigma**2), rtol=1e-12)
    (gradient,) = torch.autograd.grad(loss, theta)
    np.testing.assert_allclose(gradient, omega * (0.4 * var - 1), rtol=1e-12)


def test_the_loss_s_floor_is_the_posterior_spread():
    """PD-P4.2.1: with the exact score and weight sigma^2 a Gaussian leaves alpha^2 lam / (2 v) per dimension."""
    lam, d, n = 0.7, 2, 100_000
    law = fs.Gaussian(np.zeros(d), lam * np.eye(d))
    source = torch.Generator().manual_seed(0)
    clean = distill.law_samples(law, n, source, torch.float64)
    noise = torch.randn(n, d, generator=source, dtype=torch.float64)
    for t in (0.05, 0.3):
        alpha, sigma = VP.at(t)[:2]
        times = torch.full((n,), t, dtype=torch.float64)
        loss = distill.denoising_loss(lambda x, t: law.score(x, alpha, sigma), VP, clean, noise, times)  # noqa: B023
        np.testing.assert_allclose(loss, d * alpha**2 * lam / (2 * (alpha**2 * lam + sigma**2)), rtol=0.02)


def test_the_loss_weighs_every_row_by_its_own_level():
    x, t = torch.zeros(2, 1, dtype=torch.float64), torch.tensor([1.0, 2.0], dtype=torch.float64)
    loss = distill.denoising_loss(lambda x, t: 0 * x, fs.edm(), x, x + 1, t, lambda t: t**3)
    np.testing.assert_allclose(loss, (1 / 1 + 8 / 4) / 2 / 2)


# ---- training


@pytest.fixture(scope="module")
def trained():
    return distill.train_score_net(LAW, VP, times=(0.05, 1.0), steps=400, batch=128, d_hidden=32, lr=1e-2)


def relative_error(net, t):
    alpha, sigma = VP.at(t)[:2]
    x = LAW.sample(2000, np.random.default_rng(1), alpha, sigma)
    want = LAW.score(x, alpha, sigma)
    return float(np.sqrt(((net.score(x, t) - want) ** 2).sum() / (want**2).sum()))


def test_a_quickly_trained_net_beats_the_zero_score_by_far(trained):
    net, losses = trained
    assert isinstance(net, distill.ScoreNet)
    assert losses.shape == (400,)
    assert losses[:20].mean() > 0.6
    assert losses[-50:].mean() < 0.28
    for t, bound in [(0.1, 0.95), (0.3, 0.35), (0.7, 0.1)]:  # 0.74, 0.22 and 0.05 are reached; the zero score has 1
        assert relative_error(net, t) < bound, t


def test_training_is_reproducible_from_the_seed(trained):
    calls = []
    first, losses = distill.train_score_net(LAW, VP, **QUICK, progress=lambda k, n: calls.append((k, n)))
    again, same = distill.train_score_net(LAW, VP, **QUICK)
    np.testing.assert_array_equal(losses, same)
    x = np.ones((1, 2))
    np.testing.assert_array_equal(first.score(x, 0.5), again.score(x, 0.5))
    other, different = distill.train_score_net(LAW, VP, **QUICK, seed=1)
    assert losses[0] != different[0]
    assert np.any(first.score(x, 0.5) != other.score(x, 0.5))
    assert calls == [(k, 20) for k in range(1, 21)]


def test_the_network_returned_is_the_average_of_the_weights(monkeypatch):
    net = randomised("noise").float()
    start = net.layers[-1].bias.detach().clone()
    update, average = distill.training._optimizer(net, 40, 1e-3)
    expected = start.clone()
    for _ in range(3):
        update(net.layers[-1].bias.sum())
        expected = (expected + net.layers[-1].bias.detach()) / 2  # 20 / 40 of the new weights
    torch.testing.assert_close(average.layers[-1].bias.detach(), expected)
    # downhill: Adam's steps have the length of the learning rate, which falls along a cosine
    falls = [1e-3 * (1 + np.cos(np.pi * k / 40)) / 2 for k in range(3)]
    np.testing.assert_allclose((start - net.layers[-1].bias.detach()).numpy(), sum(falls), rtol=1e-4)
    monkeypatch.setattr(distill.training, "_optimizer", lambda *_: (lambda loss: None, average))
    assert distill.train_score_net(LAW, VP, **QUICK)[0] is average
    assert all(p.requires_grad for p in average.parameters())


def test_other_options_train_too():
    for options in [
        {"predicts": "residual", "weight": "score"},
        {"predicts": "velocity", "weight": lambda t: t},
        {"predicts": "data", "weight": "data", "times": (0.3, 0.8), "uniform_in": "half_log_snr"},
        {"times": (0.5, 0.5)},
        {"times": (0.5, 0.5), "uniform_in": "half_log_snr"},
    ]:
        _, losses = distill.train_score_net(LAW, VP, **(QUICK | options))
        assert np.isfinite(losses).all(), options


def test_times_are_spread_evenly_in_time_or_in_half_log_snr():
    source, n = torch.Generator().manual_seed(0), 1000
    t = distill.training._clock(VP, (0.1, 0.9), "time")(n, source).numpy()
    np.testing.assert_allclose(t, np.linspace(0.1, 0.9, n), atol=1.01 * 0.8 / n)
    assert np.any(t != distill.training._clock(VP, (0.1, 0.9), "time")(n, source).numpy())
    level = VP.half_log_snr(distill.training._clock(VP, (0.1, 0.9), "half_log_snr")(n, source).numpy())
    first, last = VP.half_log_snr(np.array([0.1, 0.9]))
    np.testing.assert_allclose(level, np.linspace(first, last, n), atol=1.1 * (first - last) / n)
    with pytest.raises(ValueError, match="uniform_in must be"):
        distill.training._clock(VP, (0.1, 0.9), "snr")


def test_training_refuses_what_cannot_work():
    with pytest.raises(ValueError, match=r"the loss became (inf|nan) at step \d+: lower lr"):
        distill.train_score_net(LAW, VP, **(QUICK | {"lr": 1e15}))
    with pytest.raises(ValueError, match="weight must be one of noise, score, data"):
        distill.train_score_net(LAW, VP, **QUICK, weight="snr")
    with pytest.raises(ValueError, match="finite and >= 0 at every time"):
        distill.train_score_net(LAW, fs.flow_matching(), **QUICK, weight="data")
    with pytest.raises(ValueError, match="finite and >= 0 at every time"):
        distill.train_score_net(LAW, VP, **QUICK, weight=lambda t: -t)
    with pytest.raises(ValueError, match="batch must be at least 1"):
        distill.train_score_net(LAW, VP, **(QUICK | {"batch": 0}))
    with pytest.raises(ValueError, match="lr must be greater than 0"):
        distill.train_score_net(LAW, VP, **(QUICK | {"lr": 0.0}))


# ---- derivatives


def test_divergence_and_directional_derivatives_of_an_exact_score():
    x = torch.as_tensor(np.random.default_rng(0).normal(size=(5, 2)))

    def score(x):
        return LAW.score(x, 0.8, 0.6)

    hessian = LAW.hessian(x, 0.8, 0.6)
    np.testing.assert_allclose(distill.divergence(score, x), np.trace(hessian.numpy(), axis1=1, axis2=2), rtol=1e-10)
    u = torch.as_tensor(np.random.default_rng(1).normal(size=(5, 2)))
    values, along = distill.jvp_probe(score, x, u)
    np.testing.assert_allclose(values, score(x), rtol=1e-12)
    np.testing.assert_allclose(along, (hessian @ u[..., None])[..., 0], rtol=1e-10)
    np.testing.assert_allclose(distill.divergence(score, x[0]), hessian[0].trace(), rtol=1e-10)


def test_divergence_of_a_learned_velocity_and_its_gradient_in_the_weights():
    net, x = randomised("noise"), torch.as_tensor(np.random.default_rng(0).normal(size=(3, 2)))
    div = distill.divergence(lambda x: net.predict(x, 0.4, "velocity"), x)
    h, total = 1e-5, 0
    for i in range(2):
        step = h * torch.eye(2, dtype=torch.float64)[i]
        there, back = net.predict(x + step, 0.4, "velocity"), net.predict(x - step, 0.4, "velocity")
        total = total + ((there - back)[:, i] / (2 * h)).detach()
    np.testing.assert_allclose(div.detach(), total, rtol=1e-7)
    weight = net.layers[-1].weight
    (gradient,) = torch.autograd.grad(div.sum(), weight)
    with torch.no_grad():
        weight[0, 0] += 1
    more = distill.divergence(lambda x: net.predict(x, 0.4, "velocity"), x)  # linear in the last layer's weights
    np.testing.assert_allclose((more - div).sum().detach(), gradient[0, 0], rtol=1e-9)


def test_derivatives_refuse_other_shapes():
    with pytest.raises(ValueError, match="x and u must have the same shape"):
        distill.jvp_probe(torch.sin, torch.zeros(3, 2), torch.zeros(2))
    with pytest.raises(ValueError, match="f must keep the shape of x"):
        distill.divergence(lambda x: x.sum(dim=-1), torch.zeros(3, 2))


def test_a_learned_score_feeds_the_solvers():
    solvers = pytest.importorskip("fewsteps.solvers")
    net = distill.ScoreNet(LAW, VP, times=(0.01, 1.0), predicts="residual").double()
    x = np.random.default_rng(0).normal(size=(4, 2))
    times = np.linspace(1.0, 0.01, 5)
    from_score = solvers.solve_ode(solvers.probability_flow(net.score, VP), x, times, "heun")
    velocity = solvers.solve_ode(lambda x, t: net.predict(x, t, "velocity"), torch.as_tensor(x), times, "heun")
    np.testing.assert_allclose(from_score, velocity.detach(), rtol=1e-9)

    def jvp(x, t, u):
        return distill.jvp_probe(lambda y: net.predict(y, t, "velocity"), x, u)

    probes = np.array([[[1.0, 1.0]] * 4, [[1.0, -1.0]] * 4])  # both diagonals: exact in two dimensions
    estimate = solvers.hutchinson_divergence(jvp, torch.as_tensor(x), 0.5, torch.as_tensor(probes)).detach()
    exact = distill.divergence(lambda y: net.predict(y, 0.5, "velocity"), torch.as_tensor(x)).detach()
    np.testing.assert_allclose(estimate, exact, rtol=1e-10)
