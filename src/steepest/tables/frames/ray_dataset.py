"""Datasets of Ray Data: what their blocks add up to is computed where they are."""

import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, final

import narwhals as nw

from steepest.errors import InputError
from steepest.tables.frames.eager import open_frame
from steepest.tables.frames.engine_errors import engine_error, quiet
from steepest.tables.frames.lazy_expressions import lazy_columns
from steepest.tables.frames.part_table import PartTask
from steepest.tables.frames.partitions import Done, Partitions
from steepest.tables.table import RawBlock
from steepest.wording.fact import fact

_NAME = "answer"


@final
class RayFrame:
    """A dataset, and what its columns are. Its rows stay on Ray's workers."""

    engine = "ray"

    def __init__(self, native: Any) -> None:
        self.native = native
        try:
            schema = native.schema()
        except Exception as problem:  # what it is made of is read for it
            raise engine_error(self.engine, problem) from problem
        if schema is None:
            raise InputError(
                "{description}: 0 rows were found; a fit needs at least 2",
                description="ray dataset",
            )
        self.columns = lazy_columns(nw.from_native(_empty(native, schema)).schema)
        self.summary = fact("lazy frame", engine=self.engine, columns=len(self.columns))

    def select(self, names: Sequence[str]) -> "RayFrame":
        """The same rows with these columns only."""
        return RayFrame(self.native.select_columns(list(names)))

    def head(self, n: int) -> list[dict[str, Any]]:
        """So many rows, each as {name: value}; a missing value is None."""
        found: list[dict[str, Any]] = self._few(self.native, n).to_pylist()
        return found

    def first(self, names: Sequence[str], rows: int) -> RawBlock | None:
        """So many rows of these columns; None for no rows."""
        few = self._few(self.native.select_columns(list(names)), rows)
        return open_frame(few).first(names, rows) if len(few) else None

    def levels(self, name: str, limit: int) -> list[str]:
        """Distinct values of a text column, sorted, missing ones left out; at most `limit` + 1."""
        return sorted(self.counts(name, limit))[: limit + 1]

    def counts(self, name: str, limit: int) -> dict[str, int]:
        """In how many rows each level of a text column stands; of at most `limit` + 1 levels."""
        counts: Counter[str] = Counter()
        counted = self.native.select_columns([name]).map_batches(
            partial(_counts, name), batch_size=None, batch_format="pyarrow"
        )
        for table in _tables(counted):
            levels, rows = (table[each].to_pylist() for each in ("level", "rows"))
            counts.update(dict(zip(levels, rows, strict=True)))
            if len(counts) > limit:
                break
        return dict(counts.most_common(limit + 1))

    def with_columns(self, names: Sequence[str], values: Callable[[Any], list[Any]]) -> Any:
        """The user's dataset with more columns: what `values` gives of PyArrow tables of rows."""
        return self.native.map_batches(
            partial(_beside, names, values), batch_size=None, batch_format="pyarrow"
        )

    def _few(self, native: Any, rows: int) -> Any:
        import pyarrow

        try:
            return pyarrow.concat_tables(_tables(native.limit(rows)))
        except Exception as problem:
            raise engine_error(self.engine, problem) from problem


@final
class RayRows(Partitions):
    """The blocks of a dataset, whose number is known once they are made."""

    def __init__(self, native: Any) -> None:
        self.native = native
        made = type(native).__name__ == "MaterializedDataset"
        self.spread = max(1, int(native.num_blocks())) if made else 1

    def over(self, names: Sequence[str], task: PartTask[Any]) -> Iterator[Done]:
        answers = self.native.select_columns(list(names)).map_batches(
            partial(_answers, task), batch_size=None, batch_format="pyarrow"
        )
        done = 0
        for table in _tables(answers):
            for answer in table[_NAME].to_pylist():
                done += 1
                self.spread = max(self.spread, done)
                yield Done(done, pickle.loads(answer))


def _tables(native: Any) -> Iterator[Any]:
    """What its blocks hold, in their order; Ray makes few of them at a time."""
    native.context.execution_options.preserve_order = True
    native.context.enable_progress_bars = False
    with quiet("ray.data"):  # four lines of every pass
        yield from native.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=1)


def _empty(native: Any, schema: Any) -> Any:
    """A table of the dataset's types, without rows."""
    found = schema.base_schema
    if hasattr(found, "empty_table"):
        return found.empty_table()
    return next(_tables(native.limit(1))).slice(0, 0)


# Run by a worker, of a block as a PyArrow table.


def _answers(task: PartTask[Any], rows: Any) -> Any:
    return type(rows).from_pydict({_NAME: [pickle.dumps(task(0, [rows]), 5)]})


def _counts(name: str, rows: Any) -> Any:
    counts = Counter(map(str, rows[name].drop_null().to_pylist()))
    levels, numbers = [*counts], [*counts.values()]
    import pyarrow

    columns = [pyarrow.array(levels, pyarrow.string()), pyarrow.array(numbers, pyarrow.int64())]
    return type(rows).from_arrays(columns, ["level", "rows"])


def _beside(names: Sequence[str], values: Callable[[Any], list[Any]], rows: Any) -> Any:
    if len(rows):
        for name, column in zip(names, values(rows), strict=True):
            rows = rows.append_column(name, column)
    return rows
