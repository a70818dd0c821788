"""How well a fit follows rows, in one number."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Array, Floats
from steepest.errors import InputError
from steepest.losses import Loss
from steepest.models.fit_data import FitData
from steepest.models.labels import CodedTable, Labels
from steepest.models.metrics import Metrics, MetricsRun
from steepest.models.predict import all_predictors, answers, open_new
from steepest.models.predictor import Predictor
from steepest.moments.one_pass import block_rows
from steepest.tables.column_encoding import Block, Tally
from steepest.tables.frames.columns_by_name import check_same_index
from steepest.tables.table import LazyTable, Table


def score(fit: FitData, source: object, target: object = None) -> float:
    """`fit.score`: accuracy of classes, else D² of counts and amounts and R² of other numbers."""
    check_same_index({"features": source, "target": target})
    table = open_new(fit, source)
    if isinstance(table, LazyTable):
        raise InputError(
            "the rows of a lazy frame stay in their engine: collect it first, for example "
            "with .collect()"
        )
    if table.unordered:
        return _score_of_parts(fit, table, target)
    eta, (true, known) = all_predictors(fit, table, Tally()), _target(fit, table, target)
    if len(true) != len(eta):
        raise InputError(
            "{count: row} and {count_2: target} were given; give one target for each row",
            count=len(eta),
            count_2=len(true),
        )
    kept = known & ~np.isnan(eta).any(axis=1)
    if fit.labels is None:
        return _explained(fit, eta[kept, 0], _numbers(true[kept]))
    if not kept.any():
        raise InputError("no row is left to score")
    return float(np.mean(answers(fit, eta[kept]) == _labels(fit.labels, true)[kept]))


def _score_of_parts(fit: FitData, table: Table, target: object) -> float:
    """The same of a frame whose rows have no order: predictions and targets in one pass."""
    if target is not None and not isinstance(target, str):
        raise InputError("the rows of a lazy frame have no order: name the column of the target")
    name = target or fit.target
    if fit.labels is not None and fit.labels.kind == "text":
        table = CodedTable(table, name, fit.labels)
    encoding = replace(fit.encoding, target=name, weights=None)
    run = MetricsRun(fit.loss)
    for part in encoding.over(
        table,
        block_rows(len(fit.features)),
        partial(_measured, fit.predictor, fit.loss, fit.labels),
    ):
        run.add_run(part)
    metrics = run.result()
    if not metrics.rows:
        raise InputError("no row is left to score")
    return _said(metrics)


def _measured(
    predictor: Predictor, loss: Loss, labels: Labels | None, blocks: Iterator[Block]
) -> MetricsRun:
    run = MetricsRun(loss)
    coded = labels is None or labels.kind == "text"
    for block in blocks:
        eta = predictor(block.features)
        known = np.asarray(block.target)
        known = known if labels is None or coded else labels.codes(known)
        run.add(eta if eta.shape[1] > 1 else eta[:, 0], known)
    return run


def _explained(fit: FitData, eta: Floats, true: Floats) -> float:
    run = MetricsRun(fit.loss)
    run.add(eta, true)
    return _said(run.result())


def _said(metrics: Metrics) -> float:
    if metrics.accuracy is not None:
        return metrics.accuracy
    found = metrics.r2 if metrics.deviance is None else metrics.d2
    if found is None:
        raise InputError("the target is the same in every row: there is nothing to explain")
    return found


def _target(fit: FitData, table: Table, target: object) -> tuple[Array, NDArray[np.bool_]]:
    """The true target of every row, and which rows have one: the values that are given, or a column
    of the table.
    """
    if target is not None and not isinstance(target, str):
        values = np.asarray(target).reshape(-1)
        return values, np.ones(len(values), dtype=np.bool_)
    name = target or fit.target
    if name not in [column.name for column in table.columns]:
        raise InputError(
            "{description} has no column {name!r} to compare with; give target",
            description=table.description,
            name=name,
        )
    parts, known = [], []
    for raw in table.blocks([name], block_rows(1)):
        values = raw.named([name])[name]
        missing = raw.missing.get(name, np.zeros(len(values), dtype=np.bool_))
        if fit.encoding.missing == "error" and missing.any():
            where = table.where(raw.start + int(np.flatnonzero(missing)[0]))
            raise InputError(
                "{where}: column {name!r} has no value to compare with", where=where, name=name
            )
        parts.append(values)
        known.append(~missing)
    return np.concatenate(parts), np.concatenate(known)


def _numbers(true: Array) -> Floats:
    try:
        numbers = np.asarray(true, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("the target of this loss is a number, and this one holds text") from None
    lost = np.flatnonzero(~np.isfinite(numbers))
    if len(lost):
        raise InputError(
            "the target is {numbers} at row {lost}", numbers=numbers[lost[0]], lost=lost[0] + 1
        )
    return numbers


def _labels(labels: Labels, true: Array) -> Array:
    """The true labels, of the type that predictions have."""
    return true.astype(str) if labels.kind == "text" else true
