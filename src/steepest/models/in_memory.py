"""Fits of rows in memory: the problem, the descent, and what held-out rows say of it."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Array, Floats
from steepest.descent.sample_start import sampled_rows
from steepest.errors import InputError
from steepest.models.choose_strength import Choice, choose_by_newton
from steepest.models.determining_columns import (
    check_some_left,
    determined,
    of_one_value,
    without,
)
from steepest.models.early_stopping import End, Measured, constant_columns, descended, fit_at
from steepest.models.fit_data import FitData
from steepest.models.fit_request import FitRequest
from steepest.models.gathered_rows import MemoryRows
from steepest.models.labels import Labels, is_of_classes
from steepest.models.metrics import Metrics, MetricsRun, Worth
from steepest.models.options import Settings
from steepest.models.predictor import Predictor
from steepest.models.refusals import no_row_left
from steepest.moments.moments import CentredMoments
from steepest.moments.row_sample import Sample, evenly_spread
from steepest.penalties.penalties import L2
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_model import LinearModel
from steepest.problems.linear_streamed import StreamedProblem
from steepest.tables.table import Table
from steepest.wording.fact import Fact, fact

_AT_ONCE = 1 << 20  # numbers of a block whose linear predictors are computed


def fit_in_memory(rows: MemoryRows, request: FitRequest) -> FitData:
    """Descend on rows in memory. Raises InputError where rows and settings do not go together."""
    settings, names = request.settings, request.names
    training, held = _split(rows, settings)
    check_batch(len(training), settings)
    sample = sample_of(training.features, training.target, training.weights, training.numbers)
    found = determined(training, names, settings)
    gone = found.left_out
    check_some_left(names, gone)
    known = [fact("column of one value", name=name) for name in found.dependence.constant]
    notes = (note for note in request.notes if note not in known)
    request = replace(request, notes=(*notes, *found.dependence.notes()))
    training = without(training, names, gone)
    held = None if held is None else without(held, names, gone)
    choice, folds = None, None
    if settings.penalty_path is not None:
        choice, folds = _choice(training, held, request, gone)
        request = replace(request, settings=choice.settings).noting(*choice.path.facts)
    problem = _problem(training, request, gone, found.rest)
    judge = None if held is None else _judge(problem, held)
    end = descended(request, problem, judge, 0 if held is None else held.weighing)
    request = request.noting(*notes_on_sample(end, problem))
    if not settings.loss.smooth and end.path.verdict.kind == "converged":
        from steepest.diagnosis.vertex import other_minima

        found_more = other_minima(problem, end.parameters, settings.plan.proximal(problem))
        request = request if found_more is None else request.noting(found_more)
    others = None
    if judge is not None:
        others = _measured(judge, end.parameters, request.metrics_run()).result()

    @cache
    def worth() -> Worth:
        run = _measured(problem, end.parameters, request.metrics_run())
        return run.worth(len(problem.names), settings.intercept)

    measured = Measured(worth, others, sample)
    return fit_at(end, measured, request, rows.weighing, without=gone, choice=choice, folds=folds)


def notes_on_sample(end: End, problem: LinearModel) -> list[Fact]:
    """Where step 1 is no step of Newton's method, but was found by a sample of the rows."""
    if end.path.walk is None or not end.path.walk.guessed:
        return []
    rows = sampled_rows(problem)
    whole = isinstance(problem, StreamedProblem) and problem.rows == rows
    return [fact("first step to kept rows" if whole else "first step to sample", rows=rows)]


def _choice(
    training: MemoryRows, held: MemoryRows | None, request: FitRequest, gone: frozenset[str]
) -> tuple[Choice, Metrics | None]:
    """The strength of the penalty that held-out rows choose, and the metrics of folds."""
    problem, rows = _problem(training, request, gone), training.weighing
    if held is not None:
        parts = [(problem, _judge(problem, held))]
        return choose_by_newton(request, problem, rows, parts), None
    parts = []
    for others, fold in _folds(training, request.settings):
        of_others = _problem(others, request, gone)
        parts.append((of_others, _judge(of_others, fold)))
    choice = choose_by_newton(request, problem, rows, parts)
    run = request.metrics_run()
    for (_, of_fold), point in zip(parts, choice.points, strict=True):
        _measured(of_fold, point, run)
    return choice, run.result()


def _folds(rows: MemoryRows, settings: Settings) -> list[tuple[MemoryRows, MemoryRows]]:
    """For each fold the rows to train on, those of the fold without weight, and the fold's."""
    part = settings.split.part(rows.split_keys)
    weights = np.ones(len(rows)) if rows.weights is None else rows.weights
    folds = []
    for number in range(settings.split.parts):
        inside = part == number
        if not (inside & (weights > 0.0)).any():
            raise no_row_left(number, settings)
        others = replace(rows, weights=np.where(inside, 0.0, weights))
        folds.append((others, rows.where(inside)))
    return folds


def check_batch(rows: int, settings: Settings) -> None:
    """Refuse batches that are larger than the data."""
    size = settings.batch_size
    if size is not None and size > rows:
        raise InputError(
            "batch_size is {size}, and there are {rows} rows to train on; give at most "
            "{rows}, or leave it out to take all rows at every update",
            size=size,
            rows=rows,
        )


