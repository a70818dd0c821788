"""Rows that stand in memory as arrays, lists or tensors: streamed as views, not copies."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from io import IOBase
from itertools import chain, count
from reprlib import repr as shortened
from typing import Any, final

import numpy as np

from steepest.arrays import Array, array_of_tensor, is_float, native, require_length
from steepest.errors import InputError
from steepest.tables.exact_numbers import ROUNDED, first_rounded, is_number, may_round
from steepest.tables.frames.columns_by_name import as_frame, check_same_index
from steepest.tables.opened_table import OpenedTable
from steepest.tables.table import Column, Kind, RawBlock, Table, require_unique
from steepest.translation import counted, gathered, say, translated
from steepest.wording.fact import fact

TARGET = "y"
WEIGHTS = "weights"
_KINDS: Mapping[str, Kind] = {"f": "number", "i": "number", "u": "number", "b": "boolean"}


@final
class ArrayTable(Table):
    """A 2-D array whose columns are named, and single columns that stand beside it."""

    def __init__(self, matrix: Array, names: Sequence[str], beside: Mapping[str, Array]) -> None:
        self._matrix = matrix
        self._position = {name: index for index, name in enumerate(names)}
        self._beside = dict(beside)
        require_unique([*names, *beside])
        self.columns = (
            *(_column(name, matrix.dtype) for name in names),
            *(_column(name, values.dtype) for name, values in beside.items()),
        )
        self.count: int | None = len(matrix)
        rows, columns = matrix.shape
        self.summary = fact("array", rows=rows, columns=columns, type=str(matrix.dtype))

    def blocks(self, names: Sequence[str], rows: int) -> Iterator[RawBlock]:
        leading = self._leading(names)
        view = None if leading is None else self._matrix[:, leading]
        rest = {name: self._values(name) for name in names[0 if view is None else view.shape[1] :]}
        for start in range(0, len(self._matrix), rows):
            stop = start + rows
            columns = {name: native(values[start:stop]) for name, values in rest.items()}
            matrix = None if view is None else view[start:stop]
            yield RawBlock(start=start, columns=columns, matrix=matrix)

    def select(self, names: Sequence[str]) -> Table:
        inside = [name for name in names if name not in self._beside]
        beside = {name: values for name, values in self._beside.items() if name in names}
        leading = self._leading(inside)
        view = None if leading is None else self._matrix[:, leading]
        if view is None or view.shape[1] < len(inside):
            view = self._matrix[:, [self._position[name] for name in inside]]
        return ArrayTable(view, inside, beside)

    def beside(self, values: Mapping[str, Array]) -> Table:
        for name, column in values.items():
            require_length(name, column, len(self._matrix))
        return ArrayTable(self._matrix, list(self._position), {**self._beside, **values})

    def levels(self, name: str, limit: int) -> list[str]:
        raise InputError("column {name!r} of an array holds numbers and has no levels", name=name)

    def where(self, row: int) -> str:
        return say("array, row {row} (index {row_2})", row=row + 1, row_2=row)

    def _values(self, name: str) -> Array:
        position = self._position.get(name)
        return self._beside[name] if position is None else self._matrix[:, position]

    def _leading(self, names: Sequence[str]) -> slice | None:
        """The longest run of leading names that one evenly spaced slice of the matrix holds."""
        if not is_float(self._matrix.dtype):
            return None
        positions: list[int] = []
        for name in names:
            position = self._position.get(name)
            step = positions[1] - positions[0] if len(positions) > 1 else None
            if position is None or (step is not None and position != positions[-1] + step):
                break
            positions.append(position)
        return _as_slice(positions)


def open_arrays(features: object, target: object, *, weights: object = None) -> Table:
    """Features, target and optional row weights, each an array, as one table.

    `features` has shape (rows, columns) or (rows,); lists, lists of lists, NumPy arrays, tensors
    and DataFrames will do. Columns are called `x`, or `x1` to `xp`; the target is called `y`, or
    `target` beside a column y, the weights `weights`; a Series keeps its name.
    Raises `InputError` where lengths differ, an array is empty, or its values are no numbers.

    >>> table = open_arrays([1, 2, 3], [2, 4, 6])
    >>> [column.name for column in table.columns]
    ['x', 'y']
    """
    check_same_index({"features": features, "target": target, "weights": weights})
    features = as_frame(features)
    taken = _names_in(features)
    beside = {
        _name_beside(target, gathered("target"), (TARGET, "target"), taken): _vector(
            target, "target"
        )
    }
    if weights is not None:
        name = _name_beside(weights, gathered("weights"), (WEIGHTS,), taken)
        if name in beside:
            raise InputError("target and weights have the same name; rename one of them")
        beside[name] = _vector(weights, "weights")
    if isinstance(features, OpenedTable):
        opened = features.opened
        if isinstance(opened, Table):
            return opened.beside(beside)
        raise _by_name_only()
    if _is_frame(features):
        from steepest.tables.frames.eager import is_lazy, open_frame

        if is_lazy(features):
            raise _by_name_only()
        return open_frame(features, beside=beside)
    matrix = _matrix(features, "features")
    for name, values in beside.items():
        require_length(name, values, len(matrix))
    names = _names(None, matrix.shape[1])
    return ArrayTable(matrix, ["x1"] if names == ["x"] and "x" in beside else names, beside)


def _by_name_only() -> InputError:
    return InputError("for a lazy frame the target is the name of a column, such as target='y'")


def open_matrix(matrix: object, names: Sequence[str] | None = None) -> Table:
    """One 2-D array as a table; its target, if any, is one of its columns.

    >>> open_matrix([[1, 2], [3, 4]], ["x", "y"]).count
    2
    """
    values = _matrix(matrix, "array")
    return ArrayTable(values, _names(names, values.shape[1]), {})


def _column(name: str, dtype: np.dtype[Any]) -> Column:
    return Column(name=name, kind=_KINDS[dtype.kind], type=_name_of(dtype))


@cache
def _name_of(dtype: np.dtype[Any]) -> str:
    return str(dtype)  # which NumPy puts together anew for every column


def _as_slice(positions: Sequence[int]) -> slice | None:
    if not positions:
        return None
    first, last = positions[0], positions[-1]
    step = positions[1] - first if len(positions) > 1 else 1
    stop = last + (1 if step > 0 else -1)
    return slice(first, None if stop < 0 else stop, step)


def _is_frame(value: object) -> bool:
    # Asked of the type: a Polars lazy frame works out its columns, with a warning, when asked.
    return hasattr(type(value), "columns")


def _names_in(features: Any) -> list[str]:
    """The names that the features bring along; of an array none."""
    if isinstance(features, OpenedTable):
        return [column.name for column in features.opened.columns]
    if not _is_frame(features):
        return []
    if hasattr(features, "collect_schema"):  # Polars: a lazy frame warns where asked for columns
        return list(features.collect_schema().names())
    names = features.column_names if hasattr(features, "column_names") else features.columns
    return list(map(str, names))


def _name_beside(values: object, what: str, defaults: tuple[str, ...], taken: list[str]) -> str:
    """What values beside features are called: a Series by its name, others so that it is their
    own.
    """
    name = getattr(values, "name", None)
    if not (isinstance(name, str) and name):
        own = chain(defaults, (f"{defaults[-1]}_{number}" for number in count(2)))
        return next(name for name in own if name not in taken)
    if name in taken:
        raise InputError(
            "a feature and the {what} are both called {name!r}; leave that feature out, or rename "
            "one of them, as by .rename({new!r})",
            what=translated(what),
            name=name,
            new=what,
        )
    return name


def _names(names: Sequence[str] | None, count: int) -> list[str]:
    if names is None:
        return ["x"] if count == 1 else [f"x{index}" for index in range(1, count + 1)]
    given = [names] if isinstance(names, str) else [str(name) for name in names]
    if len(given) != count:
        raise InputError(
            "{names} for {columns}; give one name for each column",
            names=counted(len(given), "name"),
            columns=counted(count, "column"),
        )
    return given


def _vector(value: object, what: str) -> Array:
    if isinstance(value, int):
        raise InputError(
            "{what} is {value}; give the name of a column, as text, or the values",
            what=what,
            value=value,
        )
    values = _array(value, what)
    if values.ndim == 2 and 1 in values.shape:
        values = values.reshape(-1)
    if values.ndim != 1:
        raise InputError(
            "{what} has shape {shape}; it must be a single column of numbers",
            what=what,
            shape=values.shape,
        )
    return values


def _matrix(value: object, what: str) -> Array:
    values = _array(value, what)
    if values.ndim == 1:
        values = values.reshape(-1, 1)
    if values.ndim != 2:
        raise InputError(
            "{what} has shape {shape}; it must be rows by columns", what=what, shape=values.shape
        )
    if 0 in values.shape:
        found = f"{counted(values.shape[0], 'row')} and {counted(values.shape[1], 'column')}"
        raise InputError("{what} has {found}; there is nothing to fit", what=what, found=found)
    return values


def _array(value: object, what: str) -> Array:
    """The value as an array of numbers or booleans, without a copy where it is one already."""
    if isinstance(value, IOBase):
        raise InputError("{what} is an open file; give its name", what=what)
    if hasattr(value, "detach"):
        value = array_of_tensor(value, what)
    if isinstance(value, np.ma.MaskedArray):
        value = _unmasked(value, what)
    if hasattr(value, "tocsr"):
        raise InputError(
            "{what} is a sparse matrix; make it dense first, with .toarray(), or give it to "
            "steepest.estimators, which take it as it is",
            what=what,
        )
    try:
        values = _as_array(value)
    except (ValueError, TypeError, OverflowError) as problem:
        raise InputError(_ragged(value, what)) from problem
    if values.dtype.kind == "O" and values.ndim and all(map(is_number, values.flat)):
        return _from_objects(values, what)
    if values.dtype.kind not in _KINDS:
        raise InputError(_not_numbers(values, what))
    _refuse_rounded(values, what)
    return values


def _as_array(value: Any) -> Array:
    """What NumPy makes of a value; objects where it would round integers, as beside floats."""
    lists = hasattr(value, "to_list")
    try:
        values = np.asarray(value)
    except Exception:  # Polars raises errors of its own for integers of 128 bits
        if not lists:
            raise
        return np.asarray(value.to_list(), dtype=object)
    if isinstance(getattr(value, "dtype", None), np.dtype) or not may_round(values):
        return values
    if lists or isinstance(value, list | tuple):
        return np.asarray(value.to_list() if lists else value, dtype=object)
    return values


def _from_objects(values: Array, what: str) -> Array:
    """An array of Python's numbers (Decimals and fractions, too) as booleans or as float64."""
    if all(isinstance(item, bool | np.bool_) for item in values.flat):
        return values.astype(np.bool_)
    _refuse_rounded(values, what)
    try:
        return values.astype(np.float64)
    except OverflowError:
        raise InputError("{what} holds a number beyond float64; leave it out", what=what) from None


