"""Dask and Spark run the compiled code on their partitions: the answers are those of the file."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

import steepest
from steepest.models.fit_progress import FitProgress

pytestmark = [
    pytest.mark.engines,
    # Spark's own import warns about the pandas it finds; nothing here uses pandas.
    pytest.mark.filterwarnings("ignore"),
]
FEATURES = ["far", "near", "other", "city"]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    random = np.random.default_rng(5)
    x = random.normal(size=(3000, 3))
    frame = pl.DataFrame(
        {
            "far": 1e5 + x[:, 0],
            "near": x[:, 1],
            "other": x[:, 2],
            "city": random.choice(["Rome", "Oslo", "Bonn"], 3000),
            "w": random.integers(0, 4, 3000) / 2.0,
            "price": x @ [1.0, -2.0, 0.5] + random.normal(size=3000),
            "sold": (x[:, 0] + random.normal(size=3000) > 0.3).astype(float),
            "visits": random.poisson(np.exp(0.4 * x[:, 1])).astype(float),
            "amount": random.gamma(2.0, np.exp(0.3 * x[:, 2])),
            "sort": random.choice(["dry", "moist", "wet"], 3000),
        }
    )
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    frame.write_parquet(path, row_group_size=500)
    return path


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """dask.distributed with two workers, each a process of its own."""
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        distributed.LocalCluster(processes=True, silence_logs=50, **options) as cluster,
        distributed.Client(cluster),
    ):
        yield cluster


def in_partitions(engine: str, path: Path, request: pytest.FixtureRequest, parts: int = 5) -> Any:
    if engine == "polars":
        return pl.scan_parquet(path)
    if engine == "duckdb":
        return duckdb.sql(f"FROM '{path}'")
    if engine == "spark":
        return request.getfixturevalue("spark").read.parquet(str(path)).repartition(parts)
    dask = pytest.importorskip("dask.dataframe", reason="Dask is not installed")
    if engine == "distributed":
        request.getfixturevalue("cluster")
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    return dask.from_pandas(pandas.DataFrame(pl.read_parquet(path).to_dict(as_series=False)), parts)


CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("squared", "price", {}),
    ("squared", "price", {"accuracy": "high", "weights": "w"}),
    ("squared", "price", {"errors": "robust"}),
    ("squared", "price", {"l1": 0.05}),
    ("squared", "price", {"ridge": 0.1, "l1": 0.05, "positive": True}),
    ("huber", "price", {"ridge": 0.1}),
    ("log-cosh", "price", {"l1": 0.02}),
    ("absolute", "price", {"ridge": 0.1}),
    ("quantile", "price", {}),
    ("logistic", "sold", {"weights": "w"}),
    ("squared-hinge", "sold", {"ridge": 0.1}),
    ("hinge", "sold", {"ridge": 0.1}),
    ("poisson", "visits", {"l1": 0.01}),
    ("tweedie", "visits", {"ridge": 0.01, "l1": 0.01}),
    ("gamma", "amount", {}),
    ("multinomial", "sort", {"ridge": 0.01}),
]


def numbers(coefficients: Any) -> np.ndarray:
    each = [v.values() if hasattr(v, "values") else [v] for v in coefficients.values()]
    return np.array([number for values in each for number in values])


@pytest.mark.parametrize("engine", ["polars", "duckdb", "dask", "distributed", "spark"])
@pytest.mark.parametrize(("loss", "target", "options"), CASES)
def test_the_answer_is_that_of_the_file(
    engine: str,
    loss: str,
    target: str,
    options: dict[str, Any],
    rows: Path,
    request: pytest.FixtureRequest,
) -> None:
    given = {"target": target, "loss": loss, "features": FEATURES, **options}
    there = steepest.fit(in_partitions(engine, rows, request), **given)
    here = steepest.fit(rows, **given)
    assert there.objective == pytest.approx(here.objective, rel=1e-12)
    assert there.verdict.kind == here.verdict.kind == "converged"
    assert there.rows == here.rows
    others = [{note for note in fit.notes if "not unique" in note} for fit in (there, here)]
    assert others[0] == others[1]
    assert bool(others[0]) == (loss == "quantile")  # a line of minima, of which any may be found
    if others[0]:
        return
    known = numbers(here.coefficients)
    largest = float(np.abs(known).max())
    assert numbers(there.coefficients) == pytest.approx(known, rel=1e-9, abs=1e-10 * largest)
    for name in ("mean_loss", "accuracy", "roc_auc", "mae", "rmse", "r2", "d2"):
        value = getattr(here.metrics, name)
        known_value = None if value is None else pytest.approx(value, rel=1e-8)
        assert getattr(there.metrics, name) == known_value, name
    if here.inference is not None:
        assert there.inference is not None
        for column in here.names:
            error = here.inference[column].standard_error
            assert there.inference[column].standard_error == pytest.approx(error, rel=1e-7)


@pytest.mark.parametrize("engine", ["dask", "spark"])
def test_a_near_copy_is_told_apart_in_the_partitions(
    engine: str, rows: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    frame = pl.read_parquet(rows).with_columns(
        near_copy=pl.col("near") + 1e-7 * pl.col("other"), made=pl.col("near") + pl.col("other")
    )
    frame.select("near", "near_copy", "made").write_parquet(tmp_path / "copies.parquet")
    there = in_partitions(engine, tmp_path / "copies.parquet", request)
    fit = steepest.fit(there, target="made")
    assert fit.coefficients["near_copy"] == pytest.approx(1e7, rel=1e-5)
    assert not fit.left_out


def test_held_out_rows_are_the_same_in_each_engine(
    rows: Path, request: pytest.FixtureRequest
) -> None:
    frames = [in_partitions(engine, rows, request) for engine in ("dask", "spark")]
    frames += [pl.scan_parquet(rows), duckdb.sql(f"from '{rows}' order by hash(near)")]
    given: Any = {"target": "sold", "loss": "logistic", "features": FEATURES, "validation": 0.3}
    fits = [steepest.fit(frame, **given) for frame in frames]
    for fit in fits:
        assert any("hash of their values" in note for note in fit.notes)
        assert fit.held_out is not None and fits[0].held_out is not None
        assert fit.held_out.rows == fits[0].held_out.rows
        assert fit.held_out.objective == pytest.approx(fits[0].held_out.objective, rel=1e-9)


def test_a_pass_a_step_and_none_for_the_verdict(rows: Path, request: pytest.FixtureRequest) -> None:
    told: list[tuple[int, int]] = []

    class Passes(FitProgress):
        def partitions(self, done: int, total: int) -> None:
            told.append((done, total))

    there = in_partitions("dask", rows, request)
    given: Any = {"target": "sold", "loss": "logistic", "features": FEATURES}
    fit = steepest.fit(there, progress=Passes(), **given)
    passes = told.count((5, 5))
    assert passes <= 12
    assert fit.verdict.kind == "converged"
    assert told.count((5, 5)) == passes
    assert {total for _, total in told} == {5}
    assert fit.score(there) == pytest.approx(fit.metrics.accuracy)


def test_a_pass_is_a_job_of_spark(rows: Path, spark: Any) -> None:
    scheduler = spark.sparkContext._jsc.sc().dagScheduler()
    there = spark.read.parquet(str(rows))  # a frame that is repartitioned is shuffled by each pass
    before = scheduler.numTotalJobs()
    fit = steepest.fit(there, target="sold", loss="logistic", features=FEATURES[:3])
    asked = scheduler.numTotalJobs() - before
    assert asked <= 12
    assert fit.verdict.kind == "converged" and fit.inference is not None
    assert fit.metrics.roc_auc is not None and fit.digits is not None
    assert scheduler.numTotalJobs() - before == asked  # none for what is read of it


def test_what_a_partition_cannot_use_is_said_of_the_frame(
    rows: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    holes = pl.read_parquet(rows).with_columns(
        near=pl.when(pl.int_range(3000) % 7 == 0).then(None).otherwise(pl.col("near"))
    )
    holes.write_parquet(tmp_path / "holes.parquet")
    there = in_partitions("dask", tmp_path / "holes.parquet", request)
    with pytest.raises(steepest.InputError, match="429 missing values: near 429; set missing"):
        steepest.fit(there, target="price", features=["near", "other"])
    fit = steepest.fit(there, target="price", features=["near", "other"], missing="mean")
    known = steepest.fit(holes, target="price", features=["near", "other"], missing="mean")
    assert fit.coefficients == pytest.approx(known.coefficients, rel=1e-10)


def test_a_worker_that_dies_in_mid_pass_changes_nothing(
    rows: Path, request: pytest.FixtureRequest
) -> None:
    cluster = request.getfixturevalue("cluster")
    there = in_partitions("distributed", rows, request, parts=12)
    given: Any = {"target": "price", "features": FEATURES}
    known = steepest.fit(there, **given)

    class Killer(FitProgress):
        killed = False

        def partitions(self, done: int, total: int) -> None:
            if not self.killed and done > 2:
                self.killed = True
                next(iter(cluster.workers.values())).process.process.kill()

    killer = Killer()
    fit = steepest.fit(there, progress=killer, **given)
    assert killer.killed
    assert fit.coefficients == known.coefficients
    assert fit.objective == known.objective


def test_a_scheduler_that_is_gone_is_said(rows: Path, tmp_path: Path) -> None:
    """In a process of its own, whose client loses the cluster between two passes."""
    program = tmp_path / "gone.py"
    program.write_text(f"""
