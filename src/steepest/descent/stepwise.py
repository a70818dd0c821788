"""Descent one update at a time, for any problem and any optimizer.

Memory is bounded: the first steps are all kept; when the room is full every second one is dropped
and from then on every second, fourth, eighth … step is kept. A kept step holds the optimizer's
state too, so every step in between can be replayed, bit for bit.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import index as as_index
from typing import Any, NamedTuple, TypeAlias, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from steepest.descent.optimizers import Optimizer, State
from steepest.descent.schedules import Schedule
from steepest.descent.stopping import Stop, StoppingRule, StoppingRun
from steepest.errors import InputError
from steepest.problems.problem import Problem

Vector: TypeAlias = NDArray[np.float64]
Progress: TypeAlias = Callable[[int, float], object]

MOST_KEPT = 10_000
MOST_BYTES = 256 * 2**20


class _Record(NamedTuple):
    """One step and the optimizer's state there: all that is needed to go on from it."""

    k: int
    parameters: Vector
    objective: float
    gradient: Vector
    state: State


@final
@dataclass(frozen=True, eq=False)
class Point:
    """One step of a trajectory; everything belongs to the same parameters.

    `learning_rate` is the rate of the update that leaves this step.
    """

    index: int
    parameters: Vector
    objective: float
    gradient: Vector
    learning_rate: float


@final
@dataclass(frozen=True, eq=False)
class Trajectory:
    """What `descend` did: the kept steps as read-only arrays, and any other step by replay.

    With m kept steps of p parameters: `indices` (m,) int64, `parameters` and `gradient` (m, p),
    `objective` and `learning_rate` (m,), all float64 but the first. Step 0 and the last step are
    always kept. `stop` names the rule that ended the descent and says why.
    """

    problem: Problem
    optimizer: Optimizer
    schedule: Schedule
    indices: NDArray[np.int64]
    parameters: Vector
    objective: Vector
    gradient: Vector
    learning_rate: Vector
    stop: Stop
    _states: tuple[State, ...] = field(repr=False)

    @property
    def epochs(self) -> int:
        """The number of updates made, which is the index of the last step."""
        return int(self.indices[-1])

    @property
    def last(self) -> Point:
        """The last step."""
        return self.at(self.epochs)

    def at(self, k: int) -> Point:
        """Step k, replayed from the nearest kept step at or before it.

        Raises InputError for a step the descent did not take.
        """
        return next(self.points([k]))

    def points(self, steps: Iterable[int]) -> Iterator[Point]:
        """The steps asked for, in that order; rising ones share one replay."""
        record = self._kept(0)
        for step in steps:
            k = self._checked(step)
            nearest = self._kept(int(np.searchsorted(self.indices, k, side="right")) - 1)
            if not nearest.k <= record.k <= k:
                record = nearest
            record = self._forward(record, k)
            yield self._point(record)

    def _checked(self, step: int) -> int:
        k = as_index(step)
        if not 0 <= k <= self.epochs:
            raise InputError(f"there is no step {k}: the descent has steps 0 to {self.epochs}.")
        return k

    def _kept(self, i: int) -> _Record:
        return _Record(
            int(self.indices[i]),
            self.parameters[i].copy(),
            float(self.objective[i]),
            self.gradient[i].copy(),
            self._states[i],
        )

    def _forward(self, record: _Record, k: int) -> _Record:
        with np.errstate(all="ignore"):
            for _ in range(record.k, k):
                record = _next(self.problem, self.optimizer, self.schedule, record)
        return record

    def _point(self, record: _Record) -> Point:
        return Point(
            record.k,
            _frozen(record.parameters.copy()),
            record.objective,
            _frozen(record.gradient.copy()),
            self.schedule.rate(record.k),
        )


def descend(
    problem: Problem,
    optimizer: Optimizer,
    schedule: Schedule,
    stopping: Sequence[StoppingRule],
    start: ArrayLike,
    *,
    progress: Progress | None = None,
    keep: int = MOST_KEPT,
) -> Trajectory:
    """Walk down `problem` from `start` until a stopping rule fires.

    Step k holds parameters, objective and gradient of one point; 100 updates give 101 steps.
    An objective that is nan or infinite ends the descent with rule "diverged"; that step is the
    last. Ctrl-C ends it with rule "interrupted" and keeps the steps so far; before there is a step
    to keep, and a second time, it goes through. `progress(k, objective)` is called at every step.

    At most `keep` steps are kept, fewer where they would need more than 256 MiB.
    Raises InputError for a start of the wrong length or not finite, and for no stopping rules.

    >>> from steepest.descent.optimizers import SGD
    >>> from steepest.descent.schedules import Constant
    >>> from steepest.descent.stopping import Epochs
    >>> class Square(Problem):
    ...     names = ("x",)
    ...     def objective(self, parameters):
    ...         return float(parameters[0] ** 2)
    ...     def gradient(self, parameters):
    ...         return 2.0 * parameters
    >>> path = descend(Square(), SGD(), Constant(0.25), [Epochs(3)], [8.0])
    >>> path.parameters[:, 0].tolist(), path.last.objective
    ([8.0, 4.0, 2.0, 1.0], 1.0)
    """
    if not stopping:
        raise InputError("a descent needs at least one stopping rule, such as a number of epochs.")
    parameters = _start(problem, start)
    walk = _Walk(problem, optimizer, schedule, StoppingRun(stopping), progress)
    with np.errstate(all="ignore"):
        walk.record = _evaluated(problem, 0, parameters, optimizer.init(parameters))
        walk.room = _room(walk.record, keep)
        stop = walk.run()
    return walk.trajectory(stop)


