"""Paths saved and loaded: equal bit for bit, refused where they are damaged."""

import json
import re
import struct
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

import steepest
from steepest.descent.optimizers import SGD
from steepest.descent.schedules import Constant, Schedule
from steepest.descent.stepwise import descend
from steepest.descent.stopping import Epochs, Stopping
from steepest.errors import InputError, OutputError, StorageError
from steepest.formula.parse import parse
from steepest.models.model_file_reader import load_fit
from steepest.path.path import DescentPath, StepwisePath
from steepest.path.run_file import load_path, save_path
from steepest.path.step import Step
from steepest.problems.function import FunctionProblem
from steepest.results.run import Run
from steepest.storage.container import read_container, write_container

ROSENBROCK = "(1 - x)^2 + 100(y - x^2)^2"
START = (-1.5, 2.0)


def there_and_back(path: DescentPath, folder: Path) -> DescentPath:
    Run.of(path).save(folder / "run.steepest")
    loaded = steepest.load(folder / "run.steepest")
    assert isinstance(loaded, Run)
    return loaded


def bits(step: Step) -> list[bytes | int | tuple[str, ...]]:
    numbers = [step.parameters, step.gradient, *(step.state[name] for name in sorted(step.state))]
    rest = struct.pack("<2d", step.objective, step.learning_rate)
    return [step.index, step.names, tuple(step.state), rest, *(n.tobytes() for n in numbers)]


def assert_equal(loaded: DescentPath, path: DescentPath, steps: list[int]) -> None:
    assert loaded.names == path.names
    assert loaded.epochs == path.epochs
    assert loaded.recorded == path.recorded
    for k in steps:
        assert bits(loaded.at(k)) == bits(path.at(k))
    assert loaded.verdict == path.verdict
    assert str(loaded.forecast) == str(path.forecast)
    assert json.dumps(loaded.forecast.to_dict()) == json.dumps(path.forecast.to_dict())


