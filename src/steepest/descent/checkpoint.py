"""Checkpoints: the file from which a streamed descent goes on, bit for bit."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from steepest.arrays import Floats
from steepest.descent.minibatch import MinibatchState, MinibatchStep
from steepest.descent.schedules import Schedule, parse_schedule
from steepest.descent.streaming import Place
from steepest.errors import InputError, StorageError
from steepest.number_checks import check_number, check_whole
from steepest.storage.array_checks import floats, numbers
from steepest.storage.atomic_write import StrPath, check_writable
from steepest.storage.container import parts_of, prefixed, read_container, write_container
from steepest.translation import joined, say
from steepest.wording.numbers import in_turn

if TYPE_CHECKING:
    from steepest.descent.file_schema import CheckpointData, CountsData

Arrays: TypeAlias = Mapping[str, NDArray[Any]]
Data: TypeAlias = Mapping[str, Any]

# The kind of the file.
CHECKPOINT = "checkpoint"
_DIGEST = "sha256"
_COUNTS = ("pending", "averaged", "updates", "epoch", "block", "place")


@final
@dataclass(frozen=True)
class Checkpoint:
    """Where and how often the state of a streamed descent is saved.

    - `path`: the file, written whole or not at all, under a temporary name that is then renamed
    - `fingerprint`: identifies the rows, by name: source, size, time, columns, options. Numbers,
      texts, booleans, None, and lists and mappings of such.
    - `every_seconds`: between two writings; the end of the run is written too
    - `every_blocks`: None, or also write after so many blocks

    A descent resumes from the file if there is one. It raises InputError where the file is of other
    rows or settings, and names what differs; StorageError where it is damaged or of another kind.
    The number of epochs and the other stopping rules may differ.
    """

    path: StrPath
    fingerprint: Mapping[str, object] = field(default_factory=dict)
    every_seconds: float = 30.0
    every_blocks: int | None = None

    def __post_init__(self) -> None:
        check_number(say("the seconds between two checkpoints"), self.every_seconds)
        if self.every_blocks is not None:
            check_whole(say("the blocks between two checkpoints"), self.every_blocks, 1)


@final
class CheckpointRun:
    """Reads the file of a checkpoint once, and writes it when it is due.

    - `settings`: by name; those of the file must be the same
    - `went_on`: whether the descent has moved on since the file was read
    - `schedule`: that of the descent; where "lr" is "auto", the one in the file takes its place
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        settings: Mapping[str, object],
        schedule: Schedule,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.checkpoint, self.schedule, self.clock = checkpoint, schedule, clock
        self.described = {**checkpoint.fingerprint, **settings}
        self.written, self.blocks = clock(), 0
        self.went_on = False
        self.latest: Place | None = None

    def read(self, start: Place) -> Place:
        """The place in the file; `start` where there is no file yet, which can then be written.

        Raises InputError and StorageError as `Checkpoint` says.
        """
        from steepest.descent.file_schema import CheckpointData, DescribedData
        from steepest.storage.schema import checked, field, restoring

        file = self.checkpoint.path
        check_writable(file)
        try:
            arrays, data = read_container(file, CHECKPOINT)
        except StorageError:
            raise
        except InputError as error:
            if isinstance(error.__context__, FileNotFoundError):
                return start
            raise
        with restoring(file, "checkpoint"):
            described = checked(data, DescribedData)["described"]
        self._compare(described)
        with restoring(file, "checkpoint"):
            stored = checked(data, CheckpointData)
            place = _place(arrays, stored, len(start.state.parameters), start)
            if self.described["lr"] == "auto":
                with field("schedule"):
                    self.schedule = parse_schedule(stored["schedule"])
        return place

    def passed(self, place: Place) -> None:
        """Record the place that the descent has reached, and write it if that is due."""
        self.latest, self.blocks, self.went_on = place, self.blocks + 1, True
        every = self.checkpoint.every_blocks
        late = self.clock() >= self.written + self.checkpoint.every_seconds
        if late or (every is not None and self.blocks >= every):
            self.write()

    def write(self) -> None:
        """Write the latest place, unless it is written. Raises OutputError."""
        place, self.latest = self.latest, None
        if place is None:
            return
        arrays, data = _stored(place)
        data |= {"described": self.described, "schedule": str(self.schedule)}
        write_container(self.checkpoint.path, arrays, data, CHECKPOINT)
        self.written, self.blocks = self.clock(), 0

    def _compare(self, old: Data) -> None:
        """Raise where the file is not of these rows and settings."""
        # What is read back has lists for tuples.
        new = {name: _listed(value) for name, value in self.described.items()}
        names = [
            name
            for name in dict.fromkeys([*new, *old])
            if (name in old) != (name in new) or not _alike(old[name], new[name])
        ]
        if not names:
            return
        # A difference of digests says little where there is another one.
        telling = [name for name in names if not (_is_digest(old, name) and _is_digest(new, name))]
        changed = [_difference(name, old, new) for name in telling or names]
        raise InputError(
            "{path} is a checkpoint of other data or settings: {changed}. Name another file, "
            "or delete this one to begin anew.",
            path=self.checkpoint.path,
            changed=in_turn(changed),
        )


