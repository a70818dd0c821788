"""What a linear model needs to know of rows in an engine before it descends: two queries.

The first is the survey of every lazy frame: missing and infinite values, ranges and means. The
second checks the target against the loss, and sums what the coordinates are computed from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, TypeAlias, final

import narwhals as nw
import numpy as np

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.losses import Loss, Multinomial
from steepest.losses.counts_and_amounts import LogMean
from steepest.losses.two_classes import TwoClasses
from steepest.moments.block_products import Sums
from steepest.moments.lazy_moments import PART, engine_roundings, shifted, summed, with_part
from steepest.moments.moments import CentredMoments
from steepest.problems.coordinates import Coordinates
from steepest.tables.blocks import Tally
from steepest.tables.column_encoding import Encoding
from steepest.tables.frames.lazy import LazyFrameTable
from steepest.tables.frames.lazy_expressions import (
    Expr,
    Lazy,
    fetch,
    flag,
)
from steepest.tables.frames.lazy_survey import Survey, numbers, survey
from steepest.tables.holdout_split import Split
from steepest.translation import say, translated

Label: TypeAlias = "str | bool | float"

TARGET, WEIGHT = "y", "w"
_WHOLE = Split()
# Each class of a multinomial model is a predictor of its own.
MOST_CLASSES = 100
# So many sums of products an engine plans in one query with ease.
_PER_QUERY = 5_000


@final
@dataclass(frozen=True, eq=False)
class LazyRows:
    """Rows in an engine, ready for a loss, with counts, sums and ranges.

    - `frame`: columns z0, z1, … (features less `centre`), y (the target) and, where rows have
      weights, w; without rows that weigh nothing
    - `rows`: how many are usable and weigh more than 0
    - `total_weight`: Σs;   `class_weights` (k,): Σs of each class, empty where there are none
    - `mean`: of the target, weighted;   `low`, `high`: its range
    - `squares`: Σ s x̃ⱼ², (p,), in the descent's coordinates
    - `moments`: of the features, with a target of 0; None where they were not asked for
    - `split`: into which parts the rows are sent; of more than one the frame has a column of them
    """

    frame: Lazy
    weighted: bool
    coordinates: Coordinates
    rows: int
    total_weight: float
    class_weights: Floats
    mean: float
    low: float
    high: float
    squares: Floats
    moments: CentredMoments | None = None
    split: Split = _WHOLE

    @staticmethod
    def of(
        table: LazyFrameTable,
        encoding: Encoding,
        loss: Loss,
        *,
        classes: Sequence[Label] | None = None,
        standardize: bool = True,
        intercept: bool = True,
        tally: Tally | None = None,
        products: bool = False,
        split: Split = _WHOLE,
    ) -> "LazyRows":
        """Rows of a table as the encoding says. `classes` are what the target holds for class 0, 1,
        …; None where it holds those numbers, or where the loss knows no classes. `products` asks
        for the moments too: of some hundred columns in the same query.

        Raises InputError for a loss with kinks, and for values and targets that cannot be used,
        counted.
        """
        _require_smooth(loss)
        if classes is not None:
            assert encoding.target is not None
            table = _coded(table, encoding.target, classes)
        encoding.check(table)
        found = survey(table, encoding, tally=tally)
        count = _class_count(table, encoding, loss, found, classes)
        shift, pairs = found.shift[:-1], _products(encoding) if products else []
        frame = shifted(table, encoding, shift, target=TARGET)
        asked = [*_asked(encoding, loss, count), *pairs[:_PER_QUERY]]
        row = fetch(frame.select(*asked))[0]
        for first in range(_PER_QUERY, len(pairs), _PER_QUERY):
            row |= fetch(frame.select(*pairs[first : first + _PER_QUERY]))[0]
        _refuse_targets(table, encoding, loss, int(row.get("refused", 0)))
        weight = float(row.get("weight", row["rows"]))
        if not weight > 0.0:
            raise InputError("no row has weight: at least one must weigh more than 0.")
        p = len(encoding.names)
        means = numbers(row, "s", p) / weight
        variance = np.maximum(numbers(row, "p", p) / weight - np.square(means), 0.0)
        coordinates = Coordinates.measured(
            shift + means, variance, standardize=standardize, intercept=intercept
        )
        if split.parts > 1:
            frame = _in_parts(frame, found, coordinates.centre, split)
        else:
            frame = shifted(table, encoding, coordinates.centre, target=TARGET)
        if encoding.weights is not None:
            frame = frame.filter(nw.col(WEIGHT) > 0.0)
        about = shift + means - coordinates.centre
        squares = numbers(row, "p", p) + weight * (np.square(about) - np.square(means))
        return LazyRows(
            frame,
            encoding.weights is not None,
            coordinates,
            int(row["rows"]),
            weight,
            numbers(row, "class", count),
            float(row["target"]) / weight,
            float(found.low[-1]),
            float(found.high[-1]),
            squares / np.square(coordinates.spread),
            _moments(encoding, found, row, weight, coordinates.centre) if products else None,
            split,
        )

    def only(self, kept: Sequence[int]) -> "LazyRows":
        """The rows with some of the columns, by place."""
        others = [TARGET, *[WEIGHT] * self.weighted, *[PART] * (self.split.parts > 1)]
        renamed = [nw.col(f"z{old}").alias(f"z{new}") for new, old in enumerate(kept)]
        known, moments, places = self.coordinates, self.moments, list(kept)
        return replace(
            self,
            frame=self.frame.select(*renamed, *others),
            coordinates=Coordinates(known.centre[places], known.spread[places], known.intercept),
            squares=self.squares[places],
            moments=None if moments is None else moments.select([*places, len(moments.names) - 1]),
        )

    @property
    def parts(self) -> list[tuple["LazyRows", "LazyRows"]]:
        """For each part of the split that is held out the rows of the others, and its own: of a
        fraction one pair, of folds as many. One query, beside those that use them.
        """
        y, frame, split = nw.col(TARGET), self.frame, self.split
        asked = {"total": self.weighed(y * 0.0 + 1.0), "target": self.weighed(y)}
        for k in range(len(self.class_weights)):
            asked[f"class{k}"] = self.weighed(flag(y == float(k)).cast(nw.Float64))
        shown = [expression.alias(name) for name, expression in asked.items()]
        sums = [nw.len().alias("rows"), *(nw.col(name).sum() for name in asked)]
        found = summed(frame.select(PART, *shown), sums, split.parts)
        numbers = [
            np.array([float(found.get(part, {}).get(name) or 0.0) for name in ("rows", *asked)])
            for part in range(split.parts)
        ]
        held = range(split.parts) if split.fraction is None else [1]
        whole = np.sum(numbers, axis=0)
        return [
            (
                self._part(frame.filter(nw.col(PART) != part), whole - numbers[part]),
                self._part(frame.filter(nw.col(PART) == part), numbers[part]),
            )
            for part in held
        ]

    def _part(self, frame: Lazy, sums: Floats) -> "LazyRows":
        """Rows whose number, weight, weighted target and classes are these `sums`."""
        rows, weight, target, *classes = sums.tolist()
        if not weight > 0.0:
            raise InputError("no row was left for a part that is held out, or for training")
        return replace(
            self,
            frame=frame.drop(PART),
            rows=round(rows),
            total_weight=weight,
            class_weights=np.array(classes),
            mean=target / weight,
            moments=None,
            split=_WHOLE,
        )

    @property
    def scaled(self) -> Lazy:
        """The columns of the moments, z0, z1, …, and the weights."""
        assert self.moments is not None
        scale = self.moments.scale.tolist()
        columns = [
            (z * s).alias(f"z{i}")
            for i, (z, s) in enumerate(zip(self.columns, scale, strict=False))
        ]
        return self.frame.select(*columns, *([WEIGHT] if self.weighted else []))

    @property
    def columns(self) -> tuple[Expr, ...]:
        """The features, less their centre."""
        return tuple(nw.col(f"z{place}") for place in range(len(self.coordinates.spread)))

    def weighed(self, value: Expr) -> Expr:
        """The value times the row's weight."""
        return value * nw.col(WEIGHT) if self.weighted else value


