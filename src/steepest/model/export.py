"""Predictions written as a table: the new rows' own columns, and `prediction` behind them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from steepest.errors import InputError
from steepest.model.prediction import predict_blocks
from steepest.rows.delimited import delimited, harmless
from steepest.rows.encode import Tally
from steepest.rows.gather import block_rows
from steepest.rows.table import RawBlock, Table

if TYPE_CHECKING:
    from steepest.model.fit import Fit

PREDICTION = "prediction"


def prediction_lines(fit: "Fit", table: Table, delimiter: str = ",") -> Iterator[str]:
    """A delimited table with a header, a piece of text for each block of rows.

    Rows that lack a value, under `missing="drop"`, get an empty prediction. Text that a spreadsheet
    would run as a formula gets an apostrophe in front; numbers are untouched.
    """
    names = [column.name for column in table.columns]
    if PREDICTION in names:
        raise InputError(f"{table.description} has a column {PREDICTION!r} already; rename it")
    # The header goes out with the first rows: a table that cannot be predicted leaves nothing.
    head = delimited([[harmless(name) for name in [*names, PREDICTION]]], delimiter)
    rows = block_rows(len(fit.features))
    predicted = predict_blocks(fit, table, Tally())
    pending = next(predicted, None)
    for raw in table.written(names, rows):
        length = len(next(iter(raw.columns.values()))) if raw.columns else 0
        values = np.full(length, np.nan)
        if pending is not None and pending[0].start == raw.start:
            block, found = pending
            index = slice(None) if block.index is None else block.index - raw.start
            values[index] = found
            pending = next(predicted, None)
        columns = [_cells(raw, name) for name in names]
        prediction = ["" if np.isnan(value) else repr(value) for value in values.tolist()]
        yield head + delimited(zip(*columns, prediction, strict=True), delimiter)
        head = ""
    if head:
        yield head


def _cells(raw: RawBlock, name: str) -> list[Any]:
    values = raw.columns[name]
    missing = raw.missing.get(name)
    cells = [_cell(value) for value in values.tolist()]
    if missing is not None:
        cells = ["" if gone else cell for cell, gone in zip(cells, missing.tolist(), strict=True)]
    return cells


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, str) and not _is_number(value):
        return harmless(value)
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
