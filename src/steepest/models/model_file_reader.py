"""Reading a model file: the fit that `model_file_writer` wrote, also of former versions.

The path of least squares is computed again from its triangles; any other is made of the recorded
steps.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from steepest.curvature.digits import Accuracy, least_sizes
from steepest.descent.file_schema import WalkData
from steepest.descent.schedules import Constant, Schedule, parse_schedule
from steepest.descent.serialization import trajectory_from
from steepest.descent.stopping import Stop
from steepest.descent.trajectory import Trajectory
from steepest.diagnosis.certificate import Certificate
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.verdict import Verdict
from steepest.errors import StorageError
from steepest.losses import Squared
from steepest.models.file_schema import (
    FACTOR_ARRAYS,
    FIT,
    FactorData,
    FileData,
    KeptData,
    RecordedData,
    TrianglesData,
)
from steepest.models.fit_data import FitData
from steepest.models.inference import Quality, Targets, measure_quality
from steepest.models.labels import Labels
from steepest.models.least_squares import Training, fit_reduced, rate_of
from steepest.models.metrics import Metrics, Worth
from steepest.models.options import SMALLEST_RATE, Settings
from steepest.models.predictor import Predictor
from steepest.models.reduce import Reduced, check_rows, check_unique
from steepest.models.regularization import RegularizationPath
from steepest.models.stored_model import StoredModel, restored_forecast
from steepest.models.validation import Validation
from steepest.moments.moments import CentredMoments
from steepest.moments.qr_factor import Factor
from steepest.moments.row_sample import Sample
from steepest.moments.solution import Solution
from steepest.path.minibatch_path import BatchedStep, MinibatchPath
from steepest.path.path import DescentPath, StepwisePath
from steepest.path.step import Step
from steepest.problems.coordinates import LARGE
from steepest.storage.array_checks import Arrays, floats, numbers
from steepest.storage.container import (
    container_kind,
    parts_of,
    read_container,
)
from steepest.storage.schema import checked, field, restoring
from steepest.tables.column_encoding import Encoding
from steepest.wording.fact import Fact, facts_saying

# Before, fits of least squares and all others had files of their own kinds.
_FORMER = ("model", "linear model")


def load_fit(file: str | Path) -> FitData:
    """Read the fit that `save` wrote.

    Raises StorageError for a file that is truncated, damaged, of another kind or of a newer
    version.
    """
    kind = container_kind(file)
    arrays, description = read_container(file, kind=kind if kind in _FORMER else FIT)
    with restoring(file, "model"):
        return _restore(arrays, description)


def _restore(arrays: Arrays, description: Mapping[str, Any]) -> FitData:
    data: TrianglesData | RecordedData
    if "factors" in description:
        data = checked(description, TrianglesData)
        fit = _reduced_fit(arrays, data)
    else:
        data = checked(description, RecordedData)
        fit = _recorded_fit(arrays, data)
    if "regularization" not in data:
        return fit
    parts = parts_of(arrays, "regularization")
    path = RegularizationPath.restore(parts, data["regularization"], fit.names)
    return replace(fit, regularization=path)


def _epochs(data: FileData) -> int:
    epochs = data["epochs"]
    if isinstance(epochs, str) and not (
        epochs.isascii() and epochs.isdigit() and len(epochs) < 310
    ):
        raise StorageError("field epochs is damaged: expected a whole number")
    return int(epochs)


def _facts(data: FileData) -> tuple[Fact, ...]:
    """The notes; of files without facts their sentences."""
    return facts_saying(data["notes"], data.get("facts", []))


def _moments(arrays: Arrays, data: FileData, encoding: Encoding) -> CentredMoments | None:
    """Moments of the columns that the encoding has."""
    if "moments" not in data:
        return None
    moments = CentredMoments.restore(parts_of(arrays, "moments"), data["moments"], "moments")
    if moments.names != (*encoding.names, encoding.target or ""):
        raise StorageError("field moments.names is damaged: expected the columns of the encoding")
    return moments


def _reduced_fit(arrays: Arrays, data: TrianglesData) -> FitData:
    settings = Settings.from_json(data["settings"])
    encoding = Encoding.from_json(data["encoding"])
    reduced = _reduced(arrays, data, encoding, settings)
    with field("settings.start"):
        offset = ("intercept",) if settings.intercept else ()
        settings.initial((*reduced.training.names[:-1], *offset))
    fit = fit_reduced(
        reduced,
        encoding,
        settings,
        data["description"],
        list(_facts(data)),
        walked=_walk(arrays, data["walk"], reduced, settings) if "walk" in data else None,
        epochs=_epochs(data),
        rate=_rate(data, settings, reduced),
    )
    return _with_saved_parameters(fit, arrays, data)


def _rate(data: TrianglesData, settings: Settings, reduced: Reduced) -> float | None:
    """The rate of lr="auto"; None where the fit finds it anew.

    Files of former versions tell none: there it was the one with the best factor in the long run,
    also where there was a number of epochs.
    """
    if settings.schedule is not None:
        return None
    if "rate" in data:
        if not SMALLEST_RATE <= data["rate"] < LARGE:
            raise StorageError("field rate is damaged: expected a learning rate")
        return data["rate"]
    return rate_of(reduced, replace(settings, epochs=None))


def _reduced(
    arrays: Arrays, data: TrianglesData, encoding: Encoding, settings: Settings
) -> Reduced:
    """The rows of the fit as triangles, of the columns that its encoding has."""
    moments = _moments(arrays, data, encoding)
    if moments is None:
        raise StorageError("field moments is missing")
    with field("moments"):
        check_rows(moments, settings)
    dependence = data["dependence"]
    kept = tuple(name for name in moments.names if name not in dependence.left_out)
    factors = [
        _factor(
            parts_of(arrays, f"factor{number}"),
            described,
            f"factors[{number}]",
            _of_part(kept, described) if number else kept,
        )
        for number, described in enumerate(data["factors"])
    ]
    if len(factors) % 2 == 0:
        raise StorageError("field factors is damaged: expected one, and two for each part held out")
    if "solution" in data:
        with field("solution"):
            parts = parts_of(arrays, "solution")
            found = Solution.restore(parts, data["solution"], len(kept) - 1)
            factors[0] = replace(factors[0], solution=found)
    with field("factors[0]"):
        check_unique(factors[0], settings)
    return Reduced(
        moments,
        factors[0],
        list(zip(factors[1::2], factors[2::2], strict=True)),
        dependence,
        _accuracy(arrays, data["residual_digits"], factors[0], settings.intercept),
        [],
        _sample(parts_of(arrays, "sample"), len(encoding.names)),
        data["interrupted"],
    )


def _of_part(kept: tuple[str, ...], described: FactorData) -> tuple[str, ...]:
    """The columns that a part of the rows determines: some of all, the target among them."""
    own = {*described["names"], kept[-1]}
    return tuple(name for name in kept if name in own)


def _with_saved_parameters(fit: FitData, arrays: Arrays, data: TrianglesData) -> FitData:
    """Parameters to the last bit as saved, also where another machine rounds the path anew."""
    if "parameters" in arrays:
        saved = floats(arrays, "parameters", (len(fit.names),))
    else:  # of a former kind: the coefficients of all columns, and the intercept
        intercept = data.get("intercept")
        if (intercept is None) == fit.settings.intercept:
            raise StorageError("field intercept is damaged: it does not go with the settings")
        coefficients = floats(arrays, "coefficients", (len(fit.features),))
        values = dict(zip(fit.features, coefficients.tolist(), strict=True))
        if intercept is not None:
            values["intercept"] = intercept
        saved = np.array([values[name] for name in fit.names])
    known = data.get("inference")
    step, predictor = replace(fit.step, parameters=saved), _predictor(arrays, len(fit.features))
    return replace(fit, step=step, known_inference=known, known_predictor=predictor)


def _predictor(arrays: Arrays, columns: int) -> Predictor | None:
    """What predicts; files of a former kind have none, and their path tells it."""
    parts = parts_of(arrays, "predictor")
    if not parts:
        return None
    shapes = {"centre": (columns,), "slopes": (1, columns), "low": (1, columns), "level": (1,)}
    return Predictor(**{name: floats(parts, name, shape) for name, shape in shapes.items()})


def _factor(parts: Arrays, described: FactorData, under: str, names: tuple[str, ...]) -> Factor:
    """A triangle of columns of these names, whose shapes and numbers can be one's."""
    if tuple(described["names"]) != names:
        raise StorageError(f"field {under}.names is damaged: expected {', '.join(names)}")
    q = len(names)
    shapes = {name: (q, q) if name == "triangle" else (q,) for name in FACTOR_ARRAYS}
    found = {name: floats(parts, name, shape, below=LARGE) for name, shape in shapes.items()}
    if np.tril(found["triangle"], -1).any():
        raise StorageError("array triangle is damaged: expected zeros below its diagonal")
    if (found["scale"] <= 0.0).any():
        raise StorageError("array scale is damaged: expected numbers above 0")
    if not 0.0 < described["weight"] < LARGE:
        raise StorageError(f"field {under}.weight is damaged: expected a number above 0")
    values: dict[str, Any] = {**described, "names": names, **found}
    return Factor(**values)


