"""Fits on a lazy frame: its rows stay in their engine."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import final

import numpy as np

from steepest.descent.optimizers import SGD
from steepest.descent.penalty_path import NewtonMinima
from steepest.errors import InputError
from steepest.losses import Multinomial
from steepest.losses.two_classes import TwoClasses
from steepest.models.choose_strength import Choice, Judged, choose_strength
from steepest.models.determining_columns import determined_lazily, is_unique
from steepest.models.early_stopping import Measured, chosen, fit_at, start_from
from steepest.models.fit_data import FitData
from steepest.models.labels import Label, Labels, is_of_classes, labels_note
from steepest.models.lazy_metrics import lazy_metrics
from steepest.models.least_squares import StepProgress, fit_least_squares
from steepest.models.metrics import Metrics, Worth
from steepest.models.on_moments import fit_parts
from steepest.models.options import Settings
from steepest.models.predictor import Predictor
from steepest.models.reduce import reduce_moments
from steepest.models.robust_errors import with_queried_errors
from steepest.moments.exact_residuals import Line, Sums
from steepest.moments.lazy_factor import factor_lazily
from steepest.moments.lazy_moments import (
    MOST_COLUMNS,
    absolute_errors,
    lazy_moments,
    residual_sums,
    scaled_columns,
)
from steepest.moments.moments import CentredMoments
from steepest.moments.one_pass import merged
from steepest.moments.qr_factor import Factor
from steepest.path.descend import descend
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
        self.columns = tuple(
            replace(column, kind="number") if column.name == target else column
            for column in table.columns
        )
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


def fit_in_engine(
    table: LazyTable,
    encoding: Encoding,
    settings: Settings,
    labels: Labels | None,
    notes: list[Fact],
    progress: StepProgress | None,
) -> FitData:
    """Descend by queries, one an epoch; with squared loss by two or three in all. Raises InputError
    for what needs the rows themselves.
    """
    inner = table.inner if isinstance(table, CodedLazyTable) else table
    assert isinstance(inner, LazyFrameTable)
    if settings.is_least_squares:
        parts, said = _moments(inner, encoding, settings)

        def query(line: Line, columns: list[int]) -> Sums:
            return residual_sums(inner, encoding, parts, line, columns, settings.split)

        def rank(moments: CentredMoments, columns: list[int]) -> Factor:
            frame = scaled_columns(inner, encoding, moments, columns)
            return factor_lazily(moments.select(columns), frame, settings.intercept)

        reduced = reduce_moments(parts, settings, query, rank)
        notes = [*notes, *said]
        fit = fit_least_squares(reduced, encoding, settings, inner.description, notes, progress)
        return with_queried_errors(fit, inner, parts)
    if settings.on_moments:
        return _fit_moments(inner, encoding, settings, notes, progress)
    _require_full_batch(settings)
    tally, plan = Tally(), settings.plan
    columns = len(encoding.names)
    asks = not is_unique(settings) and columns <= MOST_COLUMNS
    problem = lazy_problem(
        inner,
        encoding,
        loss=plan.loss,
        penalty=plan.penalty,
        standardize=settings.standardize,
        intercept=settings.intercept,
        reduction=settings.reduction,
        classes=None if labels is None else labels.held,
        tally=tally,
        products=asks,
        split=settings.split,
    )
    found = determined_lazily(problem.lazy_rows, settings)
    gone, notes = found.left_out, [*notes, *found.notes()]
    if not (asks or is_unique(settings)):
        notes.append(fact("columns not compared", columns=columns))
    if gone:
        problem = problem.only([i for i, name in enumerate(encoding.names) if name not in gone])
    if settings.optimizer is None and len(problem.names) > MOST_PRODUCTS:
        # Half the square of the parameters is more than one query brings.
        settings = replace(settings, optimizer=SGD())
        plan = settings.plan
    rows, names = problem.rows, None if labels is None else labels.names
    held_out, judge = _held_out(problem, settings), None
    if settings.split_of_fit.parts > 1:
        (problem, judge), *_ = held_out
        problem = replace(problem, penalty=plan.penalty)
    choice = None
    if settings.penalty_path is not None:
        choice = _choice(problem, held_out, settings, progress)
        settings = choice.settings
        plan, notes = settings.plan, [*notes, *choice.facts]
        problem = replace(problem, penalty=plan.penalty)
    start = start_from(problem, settings, encoding.names)
    path = descend(problem, plan, start, progress=progress)
    end = chosen(path, settings, judge, 0 if judge is None else judge.rows)
    others = None if judge is None else lazy_metrics(judge, end.parameters, names)
    measured = Measured(partial(Worth, lazy_metrics(problem, end.parameters, names), None), others)
    classes = isinstance(problem.loss, TwoClasses | Multinomial)
    notes = [*notes, *tally.notes(), *labels_note(labels, encoding), *settings.notes()]
    notes.append(fact("query an epoch", classes=classes))
    fit = fit_at(end, measured, encoding, settings, labels, rows, inner.description, notes)
    fit = replace(fit, without=tuple(sorted(gone)))
    if choice is None:
        return fit
    return choice.told(fit, _of_folds(held_out, choice, settings) if judge is None else None)


def _held_out(
    problem: LazyLinearProblem, settings: Settings
) -> list[tuple[LazyLinearProblem, LazyLinearProblem]]:
    """The mean losses of rows to train on, and of those held out from them, without penalty."""
    if settings.split.parts == 1:
        return []
    pairs = problem.lazy_rows.parts
    return [(problem.of_rows(training), problem.of_rows(held)) for training, held in pairs]


def _choice(
    problem: LazyLinearProblem,
    parts: Sequence[tuple[LazyLinearProblem, LazyLinearProblem]],
    settings: Settings,
    progress: StepProgress | None,
) -> Choice:
    """The strength of the penalty that held-out rows choose."""
    if len(problem.names) > MOST_PRODUCTS:
        raise InputError(
            "a path of {penalty_path} follows the curvature, and an engine is asked for that "
            "of at most {MOST_PRODUCTS} parameters, not {count}: collect it first, for "
            "example with .collect(), or give a number",
            penalty_path=settings.penalty_path,
            MOST_PRODUCTS=MOST_PRODUCTS,
            count=len(problem.names),
        )

    def minima(posed: LazyLinearProblem) -> NewtonMinima:
        return NewtonMinima(posed, settings.plan, *settings.varied)

    main = minima(problem)
    judged = [
        Judged(main if settings.folds is None else minima(training), held.objectives)
        for training, held in parts
    ]
    return choose_strength(main, problem.rows, judged, settings, progress)


def _of_folds(
    parts: Sequence[tuple[LazyLinearProblem, LazyLinearProblem]],
    choice: Choice,
    settings: Settings,
) -> Metrics:
    """The mean loss of rows that were held out in turn."""
    held = [fold for _, fold in parts]
    weights = np.array([fold.total_weight for fold in held])
    losses = [fold.objective(at) for fold, at in zip(held, choice.points, strict=True)]
    rows, mean = sum(fold.rows for fold in held), float(np.average(losses, weights=weights))
    return Metrics(str(settings.loss), rows, float(weights.sum()), mean)


def _moments(
    table: LazyFrameTable, encoding: Encoding, settings: Settings
) -> tuple[list[CentredMoments], list[Fact]]:
    """The moments of the parts, by two queries, and notes on the rows."""
    tally = Tally()
    parts = lazy_moments(table, encoding, split=settings.split, tally=tally)
    return parts, tally.notes()


def _fit_moments(
    table: LazyFrameTable,
    encoding: Encoding,
    settings: Settings,
    notes: list[Fact],
    progress: StepProgress | None,
) -> FitData:
    """Squared loss: two queries for the moments, and one for the mean absolute error."""
    parts, said = _moments(table, encoding, settings)

    def look(predictor: Predictor, known: Measured) -> Measured:
        line = predictor.slopes[0], float(predictor.level[0])
        if not all(np.isfinite(each).all() for each in line):
            return known
        split = settings.split_of_fit
        fitted = parts if split.parts == len(parts) else [merged(parts)]
        errors = absolute_errors(table, encoding, fitted, line, split, predictor.centre)
        held, worth = known.held_out, known.worth()
        return Measured(
            partial(Worth, replace(worth.metrics, mae=errors[0]), worth.quality),
            None if held is None else replace(held, mae=errors[1]),
        )

    notes = [*notes, *said, fact("three queries")]
    return fit_parts(parts, encoding, settings, table.description, notes, look, progress)


def _require_full_batch(settings: Settings) -> None:
    if settings.batch_size is not None:
        raise InputError(
            "the rows of a lazy frame stay in their engine, and mini-batches need them here: "
            "collect it first, for example with .collect()"
        )
