"""What curvature and the rows' gradients say of a descent in mini-batches: its rates, its noise.

The formulas stand in `steepest.curvature.gradient_noise`. They are exact for squared loss where
rows are drawn at random for every update; for other losses they hold near the minimum, and for
shuffled epochs and momentum they are close (within some percent of simulated descents where there
is no momentum, and within a factor of 3 with momentum 0.9 where an epoch has few updates).

Of rows that are read block by block a sample is measured, which is of all rows where they are few.
Value and slope of all rows are known at the steps of the path, so that the minimum is not the
sample's own (`steepest.problems.sampled`).
"""

import math
from dataclasses import replace

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.gradient_noise import Draw, GradientNoise
from steepest.curvature.rates import MomentumRule, condition_number
from steepest.descent.automatic_rate_of_rows import minibatch_schedule
from steepest.descent.plan import Plan
from steepest.descent.schedules import Constant, Schedule
from steepest.diagnosis.local_spectrum import MOST_PARAMETERS, Spectrum, momentum_rule
from steepest.diagnosis.minibatch_forecast import QUIET, BatchedForecast
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_streamed import StreamedProblem
from steepest.problems.problem import Problem
from steepest.problems.sampled import Known, SampledProblem
from steepest.wording.numbers import Direction

# Newton's method takes a handful of steps; without a minimum it would go on for ever.
_NEWTON_STEPS = 50
# What is left of the start's error hides in the noise, or is less than this share of it.
_ARRIVED = 1e-6
# More epochs than this are not meant to be made.
_ENDLESS = 10**8


def forecast_batches(
    problem: LinearProblem | StreamedProblem,
    plan: Plan,
    start: Floats,
    end: Floats,
    made: int,
    known: Known | None = None,
) -> BatchedForecast:
    """The forecast of a descent from `start` (d,); the minimum is sought from `end` (d,) on.

    - `made`: epochs that were made, of a run that another rule than a number of epochs shall end
    - `known`: of a stream, a step of the path, the nearer to the minimum the better
    """
    sample, whole = _seen(problem, known)
    rows = problem.rows if isinstance(problem, StreamedProblem) else len(problem.target)
    rule = momentum_rule(plan.optimizer)
    draw = Draw(rows, plan.batch(rows))
    if rule is not None and rule.momentum < 1.0:
        draw = Draw(draw.rows, draw.batch, rule.momentum, rule.nesterov)
    blank = _blank(sample, plan, draw, made if plan.epochs > _ENDLESS else plan.epochs)
    if not problem.loss.smooth or problem.penalty.absolute or plan.positive:
        return _with(blank, why=_kinks(sample, plan))
    if len(problem.names) > MOST_PARAMETERS:
        why = f"For more than {MOST_PARAMETERS} parameters no more is forecast."
        return _with(blank, stable_rate=_bound(sample, plan, draw), why=why)
    if not sample.total_weight > 0.0:
        return _with(blank, why="No row that was measured has weight: no forecast is made.")
    found = minimum_near(whole, end)
    noise = GradientNoise.at(sample, end if found is None else found)
    if noise is None:
        return _with(blank, why="The curvature at the end is not finite: no forecast is made.")
    measured = _with(
        _measured(blank, sample, noise),
        minimum=math.nan if found is None else whole.objective(found),
    )
    sees_all = problem.is_quadratic and draw.batch >= measured.measured_rows == rows
    if rule is not None and sees_all:
        measured = _of_all_rows(measured, noise, rule, plan.schedule)
    if rule is None or rule.momentum >= 1.0:
        return _with(measured, why=_not_forecast(plan))
    if math.isnan(measured.stable_rate):
        rates = {"stable_rate": noise.stable_rate(draw), "best_rate": noise.best_rate(draw)}
        measured = _with(measured, **rates)
    if plan.schedule is None:
        return measured
    if found is None:
        return _with(measured, why=_endless(measured))
    outlook = _outlook(measured, noise, draw, plan.schedule, start - found)
    return _of_all_rows(outlook, noise, rule, plan.schedule) if sees_all else outlook


def _of_all_rows(
    measured: BatchedForecast, noise: GradientNoise, rule: MomentumRule, schedule: Schedule | None
) -> BatchedForecast:
    """Where every batch is of all rows, the rates are those of any descent on a quadratic."""
    values = noise.eigenvalues
    stable, best = rule.stable_rate(float(values.max(initial=0.0))), rule.best_rate(values)
    growth = None
    if isinstance(schedule, Constant):
        growth = float(rule.factors(schedule.lr, noise.values).max(initial=0.0))
    return _with(measured, stable_rate=stable, best_rate=best, growth=growth)


