"""Rows as blocks of floats, what a pass over them counts, and what it refuses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias, TypeVar, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Array, Booleans
from steepest.errors import InputError
from steepest.tables.encoding_parts import IndicatorPart, Unseen
from steepest.tables.holdout_split import hash_values
from steepest.translation import counted, gathered, joined, say, translated
from steepest.wording.fact import Fact, fact

Missing = Literal["error", "drop", "mean"]
# A matrix (n, p), or its columns: each in one piece, all of the target's type.
Features: TypeAlias = Array | Sequence[Array]
# What to do about missing values, in words that hold on the command line as in Python.
_FITTING = gathered("set missing to drop or mean")
_PREDICTING = gathered("fit with missing set to drop or mean")
_NAMED = 3  # columns for which most rows are dropped
T = TypeVar("T")


@final
@dataclass
class Tally:
    """Counts of a pass: rows read and dropped, missing and filled values by column; of levels that
    were not seen how many rows, and one of them.
    """

    rows_read: int = 0
    rows_dropped: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    filled: dict[str, int] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)  # column -> first row that lacks a value

    unseen: dict[IndicatorPart, tuple[int, str]] = field(default_factory=dict)

    def notes_on_unseen(self, rule: Unseen) -> list[Fact]:
        """What became of levels that were not seen."""
        return [
            fact("unseen levels", name=part.column, rows=rows, level=level, rule=rule,
                 base=part.dropped)
            for part, (rows, level) in self.unseen.items()
        ]  # fmt: skip

    def count_unseen(self, part: IndicatorPart, levels: Array) -> None:
        """Add a block's levels that were not seen of one column."""
        rows, first = self.unseen.get(part, (0, str(levels[0])))
        self.unseen[part] = rows + len(levels), first

    def notes(self) -> list[Fact]:
        """What was done to the rows."""
        notes = []
        if self.rows_dropped:
            most = sorted(self.missing.items(), key=lambda pair: -pair[1])[:_NAMED]
            counts = dict(most) if 2 * self.rows_dropped > self.rows_read else {}
            dropped = {"dropped": self.rows_dropped, "rows": self.rows_read}
            notes.append(fact("rows dropped", **dropped, counts=counts))
        if self.filled:
            notes.append(fact("means filled", counts=self.filled))
        return notes

    def add(self, other: "Tally") -> None:
        """Add what another part of the pass counted."""
        self.rows_read += other.rows_read
        self.rows_dropped += other.rows_dropped
        for mine, its in ((self.missing, other.missing), (self.filled, other.filled)):
            for name, number in its.items():
                mine[name] = mine.get(name, 0) + number
        self.first = {**other.first, **self.first}
        for part, (rows, level) in other.unseen.items():
            before, first = self.unseen.get(part, (0, level))
            self.unseen[part] = before + rows, first

    def count(self, name: str, mask: Booleans, start: int) -> None:
        """Add a block's missing values of one column."""
        number = int(np.count_nonzero(mask))
        if number:
            self.first.setdefault(name, start + int(np.argmax(mask)))
            self.missing[name] = self.missing.get(name, 0) + number