def class_labels(table: LazyFrameTable, name: str) -> list[Any]:
    """Different values of a column, sorted, at most 101; missing ones are left out. One query.

    >>> import polars as pl
    >>> from steepest.tables.frames.lazy import open_lazy
    >>> class_labels(open_lazy(pl.LazyFrame({"sort": ["wet", "dry", None, "wet"]})), "sort")
    ['dry', 'wet']
    """
    label = nw.col("label")
    frame = table.frame.select(_labels(table, name).alias("label")).filter(~label.is_null())
    return sorted(row["label"] for row in fetch(frame.unique().head(MOST_CLASSES + 1)))


def _labels(table: LazyFrameTable, name: str) -> Expr:
    kind = table.schema[name]
    text = kind in (nw.Categorical, nw.Enum)
    return nw.col(name).cast(nw.String) if text else nw.col(name)


def _coded(table: LazyFrameTable, name: str, classes: Sequence[Label]) -> LazyFrameTable:
    """The table with classes 0, 1, … in place of the labels; NULL for what is none of them."""
    label, code = _labels(table, name), nw.lit(None, nw.Float64)
    for place, each in enumerate(classes):
        code = nw.when(label == each).then(nw.lit(float(place))).otherwise(code)
    coded = LazyFrameTable(table.frame.with_columns(code.alias(name)))
    coded.description = table.description
    return coded