RUNS: dict[str, Callable[[], Run]] = {
    "lesson": lambda: steepest.minimize("x**2 - 4*x + 5", start=7, lr=0.1, epochs=30),
    "automatic": lambda: steepest.minimize(ROSENBROCK, START, epochs=60),
    "momentum": lambda: steepest.minimize("x^4 + y^2", (1, 2), lr=0.01, momentum=0.9, epochs=50),
    "nesterov": lambda: steepest.minimize(
        "x^4 + y^2", (1, 2), lr=0.01, momentum=0.9, nesterov=True, epochs=50
    ),
    "adam": lambda: steepest.minimize(ROSENBROCK, START, optimizer="adam", lr=0.05, epochs=80),
    "adamw": lambda: steepest.minimize(ROSENBROCK, START, optimizer="adamw", lr=0.05, epochs=80),
    "amsgrad": lambda: steepest.minimize(
        ROSENBROCK,
        START,
        optimizer=steepest.optimizers.Adam(betas=(0.8, 0.9), amsgrad=True),
        lr=0.05,
        epochs=80,
    ),
    "adagrad": lambda: steepest.minimize(ROSENBROCK, START, optimizer="adagrad", lr=0.5, epochs=80),
    "rmsprop": lambda: steepest.minimize(
        ROSENBROCK, START, optimizer="rmsprop", lr=0.01, epochs=80
    ),
    "schedule": lambda: steepest.minimize(
        ROSENBROCK, START, optimizer="adam", lr="step:0.05,step_size=9,gamma=0.7", epochs=80
    ),
    "numpy-rate": lambda: steepest.minimize("x^2", 3, lr=np.float64(0.1), epochs=5),
    "backtracking": lambda: steepest.minimize(ROSENBROCK, START, lr="backtracking:1", epochs=80),
    "bounds": lambda: steepest.minimize(
        ROSENBROCK, START, lr=1e-3, bounds={"x": (-2, 0.5), "y": (None, 3)}, epochs=80
    ),
    "known": lambda: steepest.minimize("rosenbrock", lr=1e-3, epochs=50),
    "random-start": lambda: steepest.minimize("x^2 + y^2", "random", seed=3, lr=0.1, epochs=5),
    "no-epochs": lambda: steepest.minimize("x^2", 1, lr=0.1, epochs=0),
    "diverged": lambda: steepest.minimize("x**4", start=7, lr=1, epochs=30),
    "left-domain": lambda: steepest.minimize("log(x) + x", start=0.5, lr=1, epochs=30),
    "tolerance": lambda: steepest.minimize(
        "x^2", 1, lr=0.1, stopping=Stopping(gradient_tolerance=1e-6)
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_formula_gives_every_step_again(name: str, tmp_path: Path) -> None:
    path = RUNS[name]()
    loaded = there_and_back(path, tmp_path)
    assert_equal(loaded, path, list(range(path.epochs + 1)))
    assert path.walk is not None
    assert loaded.walk is not None
    assert loaded.walk.stop == path.walk.stop
    assert loaded.walk.optimizer == path.walk.optimizer
    assert loaded.walk.schedule == path.walk.schedule
    assert loaded.problem.minimizer is None or path.problem.minimizer is not None


@pytest.mark.parametrize("optimizer", [SGD(momentum=0.9), steepest.optimizers.Adam()])
def test_steps_that_were_not_kept_are_replayed_to_the_same_bits(
    optimizer: Any, tmp_path: Path
) -> None:
    path = few_kept(optimizer, 500)
    assert len(path.walk.indices) < 20
    loaded = there_and_back(path, tmp_path)
    assert loaded.walk is not None
    assert path.walk is not None
    assert loaded.walk.indices.tolist() == path.walk.indices.tolist()
    for k in range(0, 501, 7):
        assert bits(loaded.at(k)) == bits(path.at(k))


def few_kept(optimizer: Any, epochs: int) -> StepwisePath:
    problem = FunctionProblem.of_formula(parse(ROSENBROCK))
    walk = descend(problem, optimizer, Constant(1e-4), [Epochs(epochs)], START, keep=16)
    made = steepest.minimize(ROSENBROCK, START, lr=1e-4, optimizer=optimizer, epochs=1)
    return StepwisePath(problem, lambda: made.forecast, lambda: made.verdict, None, walk.stop, walk)


def test_a_loaded_path_is_a_path_like_any_other(tmp_path: Path) -> None:
    path = RUNS["adam"]()
    loaded = there_and_back(path, tmp_path)
    assert str(loaded.table()) == str(path.table())
    assert loaded.problem.hessian(np.array([1.0, 1.0])) == pytest.approx(
        np.array([[802.0, -400.0], [-400.0, 200.0]])
    )
    again = there_and_back(loaded, tmp_path)
    assert_equal(again, path, [0, 40, 80])


def test_bounds_and_minimizer_come_back(tmp_path: Path) -> None:
    loaded = there_and_back(RUNS["bounds"](), tmp_path)
    assert loaded.walk is not None
    assert loaded.walk.bounds is not None
    assert loaded.walk.bounds.lower.tolist() == [-2.0, -np.inf]
    assert loaded.walk.bounds.upper.tolist() == [0.5, 3.0]
    known = there_and_back(RUNS["known"](), tmp_path)
    assert known.problem.minimizer is not None
    assert known.problem.minimizer.tolist() == [1.0, 1.0]


def test_the_same_path_gives_the_same_bytes(tmp_path: Path) -> None:
    RUNS["adam"]().save(tmp_path / "a.steepest")
    RUNS["adam"]().save(tmp_path / "b.steepest")
    assert (tmp_path / "a.steepest").read_bytes() == (tmp_path / "b.steepest").read_bytes()


# --- What a file cannot hold -------------------------------------------------------------------


def bowl(v: Tensor, a: Tensor) -> Tensor:
    return (v**2).sum() + (a**2).sum() + 1.0


BOWL_START = {"v": [1.0, 2.0], "a": [[1.0, 2.0], [3.0, 4.0]]}


def test_a_function_keeps_its_steps_but_not_itself(tmp_path: Path) -> None:
    path = steepest.minimize(bowl, BOWL_START, lr=0.1, momentum=0.5, epochs=20)
    loaded = there_and_back(path, tmp_path)
    assert loaded.names == ("v[0]", "v[1]", "a[0,0]", "a[0,1]", "a[1,0]", "a[1,1]")
    assert_equal(loaded, path, list(range(21)))
    problem = loaded.problem
    assert isinstance(problem, FunctionProblem)
    assert problem.shapes == {"v": (2,), "a": (2, 2)}
    refusal = (
        "a file holds no Python functions, so bowl cannot be computed anywhere else; the steps of "
        "path.recorded are there."
    )
    for ask in (problem.objective, problem.gradient, problem.hessian, problem.explain):
        with pytest.raises(InputError) as error:
            ask(np.zeros(6))
        assert str(error.value) == refusal


def test_every_recorded_step_of_a_long_run_is_in_the_file(tmp_path: Path) -> None:
    def slope(x: Tensor) -> Tensor:
        return x**2

    short = steepest.minimize(slope, 3, lr=1e-3, momentum=0.5, epochs=1100)
    assert short.walk is not None
    walk = descend(
        short.problem, short.walk.optimizer, Constant(1e-3), [Epochs(1100)], [3.0], keep=8
    )
    path = StepwisePath(short.problem, short.forecaster, short.judge, None, walk.stop, walk)
    loaded = there_and_back(path, tmp_path)
    assert loaded.walk is not None
    assert set(path.recorded) <= set(loaded.walk.indices.tolist())
    assert [bits(step) for step in loaded] == [bits(step) for step in short]
    assert loaded.table()["x"].tolist() == short.table()["x"].tolist()
    between = next(k for k in range(1101) if k not in loaded.walk.indices)
    with pytest.raises(InputError, match=r"the steps of path\.recorded are there\.$"):
        loaded.at(between)


@pytest.mark.parametrize("optimizer", [torch.optim.NAdam, partial(torch.optim.SGD, momentum=0.9)])
def test_a_torch_optimizer_is_kept_by_name(optimizer: Any, tmp_path: Path) -> None:
    path = steepest.minimize(ROSENBROCK, START, lr=1e-3, optimizer=optimizer, epochs=40)
    loaded = there_and_back(path, tmp_path)
    assert_equal(loaded, path, list(range(41)))
    assert path.walk is not None
    assert loaded.walk is not None
    assert loaded.walk.optimizer.name == path.walk.optimizer.name
    assert loaded.problem.objective(np.array([1.0, 1.0])) == 0.0
    assert_equal(there_and_back(loaded, tmp_path), path, [0, 1, 40])


def test_replaying_a_torch_optimizer_is_refused(tmp_path: Path) -> None:
    made = steepest.minimize(ROSENBROCK, START, lr=1e-4, optimizer=torch.optim.NAdam, epochs=1)
    assert made.walk is not None
    walk = descend(made.problem, made.walk.optimizer, Constant(1e-4), [Epochs(1100)], START, keep=8)
    path = StepwisePath(made.problem, made.forecaster, made.judge, None, walk.stop, walk)
    loaded = there_and_back(path, tmp_path)
    assert loaded.walk is not None
    between = next(k for k in range(1101) if k not in loaded.walk.indices)
    with pytest.raises(InputError) as error:
        loaded.at(between)
    assert str(error.value) == (
        "this step was not kept and cannot be made again, since the file holds the name of NAdam "
        "but not its rule; the steps of path.recorded are there."
    )


def test_a_schedule_of_ones_own_is_refused(tmp_path: Path) -> None:
    class Warm(Schedule):
        name = "warm"

        def rate(self, step: int) -> float:
            return self.lr * min(1.0, (step + 1) / 10)

    path = steepest.minimize("x^2", 1, lr=Warm(0.1), epochs=3)
    with pytest.raises(InputError, match="a schedule of your own, Warm, cannot be written"):
        path.save(tmp_path / "run.steepest")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_path_of_a_table_is_saved_with_its_fit(optimizer: str, tmp_path: Path) -> None:
    fit = steepest.fit([1, 2, 3], [2, 4, 6.5], lr=0.1, optimizer=optimizer, epochs=5)
    with pytest.raises(InputError) as error:
        save_path(fit.path, tmp_path / "run.steepest")
    assert str(error.value) == "the path of a table is saved with its fit: use fit.save(file)."


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there is no folder"):
        RUNS["lesson"]().save(tmp_path / "nowhere" / "run.steepest")


# --- Files of another kind, and damaged ones ---------------------------------------------------


def test_load_gives_what_the_file_holds(tmp_path: Path) -> None:
    steepest.fit([1, 2, 3], [2, 4, 6.5]).save(tmp_path / "fit.steepest")
    RUNS["lesson"]().save(tmp_path / "run.steepest")
    assert isinstance(steepest.load(tmp_path / "fit.steepest"), steepest.Fit)
    assert isinstance(steepest.load(tmp_path / "run.steepest"), DescentPath)
    with pytest.raises(StorageError, match=r"is a steepest file of kind 'run'; one of 'fit'"):
        load_fit(tmp_path / "run.steepest")
    with pytest.raises(StorageError, match=r"is a steepest file of kind 'fit'; one of 'run'"):
        load_path(tmp_path / "fit.steepest")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty, not a steepest file"),
        (b"PK\x03\x04" + bytes(60), "it looks like a zip archive"),
        (b"x,y\n1,2\n", "is not a steepest file: it looks like text, such as a table."),
    ],
)
def test_foreign_files(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "run.steepest").write_bytes(content)
    with pytest.raises(StorageError, match=message):
        steepest.load(tmp_path / "run.steepest")


