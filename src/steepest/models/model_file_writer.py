"""Writing a model file: everything a fit is, in one `.steepest` file.

A fit of least squares keeps its triangles, from which its path is computed again. Any other keeps
the recorded steps and what was found, without the rows.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steepest.descent.schedules import SCHEDULES
from steepest.descent.serialization import trajectory_arrays, trajectory_data
from steepest.errors import InputError
from steepest.losses import LOSSES
from steepest.models.file_schema import FACTOR_ARRAYS, FIT, PREDICTOR_ARRAYS, CertificateData
from steepest.models.fit_data import FitData
from steepest.models.reduce import Reduced
from steepest.models.stored_model import stored_forecast
from steepest.moments.qr_factor import Factor
from steepest.path.minibatch_path import MinibatchPath
from steepest.path.path import DescentPath, StepwisePath
from steepest.problems.linear_model import LinearModel
from steepest.storage.container import prefixed, write_container
from steepest.translation import joined

_MOST_EPOCHS = 2**62  # of the whole numbers of a file
_KEPT = ("parameters", "objective", "gradient", "rate")


def save(fit: FitData, file: str | Path) -> None:
    """Write a fit; `load_fit` of `model_file_reader` reads it.

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
        "facts": [each.to_dict() for each in fit.facts],
        "encoding": fit.encoding.to_json(),
        "settings": fit.settings.to_json(),
        "labels": None if fit.labels is None else fit.labels.to_json(),
        "rows": fit.rows,
        "epochs": fit.epochs if fit.epochs < _MOST_EPOCHS else str(fit.epochs),
    }
    if fit.reduced is None or fit.known_inference is not None:
        found, likelihood = fit.inference, fit.likelihood
        description["inference"] = None if found is None else asdict(found)
        description["likelihood"] = None if likelihood is None else asdict(likelihood)
    if (path := fit.regularization) is not None:
        arrays |= prefixed("regularization", path.arrays())
        description["regularization"] = path.description()
    if fit.moments is not None:
        arrays |= prefixed("moments", fit.moments.arrays())
        description["moments"] = fit.moments.description()
    parts = _recorded(fit) if fit.reduced is None else _triangles(fit, fit.reduced)
    write_container(file, arrays | parts[0], description | parts[1], kind=FIT)


def _check_own(fit: FitData) -> None:
    """Refuse what a file could not give back."""
    if LOSSES.get(fit.loss.name) is not type(fit.loss):
        raise InputError(
            "a loss of your own, {name}, cannot be written to a file; there are {LOSSES}",
            name=type(fit.loss).__name__,
            LOSSES=joined(LOSSES),
        )
    schedule = fit.settings.schedule
    if schedule is not None and SCHEDULES.get(schedule.name) is not type(schedule):
        raise InputError(
            "a schedule of your own, {name}, cannot be written to a file; there are {SCHEDULES}",
            name=type(schedule).__name__,
            SCHEDULES=joined(SCHEDULES),
        )


def _triangles(fit: FitData, reduced: Reduced) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    factors = [reduced.training, *(factor for pair in reduced.held_out for factor in pair)]
    arrays: dict[str, NDArray[Any]] = {"errors": reduced.accuracy.errors}
    for number, factor in enumerate(factors):
        arrays |= prefixed(
            f"factor{number}", {name: getattr(factor, name) for name in FACTOR_ARRAYS}
        )
    described: dict[str, Any] = {
        "factors": [_describe(factor) for factor in factors],
        "residual_digits": reduced.accuracy.residual_digits,
        "dependence": asdict(reduced.dependence),
        "interrupted": reduced.interrupted,
    }
    if fit.settings.schedule is None:
        described["rate"] = fit.learning_rate
    predictor = fit.predictor
    arrays |= prefixed("predictor", {name: getattr(predictor, name) for name in PREDICTOR_ARRAYS})
    if (solution := reduced.training.solution) is not None:
        arrays |= prefixed("solution", solution.arrays())
        described["solution"] = solution.description()
    if isinstance(fit.path, StepwisePath):
        walk = fit.path.trajectory
        arrays |= prefixed("walk", trajectory_arrays(walk))
        described["walk"] = trajectory_data(walk)
    return arrays, described


def _describe(factor: Factor) -> dict[str, Any]:
    return {
        "names": list(factor.names),
        "rows": factor.rows,
        "weight": factor.weight,
        "roundings": float(factor.roundings),
        "method": factor.method,
        "unit": factor.unit,
    }


def _recorded(fit: FitData) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    problem = fit.path.problem
    assert isinstance(problem, LinearModel)
    arrays = {
        "centre": problem.coordinates.centre,
        "spread": problem.coordinates.spread,
        "gradient": fit.step.gradient,
    }
    described: dict[str, Any] = {
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
    if fit.without:
        described["without"] = list(fit.without)
    if (certificate := fit.certificate) is not None:
        names = ("gaps", "errors", "rounding")
        arrays |= prefixed("certificate", {name: getattr(certificate, name) for name in names})
        described["certificate"] = {
            name: getattr(certificate, name) for name in CertificateData.__annotations__
        }
    walked, steps = _walked(fit.path)
    return arrays | walked, described | steps


def _walked(path: DescentPath) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The recorded steps, as arrays and plain data."""
    if isinstance(path, StepwisePath):
        # Without the rows no step can be made again: every recorded one is kept.
        walk = path.trajectory.keeping(path.recorded)
        described = {"walk": trajectory_data(walk), "lr": str(walk.schedule)}
        arrays = prefixed("walk", trajectory_arrays(walk))
    else:
        assert isinstance(path, MinibatchPath)
        kept = path.kept
        arrays = {name: np.array([getattr(step, name) for step in kept]) for name in _KEPT}
        arrays["updates"] = np.array([step.updates for step in kept], dtype=np.int64)
        arrays["epochs"] = np.array([step.epoch for step in kept], dtype=np.int64)
        arrays = prefixed("kept", arrays | {"end": path.end})
        counts = {"last_epoch": path.last_epoch, "taken_back": path.taken_back}
        described = {"kept": {**counts, **path.stop.to_dict()}}
    if path.validation is not None:
        arrays["validation"] = np.array([path.validation(k) for k in path.recorded])
    return arrays, described
