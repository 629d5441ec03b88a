"""Chords and principal axes of paths, against minimisation, exact numbers, scikit-learn and random frames."""

import numpy as np
import pytest
from mpmath import mp, mpf
from scipy.optimize import minimize_scalar
from sklearn.decomposition import PCA

from fewsteps import Gaussian, edm, grids, samplers
from fewsteps.geometry import ChordFrame, chord_deviation, chord_frame, explained_variance


def walk(states=12, n=5, d=8, seed=0):
    """Polygons that wander, with a drift so that no chord is short."""
    steps = np.random.default_rng(seed).standard_normal((states, n, d))
    return np.cumsum(steps, axis=0) + np.arange(states)[:, None, None] * np.linspace(1, 2, d)


def residuals(path):
    chord = path[0] - path[-1]
    unit = chord / np.linalg.norm(chord, axis=-1, keepdims=True)
    apart = path - path[-1]
    return apart - (apart * unit).sum(-1, keepdims=True) * unit


def test_deviation_against_minimisation_over_the_line():
    path = walk(d=50)
    found = chord_deviation(path)
    for i in range(path.shape[1]):
        chord = path[0, i] - path[-1, i]
        for k in range(path.shape[0]):
            apart = path[k, i] - path[-1, i]
            best = minimize_scalar(lambda c, apart=apart, chord=chord: ((apart - c * chord) ** 2).sum())
            assert found[k, i] == pytest.approx(np.sqrt(best.fun), abs=1e-6)


def test_deviation_of_a_nearly_straight_path_against_forty_digits():
    path = walk(d=5) * [1.0, 1e-9, 1e-9, 1e-9, 1e-9]
    found = chord_deviation(path)
    mp.dps = 40
    for i in range(path.shape[1]):
        exact = [[mpf(float(one)) for one in row] for row in path[:, i]]
        chord = [a - b for a, b in zip(exact[0], exact[-1], strict=True)]
        for k in range(1, len(exact) - 1):
            apart = [a - b for a, b in zip(exact[k], exact[-1], strict=True)]
            along = sum(a * c for a, c in zip(apart, chord, strict=True)) ** 2 / sum(c * c for c in chord)
            want = mp.sqrt(sum(a * a for a in apart) - along)
            assert found[k, i] == pytest.approx(float(want), rel=2e-6)


def test_deviation_vanishes_on_a_line_and_at_the_ends():
    line = np.linspace(3, 0, 7)[:, None, None] * np.array([1.0, -2.0, 0.5]) + np.array([1.0, 1.0, 1.0])
    assert chord_deviation(line).max() < 1e-15
    ends = chord_deviation(walk())[[0, -1]]
    assert np.all(ends == 0)
    assert chord_deviation([[[1]], [[0]]]).tolist() == [[0.0], [0.0]]


@pytest.mark.parametrize("unit", [1e-150, 1.0, 1e150])
def test_scales_and_motions(unit):
    path = walk()
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((8, 8)))[0]
    moved = (path @ turn.T + 3.0) * unit
    np.testing.assert_allclose(chord_deviation(moved), chord_deviation(path) * unit, rtol=1e-12, atol=0)
    one, two = chord_frame(path, 3), chord_frame(moved, 3)
    np.testing.assert_allclose(two.coordinates, one.coordinates * unit, rtol=1e-10, atol=1e-12 * unit)
    np.testing.assert_allclose(two.axes, one.axes @ turn.T, atol=1e-12)
    np.testing.assert_allclose(explained_variance(moved), explained_variance(path), atol=1e-14)


def test_frame_is_orthonormal_and_gives_the_path_back():
    path = walk()
    frame = chord_frame(path, 7)
    assert isinstance(frame, ChordFrame)
    for i in range(path.shape[1]):
        rows = np.vstack([frame.direction[i], frame.axes[i]])
        np.testing.assert_allclose(rows @ rows.T, np.eye(8), atol=1e-14)
        np.testing.assert_allclose(path[-1, i] + frame.coordinates[:, i] @ rows, path[:, i], atol=1e-13)
    np.testing.assert_allclose(frame.explained.sum(axis=1), 1.0, rtol=1e-14)
    assert np.all(frame.coordinates[0, :, 0] > 0)


