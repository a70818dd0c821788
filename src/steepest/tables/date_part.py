"""Dates as features: year, month, day, weekday, hour, and the days that have elapsed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Literal, final, get_args

import numpy as np

from steepest.arrays import Array, Booleans
from steepest.errors import InputError, nearest
from steepest.tables.encoding_parts import Part, Where
from steepest.tables.table import Kind

DateField = Literal["year", "month", "day", "weekday", "hour", "elapsed"]
DATE_FIELDS: tuple[DateField, ...] = get_args(DateField)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(.*)", re.DOTALL)
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(.*)", re.DOTALL)


@final
@dataclass(frozen=True)
class DatePart(Part):
    """A column of dates or timestamps, taken as one number for each of `fields`.

    - "year", "month" (1 to 12), "day" (1 to 31), "weekday" (0 is Monday), "hour" (0 to 23)
    - "elapsed": days since 1970-01-01, with their fraction
    """

    column: str
    fields: tuple[DateField, ...]
    kind: ClassVar[str] = "date"
    learnt: ClassVar[str] = "dates"
    accepts: ClassVar[tuple[Kind, ...]] = ("date",)

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
        moment = moment_of(text)
        if moment is None:
            raise InputError(
                f"{where(position)}: column {self.column!r} is {text!r}, and which date that is "
                "cannot be told; write dates as 2020-01-31"
            )
        return [_field(moment, name) for name in self.fields]


def moment_of(text: str) -> datetime | None:
    """The date or time that a text is; None where that cannot be told.

    >>> moment_of("31.1.2020") == moment_of("2020/01/31") == moment_of("2020-01-31 00:00:00")
    True
    >>> moment_of("03/04/2020"), moment_of("10:30")
    (None, None)
    """
    found = _DAY_FIRST.fullmatch(text.strip())
    if found:
        text = f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}{found[4]}"
    found = _YEAR_FIRST.fullmatch(text.strip())
    if found:
        text = f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}{found[4]}"
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None


def date_fields(asked: "str | Sequence[str] | None") -> tuple[DateField, ...]:
    """The fields that are asked for. Raises InputError for one that there is not."""
    names = [asked] if isinstance(asked, str) else list(asked or ())
    for name in names:
        if name not in DATE_FIELDS:
            raise InputError(
                f"dates has no {name!r}; it has {', '.join(DATE_FIELDS)}."
                f"{nearest(str(name), DATE_FIELDS)}"
            )
    return tuple(name for name in DATE_FIELDS if name in names)


def _field(moment: datetime, name: DateField) -> float:
    if name == "elapsed":
        zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return float(np.float64((zoned - _EPOCH).total_seconds()) / 86_400.0)
    value = moment.weekday() if name == "weekday" else getattr(moment, name)
    return float(value)
