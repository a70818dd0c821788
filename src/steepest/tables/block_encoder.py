"""From raw blocks to float blocks: where missing values and values that are not finite are met."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Array, Booleans
from steepest.errors import InputError
from steepest.tables.blocks import Block, Missing, Tally, not_finite
from steepest.tables.encoding_parts import IndicatorPart, NumberPart, Part, Unseen, fill_number
from steepest.tables.table import RawBlock
from steepest.translation import say

_APART = ({np.dtype(np.float32)}, {np.dtype(np.float64)})
# The squares of weights are added up as well.
_HEAVIEST = 1e150


@final
@dataclass(frozen=True)
class BlockEncoder:
    """Turns one raw block at a time into floats, and counts what it did in `tally`."""

    parts: Sequence[Part]
    target: str | None
    weights: str | None
    missing: Missing
    fill: Mapping[str, float]
    where: Callable[[int], str]
    tally: Tally
    unseen: Unseen = "error"
    unordered: bool = False

    @property
    def asked(self) -> list[str]:
        """The columns of the table that are needed, features first."""
        features = [part.column for part in self.parts]
        return features + [name for name in (self.target, self.weights) if name]

    def encode(self, raw: RawBlock) -> Block:
        """The block's rows as floats, without those that are dropped."""
        columns, masks, length = raw.named(self.asked), dict(raw.missing), len(raw)
        if self._apart(raw, columns):
            self.tally.rows_read += length
            target = columns[self.target] if self.target else None
            apart = [columns[part.column] for part in self.parts]
            return Block(raw.start, apart, target, unordered=self.unordered)
        unseen = np.zeros(length, dtype=np.bool_)
        features = self._features(raw, columns, unseen)
        target = self._single(self.target, raw, columns)
        weights = self._single(self.weights, raw, columns)
        if self.missing != "error":
            self._mark(raw.start, features, target, weights, masks)
        self.tally.rows_read += length
        for name, mask in masks.items():
            self.tally.count(name, mask, raw.start)
        self._check_weights(weights, raw.start)
        kept = self._kept(masks, unseen)
        if self.missing == "mean":
            features = self._filled(features, masks, kept)
        if kept is None:
            return Block(raw.start, features, target, weights, unordered=self.unordered)
        self.tally.rows_dropped += length - len(kept)
        return Block(
            start=raw.start,
            features=features[kept],
            target=None if target is None else target[kept],
            weights=None if weights is None else weights[kept],
            index=kept + raw.start,
            unordered=self.unordered,
        )

    def _apart(self, raw: RawBlock, columns: Mapping[str, Array]) -> bool:
        """Whether the columns can be used where they lie, with nothing to look for in them."""
        return (
            raw.matrix is None
            and not raw.missing
            and self.weights is None
            and self.missing == "error"
            and self._has_numbers_alone
            and {column.dtype for column in columns.values()} in _APART
            and all(column.flags.c_contiguous for column in columns.values())
        )

    def _features(self, raw: RawBlock, columns: Mapping[str, Array], unseen: Booleans) -> Array:
        """The user's own array where it holds all features; else one buffer, filled by column. Rows
        whose levels were not seen are marked in `unseen`.
        """
        if self._direct(raw) and raw.matrix is not None:
            return raw.matrix[:, : len(self.parts)]
        types = {columns[part.column].dtype for part in self.parts}
        single = self._has_numbers_alone and types == {np.dtype(np.float32)}
        width = sum(len(part.names) for part in self.parts)
        buffer = np.empty((width, len(unseen)), dtype=np.float32 if single else np.float64)
        for part, places in zip(self.parts, self._places().values(), strict=True):
            rows = buffer[places.start : places.stop]
            mask = raw.missing.get(part.column)
            values = columns[part.column]
            unknown = part.fill(rows, values, mask, self._place(raw.start))
            if unknown is not None and isinstance(part, IndicatorPart):
                self._meet(part, values[unknown], self.where(raw.start + int(np.argmax(unknown))))
                unseen |= unknown
        return buffer.T

    def _meet(self, part: IndicatorPart, levels: Array, place: str) -> None:
        """Count levels that were not seen, the first of them at `place`, or raise InputError."""
        if self.unseen == "error":
            raise part.unseen(place, levels[0])
        self.tally.count_unseen(part, levels)

    def _direct(self, raw: RawBlock) -> bool:
        return (
            raw.matrix is not None
            and raw.matrix.shape[1] >= len(self.parts)
            and self._has_numbers_alone
            and not any(part.column in raw.missing for part in self.parts)
        )

    @cached_property
    def _has_numbers_alone(self) -> bool:
        return all(isinstance(part, NumberPart) for part in self.parts)

    def _single(
        self, name: str | None, raw: RawBlock, columns: Mapping[str, Array]
    ) -> Array | None:
        """Target or weights as floats; a view where they are floats already."""
        if name is None:
            return None
        values, mask = columns[name], raw.missing.get(name)
        wide = values.dtype.kind == "f" and values.dtype.itemsize >= 4
        if wide and mask is None:
            return values
        floats = np.empty(len(values), dtype=values.dtype if wide else np.float64)
        fill_number(floats, name, values, mask, self._place(raw.start))
        return floats

    def _mark(
        self,
        start: int,
        features: Array,
        target: Array | None,
        weights: Array | None,
        masks: dict[str, Booleans],
    ) -> None:
        """Add nan to the masks of missing values; refuse inf."""
        values: dict[str | None, Array | None] = {self.target: target, self.weights: weights}
        for part, places in zip(self.parts, self._places().values(), strict=True):
            if "text" not in part.accepts:
                values[part.column] = features[:, places.start]
        for name, column in values.items():
            if name is not None and column is not None:
                self._mark_one(start, name, column, masks)

    def _mark_one(self, start: int, name: str, values: Array, masks: dict[str, Booleans]) -> None:
        bad = ~np.isfinite(values)
        if not bad.any():
            return
        infinite = np.isinf(values)
        if infinite.any():
            position = int(np.argmax(infinite))
            raise not_finite(self.where(start + position), name, float(values[position]))
        masks[name] = masks[name] | bad if name in masks else bad

    def _kept(self, masks: Mapping[str, Booleans], unseen: Booleans) -> NDArray[np.int64] | None:
        """Positions of the rows that stay, or None where all do."""
        gone = unseen if self.unseen == "missing" else np.zeros_like(unseen)
        decisive: Sequence[str | None] = (self.target, self.weights)
        if self.missing == "drop":
            decisive = self.asked
        elif self.missing == "error":
            decisive = ()
        for name in decisive:
            if name is not None and name in masks:
                gone |= masks[name]
        return np.flatnonzero(~gone).astype(np.int64) if gone.any() else None

    def _filled(
        self, features: Array, masks: Mapping[str, Booleans], kept: NDArray[np.int64] | None
    ) -> Array:
        """The features with means where values are missing: in a copy, if any is."""
        places = self._places()
        names = [name for part in self.parts for name in part.names]
        holes = [name for name in places if name in masks and masks[name].any()]
        if holes:
            features = features.copy(order="K")
        for name in holes:
            mask = masks[name]
            number = int(np.count_nonzero(mask if kept is None else mask[kept]))
            self.tally.filled[name] = self.tally.filled.get(name, 0) + number
            for place in places[name]:
                features[mask, place] = self.fill[names[place]]
        return features

    def _check_weights(self, weights: Array | None, start: int) -> None:
        """Refuse weights that no sum can be made with; nan is left to those who look for it."""
        if weights is None:
            return
        bad = (weights < 0) | (weights >= _HEAVIEST)
        if not bad.any():
            return
        position = int(np.argmax(bad))
        place, weight = self.where(start + position), float(weights[position])
        if np.isinf(weight):
            raise not_finite(place, str(self.weights), weight)
        wrong = (
            say("must not be negative")
            if weight < 0
            else say("must be below {HEAVIEST:g}; scale them", HEAVIEST=_HEAVIEST)
        )
        raise InputError(
            "{place}: weight {weights!r} is {weight:g}; weights {wrong}",
            place=place,
            weights=self.weights,
            weight=weight,
            wrong=wrong,
        )

    def _places(self) -> dict[str, range]:
        """Column -> the places of its float columns."""
        places, place = {}, 0
        for part in self.parts:
            places[part.column] = range(place, place + len(part.names))
            place += len(part.names)
        return places

    def _place(self, start: int) -> Callable[[int], str]:
        return lambda position: self.where(start + position)
