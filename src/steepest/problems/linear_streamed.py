"""Any loss of a linear model, over rows that are read block by block."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial, reduce
from operator import methodcaller
from typing import Any, NamedTuple, final

import numpy as np

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.losses import Loss, Multinomial
from steepest.penalties.penalties import L2, Penalty
from steepest.problems.coordinates import Coordinates
from steepest.problems.linear import MOST_DENSE, LinearProblem
from steepest.problems.linear_model import (
    LinearModel,
    MovedRows,
    SecondSums,
    column_names,
    names_of_classes,
)
from steepest.problems.row_stream import Meter, RowStream, StreamPace
from steepest.problems.squared_loss import Reduction
from steepest.problems.stream_survey import (
    Survey,
    block_weights,
    checked_target,
    survey_stream,
)
from steepest.tables.blocks import Block
from steepest.tables.prefetch import read_ahead
from steepest.wording.fact import Fact, fact


@final
@dataclass(frozen=True, eq=False)
class StreamedProblem(LinearModel):
    """A loss, averaged over the rows of a stream, and a penalty on the coefficients.

    Every objective, gradient and second derivative is a pass over the rows, of which three blocks
    are in memory at once.

    - `survey`: the result of the first pass: counts, means, and a sample of the rows
    - `sample`: the problem of a random sample of the rows, at most 2^17 and few enough for memory;
      of all rows where they are no more

    >>> from steepest.losses import Logistic
    >>> from steepest.problems.row_stream import Meter, ArrayStream
    >>> stream = ArrayStream.of(np.array([[0.0], [1], [2], [3]]), [0, 0, 1, 1], block_rows=3)
    >>> problem = StreamedProblem.of(stream, loss=Logistic())
    >>> problem.names, round(problem.objective(np.zeros(2)), 6)
    (('x', 'intercept'), 0.693147)
    >>> problem.gradient(np.zeros(2)).round(6), problem.curvature_bound()
    (array([-0.447214,  0.      ]), 0.25)
    """

    stream: RowStream
    survey: Survey
    sample: LinearProblem

    @staticmethod
    def of(
        stream: RowStream,
        *,
        loss: Loss,
        penalty: Penalty | None = None,
        standardize: bool = True,
        intercept: bool = True,
        reduction: Reduction = "mean",
        names: Sequence[str] | None = None,
        classes: Sequence[str] | None = None,
        progress: Callable[[StreamPace], object] | None = None,
    ) -> "StreamedProblem":
        """The problem of a stream, after one pass over it: centre and spread, mean weight.

        `names` are of the columns, `classes` of the classes 0, 1, … of the multinomial loss.
        Raises InputError for the first value that is not finite, with row and column, and for the
        first target or weight that cannot be used.
        """
        columns = column_names(names, stream.columns)
        meter = Meter(progress, 0, stream.rows)
        survey = survey_stream(stream, loss, columns, meter.add)
        named = columns + (("intercept",) if intercept else ())
        if isinstance(loss, Multinomial):
            named = names_of_classes(named, classes, int(survey.highest) + 1)
        penalty = L2(0.0) if penalty is None else penalty
        coordinates = survey.coordinates(standardize=standardize, intercept=intercept)
        coordinates = coordinates.checked(columns)
        posed = named, loss, penalty, coordinates
        sample = LinearProblem(*posed, "mean", *survey.sample[1:])
        return StreamedProblem(*posed, reduction, stream, survey, sample)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.survey.columns.rows

    @cached_property
    def centred(self) -> "StreamedProblem":
        seen = self.survey.columns
        coordinates = self._about(seen.mean, np.sqrt(seen.variance))
        if coordinates is None or not self._is_about_zero:
            return self
        sample = replace(self.sample, coordinates=coordinates)
        return replace(self, coordinates=coordinates, sample=sample)

    @property
    def total_weight(self) -> float:
        return self.survey.columns.weight

    def best_constant(self) -> float | Floats:
        """The η, a number or (k,), that is best for the rows of the sample where all have the same.

        0 where these have none, as they may when all but a few rows are of one class. Raises
        InputError where there is none for all rows.
        """
        try:
            best = self.sample.best_constant()
        except InputError:
            if self.survey.lowest == self.survey.highest:
                raise
            return 0.0
        return best if np.size(best) == self.predictors else 0.0

    def objectives(self, parameters: Floats) -> Floats:
        """J of each row of `parameters` (…, d), without the L1 part of the penalty."""
        flat, shape = self._flat(parameters)
        totals = self.summed(methodcaller("objectives", flat))
        with np.errstate(over="ignore", invalid="ignore"):
            return self._objective(totals, flat).reshape(shape)

    def objectives_and_gradient(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Both, of shapes (…) and (…, d), in one pass over the rows, or as they are known."""
        flat, shape = self._flat(parameters)
        known = self._first_and_last.get(flat.tobytes())
        if known is None:
            return super().objectives_and_gradient(parameters)
        return np.full(shape, known.objective), known.gradient.reshape(*shape, len(self.names))

    def _sums(self, flat: Floats) -> tuple[Floats, Floats]:
        values, slopes = self.summed(methodcaller("objectives_and_gradient", flat))
        return values, slopes

    def second_sums(self, parameters: Floats) -> SecondSums:
        sums: SecondSums = self.summed(methodcaller("second_sums", parameters))
        return sums

    def moved_rows(self, direction: Floats, least: float) -> MovedRows | None:
        """How many rows a direction (d,) moves, in one pass over them."""
        counts: MovedRows | None = self.summed(methodcaller("moved_rows", direction, least))
        return counts

    def summed(self, work: Callable[[LinearProblem], Any]) -> Any:
        """Σ over blocks of what `work` finds of each: a number, an array, or a tuple of such; None
        where it is None of all. Partitions are summed where they are.
        """
        posed = _Posed(self.names, self.loss, self.coordinates)
        found = self.stream.over(partial(_summed, posed, work))
        return reduce(_plus, found, None)

    def explain(self, parameters: Floats) -> Fact:
        """The range of the sample's linear predictors at θ (d,)."""
        with np.errstate(over="ignore", invalid="ignore"):
            low, high = self.sample.predicted_range(parameters)
        return fact("predictors between", low=low, high=high)

    @cached_property
    def largest_moment(self) -> float:
        """The largest eigenvalue of κ Σ s x̃x̃ᵀ; of more than 1024 columns the sum of all, which is
        no less.
        """
        if self.width > MOST_DENSE:
            return float(self.survey.columns.mean_squares(self.coordinates).sum())
        moment = self.summed(methodcaller("cross_products"))
        return float(np.linalg.eigvalsh(moment)[-1]) * self._factor


