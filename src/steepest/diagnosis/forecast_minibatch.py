"""What curvature and the rows' gradients say of a descent in mini-batches: its rates, its noise.

The formulas stand in `steepest.curvature.gradient_noise`. They are exact for squared loss where
rows are drawn at random for every update; for other losses they hold near the minimum. For shuffled
epochs, with momentum or without, the floor is within some percent of descents that were run.

Of rows that are read block by block a sample is measured, which is of all rows where they are few.
Value and slope of all rows are known at the steps of the path, so that the minimum is not the
sample's own (`steepest.problems.sampled`).
"""

import math
from dataclasses import replace

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.gradient_noise import GradientNoise
from steepest.curvature.rates import MomentumRule, condition_number
from steepest.curvature.shuffled_batches import Draw
from steepest.descent.automatic_rate_of_rows import minibatch_schedule
from steepest.descent.plan import Plan
from steepest.descent.schedules import Constant, Schedule
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.local_spectrum import MOST_PARAMETERS, Spectrum, momentum_rule
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_streamed import StreamedProblem
from steepest.problems.problem import Problem
from steepest.problems.sampled import Known, SampledProblem
from steepest.wording.fact import Fact, fact
from steepest.wording.numbers import Direction, alike

# Newton's method takes a handful of steps; without a minimum it would go on for ever.
_NEWTON_STEPS = 50
# What is left of the start's error hides in the noise, or is less than this share of it.
_ARRIVED = 1e-6
# Noise below this share of what the start lay above the minimum is none.
_QUIET = 1e-12
# More epochs than this are not meant to be made.
_ENDLESS = 10**8


def forecast_batches(
    problem: LinearProblem | StreamedProblem,
    plan: Plan,
    start: Floats,
    end: Floats,
    made: int,
    known: Known | None = None,
) -> Forecast:
    """The forecast of a descent from `start` (d,); the minimum is sought from `end` (d,) on.

    - `made`: epochs that were made, of a run that another rule than a number of epochs shall end
    - `known`: of a stream, a step of the path, the nearer to the minimum the better
    """
    sample, whole = _measured_rows(problem, known)
    rows = problem.rows if isinstance(problem, StreamedProblem) else len(problem.target)
    rule = momentum_rule(plan.optimizer)
    draw = Draw(rows, plan.batch(rows))
    if rule is not None and rule.momentum < 1.0:
        draw = Draw(draw.rows, draw.batch, rule.momentum, rule.nesterov)
    blank = Forecast(
        names=sample.names,
        optimizer=plan.optimizer.name,
        momentum=draw.momentum,
        quadratic=sample.is_quadratic,
        batch_size=draw.batch,
        rows=rows,
        measured_rows=len(sample.target),
    )
    if not problem.loss.smooth or problem.penalty.absolute or plan.positive:
        return blank.saying(_kinks(sample))
    if len(problem.names) > MOST_PARAMETERS:
        return _bounded(blank, sample, plan)
    if not sample.total_weight > 0.0:
        return blank.saying(fact("no measured weight"))
    minimizer = minimum_near(whole, end)
    noise = GradientNoise.at(sample, end if minimizer is None else minimizer)
    if noise is None:
        return blank.saying(fact("curvature not finite"))
    measured = _with_curvature(blank, noise)
    if minimizer is not None:
        measured = replace(measured, minimum=whole.objective(minimizer))
    sees_all = problem.is_quadratic and draw.batch >= len(sample.target) == rows
    if rule is not None and sees_all:
        measured = _of_all_rows(measured, noise, rule, plan.schedule)
    if rule is None or rule.momentum >= 1.0:
        return _worded(measured, noise, _not_forecast(plan, rule))
    if math.isnan(measured.stable_rate):
        stable, best = noise.stable_rate(draw), noise.best_rate(draw)
        measured = replace(measured, stable_rate=stable, best_rate=best)
    if plan.schedule is None:
        return _worded(measured, noise, fact("rate will adapt"))
    if minimizer is None:
        return _worded(
            measured, noise, fact("no minimum of rows", sample=len(sample.target) < rows)
        )
    planned, error = made if plan.epochs > _ENDLESS else plan.epochs, start - minimizer
    if not isinstance(plan.schedule, Constant):
        return _of_falling_rate(measured, noise, draw, plan.schedule, error, planned)
    if plan.schedule.lr < measured.stable_rate:
        outlook = _settling(measured, noise, draw, plan.schedule, error, planned)
    else:
        outlook = _diverging(measured, noise, draw, plan.schedule.lr)
    if sees_all:
        outlook = _of_all_rows(outlook, noise, rule, plan.schedule)
    return _worded(outlook, noise, *_outcome(outlook, shuffled=plan.shuffle))


