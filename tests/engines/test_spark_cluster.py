"""A standalone Spark with two workers, processes of this machine, that loses one in mid-pass."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import steepest

pyspark = pytest.importorskip("pyspark", reason="PySpark is not installed")
pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(shutil.which("java") is None, reason="Java is not installed"),
    pytest.mark.filterwarnings("ignore"),
]
HOME = Path(pyspark.__file__).parent
DEPLOY = "org.apache.spark.deploy"
PARTS = 10
# The same fit twice: the second loses a worker.
PROGRAM = """
import json, os, sys
import psutil, steepest
from pyspark.sql import SparkSession
from steepest.models.fit_progress import FitProgress

address, rows, worker = sys.argv[1:]
builder = SparkSession.builder.master(address).config("spark.ui.enabled", "false")
builder = builder.config("spark.sql.files.openCostInBytes", str(1 << 27))  # a partition a file
builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.executor.memory", "512m")
session = builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()
context = session.sparkContext
context.setLogLevel("OFF")
frame = session.read.parquet(rows)

class At(FitProgress):
    \"\"\"Does something after the first partitions of a pass, once.\"\"\"
    def __init__(self, act):
        self.acts = [act]
    def partitions(self, done, total):
        if self.acts:
            self.acts.pop()()

def fitted(act=lambda: None):
    fit = steepest.fit(frame, target="sold", loss="logistic", features=["x", "z"], progress=At(act))
    return [*fit.coefficients.values(), fit.intercept, fit.objective]

def lose_a_worker():
    process = psutil.Process(int(worker))
    for each in [*process.children(recursive=True), process]:
        each.kill()

def executors():
    return context._jsc.sc().statusTracker().getExecutorInfos()

told = {"before": fitted(), "workers": len(executors()) - 1}
told["one lost"] = fitted(lose_a_worker)
print(json.dumps(told), flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    random = np.random.default_rng(7)
    x, z = random.normal(size=(2, 2000))
    sold = (x - z + random.normal(size=2000) > 0.2).astype(float)
    folder, frame = tmp_path_factory.mktemp("cluster"), pl.DataFrame({"x": x, "z": z, "sold": sold})
    for part in range(PARTS):
        frame[part::PARTS].write_parquet(folder / f"{part}.parquet")
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """The address of the master, and the process of the first worker."""
    folder = tmp_path_factory.mktemp("spark")
    with ExitStack() as stack:
        master, address = started(stack, folder, "master.Master", r"(spark://127\.0\.0\.1:\d+)")
        workers = [
            started(stack, folder, "worker.Worker", "(registered) with master", address)[0]
            for _ in range(2)
        ]
        assert master.poll() is None
        yield address, workers[0].pid


def started(
    stack: ExitStack, folder: Path, kind: str, sign: str, address: str | None = None
) -> tuple["subprocess.Popen[str]", str]:
    """A master or a worker, once it has said so."""
    options = ["--host", "127.0.0.1", "--port", "0", "--webui-port", "0"]
    if address is not None:
        options += ["--cores", "1", "--memory", "700m", "--work-dir", str(folder), address]
    java = ["java", "-Xmx200m", *OPENED, "-cp", f"{HOME}/jars/*", f"{DEPLOY}.{kind}", *options]
    scala = next((HOME / "jars").glob("spark-core_*.jar")).name.split("_")[1].split("-")[0]
    told = {
        "SPARK_HOME": str(HOME),
        "SPARK_SCALA_VERSION": scala,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
    }
    environment = {**os.environ, **told}
    process = subprocess.Popen(java, stderr=subprocess.PIPE, text=True, env=environment)
    stack.callback(process.wait)
    stack.callback(process.kill)
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(sign, line):
            # What it says afterwards is read, so that it need not wait with it.
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return process, found[1]
    raise AssertionError(f"{kind} has ended")


OPENED = [
    f"--add-opens=java.base/{package}=ALL-UNNAMED"
    for package in ("java.lang", "java.nio", "java.net", "java.util", "sun.nio.ch", "java.io")
]


def test_two_workers_of_which_one_dies(
    rows: Path, cluster: tuple[str, int], tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    address, worker = cluster
    ran = subprocess.run(
        [sys.executable, program, address, rows, str(worker)], capture_output=True, text=True
    )
    assert ran.returncode == 0 and ran.stdout, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    fit = steepest.fit(f"{rows}/*", target="sold", loss="logistic")
    known = [*fit.coefficients.values(), fit.intercept, fit.objective]
    assert told["workers"] == 2
    assert told["before"] == pytest.approx(known, rel=1e-10)
    assert told["one lost"] == pytest.approx(told["before"], rel=1e-13)
