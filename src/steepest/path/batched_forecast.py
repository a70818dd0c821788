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
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from steepest.curvature.gradient_noise import Draw, GradientNoise
from steepest.curvature.rates import condition_number
from steepest.descent.plan import Plan
from steepest.descent.row_schedules import minibatch_schedule
from steepest.descent.schedules import Constant, Schedule
from steepest.path.forecast import Forecast
from steepest.path.spectrum import MOST_PARAMETERS, Spectrum, momentum_rule
from steepest.path.words import Direction, alike, epochs, factor, number, rate
from steepest.problems.linear import LinearProblem
from steepest.problems.problem import Problem
from steepest.problems.sampled import Known, SampledProblem
from steepest.problems.streamed import StreamedProblem
from steepest.rows.gram import Floats

# Newton's method takes a handful of steps; without a minimum it would go on for ever.
_NEWTON_STEPS = 50
# What is left of the start's error hides in the noise, or is less than this share of it.
_ARRIVED = 1e-6
# Noise below this share of what the start lay above the minimum is none.
QUIET = 1e-12
# More epochs than this are not meant to be made.
_ENDLESS = 10**8


@final
@dataclass(frozen=True, repr=False)
class BatchedForecast(Forecast):
    """Curvature, and the noise of batches of `batch_size` of so many `rows`.

    nan where something is not known; `why` says why then.

    - `measured_rows`: how many of the rows were measured: all, or a random sample of them
    - `stable_rate`: at and above it the mean square error does not settle for batches of this size;
      `best_rate`: fewest epochs;   `growth`: what an epoch multiplies the error by in the long run
    - `quadratic`: the curvature is the same everywhere; else it is that at the minimum, or at the
      end of the run where there is none
    - `minimum`: the least objective of all rows
    - `noise_floor`: how far above it the ends of shuffled epochs lie in the mean, in the long run;
      `independent_floor`: the same if rows were drawn anew for every update
    - `half_rate_floor`, `twice_batch_floor`, `averaged_floor`: the floor with half the rate, twice
      the batch, and (at most) for the mean of the later steps
    - `epochs_to_floor`: until what is left of the start's error is below the floor
    - `growth_of_update`: `growth` of one update;   `stable_batch`: where the rate is above the
      stable one, a batch size for which it is not, 0 for none; `growing`: the direction along which
      errors grow most then
    - `excess`: what a run of the planned epochs leaves above the minimum; `noise` of it
    """

    quadratic: bool
    batch_size: int
    rows: int
    measured_rows: int
    minimum: float
    noise_floor: float
    independent_floor: float
    half_rate_floor: float
    twice_batch_floor: float
    averaged_floor: float
    epochs_to_floor: float
    excess: float
    noise: float
    planned: int
    last_rate: float
    shuffled: bool
    adapted: bool
    axes: tuple[str, str]
    growth_of_update: float
    stable_batch: int
    growing: Direction | None
    why: str

    @property
    def floor_share(self) -> float:
        """The floor as a share of the minimum; nan where the minimum is 0."""
        return self.noise_floor / abs(self.minimum) if self.minimum else math.nan

    def sentences(self) -> list[str]:
        if not self.eigenvalues:
            return self._bounds()
        return [*self._rows_seen(), self._curvature(), *self._rates(), *self._outcome()]

    def to_dict(self) -> dict[str, object]:
        numbers = (
            "condition_number", "stable_rate", "best_rate", "growth", "epochs_per_thousandth",
            "minimum", "noise_floor", "independent_floor", "half_rate_floor", "twice_batch_floor",
            "averaged_floor", "epochs_to_floor", "excess", "noise",
        )  # fmt: skip
        values = {name: _plain(getattr(self, name)) for name in numbers}
        return {
            "batch_size": self.batch_size,
            "rows": self.rows,
            "measured_rows": self.measured_rows,
            "eigenvalues": list(self.eigenvalues),
            **values,
            "floor_share": _plain(self.floor_share),
            "quadratic": self.quadratic,
            "text": str(self),
        }

    def _bounds(self) -> list[str]:
        if math.isfinite(self.stable_rate):
            said = f"Rates below {rate(self.stable_rate)} are stable for batches of {self._size}"
            return [*self._rows_seen(), f"{said}, by bounds on the curvature.", self.why]
        return [self.why]

    def _rows_seen(self) -> list[str]:
        if self.measured_rows == self.rows:
            return []
        return [f"Measured on {self.measured_rows} of {self.rows} rows, drawn at random."]

    @property
    def _size(self) -> str:
        return f"{self.batch_size} row{'s' * (self.batch_size != 1)}"

    def _curvature(self) -> str:
        where = "The" if self.quadratic else "At the minimum the"
        if math.isnan(self.minimum):
            where = "At the end the"
        curved = [value for value in self.eigenvalues if value > 0.0]
        if not curved:
            return f"{where} objective is flat."
        if alike(curved[0], curved[-1]):
            along = "" if len(curved) == 1 else " in every direction"
            return f"{where} curvature is {number(curved[0])}{along}."
        return (
            f"{where} curvature runs from {number(curved[0])}, along {self.axes[0]}, to "
            f"{number(curved[-1])}, along {self.axes[1]}: condition number "
            f"{number(self.condition_number)}."
        )

    def _rates(self) -> list[str]:
        if not math.isfinite(self.stable_rate):
            return []
        about = "about " if self.momentum else ""
        return [
            f"For batches of {self._size} rates below {about}{rate(self.stable_rate)} are stable; "
            f"{about}{number(self.best_rate)} needs the fewest epochs."
        ]

    def _outcome(self) -> list[str]:
        if self.why:
            return [self.why]
        if self.adapted:
            return [
                "lr='auto' halves the rate after every epoch that does not lead lower: the noise "
                "dies out with it."
            ]
        if self.learning_rate is None:
            return [self._falling()]
        given = f"At learning rate {rate(self.learning_rate)}"
        if not self.learning_rate < self.stable_rate:
            return [
                f"{given} errors grow {factor(self.growth_of_update)} times an update (root mean "
                f"square, in the long run), most along {self.growing}: the run diverges."
            ]
        needs = epochs(math.ceil(self.epochs_per_thousandth or 1.0))
        return [f"{given} each factor of 1000 of the error takes {needs}.", *self._floor()]

    def _floor(self) -> list[str]:
        if math.isnan(self.noise_floor):
            return []
        if self.noise_floor == 0.0:
            return ["There is no noise at the minimum: the run goes all the way."]
        share = f" ({100.0 * self.floor_share:.2g} %)" if self.minimum else ""
        said = [
            f"Noise keeps the objective about {number(self.noise_floor)} above its minimum "
            f"{number(self.minimum)}{share}; from this start that is reached after about "
            f"{epochs(self.epochs_to_floor)}.",
            f"Half the rate would leave {number(self.half_rate_floor)}, twice the batch "
            f"{number(self.twice_batch_floor)}.",
        ]
        if not self.shuffled:
            said.append("That is so for rows in random order; in their own order it may differ.")
        return said

    def _falling(self) -> str:
        over = f"Over {epochs(self.planned)} the learning rate goes to {rate(self.last_rate)}"
        if not math.isfinite(self.excess):
            return f"{over}: what that leaves is not known."
        return (
            f"{over}: about {number(self.excess)} above the minimum is left, "
            f"{number(self.noise)} of it noise."
        )


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
    if rule is None or rule.momentum >= 1.0:
        return _with(measured, why=_not_forecast(plan))
    rates = {"stable_rate": noise.stable_rate(draw), "best_rate": noise.best_rate(draw)}
    measured = _with(measured, **rates)
    if plan.schedule is None:
        return measured
    if found is None:
        return _with(measured, why=_endless(measured))
    return _outlook(measured, noise, draw, plan.schedule, start - found)


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
    """2/L_b, four times the rate that lr='auto' begins with, less momentum."""
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


def _plain(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
