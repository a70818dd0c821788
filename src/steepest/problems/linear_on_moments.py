"""Squared loss with any penalty, over rows of which nothing is at hand but their moments.

    J(θ) = κ Σ s_i (η_i − y_i)² + b‖coefficients‖²        κ = 1/Σs (mean) or 1 (sum)

The same problem as `LinearProblem` with squared loss, in the same coordinates, but a look at all
the rows costs d² operations whatever their number. What an L1 penalty or bounds add belongs to the
proximal map.

The moments need no second pass: a descent that follows a direction of curvature λ for λmax/λ epochs
collects as much rounding from its own gradients as the sums of products hold.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.losses import Squared
from steepest.moments.collinearity import find_dependence
from steepest.moments.moments import CentredMoments
from steepest.moments.qr_factor import Factor, factor_moments
from steepest.penalties.penalties import L2, Penalty
from steepest.problems.coordinates import Coordinates
from steepest.problems.linear_model import LinearModel, SecondSums
from steepest.problems.squared_loss import Reduction, SquaredError

# Of more columns the products would take longer than rows do, which then are few.
MOST_COLUMNS = 4000


@final
@dataclass(frozen=True, eq=False)
class MomentsProblem(LinearModel):
    """Squared loss from moments, and a penalty on the coefficients.

    - `squares`: Σ s (η − y)² as a sum over a few rows, in the coordinates of the descent
    - `weight`: Σs;   `mean_target`, `target_variance`: of the target, weighted
    - `constant`: columns of one value only; their coefficients have no effect about the mean

    >>> import steepest
    >>> rows = steepest.Moments.of([[0.0], [1], [2], [3]], [1, 3, 5, 7])
    >>> problem = MomentsProblem.of(rows, standardize=False)
    >>> problem.names, problem.objective(np.array([2.0, 0.0])), problem.start().tolist()
    (('x', 'intercept'), 1.0, [0.0, 4.0])
    """

    squares: SquaredError
    weight: float
    mean_target: float
    target_variance: float
    constant: tuple[str, ...]

    @staticmethod
    def of(
        moments: CentredMoments,
        *,
        penalty: Penalty | None = None,
        standardize: bool = True,
        intercept: bool = True,
        reduction: Reduction = "mean",
        coordinates: Coordinates | None = None,
        factor: Factor | None = None,
    ) -> "MomentsProblem":
        """The problem of these rows; in `coordinates`, or else in those the rows define. Where the
        rows were read again, `factor` is their triangle.
        """
        constant = find_dependence(moments, True, copies=False).constant
        factor = factor_moments(moments) if factor is None else factor
        places = [moments.names.index(name) for name in constant]
        # What rounding leaves of a constant column is no spread.
        triangle = factor.triangle.copy()
        triangle[:, places] = 0.0
        factor = replace(factor, triangle=triangle)
        if coordinates is None:
            found = Coordinates.of(factor, standardize=standardize, intercept=intercept)
            spread = np.where(found.spread > 0.0, found.spread, 1.0)
            coordinates = replace(found, spread=spread)
        column = triangle[:, -1] / factor.scale[-1]
        return MomentsProblem(
            moments.features + (("intercept",) if coordinates.intercept else ()),
            Squared(),
            L2(0.0) if penalty is None else penalty,
            coordinates,
            reduction,
            SquaredError.of(factor, coordinates, reduction),
            moments.weight,
            float(factor.means[-1]),
            float(column @ column) / moments.weight,
            constant,
        )

    @cached_property
    def centred(self) -> "MomentsProblem":
        if not self._is_about_zero:
            return self
        # Above the last of the few rows, which is that of the means, columns are about them.
        design = self.squares.design.copy()
        means, design[-1, : self.columns] = design[-1, : self.columns].copy(), 0.0
        spreads = np.linalg.norm(design[:, : self.columns], axis=0) / design[-1, -1]
        coordinates = self._about(means / design[-1, -1], spreads)
        if coordinates is None:
            return self
        return replace(self, coordinates=coordinates, squares=replace(self.squares, design=design))

    @property
    def sums_rows(self) -> bool:
        return False

    @property
    def total_weight(self) -> float:
        return self.weight

    def best_constant(self) -> float:
        return self.mean_target

    def _sums(self, flat: Floats) -> tuple[Floats, Floats]:
        residual = flat @ self.squares.design.T - self.squares.target
        values = np.square(residual).sum(axis=1)
        # Parameters beyond float64 leave inf - inf behind.
        values = np.where(np.isnan(values), np.inf, values)
        return values, 2.0 * (residual @ self.squares.design)

    def second_sums(self, parameters: Floats) -> SecondSums:
        value, gradient = self._sums(self._flat(parameters)[0])
        spread = np.array([4.0 * value[0], 2.0 * self.weight])
        return SecondSums(value, gradient, 2.0 * self.squares.products, spread)

    @property
    def largest_moment(self) -> float:
        return self._factor * float(np.linalg.norm(self.squares.design, 2)) ** 2

    def mean_square(self, parameters: Floats) -> float:
        """Σ s (η − y)² / Σs at θ (d,): the mean squared error, without the penalty."""
        return float(self.squares.value(parameters)) / (self.squares.factor * self.weight)
