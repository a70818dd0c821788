"""Lazy frames (Polars, DuckDB, Dask, PySpark, Ibis) as tables whose rows stay in their engine."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, final

import narwhals as nw
from narwhals.exceptions import NarwhalsError

from steepest.errors import InputError, listed
from steepest.tables.column_encoding import Encoding, Tally
from steepest.tables.date_part import DatePart
from steepest.tables.encoding_parts import IndicatorPart, Part, Unseen
from steepest.tables.first_rows import UnusableColumn
from steepest.tables.frames.eager import engine_of, open_frame
from steepest.tables.frames.engine_errors import heard
from steepest.tables.frames.lazy_expressions import (
    Expr,
    Lazy,
    Source,
    all_of,
    fetch,
    filled_columns,
    lazy_columns,
    sources,
    where,
)
from steepest.tables.frames.lazy_survey import flags, refuse_values, survey
from steepest.tables.table import LazyTable, RawBlock
from steepest.translation import say
from steepest.wording.fact import fact

__all__ = [
    "LazyFrameTable",
    "LazyTable",
    "open_lazy",
    "predict_lazy",
]

_LEVEL = "steepest level"


@final
class LazyFrameTable(LazyTable):
    """A lazy frame of any engine that narwhals reads."""

    def __init__(self, frame: Lazy) -> None:
        self.frame = frame
        self.schema = frame.collect_schema()
        self.columns = lazy_columns(self.schema)
        self.summary = fact("lazy frame", engine=engine_of(frame), columns=len(self.columns))

    @property
    def native(self) -> Any:
        """The user's own frame."""
        return self.frame.to_native()

    @property
    def engine(self) -> str:
        """The name of its engine."""
        return engine_of(self.frame)

    def first(self, names: Sequence[str], rows: int) -> RawBlock | None:
        """So many rows of these columns, the first that its engine gives; None for no rows."""
        few = self.frame.select(*names).head(rows)
        (frame,) = heard(self.engine, (nw.to_native(each.collect()) for each in [few]))
        return open_frame(frame).first(names, rows) if len(frame) else None

    def levels(self, name: str, limit: int) -> list[str]:
        return sorted(row[_LEVEL] for row in fetch(self._words(name).unique().head(limit + 1)))

    def counts(self, name: str, limit: int) -> dict[str, int]:
        counted = self._words(name).group_by(_LEVEL).agg(nw.len().alias("steepest rows"))
        rows = fetch(counted.head(limit + 1))
        return {row[_LEVEL]: int(row["steepest rows"]) for row in rows}

    def _words(self, name: str) -> Lazy:
        """A column of text alone, by a name that Dask takes for nothing of its own, as "sort"."""
        column = nw.col(name)
        return self.frame.filter(~column.is_null()).select(column.cast(nw.String).alias(_LEVEL))

    def check_part(self, part: Part) -> None:
        if not isinstance(part, DatePart):
            return
        name, dtype = part.column, self.schema[part.column]
        why = say("it is of type {dtype}", dtype=dtype)
        try:
            if dtype.is_temporal():
                values = Source(name, dtype, part).floats
                columns = [value.alias(f"v{place}") for place, value in enumerate(values)]
                self.frame.select(*columns).collect_schema()
                return
        except Exception as problem:  # each engine has errors of its own
            why = " ".join(str(problem).split()).split(". ")[0][:200].rstrip(".")
        engine = engine_of(self.frame)
        raise UnusableColumn(
            say(
                "{description}: {engine} cannot make {names} of column {name!r}: {why}; cast it "
                "where the table is made, to a timestamp without time zone or a number",
                description=self.description,
                engine=engine,
                names=listed(part.names),
                name=name,
                why=why,
            ),
            fact("date left to its engine", name=name, of=part.of, engine=engine, why=why),
        )

    def select(self, names: Sequence[str]) -> "LazyFrameTable":
        """The same rows with these columns only."""
        return LazyFrameTable(self.frame.select(*names))

    def head(self, n: int) -> list[dict[str, Any]]:
        """So many rows, each as {name: value}; a missing value is None."""
        return [dict(row) for row in fetch(self.frame.head(n))]

    def means(self, encoding: Encoding) -> dict[str, float]:
        # An engine's own mean of a column far from zero loses digits; the mean about it does not.
        first = survey(self, encoding)
        about = survey(self, encoding, shift=first.shift.tolist())
        means = (first.shift + about.means).tolist()
        return dict(zip(encoding.names, means[: len(encoding.names)], strict=True))


