"""Squared loss of a linear model, from the rows' triangle: a problem whose curvature is exact.

    J(θ) = κ Σ w_i (x_iᵀθ − y_i)² + α‖coefficients‖²        κ = 1/Σw (mean) or 1 (sum)

The sum over rows equals a sum over the d + 2 rows of a small table (the triangle, and one row for
the means), so that J and its gradient are sums of squares, without cancellation, at any size.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.moments.moments import UNIT_ROUNDOFF
from steepest.moments.qr_factor import Factor, solved_triangle
from steepest.moments.solution import Solution
from steepest.problems.coordinates import Coordinates
from steepest.problems.problem import Problem, SecondOrder
from steepest.problems.spectrum import FEW, eigen, eigenvalues

Reduction = Literal["mean", "sum"]
# A column whose part that is new, relative to its length, is below this repeats earlier ones.
_DEPENDENT = 4e-15
# Terms whose rounding is above this share of what they leave cancel.
_CANCELS = 1e-12

# Of a column's spread: nothing in a prediction.
_BESIDE = 2.0**-46


@dataclass(frozen=True, eq=False)
class SquaredError:
    """`Σ w (xᵀθ − y)²` as `‖design θ − target‖²` over a few rows, and the factor κ before it.

    - `least`: where the sum is least, (d,), and how much it is there, where both are known. Of
      points nearer to that than to 0 the sum is `‖design (θ − place)‖² + size`: nothing cancels
    """

    design: Floats
    target: Floats
    factor: float
    least: tuple[Floats, float] | None = None

    @staticmethod
    def of(factor: Factor, coordinates: Coordinates, reduction: Reduction) -> "SquaredError":
        """The rows' triangle in the descent's coordinates."""
        features = len(factor.names) - 1
        width = features + coordinates.intercept
        root = np.sqrt(factor.weight)
        design, target = np.zeros((features + 2, width)), np.zeros(features + 2)
        units = 1.0 / (factor.scale[:-1] * coordinates.spread)
        design[:-1, :features] = factor.triangle[:, :-1] * units
        # Far from 0 the centre is a mean that was rounded, and the columns lie a little beside it.
        beside = factor.shift[:-1] - coordinates.centre + factor.mean[:-1] / factor.scale[:-1]
        beside = beside / coordinates.spread
        design[-1, :features] = root * np.where(np.abs(beside) > _BESIDE, beside, 0.0)
        design[-1, features:] = root
        target[:-1] = factor.triangle[:, -1] / factor.scale[-1]
        target[-1] = root * factor.means[-1]
        return SquaredError(design, target, 1.0 if reduction == "sum" else 1.0 / factor.weight)

    @cached_property
    def products(self) -> Floats:
        """Σ w x xᵀ, (d, d)."""
        products: Floats = self.design.T @ self.design
        return products

    def value(self, parameters: Floats) -> Floats:
        """κ‖design θ − target‖² of each row of `parameters` (…, d); inf where the sum overflows."""
        with np.errstate(over="ignore", invalid="ignore"):
            residual, squares = self._residual(parameters)
            value: Floats = (np.square(residual).sum(axis=-1) + squares) * self.factor
        # Parameters beyond float64 leave inf - inf behind.
        return np.where(np.isnan(value), np.inf, value)

    def gradient(self, parameters: Floats) -> Floats:
        """2κ designᵀ(design θ − target), shape (…, d)."""
        gradient: Floats = (2.0 * self.factor) * (self._residual(parameters)[0] @ self.design)
        return gradient

    def _residual(self, parameters: Floats) -> tuple[Floats, Floats]:
        """What design and target leave at `parameters` (…, d), and what is to add to its squares:
        both from 0 or from the least point, whichever is nearer.
        """
        from_zero = parameters @ self.design.T - self.target
        if self.least is None:
            return from_zero, np.zeros(from_zero.shape[:-1])
        place, squares = self.least
        step = parameters - place
        near = np.abs(step).sum(axis=-1) < np.abs(parameters).sum(axis=-1)
        residual = np.where(near[..., None], step @ self.design.T, from_zero)
        return residual, np.where(near, squares, 0.0)


@dataclass(frozen=True, eq=False)
class Quadratic(Problem):
    """A ridge or plain least-squares problem in the coordinates of the descent.

    With L1 or elastic net it is the smooth part: `ridge` is then the penalty's `squared`, and its
    `absolute` goes to the proximal map, on the parameters that are `penalized`. `triangle` are the
    rows it was posed for; `lost` are parameters of which rounding leaves no digit at the minimum;
    `place` is the minimum, where it was computed already.

    >>> from steepest.moments.qr_factor import factor_moments
    >>> import steepest
    >>> rows = steepest.Moments.of([1, 2, 3], [2, 4, 6])
    >>> problem = Quadratic.of(factor_moments(rows), intercept=False, standardize=False)
    >>> round(problem.objective(np.array([1.0])), 12), problem.gradient(np.array([1.0])).round(6)
    (4.666666666667, array([-9.333333]))
    >>> problem.minimizer.round(12).tolist()
    [2.0]
    """

    names: tuple[str, ...]
    coordinates: Coordinates
    loss: SquaredError
    ridge: float
    triangle: Factor
    reduction: Reduction
    standardized: bool
    lost: tuple[str, ...] = ()
    place: Floats | None = None

    @staticmethod
    def of(
        factor: Factor,
        *,
        intercept: bool = True,
        standardize: bool = True,
        ridge: float = 0.0,
        reduction: Reduction = "mean",
    ) -> "Quadratic":
        """The problem that these rows pose."""
        coordinates = Coordinates.of(factor, standardize=standardize, intercept=intercept)
        loss, place = SquaredError.of(factor, coordinates, reduction), None
        if not ridge:
            place, cancels = _least_place(factor, loss, coordinates)
            if place is not None and cancels:
                loss = replace(loss, least=(place, factor.residual_of(intercept=intercept) ** 2))
        names = factor.names[:-1] + (("intercept",) if intercept else ())
        posed = names, coordinates, loss, ridge, factor, reduction, standardize
        return Quadratic(*posed, place=place)

    def rescaled(self, *, standardize: bool) -> "Quadratic":
        """The problem of the same rows, standardised or as they are."""
        if standardize == self.standardized:
            return self
        return Quadratic.of(
            self.triangle,
            intercept=self.coordinates.intercept,
            standardize=standardize,
            ridge=self.ridge,
            reduction=self.reduction,
        )

    @property
    def is_convex(self) -> bool:
        """It is."""
        return True

    @property
    def is_quadratic(self) -> bool:
        """It is."""
        return True

    def objectives(self, parameters: Floats) -> Floats:
        """J of each row of `parameters` (…, d)."""
        value = self.loss.value(parameters)
        if self.ridge:
            with np.errstate(over="ignore"):
                penalized = np.square(parameters * self.penalized).sum(axis=-1)
            value = value + self.ridge * penalized
        return value

    def gradient(self, parameters: Floats) -> Floats:
        """∂J/∂θ, shape (…, d)."""
        gradient: Floats = self.loss.gradient(parameters)
        if self.ridge:
            gradient = gradient + 2.0 * self.ridge * parameters * self.penalized
        return gradient

    def hessian(self, parameters: Floats) -> Floats:
        """The second derivative (d, d), everywhere the same."""
        hessian: Floats = (self.eigenvectors * self.eigenvalues) @ self.eigenvectors.T
        return hessian

    def to_user(self, parameters: Floats) -> Floats:
        """Coefficients and intercept in the user's units."""
        if self.solution is None:
            return self.coordinates.to_user(parameters)
        return self.coordinates.to_user_from(parameters, self.minimizer, self.solution.parameters)

    @property
    def solution(self) -> Solution | None:
        """The minimum in the user's units, where it is known to more digits than the triangle's."""
        solution = self.triangle.solution
        known = solution is not None and solution.intercept == self.coordinates.intercept
        return solution if known and not self.ridge else None

    def gradient_to_user(self, gradient: Floats) -> Floats:
        """∂J/∂(coefficients, intercept)."""
        return self.coordinates.gradient_to_user(gradient)

    @cached_property
    def penalized(self) -> NDArray[np.bool_]:
        """Which parameters (d,) a penalty is on: all but the intercept."""
        penalized = np.ones(len(self.names), dtype=np.bool_)
        penalized[len(self.coordinates.spread) :] = False
        return penalized

    @property
    def held(self) -> Floats:
        """What ridge adds to Σ w (xᵀb − y)² for each square of a coefficient (p,), in the user's
        units.
        """
        spread: Floats = self.coordinates.spread
        return self.ridge / self.loss.factor * np.square(spread)

    def second_order(self, parameters: Floats) -> SecondOrder:
        """With the unit κ·2σ², σ² the mean square of the residuals at θ (d,)."""
        known = super().second_order(parameters)
        return known._replace(unit=self.unit_at(parameters), root=self.root)

    def unit_at(self, parameters: Floats) -> float:
        """The unit of `SecondOrder` at θ (d,)."""
        return 2.0 * float(self.loss.value(parameters)) / self.triangle.weight

    @cached_property
    def root(self) -> Floats:
        """Rows (m, d) whose products are the second derivative."""
        rows: Floats = np.sqrt(2.0 * self.loss.factor) * self.loss.design
        if self.ridge:
            rows = np.vstack([rows, np.diag(np.sqrt(2.0 * self.ridge) * self.penalized)])
        return rows

    @cached_property
    def _spectrum(self) -> tuple[Floats, Floats]:
        return eigen(self.root)

    @property
    def eigenvalues(self) -> Floats:
        """Eigenvalues of the second derivative, ascending, shape (d,); 0 where J is flat."""
        return self._spectrum[0]

    @property
    def eigenvectors(self) -> Floats:
        """Unit eigenvectors as columns (d, d), in the order of `eigenvalues`."""
        return self._spectrum[1]

    @cached_property
    def eigenvalues_alone(self) -> Floats:
        """The eigenvalues, without the eigenvectors where those take long and are not known yet."""
        known = "_spectrum" in vars(self) or len(self.names) <= FEW
        return self.eigenvalues if known else eigenvalues(self.root)

    @cached_property
    def minimizer(self) -> Floats:
        """Where J is least; of several such points the one of minimum norm."""
        if self.place is not None:
            return self.place
        return _minimizer(self.loss, self.ridge, self.coordinates.intercept)

    @property
    def minimum(self) -> float:
        """J at the minimizer."""
        return self.objective(self.minimizer)


