"""The file of a run: the path of a formula or a function in one `.steepest` file, and back."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

from steepest.descent.penalized_update import Proximal
from steepest.descent.schedules import SCHEDULES, Schedule, parse_schedule
from steepest.descent.serialization import (
    is_own,
    optimizer_data,
    optimizer_from,
    trajectory_arrays,
    trajectory_data,
    trajectory_from,
)
from steepest.descent.trajectory import Trajectory
from steepest.diagnosis.forecast_local import forecast_from
from steepest.diagnosis.local_spectrum import Spectrum
from steepest.diagnosis.verdict import Verdict
from steepest.errors import InputError, StorageError
from steepest.formula.parse import parse
from steepest.path.file_schema import RunData, VerdictData
from steepest.path.path import DescentPath, StepwisePath
from steepest.path.step_excerpt import chosen_steps
from steepest.penalties.bounds import Bounds
from steepest.problems.function import FunctionProblem
from steepest.problems.parameter_layout import Layout
from steepest.storage.array_checks import floats
from steepest.storage.container import parts_of, prefixed, read_container, write_container
from steepest.storage.schema import checked, field, restoring
from steepest.translation import joined, say

if TYPE_CHECKING:
    from torch import Tensor

Arrays: TypeAlias = Mapping[str, NDArray[Any]]

# The kind of the file.
RUN = "run"
_SPECTRUM = ("values", "vectors", "slopes")


def save_path(path: DescentPath, file: str | Path) -> None:
    """Write the path of `steepest.minimize`; `load_path` reads it.

    Raises InputError for the path of a table, which its fit saves, and for a schedule that is not
    steepest's own; OutputError where the file cannot be written.
    """
    problem = path.problem
    if not isinstance(path, StepwisePath) or not isinstance(problem, FunctionProblem):
        raise InputError("the path of a table is saved with its fit: use fit.save(file).")
    _check_schedule(path.trajectory.schedule)
    trajectory = _kept_for_good(path, problem)
    arrays = prefixed("walk", trajectory_arrays(trajectory))
    if (spectrum := path.forecast.spectrum) is not None:
        arrays |= prefixed("spectrum", {name: getattr(spectrum, name) for name in _SPECTRUM})
    if trajectory.bounds is not None:
        arrays |= {"lower": trajectory.bounds.lower, "upper": trajectory.bounds.upper}
    if problem.minimizer is not None:
        arrays["minimizer"] = problem.minimizer
    description = {
        "text": problem.text,
        "is_formula": problem.formula is not None,
        "shapes": [[name, list(shape)] for name, shape in problem.shapes.items()],
        "optimizer": optimizer_data(trajectory.optimizer),
        "lr": str(trajectory.schedule),
        "walk": trajectory_data(trajectory),
        "verdict": path.verdict.to_dict(),
    }
    write_container(file, arrays, description, kind=RUN)


def load_path(file: str | Path) -> StepwisePath:
    """Read a path that `DescentPath.save` wrote.

    The formula in it is parsed, never run. Raises StorageError for a file that is truncated,
    damaged, of another kind or of a newer version.

    >>> import steepest, tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "run.steepest"
    >>> steepest.minimize("x^2 - 4x + 5", start=7, lr=0.1, epochs=30).save(file)
    >>> path = steepest.load(file)
    >>> round(path.at(5)["x"], 4), path.verdict.manner
    (3.6384, 'monotone')
    """
    arrays, description = read_container(file, kind=RUN)
    with restoring(file, "run"):
        return _restore(arrays, checked(description, RunData))


def _check_schedule(schedule: Schedule) -> None:
    if SCHEDULES.get(schedule.name) is not type(schedule):
        raise InputError(
            "a schedule of your own, {name}, cannot be written to a file; there are "
            "{SCHEDULES}. path.to_csv writes the steps of any path.",
            name=type(schedule).__name__,
            SCHEDULES=joined(SCHEDULES),
        )


def _kept_for_good(path: StepwisePath, problem: FunctionProblem) -> Trajectory:
    """The trajectory; where the file cannot replay it, with every recorded step among the kept,
    and those that tables show."""
    if problem.formula is not None and is_own(path.trajectory.optimizer):
        return path.trajectory
    return path.trajectory.keeping([*path.recorded, *chosen_steps(path.epochs)])


def _restore(arrays: Arrays, data: RunData) -> StepwisePath:
    problem = _problem(arrays, data)
    with field("optimizer"):
        optimizer = optimizer_from(data["optimizer"])
    with field("lr"):
        schedule = parse_schedule(data["lr"])
    bounds = _bounds(arrays, problem.names)
    walk = parts_of(arrays, "walk")
    proximal = Proximal.of_bounds(bounds)
    trajectory = trajectory_from(walk, data["walk"], problem, optimizer, schedule, proximal)
    forecast = forecast_from(
        _spectrum(parts_of(arrays, "spectrum"), problem.names),
        problem.names,
        optimizer,
        schedule,
        quadratic=problem.is_quadratic,
        bounded=bounds is not None,
    )
    verdict = _verdict(data["verdict"], trajectory.epochs)
    return StepwisePath(
        problem, lambda: forecast, lambda: verdict, None, trajectory.stop, trajectory
    )


def _problem(arrays: Arrays, data: RunData) -> FunctionProblem:
    size = floats(arrays, "walk.parameters", (-1, -1)).shape[1]
    least = None if "minimizer" not in arrays else floats(arrays, "minimizer", (size,))
    if data["is_formula"]:
        with field("text"):
            return FunctionProblem.of_formula(parse(data["text"]), minimizer=least)
    layout = _layout(data["shapes"], size)
    text = data["text"]
    return FunctionProblem(layout.names, layout, text, None, _not_at_hand(text), least)


def _layout(shapes: list[tuple[str, list[int]]], size: int) -> Layout:
    """Arguments that have so many parameters."""
    sizes = {name: tuple(shape) for name, shape in shapes}
    # A layout makes its names: of no more parameters than there are.
    if len(sizes) != len(shapes) or sum(map(math.prod, sizes.values())) != size:
        raise StorageError("field shapes is damaged: expected {size: parameter} in all", size=size)
    return Layout(sizes)


def _not_at_hand(text: str) -> "Callable[[Sequence[Tensor]], Tensor]":
    name = say("the function") if text == "function" else text

    def refuse(arguments: "Sequence[Tensor]") -> NoReturn:
        raise InputError(
            "a file holds no Python functions, so {name} cannot be computed anywhere else; "
            "the steps of path.recorded are there.",
            name=name,
        )

    return refuse


def _bounds(arrays: Arrays, names: tuple[str, ...]) -> Bounds | None:
    if "lower" not in arrays:
        return None
    lower, upper = (floats(arrays, name, (len(names),)) for name in ("lower", "upper"))
    if not (lower <= upper).all():
        raise StorageError("array lower is damaged: it lies above upper")
    return Bounds(names, lower, upper)


def _spectrum(parts: Arrays, names: tuple[str, ...]) -> Spectrum | None:
    if not parts:
        return None
    size = len(names)
    shapes = {"values": (size,), "vectors": (size, size), "slopes": (size,)}
    for name, shape in shapes.items():
        floats(parts, name, shape, below=2.0 if name == "vectors" else np.inf)
    if not np.allclose(np.square(parts["vectors"]).sum(axis=0), 1.0):
        raise StorageError("array vectors is damaged: expected vectors of length 1")
    if (np.diff(parts["values"]) < 0.0).any():
        raise StorageError("array spectrum.values is damaged: expected ascending numbers")
    return Spectrum(names, *(parts[name] for name in _SPECTRUM))


def _verdict(data: VerdictData, epochs: int) -> Verdict:
    if data["epoch"] > epochs:
        raise StorageError(
            "field verdict.epoch is damaged: the run has {epochs: epoch}", epochs=epochs
        )
    return Verdict.of_dict(data)
