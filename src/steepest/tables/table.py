"""The contract of a table: named, typed columns whose rows can be streamed again and again."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Array
from steepest.errors import InputError, printable
from steepest.tables.files.remote_file import FilePath
from steepest.wording.fact import Fact, fact

Kind = Literal["number", "boolean", "text", "date", "other"]
T = TypeVar("T")


@dataclass(frozen=True)
class Column:
    """A column's name, what kind of values it holds, and the source's own name for its type.

    `nameless`: the source has no name for it, and `name` is ours.
    """

    name: str
    kind: Kind
    type: str
    nameless: bool = False


@dataclass(frozen=True)
class RawBlock:
    """Consecutive rows as they came from the source.

    `columns` holds numbers in the source's own width, booleans, or Python strings (object arrays).
    `missing` marks NULLs, and names only columns that have some in this block.
    `matrix`, where given, is a 2-D float array that holds the leading columns of those asked for,
    in that order; the rest stand in `columns`. It is a view of the user's own array: no copy.
    """

    start: int
    columns: Mapping[str, Array]
    missing: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    matrix: Array | None = None

    def __len__(self) -> int:
        given = next(iter(self.columns.values()), ()) if self.matrix is None else self.matrix
        return len(given)

    def named(self, asked: Sequence[str]) -> dict[str, Array]:
        """The columns that were `asked` for, by name; those of the matrix as views."""
        columns = dict(self.columns)
        if self.matrix is not None:
            inside = asked[: self.matrix.shape[1]]
            columns |= {name: self.matrix[:, place] for place, name in enumerate(inside)}
        return columns


class Columns(ABC):
    """Named, typed columns; no two have one name. `summary` is what was read.

    `decimals`: the decimal marks by which its text can be read as numbers; none where it cannot.
    """

    columns: tuple[Column, ...]
    summary: Fact
    decimals: tuple[str, ...] = ()

    @cached_property
    def description(self) -> str:
        """The sentence of `summary`."""
        return printable(str(self.summary))

    @cached_property
    def column_named(self) -> dict[str, Column]:
        """The columns by their names."""
        return {column.name: column for column in self.columns}


class Table(Columns):
    """Rows that are at hand: they can be streamed, more than once, in the same order.

    `files` are the files that hold the rows, as they were named; none where rows are in memory.
    `statement` is the SELECT, where the rows are those of one.
    `spread`: in how many partitions the rows are, elsewhere, so that work is sent there; 0 where
    they are not.
    """

    count: int | None
    files: tuple[FilePath, ...] = ()
    statement: str | None = None
    awaited = False  # whether blocks take long to come, so that others can work
    unordered = False  # whether another look may bring the rows in another order
    spread: int = 0
    whole = True  # False for one partition of a table
    offset = 0  # the number of its first row
    # Is called with how many partitions are done, of how many, in every pass.
    told: Callable[[int, int], object] | None = None

    @abstractmethod
    def blocks(self, names: Sequence[str], rows: int) -> Iterator[RawBlock]:
        """Blocks of `rows` rows (the last may be shorter) of the columns `names`."""

    def first(self, names: Sequence[str], rows: int) -> RawBlock | None:
        """The first of these blocks, where no other is wanted; None for no rows."""
        return next(self.blocks(names, rows), None)

    def over(self, names: Sequence[str], work: Callable[["Table"], T]) -> Iterator[T]:
        """What `work` makes of the columns `names` of each partition, where these are, in order;
        of the table itself where it has none.
        """
        yield work(self)

    def written(self, names: Sequence[str], rows: int) -> Iterator[RawBlock]:
        """The same blocks, their values as they stand in the source: to be passed on, not used.

        Columns of a CSV file are its own text, whatever their kind: `00123` and `1.10` stay so.
        """
        return self.blocks(names, rows)

    def select(self, names: Sequence[str]) -> "Table":
        """The same rows with these columns only, in this order."""
        return TableView(self, [self.column_named[name] for name in names])

    def beside(self, values: Mapping[str, Array]) -> "Table":
        """The table with further columns of values that stand in memory, row by row."""
        raise InputError("for a file the target is the name of a column, for example target='y'")

    @abstractmethod
    def levels(self, name: str, limit: int) -> list[str]:
        """Distinct values of a text column, sorted, missing ones left out; at most `limit` + 1."""

    def counts(self, name: str, limit: int) -> dict[str, int]:
        """In how many rows each level of a text column stands; of at most `limit` + 1 levels."""
        raise NotImplementedError

    @abstractmethod
    def where(self, row: int) -> str:
        """Where the row of that index (0-based) stands, in words: file, row and line."""


def repeated(names: Iterable[str]) -> str | None:
    """The first name that was there before; None where every name is its own.

    >>> repeated(["x", "y", "x"]), repeated(["x", "y"])
    ('x', None)
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def require_unique(names: Iterable[str], source: str | None = None) -> None:
    """Refuse two columns of one name; `source` is where they are from."""
    twice = repeated(names)
    if twice is not None:
        place = "" if source is None else f"{source}: "
        raise InputError(
            "{place}two columns are called {twice!r}; give every column its own name",
            place=place,
            twice=twice,
        )


