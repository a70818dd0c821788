"""A loss made of two straight pieces over rows, with penalties and bounds as further rows.

    J(θ) = Σ aᵢ max(rᵢ, 0) + bᵢ max(−rᵢ, 0) + ½θᵀDθ          r = t − Zθ

Rows of the table come first: absolute loss has a = b = κs, quantile loss κs·quantile and
κs·(1 − quantile), hinge loss of class 1 κs and 0 with t = 1, of class 0 0 and κs with t = −1. An
L1 penalty α|θⱼ| is a row with Z = eⱼ, t = 0 and a = b = α. The bound θⱼ ≥ l is one with t = l and
b = 0, steeper than the rest of J can be there, so that the minimum fulfils it exactly.

Huber's pieces are joined by a parabola, r²/2γᵢ with γᵢ = 1/κsᵢ up to the slopes a and b; so are,
but for a part that vanishes far out, those of log-cosh.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.losses.loss import Kinks, ScalarLoss
from steepest.moments.row_sample import evenly_spread
from steepest.problems.coordinates import Coordinates
from steepest.problems.design_matrix import measure_coordinates
from steepest.problems.linear import LinearProblem


@final
@dataclass(frozen=True, eq=False)
class KinkedRows:
    """The rows of J, n of them: those of the table that have weight, then m of single parameters.

    - `above`, `below`, `target` (n,): a, b and t
    - `bend` (n,): γ, of rows whose pieces are joined by a parabola
    - `places`, `kinks`, `stretch` (m,): of which parameter each of the last m rows is, where its
      kink or bound is, and its number in Z
    - `curvature` (d,): the diagonal D
    - `problem`: of the rows with weight, in coordinates where columns are centred and scaled, also
      where the descent's are not: there sums of products would lose too many digits
    - `coordinates`: the descent's
    """

    problem: LinearProblem
    coordinates: Coordinates
    above: Floats
    below: Floats
    target: Floats
    bend: Floats
    places: NDArray[np.intp]
    kinks: Floats
    stretch: Floats
    curvature: Floats

    @staticmethod
    def of(problem: LinearProblem, sides: tuple[Floats, Floats] | None = None) -> "KinkedRows":
        """The rows of a problem, with its L1 penalty, and with bounds (d,) below and above.

        Raises InputError for a loss that is not made of two straight pieces.
        """
        coordinates, penalty, penalized = problem.coordinates, problem.penalty, problem.penalized
        problem, kinks, shares = _weighing(_standardized(problem))
        none, factor = np.empty(0), np.ones(problem.width)
        factor[: problem.columns] = problem.coordinates.spread / coordinates.spread
        rows = KinkedRows(
            problem,
            coordinates,
            kinks.above * shares,
            kinks.below * shares,
            kinks.place,
            kinks.bend / shares,
            np.empty(0, dtype=np.intp),
            none,
            none,
            penalty.curvature * penalized / factor**2,
        )
        stretch = rows.spread
        if penalty.absolute:
            slope = penalty.absolute * penalized / factor
            rows = rows._and(stretch, slope, slope, np.zeros(len(stretch)))
        return rows if sides is None else rows._bounded(stretch, *(side * factor for side in sides))

    def from_descent(self, parameters: Floats) -> Floats:
        """Parameters (d,) of the descent's coordinates in those of the rows."""
        return self.problem.coordinates.from_user(self.coordinates.to_user(parameters))

    def to_descent(self, parameters: Floats) -> Floats:
        """The inverse of `from_descent`."""
        return self.coordinates.from_user(self.problem.coordinates.to_user(parameters))

    @property
    def own(self) -> int:
        """How many rows are of the table."""
        return len(self.target) - len(self.places)

    @cached_property
    def weight(self) -> Floats:
        """c = a + b, (n,)."""
        return self.above + self.below

    @cached_property
    def total(self) -> float:
        """Σc."""
        return float(self.weight.sum())

    @cached_property
    def share(self) -> Floats:
        """What each row's product of slack and multiplier is to be, (n,), as a part of δ: 1 for
        rows of the table. Others are to weigh no more than such a row, however steep they are.
        """
        single = self.weight[: self.own].mean() / self.weight[self.own :]
        return np.append(np.ones(self.own), np.minimum(1.0, single))

    @cached_property
    def reach(self) -> Floats:
        """How much further each residual moves with θ than the middle one, at least 1; (n,)."""
        lengths = np.concatenate([np.sqrt(np.square(z).sum(axis=1)) for z in self.problem.rows()])
        usual = float(np.median(lengths))
        own = np.maximum(1.0, lengths / usual) if usual > 0.0 else np.ones(self.own)
        return np.append(own, np.ones(len(self.places)))

    @cached_property
    def spread(self) -> Floats:
        """The root mean square of each column of Z, weighted with c, (d,); 1 where it is 0."""
        squares = self.cross_products(self.weight).diagonal() / self.total
        return np.asarray(np.where(squares > 0.0, np.sqrt(squares), 1.0))

    @cached_property
    def pull(self) -> Floats:
        """Σ cᵢ|zᵢⱼ| (d,), or a little more: by Cauchy and Schwarz."""
        return self.spread * self.total

    def multipliers(self, x: Floats, s: Floats) -> Floats:
        """λ (n,) from x and s: between −b and a, without cancellation at either."""
        return self.above * x - self.below * s

    def times(self, parameters: Floats) -> Floats:
        """Zθ (n,)."""
        scores = self.problem.linear_predictors(parameters)
        return np.append(scores, self.stretch * parameters[self.places])

    def residuals(self, parameters: Floats) -> Floats:
        """t − Zθ (n,)."""
        return self.target - self.times(parameters)

    def pulled(self, multipliers: Floats) -> Floats:
        """Zᵀλ (d,)."""
        total = self.problem.pulled(multipliers[: self.own])
        np.add.at(total, self.places, self.stretch * multipliers[self.own :])
        return total

    def cross_products(self, shares: Floats) -> Floats:
        """Σ shareᵢ zᵢzᵢᵀ (d, d)."""
        total = self.problem.cross_products(shares[: self.own])
        np.add.at(total, (self.places, self.places), self.stretch**2 * shares[self.own :])
        return total

    def chosen(self, which: NDArray[np.intp]) -> Floats:
        """The rows of Z (k, d) at rising places `which` (k,)."""
        single = which[which >= self.own] - self.own
        rows = np.zeros((len(single), len(self.curvature)))
        rows[np.arange(len(single)), self.places[single]] = self.stretch[single]
        return np.concatenate([self.problem.design_rows(which[which < self.own]), rows])

    def settled(self, parameters: Floats, active: NDArray[np.intp]) -> Floats:
        """The parameters (d,), those of `active` rows (k,) exactly at their kinks and bounds."""
        single = active[active >= self.own] - self.own
        result = parameters.copy()
        result[self.places[single]] = self.kinks[single]
        return result

    def inside(self, parameters: Floats, depth: float) -> Floats:
        """The parameters (d,), as far from their bounds as would change predictors by `depth`."""
        result = parameters.copy()
        for i, (place, kink) in enumerate(
            zip(self.places.tolist(), self.kinks.tolist(), strict=True)
        ):
            away = depth / self.stretch[i]
            if self.below[self.own + i] == 0.0:
                result[place] = max(result[place], kink + away)
            elif self.above[self.own + i] == 0.0:
                result[place] = min(result[place], kink - away)
        return result

    def _and(self, stretch: Floats, above: Floats, below: Floats, kinks: Floats) -> "KinkedRows":
        """These rows and one of each parameter with a slope, all (d,), on some side."""
        places = np.flatnonzero(above + below > 0.0)
        stretch, kinks = stretch[places], kinks[places]
        return replace(
            self,
            above=np.append(self.above, above[places] / stretch),
            below=np.append(self.below, below[places] / stretch),
            target=np.append(self.target, stretch * kinks),
            bend=np.append(self.bend, np.zeros(len(places))),
            places=np.append(self.places, places),
            kinks=np.append(self.kinks, kinks),
            stretch=np.append(self.stretch, stretch),
        )

    def _bounded(self, stretch: Floats, lower: Floats, upper: Floats) -> "KinkedRows":
        """With bounds, whose rows are steeper than all else at any θ that is at them."""
        rows, none = self, np.zeros(len(lower))
        for bound, below in ((lower, False), (upper, True)):
            there = np.isfinite(bound)
            at = np.where(there, bound, 0.0)
            slope = np.where(there, 2.0 * (self.pull + self.curvature * np.abs(at)), 0.0)
            above = none if below else slope
            rows = rows._and(stretch, above, slope - above, at)
        return rows


