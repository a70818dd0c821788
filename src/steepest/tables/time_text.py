"""Dates, times of day and durations, as people and programs write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, final

Temporal = Literal["date", "time", "duration"]
Order = Literal["day first", "month first"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Forms are compiled when a text begins like one of them: most tables have none.
_MONTH = r"(?P<name>[A-Za-z]{3,9})\.?"
_YEAR_FIRST = r"(?P<y>\d{4})[/.-](?P<m>\d{1,2})[/.-](?P<d>\d{1,2})(?P<rest>\D.*)?"
_DAY_FIRST = r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})(?P<rest>\D.*)?"
_EITHER = r"(?P<one>\d{1,2})[/-](?P<two>\d{1,2})[/-](?P<y>\d{4})(?P<rest>\D.*)?"
_NAMED = (
    rf"(?P<d>\d{{1,2}})[ -]{_MONTH}[ -](?P<y>\d{{4}})(?P<rest>\D.*)?",
    rf"{_MONTH} (?P<d>\d{{1,2}}),? (?P<y>\d{{4}})(?P<rest>\D.*)?",
)
_CLOCK = r"(?P<h>\d{1,6}):(?P<min>[0-5]\d)(?::(?P<s>[0-5]\d(?:\.\d*)?))?"
_TIME = rf"(?P<sign>[+-]?){_CLOCK}(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
_MINUTES = r"(?P<min>\d{1,6}):(?P<s>[0-5]\d\.\d+)"
_DAYS = rf"(?P<d>[+-]?\d+) days?(?:,? (?P<sign>[+-]?){_CLOCK})?"
_PART = r"(?:(?P<{}>\d+(?:\.\d+)?){})?"
_ISO = (
    rf"(?P<sign>[+-]?)P(?=.){_PART.format('w', 'W')}{_PART.format('d', 'D')}"
    rf"(?:T(?=.){_PART.format('h', 'H')}{_PART.format('min', 'M')}{_PART.format('s', 'S')})?"
)


@final
@dataclass(frozen=True)
class TimeText:
    """How the values of a column are to be read. `order`: of 03/04/2020."""

    kind: Temporal = "date"
    order: Order | None = None

    @staticmethod
    def of(values: Sequence[str]) -> "TimeText | None":
        """What more than half of the values are; None where that is nothing of them, or not one.

        >>> TimeText.of(["1/31/2020", "2/3/2020"]), TimeText.of(["31 Jan 2020", "red"])
        (TimeText(kind='date', order='month first'), None)
        >>> TimeText.of(["14:05", "2:05 PM"]), TimeText.of(["PT1H30M", "0:30:00", "90"])
        (TimeText(kind='time', order=None), TimeText(kind='duration', order=None))
        """
        likely = [text for text in values if _BEGINS.match(text)]
        enough = len(values) // 2 + 1
        if len(likely) < enough:
            return None
        orders: tuple[Order | None, ...] = (None, "day first", "month first")
        dates = [sum(moment_of(text, each) is not None for text in likely) for each in orders]
        if max(dates) >= enough:  # where both orders are possible, neither is told
            best = [each for each, of in zip(orders, dates, strict=True) if of == max(dates)]
            return TimeText("date", best[0]) if None in best or len(best) == 1 else None
        told = [text for text in likely if duration_of(text) is not None]
        if len(told) < enough:
            return None
        return TimeText("time" if all(map(_is_clock, told)) else "duration")

    def moment(self, text: str) -> datetime | timedelta | None:
        """The date, or the duration (of a time of day: since midnight); None where it is none."""
        if self.kind == "date":
            return moment_of(text, self.order)
        return None if self.kind == "time" and not _is_clock(text) else duration_of(text)


def moment_of(text: str, order: Order | None = None) -> datetime | None:
    """The date or timestamp that a text is; None where that cannot be told.

    >>> moment_of("31.1.2020") == moment_of("2020/01/31") == moment_of("Jan 31, 2020")
    True
    >>> moment_of("03/04/2020"), moment_of("10:30"), moment_of("03/04/2020", "day first").month
    (None, None, 4)
    """
    text = text.strip()
    found = re.fullmatch(_YEAR_FIRST, text) or re.fullmatch(_DAY_FIRST, text)
    named = next((each for each in (re.fullmatch(form, text) for form in _NAMED) if each), None)
    either = re.fullmatch(_EITHER, text) if order is not None else None
    if found:
        year, month, day = found["y"], int(found["m"]), found["d"]
    elif named and named["name"][:3].lower() in _MONTHS:
        year, month, day = named["y"], _MONTHS.index(named["name"][:3].lower()) + 1, named["d"]
    elif either:
        one, two = (either["one"], either["two"])[:: 1 if order == "day first" else -1]
        year, month, day = either["y"], int(two), one
    else:
        return None
    written = found or named or either
    rest = "" if written is None else written["rest"] or ""
    try:
        return datetime.fromisoformat(f"{year}-{month:02}-{int(day):02}{_iso_time(rest)}")
    except ValueError:
        return None


def duration_of(text: str) -> timedelta | None:
    """The duration that a text is, or the time of a day since midnight; None where it is none.

    h:mm is hours and minutes, m:ss.s minutes and seconds; 30:00 may be either.

    >>> [str(duration_of(text)) for text in ("0:30", "2:05 PM", "90:05.5", "1 day, 2:03:04")]
    ['0:30:00', '14:05:00', '1:30:05.500000', '1 day, 2:03:04']
    >>> duration_of("PT1H30M") == duration_of("0 days 01:30:00"), duration_of("30:00")
    (True, None)
    """
    text = text.strip()
    found = next(filter(None, (re.fullmatch(form, text) for form in _FORMS)), None)
    if found is None:
        return None
    parts = found.groupdict()
    hours = float(parts.get("h") or 0)
    if parts.get("half"):
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + 12 * (parts["half"] in "pP")
    clock = timedelta(
        hours=hours, minutes=float(parts.get("min") or 0), seconds=float(parts.get("s") or 0)
    )
    unclear = found.re.pattern == _TIME and parts["s"] is None and clock >= timedelta(days=1)
    days = timedelta(days=float(parts.get("d") or 0), weeks=float(parts.get("w") or 0))
    if found.re.pattern == _ISO:
        clock, days = clock + days, timedelta()
    signed = -clock if parts.get("sign") == "-" else clock
    return None if unclear else days + signed


_FORMS = (_TIME, _MINUTES, _DAYS, _ISO)
# How all of them begin: most text does not, and is not looked at further.
_BEGINS = re.compile(r"\s*[+-]?(?:P?T?\d|[A-Za-z]{3,9}\.? \d)")


def _is_clock(text: str) -> bool:
    found = re.fullmatch(_TIME, text.strip())
    return found is not None and not found["sign"] and int(found["h"]) < 24


def _iso_time(rest: str) -> str:
    """What stands behind a date, as ISO writes it."""
    rest = rest.strip().removeprefix("T").strip()
    found = re.fullmatch(_TIME, rest)
    if found is None or not found["half"]:
        return f"T{rest}" if rest else ""
    time = duration_of(rest)
    return "?" if time is None else f"T{str(time).zfill(8)}"
