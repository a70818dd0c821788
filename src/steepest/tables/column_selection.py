"""Some columns of a table: the others are as good as not there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import final

from steepest.arrays import Array
from steepest.errors import InputError, nearest
from steepest.tables.table import Column, LazyTable, RawBlock, Table


@final
class ColumnSelection(Table):
    """Rows of another table, of which some columns are left."""

    def __init__(self, inner: Table, names: Sequence[str]) -> None:
        for name in Table.__annotations__:  # all else that a table says of itself is the inner's
            setattr(self, name, getattr(inner, name))
        self.inner = inner
        self.columns = chosen(inner, names)

    def blocks(self, names: Sequence[str], rows: int) -> Iterator[RawBlock]:
        return self.inner.blocks(names, rows)

    def written(self, names: Sequence[str], rows: int) -> Iterator[RawBlock]:
        return self.inner.written(names, rows)

    def levels(self, name: str, limit: int) -> list[str]:
        return self.inner.levels(name, limit)

    def where(self, row: int) -> str:
        return self.inner.where(row)

    def beside(self, values: Mapping[str, Array]) -> Table:
        names = [column.name for column in self.columns]
        return ColumnSelection(self.inner.beside(values), [*names, *values])


def select_columns(table: Table | LazyTable, names: Sequence[str]) -> Table | LazyTable:
    """The table with these columns only, in this order. Raises InputError for one it has not.

    >>> from steepest.tables.from_arrays import open_matrix
    >>> table = select_columns(open_matrix([[1, 2, 3]], ["x", "z", "y"]), ["y", "x"])
    >>> [column.name for column in table.columns]
    ['y', 'x']
    """
    if isinstance(names, str) or not isinstance(names, Sequence):
        raise InputError(f"columns is {names!r}; give a list of names, such as ['x', 'y']")
    if not names:
        raise InputError("columns is an empty list; name at least one column")
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InputError(f"columns names {name!r} twice; name it once")
    if isinstance(table, Table):
        return ColumnSelection(table, names)
    from steepest.tables.frames.lazy import LazyFrameTable

    assert isinstance(table, LazyFrameTable)
    chosen(table, names)
    return table.select(names)


def chosen(table: Table | LazyTable, names: Sequence[str]) -> tuple[Column, ...]:
    """The columns of these names."""
    known = {column.name: column for column in table.columns}
    for name in names:
        if name not in known:
            offered = nearest(str(name), known) or f" The columns are {', '.join(known)}."
            raise InputError(f"there is no column {name!r} to keep.{offered}")
    return tuple(known[name] for name in names)