def _in_parts(frame: Lazy, found: Survey, centre: Floats, split: Split) -> Lazy:
    """Columns less the survey's shift, by which their part is decided, as those less `centre`."""
    shift, scale = found.shift, found.scale.tolist()
    scaled = [nw.col(f"z{place}") * scale[place] for place in range(len(centre))]
    scaled.append((nw.col(TARGET) - float(shift[-1])) * scale[-1])
    off = (centre - shift[:-1]).tolist()
    moved = [(nw.col(f"z{place}") - each).alias(f"z{place}") for place, each in enumerate(off)]
    return with_part(frame, scaled, split).with_columns(*moved)


def _asked(encoding: Encoding, loss: Loss, classes: int) -> list[Expr]:
    """Rows, weight, refused targets; sums of the target, classes, features and their squares."""
    y, refused = nw.col(TARGET), _refused(loss, nw.col(TARGET))
    summed = {"target": y}
    summed |= {f"class{place}": flag(y == float(place)) for place in range(classes)}
    for place in range(len(encoding.names)):
        z = nw.col(f"z{place}")
        summed |= {f"s{place}": z, f"p{place}": z * z}
    weighted = encoding.weights is not None
    rows = flag(nw.col(WEIGHT) > 0.0).sum() if weighted else nw.len()
    found = [rows.alias("rows")]
    if refused is not None:
        found.append(flag(refused).sum().alias("refused"))
    if weighted:
        found.append(nw.col(WEIGHT).sum().alias("weight"))
        summed = {name: value * nw.col(WEIGHT) for name, value in summed.items()}
    return [*found, *(value.sum().alias(name) for name, value in summed.items())]


def _products(encoding: Encoding) -> list[Expr]:
    """Sums of the products of two features; those of one with itself are asked for always."""
    pairs = combinations(range(len(encoding.names)), 2)
    products = [(i, j, nw.col(f"z{i}") * nw.col(f"z{j}")) for i, j in pairs]
    if encoding.weights is not None:
        products = [(i, j, product * nw.col(WEIGHT)) for i, j, product in products]
    return [product.sum().alias(f"p{i}_{j}") for i, j, product in products]


def _moments(
    encoding: Encoding, found: Survey, row: Mapping[str, Any], weight: float, centre: Floats
) -> CentredMoments:
    """The moments of the features about the `centre` of the descent, from sums about the survey's
    shift; their target is 0.
    """
    p = len(encoding.names)
    products, sums = np.zeros((p + 1, p + 1)), np.append(numbers(row, "s", p), 0.0)
    products[range(p), range(p)] = numbers(row, "p", p)
    for i, j in combinations(range(p), 2):
        products[i, j] = products[j, i] = float(row[f"p{i}_{j}"])
    scale, rows = np.append(found.scale[:-1], 1.0), int(row["rows"])
    blocks = [(rows, weight, Sums(sums * scale, products * np.outer(scale, scale)))]
    names, shift = (*encoding.names, encoding.target or "y"), np.append(found.shift[:-1], 0.0)
    moments = CentredMoments.of_blocks(names, shift, scale, blocks, engine_roundings(rows))
    return moments.about(np.append(centre, 0.0), scale)


def _require_smooth(loss: Loss) -> None:
    if loss.smooth:
        return
    near = (
        say("squared-hinge or logistic")
        if isinstance(loss, TwoClasses)
        else say("huber or log-cosh")
    )
    raise InputError(
        "{name} loss has kinks, and needs its rows in memory: collect the lazy frame first, "
        "or use {near}, which an engine can descend.",
        name=loss.name,
        near=near,
    )


def _refused(loss: Loss, y: Expr) -> Expr | None:
    """True for targets that the loss cannot take; None where it takes all numbers."""
    if isinstance(loss, TwoClasses):
        return ~((y == 0.0) | (y == 1.0))
    if isinstance(loss, LogMean):
        return y < 0.0 if loss.takes_zero else y <= 0.0
    if isinstance(loss, Multinomial):
        return (y < 0.0) | ~(y == y.floor().cast(nw.Float64))
    return None


def _refuse_targets(table: LazyFrameTable, encoding: Encoding, loss: Loss, count: int) -> None:
    if count:
        rows = say("1 row holds") if count == 1 else say("{count} rows hold", count=count)
        raise InputError(
            "{description}: {name} loss needs a target that is {target}: {rows} something "
            "else in {target_2!r}.",
            description=table.description,
            name=loss.name,
            target=translated(loss.target),
            rows=rows,
            target_2=encoding.target,
        )


def _class_count(
    table: LazyFrameTable,
    encoding: Encoding,
    loss: Loss,
    found: Survey,
    classes: Sequence[Label] | None,
) -> int:
    if isinstance(loss, TwoClasses):
        return 2
    if not isinstance(loss, Multinomial):
        return 0
    count = int(found.high[-1]) + 1 if classes is None else len(classes)
    if count > MOST_CLASSES:
        raise InputError(
            "{description}: the target {target!r} would have {count} classes; a lazy frame "
            "is fitted with up to {MOST_CLASSES}: group them, or bring the rows into memory.",
            description=table.description,
            target=encoding.target,
            count=count,
            MOST_CLASSES=MOST_CLASSES,
        )
    return max(count, 1)
