"""The model file of a fit of any loss: settings, steps and what was found, without the rows."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from steepest.descent.schedules import SCHEDULES, Schedule, parse_schedule
from steepest.descent.serialization import trajectory_arrays, trajectory_data, trajectory_from
from steepest.descent.stopping import Stop
from steepest.diagnosis.verdict import Verdict
from steepest.errors import InputError, StorageError
from steepest.losses import LOSSES
from steepest.models.file_schema import KeptData, LinearData
from steepest.models.labels import Labels
from steepest.models.linear_options import LinearSettings
from steepest.models.linear_training import LinearSample
from steepest.models.metrics import Metrics
from steepest.models.model_file import LINEAR
from steepest.models.stored_model import StoredModel, ToldForecast, stored_forecast
from steepest.path.minibatch_path import BatchedStep, MinibatchPath
from steepest.path.path import DescentPath, StepwisePath
from steepest.path.step import Step
from steepest.problems.coordinates import LARGE
from steepest.problems.linear_model import LinearModel
from steepest.results.linear_fit import LinearFit
from steepest.storage.array_checks import floats, numbers
from steepest.storage.container import parts_of, prefixed, read_container, write_container
from steepest.storage.schema import checked, field, restoring
from steepest.tables.column_encoding import Encoding

Arrays: TypeAlias = Mapping[str, NDArray[Any]]

_KEPT = ("parameters", "objective", "gradient", "rate")


def save(fit: LinearFit, file: str | Path) -> None:
    """Write a fit; `load_linear` reads it.

    Raises InputError for a loss or a schedule that is not steepest's own, OutputError where the
    file cannot be written.
    """
    _check_own(fit)
    problem = fit.path.problem
    assert isinstance(problem, LinearModel)
    arrays = {
        "centre": problem.coordinates.centre,
        "spread": problem.coordinates.spread,
        "parameters": fit.step.parameters,
        "gradient": fit.step.gradient,
    }
    if fit.sample is not None:
        sample = {name: value for name, value in vars(fit.sample).items() if value is not None}
        arrays |= prefixed("sample", sample)
    description: dict[str, Any] = {
        "description": fit.description,
        "notes": list(fit.notes),
        "encoding": fit.encoding.to_json(),
        "settings": fit.settings.to_json(),
        "labels": None if fit.labels is None else fit.labels.to_json(),
        "rows": fit.rows,
        "weight": problem.total_weight,
        "epochs": fit.epochs,
        "step": {
            "index": fit.step.index,
            "objective": fit.step.objective,
            "learning_rate": fit.step.learning_rate,
            "validation": fit.step.validation,
        },
        "held_out": None if fit.held_out is None else asdict(fit.held_out),
        "metrics": asdict(fit.metrics),
        "validation_metrics": None
        if fit.validation_metrics is None
        else asdict(fit.validation_metrics),
        "verdict": fit.verdict.to_dict(),
        "forecast": stored_forecast(fit.forecast),
    }
    walked, told = _walked(fit.path)
    write_container(file, arrays | walked, description | told, kind=LINEAR)


def load_linear(file: str | Path) -> LinearFit:
    """Read a model that `LinearFit.save` wrote.

    Raises StorageError for a file that is truncated, damaged, of another kind or of a newer
    version.
    """
    arrays, description = read_container(file, kind=LINEAR)
    with restoring(file, "model"):
        return _restore(arrays, checked(description, LinearData))


def _check_own(fit: LinearFit) -> None:
    """Refuse what a file could not give back."""
    if LOSSES.get(fit.loss.name) is not type(fit.loss):
        raise InputError(
            f"a loss of your own, {type(fit.loss).__name__}, cannot be written to a file; "
            f"there are {', '.join(LOSSES)}"
        )
    schedule = fit.settings.shared.schedule
    if schedule is not None and SCHEDULES.get(schedule.name) is not type(schedule):
        raise InputError(
            f"a schedule of your own, {type(schedule).__name__}, cannot be written to a file; "
            f"there are {', '.join(SCHEDULES)}"
        )


def _walked(path: DescentPath) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The recorded steps, as arrays and plain data."""
    if isinstance(path, StepwisePath):
        # Without the rows no step can be made again: every recorded one is kept.
        walk = path.trajectory.keeping(path.recorded)
        told = {"walk": trajectory_data(walk), "lr": str(walk.schedule)}
        arrays = prefixed("walk", trajectory_arrays(walk))
    else:
        assert isinstance(path, MinibatchPath)
        kept = path.kept
        arrays = {name: np.array([getattr(step, name) for step in kept]) for name in _KEPT}
        arrays["updates"] = np.array([step.updates for step in kept], dtype=np.int64)
        arrays["epochs"] = np.array([step.epoch for step in kept], dtype=np.int64)
        arrays = prefixed("kept", arrays | {"end": path.end})
        stop = {"rule": path.stop.rule, "reason": path.stop.reason}
        counts = {"last_epoch": path.last_epoch, "taken_back": path.taken_back}
        told = {"kept": {**counts, **stop}}
    if path.validation is not None:
        arrays["validation"] = np.array([path.validation(k) for k in path.recorded])
    return arrays, told


