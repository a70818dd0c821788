"""Descent in mini-batches: over given rows until it has settled, or on and on over a stream."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple, final

import numpy as np

from steepest.descent.minibatch import (
    MinibatchState,
    MinibatchStep,
    Settings,
    minibatch_steps,
    visit,
)
from steepest.descent.row_block import RowBlock
from steepest.descent.schedules import Schedule
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


class Batched(NamedTuple):
    """What a descent in mini-batches leaves: parameters (d,), epochs made, a step each, its end."""

    parameters: Floats
    epochs: int
    record: tuple[Step, ...]
    stop: Stop


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
    batch = plan.batch(len(problem.target))
    schedule = plan.schedule or minibatch_schedule(problem, plan.optimizer, batch)
    settings = _settings(problem, plan, schedule, seed)
    steps = minibatch_steps(_rows(problem), settings, start, plan.max_iter)
    return _watched(problem, plan, schedule, steps)


def without_centre(problem: LinearProblem) -> LinearProblem:
    """The problem with sparse rows as the mini-batch kernel reads them: scaled, not centred."""
    if isinstance(problem.features, np.ndarray):
        return problem
    centre = np.zeros_like(problem.coordinates.centre)
    return replace(problem, coordinates=replace(problem.coordinates, centre=centre))


def _watched(
    problem: LinearProblem, plan: Plan, schedule: Schedule, steps: Iterable[MinibatchStep]
) -> Batched:
    watch, record, stride = StoppingRun(plan.rules), list[Step](), 1
    room = max(2, _MOST_KEPT // (2 * len(problem.names)))
    for epoch, step in enumerate(steps):
        state, objective, gradient = step
        finite = math.isfinite(objective) and bool(np.isfinite(gradient).all())
        stop = watch.check(epoch, objective) if finite else _diverged(epoch, objective)
        if epoch % stride == 0 or stop is not None:
            record.append(_step(problem, schedule, step))
        if stop is not None:
            break
        if len(record) > room:
            record, stride = record[::2], 2 * stride
    assert stop is not None  # the number of epochs is a rule too
    parameters = state.average if plan.average else state.parameters
    return Batched(parameters, epoch, tuple(record), stop)


def _step(problem: LinearProblem, schedule: Schedule, step: MinibatchStep) -> Step:
    state, objective, gradient = step
    return Step(
        state.updates,
        problem.names,
        problem.to_user(state.parameters),
        objective,
        problem.gradient_to_user(gradient),
        schedule.rate(state.updates),
    )


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
        penalized=Penalized(problem.penalty, problem.penalized),
        centre=coordinates.centre,
        spread=coordinates.spread,
        weight=1.0 if problem.weights is None else float(problem.weights.mean()),
        shuffle=plan.shuffle,
        seed=seed,
        # The first epoch, on the way from the start, is not averaged.
        average_after=math.ceil(rows / batch) if plan.average else None,
    )
