"""Lazy frames as tables: rows come here from the engine, or work is sent to where they are."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, final

from steepest.tables.frames.engine_errors import heard
from steepest.tables.frames.engine_rows import partitions_of
from steepest.tables.frames.lazy import LazyFrameTable
from steepest.tables.frames.part_table import PartTable, PartTask
from steepest.tables.frames.partitions import Partitions
from steepest.tables.frames.ray_dataset import RayFrame
from steepest.tables.frames.same_rows import RowsSeen, SameRows
from steepest.tables.table import LazyTable, RawBlock, Table

T = TypeVar("T")


@final
class EngineTable(Table):
    """A lazy frame whose rows are at hand, or whose workers have this package.

    `lazy` is the frame as its engine is asked of it.
    """

    unordered = True
    awaited = True

    def __init__(
        self, lazy: LazyFrameTable | RayFrame, partitions: Partitions, same: SameRows | None = None
    ) -> None:
        self.lazy, self.partitions = lazy, partitions
        self._same = SameRows() if same is None else same
        self.columns, self.summary, self.count = lazy.columns, lazy.summary, None

    @property
    def spread(self) -> int:  # type: ignore[override]  # an engine is asked when it is needed
        """In how many partitions the rows are, elsewhere."""
        return self.partitions.spread

    def over(self, names: Sequence[str], work: Callable[[Table], T]) -> Iterator[T]:
        if not self.spread:
            yield work(self)
            return
        task = PartTask(self.columns, self.description, work)
        seen: RowsSeen | None = RowsSeen()
        for done, answer in heard(self.lazy.engine, self.partitions.over(list(names), task)):
            if answer is not None and answer.error is not None:
                raise answer.error
            if self.told is not None:
                self.told(done, self.spread)
            if answer is None:
                continue
            if seen is not None:
                seen = None if answer.seen is None else seen.plus(answer.seen)
            yield answer.found  # type: ignore[misc]  # there where there is no error
        if seen is not None:
            self._same.check(seen, self.description)

    def blocks(self, names: Sequence[str], rows: int) -> Iterator[RawBlock]:
        def frames() -> Iterator[Any]:
            if not self.spread:
                yield from heard(self.lazy.engine, self.partitions.frames(list(names)))
                return
            for part in self.over(names, _frames):
                yield from part

        whole = PartTable(self.columns, self.description, frames, whole=True)
        yield from whole.blocks(names, rows)
        if whole.seen is not None:
            self._same.check(whole.seen, self.description)

    def first(self, names: Sequence[str], rows: int) -> RawBlock | None:
        return self.lazy.first(names, rows)

    def levels(self, name: str, limit: int) -> list[str]:
        return self.lazy.levels(name, limit)

    def counts(self, name: str, limit: int) -> dict[str, int]:
        """In how many rows each level of a text column stands; of at most `limit` + 1 levels."""
        return self.lazy.counts(name, limit)

    def select(self, names: Sequence[str]) -> Table:
        lazy = self.lazy.select(names)
        return EngineTable(lazy, self.partitions.of(lazy.native), self._same)

    def where(self, row: int) -> str:
        return self.description


def _frames(table: Table) -> list[Any]:
    """The frames of a partition, to be sent here."""
    assert isinstance(table, PartTable)
    return list(table.frames())


def open_engine(lazy: LazyFrameTable | RayFrame) -> Table | LazyTable:
    """The frame as a table whose rows can be streamed, or work be sent to; else as it is."""
    partitions = partitions_of(lazy)
    if partitions is None:
        assert isinstance(lazy, LazyTable)
        return lazy
    return EngineTable(lazy, partitions)


def lazy_of(table: Table | LazyTable) -> LazyFrameTable | RayFrame | None:
    """The lazy frame that a table is of, as its engine is asked of it; None for other tables."""
    if isinstance(table, EngineTable):
        return table.lazy
    return table if isinstance(table, LazyFrameTable) else None
