"""`read` opens a table of any kind and says how it is read."""

from collections.abc import Iterable, Mapping, Sequence

from steepest.errors import InputError
from steepest.keywords import answer_wrong_keywords
from steepest.moments.moments import CentredMoments
from steepest.number_checks import is_whole, names_of
from steepest.results.table import Table
from steepest.tables.column_encoding import Missing, check_missing
from steepest.tables.date_part import date_fields
from steepest.tables.feature_columns import Coding
from steepest.tables.open_table import open_table
from steepest.tables.opened_table import OpenedTable, coding_of, opened_from, select_columns
from steepest.tables.samples import as_sample
from steepest.tables.table import LazyTable, column_kinds
from steepest.tables.table import Table as Rows
from steepest.wording.fact import Fact, fact


@answer_wrong_keywords
def read(
    source: object,
    *,
    columns: Iterable[str] | None = None,
    missing: Missing | None = None,
    header: bool | None = None,
    names: Sequence[str] | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    skip: int | None = None,
    thousands: str | None = None,
    decimal: str | None = None,
    percent: bool | None = None,
    na_values: str | Sequence[str] | None = None,
    dates: str | Sequence[str] | None = None,
    levels: int | Mapping[str, Sequence[str]] | None = None,
    engine: str | None = None,
    address: str | None = None,
) -> Table:
    """Open a table, for `fit`, `compare`, `Moments.of` and predictions, and show what is in it.

    Only what tells the columns is looked at: the rows stay where they are until they are needed.

    - `source`: a file (CSV, TSV, Parquet, JSON lines), here or at an address (https://, s3://,
      gs://, abfs://; in a store also a folder of files), a glob, a SELECT query over files, a
      DataFrame or lazy frame, a dict of columns or a list of dicts, a 2-D array or list of rows, a
      sample table (of `steepest.samples`, or its text "sample:noisy-line,seed=3"), or a table that
      was read before
    - `columns`: names of the columns to keep, in this order; default all
    - `missing`: what a fit does with missing values: "error", "drop" the rows, or take the column's
      "mean"; here, or where the table is fitted
    - `header`: whether the first line of a CSV file holds names; `delimiter`: the character between
      its fields; `encoding`: of its text; `skip`: how many lines stand above its header. Each is
      detected where it is not given; lines above the header only where they begin with #
    - `thousands`, `decimal`: the marks within numbers, where these are not plain: "1.200,50" has
      thousands="." and decimal=","; with either, also $5, (5) and '5' are numbers. `percent`:
      whether 10% is a number, 10. For CSV files and DataFrames
    - `na_values`: texts of a CSV file that stand for a missing value, such as ["-", "-999"]; the
      empty field, NA, N/A, null and NULL do anyway
    - `dates`: which fields of a date are features: "year", "month", "day", "weekday" (0 is Monday),
      "hour", "elapsed" (days since 1970-01-01). Times of day have "hour" and "elapsed" (days since
      midnight), durations "elapsed" (days). Without them these are no features
    - `levels`: how many levels of a text column have a feature of their own, the most frequent; the
      rarer ones, and those that a prediction meets, share one. Or which levels columns have, as in
      {"city": ["Bonn", "Oslo"]}, whichever of them these rows hold: moments of parts then add up
    - `engine`: who reads a source that is given by its name: "polars", "duckdb", "dask", "ray",
      "spark"; its rows stay there, as those of a lazy frame do. Files, folders, Delta tables, for
      Spark and DuckDB also a table of the catalogue or a SELECT. Without it files are read here
    - `address`: where that engine works: of Spark's master ("spark://host:7077") or Connect server
      ("sc://host"), of Dask's scheduler ("tcp://host:8786"), of Ray's head ("host:6379" or
      "ray://host:10001"); DuckDB's database file
    - `names`: of the columns, in their order: of CSV files, arrays and DataFrames

    Raises InputError where the source cannot be read as it is said: what, where, and what to do.

    >>> import steepest
    >>> table = steepest.read([[1, 2], [2, 4], [3, 6.3]], names=["hours", "price"])
    >>> table.columns, table.rows, table.head(1)
    (('hours', 'price'), 3, [{'hours': 1.0, 'price': 2.0}])
    >>> round(steepest.fit(table, target="price").coefficients["hours"], 6)
    2.15
    """
    if isinstance(source, CentredMoments):
        raise InputError("moments hold no rows to read; hand them to steepest.fit as they are")
    check_missing(missing)
    opened = open_table(
        source,
        header=header,
        names=names,
        delimiter=delimiter,
        encoding=encoding,
        skip=skip,
        thousands=thousands,
        decimal=decimal,
        percent=percent,
        na_values=na_values,
        engine=engine,
        address=address,
    )
    before = source if isinstance(source, OpenedTable) else None
    origin, target = opened_from(source), None if before is None else before.target
    sample = as_sample(source)
    if sample is not None:
        target = sample.target
    if missing is None and before is not None:
        missing = before.missing
    chosen = opened if columns is None else select_columns(opened, columns)
    coding = coding_of(source) if dates is None and levels is None else _coding(dates, levels)
    return Table(chosen, origin, target, missing, _facts(opened, chosen, missing), coding)


def _coding(
    dates: str | Sequence[str] | None, levels: int | Mapping[str, Sequence[str]] | None
) -> Coding:
    if isinstance(levels, Mapping):
        declared = {name: tuple(names_of("levels", of)) for name, of in levels.items()}
        for name, each in declared.items():
            if not each or len({*each}) < len(each):
                raise InputError("levels of {name!r} must be distinct, and at least one", name=name)
        return Coding(date_fields(dates), None, declared)
    if levels is not None and not is_whole(levels, least=1):
        raise InputError(
            "levels is {levels!r}; give how many levels have a feature of their own, or which by "
            "column",
            levels=levels,
        )
    return Coding(date_fields(dates), levels)


def _facts(
    opened: Rows | LazyTable, chosen: Rows | LazyTable, missing: Missing | None
) -> tuple[Fact, ...]:
    facts = [opened.summary]
    if isinstance(opened, Rows) and opened.count is not None:
        facts.append(fact("rows counted", rows=opened.count))
    facts.append(column_kinds(opened))
    if chosen is not opened:
        kept = [column.name for column in chosen.columns]
        facts.append(fact("columns kept", kept=kept, of=len(opened.columns)))
    if missing is not None:
        facts.append(fact("missing values", rule=missing))
    return tuple(facts)
