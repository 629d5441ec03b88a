import numpy as np
import pytest

import fewsteps as fs

torch = pytest.importorskip("torch")
distill = pytest.importorskip("fewsteps.distill")


def test_embedding_has_constant_norm():
    embedded = distill.sinusoidal_embedding(np.arange(9), 8, 16)
    assert embedded.shape == (9, 16)
    np.testing.assert_allclose((embedded**2).sum(dim=-1), 8.0, rtol=1e-12)
    first = 10000.0 ** (-2 / 16)
    np.testing.assert_allclose(embedded[4, 0], np.sin(first / 2), rtol=1e-12)
    np.testing.assert_allclose(embedded[4, 8], np.cos(first / 2), rtol=1e-12)
    with pytest.raises(ValueError, match="d_emb must be even"):
        distill.sinusoidal_embedding(1, 8, 5)


@pytest.mark.parametrize("name", ["vanilla", "progressive", "boot", "consistency"])
def test_training_follows_the_formula(name):
    lam, schedule = np.array([0.2, 2.0]), fs.cosine_schedule(4)
    plan = fs.CANONICAL_PLANS[name](4)
    trained = distill.train_plans([plan], lam, schedule, trials=4, n_samples=4096, n_steps=60)[0]
    gamma = fs.shrinkage_gd(lam, schedule, 1e-3, 60, 32.0)
    predicted = plan.evaluate(fs.teacher_operators(lam, schedule), gamma)
    np.testing.assert_allclose(trained.mean(axis=0), predicted, rtol=6e-3)
    assert np.all(trained.std(axis=0) > 0)


def test_training_is_reproducible_and_reports_progress():
    calls = []
    kwargs = {"trials": 2, "n_samples": 64, "n_steps": 3}
    plans = [fs.boot_plan(4), fs.progressive_plan(4)]
    first = distill.train_plans(
        plans, [0.5], fs.cosine_schedule(4), progress=lambda k, n: calls.append((k, n)), **kwargs
    )
    second = distill.train_plans(plans, [0.5], fs.cosine_schedule(4), **kwargs)
    np.testing.assert_array_equal(first, second)
    assert calls == [(1, 3), (2, 3), (3, 3)]
    other = distill.train_plans(plans, [0.5], fs.cosine_schedule(4), seed=1, **kwargs)
    assert not np.array_equal(first, other)


def test_training_refuses_bad_input():
    with pytest.raises(ValueError, match=r"plans must cover the steps 1\.\.4"):
        distill.train_plans([fs.boot_plan(3)], [0.5], fs.cosine_schedule(4))
    with pytest.raises(ValueError, match="lower it"):
        distill.train_plans([fs.vanilla_plan(4)], [0.5], fs.cosine_schedule(4), lr=1e3, trials=1, n_samples=64)


def test_the_package_does_not_import_torch():
    import subprocess
    import sys

    rooms = "import sys, fewsteps, fewsteps.flowmaps, fewsteps.solvers, fewsteps.identities, fewsteps.laws"
    code = f"{rooms}; assert 'torch' not in sys.modules and 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