class _Walk:
    """A descent under way. Ctrl-C may fall between any two lines, so each change is one assignment
    of a finished value, and whatever has been recorded is whole."""

    record: _Record
    room: int

    def __init__(
        self,
        problem: Problem,
        optimizer: Optimizer,
        schedule: Schedule,
        stopping: StoppingRun,
        progress: Progress | None,
    ) -> None:
        self.problem = problem
        self.optimizer = optimizer
        self.schedule = schedule
        self.stopping = stopping
        self.progress = progress
        self.kept: list[_Record] = []

    def run(self) -> Stop:
        try:
            return self._run()
        except KeyboardInterrupt:
            return Stop("interrupted", f"interrupted at epoch {self.record.k}")

    def _run(self) -> Stop:
        stride, norm = 1, np.nan
        while True:
            record = self.record
            if self.progress is not None:
                self.progress(record.k, record.objective)
            if not -np.inf < record.objective < np.inf:
                return _diverged(record)
            if self.stopping.needs_gradient_norm:
                norm = float(np.sqrt(record.gradient.dot(record.gradient)))
            stop = self.stopping.check(record.k, record.objective, norm)
            if stop is not None:
                return stop
            if record.k % stride == 0:
                stride = self._keep(record, stride)
            self.record = _next(self.problem, self.optimizer, self.schedule, record)

    def _keep(self, record: _Record, stride: int) -> int:
        if len(self.kept) >= self.room:
            self.kept = self.kept[::2]
            stride *= 2
            if record.k % stride:
                return stride
        self.kept.append(record)
        return stride

    def trajectory(self, stop: Stop) -> Trajectory:
        kept = self.kept
        if not kept or kept[-1].k != self.record.k:
            kept = [*kept, self.record]
        rates = [self.schedule.rate(record.k) for record in kept]
        return Trajectory(
            self.problem,
            self.optimizer,
            self.schedule,
            _frozen(np.array([record.k for record in kept], dtype=np.int64)),
            _frozen(np.array([record.parameters for record in kept])),
            _frozen(np.array([record.objective for record in kept])),
            _frozen(np.array([record.gradient for record in kept], dtype=np.float64)),
            _frozen(np.array(rates, dtype=np.float64)),
            stop,
            tuple(record.state for record in kept),
        )


def _next(problem: Problem, optimizer: Optimizer, schedule: Schedule, record: _Record) -> _Record:
    k, parameters, _, gradient, state = record
    parameters, state = optimizer.step(parameters, gradient, state, schedule.rate(k))
    return _evaluated(problem, k + 1, parameters, state)


def _evaluated(problem: Problem, k: int, parameters: Vector, state: State) -> _Record:
    objective, gradient = problem.objective_and_gradient(parameters)
    # The problem may use its gradient's array again; parameters and state are always new.
    return _Record(k, parameters, float(objective), gradient.copy(), state)


def _start(problem: Problem, start: ArrayLike) -> Vector:
    try:
        parameters = np.array(start, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"the start must be a list of numbers, not {start!r}.") from None
    if parameters.shape != (len(problem.names),):
        raise InputError(
            f"the start has shape {parameters.shape}; the problem has {len(problem.names)} "
            f"parameters ({', '.join(problem.names)})."
        )
    for name, value in zip(problem.names, parameters, strict=True):
        if not np.isfinite(value):
            raise InputError(f"the start must be finite, but {name} is {value}.")
    return parameters


def _room(record: _Record, keep: int) -> int:
    arrays = 2 + sum(isinstance(part, np.ndarray) for part in record.state)
    return max(2, min(keep, MOST_BYTES // (arrays * record.parameters.nbytes + 1)))


def _diverged(record: _Record) -> Stop:
    value = record.objective
    return Stop(
        "diverged",
        f"at epoch {record.k} the objective was {value}, no longer a finite number",
    )


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array
