"""The first query of a lazy frame: what is missing or not finite; ranges and means."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, final

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from steepest.errors import InputError
from steepest.tables.blocks import Tally, empty_column, missing_values, no_whole_row, offer
from steepest.tables.column_encoding import Encoding
from steepest.tables.exact_numbers import EXACT, is_rounded, rounded
from steepest.tables.frames.lazy_expressions import (
    Expr,
    Lazy,
    Source,
    fetch,
    flag,
    float_columns,
    sources,
    usable,
    weight_of,
    where,
)
from steepest.translation import say

_USABLE = "steepest usable"
# The shift keeps this many bits of the column's range: engines whose means differ in the last
# bits still shift by the same number, and so agree on the part of every row.
_SHIFT_BITS = 20
# Of numbers wider than 64 bits the engine tells its large ones, each once, up to so many.
_MOST_LARGE = 10_000


class LazyFrame(Protocol):
    """A lazy frame with its schema, and what it is called in errors."""

    frame: Lazy
    schema: nw.Schema

    @property
    def description(self) -> str: ...


@final
@dataclass(frozen=True)
class Survey:
    """Per float column (target last): mean, least and greatest value over usable rows."""

    names: tuple[str, ...]
    means: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def scale(self) -> NDArray[np.float64]:
        """Powers of two that bring every column's range near 1."""
        spread = self.high - self.low
        exponent = np.round(np.log2(np.where(spread > 0.0, spread, 1.0)))
        return np.exp2(-np.clip(exponent, -1000.0, 1000.0))

    @property
    def shift(self) -> NDArray[np.float64]:
        """The means, rounded to a grid of the range; a constant column's value itself."""
        grid = np.exp2(_SHIFT_BITS) * self.scale
        with np.errstate(over="ignore", invalid="ignore"):
            near = np.round(self.means * grid) / grid
        near = np.where(np.isfinite(near), near, self.means)
        return np.where(self.high > self.low, near, self.low)


def survey(
    table: LazyFrame,
    encoding: Encoding,
    *,
    tally: Tally | None = None,
    shift: Sequence[float] | None = None,
) -> Survey:
    """Run the first query, on values less `shift` where it is given."""
    used = sources(encoding, table.schema)
    weighted = encoding.weights is not None
    frame = table.frame.with_columns(usable(used, encoding).alias(_USABLE))
    flagged = flags(used)
    columns = [flag(nw.col(_USABLE)).alias("usable"), *flagged.values()]
    columns += _good_values(used, encoding, shift)
    asked = [nw.len().alias("rows"), nw.col("usable").sum()]
    asked += [nw.col(name).sum() for name in flagged]
    for place in range(len(encoding.names) + 1):
        asked += _range_and_mean(place, weighted)
    row = fetch(frame.select(*columns).select(*asked))[0]
    refuse_values(table, encoding, used, row)
    if tally is not None:
        _count(tally, encoding, used, row)
    return _read_survey(table, encoding, used, row)


def _good_values(
    used: Sequence[Source], encoding: Encoding, shift: Sequence[float] | None
) -> list[Expr]:
    """Every float column and its weight, NULL where the row or the value is not used."""
    columns, weight = [], weight_of(used, encoding)
    for place, (source, value) in enumerate(float_columns(used, encoding)):
        good = nw.col(_USABLE) & source.present
        shifted = value if shift is None else value - shift[place]
        columns.append(where(good, shifted).alias(f"v{place}"))
        if weight is not None:
            columns.append(where(good, weight).alias(f"w{place}"))
    return columns


def _range_and_mean(place: int, weighted: bool) -> list[Expr]:
    value, weight = nw.col(f"v{place}"), nw.col(f"w{place}")
    statistics = [
        value.count().alias(f"count{place}"),
        value.min().alias(f"low{place}"),
        value.max().alias(f"high{place}"),
    ]
    if not weighted:
        return [*statistics, value.mean().alias(f"mean{place}")]
    return [
        *statistics,
        (value * weight).sum().alias(f"total{place}"),
        weight.sum().alias(f"mass{place}"),
        weight.min().alias(f"least{place}"),
    ]


def flags(used: Sequence[Source]) -> dict[str, Expr]:
    """By name, 0 or 1 in every row: whether a column lacks its value, is nan, inf, or large."""
    flagged = {}
    for place, source in enumerate(used):
        conditions = {
            "missing": ~source.present,
            "nan": source.nan,
            "inf": source.infinite,
            "large": source.large,
        }
        for name, condition in conditions.items():
            if condition is not None:
                flagged[f"{name}{place}"] = flag(condition).alias(f"{name}{place}")
    return flagged


