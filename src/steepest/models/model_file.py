"""The model file: everything a fit is, in one `.steepest` file, and back."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from steepest.curvature.digits import Accuracy
from steepest.descent.schedules import Constant
from steepest.descent.serialization import trajectory_arrays, trajectory_data, trajectory_from
from steepest.descent.trajectory import Trajectory
from steepest.errors import StorageError
from steepest.models.options import Settings
from steepest.models.reduce import Reduced
from steepest.models.training import Training, train
from steepest.moments.collinearity import Dependence
from steepest.moments.moments import CentredMoments
from steepest.moments.qr_factor import Factor
from steepest.moments.row_sample import Sample
from steepest.path.path import StepwisePath
from steepest.results.fit import Fit
from steepest.storage.container import (
    container_kind,
    parts_of,
    prefixed,
    read_container,
    write_container,
)
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
    try:
        return _restore(arrays, description, str(path))
    except StorageError as error:
        raise StorageError(
            f"{path}: {error}" if str(path) not in str(error) else str(error)
        ) from None
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise StorageError(f"{path}: the model in this file is damaged ({error!r})") from None


def _restore(arrays: Arrays, description: dict[str, Any], where: str) -> Fit:
    settings = Settings.from_json(description["settings"])
    encoding = Encoding.from_json(description["encoding"])
    factors = [
        _factor(parts_of(arrays, f"factor{number}"), told)
        for number, told in enumerate(description["factors"])
    ]
    told = description["dependence"]
    dependence = Dependence(
        tuple(told["constant"]),
        tuple((a, b) for a, b in told["copies"]),
        tuple((a, b, float(c)) for a, b, c in told["near"]),
    )
    sample = Sample(**parts_of(arrays, "sample")) if "sample.rows" in arrays else None
    reduced = Reduced(
        CentredMoments.restore(parts_of(arrays, "moments"), description["moments"], where),
        factors[0],
        list(zip(factors[1::2], factors[2::2], strict=True)),
        dependence,
        _accuracy(arrays["errors"], float(description["residual_digits"]), len(factors[0].names)),
        [],
        sample,
        bool(description["interrupted"]),
    )
    walked = (
        _walk(arrays, description["walk"], reduced, settings) if "walk" in description else None
    )
    path, _ = train(reduced, settings, walked=walked)
    fit = Fit(
        encoding,
        settings,
        reduced,
        path,
        int(description["epochs"]),
        str(description["description"]),
        tuple(str(note) for note in description["notes"]),
    )
    return _with_saved_parameters(fit, arrays["coefficients"], description["intercept"])


def _factor(parts: Arrays, told: dict[str, Any]) -> Factor:
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


def _with_saved_parameters(fit: Fit, coefficients: Any, intercept: float | None) -> Fit:
    """Coefficients to the last bit as saved, also where another machine rounds the path anew."""
    values = dict(zip(fit.features, coefficients.tolist(), strict=True))
    if intercept is not None:
        values["intercept"] = float(intercept)
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


def _walk(arrays: Arrays, told: dict[str, Any], reduced: Reduced, settings: Settings) -> Trajectory:
    parts = parts_of(arrays, "walk")
    schedule = settings.schedule or Constant(float(parts["learning_rate"][0]))
    problem = Training.of(reduced.training, None, settings).problem
    return trajectory_from(parts, told, problem, settings.optimizer, schedule)
