"""Where Newton's method goes first on many rows: near their minimum, by way of a sample of them.

The minimum of n/8 rows is about √8 standard errors from that of all. One step over all rows, whose
third derivative is that of the sample to a per cent, leaves some 1e-4 of one. That is all that this
step and those of the sample are for: float32 is enough for them.

Of a stream the sample is that of its survey, whose look at all rows is over by then. Where it has
all rows, its minimum is theirs.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.curvature.newton_step import inverse_of_regular
from steepest.descent.automatic_rate import NEWTON_RATE
from steepest.descent.newton import descend_newton, model_step
from steepest.descent.optimizers import Newton
from steepest.descent.penalized_update import Proximal
from steepest.descent.stepwise import RunSettings
from steepest.descent.stopping import stopping_rules
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_streamed import StreamedProblem
from steepest.problems.problem import Problem, SecondOrder
from steepest.problems.second_order_sums import suits_kernel

# One of so many pieces of so many consecutive rows is in the sample: picked one by one, each row
# would be a wait for memory.
STRIDE, PIECE = 8, 16
# Steps on the sample, and the relative change of its objective below which they end: what is left
# is then less than what the sample is off.
_MOST_STEPS, _TOLERANCE = 12, 1e-5
# The same in standard errors of the sample.
_ENOUGH = 1.0
# So many rows of a sample for each parameter have about the minimum that all have.
_ROWS_EACH = 100
# With fewer a sample may have none, where all rows have one.
_FEWEST_EACH = 20


def sampled_rows(problem: Problem) -> int:
    """How many rows the sample has; 0 where there is none, or all are looked at as quickly."""
    if isinstance(problem, StreamedProblem):
        rows = len(problem.sample.target)
        suits = problem.loss.smooth and problem.is_convex and problem.reduction == "mean"
        enough = rows == problem.rows or rows >= _FEWEST_EACH * len(problem.names)
        return rows if suits and enough else 0
    if not isinstance(problem, LinearProblem) or problem.reduction != "mean":
        return 0
    rows = len(problem.target) // (STRIDE * PIECE) * PIECE
    return rows if suits_kernel(problem.features[:rows], problem.loss) else 0


class SampledRows:
    """A sample of a problem's rows, in the coordinates of all: nothing is random."""

    whole: LinearProblem | StreamedProblem

    def __init__(self, problem: LinearProblem | StreamedProblem, proximal: Proximal | None) -> None:
        self.posed, self.proximal = problem, proximal
        if isinstance(problem, StreamedProblem):
            streamed = problem.centred
            self.whole, self.problem = streamed, streamed.sample
            return
        problem = problem.centred
        self.whole = replace(problem, rough=True)
        self.problem = replace(
            self.whole,
            features=_sampled(problem.features),
            target=_sampled(problem.target),
            weights=None if problem.weights is None else _sampled(problem.weights),
            compiled=True,
        )

    def minimum(self, start: Floats) -> Floats:
        """About the minimum (d,) of all rows."""
        start = self.posed.points_in(self.whole, start)
        if isinstance(self.whole, StreamedProblem) and len(self.problem.target) == self.whole.rows:
            return self.whole.points_in(self.posed, self._descended(start))
        near = self._own_minimum(start)
        known = self.whole.second_order(near)
        if self.proximal is not None or inverse_of_regular(known.hessian) is not None:
            step = self._step(known, near)
            bent = known._replace(gradient=known.gradient + self._bend(near, step))
            near = near + self._step(bent, near)
        return self.whole.points_in(self.posed, near)

    def _own_minimum(self, start: Floats) -> Floats:
        """About that of the sample, by way of a sample of its own where that has rows enough."""
        if len(self.problem.target) >= STRIDE * _ROWS_EACH * len(self.problem.names):
            return SampledRows(self.problem, self.proximal).minimum(start)
        return self._descended(start, _TOLERANCE, _ENOUGH)

    def _descended(
        self, start: Floats, tolerance: float | None = None, enough: float = 0.0
    ) -> Floats:
        run = RunSettings(Newton(), NEWTON_RATE, start, enough=enough)
        rules = stopping_rules(_MOST_STEPS, tolerance)
        walked = descend_newton(self.problem, run, rules, proximal=self.proximal)
        return walked.last.parameters

    def _step(self, known: SecondOrder, point: Floats) -> Floats:
        return model_step(self.whole, known, point, self.proximal)

    def _bend(self, parameters: Floats, step: Floats) -> Floats:
        """By how much (d,) the gradient after a step differs from what the curvature says."""
        known = self.problem.second_order(parameters)
        end = self.problem.gradient(parameters + step)
        return np.asarray(end - known.gradient - known.hessian @ step)


def _sampled(values: NDArray[Any]) -> NDArray[Any]:
    """Of every so many pieces of rows one, at a random place: no period of the rows falls in with
    it.
    """
    groups = len(values) // (STRIDE * PIECE)
    pieces = np.reshape(values[: groups * STRIDE * PIECE], (groups, STRIDE, PIECE, -1))
    chosen = pieces[np.arange(groups), np.random.default_rng(0).integers(0, STRIDE, groups)]
    return np.reshape(chosen, (groups * PIECE, *values.shape[1:]))
