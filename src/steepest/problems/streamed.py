"""Any loss of a linear model, over rows that are read block by block."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

from steepest.problems.coordinates import Coordinates
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_model import LinearModel
from steepest.problems.losses import Loss
from steepest.problems.penalties import Penalty
from steepest.problems.quadratic import Reduction
from steepest.problems.row_stream import RowStream, StreamPace


@final
@dataclass(frozen=True, eq=False)
class StreamedProblem(LinearModel):
    """A loss, averaged over the rows of a stream, and a penalty on the coefficients.

    - `rows`, `blocks`: how many there are;   `weight`: the mean weight s̄
    - `sample`: the problem of rows that lie evenly spread, at most 2^17 and few enough for memory
    """

    names: tuple[str, ...]
    stream: RowStream
    loss: Loss
    penalty: Penalty
    coordinates: Coordinates
    reduction: Reduction
    rows: int
    blocks: int
    weight: float
    sample: LinearProblem

    @staticmethod
    def of(
        stream: RowStream,
        *,
        loss: Loss,
        penalty: Penalty | None = None,
        standardize: bool = True,
        intercept: bool = True,
        names: Sequence[str] | None = None,
        classes: Sequence[str] | None = None,
        progress: Callable[[StreamPace], object] | None = None,
    ) -> "StreamedProblem":
        """The problem of a stream, after one pass over it: centre and spread, mean weight.

        `names` are of the columns, `classes` of the classes 0, 1, … of the multinomial loss.
        Raises InputError for the first value that is not finite, with row and column, and for the
        first target or weight that cannot be used.
        """
        raise NotImplementedError
