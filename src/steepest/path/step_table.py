"""The steps of a path as a table: a row for each step, a column for each number in it."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from operator import index as as_index
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Array, read_only
from steepest.errors import InputError, check_known
from steepest.path.step import Step
from steepest.path.step_excerpt import as_html, as_text
from steepest.storage.atomic_write import write_bytes
from steepest.tables.spreadsheet_safe import delimited, harmless

_INT64_LAST = 2**63 - 1
_ROWS_AT_ONCE = 10_000


@final
@dataclass(frozen=True, eq=False, repr=False)
class StepTable:
    """Steps as columns, read-only arrays of one entry for each step.

    - "index": int64 (float64 where a step's index is beyond it); all others are float64
    - each parameter by its name, in the user's units;   "objective"
    - "gradient_x" of each parameter x;   "learning_rate" of the update that leaves the step
    - "momentum_buffer_x", "exp_avg_x", …: what the optimizer remembers, by torch's names, in the
      descent's own coordinates; nan where it does not remember it yet
    - "validation": the objective on held-out rows, where there are any

    A parameter with the name of another column, such as "objective", gets an underscore behind it.

    >>> import steepest
    >>> table = steepest.minimize("x^2 - 4x + 5", start=7, lr=0.25, epochs=3).table()
    >>> table.names
    ('index', 'x', 'objective', 'gradient_x', 'learning_rate')
    >>> table["x"]
    array([7.   , 4.5  , 3.25 , 2.625])
    >>> print(table)
    index      x  objective  gradient_x  learning_rate
        0      7         26          10           0.25
        1    4.5       7.25           5           0.25
        2   3.25     2.5625         2.5           0.25
        3  2.625   1.390625        1.25           0.25
    """

    columns: Mapping[str, Array]

    @staticmethod
    def of(names: Sequence[str], steps: Sequence[Step], *, validated: bool) -> "StepTable":
        """The table of steps of parameters with these `names`; `validated` where rows were held
        out.
        """
        return StepTable(_columns(names, steps, validated))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.columns)

    def __getitem__(self, name: str) -> Array:
        """The column of that name, shape (m,)."""
        check_known(name, self.columns, "this table has no column {name!r}; it has {known}.")
        return self.columns[name]

    def __len__(self) -> int:
        return len(self.columns["index"])

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __str__(self) -> str:
        return as_text(self.columns)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return as_html(self.columns)

    def to_arrow(self) -> Any:
        """A `pyarrow.Table` over the same memory."""
        import pyarrow

        return pyarrow.table({name: pyarrow.array(self.columns[name]) for name in self.columns})

    def to_pandas(self) -> Any:
        """A `pandas.DataFrame`. Raises InputError where pandas is not installed."""
        return _installed("pandas").DataFrame(dict(self.columns))

    def to_polars(self) -> Any:
        """A `polars.DataFrame`. Raises InputError where polars is not installed."""
        return _installed("polars").from_arrow(self.to_arrow())

    def to_csv(self, file: str | Path) -> None:
        """Write comma-separated values with a header, every digit of them.

        nan is an empty cell. A name that a spreadsheet would run as a formula gets an apostrophe in
        front. Raises OutputError where it cannot be written; an old file is then untouched.
        """
        head = delimited([[harmless(name) for name in self.columns]])
        lines = (delimited(map(_csv_cell, row) for row in rows) for rows in self._blocks())
        write_bytes(file, _encoded([head], lines))

    def to_json(self, file: str | Path) -> None:
        """Write a JSON list of objects, one a step, with the columns' names as keys.

        nan and infinities are null. Raises OutputError where it cannot be written; an old file is
        then untouched.
        """
        records = (_record(self.columns, row) for rows in self._blocks() for row in rows)
        first = islice(records, 1)
        write_bytes(file, _encoded(["[\n"], first, (f",\n{each}" for each in records), ["\n]\n"]))

    def _blocks(self) -> Iterator[list[tuple[float, ...]]]:
        """The rows, so many at once that their Python numbers stay few."""
        for first in range(0, len(self), _ROWS_AT_ONCE):
            part = slice(first, first + _ROWS_AT_ONCE)
            yield list(
                zip(*(column[part].tolist() for column in self.columns.values()), strict=True)
            )


def step_indices(steps: Iterable[int]) -> list[int]:
    """The indices as whole numbers. Raises InputError for what is none."""
    if not isinstance(steps, Iterable) or getattr(steps, "ndim", 1) < 1:
        raise _no_index(steps)
    return [_index(step) for step in steps]


def _index(step: object) -> int:
    try:
        return as_index(step)  # type: ignore[arg-type]  # what it is not, it says by TypeError
    except TypeError:
        raise _no_index(step) from None


def _no_index(value: object) -> InputError:
    return InputError(
        "the steps of a table are a list of indices, such as range(0, 101, 10), not {value!r}.",
        value=value,
    )


def _columns(parameters: Sequence[str], steps: Sequence[Step], validated: bool) -> dict[str, Array]:
    names, width = _Names({"index", "objective", "learning_rate"}), len(parameters)
    if validated:
        names.free("validation")
    columns: dict[str, Array] = {"index": _whole([step.index for step in steps])}
    places = _matrix(width, [step.parameters for step in steps])
    for name, column in zip(parameters, places, strict=True):
        columns[names.free(name)] = column
    columns["objective"] = _numbers([step.objective for step in steps])
    slopes = _matrix(width, [step.gradient for step in steps])
    for name, column in zip(parameters, slopes, strict=True):
        columns[names.free(f"gradient_{name}")] = column
    columns["learning_rate"] = _numbers([step.learning_rate for step in steps])
    for what in dict.fromkeys(key for step in steps for key in step.state):
        unknown = np.full(width, np.nan)
        remembered = _matrix(width, [step.state.get(what, unknown) for step in steps])
        for name, column in zip(parameters, remembered, strict=True):
            columns[names.free(f"{what}_{name}")] = column
    if validated:
        columns["validation"] = _numbers([_known(step.validation) for step in steps])
    return columns


@final
class _Names:
    """Hands out names that are not taken."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken

    def free(self, name: str) -> str:
        """The name, with as many underscores behind it as it needs to be new."""
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name


def _whole(indices: list[int]) -> Array:
    if max(indices, default=0) > _INT64_LAST:
        return _numbers(indices)
    return read_only(np.array(indices, dtype=np.int64))


def _numbers(values: Iterable[float]) -> Array:
    return read_only(np.array(list(values), dtype=np.float64))


def _matrix(width: int, rows: list[NDArray[np.float64]]) -> Array:
    """Columns (d, m), each of them contiguous, from m rows (d,)."""
    stacked = np.array(rows, dtype=np.float64).reshape(len(rows), width)
    return read_only(np.ascontiguousarray(stacked.T))


def _known(value: float | None) -> float:
    return np.nan if value is None else value


def _installed(package: str) -> Any:
    try:
        return import_module(package)
    except ImportError:
        raise InputError(
            "to_{package} needs {package}, which is not installed: pip install {package}, or "
            "use to_arrow().",
            package=package,
        ) from None


def _csv_cell(value: float) -> str:
    return "" if math.isnan(value) else repr(value)


def _record(names: Iterable[str], row: Iterable[float]) -> str:
    plain = (value if math.isfinite(value) else None for value in row)
    return json.dumps(dict(zip(names, plain, strict=True)), ensure_ascii=False, allow_nan=False)


def _encoded(*parts: Iterable[str]) -> Iterator[bytes]:
    for part in parts:
        for text in part:
            yield text.encode("utf-8", errors="backslashreplace")
