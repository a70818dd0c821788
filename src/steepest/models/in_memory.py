"""Fits of rows in memory: the problem, the descent, and what held-out rows say of it."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Array, Floats
from steepest.descent.penalty_path import NewtonMinima
from steepest.descent.sample_start import sampled_rows
from steepest.errors import InputError
from steepest.models.choose_strength import Choice, Judged, choose_strength
from steepest.models.determining_columns import check_some_left, determined, without
from steepest.models.early_stopping import Measured, chosen, constant_columns, fit_at, start_from
from steepest.models.fit_data import FitData
from steepest.models.gathered_rows import MemoryRows
from steepest.models.labels import Labels, is_of_classes
from steepest.models.least_squares import StepProgress
from steepest.models.metrics import Metrics, MetricsRun, Worth
from steepest.models.options import Settings
from steepest.models.predictor import Predictor
from steepest.moments.moments import CentredMoments
from steepest.moments.row_sample import Sample, evenly_spread
from steepest.path.descend import descend
from steepest.penalties.penalties import L2
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_model import LinearModel
from steepest.tables.column_encoding import Encoding
from steepest.tables.table import Table
from steepest.wording.fact import Fact, fact

_AT_ONCE = 1 << 20  # numbers of a block whose linear predictors are computed


def fit_in_memory(
    rows: MemoryRows,
    table: Table,
    encoding: Encoding,
    settings: Settings,
    labels: Labels | None,
    notes: list[Fact],
    progress: StepProgress | None,
) -> FitData:
    """Descend on rows in memory. Raises InputError where rows and settings do not go together."""
    training, held = _split(rows, settings)
    check_batch(len(training), settings)
    sample = sample_of(training.features, training.target, training.weights, training.numbers)
    found = determined(training, encoding.names, settings)
    gone = found.left_out
    check_some_left(encoding.names, gone)
    known = [fact("column of one value", name=name) for name in found.dependence.constant]
    notes = [*(note for note in notes if note not in known), *found.dependence.notes()]
    names = tuple(name for name in encoding.names if name not in gone)
    training = without(training, encoding.names, gone)
    held = None if held is None else without(held, encoding.names, gone)
    choice, held_out = None, None
    if settings.penalty_path is not None:
        choice, held_out = _choice(training, held, settings, names, labels, progress)
        settings, notes = choice.settings, [*notes, *choice.path.facts]
    problem = problem_of(training, settings, names, labels, found.rest)
    start = start_from(problem, settings, encoding.names)
    path = descend(problem, settings.plan, start, seed=settings.seed, progress=progress)
    if path.walk is not None and path.walk.guessed:
        notes = [*notes, fact("first step to sample", rows=sampled_rows(problem))]
    judge = None if held is None else _held_out_problem(problem, held)
    end = chosen(path, settings, judge, 0 if held is None else held.weighing)
    classes = None if labels is None else labels.names
    others = None if held is None else _measured(held, problem, end.parameters, classes).result()

    @cache
    def worth() -> Worth:
        run = _measured(training, problem, end.parameters, classes)
        return run.worth(len(problem.names), settings.intercept)

    measured = Measured(worth, others, sample)
    fit = fit_at(end, measured, encoding, settings, labels, rows.weighing, table.description, notes)
    fit = replace(fit, without=tuple(sorted(gone)))
    return fit if choice is None else choice.told(fit, held_out)


def _choice(
    training: MemoryRows,
    held: MemoryRows | None,
    settings: Settings,
    names: tuple[str, ...],
    labels: Labels | None,
    progress: StepProgress | None,
) -> tuple[Choice, Metrics | None]:
    """The strength of the penalty that held-out rows choose, and the metrics of folds."""

    def posed(rows: MemoryRows) -> tuple[LinearProblem, NewtonMinima]:
        problem = problem_of(rows, settings, names, labels)
        return problem, NewtonMinima(problem, settings.plan, *settings.varied)

    problem, main = posed(training)
    if held is not None:
        judged = [Judged(main, _held_out_problem(problem, held).objectives)]
        return choose_strength(main, training.weighing, judged, settings, progress), None
    folds, problems, judged = _folds(training, settings), [], []
    for others, fold in folds:
        problem, minima = posed(others)
        problems.append(problem)
        judged.append(Judged(minima, _held_out_problem(problem, fold).objectives))
    choice = choose_strength(main, training.weighing, judged, settings, progress)
    run = MetricsRun(settings.loss, None if labels is None else labels.names)
    for problem, (_, fold), point in zip(problems, folds, choice.points, strict=True):
        _measure(fold, problem, point, run)
    return choice, run.result()


def _folds(rows: MemoryRows, settings: Settings) -> list[tuple[MemoryRows, MemoryRows]]:
    """For each fold the rows to train on, those of the fold without weight, and the fold's."""
    part = settings.split.part(rows.split_keys)
    weights = np.ones(len(rows)) if rows.weights is None else rows.weights
    folds = []
    for number in range(settings.split.parts):
        inside = part == number
        if not (inside & (weights > 0.0)).any():
            raise InputError(
                "no row was left for fold {number}; use fewer folds", number=number + 1
            )
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
    for what, none in (("training", held[weighs].all()), ("validation", not held[weighs].any())):
        if none:
            raise InputError("no row was left for {what}; hold out another fraction", what=what)
    return rows.where(~held), rows.where(held)