def test_a_file_of_a_newer_steepest(tmp_path: Path) -> None:
    file = tmp_path / "run.steepest"
    RUNS["lesson"]().save(file)
    newer = file.read_bytes().replace(b'{\\"format\\": 1,', b'{\\"format\\": 9,')
    assert newer != file.read_bytes()
    file.write_bytes(newer)
    with pytest.raises(StorageError, match=r"was written by a newer steepest \(format 9"):
        steepest.load(file)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        steepest.load(tmp_path / "none.steepest")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("saved") / "run.steepest"
    RUNS["bounds"]().save(file)
    return file.read_bytes()


FUZZ = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@FUZZ
@given(data=st.data())
def test_no_flipped_byte_goes_unnoticed(saved: bytes, data: st.DataObject, tmp_path: Path) -> None:
    place = data.draw(st.integers(0, len(saved) - 1))
    flipped = bytearray(saved)
    flipped[place] ^= data.draw(st.integers(1, 255))
    refused(bytes(flipped), tmp_path)


@FUZZ
@given(data=st.data())
def test_no_cut_goes_unnoticed(saved: bytes, data: st.DataObject, tmp_path: Path) -> None:
    refused(saved[: data.draw(st.integers(0, len(saved) - 1))], tmp_path)
    refused(saved + data.draw(st.binary(min_size=1, max_size=20)), tmp_path)


