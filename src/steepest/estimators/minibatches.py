"""Descent in mini-batches: over given rows until it has settled, or on and on over a stream."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, final

import numpy as np

from steepest.descent.minibatch import (
    MinibatchState,
    MinibatchStep,
    Settings,
    minibatch_steps,
    visit,
    whole,
)
from steepest.descent.row_block import RowBlock
from steepest.descent.schedules import Constant, Schedule
from steepest.descent.stopping import Stop, StoppingRun
from steepest.estimators.automatic import minibatch_schedule
from steepest.estimators.plan import Plan
from steepest.path.step import Step
from steepest.problems.coordinates import Coordinates
from steepest.problems.design import Floats
from steepest.problems.linear import LinearProblem
from steepest.problems.penalties import Penalized

# So many numbers of recorded steps are kept, and every second, fourth, … step beyond.
_MOST_KEPT = 2**22
_RISE, _FALL = 1.1, 0.5


class Batched(NamedTuple):
    """What a descent in mini-batches leaves: parameters (d,), epochs made, a step each, its end."""

    parameters: Floats
    epochs: int
    record: tuple[Step, ...]
    stop: Stop


class Looked(NamedTuple):
    """Where an epoch led, the objective that was found there, and the rate of the next.

    The objective is not the step's where the epoch was taken back.
    """

    step: MinibatchStep
    objective: float
    rate: float


@final
@dataclass(frozen=True, eq=False)
class Stream:
    """A descent over rows that come piece by piece: what was settled at the first, and the state.

    - `coordinates`, `schedule`: from the first rows;   `seed`: of the order of rows
    """

    coordinates: Coordinates
    schedule: Schedule
    seed: int
    state: MinibatchState

    @staticmethod
    def begin(problem: LinearProblem, plan: Plan, user: Floats | None, seed: int) -> "Stream":
        """Before the first update, at parameters `user` (d,) in the user's units; None for 0."""
        batch = plan.batch(len(problem.target))
        schedule = plan.schedule or minibatch_schedule(problem, plan.optimizer, batch)
        start = np.zeros(len(problem.names)) if user is None else problem.from_user(user)
        settings = _settings(problem, plan, schedule, seed)
        state = MinibatchState.start(start, settings)
        return Stream(problem.coordinates, schedule, seed, state)

    def after(self, problem: LinearProblem, plan: Plan) -> "Stream":
        """The stream after one look at further rows, whose weights count as they are."""
        settings = _settings(problem, plan, self.schedule, self.seed)
        settings = replace(settings, weight=1.0, average_after=0 if plan.average else None)
        return replace(self, state=visit(_rows(problem), settings, self.state))

    def parameters(self, plan: Plan) -> Floats:
        """Where it stands, or the average of where it stood, (d,)."""
        return self.state.average if plan.average else self.state.parameters


def descend_in_batches(problem: LinearProblem, plan: Plan, start: Floats, seed: int) -> Batched:
    """Descend from `start` (d,), in the descent's coordinates, until a stopping rule fires."""
    rows = _rows(problem)
    if plan.schedule is None:
        first = minibatch_schedule(problem, plan.optimizer, plan.batch(len(rows)))
        settings = _settings(problem, plan, Constant(first.lr), seed)
        return _watched(problem, plan, adapted(rows, settings, start, plan.max_iter))
    settings = _settings(problem, plan, plan.schedule, seed)
    return _watched(problem, plan, _scheduled(rows, settings, start, plan.max_iter))


def adapted(rows: RowBlock, settings: Settings, start: Floats, epochs: int) -> Iterator[Looked]:
    """Epochs at a rate that rises by a tenth after each that led to a new lowest objective.

    After one that did not, the rate is halved, and the descent goes on from the lowest point: the
    bold driver (Vogl et al. 1988). So noise dies out, and no rate is too large to begin with.
    """
    state, rate = MinibatchState.start(start, settings), settings.schedule.lr
    best = MinibatchStep(state, *whole(rows, settings, state.parameters))
    yield Looked(best, best.objective, rate)
    for _ in range(epochs):
        settings = replace(settings, schedule=Constant(rate))
        state = visit(rows, settings, best.state)
        step = MinibatchStep(state, *whole(rows, settings, state.parameters))
        if step.objective < best.objective and np.isfinite(step.gradient).all():
            best, rate = step, rate * _RISE
        else:
            # The next epoch has an order of its own.
            best, rate = best._replace(state=replace(best.state, epoch=state.epoch)), rate * _FALL
        yield Looked(best, step.objective, rate)


def without_centre(problem: LinearProblem) -> LinearProblem:
    """The problem with sparse rows as the mini-batch kernel reads them: scaled, not centred."""
    if isinstance(problem.features, np.ndarray):
        return problem
    centre = np.zeros_like(problem.coordinates.centre)
    return replace(problem, coordinates=replace(problem.coordinates, centre=centre))


def _scheduled(rows: RowBlock, settings: Settings, start: Floats, epochs: int) -> Iterator[Looked]:
    for step in minibatch_steps(rows, settings, start, epochs):
        yield Looked(step, step.objective, settings.schedule.rate(step.state.updates))


def _watched(problem: LinearProblem, plan: Plan, looks: Iterable[Looked]) -> Batched:
    watch, record, stride = StoppingRun(plan.rules), list[Step](), 1
    room = max(2, _MOST_KEPT // (2 * len(problem.names)))
    for epoch, (step, objective, rate) in enumerate(looks):
        finite = math.isfinite(step.objective) and bool(np.isfinite(step.gradient).all())
        with np.errstate(invalid="ignore"):
            stop = watch.check(epoch, objective) if finite else _diverged(epoch, objective)
        if epoch % stride == 0 or stop is not None:
            record.append(_step(problem, step, rate))
        if stop is not None:
            break
        if len(record) > room:
            record, stride = record[::2], 2 * stride
    assert stop is not None  # the number of epochs is a rule too
    parameters = step.state.average if plan.average else step.state.parameters
    return Batched(parameters, epoch, tuple(record), stop)


def _step(problem: LinearProblem, step: MinibatchStep, rate: float) -> Step:
    state, objective, gradient = step
    parameters = problem.to_user(state.parameters)
    slope = problem.gradient_to_user(gradient)
    return Step(state.updates, problem.names, parameters, objective, slope, rate)


def _diverged(epoch: int, objective: float) -> Stop:
    reason = f"at epoch {epoch} the objective was {objective}, no longer a finite number"
    return Stop("diverged", reason)


def _rows(problem: LinearProblem) -> RowBlock:
    return RowBlock.of(problem.features, problem.target, problem.weights)


def _settings(problem: LinearProblem, plan: Plan, schedule: Schedule, seed: int) -> Settings:
    rows, coordinates = len(problem.target), problem.coordinates
    batch = plan.batch(rows)
    return Settings(
        problem.loss,
        plan.optimizer,
        schedule,
        batch=batch,
        classes=problem.predictors,
        intercept=coordinates.intercept,
        penalized=Penalized(problem.penalty, problem.penalized, plan.bounds(problem)),
        centre=coordinates.centre,
        spread=coordinates.spread,
        weight=1.0 if problem.weights is None else float(problem.weights.mean()),
        shuffle=plan.shuffle,
        seed=seed,
        # The first epoch, on the way from the start, is not averaged.
        average_after=math.ceil(rows / batch) if plan.average else None,
    )
