"""The first pass over a stream: count, centre and spread of the rows, and a random sample.

The sample is of the rows whose numbers have the lowest seeded hashes. So the same rows give the
same sample, and it is fair where sources of rows take turns.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Array, Floats
from steepest.errors import InputError
from steepest.losses import Loss
from steepest.moments.row_major import RowMajorCopy
from steepest.problems.column_moments import ColumnMoments
from steepest.problems.coordinates import Coordinates
from steepest.problems.linear_model import check_total_weight, checked_weights
from steepest.problems.row_stream import RowStream
from steepest.tables.blocks import Block, check_finite
from steepest.tables.holdout_split import hash_rows
from steepest.tables.prefetch import read_ahead

# So many rows are kept, if so many numbers hold them.
MOST_ROWS = 1 << 17
MOST_NUMBERS = 1 << 22
# Of each partition so many are sent, if it has them.
FEWEST_ROWS = 64
# Another seed than any that holds rows out, which are told by the same hash.
_SEED = 0x5EED_0F_5A


class Sampled(NamedTuple):
    """Rows that are kept, each with its mark (n,): a hash of its number."""

    marks: NDArray[np.uint64]
    features: Array
    target: Floats
    weights: Floats | None

    def where(self, chosen: NDArray[np.bool_]) -> "Sampled":
        """A copy of these rows."""
        weights = None if self.weights is None else self.weights[chosen]
        return Sampled(self.marks[chosen], self.features[chosen], self.target[chosen], weights)


@final
class Survey:
    """What is known of the rows so far.

    - `columns`: how many rows there are, their weight, means and squares;   `blocks`: how many
    - `lowest`, `highest`: of the targets
    - `most`: how many rows are kept at most;   `highest_mark`: no kept row has a higher one
    """

    def __init__(self, columns: int, most: int | None = None) -> None:
        few = max(2, min(MOST_ROWS, MOST_NUMBERS // max(1, columns)))
        self.columns, self.most = ColumnMoments.none(columns), most or few
        self.blocks, self.lowest, self.highest = 0, np.inf, -np.inf
        self.highest_mark = np.uint64(2**64 - 1)
        self._kept: list[Sampled] = []

    @property
    def sample(self) -> Sampled:
        """All rows where they are few, else a random sample, in order."""
        marks, features, targets, weights = zip(*self._kept, strict=True)
        return Sampled(
            np.concatenate(marks),
            np.concatenate(features),
            np.concatenate(targets),
            None if weights[0] is None else np.concatenate(weights),
        )

    def coordinates(self, *, standardize: bool, intercept: bool) -> Coordinates:
        """As `measure_coordinates` finds them for rows in memory."""
        mean, variance = self.columns.mean, self.columns.variance
        return Coordinates.measured(mean, variance, standardize=standardize, intercept=intercept)

    def look(
        self, stream: RowStream, blocks: Iterable[Block], loss: Loss, names: Sequence[str]
    ) -> Iterator[int]:
        """Look at blocks of a stream, and hand out how many rows each has.

        Raises InputError for the first value that cannot be used, with its row.
        """
        row_major = RowMajorCopy()
        for block in blocks:
            if not len(block):
                continue
            target = checked_target(stream, loss, block)
            weights = block_weights(stream, block)
            features = row_major.rows(block)
            first = stream.offset + self.columns.rows
            self.columns = self.columns.plus(_moments(stream, block, features, weights, names))
            self.blocks += 1
            self._widen(float(target.min()), float(target.max()))
            marks = hash_rows(np.arange(first, first + len(target)), _SEED)
            self._keep(Sampled(marks, features, target, weights))
            yield len(block)

    def add(self, other: "Survey") -> None:
        """Add what is known of other rows."""
        self.columns = self.columns.plus(other.columns)
        self.blocks += other.blocks
        self._widen(other.lowest, other.highest)
        if other.highest_mark < self.highest_mark:
            mark = self.highest_mark = other.highest_mark
            self._kept = [each.where(each.marks <= mark) for each in self._kept]
        for each in other._kept:
            self._keep(each)

    def checked(self) -> "Survey":
        """The survey of all rows. Raises InputError where there are none, or none has weight."""
        if not self.columns.rows:
            raise InputError("there are no rows to descend over.")
        check_total_weight(self.columns.weight)
        return self

    def _widen(self, lowest: float, highest: float) -> None:
        self.lowest, self.highest = min(self.lowest, lowest), max(self.highest, highest)

    def _keep(self, found: Sampled) -> None:
        """Keep the rows of low hash; where there are too many, only the lower half of the limit."""
        if self._kept and (self._kept[0].weights is None) != (found.weights is None):
            raise InputError("some blocks of rows have weights and others have none.")
        self._kept.append(found.where(found.marks <= self.highest_mark))
        if sum(len(each.marks) for each in self._kept) > self.most:
            whole, half = self.sample, self.most // 2
            self.highest_mark = np.partition(whole.marks, half - 1)[half - 1]
            self._kept = [whole.where(whole.marks <= self.highest_mark)]


def survey_stream(
    stream: RowStream,
    loss: Loss,
    names: Sequence[str],
    progress: Callable[[int], object],
) -> Survey:
    """Look at all rows of a stream, those in partitions where they are; `progress` is called with
    how many rows each block or partition has.

    Raises InputError for the first value that cannot be used, with its row, and for no rows.
    """
    survey = Survey(stream.columns)
    if not stream.spread:
        for rows in survey.look(stream, read_ahead(stream.blocks), loss, names):
            progress(rows)
        return survey.checked()
    # All partitions together send twice as many rows as are kept.
    most = max(FEWEST_ROWS, 2 * survey.most // stream.spread)
    for part in stream.over(partial(_of_partition, loss, names, most)):
        survey.add(part)
        progress(part.columns.rows)
    return survey.checked()


def _of_partition(loss: Loss, names: Sequence[str], most: int, stream: RowStream) -> Survey:
    survey = Survey(stream.columns, most)
    for _ in survey.look(stream, stream.blocks(), loss, names):
        pass
    return survey


def checked_target(stream: RowStream, loss: Loss, block: Block) -> Floats:
    """The block's targets (n,), float64. Raises InputError for the first that the loss refuses."""
    assert block.target is not None
    loss.check_target(block.target, lambda i: stream.where(block.row(i)))
    return np.ascontiguousarray(block.target, dtype=np.float64)


def block_weights(stream: RowStream, block: Block) -> Floats | None:
    """The block's weights (n,) or None. Raises InputError for the first that is no weight."""
    if block.weights is None:
        return None
    return checked_weights(block.weights, lambda i: stream.where(block.row(i)))


def _moments(
    stream: RowStream,
    block: Block,
    features: Array,
    weights: Floats | None,
    names: Sequence[str],
) -> ColumnMoments:
    """Those of a block's columns. Raises InputError where a value is not finite, whatever it
    weighs, and where one is too large to be squared.
    """
    from steepest.problems.stream_survey_kernel import column_moments

    rows = len(features)
    shares = np.ones(rows) if weights is None else weights
    weight = float(shares.sum())
    known = (shares, weight) if weight else (np.ones(rows), float(rows))
    mean, squares = column_moments(features, *known)
    if not (np.isfinite(mean).all() and np.isfinite(squares).all()):
        check_finite(features, names, block, stream.where)
        raise InputError(
            "near {row} the features are too large to be squared; scale them down.",
            row=stream.where(block.row(0)),
        )
    return ColumnMoments(rows, weight, mean, squares)
