"""Fits on a lazy frame: its rows stay in their engine."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import final

import numpy as np

from steepest.descent.optimizers import SGD
from steepest.errors import InputError
from steepest.losses import Multinomial
from steepest.losses.two_classes import TwoClasses
from steepest.models.choose_strength import Choice, choose_by_newton
from steepest.models.determining_columns import determined_lazily, is_unique
from steepest.models.early_stopping import Measured, descended, fit_at
from steepest.models.fit_data import FitData
from steepest.models.fit_request import FitRequest
from steepest.models.labels import Label, Labels, is_of_classes, labels_note, with_number
from steepest.models.lazy_metrics import lazy_metrics
from steepest.models.least_squares import fit_least_squares
from steepest.models.metrics import Metrics, Worth
from steepest.models.on_moments import fit_parts
from steepest.models.options import Settings
from steepest.models.predictor import Predictor
from steepest.models.reduce import reduce_moments
from steepest.models.robust_errors import with_queried_errors
from steepest.moments.lazy_moments import MOST_COLUMNS, EngineRows, lazy_moments
from steepest.moments.one_pass import merged
from steepest.problems.engine_survey import MOST_CLASSES, class_labels
from steepest.problems.linear_in_engine import MOST_PRODUCTS, LazyLinearProblem, lazy_problem
from steepest.tables.column_encoding import Encoding, Tally
from steepest.tables.encoding_parts import Part
from steepest.tables.frames.lazy import LazyFrameTable
from steepest.tables.table import LazyTable
from steepest.wording.fact import Fact, fact


@final
class CodedLazyTable(LazyTable):
    """A lazy frame whose target of text shall read as class numbers: what an encoding asks of it.

    - `inner`: the frame itself
    """

    def __init__(self, table: LazyFrameTable, target: str) -> None:
        self.inner = table
        self.columns = with_number(table, target)
        self.description = table.description

    def levels(self, name: str, limit: int) -> list[str]:
        return self.inner.levels(name, limit)

    def counts(self, name: str, limit: int) -> dict[str, int]:
        return self.inner.counts(name, limit)

    def check_part(self, part: Part) -> None:
        self.inner.check_part(part)

    def means(self, encoding: Encoding) -> dict[str, float]:
        return self.inner.means(replace(encoding, target=None))


def lazy_labels(
    table: LazyFrameTable, target: str, settings: Settings
) -> tuple[LazyTable, Labels | None]:
    """The table as an encoding takes it, and the labels of its target, where the loss is of
    classes.
    """
    kinds = {column.name: column.kind for column in table.columns}
    if not is_of_classes(settings.loss) or kinds.get(target) not in ("text", "number", "boolean"):
        return table, None
    found: Sequence[Label] = class_labels(table, target)
    if len(found) > MOST_CLASSES:
        raise InputError(
            "the target {target!r} has more than {MOST_CLASSES} different values, for "
            "example {found!r}: these are no classes. For a number use a regression loss, "
            "such as huber",
            target=target,
            MOST_CLASSES=MOST_CLASSES,
            found=found[0],
        )
    if kinds[target] == "text":
        labels = Labels.of_text([str(label) for label in found], settings, target)
        return CodedLazyTable(table, target), labels
    numbers = np.array(found, dtype=np.float64)
    boolean = kinds[target] == "boolean"
    return table, Labels.of_numbers(numbers, settings, target, boolean=boolean)


def fit_in_engine(table: LazyTable, request: FitRequest) -> FitData:
    """Descend by queries, one an epoch; with squared loss by two or three in all. Raises InputError
    for what needs the rows themselves.
    """
    inner = table.inner if isinstance(table, CodedLazyTable) else table
    assert isinstance(inner, LazyFrameTable)
    if request.settings.is_least_squares:
        return _fit_least_squares(inner, request)
    if request.settings.on_moments:
        return _fit_moments(inner, request)
    return _fit_losses(inner, request)


def _fit_least_squares(table: LazyFrameTable, request: FitRequest) -> FitData:
    rows, said = _rows(table, request)
    rank = partial(rows.factor, intercept=request.settings.intercept)
    reduced = reduce_moments(rows.parts, request.settings, rows.residual_sums, rank)
    return with_queried_errors(fit_least_squares(reduced, request.noting(*said)), rows)


def _fit_losses(table: LazyFrameTable, request: FitRequest) -> FitData:
    """Of another loss than the squared one."""
    encoding, settings, labels = request.encoding, request.settings, request.labels
    _require_full_batch(settings)
    tally, plan = Tally(), settings.plan
    columns = len(encoding.names)
    asks = not is_unique(settings) and columns <= MOST_COLUMNS
    problem = lazy_problem(
        table,
        encoding,
        loss=plan.loss,
        **request.posed,
        classes=None if labels is None else labels.held,
        tally=tally,
        products=asks,
        split=settings.split,
    )
    found = determined_lazily(problem.lazy_rows, settings)
    gone, request = found.left_out, request.noting(*found.notes())
    if not (asks or is_unique(settings)):
        request = request.noting(fact("columns not compared", columns=columns))
    if gone:
        problem = problem.only([i for i, name in enumerate(encoding.names) if name not in gone])
    if settings.optimizer is None and len(problem.names) > MOST_PRODUCTS:
        # Half the square of the parameters is more than one query brings.
        settings = replace(settings, optimizer=SGD())
        request = replace(request, settings=settings)
    rows, pairs, judge = problem.rows, _held_out(problem, settings), None
    if settings.split_of_fit.parts > 1:
        (problem, judge), *_ = pairs
        problem = replace(problem, penalty=settings.plan.penalty)
    choice, folds = None, None
    if settings.penalty_path is not None:
        _require_products(problem, settings)
        choice = choose_by_newton(request, problem, problem.rows, pairs)
        request = replace(request, settings=choice.settings).noting(*choice.facts)
        problem = replace(problem, penalty=choice.settings.plan.penalty)
        folds = _of_folds(pairs, choice) if judge is None else None
    end = descended(request, problem, judge, 0 if judge is None else judge.rows)
    others = None if judge is None else lazy_metrics(judge, end.parameters, request.classes)
    metrics = lazy_metrics(problem, end.parameters, request.classes)
    measured = Measured(partial(Worth, metrics, None), others)
    request = request.noting(
        *tally.notes(),
        *labels_note(labels, encoding),
        *request.settings.notes(),
        fact("query an epoch", classes=isinstance(problem.loss, TwoClasses | Multinomial)),
    )
    return fit_at(end, measured, request, rows, without=gone, choice=choice, folds=folds)


def _held_out(
    problem: LazyLinearProblem, settings: Settings
) -> list[tuple[LazyLinearProblem, LazyLinearProblem]]:
    """The mean losses of rows to train on, and of those held out from them, without penalty."""
    if settings.split.parts == 1:
        return []
    pairs = problem.lazy_rows.parts
    return [(problem.of_rows(training), problem.of_rows(held)) for training, held in pairs]


def _require_products(problem: LazyLinearProblem, settings: Settings) -> None:
    """Refuse a path of minima where its curvature is more than one query brings."""
    if len(problem.names) > MOST_PRODUCTS:
        raise InputError(
            "a path of {penalty_path} follows the curvature, and an engine is asked for that "
            "of at most {MOST_PRODUCTS} parameters, not {count}: collect it first, for "
            "example with .collect(), or give a number",
            penalty_path=settings.penalty_path,
            MOST_PRODUCTS=MOST_PRODUCTS,
            count=len(problem.names),
        )


def _of_folds(
    parts: Sequence[tuple[LazyLinearProblem, LazyLinearProblem]], choice: Choice
) -> Metrics:
    """The mean loss of rows that were held out in turn."""
    held = [fold for _, fold in parts]
    weights = np.array([fold.total_weight for fold in held])
    losses = [fold.objective(at) for fold, at in zip(held, choice.points, strict=True)]
    rows, mean = sum(fold.rows for fold in held), float(np.average(losses, weights=weights))
    return Metrics(str(held[0].loss), rows, float(weights.sum()), mean)


def _rows(table: LazyFrameTable, request: FitRequest) -> tuple[EngineRows, list[Fact]]:
    """The rows with their moments, by two queries, and notes on them."""
    tally, split = Tally(), request.settings.split
    parts = lazy_moments(table, request.encoding, split=split, tally=tally)
    return EngineRows(table, request.encoding, parts, split), tally.notes()


def _fit_moments(table: LazyFrameTable, request: FitRequest) -> FitData:
    """Squared loss: two queries for the moments, and one for the mean absolute error."""
    rows, said = _rows(table, request)
    parts, split = rows.parts, request.settings.split_of_fit
    fitted = parts if split.parts == len(parts) else [merged(parts)]
    of_fit = replace(rows, parts=fitted, split=split)

    def look(predictor: Predictor, known: Measured) -> Measured:
        line = predictor.slopes[0], float(predictor.level[0])
        if not all(np.isfinite(each).all() for each in line):
            return known
        errors = of_fit.absolute_errors(line, predictor.centre)
        held, worth = known.held_out, known.worth()
        return Measured(
            partial(Worth, replace(worth.metrics, mae=errors[0]), worth.quality),
            None if held is None else replace(held, mae=errors[1]),
        )

    return fit_parts(parts, request.noting(*said, fact("three queries")), look)


def _require_full_batch(settings: Settings) -> None:
    if settings.batch_size is not None:
        raise InputError(
            "the rows of a lazy frame stay in their engine, and mini-batches need them here: "
            "collect it first, for example with .collect()"
        )
