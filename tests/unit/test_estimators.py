import numpy as np
import ot
import pytest
from scipy.linalg import sqrtm

import fewsteps as fs

LAW = fs.Checkerboard()
EDGES = np.linspace(-2.2, 2.2, 17)  # off the squares
P = LAW.masses(EDGES)


def blurred(n, rng, share):
    """Samples of the board with a share of the uniform law on its square: the model's masses are known."""
    x = LAW.sample(n, rng)
    swapped = rng.random(n) < share
    x[swapped] = rng.uniform(-2, 2, (swapped.sum(), 2))
    return x


def blurred_masses(share):
    line = np.diff(np.clip(EDGES, -2, 2)) / 4
    return (1 - share) * P + share * np.outer(line, line)


def kl(p, q):
    return float(np.sum(p[p > 0] * np.log(p[p > 0] / q[p > 0])))


def calibrated(values, errors, want, width=0.35):
    """Whether estimates scatter about `want` with their own errors: mean and deviation of the standardised ones."""
    z = (np.array(values) - want) / np.array(errors)
    assert abs(z.mean()) < 4 / len(z) ** 0.5, f"bias of {z.mean():.2f} errors"
    assert 1 - width < z.std(ddof=1) < 1 + width, f"errors off by a factor {z.std(ddof=1):.2f}"


@pytest.mark.parametrize("share", [0.0, 0.03, 0.3])
@pytest.mark.parametrize("pseudo", [0.5, 1.0])
def test_kl_recovers_a_known_divergence(share, pseudo):
    rngs = map(np.random.default_rng, range(60))
    got = [fs.kl_to_samples(P, blurred(10_000, rng, share), EDGES, pseudo) for rng in rngs]
    calibrated([e.value for e in got], [e.error for e in got], kl(P, blurred_masses(share)))


def test_the_bias_would_show():
    """The correction is many errors of the mean of these estimates, so the test above depends on it."""
    n, K = 10_000, np.count_nonzero(P > 0)
    errors = [fs.kl_to_samples(P, blurred(n, np.random.default_rng(k), 0.0), EDGES).error for k in range(20)]
    np.testing.assert_allclose(errors, ((K - 1) / 2) ** 0.5 / n, rtol=0.25)
    assert (K - 1) / (2 * n) > 8 * np.mean(errors)


def test_kl_against_the_normalised_plug_in():
    x, K = blurred(50_000, np.random.default_rng(0), 0.2), P.size + 1
    count = np.append(np.histogram2d(*x.T, bins=(EDGES, EDGES))[0], 0.0)
    q = (count + 0.5) / (len(x) + K / 2)
    plain = kl(np.append(P, 0.0), q) - (K - 1) / (2 * len(x))
    assert fs.kl_to_samples(P, x, EDGES).value == pytest.approx(plain, abs=(K / len(x)) ** 2)


def test_mass_outside_the_grid_is_one_more_cell():
    edges = np.array([-1.0, 0.0, 1.0])
    p = LAW.masses(edges)
    assert p.sum() == pytest.approx(0.25)
    rng = np.random.default_rng(0)
    got = [fs.kl_to_samples(p, LAW.sample(2000, rng), edges) for _ in range(60)]
    calibrated([e.value for e in got], [e.error for e in got], 0.0, width=0.5)
    # a target inside the grid, a model half outside: log 2
    inner = p / p.sum()
    half = np.concatenate([LAW.sample(40_000, rng) / 4, np.full((40_000, 2), 9.0)])
    inside = np.histogram2d(*half[:40_000].T, bins=(edges, edges))[0] / 80_000
    assert fs.kl_to_samples(inner, half, edges).value == pytest.approx(kl(inner, inside), abs=1e-4)
    everywhere = np.full((2, 2), 0.25)
    both = np.concatenate([rng.uniform(-1, 1, (40_000, 2)), np.full((40_000, 2), 9.0)])
    got = fs.kl_to_samples(everywhere, both, edges)
    assert abs(got.value - np.log(2)) < 4 * got.error


def test_cells_lower_the_divergence():
    model = blurred(100_000, np.random.default_rng(0), 0.3)
    values = []
    for G in (3, 9, 18):
        edges = np.linspace(-2.0, 2.0, G + 1)
        values.append(fs.kl_to_samples(LAW.masses(edges), model, edges).value)
    exact = -np.log(0.7 + 0.3 / 2)  # of the laws: the model has the density 0.7/8 + 0.3/16 on filled squares
    assert 0.001 < values[0] < values[1] < values[2] < exact


def test_a_missed_cell_costs_much_but_not_infinity():
    x = LAW.sample(20_000, np.random.default_rng(0))
    got = fs.kl_to_samples(P, x[x[:, 0] < 0], EDGES)
    assert 1.5 < got.value < 4
    assert np.isfinite(got.error)


