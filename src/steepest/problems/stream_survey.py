"""The first pass over a stream: count, centre and spread of the rows, and a random sample.

Blocks are merged by the formulas of Chan, Golub and LeVeque (1983): of weights a and b, means m and
sums of squares S about them,

    m = m_a + (m_b − m_a) b/(a + b)        S = S_a + S_b + (m_b − m_a)² ab/(a + b)

The sample is of the rows whose numbers have the lowest seeded hashes. So the same rows give the
same sample, and it is fair where sources of rows take turns.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Array, Floats
from steepest.errors import InputError
from steepest.losses import Loss
from steepest.moments.row_major import RowMajorCopy
from steepest.problems.coordinates import Coordinates
from steepest.problems.linear_model import check_total_weight, checked_weights
from steepest.problems.row_stream import RowStream
from steepest.tables.blocks import Block, check_finite
from steepest.tables.holdout_split import hash_rows

# So many rows are kept, if so many numbers hold them.
MOST_ROWS = 1 << 17
MOST_NUMBERS = 1 << 22
# Of each partition so many are sent, if it has them.
FEWEST_ROWS = 64
# Another seed than any that holds rows out, which are told by the same hash.
_SEED = 0x5EED_0F_5A


@final
@dataclass(frozen=True, eq=False)
class Survey:
    """Result of the pass.

    - `rows`, `blocks`: counts;   `weight`: Σs;   `lowest`, `highest`: of the targets
    - `mean`, `squares` (p,): the mean, and Σ s (x − mean)²
    - `features`, `target`, `weights`: all rows where they are few, else a random sample, in order
    """

    rows: int
    blocks: int
    weight: float
    lowest: float
    highest: float
    mean: Floats
    squares: Floats
    features: Array
    target: Floats
    weights: Floats | None

    def coordinates(self, *, standardize: bool, intercept: bool) -> Coordinates:
        """As `measure_coordinates` finds them for rows in memory."""
        variance = self.squares / self.weight
        return Coordinates.measured(
            self.mean, variance, standardize=standardize, intercept=intercept
        )


def survey_rows(
    stream: RowStream,
    blocks: Iterator[Block],
    loss: Loss,
    names: Sequence[str],
    progress: Callable[[int], object] | None = None,
) -> Survey:
    """Look at all blocks of a stream; `progress` is called with the rows of each.

    Raises InputError for the first value that cannot be used, with its row, and for no rows.
    """
    surveyor = _Surveyor(stream, loss, names)
    for block in blocks:
        if len(block):
            surveyor.add(block)
            if progress is not None:
                progress(len(block))
    return surveyor.result()


def survey_partitions(
    stream: RowStream,
    loss: Loss,
    names: Sequence[str],
    progress: Callable[[int], object] | None = None,
) -> Survey:
    """The same of a stream in partitions, which are looked at where they are."""
    surveyor = _Surveyor(stream, loss, names)
    # All of them together send twice as many rows as are kept.
    most = max(FEWEST_ROWS, 2 * surveyor.most // max(1, stream.spread))
    for part in stream.over(partial(_of_partition, loss, names, most)):
        surveyor.add_seen(part)
        if progress is not None:
            progress(part.rows)
    return surveyor.result()


def _of_partition(loss: Loss, names: Sequence[str], most: int, stream: RowStream) -> "_Seen":
    surveyor = _Surveyor(stream, loss, names)
    surveyor.most = most
    for block in stream.blocks():
        if len(block):
            surveyor.add(block)
    return surveyor.seen()


@final
class _Surveyor:
    """A survey in progress."""

    def __init__(self, stream: RowStream, loss: Loss, names: Sequence[str]) -> None:
        self.stream, self.loss, self.names = stream, loss, names
        self.rows, self.blocks, self.weight = 0, 0, 0.0
        self.lowest, self.highest = np.inf, -np.inf
        self.mean = self.squares = np.zeros(stream.columns)
        self.sampled: list[_Sampled] = []
        self.row_major = RowMajorCopy()
        self.highest_mark = np.uint64(2**64 - 1)
        self.most = max(2, min(MOST_ROWS, MOST_NUMBERS // max(1, stream.columns)))

    def add(self, block: Block) -> None:
        target = checked_target(self.stream, self.loss, block)
        weights = block_weights(self.stream, block)
        shares = np.ones(len(target)) if weights is None else weights
        features = self.row_major.rows(block)
        self._add_moments(block, features, shares)
        self._sample(features, target, weights)
        self.lowest = min(self.lowest, float(target.min()))
        self.highest = max(self.highest, float(target.max()))
        self.rows += len(target)
        self.blocks += 1

    def seen(self) -> "_Seen":
        """What was seen, to be added to what others have."""
        sampled = _joined(self.sampled) if self.sampled else None
        return _Seen(
            self.rows,
            self.blocks,
            (self.weight, self.mean, self.squares),
            (self.lowest, self.highest),
            sampled,
            self.highest_mark,
        )

    def add_seen(self, other: "_Seen") -> None:
        """Add other rows."""
        if other.sampled is None:
            return
        self._merge(*other.moments)
        self.rows += other.rows
        self.blocks += other.blocks
        self.lowest = min(self.lowest, other.range[0])
        self.highest = max(self.highest, other.range[1])
        if other.highest_mark < self.highest_mark:
            mark = self.highest_mark = other.highest_mark
            self.sampled = [each.where(each.marks <= mark) for each in self.sampled]
        self._keep(other.sampled)

    def result(self) -> Survey:
        if not self.rows:
            raise InputError("there are no rows to descend over.")
        check_total_weight(self.weight)
        sampled = _joined(self.sampled)
        return Survey(
            self.rows,
            self.blocks,
            self.weight,
            self.lowest,
            self.highest,
            self.mean,
            self.squares,
            sampled.features,
            sampled.target,
            sampled.weights,
        )

    def _add_moments(self, block: Block, features: Array, shares: Floats) -> None:
        weight = float(shares.sum())
        mean, squares = _moments(features, shares)
        if not (np.isfinite(mean).all() and np.isfinite(squares).all()):
            check_finite(features, self.names, block, self.stream.where)
            raise InputError(
                "near {row} the features are too large to be squared; scale them down.",
                row=self.stream.where(block.row(0)),
            )
        self._merge(weight, mean, squares)

    def _merge(self, weight: float, mean: Floats, squares: Floats) -> None:
        if weight == 0.0:
            return
        total = self.weight + weight
        step = mean - self.mean
        self.mean = self.mean + step * (weight / total)
        self.squares = self.squares + squares + np.square(step) * (self.weight * (weight / total))
        self.weight = total

    def _sample(self, features: Array, target: Floats, weights: Floats | None) -> None:
        first = self.stream.offset + self.rows
        marks = hash_rows(np.arange(first, first + len(target)), _SEED)
        self._keep(_Sampled(marks, features, target, weights))

    def _keep(self, found: "_Sampled") -> None:
        """Keep the rows of low hash; where there are too many, only the lower half of the limit."""
        weights = found.weights
        if self.sampled and (self.sampled[0].weights is None) != (weights is None):
            raise InputError("some blocks of rows have weights and others have none.")
        self.sampled.append(found.where(found.marks <= self.highest_mark))
        if sum(len(each.marks) for each in self.sampled) > self.most:
            whole, half = _joined(self.sampled), self.most // 2
            self.highest_mark = np.partition(whole.marks, half - 1)[half - 1]
            self.sampled = [whole.where(whole.marks <= self.highest_mark)]


class _Seen(NamedTuple):
    """What a partition's rows are: counts, (Σs, mean, squares), the target's range, and a sample of
    those whose mark is no higher than `highest_mark`; None of no rows.
    """

    rows: int
    blocks: int
    moments: tuple[float, Floats, Floats]
    range: tuple[float, float]
    sampled: "_Sampled | None"
    highest_mark: np.uint64


class _Sampled(NamedTuple):
    """Rows that are kept, each with its mark (n,)."""

    marks: NDArray[np.uint64]
    features: Array
    target: Floats
    weights: Floats | None

    def where(self, chosen: NDArray[np.bool_]) -> "_Sampled":
        """A copy of these rows."""
        weights = None if self.weights is None else self.weights[chosen]
        return _Sampled(self.marks[chosen], self.features[chosen], self.target[chosen], weights)


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


def _moments(features: Array, shares: Floats) -> tuple[Floats, Floats]:
    """Mean and Σ s (x − mean)² of the columns (n, p): zeros where no row has weight, nan where a
    value is not finite, whatever it weighs.
    """
    from steepest.problems.stream_survey_kernel import column_moments

    weight = float(shares.sum())
    if weight == 0.0:
        shares, weight = np.ones(len(shares)), float(len(shares))
    mean, squares = column_moments(features, shares, weight)
    return mean, squares


def _joined(sampled: list[_Sampled]) -> _Sampled:
    """All of them, in one piece."""
    marks, features, targets, weights = zip(*sampled, strict=True)
    return _Sampled(
        np.concatenate(marks),
        np.concatenate(features),
        np.concatenate(targets),
        None if weights[0] is None else np.concatenate(weights),
    )
