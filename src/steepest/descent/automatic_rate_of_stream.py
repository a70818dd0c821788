"""`lr="auto"` where rows come piece by piece: from the curvature of what has been seen so far."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from steepest.arrays import Floats
from steepest.descent.automatic_rate import require_sgd
from steepest.descent.automatic_rate_of_rows import row_norms, typical_curvature
from steepest.descent.optimizers import Optimizer
from steepest.descent.schedules import Schedule, Steps, _Formula
from steepest.errors import InputError
from steepest.losses import Loss, Multinomial
from steepest.losses.two_classes import TwoClasses
from steepest.problems.column_moments import ColumnMoments, TargetSample
from steepest.problems.linear import LinearProblem

# The rate begins to fall after so many times the updates that take a parameter of mean curvature
# by a factor of e towards its minimum, twice.
_SPAN = 10.0
_POWER = 0.75


@final
@dataclass(frozen=True)
class FallingRate(_Formula):
    """lr / (1 + decay·k)^¾: between 1/√k, which forgets the start sooner, and 1/k, which lets the
    noise of single rows die out sooner (Bach and Moulines 2011).

    >>> FallingRate(1.0, decay=1.0).rate(15)
    0.125
    """

    name: ClassVar[str] = "falling"
    example: ClassVar[str] = "falling:0.1,decay=0.01"
    decay: float

    def _at(self, step: Steps, xp: Any) -> Steps:
        return self.lr / (1 + self.decay * step) ** _POWER


@final
@dataclass(frozen=True, eq=False)
class SeenRows:
    """What the rate follows: columns and targets of all rows so far, in the coordinates of now.

    - `largest`: the mean, over the pieces, of the largest eigenvalue of their Σ s x̃x̃ᵀ/n, which
      that of all rows does not exceed
    """

    columns: ColumnMoments
    targets: TargetSample
    largest: float

    @staticmethod
    def none(columns: int) -> "SeenRows":
        """Before the first rows."""
        return SeenRows(ColumnMoments.none(columns), TargetSample(), 0.0)

    def after(self, problem: LinearProblem, columns: ColumnMoments) -> "SeenRows":
        """With the rows of the problem, which `columns` has already and is its coordinates'."""
        rows = len(problem.target)
        found = problem.largest_moment * problem.total_weight / rows
        largest = self.largest + (found - self.largest) * (rows / columns.rows)
        return SeenRows(columns, self.targets.after(problem.target), largest)


def stream_schedule(
    problem: LinearProblem, seen: SeenRows, optimizer: Optimizer, batch: int
) -> Schedule:
    """lr / (1 + k/K)^¾ with lr = (1 − momentum)/(2L_b), as `minibatch_schedule` has it.

    L_b = L + (L₁ − L)/b lies between bounds on the curvature of all rows and of single ones. L₁ is
    the greater of c·mean ‖x̃‖² of all rows so far and c·Σ‖x̃‖⁴/Σ‖x̃‖² of those at hand, so that no
    piece meets a rate that it does not bear. K = 10·L_b over the mean curvature of a parameter.
    For losses with kinks lr moves the predictor of a row by half the median distance of targets.

    Weights count as they are. Raises InputError for an optimizer whose rate the curvature does not
    give.
    """
    momentum = require_sgd(optimizer).momentum
    loss, y = problem.loss, seen.targets.values
    columns, here = seen.columns, problem.total_weight / len(problem.target)
    norms = row_norms(problem) * here
    squares = columns.mean_squares(problem.coordinates) * (columns.weight / columns.rows)
    mean_norm, varying = float(squares.sum()), int(np.count_nonzero(squares))
    if mean_norm == 0.0:
        return FallingRate(1.0, decay=0.0)
    mean_square = mean_norm / varying
    if not loss.smooth:
        size = max(mean_norm, float(norms.mean()))
        lr = 0.5 * _scale(loss, y) / size
        span = _SPAN * size / mean_square
    else:
        curvature = _curvature(loss, y, problem.target)
        single = max(mean_norm, float(np.square(norms).sum() / max(norms.sum(), 1e-300)))
        whole = min(seen.largest, single) if batch > 1 else single
        bound = curvature * (whole + (single - whole) / batch) + problem.penalty.curvature
        lr, span = 0.5 / bound, _SPAN * bound / (curvature * mean_square)
    return FallingRate((1.0 - momentum) * lr, decay=1.0 / span)


def _curvature(loss: Loss, sample: Floats, target: Floats) -> float:
    """`typical_curvature` of the targets so far."""
    with suppress(InputError):
        return typical_curvature(loss, np.append(sample, target.max()))
    return loss.greatest_curvature_between(-2.0, 2.0, target)  # counts that are all 0


def _scale(loss: Loss, y: Floats) -> float:
    """How far predictors have to go: 1 for classes, else the median distance of the targets, which
    single ones far away do not move.
    """
    if isinstance(loss, TwoClasses | Multinomial):
        return 1.0
    distances = np.abs(y - loss.start(y))
    return float(np.median(distances)) or float(distances.mean()) or 1.0
