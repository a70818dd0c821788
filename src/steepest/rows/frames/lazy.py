"""Lazy frames (Polars, DuckDB, Dask, PySpark, Ibis): moments without moving a row.

Two aggregate queries run inside the engine. The first counts what is missing or not finite, and
finds the range and mean of every column. The second sums products of columns that are shifted by
(nearly) their means and scaled by powers of two, in one group for each part of the split.

Engines have no row numbers, so the part of a row is decided by a hash of its own values: with
z the shifted, scaled columns, target included,

    t = frac(Σ c_j z_j),   t = frac(t (t + 33.33) 8191.7)   twice

where the c_j near 10^8 come from the seed. Equal rows go to the same part.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, final

import narwhals as nw
import numpy as np
from narwhals.exceptions import NarwhalsError

from steepest.errors import InputError
from steepest.rows.blocks import Tally
from steepest.rows.encode import Encoding
from steepest.rows.frames.expressions import (
    Expr,
    Lazy,
    Source,
    all_of,
    fetch,
    filled_columns,
    flag,
    lazy_columns,
    sources,
    usable,
    weight_of,
)
from steepest.rows.frames.survey import Survey, flag_names, flags, numbers, refuse_values, survey
from steepest.rows.gram import Floats, Sums
from steepest.rows.moments import Moments
from steepest.rows.parts import IndicatorPart
from steepest.rows.table import LazyTable

__all__ = [
    "LazyFrameTable",
    "LazyTable",
    "absolute_errors",
    "lazy_moments",
    "open_lazy",
    "predict_lazy",
]

PREDICTION = "prediction"
_PART = "steepest part"


# Of so many columns an engine takes minutes to plan the sums of all products.
MOST_COLUMNS = 2_000


@final
class LazyFrameTable(LazyTable):
    """A lazy frame of any engine that narwhals reads."""

    def __init__(self, frame: Lazy) -> None:
        self.frame = frame
        self.schema = frame.collect_schema()
        self.columns = lazy_columns(self.schema)
        engine = str(frame.implementation).removeprefix("Implementation.").lower()
        self.description = f"{engine} lazy frame: {len(self.columns)} columns"

    def levels(self, name: str, limit: int) -> list[str]:
        column = nw.col(name)
        words = self.frame.filter(~column.is_null()).select(column.cast(nw.String).alias(name))
        return sorted(row[name] for row in fetch(words.unique().head(limit + 1)))

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
            raise TypeError(f"{type(frame).__name__} is not a lazy frame")
        return LazyFrameTable(wrapped)
    except (TypeError, NarwhalsError, ValueError) as problem:
        message = " ".join(str(problem).split())
        raise InputError(f"this lazy frame cannot be read: {message[:200]}") from problem


def _check_width(table: LazyFrameTable, columns: int) -> None:
    if columns > MOST_COLUMNS:
        sums = (columns + 1) * (columns + 2) // 2
        raise InputError(
            f"{table.description}: {columns:,} features need {sums:,} sums of products in one "
            f"query; use at most {MOST_COLUMNS:,}, or collect the frame first"
        )


def lazy_moments(
    table: LazyFrameTable,
    encoding: Encoding,
    *,
    folds: int = 1,
    fraction: float | None = None,
    seed: int = 0,
    tally: Tally | None = None,
) -> list[Moments]:
    """Moments of each part of the rows, from two aggregate queries.

    `folds` gives that many parts of about equal size; `fraction` gives two, the second of which
    holds about that fraction of the rows. Raises `InputError` for missing values (as the encoding
    says), for nan and inf, named by column and counted, and for a frame without usable rows.
    """
    _check_width(table, len(encoding.names))
    encoding.check(table)
    found = survey(table, encoding, tally=tally)
    parts = 2 if fraction is not None else folds
    frame = _shifted(table, encoding, found.shift, found.scale)
    q = len(found.names)
    if parts > 1:
        frame = _with_part(frame, q, parts, fraction, seed)
    weighted = encoding.weights is not None
    results = _summed(frame, _sum_expressions(q, weighted), parts)
    return [_moments(found, weighted, results.get(part, {})) for part in range(parts)]


def absolute_errors(
    table: LazyFrameTable,
    encoding: Encoding,
    parts: Sequence[Moments],
    line: tuple[Floats, float],
    fraction: float | None = None,
    seed: int = 0,
) -> list[float]:
    """Mean absolute error Σw|y − ŷ| / Σw of each of the `parts` that `lazy_moments` gave, of the
    predictions with this `line` of coefficients (p,) and intercept: one aggregate query.
    """
    shift, scale = parts[0].shift, parts[0].scale
    frame, q = _shifted(table, encoding, shift, scale), len(shift)
    if len(parts) > 1:
        frame = _with_part(frame, q, len(parts), fraction, seed)
    slopes, offset = line
    # In z the error is Σ g_j z_j + c, the target last.
    factors = (np.append(-slopes, 1.0) / scale).tolist()
    error: Expr = nw.lit(float(shift[-1] - slopes @ shift[:-1] - offset))
    for place, factor in enumerate(factors):
        error = error + nw.col(f"z{place}") * factor
    size = error.abs() if encoding.weights is None else error.abs() * nw.col("w")
    found = _summed(frame.with_columns(size.alias("size")), [nw.col("size").sum()], len(parts))
    return [float(found[number]["size"]) / part.weight for number, part in enumerate(parts)]


def predict_lazy(
    table: LazyFrameTable,
    encoding: Encoding,
    coefficients: Mapping[str, float] | Sequence[float],
    intercept: float | None,
) -> Any:  # the user's own type of lazy frame
    """The user's lazy frame with one more column, `prediction`, computed by its engine.

    One aggregate query looks for values that cannot be used first: they are an error, as in
    `Encoding.blocks`. Under `missing="drop"` the rows that lack a value are left out.
    """
    encoding.check(table, with_target=False)
    if PREDICTION in table.schema:
        raise InputError(f"{table.description} has a column {PREDICTION!r} already; rename it")
    used = sources(encoding, table.schema, with_target=False)
    _check_values(table, encoding, used)
    _check_levels(table, used)
    if not isinstance(coefficients, Mapping):
        coefficients = dict(zip(encoding.names, coefficients, strict=True))
    total: Expr = nw.lit(float(intercept or 0.0))
    for name, value in zip(encoding.names, filled_columns(encoding, used), strict=True):
        total = total + value * float(coefficients[name])
    frame = table.frame
    if encoding.missing == "drop":
        frame = frame.filter(all_of([source.present for source in used]))
    return frame.with_columns(total.alias(PREDICTION)).to_native()


# The second query: products.


def _shifted(table: LazyFrameTable, encoding: Encoding, at: Floats, scales: Floats) -> Lazy:
    """Usable rows as columns z0, z1, … (target last) and, where there are weights, w."""
    used = sources(encoding, table.schema)
    frame = table.frame
    if encoding.missing != "error":
        frame = frame.filter(usable(used, encoding))
    values = filled_columns(encoding, used)
    shift, scale = at.tolist(), scales.tolist()
    columns = [
        ((value - shift[place]) * scale[place]).alias(f"z{place}")
        for place, value in enumerate(values[: len(shift)])
    ]
    weight = weight_of(used, encoding)
    return frame.select(*columns, *([] if weight is None else [weight.alias("w")]))


def _with_part(frame: Lazy, q: int, parts: int, fraction: float | None, seed: int) -> Lazy:
    """Add the part of every row, from the hash that the module's docstring states."""
    generator = np.random.default_rng(seed)
    factors = (1e8 * (1.0 + generator.random(q))).tolist()
    total = nw.col("z0") * factors[0]
    for place in range(1, q):
        total = total + nw.col(f"z{place}") * factors[place]
    frame = frame.with_columns(total.alias(_PART))
    part = nw.col(_PART)
    for _ in range(2):
        frame = frame.with_columns((part - part.floor().cast(nw.Float64)).alias(_PART))
        frame = frame.with_columns((part * (part + 33.33) * 8191.7).alias(_PART))
    frame = frame.with_columns((part - part.floor().cast(nw.Float64)).alias(_PART))
    if fraction is not None:
        return frame.with_columns(flag(part < fraction).cast(nw.Int64).alias(_PART))
    return frame.with_columns((part * float(parts)).floor().cast(nw.Int64).alias(_PART))


