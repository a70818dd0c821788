"""Squared loss with L1, elastic net or bounds and all rows at once: a descent on their moments.

The rows are read once for their moments, and once more for what moments do not tell: the mean
absolute error, and some rows for pictures. No step looks at a row.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from steepest.errors import InputError
from steepest.losses import Squared
from steepest.models.choose_strength import Choice, choose_by_newton
from steepest.models.early_stopping import End, Measured, constant_columns, descended, fit_at
from steepest.models.fit_data import FitData
from steepest.models.fit_request import FitRequest
from steepest.models.inference import Quality, Targets, measure_quality
from steepest.models.metrics import Metrics, MetricsRun, Worth
from steepest.models.options import Settings
from steepest.models.predictor import Predictor
from steepest.models.refusals import check_parts, check_rows
from steepest.models.validation import metrics_of_factors, squared_metrics
from steepest.moments.moments import CentredMoments
from steepest.moments.one_pass import block_rows, gather, merged
from steepest.moments.qr_factor import Factor, factor_moments, factor_rows
from steepest.moments.row_sample import Sample, evenly_spread, together
from steepest.penalties.penalties import L2
from steepest.problems.linear_on_moments import MOST_COLUMNS, MomentsProblem
from steepest.tables.column_encoding import Block, Encoding
from steepest.tables.holdout_split import Split
from steepest.tables.table import Table
from steepest.wording.fact import Fact, fact

# Called with what predicts, and what moments say already.
Look: TypeAlias = Callable[[Predictor, Measured], Measured]
# The triangles of the parts, by another pass over their rows.
Again: TypeAlias = Callable[[], list[Factor]]


def suits_moments(table: Table, request: FitRequest) -> bool:
    """Whether to descend on moments: squared loss, all rows at once, and more rows than columns."""
    columns = len(request.names)
    few = columns <= MOST_COLUMNS and (table.count is None or table.count > columns)
    return request.settings.on_moments and few


def fit_on_moments(table: Table, request: FitRequest) -> FitData:
    """The fit of a table's rows. Raises InputError for rows that cannot be used."""
    encoding, settings = request.encoding, request.settings
    gathered = gather(table, encoding, split=settings.split, progress=request.on_rows)
    if gathered.interrupted:
        raise KeyboardInterrupt
    parts = gathered.parts[: settings.split_of_fit.parts]
    count = parts[0].rows if len(parts) > 1 else gathered.total.rows
    rows = _Rows(table, encoding, settings, count)
    request = request.noting(*gathered.tally.notes())
    return fit_parts(gathered.parts, request, rows.look, partial(rows.factors, gathered.total))


def fit_parts(
    parts: Sequence[CentredMoments],
    request: FitRequest,
    look: Look | None = None,
    again: Again | None = None,
) -> FitData:
    """The fit of the moments of rows to train on and, where there are two parts, held-out ones;
    `again` tells columns apart that moments cannot.
    """
    settings = request.settings
    try:
        check_parts(parts, settings)
        check_rows(merged(parts), settings)
        choice, folds = None, None
        if settings.penalty_path is not None:
            choice = _choice(parts, request)
            settings = choice.settings
            request = replace(request, settings=settings).noting(*choice.path.facts)
        if settings.folds is not None and choice is not None:
            folds = _of_folds(parts, choice)
            parts = [merged(parts)]
        problem = _problem(parts[0], request)
        if again is not None and len(parts) <= 2 and _unresolved(problem, parts[0]):
            problem = _problem(parts[0], request, again()[0])
            request = request.noting(fact("rows read twice"))
        request = request.noting(*_constant(problem, settings), *settings.notes())
    except InputError as error:
        raise error.within(request.description) from None
    judge = None if len(parts) == 1 else _judge(problem, parts[1])
    end = descended(request, problem, judge, 0 if judge is None else parts[1].rows)
    known = _known(end, [problem] if judge is None else [problem, judge], parts)
    if look is not None:
        known = look(Predictor.of(problem, end.parameters), known)
    total = merged(parts)
    return fit_at(end, known, request, total.rows, moments=total, choice=choice, folds=folds)


def _unresolved(problem: MomentsProblem, moments: CentredMoments) -> bool:
    """Whether columns are so nearly dependent that products do not tell."""
    varied = [i for i, name in enumerate(moments.names) if name not in problem.constant]
    factor = factor_moments(moments.select(varied))
    return factor.unresolved(problem.coordinates.intercept) is not None


def _problem(
    moments: CentredMoments, request: FitRequest, factor: Factor | None = None
) -> MomentsProblem:
    return MomentsProblem.of(moments, factor=factor, **request.posed)


def _choice(parts: Sequence[CentredMoments], request: FitRequest) -> Choice:
    """The strength of the penalty that held-out rows choose: all from the moments of the parts."""
    settings = request.settings
    if settings.validation is not None:
        problem = _problem(parts[0], request)
        pairs = [(problem, _judge(problem, parts[1]))]
        return choose_by_newton(request, problem, parts[0].rows, pairs)
    pairs = []
    for i, held in enumerate(parts):
        others = _problem(merged([*parts[:i], *parts[i + 1 :]]), request)
        pairs.append((others, _judge(others, held)))
    total = merged(parts)
    return choose_by_newton(request, _problem(total, request), total.rows, pairs)


