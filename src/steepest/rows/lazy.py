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
from dataclasses import dataclass
from typing import Any, final

import narwhals as nw
import numpy as np
from narwhals.exceptions import NarwhalsError
from numpy.typing import NDArray

from steepest.errors import InputError
from steepest.rows.blocks import OFFER, Tally
from steepest.rows.encode import Encoding
from steepest.rows.expressions import (
    Expr,
    Lazy,
    Source,
    all_of,
    fetch,
    flag,
    lazy_columns,
    sources,
    where,
)
from steepest.rows.gram import Sums
from steepest.rows.moments import Moments
from steepest.rows.parts import IndicatorPart
from steepest.rows.table import LazyTable

__all__ = ["LazyFrameTable", "LazyTable", "lazy_moments", "open_lazy", "predict_lazy"]

PREDICTION = "prediction"
_EXACT = 2**53
_USABLE, _PART = "steepest usable", "steepest part"
# The shift keeps this many bits of the column's range: engines whose means differ in the last
# bits still shift by the same number, and so agree on the part of every row.
_SHIFT_BITS = 20


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
        first = _survey(self, encoding)
        about = _survey(self, encoding, shift=first.shift.tolist())
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
    encoding.check(table)
    survey = _survey(table, encoding, tally=tally)
    parts = 2 if fraction is not None else folds
    frame = _shifted(table, encoding, survey)
    q = len(survey.names)
    if parts > 1:
        frame = _with_part(frame, q, parts, fraction, seed)
    weighted = encoding.weights is not None
    results = _summed(frame, _sum_expressions(q, weighted), parts)
    return [_moments(survey, weighted, results.get(part, {})) for part in range(parts)]


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
    for name, value in zip(encoding.names, _filled(encoding, used), strict=True):
        total = total + value * float(coefficients[name])
    frame = table.frame
    if encoding.missing == "drop":
        frame = frame.filter(all_of([source.present for source in used]))
    return frame.with_columns(total.alias(PREDICTION)).to_native()


# The first query: what is there.


@dataclass(frozen=True)
class _Survey:
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


def _survey(
    table: LazyFrameTable,
    encoding: Encoding,
    *,
    tally: Tally | None = None,
    shift: Sequence[float] | None = None,
) -> _Survey:
    """Run the first query, on values less `shift` where it is given."""
    used = sources(encoding, table.schema)
    weighted = encoding.weights is not None
    frame = table.frame.with_columns(_usable(used, encoding).alias(_USABLE))
    columns = [flag(nw.col(_USABLE)).alias("usable"), *_flags(used)]
    columns += _good_values(used, encoding, shift)
    asked = [nw.len().alias("rows"), nw.col("usable").sum()]
    asked += [nw.col(name).sum() for name in _flag_names(used)]
    for place in range(len(encoding.names) + 1):
        asked += _range_and_mean(place, weighted)
    row = fetch(frame.select(*columns).select(*asked))[0]
    _refuse_values(table, encoding, used, row)
    if tally is not None:
        _count(tally, encoding, used, row)
    return _read_survey(table, encoding, used, row)


def _good_values(
    used: Sequence[Source], encoding: Encoding, shift: Sequence[float] | None
) -> list[Expr]:
    """Every float column and its weight, NULL where the row or the value is not used."""
    found, weight = [], _weight(used, encoding)
    for place, (present, value) in enumerate(_float_columns(used, encoding)):
        good = nw.col(_USABLE) & present
        shifted = value if shift is None else value - shift[place]
        found.append(where(good, shifted).alias(f"v{place}"))
        if weight is not None:
            found.append(where(good, weight).alias(f"w{place}"))
    return found


def _usable(used: Sequence[Source], encoding: Encoding) -> Expr:
    """True for rows that are kept: under "mean" only the target (and weight) must be there."""
    single = [source for source in used if source.part is None]
    decisive = single if encoding.missing == "mean" else used
    return all_of([source.present for source in decisive])


def _float_columns(used: Sequence[Source], encoding: Encoding) -> list[tuple[Expr, Expr]]:
    """(where it is valid, value) of every float column, target last."""
    return [
        (source.present, value)
        for source in used
        if source.part is not None or source.name == encoding.target
        for value in source.floats
    ]