def _least_place(
    factor: Factor, loss: SquaredError, coordinates: Coordinates
) -> tuple[Floats | None, bool]:
    """Where the sum of squares is least (d,), in the descent's coordinates, and whether the sum
    loses digits unless it is taken from there; None where there is no single such point.
    """
    intercept, solution = coordinates.intercept, factor.solution
    if solution is not None and solution.intercept == intercept:
        line = solution.line
        place = line.slopes.high * coordinates.spread
        step = (coordinates.centre - line.centre) @ line.slopes.high
        return np.append(place, line.level.high + step) if intercept else place, True
    if factor.inverse(intercept) is None:
        return None, False
    place = _minimizer(loss, 0.0, intercept)
    terms = float(np.sqrt(np.square(loss.design).sum(axis=0)) @ np.abs(place))
    rounding = UNIT_ROUNDOFF * (terms + float(np.linalg.norm(loss.target)))
    return place, rounding > _CANCELS * factor.residual_of(intercept=intercept)


@final
@dataclass(frozen=True, eq=False)
class RidgeMinima:
    """Where J is least for any strength α > 0 of the ridge penalty, from one singular value
    decomposition U diag(σ) Vᵀ of the rows about their means, whose target is t:

        w(α) = V diag(σ / (σ² + α/κ)) Uᵀ t

    - `singular` (r,), `right` (r, p): σ and Vᵀ;   `along` (r,): Uᵀ t
    """

    loss: SquaredError
    intercept: bool
    singular: Floats
    right: Floats
    along: Floats

    @staticmethod
    def of(problem: Quadratic) -> "RidgeMinima":
        """Those of a problem's rows, whatever its own penalty."""
        loss, intercept = problem.loss, problem.coordinates.intercept
        rows, target = loss.design, loss.target
        if intercept:
            rows, target = rows[:-1, :-1], target[:-1]
        left, singular, right = np.linalg.svd(rows, full_matrices=False)
        return RidgeMinima(loss, intercept, singular, right, left.T @ target)

    def at(self, strength: float) -> Floats:
        """The minimizer (d,)."""
        shares = self.singular / (np.square(self.singular) + strength / self.loss.factor)
        weights: Floats = (shares * self.along) @ self.right
        return _with_intercept(self.loss, weights) if self.intercept else weights

    @property
    def curvatures(self) -> Floats:
        """Eigenvalues (r,) of the second derivative of the loss, its intercept following."""
        return np.asarray(2.0 * self.loss.factor * np.square(self.singular))


