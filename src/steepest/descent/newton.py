"""Newton's method: each step goes to the minimum of the quadratic model, or part of the way there.

The model of f at θ is f + gᵀp + ½pᵀHp, with gradient g and second derivative H. Without a penalty
its minimum is p = −H⁻¹g. With an L1 penalty or bounds the model and the penalty are minimised
together, on the d × d matrix (proximal Newton; Lee, Sun and Saunders 2014): `model_minimum.py`.
Where f curves down, H is replaced by its absolute value |H| (the eigenvalues' absolute values), so
that every step goes downhill past a saddle (Dauphin et al. 2014).

The step is θ ← θ + lr·p with lr = 1, ½, ¼, …, the first that fulfils Armijo's condition. What is
left of the objective is about half the squared decrement, λ² = pᵀHp (Boyd and Vandenberghe 2004,
section 9.5). Each step looks at the rows once: the trial at lr = 1 is also the next evaluation.

Of rows in memory with more than 2000 columns H is not formed: the step is found by conjugate
gradients from products Hv, each a look at the rows, to a tolerance that falls with the gradient
(Newton-CG; Dembo and Steihaug 1983).

Where a loss is nearly straight for most rows its curvature says little; inner points then lead near
the minimum (`interior_point.py`).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, TypeGuard

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.newton_step import (
    ScaledAxes,
    absolute_curvature,
    direction_by_products,
    inverse_of_regular,
    newton_direction,
)
from steepest.descent.interior_point import descend_nearly_straight
from steepest.descent.interruption import ending_at_interruption
from steepest.descent.model_minimum import model_minimum
from steepest.descent.one_step import MOST_TRIALS
from steepest.descent.penalized_update import Proximal, least_slope_norm
from steepest.descent.schedules import Backtracking
from steepest.descent.step_record import Step, StepRecord
from steepest.descent.stepwise import Progress, RunSettings, checked_start, diverged
from steepest.descent.stopping import Stop, StoppingRule, StoppingRun
from steepest.descent.trajectory import Trajectory
from steepest.losses.loss import ScalarLoss
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_model import LinearModel
from steepest.problems.problem import Problem, SecondOrder, SecondOrderProducts
from steepest.wording.fact import fact

# A run is at its end where what is left is below this many standard errors of every parameter. The
# step before it is then about the square root of this away: more steps would move rounding only.
ARRIVED = 1e-10
# The same of many rows in memory, where a step is a long look at them: "converged" claims 1e-6.
_ARRIVED_BY_SAMPLE = 1e-8
# The last step must be this small beside the parameters: where there is no minimum, and the
# objective falls for ever, steps stay as large as they were while the decrement vanishes.
_SMALL_STEP = 1e-6
# Parameters below this are at the origin, where steps as small as rounding are no sign of that.
_ORIGIN = 1e-8
# Over a step of so many standard errors the curvature of many rows hardly changes: each further
# step leaves a hundred-thousandth of what there was.
_SAME_CURVATURE = 1e-2
# Where the objective falls steadily, so much is left of it, in standard errors, when a run ends.
_FALLING = 1e-4
_STEADY = 6
# Nearer than this, in standard errors, the fall may be less than columns that nearly cancel round.
_NEAR = 1e-2
_ROUNDING = 4.0 * np.finfo(float).eps

# The model's minimum leaves at most this share of the slope; far along a level direction it is all.
_SLOPE_LEFT = 1e-6

# With more parameters than these the second derivative is not formed.
MOST_FORMED = 2000
# Conjugate gradients leave at most this share of the gradient, and less of a smaller one.
_SHARE_LEFT, _LEAST_SHARE = 0.1, 1e-6


class _Place(NamedTuple):
    """A step, its point (d,) as the walk has it, and what is known there."""

    step: Step
    at: Floats
    known: SecondOrder | SecondOrderProducts


def descend_newton(
    problem: Problem,
    run: RunSettings,
    stopping: Sequence[StoppingRule],
    *,
    proximal: Proximal | None = None,
    progress: Progress | None = None,
) -> Trajectory:
    """Newton's steps from the run's start until nothing is left to gain, or a stopping rule fires.

    A `Backtracking` schedule searches each step's length, any other gives it. All steps are kept.
    The stop is "decrement" where the run has arrived. Raises InputError for a wrong start.
    """
    record = StepRecord(problem, run, StoppingRun(stopping), proximal, progress)
    with np.errstate(all="ignore"):
        start = checked_start(problem, run.start)
        with ending_at_interruption(lambda: bool(record.steps)):
            record.stop = _walked(record, start)
    return record.trajectory(run.schedule.rate(len(record.steps) - 1))


def _walked(record: StepRecord, start: Floats) -> Stop:
    """The end of the steps from a start (d,)."""
    stop = descend_nearly_straight(record, start)
    if stop is not None:
        if stop.rule not in ("duality gap", "line search"):
            return stop
        start = record.steps.pop().parameters
    return _NewtonWalk(record, start).run()


class _NewtonWalk:
    """A descent under way, on the problem as it is centred; what is recorded is as it is posed."""

    def __init__(self, record: StepRecord, start: Floats) -> None:
        self.record, self.problem, self.proximal = record, record.problem.centred, record.proximal
        self.schedule = record.run.schedule
        self.left: list[float] = []
        self.lent = False  # whether a place had the curvature before it
        self.place = self._begun(record.problem.points_in(self.problem, start))
        record.steps.append(self.place.step)

    def run(self) -> Stop:
        """Step until the run ends."""
        while True:
            place, k = self.place, len(self.record.steps) - 1
            stop = self.record.due()
            if stop is None and k == 0 and self.record.run.guess is not None:
                guess = self.record.run.guess(place.step.parameters)
                if self._guessed(self.record.problem.points_in(self.problem, guess)):
                    continue
                place = self.place
            if stop is None and not np.isfinite(_entries(place.known)).all():
                stop = diverged(k, place.step.objective)
            if stop is not None:
                return stop
            direction = self._direction(place)
            stop = self._arrived(place, direction, k)
            if stop is not None:
                return stop
            following = self._search(place, direction, self.schedule.rate(k))
            if following is None:
                return Stop("line search", fact("no rate led lower", epoch=k))
            self.place = following
            self.record.steps.append(following.step)

    def _begun(self, start: Floats) -> _Place:
        """The start; where a guess follows, without its curvature, which takes half the time of
        rows in memory.
        """
        costly = isinstance(self.problem, LinearProblem) and not self.problem.is_known(start)
        if not costly or self.record.run.guess is None:
            return self._evaluated(start)
        objective, gradient = self.problem.objectives_and_gradient(start)
        return self._place(start, SecondOrder(float(objective), gradient, np.empty((0, 0))))

    def _guessed(self, point: Floats) -> bool:
        """Whether a point is lower than the start; then it is step 1."""
        place = self._evaluated(point)
        lower = place.step.objective < self.place.step.objective
        if lower:
            self.record.guessed = True
            self.record.steps.append(place.step)
            self.place = place
        elif not _entries(self.place.known).size:
            self.place = self._evaluated(self.place.at)
        return lower

    def _place(
        self, at: Floats, known: SecondOrder | SecondOrderProducts, rate: float = 1.0
    ) -> _Place:
        posed = self.record.problem
        parameters = self.problem.points_in(posed, at)
        gradient = self.problem.gradients_in(posed, known.gradient)
        return _Place(self.record.step(parameters, known.objective, gradient, rate), at, known)

    def _direction(self, place: _Place) -> Floats:
        known = place.known
        if isinstance(known, SecondOrder):
            return model_step(self.problem, known, place.at, self.proximal)
        first = float(np.linalg.norm(self.record.steps[0].gradient))
        share = float(np.linalg.norm(place.step.gradient)) / first if first > 0.0 else 0.0
        tolerance = min(_SHARE_LEFT, max(share, _LEAST_SHARE))
        return direction_by_products(known.gradient, known.product, known.diagonal, tolerance)

    def _evaluated(self, at: Floats, rate: float = 1.0) -> _Place:
        known: SecondOrder | SecondOrderProducts
        if takes_products(self.problem, self.proximal):
            known = self.problem.second_order_products(at)
        else:
            known = second_order(self.problem, at, self.proximal)
        return self._place(at, known, rate)

    def _followed(self, place: _Place, at: Floats, rate: float) -> _Place:
        """The place after a step, with the curvature before it where it seems to be the last: a
        look at the rows without the curvature takes half the time.
        """
        known, problem = place.known, self.problem
        if not isinstance(problem, LinearProblem) or not isinstance(known, SecondOrder):
            return self._evaluated(at, rate)
        # Once only: where there is no minimum each step would seem to be the last.
        last = known.root is None and not self.lent and self._nearly_there(known.unit)
        found = problem.first_order(at) if last else None
        if found is None:
            return self._evaluated(at, rate)
        self.lent, (objective, gradient) = True, found
        return self._place(at, known._replace(objective=objective, gradient=gradient), rate)

    def _nearly_there(self, unit: float | None) -> bool:
        """Whether one step more will arrive: by its length, or as each leaves a square of what the
        one before it left.
        """
        if unit is None:
            return False
        if self.record.guessed:
            return self.left[-1] <= _SAME_CURVATURE**2 * unit
        if len(self.left) < 2:
            return False
        return self.left[-1] ** 3 <= ARRIVED**2 * unit * self.left[-2] ** 2

    def _arrived(self, place: _Place, direction: Floats, k: int) -> Stop | None:
        """The end of a run with nothing left to gain."""
        left, there = decrement_squared(place.known, direction), place.at + direction
        self.left = [*self.left, left]
        unit, small = place.known.unit, is_small_step(direction, place.at)
        # With ridge there is a minimum, and parameters may be next to nothing there.
        small |= isinstance(self.problem, LinearModel) and bool(self.problem.penalty.squared)
        by_sample = self.record.run.guess is not None and isinstance(self.problem, LinearProblem)
        arrived = _ARRIVED_BY_SAMPLE if by_sample else ARRIVED
        if self.proximal is not None and self.proximal.holds(there)[direction != 0.0].any():
            return None  # inner points come near 0 and bounds, and not there
        if unit is not None and left <= self.record.run.enough**2 * unit:
            return Stop("decrement", fact("nothing left to gain", epoch=k))
        if unit is not None and not small and left > 0.0:
            if left <= arrived**2 * unit or (left <= _FALLING**2 * unit and self._falls_steadily):
                return Stop("long steps", fact("steps stay long", epoch=k))
            return None
        if unit is not None and left <= arrived**2 * unit:
            return Stop("decrement", fact("nothing left to gain", epoch=k))
        if (np.abs(direction) <= _ROUNDING * np.abs(place.at)).all():
            return Stop("decrement", fact("step below rounding", epoch=k))
        return None

    @property
    def _falls_steadily(self) -> bool:
        """Whether each of the last steps left about 1/e of what there was: so an exponential falls,
        which has no minimum.
        """
        last = np.array(self.left[-_STEADY:])
        shares = last[1:] / last[:-1]
        return len(last) == _STEADY and bool(((shares > 0.25) & (shares < 0.5)).all())

    def _search(self, place: _Place, direction: Floats, rate: float) -> _Place | None:
        """The place at the first length that leads low enough; None where there is none."""
        if not isinstance(self.schedule, Backtracking):
            return self._evaluated(place.at + rate * direction, rate)
        fall = float(place.known.gradient @ direction)
        for trial in range(MOST_TRIALS):
            at = place.at + rate * direction
            # The whole step is nearly always taken: what the next step needs is asked for at once.
            if not trial or self._may_be_lower(place, at, rate * fall):
                following = self._followed(place, at, rate)
                if self._lower(place, following, rate * fall) or self._is_nearer(following):
                    return following
            rate *= self.schedule.shrink
        return None

    def _may_be_lower(self, place: _Place, at: Floats, fall: float) -> bool:
        """Whether a point is low enough, or so level that its gradient has to be asked."""
        objective = float(self.problem.minimised(at))
        return _level(place.step, objective) or self._is_low(place, at, objective, fall)

    def _is_low(self, place: _Place, at: Floats, objective: float, fall: float) -> bool:
        """Armijo's condition."""
        assert isinstance(self.schedule, Backtracking)
        if self.proximal is not None:
            fall += float(self.proximal.value(at) - self.proximal.value(place.at))
        return bool(objective <= place.step.objective + self.schedule.slope * fall)

    def _lower(self, place: _Place, following: _Place, fall: float) -> bool:
        if not _level(place.step, following.step.objective):
            return self._is_low(place, following.at, following.step.objective, fall)
        # Next to a minimum the fall drowns in the objective's rounding; the gradient still tells.
        return self._slope(following) < self._slope(place)

    def _slope(self, place: _Place) -> float:
        return float(least_slope_norm(self.proximal, place.at[None], place.known.gradient[None])[0])

    def _is_nearer(self, following: _Place) -> bool:
        """Whether a step near the minimum of a convex objective, which rounding may show as higher,
        leaves at most half of the way, in the norm of the curvature.
        """
        left, unit = self.left[-1], following.known.unit
        if unit is None or not self.problem.is_convex or not 0.0 < left <= _NEAR**2 * unit:
            return False
        return decrement_squared(following.known, self._direction(following)) <= 0.25 * left


