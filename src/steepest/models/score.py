"""How well a fit follows rows, in one number."""

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Array, Floats
from steepest.errors import InputError
from steepest.models.fit_data import FitData
from steepest.models.labels import Labels
from steepest.models.metrics import MetricsRun
from steepest.models.predict import all_predictors, answers, open_new
from steepest.moments.one_pass import block_rows
from steepest.tables.column_encoding import Tally
from steepest.tables.table import LazyTable, Table


def score(fit: FitData, source: object, target: object = None) -> float:
    """`fit.score`: accuracy of classes, else D² of counts and amounts and R² of other numbers."""
    table = open_new(fit, source)
    if isinstance(table, LazyTable):
        raise InputError(
            "the rows of a lazy frame stay in their engine: collect it first, for example "
            "with .collect()"
        )
    eta, (true, known) = all_predictors(fit, table, Tally()), _target(fit, table, target)
    if len(true) != len(eta):
        raise InputError(
            "there are {count} rows and {count_2} targets; give one for each",
            count=len(eta),
            count_2=len(true),
        )
    kept = known & ~np.isnan(eta).any(axis=1)
    if fit.labels is None:
        return _explained(fit, eta[kept, 0], _numbers(true[kept]))
    if not kept.any():
        raise InputError("no row is left to score")
    return float(np.mean(answers(fit, eta[kept]) == _labels(fit.labels, true)[kept]))


def _explained(fit: FitData, eta: Floats, true: Floats) -> float:
    run = MetricsRun(fit.loss)
    run.add(eta, true)
    metrics = run.result()
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
        values = np.asarray(raw.columns[name] if raw.matrix is None else raw.matrix[:, 0])
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
