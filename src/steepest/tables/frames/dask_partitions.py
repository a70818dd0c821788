"""Partitions of a Dask DataFrame: a task for each, or for a few small ones together."""

from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, final

from steepest.tables.frames.engine_errors import Missing, say_once
from steepest.tables.frames.part_table import PartTask
from steepest.tables.frames.partitions import Done, Partitions
from steepest.tables.prefetch import cores

# Partitions are grouped up to so many bytes; each worker has some groups to take.
_GROUP_BYTES = 1 << 26
_GROUPS_PER_CORE = 4


def dask_partitions(native: Any) -> "DaskPartitions | None":
    """The partitions; None where the workers of the cluster lack this package."""
    client = _client()
    if client is None:
        return DaskPartitions(native)
    try:
        client.run(_at_home)
    except ModuleNotFoundError as problem:
        say_once(Missing("dask", str(problem)), client.scheduler_info()["address"])
        return None
    return DaskPartitions(native)


def _at_home() -> bool:
    """Whether a worker can load this."""
    return True


def _client() -> Any:
    """The client of a cluster that Dask would compute with; None for threads of this process."""
    import sys

    if "distributed" not in sys.modules:
        return None
    from distributed import default_client

    try:
        client: Any = default_client()
        return client
    except ValueError:
        return None


@final
class DaskPartitions(Partitions):
    """The frame's partitions."""

    def __init__(self, native: Any) -> None:
        self.native, self.spread = native, int(native.npartitions)
        self.group = 0  # how many partitions a task takes; 0 until the first has told its size

    def over(self, names: Sequence[str], task: PartTask[Any]) -> Iterator[Done]:
        parts = self.native[list(names)].to_delayed()
        client, done = _client(), 0
        workers = cores() if client is None else max(1, sum(client.nthreads().values()))
        if not self.group:
            (answer,) = _together([_asked(task, 0, parts[:1])], client)
            self.group, done = self._grouped(answer.size, workers), 1
            yield Done(1, answer)
        starts = range(done, len(parts), self.group)
        asked = [_asked(task, first, parts[first : first + self.group]) for first in starts]
        for first, answer in zip(starts, _in_order(asked, client, workers), strict=True):
            yield Done(min(first + self.group, len(parts)), answer)

    def _grouped(self, size: int, workers: int) -> int:
        """As many partitions as the first, of this size, fit a task, with some for each worker."""
        room = max(1, _GROUP_BYTES // max(size, 1))
        return int(min(room, max(1, -(-self.spread // (_GROUPS_PER_CORE * workers)))))


def _asked(task: PartTask[Any], number: int, parts: Sequence[Any]) -> Any:
    import dask

    return dask.delayed(partial(_answer, task, number), pure=False)(list(parts))


def _answer(task: PartTask[Any], number: int, frames: list[Any]) -> Any:
    return task(number, frames)


def _in_order(asked: Sequence[Any], client: Any, workers: int) -> Iterator[Any]:
    """Answers as they were asked for, of which few are under way or waiting at a time."""
    if client is None:
        for first in range(0, len(asked), 2 * workers):
            yield from _together(asked[first : first + 2 * workers], None)
        return
    coming: deque[Any] = deque()
    try:
        for each in asked:
            coming.append(client.compute(each))
            if len(coming) > 2 * workers:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()
    finally:
        for future in coming:
            future.cancel()


def _together(asked: Sequence[Any], client: Any) -> Sequence[Any]:
    import dask

    if client is None:
        found: Sequence[Any] = dask.compute(*asked)
        return found
    return [each.result() for each in client.compute(list(asked))]
