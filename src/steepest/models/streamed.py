"""Rows that are larger than memory: a table as a stream, and a fit of it."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar, final

import numpy as np

from steepest.arrays import Array, Floats
from steepest.losses import Loss
from steepest.models.choose_strength import Choice, choose_by_newton
from steepest.models.determining_columns import check_some_left, determined_in_stream
from steepest.models.early_stopping import Measured, descended, fit_at
from steepest.models.fit_data import FitData
from steepest.models.fit_request import FitRequest
from steepest.models.in_memory import check_batch, measure_blocks, notes_on_sample, sample_of
from steepest.models.inference import needs_rows
from steepest.models.labels import MOST_CLASSES, Labels, is_of_classes
from steepest.models.metrics import Metrics, MetricsRun
from steepest.models.options import Settings
from steepest.models.predictor import Predictor
from steepest.moments.one_pass import block_rows
from steepest.penalties.penalties import L2
from steepest.problems.linear_streamed import StreamedProblem, rows_of
from steepest.problems.row_stream import RowStream
from steepest.problems.stream_survey import block_weights, checked_target
from steepest.tables.column_encoding import Block, Encoding, Tally
from steepest.tables.files.remote_file import FilePath, RemoteFile
from steepest.tables.first_rows import values_of
from steepest.tables.holdout_split import Split
from steepest.tables.table import NOWHERE, Table
from steepest.wording.fact import Fact, fact

T = TypeVar("T")


@final
@dataclass(frozen=True, eq=False)
class TableStream(RowStream):
    """The encoded rows of a table, of one part of a split; targets of classes as their numbers.

    - `tally`: what the latest whole pass found
    - `kept`: which of the encoding's columns, by place; None for all
    - `others`: whether the rows are those of all other parts
    """

    table: Table
    encoding: Encoding
    labels: Labels | None
    split: Split
    part: int
    columns: int
    rows: int | None
    tally: Tally
    kept: tuple[int, ...] | None = None
    others: bool = False

    @staticmethod
    def of(
        table: Table, encoding: Encoding, labels: Labels | None, split: Split, part: int = 0
    ) -> "TableStream":
        """The stream of these rows."""
        whole = split.parts == 1 and encoding.missing == "error"
        count = table.count if whole else None
        columns = len(encoding.names)
        return TableStream(table, encoding, labels, split, part, columns, count, Tally())

    def blocks(self) -> Iterator[Block]:
        tally = Tally()
        size = block_rows(len(self.encoding.names))
        for block in self.encoding.blocks(self.table, size, tally=tally):
            chosen = self._chosen(block)
            yield chosen if self.kept is None else self._narrow(chosen, self.kept)
        vars(self.tally).update(vars(tally))

    def over(self, work: Callable[[RowStream], T]) -> Iterator[T]:
        if not self.spread:
            yield work(self)
            return
        tally, encoding = Tally(), self.encoding
        here = replace(self, table=NOWHERE, tally=Tally())
        for found, counted in self.table.over(encoding.asked, partial(_of_partition, here, work)):
            tally.add(counted)
            yield found
        encoding.check_pass(self.table, tally)
        vars(self.tally).update(vars(tally))

    @property
    def offset(self) -> int:
        return self.table.offset

    @property
    def spread(self) -> int:
        return self.table.spread

    def where(self, row: int) -> str:
        return self.table.where(row)

    def only(self, kept: list[int] | None) -> "TableStream":
        """The stream of some of the columns."""
        if kept is None:
            return self
        return replace(self, kept=tuple(kept), columns=len(kept))

    @staticmethod
    def _narrow(block: Block, kept: tuple[int, ...]) -> Block:
        features = block.features[:, kept]
        return Block(block.start, features, block.target, block.weights, block.index)

    def _chosen(self, block: Block) -> Block:
        """The rows of this part."""
        target = self._coded(block.target)
        coded = Block(block.start, block.features, target, block.weights, block.index)
        if self.split.parts == 1:
            return coded
        kept = np.flatnonzero((self.split.part(block.keys) == self.part) != self.others)
        return coded.where(kept)

    def _coded(self, target: Array | None) -> Array | None:
        # Labels of text are coded already; what is no number is found by whoever checks the rows.
        if target is None or self.labels is None or self.labels.kind == "text":
            return target
        return np.where(np.isfinite(target), self.labels.codes(target), target)


def _of_partition(
    stream: TableStream, work: Callable[[RowStream], T], table: Table
) -> tuple[T, Tally]:
    of_part = replace(stream, table=table, tally=Tally())
    return work(of_part), of_part.tally


def scan_labels(table: Table, target: str, settings: Settings) -> Labels | None:
    """The labels of a target of numbers, in a pass over that column; None for other losses."""
    if not is_of_classes(settings.loss):
        return None
    kinds = {column.name: column.kind for column in table.columns}
    found = np.empty(0)
    for some in table.over([target], partial(_different, target)):
        found = np.union1d(found, some)
    return Labels.of_numbers(found, settings, target, boolean=kinds[target] == "boolean")


def _different(target: str, table: Table) -> Floats:
    """The different numbers of a column, as many as are too many for classes."""
    found = np.empty(0)
    for some in values_of(table, target, block_rows(1)):
        values = np.asarray(some, dtype=np.float64)
        found = np.union1d(found, values[np.isfinite(values)])
        if len(found) > MOST_CLASSES:
            break
    return found


def fit_streamed(table: Table, request: FitRequest, further: list[Fact]) -> FitData:
    """Descend on a stream; `further` notes on the descent follow those on the rows."""
    settings, split = request.settings, request.settings.split_of_fit
    stream = TableStream.of(table, request.encoding, request.labels, split)
    problem, kept = _problem(stream, request), None
    known = problem.sample
    request = request.noting(*stream.tally.notes())
    check_batch(problem.rows, settings)
    found = determined_in_stream(stream, known, settings)
    gone, request = found.left_out, request.noting(*found.notes())
    if gone:
        check_some_left(request.names, gone)
        kept = [i for i, name in enumerate(request.names) if name not in gone]
        problem = _problem(stream.only(kept), request)
    judge = None
    if split.parts > 1:
        held = TableStream.of(table, request.encoding, request.labels, split, 1).only(kept)
        judge = _judge(held, problem, request)
    choice, folds = None, None
    if settings.penalty_path is not None:
        choice, folds = _choice(problem, judge, request)
        further = [*choice.facts, *further]
        request = replace(request, settings=choice.settings)
        problem = replace(problem, penalty=choice.settings.plan.penalty)
    resumed: list[str] = []
    end = descended(request, problem, judge, 0 if judge is None else judge.rows, resumed)
    run, others = _measured(problem, end.parameters, request.metrics_run()), None
    if judge is not None:
        others = _measured(judge, end.parameters, request.metrics_run()).result()
    worth = run.worth(len(problem.names), settings.intercept)
    count = worth.metrics.rows + (0 if others is None else others.rows)
    if others is not None and end.held_out is not None:
        end = end._replace(held_out=end.held_out._replace(rows=others.rows))
    further = [*further, *notes_on_sample(end, problem)]
    sample = sample_of(known.features, known.target, known.weights, None)
    request = request.noting(*(fact("text", text=text) for text in resumed), *further)
    measured = Measured(lambda: worth, others, sample)
    fit = fit_at(end, measured, request, count, without=gone, choice=choice, folds=folds)
    if needs_rows(settings.loss, settings.errors):
        # Asked now: the source may be gone when a user asks.
        fit = replace(fit, known_inference=fit.inference)
    return fit


def _choice(
    main: StreamedProblem, judge: StreamedProblem | None, request: FitRequest
) -> tuple[Choice, Metrics | None]:
    """The strength of the penalty that held-out rows choose, and the metrics of folds."""
    if judge is not None:
        return choose_by_newton(request, main, main.rows, [(main, judge)]), None
    whole, split, parts = main.stream, request.settings.split, []
    assert isinstance(whole, TableStream)
    for part in range(split.parts):
        fold = replace(whole, split=split, part=part, rows=None)
        others = _problem(replace(fold, others=True), request)
        parts.append((others, _judge(fold, others, request)))
    choice = choose_by_newton(request, main, main.rows, parts)
    run = request.metrics_run()
    for (_, of_fold), point in zip(parts, choice.points, strict=True):
        _measured(of_fold, point, run)
    return choice, run.result()


def _judge(held: TableStream, problem: StreamedProblem, request: FitRequest) -> StreamedProblem:
    """The mean loss of held-out rows, without the penalty, in the problem's coordinates."""
    return replace(_problem(held, request), penalty=L2(0.0), coordinates=problem.coordinates)