def takes_products(problem: Problem, proximal: Proximal | None) -> TypeGuard[LinearProblem]:
    """Whether Newton's steps are found without forming the second derivative."""
    if not isinstance(problem, LinearProblem) or proximal is not None or problem.predictors > 1:
        return False
    return problem.loss.smooth and len(problem.names) > MOST_FORMED


def second_order(problem: Problem, parameters: Floats, proximal: Proximal | None) -> SecondOrder:
    """What is known at θ (d,), with the root of a curvature that is nearly singular. Where rows on
    straight pieces of their loss leave its model without a minimum, the curvature is of chords.
    """
    known = problem.second_order(parameters)
    if isinstance(problem, LinearModel) and isinstance(problem.loss, ScalarLoss):
        chords = problem.loss.chords
        if chords is not None and _falls_for_ever(problem, known, parameters, proximal):
            bent = replace(problem, loss=chords)
            known = bent.second_order(parameters)
    if not isinstance(problem, LinearProblem) or proximal is not None or len(parameters) < 2:
        return known
    if problem.level_directions is not None or not np.isfinite(known.hessian).all():
        return known
    if inverse_of_regular(known.hessian) is not None:
        return known
    return known._replace(root=problem.curvature_root(parameters))


def _falls_for_ever(
    problem: LinearModel, known: SecondOrder, parameters: Floats, proximal: Proximal | None
) -> bool:
    """Whether the quadratic model at θ (d,) still has a slope where its minimum should be."""
    if not np.isfinite(known.hessian).all() or inverse_of_regular(known.hessian) is not None:
        return False
    step = model_step(problem, known, parameters, proximal)
    slopes = known.gradient + known.hessian @ step
    if proximal is not None:
        slopes = proximal.least_slope(parameters + step, slopes)
    largest = np.abs(known.gradient).max(initial=0.0)
    return not bool((np.abs(slopes) <= _SLOPE_LEFT * largest).all())