def open_lazy(frame: object) -> LazyFrameTable:
    """A lazy frame as a table whose rows stay in their engine.

    >>> import duckdb
    >>> open_lazy(duckdb.sql("select 1 as x, 2.5 as y")).description
    'duckdb lazy frame: 2 columns'
    """
    try:
        wrapped: Any = nw.from_native(frame, pass_through=True)
        if not isinstance(wrapped, nw.LazyFrame):
            raise TypeError(say("{name} is not a lazy frame", name=type(frame).__name__))
        return LazyFrameTable(wrapped)
    except (TypeError, NarwhalsError, ValueError) as problem:
        message = " ".join(str(problem).split())
        raise InputError(
            "this lazy frame cannot be read: {message}", message=message[:200]
        ) from problem


def predict_lazy(
    table: LazyFrameTable,
    encoding: Encoding,
    lines: Mapping[str, tuple[Mapping[str, float], float | None]],
    centre: Mapping[str, float] = MappingProxyType({}),
    *,
    unseen: Unseen = "error",
    tally: Tally | None = None,
) -> Any:  # the user's own type of lazy frame
    """The user's lazy frame with one more column for each of the `lines`, by its name, computed by
    its engine: of the coefficients, and of the intercept, which it is at the `centre` (by default
    0).

    One aggregate query looks for values that cannot be used first: they are an error, as in
    `Encoding.blocks`. Under `missing="drop"` the rows that lack a value are left out. Levels that
    were not seen are counted in `tally`; under `unseen="missing"` their prediction is NULL.
    """
    encoding.check(table, with_target=False)
    used = sources(encoding, table.schema, with_target=False)
    _check_values(table, encoding, used)
    unknown = _unseen_levels(table, used, unseen, Tally() if tally is None else tally)
    values = dict(zip(encoding.names, filled_columns(encoding, used), strict=True))
    known = all_of([~each for each in unknown]) if unknown and unseen == "missing" else None
    columns = []
    for column, (coefficients, intercept) in lines.items():
        total: Expr = nw.lit(float(intercept or 0.0))
        for name, value in values.items():
            total = total + (value - float(centre.get(name, 0.0))) * float(coefficients[name])
        columns.append((total if known is None else where(known, total)).alias(column))
    frame = table.frame
    if encoding.missing == "drop":
        frame = frame.filter(all_of([source.present for source in used]))
    return frame.with_columns(*columns).to_native()


def _check_values(table: LazyFrameTable, encoding: Encoding, used: Sequence[Source]) -> None:
    flagged = flags(used)
    asked = [nw.len().alias("rows"), *(nw.col(name).sum() for name in flagged)]
    row = fetch(table.frame.select(*flagged.values()).select(*asked))[0]
    if row["rows"]:
        refuse_values(table, encoding, used, row)


def _unseen_levels(
    table: LazyFrameTable, used: Sequence[Source], rule: Unseen, tally: Tally
) -> list[Expr]:
    """Where levels are that were not seen; each column that holds some is counted, or an error."""
    found = []
    for source in used:
        if source.unseen is None or not isinstance(source.part, IndicatorPart):
            continue
        word = nw.col(source.name).cast(nw.String).alias(source.name)
        rows = table.frame.filter(source.unseen).select(word)
        first = fetch(rows.head(1))
        if not first:
            continue
        level = first[0][source.name]
        if rule == "error":
            raise source.part.unseen(table.description, level)
        tally.unseen[source.part] = fetch(rows.select(nw.len().alias("rows")))[0]["rows"], level
        found.append(source.unseen)
    return found
