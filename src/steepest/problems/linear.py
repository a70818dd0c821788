"""Any loss of a linear model, over rows in memory: objective, gradient and exact curvature.

    J(θ) = κ Σ s_i ℓ(η_i, y_i) + b‖coefficients‖²        κ = 1/Σs (mean) or 1 (sum)

with η = ((x − m)/s)·w + c in the coordinates of the descent. b‖·‖² is the smooth part of the
penalty; what an L1 penalty adds belongs to the proximal map (`steepest.descent.penalized_update`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.losses import Logistic, Loss, Multinomial, Poisson, ScalarLoss, Squared
from steepest.moments.moments import CentredMoments
from steepest.penalties.penalties import L2, Penalty
from steepest.problems.coordinates import Coordinates
from steepest.problems.design_matrix import (
    Block,
    DenseDesign,
    Design,
    compiled_moments,
    design_of,
    measure_coordinates,
    table_of,
)
from steepest.problems.linear_model import (
    LinearModel,
    MovedRows,
    SecondSums,
    column_names,
    moves,
    names_of_classes,
    row_weights,
)
from steepest.problems.problem import SecondOrder, SecondOrderProducts
from steepest.problems.row_terms import RowTerms, weighed
from steepest.problems.second_order_sums import (
    LEAST_NUMBERS,
    compiled_second_sums,
    dense_products,
    products_of_moments,
    squares_of_moments,
    suits_kernel,
    sums_of_constant,
    sums_of_few,
)
from steepest.problems.squared_loss import Reduction
from steepest.wording.fact import Fact, fact

# So many linear predictors of a row are computed at once.
_PREDICTORS_AT_ONCE = 64
# Up to so many parameters a matrix of them all is formed to find its largest eigenvalue.
_MOST_DENSE = 1024


class _Work(NamedTuple):
    """A block of rows with targets (r,) and weights (r,) or None."""

    block: Block
    target: Floats
    weights: Floats | None


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

    names: tuple[str, ...]
    features: Any
    target: Floats
    weights: Floats | None
    loss: Loss
    penalty: Penalty
    coordinates: Coordinates
    reduction: Reduction
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

        The target is checked by the loss; features are taken as they are.
        Raises InputError for arrays that do not fit together.
        """
        table, y = table_of(features), np.asarray(target)
        if y.shape != table.shape[:1]:
            raise InputError(
                f"the target has shape {y.shape}, but there are {table.shape[0]} rows of features."
            )
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
        problem = LinearProblem(
            named,
            table,
            y,
            shares,
            loss,
            L2(0.0) if penalty is None else penalty,
            coordinates.checked(columns),
            reduction,
        )
        object.__setattr__(problem, "_moments", moments)
        return problem

    @property
    def sums_rows(self) -> bool:
        return True

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
        values = np.zeros(len(flat))
        with np.errstate(over="ignore", invalid="ignore"):
            for work in self._work():
                for part in self._parts(len(flat)):
                    eta = self._predict(work.block, flat[part])
                    values[part] += self._total(work, eta)
            objective = self._objective(values, flat)
        return objective.reshape(shape)

    def objectives_and_gradient(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Both, of shapes (…) and (…, d), in one pass over the rows."""
        flat, shape = self._flat(parameters)
        values, gradient = np.zeros(len(flat)), np.zeros(flat.shape)
        with np.errstate(over="ignore", invalid="ignore"):
            for i in range(len(flat) if self.is_compiled else 0):
                sums = self._compiled_sums(flat[i], curved=False)
                values[i], gradient[i] = sums.value[0], sums.gradient[0]
            for work in self._work() if not self.is_compiled else ():
                for part in self._parts(len(flat)):
                    eta = self._predict(work.block, flat[part])
                    values[part] += self._total(work, eta)
                    gradient[part] += self._pull(work, eta)
            gradient = self._sloped(gradient, flat)
            objective = self._objective(values, flat)
        return objective.reshape(shape), gradient.reshape(*shape, len(self.names))

    def _second_order(self, parameters: Floats) -> SecondOrder:
        flat, _ = self._flat(parameters)
        with np.errstate(over="ignore", invalid="ignore"):
            return self._joined(self.second_sums(parameters), flat)

    def second_sums(self, parameters: Floats) -> SecondSums:
        """What `second_order` sums over the rows."""
        flat, _ = self._flat(parameters)
        if self.is_compiled or self.is_known(flat[0]):
            return self._compiled_sums(flat[0])
        if self._kept_rows is not None:
            of = self.loss, self.target, self.weights
            return sums_of_few(self._kept_rows, *of, flat[0])
        width, k = self.width, self.predictors
        value, gradient, total = np.zeros(1), np.zeros(flat.shape), np.zeros((k, width, k, width))
        spread = np.zeros(2)
        with np.errstate(over="ignore", invalid="ignore"):
            for work in self._work(beside=2 * width):
                eta = self._predict(work.block, flat)
                value += self._total(work, eta)
                slopes = self.loss.slope(eta[0], work.target).reshape(-1, k)
                curvature = self.loss.curvature(eta[0], work.target).reshape(-1, k, k)
                spread[0] += weighed(np.square(slopes), work.weights).sum()
                slopes, curvature = (
                    weighed(slopes, work.weights),
                    weighed(curvature, work.weights),
                )
                spread[1] += np.trace(curvature, axis1=1, axis2=2).sum()
                gradient += self._back(work.block, slopes.T).reshape(1, -1)
                rows = self._rows(work.block)
                for a in range(k):
                    for b in range(a + 1):
                        total[a, :, b] += rows.T @ (curvature[:, a, b, None] * rows)
            for a in range(k):
                for b in range(a):
                    total[b, :, a] = total[a, :, b]
        return SecondSums(value, gradient, total.reshape(k * width, k * width), spread)

    @cached_property
    def _kept_rows(self) -> Floats | None:
        """The rows (n, width) in the descent's coordinates, where they are few and have one
        predictor: each look at them would make them anew.
        """
        few = isinstance(self.features, np.ndarray) and self.features.size <= LEAST_NUMBERS
        if not (few and self.predictors == 1 and self.loss.smooth and self.loss.convex):
            return None
        rows = np.ones((len(self.target), self.width))
        np.subtract(self.features, self.coordinates.centre, out=rows[:, : self.columns])
        rows[:, : self.columns] /= self.coordinates.spread
        return rows

    def second_order_products(self, parameters: Floats) -> SecondOrderProducts:
        """Objective, gradient and products with the second derivative at θ (d,), each in one pass
        over the rows; what a product needs of them, the losses' curvature, is kept.
        """
        flat, _ = self._flat(parameters)
        k, diagonal, spread = self.predictors, np.zeros((self.predictors, self.width)), np.zeros(2)
        kept = []
        with np.errstate(over="ignore", invalid="ignore"):
            for work in self._work():
                eta = self._predict(work.block, flat)[0]
                slopes = self.loss.slope(eta, work.target).reshape(-1, k)
                curvature = self.loss.curvature(eta, work.target).reshape(-1, k, k)
                curvature = weighed(curvature, work.weights)
                spread[0] += weighed(np.square(slopes), work.weights).sum()
                spread[1] += np.trace(curvature, axis1=1, axis2=2).sum()
                kept.append(curvature)
                for a in range(k):
                    squares = work.block.squares(curvature[:, a, a])
                    diagonal[a, : self.columns] += squares / np.square(self.coordinates.spread)
                    diagonal[a, self.columns :] += curvature[:, a, a].sum()
            objective, gradient = self.objectives_and_gradient(parameters)
        ridge = self.penalty.curvature * self.penalized

        def product(vector: Floats) -> Floats:
            total = np.zeros((k, self.width))
            for work, curvature in zip(self._work(), kept, strict=True):
                scores = self._scores(work.block, vector.reshape(k, self.width))
                pulled = np.matmul(curvature, scores.T[:, :, None])[:, :, 0]
                total += self._back(work.block, pulled.T)
            return np.asarray(self._factor * total.ravel() + ridge * vector)

        unit = self._unit(*spread.tolist())
        diagonal = self._factor * diagonal.ravel() + ridge
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
        return (self._rows(work.block) for work in self._work(beside=2 * self.width))

    def row_terms(self, parameters: Floats) -> Iterator[RowTerms]:
        """What each row adds to gradient and curvature at θ (d,), block by block."""
        flat, _ = self._flat(parameters)
        k, mean = self.predictors, self.total_weight / len(self.target)
        with np.errstate(over="ignore", invalid="ignore"):
            for work in self._work(beside=2 * self.width + 2 * k * k * self.width):
                eta = self._predict(work.block, flat)[0]
                slopes = self.loss.slope(eta, work.target).reshape(-1, k)
                curvature = self.loss.curvature(eta, work.target).reshape(-1, k, k)
                rows = self._rows(work.block)
                shares = None if work.weights is None else work.weights / mean
                slopes, curvature = weighed(slopes, shares), weighed(curvature, shares)
                yield RowTerms(work.block.at.start, rows, slopes, curvature)

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
        counts = np.zeros(3, dtype=np.intp)
        for work in self._work():
            etas = self._predict(work.block, flat).reshape(len(work.target), -1).T
            found = moves(self.loss, list(etas), work.target)
            if found is None:
                return None
            low, high = found
            counted = (low >= -least) & (high > least), low > least, low < -least
            weighs = True if work.weights is None else work.weights > 0.0
            counts += [np.count_nonzero(which & weighs) for which in counted]
        forward, wholly, backward = counts.tolist()
        return MovedRows(forward, wholly, backward, len(self.target))

    def linear_predictors(self, parameters: Floats) -> Floats:
        """η (n,) of every row at θ (d,), for a loss of one predictor a row."""
        flat, _ = self._flat(parameters)
        return np.concatenate([self._scores(work.block, flat)[0] for work in self._work()])

    def pulled(self, slopes: Floats) -> Floats:
        """Σ slopeᵢ x̃ᵢ (d,), the 1 of the intercept included, for `slopes` (n,)."""
        total = np.zeros(self.width)
        for work in self._work():
            total += self._back(work.block, slopes[None, work.block.at])[0]
        return total

    def cross_products(self, shares: Floats) -> Floats:
        """Σ shareᵢ x̃ᵢx̃ᵢᵀ (d, d), the 1 of the intercept included, for `shares` (n,)."""
        if isinstance(self._design, DenseDesign):
            return dense_products(self._design.features, shares, self.coordinates)
        total = np.zeros((self.width, self.width))
        for work in self._work(beside=2 * self.width):
            rows = self._rows(work.block)
            total += rows.T @ (shares[work.block.at, None] * rows)
        return total

    def design_rows(self, places: NDArray[np.intp]) -> Floats:
        """The rows (m, width) at `places` (m,), in the descent's coordinates."""
        design = design_of(self.features[places], self.coordinates.centre)
        blocks = [self._rows(block) for block in design.blocks()]
        return np.concatenate([np.empty((0, self.width)), *blocks])

    def explain(self, parameters: Floats) -> Fact | None:
        """The first row whose loss is not finite at θ (d,), with its linear predictor."""
        flat, _ = self._flat(parameters)
        with np.errstate(over="ignore", invalid="ignore"):
            for work in self._work():
                eta = self._predict(work.block, flat)
                loss = self.loss.value(eta, work.target)[0]
                for i in np.flatnonzero(~np.isfinite(loss))[:1]:
                    return fact(
                        "row not finite",
                        row=int(i) + work.block.at.start,
                        loss=str(loss[i]),
                        predictors=np.atleast_1d(eta[0, i]).tolist(),
                    )
        return None

    def predicted_range(self, parameters: Floats) -> tuple[float, float]:
        """The lowest and the highest linear predictor of the rows at θ (d,)."""
        flat, _ = self._flat(parameters)
        etas = [self._predict(work.block, flat) for work in self._work()]
        return min(float(eta.min()) for eta in etas), max(float(eta.max()) for eta in etas)

    @cached_property
    def _design(self) -> Design:
        return design_of(self.features, self.coordinates.centre)

    @cached_property
    def largest_moment(self) -> float:
        """The largest eigenvalue of κ Σ s x̃x̃ᵀ."""
        if self.width > _MOST_DENSE:
            return self._factor * self._by_lanczos()
        if self._moments is not None and self.is_compiled:
            products = products_of_moments(self._moments, self.coordinates)
            products = products[: self.width, : self.width]
        else:
            shares = np.ones(len(self.target)) if self.weights is None else self.weights
            products = self.cross_products(shares)
        return self._factor * float(np.linalg.eigvalsh(products)[-1])

    def _by_lanczos(self) -> float:
        """The largest eigenvalue of Σ s x̃x̃ᵀ from products with vectors, rounded up."""
        from scipy.sparse.linalg import LinearOperator, eigsh

        def product(vector: Floats) -> Floats:
            total = np.zeros((1, self.width))
            for work in self._work():
                eta = weighed(self._scores(work.block, vector.reshape(1, -1))[0], work.weights)
                total += self._back(work.block, eta[None])
            return np.asarray(total[0])

        shape = (self.width, self.width)
        operator = LinearOperator(shape, matvec=product, dtype=np.float64)
        start = np.ones(self.width)
        largest = eigsh(operator, k=1, which="LA", v0=start, tol=1e-6, return_eigenvectors=False)
        # Lanczos' value lies below the true one by no more than about the tolerance.
        return float(largest[0]) * (1.0 + 1e-5)

    def _parts(self, runs: int) -> Iterator[slice]:
        """A batch, a few at a time."""
        size = max(1, _PREDICTORS_AT_ONCE // self.predictors)
        return (slice(first, first + size) for first in range(0, runs, size))

    def _work(self, beside: int = 0) -> Iterator[_Work]:
        for block in self._design.blocks(beside + 2 * self.predictors):
            weights = None if self.weights is None else self.weights[block.at]
            yield _Work(block, self.target[block.at], weights)

    def _predict(self, block: Block, flat: Floats) -> Floats:
        """η (b, r) for parameters (b, d); (b, r, k) for losses of k predictors."""
        k = self.predictors
        scores = self._scores(block, flat.reshape(len(flat) * k, self.width))
        if not isinstance(self.loss, Multinomial):
            return scores
        return scores.reshape(len(flat), k, -1).swapaxes(1, 2)

    def _scores(self, block: Block, flat: Floats) -> Floats:
        """x̃·w + c of each row, (m, r), for (w, c) in `flat` (m, width)."""
        scores = block.times(flat[:, : self.columns] / self.coordinates.spread)
        return scores + flat[:, -1:] if self.coordinates.intercept else scores

    def _back(self, block: Block, slopes: Floats) -> Floats:
        """Σ slope·(x̃, 1) over the rows, (m, width), for `slopes` (m, r)."""
        pulled = block.weighed(slopes) / self.coordinates.spread
        if not self.coordinates.intercept:
            return pulled
        return np.column_stack([pulled, slopes.sum(axis=1)])

    def _total(self, work: _Work, eta: Floats) -> Floats:
        """Σ s ℓ of the block, (b,)."""
        loss = self.loss.value(eta, work.target)
        return np.asarray(weighed(loss.T, work.weights).sum(axis=0))

    def _pull(self, work: _Work, eta: Floats) -> Floats:
        """Σ s ∂ℓ/∂θ of the block, (b, d)."""
        slopes = self.loss.slope(eta, work.target)
        if slopes.ndim == 2:
            slopes = slopes[..., None]
        slopes = weighed(slopes.transpose(1, 0, 2), work.weights).transpose(1, 2, 0)
        flat = slopes.reshape(-1, slopes.shape[-1])
        return self._back(work.block, flat).reshape(len(eta), len(self.names))

    def _rows(self, block: Block) -> Floats:
        """The rows (r, width) in the descent's coordinates."""
        rows = block.dense() / self.coordinates.spread
        return np.column_stack([rows, np.ones(len(rows))]) if self.coordinates.intercept else rows