def _refuse_rounded(values: Array, what: str) -> None:
    """Refuse whole numbers that become others as float64, where a block would not tell of them."""
    if values.dtype.kind in "biu":  # kept as they are, and looked at block by block
        return
    position = first_rounded(values.ravel())
    if position is not None:
        index = np.unravel_index(position, values.shape)
        place = _place(values, index)
        raise InputError(
            "{what}, {place} is {values!s}, {ROUNDED}",
            what=what,
            place=place,
            values=values[index],
            ROUNDED=translated(ROUNDED),
        )


def _place(values: Array, index: Sequence[Any]) -> str:
    column = f", column {index[1] + 1}" if values.ndim > 1 and values.shape[1] > 1 else ""
    return say(
        "row {index} (index {index_2}){column}", index=index[0] + 1, index_2=index[0], column=column
    )


def _unmasked(values: np.ma.MaskedArray[Any, Any], what: str) -> Array:
    masked = int(np.count_nonzero(np.ma.getmaskarray(values)))
    if masked:
        raise InputError(
            "{what} is a masked array with {masked_values}; use .filled(numpy.nan) with "
            "missing='drop' or 'mean'",
            what=what,
            masked_values=counted(masked, "masked value"),
        )
    return np.asarray(values.data)


def _ragged(value: object, what: str) -> str:
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], (list, tuple)):
        width = len(value[0])
        for index, row in enumerate(value):
            length = len(row) if isinstance(row, (list, tuple)) else 1
            if length != width:
                found = counted(length, "value")
                return say(
                    "{what}: row {index} (index {index_2}) has {found}, not {width}",
                    what=what,
                    index=index + 1,
                    index_2=index,
                    found=found,
                    width=width,
                )
    return say(
        "{what} of type {name} cannot be read as an array of numbers",
        what=what,
        name=type(value).__name__,
    )


