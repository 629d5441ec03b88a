"""What holds for every public function of the rooms: scales, empty batches, dtypes, layouts, clocks, bad input.

The tables `api_*` have one case a function or method; one test sees to it that none is missing.
"""

from __future__ import annotations

import importlib
import inspect
import warnings

import api_constructive
import api_dynamics
import api_fields
import api_geometry_chords
import api_geometry_curves
import api_geometry_mean_shift
import api_geometry_modes
import api_identities
import api_laws
import api_losses
import api_maps
import api_operators
import api_samplers
import api_schedules
import api_solvers
import api_stability
import numpy as np
import pytest
from api_cases import bad_values, close, refused

TABLES = (
    api_schedules,
    api_laws,
    api_losses,
    api_fields,
    api_geometry_chords,
    api_geometry_curves,
    api_geometry_mean_shift,
    api_geometry_modes,
    api_identities,
    api_operators,
    api_maps,
    api_dynamics,
    api_solvers,
    api_samplers,
    api_stability,
    api_constructive,
)
CASES = [case for table in TABLES for case in table.CASES]
EXCEPTIONS = {name: reason for table in TABLES for name, reason in table.EXCEPTIONS.items()}
ROOMS = (
    "schedules",
    "laws",
    "distances",
    "estimators",
    "fields",
    "digits",
    "identities",
    "operators",
    "flowmaps",
    "solvers",
    "samplers",
    "grids",
    "geometry",
    "stability",
    "constructive",
)


def every(condition):
    return pytest.mark.parametrize("case", [case for case in CASES if condition(case)], ids=str)


def public(room):
    """Names of a room: functions, classes, and the methods of the classes."""
    module = importlib.import_module(f"fewsteps.{room}")
    names = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__ and name[0] != "_"
    ]
    for name in names:
        value = getattr(module, name)
        if not callable(value):
            continue
        yield name
        if inspect.isclass(value):
            yield from (f"{name}.{one}" for one, _ in inspect.getmembers(value, inspect.isroutine) if one[0] != "_")


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_has_a_case(room):
    known = {case.name.split(":")[0] for case in CASES} | set(EXCEPTIONS)
    missing = [name for name in public(room) if name not in known]
    assert not missing, f"add a case, or a reason, for {missing}"


def test_exceptions_have_reasons_and_are_needed():
    assert all(EXCEPTIONS.values())
    assert not {case.name for case in CASES} & set(EXCEPTIONS)


@every(lambda case: True)
def test_valid_arguments_are_answered_and_left_alone(case):
    arguments = case.make()
    before = {}
    for name, value in arguments.items():
        if isinstance(value, np.ndarray):
            before[name], value.flags.writeable = value.copy(), False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = case.answer(**arguments)
    assert answer
    assert not any(np.isnan(part).any() for part in answer if part.dtype.kind == "f")
    for name, value in before.items():
        np.testing.assert_array_equal(arguments[name], value)


@every(lambda case: True)
def test_bad_values_are_named(case):
    for name, value in case.make().items():
        if name in ("of", *case.trusted):
            continue
        for bad in bad_values(value):
            refused(case, name, bad)
        if value is not None and not isinstance(value, bool) and not case.optional(name):
            refused(case, name, None)


@every(lambda case: case.fixed)
def test_wrong_lengths_are_named(case):
    for name in case.fixed:
        value = case.make()[name]
        refused(case, name, np.concatenate([value, value], axis=-1))


@every(lambda case: case.batch)
def test_empty_batches(case):
    arguments = case.make()
    empty = {name: arguments[name][:0] for name in case.batch}
    if not case.empty:
        with pytest.raises(ValueError, match="|".join(case.batch)):
            case.raw(**empty)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = case.answer(**empty)
    for got, full in zip(answer, case.answer(), strict=True):
        shape = list(full.shape)
        shape[case.axis] = 0
        assert list(got.shape) == shape


@every(lambda case: case.batch)
def test_float32_is_float64_to_rounding(case):
    arguments = case.make()
    exact = case.answer()
    single = case.answer(**{name: arguments[name].astype(np.float32) for name in case.batch})
    for got, want in zip(single, exact, strict=True):
        close(got, want, 2e-4, case.name)
        if case.keeps:
            assert got.dtype == np.float32