def refused(content: bytes, folder: Path) -> None:
    (folder / "run.steepest").write_bytes(content)
    with pytest.raises(StorageError) as error:
        steepest.load(folder / "run.steepest")
    assert "\n" not in str(error.value)


SAMPLES: dict[str, Callable[[], Run]] = {
    "formula": RUNS["bounds"],
    "function": lambda: steepest.minimize(bowl, BOWL_START, lr=0.1, epochs=5),
    "torch": lambda: steepest.minimize(
        "x^2 + y^2", (1, 2), lr=0.1, optimizer=torch.optim.NAdam, epochs=5
    ),
}
NAMED = r"run\.steepest: (field|array) [\w.\[\]]+ is (damaged: |missing)"
ODD: list[Any] = [
    None,
    True,
    -1,
    2**62,
    1.5,
    np.nan,
    -np.inf,
    "",
    "x^",
    "__import__('os')",
    [],
    {},
    [[1]],
]


@pytest.mark.parametrize("sample", SAMPLES)
@FUZZ
@given(data=st.data())
def test_a_wrong_description_is_refused_or_harmless(
    sample: str, data: st.DataObject, tmp_path: Path
) -> None:
    arrays, description = contents(sample, tmp_path)
    changed = deepcopy(description)
    change(changed, data)
    opened(arrays, changed, tmp_path)


@pytest.mark.parametrize("sample", SAMPLES)
@FUZZ
@given(data=st.data())
def test_wrong_arrays_are_refused_or_harmless(
    sample: str, data: st.DataObject, tmp_path: Path
) -> None:
    arrays, description = contents(sample, tmp_path)
    name = data.draw(st.sampled_from(sorted(arrays)))
    wrong = data.draw(st.sampled_from(ARRAYS))
    opened(wrong(arrays, name), description, tmp_path)


