"""Rows that come block by block, again and again: what is larger than memory."""

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeVar, final

import numpy as np
from numpy.typing import ArrayLike

from steepest.arrays import Array
from steepest.tables.blocks import Block
from steepest.wording.numbers import name_row

# Seconds between two calls of `progress`.
_PERIOD = 0.1
T = TypeVar("T")


class RowStream(ABC):
    """Rows of p features that can be streamed more than once.

    - `columns`: p;   `rows`: how many rows there are, None where that is not known
    """

    columns: int
    rows: int | None

    @abstractmethod
    def blocks(self) -> Iterator[Block]:
        """All rows, in the same blocks each time: features (n, p) of float32 or float64, targets
        (n,), weights (n,) or None. It runs in a thread of its own, and is closed when nobody reads
        on.
        """

    def over(self, work: Callable[["RowStream"], T]) -> Iterator[T]:
        """What `work` makes of the rows of each partition, where these are, in order; of all where
        there are no partitions.
        """
        yield work(self)

    @property
    def offset(self) -> int:
        """The number of the first row."""
        return 0

    @property
    def spread(self) -> int:
        """How many partitions there are, elsewhere; 0 where the rows come here."""
        return 0

    def where(self, row: int) -> str:
        """Where the row of that index in the source stands, in words."""
        return name_row(row)


class StreamPace(NamedTuple):
    """How far a pass over a stream is: what a progress bar shows.

    - `epoch`: of the descent, from 1 on; 0 while the rows are surveyed. Beyond the last epoch the
      rows are read once more, for its objective.
    - `rows`, `total`: rows of this pass that are done, and all of them, None while not known
    - `objective`: the mean so far over this epoch of what new rows cost before they are descended
      (a part of them is looked at), penalty included; nan in other passes
    - `seconds_left`: until the last pass ends, if every epoch is made; nan where not known
    """

    epoch: int
    rows: int
    total: int | None
    objective: float
    seconds_left: float


@final
class Meter:
    """Counts the rows of a pass, and tells `progress` now and then, and at the end.

    - `total`: rows of a pass, None where not known;   `further`: passes that follow
    """

    def __init__(
        self,
        progress: Callable[[StreamPace], object] | None,
        epoch: int,
        total: int | None,
        further: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.progress, self.epoch, self.total, self.further = progress, epoch, total, further
        self.clock, self.begin = clock, clock()
        self.rows, self.reported = 0, self.begin
        self.costs, self.looks = 0.0, 0

    def add(self, rows: int, cost: Callable[[], float] | None = None) -> None:
        """So many more rows are done; `cost` says what they cost, if it is asked."""
        self.rows += rows
        now = self.clock()
        if self.progress is None or (now < self.reported + _PERIOD and self.rows != self.total):
            return
        self.reported = now
        if cost is not None:
            self.costs, self.looks = self.costs + cost(), self.looks + 1
        self.progress(self._pace(now - self.begin))

    def _pace(self, seconds: float) -> StreamPace:
        left = math.nan
        if self.total is not None and self.rows and seconds > 0.0:
            left = (self.total * (1 + self.further) - self.rows) * seconds / self.rows
        objective = self.costs / self.looks if self.looks else math.nan
        return StreamPace(self.epoch, self.rows, self.total, objective, left)


@final
@dataclass(frozen=True, eq=False)
class ArrayStream(RowStream):
    """Arrays in memory as a stream of blocks of so many rows.

    >>> stream = ArrayStream.of(np.ones((5, 2)), np.arange(5.0), block_rows=2)
    >>> [(block.start, len(block)) for block in stream.blocks()]
    [(0, 2), (2, 2), (4, 1)]
    """

    columns: int
    rows: int
    features: Array
    target: Array
    weights: Array | None
    block_rows: int

    @staticmethod
    def of(
        features: Array,
        target: ArrayLike,
        weights: ArrayLike | None = None,
        *,
        block_rows: int = 65_536,
    ) -> "ArrayStream":
        """The stream of a matrix (n, p) with its targets and weights (n,)."""
        rows, columns = features.shape
        shares = None if weights is None else np.asarray(weights)
        return ArrayStream(columns, rows, features, np.asarray(target), shares, block_rows)

    def blocks(self) -> Iterator[Block]:
        for first in range(0, self.rows, self.block_rows):
            at = slice(first, first + self.block_rows)
            weights = None if self.weights is None else self.weights[at]
            yield Block(first, self.features[at], self.target[at], weights)
