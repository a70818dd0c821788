"""The certificate of a minimum: how far each parameter still has to go, from the curvature.

At a point θ of a convex objective J with gradient g and second derivative H, Newton's step
p = −H⁻¹g is what is left, up to terms of second order; with an L1 penalty or bounds it is the step
to the minimum of the quadratic model. It is measured in standard errors: with u the objective's
`unit` (`SecondOrder`), the covariance of the parameters is u·H⁻¹, and λ² = pᵀHp/u bounds the square
of every |pⱼ|/errorⱼ. That holds at any scale and offset of J.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats, principal
from steepest.curvature.newton_step import ScaledAxes, direction_by_products
from steepest.descent.interior_point import descend_interior
from steepest.descent.newton import (
    decrement_squared,
    is_small_step,
    model_step,
    off_level_directions,
    second_order,
    takes_products,
)
from steepest.descent.optimizers import InteriorPoint
from steepest.descent.penalized_update import Proximal
from steepest.descent.schedules import Constant
from steepest.descent.stepwise import RunSettings
from steepest.diagnosis.thresholds import CERTIFIED, NO_DIGIT, ROUNDING, SETTLED
from steepest.losses import Squared, SquaredHinge
from steepest.losses.loss import ScalarLoss
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_model import LinearModel
from steepest.problems.linear_on_moments import MomentsProblem
from steepest.problems.problem import Problem, SecondOrder, SecondOrderProducts
from steepest.problems.squared_loss import Quadratic
from steepest.wording.fact import Fact, fact

_EPS = float(np.finfo(np.float64).eps)
# Roundings that a sum over the rows may cost its result, in blocks.
_ROUNDINGS = 4.0
# Where no more than this share of the residuals is anything else than distance to the minimum, they
# say nothing of standard errors.
_ALL_DISTANCE = 1e-9
# A parameter with less of its standard error is as good as 0.
_AS_GOOD_AS_ZERO = 10.0 * CERTIFIED
# A parameter that is 0 but for what rounds the predictors, as of a column that says nothing of rows
# that are followed exactly, is taken for 0: of what it is instead it has one digit.
_OF_NOTHING = 0.1
# A bound on rounding, as a share of a standard error, beyond which nothing is certified.
_ROUNDED = 1e-4
# Where a penalty or bound holds a parameter, its slope may pass what holds it by this share.
_HELD = 1e-9
# Beyond so many parameters the second derivative is not formed for a certificate.
MOST_PARAMETERS = 2000
# What conjugate gradients leave of the gradient there.
_SOLVED = 1e-8
# Nor is the minimum of a loss with kinks looked for where a step takes more products than these.
MOST_PRODUCTS = 2 * 10**9


@final
@dataclass(frozen=True, eq=False)
class Certificate:
    """What is left of each parameter at one point, in the user's units; all arrays are (d,).

    - `parameters`; `gaps`: what each has left to go; `errors`: its standard error, 0 where a
      penalty or bound holds it; `rounding`: a bound on what rounding may have changed
    - `decrement`: λ in standard errors; None where errors are not known
    - `singular`: whether a direction has no curvature
    - `steps_vanish`: whether the step is small beside the parameters. Where there is no minimum
      steps stay large, while standard errors grow without end
    - `excess`: how far the objective is above its minimum, by the quadratic model: λ²u/2, of
      squared loss exactly. None in files of former versions
    """

    names: tuple[str, ...]
    parameters: Floats
    gaps: Floats
    errors: Floats
    rounding: Floats
    decrement: float | None
    singular: bool
    steps_vanish: bool
    excess: float | None = None

    @staticmethod
    def at(
        problem: LinearModel,
        parameters: Floats,
        proximal: Proximal | None,
    ) -> "Certificate":
        """The certificate at `parameters` (d,), in the descent's coordinates, by one pass."""
        parameters, problem = problem.points_in(problem.centred, parameters), problem.centred
        known = second_order(problem, parameters, proximal)
        step = model_step(problem, known, parameters, proximal)
        change = linear_map(problem)
        free = np.ones(parameters.size, dtype=np.bool_)
        if proximal is not None:
            free = ~proximal.holds(parameters + step)
        inverse = inverse_root(problem, known.hessian, free, known.root)
        left = max(decrement_squared(known, step), 0.0)
        size = _of_predictors(known.hessian.diagonal(), parameters)
        unit = _unit_at_minimum(problem, known, left, size)
        errors = np.sqrt(unit * np.square(change @ inverse).sum(axis=1))
        noise = np.sqrt(unit * problem.total_weight * np.maximum(known.hessian.diagonal(), 0.0))
        noise *= _ROUNDINGS * _EPS
        roots = change @ inverse
        rounding = np.abs(roots) @ np.abs(inverse.T) @ noise
        # Roundings of the rows' predictors go through their weights, so that B takes them as it is.
        lengths = np.sqrt(np.square(roots).sum(axis=1))
        rounding += _ROUNDINGS * _EPS * lengths * size
        noise += _ROUNDINGS * _EPS * np.abs(known.hessian) @ np.abs(parameters)
        noise += _ROUNDINGS * _EPS * np.abs(known.gradient).max(initial=0.0)
        rounding += ROUNDING * (np.abs(change) @ np.abs(parameters))
        gaps = np.abs(change @ step)
        vanish = is_small_step(step, parameters) or bool(problem.penalty.squared)
        vanish = vanish or bool((gaps <= rounding).all())  # a step of rounding only
        here = problem.to_user(parameters)
        reach = np.abs(change) @ _reach(known.hessian.diagonal(), parameters)
        rounding[~free] += _ROUNDINGS * _EPS * reach[~free]
        nothing = (np.abs(here) <= 2.0 * rounding) & (gaps <= rounding)
        nothing &= rounding <= SETTLED * reach
        gaps[nothing], rounding[nothing] = 0.0, _OF_NOTHING * np.abs(here[nothing])
        slopes, undetermined = _without_curvature(problem, known, inverse, free)
        if proximal is not None:  # what is held must want to stay
            there = proximal.least_slope(parameters + step, known.gradient + known.hessian @ step)
            slopes = np.where(free, slopes, np.abs(there))
            noise += _HELD * (np.abs(known.gradient) + proximal.strengths)
        undetermined &= here != 0.0
        # Where the loss bends everywhere, less and less, rounding hides the curvature.
        none = np.abs(here) + gaps if _bends_ever_less(problem) else np.inf
        rounding = np.where(undetermined, none, rounding)
        return Certificate(
            problem.names,
            here,
            np.where((slopes > noise).any(), np.inf, gaps),
            errors,
            rounding,
            float(np.sqrt(left / unit)) if unit > 0.0 else None,
            inverse.shape[1] < int(free.sum()),
            vanish,
            _excess(known, parameters, step, left, proximal),
        )

    @staticmethod
    def of_least_squares(problem: Quadratic, parameters: Floats) -> "Certificate":
        """The same of squared loss without L1 and bounds: the minimum itself is known, and what is
        left is the way there, but for directions in which the objective is level.
        """
        curved = problem.eigenvectors[:, problem.eigenvalues > 0.0]
        step = curved @ (curved.T @ (problem.minimizer - parameters))
        root, unit = problem.root, problem.unit_at(problem.minimizer)
        curvatures = np.square(root).sum(axis=0)
        size = _of_predictors(curvatures, parameters)
        unit = 0.0 if _is_rounding(unit * problem.triangle.weight, size) else unit
        left = float(np.square(root @ step).sum())
        change, here = linear_map(problem), problem.to_user(parameters)
        lengths = np.linalg.norm(change @ ScaledAxes.of_root(root).inverse_root, axis=1)
        known = problem.solution is not None
        rounding = ROUNDING * (np.abs(here) if known else np.abs(change) @ np.abs(parameters))
        gaps = np.abs(problem.to_user(parameters + step) - here)
        least = _ROUNDINGS * _EPS * (np.abs(change) @ _reach(curvatures, parameters))
        nothing = (np.abs(here) <= least) & (gaps <= least)
        gaps[nothing], rounding[nothing] = 0.0, _OF_NOTHING * np.abs(here[nothing])
        return Certificate(
            problem.names,
            here,
            gaps,
            np.sqrt(unit) * lengths,
            rounding,
            float(np.sqrt(left / unit)) if unit > 0.0 else None,
            curved.shape[1] < len(here),
            True,
            0.5 * left,
        )

    @staticmethod
    def by_products(problem: LinearProblem, parameters: Floats) -> "Certificate":
        """The same without forming the second derivative: Newton's step by conjugate gradients.

        Standard errors of single parameters are not known then; the decrement bounds what is left
        of each in them all the same.
        """
        known = problem.second_order_products(parameters)
        gradient, product, diagonal = known.gradient, known.product, known.diagonal
        step = direction_by_products(gradient, product, diagonal, _SOLVED)
        left = max(float(step @ product(step)), 0.0)
        unit = _unit_at_minimum(problem, known, left, _of_predictors(diagonal, parameters))
        here, none = problem.to_user(parameters), np.zeros(len(parameters))
        return Certificate(
            problem.names,
            here,
            np.abs(problem.to_user(step) - problem.to_user(none)),
            none,
            ROUNDING * np.abs(here),
            float(np.sqrt(left / unit)) if unit > 0.0 else None,
            bool((diagonal <= 0.0).any()),
            is_small_step(step, parameters),
            0.5 * left,
        )

    @property
    def holds(self) -> bool:
        """Whether nothing that matters is left of any parameter: less than a millionth of its
        standard error, or than rounding; where it has none, as on rows that are followed exactly,
        than 1e-12 of itself. And rounding leaves no more of each than a ten-thousandth of its
        standard error or of itself (it does a hundredth of what bounds say), or all of it open.
        """
        if self.lost or self.rounded:
            return False
        if not self.errors.any() and self.decrement is not None:
            return self.steps_vanish and self.decrement <= CERTIFIED
        itself = np.where(self.errors > 0.0, 0.0, SETTLED * np.abs(self.parameters))
        small = np.maximum(np.maximum(CERTIFIED * self.errors, itself), self.rounding)
        return self.steps_vanish and bool((self.gaps <= small).all())

    @property
    def lost(self) -> tuple[str, ...]:
        """The parameters of which rounding leaves no digit, that of the curvature included; not
        those that a stretch of minima leaves open.
        """
        gone = np.isfinite(self.rounding) & (self.gaps <= self.rounding) | np.isinf(self.gaps)
        gone &= self.digits < NO_DIGIT
        return tuple(name for name, lost in zip(self.names, gone, strict=True) if lost)

    @property
    def rounded(self) -> tuple[str, ...]:
        """The parameters of which rounding leaves more than that, the one with the most first."""
        size = np.maximum(self.errors, np.abs(self.parameters))
        share = np.where(np.isfinite(self.rounding) & (size > 0.0), self.rounding, 0.0)
        share = share / np.where(size > 0.0, size, 1.0)
        share[self.gaps == 0.0] = 0.0  # as of a parameter that is as good as 0
        order = np.argsort(-share, kind="stable")
        return tuple(self.names[i] for i in order if share[i] > _ROUNDED)

    @property
    def worst(self) -> int:
        """The parameter with the most left, in its standard errors."""
        return int(np.argmax(self._shares))

    @property
    def most_left(self) -> float:
        """What that parameter has left, in its standard errors."""
        return float(self._shares[self.worst])

    @property
    def certified(self) -> Fact:
        """That nothing is left, as a fact: by the decrement, unless rounding is all it is of."""
        known = self.decrement
        beside = known is not None and known > CERTIFIED and (self.gaps <= self.rounding).all()
        return fact("certified", decrement=None if beside else known)

    @property
    def left_to_go(self) -> Fact:
        """What it has left, as a fact."""
        if self.lost:
            return fact("no digit left", names=self.lost)
        if self.rounded and self.most_left <= CERTIFIED:
            return fact("rounding leaves", names=self.rounded)
        errors = self.most_left if self.errors[self.worst] > 0.0 else None
        name, gap = self.names[self.worst], float(self.gaps[self.worst])
        return fact("left to go", name=name, gap=gap, errors=errors)

    @property
    def digits(self) -> Floats:
        """Decimal digits (d,) that agree with the minimum: what is left and rounding both count. A
        parameter within a few millionths of its standard error of 0 counts as one of that size.
        """
        error = self.gaps + self.rounding
        size = np.maximum(np.abs(self.parameters), _AS_GOOD_AS_ZERO * self.errors)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            share = np.where(error > 0.0, error / size, _EPS)
        return np.asarray(np.clip(-np.log10(np.maximum(share, _EPS)), 0.0, None))

    @property
    def _shares(self) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            shares = np.where(self.gaps > self.rounding, self.gaps / self.errors, 0.0)
        return np.nan_to_num(shares, nan=0.0, posinf=np.inf)


