"""Length, curvature and torsion, against curves whose answers are known and against other formulas for them."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.spatial.transform import Rotation

from fewsteps.geometry import arc_length, curvature, estimated_bending, torsion

R, C = 2.0, 0.5
HELIX = R / (R**2 + C**2), C / (R**2 + C**2)


def helix(u):
    return np.stack([R * np.cos(u), R * np.sin(u), C * u], axis=-1)


def helix_derivatives(u):
    zero, one = 0 * u, 1 + 0 * u
    first = np.stack([-R * np.sin(u), R * np.cos(u), C * one], axis=-1)
    second = np.stack([-R * np.cos(u), -R * np.sin(u), zero], axis=-1)
    return first, second, np.stack([R * np.sin(u), -R * np.cos(u), zero], axis=-1)


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def by_gram_schmidt(first, second, third):
    """The same numbers from a QR decomposition: its diagonal has the lengths of the parts across."""
    v, bend, twist = np.abs(np.diag(np.linalg.qr(np.stack([first, second, third], axis=1))[1]))
    return bend / v**2, twist / (v * bend)


@pytest.mark.parametrize("d", [3, 4, 64])
def test_derivatives_against_a_qr_decomposition(d):
    rows = random(3, 20, d)
    want = np.array([by_gram_schmidt(*rows[:, i]) for i in range(20)])
    np.testing.assert_allclose(curvature(rows[0], rows[1]), want[:, 0], rtol=1e-12)
    np.testing.assert_allclose(np.abs(torsion(*rows)), want[:, 1], rtol=1e-12)


def test_in_space_against_the_vector_product():
    first, second, third = random(3, 30, 3)
    product = np.cross(first, second)
    size = np.linalg.norm(product, axis=-1)
    np.testing.assert_allclose(curvature(first, second), size / np.linalg.norm(first, axis=-1) ** 3, rtol=1e-12)
    want = np.linalg.det(np.stack([first, second, third], axis=1)) / size**2
    np.testing.assert_allclose(torsion(first, second, third), want, rtol=1e-10)


def test_the_helix_and_its_mirror_image():
    u = np.linspace(-3, 5, 17)
    first, second, third = helix_derivatives(u)
    np.testing.assert_allclose(curvature(first, second), HELIX[0], rtol=1e-14)
    np.testing.assert_allclose(torsion(first, second, third), HELIX[1], rtol=1e-13)
    mirror = np.array([1.0, 1.0, -1.0])
    np.testing.assert_allclose(torsion(first * mirror, second * mirror, third * mirror), -HELIX[1], rtol=1e-13)


def test_neither_parameter_nor_direction_nor_position_matters():
    s = np.linspace(0.3, 2.0, 12)
    a, b, c = helix_derivatives(s**3)
    one, two, three = (3 * s**2)[:, None], (6 * s)[:, None], 6.0  # derivatives of s^3
    turn = Rotation.from_rotvec([0.4, -1.0, 2.0]).as_matrix()
    first = (a * one) @ turn.T
    second = (b * one**2 + a * two) @ turn.T
    third = (c * one**3 + 3 * b * one * two + a * three) @ turn.T
    np.testing.assert_allclose(curvature(first, second), HELIX[0], rtol=1e-12)
    np.testing.assert_allclose(torsion(first, second, third), HELIX[1], rtol=1e-11)
    np.testing.assert_allclose(torsion(-first, second, -third), HELIX[1], rtol=1e-11)


def test_more_dimensions_embed_space():
    first, second, third = helix_derivatives(np.linspace(0, 3, 7))
    wide = np.linalg.qr(random(9, 9))[0][:, :3]
    np.testing.assert_allclose(curvature(first @ wide.T, second @ wide.T), HELIX[0], rtol=1e-13)
    np.testing.assert_allclose(torsion(first @ wide.T, second @ wide.T, third @ wide.T), HELIX[1], rtol=1e-12)


@pytest.mark.parametrize("unit", [1e-150, 1e150])
def test_scales(unit):
    first, second, third = (unit * one for one in helix_derivatives(np.array([0.7])))
    np.testing.assert_allclose(curvature(first, second) * unit, HELIX[0], rtol=1e-13)
    np.testing.assert_allclose(torsion(first, second, third) * unit, HELIX[1], rtol=1e-13)
    np.testing.assert_allclose(arc_length(unit * helix(np.linspace(0, 1, 9))[:, None]) / unit, 2.06, rtol=2e-3)
    u = np.linspace(0, 3, 61)
    for points, times in ((unit * helix(u)[:, None], u), (helix(u)[:, None], unit * u)):
        bend, twist = estimated_bending(points, times, 3)
        scale = np.abs(points).max() / np.abs(helix(u)).max()
        np.testing.assert_allclose(bend * scale, HELIX[0], rtol=2e-2)
        np.testing.assert_allclose(twist * scale, HELIX[1], rtol=6e-2)


def test_a_plane_curve_and_a_straight_one():
    first, second = np.array([[3.0, 4.0]]), np.array([[-4.0, 3.0]])
    np.testing.assert_allclose(curvature(first, second), 1 / 5)
    np.testing.assert_array_equal(curvature(first, 7 * first), 0.0)
    straight = np.array([[0.1, 0.2, 0.3]])
    with pytest.raises(ValueError, match="second must have a part across first"):
        torsion(straight, 3 * straight, random(1, 3))


def test_what_bends_in_a_plane_has_no_torsion():
    first, second = random(2, 5, 6)
    np.testing.assert_allclose(torsion(first, second, first - 2 * second), 0.0, atol=1e-14)


def test_doors():
    with pytest.raises(ValueError, match="first must not vanish"):
        curvature([[0, 0]], [[1, 0]])
    with pytest.raises(ValueError, match=r"first must have shape .* d >= 2"):
        curvature([1.0], [2.0])
    with pytest.raises(ValueError, match=r"first must have shape .* d >= 3"):
        torsion([1.0, 0.0], [0.0, 1.0], [1.0, 1.0])
    with pytest.raises(ValueError, match="first and second must have the same shape"):
        curvature([1.0, 0.0], [1.0, 0.0, 0.0])
    with pytest.raises(ValueError, match="first and third"):
        torsion([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0])
    with pytest.raises(ValueError, match="path must have shape"):
        arc_length(np.zeros((0, 2, 3)))


def test_length_of_a_polygon_and_of_a_curve():
    path = random(6, 4, 5)
    want = [sum(np.linalg.norm(path[k + 1, i] - path[k, i]) for k in range(5)) for i in range(4)]
    np.testing.assert_allclose(arc_length(path), want, rtol=1e-14)
    np.testing.assert_array_equal(arc_length(path[:1]), np.zeros(4))
    u = np.linspace(0, 2, 2001)
    spiral = np.stack([u * np.cos(5 * u), u * np.sin(5 * u)], axis=-1)[:, None]
    want = quad(lambda u: np.sqrt(1 + (5 * u) ** 2), 0, 2)[0]
    assert 0 < want - arc_length(spiral)[0] < 1e-4
    assert arc_length(spiral.repeat(2, axis=0))[0] == pytest.approx(arc_length(spiral)[0], rel=1e-14)


def test_a_cubic_is_returned_exactly_whatever_the_spacing():
    powers = random(4, 7)  # a cubic in seven dimensions
    u = np.cumsum(np.random.default_rng(1).uniform(0.5, 2.0, 30))
    values = np.stack([u**k for k in range(4)], axis=-1) @ powers
    first = np.stack([0 * u, 1 + 0 * u, 2 * u, 3 * u**2], axis=-1) @ powers
    second = np.stack([0 * u, 0 * u, 2 + 0 * u, 6 * u], axis=-1) @ powers
    third = np.broadcast_to(6 * powers[3], first.shape)
    for window in (2, 5, 14):
        for flip in (1.0, -1.0):  # the parameter may fall, as noise levels do
            bend, twist = estimated_bending(values[:, None], flip * u, window)
            np.testing.assert_allclose(bend[:, 0], curvature(first, second), rtol=1e-7)
            np.testing.assert_allclose(twist[:, 0], torsion(first, second, third), rtol=1e-5)


def test_the_helix_estimated_and_its_order():
    errors = []
    for steps in (40, 80, 160, 320):
        u = np.linspace(0, 6, steps + 1)
        bend, twist = estimated_bending(helix(u)[:, None], u, 4)
        inner = slice(4, -4)
        errors.append([np.abs(bend - HELIX[0])[inner].max(), np.abs(twist - HELIX[1])[inner].max()])
        assert np.abs(bend - HELIX[0]).max() < 20 * errors[-1][0]  # one-sided windows at the ends
    slopes = np.diff(np.log2(errors), axis=0)
    assert np.abs(slopes[-1] + 2).max() < 0.05


def test_fit_against_least_squares_of_numpy():
    path, times = random(9, 2, 3).cumsum(0), np.array([9.0, 7.0, 6.5, 4.0, 3.0, 2.5, 1.0, 0.5, 0.0])
    bend, twist = estimated_bending(path, times, 3)
    near, h = slice(1, 8), (times[1:8] - times[4])[:, None]
    design = np.hstack([h, h**2 / 2, h**3 / 6])
    for i in range(2):
        fitted = np.linalg.lstsq(design, path[near, i] - path[4, i], rcond=None)[0]
        np.testing.assert_allclose(bend[4, i], curvature(fitted[0], fitted[1]), rtol=1e-11)
        np.testing.assert_allclose(twist[4, i], torsion(*fitted), rtol=1e-10)


def test_levels_over_five_decades():
    sigma = np.geomspace(80.0, 8e-4, 2001)
    hyperbola = np.stack([np.sqrt(4 + sigma**2), np.sqrt(1e-2 + sigma**2)], axis=-1)[:, None]
    exact = curvature(
        np.stack([sigma / np.sqrt(4 + sigma**2), sigma / np.sqrt(1e-2 + sigma**2)], axis=-1),
        np.stack([4 / (4 + sigma**2) ** 1.5, 1e-2 / (1e-2 + sigma**2) ** 1.5], axis=-1),
    )
    got, twist = estimated_bending(hyperbola, sigma, 5)
    bent = (exact > 1e-3) & (sigma > 0.02)  # further down the curve almost stands, and rounding is seen
    np.testing.assert_allclose(got[bent, 0], exact[bent], rtol=2e-3)
    np.testing.assert_array_equal(twist, 0.0)


def test_straight_paths_have_no_torsion_and_still_ones_are_refused():
    times = np.linspace(1, 0, 30)
    line = 1e3 + times[:, None, None] * np.array([[1.0, 2.0, 3.0, 4.0]])
    bend, twist = estimated_bending(line, times, 4)
    assert bend.max() < 1e-11
    np.testing.assert_array_equal(twist, 0.0)
    with pytest.raises(ValueError, match="points must move"):
        estimated_bending(np.ones((7, 1, 3)), np.arange(7), 2)


@pytest.mark.parametrize("d", [3, 5])
def test_straight_paths_through_the_origin_have_no_torsion(d):
    u = np.linspace(-1, 1, 21)  # the state in the middle is 0, and its own rounding too
    lines = u[:, None, None] * np.vstack([np.arange(1.0, d + 1) / 10 + 0.003, random(50, d)])
    bend, twist = estimated_bending(lines, u, 3)
    assert bend.max() < 1e-12
    np.testing.assert_array_equal(twist, 0.0)


@pytest.mark.parametrize("last", [1e-12, 1e-150, 1e-300])
def test_steps_that_shrink_by_many_decades(last):
    states, u = 50 if last == 1e-12 else 1200, np.random.default_rng(1).standard_normal(3)
    path, times = random(states, 2, 3) + u, np.geomspace(1.0, last, states)
    bend, twist = estimated_bending(path, times, 3)
    near, h = slice(-7, None), (times[-7:] / times[-4] - 1)[:, None]  # in units of the state's own level
    design = np.hstack([h, h**2 / 2, h**3 / 6])
    for i in range(2):
        fitted = np.linalg.lstsq(design, path[near, i] - path[-4, i], rcond=None)[0]
        np.testing.assert_allclose(bend[-4, i], curvature(fitted[0], fitted[1]), rtol=1e-9)
        np.testing.assert_allclose(twist[-4, i], torsion(*fitted), rtol=1e-8)
    with pytest.raises(ValueError, match="times must change less unevenly within a window"):
        estimated_bending(path[:50], np.geomspace(1.0, 1e-150, 50), 3)


def test_a_path_at_rest_but_for_rounding_is_refused():
    still = 1 + 2.2e-16 * np.random.default_rng(0).integers(0, 2, (30, 1, 3))
    with pytest.raises(ValueError, match="points must move"):
        estimated_bending(still, np.arange(30), 3)


def test_what_no_float_can_hold_is_refused():
    with pytest.raises(ValueError, match="the length is beyond the range of float64"):
        arc_length([[[1e308]], [[-1e308]]])
    np.testing.assert_allclose(arc_length([[[8e307, 0]], [[-8e307, 0]]]), 1.6e308)
    with pytest.raises(ValueError, match="the curvature is beyond the range"):
        curvature([1e-200, 0], [0, 1])
    with pytest.raises(ValueError, match="the torsion is beyond the range"):
        torsion([0, 1e-200, 1e-200], [-1e-200, 0, 0], [0, -1, 0])
    np.testing.assert_allclose(curvature([1e-150, 0], [0, 1]), 1e300)
    u = np.linspace(0, 3, 61)
    for planes in (3, 2):
        with pytest.raises(ValueError, match="the curvature is beyond the range"):
            estimated_bending(1e-309 * helix(u)[:, None, :planes], u, 3)
    bend, twist = estimated_bending(1e308 / R * helix(u)[:, None], u, 3)
    np.testing.assert_allclose(bend * (1e308 / R), HELIX[0], rtol=2e-2)
    np.testing.assert_allclose(twist * (1e308 / R), HELIX[1], rtol=6e-2)


def test_doors_of_the_estimator():
    path, times = random(9, 2, 3), np.arange(9.0)
    with pytest.raises(ValueError, match=r"points must have shape .* M \+ 1 >= 11"):
        estimated_bending(path, times, 5)
    with pytest.raises(ValueError, match="d >= 2"):
        estimated_bending(path[..., :1], times, 2)
    with pytest.raises(ValueError, match="window must be at least 2"):
        estimated_bending(path, times, 1)
    for bad in (times[:-1], 0 * times, times[[0, 2, 1, 3, 4, 5, 6, 7, 8]]):
        with pytest.raises(ValueError, match="times must have shape"):
            estimated_bending(path, bad, 2)


def test_tensors_and_their_gradients():
    torch = pytest.importorskip("torch")
    u = np.linspace(0, 3, 31)
    path = helix(u)[:, None]
    tensor = torch.tensor(path, requires_grad=True)
    bend, twist = estimated_bending(tensor, u, 3)
    assert isinstance(bend, torch.Tensor)
    np.testing.assert_allclose(bend.detach().numpy(), estimated_bending(path, u, 3)[0], rtol=1e-12)
    (bend.sum() + twist.sum() + arc_length(tensor).sum()).backward()
    assert bool(torch.isfinite(tensor.grad).all())
    rows = torch.tensor(random(3, 4, 5))
    np.testing.assert_allclose(torsion(*rows).numpy(), torsion(*rows.numpy()), rtol=1e-13)
    np.testing.assert_allclose(curvature(*rows[:2]).numpy(), curvature(*rows[:2].numpy()), rtol=1e-13)
