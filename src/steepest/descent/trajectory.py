"""What a descent did: the kept steps, and any other by replay."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.descent.one_step import Position, Update
from steepest.descent.optimizers import Optimizer
from steepest.descent.penalized_update import Proximal
from steepest.descent.schedules import Backtracking, Schedule
from steepest.descent.stopping import Stop
from steepest.descent.update_rules import State
from steepest.errors import InputError
from steepest.number_checks import step_number
from steepest.problems.problem import Problem

if TYPE_CHECKING:
    from steepest.penalties.bounds import Bounds


@final
@dataclass(frozen=True, eq=False)
class Point:
    """One step of a trajectory; everything belongs to the same parameters.

    `learning_rate` is the rate of the update that leaves this step; `state` what the optimizer
    remembers there, by name, such as its momentum.
    """

    index: int
    parameters: Floats
    objective: float
    gradient: Floats
    learning_rate: float
    state: dict[str, Floats]


@final
@dataclass(frozen=True, eq=False)
class Trajectory:
    """What `descend` did: the kept steps as read-only arrays, and any other step by replay.

    With m kept steps of p parameters: `indices` (m,) int64, `parameters` and `gradient` (m, p),
    `objective` and `learning_rate` (m,), all float64 but the first. Step 0 and the last step are
    always kept. With `proximal` the objectives include its penalty, while the gradients are of the
    problem alone. `stop` names the rule that ended the descent and says why. `state(i)` is the
    optimizer's state at the i-th kept step, its arrays of shape (p,). Step 1 is no update where it
    was `guessed`.
    """

    problem: Problem
    optimizer: Optimizer
    schedule: Schedule
    proximal: Proximal | None
    indices: NDArray[np.int64]
    parameters: Floats
    objective: Floats
    gradient: Floats
    learning_rate: Floats
    stop: Stop
    state: Callable[[int], State] = field(repr=False)
    guessed: bool = False

    def __post_init__(self) -> None:
        for name in ("indices", "parameters", "objective", "gradient", "learning_rate"):
            getattr(self, name).setflags(write=False)

    @property
    def bounds(self) -> "Bounds | None":
        """What the parameters were kept within; None where they were free."""
        return None if self.proximal is None else self.proximal.bounds

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

    def rate(self, k: int) -> float:
        """The rate of the update that leaves step k, also beyond the last where a schedule says."""
        if isinstance(self.schedule, Backtracking) and k < self.epochs:
            return self.at(k).learning_rate
        return self.schedule.rate(k)

    def points(self, steps: Iterable[int]) -> Iterator[Point]:
        """The steps asked for, in that order; rising ones share one replay."""
        return map(self._point, self._positions(steps))

    def keeping(self, steps: Iterable[int]) -> "Trajectory":
        """The same descent, with these steps kept too."""
        indices = sorted({*self.indices.tolist(), *map(self._checked, steps)})
        positions = list(self._positions(indices))
        return replace(
            self,
            indices=np.array(indices, dtype=np.int64),
            parameters=np.array([position.parameters[0] for position in positions]),
            objective=np.array([position.objective[0] for position in positions]),
            gradient=np.array([position.gradient[0] for position in positions]),
            learning_rate=np.array([self._rate(position) for position in positions]),
            state=[single(position.state) for position in positions].__getitem__,
        )

    def _positions(self, steps: Iterable[int]) -> Iterator[Position]:
        position = self._kept(0)
        for step in steps:
            k = self._checked(step)
            nearest = int(np.searchsorted(self.indices, k, side="right")) - 1
            if not self.indices[nearest] <= position.k <= k:
                position = self._kept(nearest)
            position = self._forward(position, k)
            yield position

    def _checked(self, step: int) -> int:
        k = step_number(step)
        if not 0 <= k <= self.epochs:
            raise InputError(
                "there is no step {k}: the descent has steps 0 to {epochs}.",
                k=k,
                epochs=self.epochs,
            )
        return k

    def _kept(self, i: int) -> Position:
        one = slice(i, i + 1)
        return Position(
            int(self.indices[i]),
            self.parameters[one].copy(),
            self.objective[one].copy(),
            self.gradient[one].copy(),
            batch_of_one(self.state(i)),
        )

    def _forward(self, position: Position, k: int) -> Position:
        update = self._update
        with np.errstate(all="ignore"):
            for _ in range(position.k, k):
                position, _ = update.next(position)
        return position

    @property
    def _update(self) -> Update:
        return Update(self.problem, self.optimizer, (self.schedule,), self.proximal)

    def _point(self, position: Position) -> Point:
        state = self.optimizer.named_state(position.state)
        return Point(
            position.k,
            frozen(position.parameters[0].copy()),
            float(position.objective[0]),
            frozen(position.gradient[0].copy()),
            self._rate(position),
            {name: frozen(array[0].copy()) for name, array in state.items()},
        )

    def _rate(self, position: Position) -> float:
        """The rate of the update that leaves a position; a line search is made again."""
        if isinstance(self.schedule, Backtracking) and position.k < self.epochs:
            kept = int(np.searchsorted(self.indices, position.k))
            if self.indices[kept] == position.k:
                return float(self.learning_rate[kept])
            with np.errstate(all="ignore"):
                return float(self._update.next(position)[1][0])
        return self.schedule.rate(position.k)


def batch_of_one(state: State) -> State:
    """The state of one run, its arrays (p,), as that of a batch: arrays (1, p)."""
    return tuple(part[None] if isinstance(part, np.ndarray) else part for part in state)


def single(state: State) -> State:
    """The state of a batch of one, its arrays (1, p), as that of the run: arrays (p,)."""
    return tuple(part[0] if isinstance(part, np.ndarray) else part for part in state)


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """The array, read-only from now on."""
    array.setflags(write=False)
    return array