def _sum_expressions(q: int, weighted: bool) -> list[Expr]:
    """Rows, weight, sums and the upper triangle of products."""
    z = [nw.col(f"z{place}") for place in range(q)]
    left = [nw.col("w") * column for column in z] if weighted else z
    # A row of weight 0 says nothing, and does not count.
    found = [flag(nw.col("w") > 0.0).sum().alias("rows") if weighted else nw.len().alias("rows")]
    found += [nw.col("w").sum().alias("weight")] if weighted else []
    found += [left[i].sum().alias(f"s{i}") for i in range(q)]
    found += [(left[i] * z[j]).sum().alias(f"p{i}_{j}") for i in range(q) for j in range(i, q)]
    return found


def _summed(frame: Lazy, asked: Sequence[Expr], parts: int) -> dict[int, dict[str, Any]]:
    """The sums of each part that has rows."""
    if parts == 1:
        return {0: fetch(frame.select(*asked))[0]}
    if frame.implementation.is_dask():  # it groups plain columns only, no products
        chosen = {part: frame.filter(nw.col(_PART) == part) for part in range(parts)}
        return {part: fetch(rows.select(*asked))[0] for part, rows in chosen.items()}
    return {int(row[_PART]): row for row in fetch(frame.group_by(_PART).agg(*asked))}


def _moments(found: Survey, weighted: bool, row: Mapping[str, Any]) -> Moments:
    names, shift, scale = found.names, found.shift, found.scale
    rows = int(row.get("rows", None) or 0)
    if not rows:
        return Moments.empty(names, shift, scale)
    q = len(names)
    products = np.zeros((q, q))
    for i in range(q):
        for j in range(i, q):
            products[i, j] = products[j, i] = float(row[f"p{i}_{j}"])
    sums = Sums(numbers(row, "s", q), products)
    weight = float(row["weight"]) if weighted else float(rows)
    return Moments.of_blocks(names, shift, scale, [(rows, weight, sums)], _roundings(rows))


def _roundings(rows: int) -> float:
    # Shift, scale, product and centring as in a block; then engines add row after row, and the
    # roundings of n additions grow like the square root of n.
    return 16.0 + 2.0 * math.sqrt(rows)


# Prediction: what is looked at before.


def _check_values(table: LazyFrameTable, encoding: Encoding, used: Sequence[Source]) -> None:
    asked = [nw.len().alias("rows"), *(nw.col(name).sum() for name in flag_names(used))]
    row = fetch(table.frame.select(*flags(used)).select(*asked))[0]
    if row["rows"]:
        refuse_values(table, encoding, used, row)


def _check_levels(table: LazyFrameTable, used: Sequence[Source]) -> None:
    for source in used:
        if source.unseen is None or not isinstance(source.part, IndicatorPart):
            continue
        word = nw.col(source.name).cast(nw.String).alias(source.name)
        for row in fetch(table.frame.filter(source.unseen).select(word).head(1)):
            raise source.part.unseen(table.description, row[source.name])