def decrement_squared(known: SecondOrder | SecondOrderProducts, step: Floats) -> float:
    """pᵀHp for a step p (d,)."""
    if isinstance(known, SecondOrder) and known.root is not None:
        return float(np.square(known.root @ step).sum())
    bent = known.hessian @ step if isinstance(known, SecondOrder) else known.product(step)
    return float(step @ bent)


def _entries(known: SecondOrder | SecondOrderProducts) -> Floats:
    """What is known of H, as numbers."""
    return known.hessian if isinstance(known, SecondOrder) else known.diagonal


def _level(start: Step, objective: float) -> bool:
    """Whether rounding cannot tell this objective from that of the start."""
    return bool(abs(objective - start.objective) <= _ROUNDING * abs(start.objective))


def is_small_step(step: Floats, parameters: Floats) -> bool:
    """Whether a step (d,) is small beside the parameters (d,) that it leaves."""
    size = max(float(np.abs(parameters).max(initial=0.0)), _ORIGIN)
    return bool((np.abs(step) <= _SMALL_STEP * size).all())


def model_step(
    problem: Problem, known: SecondOrder, parameters: Floats, proximal: Proximal | None
) -> Floats:
    """The step (d,) from θ (d,) to the minimum of the quadratic model and the L1 penalty, within
    the bounds.
    """
    if known.root is not None:
        axes = ScaledAxes.of_root(known.root)
        return -axes.solved(axes.slopes(known.gradient))
    if proximal is None:
        hessian = off_level_directions(problem, known.hessian)
        return newton_direction(known.gradient, hessian, convex=problem.is_convex)
    hessian = known.hessian
    if not problem.is_convex:
        hessian = absolute_curvature(hessian)
    lower, upper = proximal.sides
    strengths = proximal.strengths
    return model_minimum(parameters, known.gradient, hessian, strengths, lower, upper) - parameters


def newton_step(problem: LinearModel, parameters: Floats) -> Floats:
    """Newton's step (d,) from θ (d,), without L1 and bounds, formed or not."""
    own = problem.centred
    at = problem.points_in(own, parameters)
    if takes_products(own, None):
        known = own.second_order_products(at)
        step = direction_by_products(known.gradient, known.product, known.diagonal, _LEAST_SHARE)
    else:
        step = model_step(own, second_order(own, at, None), at, None)
    return own.points_in(problem, step)


def off_level_directions(problem: Problem, hessian: Floats) -> Floats:
    """The second derivative with some curvature along the directions in which the objective is
    known to be level: any keeps Newton's step off them. Of each it is that of its parameters, so
    that it hides none of those in other units.
    """
    level = problem.level_directions
    if level is None:
        return hessian
    curvatures = np.where(level != 0.0, hessian.diagonal(), 0.0).max(axis=1, initial=0.0)
    return np.asarray(hessian + (level.T * curvatures) @ level)