def certify(
    problem: Problem,
    parameters: Floats,
    proximal: Proximal | None,
    *,
    known: bool = False,
) -> Certificate | None:
    """The certificate at `parameters` (d,), in the descent's coordinates; None where there is none:
    a problem that is no linear model, a loss with kinks, more than 2000 parameters with L1 or
    bounds or of rows that are not in memory, or rows elsewhere, unless the curvature there is
    `known` already.
    """
    if isinstance(problem, Quadratic):
        return Certificate.of_least_squares(problem, parameters)
    if not isinstance(problem, LinearModel) or not problem.loss.smooth:
        return None
    if takes_products(problem, proximal):
        return Certificate.by_products(problem, parameters)
    at_hand = known or isinstance(problem, LinearProblem | MomentsProblem)
    if not at_hand or len(parameters) > MOST_PARAMETERS:
        return None
    with np.errstate(all="ignore"):
        return Certificate.at(problem, parameters, proximal)


def certify_kinks(
    problem: LinearProblem, parameters: Floats, proximal: Proximal | None
) -> Certificate | None:
    """How far `parameters` (d,) are from the minimum of a loss with kinks, which has no curvature:
    the minimum itself is found, by inner points from there. None where it was not reached, or where
    that would take long.
    """
    size = len(problem.target) * len(parameters) ** 2
    if problem.loss.smooth or size > MOST_PRODUCTS or len(parameters) > MOST_PARAMETERS:
        return None
    run = RunSettings(InteriorPoint(), Constant(1.0), parameters)
    found = descend_interior(problem, run, [], proximal=proximal)
    if found.stop.rule != "duality gap":
        return None
    here, there = problem.to_user(parameters), problem.to_user(found.parameters[-1])
    excess = float(found.objective[0] - found.objective[-1])
    gaps = np.abs(here - there) if excess > ROUNDING * abs(found.objective[-1]) else 0.0 * here
    rounding = ROUNDING * np.abs(here)
    none = np.zeros(len(here))
    return Certificate(
        problem.names, here, gaps, none, rounding, None, False, True, max(excess, 0.0)
    )


