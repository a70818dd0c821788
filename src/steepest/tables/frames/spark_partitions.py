"""Partitions of a Spark DataFrame: Arrow batches to Python workers, one answer from each."""

import pickle
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from functools import cached_property, partial
from importlib.util import find_spec
from threading import Thread
from typing import Any, final
from uuid import uuid4

from steepest.tables.frames.engine_errors import Missing, quiet, say_once
from steepest.tables.frames.part_table import PartTask
from steepest.tables.frames.partitions import Done, Partitions

_NAME = "answer"
# Answers of one job, in bytes: they are in the memory of the driver together.
_JOB_BYTES = 1 << 27
# An answer is about so many bytes for each product of two columns, and more of text.
_SQUARE = 16
_STOPPED = "SparkContext is stopped"
# So many seconds pass between two looks at how many partitions of a job are done.
_PAUSE = 0.2


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

    def __init__(self, native: Any, largest: int = 0) -> None:
        self.native, self.context = native, native.sparkSession.sparkContext
        self.largest = largest

    def of(self, native: Any) -> "SparkPartitions":
        return SparkPartitions(native, self.largest)

    @cached_property
    def spread(self) -> int:  # type: ignore[override]  # planned when it is first asked for
        """How many partitions there are."""
        return int(self.native.rdd.getNumPartitions())

    def over(self, names: Sequence[str], task: PartTask[Any]) -> Iterator[Done]:
        """A pass is one job, and more where answers are large, or how large is not yet known."""
        import pyspark

        _require_alive(self.context)
        columns = [pyspark.sql.functions.col(_quoted(name)) for name in names]
        frame = self.native.select(*columns)
        rows = frame.mapInArrow(partial(_answers, task), f"{_NAME} binary").rdd
        count, first = int(rows.getNumPartitions()), 0
        while first < count:
            known = _JOB_BYTES // max(self.largest, _SQUARE * (len(names) + 1) ** 2)
            job = known if self.largest else 2 * int(self.context.defaultParallelism)
            last = min(first + max(1, job), count)
            ran = _Job(self.context, rows, range(first, last))
            for done in ran.progress():
                yield Done(first + done, None)
            first = last
            for row in ran.found():
                self.largest = max(self.largest, len(row[_NAME]))
                yield Done(first, pickle.loads(row[_NAME]))


@final
class _Job:
    """A job under way in a thread of its own: this one hears of its progress, and of Ctrl-C."""

    def __init__(self, context: Any, rows: Any, partitions: range) -> None:
        self.context, self.group = context, f"steepest {uuid4()}"
        self.rows, self.partitions = rows, partitions
        self.future: Future[list[Any]] = Future()
        self.thread = Thread(target=self._run, daemon=True)

    def progress(self) -> Iterator[int]:
        """How many partitions are done, each time that there are more. Where the reader stops
        before the job is over, it is cancelled in the cluster too.
        """
        self.thread.start()
        told = 0
        try:
            while not wait([self.future], _PAUSE).done:
                done = self._done()
                if told < done:
                    told = done
                    yield done
        finally:
            if not self.future.done():
                with suppress(Exception):  # where nobody answers there is nothing to end
                    self.context.cancelJobGroup(self.group)

    def found(self) -> list[Any]:
        """The answers, as rows. Raises what the job raised."""
        return self.future.result()

    def _run(self) -> None:
        try:
            _require_alive(self.context)
            with quiet("py4j"):  # what it tells of in its log is raised too
                self.context.setJobGroup(self.group, "steepest", interruptOnCancel=True)
                found = self.context.runJob(self.rows, list, partitions=list(self.partitions))
            self.future.set_result(list(found))
        except BaseException as problem:
            self.future.set_exception(problem)

    def _done(self) -> int:
        """How many tasks of the job's last stage are over; 0 where nobody answers any more, which
        the job itself will tell.
        """
        with suppress(Exception):
            return self._asked()
        return 0

    def _asked(self) -> int:
        tracker = self.context.statusTracker()
        jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(self.group)]
        last = [max(job.stageIds) for job in jobs if job is not None and len(job.stageIds)]
        stages = [tracker.getStageInfo(stage) for stage in last]
        return sum(int(stage.numCompletedTasks) for stage in stages if stage is not None)


def _require_alive(context: Any) -> None:
    if context._jsc is None:  # what is asked of it then fails without a word
        raise RuntimeError(_STOPPED)


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