def _weight(used: Sequence[Source], encoding: Encoding) -> Expr | None:
    return None if encoding.weights is None else used[-1].floats[0]


def _range_and_mean(place: int, weighted: bool) -> list[Expr]:
    value, weight = nw.col(f"v{place}"), nw.col(f"w{place}")
    found = [
        value.count().alias(f"count{place}"),
        value.min().alias(f"low{place}"),
        value.max().alias(f"high{place}"),
    ]
    if not weighted:
        return [*found, value.mean().alias(f"mean{place}")]
    return [
        *found,
        (value * weight).sum().alias(f"total{place}"),
        weight.sum().alias(f"mass{place}"),
        weight.min().alias(f"least{place}"),
    ]


def _flags(used: Sequence[Source]) -> list[Expr]:
    """0 or 1 in every row: whether a column lacks its value, is nan, is inf."""
    found = []
    for place, source in enumerate(used):
        found.append(flag(~source.present).alias(f"missing{place}"))
        if source.nan is not None and source.infinite is not None:
            found.append(flag(source.nan).alias(f"nan{place}"))
            found.append(flag(source.infinite).alias(f"inf{place}"))
    return found


def _flag_names(used: Sequence[Source]) -> list[str]:
    return [
        f"{what}{place}"
        for place, source in enumerate(used)
        for what in (("missing", "nan", "inf") if source.nan is not None else ("missing",))
    ]


def _refuse_values(
    table: LazyFrameTable, encoding: Encoding, used: Sequence[Source], row: Mapping[str, Any]
) -> None:
    """The error for values that cannot be used, named by column and counted."""
    if not row["rows"]:
        raise InputError(f"{table.description}: 0 rows were found; there is nothing to compute")
    for place, source in enumerate(used):
        infinite, nan = (int(row.get(f"{what}{place}") or 0) for what in ("inf", "nan"))
        if infinite:
            raise _not_finite(table, source.name, infinite, "inf", "correct or remove those rows")
        if nan and encoding.missing == "error":
            raise _not_finite(table, source.name, nan, "nan", f"correct them, or {OFFER}")
    counts = _missing(used, row)
    for name, count in counts.items():
        if count == row["rows"] and any(source.part is None for source in used):
            raise InputError(
                f"{table.description}: column {name!r} has no values: all {count} are missing; "
                "leave it out"
            )
    if counts and encoding.missing == "error":
        total, listed = sum(counts.values()), ", ".join(f"{n} {c}" for n, c in counts.items())
        raise InputError(f"{total} missing {_values_word(total)}: {listed}; {OFFER}")


def _missing(used: Sequence[Source], row: Mapping[str, Any]) -> dict[str, int]:
    counts = {s.name: int(row[f"missing{place}"] or 0) for place, s in enumerate(used)}
    return {name: count for name, count in counts.items() if count}


def _not_finite(table: LazyFrameTable, name: str, count: int, what: str, advice: str) -> InputError:
    return InputError(
        f"{table.description}: column {name!r} has {count} {what} {_values_word(count)}; {advice}"
    )


def _values_word(count: int) -> str:
    return "value" if count == 1 else "values"


def _count(
    tally: Tally, encoding: Encoding, used: Sequence[Source], row: Mapping[str, Any]
) -> None:
    usable, rows = int(row["usable"] or 0), int(row["rows"])
    tally.rows_read, tally.rows_dropped, tally.missing = rows, rows - usable, _missing(used, row)
    if encoding.missing == "mean":
        behind = _float_sources(used, encoding)[:-1]
        filled = {s.name: usable - int(row[f"count{place}"]) for place, s in enumerate(behind)}
        tally.filled = {name: count for name, count in filled.items() if count}


