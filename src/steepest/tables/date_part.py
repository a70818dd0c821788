"""Dates, times and durations as features: year, month, day, weekday, hour, and elapsed days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal, final, get_args

import numpy as np

from steepest.arrays import Array, Booleans
from steepest.errors import InputError, check_known
from steepest.number_checks import names_of
from steepest.tables.encoding_parts import Part, Where
from steepest.tables.table import Kind
from steepest.tables.time_text import Order, Temporal, TimeText
from steepest.translation import gathered, translated

DateField = Literal["year", "month", "day", "weekday", "hour", "elapsed"]
DATE_FIELDS: tuple[DateField, ...] = get_args(DateField)
# Which of them a column has.
FIELDS_OF: dict[Temporal, tuple[DateField, ...]] = {
    "date": DATE_FIELDS,
    "time": ("hour", "elapsed"),
    "duration": ("elapsed",),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_WRITE = gathered(
    {
        "date": "and which date that is cannot be told; write dates as 2020-01-31",
        "time": "which is no time of a day that can be told; write times as 14:05:00",
        "duration": "and how long that is cannot be told; write durations as 1:30:00 or PT1H30M",
    }
)


@final
@dataclass(frozen=True)
class DatePart(Part):
    """A column of dates, times of day or durations, taken as one number for each of `fields`.

    - "year", "month" (1 to 12), "day" (1 to 31), "weekday" (0 is Monday), "hour" (0 to 23)
    - "elapsed": days since 1970-01-01, since midnight, or the duration's own; with their fraction

    `of`: which of them the column holds;   `order`: of 03/04/2020, where the column tells
    """

    column: str
    fields: tuple[DateField, ...]
    of: Temporal = "date"
    order: Order | None = None
    kind: ClassVar[str] = "date"
    learnt: ClassVar[str] = "dates"
    accepts: ClassVar[tuple[Kind, ...]] = ("date", "text")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.column}.{name}" for name in self.fields)

    def fill(self, rows: Array, values: Array, mask: Booleans | None, where: Where) -> None:
        known: dict[str, list[float]] = {}
        for position, text in enumerate(values.tolist()):
            if mask is not None and mask[position]:
                rows[:, position] = 0.0
                continue
            if text not in known:
                known[text] = self._numbers(text, where, position)
            rows[:, position] = known[text]

    def _numbers(self, text: str, where: Where, position: int) -> list[float]:
        moment = TimeText(self.of, self.order).moment(text)
        if moment is None:
            raise InputError(
                "{position}: column {column!r} is {text!r}, {WRITE}",
                position=where(position),
                column=self.column,
                text=text,
                WRITE=translated(_WRITE[self.of]),
            )
        return [_field(moment, name) for name in self.fields]


def date_fields(asked: "str | Sequence[str] | None") -> tuple[DateField, ...]:
    """The fields that are asked for. Raises InputError for one that there is not."""
    names = [] if asked is None else names_of("dates", asked)
    for name in names:
        check_known(name, DATE_FIELDS, "dates has no {name!r}; it has {known}.")
    return tuple(name for name in DATE_FIELDS if name in names)


def _field(moment: datetime | timedelta, name: DateField) -> float:
    if isinstance(moment, timedelta):
        return moment / _DAY if name == "elapsed" else float(moment // timedelta(hours=1))
    if name == "elapsed":
        zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return float(np.float64((zoned - _EPOCH).total_seconds()) / 86_400.0)
    value = moment.weekday() if name == "weekday" else getattr(moment, name)
    return float(value)