@final
class Block:
    """Rows as floats: `features` (n, p), `target` (n,), `weights` (n,).

    `index` holds source row numbers where rows were dropped; None means `start` to `start` + n.
    The features are given as a matrix, or as `columns` that lie apart, of one type with the target
    and each in one piece; then the matrix is made when it is asked for. Either may be a view of the
    user's own array: never write to it.
    """

    def __init__(
        self,
        start: int,
        features: Features,
        target: Array | None = None,
        weights: Array | None = None,
        index: NDArray[np.int64] | None = None,
        *,
        unordered: bool = False,
    ) -> None:
        self.start, self.target, self.weights, self.index = start, target, weights, index
        self.unordered = unordered
        self._given = features

    def __len__(self) -> int:
        return len(self._given if self.columns is None else self.columns[0])

    @property
    def columns(self) -> Sequence[Array] | None:
        """The features' columns, where they lie apart."""
        return None if isinstance(self._given, np.ndarray) else self._given

    @property
    def kind(self) -> np.dtype[Any]:
        """The type of the features' numbers."""
        return self._given.dtype if isinstance(self._given, np.ndarray) else self._given[0].dtype

    @cached_property
    def features(self) -> Array:
        """The features as a matrix (n, p)."""
        given = self._given
        return given if isinstance(given, np.ndarray) else np.stack(given, axis=1)

    def rows(self, positions: NDArray[np.integer[Any]]) -> Array:
        """Some rows of the features, as a matrix."""
        if self.columns is None:
            return self.features.take(positions, axis=0)
        return np.column_stack([column.take(positions) for column in self.columns])

    def where(self, positions: NDArray[np.integer[Any]]) -> "Block":
        """Some of the rows."""
        return Block(
            self.start,
            self.rows(positions),
            None if self.target is None else self.target[positions],
            None if self.weights is None else self.weights[positions],
            self.numbers[positions],
            unordered=self.unordered,
        )

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Index in the source of every row."""
        if self.index is not None:
            return self.index
        return np.arange(self.start, self.start + len(self), dtype=np.int64)

    @cached_property
    def keys(self) -> NDArray[np.int64]:
        """By what a split sends every row to its part: its index in the source or, where rows have
        no order, a hash of its values.
        """
        if not self.unordered:
            return self.numbers
        columns = self.features.T if self.columns is None else self.columns
        return hash_values(columns if self.target is None else [*columns, self.target])

    def row(self, position: int) -> int:
        """Index in the source of the row at `position` in this block."""
        return self.start + position if self.index is None else int(self.index[position])


def check_finite(
    values: Array, names: Sequence[str], block: Block, where: Callable[[int], str]
) -> None:
    """Raise for the first value, row by row, that is nan or inf; return where none is."""
    bad = ~np.isfinite(values)
    rows = bad.any(axis=1)
    if rows.any():
        row = int(np.argmax(rows))
        column = int(np.argmax(bad[row]))
        number = float(values[row, column])
        raise not_finite(
            where(block.row(row)), names[column], number, predicting=block.target is None
        )


def not_finite(place: str, name: str, value: float, *, predicting: bool = False) -> InputError:
    """The error for nan or inf."""
    advice = say("correct it, or {predicting}", predicting=offer(predicting))
    advice = say("correct or remove that row") if np.isinf(value) else advice
    return InputError(
        "{place}: column {name!r} is {value}; {advice}",
        place=place,
        name=name,
        value=value,
        advice=advice,
    )


def missing_values(counts: Mapping[str, int], predicting: bool, place: str = "") -> InputError:
    """The error for missing values, by column; `place` is of the first."""
    total = sum(counts.values())
    values = counted(total, "missing value")
    listed = joined(f"{name} {count}" for name, count in counts.items())
    first = say(" (first at {place})", place=place) if place else ""
    return InputError(
        "{values}: {listed}{first}; {advice}",
        values=values,
        listed=listed,
        first=first,
        advice=offer(predicting),
    )


@final
class EmptyColumnError(InputError):
    """A column `name` without a single value, as a pass over the rows has told."""

    def __init__(self, message: str, name: str) -> None:
        super().__init__(message)
        self.name = name


def empty_column(source: str, name: str, rows: int) -> EmptyColumnError:
    """The error for a column without a single value."""
    return EmptyColumnError(
        say(
            "{source}: column {name!r} has no values: all {rows} are missing; leave it out",
            source=source,
            name=name,
            rows=rows,
        ),
        name,
    )


def without_empty_columns(attempt: Callable[[Sequence[str]], T], notes: list[Fact]) -> T:
    """What `attempt` returns, which is told the columns to leave out: those of an engine that a
    pass finds to be empty. `notes` say so.
    """
    empty: list[str] = []
    while True:
        try:
            return attempt(empty)
        except EmptyColumnError as problem:
            if problem.name in empty:
                raise
            empty.append(problem.name)
            notes.append(fact("empty column left out", name=problem.name))


def no_whole_row(source: str, rows: int) -> InputError:
    """The error where every row lacks a value."""
    return InputError(
        "{source}: {rows} rows were found and every one has a missing value; leave the "
        "columns that miss most out of the features",
        source=source,
        rows=rows,
    )


def offer(predicting: bool) -> str:
    """What lets rows with missing values be used; a model does with them what its fit did."""
    return translated(_PREDICTING if predicting else _FITTING)
