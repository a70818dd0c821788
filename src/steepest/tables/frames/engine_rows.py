"""Which engine has the rows of a lazy frame; those that this process has."""

from collections.abc import Iterator, Sequence
from typing import Any, final

from steepest.tables.frames.dask_partitions import dask_partitions
from steepest.tables.frames.lazy import LazyFrameTable
from steepest.tables.frames.part_table import PartTask
from steepest.tables.frames.partitions import Done, Partitions
from steepest.tables.frames.ray_dataset import RayFrame, RayRows
from steepest.tables.frames.spark_partitions import spark_partitions

# So many rows of DuckDB come at once, of many columns fewer: about so many numbers.
_BATCH_ROWS = 61_440
_BATCH_NUMBERS = 1 << 22


class _AtHand(Partitions):
    spread = 0

    def __init__(self, native: Any) -> None:
        self.native = native

    def over(self, names: Sequence[str], task: PartTask[Any]) -> Iterator[Done]:
        yield Done(1, task(0, self.frames(names)))


@final
class PolarsRows(_AtHand):
    """A LazyFrame: its streaming engine hands over one batch after the other, in order."""

    def frames(self, names: Sequence[str]) -> Iterator[Any]:
        yield from self.native.select(list(names)).collect_batches(
            maintain_order=True, engine="streaming"
        )


@final
class DuckDBRows(_AtHand):
    """A relation, as batches of Arrow."""

    def frames(self, names: Sequence[str]) -> Iterator[Any]:
        import pyarrow

        from steepest.tables.files.duckdb_engine import identifier

        rows = min(_BATCH_ROWS, max(1, _BATCH_NUMBERS // len(names)))
        for batch in self.native.select(", ".join(map(identifier, names))).to_arrow_reader(rows):
            yield pyarrow.Table.from_batches([batch])


def partitions_of(lazy: LazyFrameTable | RayFrame) -> Partitions | None:
    """The rows of a lazy frame; None where only its engine can look at them."""
    native = lazy.native
    if isinstance(lazy, RayFrame):
        return RayRows(native)
    engine = lazy.frame.implementation
    if engine.is_polars() and hasattr(native, "collect_batches"):
        return PolarsRows(native)
    if engine.is_duckdb() and hasattr(native, "to_arrow_reader"):
        return DuckDBRows(native)
    if engine.is_dask():
        return dask_partitions(native)
    if engine.is_pyspark():
        return spark_partitions(native)
    return None