def _of_folds(parts: Sequence[CentredMoments], choice: Choice) -> Metrics:
    """The metrics of the folds, each by the fit of the other rows."""
    factors = [factor_moments(part) for part in parts]
    loss = float(choice.path.held_out[choice.path.chosen])
    return metrics_of_factors(factors, loss, choice.settings.reduction)


def _judge(problem: MomentsProblem, held: CentredMoments) -> MomentsProblem:
    """The mean loss of held-out rows, without the penalty, in the same coordinates."""
    return MomentsProblem.of(
        held, penalty=L2(0.0), reduction=problem.reduction, coordinates=problem.coordinates
    )


def _constant(problem: MomentsProblem, settings: Settings) -> list[Fact]:
    """Notes on columns of one value; their coefficients stay 0 where features are standardised."""
    if not settings.intercept:
        return []
    notes = constant_columns(problem.constant, problem.columns)
    return notes if settings.standardize else []


def _known(
    end: End, problems: Sequence[MomentsProblem], parts: Sequence[CentredMoments]
) -> Measured:
    """What moments alone say of the chosen parameters."""
    found = [
        squared_metrics(
            part.rows, part.weight, problem.mean_square(end.parameters), problem.target_variance
        )
        for problem, part in zip(problems, parts, strict=True)
    ]
    held = found[1] if len(found) > 1 else None
    squares = found[0].mean_loss * found[0].weight
    quality = _quality(problems[0], parts[0], squares)
    return Measured(partial(Worth, found[0], quality), held)


def _quality(problem: MomentsProblem, training: CentredMoments, squares: float) -> Quality:
    """What squared loss is worth; an intercept stands for columns of one value."""
    intercept = problem.coordinates.intercept
    parameters = len(problem.names) - (len(problem.constant) if intercept else 0)
    return measure_quality(Targets.of_moments(training), squares, parameters, intercept)


class _Rows:
    """Rows that can be read again, `count` of which are to train on."""

    def __init__(self, table: Table, encoding: Encoding, settings: Settings, count: int) -> None:
        self.table, self.encoding, self.split = table, encoding, settings.split_of_fit
        self.wanted = evenly_spread(count)

    def factors(self, total: CentredMoments) -> list[Factor]:
        """The triangles of the parts."""
        columns = range(len(total.names))
        return factor_rows(self.table, self.encoding, total, columns, self.split)

    def look(self, predictor: Predictor, known: Measured) -> Measured:
        """One pass over the rows; what is known already, where Ctrl-C ends it."""
        try:
            return self._pass(predictor, known)
        except KeyboardInterrupt:
            return known

    def _pass(self, predictor: Predictor, known: Measured) -> Measured:
        runs = [MetricsRun(Squared()) for _ in range(self.split.parts)]
        kept: list[Sample] = []
        work = partial(_looked, _Look(predictor, self.split, self.wanted))
        size = block_rows(len(self.encoding.names) + 1)
        for others, some in self.encoding.over(self.table, size, work):
            for run, other in zip(runs, others, strict=True):
                run.add_run(other)
            kept += some
        found = [run.result() for run in runs]
        held = found[1] if len(runs) > 1 else None
        worth = partial(Worth, found[0], known.worth().quality)
        return Measured(worth, held, together(kept) if kept else None)


def _looked(look: "_Look", blocks: Iterator[Block]) -> tuple[list[MetricsRun], list[Sample]]:
    """Metrics of the parts, and some rows to train on, of blocks of rows."""
    runs = [MetricsRun(Squared()) for _ in range(look.split.parts)]
    kept: list[Sample] = []
    seen = 0
    for block in blocks:
        for number, rows in enumerate(look.parts(block)):
            with np.errstate(over="ignore", invalid="ignore"):
                eta = look.predictor(rows.features)[:, 0]
            runs[number].add(eta, rows.target, rows.weights)
            if number == 0:
                kept.append(look.sampled(rows, seen))
                seen += len(rows)
    return runs, kept


class _Look(NamedTuple):
    """What a pass measures: predictions of the parts of a split, and wanted ones of the rows."""

    predictor: Predictor
    split: Split
    wanted: NDArray[np.int64]

    def parts(self, block: Block) -> list[Block]:
        """The block's rows that weigh something, those to train on and those held out."""
        part = np.zeros(len(block), dtype=np.intp)
        if self.split.parts > 1:
            part = self.split.part(block.keys)
        elif block.weights is None:
            return [block]
        if block.weights is not None:
            part = np.where(block.weights > 0.0, part, -1)
        return [block.where(np.flatnonzero(part == n)) for n in range(self.split.parts)]

    def sampled(self, rows: Block, seen: int) -> Sample:
        """The wanted ones of rows to train on, of which so many were seen before."""
        first, last = np.searchsorted(self.wanted, [seen, seen + len(rows)])
        return Sample.of(rows.where(self.wanted[first:last] - seen))