def test_frame_against_scikit_learn_on_mirrored_deviations():
    """About zero: the deviations together with their negatives have mean zero."""
    path = walk()
    beside = residuals(path)
    frame = chord_frame(path, 4)
    for i in range(path.shape[1]):
        fit = PCA(n_components=4, svd_solver="full").fit(np.concatenate([beside[:, i], -beside[:, i]]))
        np.testing.assert_allclose(frame.explained[i], fit.explained_variance_ratio_, rtol=1e-12)
        np.testing.assert_allclose(np.abs(frame.axes[i] @ fit.components_.T), np.eye(4), atol=1e-12)


def test_no_other_frame_leaves_less():
    path = walk(n=1)
    beside = residuals(path)[:, 0]
    frame = chord_frame(path, 2)
    left = (1 - frame.explained[0].sum()) * (beside**2).sum()
    rng = np.random.default_rng(2)
    for _ in range(300):
        rows = np.linalg.qr(rng.standard_normal((8, 2)))[0].T
        assert ((beside - beside @ rows.T @ rows) ** 2).sum() >= left * (1 - 1e-12)


def test_axes_beyond_the_rank_are_still_across():
    """A plane curve in five dimensions: one axis is used, the others must not fall on the chord."""
    u = np.linspace(1, 0, 9)
    path = np.stack([u, u * (1 - u), *np.zeros((3, 9))], axis=-1)[:, None]
    frame = chord_frame(path, 4)
    rows = np.vstack([frame.direction[0], frame.axes[0]])
    np.testing.assert_allclose(rows @ rows.T, np.eye(5), atol=1e-14)
    np.testing.assert_allclose(frame.explained[0], [1, 0, 0, 0], atol=1e-28)


def test_signs_are_chosen():
    for path in (walk(), walk() * [1, -1, 1, -1, 1, -1, 1, -1], 5 - walk()):
        beside = chord_frame(path, 4).coordinates[..., 1:]
        assert np.all(beside.max(axis=0) >= -beside.min(axis=0))


def test_explained_variance_against_scikit_learn_and_without_a_mean():
    path = walk(d=20)
    for i in range(path.shape[1]):
        fit = PCA(svd_solver="full").fit(path[:, i])
        np.testing.assert_allclose(explained_variance(path)[i], fit.explained_variance_ratio_, atol=1e-15)
        squares = np.linalg.eigvalsh(path[:, i] @ path[:, i].T)[::-1]
        np.testing.assert_allclose(explained_variance(path, False)[i], squares / squares.sum(), atol=1e-14)
    np.testing.assert_array_equal(explained_variance(path[:, 2]), explained_variance(path)[2])


def test_paths_of_a_gaussian_use_as_many_dimensions_as_there_are_eigenvalues():
    lam = np.array([3.0, 3.0, 3.0, 1.0, 1.0, 0.2])
    start = 80 * np.random.default_rng(3).standard_normal((4, 6))
    levels = grids.rho(edm(), 60, stop=0.002, start=80.0)
    path = samplers.ddim(lambda x, t: Gaussian(np.zeros(6), lam).denoiser(x, 1.0, t), edm(), start, levels, path=True)
    shares = explained_variance(path)
    assert np.all(shares[:, :3] > 1e-14)
    assert np.all(shares[:, 3:] < 1e-27)


def test_torch_answers_in_kind_and_carries_gradients():
    torch = pytest.importorskip("torch")
    path = torch.tensor(walk(), requires_grad=True)
    frame = chord_frame(path, 2)
    np.testing.assert_allclose(frame.coordinates.detach(), chord_frame(walk(), 2).coordinates, atol=1e-12)
    (gradient,) = torch.autograd.grad(chord_deviation(path)[1:-1].sum(), path)
    nudge = np.random.default_rng(4).standard_normal(path.shape)
    change = chord_deviation(walk() + 1e-6 * nudge).sum() - chord_deviation(walk() - 1e-6 * nudge).sum()
    assert float((gradient * torch.tensor(nudge)).sum()) == pytest.approx(change / 2e-6, rel=1e-6)