@every(lambda case: True)
def test_half_precision_is_refused_or_right(case):
    for name, value in case.make().items():
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f" or name in case.trusted:
            continue
        if name not in case.half:
            refused(case, name, value.astype(np.float16))
            continue
        for got, want in zip(case.answer(**{name: value.astype(np.float16)}), case.answer(), strict=True):
            assert got.dtype == np.float16
            close(got, want, 1e-2, case.name)


@every(lambda case: case.batch)
def test_layouts_do_not_matter(case):
    arguments = case.make()
    exact = case.answer()
    strided = {name: np.repeat(arguments[name], 2, axis=0)[::2] for name in case.batch}
    swapped = {name: np.asfortranarray(arguments[name]) for name in case.batch}
    for layout in (strided, swapped):
        for got, want in zip(case.answer(**layout), exact, strict=True):
            close(got, want, 1e-13, case.name)


@every(lambda case: case.batch)
def test_integers_are_numbers(case):
    whole = {name: np.rint(case.make()[name]) for name in case.batch}
    try:
        exact = case.answer(**whole)
    except ValueError:
        return  # no integers among the valid values
    for got, want in zip(case.answer(**{name: one.astype(int) for name, one in whole.items()}), exact, strict=True):
        close(got, want, 1e-14, case.name)


@every(lambda case: case.batch)
def test_tensors_are_answered_in_kind_or_refused(case):
    torch = pytest.importorskip("torch")
    arguments, name = case.make(), case.batch[0]
    tensors = {one: torch.tensor(arguments[one]) for one in case.batch}
    if not case.torch:
        refused(case, name, tensors[name].clone().requires_grad_())
    try:
        answer = case.answer(**tensors)
    except TypeError:
        assert not case.torch
        refused(case, name, tensors[name])
        return
    for got, want in zip(answer, case.answer(), strict=True):
        close(got, want, 1e-9, case.name)
    refused_types = (torch.int64, torch.complex64, *([] if case.half else [torch.float16]))
    for wrong in refused_types if case.torch else ():
        with pytest.raises(TypeError, match=rf"\b({'|'.join(case.batch)})\b"):
            case.raw(**{other: value.to(wrong) for other, value in tensors.items()})


@every(lambda case: case.level)
@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_one_level_a_sample(case, kind):
    arguments = case.make()
    n = len(arguments[case.batch[0]])
    levels = {name: arguments[name] * np.linspace(0.8, 1.0, n) for name in case.level}
    alone = [
        case.answer(
            **{name: arguments[name][i : i + 1] for name in case.batch},
            **{name: float(value[i]) for name, value in levels.items()},
        )
        for i in range(n)
    ]
    changes = dict(levels)
    if kind == "torch":
        torch = pytest.importorskip("torch")
        if not case.torch:
            return
        changes = {name: torch.tensor(value) for name, value in levels.items()}
        changes |= {name: torch.tensor(arguments[name]) for name in case.batch}
    for k, got in enumerate(case.answer(**changes)):
        close(got, np.concatenate([one[k] for one in alone], axis=case.axis), 1e-10, case.name)
    for name in case.level:
        refused(case, name, np.append(levels[name], 0.5))


@every(lambda case: case.power is not None)
@pytest.mark.parametrize("unit", [1e-12, 1e12])
def test_units_of_length_do_not_matter(case, unit):
    exact, scaled = case.answer(), parts_of(case, unit)
    powers = case.power if isinstance(case.power, tuple) else (case.power,) * len(exact)
    for got, want, power in zip(scaled, exact, powers, strict=True):
        close(got / unit**power if power else got, want, 1e-9, case.name)


def parts_of(case, unit):
    return case.answer(**case.make(unit))


@every(lambda case: case.clock)
def test_clocks_miss_their_ends_by_rounding_only(case):
    for name in case.clock:
        for end, rounded in ((0.0, -1e-16), (1.0, 1 + 1e-15)):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    exact = case.answer(**{name: end * case.horizon})
            except ValueError:
                continue  # the end itself is singular, and says so
            assert not any(np.isnan(part).any() for part in exact)
            for got, want in zip(case.answer(**{name: rounded * case.horizon}), exact, strict=True):
                close(got, want, 1e-13, case.name)
        for outside in (-1e-6, 1 + 1e-6):
            refused(case, name, outside * case.horizon)
