"""What predicts: linear functions of the float columns, about a centre.

In the user's units an intercept is what large terms may leave of each other; about a point among
the rows nothing cancels but what the columns themselves have in common.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from steepest.arrays import Floats
from steepest.moments.exact_residuals import Line
from steepest.moments.moments import UNIT_ROUNDOFF
from steepest.moments.twice_precision import Twice, plus
from steepest.problems.linear_model import LinearModel
from steepest.problems.problem import Problem
from steepest.problems.squared_loss import Quadratic

PREDICTION = "prediction"  # the column of a table of them
# Rounding may cost predictions this share of the residuals' size, or of the target's rounding.
_SHARE = 1e-10
_ROUNDINGS = 16.0
_ROWS = 8192


@dataclass(frozen=True, eq=False)
class Predictor:
    """k linear functions of p columns, in the user's units.

        η_i = level_i + Σ (x_j − centre_j)(slopes_ij + low_ij)

    - `centre` (p,);   `slopes` (k, p);   `level` (k,): the functions at the centre
    - `low` (k, p): what float64 leaves of the slopes; 0 where predictions do not need it

    >>> far = Predictor(np.array([1e9]), np.array([[0.1]]), np.zeros((1, 1)), np.array([5.0]))
    >>> far(np.array([[1e9], [1e9 + 1.0]])).tolist()
    [[5.0], [5.1]]
    """

    centre: Floats
    slopes: Floats
    low: Floats
    level: Floats

    @staticmethod
    def of(problem: Problem, parameters: Floats) -> "Predictor":
        """At `parameters` (d,) in the descent's coordinates."""
        assert isinstance(problem, Quadratic | LinearModel)
        if isinstance(problem, Quadratic) and problem.solution is not None:
            near = _near_solution(problem, parameters)
            if near is not None:
                return near
        coordinates = problem.coordinates
        p = len(coordinates.spread)
        rows = parameters.reshape(-1, p + coordinates.intercept)
        slopes = rows[:, :p] / coordinates.spread
        level = rows[:, p] if coordinates.intercept else np.zeros(len(rows))
        return Predictor(coordinates.centre, slopes, np.zeros_like(slopes), level)

    def __call__(self, features: Any) -> Floats:
        """The predictors (n, k) of rows (n, p)."""
        if self.is_exact:
            return -self._line.residuals(features, np.zeros(len(features))).high[:, None]
        eta = np.empty((len(features), len(self.slopes)))
        for first in range(0, len(features), _ROWS):
            at = slice(first, first + _ROWS)
            offsets = np.asarray(features[at], dtype=np.float64) - self.centre
            eta[at] = offsets @ self.slopes.T + self.level
        return eta

    @property
    def is_exact(self) -> bool:
        """Whether it is computed in twice the working precision."""
        return bool(self.low.any())

    @cached_property
    def _line(self) -> Line:
        slopes = Twice(self.slopes[0], self.low[0])
        return Line(self.centre, slopes, Twice.of(self.level[0]))

    def of_columns(self, kept: Sequence[int], count: int) -> "Predictor":
        """The same of `count` columns of which these are its own; the others have slope 0."""
        if len(kept) == count:
            return self
        wide = np.zeros((2, len(self.slopes), count))
        wide[:, :, kept] = self.slopes, self.low
        centre = np.zeros(count)
        centre[kept] = self.centre
        return replace(self, centre=centre, slopes=wide[0], low=wide[1])


def _near_solution(problem: Quadratic, parameters: Floats) -> Predictor | None:
    """Near a minimum that is known to more digits, from there: None where that is farther off."""
    solution, coordinates = problem.solution, problem.coordinates
    assert solution is not None
    step, p = parameters - problem.minimizer, len(coordinates.spread)
    if np.abs(step).sum() >= np.abs(parameters).sum():
        return None
    line, moved = solution.line, step[:p] / coordinates.spread
    slopes = plus(line.slopes, Twice.of(moved))
    level = float(line.level.high)
    if coordinates.intercept:
        level += float(step[p] + (line.centre - coordinates.centre) @ moved)
    low = slopes.low if _cancels(problem, slopes.high) else np.zeros(p)
    return Predictor(line.centre, slopes.high[None], low[None], np.array([level]))


def _cancels(problem: Quadratic, slopes: Floats) -> bool:
    """Whether the terms are so large that their rounding shows in the residuals."""
    factor, intercept = problem.triangle, problem.coordinates.intercept
    whole = factor.triangle if intercept else factor.about_zero()
    spread = np.sqrt(np.square(whole).sum(axis=0)) / factor.scale
    rounding = UNIT_ROUNDOFF * float(np.abs(slopes) @ spread[:-1])
    size = _SHARE * factor.residual_of(intercept=intercept)
    return rounding > max(size, _ROUNDINGS * UNIT_ROUNDOFF * float(spread[-1]))
