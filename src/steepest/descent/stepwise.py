"""Descent one update at a time, for any problem and any optimizer, many runs at once.

Runs of one problem advance together: objectives and gradients of all of them are computed in one
call, so that 64 learning rates cost little more than one. A run that ends leaves the batch.

Memory is bounded: the first steps are all kept; when the room is full every second one is dropped
and from then on every second, fourth, eighth … step is kept. A kept step holds the optimizer's
state too, so every step in between can be replayed.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, TypeAlias, final

import numpy as np
from numpy.typing import ArrayLike

from steepest.arrays import Floats
from steepest.descent.interruption import INTERRUPTED, ending_at_interruption
from steepest.descent.kept_steps import (
    Group,
    KeptStep,
    StackedSteps,
    pieces,
    stacked_steps,
    state_at,
)
from steepest.descent.one_step import Position, Update, evaluated
from steepest.descent.optimizers import Optimizer
from steepest.descent.penalized_update import Proximal, least_slope_norm
from steepest.descent.schedules import Backtracking, Schedule
from steepest.descent.stopping import Stop, StoppingRule, StoppingRun
from steepest.descent.trajectory import Trajectory
from steepest.errors import InputError
from steepest.problems.problem import Problem
from steepest.translation import joined
from steepest.wording.fact import fact

Progress: TypeAlias = Callable[[int, float], object]

MOST_KEPT = 10_000
MOST_BYTES = 256 * 2**20


@final
@dataclass(frozen=True, eq=False)
class RunSettings:
    """Optimizer, schedule and start of one run of a problem.

    - `guess`: from the start (d,) a point near the minimum, to which Newton's method goes first,
      where that is lower
    - `enough`: a run ends where so many standard errors of all parameters are left
    """

    optimizer: Optimizer
    schedule: Schedule
    start: ArrayLike
    guess: Callable[[Floats], Floats] | None = None
    enough: float = 0.0


def descend(
    problem: Problem,
    optimizer: Optimizer,
    schedule: Schedule,
    stopping: Sequence[StoppingRule],
    start: ArrayLike,
    *,
    proximal: Proximal | None = None,
    progress: Progress | None = None,
    keep: int = MOST_KEPT,
) -> Trajectory:
    """Walk down `problem` from `start` until a stopping rule fires.

    Step k holds parameters, objective and gradient of one point; 100 updates give 101 steps.
    An objective or gradient that is nan or infinite ends the descent with rule "diverged"; that
    step is the last. Ctrl-C ends it with rule "interrupted" and keeps the steps so far; before
    there is a step to keep, and a second time, it goes through. `progress(k, objective)` is called
    at every step. With `proximal`, an L1 penalty or bounds, every step is followed by its map: the
    objectives include the penalty, the gradients are of the problem alone.

    At most `keep` steps are kept, fewer where they would need more than 256 MiB.
    Raises InputError for a start of the wrong length or not finite, and for no stopping rules.

    >>> from steepest.descent.optimizers import SGD
    >>> from steepest.descent.schedules import Constant
    >>> from steepest.descent.stopping import Epochs
    >>> class Square(Problem):
    ...     names = ("x",)
    ...     def objectives(self, parameters):
    ...         return (parameters**2).sum(axis=-1)
    ...     def gradient(self, parameters):
    ...         return 2.0 * parameters
    >>> path = descend(Square(), SGD(), Constant(0.25), [Epochs(3)], [8.0])
    >>> path.parameters[:, 0].tolist(), path.last.objective
    ([8.0, 4.0, 2.0, 1.0], 1.0)
    """
    run = RunSettings(optimizer, schedule, start)
    runs = descend_many(problem, [run], stopping, proximal=proximal, progress=progress, keep=keep)
    return runs[0]


def descend_many(
    problem: Problem,
    runs: Sequence[RunSettings],
    stopping: Sequence[StoppingRule],
    *,
    proximal: Proximal | None = None,
    progress: Progress | None = None,
    keep: int = MOST_KEPT,
) -> list[Trajectory]:
    """`descend` for several runs of one problem, walked side by side; a trajectory for each.

    Every run ends on its own. `progress` is given the lowest objective among those that go on.
    """
    if not stopping:
        raise InputError("a descent needs at least one stopping rule, such as a number of epochs.")
    starts = np.array([checked_start(problem, run.start) for run in runs])
    walk = _Walk(problem, runs, StoppingRun(stopping, runs=len(runs)), proximal, progress)
    with np.errstate(all="ignore"):
        walk.begin(starts, keep)
        walk.run()
    return walk.trajectories()


class _End(NamedTuple):
    """The last step of one run: its group then, its place there, and why it ended."""

    group: Group
    place: int
    stop: Stop


@dataclass(eq=False)
class _Walk:
    """A descent in progress.

    Ctrl-C may come between any two lines, so each change is one assignment of a complete value.
    """

    problem: Problem
    runs: Sequence[RunSettings]
    stopping: StoppingRun
    proximal: Proximal | None
    progress: Progress | None
    kept: list[KeptStep] = field(default_factory=list)
    ends: dict[int, _End] = field(default_factory=dict)
    finished: dict[int, Trajectory] = field(default_factory=dict)
    groups: list[Group] = field(init=False)
    room: int = field(init=False)
    searching: bool = field(init=False)

    def begin(self, starts: Floats, keep: int) -> None:
        """Evaluate the starts."""
        groups = []
        for members in _grouped(self.runs):
            schedules = tuple(self.runs[i].schedule for i in members)
            optimizer = self.runs[members[0]].optimizer
            update = Update(self.problem, optimizer, schedules, self.proximal)
            groups.append(Group(np.array(members), update, update.start(starts[members])))
        self.groups = groups
        self.room = _room(groups, keep)
        self.searching = any(group.update.searches for group in groups)

    def run(self) -> None:
        """Walk until every run has ended."""
        with ending_at_interruption(lambda: True):  # the start is a step
            self._run()
        for group in self.groups:
            for place, run in enumerate(group.runs.tolist()):
                self.ends.setdefault(run, _End(group, place, INTERRUPTED))

    def _run(self) -> None:
        stride = 1
        while self.groups:
            k = self.groups[0].position.k
            self.groups = self._without(self.groups, self._due(k))
            if not self.groups:
                return
            following, rates = self._next()
            if k % stride == 0:
                stride = self._keep(k, KeptStep(self.groups, rates), stride)
            self.groups = self._without(following, self._stuck(k, rates))

    def _due(self, k: int) -> dict[int, Stop]:
        """The runs that end at step k, by their place among all that go on."""
        objective = _joined([group.position.objective for group in self.groups])
        gradient = _joined([group.position.gradient for group in self.groups])
        if self.progress is not None:
            self.progress(k, float(np.fmin.reduce(objective)))
        norm = objective
        if self.stopping.needs_gradient_norm:
            points = _joined([group.position.parameters for group in self.groups])
            norm = least_slope_norm(self.proximal, points, gradient)
        stops = self.stopping.check_all(k, objective, norm)
        # A sum of squares is finite only if all of it is, and it is the quicker question.
        if not math.isfinite(np.vdot(objective, objective) + np.vdot(gradient, gradient)):
            finite = np.isfinite(objective) & np.isfinite(gradient).all(axis=1)
            for place in np.flatnonzero(~finite).tolist():
                stops[place] = diverged(k, float(objective[place]))
        for place, stop in stops.items():
            self._end(self.groups, place, stop)
        return stops

    def _stuck(self, k: int, rates: list[Floats]) -> dict[int, Stop]:
        """The runs whose line search failed at step k: that step is their last."""
        stops: dict[int, Stop] = {}
        if not self.searching:
            return stops
        for place in np.flatnonzero(np.isnan(_joined(rates))).tolist():
            stops[place] = Stop("line search", fact("no rate led lower", epoch=k))
            self._end(self.groups, place, stops[place])
        return stops

    def _end(self, groups: list[Group], place: int, stop: Stop) -> None:
        for group in groups:
            if place < len(group.runs):
                self.ends[int(group.runs[place])] = _End(group, place, stop)
                return
            place -= len(group.runs)

    def _without(self, groups: list[Group], ended: dict[int, Stop]) -> list[Group]:
        """The groups without the runs that have ended."""
        if not ended:
            return groups
        going = np.ones(sum(len(group.runs) for group in groups), dtype=np.bool_)
        going[list(ended)] = False
        self.stopping.select(going)
        left = []
        for group in groups:
            mask, going = going[: len(group.runs)], going[len(group.runs) :]
            if mask.any():
                left.append(group if mask.all() else group.only(mask))
        return left

    def _next(self) -> tuple[list[Group], list[Floats]]:
        """All groups one step on: each is moved by its optimizer, and all are evaluated at once."""
        moves = [group.update.move(group.position) for group in self.groups]
        k = self.groups[0].position.k + 1
        points = _joined([parameters for parameters, _, _ in moves])
        everyone = evaluated(self.problem, self.proximal, k, points, ())
        following, first = [], 0
        for (runs, update, _), (parameters, state, _) in zip(self.groups, moves, strict=True):
            part = slice(first, first := first + len(runs))
            objective, gradient = everyone.objective[part], everyone.gradient[part]
            position = Position(k, parameters, objective, gradient, state)
            following.append(Group(runs, update, position))
        return following, [rates for _, _, rates in moves]

    def _keep(self, k: int, step: KeptStep, stride: int) -> int:
        if len(self.kept) >= self.room:
            self._finish()
            self.kept = self.kept[::2]
            stride *= 2
            if k % stride:
                return stride
        self.kept.append(step)
        return stride

    def _finish(self) -> None:
        """Build the trajectories of runs that have ended, before steps are dropped."""
        ended = self.ends.keys() - self.finished.keys()
        cut = stacked_steps(self.kept) if ended else []
        for run in ended:
            alone = [(part.alone(place), 0) for part, place in pieces(run, cut)]
            self.finished[run] = self._trajectory(run, alone)

    def trajectories(self) -> list[Trajectory]:
        """The trajectory of every run, in the order in which the runs were given."""
        cut = stacked_steps(self.kept)
        return [
            self.finished.get(run) or self._trajectory(run, pieces(run, cut))
            for run in range(len(self.runs))
        ]

    def _trajectory(self, run: int, steps: list[tuple[StackedSteps, int]]) -> Trajectory:
        group, place, stop = self.ends[run]
        if not steps or steps[-1][0].indices[-1] != group.position.k:
            last = StackedSteps.of([(group, group.update.rates(group.position.k))])
            steps = [*steps, (last, place)]
        return Trajectory(
            self.problem,
            self.runs[run].optimizer,
            self.runs[run].schedule,
            self.proximal,
            np.concatenate([part.indices for part, _ in steps]),
            np.concatenate([part.parameters[:, j] for part, j in steps]),
            np.concatenate([part.objective[:, j] for part, j in steps]),
            np.concatenate([part.gradient[:, j] for part, j in steps]),
            np.concatenate([part.rates[:, j] for part, j in steps]),
            stop,
            partial(state_at, steps),
        )


def _joined(arrays: list[Floats]) -> Floats:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _grouped(runs: Sequence[RunSettings]) -> list[list[int]]:
    """Which runs share an optimizer, and a way of finding the rate."""
    groups: dict[tuple[Optimizer, bool], list[int]] = {}
    for i, run in enumerate(runs):
        searches = isinstance(run.schedule, Backtracking)
        groups.setdefault((run.optimizer, searches), []).append(i)
    return list(groups.values())


def checked_start(problem: Problem, start: ArrayLike) -> Floats:
    """The start as (d,) numbers. Raises InputError for a wrong length, or what is not finite."""
    try:
        parameters = np.array(start, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(
            "the start must be a list of numbers, not {start!r}.", start=start
        ) from None
    if parameters.shape != (len(problem.names),):
        raise InputError(
            "the start has shape {shape}, for {count: parameter} ({names}).",
            shape=parameters.shape,
            count=len(problem.names),
            names=joined(problem.names),
        )
    for name, value in zip(problem.names, parameters, strict=True):
        if not np.isfinite(value):
            raise InputError(
                "the start must be finite, but {name} is {value}.", name=name, value=value
            )
    return parameters


def _room(groups: list[Group], keep: int) -> int:
    """How many steps can be kept."""
    needed = 1
    for group in groups:
        arrays = 2 + sum(isinstance(part, np.ndarray) for part in group.position.state)
        needed += arrays * group.position.parameters.nbytes
    return max(2, min(keep, MOST_BYTES // needed))


def diverged(k: int, objective: float) -> Stop:
    """The end at step k of a run whose objective, or else gradient, is no longer finite."""
    value = "" if np.isfinite(objective) else str(objective)
    return Stop("diverged", fact("no longer finite", epoch=k, objective=value))
