"""The steps of a path as a table: a row for each step, a column for each number in it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import index as as_index
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from steepest.errors import InputError, nearest
from steepest.path.step import Step

if TYPE_CHECKING:
    from steepest.path.path import DescentPath

Column: TypeAlias = NDArray[Any]

_INT64_LAST = 2**63 - 1


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

    columns: Mapping[str, Column]

    @staticmethod
    def of(path: "DescentPath", steps: Iterable[int] | None = None) -> "StepTable":
        """The steps of these indices, in their order; by default the recorded ones.

        Raises InputError for a step that is not there.
        """
        indices = _indices(path.recorded if steps is None else steps)
        return StepTable(_columns(path, indices, list(path.steps(indices))))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.columns)

    def __getitem__(self, name: str) -> Column:
        """The column of that name, shape (m,)."""
        if name not in self.columns:
            raise InputError(
                f"this table has no column {name!r}; it has {', '.join(self.names)}."
                f"{nearest(str(name), self.names)}"
            )
        return self.columns[name]

    def __len__(self) -> int:
        return len(self.columns["index"])

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __str__(self) -> str:
        from steepest.path.step_excerpt import as_text

        return as_text(self)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from steepest.path.step_excerpt import as_html

        return as_html(self)

    def to_arrow(self) -> Any:
        """A `pyarrow.Table` over the same memory."""
        from steepest.path.step_export import arrow

        return arrow(self)

    def to_pandas(self) -> Any:
        """A `pandas.DataFrame`. Raises InputError where pandas is not installed."""
        from steepest.path.step_export import pandas_frame

        return pandas_frame(self)

    def to_polars(self) -> Any:
        """A `polars.DataFrame`. Raises InputError where polars is not installed."""
        from steepest.path.step_export import polars_frame

        return polars_frame(self)

    def to_csv(self, file: str | Path) -> None:
        """Write comma-separated values with a header, every digit of them.

        nan is an empty cell. A name that a spreadsheet would run as a formula gets an apostrophe in
        front. Raises OutputError where it cannot be written; an old file is then untouched.
        """
        from steepest.path.step_export import write_csv

        write_csv(self, file)

    def to_json(self, file: str | Path) -> None:
        """Write a JSON list of objects, one a step, with the columns' names as keys.

        nan and infinities are null. Raises OutputError where it cannot be written; an old file is
        then untouched.
        """
        from steepest.path.step_export import write_json

        write_json(self, file)


def _indices(steps: Iterable[int]) -> list[int]:
    if not isinstance(steps, Iterable):
        raise _no_index(steps)
    return [_index(step) for step in steps]


def _index(step: object) -> int:
    try:
        return as_index(step)  # type: ignore[arg-type]  # what it is not, it says by TypeError
    except TypeError:
        raise _no_index(step) from None


def _no_index(value: object) -> InputError:
    return InputError(
        f"the steps of a table are a list of indices, such as range(0, 101, 10), not {value!r}."
    )


def _columns(path: "DescentPath", indices: list[int], steps: list[Step]) -> dict[str, Column]:
    names = _Names({"index", "objective", "learning_rate"})
    if path.validation is not None:
        names.free("validation")
    columns: dict[str, Column] = {"index": _whole(indices)}
    for name, column in zip(path.names, _matrix(path, [s.parameters for s in steps]), strict=True):
        columns[names.free(name)] = column
    columns["objective"] = _numbers([step.objective for step in steps])
    for name, column in zip(path.names, _matrix(path, [s.gradient for s in steps]), strict=True):
        columns[names.free(f"gradient_{name}")] = column
    columns["learning_rate"] = _numbers([step.learning_rate for step in steps])
    for what in dict.fromkeys(key for step in steps for key in step.state):
        unknown = np.full(len(path.names), np.nan)
        remembered = _matrix(path, [step.state.get(what, unknown) for step in steps])
        for name, column in zip(path.names, remembered, strict=True):
            columns[names.free(f"{what}_{name}")] = column
    if path.validation is not None:
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


def _whole(indices: list[int]) -> Column:
    if max(indices, default=0) > _INT64_LAST:
        return _numbers(indices)
    return _read_only(np.array(indices, dtype=np.int64))


def _numbers(values: Iterable[float]) -> Column:
    return _read_only(np.array(list(values), dtype=np.float64))


def _matrix(path: "DescentPath", rows: list[NDArray[np.float64]]) -> Column:
    """Columns (d, m), each of them contiguous, from m rows (d,)."""
    stacked = np.array(rows, dtype=np.float64).reshape(len(rows), len(path.names))
    return _read_only(np.ascontiguousarray(stacked.T))


def _known(value: float | None) -> float:
    return np.nan if value is None else value


def _read_only(array: Column) -> Column:
    array.setflags(write=False)
    return array