def _accuracy(arrays: Arrays, residual_digits: float, factor: Factor, intercept: bool) -> Accuracy:
    """Bounds that can be a fit's: an entry for each parameter, none below zero."""
    errors = floats(arrays, "errors", (len(factor.names) - 1 + intercept,))
    if not (errors >= 0.0).all():
        raise StorageError("array errors is damaged: expected numbers of 0 or more")
    if not 0.0 <= residual_digits <= 16.0:
        raise StorageError("field residual_digits is damaged: expected a number from 0 to 16")
    return Accuracy(errors, residual_digits, least_sizes(factor, intercept))


def _walk(arrays: Arrays, described: WalkData, reduced: Reduced, settings: Settings) -> Trajectory:
    parts = parts_of(arrays, "walk")
    rates = floats(parts, "learning_rate", (-1,))
    schedule = settings.schedule or Constant(float(rates[0]))
    problem = Training.of(reduced.training, None, settings).problem
    return trajectory_from(parts, described, problem, settings.update_rule, schedule)


def _recorded_fit(arrays: Arrays, data: RecordedData) -> FitData:
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
        _epochs(data),
        data["rows"],
        partial(Worth, _metrics(data["metrics"], "metrics"), _quality(data, problem)),
        _validation(data),
        data["description"],
        _facts(data),
        labels=labels,
        sample=_sample(parts_of(arrays, "sample"), len(encoding.names)),
        moments=_moments(arrays, data, encoding),
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
        raise StorageError(f"field {under}.confusion is damaged: expected a table of the classes")
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
        found = data["validation"]
        if found is not None:
            _metrics(found.metrics, "validation.metrics")
        return found
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


def _sample(parts: Arrays, columns: int) -> Sample | None:
    if not parts:
        return None
    target = floats(parts, "target", (-1,), below=LARGE)
    shape = target.shape
    return Sample(
        # Files of a former kind have none.
        numbers(parts, "rows", shape, np.int64) if "rows" in parts else np.arange(len(target)),
        floats(parts, "features", (*shape, columns), below=LARGE),
        target,
        floats(parts, "weights", shape, below=LARGE) if "weights" in parts else None,
    )
