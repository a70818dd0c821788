"""Moments of lazy frames (Polars, DuckDB, Dask, PySpark, Ibis), without moving a row.

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
from typing import Any

import narwhals as nw
import numpy as np

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.moments import block_products
from steepest.moments.exact_residuals import Line, Sums
from steepest.moments.moments import CentredMoments
from steepest.tables.blocks import Tally
from steepest.tables.column_encoding import Encoding
from steepest.tables.frames.lazy import LazyFrameTable
from steepest.tables.frames.lazy_expressions import (
    Expr,
    Lazy,
    fetch,
    filled_columns,
    flag,
    sources,
    usable,
    weight_of,
)
from steepest.tables.frames.lazy_survey import Survey, numbers, survey
from steepest.tables.holdout_split import Split

_PART = "steepest part"
_WHOLE = Split()
# Of so many columns an engine takes minutes to plan the sums of all products.
MOST_COLUMNS = 2_000


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
    split: Split = _WHOLE,
    tally: Tally | None = None,
) -> list[CentredMoments]:
    """Moments of each part of the split, from two aggregate queries.

    Raises `InputError` for missing values (as the encoding
    says), for nan and inf, named by column and counted, and for a frame without usable rows.
    """
    _check_width(table, len(encoding.names))
    encoding.check(table)
    surveyed = survey(table, encoding, tally=tally)
    frame = _shifted(table, encoding, surveyed.shift, surveyed.scale)
    q, weighted = len(surveyed.names), encoding.weights is not None
    results = _summed(_with_part(frame, q, split), _sum_expressions(q, weighted), split.parts)
    return [_moments(surveyed, weighted, results.get(part, {})) for part in range(split.parts)]


def absolute_errors(
    table: LazyFrameTable,
    encoding: Encoding,
    parts: Sequence[CentredMoments],
    line: tuple[Floats, float],
    split: Split = _WHOLE,
    centre: Floats | float = 0.0,
) -> list[float]:
    """Mean absolute error Σw|y − ŷ| / Σw of each of the `parts` that `lazy_moments` gave, of the
    predictions with this `line` of coefficients (p,) and value at the `centre` (p,): one aggregate
    query.
    """
    shift, scale = parts[0].shift, parts[0].scale
    frame = _with_part(_shifted(table, encoding, shift, scale), len(shift), split)
    slopes, level = line
    # In z the error is Σ g_j z_j + c, the target last.
    factors = (np.append(-slopes, 1.0) / scale).tolist()
    error: Expr = nw.lit(float(shift[-1] - level - slopes @ (shift[:-1] - centre)))
    for place, factor in enumerate(factors):
        error = error + nw.col(f"z{place}") * factor
    size = error.abs() if encoding.weights is None else error.abs() * nw.col("w")
    totals = _summed(frame.with_columns(size.alias("size")), [nw.col("size").sum()], len(parts))
    return [float(totals[number]["size"]) / part.weight for number, part in enumerate(parts)]


def residual_sums(
    table: LazyFrameTable,
    encoding: Encoding,
    parts: Sequence[CentredMoments],
    line: Line,
    columns: Sequence[int],
    split: Split = _WHOLE,
) -> Sums:
    """What the residuals of a line over some of the `columns` add up to, over the rows to train on:
    one aggregate query.
    """
    shift, scale = parts[0].shift, parts[0].scale
    slopes, centre = np.zeros(len(shift) - 1), shift[:-1].copy()
    slopes[list(columns)], centre[list(columns)] = line.slopes.high, line.centre
    frame = _with_part(_shifted(table, encoding, shift, scale), len(shift), split)
    factors = (np.append(-slopes, 1.0) / scale).tolist()
    # About the line's own centre: what is left of large numbers is formed once, here.
    rest: Expr = nw.lit(float(shift[-1] - line.level.high - slopes @ (shift[:-1] - centre)))
    for place, factor in enumerate(factors):
        rest = rest + nw.col(f"z{place}") * factor
    weighted = nw.col("r") if encoding.weights is None else nw.col("r") * nw.col("w")
    asked = [(weighted * nw.col("r")).sum().alias("squares"), weighted.sum().alias("rest")]
    asked += [(weighted * nw.col(f"z{place}")).sum().alias(f"g{place}") for place in columns]
    found = _summed(frame.with_columns(rest.alias("r")), asked, len(parts))
    chosen = [0] if split.fraction is not None else range(len(parts))
    totals = {
        name: math.fsum(float(found[part][name]) for part in chosen if part in found)
        for name in ("squares", "rest", *(f"g{place}" for place in columns))
    }
    pulled = np.array([totals[f"g{place}"] for place in columns]) / scale[list(columns)]
    about = pulled + (shift[list(columns)] - line.centre) * totals["rest"]
    return Sums(totals["squares"], totals["rest"], about)


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


def _with_part(frame: Lazy, q: int, split: Split) -> Lazy:
    """Add the part of every row, from the hash that the module's docstring states."""
    if split.parts == 1:
        return frame
    generator = np.random.default_rng(split.seed)
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
    if split.fraction is not None:
        return frame.with_columns(flag(part < split.fraction).cast(nw.Int64).alias(_PART))
    return frame.with_columns((part * float(split.parts)).floor().cast(nw.Int64).alias(_PART))


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


def _moments(surveyed: Survey, weighted: bool, row: Mapping[str, Any]) -> CentredMoments:
    names, shift, scale = surveyed.names, surveyed.shift, surveyed.scale
    rows = int(row.get("rows", None) or 0)
    if not rows:
        return CentredMoments.empty(names, shift, scale)
    q = len(names)
    products = np.zeros((q, q))
    for i in range(q):
        for j in range(i, q):
            products[i, j] = products[j, i] = float(row[f"p{i}_{j}"])
    sums = block_products.Sums(numbers(row, "s", q), products)
    weight = float(row["weight"]) if weighted else float(rows)
    return CentredMoments.of_blocks(
        names, shift, scale, [(rows, weight, sums)], engine_roundings(rows)
    )


def engine_roundings(rows: int) -> float:
    """How many unit roundoffs of their magnitude an engine's sums of products may be off."""
    # Shift, scale, product and centring as in a block; then engines add row after row, and the
    # roundings of n additions grow like the square root of n.
    return 16.0 + 2.0 * math.sqrt(rows)
