"""Ray Data: two workers of this machine run the compiled code, with the answers of the file."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import steepest
from steepest.errors import InputError
from steepest.models.fit_progress import FitProgress

pytestmark = [pytest.mark.engines, pytest.mark.filterwarnings("ignore")]
FEATURES = ["far", "near", "city"]
START = {
    "num_cpus": 2,
    "include_dashboard": False,
    "log_to_driver": False,
    "logging_level": "ERROR",
    "object_store_memory": 100_000_000,
    "_node_ip_address": "127.0.0.1",
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    random = np.random.default_rng(5)
    x = random.normal(size=(2000, 2))
    folder = tmp_path_factory.mktemp("ray") / "rows"
    folder.mkdir()
    frame = pl.DataFrame(
        {
            "far": 1e5 + x[:, 0],
            "near": x[:, 1],
            "city": random.choice(["Rome", "Oslo", "Bonn"], 2000),
            "price": x @ [1.0, -2.0] + random.normal(size=2000),
            "sold": (x[:, 0] + random.normal(size=2000) > 0.3).astype(float),
            "sort": random.choice(["dry", "moist", "wet"], 2000),
        }
    )
    for part in range(5):
        frame[part * 400 : (part + 1) * 400].write_parquet(folder / f"{part}.parquet")
    return folder


@pytest.fixture(scope="module")
def data() -> Iterator[Any]:
    """Two workers, each a process of its own, which tell nobody of it."""
    ray = pytest.importorskip("ray", reason="Ray is not installed")
    pytest.importorskip("ray.data", reason="Ray Data is not installed")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(**START)
    yield ray.data
    ray.shutdown()


def dataset(data: Any, rows: Path) -> Any:
    return data.from_arrow([pl.read_parquet(file).to_arrow() for file in sorted(rows.iterdir())])


def by_far(found: Any) -> list[dict[str, Any]]:
    """The rows of a dataset, sorted."""
    return sorted(found.take_all(), key=lambda row: float(row["far"]))


@pytest.mark.parametrize(
    ("target", "options"),
    [
        ("price", {}),
        ("price", {"accuracy": "high", "errors": "robust"}),
        ("price", {"loss": "huber", "ridge": 0.1}),
        ("sold", {"loss": "logistic", "l1": 0.01}),
        ("sort", {"loss": "multinomial", "ridge": 0.01}),
    ],
)
def test_the_answer_is_that_of_the_file(
    data: Any, rows: Path, target: str, options: dict[str, Any]
) -> None:
    given = {"target": target, "features": FEATURES, **options}
    there, here = (steepest.fit(each, **given) for each in (dataset(data, rows), f"{rows}/*"))
    assert np.array(there.lines) == pytest.approx(np.array(here.lines), rel=1e-9, abs=1e-12)
    assert there.objective == pytest.approx(here.objective, rel=1e-12)
    assert there.verdict.kind == here.verdict.kind == "converged"
    assert there.rows == here.rows == 2000


def test_a_source_is_read_by_its_name(data: Any, rows: Path) -> None:
    table = steepest.read(rows, engine="ray")
    assert table.notes[0] == "ray lazy frame: 6 columns"
    assert table.kinds["city"] == "text" and len(table.head(3)) == 3
    fit = steepest.fit(table, target="price", features=FEATURES, validation=0.3)
    known = steepest.fit(pl.scan_parquet(f"{rows}/*"), "price", features=FEATURES, validation=0.3)
    assert fit.held_out is not None and known.held_out is not None
    assert fit.held_out.rows == known.held_out.rows
    assert fit.coefficients == pytest.approx(known.coefficients, rel=1e-10)
    with pytest.raises(InputError, match=r"ray cannot open .*none\.parquet"):
        steepest.read(rows / "none.parquet", engine="ray")


def test_predictions_are_a_dataset(data: Any, rows: Path) -> None:
    frame = pl.read_parquet(f"{rows}/*")
    fit = steepest.fit(frame, target="sort", loss="multinomial", features=FEATURES)
    found = fit.predict(dataset(data, rows))
    assert isinstance(found, data.Dataset)
    frame = frame.sort("far")  # a dataset's rows come in the order in which they are ready
    assert [row["prediction"] for row in by_far(found)] == fit.predict(frame).tolist()
    names = [f"probability_{level}" for level in ("dry", "moist", "wet")]
    shares = by_far(fit.predict_proba(dataset(data, rows)))
    expected = fit.predict_proba(frame)
    assert [[row[name] for name in names] for row in shares] == pytest.approx(expected, rel=1e-12)


def test_what_a_block_cannot_use_is_said_of_the_dataset(data: Any, rows: Path) -> None:
    holes = pl.read_parquet(f"{rows}/*").with_columns(
        near=pl.when(pl.int_range(2000) % 7 == 0).then(None).otherwise(pl.col("near"))
    )
    there = data.from_arrow([holes[:900].to_arrow(), holes[900:].to_arrow()])
    with pytest.raises(steepest.InputError, match="286 missing values: near 286; set missing"):
        steepest.fit(there, target="price", features=["near"])


def test_a_worker_that_dies_in_mid_pass_changes_nothing(data: Any, rows: Path) -> None:
    psutil = pytest.importorskip("psutil", reason="psutil comes with Dask's distributed")
    there = data.from_arrow(pl.read_parquet(f"{rows}/*").to_arrow()).repartition(40).materialize()
    given: Any = {"target": "price", "features": FEATURES}
    known = steepest.fit(there, **given)
    killed: list[int] = []

    class Killer(FitProgress):
        def partitions(self, done: int, total: int) -> None:
            workers = [] if killed else psutil.Process().children(recursive=True)
            for each in workers:
                if each.name().startswith(("ray::IDLE", "ray::Map", "ray::Project")):
                    killed.append(each.pid)
                    each.kill()

    fit = steepest.fit(there, progress=Killer(), **given)
    assert killed
    assert fit.coefficients == known.coefficients
    assert fit.objective == known.objective


PROGRAM = """
import os, signal
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
import ray, ray.data, steepest
from steepest.models.fit_progress import FitProgress

