"""Any loss of a linear model, over rows in memory: objective, gradient and exact curvature.

    J(θ) = κ Σ s_i ℓ(η_i, y_i) + b‖coefficients‖²        κ = 1/Σs (mean) or 1 (sum)

with η = ((x − m)/s)·w + c in the coordinates of the descent. b‖·‖² is the smooth part of the
penalty; what an L1 penalty adds belongs to the proximal map (`steepest.descent.penalized_update`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.losses import Logistic, Loss, Multinomial, Poisson, ScalarLoss, Squared
from steepest.moments.moments import CentredMoments
from steepest.penalties.penalties import L2, Penalty
from steepest.problems.coordinates import Coordinates
from steepest.problems.design_matrix import compiled_moments, measure_coordinates, table_of
from steepest.problems.linear_model import (
    LinearModel,
    MovedRows,
    SecondSums,
    column_names,
    names_of_classes,
    row_weights,
)
from steepest.problems.problem import SecondOrderProducts
from steepest.problems.row_losses import RowLosses
from steepest.problems.row_terms import RowTerms
from steepest.problems.second_order_sums import (
    LEAST_NUMBERS,
    compiled_second_sums,
    products_of_moments,
    squares_of_moments,
    suits_kernel,
    sums_of_constant,
    sums_of_few,
)
from steepest.problems.squared_loss import Reduction
from steepest.problems.standardized_rows import StandardizedRows
from steepest.wording.fact import Fact

# Up to so many parameters a matrix of them all is formed to find its largest eigenvalue.
MOST_DENSE = 1024


@final
@dataclass(frozen=True, eq=False)
class LinearProblem(LinearModel):
    """A loss, averaged over rows of features (n, p), and a penalty on the coefficients.

    Parameters are p coefficients and the intercept, where there is one; with the multinomial loss
    of k classes so many for each class, one class after the other, and names "x [class a]".

    - `features` (n, p): float32 or float64, or SciPy's CSR; used where they lie, summed in float64
    - `target` (n,); `weights` (n,) of 0 or more, or None
    - `coordinates`: centre and spread, of the descent's coordinates
    - `compiled`: whether compiled code looks at the rows however few they are
    - `rough`: whether it does so in float32, which takes less time and leaves some six digits

    >>> from steepest.losses import Logistic
    >>> problem = LinearProblem.of([[0.0], [1], [2], [3]], [0, 0, 1, 1], loss=Logistic())
    >>> problem.names, round(problem.objective(np.zeros(2)), 6)
    (('x', 'intercept'), 0.693147)
    >>> problem.gradient(np.zeros(2)).round(6), problem.curvature_bound()
    (array([-0.447214,  0.      ]), 0.25)
    """

    features: Any
    target: Floats
    weights: Floats | None
    compiled: bool = False
    rough: bool = False
    # Of the rows, where they are known; a problem that is made of another does not know them.
    _moments: CentredMoments | None = field(init=False, default=None)

    @staticmethod
    def of(
        features: Any,
        target: ArrayLike,
        *,
        loss: Loss,
        weights: ArrayLike | None = None,
        penalty: Penalty | None = None,
        standardize: bool = True,
        intercept: bool = True,
        reduction: Reduction = "mean",
        names: Sequence[str] | None = None,
        classes: Sequence[str] | None = None,
        moments: CentredMoments | None = None,
    ) -> "LinearProblem":
        """The problem of these rows. `names` are of the columns, `classes` of the classes 0, 1, …
        of the multinomial loss; `moments` are the rows', the target's last, where they are known.

        The target is checked by the loss, where no moments are known; features are taken as they
        are.
        Raises InputError for arrays that do not fit together.
        """
        table, y = table_of(features), np.asarray(target)
        if y.shape != table.shape[:1]:
            raise InputError(
                "the target has shape {shape}, for {shape_2: row} of features.",
                shape=y.shape,
                shape_2=table.shape[0],
            )
        if moments is None:
            loss.check_target(y)
        shares = None if weights is None else row_weights(weights, len(y))
        columns = column_names(names, table.shape[1])
        named = columns + (("intercept",) if intercept else ())
        if isinstance(loss, Multinomial):
            named = names_of_classes(named, classes, int(y.max()) + 1)
        y = y.astype(np.float64)
        if moments is None and standardize:
            moments = compiled_moments(table, y, shares)
        measured = measure_coordinates if moments is None else Coordinates.of_moments
        of = (table, shares) if moments is None else (moments,)
        coordinates = measured(*of, standardize=standardize, intercept=intercept)
        penalty = L2(0.0) if penalty is None else penalty
        posed = named, loss, penalty, coordinates.checked(columns), reduction
        problem = LinearProblem(*posed, table, y, shares)
        object.__setattr__(problem, "_moments", moments)
        return problem

    @cached_property
    def centred(self) -> "LinearProblem":
        if not (self._is_about_zero and isinstance(self.features, np.ndarray)):
            return self
        found = measure_coordinates(self.features, self.weights, standardize=True, intercept=True)
        coordinates = self._about(found.centre, found.spread)
        if coordinates is None:
            return self
        same = replace(self, coordinates=coordinates)
        object.__setattr__(same, "_moments", self._moments)
        return same

    @cached_property
    def total_weight(self) -> float:
        return float(len(self.target) if self.weights is None else self.weights.sum())

    def best_constant(self) -> float | Floats:
        return self.loss.start(self.target, self.weights)

    def objectives(self, parameters: Floats) -> Floats:
        """J of each row of `parameters` (…, d), without the L1 part of the penalty."""
        if self.is_compiled:
            return self.objectives_and_gradient(parameters)[0]
        flat, shape = self._flat(parameters)
        with np.errstate(over="ignore", invalid="ignore"):
            objective = self._objective(self._losses.values(flat), flat)
        return objective.reshape(shape)

    def _sums(self, flat: Floats) -> tuple[Floats, Floats]:
        if not self.is_compiled:
            return self._losses.values_and_gradients(flat)
        sums = [self._compiled_sums(theta, curved=False) for theta in flat]
        gradient = np.array([each.gradient[0] for each in sums]).reshape(flat.shape)
        return np.array([each.value[0] for each in sums]), gradient

    def second_sums(self, parameters: Floats) -> SecondSums:
        flat, _ = self._flat(parameters)
        if self.is_compiled or self.is_known(flat[0]):
            return self._compiled_sums(flat[0])
        if self._kept_rows is not None:
            return self._sums_of_few(flat[0])
        with np.errstate(over="ignore", invalid="ignore"):
            return self._losses.second_sums(flat)

    @cached_property
    def _kept_rows(self) -> Floats | None:
        """The rows (n, width) in the descent's coordinates, where they are few and have one
        predictor: each look at them would make them anew.
        """
        few = isinstance(self.features, np.ndarray) and self.features.size <= LEAST_NUMBERS
        one = isinstance(self.loss, ScalarLoss) and self.loss.smooth and self.loss.convex
        if not (few and one):
            return None
        # Column by column, as sums over the rows are taken sooner.
        rows = np.ones((self.width, len(self.target)))
        centre, spread = self.coordinates.centre[:, None], self.coordinates.spread[:, None]
        np.subtract(self.features.T, centre, out=rows[: self.columns])
        rows[: self.columns] /= spread
        return rows.T

    def _sums_of_few(self, parameters: Floats, *, curved: bool = True) -> SecondSums:
        assert self._kept_rows is not None and isinstance(self.loss, ScalarLoss)
        of = self.loss, self.target, self.weights
        return sums_of_few(self._kept_rows, *of, parameters, curved=curved)

    def first_order(self, parameters: Floats) -> tuple[float, Floats] | None:
        """Objective and gradient (d,) at θ (d,) by the sums of `second_order`, which are soon taken
        without the curvature; None where others take them.
        """
        if not self.is_compiled and self._kept_rows is None:
            return None
        flat, _ = self._flat(parameters)
        take = self._compiled_sums if self.is_compiled else self._sums_of_few
        with np.errstate(over="ignore", invalid="ignore"):
            sums = take(flat[0], curved=False)
            return float(self._objective(sums.value, flat)[0]), self._sloped(sums.gradient, flat)[0]

    def second_order_products(self, parameters: Floats) -> SecondOrderProducts:
        """Objective, gradient and products with the second derivative at θ (d,), each in one pass
        over the rows; what a product needs of them, the losses' curvature, is kept.
        """
        flat, _ = self._flat(parameters)
        with np.errstate(over="ignore", invalid="ignore"):
            curvatures = self._losses.curvatures(flat)
            objective, gradient = self.objectives_and_gradient(parameters)
        ridge = self.penalty.curvature * self.penalized

        def product(vector: Floats) -> Floats:
            total = self._losses.product(curvatures, vector)
            return np.asarray(self._factor * total + ridge * vector)

        unit = self._unit(*curvatures.spread.tolist())
        diagonal = self._factor * curvatures.diagonal + ridge
        return SecondOrderProducts(float(objective), gradient, product, diagonal, unit)

    @property
    def is_compiled(self) -> bool:
        """Whether compiled code looks at the rows: there are many, and it knows the loss."""
        return suits_kernel(self.features, self.loss, few=self.compiled)

    def _compiled_sums(self, parameters: Floats, *, curved: bool = True) -> SecondSums:
        assert isinstance(self.loss, ScalarLoss)
        if self.is_known(parameters):
            assert self._moments is not None
            return sums_of_constant(self._moments, self.coordinates, self.loss, parameters)
        known = self.features, self.target, self.weights, self.coordinates
        return compiled_second_sums(*known, self.loss, parameters, curved=curved, rough=self.rough)

    def is_known(self, parameters: Floats) -> bool:
        """Whether moments of the rows tell all of θ (d,), without a look at them: where no
        coefficient counts, all rows have one predictor, and with these losses one curvature.
        """
        known = self._moments is not None and isinstance(self.loss, Logistic | Poisson)
        return known and not parameters[: self.columns].any()

    def quick_sums(self, parameters: Floats) -> tuple[float, Floats] | None:
        """Σ s ℓ and its gradient (d,) at θ (d,), by moments or compiled code; None where neither
        is the quicker way.
        """
        if not self.is_compiled:
            return None
        if isinstance(self.loss, Squared) and self._moments is not None:
            known = squares_of_moments(self._moments, self.coordinates, parameters)
            if known is not None:
                return known
        with np.errstate(over="ignore", invalid="ignore"):
            sums = self._compiled_sums(parameters, curved=False)
        return float(sums.value[0]), sums.gradient[0]

    def rows(self) -> Iterator[Floats]:
        """The rows (r, width) in the descent's coordinates, 1 for the intercept, in blocks."""
        return map(self._rows.dense, self._rows.blocks(2 * (self.width + self.predictors)))

    def row_terms(self, parameters: Floats) -> Iterator[RowTerms]:
        """What each row adds to gradient and curvature at θ (d,), block by block."""
        flat, _ = self._flat(parameters)
        return self._losses.terms(flat, self.total_weight / len(self.target))

    def curvature_root(self, parameters: Floats) -> Floats:
        """R (d, d) with RᵀR = the second derivative at θ (d,), by merged QR of the rows: it keeps
        twice the digits of the least curvature that their products keep.
        """
        size = len(self.names)
        scale = np.sqrt(self._factor * self.total_weight / len(self.target))
        root = np.diag(np.sqrt(self.penalty.curvature * self.penalized))
        for terms in self.row_terms(parameters):
            rows = scale * terms.factors().reshape(-1, size)
            root = np.asarray(np.linalg.qr(np.vstack([root, rows]), mode="r"))
        return root

    def moved_rows(self, direction: Floats, least: float) -> MovedRows | None:
        """How many rows a direction (d,) moves, in one pass over them."""
        flat, _ = self._flat(direction)
        return self._losses.moved(flat, least)

    def linear_predictors(self, parameters: Floats) -> Floats:
        """η (n,) of every row at θ (d,), for a loss of one predictor a row."""
        flat, _ = self._flat(parameters)
        return np.concatenate([eta[0] for eta in self._losses.predicted(flat)])

    def pulled(self, slopes: Floats) -> Floats:
        """Σ slopeᵢ x̃ᵢ (d,), the 1 of the intercept included, for `slopes` (n,)."""
        total = np.zeros(self.width)
        for block in self._rows.blocks(2 * self.predictors):
            total += self._rows.pulled(block, slopes[None, block.at])[0]
        return total

    def cross_products(self, shares: Floats | None = None) -> Floats:
        """Σ shareᵢ x̃ᵢx̃ᵢᵀ (d, d), the 1 of the intercept included, for `shares` (n,); None for the
        rows' weights.
        """
        shares = self.weights if shares is None else shares
        return self._rows.cross_products(np.ones(len(self.target)) if shares is None else shares)

    def design_rows(self, places: NDArray[np.intp]) -> Floats:
        """The rows (m, width) at `places` (m,), in the descent's coordinates."""
        return self._rows.at(places)

    def explain(self, parameters: Floats) -> Fact | None:
        """The first row whose loss is not finite at θ (d,), with its linear predictor."""
        flat, _ = self._flat(parameters)
        with np.errstate(over="ignore", invalid="ignore"):
            return self._losses.not_finite(flat)

    def predicted_range(self, parameters: Floats) -> tuple[float, float]:
        """The lowest and the highest linear predictor of the rows at θ (d,)."""
        flat, _ = self._flat(parameters)
        ends = [(float(eta.min()), float(eta.max())) for eta in self._losses.predicted(flat)]
        return min(low for low, _ in ends), max(high for _, high in ends)

    @cached_property
    def _rows(self) -> StandardizedRows:
        return StandardizedRows(self.features, self.coordinates)

    @cached_property
    def _losses(self) -> RowLosses:
        return RowLosses(self._rows, self.target, self.weights, self.loss, self.predictors)

    @cached_property
    def largest_moment(self) -> float:
        """The largest eigenvalue of κ Σ s x̃x̃ᵀ."""
        if self.width > MOST_DENSE:
            return self._factor * self._rows.largest_eigenvalue(self.weights)
        if self._moments is not None and self.is_compiled:
            products = products_of_moments(self._moments, self.coordinates)
            products = products[: self.width, : self.width]
        else:
            products = self.cross_products()
        return self._factor * float(np.linalg.eigvalsh(products)[-1])
