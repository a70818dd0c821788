"""The fit of least squares in a model file: its path is computed again from its triangles."""

from dataclasses import replace
from typing import Any

import numpy as np

from steepest.curvature.digits import Accuracy, least_sizes
from steepest.descent.file_schema import WalkData
from steepest.descent.schedules import Constant
from steepest.descent.serialization import trajectory_from
from steepest.descent.trajectory import Trajectory
from steepest.errors import StorageError
from steepest.models.file_schema import FACTOR_ARRAYS, FactorData, TrianglesData
from steepest.models.fit_data import FitData
from steepest.models.fit_request import FitRequest
from steepest.models.least_squares import Training, fit_reduced, rate_of, trainings
from steepest.models.model_file_parts import epochs_of, facts_of, moments_of, sample_of
from steepest.models.options import SMALLEST_RATE, Settings
from steepest.models.predictor import Predictor
from steepest.models.reduce import Reduced
from steepest.models.refusals import check_rows, check_unique
from steepest.moments.qr_factor import Factor
from steepest.moments.solution import Solution
from steepest.problems.coordinates import LARGE
from steepest.storage.array_checks import Arrays, floats
from steepest.storage.container import parts_of
from steepest.storage.schema import field
from steepest.tables.column_encoding import Encoding
from steepest.translation import joined


def reduced_fit(arrays: Arrays, data: TrianglesData) -> FitData:
    settings = Settings.from_json(data["settings"])
    encoding = Encoding.from_json(data["encoding"])
    reduced = _reduced(arrays, data, encoding, settings)
    with field("settings.start"):
        offset = ("intercept",) if settings.intercept else ()
        settings.initial((*reduced.training.names[:-1], *offset))
    fit = fit_reduced(
        reduced,
        FitRequest(data["description"], encoding, settings, notes=facts_of(data)),
        walked=_walk(arrays, data["walk"], reduced, settings) if "walk" in data else None,
        epochs=epochs_of(data),
        rate=_rate(data, settings, reduced),
    )
    return _with_saved_parameters(fit, arrays, data)


def _rate(data: TrianglesData, settings: Settings, reduced: Reduced) -> float | None:
    """The rate of lr="auto"; None where the fit finds it anew.

    Files of former versions tell none: there it was the one with the best factor in the long run,
    also where there was a number of epochs.
    """
    if settings.schedule is not None or settings.update_rule.arrives:
        return None
    if "rate" in data:
        if not SMALLEST_RATE <= data["rate"] < LARGE:
            raise StorageError("field rate is damaged: expected a learning rate")
        return data["rate"]
    settings = replace(settings, epochs=None)
    return rate_of(trainings(reduced, settings), settings)


def _reduced(
    arrays: Arrays, data: TrianglesData, encoding: Encoding, settings: Settings
) -> Reduced:
    """The rows of the fit as triangles, of the columns that its encoding has."""
    moments = moments_of(arrays, data, encoding)
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
            solution = Solution.restore(parts, data["solution"], len(kept) - 1)
            factors[0] = replace(factors[0], solution=solution)
    with field("factors[0]"):
        check_unique(factors[0], settings)
    return Reduced(
        moments,
        factors[0],
        list(zip(factors[1::2], factors[2::2], strict=True)),
        dependence,
        _accuracy(arrays, data["residual_digits"], factors[0], settings.intercept),
        [],
        sample_of(parts_of(arrays, "sample"), len(encoding.names)),
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
        raise StorageError(
            "field {under}.names is damaged: expected {names}", under=under, names=joined(names)
        )
    q = len(names)
    shapes = {name: (q, q) if name == "triangle" else (q,) for name in FACTOR_ARRAYS}
    arrays = {name: floats(parts, name, shape, below=LARGE) for name, shape in shapes.items()}
    if np.tril(arrays["triangle"], -1).any():
        raise StorageError("array triangle is damaged: expected zeros below its diagonal")
    if (arrays["scale"] <= 0.0).any():
        raise StorageError("array scale is damaged: expected numbers above 0")
    if not 0.0 < described["weight"] < LARGE:
        raise StorageError(
            "field {under}.weight is damaged: expected a number above 0", under=under
        )
    values: dict[str, Any] = {**described, "names": names, **arrays}
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
