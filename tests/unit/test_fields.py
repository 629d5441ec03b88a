"""Conversions between predictions: against the exact predictions of a law, in all twelve directions."""

import itertools

import numpy as np
import pytest

import fewsteps as fs
from fewsteps.fields import KINDS

LAW = fs.GaussianMixture([[-1.0, 0.2], [1.5, 0.0]], [[[0.3, 0.1], [0.1, 0.2]], 0.5 * np.eye(2)], [0.4, 0.6])
X = np.random.default_rng(0).standard_normal((6, 2))


def exact(level):
    alpha, sigma, d_alpha, d_var = level
    data, score = LAW.denoiser(X, alpha, sigma), LAW.score(X, alpha, sigma)
    noise = (X - alpha * data) / sigma
    return {"data": data, "score": score, "noise": noise, "velocity": d_alpha * data + d_var / (2 * sigma) * noise}


@pytest.mark.parametrize(("source", "target"), list(itertools.product(KINDS, KINDS)))
@pytest.mark.parametrize("process", [fs.vp_linear(), fs.flow_matching(), fs.edm(5.0)], ids=str)
def test_every_conversion(process, source, target):
    level = process.at(0.3 * process.horizon)
    predictions = exact(level)
    alpha, sigma, *rates = level
    got = fs.convert(predictions[source], X, alpha, sigma, source, target, *rates)
    np.testing.assert_allclose(got, predictions[target], rtol=1e-11, atol=1e-12)
    moved = fs.convert(predictions[source] + 0.1, X, alpha, sigma, source, target, *rates)
    scale = fs.error_scale(alpha, sigma, source, target, *rates)
    np.testing.assert_allclose(moved - got, 0.1 * scale, rtol=1e-9, atol=1e-11)


def test_velocity_prediction_is_the_law_s_velocity():
    level = fs.vp_linear().at(0.3)
    np.testing.assert_allclose(LAW.velocity(X, *level), exact(level)["velocity"], rtol=1e-11)


def test_noise_and_score_are_proportional_even_where_data_are_lost():
    np.testing.assert_array_equal(fs.convert(X, X, 0.0, 2.0, "noise", "score"), -X / 2)
    np.testing.assert_array_equal(fs.convert(X, X, 1.0, 1e-6, "score", "noise"), -1e-6 * X)


def test_torch_and_float32():
    torch = pytest.importorskip("torch")
    out = fs.convert(
        torch.tensor(X, dtype=torch.float32), torch.tensor(X, dtype=torch.float32), 0.6, 0.8, "data", "noise"
    )
    assert out.dtype == torch.float32
    assert fs.convert(X.astype(np.float32), X.astype(np.float32), 0.6, 0.8, "data", "noise").dtype == np.float32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.6, 0.8, "data", "flow"), "kind must be one of data, noise, score, velocity"),
        ((0.6, 0.8, "data", "velocity"), "velocity needs d_alpha and d_var"),
        ((0.0, 1.0, "noise", "data"), "noise does not determine data at alpha = 0"),
        ((1.0, 0.0, "data", "noise"), "data does not determine noise"),
        ((1.0, 0.0, "data", "score"), "score cannot be converted at sigma = 0"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        fs.convert(X, X, *arguments)
    with pytest.raises(ValueError, match=message):
        fs.error_scale(*arguments)


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="value and x must have the same shape"):
        fs.convert(X[0], X, 0.6, 0.8, "data", "noise")
