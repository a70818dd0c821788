"""A small sample of the rows, taken during the pass, for pictures of a table of any size."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from steepest.tables.column_encoding import Block
from steepest.tables.holdout_split import hash_rows

MOST_ROWS = 2000
# So many numbers of a partition are sent to who asks for its sample.
PART_NUMBERS = 1 << 13


def evenly_spread(count: int, most: int = MOST_ROWS) -> NDArray[np.int64]:
    """At most `most` places out of `count`, evenly spread."""
    return np.linspace(0.0, count - 1.0, min(count, most)).astype(np.int64)


@dataclass(frozen=True)
class Sample:
    """Some rows: index (n,), features (n, p) in the user's units and target (n,) as the loss takes
    it, classes as 0, 1, …; weights (n,), or None where they are not kept. One of `stride` rows is
    in it.
    """

    rows: NDArray[np.int64]
    features: NDArray[np.float64]
    target: NDArray[np.float64]
    weights: NDArray[np.float64] | None = None
    stride: int = 1

    @staticmethod
    def of(block: Block) -> "Sample":
        """The rows of a block, in float64."""
        assert block.target is not None
        return Sample(
            block.numbers.astype(np.int64),
            block.features.astype(np.float64),
            block.target.astype(np.float64),
            None if block.weights is None else block.weights.astype(np.float64),
        )

    def where(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "Sample":
        """Some of the rows."""
        weights = None if self.weights is None else self.weights[rows]
        return Sample(self.rows[rows], self.features[rows], self.target[rows], weights, self.stride)

    def plus(self, other: "Sample") -> "Sample":
        """A sample of the rows of both, in which a row of each is as likely."""
        stride = max(self.stride, other.stride)
        while True:
            both = together([self._thinned(stride), other._thinned(stride)])
            if len(both.rows) <= 2 * MOST_ROWS:
                return replace(both, stride=stride)
            stride *= 2

    def _thinned(self, stride: int) -> "Sample":
        """One row in so many more, as a hash of its number has it."""
        if stride == self.stride:
            return self
        share = np.uint64(2**64 // (stride // self.stride))
        return self.where(hash_rows(self.rows, self.stride) < share)


def together(parts: Sequence[Sample]) -> Sample:
    """The rows of at least one part, in order; weights where the parts have them."""
    weights = [part.weights for part in parts if part.weights is not None]
    return Sample(
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.target for part in parts]),
        np.concatenate(weights) if weights else None,
    )


@dataclass
class Sampler:
    """Keeps one row, at a hashed place, out of every `stride`; the stride doubles as rows come.

    A table of at most `MOST_ROWS` rows is kept whole.
    """

    columns: int
    seed: int = 0
    most: int = MOST_ROWS
    offset: int = 0  # the number of the first row
    stride: int = 1
    kept: list[Sample] = field(default_factory=list)
    thinning: bool = False  # whether some were kept by a finer stride than the last
    ahead: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    ahead_slot: int = 0

    def add(self, block: Block) -> None:
        """Take this block's share."""
        length = len(block)
        last = block.row(length - 1)
        self.widen(last + 1 - self.offset)
        wanted = self._wanted(block.row(0), last)
        positions = wanted - block.start
        if block.index is not None:
            positions = np.flatnonzero(np.isin(block.index, wanted))
        positions = positions[(positions >= 0) & (positions < length)]
        if len(positions) and block.target is not None:
            self.kept.append(Sample.of(block.where(positions)))

    def widen(self, rows: int) -> None:
        """Double the stride until so many rows have no more slots than may be kept."""
        while rows // self.stride > 2 * self.most:
            self.stride *= 2
            self.ahead = self.ahead[:0]
            self.thinning = bool(self.kept)

    def _wanted(self, first: int, last: int) -> NDArray[np.int64]:
        """The rows to keep of the slots that hold rows `first` to `last`."""
        low, high = first // self.stride, last // self.stride + 1
        if low < self.ahead_slot or high > self.ahead_slot + len(self.ahead):
            # Many slots at once: for the few slots of one block the hash costs as much.
            slots = np.arange(low, max(high, low + 2 * self.most + 1))
            self.ahead, self.ahead_slot = self._place(slots), low
        return self.ahead[low - self.ahead_slot : high - self.ahead_slot]

    @property
    def whole(self) -> bool:
        """Whether every row was kept."""
        return self.stride == 1

    def sample(self) -> Sample:
        """The rows kept, in order; those of earlier, finer strides are thinned."""
        if not self.kept:
            return Sample(np.empty(0, np.int64), np.empty((0, self.columns)), np.empty(0))
        sample = together(self.kept)
        if self.thinning:
            keep = np.isin(sample.rows, self._place(np.unique(sample.rows // self.stride)))
            if not keep.any():
                keep[:] = True
            keep &= np.cumsum(keep) <= 2 * self.most
            sample = sample.where(keep)
        return replace(sample, stride=self.stride)

    def _place(self, slots: NDArray[np.int64]) -> NDArray[np.int64]:
        # The place within a slot of 2s rows is the place within one of its halves, so that a
        # doubled stride keeps rows that the finer one had kept.
        rows = slots * self.stride
        width = self.stride
        while width > 1:
            width //= 2
            odd = hash_rows(rows, self.seed + width) & np.uint64(1)
            rows += odd.view(np.int64) * width
        return rows