def _split(rows: MemoryRows, settings: Settings) -> tuple[MemoryRows, MemoryRows | None]:
    """Rows to train on, and rows that are held out."""
    split = settings.split_of_fit
    if split.parts == 1:
        return rows, None
    held = split.part(rows.split_keys) == 1
    weighs = held >= 0 if rows.weights is None else rows.weights > 0.0
    for number, none in enumerate((held[weighs].all(), not held[weighs].any())):
        if none:
            raise no_row_left(number, settings)
    return rows.where(~held), rows.where(held)


def _problem(
    rows: MemoryRows,
    request: FitRequest,
    gone: frozenset[str],
    moments: CentredMoments | None = None,
) -> LinearProblem:
    """The problem of these rows, without the columns that are `gone`; from their `moments` where
    they are known already.

    Raises InputError for a class that no row is of.
    """
    settings = request.settings
    if request.labels is not None:
        _check_present(rows, request.labels)
    return LinearProblem.of(
        rows.features,
        rows.target,
        loss=settings.plan.loss,
        weights=rows.weights,
        **request.posed,
        names=[name for name in request.names if name not in gone],
        classes=request.classes,
        moments=moments,
    )


def _check_present(rows: MemoryRows, labels: Labels) -> None:
    """Refuse classes that no row with weight is of."""
    if rows.weights is None and len(labels.values) == 2 and rows.target.min() < rows.target.max():
        return
    codes = rows.target.astype(np.intp)
    mass = np.bincount(codes, weights=rows.weights, minlength=len(labels.values))
    for absent in np.flatnonzero(mass <= 0.0)[:1]:
        raise InputError(
            "no row to train on is of class {names}; leave its rows out, or hold out fewer",
            names=labels.names[absent],
        )


def _judge(problem: LinearProblem, held: MemoryRows) -> LinearProblem:
    """The mean loss of held-out rows, without the penalty, in the same coordinates."""
    return replace(
        problem,
        features=held.features,
        target=held.target,
        weights=held.weights,
        penalty=L2(0.0),
    )


def _measured(problem: LinearProblem, parameters: Floats, run: MetricsRun) -> MetricsRun:
    """The run with the problem's rows, so many at once that their linear predictors take little."""
    features, target, weights = problem.features, problem.target, problem.weights
    size = max(1, _AT_ONCE // max(features.shape[1], 1))
    pieces = (slice(first, first + size) for first in range(0, len(target), size))
    blocks = ((features[at], target[at], None if weights is None else weights[at]) for at in pieces)
    measure_blocks(Predictor.of(problem, parameters), blocks, run)
    return run


def measure_blocks(
    predictor: Predictor,
    blocks: Iterable[tuple[Array, Floats, Floats | None]],
    run: MetricsRun,
) -> None:
    """Add such blocks to metrics."""
    for features, target, weights in blocks:
        with np.errstate(over="ignore", invalid="ignore"):
            eta = predictor(features)
        run.add(eta if eta.shape[1] > 1 else eta[:, 0], target, weights)


def sample_of(
    features: Array, target: Floats, weights: Floats | None, numbers: NDArray[np.int64] | None
) -> Sample:
    """Some rows that lie evenly spread; `numbers` are their places in the source."""
    places = evenly_spread(len(target))
    return Sample(
        places if numbers is None else numbers[places],
        features[places].astype(np.float64),
        target[places],
        None if weights is None else weights[places],
    )


def labelled(
    rows: MemoryRows, table: Table, request: FitRequest
) -> tuple[MemoryRows, Labels | None]:
    """Rows whose target is class numbers, and the labels of those that there are."""
    settings, labels = request.settings, request.labels
    if not is_of_classes(settings.loss):
        return rows, None
    name = request.encoding.target or "y"
    if labels is None:
        boolean = table.column_named[name].kind == "boolean"
        labels = Labels.of_numbers(rows.target, settings, name, boolean=boolean)
        codes = labels.codes(rows.target)
    else:
        labels, codes = labels.only(rows.target)
        labels.check(settings.loss, name)
    if codes is rows.target:
        return rows, labels
    return replace(rows, target=codes, moments=_coded(rows.moments, labels)), labels


def _coded(moments: CentredMoments | None, labels: Labels) -> CentredMoments | None:
    """The moments of two classes as 0 and 1."""
    if moments is None or labels.kind == "text" or len(labels.values) > 2:
        return None
    low, high = map(float, labels.values)
    if low > high:
        return None
    shift, scale = moments.shift.copy(), moments.scale.copy()
    shift[-1], scale[-1] = (shift[-1] - low) / (high - low), scale[-1] * (high - low)
    return replace(moments, shift=shift, scale=scale)


def notes_on_columns(rows: MemoryRows, names: tuple[str, ...]) -> list[Fact]:
    """Notes on columns of one value but for rounding, which an intercept stands for already."""
    return constant_columns(of_one_value(rows, names), len(names))
