"""Rows of a partition, or of an engine in this process, as frames, one after the other."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, final

from steepest.errors import InputError
from steepest.tables.frames.eager import open_frame
from steepest.tables.frames.same_rows import RowsSeen
from steepest.tables.prefetch import on_one_core
from steepest.tables.table import Column, RawBlock, Table

T = TypeVar("T")
# The rows of a partition have numbers of their own before those of others are counted.
_NUMBERS = 1 << 40


@final
class PartTable(Table):
    """Frames of some columns as one table. Its errors name the frame that it is a part of."""

    unordered = True

    def __init__(
        self,
        columns: Sequence[Column],
        description: str,
        frames: Callable[[], Iterable[Any]],
        number: int = 0,
        *,
        whole: bool = False,
    ) -> None:
        self.columns, self.description, self.frames = tuple(columns), description, frames
        self.count, self.offset, self.whole = None, number * _NUMBERS, whole
        self.seen: RowsSeen | None = None  # of the last pass that came to its end

    def blocks(self, names: Sequence[str], rows: int) -> Iterator[RawBlock]:
        start, seen = self.offset, RowsSeen()
        for frame in self.frames():
            if not len(frame):
                continue
            table = open_frame(frame)
            for raw in table.blocks(names, rows):
                seen.see(raw, tuple(names))
                yield replace(raw, start=start + raw.start)
            start += table.count or 0
        self.seen = seen

    def levels(self, name: str, limit: int) -> list[str]:
        raise NotImplementedError  # it is asked of the whole table

    def where(self, row: int) -> str:
        return self.description


@final
@dataclass(frozen=True)
class Answer(Generic[T]):
    """What a task makes of a partition, or why it cannot be used; the bytes of its rows, and which
    they were, where the task came to their end.
    """

    found: T | None
    error: InputError | None
    size: int
    seen: RowsSeen | None = None


@final
@dataclass(frozen=True)
class PartTask(Generic[T]):
    """Work on one partition, to be sent to it."""

    columns: tuple[Column, ...]
    description: str
    work: Callable[[Table], T]

    def __call__(self, number: int, frames: Iterable[Any]) -> Answer[T]:
        """The answer of the partition of this number, whose frames come in order."""
        size = 0

        def counted() -> Iterator[Any]:
            nonlocal size
            for frame in frames:
                size += _bytes(frame)
                yield frame

        part = PartTable(self.columns, self.description, counted, number)
        with on_one_core():
            try:
                found = self.work(part)
                return Answer(found, None, size, part.seen)
            except InputError as error:
                return Answer(None, error, size)


def _bytes(frame: Any) -> int:
    """About what a frame takes in memory."""
    if hasattr(frame, "memory_usage"):
        return int(frame.memory_usage().sum())
    return int(getattr(frame, "nbytes", 0))
