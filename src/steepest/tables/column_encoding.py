"""How table columns become float columns. The fitted `Encoding` travels with the model."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple, TypedDict, TypeVar, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Array
from steepest.errors import InputError, StorageError, shortened
from steepest.number_checks import check_choice
from steepest.tables.block_encoder import BlockEncoder
from steepest.tables.blocks import Block, Missing, Tally, check_finite, empty_column, missing_values
from steepest.tables.date_part import DatePart, date_fields
from steepest.tables.encoding_parts import (
    BooleanPart,
    IndicatorPart,
    NumberPart,
    Part,
    PartData,
    Unseen,
)
from steepest.tables.feature_columns import (
    PLAIN,
    Coding,
    advice_for,
    chosen_columns,
    find_column,
    learn_parts,
    what_is,
)
from steepest.tables.first_rows import first_rows
from steepest.tables.table import LazyTable, Table, repeated
from steepest.tables.text_columns import check_no_numbers
from steepest.translation import gathered
from steepest.wording.fact import Fact, fact

__all__ = [
    "Block",
    "BooleanPart",
    "Encoding",
    "IndicatorPart",
    "Missing",
    "NumberPart",
    "Part",
    "Tally",
]

MISSING: tuple[Missing, ...] = ("error", "drop", "mean")
_SHOWN = 40
T = TypeVar("T")
_MEANS_ROWS = 65_536


class EncodingData(TypedDict):
    """An `Encoding`."""

    target: str | None
    weights: str | None
    missing: Missing
    fill: dict[str, float]
    parts: list[PartData]


@final
@dataclass(frozen=True)
class Encoding:
    """How the columns of a table become the float columns of a fit.

    >>> from steepest.tables.from_arrays import open_arrays
    >>> table = open_arrays([1, 2], [3, 4])
    >>> encoding = Encoding.learn(table, "y")
    >>> encoding.names
    ('x',)
    >>> [block.features.tolist() for block in encoding.blocks(table, 10)]
    [[[1.0], [2.0]]]
    """

    target: str | None
    parts: tuple[Part, ...]
    weights: str | None = None
    missing: Missing = "error"
    fill: Mapping[str, float] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the float columns, in order."""
        return tuple(name for part in self.parts for name in part.names)

    @property
    def asked(self) -> list[str]:
        """The columns of the table that are needed: features, target, weights."""
        return [*self.columns, *(name for name in (self.target, self.weights) if name)]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the feature columns in the table, in order."""
        return tuple(part.column for part in self.parts)

    @staticmethod
    def learn(
        table: Table | LazyTable,
        target: str,
        *,
        features: Sequence[str] | None = None,
        exclude: Sequence[str] | None = None,
        weights: str | None = None,
        intercept: bool = True,
        missing: Missing = "error",
        coding: Coding = PLAIN,
        notes: list[Fact] | None = None,
    ) -> "Encoding":
        """Choose how each column is encoded, from its type and (text only) its levels.

        Numbers are not looked at, except for `missing="mean"`, whose means take a pass.
        What the user should know is added to `notes`.
        Where no features are named, columns that cannot be one are left out: dates and text of more
        than 50 levels, unless `coding` says how.
        Raises `InputError` for an absent column, a text target, and a named feature that cannot be
        one.
        """
        notes = [] if notes is None else notes
        check_missing(missing)
        _check_target(table, target)
        _check_weights(table, weights, target)
        chosen = chosen_columns(table, target, weights, features, exclude)
        named = features is not None
        parts = learn_parts(table, chosen, intercept, notes, named=named, coding=coding)
        encoding = Encoding(target=target, weights=weights, parts=parts, missing=missing)
        _require_distinct(encoding.names)
        if missing != "mean":
            return encoding
        notes.append(fact("means took a pass"))
        return replace(encoding, fill=_means(table, encoding))

    def check(self, table: Table | LazyTable, *, with_target: bool = True) -> None:
        """Refuse a table that lacks a column this encoding needs, or holds it as another type."""
        for part in self.parts:
            _check_part(table, part)
        if with_target and self.target is not None:
            _check_target(table, self.target)
            _check_weights(table, self.weights, self.target)

    def blocks(
        self,
        table: Table,
        rows: int,
        *,
        with_target: bool = True,
        tally: Tally | None = None,
        unseen: Unseen = "error",
    ) -> Iterator[Block]:
        """Stream the table as float blocks of `rows` rows (fewer where rows are dropped).

        Under `missing="error"` NULLs are counted, and reported in one error after the last block;
        nan and inf are not looked for: give the block to `check_block` when a sum is not finite.
        Under "drop" and "mean" nan counts as missing, and inf is an error at once.
        A row without target (or weight) is dropped under both. A level that was not seen is an
        error, drops its row ("missing"), or counts as the level without a column ("base").
        """
        self.check(table, with_target=with_target)
        tally = Tally() if tally is None else tally
        encoder = BlockEncoder(
            parts=self.parts,
            target=self.target if with_target else None,
            weights=self.weights if with_target else None,
            missing=self.missing,
            fill=self.fill,
            where=table.where,
            tally=tally,
            unseen=unseen,
            unordered=table.unordered,
        )
        for raw in table.blocks(encoder.asked, rows):
            block = encoder.encode(raw)
            if len(block):
                yield block
        if table.whole:
            self.check_pass(table, tally, with_target=with_target)

    def check_pass(self, table: Table, tally: Tally, *, with_target: bool = True) -> None:
        """Refuse what a pass over all rows of a table has counted: a column without values, and
        missing values that are an error.
        """
        if with_target:
            _refuse_empty_columns(table, self.asked, tally)
        if self.missing == "error" and tally.missing:
            first = "" if table.unordered else table.where(min(tally.first.values()))
            raise missing_values(tally.missing, not with_target, first)

    def over(
        self,
        table: Table,
        rows: int,
        work: Callable[[Iterator[Block]], T],
        *,
        tally: Tally | None = None,
    ) -> Iterator[T]:
        """What `work` makes of the blocks of each partition of the table, where these are, in
        order; one answer where the table has no partitions.
        """
        tally = Tally() if tally is None else tally
        for found, counted in table.over(self.asked, partial(_worked, self, rows, work)):
            tally.add(counted)
            yield found
        if table.spread:
            self.check_pass(table, tally)

    def check_block(self, block: Block, where: Callable[[int], str]) -> None:
        """Raise for the first value of the block that is nan or inf; return where none is."""
        check_finite(block.features, self.names, block, where)
        for name, values in ((self.target, block.target), (self.weights, block.weights)):
            if values is not None and name is not None:
                check_finite(values.reshape(-1, 1), [name], block, where)

    def to_json(self) -> dict[str, Any]:
        """Plain data for the model file."""
        return {
            "target": self.target,
            "weights": self.weights,
            "missing": self.missing,
            "fill": dict(self.fill),
            "parts": [part.to_json() for part in self.parts],
        }

    @staticmethod
    def from_json(data: Any) -> "Encoding":
        """The encoding that `to_json` described; `StorageError` where the data are damaged."""
        from steepest.storage.schema import checked

        return _from_json(checked(data, EncodingData, "encoding"))


def _worked(
    encoding: Encoding, rows: int, work: Callable[[Iterator[Block]], T], table: Table
) -> tuple[T, Tally]:
    tally = Tally()
    return work(encoding.blocks(table, rows, tally=tally)), tally


def _check_target(table: Table | LazyTable, target: str) -> None:
    column = find_column(table, target, gathered("target column"))
    if column.kind in ("number", "boolean"):
        return
    if column.kind == "text":
        values = table.levels(target, 1)
        if not values:
            raise InputError(
                "the target {target!r} has no values: all of them are missing", target=target
            )
        check_no_numbers(first_rows(table, [target]), column)
        raise InputError(
            "the target {target!r} is text ({type}, for example {values!r}); squared loss "
            "needs a number: for classes set loss='logistic' (of two) or loss='multinomial'",
            target=target,
            type=column.type,
            values=shortened(values[0], _SHOWN),
        )
    raise InputError(
        "the target {target!r} is of type {type}; {column}",
        target=target,
        type=column.type,
        column=advice_for(column, what_is(column)),
    )


def _check_weights(table: Table | LazyTable, weights: str | None, target: str) -> None:
    if weights is None:
        return
    column = find_column(table, weights, gathered("weights column"))
    if weights == target:
        raise InputError(
            "{weights!r} cannot be both target and weights; name another column", weights=weights
        )
    if column.kind not in ("number", "boolean"):
        raise InputError(
            "the weights {weights!r} are of type {type}; they must be numbers",
            weights=weights,
            type=column.type,
        )


def check_missing(missing: object) -> None:
    """Raise InputError for what is no rule for missing values."""
    if missing is not None:
        check_choice("missing", missing, MISSING)


def _require_distinct(names: Sequence[str]) -> None:
    twice = repeated(names)
    if twice is not None:
        raise InputError(
            "two features would both be called {twice!r}; rename one column", twice=twice
        )
    if not names:
        raise InputError("no feature is left: every column holds one value only")


def _check_part(table: Table | LazyTable, part: Part) -> None:
    column = find_column(table, part.column, gathered("column"))
    if column.kind not in part.accepts:
        raise InputError(
            "{description}: column {column!r} is of type {type}, but the model learnt it as "
            "{learnt}; give it the type it had",
            description=table.description,
            column=part.column,
            type=column.type,
            learnt=part.learnt,
        )
    if isinstance(table, LazyTable):
        table.check_part(part)


def _means(table: Table | LazyTable, encoding: Encoding) -> dict[str, float]:
    """Weighted mean of each float column over its present values, in usable rows; one pass."""
    if isinstance(table, LazyTable):
        return table.means(encoding)
    draft = replace(encoding, fill=dict.fromkeys(encoding.names, np.nan))
    total = _PresentSums(np.zeros(len(encoding.names)), *np.zeros((2, len(encoding.names))))
    for part in draft.over(table, _MEANS_ROWS, _PresentSums.of):
        total = total.plus(part)
    return dict(zip(encoding.names, total.means.tolist(), strict=True))


class _PresentSums(NamedTuple):
    """Σ w of the values of each column that are present, and Σ w(x − shift) of them, (p,)."""

    shift: NDArray[np.float64]
    totals: NDArray[np.float64]
    mass: NDArray[np.float64]

    @property
    def means(self) -> NDArray[np.float64]:
        means: NDArray[np.float64] = self.shift + self.totals / np.where(
            self.mass > 0, self.mass, 1
        )
        return means

    @staticmethod
    def of(blocks: Iterator[Block]) -> "_PresentSums | None":
        """The sums of blocks of rows; None of no rows."""
        found = None
        for block in blocks:
            values = block.features.astype(np.float64)
            weights = np.ones(len(values)) if block.weights is None else block.weights
            present = ~np.isnan(values)
            if found is None:
                zeros = np.zeros((2, values.shape[1]))
                found = _PresentSums(_first_present(values, present), *zeros)
            found.totals[:] += weights @ np.where(present, values - found.shift, 0.0)
            found.mass[:] += weights @ present
        return found

    def plus(self, other: "_PresentSums | None") -> "_PresentSums":
        """The sums of the values of both."""
        if other is None:
            return self
        # About the first values there are: these sums may have none, and a shift of 0.
        shift = np.where(self.mass > 0.0, self.shift, other.shift)
        moved = other.totals + other.mass * (other.shift - shift)
        return _PresentSums(shift, self.totals + moved, self.mass + other.mass)


def _first_present(values: Array, present: NDArray[np.bool_]) -> NDArray[np.float64]:
    """One value of each column: differences from it can be summed without cancellation."""
    first = values[np.argmax(present, axis=0), np.arange(values.shape[1])]
    return np.where(present.any(axis=0), first, 0.0)


def _refuse_empty_columns(table: Table, asked: Sequence[str], tally: Tally) -> None:
    for name in asked:
        if tally.rows_read and tally.missing.get(name, 0) == tally.rows_read:
            raise empty_column(table.description, name, tally.rows_read)


def _part_from_json(data: PartData, under: str) -> Part:
    """The part that `to_json` described; `under` is the field that holds it."""
    column = data["column"]
    if data["kind"] == "number":
        return NumberPart(column)
    if data["kind"] == "boolean":
        return BooleanPart(column)
    if data["kind"] == "date":
        fields = date_fields(data.get("fields"))
        if not fields:
            raise StorageError(
                "field {under}.fields is damaged: expected fields of a date", under=under
            )
        return DatePart(column, fields, data.get("of", "date"), data.get("order"))
    if data["kind"] != "indicator":
        raise StorageError(
            "the model encodes {column!r} in a way this version does not know", column=column
        )
    levels, dropped = tuple(data.get("levels", ())), data.get("dropped")
    if len(set(levels)) < len(levels) or (dropped is not None and dropped not in levels):
        raise StorageError(
            "field {under} is damaged: expected distinct levels, or one that is dropped",
            under=under,
        )
    return IndicatorPart(column, levels, dropped, data.get("others"))


def _from_json(data: EncodingData) -> Encoding:
    parts = tuple(
        _part_from_json(part, f"encoding.parts[{place}]")
        for place, part in enumerate(data["parts"])
    )
    encoding = Encoding(data["target"], parts, data["weights"], data["missing"], data["fill"])
    names = encoding.names
    if not names or len(set(names)) < len(names):
        raise StorageError("field encoding.parts is damaged: expected distinct columns")
    filled = set(encoding.fill) == (set(names) if encoding.missing == "mean" else set())
    if not filled or not np.isfinite(list(encoding.fill.values())).all():
        raise StorageError("field encoding.fill is damaged: expected the means of the columns")
    return encoding
