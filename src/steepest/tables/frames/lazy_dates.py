"""Fields of dates, times of day and durations as narwhals expressions, the same in every engine."""

import narwhals as nw

from steepest.tables.date_part import DateField

_IN_UTC = ("UTC", "Etc/UTC", "Etc/UCT", "UCT", "GMT", "Etc/GMT", "Zulu", "+00:00")
_DAY = 86_400.0


def date_field(name: str, dtype: nw.dtypes.DType, field: DateField) -> nw.Expr:
    """A field of a column, as `tables.date_part` defines it: engines count weekdays, and have
    totals, each in their own way, so that all is made of year, month, day and the clock.
    """
    column = nw.col(name)
    if dtype == nw.Duration:
        return column.dt.total_microseconds().cast(nw.Float64) / (_DAY * 1e6)
    if field == "weekday":
        days = _days(column) + 3.0  # 1970-01-01 was a Thursday
        return days - 7.0 * (days / 7.0).floor()
    if field != "elapsed":
        no_clock = field == "hour" and dtype == nw.Date
        return _part(column, "day") * 0.0 if no_clock else _part(column, field)
    if dtype == nw.Date:
        return _days(column)
    zone = getattr(dtype, "time_zone", None)
    if zone is not None and zone not in _IN_UTC:
        column = column.dt.convert_time_zone("UTC")
    days = nw.lit(0.0) if dtype == nw.Time else _days(column)
    return (days * _DAY + _seconds(column)) / _DAY


def _part(column: nw.Expr, name: str) -> nw.Expr:
    part: nw.Expr = getattr(column.dt, name)()
    return part.cast(nw.Float64)


def _seconds(column: nw.Expr) -> nw.Expr:
    """Since midnight."""
    minutes = _part(column, "hour") * 60.0 + _part(column, "minute")
    return minutes * 60.0 + _part(column, "second") + _part(column, "microsecond") / 1e6


def _days(column: nw.Expr) -> nw.Expr:
    """Since 1970-01-01: the calendar of years that begin in March, whose leap day comes last."""
    month = _part(column, "month")
    late = ((month + 9.0) / 12.0).floor()  # 0 in January and February, which end the year before
    year = _part(column, "year") - 1.0 + late
    within = ((153.0 * (month + 9.0 - 12.0 * late) + 2.0) / 5.0).floor()
    leaps = (year / 4.0).floor() - (year / 100.0).floor() + (year / 400.0).floor()
    return 365.0 * year + leaps + within + _part(column, "day") - 719_469.0
