"""The model file: everything a fit is, in one `.steepest` file, and back.

A fit of least squares keeps its triangles, from which its path is computed again. Any other keeps
the recorded steps and what was found, without the rows.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from steepest.curvature.digits import Accuracy
from steepest.descent.schedules import SCHEDULES, Constant, Schedule, parse_schedule
from steepest.descent.serialization import trajectory_arrays, trajectory_data, trajectory_from
from steepest.descent.stopping import Stop
from steepest.descent.trajectory import Trajectory
from steepest.diagnosis.verdict import Kind, Verdict
from steepest.errors import InputError, StorageError
from steepest.losses import LOSSES, Squared
from steepest.models.fit_data import FitData
from steepest.models.inference import Quality, Targets, measure_quality
from steepest.models.labels import Labels
from steepest.models.least_squares import Training, fit_reduced
from steepest.models.metrics import Metrics
from steepest.models.options import Settings
from steepest.models.reduce import Reduced
from steepest.models.stored_model import StoredModel, ToldForecast, stored_forecast
from steepest.models.validation import Validation
from steepest.moments.collinearity import Dependence
from steepest.moments.moments import Moments
from steepest.moments.qr_factor import Factor
from steepest.moments.row_sample import Sample
from steepest.path.minibatch_path import BatchedStep, MinibatchPath
from steepest.path.path import DescentPath, StepwisePath
from steepest.path.step import Step
from steepest.problems.linear_model import LinearModel
from steepest.storage.container import (
    container_kind,
    parts_of,
    prefixed,
    read_container,
    write_container,
)
from steepest.tables.column_encoding import Encoding

Arrays: TypeAlias = Mapping[str, NDArray[Any]]
Data: TypeAlias = Mapping[str, Any]

FIT = "fit"
# Before, fits of least squares and all others had files of their own kinds.
_FORMER = ("model", "linear model")
_FACTOR = ("shift", "scale", "mean", "triangle", "norms")
_DEPENDENCE = ("constant", "copies", "near")
_KEPT = ("parameters", "objective", "gradient", "rate")
_VERDICT = ("kind", "epoch", "reason", "advice", "manner")


def save(fit: FitData, file: str | Path) -> None:
    """Write a fit; `load_fit` reads it.

    Raises InputError for a loss or a schedule that is not steepest's own, OutputError where the
    file cannot be written.
    """
    _check_own(fit)
    arrays: dict[str, NDArray[Any]] = {"parameters": fit.step.parameters}
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
        "epochs": fit.epochs,
    }
    if fit.moments is not None:
        arrays |= prefixed("moments", fit.moments.arrays())
        description["moments"] = fit.moments.description()
    parts = _recorded(fit) if fit.reduced is None else _triangles(fit, fit.reduced)
    write_container(file, arrays | parts[0], description | parts[1], kind=FIT)


def load_fit(file: str | Path) -> FitData:
    """Read the model of a fit.

    Raises StorageError for a file that is truncated, damaged, of another kind or of a newer
    version.
    """
    kind = container_kind(file)
    arrays, description = read_container(file, kind=kind if kind in _FORMER else FIT)
    try:
        return _restore(arrays, description, str(file))
    except StorageError as error:
        raise StorageError(
            f"{file}: {error}" if str(file) not in str(error) else str(error)
        ) from None
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise StorageError(f"{file}: the model in this file is damaged ({error!r})") from None


def _check_own(fit: FitData) -> None:
    """Refuse what a file could not give back."""
    if LOSSES.get(fit.loss.name) is not type(fit.loss):
        raise InputError(
            f"a loss of your own, {type(fit.loss).__name__}, cannot be written to a file; "
            f"there are {', '.join(LOSSES)}"
        )
    schedule = fit.settings.schedule
    if schedule is not None and SCHEDULES.get(schedule.name) is not type(schedule):
        raise InputError(
            f"a schedule of your own, {type(schedule).__name__}, cannot be written to a file; "
            f"there are {', '.join(SCHEDULES)}"
        )


def _restore(arrays: Arrays, data: Data, where: str) -> FitData:
    settings = Settings.from_json(data["settings"])
    encoding = Encoding.from_json(data["encoding"])
    if "factors" in data:
        fit = _reduced_fit(arrays, data, settings, encoding, where)
        return _with_saved_parameters(fit, arrays, data)
    return _recorded_fit(arrays, data, settings, encoding, where)


# --- Fits of least squares: their triangles ---------------------------------------------------


def _triangles(fit: FitData, reduced: Reduced) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    factors = [reduced.training, *(factor for pair in reduced.held_out for factor in pair)]
    arrays: dict[str, NDArray[Any]] = {"errors": reduced.accuracy.errors}
    for number, factor in enumerate(factors):
        arrays |= prefixed(f"factor{number}", {name: getattr(factor, name) for name in _FACTOR})
    told: dict[str, Any] = {
        "factors": [_describe(factor) for factor in factors],
        "residual_digits": reduced.accuracy.residual_digits,
        "dependence": {name: getattr(reduced.dependence, name) for name in _DEPENDENCE},
        "interrupted": reduced.interrupted,
    }
    if isinstance(fit.path, StepwisePath):
        walk = fit.path.trajectory
        arrays |= prefixed("walk", trajectory_arrays(walk))
        told["walk"] = trajectory_data(walk)
    return arrays, told


def _reduced_fit(
    arrays: Arrays, data: Data, settings: Settings, encoding: Encoding, where: str
) -> FitData:
    factors = [
        _factor(parts_of(arrays, f"factor{number}"), told)
        for number, told in enumerate(data["factors"])
    ]
    told = data["dependence"]
    dependence = Dependence(
        tuple(told["constant"]),
        tuple((a, b) for a, b in told["copies"]),
        tuple((a, b, float(c)) for a, b, c in told["near"]),
    )
    reduced = Reduced(
        Moments.restore(parts_of(arrays, "moments"), data["moments"], where),
        factors[0],
        list(zip(factors[1::2], factors[2::2], strict=True)),
        dependence,
        _accuracy(arrays["errors"], float(data["residual_digits"]), len(factors[0].names)),
        [],
        _sample(parts_of(arrays, "sample"), len(encoding.names)),
        bool(data["interrupted"]),
    )
    return fit_reduced(
        reduced,
        encoding,
        settings,
        str(data["description"]),
        [str(note) for note in data["notes"]],
        walked=_walk(arrays, data["walk"], reduced, settings) if "walk" in data else None,
        epochs=_count(data["epochs"]),
    )


def _with_saved_parameters(fit: FitData, arrays: Arrays, data: Data) -> FitData:
    """Parameters to the last bit as saved, also where another machine rounds the path anew."""
    if "parameters" in arrays:
        saved = _floats("parameters", arrays["parameters"], (len(fit.names),))
    else:  # of a former kind: the coefficients of all columns, and the intercept
        values = dict(zip(fit.features, arrays["coefficients"].tolist(), strict=True))
        if data["intercept"] is not None:
            values["intercept"] = float(data["intercept"])
        saved = np.array([values[name] for name in fit.names])
    return replace(fit, step=replace(fit.step, parameters=saved))


def _factor(parts: dict[str, Any], told: Data) -> Factor:
    """A triangle whose shapes and numbers can be one's."""
    q = len(told["names"])
    for name, array in parts.items():
        shape = (q, q) if name == "triangle" else (q,)
        if array.shape != shape or not np.isfinite(array).all():
            raise ValueError(f"{name} of a triangle")
    if (parts["scale"] <= 0.0).any() or float(told["weight"]) < 0.0:
        raise ValueError("scale of a triangle")
    return Factor(**parts, **{**told, "names": tuple(told["names"])})