def _seen(
    problem: LinearProblem | StreamedProblem, known: Known | None
) -> tuple[LinearProblem, Problem]:
    """The rows that are measured, and what they say of all."""
    if isinstance(problem, LinearProblem):
        return problem, problem
    return problem.sample, SampledProblem.of(problem.sample, known)


def minimum_near(problem: Problem, point: Floats) -> Floats | None:
    """The minimum (d,) by Newton's method with halved steps; None where it finds none."""
    theta = np.array(point, dtype=np.float64)
    with np.errstate(all="ignore"):
        value, scale = problem.objective(theta), abs(problem.objective(np.zeros_like(theta)))
        if not np.isfinite(value):
            theta = np.zeros_like(theta)
            value = problem.objective(theta)
        for _ in range(_NEWTON_STEPS):
            gradient, hessian = problem.gradient(theta), problem.hessian(theta)
            if not (np.isfinite(gradient).all() and np.isfinite(hessian).all()):
                return None
            step = np.linalg.lstsq(hessian, gradient, rcond=1e-13)[0]
            fall = float(gradient @ step)
            if fall <= 1e-14 * abs(value) + 1e-26 * scale:
                return theta
            for halving in range(30):
                trial = theta - 0.5**halving * step
                lower = problem.objective(trial)
                if lower <= value - 1e-4 * 0.5**halving * fall:
                    break
            else:
                return theta if fall <= 1e-9 * abs(value) else None
            theta, value = trial, lower
    return None


def _outlook(
    measured: BatchedForecast,
    noise: GradientNoise,
    draw: Draw,
    schedule: Schedule,
    error: Floats,
) -> BatchedForecast:
    """What the rate that is given will do."""
    left, added = noise.excess(error, schedule.rate, draw, measured.planned)
    if not isinstance(schedule, Constant):
        last = schedule.rate(max(measured.planned * draw.updates - 1, 0))
        return _with(measured, excess=left + added, noise=added, last_rate=last)
    lr = schedule.lr
    if not lr < measured.stable_rate:
        growth, along = noise.growth(lr, draw)
        curvature = float(noise.eigenvalues @ np.square(noise.vectors.T @ along))
        with np.errstate(over="ignore"):
            epoch = float(np.float64(growth) ** draw.updates)
        return _with(
            measured,
            learning_rate=lr,
            growth=epoch,
            growth_of_update=growth,
            stable_batch=_stable_batch(noise, draw, lr),
            growing=Direction.of(measured.names, curvature, growth, along),
        )
    first = 0.5 * float(noise.values @ np.square(error @ noise.vectors[:, noise.curved]))

    def floor(chosen: float, seen: Draw) -> float:
        found = noise.shuffled_floor(chosen, seen)
        return 0.0 if found <= QUIET * max(first, abs(measured.minimum)) else found

    twice = Draw(draw.rows, min(2 * draw.batch, draw.rows), draw.momentum, draw.nesterov)
    slowest = float(np.log(np.abs(1.0 - draw.effective(lr) * noise.values)).max(initial=-np.inf))
    slowest *= draw.updates
    settled = floor(lr, draw)
    return _with(
        measured,
        learning_rate=lr,
        growth=math.exp(slowest),
        growth_of_update=math.exp(slowest / draw.updates),
        epochs_per_thousandth=math.log(1000.0) / -slowest if slowest < 0.0 else math.inf,
        noise_floor=settled,
        independent_floor=noise.independent_floor(lr, draw),
        half_rate_floor=floor(lr / 2.0, draw),
        twice_batch_floor=floor(lr, twice),
        averaged_floor=noise.averaged_floor(draw, (measured.planned - 1) * draw.updates),
        epochs_to_floor=_arrival(noise, error, schedule, draw, max(settled, _ARRIVED * first)),
        excess=left + settled,
        noise=settled,
        last_rate=lr,
    )