def _of_all_rows(
    measured: Forecast, noise: GradientNoise, rule: MomentumRule, schedule: Schedule | None
) -> Forecast:
    """Where every batch is of all rows, the rates are those of any descent on a quadratic."""
    values = noise.eigenvalues
    stable, best = rule.stable_rate(float(values.max(initial=0.0))), rule.best_rate(values)
    growth = None
    if isinstance(schedule, Constant):
        growth = float(rule.factors(schedule.lr, noise.values).max(initial=0.0))
    return replace(measured, stable_rate=stable, best_rate=best, growth=growth)


def _measured_rows(
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


def _of_falling_rate(
    measured: Forecast,
    noise: GradientNoise,
    draw: Draw,
    schedule: Schedule,
    error: Floats,
    planned: int,
) -> Forecast:
    """What a rate that changes will leave of the error (d,) at the start, and add to it."""
    left, added = noise.excess(error, schedule.rate, draw, planned)
    outlook = replace(measured, excess=left + added, noise=added)
    last = schedule.rate(max(planned * draw.updates - 1, 0))
    falls = fact("rate will fall", planned=planned, lr=last, excess=left + added, noise=added)
    return _worded(outlook, noise, falls)


def _diverging(measured: Forecast, noise: GradientNoise, draw: Draw, lr: float) -> Forecast:
    """What a constant rate above the stable one will do."""
    growth, along = noise.growth(lr, draw)
    curvature = float(noise.eigenvalues @ np.square(noise.vectors.T @ along))
    with np.errstate(over="ignore"):
        epoch = float(np.float64(growth) ** draw.updates)
    return replace(
        measured,
        learning_rate=lr,
        growth=epoch,
        growth_of_update=growth,
        stable_batch=_stable_batch(noise, draw, lr),
        growing=Direction.of(measured.names, curvature, growth, along),
    )


def _settling(
    measured: Forecast,
    noise: GradientNoise,
    draw: Draw,
    schedule: Constant,
    error: Floats,
    planned: int,
) -> Forecast:
    """Where a stable constant rate will settle, from an error (d,) at the start."""
    lr = schedule.lr
    left, _ = noise.excess(error, schedule.rate, draw, planned)
    first = 0.5 * float(noise.values @ np.square(error @ noise.vectors[:, noise.curved]))

    def floor(chosen: float, seen: Draw) -> float:
        above = noise.shuffled_floor(chosen, seen)
        return 0.0 if above <= _QUIET * max(first, abs(measured.minimum or 0.0)) else above

    twice = Draw(draw.rows, min(2 * draw.batch, draw.rows), draw.momentum, draw.nesterov)
    slowest = float(np.log(np.abs(1.0 - draw.effective(lr) * noise.values)).max(initial=-np.inf))
    slowest *= draw.updates
    settled = floor(lr, draw)
    return replace(
        measured,
        learning_rate=lr,
        growth=math.exp(slowest),
        growth_of_update=math.exp(slowest / draw.updates),
        epochs_per_thousandth=math.log(1000.0) / -slowest if slowest < 0.0 else math.inf,
        noise_floor=settled,
        independent_floor=noise.independent_floor(lr, draw),
        half_rate_floor=floor(lr / 2.0, draw),
        twice_batch_floor=floor(lr, twice),
        averaged_floor=noise.averaged_floor(draw, (planned - 1) * draw.updates),
        epochs_to_floor=_arrival(noise, error, schedule, draw, max(settled, _ARRIVED * first)),
        excess=left + settled,
        noise=settled,
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


def _with_curvature(blank: Forecast, noise: GradientNoise) -> Forecast:
    measured = replace(blank, eigenvalues=tuple(noise.eigenvalues.tolist()))
    if not noise.curved.any():
        return measured
    curved, spectrum = np.flatnonzero(noise.curved).tolist(), _spectrum(blank.names, noise)
    return replace(
        measured,
        condition_number=condition_number(noise.eigenvalues),
        slowest=spectrum.direction(curved[0]),
        stiffest=spectrum.direction(curved[-1]),
    )


def _spectrum(names: tuple[str, ...], noise: GradientNoise) -> Spectrum:
    """The directions at the minimum, where no slope is."""
    return Spectrum(names, noise.eigenvalues, noise.vectors, np.zeros(len(names)))


def _worded(forecast: Forecast, noise: GradientNoise, *outcome: Fact) -> Forecast:
    """The forecast with its facts: rows, curvature and rates before the outcome."""
    facts = [*_sampled(forecast), _curvature(forecast, noise)]
    if math.isfinite(forecast.stable_rate):
        facts.append(
            fact(
                "stable rates of batches",
                stable=forecast.stable_rate,
                best=forecast.best_rate,
                batch=forecast.batch_size,
                about=forecast.momentum > 0.0,
            )
        )
    return forecast.saying(*facts, *outcome)


def _sampled(forecast: Forecast) -> list[Fact]:
    measured, rows = forecast.measured_rows, forecast.rows
    return [] if measured == rows else [fact("measured on sample", measured=measured, rows=rows)]


def _curvature(forecast: Forecast, noise: GradientNoise) -> Fact:
    at = "end" if forecast.minimum is None else "" if forecast.quadratic else "minimum"
    curved = np.flatnonzero(noise.curved).tolist()
    if not curved:
        return fact("objective is flat", at=at)
    low, high = float(noise.eigenvalues[curved[0]]), float(noise.eigenvalues[curved[-1]])
    spectrum = _spectrum(forecast.names, noise)
    return fact(
        "curvature",
        low=low,
        high=high,
        axes=(spectrum.axis(curved[0]), spectrum.axis(curved[-1])),
        condition=None if alike(low, high) else forecast.condition_number,
        at=at,
        directions=len(curved),
    )


def _outcome(forecast: Forecast, *, shuffled: bool) -> list[Fact]:
    """What a constant rate will do."""
    lr = forecast.learning_rate
    if forecast.growing is not None:
        axis, growth = str(forecast.growing), forecast.growth_of_update
        return [fact("batches will diverge", lr=lr, growth=growth, axis=axis)]
    thousandth = float(np.ceil(forecast.epochs_per_thousandth or 1.0))
    pace = fact("pace of batches", lr=lr, thousandth=thousandth)
    if forecast.noise_floor == 0.0:
        return [pace, fact("no noise")]
    facts = [
        pace,
        fact(
            "noise will hold",
            floor=forecast.noise_floor,
            minimum=forecast.minimum,
            share=forecast.floor_share,
            reached=forecast.epochs_to_floor,
        ),
        fact(
            "lower floors",
            half_rate=forecast.half_rate_floor,
            twice_batch=forecast.twice_batch_floor,
        ),
    ]
    return facts if shuffled else [*facts, fact("rows in their order")]


def _bounded(blank: Forecast, problem: LinearProblem, plan: Plan) -> Forecast:
    """For too many parameters: 2/L_b, four times the rate that the trial of lr='auto' begins with,
    less momentum.
    """
    many = fact("too many parameters", most=MOST_PARAMETERS)
    if momentum_rule(plan.optimizer) is None:
        return blank.saying(many)
    assert blank.batch_size is not None
    stable = 4.0 * minibatch_schedule(problem, plan.optimizer, blank.batch_size).lr
    if not math.isfinite(stable):
        return blank.saying(many)
    by_bounds = fact("stable rate by bounds", stable=stable, batch=blank.batch_size)
    return replace(blank, stable_rate=stable).saying(*_sampled(blank), by_bounds, many)


def _kinks(problem: LinearProblem) -> Fact:
    if not problem.loss.smooth:
        return fact("kinks", of=problem.loss.name)
    return fact("kinks", of="L1" if problem.penalty.absolute else "bounds")


def _not_forecast(plan: Plan, rule: MomentumRule | None) -> Fact:
    if rule is not None:
        return fact("no rate settles", momentum=rule.momentum)
    return fact("not forecast", optimizer=plan.optimizer.name, batches=True)
