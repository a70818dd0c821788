"""Partitions of a Spark DataFrame: Arrow batches to Python workers, one answer from each."""

import pickle
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from importlib.util import find_spec
from typing import Any, final
from uuid import uuid4

from steepest.tables.frames.engine_errors import Missing, say_once
from steepest.tables.frames.part_table import PartTask
from steepest.tables.frames.partitions import Done, Partitions

_NAME = "answer"
# Answers of one job, in bytes: they are in the memory of the driver together.
_JOB_BYTES = 1 << 27
# A pass is at least so many jobs where there are many partitions: its progress is told.
_JOBS = 8


def spark_partitions(native: Any) -> "SparkPartitions | None":
    """The partitions; None of a remote session, and where the workers lack this package."""
    session = native.sparkSession
    try:
        context = session.sparkContext
        # By functions of Python alone, since one of ours would fail there, and fill the log.
        (there,) = context.parallelize(["steepest"], 1).map(find_spec).map(bool).collect()
    except Exception:  # a remote session has no context, and each version says so anew
        return None
    if not there:
        say_once(Missing("pyspark", "steepest"), context.applicationId)
        return None
    return SparkPartitions(native)


@final
class SparkPartitions(Partitions):
    """The frame's partitions."""

    def __init__(self, native: Any) -> None:
        self.native, self.context = native, native.sparkSession.sparkContext
        self.group = f"steepest {uuid4()}"

    @cached_property
    def spread(self) -> int:  # type: ignore[override]  # planned when it is first asked for
        """How many partitions there are."""
        return int(self.native.rdd.getNumPartitions())

    def over(self, names: Sequence[str], task: PartTask[Any]) -> Iterator[Done]:
        import pyspark

        columns = [pyspark.sql.functions.col(_quoted(name)) for name in names]
        frame = self.native.select(*columns)
        rows = frame.mapInArrow(partial(_answers, task), f"{_NAME} binary").rdd
        count, first = int(rows.getNumPartitions()), 0
        job = max(1, min(2 * int(self.context.defaultParallelism), count))
        while first < count:
            found = self._ran(rows, range(first, min(first + job, count)))
            first = min(first + job, count)
            for row in found:
                yield Done(first, pickle.loads(row[_NAME]))
            most = max((len(row[_NAME]) for row in found), default=1)
            job = max(1, min(_JOB_BYTES // most, max(job, count // _JOBS)))

    def _ran(self, rows: Any, partitions: range) -> list[Any]:
        """One job; Ctrl-C ends it in the cluster too."""
        self.context.setJobGroup(self.group, "steepest", interruptOnCancel=True)
        try:
            return list(self.context.runJob(rows, list, partitions=list(partitions)))
        except KeyboardInterrupt:
            self.context.cancelJobGroup(self.group)
            raise


def _answers(task: PartTask[Any], batches: Iterator[Any]) -> Iterator[Any]:
    """Run by a worker: the answer of its partition, as one row of bytes."""
    import pyarrow
    from pyspark import TaskContext

    context = TaskContext.get()
    frames = (pyarrow.Table.from_batches([batch]) for batch in batches)
    answer = task(0 if context is None else context.partitionId(), frames)
    for _ in batches:  # a worker that leaves some unread is not used again
        pass
    yield pyarrow.RecordBatch.from_pydict({_NAME: [pickle.dumps(answer, 5)]})


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
