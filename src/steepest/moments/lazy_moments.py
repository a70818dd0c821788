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
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any, NamedTuple, final

import narwhals as nw
import numpy as np

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.moments import block_products
from steepest.moments.exact_residuals import WHOLLY, Line, Sums
from steepest.moments.lazy_factor import factor_lazily
from steepest.moments.moments import CentredMoments
from steepest.moments.qr_factor import Factor
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

PART = "steepest part"
_WHOLE = Split()
# Of so many columns an engine takes minutes to plan the sums of all products.
MOST_COLUMNS = 2_000


def _check_width(table: LazyFrameTable, columns: int) -> None:
    if columns > MOST_COLUMNS:
        sums = (columns + 1) * (columns + 2) // 2
        raise InputError(
            "{description}: {columns:,} features need {sums:,} sums of products in one "
            "query; use at most {MOST_COLUMNS:,}, or collect the frame first",
            description=table.description,
            columns=columns,
            sums=sums,
            MOST_COLUMNS=MOST_COLUMNS,
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
    frame = shifted(table, encoding, surveyed.shift, surveyed.scale)
    q, weighted = len(surveyed.names), encoding.weights is not None
    results = summed(
        with_part(frame, _columns(q), split), _sum_expressions(q, weighted), split.parts
    )
    return [_moments(surveyed, weighted, results.get(part, {})) for part in range(split.parts)]


class White(NamedTuple):
    """Columns that are uncorrelated with each other: root_k·(x − means) + level_k.

    - `root` (p, k), `means` (p,), `level` (k,)
    """

    root: Floats
    means: Floats
    level: Floats


@final
@dataclass(frozen=True, eq=False)
class EngineRows:
    """Rows in an engine whose moments are known: each question is one aggregate query.

    - `parts`: as `lazy_moments` gave them, of this `split`
    """

    table: LazyFrameTable
    encoding: Encoding
    parts: Sequence[CentredMoments]
    split: Split = _WHOLE

    @property
    def shift(self) -> Floats:
        """What is taken off the columns, and then their `scale`."""
        return self.parts[0].shift

    @property
    def scale(self) -> Floats:
        """By what the columns are multiplied."""
        return self.parts[0].scale

    @property
    def _frame(self) -> Lazy:
        frame = shifted(self.table, self.encoding, self.shift, self.scale)
        return with_part(frame, _columns(len(self.shift)), self.split)

    def absolute_errors(
        self, line: tuple[Floats, float], centre: Floats | float = 0.0
    ) -> list[float]:
        """Mean absolute error Σw|y − ŷ| / Σw of each part, of the predictions with this `line` of
        coefficients (p,) and value at the `centre` (p,).
        """
        error = self._residual(*line, centre)
        size = error.abs() if self.encoding.weights is None else error.abs() * nw.col("w")
        frame = self._frame.with_columns(size.alias("size"))
        totals = summed(frame, [nw.col("size").sum()], len(self.parts))
        return [float(totals[n]["size"]) / part.weight for n, part in enumerate(self.parts)]

    def residual_sums(self, line: Line, columns: Sequence[int]) -> Sums:
        """What the residuals of a line over some of the `columns` add up to, over the rows to train
        on.
        """
        shift, places = self.shift, list(columns)
        slopes, centre = np.zeros(len(shift) - 1), shift[:-1].copy()
        slopes[places], centre[places] = line.slopes.high, line.centre
        rest = self._residual(slopes, float(line.level.high), centre)
        weighted = nw.col("r") if self.encoding.weights is None else nw.col("r") * nw.col("w")
        asked = [(weighted * nw.col("r")).sum().alias("squares"), weighted.sum().alias("rest")]
        asked += [(weighted * nw.col(f"z{place}")).sum().alias(f"g{place}") for place in places]
        found = summed(self._frame.with_columns(rest.alias("r")), asked, len(self.parts))
        pulls = [f"g{place}" for place in places]
        totals = _of_training(found, self.split, ["squares", "rest", *pulls])
        pulled = np.array([totals[name] for name in pulls]) / self.scale[places]
        about = pulled + (shift[places] - line.centre) * totals["rest"]
        return Sums(totals["squares"], totals["rest"], about)

    def factor(self, moments: CentredMoments, columns: list[int], intercept: bool) -> Factor:
        """The triangle of some of the columns of moments of these rows: see `factor_lazily`."""
        frame = shifted(self.table, self.encoding, moments.shift, moments.scale)
        weight = [] if self.encoding.weights is None else ["w"]
        chosen = [nw.col(f"z{column}").alias(f"z{place}") for place, column in enumerate(columns)]
        return factor_lazily(moments.select(columns), frame.select(*chosen, *weight), intercept)

    def squared_scores(
        self, line: tuple[Floats, float, Floats], white: White, power: float
    ) -> Floats | None:
        """Σ (w r)² vvᵀ/(1 − h)^power (k, k) over the rows to train on, of the residuals r of a line
        (slopes, level, centre), the `white` columns v and leverages h = w·‖v‖². None where h is 1
        in some row.
        """
        constants = (white.level - (white.means - self.shift[:-1]) @ white.root).tolist()
        columns = [self._residual(*line).alias("r")]
        for k, constant in enumerate(constants):
            column: Expr = nw.lit(constant)
            for place, factor in enumerate((white.root[:, k] / self.scale[:-1]).tolist()):
                column = column + nw.col(f"z{place}") * factor
            columns.append(column.alias(f"v{k}"))
        weight = nw.lit(1.0) if self.encoding.weights is None else nw.col("w")
        v = [nw.col(f"v{k}") for k in range(len(constants))]
        leverage = sum((each * each for each in v[1:]), v[0] * v[0]) * weight
        score = nw.col("r") * nw.col("r") * weight * weight
        frame = self._frame.with_columns(*columns).with_columns(
            (1.0 - leverage).alias("left"), score.alias("score")
        )
        for _ in range(round(power)):
            frame = frame.with_columns((nw.col("score") / nw.col("left")).alias("score"))
        pairs = list(combinations_with_replacement(range(len(v)), 2))
        asked = [(nw.col("score") * v[i] * v[j]).sum().alias(f"p{i}_{j}") for i, j in pairs]
        found = summed(frame, [nw.col("left").min().alias("least"), *asked], self.split.parts)
        training = _training(found, self.split)
        if power and min(float(found[part]["least"]) for part in training) <= WHOLLY:
            return None
        totals = _of_training(found, self.split, [f"p{i}_{j}" for i, j in pairs])
        return _square(totals, len(v))

    def _residual(self, slopes: Floats, level: float, centre: Floats | float) -> Expr:
        """y less a line with these slopes (p,) and this level at its centre, of the shifted
        columns.
        """
        # About the line's own centre: what is left of large numbers is formed once, here.
        rest: Expr = nw.lit(float(self.shift[-1] - level - slopes @ (self.shift[:-1] - centre)))
        for place, factor in enumerate((np.append(-slopes, 1.0) / self.scale).tolist()):
            rest = rest + nw.col(f"z{place}") * factor
        return rest


def _training(found: Mapping[int, Any], split: Split) -> list[int]:
    """The parts that are trained on and have rows."""
    return [part for part in found if part == 0 or split.fraction is None]


def _of_training(
    found: Mapping[int, Mapping[str, Any]], split: Split, names: Sequence[str]
) -> dict[str, float]:
    """Sums over the rows to train on."""
    chosen = _training(found, split)
    return {name: math.fsum(float(found[part][name]) for part in chosen) for name in names}


# The second query: products.


def shifted(
    table: LazyFrameTable,
    encoding: Encoding,
    shift: Floats,
    scale: Floats | None = None,
    target: str | None = None,
) -> Lazy:
    """Usable rows as columns z0, z1, …, less their `shift` and times their `scale`; the column
    behind these, the target, as it is and by the name `target`; and weights, where there are some,
    as w.
    """
    used = sources(encoding, table.schema)
    frame = table.frame
    if encoding.missing != "error":
        frame = frame.filter(usable(used, encoding))
    values = filled_columns(encoding, used)
    columns = [value - off for value, off in zip(values, shift.tolist(), strict=False)]
    if scale is not None:
        columns = [column * size for column, size in zip(columns, scale.tolist(), strict=True)]
    named = [column.alias(f"z{place}") for place, column in enumerate(columns)]
    if target is not None:
        named.append(values[len(shift)].alias(target))
    weight = weight_of(used, encoding)
    return frame.select(*named, *([] if weight is None else [weight.alias("w")]))


def with_part(frame: Lazy, columns: Sequence[Expr], split: Split) -> Lazy:
    """Add the `PART` of every row, from the hash that the module's docstring states, of columns of
    about size 1.
    """
    if split.parts == 1:
        return frame
    generator = np.random.default_rng(split.seed)
    factors = (1e8 * (1.0 + generator.random(len(columns)))).tolist()
    total = columns[0] * factors[0]
    for column, factor in zip(columns[1:], factors[1:], strict=True):
        total = total + column * factor
    frame = frame.with_columns(total.alias(PART))
    part = nw.col(PART)
    for _ in range(2):
        frame = frame.with_columns((part - part.floor().cast(nw.Float64)).alias(PART))
        frame = frame.with_columns((part * (part + 33.33) * 8191.7).alias(PART))
    frame = frame.with_columns((part - part.floor().cast(nw.Float64)).alias(PART))
    if split.fraction is not None:
        return frame.with_columns(flag(part < split.fraction).cast(nw.Int64).alias(PART))
    return frame.with_columns((part * float(split.parts)).floor().cast(nw.Int64).alias(PART))


def _columns(q: int) -> list[Expr]:
    return [nw.col(f"z{place}") for place in range(q)]


def _sum_expressions(q: int, weighted: bool) -> list[Expr]:
    """Rows, weight, sums and the upper triangle of products."""
    z = _columns(q)
    left = [nw.col("w") * column for column in z] if weighted else z
    # A row of weight 0 says nothing, and does not count.
    found = [flag(nw.col("w") > 0.0).sum().alias("rows") if weighted else nw.len().alias("rows")]
    found += [nw.col("w").sum().alias("weight")] if weighted else []
    found += [left[i].sum().alias(f"s{i}") for i in range(q)]
    found += [(left[i] * z[j]).sum().alias(f"p{i}_{j}") for i in range(q) for j in range(i, q)]
    return found


def summed(frame: Lazy, asked: Sequence[Expr], parts: int) -> dict[int, dict[str, Any]]:
    """The sums of each part that has rows."""
    if parts == 1:
        return {0: fetch(frame.select(*asked))[0]}
    if frame.implementation.is_dask():  # it groups plain columns only, no products
        chosen = {part: frame.filter(nw.col(PART) == part) for part in range(parts)}
        return {part: fetch(rows.select(*asked))[0] for part, rows in chosen.items()}
    return {int(row[PART]): row for row in fetch(frame.group_by(PART).agg(*asked))}


def _moments(surveyed: Survey, weighted: bool, row: Mapping[str, Any]) -> CentredMoments:
    names, shift, scale = surveyed.names, surveyed.shift, surveyed.scale
    rows = int(row.get("rows", None) or 0)
    if not rows:
        return CentredMoments.empty(names, shift, scale)
    q = len(names)
    sums = block_products.Sums(numbers(row, "s", q), _square(row, q))
    weight = float(row["weight"]) if weighted else float(rows)
    return CentredMoments.of_blocks(
        names, shift, scale, [(rows, weight, sums)], engine_roundings(rows)
    )


def _square(row: Mapping[str, Any], q: int) -> Floats:
    """The symmetric matrix (q, q) of numbers that are called p0_0, p0_1, …"""
    square = np.zeros((q, q))
    for i, j in combinations_with_replacement(range(q), 2):
        square[i, j] = square[j, i] = float(row[f"p{i}_{j}"])
    return square


def engine_roundings(rows: int) -> float:
    """How many unit roundoffs of their magnitude an engine's sums of products may be off."""
    # Shift, scale, product and centring as in a block; then engines add row after row, and the
    # roundings of n additions grow like the square root of n.
    return 16.0 + 2.0 * math.sqrt(rows)
