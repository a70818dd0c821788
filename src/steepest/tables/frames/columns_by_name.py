"""Columns by name, {"x": [1, 2], "y": [2, 4]}, and rows by name, [{"x": 1, "y": 2}, …]."""

from collections.abc import Mapping, Set
from itertools import pairwise
from reprlib import repr as shortened
from typing import TYPE_CHECKING, Any

from steepest.arrays import array_of_tensor, native
from steepest.errors import InputError
from steepest.translation import counted

if TYPE_CHECKING:
    import pyarrow as pa


def as_frame(source: Any) -> Any:
    """A dict of columns, a list of dicts or a structured array as a PyArrow table; anything else as
    it is.

    A column is a list, an array, a tensor or a Series. A name that a row lacks is a missing value.
    Raises InputError for columns of different lengths, and those that hold no column of values.

    >>> as_frame([{"x": 1, "city": "Rome"}, {"x": 2.5}]).to_pydict()
    {'x': [1.0, 2.5], 'city': ['Rome', None]}
    """
    if isinstance(source, Mapping):
        return _table(source)
    fields = getattr(getattr(source, "dtype", None), "names", None)
    if fields and getattr(source, "ndim", 0) == 1:  # a structured array of NumPy
        return _table({name: source[name] for name in fields})
    if not isinstance(source, list | tuple) or not source:
        return source
    if not all(isinstance(row, Mapping) for row in source):
        return source
    names = dict.fromkeys(name for row in source for name in row)
    return _table({name: [row.get(name) for row in source] for name in names})


def _table(columns: Mapping[Any, Any]) -> "pa.Table":
    import pyarrow as pa

    if not columns:
        raise InputError("the table is an empty dict; give columns by name, {'x': [1, 2], …}")
    check_same_index({f"column {name!r}": values for name, values in columns.items()})
    arrays = {str(name): _column(str(name), values) for name, values in columns.items()}
    first, *others = arrays
    for name in others:
        if len(arrays[name]) != len(arrays[first]):
            raise InputError(
                "column {first!r} has {rows} and column {name!r} has {count}; give both the "
                "same length",
                first=first,
                rows=counted(len(arrays[first]), "row"),
                name=name,
                count=len(arrays[name]),
            )
    return pa.table(arrays)


def check_same_index(parts: Mapping[str, object]) -> None:
    """Refuse rows of pandas that have the same places and other labels: which belong together,
    nobody can tell.
    """
    # The class is asked, not the object: a lazy frame may have a column of this name.
    kept: dict[str, Any] = {n: rows for n, rows in parts.items() if hasattr(type(rows), "index")}
    found = {name: rows.index for name, rows in kept.items()}
    labelled = {name: index for name, index in found.items() if hasattr(index, "equals")}
    for (first, labels), (name, own) in pairwise(labelled.items()):
        if len(own) == len(labels) and not own.equals(labels):
            raise InputError(
                "{name} and {first} differ in their index; give both as .to_numpy() to pair rows "
                "by place, or .reindex one like the other to pair them by label",
                name=name,
                first=first,
            )


def _column(name: str, values: Any) -> Any:
    import numpy as np
    import pyarrow as pa

    if isinstance(values, str | bytes | Set | Mapping) or not hasattr(values, "__len__"):
        raise InputError(
            "column {name!r} is {values}; give a list, an array or a tensor",
            name=name,
            values=shortened(values),
        )
    if hasattr(values, "detach"):
        values = array_of_tensor(values, f"column {name!r}")
    if isinstance(values, np.ndarray):
        values = native(values)
    if getattr(values, "ndim", 1) != 1:
        raise InputError(
            "column {name!r} has shape {shape}; give each of its columns a name, or the "
            "array itself with the target's values, as in fit(X, y)",
            name=name,
            shape=tuple(values.shape),
        )
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError) as problem:
        reason = " ".join(str(problem).split())
        raise InputError(
            "column {name!r} cannot be read as values of one kind: {reason}",
            name=name,
            reason=reason,
        ) from problem
