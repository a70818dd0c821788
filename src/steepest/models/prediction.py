"""Predictions for new rows, wherever they come from."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.moments.one_pass import block_rows
from steepest.tables.column_encoding import Block, Tally
from steepest.tables.open_table import open_table
from steepest.tables.opened_table import OpenedTable, check_same_rule
from steepest.tables.table import LazyTable, Table

if TYPE_CHECKING:
    from steepest.results.fit import Fit
    from steepest.results.linear_fit import LinearFit


def predict(fit: "Fit", source: object) -> Any:
    """`fit.predict`: an array (n,), or a lazy frame with a column `prediction`."""
    table = open_new(fit, source)
    if isinstance(table, LazyTable):
        from steepest.tables.frames.lazy import LazyFrameTable, predict_lazy

        assert isinstance(table, LazyFrameTable)
        return predict_lazy(table, fit.encoding, fit.coefficients, fit.intercept)
    tally = Tally()
    parts = list(predict_blocks(fit, table, tally))
    result = np.full(tally.rows_read, np.nan)
    for block, values in parts:
        if block.index is None:
            result[block.start : block.start + len(values)] = values
        else:
            result[block.index] = values
    return result


def open_new(fit: "Fit | LinearFit", source: Any) -> Table | LazyTable:
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
            f"the new rows have {wide} columns; the model has {len(columns)}: {', '.join(columns)}"
        )
    return open_table(source, names=columns)


def predict_blocks(fit: "Fit", table: Table, tally: Tally) -> Iterator[tuple[Block, Floats]]:
    """Blocks of new rows with their predictions."""
    slopes = np.array([fit.coefficients[name] for name in fit.features])
    offset = fit.intercept or 0.0
    rows = block_rows(len(slopes))
    for block in fit.encoding.blocks(table, rows, with_target=False, tally=tally):
        with np.errstate(over="ignore", invalid="ignore"):
            values = block.features @ slopes + offset
        lost = np.flatnonzero(~np.isfinite(values))
        if len(lost):
            fit.encoding.check_block(block, table.where)
            raise InputError(
                f"{table.where(block.row(int(lost[0])))}: the prediction is beyond float64; check "
                "that row's values"
            )
        yield block, values


def _has_names(source: object) -> bool:
    """Files, queries and frames name their columns; lists, arrays and tensors do not."""
    # The class is asked, not the object: a lazy frame would resolve its schema to answer.
    if isinstance(source, str) or hasattr(source, "__fspath__") or hasattr(type(source), "columns"):
        return True
    return not (isinstance(source, list | tuple) or hasattr(source, "__array__"))