def test_empty_integer_and_single_precision_paths():
    empty = walk()[:, :0]
    assert chord_deviation(empty).shape == (12, 0)
    assert explained_variance(empty).shape == (0, 8)
    frame = chord_frame(empty, 3)
    shapes = [one.shape for one in (frame.direction, frame.axes, frame.coordinates, frame.explained)]
    assert shapes == [(0, 8), (0, 3, 8), (12, 0, 4), (0, 3)]
    whole = np.rint(10 * walk())
    np.testing.assert_array_equal(chord_deviation(whole.astype(int)), chord_deviation(whole))
    single = chord_frame(walk().astype(np.float32), 2)
    assert single.axes.dtype == single.coordinates.dtype == np.float32
    np.testing.assert_allclose(single.coordinates, chord_frame(walk(), 2).coordinates, atol=2e-4)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: chord_deviation(np.zeros((3, 2, 2))), "path must end elsewhere"),
        (lambda: chord_deviation(np.zeros((1, 2, 2))), "path must have shape"),
        (lambda: chord_deviation(np.zeros((3, 2))), "path must have shape"),
        (lambda: chord_frame(walk(), 8), "k must be at most 7"),
        (lambda: chord_frame(walk(states=4), 3), "k must be at most 2"),
        (lambda: chord_frame(walk(), 0), "k must be at least 1"),
        (lambda: chord_frame(walk(d=1), 1), "path must have shape"),
        (lambda: chord_frame(1e6 + np.arange(5.0)[:, None, None] * np.array([0.1, 0.7, 0.3]), 1), "path must leave"),
        (lambda: explained_variance(np.full((4, 1, 3), 0.1)), "path must move"),
        (lambda: explained_variance(np.zeros(3)), "path must have shape"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_ends_apart_by_rounding_alone_make_no_chord():
    loop = np.stack([np.cos(np.linspace(0, 2 * np.pi, 40)), np.sin(np.linspace(0, 2 * np.pi, 40))], axis=-1)[:, None]
    for there in (0.0, 1e-16):
        loop[-1] = loop[0] * (1 - there)
        with pytest.raises(ValueError, match="path must end elsewhere"):
            chord_deviation(loop)
        with pytest.raises(ValueError, match="path must end elsewhere"):
            chord_frame(loop, 1)


def test_states_at_the_end_of_the_range():
    path = np.array([[[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.5]], [[-0.5, 0.5, 0.0]], [[-1.0, 0.0, 0.0]]])
    far = chord_deviation(8e307 * path)
    np.testing.assert_allclose(far / 8e307, chord_deviation(path), rtol=1e-14)
    np.testing.assert_allclose(chord_frame(8e307 * path, 1).axes, chord_frame(path, 1).axes, atol=1e-14)
    with pytest.raises(ValueError, match="the distance is beyond the range of float64"):
        chord_deviation([[[1.7e308, 0]], [[1.7e308, 1.7e308]], [[-1.7e308, 0]]])


def test_far_from_the_origin_the_difference_comes_first():
    far = np.array([[[1e15 + 80, 1e15, 0]], [[1e15 + 40, 1e15 + 1, 0]], [[1e15, 1e15, 0]]])
    np.testing.assert_array_equal(chord_deviation(far)[:, 0], [0.0, 1.0, 0.0])
    with pytest.raises(ValueError, match="path must leave its chord"):
        chord_frame(far, 1)  # by eight roundings of the states alone
    far = np.array([[[1e12 + 80, 1e12, 0]], [[1e12 + 40, 1e12 + 1, 0]], [[1e12, 1e12, 0]]])
    np.testing.assert_allclose(chord_frame(far, 1).coordinates[1, 0], [40.0, 1.0], rtol=1e-14)


def test_frames_of_tensors_have_no_gradients():
    torch = pytest.importorskip("torch")
    path = torch.tensor(walk(), requires_grad=True)
    assert not chord_frame(path, 2).explained.requires_grad
    chord_deviation(path).sum().backward()
    assert bool(torch.isfinite(path.grad).all())