def linear_map(problem: LinearModel | Quadratic) -> Floats:
    """The matrix (d, d) from a change in the descent's coordinates to one in the user's units."""
    everyone = np.eye(len(problem.names))
    return np.asarray((problem.to_user(everyone) - problem.to_user(0.0 * everyone)).T)


def _unit_at_minimum(
    problem: LinearModel, known: SecondOrder | SecondOrderProducts, left: float, size: float
) -> float:
    """The unit of `SecondOrder` without the part of the residuals that is due to the distance, of
    which λ²u is `left`: exactly that at the minimum of squared loss. 0 where it is not known, or
    rounding of predictors of this `size`.
    """
    unit = known.unit
    if unit is None or not unit > 0.0 or problem.has_own_unit:
        return unit or 0.0
    whole = unit * problem.total_weight
    remaining = 1.0 - left / whole
    none = remaining <= _ALL_DISTANCE or _is_rounding(whole * remaining, size)
    return 0.0 if none else unit * remaining


def _bends_ever_less(problem: LinearModel) -> bool:
    """Whether rows have curvature everywhere, but of no least size. Elsewhere a direction without
    curvature is one that the columns leave open.
    """
    chords = problem.loss.chords if isinstance(problem.loss, ScalarLoss) else None
    return chords is None and not isinstance(problem.loss, Squared | SquaredHinge)