def _accuracy(errors: Any, residual_digits: float, names: int) -> Accuracy:
    """Bounds that can be a fit's: an entry for each parameter, none below zero."""
    if errors.ndim != 1 or len(errors) not in (names - 1, names) or not (errors >= 0.0).all():
        raise ValueError("errors of the parameters")
    if not 0.0 <= residual_digits <= 16.0:
        raise ValueError("digits of the residual")
    return Accuracy(errors, residual_digits)


def _describe(factor: Factor) -> dict[str, Any]:
    return {
        "names": list(factor.names),
        "rows": factor.rows,
        "weight": factor.weight,
        "roundings": float(factor.roundings),
        "method": factor.method,
    }


def _walk(arrays: Arrays, told: Data, reduced: Reduced, settings: Settings) -> Trajectory:
    parts = parts_of(arrays, "walk")
    schedule = settings.schedule or Constant(float(parts["learning_rate"][0]))
    problem = Training.of(reduced.training, None, settings).problem
    return trajectory_from(parts, told, problem, settings.optimizer, schedule)


# --- Any other fit: the recorded steps, and what was found ------------------------------------


def _recorded(fit: FitData) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    problem = fit.path.problem
    assert isinstance(problem, LinearModel)
    arrays = {
        "centre": problem.coordinates.centre,
        "spread": problem.coordinates.spread,
        "gradient": fit.step.gradient,
    }
    told: dict[str, Any] = {
        "weight": problem.total_weight,
        "step": {
            "index": fit.step.index,
            "objective": fit.step.objective,
            "learning_rate": fit.step.learning_rate,
            "validation": fit.step.validation,
        },
        "metrics": asdict(fit.metrics),
        "quality": None if fit.quality is None else asdict(fit.quality),
        "validation": None if fit.validation is None else asdict(fit.validation),
        "verdict": fit.verdict.to_dict(),
        "forecast": stored_forecast(fit.forecast),
    }
    walked, steps = _walked(fit.path)
    return arrays | walked, told | steps


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


