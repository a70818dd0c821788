"""The model file: everything a fit is, in one `.steepest` file, and back."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from steepest.curvature.digits import Accuracy
from steepest.descent.file_schema import WalkData
from steepest.descent.schedules import Constant
from steepest.descent.serialization import trajectory_arrays, trajectory_data, trajectory_from
from steepest.descent.trajectory import Trajectory
from steepest.errors import StorageError
from steepest.models.file_schema import FactorData, ModelData
from steepest.models.options import Settings
from steepest.models.reduce import Reduced, check_rows, check_unique
from steepest.models.training import Training, train
from steepest.moments.moments import CentredMoments
from steepest.moments.qr_factor import Factor
from steepest.moments.row_sample import Sample
from steepest.path.path import StepwisePath
from steepest.problems.coordinates import LARGE
from steepest.results.fit import Fit
from steepest.storage.array_checks import floats, numbers
from steepest.storage.container import (
    container_kind,
    parts_of,
    prefixed,
    read_container,
    write_container,
)
from steepest.storage.schema import checked, field, restoring
from steepest.tables.column_encoding import Encoding

if TYPE_CHECKING:
    from steepest.results.linear_fit import LinearFit

Arrays = dict[str, Any]
# The kind of the file of a fit of any loss; squared loss by moments has "model".
LINEAR = "linear model"
_FACTOR = ("shift", "scale", "mean", "triangle", "norms")


def save(fit: Fit, path: str | Path) -> None:
    """Write a fit; `load` reads it. Raises InputError or OutputError where it cannot be written."""
    reduced = fit.reduced
    arrays: Arrays = prefixed("moments", reduced.moments.arrays())
    factors = [reduced.training, *(factor for pair in reduced.held_out for factor in pair)]
    for number, factor in enumerate(factors):
        arrays |= prefixed(f"factor{number}", {name: getattr(factor, name) for name in _FACTOR})
    arrays["errors"] = reduced.accuracy.errors
    arrays["coefficients"] = np.array(list(fit.coefficients.values()))
    if reduced.sample is not None:
        arrays |= prefixed("sample", vars(reduced.sample))
    description = {
        "description": fit.description,
        "notes": list(fit.notes),
        "encoding": fit.encoding.to_json(),
        "settings": fit.settings.to_json(),
        "moments": reduced.moments.description(),
        "factors": [_describe(factor) for factor in factors],
        "residual_digits": reduced.accuracy.residual_digits,
        "dependence": {name: getattr(reduced.dependence, name) for name in _DEPENDENCE},
        "interrupted": reduced.interrupted,
        "intercept": fit.intercept,
        "epochs": fit.epochs,
    }
    if isinstance(fit.path, StepwisePath):
        walk = fit.path.trajectory
        arrays |= prefixed("walk", trajectory_arrays(walk))
        description["walk"] = trajectory_data(walk)
    write_container(path, arrays, description, kind="model")


_DEPENDENCE = ("constant", "copies", "near")


def load_fit(path: str | Path) -> "Fit | LinearFit":
    """Read the model of a fit; raises as `load` does, and for the file of a path."""
    if container_kind(path) == LINEAR:
        from steepest.models.linear_model_file import load_linear

        return load_linear(path)
    arrays, description = read_container(path, kind="model")
    with restoring(path, "model"):
        return _restore(arrays, checked(description, ModelData))


def _restore(arrays: Arrays, data: ModelData) -> Fit:
    settings = Settings.from_json(data["settings"])
    encoding = Encoding.from_json(data["encoding"])
    reduced = _reduced(arrays, data, encoding, settings)
    with field("settings.start"):
        offset = ("intercept",) if settings.intercept else ()
        settings.initial((*reduced.training.names[:-1], *offset))
    walked = _walk(arrays, data["walk"], reduced, settings) if "walk" in data else None
    path, _ = train(reduced, settings, walked=walked)
    if data["epochs"] > path.epochs:
        raise StorageError(f"field epochs is damaged: the path has {path.epochs}")
    fit = Fit(
        encoding,
        settings,
        reduced,
        path,
        data["epochs"],
        data["description"],
        tuple(data["notes"]),
    )
    coefficients = floats(arrays, "coefficients", (len(fit.features),))
    return _with_saved_parameters(fit, coefficients, data["intercept"])


def _reduced(arrays: Arrays, data: ModelData, encoding: Encoding, settings: Settings) -> Reduced:
    """The rows of the fit as triangles, of the columns that its encoding has."""
    names = (*encoding.names, encoding.target or "")
    moments = CentredMoments.restore(parts_of(arrays, "moments"), data["moments"], "moments")
    if moments.names != names:
        raise StorageError("field moments.names is damaged: expected the columns of the encoding")
    with field("moments"):
        check_rows(moments, settings)
    dependence = data["dependence"]
    kept = tuple(name for name in names if name not in dependence.left_out)
    factors = [
        _factor(parts_of(arrays, f"factor{number}"), told, f"factors[{number}]", kept)
        for number, told in enumerate(data["factors"])
    ]
    if len(factors) % 2 == 0:
        raise StorageError("field factors is damaged: expected one, and two for each part held out")
    with field("factors[0]"):
        check_unique(factors[0], settings)
    return Reduced(
        moments,
        factors[0],
        list(zip(factors[1::2], factors[2::2], strict=True)),
        dependence,
        _accuracy(arrays, data["residual_digits"], len(kept) - 1 + settings.intercept),
        [],
        _sample(parts_of(arrays, "sample"), len(encoding.names)),
        data["interrupted"],
    )


def _factor(parts: Arrays, told: FactorData, under: str, names: tuple[str, ...]) -> Factor:
    """A triangle of columns of these names, whose shapes and numbers can be one's."""
    if tuple(told["names"]) != names:
        raise StorageError(f"field {under}.names is damaged: expected {', '.join(names)}")
    q = len(names)
    shapes = {name: (q, q) if name == "triangle" else (q,) for name in _FACTOR}
    found = {name: floats(parts, name, shape, below=LARGE) for name, shape in shapes.items()}
    if (found["scale"] <= 0.0).any():
        raise StorageError("array scale is damaged: expected numbers above 0")
    if not 0.0 < told["weight"] < LARGE:
        raise StorageError(f"field {under}.weight is damaged: expected a number above 0")
    described: dict[str, Any] = {**told, "names": names}
    return Factor(**{**described, **found})


