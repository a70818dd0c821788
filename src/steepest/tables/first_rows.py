"""The first rows of a table's columns, read once for all that is asked of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import final

import numpy as np

from steepest.arrays import Array
from steepest.errors import InputError
from steepest.tables.table import Column, LazyTable, Table
from steepest.translation import say
from steepest.wording.fact import Fact, fact

ROWS = 1024
MAX_LEVELS = 50  # of a column of text that has a feature for each
_MOST_COUNTED = 100_000  # levels of an engine's column, which all come here
_MANY_ROWS = 65_536


@final
class UnusableColumn(InputError):
    """A column that cannot be a feature; `left_out` is the note where nobody asked for it."""

    def __init__(self, message: str, left_out: Fact) -> None:
        super().__init__(message)
        self.left_out = left_out


@final
class FirstRows:
    """The values of the first rows; of all rows where these are few. InputError for no rows at all.

    >>> from steepest.tables.from_arrays import open_matrix
    >>> first = FirstRows(open_matrix([[1.0, float("nan")]], ["x", "z"]), ["x", "z"])
    >>> first.values("x").tolist(), first.whole, first.values("z").tolist()
    ([1.0], True, [])
    """

    def __init__(self, table: Table, names: Sequence[str]) -> None:
        self.table = table
        block = table.first(names, ROWS) if names else None
        if names and block is None:
            raise InputError(
                "{description}: 0 rows were found; a fit needs at least 2",
                description=table.description,
            )
        self._columns = {} if block is None else block.named(names)
        self._missing = {} if block is None else block.missing
        self.whole = not names or block is None or len(self._columns[names[0]]) < ROWS

    def holds(self, name: str) -> bool:
        """Whether the column is among those that were read."""
        return name in self._columns

    def values(self, name: str) -> Array:
        """The values of a column in the first rows, without the missing ones."""
        return _present(self._columns[name], self._missing.get(name))

    def text(self, name: str) -> list[str]:
        """The same of a column of text."""
        return list(self.values(name).tolist())

    def levels(self, name: str, limit: int) -> list[str]:
        """The levels of a column of text in all rows, as `Table.levels` has them."""
        if self.whole:
            return sorted(set(self.text(name)))[: limit + 1]
        return self.table.levels(name, limit)

    def counts(self, name: str) -> Counter[str]:
        """In how many rows each level of a column of text stands."""
        counts: Counter[str] = Counter()
        for values in values_of(self.table, name, _MANY_ROWS):
            counts.update(values.tolist())
        return counts

    def is_empty(self, column: Column) -> bool:
        """Whether a column has no value in any row; reads on until it is certain."""
        name = column.name
        if not self.holds(name):
            return False
        values, missing = self._columns[name], self._missing.get(name)
        if missing is None and values[0] == values[0]:
            return False
        if self.whole or len(self.values(name)):
            return not len(self.values(name))
        return not any(len(values) for values in self._on(name))

    def repeats(self, name: str) -> bool:
        """Whether a level of a column of text stands in two rows; reads on until it is certain."""
        seen: set[str] = set()
        for values in self._on(name):
            before = len(seen)
            seen.update(values.tolist())
            if len(seen) < before + len(values):
                return True
        return False

    def _on(self, name: str) -> Iterator[Array]:
        """The values of a column in all rows, the first ones first."""
        yield self.values(name)
        if not self.whole:
            yield from islice(values_of(self.table, name, ROWS), 1, None)


@final
class FirstLevels:
    """The same of a lazy frame: some levels of its columns of text. Its rows are not looked at, and
    a level is taken to stand in several: queries are dear.
    """

    def __init__(self, table: Table | LazyTable) -> None:
        self.table = table
        self._known: dict[str, list[str]] = {}

    def text(self, name: str) -> list[str]:
        """Some values of a column of text."""
        return self.levels(name, MAX_LEVELS)

    def levels(self, name: str, limit: int) -> list[str]:
        """The levels of a column of text, as `LazyTable.levels` has them."""
        if name not in self._known:
            self._known[name] = self.table.levels(name, limit)
        return self._known[name]

    def counts(self, name: str) -> Counter[str]:
        """In how many rows each level of a column of text stands."""
        counts = self.table.counts(name, _MOST_COUNTED)
        if len(counts) > _MOST_COUNTED:
            raise UnusableColumn(
                say(
                    "column {name!r} has more than {MOST_COUNTED:,} levels, too many to count "
                    "here; group them in the engine",
                    name=name,
                    MOST_COUNTED=_MOST_COUNTED,
                ),
                fact("text column left out", name=name, most=_MOST_COUNTED, example=min(counts)),
            )
        return Counter(counts)

    def is_empty(self, column: Column) -> bool:
        """Whether a column of text has no level; of others a pass will tell."""
        return column.kind == "text" and not self.levels(column.name, MAX_LEVELS)

    def repeats(self, name: str) -> bool:
        """Whether it may be."""
        return True


@final
@dataclass(frozen=True)
class Learning:
    """How columns become features: by their `first` rows, with an `intercept` or without.

    - `named`: whether the columns were named as features
    - `notes`: are told what the user should know
    """

    first: FirstRows | FirstLevels
    intercept: bool
    named: bool
    notes: list[Fact]


def first_rows(table: Table | LazyTable, names: Sequence[str]) -> FirstRows | FirstLevels:
    """The first rows of these columns, or some levels where the rows are elsewhere."""
    if isinstance(table, LazyTable) or table.spread:
        return FirstLevels(table)
    return FirstRows(table, names)


def values_of(table: Table, name: str, rows: int) -> Iterator[Array]:
    """The values of a column by blocks of so many rows, without the missing ones."""
    for block in table.blocks([name], rows):
        yield _present(block.named([name])[name], block.missing.get(name))


def _present(values: Array, missing: Array | None) -> Array:
    if missing is not None:
        values = values[~missing]
    return values[~np.isnan(values)] if values.dtype.kind == "f" else values
