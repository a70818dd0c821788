"""A table of steps in the forms that other programs take."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from steepest.arrays import Array
from steepest.errors import InputError
from steepest.storage.atomic_write import write_bytes
from steepest.tables.spreadsheet_safe import delimited, harmless

_ROWS_AT_ONCE = 10_000


def arrow(columns: Mapping[str, Array]) -> Any:
    """A `pyarrow.Table` whose columns are the table's own memory."""
    import pyarrow

    return pyarrow.table({name: pyarrow.array(columns[name]) for name in columns})


def pandas_frame(columns: Mapping[str, Array]) -> Any:
    """A `pandas.DataFrame` with memory of its own."""
    return _installed("pandas").DataFrame(dict(columns))


def polars_frame(columns: Mapping[str, Array]) -> Any:
    """A `polars.DataFrame`, made from Arrow without copying."""
    return _installed("polars").from_arrow(arrow(columns))


def write_csv(columns: Mapping[str, Array], file: str | Path) -> None:
    """A header and a line for each step; see `StepTable.to_csv`."""
    head = delimited([[harmless(name) for name in columns]])
    lines = (delimited(map(_csv_cell, row) for row in rows) for rows in _blocks(columns))
    write_bytes(file, _encoded([head], lines))


def write_json(columns: Mapping[str, Array], file: str | Path) -> None:
    """A list of objects, a line for each step; see `StepTable.to_json`."""
    records = (_record(columns, row) for rows in _blocks(columns) for row in rows)
    first = islice(records, 1)
    write_bytes(file, _encoded(["[\n"], first, (f",\n{each}" for each in records), ["\n]\n"]))


def _installed(package: str) -> Any:
    try:
        return import_module(package)
    except ImportError:
        raise InputError(
            f"to_{package} needs {package}, which is not installed: pip install {package}, or use "
            "to_arrow()."
        ) from None


def _blocks(columns: Mapping[str, Array]) -> Iterator[list[tuple[float, ...]]]:
    """The rows, so many at once that their Python numbers stay few."""
    for first in range(0, len(columns["index"]), _ROWS_AT_ONCE):
        part = slice(first, first + _ROWS_AT_ONCE)
        yield list(zip(*(columns[name][part].tolist() for name in columns), strict=True))


def _csv_cell(value: float) -> str:
    return "" if math.isnan(value) else repr(value)


def _record(names: Iterable[str], row: Iterable[float]) -> str:
    plain = (value if math.isfinite(value) else None for value in row)
    return json.dumps(dict(zip(names, plain, strict=True)), ensure_ascii=False, allow_nan=False)


def _encoded(*parts: Iterable[str]) -> Iterator[bytes]:
    for part in parts:
        for text in part:
            yield text.encode("utf-8", errors="backslashreplace")