def _standardized(problem: LinearProblem) -> LinearProblem:
    """The problem in coordinates where columns have median 0 and median size 1: beside a row that
    is far off, means and mean squares would make all others one point. Sparse rows, whose medians
    are mostly 0, are centred by their means.
    """
    coordinates = measure_coordinates(
        problem.features, problem.weights, standardize=True, intercept=problem.coordinates.intercept
    )
    if isinstance(problem.features, np.ndarray):
        places = evenly_spread(len(problem.target))
        some = problem.features[places].astype(np.float64)
        centre = np.median(some, axis=0) if coordinates.intercept else coordinates.centre
        sizes = np.median(np.abs(some - centre), axis=0)
        spread = np.where(sizes > 0.0, sizes, coordinates.spread)
        coordinates = Coordinates(centre, spread, coordinates.intercept)
    return replace(problem, coordinates=coordinates)


def _weighing(problem: LinearProblem) -> tuple[LinearProblem, Kinks, Floats]:
    """The problem of the rows that have weight, their kinks, and κs (n,)."""
    kinks = problem.loss.kinks(problem.target) if isinstance(problem.loss, ScalarLoss) else None
    if kinks is None:
        raise InputError(
            "an interior point method needs a loss of two straight pieces (absolute, "
            "quantile, hinge), not {name}.",
            name=problem.loss.name,
        )
    shares = np.ones(len(problem.target)) if problem.weights is None else problem.weights
    counted = shares > 0.0
    if not counted.all():
        problem = replace(
            problem,
            features=problem.features[counted],
            target=problem.target[counted],
            weights=shares[counted],
        )
        above, below, place, bend = kinks
        kinks = Kinks(above[counted], below[counted], place[counted], bend)
        shares = shares[counted]
    return problem, kinks, shares if problem.reduction == "sum" else shares / shares.sum()
