"""Columns that number the rows: pandas' index, and keys of other tables."""

import re
from collections.abc import Iterator

import numpy as np

from steepest.arrays import Array, Floats
from steepest.tables.table import Column, Table

# How pandas writes an index that has no name, to CSV and read back, and to Parquet.
_INDEX = re.compile(r"Unnamed: 0|__index_level_\d+__")
_KEY = re.compile(r"(?i:(.*[_ .-])?(id|key|uuid|row[_ .-]?(names?|num|number|id)))|[a-z]\w*I[Dd]")
_ROWS = 65_536


def counts_rows(table: Table, column: Column) -> bool:
    """Whether a column without a name of its own holds n, n + 1, n + 2, … down to the last row."""
    if not _is_nameless(column) or column.kind != "number":
        return False
    first, row = None, 0
    for values in _values(table, column):
        if values is None:
            return False
        first = values[0] if first is None else first
        if not np.array_equal(values, first + np.arange(row, row + len(values))):
            return False
        row += len(values)
    return row > 1


def is_named_like_a_key(column: Column) -> bool:
    """Whether a column is named like a key, or has no name."""
    return _is_nameless(column) or _KEY.fullmatch(column.name) is not None


def are_like_keys(values: Array) -> bool:
    """Whether these are whole numbers, which all differ."""
    whole = len(values) > 1 and not (values % 1).any()
    return whole and len(np.unique(values)) == len(values)


def _is_nameless(column: Column) -> bool:
    return column.nameless or _INDEX.fullmatch(column.name) is not None


def _values(table: Table, column: Column) -> Iterator[Floats | None]:
    """A column block by block; None for a block that lacks a value, or holds no plain numbers."""
    for block in table.blocks([column.name], _ROWS):
        values = block.named([column.name])[column.name]
        whole = not block.missing and values.dtype.kind in "fiu"
        floats = values.astype(np.float64) if whole else None
        yield floats if floats is not None and np.isfinite(floats).all() else None
