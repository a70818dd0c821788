"""A linear model of rows, wherever they are: what every such problem says of itself."""

import math
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.losses import Logistic, Loss, Multinomial, Poisson, Squared, Tweedie
from steepest.penalties.penalties import Penalty
from steepest.problems.coordinates import LARGE, Coordinates
from steepest.problems.problem import Problem, SecondOrder
from steepest.problems.squared_loss import Reduction
from steepest.wording.numbers import name_row

# In spreads: beyond, what rounds the intercept about 0 changes predictions by some 1e-8 of what the
# column does.
_FARTHEST = 1e8


class SecondSums(NamedTuple):
    """Sums over rows at one point: Σ s ℓ (1,), Σ s ∂ℓ/∂θ (1, d), Σ s ∂²ℓ/∂θ² (d, d), and Σ s ℓ'²
    and Σ s ℓ'' (2,) by the linear predictors.
    """

    value: Floats
    gradient: Floats
    hessian: Floats
    spread: Floats


class MovedRows(NamedTuple):
    """How many rows a direction moves to better predictors, how many of these with regard to every
    other class, and how many to a worse one, of how many.
    """

    forward: int
    wholly: int
    backward: int
    of: int


def moves(loss: Loss, etas: Sequence[Any], y: Any) -> tuple[Any, Any] | None:
    """The least and the most that a direction, whose predictors are `etas` (k of them), moves a row
    of target y towards the loss's infimum: arrays, or an engine's columns. None for a loss whose
    minimum is attained.
    """
    if isinstance(loss, Logistic):
        ahead = (2.0 * y - 1.0) * etas[0]
        return ahead, ahead
    if isinstance(loss, Poisson) or (isinstance(loss, Tweedie) and loss.power < 2.0):
        ahead = np.where(y == 0.0, -etas[0], -np.abs(etas[0]))
        return ahead, ahead
    if not isinstance(loss, Multinomial):
        return None
    own = sum(np.where(y == float(k), eta, 0.0) for k, eta in enumerate(etas))
    gaps = [np.where(y == float(k), own - etas[k - 1], own - eta) for k, eta in enumerate(etas)]
    least, most = gaps[0], gaps[0]
    for gap in gaps[1:]:
        least, most = np.minimum(least, gap), np.maximum(most, gap)
    return least, most