ARRAYS: list[Callable[[dict[str, Any], str], dict[str, Any]]] = [
    lambda arrays, name: {key: array for key, array in arrays.items() if key != name},
    lambda arrays, name: arrays | {name: arrays[name][:-1]},
    lambda arrays, name: arrays | {name: arrays[name][:0]},
    lambda arrays, name: arrays | {name: arrays[name][None]},
    lambda arrays, name: arrays | {name: arrays[name].astype(np.float32)},
    lambda arrays, name: arrays | {name: np.full(arrays[name].shape, np.nan)},
    lambda arrays, name: arrays | {name: np.full_like(arrays[name], -1)},
    lambda arrays, name: arrays | {name: arrays[name][::-1]},
    lambda arrays, name: arrays | {name: np.array(1.0)},
]
CACHE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}


def contents(sample: str, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    if sample not in CACHE:
        SAMPLES[sample]().save(folder / "sample.steepest")
        CACHE[sample] = read_container(folder / "sample.steepest", "run")
    return CACHE[sample]


def change(value: Any, data: st.DataObject) -> None:
    """One entry, at any depth, taken away or made something odd."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = data.draw(st.sampled_from(keys))
    if isinstance(value[key], dict | list) and value[key] and data.draw(st.booleans()):
        change(value[key], data)
    elif data.draw(st.integers(0, 4)) == 0:
        del value[key]
    else:
        value[key] = data.draw(st.sampled_from(ODD))


def opened(arrays: dict[str, Any], description: dict[str, Any], folder: Path) -> None:
    """Either one line that says it is damaged, or a path that can be used."""
    write_container(folder / "run.steepest", arrays, description, "run")
    try:
        path = steepest.load(folder / "run.steepest")
    except StorageError as error:
        assert re.search(
            "run.steepest: .*(damaged|missing|formula|optimizer|lr|column)", str(error)
        )
        assert "\n" not in str(error)
        return
    assert isinstance(path, DescentPath)
    assert path.last.index == path.epochs
    assert str(path.verdict)
    assert str(path.forecast)
    assert str(path.table())


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("walk.indices", [0, 2, 1, 3, 4, 5]),
        ("walk.indices", [1, 2, 3, 4, 5, 6]),
        ("walk.indices", [0.0, 1.0, np.nan, 3.0, 4.0, 5.0]),
        ("walk.parameters", np.ones((6, 3))),
        ("walk.objective", np.ones(5)),
        ("walk.gradient", np.ones((6, 2), dtype=np.float32)),
        ("walk.state1", np.ones((5, 2))),
        ("walk.held1", np.ones(6)),
        ("spectrum.values", np.array([np.nan, 1.0])),
        ("spectrum.vectors", np.ones((2, 3))),
    ],
)
def test_arrays_that_are_no_path_are_refused(name: str, wrong: Any, tmp_path: Path) -> None:
    arrays, description = contents("torch", tmp_path)
    assert name in arrays
    write_container(
        tmp_path / "run.steepest", arrays | {name: np.asarray(wrong)}, description, "run"
    )
    with pytest.raises(StorageError, match=NAMED):
        steepest.load(tmp_path / "run.steepest")


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("text", "__import__('os').system('true')"),
        ("text", "x + y + z"),
        ("lr", "warm:0.1"),
        ("optimizer", {"name": "NAdam"}),
        ("optimizer", {"name": "SGD", "momentum": -1.0}),
        ("verdict", {"kind": "won", "epoch": 5, "reason": "", "advice": "", "manner": ""}),
    ],
)
def test_descriptions_that_are_no_path_are_refused(key: str, wrong: Any, tmp_path: Path) -> None:
    arrays, description = contents("formula", tmp_path)
    write_container(tmp_path / "run.steepest", arrays, description | {key: wrong}, "run")
    with pytest.raises(StorageError, match=NAMED):
        steepest.load(tmp_path / "run.steepest")


def test_a_deeply_nested_description_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "run.steepest"
    nested: list[Any] = []
    for _ in range(400):
        nested = [nested]
    write_container(file, {}, {"text": nested}, "run")
    with pytest.raises(StorageError):
        steepest.load(file)
