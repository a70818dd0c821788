"""The float columns of an encoding as narwhals expressions, for engines that keep their rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, final

import narwhals as nw

from steepest.tables.column_encoding import Encoding
from steepest.tables.date_part import DatePart
from steepest.tables.encoding_parts import IndicatorPart, Part
from steepest.tables.exact_numbers import EXACT
from steepest.tables.frames.eager import engine_of, kind_of
from steepest.tables.frames.engine_errors import engine_error
from steepest.tables.frames.lazy_dates import date_field
from steepest.tables.table import Column

Lazy = nw.LazyFrame[Any]
Expr = nw.Expr


@final
@dataclass(frozen=True)
class Source:
    """One column of the frame that an encoding uses."""

    name: str
    type: nw.dtypes.DType
    part: Part | None  # None: target or weights

    @property
    def present(self) -> Expr:
        """True where the column has a value: neither NULL nor nan."""
        there = ~nw.col(self.name).is_null()
        # NULL and False is False in every engine, so nan may be asked of NULL.
        return there & ~nw.col(self.name).is_nan() if self.type.is_float() else there

    @property
    def infinite(self) -> Expr | None:
        """True where the value is inf or -inf; None for a type that has none."""
        if not self.type.is_float():
            return None
        return self.present & ~nw.col(self.name).is_finite()

    @property
    def nan(self) -> Expr | None:
        """True where the value is nan (engines without NULL for floats say NULL instead)."""
        if not self.type.is_float():
            return None
        return ~nw.col(self.name).is_null() & nw.col(self.name).is_nan()

    @property
    def large(self) -> Expr | None:
        """True where float64 may round the whole number; None for a type that it always holds."""
        if self.type not in (nw.Int64, nw.UInt64, nw.Int128, nw.UInt128, nw.Decimal):
            return None
        return nw.col(self.name).cast(nw.Float64).abs() >= float(EXACT)

    @property
    def floats(self) -> list[Expr]:
        """The float columns, valid where the column is present."""
        column = nw.col(self.name)
        if isinstance(self.part, IndicatorPart):
            words = column if self.type == nw.String else column.cast(nw.String)
            levels = [flag(words == level) for level in self.part.coded]
            rest = [] if self.part.others is None else [flag(~words.is_in(list(self.part.levels)))]
            return levels + rest
        if isinstance(self.part, DatePart):
            return [date_field(self.name, self.type, field) for field in self.part.fields]
        return [flag(column) if self.type == nw.Boolean else column.cast(nw.Float64)]

    @property
    def unseen(self) -> Expr | None:
        """True where the value is a level that the encoding does not know; None: no row."""
        if not isinstance(self.part, IndicatorPart) or self.part.others is not None:
            return None
        known = nw.col(self.name).cast(nw.String).is_in(list(self.part.levels))
        return ~nw.col(self.name).is_null() & ~known


def sources(encoding: Encoding, schema: nw.Schema, *, with_target: bool = True) -> list[Source]:
    """The columns an encoding uses: features in order, then target, then weights."""
    used = [Source(part.column, schema[part.column], part) for part in encoding.parts]
    if with_target:
        single = [name for name in (encoding.target, encoding.weights) if name is not None]
        used += [Source(name, schema[name], None) for name in single]
    return used


def all_of(conditions: Sequence[Expr]) -> Expr:
    """True where every condition is."""
    return reduce(lambda left, right: left & right, conditions)


def flag(condition: Expr) -> Expr:
    """1.0 where the condition is true, else 0.0 (Spark sums no booleans)."""
    return nw.when(condition).then(nw.lit(1.0)).otherwise(nw.lit(0.0))


def where(condition: Expr, value: Expr) -> Expr:
    """The value where the condition is true, else NULL."""
    return nw.when(condition).then(value)


def fetch(frame: Lazy) -> list[dict[str, Any]]:
    """Run a query whose result is small, and bring its rows here.

    DuckDB and Spark hand out Python values themselves: no Arrow or pandas is needed for them.
    Whatever the engine complains of becomes an `InputError` of one line.
    """
    try:
        return _fetch(frame)
    except Exception as problem:
        raise engine_error(engine_of(frame), problem) from problem


def _fetch(frame: Lazy) -> list[dict[str, Any]]:
    native = frame.to_native()
    names = frame.collect_schema().names()
    if frame.implementation.is_duckdb():
        return [dict(zip(names, row, strict=True)) for row in native.fetchall()]
    if frame.implementation.is_spark_like() and hasattr(native, "collect"):
        return [row.asDict() for row in native.collect()]
    if frame.implementation.is_polars():
        # Streamed in pieces, so that a scan of files larger than memory stays within it.
        rows: list[dict[str, Any]] = native.collect(engine="streaming").rows(named=True)
        return rows
    return [{name: row[name] for name in names} for row in frame.collect().iter_rows(named=True)]


def lazy_columns(schema: nw.Schema) -> tuple[Column, ...]:
    """The columns of a frame by kind."""
    return tuple(Column(name, kind_of(dtype), str(dtype)) for name, dtype in schema.items())


def usable(used: Sequence[Source], encoding: Encoding) -> Expr:
    """True for rows that are kept: under "mean" only the target (and weight) must be there."""
    single = [source for source in used if source.part is None]
    decisive = single if encoding.missing == "mean" else used
    return all_of([source.present for source in decisive])


def float_columns(used: Sequence[Source], encoding: Encoding) -> list[tuple[Source, Expr]]:
    """Every float column, target last, with the column that it is made of."""
    return [
        (source, value)
        for source in used
        if source.part is not None or source.name == encoding.target
        for value in source.floats
    ]


def weight_of(used: Sequence[Source], encoding: Encoding) -> Expr | None:
    return None if encoding.weights is None else used[-1].floats[0]


def filled_columns(encoding: Encoding, used: Sequence[Source]) -> list[Expr]:
    """Every float column, with its mean where a value is missing under "mean"."""
    columns: list[Expr] = []
    for source in used:
        for value in source.floats:
            if encoding.missing == "mean" and source.part is not None:
                mean = nw.lit(encoding.fill[encoding.names[len(columns)]])
                value = nw.when(source.present).then(value).otherwise(mean)
            columns.append(value)
    return columns