def _stored(place: Place) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Arrays and plain data of a place."""
    steps, size = place.steps, len(place.slopes)
    states = [step.state for step in steps]
    arrays: dict[str, NDArray[Any]] = {
        "steps.parameters": _table([state.parameters for state in states], size),
        "steps.averages": _table([state.total for state in states], size),
        "steps.gradient": _table([step.gradient for step in steps], size),
        "steps.objective": np.array([step.objective for step in steps], dtype=np.float64),
        "steps.counts": np.array(
            [[state.averaged, state.updates] for state in states], dtype=np.int64
        ).reshape(-1, 2),
        "sums.slopes": place.slopes,
        "sums.total": np.array([place.total], dtype=np.float64),
    }
    data: dict[str, Any] = {"block": place.block}
    for name, state in (("state", place.state), ("point", place.point)):
        arrays |= prefixed(name, _state_arrays(state))
        data[name] = {count: getattr(state, count) for count in _COUNTS}
    return arrays, data


def _state_arrays(state: MinibatchState) -> dict[str, NDArray[Any]]:
    memory = {f"memory.{i}": values for i, values in enumerate(state.optimizer[1:])}
    sums = {"gradient": state.gradient, "total": state.total}
    return {"parameters": state.parameters, **sums, **memory}


def _place(arrays: Arrays, data: "CheckpointData", size: int, start: Place) -> Place:
    """The place that `_stored` took apart, checked."""
    steps = parts_of(arrays, "steps")
    objective = floats(steps, "objective", (-1,))
    tables = [
        floats(steps, name, (len(objective), size))
        for name in ("parameters", "averages", "gradient")
    ]
    counts = numbers(steps, "counts", (len(objective), 2), np.int64).tolist()
    found = [
        MinibatchStep(
            MinibatchState(
                parameters, (updates,), np.empty(0), total, 0, counted, updates, epoch=epoch
            ),
            float(value),
            gradient,
        )
        for epoch, (parameters, total, gradient, value, (counted, updates)) in enumerate(
            zip(*tables, objective, counts, strict=True)
        )
    ]
    sums, like = parts_of(arrays, "sums"), start.state
    state = _state(parts_of(arrays, "state"), data["state"], like)
    point = _state(parts_of(arrays, "point"), data["point"], like)
    if not 0 <= state.epoch - point.epoch <= 1 or not 0 <= len(found) - point.epoch <= 1:
        raise StorageError("field state.epoch is damaged: it does not go with point and steps")
    total = float(floats(sums, "total", (1,))[0])
    return Place(tuple(found), state, point, data["block"], total, floats(sums, "slopes", (size,)))


def _state(arrays: Arrays, counts: "CountsData", like: MinibatchState) -> MinibatchState:
    shape = like.parameters.shape
    memory = [floats(arrays, f"memory.{i}", shape) for i in range(len(like.optimizer) - 1)]
    return MinibatchState(
        floats(arrays, "parameters", shape),
        (counts["updates"], *memory),
        floats(arrays, "gradient", shape),
        floats(arrays, "total", shape),
        **counts,
    )


def _table(rows: list[Floats], size: int) -> Floats:
    return np.array(rows, dtype=np.float64).reshape(len(rows), size)


def _listed(value: object) -> object:
    """The value as it is read back from a file."""
    if isinstance(value, Mapping):
        return {str(name): _listed(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_listed(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _alike(old: object, new: object) -> bool:
    # nan is like nan, and 1 is not like True.
    return repr(old) == repr(new) or (old == new and type(old) is type(new))


def digest(*arrays: ArrayLike) -> dict[str, str]:
    """The SHA-256 of the arrays as float64, for a fingerprint."""
    found = hashlib.sha256()
    for array in arrays:
        found.update(np.asarray(array, dtype=np.float64).tobytes())
    return {_DIGEST: found.hexdigest()}


def _is_digest(values: Data, name: str) -> bool:
    value = values.get(name)
    return isinstance(value, Mapping) and list(value) == [_DIGEST]


def _difference(name: str, old: Data, new: Data) -> str:
    """How what stands under a name differs; of files and the like only which."""
    before, after = old.get(name), new.get(name)
    listed = isinstance(before, list) and isinstance(after, list)
    if listed or (_is_digest(old, name) and _is_digest(new, name)):
        return say("other {name}", name=name)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        keys = dict.fromkeys([*after, *before])
        found = [key for key in keys if not _alike(before.get(key), after.get(key))]
        return say("{name} changed: {found}", name=name, found=joined(found))
    return say(
        "{name} was {old} and is {new}", name=name, old=_shown(old, name), new=_shown(new, name)
    )


def _shown(values: Data, name: str) -> str:
    if name not in values:
        return say("not there")
    if isinstance(values[name], list | Mapping):
        return "another"
    text = str(values[name])
    return text if len(text) <= 60 else f"{text[:57]}…"
