"""The parts of an encoding: how one table column becomes float columns, and its place in a file."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NotRequired, TypeAlias, TypedDict, final

import numpy as np

from steepest.arrays import Array, Booleans
from steepest.errors import InputError, listed
from steepest.tables.exact_numbers import first_rounded, rounded
from steepest.tables.table import Kind

# What becomes of rows with a level that the model has not seen: an error, no prediction, or that of
# the level that has no column of its own.
Unseen: TypeAlias = Literal["error", "missing", "base"]
UNSEEN: tuple[Unseen, ...] = ("error", "missing", "base")
Where = Callable[[int], str]  # position in a block -> place in the source, in words


class PartData(TypedDict):
    """How a column is encoded."""

    kind: str
    column: str
    levels: NotRequired[list[str]]
    dropped: NotRequired[str | None]
    others: NotRequired[str | None]
    fields: NotRequired[list[str]]
    of: NotRequired[Literal["date", "time", "duration"]]
    order: NotRequired[Literal["day first", "month first"] | None]


class Part(ABC):
    """How one column of the table becomes float columns."""

    column: str
    kind: ClassVar[str]
    learnt: ClassVar[str]
    accepts: ClassVar[tuple[Kind, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the float columns."""
        return (self.column,)

    @abstractmethod
    def fill(
        self, rows: Array, values: Array, mask: Booleans | None, where: Where
    ) -> Booleans | None:
        """Write the values into `rows` (float columns, rows); 0 where the mask says missing.

        Returns which rows hold a level that was not seen, where 0 is written too; None: no row.
        """

    def to_json(self) -> dict[str, Any]:
        """Plain data for the model file."""
        return {"kind": self.kind, **vars(self)}


@final
@dataclass(frozen=True)
class NumberPart(Part):
    """A number column, taken as it is."""

    column: str
    kind: ClassVar[str] = "number"
    learnt: ClassVar[str] = "numbers"
    accepts: ClassVar[tuple[Kind, ...]] = ("number", "boolean")

    def fill(self, rows: Array, values: Array, mask: Booleans | None, where: Where) -> None:
        fill_number(rows[0], self.column, values, mask, where)


@final
@dataclass(frozen=True)
class BooleanPart(Part):
    """A boolean column, taken as 0 and 1."""

    column: str
    kind: ClassVar[str] = "boolean"
    learnt: ClassVar[str] = "true or false"
    accepts: ClassVar[tuple[Kind, ...]] = ("boolean", "number")

    def fill(self, rows: Array, values: Array, mask: Booleans | None, where: Where) -> None:
        row = rows[0]
        fill_number(row, self.column, values, mask, where)
        bad = (row != 0.0) & (row != 1.0) & np.isfinite(row)
        if bad.any():
            position = int(np.argmax(bad))
            raise InputError(
                "{position}: column {column!r} is {row:g}, but the model learnt it as true "
                "or false; use true, false, 1 or 0",
                position=where(position),
                column=self.column,
                row=row[position],
            )


@final
@dataclass(frozen=True)
class IndicatorPart(Part):
    """A text column, taken as one column of 0 and 1 for each level but `dropped`.

    `others`: the name of one more for every level that is not among them; None: they are errors.
    """

    column: str
    levels: tuple[str, ...]
    dropped: str | None
    others: str | None = None
    kind: ClassVar[str] = "indicator"
    learnt: ClassVar[str] = "text"
    accepts: ClassVar[tuple[Kind, ...]] = ("text",)

    @property
    def coded(self) -> tuple[str, ...]:
        """The levels that have a float column."""
        return tuple(level for level in self.levels if level != self.dropped)

    @property
    def names(self) -> tuple[str, ...]:
        rest = () if self.others is None else (self.others,)
        return tuple(f"{self.column}[{level}]" for level in (*self.coded, *rest))

    def fill(
        self, rows: Array, values: Array, mask: Booleans | None, where: Where
    ) -> Booleans | None:
        codes = _Codes({level: place for place, level in enumerate(self.coded)})
        codes[None] = -1
        if self.dropped is not None:
            codes[self.dropped] = -1
        # One dictionary look-up for each row, then one comparison of integers for each level.
        coded = np.fromiter(map(codes.__getitem__, values.tolist()), np.int64, len(values))
        if mask is not None:
            coded[mask] = -1
        unseen = coded == -2
        if self.others is not None:
            coded[unseen] = len(self.coded)
        for place, row in enumerate(rows):
            np.equal(coded, place, out=row, casting="unsafe")
        return unseen if self.others is None and unseen.any() else None

    def unseen(self, place: str, value: object) -> InputError:
        """The error for a level that the model has not seen."""
        return InputError(
            "{place}: column {column!r} is {value!r}, which the model has not seen; it knows "
            "{levels}: predict with unseen='missing' or unseen='base'",
            place=place,
            column=self.column,
            value=value,
            levels=listed(self.levels),
        )


def fill_number(row: Array, name: str, values: Array, mask: Booleans | None, where: Where) -> None:
    """Write numbers as floats; the place of a NULL gets 0, which is never used."""
    position = first_rounded(values, mask)
    if position is not None:
        raise rounded(where(position), name, values[position])
    row[:] = values if mask is None or values.dtype.kind != "O" else np.where(mask, 0, values)
    if mask is not None:
        row[mask] = 0.0


class _Codes(dict[str | None, int]):
    """Level -> its place; whatever is not a level -> -2."""

    def __missing__(self, key: str | None) -> int:
        return -2