def _with_intercept(loss: SquaredError, weights: Floats) -> Floats:
    """The coefficients (p,) and the intercept that is best for them."""
    offset = (loss.target[-1] - loss.design[-1, :-1] @ weights) / loss.design[-1, -1]
    return np.append(weights, offset)


def _minimizer(loss: SquaredError, ridge: float, intercept: bool) -> Floats:
    """Least squares by triangular solves; the minimum-norm answer where it is not unique."""
    width = loss.design.shape[1]
    features = width - intercept
    centred, mean = loss.design[:-1, :features], loss.design[-1, :features]
    target = loss.target[:-1]
    penalty = np.sqrt(ridge / loss.factor) * np.eye(features)
    if intercept:
        return _with_intercept(loss, _least_squares(centred, target, penalty if ridge else None))
    rows = np.vstack([centred, mean])
    return _least_squares(rows, loss.target, penalty if ridge else None)


def _least_squares(design: Floats, target: Floats, penalty: Floats | None) -> Floats:
    if penalty is not None:
        design = np.vstack([design, penalty])
        target = np.concatenate([target, np.zeros(len(penalty))])
    norms = np.sqrt(np.square(design).sum(axis=0))
    norms[norms == 0.0] = 1.0
    rotated = np.asarray(np.linalg.qr(np.column_stack([design / norms, target]), mode="r"))
    width = design.shape[1]
    triangle, right = rotated[:width, :width], rotated[:width, width]
    if len(triangle) == width and np.abs(triangle.diagonal()).min(initial=1.0) > _DEPENDENT:
        return np.asarray(solved_triangle(triangle, right) / norms)
    return np.asarray(np.linalg.lstsq(design, target, rcond=None)[0])
