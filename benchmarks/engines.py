"""Fits where the rows are elsewhere: Spark with one and two workers beside Spark ML, Dask, a file.

Processor seconds of this process and of all that it started (JVMs, workers, Python beside them),
so that other work of the machine is left out; jobs that the engine was asked for; what the busiest
worker took, which is what grows or shrinks with their number; and the largest difference between a
coefficient and the file's. Each is one run after one that is not counted: engines compile what they
run at first, and so does steepest.

Needs Java, PySpark and Dask, which `python3 dev.py test --engines -k none` installs. A worker is a
process of Spark's local-cluster with one core. Rows are float64, in one Parquet file for each
partition, written for it and removed afterwards.
"""

import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from measure import linear_rows, options, report

import steepest

# The losses, and which column each predicts.
TARGETS = {"squared": "y", "logistic": "c"}
_TICKS = os.sysconf("SC_CLK_TCK")
_EXECUTOR = b"CoarseGrainedExecutorBackend"


class Taken(NamedTuple):
    """What a fit took: processor seconds of all, and of the busiest worker; jobs; coefficients."""

    seconds: float
    busiest: float | None
    jobs: int | None
    coefficients: list[float]


class Process(NamedTuple):
    """A process of /proc: its own time and that of the children it has waited for, in seconds."""

    parent: int
    seconds: float
    executor: bool


def processes() -> dict[int, Process]:
    """All processes of the machine that can be seen."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        seconds = sum(map(int, fields[11:15])) / _TICKS
        found[int(folder.name)] = Process(int(fields[1]), seconds, _EXECUTOR in command)
    return found


def seconds_below(root: int, known: dict[int, Process]) -> float:
    """What a process and all below it have taken."""
    children = (pid for pid, process in known.items() if process.parent == root)
    return known[root].seconds + sum(seconds_below(pid, known) for pid in children)


def spent() -> tuple[float, dict[int, float]]:
    """Processor seconds so far: of this process with all below it, and of each worker."""
    known = processes()
    workers = {pid: seconds_below(pid, known) for pid, each in known.items() if each.executor}
    return seconds_below(os.getpid(), known), workers


def taken(fit: Callable[[], list[float]], jobs: Callable[[], int] | None = None) -> Taken:
    """What a fit takes after one that is not counted."""
    fit()
    before, workers = spent()
    asked = 0 if jobs is None else jobs()
    coefficients = fit()
    after, now = spent()
    busiest = max((now[pid] - workers[pid] for pid in workers if pid in now), default=None)
    return Taken(after - before, busiest, None if jobs is None else jobs() - asked, coefficients)


def write_rows(folder: Path, rows: int, columns: int, parts: int) -> None:
    """One Parquet file for each partition; `y` is a number, `c` its class."""
    for part in range(parts):
        x, y = linear_rows(rows // parts, columns, seed=part)
        names = {f"x{at}": x[:, at].astype(np.float64) for at in range(columns)}
        table = {**names, "y": y.astype(np.float64), "c": (y > 3.0).astype(np.float64)}
        pq.write_table(pa.table(table), folder / f"part-{part}.parquet")


@contextmanager
def spark_session(workers: int) -> Iterator[Any]:
    """A session whose executors are processes of one core each."""
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(f"local-cluster[{workers},1,1536]")
    for name, value in {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.files.maxPartitionBytes": str(16 << 20),
        "spark.executor.memory": "1g",
    }.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    try:
        yield session
    finally:
        session.stop()


def spark_ml(frame: Any, features: list[str], loss: str) -> list[float]:
    """Spark's own regression, from the columns to the coefficients."""
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import VectorAssembler
    from pyspark.ml.regression import LinearRegression

    assembled = VectorAssembler(inputCols=features, outputCol="vector").transform(frame)
    if loss == "squared":
        model: Any = LinearRegression(featuresCol="vector", labelCol=TARGETS[loss], solver="normal")
    else:
        model = LogisticRegression(featuresCol="vector", labelCol=TARGETS[loss], tol=1e-8)
    return [float(value) for value in model.fit(assembled).coefficients]


def fitted(source: Any, features: list[str], loss: str) -> list[float]:
    """The coefficients of our fit."""
    fit = steepest.fit(source, target=TARGETS[loss], features=features, loss=loss)
    return [*fit.coefficients.values()]


def on_spark(folder: Path, workers: int, features: list[str]) -> Iterator[tuple[str, str, Taken]]:
    """(who, loss, what it took), of steepest and of Spark ML in the same session."""
    with spark_session(workers) as session:
        frame = session.read.parquet(str(folder))
        scheduler = session.sparkContext._jsc.sc().dagScheduler()
        for loss in TARGETS:
            for who, fit in (("Spark", fitted), ("Spark ML", spark_ml)):
                found = taken(partial(fit, frame, features, loss), scheduler.numTotalJobs)
                yield f"{who}, workers: {workers}", loss, found


def on_dask(folder: Path, features: list[str]) -> Iterator[tuple[str, str, Taken]]:
    """The same of Dask, with its threads in this process."""
    import dask.dataframe

    frame = dask.dataframe.read_parquet(str(folder))
    for loss in TARGETS:
        yield "Dask, threads", loss, taken(partial(fitted, frame, features, loss))


def rows_of(found: Iterable[tuple[str, str, Taken]]) -> list[dict[str, object]]:
    """The table; coefficients are compared with the first of their loss."""
    first: dict[str, list[float]] = {}
    rows: list[dict[str, object]] = []
    for who, loss, each in found:
        beside = first.setdefault(loss, each.coefficients)
        rows.append(
            {
                "rows are in": who,
                "loss": loss,
                "processor s": each.seconds,
                "busiest worker s": "" if each.busiest is None else each.busiest,
                "jobs": "" if each.jobs is None else each.jobs,
                "difference": float(np.abs(np.subtract(each.coefficients, beside)).max()),
            }
        )
    return rows


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--columns", type=int, default=14)
    parser.add_argument("--parts", type=int, default=16)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")  # Spark's and Dask's, of the pandas that they find
    folder = Path(tempfile.mkdtemp(prefix="steepest-engines-"))
    features = [f"x{at}" for at in range(chosen.columns)]
    try:
        write_rows(folder, chosen.rows, chosen.columns, chosen.parts)
        files = f"{folder}/*.parquet"
        found = [("file", loss, taken(partial(fitted, files, features, loss))) for loss in TARGETS]
        found += on_dask(folder, features)
        for workers in chosen.workers:
            found += on_spark(folder, workers, features)
    finally:
        shutil.rmtree(folder)
    report("engines", rows_of(found), as_json=chosen.json, size=chosen.rows, columns=chosen.columns)


if __name__ == "__main__":
    main()