def _is_rounding(squares: float, size: float) -> bool:
    """Whether residuals with these squares are but rounding, beside predictors of this size."""
    return squares <= (ROUNDING * size) ** 2


def _excess(
    known: SecondOrder,
    parameters: Floats,
    step: Floats,
    left: float,
    proximal: Proximal | None,
) -> float:
    """What the quadratic model loses along `step`, whose pᵀHp is `left`."""
    if proximal is None:
        return 0.5 * left
    gained = float(proximal.value(parameters) - proximal.value(parameters + step))
    return max(gained - float(known.gradient @ step) - 0.5 * left, 0.0)


def _of_predictors(curvatures: Floats, parameters: Floats) -> float:
    """A bound on √(κ Σ s ℓ''η²) with |η| ≤ Σ|x̃ₖθₖ|: what the rows' predictors, by their own size,
    weigh in the curvature (Minkowski).
    """
    return float(np.sqrt(np.maximum(curvatures, 0.0)) @ np.abs(parameters))


def _reach(curvatures: Floats, parameters: Floats) -> Floats:
    """How far each parameter (d,) would go to move the predictors by as much as all do."""
    root = np.sqrt(np.maximum(curvatures, 0.0))
    size = _of_predictors(curvatures, parameters)
    return np.where(root > 0.0, size / np.where(root > 0.0, root, 1.0), 0.0)


