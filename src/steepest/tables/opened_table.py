"""An opened table: its columns, how it was read, and its first rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from steepest.arrays import Array
from steepest.errors import InputError, nearest_of, printable
from steepest.number_checks import is_whole
from steepest.tables.column_encoding import Missing
from steepest.tables.feature_columns import PLAIN, Coding
from steepest.tables.files.remote_names import without_secrets
from steepest.tables.table import Kind, LazyTable, RawBlock, Table
from steepest.wording.fact import Fact


@dataclass(frozen=True, eq=False, repr=False)
class OpenedTable:
    """Columns with names and kinds, and rows that stay where they are until they are needed.

    - `opened`: the rows, as the rest of the package reads them
    - `source`: what they were opened from
    - `target`: the target that the source itself names; None where it names none
    - `missing`: what a fit does with missing values; None where it was not given
    - `coding`: how its dates and text become numbers
    - `facts`: what was read, and what was done to it
    """

    opened: Table | LazyTable
    source: object
    target: str | None = None
    missing: Missing | None = None
    facts: tuple[Fact, ...] = ()
    coding: Coding = PLAIN

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences of `facts`."""
        return tuple(printable(str(each)) for each in self.facts)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in their order."""
        return tuple(column.name for column in self.opened.columns)

    @property
    def kinds(self) -> dict[str, Kind]:
        """What each column holds: "number", "boolean", "text", "date" or "other"."""
        return {column.name: column.kind for column in self.opened.columns}

    @property
    def rows(self) -> int | None:
        """The number of rows; None where it takes a pass over them to know it."""
        return self.opened.count if isinstance(self.opened, Table) else None

    def head(self, n: int = 5) -> list[dict[str, Any]]:
        """The first `n` rows, each as {name: value}; a missing value is None.

        Of a lazy frame, whose rows have no order, they are the first that its engine gives.
        Raises InputError where they cannot be read.
        """
        if not is_whole(n, least=0):
            raise InputError("head is asked for {n!r} rows; give a whole number, 0 or more", n=n)
        if n == 0:
            return []
        if isinstance(self.opened, LazyTable) or self.opened.unordered:
            from steepest.tables.frames.engine_table import lazy_of

            lazy = lazy_of(self.opened)
            assert lazy is not None
            return lazy.head(int(n))
        block = self.opened.first(self.columns, int(n))
        return [] if block is None else _rows(block, self.columns)


def _rows(block: RawBlock, names: tuple[str, ...]) -> list[dict[str, Any]]:
    named = block.named(names)
    columns = [_values(named[name], block.missing.get(name)) for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _values(values: Array, missing: Array | None) -> list[Any]:
    """A column as Python has it."""
    holes = [False] * len(values) if missing is None else missing.tolist()
    return [
        None if hole or value != value else value
        for value, hole in zip(values.tolist(), holes, strict=True)
    ]


def select_columns(table: Table | LazyTable, names: Iterable[str]) -> Table | LazyTable:
    """The table with these columns only, in this order. Raises InputError for one it has not.

    >>> from steepest.tables.from_arrays import open_matrix
    >>> table = select_columns(open_matrix([[1, 2, 3]], ["x", "z", "y"]), ["y", "x"])
    >>> [column.name for column in table.columns]
    ['y', 'x']
    """
    if isinstance(names, str) or not isinstance(names, Iterable) or getattr(names, "ndim", 1) < 1:
        raise InputError(
            "columns is {names!r}; give a list of names, such as ['x', 'y']", names=names
        )
    names = list(names)
    _check_chosen(names, [column.name for column in table.columns])
    if isinstance(table, Table):
        return table.select(names)
    from steepest.tables.frames.lazy import LazyFrameTable

    assert isinstance(table, LazyFrameTable)
    return table.select(names)


def _check_chosen(names: Sequence[str], known: Sequence[str]) -> None:
    if not names:
        raise InputError("columns is an empty list; name at least one column")
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InputError("columns names {name!r} twice; name it once", name=name)
        if name not in known:
            near = nearest_of(str(name), known)
            raise InputError("there is no column {name!r} to keep.{near}", name=name, near=near)


def opened_from(source: object) -> object:
    """What a table was opened from; any other source as it is."""
    if isinstance(source, OpenedTable):
        return source.source
    return without_secrets(source) if isinstance(source, str) else source


def coding_of(source: object) -> Coding:
    """How dates and text become numbers."""
    return source.coding if isinstance(source, OpenedTable) else PLAIN


def rule_for_missing(source: object, missing: Missing | None) -> Missing:
    """The rule for missing values, of the source or of the argument; they must not differ."""
    stated = source.missing if isinstance(source, OpenedTable) else None
    if stated is not None and missing is not None and stated != missing:
        raise InputError(
            "the table was read with missing={stated!r}, and here missing is {missing!r}; "
            "say it once",
            stated=stated,
            missing=missing,
        )
    rule = stated if missing is None else missing
    return "error" if rule is None else rule


def check_same_rule(source: OpenedTable, rule: Missing) -> None:
    """Raise InputError where new rows were read with another rule than the model was fitted by."""
    if source.missing is not None and source.missing != rule:
        raise InputError(
            "the table was read with missing={missing!r}, and the model was fitted with "
            "missing={rule!r}, which holds for new rows too; read them without missing",
            missing=source.missing,
            rule=rule,
        )
