"""The fit in a model file whose path is made of the recorded steps."""

from dataclasses import replace
from functools import partial

import numpy as np

from steepest.descent.schedules import Schedule, parse_schedule
from steepest.descent.serialization import trajectory_from
from steepest.descent.stopping import Stop
from steepest.diagnosis.certificate import Certificate
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.verdict import Verdict
from steepest.errors import StorageError
from steepest.losses import Squared
from steepest.models.file_schema import KeptData, RecordedData
from steepest.models.fit_data import FitData
from steepest.models.inference import Quality, Targets, measure_quality
from steepest.models.labels import Labels
from steepest.models.metrics import Metrics, Worth
from steepest.models.model_file_parts import epochs_of, facts_of, moments_of, sample_of
from steepest.models.options import Settings
from steepest.models.stored_model import StoredModel, restored_forecast
from steepest.models.validation import Validation
from steepest.path.minibatch_path import BatchedStep, MinibatchPath
from steepest.path.path import DescentPath, StepwisePath
from steepest.path.step import Step
from steepest.storage.array_checks import Arrays, floats, numbers
from steepest.storage.container import parts_of
from steepest.storage.schema import field
from steepest.tables.column_encoding import Encoding


def recorded_fit(arrays: Arrays, data: RecordedData) -> FitData:
    settings = Settings.from_json(data["settings"])
    encoding = Encoding.from_json(data["encoding"])
    labels = None if data["labels"] is None else Labels.from_json(data["labels"])
    without = tuple(data.get("without", ()))
    problem = StoredModel.of(
        arrays,
        data["weight"],
        tuple(name for name in encoding.names if name not in without),
        settings,
        None if labels is None else labels.names,
    )
    width = (len(problem.names),)
    described = data["step"]
    step = Step(
        described["index"],
        problem.names,
        floats(arrays, "parameters", width),
        described["objective"],
        floats(arrays, "gradient", width),
        described["learning_rate"],
        described["validation"],
    )
    return FitData(
        encoding,
        settings,
        _path(arrays, data, problem, settings),
        step,
        epochs_of(data),
        data["rows"],
        partial(Worth, _metrics(data["metrics"], "metrics"), _quality(data, problem)),
        _validation(data),
        data["description"],
        facts_of(data),
        labels=labels,
        sample=sample_of(parts_of(arrays, "sample"), len(encoding.names)),
        moments=moments_of(arrays, data, encoding),
        without=without,
        stored_certificate=_certificate(arrays, data, step),
        known_inference=data.get("inference"),
        known_likelihood=data.get("likelihood"),
    )


def _certificate(arrays: Arrays, data: RecordedData, step: Step) -> Certificate | None:
    if "certificate" not in data:
        return None
    parts, width = parts_of(arrays, "certificate"), (len(step.names),)
    return Certificate(
        step.names,
        step.parameters,
        floats(parts, "gaps", width),
        floats(parts, "errors", width),
        floats(parts, "rounding", width),
        **data["certificate"],
    )


def _metrics(metrics: Metrics, under: str) -> Metrics:
    """The metrics, unless their confusion table is not one of their classes."""
    count = len(metrics.classes or ())
    if metrics.confusion is not None and [len(row) for row in metrics.confusion] != [count] * count:
        raise StorageError(
            "field {under}.confusion is damaged: expected a table of the classes", under=under
        )
    return metrics


def _quality(data: RecordedData, problem: StoredModel) -> Quality | None:
    if "quality" in data:
        return data["quality"]
    # Files of the former kind tell the target's spread about its mean, not about 0.
    metrics = data["metrics"]
    squared, intercept = isinstance(problem.loss, Squared), problem.coordinates.intercept
    if not squared or not intercept or metrics.rmse is None:
        return None
    squares, r2 = metrics.rmse**2 * metrics.weight, metrics.r2
    spread = 0.0 if r2 is None else squares / (1.0 - r2) if r2 < 1.0 else np.inf
    targets = Targets(metrics.rows, metrics.weight, 0.0, spread)
    return measure_quality(targets, squares, len(problem.names), True)


def _validation(data: RecordedData) -> Validation | None:
    if "validation" in data:
        validation = data["validation"]
        if validation is not None:
            _metrics(validation.metrics, "validation.metrics")
        return validation
    described, metrics = data.get("held_out"), data.get("validation_metrics")
    if described is None:
        return None
    if metrics is None:
        raise StorageError("field validation_metrics is missing")
    return Validation(**described, folds=None, metrics=_metrics(metrics, "validation_metrics"))


def _path(
    arrays: Arrays, data: RecordedData, problem: StoredModel, settings: Settings
) -> DescentPath:
    forecast = restored_forecast(data["forecast"], problem.names)
    verdict = Verdict.of_dict(data["verdict"])
    if "walk" in data:
        with field("lr"):
            schedule: Schedule = parse_schedule(data.get("lr", ""))
        trajectory = trajectory_from(
            parts_of(arrays, "walk"),
            data["walk"],
            problem,
            settings.update_rule,
            schedule,
            settings.plan.proximal(problem),
        )
        path: DescentPath = StepwisePath(
            problem, lambda: forecast, lambda: verdict, None, trajectory.stop, trajectory
        )
    elif "kept" in data:
        path = _batched(parts_of(arrays, "kept"), data["kept"], problem, forecast, verdict)
    else:
        raise StorageError("field walk is missing")
    return path if "validation" not in arrays else _judged(path, arrays)


def _batched(
    parts: Arrays, described: KeptData, problem: StoredModel, forecast: Forecast, verdict: Verdict
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
        last_epoch=described["last_epoch"],
        end=floats(parts, "end", (d,)),
        stop=Stop.of_dict(described),
        taken_back=described.get("taken_back", 0),
    )


def _judged(path: DescentPath, arrays: Arrays) -> DescentPath:
    """The path with the held-out loss of its recorded steps; nan between them."""
    curve = floats(arrays, "validation", (len(path.recorded),))
    known = dict(zip(path.recorded, curve.tolist(), strict=True))
    return replace(path, validation=lambda k: known.get(k, np.nan))