def _problem(stream: TableStream, request: FitRequest) -> StreamedProblem:
    settings, kept = request.settings, stream.kept
    return StreamedProblem.of(
        stream,
        loss=settings.plan.loss,
        **request.posed,
        names=request.names if kept is None else [request.names[i] for i in kept],
        classes=request.classes,
        progress=request.on_pace,
    )


def _measured(problem: StreamedProblem, parameters: Floats, run: MetricsRun) -> MetricsRun:
    """The run with the rows of a stream, in a pass over them, in partitions where these are."""
    predictor, labels = Predictor.of(problem, parameters), run.classes
    work = partial(_measured_part, predictor, problem.loss, labels)
    for part in problem.stream.over(work):
        run.add_run(part)
    return run


def _measured_part(
    predictor: Predictor, loss: Loss, labels: Sequence[str] | None, stream: RowStream
) -> MetricsRun:
    run = MetricsRun(loss, labels)
    blocks = (
        (block.features, checked_target(stream, loss, block), block_weights(stream, block))
        for block in rows_of(stream)
    )
    measure_blocks(predictor, blocks, run)
    return run


def fingerprint(table: Table, encoding: Encoding, settings: Settings) -> dict[str, Any]:
    """What tells the rows of a descent from others: the query, if it is one, the files, their
    columns and how they are read."""
    # Where it is not said, it is as files of former versions have it.
    chosen = settings.positive_class
    return {
        **({} if chosen is None else {"positive class": str(chosen)}),
        "source": table.statement or ("files" if table.files else table.description),
        "files": dict(sorted(map(_file, table.files))),
        "columns": [[column.name, column.type] for column in table.columns],
        "encoding of the columns": encoding.to_json(),
        "validation": settings.validation,
    }


def _file(path: FilePath) -> tuple[str, list[object]]:
    """A file by its full name, and what tells it from a later one."""
    if isinstance(path, RemoteFile):
        return str(path), [*(path.identity() or ())]
    name = os.path.realpath(path)
    found = os.stat(name)
    return name, [found.st_size, found.st_mtime_ns]
