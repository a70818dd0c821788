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
from steepest.models.labels import Labels
from steepest.models.linear_options import LinearSettings
from steepest.models.linear_training import HeldOut, LinearSample
from steepest.models.metrics import Metrics
from steepest.models.model_file import LINEAR
from steepest.models.stored_model import StoredModel, ToldForecast, stored_forecast
from steepest.path.minibatch_path import BatchedStep, MinibatchPath
from steepest.path.path import DescentPath, StepwisePath
from steepest.path.step import Step
from steepest.problems.linear_model import LinearModel
from steepest.results.linear_fit import LinearFit
from steepest.storage.container import parts_of, prefixed, read_container, write_container
from steepest.tables.column_encoding import Encoding

Arrays: TypeAlias = Mapping[str, NDArray[Any]]
Data: TypeAlias = Mapping[str, Any]

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
    try:
        return _restore(arrays, description)
    except StorageError as error:
        raise StorageError(f"{file}: {error}") from None
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise StorageError(f"{file}: the model in this file is damaged ({error!r})") from None


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


def _restore(arrays: Arrays, data: Data) -> LinearFit:
    settings = LinearSettings.from_json(data["settings"])
    encoding = Encoding.from_json(data["encoding"])
    labels = None if data["labels"] is None else Labels.from_json(data["labels"])
    problem = StoredModel.of(
        arrays["centre"],
        arrays["spread"],
        float(data["weight"]),
        encoding.names,
        settings,
        None if labels is None else labels.names,
    )
    width = (len(problem.names),)
    told = data["step"]
    step = Step(
        _count(told["index"]),
        problem.names,
        _floats("parameters", arrays["parameters"], width),
        float(told["objective"]),
        _floats("gradient", arrays["gradient"], width),
        float(told["learning_rate"]),
        told["validation"],
    )
    held, measured = data["held_out"], data["validation_metrics"]
    return LinearFit(
        encoding,
        settings,
        labels,
        _path(arrays, data, problem, settings),
        step,
        _count(data["epochs"]),
        _count(data["rows"]),
        None if held is None else HeldOut(**held),
        Metrics.from_dict(data["metrics"]),
        None if measured is None else Metrics.from_dict(measured),
        _sample(parts_of(arrays, "sample"), len(encoding.names)),
        str(data["description"]),
        tuple(str(note) for note in data["notes"]),
    )


def _path(
    arrays: Arrays, data: Data, problem: StoredModel, settings: LinearSettings
) -> DescentPath:
    forecast, verdict = (
        ToldForecast.of(data["forecast"], problem.names),
        Verdict.of_dict(data["verdict"]),
    )
    if "walk" in data:
        schedule: Schedule = parse_schedule(data["lr"])
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
    else:
        path = _batched(parts_of(arrays, "kept"), data["kept"], problem, forecast, verdict)
    return path if "validation" not in arrays else _judged(path, arrays["validation"])


def _batched(
    parts: Arrays, told: Data, problem: StoredModel, forecast: ToldForecast, verdict: Verdict
) -> MinibatchPath:
    m, d = len(parts["updates"]), len(problem.names)
    shapes = {"parameters": (m, d), "gradient": (m, d), "objective": (m,), "rate": (m,)}
    for name, shape in shapes.items():
        _floats(name, parts[name], shape)
    rising = (np.diff(parts["updates"]) > 0).all() and parts["updates"][0] == 0
    if not rising or parts["epochs"].shape != (m,):
        raise ValueError("steps of the path")
    kept = tuple(
        BatchedStep(
            int(parts["updates"][i]),
            int(parts["epochs"][i]),
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
        last_epoch=_count(told["last_epoch"]),
        end=_floats("end", parts["end"], (d,)),
        stop=Stop(str(told["rule"]), str(told["reason"])),
        taken_back=_count(told.get("taken_back", 0)),
    )


def _judged(path: DescentPath, curve: NDArray[Any]) -> DescentPath:
    """The path with the held-out loss of its recorded steps; nan between them."""
    known = dict(zip(path.recorded, curve.tolist(), strict=True))
    return replace(path, validation=lambda k: known.get(k, np.nan))


def _sample(parts: Arrays, columns: int) -> LinearSample | None:
    if not parts:
        return None
    m = len(parts["target"])
    weights = parts.get("weights")
    return LinearSample(
        _floats("sample", parts["features"], (m, columns)),
        _floats("sample", parts["target"], (m,)),
        None if weights is None else _floats("sample", weights, (m,)),
    )


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("a count")
    return value


def _floats(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.float64]:
    if array.dtype != np.float64 or array.shape != shape:
        raise ValueError(f"shape or type of {name}")
    return array