class _Posed(NamedTuple):
    """What the problems of blocks have in common: small enough to be sent to where rows are."""

    names: tuple[str, ...]
    loss: Loss
    coordinates: Coordinates

    def of(self, stream: RowStream) -> Iterator[LinearProblem]:
        """The problem of each block alone, summed and without penalty."""
        for block in rows_of(stream):
            yield LinearProblem(
                self.names,
                self.loss,
                L2(0.0),
                self.coordinates,
                "sum",
                block.features,
                checked_target(stream, self.loss, block),
                block_weights(stream, block),
            )


def rows_of(stream: RowStream) -> Iterator[Block]:
    """The blocks that have rows; the next one is read meanwhile."""
    return (block for block in read_ahead(stream.blocks) if len(block))


def _summed(posed: _Posed, work: Callable[[LinearProblem], Any], stream: RowStream) -> Any:
    with np.errstate(over="ignore", invalid="ignore"):
        return reduce(_plus, map(work, posed.of(stream)), None)


def _plus(mine: Any, other: Any) -> Any:
    """The sum of two sums, of tuples entry by entry; None is that of no rows."""
    if mine is None or other is None:
        return other if mine is None else mine
    if not isinstance(mine, tuple):
        return mine + other
    found, kind = map(_plus, mine, other), type(mine)
    return kind(*found) if hasattr(mine, "_fields") else kind(found)