def _not_numbers(values: Array, what: str) -> str:
    kind = values.dtype.kind
    texts = kind == "O" and values.size and all(isinstance(each, str) for each in values.flat)
    if what == "target" and (kind == "U" or texts):
        return say(
            "{what} holds text; for classes set loss='logistic' (of two) or loss='multinomial'",
            what=what,
        )
    if kind in "US":
        return say(
            "{what} holds text; put text columns in a DataFrame or a dict, where they are named",
            what=what,
        )
    if kind in "mM":
        return say(
            "{what} holds dates or times; turn them into numbers first, such as days", what=what
        )
    if kind == "c":
        return say(
            "{what} holds complex numbers; give real and imaginary parts as two columns", what=what
        )
    if kind == "O" and values.ndim == 0:
        if values.item() is None:
            return say("{what} is None; give an array, list or tensor", what=what)
        return say(
            "{what} is of type {name}; give an array, list or tensor",
            what=what,
            name=type(values.item()).__name__,
        )
    return say(
        "{what} holds {values}; use numbers only (float('nan') for a missing value, with "
        "missing='drop' or 'mean')",
        what=what,
        values=_odd_one(values),
    )


def _odd_one(values: Array) -> str:
    if values.dtype.kind != "O":
        return say("values of type {dtype}", dtype=values.dtype)
    for index, item in np.ndenumerate(values):
        if not is_number(item):
            text = shortened(item)
            kind = "" if item is None else f" ({type(item).__name__})"
            return f"{text}{kind} at {_place(values, index)}"
    return say("Python objects")
