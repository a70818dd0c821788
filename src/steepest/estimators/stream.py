"""Descent in mini-batches over rows that come piece by piece: what `partial_fit` goes on from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import final

import numpy as np
from scipy.sparse import issparse

from steepest.arrays import Floats
from steepest.descent.automatic_rate_of_stream import SeenRows, stream_schedule
from steepest.descent.minibatch import MinibatchState, visit
from steepest.descent.minibatch_epochs import rows_of, settings_of
from steepest.descent.optimizers import Optimizer
from steepest.descent.plan import Plan
from steepest.problems.coordinates import Change, Coordinates
from steepest.problems.linear import LinearProblem

# Where the variance of a column has grown by this factor, rows before tell little of it.
_GROWN = 4.0
# Where its spread has, the slope along it goes no further: it was learned where nearly nothing of
# it was to be seen.
_REACH = 10.0

# What the optimizers remember, by torch's names: steps go the way of parameters, so that heavy ball
# goes on from the same two functions; means of gradients, and of their squares, that of gradients.
_CHANGES: Mapping[str, Callable[[Change, Floats], Floats]] = MappingProxyType(
    {
        "momentum_buffer": Change.points,
        "exp_avg": Change.gradients,
        "grad_avg": Change.gradients,
        "sum": Change.squares,
        "square_avg": Change.squares,
        "exp_avg_sq": Change.squares,
        "max_exp_avg_sq": Change.squares,
    }
)


@final
@dataclass(frozen=True, eq=False)
class Stream:
    """A descent over rows that come piece by piece: what was seen of them, and the state.

    - `coordinates`: of the state, from all rows so far;   `optimizer`: whose memory the state holds
    - `dense`: whether no rows were sparse, which cannot be centred
    - `settled` (p,): the variances of the columns when the rate began to fall
    - `seed`: of the order of rows;   `begun` (d,): the parameters before, in the user's units
    """

    seen: SeenRows
    coordinates: Coordinates
    optimizer: Optimizer
    dense: bool
    settled: Floats
    seed: int
    begun: Floats
    state: MinibatchState

    @staticmethod
    def begin(problem: LinearProblem, plan: Plan, user: Floats | None, seed: int) -> "Stream":
        """Before the first rows, which `problem` has in the units of the user, at parameters
        `user` (d,); None for 0.
        """
        start = np.zeros(len(problem.names)) if user is None else user
        zeros = np.zeros(problem.columns)
        memory = plan.optimizer.init(start)
        state = MinibatchState(start, memory, np.zeros_like(start), np.zeros_like(start))
        known = SeenRows.none(problem.columns), problem.coordinates
        return Stream(*known, plan.optimizer, True, zeros, seed, start, state)

    def over(self, problem: LinearProblem, plan: Plan, *, standardize: bool) -> "Stream":
        """The stream in the coordinates of all rows so far, those of the problem too.

        Its functions stay as they are, that of the parameters, of their average, and of the steps,
        but along columns that have varied next to nothing so far.
        Raises InputError where a column is too large to be squared.
        """
        columns = self.seen.columns.after(problem.features, problem.weights)
        dense = self.dense and not issparse(problem.features)
        coordinates = columns.coordinates(
            standardize=standardize, intercept=self.coordinates.intercept, centred=dense
        ).checked(problem.names)
        state = self.state
        if type(plan.optimizer) is not type(self.optimizer):
            state = replace(state, optimizer=plan.optimizer.init(state.parameters))
        change = self.coordinates.change(coordinates)
        if self.seen.columns.rows:
            state = self._within_reach(state, change)
        return replace(
            self,
            seen=self.seen.after(replace(problem, coordinates=coordinates), columns),
            coordinates=coordinates,
            optimizer=plan.optimizer,
            dense=dense,
            state=re_expressed(state, plan.optimizer, change),
        )

    def after(self, problem: LinearProblem, plan: Plan) -> "Stream":
        """The stream after one look at further rows, whose weights count as they are."""
        stream, batch = self, plan.batch(len(problem.target))
        schedule = plan.schedule
        if schedule is None:
            # Of rows that come in pieces of any size, one makes an update.
            batch = 1 if plan.batch_size is None else batch
            stream = self._recounted()
            schedule = stream_schedule(problem, self.seen, plan.optimizer, batch)
        settings = settings_of(problem, plan, schedule, self.seed)
        first = 0 if plan.average else None
        settings = replace(settings, batch=batch, weight=1.0, average_after=first)
        return replace(stream, state=visit(rows_of(problem), settings, stream.state))

    def _within_reach(self, state: MinibatchState, change: Change) -> MinibatchState:
        """With slopes no larger in the coordinates to come than ten times what they are now, but
        for those that it began with.
        """
        share = np.minimum(1.0, _REACH / change.ratio)
        if (share == 1.0).all():
            return state
        shares = np.append(share, 1.0) if change.intercept else share
        apart = self.begun.reshape(-1, len(shares))
        begun = self.coordinates.from_user(apart).ravel()
        shares = np.tile(shares, len(apart))
        total = state.averaged * begun
        return replace(
            state,
            parameters=begun + shares * (state.parameters - begun),
            total=total + shares * (state.total - total),
        )

    def parameters(self, plan: Plan) -> Floats:
        """Where it stands, or the average of where it stood, (d,)."""
        return self.state.average if plan.average else self.state.parameters

    def _recounted(self) -> "Stream":
        """With the updates that the rate falls by: fewer, where a column varies far more than it
        did, since what was learned of it before is far off by now.
        """
        variance, known = self.seen.columns.variance, self.settled > 0.0
        share = float(np.min(self.settled[known] / variance[known], initial=1.0))
        if share * _GROWN >= 1.0:
            return replace(self, settled=np.where(known, self.settled, variance))
        count = int(self.state.updates * share)
        return replace(self, settled=variance, state=replace(self.state, updates=count))


def re_expressed(state: MinibatchState, optimizer: Optimizer, change: Change) -> MinibatchState:
    """The state between two batches, in the coordinates that `change` leads to.

    Parameters, their average and the steps of momentum belong to the same functions as before.
    """
    width = len(change.ratio) + change.intercept

    def changed(how: Callable[[Change, Floats], Floats], values: Floats) -> Floats:
        return how(change, values.reshape(-1, width)).ravel()

    count, *memory = state.optimizer
    named = zip(optimizer.remembers, memory, strict=True)
    return replace(
        state,
        parameters=changed(Change.points, state.parameters),
        total=changed(Change.points, state.total),
        optimizer=(count, *(changed(_CHANGES[name], values) for name, values in named)),
    )