def _read_survey(
    table: LazyFrameTable, encoding: Encoding, used: Sequence[Source], row: Mapping[str, Any]
) -> _Survey:
    names = (*encoding.names, encoding.target or "y")
    if not row["usable"]:
        raise InputError(
            f"{table.description}: {row['rows']} rows were found and every one has a missing "
            "value; leave the columns that miss most out of the features"
        )
    low, high = _numbers(row, "low", len(names)), _numbers(row, "high", len(names))
    if encoding.weights is None:
        means = _numbers(row, "mean", len(names))
    else:
        least = float(np.nanmin(_numbers(row, "least", len(names))))
        if least < 0.0:
            raise InputError(
                f"{table.description}: the least weight {encoding.weights!r} is {least:g}; "
                "weights must not be negative"
            )
        mass = _numbers(row, "mass", len(names))
        means = _numbers(row, "total", len(names)) / np.where(mass > 0.0, mass, 1.0)
    survey = _Survey(names, np.clip(means, low, high), low, high)
    for place, source in enumerate(_float_sources(used, encoding)):
        if np.isnan(low[place]):
            raise InputError(
                f"{table.description}: column {source.name!r} has no values in rows with a target; "
                "leave it out"
            )
        if source.exact_only and max(abs(low[place]), abs(high[place])) >= _EXACT:
            raise InputError(
                f"{table.description}: column {source.name!r} holds integers beyond 2**53, which "
                "float64 cannot hold exactly; subtract a fixed number first, or leave it out"
            )
    return survey


def _float_sources(used: Sequence[Source], encoding: Encoding) -> list[Source]:
    """The column behind every float column, target last."""
    return [
        source
        for source in used
        if source.part is not None or source.name == encoding.target
        for _ in source.floats
    ]


def _numbers(row: Mapping[str, Any], key: str, count: int) -> NDArray[np.float64]:
    found = (row[f"{key}{place}"] for place in range(count))
    return np.array([math.nan if value is None else float(value) for value in found])


# The second query: products.


def _shifted(table: LazyFrameTable, encoding: Encoding, survey: _Survey) -> Lazy:
    """Usable rows as columns z0, z1, … (target last) and, where there are weights, w."""
    used = sources(encoding, table.schema)
    frame = table.frame
    if encoding.missing != "error":
        frame = frame.filter(_usable(used, encoding))
    values = _filled(encoding, used)
    shift, scale = survey.shift.tolist(), survey.scale.tolist()
    columns = [
        ((value - shift[place]) * scale[place]).alias(f"z{place}")
        for place, value in enumerate(values[: len(survey.names)])
    ]
    weight = _weight(used, encoding)
    return frame.select(*columns, *([] if weight is None else [weight.alias("w")]))


def _filled(encoding: Encoding, used: Sequence[Source]) -> list[Expr]:
    """Every float column, with its mean where a value is missing under "mean"."""
    found: list[Expr] = []
    for source in used:
        for value in source.floats:
            if encoding.missing == "mean" and source.part is not None:
                mean = nw.lit(encoding.fill[encoding.names[len(found)]])
                value = nw.when(source.present).then(value).otherwise(mean)
            found.append(value)
    return found


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
    found = [nw.len().alias("rows")]
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


def _moments(survey: _Survey, weighted: bool, row: Mapping[str, Any]) -> Moments:
    names, shift, scale = survey.names, survey.shift, survey.scale
    rows = int(row.get("rows", 0))
    if not rows:
        return Moments.empty(names, shift, scale)
    q = len(names)
    products = np.zeros((q, q))
    for i in range(q):
        for j in range(i, q):
            products[i, j] = products[j, i] = float(row[f"p{i}_{j}"])
    sums = Sums(_numbers(row, "s", q), products)
    weight = float(row["weight"]) if weighted else float(rows)
    return Moments.of_sums(names, rows, weight, shift, scale, sums, _roundings(rows))


def _roundings(rows: int) -> float:
    # Shift, scale, product and centring as in a block; then engines add row after row, and the
    # roundings of n additions grow like the square root of n.
    return 16.0 + 2.0 * math.sqrt(rows)


# Prediction: what is looked at before.


def _check_values(table: LazyFrameTable, encoding: Encoding, used: Sequence[Source]) -> None:
    asked = [nw.len().alias("rows"), *(nw.col(name).sum() for name in _flag_names(used))]
    row = fetch(table.frame.select(*_flags(used)).select(*asked))[0]
    if row["rows"]:
        _refuse_values(table, encoding, used, row)


def _check_levels(table: LazyFrameTable, used: Sequence[Source]) -> None:
    for source in used:
        if source.unseen is None or not isinstance(source.part, IndicatorPart):
            continue
        word = nw.col(source.name).cast(nw.String).alias(source.name)
        for row in fetch(table.frame.filter(source.unseen).select(word).head(1)):
            raise source.part.unseen(table.description, row[source.name])