def problem_of(
    rows: MemoryRows,
    settings: Settings,
    names: tuple[str, ...],
    labels: Labels | None,
    moments: CentredMoments | None = None,
) -> LinearProblem:
    """The problem of these rows, from their `moments` where they are known already.

    Raises InputError for a class that no row is of.
    """
    plan = settings.plan
    if labels is not None:
        _check_present(rows, labels)
    return LinearProblem.of(
        rows.features,
        rows.target,
        loss=plan.loss,
        weights=rows.weights,
        penalty=plan.penalty,
        standardize=settings.standardize,
        intercept=settings.intercept,
        reduction=settings.reduction,
        names=names,
        classes=None if labels is None else labels.names,
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


def _held_out_problem(problem: LinearProblem, held: MemoryRows) -> LinearProblem:
    """The mean loss of held-out rows, without the penalty, in the same coordinates."""
    return replace(
        problem,
        features=held.features,
        target=held.target,
        weights=held.weights,
        penalty=L2(0.0),
    )


def _measured(
    rows: MemoryRows, problem: LinearModel, parameters: Floats, labels: tuple[str, ...] | None
) -> MetricsRun:
    """Metrics of rows in memory."""
    run = MetricsRun(problem.loss, labels)
    _measure(rows, problem, parameters, run)
    return run


def _measure(rows: MemoryRows, problem: LinearModel, parameters: Floats, run: MetricsRun) -> None:
    """Add rows in memory, so many at once that their linear predictors take little."""
    size = max(1, _AT_ONCE // max(rows.features.shape[1], 1))
    pieces = (slice(first, first + size) for first in range(0, len(rows), size))
    blocks = (
        (rows.features[at], rows.target[at], None if rows.weights is None else rows.weights[at])
        for at in pieces
    )
    measure_blocks(Predictor.of(problem, parameters), blocks, run)


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
    rows: MemoryRows,
    table: Table,
    encoding: Encoding,
    settings: Settings,
    labels: Labels | None,
) -> tuple[MemoryRows, Labels | None]:
    """Rows whose target is class numbers, and the labels of those that there are."""
    if not is_of_classes(settings.loss):
        return rows, None
    name = encoding.target or "y"
    if labels is None:
        kinds = {column.name: column.kind for column in table.columns}
        boolean = kinds[name] == "boolean"
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
    """Notes on columns of one value, which an intercept stands for already."""
    first = rows.features[0]
    alike = [i for i in range(len(names)) if rows.features[-1, i] == first[i]]
    constant = [names[i] for i in alike if (rows.features[:, i] == first[i]).all()]
    return constant_columns(constant, len(names))
