"""A descent as plain data and arrays, for files, and back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from steepest.descent.optimizers import EVERY_OPTIMIZER, Optimizer, Rate
from steepest.descent.penalized_update import Proximal
from steepest.descent.schedules import Schedule
from steepest.descent.stopping import Stop
from steepest.descent.trajectory import Trajectory, batch_of_one
from steepest.descent.update_rules import Array, State
from steepest.errors import InputError, StorageError
from steepest.problems.problem import Problem
from steepest.storage.array_checks import floats, numbers

Arrays: TypeAlias = Mapping[str, NDArray[Any]]
Data: TypeAlias = Mapping[str, Any]

_STEPS = ("indices", "parameters", "objective", "gradient", "learning_rate")


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
            "this step was not kept and cannot be made again, since the file holds the name "
            "of {called} but not its rule; the steps of path.recorded are there.",
            called=self.called,
        )

    def named_state(self, state: State) -> dict[str, Array]:
        return dict(state[1])


def is_own(optimizer: Optimizer) -> bool:
    """Whether a file can hold the optimizer: one of `EVERY_OPTIMIZER`."""
    return EVERY_OPTIMIZER.get(optimizer.name) is type(optimizer)


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
    kind = EVERY_OPTIMIZER.get(options.pop("name", ""))
    if kind is None:
        raise ValueError("the name of the optimizer")
    return kind(**options)


def trajectory_arrays(trajectory: Trajectory) -> dict[str, NDArray[Any]]:
    """The kept steps, with the optimizer's state at each of them.

    It stands under state1, state2, …; that of an optimizer that is not our own with masks held1,
    held2, … of the steps that have it, and its names stand in `trajectory_data`.
    """
    arrays = {name: getattr(trajectory, name) for name in _STEPS}
    if not is_own(trajectory.optimizer):
        return arrays | _named_arrays(trajectory)
    states = [trajectory.state(i) for i in range(len(trajectory.indices))]
    for number in range(1, len(states[0])):
        arrays[f"state{number}"] = np.array([state[number] for state in states])
    return arrays


def trajectory_data(trajectory: Trajectory) -> dict[str, Any]:
    """What stands beside the arrays: why it stopped, and the optimizer's count at each step."""
    data = {
        **trajectory.stop.to_dict(),
        "counts": [int(trajectory.state(i)[0]) for i in range(len(trajectory.indices))],
    }
    if not is_own(trajectory.optimizer):
        data["remembers"] = _remembered_names(_named_states(trajectory))
    return data


def trajectory_from(
    arrays: Arrays,
    data: Data,
    problem: Problem,
    optimizer: Optimizer,
    schedule: Schedule,
    proximal: Proximal | None = None,
) -> Trajectory:
    """The trajectory of these arrays and data, bit for bit.

    Raises StorageError where they are no trajectory of that problem and optimizer.
    """
    steps = _checked_steps(arrays, len(problem.names))
    states = _states(arrays, data, optimizer, steps["parameters"].shape)
    return Trajectory(
        problem=problem,
        optimizer=optimizer,
        schedule=schedule,
        proximal=proximal,
        stop=Stop.of_dict(data),
        state=states.__getitem__,
        guessed=False,  # runs that are stored are of functions, which have no rows
        **steps,
    )


def _named_states(trajectory: Trajectory) -> list[dict[str, Array]]:
    """What the optimizer remembers at each kept step, by name, arrays (1, p)."""
    states = map(trajectory.state, range(len(trajectory.indices)))
    return [trajectory.optimizer.named_state(batch_of_one(state)) for state in states]


def _remembered_names(states: list[dict[str, Array]]) -> list[str]:
    return list(dict.fromkeys(name for state in states for name in state))


def _named_arrays(trajectory: Trajectory) -> dict[str, NDArray[Any]]:
    states = _named_states(trajectory)
    blank = np.full((1, trajectory.parameters.shape[1]), np.nan)
    arrays = {}
    for number, name in enumerate(_remembered_names(states), start=1):
        rows = [np.asarray(state.get(name, blank), dtype=np.float64) for state in states]
        arrays[f"state{number}"] = np.concatenate(rows)
        arrays[f"held{number}"] = np.array([name in state for state in states])
    return arrays


def _checked_steps(arrays: Arrays, parameters: int) -> dict[str, NDArray[Any]]:
    indices = numbers(arrays, "indices", (-1,), np.int64)
    if not len(indices) or indices[0] != 0 or (indices[1:] <= indices[:-1]).any():
        raise StorageError("array indices is damaged: expected steps from 0 upwards")
    for name in _STEPS[1:]:
        wide = name in ("parameters", "gradient")
        floats(arrays, name, (len(indices), parameters) if wide else (len(indices),))
    if not np.isfinite(arrays["parameters"][0]).all():
        raise StorageError("array parameters is damaged: expected finite numbers at the start")
    return {name: arrays[name] for name in _STEPS}


def _states(
    arrays: Arrays, data: Data, optimizer: Optimizer, shape: tuple[int, ...]
) -> list[State]:
    counts, named = data["counts"], isinstance(optimizer, RememberedOptimizer)
    if len(counts) != shape[0]:
        raise StorageError("field walk.counts is damaged: expected {shape: count}", shape=shape[0])
    names = [str(name) for name in data["remembers"]] if named else optimizer.remembers
    places = range(1, len(names) + 1)
    remembered = [floats(arrays, f"state{number}", shape) for number in places]
    if not named:
        return list(zip(counts, *remembered, strict=True))
    states: list[State] = [(count, {}) for count in counts]
    for number, name, values in zip(places, names, remembered, strict=True):
        for i in np.flatnonzero(numbers(arrays, f"held{number}", shape[:1], np.bool_)).tolist():
            states[i][1][name] = values[i : i + 1]
    return states
