"""A standalone Spark with two workers, processes of this machine: what dies in mid-pass, and what
ends it.
"""

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
BEGINNING = """
import json, os, signal, sys, threading
import psutil, steepest
from pyspark.sql import SparkSession
from steepest.models.fit_progress import FitProgress

address, rows, pid = sys.argv[1:]
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

def fitted(act=lambda: None, frame=frame):
    fit = steepest.fit(frame, target="sold", loss="logistic", features=["x", "z"], progress=At(act))
    return [*fit.coefficients.values(), fit.intercept, fit.objective]

def kill(process):
    for each in [*process.children(recursive=True), process]:
        each.kill()

def say(told):
    print(json.dumps(told), flush=True)
    os._exit(0)
"""
# The same fit twice: the second loses a worker.
A_WORKER = """
def executors():
    return context._jsc.sc().statusTracker().getExecutorInfos()

told = {"before": fitted(), "workers": len(executors()) - 1}
told["one lost"] = fitted(lambda: kill(psutil.Process(int(pid))))
say(told)
"""
# A job that never ends by itself is under way when Ctrl-C comes.
CTRL_C = """
signal.signal(signal.SIGINT, signal.default_int_handler)  # Spark's own ends all jobs of all users

def never(batches):
    import threading
    threading.Event().wait()
    yield from batches

def interrupt():
    while not tracker.getActiveJobsIds():
        waiting.wait(0.05)
    os.kill(os.getpid(), signal.SIGINT)

tracker, waiting = context.statusTracker(), threading.Event()
known, schema = session.range(4).count(), frame.schema
slow, told = frame.mapInArrow(never, schema), {}
slow.rdd
threading.Thread(target=interrupt, daemon=True).start()
try:
    fitted(frame=slow)
except KeyboardInterrupt:
    while tracker.getActiveJobsIds():
        waiting.wait(0.05)
    told = {"left": session.range(4).count()}  # the workers are free again
say(told)
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
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[int]]]:
    """The address of the master, and the processes of the master and the workers."""
    folder = tmp_path_factory.mktemp("spark")
    with ExitStack() as stack:
        master, address = started(stack, folder, "master.Master", r"(spark://127\.0\.0\.1:\d+)")
        workers = [
            started(stack, folder, "worker.Worker", "(registered) with master", address)[0]
            for _ in range(2)
        ]
        assert master.poll() is None
        yield address, [each.pid for each in (master, *workers)]


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


def run(program: str, address: str, rows: Path, pid: int, folder: Path) -> dict[str, Any]:
    """What a program says that begins with a session of the cluster."""
    (folder / "program.py").write_text(BEGINNING + program)
    ran = subprocess.run(
        [sys.executable, folder / "program.py", address, rows, str(pid)],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0 and ran.stdout, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return told


@pytest.fixture(scope="module")
def known(rows: Path) -> list[float]:
    """Coefficients, intercept and objective of the files."""
    fit = steepest.fit(f"{rows}/*", target="sold", loss="logistic")
    return [*fit.coefficients.values(), fit.intercept, fit.objective]


def test_ctrl_c_ends_the_job_on_the_workers(
    rows: Path, cluster: tuple[str, list[int]], tmp_path: Path
) -> None:
    address, (master, *_) = cluster
    assert run(CTRL_C, address, rows, master, tmp_path) == {"left": 4}


def test_two_workers_of_which_one_dies(
    rows: Path, known: list[float], cluster: tuple[str, list[int]], tmp_path: Path
) -> None:
    address, (_, worker, _) = cluster
    told = run(A_WORKER, address, rows, worker, tmp_path)
    assert told["workers"] == 2
    assert told["before"] == pytest.approx(known, rel=1e-10)
    assert told["one lost"] == pytest.approx(told["before"], rel=1e-13)