class TableView(Table):
    """The rows of an `inner` table with other `columns`."""

    def __init__(self, inner: Table, columns: Iterable[Column]) -> None:
        self.inner, self.columns = inner, tuple(columns)
        self.count, self.description, self.files = inner.count, inner.description, inner.files
        self.statement, self.awaited = inner.statement, inner.awaited
        self.unordered, self.spread = inner.unordered, inner.spread
        self.whole, self.offset = inner.whole, inner.offset

    def blocks(self, names: Sequence[str], rows: int) -> Iterator[RawBlock]:
        return self.inner.blocks(names, rows)

    def first(self, names: Sequence[str], rows: int) -> RawBlock | None:
        return self.inner.first(names, rows)

    def over(self, names: Sequence[str], work: Callable[[Table], T]) -> Iterator[T]:
        return self.inner.over(names, work)

    def written(self, names: Sequence[str], rows: int) -> Iterator[RawBlock]:
        return self.inner.written(names, rows)

    def levels(self, name: str, limit: int) -> list[str]:
        return self.inner.levels(name, limit)

    def counts(self, name: str, limit: int) -> dict[str, int]:
        return self.inner.counts(name, limit)

    def where(self, row: int) -> str:
        return self.inner.where(row)


@final
class _Nowhere(Table):
    """In place of a table that is not sent with what is known of it."""

    columns = ()
    count = None

    def blocks(self, names: Sequence[str], rows: int) -> Iterator[RawBlock]:
        raise NotImplementedError

    def levels(self, name: str, limit: int) -> list[str]:
        raise NotImplementedError

    def where(self, row: int) -> str:
        raise NotImplementedError


NOWHERE: Table = _Nowhere()


def column_kinds(table: Columns) -> Fact:
    """How many columns there are of each kind."""
    return fact("column kinds", kinds=dict(Counter(column.kind for column in table.columns)))


class LazyTable(Columns):
    """Rows that never leave their engine: only aggregates of them are ever asked for."""

    @abstractmethod
    def levels(self, name: str, limit: int) -> list[str]:
        """Distinct values of a text column, sorted, missing ones left out; at most `limit` + 1."""

    @abstractmethod
    def counts(self, name: str, limit: int) -> dict[str, int]:
        """In how many rows each level of a text column stands; of at most `limit` + 1 levels."""

    @abstractmethod
    def check_part(self, part: Any) -> None:
        """Raise InputError where the engine cannot compute the float columns of a `Part`."""

    @abstractmethod
    def means(self, encoding: Any) -> dict[str, float]:
        """Mean of every float column of an `Encoding`, over its present values in usable rows."""