signal.signal(signal.SIGINT, signal.default_int_handler)

class Once(FitProgress):
    def partitions(self, done, total):
        os.kill(os.getpid(), signal.SIGINT)

ray.init(**{start})
there = ray.data.read_parquet({rows!r})
try:
    steepest.fit(there, target="price", features=["near"], progress=Once(), accuracy="high")
except KeyboardInterrupt:
    left = ray.data.range(3, override_num_blocks=1).take_all()  # the cluster works on
    print("INTERRUPTED", [row["id"] for row in left], flush=True)
"""


LACKING = """
import os
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
import ray, ray.data, steepest

ray.init(**{start}, runtime_env={{"env_vars": {{"PYTHONPATH": {folder!r}}}}})
try:
    steepest.fit(ray.data.read_parquet({rows!r}), target="price", features=["near"])
except steepest.InputError as error:
    print(error, flush=True)
"""


def test_workers_without_the_package_are_told_how_to_get_it(
    data: Any, rows: Path, tmp_path: Path
) -> None:
    """Where workers look first, steepest cannot be loaded."""
    folder = tmp_path / "first" / "steepest"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'steepest'\")")
    program = tmp_path / "lacking.py"
    program.write_text(LACKING.format(start=START, rows=str(rows), folder=str(folder.parent)))
    ran = subprocess.run([sys.executable, program], capture_output=True, text=True)
    line = "the workers of ray lack steepest; install it there: pip install steepest"
    assert ran.stdout == f"{line}\n", ran.stdout + ran.stderr


def test_a_row_that_lacks_a_value_has_no_prediction(data: Any, rows: Path) -> None:
    frame = pl.read_parquet(f"{rows}/*")
    fit = steepest.fit(frame, target="price", features=["near", "city"], missing="drop")
    holes = frame.with_columns(
        near=pl.when(pl.int_range(2000) % 7 == 0).then(None).otherwise(pl.col("near"))
    )
    there = data.from_arrow([holes[:900].to_arrow(), holes[900:].to_arrow()])
    found = [row["prediction"] for row in by_far(fit.predict(there))]
    predictions, lacking = fit.predict(frame.sort("far")), holes.sort("far")["near"].is_null()
    for place, (value, known, lacks) in enumerate(zip(found, predictions, lacking, strict=True)):
        assert value is None or np.isnan(value) if lacks else value == pytest.approx(known), place


def test_ctrl_c_ends_the_pass(data: Any, rows: Path, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(start=START, rows=str(rows)))
    ran = subprocess.run([sys.executable, program], capture_output=True, text=True)
    assert ran.stdout == "INTERRUPTED [0, 1, 2]\n", ran.stdout + ran.stderr