def _restore(arrays: Arrays, data: LinearData) -> LinearFit:
    settings = LinearSettings.from_json(data["settings"])
    encoding = Encoding.from_json(data["encoding"])
    labels = None if data["labels"] is None else Labels.from_json(data["labels"])
    problem = StoredModel.of(
        arrays,
        data["weight"],
        encoding.names,
        settings,
        None if labels is None else labels.names,
    )
    for name in ("metrics", "validation_metrics"):
        _check_metrics(data[name], name)
    width = (len(problem.names),)
    told = data["step"]
    step = Step(
        told["index"],
        problem.names,
        floats(arrays, "parameters", width),
        told["objective"],
        floats(arrays, "gradient", width),
        told["learning_rate"],
        told["validation"],
    )
    return LinearFit(
        encoding,
        settings,
        labels,
        _path(arrays, data, problem, settings),
        step,
        data["epochs"],
        data["rows"],
        data["held_out"],
        data["metrics"],
        data["validation_metrics"],
        _sample(parts_of(arrays, "sample"), len(encoding.names)),
        data["description"],
        tuple(data["notes"]),
    )


def _check_metrics(metrics: Metrics | None, under: str) -> None:
    """Refuse a confusion table that is not one of its classes."""
    if metrics is None or metrics.confusion is None:
        return
    count = len(metrics.classes or ())
    if [len(row) for row in metrics.confusion] != [count] * count:
        raise StorageError(f"field {under}.confusion is damaged: expected a table of the classes")


def _path(
    arrays: Arrays, data: LinearData, problem: StoredModel, settings: LinearSettings
) -> DescentPath:
    forecast, verdict = (
        ToldForecast.of(data["forecast"], problem.names),
        Verdict.of_dict(data["verdict"]),
    )
    if "walk" in data:
        with field("lr"):
            schedule: Schedule = parse_schedule(data.get("lr", ""))
        trajectory = trajectory_from(
            parts_of(arrays, "walk"),
            data["walk"],
            problem,
            settings.shared.optimizer,
            schedule,
            settings.plan.proximal(problem),
        )
        path: DescentPath = StepwisePath(
            problem, lambda: forecast, lambda: verdict, None, trajectory
        )
    elif "kept" in data:
        path = _batched(parts_of(arrays, "kept"), data["kept"], problem, forecast, verdict)
    else:
        raise StorageError("field walk is missing")
    return path if "validation" not in arrays else _judged(path, arrays)


def _batched(
    parts: Arrays, told: KeptData, problem: StoredModel, forecast: ToldForecast, verdict: Verdict
) -> MinibatchPath:
    updates = numbers(parts, "updates", (-1,), np.int64)
    m, d = len(updates), len(problem.names)
    shapes = {"parameters": (m, d), "gradient": (m, d), "objective": (m,), "rate": (m,)}
    for name, shape in shapes.items():
        floats(parts, name, shape)
    epochs = numbers(parts, "epochs", (m,), np.int64)
    if not m or updates[0] != 0 or (updates[1:] <= updates[:-1]).any():
        raise StorageError("array updates is damaged: expected numbers from 0 upwards")
    if (epochs[1:] < epochs[:-1]).any() or epochs[0] < 0:
        raise StorageError("array epochs is damaged: expected numbers from 0 upwards")
    kept = tuple(
        BatchedStep(
            int(updates[i]),
            int(epochs[i]),
            parts["parameters"][i],
            float(parts["objective"][i]),
            parts["gradient"][i],
            float(parts["rate"][i]),
        )
        for i in range(m)
    )
    return MinibatchPath(
        problem=problem,
        forecaster=lambda: forecast,
        judge=lambda: verdict,
        validation=None,
        kept=kept,
        last_epoch=told["last_epoch"],
        end=floats(parts, "end", (d,)),
        stop=Stop(told["rule"], told["reason"]),
        taken_back=told.get("taken_back", 0),
    )


def _judged(path: DescentPath, arrays: Arrays) -> DescentPath:
    """The path with the held-out loss of its recorded steps; nan between them."""
    curve = floats(arrays, "validation", (len(path.recorded),))
    known = dict(zip(path.recorded, curve.tolist(), strict=True))
    return replace(path, validation=lambda k: known.get(k, np.nan))


def _sample(parts: Arrays, columns: int) -> LinearSample | None:
    if not parts:
        return None
    target = floats(parts, "target", (-1,), below=LARGE)
    rows = target.shape
    return LinearSample(
        floats(parts, "features", (*rows, columns), below=LARGE),
        target,
        floats(parts, "weights", rows, below=LARGE) if "weights" in parts else None,
    )
