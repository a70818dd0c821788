"""Means and scales of columns whose rows come piece by piece, and a sample of their targets.

Pieces are merged by the formulas of Chan, Golub and LeVeque (1983): of weights a and b, means m and
sums of squares S about them,

    m = m_a + (m_b − m_a) b/(a + b)        S = S_a + S_b + (m_b − m_a)² ab/(a + b)

so that the same rows have the same means and scales, however they are cut.
"""

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from steepest.arrays import Floats
from steepest.problems.coordinates import Coordinates
from steepest.problems.design_matrix import weighted_mean

MOST_TARGETS = 512
# A column that has varied by less than this part of its size may yet turn out to be no constant:
# divided by so small a spread, what was learned of it would then be far off.
_LEAST_SPREAD = 1e-8


@final
@dataclass(frozen=True, eq=False)
class ColumnMoments:
    """Of the rows so far: `rows`, their weight Σs, and of each column the mean and Σ s (x − mean)².

    >>> first = ColumnMoments.none(1).after(np.array([[1.0], [5.0]]), None)
    >>> first.after(np.array([[9.0]]), np.array([2.0]))
    ColumnMoments(rows=3, weight=4.0, mean=array([6.]), squares=array([44.]))
    """

    rows: int
    weight: float
    mean: Floats
    squares: Floats

    @staticmethod
    def none(columns: int) -> "ColumnMoments":
        """Of no rows."""
        return ColumnMoments(0, 0.0, np.zeros(columns), np.zeros(columns))

    def after(self, table: Any, weights: Floats | None) -> "ColumnMoments":
        """With further rows (n, p), dense or CSR, of weights (n,) or 1."""
        rows = int(table.shape[0])
        weight = float(rows if weights is None else weights.sum())
        if weight == 0.0:
            return self.plus(ColumnMoments(rows, weight, self.mean, self.squares))
        mean = weighted_mean(table, np.zeros_like(self.mean), weights, squared=False)
        # The mean of what the first mean leaves is its rounding.
        mean = mean + weighted_mean(table, mean, weights, squared=False)
        with np.errstate(over="ignore"):  # `Coordinates.checked` sees what is beyond float64
            squares = weighted_mean(table, mean, weights, squared=True) * weight
        return self.plus(ColumnMoments(rows, weight, mean, squares))

    def plus(self, other: "ColumnMoments") -> "ColumnMoments":
        """Those of the rows of both."""
        rows, weight = self.rows + other.rows, self.weight + other.weight
        if other.weight == 0.0:
            return ColumnMoments(rows, self.weight, self.mean, self.squares)
        step, share = other.mean - self.mean, other.weight / weight
        with np.errstate(over="ignore"):
            squares = self.squares + other.squares + np.square(step) * (self.weight * share)
        return ColumnMoments(rows, weight, self.mean + step * share, squares)

    @property
    def variance(self) -> Floats:
        """Of each column, (p,)."""
        return self.squares / self.weight if self.weight else np.zeros_like(self.squares)

    def coordinates(self, *, standardize: bool, intercept: bool, centred: bool) -> Coordinates:
        """Where columns have mean 0 and mean square 1; those that are not `centred` are divided by
        their spread only, as sparse rows can be.
        """
        measured = Coordinates.measured(
            self.mean, self.variance, standardize=standardize, intercept=intercept
        )
        centre, spread = measured.centre, measured.spread
        if standardize:
            spread = np.maximum(spread, _LEAST_SPREAD * np.abs(self.mean))
        return Coordinates(centre if centred else np.zeros_like(centre), spread, intercept)

    def mean_squares(self, coordinates: Coordinates) -> Floats:
        """The mean square of each column in some coordinates, and of the intercept's 1; (width,).

        Their sum is the mean squared norm of a row, which no curvature of squared loss exceeds but
        for its factor.
        """
        offset = np.square(self.mean - coordinates.centre)
        squares = (self.variance + offset) / np.square(coordinates.spread)
        # What rounding leaves of a constant column is nothing.
        squares[self.variance + offset <= np.square(1e-15 * self.mean)] = 0.0
        return np.append(squares, 1.0) if coordinates.intercept else squares


@final
@dataclass(frozen=True, eq=False)
class TargetSample:
    """At most 512 of the targets so far: every 2^m-th, so that it is the same however rows are cut.

    >>> TargetSample().after(np.arange(2000.0)).values[:3]
    array([0., 4., 8.])
    """

    values: Floats = field(default_factory=lambda: np.empty(0))
    seen: int = 0
    stride: int = 1

    def after(self, target: Floats) -> "TargetSample":
        """With further targets (n,)."""
        values = np.append(self.values, target[-self.seen % self.stride :: self.stride])
        stride = self.stride
        while len(values) > MOST_TARGETS:
            values, stride = values[::2].copy(), 2 * stride
        return TargetSample(values, self.seen + len(target), stride)