def _arrival(
    noise: GradientNoise, error: Floats, schedule: Schedule, draw: Draw, enough: float
) -> float:
    """The first epoch after which no more than so much of the start's error is left."""
    values = noise.values
    first = 0.5 * values * np.square(error @ noise.vectors[:, noise.curved])
    fall = 2.0 * draw.updates * np.log(np.abs(1.0 - draw.effective(schedule.rate(0)) * values))

    def left(epoch: float) -> float:
        return float((first * np.exp(np.minimum(epoch * fall, 0.0))).sum())

    if left(0.0) <= enough:
        return 0.0
    low, high = 0.0, 1.0
    while left(high) > enough:
        low, high = high, 2.0 * high
        if high > 1e12:
            return math.inf
    while high - low > 0.5:
        middle = (low + high) / 2.0
        low, high = (middle, high) if left(middle) > enough else (low, middle)
    return math.ceil(high - 0.5) or 1.0


def _stable_batch(noise: GradientNoise, draw: Draw, lr: float) -> int:
    """The smallest of 1, 2, 5, 10, … rows for which the rate is well below the stable one."""
    for batch in (m * 10**k for k in range(10) for m in (1, 2, 5)):
        if draw.batch < batch <= draw.rows:
            other = Draw(draw.rows, batch, draw.momentum, draw.nesterov)
            if lr <= 0.95 * noise.stable_rate(other):
                return int(batch)
    return 0


def _measured(
    blank: BatchedForecast, problem: LinearProblem, noise: GradientNoise
) -> BatchedForecast:
    spectrum = Spectrum(problem.names, noise.eigenvalues, noise.vectors, noise.eigenvalues)
    places = np.flatnonzero(noise.curved).tolist()
    if not places:
        return _with(blank, eigenvalues=tuple(noise.eigenvalues.tolist()))
    return _with(
        blank,
        eigenvalues=tuple(noise.eigenvalues.tolist()),
        condition_number=condition_number(noise.eigenvalues),
        slowest=spectrum.direction(places[0]),
        stiffest=spectrum.direction(places[-1]),
        axes=(spectrum.axis(places[0]), spectrum.axis(places[-1])),
    )


def _blank(problem: LinearProblem, plan: Plan, draw: Draw, planned: int) -> BatchedForecast:
    nan = math.nan
    return BatchedForecast(
        names=problem.names,
        eigenvalues=(),
        condition_number=nan,
        stable_rate=nan,
        best_rate=nan,
        optimizer=plan.optimizer.name,
        momentum=draw.momentum,
        learning_rate=None,
        growth=None,
        slowest=None,
        stiffest=None,
        epochs_per_thousandth=None,
        quadratic=problem.is_quadratic,
        batch_size=draw.batch,
        rows=draw.rows,
        measured_rows=len(problem.target),
        minimum=nan,
        noise_floor=nan,
        independent_floor=nan,
        half_rate_floor=nan,
        twice_batch_floor=nan,
        averaged_floor=nan,
        epochs_to_floor=nan,
        excess=nan,
        noise=nan,
        planned=planned,
        last_rate=nan,
        shuffled=plan.shuffle,
        adapted=plan.schedule is None,
        axes=("", ""),
        growth_of_update=nan,
        stable_batch=0,
        growing=None,
        why="",
    )


def _with(forecast: BatchedForecast, **known: object) -> BatchedForecast:
    return replace(forecast, **known)  # type: ignore[arg-type]  # names are checked by replace


def _bound(problem: LinearProblem, plan: Plan, draw: Draw) -> float:
    """2/L_b, four times the rate that the trial of lr='auto' begins with, less momentum."""
    if momentum_rule(plan.optimizer) is None:
        return math.nan
    return 4.0 * minibatch_schedule(problem, plan.optimizer, draw.batch).lr


def _kinks(problem: LinearProblem, plan: Plan) -> str:
    what = f"{problem.loss.name} loss has kinks"
    if problem.loss.smooth:
        what = "An L1 penalty has kinks" if problem.penalty.absolute else "Bounds cut steps short"
    return f"{what[0].upper()}{what[1:]}: curvature does not say what the run will do."


def _endless(measured: BatchedForecast) -> str:
    if measured.measured_rows == measured.rows:
        return "The rows have no minimum: the objective falls for ever."
    return "The rows that were measured have no minimum: what the run will do is not forecast."


def _not_forecast(plan: Plan) -> str:
    if momentum_rule(plan.optimizer) is not None:
        return "With momentum 1 or more no rate settles: no step is forgotten."
    if plan.optimizer.name == "SGD":
        return "SGD with dampening or weight decay: what it will do is not forecast."
    return f"{plan.optimizer.name} scales its steps itself: what it will do is not forecast."