def _sample(parts: Arrays, columns: int) -> Sample | None:
    if not parts:
        return None
    rows = numbers(parts, "rows", (-1,), np.int64)
    features = floats(parts, "features", (len(rows), columns), below=LARGE)
    return Sample(rows, features, floats(parts, "target", (len(rows),), below=LARGE))


def _accuracy(arrays: Arrays, residual_digits: float, parameters: int) -> Accuracy:
    """Bounds that can be a fit's: an entry for each parameter, none below zero."""
    errors = floats(arrays, "errors", (parameters,))
    if not (errors >= 0.0).all():
        raise StorageError("array errors is damaged: expected numbers of 0 or more")
    if not 0.0 <= residual_digits <= 16.0:
        raise StorageError("field residual_digits is damaged: expected a number from 0 to 16")
    return Accuracy(errors, residual_digits)


def _with_saved_parameters(fit: Fit, coefficients: Any, intercept: float | None) -> Fit:
    """Coefficients to the last bit as saved, also where another machine rounds the path anew."""
    if (intercept is None) == fit.settings.intercept:
        raise StorageError("field intercept is damaged: it does not go with the settings")
    values = dict(zip(fit.features, coefficients.tolist(), strict=True))
    if intercept is not None:
        values["intercept"] = intercept
    parameters = np.array([values[name] for name in fit.names])
    step = replace(fit.step, parameters=parameters)
    fit.__dict__["step"] = step
    return fit


def _describe(factor: Factor) -> dict[str, Any]:
    return {
        "names": list(factor.names),
        "rows": factor.rows,
        "weight": factor.weight,
        "roundings": float(factor.roundings),
        "method": factor.method,
    }


def _walk(arrays: Arrays, told: WalkData, reduced: Reduced, settings: Settings) -> Trajectory:
    parts = parts_of(arrays, "walk")
    rates = floats(parts, "learning_rate", (-1,))
    schedule = settings.schedule or Constant(float(rates[0]))
    problem = Training.of(reduced.training, None, settings).problem
    return trajectory_from(parts, told, problem, settings.optimizer, schedule)