@dataclass(frozen=True, eq=False)
class LinearModel(Problem):
    """A loss of linear predictors, averaged or summed over rows, and a penalty on coefficients.

        J(θ) = κ Σ s_i ℓ(η_i, y_i) + b‖coefficients‖²        κ = 1/Σs (mean) or 1 (sum)

    with η = ((x − m)/s)·w + c. Parameters are p coefficients and the intercept, where there is one;
    with losses of k predictors so many for each, one predictor after the other.

    - `names` (d,): of the parameters
    - `loss`, `penalty`, `reduction`
    - `coordinates`: centre m and spread s, of the descent's coordinates
    """

    names: tuple[str, ...]
    loss: Loss
    penalty: Penalty
    coordinates: Coordinates
    reduction: Reduction

    @property
    @abstractmethod
    def total_weight(self) -> float:
        """Σs: the number of rows, where none has a weight of its own."""

    @abstractmethod
    def best_constant(self) -> float | Floats:
        """The η, a number or (k,), that is best where all rows have the same.

        Raises InputError where there is none, such as for rows of one class.
        """

    def moved_rows(self, direction: Floats, least: float) -> MovedRows | None:
        """How many rows a direction (d,) moves by more than `least`, in one look at them; None
        where no row can be moved for ever, or where that is not asked.
        """
        return None

    @property
    def sums_rows(self) -> bool:
        """Whether further sums over the rows can be asked for."""
        return True

    @property
    @abstractmethod
    def largest_moment(self) -> float:
        """The largest eigenvalue of κ Σ s x̃x̃ᵀ; of many columns a bound on it."""

    def curvature_bound(self) -> float:
        """A number that no eigenvalue of the second derivative exceeds, anywhere; inf if none.

        Descent at rates below 2 over it is stable.
        """
        greatest = self.loss.greatest_curvature
        if greatest is None:
            return math.inf
        return greatest * self.largest_moment + self.penalty.curvature

    def objectives(self, parameters: Floats) -> Floats:
        """J of each row of `parameters` (…, d), without the L1 part of the penalty."""
        return self.objectives_and_gradient(parameters)[0]

    def gradient(self, parameters: Floats) -> Floats:
        """∂J/∂θ, shape (…, d), without the L1 part of the penalty."""
        return self.objectives_and_gradient(parameters)[1]

    def objectives_and_gradient(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Both, of shapes (…) and (…, d), in one pass over the rows."""
        flat, shape = self._flat(parameters)
        with np.errstate(over="ignore", invalid="ignore"):
            values, slopes = self._sums(flat)
            objective, gradient = self._objective(values, flat), self._sloped(slopes, flat)
        return objective.reshape(shape), gradient.reshape(*shape, len(self.names))

    @abstractmethod
    def _sums(self, flat: Floats) -> tuple[Floats, Floats]:
        """Σ s ℓ (b,) and Σ s ∂ℓ/∂θ (b, d) at parameters (b, d)."""

    def hessian(self, parameters: Floats) -> Floats:
        """The second derivative (d, d) at θ (d,), exact: κ Σ s ℓ''(η) x̃x̃ᵀ + 2b on the diagonal.

        Where the loss has a kink its curvature counts as 0.
        """
        return self.second_order(parameters).hessian

    def second_order(self, parameters: Floats) -> SecondOrder:
        """Objective, gradient and second derivative at θ (d,), in one pass over the rows.

        The answers of the first and of the last point are kept: a verdict asks for start and end
        of a descent again.
        """
        point = np.asarray(parameters, dtype=np.float64)
        key, answers = point.tobytes(), self._first_and_last
        if key not in answers:
            known = self._second_order(point)
            known.gradient.setflags(write=False)
            known.hessian.setflags(write=False)
            if len(answers) > 1:
                answers.popitem()
            answers[key] = known
        return answers[key]

    @property
    def centred(self) -> "LinearModel":
        """The same problem about the columns' means, where it is posed about 0 and the means are
        known: only intercepts change, which no penalty is on. So many spreads from 0 as columns
        are, so many times its square their curvature is hidden in that of the intercept.
        """
        return self

    def points_in(self, other: Problem, points: Floats) -> Floats:
        """Parameters or steps (…, d) of this problem as those of `other`, of the same rows."""
        if other is self:
            return points
        assert isinstance(other, LinearModel)
        return self._by_predictor(self.coordinates.change(other.coordinates).points, points)

    def gradients_in(self, other: Problem, gradients: Floats) -> Floats:
        """Gradients (…, d) of this problem as those of `other`, of the same rows."""
        if other is self:
            return gradients
        assert isinstance(other, LinearModel)
        return self._by_predictor(self.coordinates.change(other.coordinates).gradients, gradients)

    @property
    def _is_about_zero(self) -> bool:
        """Whether another centre would be the same problem."""
        return self.coordinates.intercept and not self.coordinates.centre.any()

    def _about(self, mean: Floats, spread: Floats) -> Coordinates | None:
        """The coordinates of `centred`, of columns of this mean and spread (p,); None where the
        mean is 0, or so far that an intercept about 0 would be rounded too much to follow.
        """
        near = (np.abs(mean) <= _FARTHEST * spread) | (mean == 0.0)
        return replace(self.coordinates, centre=mean) if mean.any() and near.all() else None

    def _second_order(self, parameters: Floats) -> SecondOrder:
        """`second_order`, from the rows."""
        own = self.centred
        if own is not self:
            known = own.second_order(self.points_in(own, parameters))
            change = self.points_in(own, np.eye(len(self.names)))
            gradient = own.gradients_in(self, known.gradient)
            return known._replace(gradient=gradient, hessian=change @ known.hessian @ change.T)
        flat, _ = self._flat(parameters)
        with np.errstate(over="ignore", invalid="ignore"):
            sums = self.second_sums(parameters)
            return SecondOrder(
                float(self._objective(sums.value, flat)[0]),
                self._sloped(sums.gradient, flat)[0],
                self._curved(sums.hessian),
                self._unit(*sums.spread.tolist()),
            )

    @abstractmethod
    def second_sums(self, parameters: Floats) -> SecondSums:
        """What `second_order` sums over the rows, at θ (d,)."""

    @cached_property
    def _first_and_last(self) -> dict[bytes, SecondOrder]:
        """What is known of two points, by their bytes."""
        return {}

    @property
    def is_convex(self) -> bool:
        """Whether the loss is: penalties are, and predictors are linear."""
        return self.loss.convex

    @property
    def is_quadratic(self) -> bool:
        """Whether the loss is squared loss."""
        return isinstance(self.loss, Squared)

    @property
    def predictors(self) -> int:
        """How many linear predictors a row has: the number of classes of the multinomial loss."""
        return len(self.names) // self.width

    @property
    def columns(self) -> int:
        """How many coefficients a predictor has."""
        return self.coordinates.columns

    @property
    def width(self) -> int:
        """How many parameters a predictor has: its coefficients, and 1 for an intercept."""
        return self.coordinates.width

    @cached_property
    def penalized(self) -> NDArray[np.bool_]:
        """Which parameters (d,) the penalty is on: all but intercepts."""
        one = np.ones(self.width, dtype=np.bool_)
        one[self.columns :] = False
        return np.tile(one, self.predictors)

    @property
    def level_directions(self) -> Floats | None:
        """Of the multinomial loss what is added to all classes alike, where no penalty is on it."""
        if not isinstance(self.loss, Multinomial):
            return None
        places = np.arange(self.width)[
            : self.columns if not (self.penalty.absolute or self.penalty.squared) else 0
        ]
        if self.coordinates.intercept:
            places = np.append(places, self.width - 1)
        k = self.predictors
        directions = np.zeros((len(places), k, self.width))
        directions[np.arange(len(places)), :, places] = 1.0 / np.sqrt(k)
        return directions.reshape(len(places), -1) if len(places) else None

    @property
    def absolute(self) -> Floats | None:
        """The strength of the L1 penalty on each parameter (d,); None where there is none."""
        strength = self.penalty.absolute
        return np.where(self.penalized, strength, 0.0) if strength else None

    def start(self) -> Floats:
        """Where a descent begins, (d,): coefficients 0, and the best intercept where there is one.

        Raises InputError where there is no best constant.
        """
        best = self.best_constant()
        start = np.zeros((self.predictors, self.width))
        if self.coordinates.intercept:
            start[:, -1] = best
        return start.ravel()

    def to_user(self, parameters: Floats) -> Floats:
        """Coefficients and intercept in the user's units."""
        return self._by_predictor(self.coordinates.to_user, parameters)

    def gradient_to_user(self, gradient: Floats) -> Floats:
        """∂J/∂(coefficients, intercept)."""
        return self._by_predictor(self.coordinates.gradient_to_user, gradient)

    def from_user(self, parameters: Floats) -> Floats:
        """The inverse of `to_user`."""
        return self._by_predictor(self.coordinates.from_user, parameters)

    @property
    def _factor(self) -> float:
        """κ."""
        return 1.0 if self.reduction == "sum" else 1.0 / self.total_weight

    def _flat(self, parameters: Floats) -> tuple[Floats, tuple[int, ...]]:
        """Parameters as (b, d), and the shape of the batch."""
        array = np.asarray(parameters, dtype=np.float64)
        return array.reshape(-1, len(self.names)), array.shape[:-1]

    def _objective(self, totals: Floats, flat: Floats) -> Floats:
        """J from Σ s ℓ (b,) at parameters (b, d)."""
        objective = self._factor * totals
        if self.penalty.squared:
            size = np.square(flat[:, self.penalized]).sum(axis=1)
            objective = objective + self.penalty.squared * size
        return objective

    def _sloped(self, totals: Floats, flat: Floats) -> Floats:
        """∂J/∂θ from Σ s ∂ℓ/∂θ (b, d) at parameters (b, d)."""
        gradient = self._factor * totals
        if self.penalty.squared:
            gradient += np.where(self.penalized, self.penalty.gradient(flat), 0.0)
        return gradient

    def _curved(self, total: Floats) -> Floats:
        """The second derivative of J from Σ s ∂²ℓ/∂θ² (d, d)."""
        hessian = self._factor * total
        hessian.flat[:: len(hessian) + 1] += self.penalty.curvature * self.penalized
        return hessian

    @property
    def has_own_unit(self) -> bool:
        """Whether the unit of `SecondOrder` is known without the rows' residuals."""
        return isinstance(self.loss, Logistic | Multinomial | Poisson)

    def _unit(self, slope_squares: float, curvature: float) -> float | None:
        """The unit of `SecondOrder`: κ times the dispersion, which is 1 for a likelihood without a
        scale of its own, else Σ s ℓ'² / Σ s ℓ'' (as σ² is for squared loss).
        """
        if self.has_own_unit:
            return self._factor
        return self._factor * slope_squares / curvature if curvature > 0.0 else None

    def _by_predictor(self, change: Callable[[Floats], Floats], parameters: Floats) -> Floats:
        array = np.asarray(parameters, dtype=np.float64)
        apart = array.reshape(*array.shape[:-1], self.predictors, self.width)
        return change(apart).reshape(array.shape)


def checked_weights(weights: ArrayLike, where: Callable[[int], str] = name_row) -> Floats:
    """Weights (n,) as float64. Raises InputError for the first that is no number of 0 or more."""
    shares = np.ascontiguousarray(weights, dtype=np.float64)
    for i in np.flatnonzero(~(np.isfinite(shares) & (shares >= 0.0)))[:1]:
        raise InputError(
            "weights must be 0 or more: {i} has {shares:g}.", i=where(int(i)), shares=shares[i]
        )
    return shares


def check_total_weight(total: float) -> None:
    """Raise InputError where no row has weight, or where float64 can hardly hold the sum."""
    if not total > 0.0:
        raise InputError("no row has weight: at least one must weigh more than 0.")
    if not 1.0 / LARGE < total < LARGE:
        raise InputError("the weights add up to {total:g}: scale them nearer to 1", total=total)


def class_names(names: tuple[str, ...], labels: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the parameters of all classes, from those of one.

    >>> class_names(("x",), ("dry", "wet"))
    ('x [class dry]', 'x [class wet]')
    """
    return tuple(f"{name} [class {label}]" for label in labels for name in names)


def row_weights(weights: ArrayLike, rows: int) -> Floats:
    """Weights (n,) as float64. Raises InputError for another shape, and for no weight at all."""
    shares = np.asarray(weights, dtype=np.float64)
    if shares.shape != (rows,):
        raise InputError(
            "the weights have shape {shape}, for {rows: row}.",
            shape=shares.shape,
            rows=rows,
        )
    with np.errstate(over="ignore"):
        check_total_weight(float(checked_weights(shares).sum()))
    return shares


def names_of_classes(
    names: tuple[str, ...], classes: Sequence[str] | None, count: int
) -> tuple[str, ...]:
    """Names of the parameters of `count` classes, which `classes` names."""
    labels = [str(label) for label in range(count)] if classes is None else list(classes)
    if len(labels) < count:
        raise InputError(
            "there are {count} names of classes, but the target holds class {count_2}: name "
            "all {count_3}, from class 0 on.",
            count=len(labels),
            count_2=count - 1,
            count_3=count,
        )
    return class_names(names, tuple(labels))


def column_names(names: Sequence[str] | None, columns: int) -> tuple[str, ...]:
    """Names of the columns: as given, else x, or x1, x2, …"""
    if names is None:
        return ("x",) if columns == 1 else tuple(f"x{i}" for i in range(1, columns + 1))
    if len(names) != columns:
        raise InputError(
            "{count: name} for {columns: column} of features: give one for each.",
            count=len(names),
            columns=columns,
        )
    return tuple(names)