def _without_curvature(
    problem: LinearModel, known: SecondOrder, inverse: Floats, free: NDArray[np.bool_]
) -> tuple[Floats, NDArray[np.bool_]]:
    """What the gradient (d,) has along directions without curvature, those left out that are known
    to be level, and which parameters (d,), in the user's units, these directions change.
    """
    none = np.zeros(len(free))
    if inverse.shape[1] == int(free.sum()):
        return none, none > 0.0
    off = np.eye(len(free)) - known.hessian @ inverse @ inverse.T
    if (level := problem.level_directions) is not None:
        off = off - off @ level.T @ level
    off = np.where(free[:, None] & free, off, 0.0)
    change = linear_map(problem)
    changed = np.abs(change @ off.T).max(axis=1) > 1e-6 * np.abs(change).max(axis=1)
    return np.abs(off @ known.gradient), changed


def inverse_root(
    problem: LinearModel, hessian: Floats, free: NDArray[np.bool_], root: Floats | None = None
) -> Floats:
    """B (d, m) with B Bᵀ = H⁺ on the free parameters, 0 elsewhere: a column for each direction that
    has curvature; those that are known to be level are left out of the product.
    """
    if root is not None:
        return ScaledAxes.of_root(root).inverse_root
    index = np.flatnonzero(free)
    axes = ScaledAxes.of(principal(off_level_directions(problem, hessian), index))
    roots = np.zeros((len(hessian), int(axes.curved.sum())))
    roots[index] = axes.inverse_root
    if (level := problem.level_directions) is not None:
        roots -= level.T @ (level @ roots)
    return roots
