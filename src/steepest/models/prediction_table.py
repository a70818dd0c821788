"""Predictions written as a table: the new rows' own columns, and `prediction` behind them."""

from collections.abc import Iterator
from typing import Any

from steepest.arrays import Array
from steepest.models.fit_data import FitData
from steepest.models.predict import (
    answers,
    check_new_columns,
    predict_in_engine,
    predictor_blocks,
    probabilities,
    probability_names,
)
from steepest.models.predictor import PREDICTION
from steepest.moments.one_pass import block_rows
from steepest.number_checks import writes_number
from steepest.tables.column_encoding import Block, Tally
from steepest.tables.encoding_parts import Unseen
from steepest.tables.open_table import open_table
from steepest.tables.spreadsheet_safe import delimited, harmless
from steepest.tables.table import Table


def prediction_lines(
    fit: FitData,
    table: Table,
    delimiter: str = ",",
    *,
    unseen: Unseen = "error",
    tally: Tally | None = None,
) -> Iterator[str]:
    """A delimited table with a header, a piece of text for each block of rows.

    Rows that lack a value, under `missing="drop"`, and those of levels that were not seen, under
    `unseen="missing"`, get an empty prediction; `tally` counts the latter. Classifiers with
    probabilities give that of each class too, in columns `probability_LABEL`. Text that a
    spreadsheet would run as a formula gets an apostrophe in front; numbers are untouched. Rows of
    an engine are predicted there, and those that lack a value left out.
    """
    names = [column.name for column in table.columns]
    added = [PREDICTION, *probability_names(fit)]
    check_new_columns(table, added)
    # The header goes out with the first rows: a table that cannot be predicted leaves nothing.
    head = delimited([[harmless(name) for name in [*names, *added]]], delimiter)
    rows = block_rows(len(fit.features))
    if table.unordered:  # another look may bring them in another order
        yield from _lines_of_engine(fit, table, [*names, *added], head, delimiter, unseen)
        return
    predicted = _predicted(fit, table, Tally() if tally is None else tally, unseen)
    pending = next(predicted, None)
    for raw in table.written(names, rows):
        columns = raw.named(names)
        found: list[list[Any]] = [[""] * len(raw) for _ in added]
        if pending is not None and pending[0].start == raw.start:
            block, answers = pending
            places = (block.numbers - raw.start).tolist()
            for column, values in zip(found, answers, strict=True):
                for place, value in zip(places, values.tolist(), strict=True):
                    column[place] = repr(value) if isinstance(value, float) else _cell(value)
            pending = next(predicted, None)
        cells = [_cells(columns[name], raw.missing.get(name)) for name in names]
        yield head + delimited(zip(*cells, *found, strict=True), delimiter)
        head = ""
    if head:
        yield head


def _lines_of_engine(
    fit: FitData, table: Table, names: list[str], head: str, delimiter: str, unseen: Unseen
) -> Iterator[str]:
    """The lines of what an engine predicts, as it gives them."""
    predicted = open_table(predict_in_engine(fit, table, names[len(table.columns) :], unseen))
    assert isinstance(predicted, Table)
    for raw in predicted.blocks(names, block_rows(len(names))):
        cells = [_cells(raw.columns[name], raw.missing.get(name)) for name in names]
        yield head + delimited(zip(*cells, strict=True), delimiter)
        head = ""
    if head:
        yield head


def _predicted(
    fit: FitData, table: Table, tally: Tally, unseen: Unseen
) -> Iterator[tuple[Block, list[Array]]]:
    """Blocks of rows, with the columns that are added to them."""
    shares = fit.has_probabilities
    for block, eta in predictor_blocks(fit, table, tally, unseen):
        yield block, [answers(fit, eta), *(probabilities(fit, eta).T if shares else ())]


def _cells(values: Array, missing: Array | None) -> list[Any]:
    cells = [_cell(value) for value in values.tolist()]
    if missing is not None:
        cells = ["" if gone else cell for cell, gone in zip(cells, missing.tolist(), strict=True)]
    return cells


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, str) and not writes_number(value):
        return harmless(value)
    return value