def _recorded_fit(
    arrays: Arrays, data: Data, settings: Settings, encoding: Encoding, where: str
) -> FitData:
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
    moments = None
    if "moments" in data:
        moments = Moments.restore(parts_of(arrays, "moments"), data["moments"], where)
    metrics = Metrics.from_dict(data["metrics"])
    return FitData(
        encoding,
        settings,
        _path(arrays, data, problem, settings),
        step,
        _count(data["epochs"]),
        _count(data["rows"]),
        metrics,
        _quality(data, metrics, problem),
        _validation(data),
        str(data["description"]),
        tuple(str(note) for note in data["notes"]),
        labels=labels,
        sample=_sample(parts_of(arrays, "sample"), len(encoding.names)),
        moments=moments,
    )


def _quality(data: Data, metrics: Metrics, problem: StoredModel) -> Quality | None:
    if "quality" in data:
        return None if data["quality"] is None else Quality(**data["quality"])
    # Files of the former kind tell the target's spread about its mean, not about 0.
    squared, intercept = isinstance(problem.loss, Squared), problem.coordinates.intercept
    if not squared or not intercept or metrics.rmse is None:
        return None
    squares, r2 = metrics.rmse**2 * metrics.weight, metrics.r2
    spread = 0.0 if r2 is None else squares / (1.0 - r2) if r2 < 1.0 else np.inf
    targets = Targets(metrics.rows, metrics.weight, 0.0, spread)
    return measure_quality(targets, squares, len(problem.names), True)


def _validation(data: Data) -> Validation | None:
    told = data.get("validation") or data.get("held_out")
    if told is None:
        return None
    known = {"folds": None, **told}
    measured = known.pop("metrics", None) or data["validation_metrics"]
    return Validation(**known, metrics=Metrics.from_dict(measured))


def _path(arrays: Arrays, data: Data, problem: StoredModel, settings: Settings) -> DescentPath:
    forecast, verdict = ToldForecast.of(data["forecast"], problem.names), _verdict(data["verdict"])
    if "walk" in data:
        schedule: Schedule = parse_schedule(data["lr"])
        trajectory = trajectory_from(
            parts_of(arrays, "walk"),
            data["walk"],
            problem,
            settings.optimizer,
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


def _sample(parts: Arrays, columns: int) -> Sample | None:
    if not parts:
        return None
    m = len(parts["target"])
    weights = parts.get("weights")
    return Sample(
        parts.get("rows", np.arange(m)),  # files of a former kind have none
        _floats("sample", parts["features"], (m, columns)),
        _floats("sample", parts["target"], (m,)),
        None if weights is None else _floats("sample", weights, (m,)),
    )


def _verdict(told: Data) -> Verdict:
    kind, epoch, reason, advice, manner = (told[name] for name in _VERDICT)
    if kind not in get_args(Kind):
        raise ValueError("verdict")
    return Verdict(kind, _count(epoch), str(reason), str(advice), str(manner))


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("a count")
    return value


def _floats(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.float64]:
    if array.dtype != np.float64 or array.shape != shape:
        raise ValueError(f"shape or type of {name}")
    return array