def refuse_values(
    table: LazyFrame, encoding: Encoding, used: Sequence[Source], row: Mapping[str, Any]
) -> None:
    """The error for values that cannot be used, named by column and counted."""
    here = table.description
    if not row["rows"]:
        raise InputError("{here}: 0 rows were found; there is nothing to compute", here=here)
    fitting = any(source.part is None for source in used)
    advice = offer(predicting=not fitting)
    for place, source in enumerate(used):
        infinite, nan = (int(row.get(f"{what}{place}") or 0) for what in ("inf", "nan"))
        if infinite:
            raise _not_finite(
                here, source.name, infinite, "inf", say("correct or remove those rows")
            )
        if nan and encoding.missing == "error":
            raise _not_finite(
                here, source.name, nan, "nan", say("correct them, or {advice}", advice=advice)
            )
    counts = _missing(used, row)
    for name, count in counts.items():
        if count == row["rows"] and fitting:
            raise empty_column(here, name, count)
    if counts and encoding.missing == "error":
        raise missing_values(counts, not fitting)
    for place, source in enumerate(used):
        if row.get(f"large{place}"):
            _refuse_rounded(table.frame, here, source)


def _refuse_rounded(frame: Lazy, here: str, source: Source) -> None:
    """Refuse the first whole number of a column that float64 does not hold."""
    if source.large is None:
        return
    name, large = source.name, frame.filter(source.large)
    if source.type in (nw.Int64, nw.UInt64):
        powers = 10 if source.type == nw.Int64 else 11  # up to the end of the type
        rounds = _rounds(nw.col(name), powers)
        values = fetch(large.filter(rounds).select(nw.col(name)).head(1))
    else:
        words = large.select(nw.col(name).cast(nw.String).alias(name)).unique()
        values = fetch(words.head(_MOST_LARGE + 1))
    for row in values:
        if is_rounded(row[name]):
            raise rounded(here, name, row[name])
    if len(values) > _MOST_LARGE:
        raise InputError(
            "{here}: column {name!r} holds more than {MOST_LARGE} different numbers of 2**53 "
            "or more, too many to see whether float64 holds them exactly; subtract a fixed "
            "number first, or leave it out",
            here=here,
            name=name,
            MOST_LARGE=_MOST_LARGE,
        )


def _rounds(value: nw.Expr, powers: int) -> nw.Expr:
    """Beyond 2**53 float64 holds every second integer, beyond 2**54 every fourth, and so on."""
    bad = nw.lit(False)
    for step in (2**power for power in range(powers)):
        beyond = (value > EXACT * step) | (value < -EXACT * step)
        bad = bad | (beyond & (value % (2 * step) != 0))
    return bad


def _missing(used: Sequence[Source], row: Mapping[str, Any]) -> dict[str, int]:
    counts = {s.name: int(row[f"missing{place}"] or 0) for place, s in enumerate(used)}
    return {name: count for name, count in counts.items() if count}


def _not_finite(source: str, name: str, count: int, what: str, advice: str) -> InputError:
    values = "value" if count == 1 else "values"
    return InputError(
        "{source}: column {name!r} has {count} {what} {values}; {advice}",
        source=source,
        name=name,
        count=count,
        what=what,
        values=values,
        advice=advice,
    )


def _count(
    tally: Tally, encoding: Encoding, used: Sequence[Source], row: Mapping[str, Any]
) -> None:
    usable, rows = int(row["usable"] or 0), int(row["rows"])
    tally.rows_read, tally.rows_dropped, tally.missing = rows, rows - usable, _missing(used, row)
    if encoding.missing == "mean":
        behind = float_columns(used, encoding)[:-1]
        filled = {s.name: usable - int(row[f"count{i}"]) for i, (s, _) in enumerate(behind)}
        tally.filled = {name: count for name, count in filled.items() if count}


def _read_survey(
    table: LazyFrame, encoding: Encoding, used: Sequence[Source], row: Mapping[str, Any]
) -> Survey:
    names = (*encoding.names, encoding.target or "y")
    if not row["usable"]:
        raise no_whole_row(table.description, int(row["rows"]))
    low, high = numbers(row, "low", len(names)), numbers(row, "high", len(names))
    if encoding.weights is None:
        means = numbers(row, "mean", len(names))
    else:
        least = float(np.nanmin(numbers(row, "least", len(names))))
        if least < 0.0:
            raise InputError(
                "{description}: the least weight {weights!r} is {least:g}; weights must not "
                "be negative",
                description=table.description,
                weights=encoding.weights,
                least=least,
            )
        mass = numbers(row, "mass", len(names))
        means = numbers(row, "total", len(names)) / np.where(mass > 0.0, mass, 1.0)
    survey = Survey(names, np.clip(means, low, high), low, high)
    for place, (source, _) in enumerate(float_columns(used, encoding)):
        if np.isnan(low[place]):
            raise InputError(
                "{description}: column {name!r} has no values in rows with a target; leave it out",
                description=table.description,
                name=source.name,
            )
    return survey


def numbers(row: Mapping[str, Any], key: str, count: int) -> NDArray[np.float64]:
    values = (row[f"{key}{place}"] for place in range(count))
    return np.array([math.nan if value is None else float(value) for value in values])