@pytest.mark.parametrize("shift", [0.3, 1.0])
def test_sliced_distance_is_calibrated(shift):
    """Two normal laws: in the direction (cos a, sin a) (shift cos a)^2 + (s(a) - 1)^2 with the deviation s(a)."""
    angle = (np.arange(20_000) + 0.5) * np.pi / 10_000
    s = np.sqrt(1 + 3 * np.sin(angle) ** 2)
    want = np.mean((shift * np.cos(angle)) ** 2 + (s - 1) ** 2)
    got = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        x, y = rng.standard_normal((2, 2000, 2))
        got.append(fs.squared_sliced_w2(x, y * [1, 2] + [shift, 0], rng, 48))
    calibrated([e.value for e in got], [e.error for e in got], want)


@pytest.mark.parametrize("directions", [2, 150])
def test_the_error_covers_directions_and_samples(directions):
    """With few directions their choice matters most, with many the samples: the error follows both."""
    got = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x, y = rng.standard_normal((2, 300, 3))
        got.append(fs.squared_sliced_w2(x, y + np.array([1.5, 0, 0]), rng, directions))
    ratio = np.std([e.value for e in got], ddof=1) / np.sqrt(np.mean([e.error**2 for e in got]))
    assert 0.7 < ratio < 1.35


def test_sliced_distance_against_pot():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((500, 3)), rng.uniform(-1, 2, (500, 3))
    directions = np.random.default_rng(1).standard_normal((40, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    pot = ot.sliced_wasserstein_distance(x, y, projections=directions.T)
    assert fs.squared_sliced_w2(x, y, np.random.default_rng(1), 40).value == pytest.approx(pot**2, rel=1e-12)
    flipped = fs.squared_sliced_w2(y, x, np.random.default_rng(1), 40)
    assert flipped.value == pytest.approx(pot**2, rel=1e-12)
    assert flipped.error == pytest.approx(fs.squared_sliced_w2(x, y, np.random.default_rng(1), 40).error, rel=1e-9)


def test_the_floor_of_two_samples_of_one_law():
    rng = np.random.default_rng(0)
    floors = [
        np.mean([fs.squared_sliced_w2(LAW.sample(n, rng), LAW.sample(n, rng), rng, 32).value for _ in range(10)])
        for n in (250, 1000, 4000)
    ]
    assert floors[2] > 0
    assert 2.5 < floors[0] / floors[1] < 6.5  # as 1/n
    assert 2.5 < floors[1] / floors[2] < 6.5
    x = LAW.sample(1000, rng)
    same = fs.squared_sliced_w2(x, x[::-1], rng)
    assert max(same.value, same.error) < 1e-15


def test_gaussian_fits_make_the_frechet_distance():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((300, 3)), rng.uniform(0, 2, (200, 3)) @ rng.standard_normal((3, 3))
    p, q = np.cov(a.T), np.cov(b.T)
    want = np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2) + np.trace(p + q - 2 * np.real(sqrtm(p @ q)))
    assert fs.squared_w2(fs.gaussian_fit(a), fs.gaussian_fit(b)) == pytest.approx(want, rel=1e-6)
    assert fs.gaussian_fit(a[:, :1]).cov.shape == (1, 1)


def test_bad_input_is_refused():
    rng, x = np.random.default_rng(0), np.zeros((3, 2))
    for masses, samples, edges, message in (
        (P, x, EDGES[:-1], r"masses must have shape \(15, 15\)"),
        (P, np.zeros((3, 3)), EDGES, "samples"),
        (2 * P, x, EDGES, "masses must sum to at most 1"),
        (-P, x, EDGES, "masses must be at least 0"),
        (P, x, EDGES[::-1], "edges must have shape"),
        (P, np.zeros(3), EDGES, "samples must have shape"),
    ):
        with pytest.raises(ValueError, match=message):
            fs.kl_to_samples(masses, samples, edges)
    with pytest.raises(ValueError, match="pseudo must be greater than 0"):
        fs.kl_to_samples(P, x, EDGES, 0.0)
    with pytest.raises(ValueError, match="x and y must have the same shape"):
        fs.squared_sliced_w2(x, np.zeros((4, 2)), rng)
    with pytest.raises(ValueError, match="directions must be at least 2"):
        fs.squared_sliced_w2(x, x, rng, 1)
    with pytest.raises(TypeError, match="rng must be"):
        fs.squared_sliced_w2(x, x, 0)
    with pytest.raises(ValueError, match=r"samples must have shape \(n, d\) with n >= 2"):
        fs.gaussian_fit([[0.0, 1.0]])
