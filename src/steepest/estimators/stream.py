"""Descent in mini-batches over rows that come piece by piece: what `partial_fit` goes on from."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.descent.automatic_rate_of_rows import minibatch_schedule
from steepest.descent.minibatch import MinibatchState, visit
from steepest.descent.minibatch_epochs import rows_of, settings_of
from steepest.descent.plan import Plan
from steepest.descent.schedules import Schedule
from steepest.problems.coordinates import Coordinates
from steepest.problems.linear import LinearProblem


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
        settings = settings_of(problem, plan, schedule, seed)
        state = MinibatchState.start(start, settings)
        return Stream(problem.coordinates, schedule, seed, state)

    def after(self, problem: LinearProblem, plan: Plan) -> "Stream":
        """The stream after one look at further rows, whose weights count as they are.

        Where the rate was chosen here, it goes no higher than these rows bear.
        """
        schedule = self.schedule
        if plan.schedule is None and self.state.updates:  # at first it is of these very rows
            batch, now = plan.batch(len(problem.target)), schedule.rate(self.state.updates)
            safe = minibatch_schedule(problem, plan.optimizer, batch).lr
            schedule = replace(schedule, lr=schedule.lr * min(1.0, safe / now))
        settings = settings_of(problem, plan, schedule, self.seed)
        settings = replace(settings, weight=1.0, average_after=0 if plan.average else None)
        return replace(self, schedule=schedule, state=visit(rows_of(problem), settings, self.state))

    def parameters(self, plan: Plan) -> Floats:
        """Where it stands, or the average of where it stood, (d,)."""
        return self.state.average if plan.average else self.state.parameters
