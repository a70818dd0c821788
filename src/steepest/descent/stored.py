"""A descent as plain data and arrays, for files, and back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from steepest.descent.optimizers import OPTIMIZERS, Array, Optimizer, Rate, State
from steepest.descent.schedules import Schedule
from steepest.descent.stopping import Stop
from steepest.descent.trajectory import Trajectory, batch_of_one
from steepest.errors import InputError
from steepest.problems.problem import Problem

if TYPE_CHECKING:
    from steepest.problems.bounds import Bounds

Arrays: TypeAlias = Mapping[str, NDArray[Any]]
Data: TypeAlias = Mapping[str, Any]

_STEPS = ("indices", "parameters", "objective", "gradient", "learning_rate")
_FLOAT64 = np.dtype(np.float64)


@final
@dataclass(frozen=True)
class RememberedOptimizer(Optimizer):
    """An optimizer of which a file holds the name and what it remembered, but not the rule.

    Its state is the number of steps, then the arrays by name.
    """

    remembers: ClassVar[tuple[str, ...]] = ()
    called: str

    @property
    def name(self) -> str:
        return self.called

    def init(self, parameters: Array) -> State:
        return (0, {})

    def step(
        self, parameters: Array, gradient: Array, state: State, lr: Rate
    ) -> tuple[Array, State]:
        raise InputError(
            f"this step was not kept and cannot be made again, since the file holds the name of "
            f"{self.called} but not its rule; the steps of path.recorded are there."
        )

    def named_state(self, state: State) -> dict[str, Array]:
        return dict(state[1])


def is_own(optimizer: Optimizer) -> bool:
    """Whether a file can hold the optimizer: one of `OPTIMIZERS`."""
    return OPTIMIZERS.get(optimizer.name) is type(optimizer)


def optimizer_data(optimizer: Optimizer) -> dict[str, Any]:
    """Name and options; of any other than our own optimizers the name alone.

    >>> from steepest.descent.optimizers import Adagrad
    >>> optimizer_data(Adagrad(eps=1e-8))["eps"]
    1e-08
    """
    if not is_own(optimizer):
        return {"called": optimizer.name}
    return {"name": optimizer.name, **asdict(optimizer)}


def optimizer_from(data: Data) -> Optimizer:
    """The optimizer that `optimizer_data` described. Raises ValueError for anything else."""
    if "called" in data:
        return RememberedOptimizer(str(data["called"]))
    options = dict(data)
    kind = OPTIMIZERS.get(options.pop("name", ""))
    if kind is None:
        raise ValueError("the name of the optimizer")
    return kind(**options)


def trajectory_arrays(trajectory: Trajectory) -> dict[str, NDArray[Any]]:
    """The kept steps, with the optimizer's state at each of them.

    State of our own optimizers stands under state1, state2, …; of another one under its own names,
    as state.NAME with a mask held.NAME of the steps that have it.
    """
    arrays = {name: getattr(trajectory, name) for name in _STEPS}
    states = [trajectory.state(i) for i in range(len(trajectory.indices))]
    if not is_own(trajectory.optimizer):
        return arrays | _named_arrays(trajectory, states)
    for number in range(1, len(states[0])):
        arrays[f"state{number}"] = np.array([state[number] for state in states])
    return arrays


def trajectory_data(trajectory: Trajectory) -> dict[str, Any]:
    """What stands beside the arrays: why it stopped, and the optimizer's count at each step."""
    return {
        "rule": trajectory.stop.rule,
        "reason": trajectory.stop.reason,
        "counts": [int(trajectory.state(i)[0]) for i in range(len(trajectory.indices))],
    }


def trajectory_from(
    arrays: Arrays,
    data: Data,
    problem: Problem,
    optimizer: Optimizer,
    schedule: Schedule,
    bounds: "Bounds | None" = None,
) -> Trajectory:
    """The trajectory of these arrays and data, bit for bit.

    Raises ValueError, KeyError or TypeError where they are no trajectory of that problem and
    optimizer.
    """
    steps = _checked_steps(arrays, len(problem.names))
    states = _states(arrays, data["counts"], optimizer, steps["parameters"].shape)
    stop = Stop(str(data["rule"]), str(data["reason"]))
    return Trajectory(
        problem=problem,
        optimizer=optimizer,
        schedule=schedule,
        bounds=bounds,
        stop=stop,
        state=states.__getitem__,
        **steps,
    )


def _named_arrays(trajectory: Trajectory, states: list[State]) -> dict[str, NDArray[Any]]:
    named = [trajectory.optimizer.named_state(batch_of_one(state)) for state in states]
    blank = np.full((1, trajectory.parameters.shape[1]), np.nan)
    arrays = {}
    for name in dict.fromkeys(name for state in named for name in state):
        rows = [np.asarray(state.get(name, blank), dtype=np.float64) for state in named]
        arrays[f"state.{name}"] = np.concatenate(rows)
        arrays[f"held.{name}"] = np.array([name in state for state in named])
    return arrays


def _checked_steps(arrays: Arrays, parameters: int) -> dict[str, NDArray[Any]]:
    indices = arrays["indices"]
    if indices.dtype != np.int64 or indices.ndim != 1 or not len(indices):
        raise ValueError("indices of the steps")
    if indices[0] != 0 or (indices[1:] <= indices[:-1]).any():
        raise ValueError("indices of the steps")
    for name in _STEPS[1:]:
        wide = name in ("parameters", "gradient")
        _check(name, arrays[name], (len(indices), parameters) if wide else (len(indices),))
    return {name: arrays[name] for name in _STEPS}


def _states(
    arrays: Arrays, counts: list[int], optimizer: Optimizer, shape: tuple[int, ...]
) -> list[State]:
    if len(counts) != shape[0] or not all(type(count) is int and count >= 0 for count in counts):
        raise ValueError("counts of the steps")
    if isinstance(optimizer, RememberedOptimizer):
        return _named_states(arrays, counts, shape)
    numbers = range(1, len(optimizer.remembers) + 1)
    remembered = [_check("state", arrays[f"state{number}"], shape) for number in numbers]
    return list(zip(counts, *remembered, strict=True))


def _named_states(arrays: Arrays, counts: list[int], shape: tuple[int, ...]) -> list[State]:
    states: list[State] = [(count, {}) for count in counts]
    for key in arrays:
        prefix, _, name = key.partition(".")
        if prefix != "state" or not name:
            continue
        values, held = _check(key, arrays[key], shape), arrays[f"held.{name}"]
        if held.dtype != np.bool_ or held.shape != shape[:1]:
            raise ValueError(f"which steps have {name}")
        for i in np.flatnonzero(held).tolist():
            states[i][1][name] = values[i : i + 1]
    return states


def _check(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    if array.dtype != _FLOAT64 or array.shape != shape:
        raise ValueError(f"shape or type of {name}")
    return array
