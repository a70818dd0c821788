"""Predictions for new rows, wherever they come from."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.losses import Multinomial
from steepest.models.fit_data import FitData
from steepest.moments.one_pass import block_rows
from steepest.number_checks import check_choice
from steepest.tables.column_encoding import Block, Tally
from steepest.tables.encoding_parts import UNSEEN, Unseen
from steepest.tables.open_table import open_table
from steepest.tables.opened_table import OpenedTable, check_same_rule
from steepest.tables.table import LazyTable, Table
from steepest.translation import say


def predict(fit: FitData, source: object, unseen: Unseen) -> Any:
    """`fit.predict`: labels or means (n,), or a lazy frame with a column `prediction`."""
    check_unseen(unseen)
    table = open_new(fit, source)
    if isinstance(table, LazyTable) or table.unordered:
        from steepest.models.in_engine import predict_lazily
        from steepest.tables.frames.engine_table import lazy_of

        lazy = lazy_of(table)
        assert lazy is not None
        frame, tally = predict_lazily(fit, lazy, unseen)
        _warn(tally, unseen)
        return frame
    return answers(fit, _predictors(fit, table, unseen))


def predict_proba(fit: FitData, source: object, unseen: Unseen) -> Floats:
    """`fit.predict_proba`: (n, k)."""
    check_unseen(unseen)
    check_probabilities(fit)
    table = open_new(fit, source)
    if isinstance(table, LazyTable) or table.unordered:
        raise InputError(
            "a lazy frame gets one column of predictions, not probabilities: collect it "
            "first, for example with .collect()"
        )
    return probabilities(fit, _predictors(fit, table, unseen))


def check_unseen(unseen: object) -> None:
    """Raise InputError for what is no rule for levels that were not seen."""
    check_choice("unseen", unseen, UNSEEN)


def _predictors(fit: FitData, table: Table, unseen: Unseen) -> Floats:
    """The linear predictors of all rows, with a warning that counts levels that were not seen."""
    tally = Tally()
    eta = all_predictors(fit, table, tally, unseen)
    _warn(tally, unseen)
    return eta


def _warn(tally: Tally, unseen: Unseen) -> None:
    for note in tally.notes_on_unseen(unseen):
        warnings.warn(str(note), stacklevel=6)


def check_probabilities(fit: FitData) -> None:
    """Raise InputError for a loss that gives none."""
    if fit.has_probabilities:
        return
    hint = say("logistic loss has") if fit.labels is not None else say("it predicts a number")
    raise InputError(
        "{name} loss has no probabilities of classes; {hint}", name=fit.loss.name, hint=hint
    )


def answers(fit: FitData, eta: Floats) -> Any:
    """The label or the mean of each row with linear predictors (n, k); nan or None where nan."""
    if fit.labels is None:
        return fit.loss.mean(eta[:, 0])
    lost = np.isnan(eta).any(axis=1)
    codes = eta.argmax(axis=1) if eta.shape[1] > 1 else (eta[:, 0] > 0.0).astype(np.intp)
    return fit.labels.of(np.where(lost, -1, codes))


def probabilities(fit: FitData, eta: Floats) -> Floats:
    """The probability of each class (n, k) from linear predictors."""
    if isinstance(fit.loss, Multinomial):
        return fit.loss.mean(eta)
    loss = fit.loss
    return np.column_stack([loss.mean(-eta[:, 0]), loss.mean(eta[:, 0])])


def predictor_blocks(
    fit: FitData, table: Table, tally: Tally, unseen: Unseen = "error"
) -> Iterator[tuple[Block, Floats]]:
    """Blocks of new rows with their linear predictors (n, k)."""
    rows = block_rows(len(fit.features))
    for block in fit.encoding.blocks(table, rows, with_target=False, tally=tally, unseen=unseen):
        with np.errstate(over="ignore", invalid="ignore"):
            eta = fit.predictor(block.features)
            lost = np.flatnonzero(~np.isfinite(fit.loss.mean(eta)).all(axis=1))
        if len(lost):
            fit.encoding.check_block(block, table.where)
            raise InputError(
                "{lost}: the prediction is beyond float64; check that row's values",
                lost=table.where(block.row(int(lost[0]))),
            )
        yield block, eta


def all_predictors(fit: FitData, table: Table, tally: Tally, unseen: Unseen = "error") -> Floats:
    """The linear predictors (n, k) of all rows; nan for those that were dropped."""
    parts = list(predictor_blocks(fit, table, tally, unseen))
    eta = np.full((tally.rows_read, len(fit.lines)), np.nan)
    for block, values in parts:
        eta[block.numbers] = values
    return eta


def open_new(fit: FitData, source: Any) -> Table | LazyTable:
    """Open new rows; bare arrays take the names of the model's columns, in their order."""
    if isinstance(source, OpenedTable):
        check_same_rule(source, fit.encoding.missing)
        return source.opened
    if isinstance(source, Table | LazyTable) or _has_names(source):
        return open_table(source)
    columns = fit.encoding.columns
    shape = np.shape(source)
    wide = shape[1] if len(shape) == 2 else 1
    if wide != len(columns):
        raise InputError(
            "the new rows have {wide} columns; the model has {count}: {columns}",
            wide=wide,
            count=len(columns),
            columns=", ".join(columns),
        )
    return open_table(source, names=columns)


def _has_names(source: object) -> bool:
    """Files, queries and frames name their columns; lists, arrays and tensors do not."""
    # The class is asked, not the object: a lazy frame would resolve its schema to answer.
    if isinstance(source, str) or hasattr(source, "__fspath__") or hasattr(type(source), "columns"):
        return True
    return not (isinstance(source, list | tuple) or hasattr(source, "__array__"))