import logging
import dask.dataframe, distributed, pandas, polars, steepest
from steepest.models.fit_progress import FitProgress

class Closer(FitProgress):
    def partitions(self, done, total):
        cluster.scheduler_process.kill() if done == 1 else None

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    import subprocess, sys
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard",
         "--scheduler-file", "{tmp_path}/scheduler.json"], stderr=subprocess.DEVNULL)
    worker = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file",
         "{tmp_path}/scheduler.json", "--no-dashboard", "--nthreads", "1"],
        stderr=subprocess.DEVNULL)
    class cluster:
        scheduler_process = scheduler
    client = distributed.Client(scheduler_file="{tmp_path}/scheduler.json")
    client.wait_for_workers(1)
    rows = pandas.DataFrame(polars.read_parquet("{rows}").to_dict(as_series=False))
    there = dask.dataframe.from_pandas(rows, 12)
    try:
        steepest.fit(there, target="price", features=["near"], progress=Closer())
    except steepest.InputError as error:
        print("SAID", error, flush=True)
    finally:
        worker.kill()
        import os
        os._exit(0)
""")
    pytest.importorskip("distributed", reason="dask.distributed is not installed")
    ran = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=240)
    assert "SAID dask: its scheduler or driver is gone" in ran.stdout, ran.stdout + ran.stderr
    assert "start it again" in ran.stdout
